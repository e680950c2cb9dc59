"""Who may come in to the meeting place, over HTTP."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.changes import sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.room import room_in


def test_a_stranger_is_led_to_signing_in_and_a_delegate_comes_in(place: Place, dag: Guest) -> None:
    with place.house.client() as stranger:
        for path in ("", "/people", "/profile", "/live"):
            assert stranger.get(PLACE + path).headers["location"] == "/sign-in"
        assert stranger.post(f"{PLACE}/notes", data={"title": "Let me in"}).status_code == 401
    assert "Put up a note" in dag.get()


def test_a_lecturer_without_a_booking_signs_in_and_is_marked(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    house = houses()
    file = tmp_path / "conference.toml"
    heyne = f'slug = "david-heyne"\nemail = "{cast.sten.email}"'
    file.write_text(SCHOOL_REFUSAL.read_text().replace('slug = "david-heyne"', heyne, 1))
    house.plenum("conference", "load", file)
    with place_in(house) as place, house.client(headers={"Accept": "text/html"}) as browser:
        dag = place.delegate(cast.dag)
        assert browser.get(f"{PLACE}/people").headers["location"] == "/sign-in"
        assert "opens no other door" in browser.get("/sign-in").text
        # Back to where one wanted to go, not to an empty page of bookings
        assert sign_in(house, browser, cast.sten) == f"{PLACE}/people"
        assert "As a lecturer you need no booking" in browser.get("/me").text
        assert 'value="David Heyne"' in browser.get(f"{PLACE}/profile").text
        browser.post(f"{PLACE}/profile", data={"name": "David Heyne", "listed": "yes"})
        [tag] = dag.finds("?lecturers=yes")
        assert 'href="/speakers/david-heyne">Lecturer' in dag.get(f"/people/{tag}")
        browser.post(f"{PLACE}/notes", data={"kind": "offer", "title": "My slides"})
        assert '<span class="badge">Lecturer</span>' in dag.get()


@pytest.mark.one_database
def test_signing_in_leads_to_pages_of_ours_only(house: House, cast: Cast, dag: Guest) -> None:
    for path in ("//example.org/", "/\\example.org", "https://example.org"):
        with house.client() as browser:
            browser.cookies.set("plenum_goal", quote(path, safe=""))
            assert sign_in(house, browser, cast.dag) == "/me"


def test_a_guest_of_the_questions_is_told_what_the_meeting_place_asks_for(house: House) -> None:
    with room_in(house) as room:
        browser = room.guest("Gia").client
        answer = browser.get(PLACE, headers={"Accept": "text/html"})
        assert answer.headers["location"] == "/sign-in"
        told = browser.get(answer.headers["location"]).text
        assert "A room code is for the questions alone" in told
        assert "/register" in told


def test_whoever_has_signed_in_but_is_no_delegate_is_told_for_whom_it_is(place: Place, cast: Cast) -> None:
    answer = place.signed_in(cast.sten).get(PLACE)
    assert answer.status_code == 403
    assert "for delegates, lecturers and the team" in answer.text


def test_a_booking_alone_proves_nobody(place: Place, cast: Cast, dag: Guest) -> None:
    """The cookie that a booking leaves shows that booking and opens no other door."""
    place.house.rows(
        "UPDATE sign_in SET booking = (SELECT max(id) FROM booking) WHERE person = ?", dag.profile["person"]
    )
    assert dag.client.get(PLACE).headers["location"] == "/sign-in"


def test_moderators_and_organisers_come_in_without_a_booking(place: Place, cast: Cast) -> None:
    assert "Put up a note" in place.moderator(cast.mona).get()
    olga = place.signed_in(cast.olga)
    place.house.rows("UPDATE person SET organiser = ? WHERE email = ?", True, cast.olga.email)
    assert olga.get(PLACE).status_code == 200


def test_whoever_gives_their_place_back_comes_in_no_more_and_is_not_listed(dag: Guest, gia: Guest) -> None:
    dag.tells()
    assert dag.tag in gia.finds("?q=Dag")
    dag.place.house.rows("DELETE FROM delegate WHERE person = ?", dag.profile["person"])
    assert dag.client.get(PLACE).status_code == 403
    assert dag.tag not in gia.finds("?q=Dag")
    assert gia.post(f"/people/{dag.tag}/ask").status_code == 404
