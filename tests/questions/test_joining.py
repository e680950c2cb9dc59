"""Coming into the room of a panel over HTTP, and going out of it."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in


def test_the_short_address_leads_to_the_panel_that_is_on(room: Room) -> None:
    assert room.stranger().client.get("/ask").headers["location"] == f"/panels/{PANEL}"


def test_before_any_panel_is_on_it_says_when_the_next_one_opens(houses: Houses) -> None:
    with room_in(houses(PLENUM_NOW="2017-11-05T12:00")) as room:
        page = room.stranger().client.get("/ask")
        assert page.status_code == 200
        assert "08:00" in page.text
        assert room.stranger().ask("Too early?").status_code == 401


def test_when_several_panels_are_on_one_chooses(houses: Houses) -> None:
    with room_in(houses(PLENUM_NOW="2017-11-07T09:30"), "seminar-1a") as room:
        page = room.stranger().client.get("/ask")
        for seminar in ("1a", "1b", "2a", "2b"):
            assert f'href="/panels/seminar-{seminar}"' in page.text


def test_a_lecture_of_the_day_leads_to_the_panel_with_its_lecturer_chosen(room: Room) -> None:
    visitor = room.guest().client
    lecture = visitor.get("/programme/keynote-david-heyne").text
    link = re.search(r'href="(/panels/[^"]+)"', lecture)
    assert link is not None
    chosen = re.search(r'<option value="([^"]+)"[^>]* selected', visitor.get(link[1]).text)
    assert chosen is not None
    assert chosen[1] == "keynote-david-heyne/david-heyne"


def test_a_stranger_reads_and_can_neither_ask_nor_vote(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona), "May I read this?")
    sten = room.stranger()
    assert "May I read this?" in sten.page()
    assert sten.ask("Let me in").status_code == 401
    assert sten.vote(question).status_code == 401
    assert room.guest().vote(question).status_code == 200


def test_gia_joins_with_the_room_code_however_she_types_it(room: Room) -> None:
    gia = room.stranger()
    wrong = gia.client.post(f"{gia.path}/guests", data={"room_code": "WRONG1", "name": "Gia"})
    assert wrong.status_code == 422
    assert "not the room’s code" in wrong.text
    assert 'value="Gia"' in wrong.text
    typed = f" {room.code[:3].lower()}-{room.code[3:]} "
    assert gia.client.post(f"{gia.path}/guests", data={"room_code": typed}).status_code == 303
    assert gia.ask("Am I in?").status_code == 303


def test_where_guests_are_switched_off_the_room_code_opens_nothing(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.listed(mona)
    mona.set("guests", "no")
    try:
        refused = gia.ask("Still here?")
        assert refused.status_code == 409
        assert "for delegates only" in refused.text
        assert gia.vote(question).status_code == 409
        assert "sign in with your e-mail address" in gia.page()
        late = room.stranger()
        answer = late.client.post(f"{late.path}/guests", data={"room_code": room.code})
        assert answer.status_code == 422
        assert room.delegate(cast.dag).vote(question).status_code == 200
    finally:
        mona.set("guests", "yes")
    assert gia.vote(question).status_code == 200


def test_a_code_of_one_room_opens_no_other(room: Room) -> None:
    gia = room.guest()
    elsewhere = "/panels/seminar-1a"
    assert (
        gia.client.post(f"{elsewhere}/questions", data={"text": "Is this another room?"}).status_code == 401
    )
    assert gia.client.post(f"{elsewhere}/guests", data={"room_code": room.code}).status_code == 422


def test_guests_who_are_in_stay_in_when_the_room_gets_a_new_code(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question, old = room.listed(mona), room.code
    mona.set("room_code", "renew")
    assert gia.vote(question).status_code == 200
    assert gia.ask("With the old code?").status_code == 303
    assert 'name="room_code"' not in gia.page()
    late = room.stranger()
    assert late.client.post(f"{late.path}/guests", data={"room_code": old}).status_code == 422
    assert late.client.post(f"{late.path}/guests", data={"room_code": room.code}).status_code == 303


def test_guests_who_are_put_out_come_in_again_with_the_new_code(room: Room, cast: Cast) -> None:
    mona, gia, dag = room.moderator(cast.mona), room.guest(), room.delegate(cast.dag)
    question, old = room.listed(mona), room.code
    mona.set("guest_key", "renew")
    assert gia.vote(question).status_code == 401
    refused = gia.ask("With the old code?")
    assert refused.status_code == 409
    assert "The room has a new code" in refused.text
    assert 'name="room_code"' in gia.page()
    assert dag.vote(question).status_code == 200
    assert gia.client.post(f"{gia.path}/guests", data={"room_code": old}).status_code == 422
    gia.client.post(f"{gia.path}/guests", data={"room_code": room.code})
    assert gia.vote(question).status_code == 200


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 429 else None


def test_who_signs_out_takes_no_part_any_more(room: Room, cast: Cast) -> None:
    dag = room.delegate(cast.dag)
    room.asked(dag, "Before I go")
    dag.client.post("/sign-out")
    assert dag.ask("After I left").status_code == 401


@pytest.mark.one_database
def test_a_voice_that_was_made_up_is_nobodys(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    gia = room.guest()
    own = gia.client.cookies["plenum_voice"]
    for forged in (own[:-2] + "xx", "x", own.replace(".", "x"), "e30.e30"):
        sten = room.stranger()
        sten.client.cookies.set("plenum_voice", forged)
        assert sten.vote(question).status_code == 401
    assert gia.vote(question).status_code == 200


@pytest.mark.one_database
def test_a_request_from_another_site_neither_asks_nor_votes(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    gia = room.guest()
    gia.client.headers["Sec-Fetch-Site"] = "cross-site"
    assert gia.vote(question).status_code == 403
    assert gia.ask("From elsewhere").status_code == 403
    gia.client.headers["Sec-Fetch-Site"] = "same-origin"
    assert gia.vote(question).status_code == 200


def test_seminars_follow_their_own_schedule(houses: Houses) -> None:
    with room_in(houses(PLENUM_NOW=DURING_THE_PANEL), "seminar-2b") as seminar:
        assert "Tuesday 7 November" in seminar.stranger().page()
        gia = seminar.guest()
        assert gia.ask("Too early for this one").status_code == 409
