"""Asking and voting over HTTP, as a telephone without JavaScript does it and as one with."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx
import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.listeners import read_cards
from tests.support.mailbox import text_of
from tests.support.meeting import place_in
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.sources import a_source
from tests.support.waiting import until


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


def test_what_is_asked_waits_unseen_by_everyone_but_its_asker(room: Room) -> None:
    dag, gia = room.guest(), room.guest()
    question = room.asked(dag, "Nobody has read this yet")
    assert "Nobody has read this yet" in dag.page()
    assert "Nobody has read this yet" not in gia.page()
    assert question not in room.public()


def test_sent_twice_it_is_asked_once(room: Room) -> None:
    gia = room.guest()
    first = room.asked(gia, "Once only", key="the-same-form")
    assert room.asked(gia, "Once only", key="the-same-form") == first
    assert room.asked(gia, "Once only", key="another-form") > first


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Please write your question."),
        (" \n\t ", "Please write your question."),
        ("\0\0", "Please write your question."),
        ("\u200b\u2060\u202e", "Please write your question."),
        ("\u3164 \u2800", "Please write your question."),
        ("x" * 301, "under 300 characters"),
        ("👩‍👩‍👧‍👦" * 301, "under 300 characters"),
        ("a" + "\u0301" * 5000, "under 300 characters"),
        ("a" + "\u0301" * 200, "more accents than can be read"),
        ("x" * 400_000, "under 300 characters"),
    ],
    ids=[
        "nothing",
        "blanks",
        "NUL",
        "unseen marks",
        "blank letters",
        "301",
        "301 families",
        "a tower of accents",
        "a small one",
        "400 kB",
    ],
)
def test_what_cannot_be_a_question_is_said_beside_the_field(room: Room, text: str, says: str) -> None:
    gia = room.guest()
    before = room.last_question()
    answer = gia.ask(text)
    assert answer.status_code == 422
    assert says in answer.text
    assert room.last_question() == before


@pytest.mark.one_database
def test_three_hundred_characters_are_counted_as_a_person_counts_them(room: Room) -> None:
    for text in ("🇳🇴" * 300, "👩‍👩‍👧‍👦" * 300, "กี่" * 300):
        question = room.asked(room.guest(), text)
        assert room.question(question)["text"] == text


def test_a_question_of_very_many_lines_becomes_one_that_the_screen_can_show(room: Room) -> None:
    question = room.asked(room.guest(), "First of all:\n\nwhy?")
    assert room.question(question)["text"] == "First of all:\n\nwhy?"
    question = room.asked(room.guest(), "\n".join(["one", "word", "after", "another"] * 3))
    assert "\n" not in room.question(question)["text"]


def test_what_was_asked_with_a_name_does_not_tell_by_losing_it_who_asked_the_others(
    room: Room, cast: Cast
) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    named = room.asked(dag, "First with my name", signed="named")
    room.asked(dag, "Then without")
    pseudonym = room.house.rows("SELECT pseudonym FROM participant ORDER BY id DESC LIMIT 1")[0]["pseudonym"]
    assert mona.page().count(f">{pseudonym}<") == 1
    changed = dag.client.post(f"{dag.path}/questions/{named}", data={"text": "First with my name"})
    assert changed.status_code == 303
    assert room.question(named)["name"] == ""
    assert mona.page().count(f">{pseudonym}<") == 1


def test_what_was_asked_without_a_name_gets_none_later(room: Room, cast: Cast) -> None:
    dag = room.delegate(cast.dag)
    question = room.asked(dag, "Without my name")
    assert "it stays so" in dag.client.get(f"{dag.path}/questions/{question}/edit").text
    path = f"{dag.path}/questions/{question}"
    assert dag.client.post(path, data={"text": "After all", "signed": "named"}).status_code == 409
    assert room.question(question)["name"] == ""
    assert dag.client.post(path, data={"text": "After all"}).status_code == 303


def test_a_guest_who_gives_a_name_is_known_as_a_guest(room: Room, cast: Cast) -> None:
    gia, mona = room.guest("Gia of Bologna"), room.moderator(cast.mona)
    question = room.asked(gia, "Is it really me?", signed="named")
    mona.act(question, "approve")
    assert room.public()[question]["name"] == "Gia of Bologna (guest)"


def signature(room: Room, question: int) -> str:
    return str(room.question(question)["name"])


def test_dag_signs_with_the_name_that_he_says_and_not_with_what_anybody_booked_him_as(
    room: Room, cast: Cast
) -> None:
    with place_in(room.house) as place:
        place.book_for(replace(cast.dag, name="Silly Billy"))
    mona, dag = room.moderator(cast.mona), room.stranger()
    dag.client.post("/sign-in", data={"email": cast.dag.email})
    [mail] = room.house.outbox(cast.dag.email)
    [link] = re.findall(r"/sign-in/[\w-]{20,}", text_of(mail))
    assert 'value="Silly Billy"' in dag.client.get(link).text, "it is proposed, for him to look at"
    refused = dag.client.post(link, data={"name": cast.mona.name})
    assert refused.status_code == 422
    assert "has this name" in refused.text
    assert dag.client.post(link, data={"name": "Dag Delaas"}).status_code == 303
    first, second = (room.asked(dag, text, signed="named") for text in ("The first", "The second"))
    anonymous = room.asked(dag, "The third")
    assert signature(room, first) == signature(room, second) == "Dag Delaas"
    mona.act(first, "approve")
    corrected = dag.client.post("/me/name", data={"name": "Dag Delås"})
    assert corrected.headers["location"] == "/me#my-name"
    assert signature(room, first) == signature(room, second) == "Dag Delås"
    until(lambda: room.public()[first]["name"] == "Dag Delås")
    # What moderators have not read follows, whatever it is; what they have is not changed behind their backs.
    for another in ("Dagny Delås", "Vote for Dag", "Dag Dulås", "Dag Dules"):
        assert dag.client.post("/me/name", data={"name": another}).status_code == 303
        assert signature(room, second) == another
        assert signature(room, first) in ("Dag Delås", "Dag Dulås")
    assert dag.client.post("/me/name", data={"name": "Dag Delås"}).status_code == 303
    assert signature(room, first) == signature(room, second) == "Dag Delås"
    assert signature(room, anonymous) == ""
    until(lambda: ">Dag Delås</b>" in mona.page())
    assert "“Dag Delås”" in dag.page()
    assert signature(room, room.asked(dag, "The fourth", signed="named")) == "Dag Delås"


def test_who_has_not_said_their_name_says_it_with_the_first_question_they_sign(
    room: Room, cast: Cast
) -> None:
    with place_in(room.house) as place:
        place.book_for(replace(cast.dag, name="Silly Billy"))
    phone, laptop = room.delegate(cast.dag), room.delegate(cast.dag)
    assert 'value="Silly Billy"' in phone.page()
    assert "enter the name to show" in phone.ask("Who am I?", signed="named", name=" ").text
    assert "has this name" in phone.ask("Who am I?", signed="named", name="Dr David Heyne").text
    assert signature(room, room.asked(phone, "Who am I?", signed="named", name="Dag Delås")) == "Dag Delås"
    assert signature(room, room.asked(laptop, "And here?", signed="named")) == "Dag Delås"


@pytest.mark.one_database
@pytest.mark.parametrize(
    "name",
    [
        "{mona}",
        "{mona} (guest)",
        "{mona}, moderator",
        "David Heyne",
        "HEYNE David",
        "D\u0430vid Heyne",
        "Davld Heyne",
        "\U0001d403avid Heyne",
        "\u1d05avid Heyne",
        "Prof. David Heyne",
    ],
)
def test_nobody_signs_with_the_name_of_a_lecturer_or_of_the_team(room: Room, cast: Cast, name: str) -> None:
    """The name of whoever moderates is theirs in each room, also where it is typed with a Cyrillic letter in it."""
    room.moderator(cast.mona)
    taken = name.format(mona=cast.mona.name)
    stranger = room.stranger()
    joining = stranger.client.post(f"{stranger.path}/guests", data={"room_code": room.code, "name": taken})
    assert joining.status_code == 422
    assert "has this name" in joining.text
    assert f'value="{room.code}"' in joining.text, "what was typed is kept"
    gia, dag = room.guest(), room.delegate(cast.dag)
    asked = gia.ask("Am I she?", signed="named", name=taken)
    assert asked.status_code == 422
    assert "has this name" in asked.text
    assert "Am I she?" in asked.text
    own = room.asked(gia, "Then as I am", signed="named", name="Gia")
    changed = gia.client.post(
        f"{gia.path}/questions/{own}", data={"text": "Then as I am", "signed": "named", "name": taken}
    )
    assert changed.status_code == 422
    assert signature(room, own) == "Gia (guest)"
    said = dag.client.post("/me/name", data={"name": taken})
    assert said.status_code == 422
    assert "has this name" in said.text
    assert signature(room, room.asked(dag, "As ever", signed="named")) == cast.dag.name


def test_what_dag_asks_and_votes_on_one_device_shows_on_the_other_at_once(room: Room, cast: Cast) -> None:
    mona, phone, laptop = room.moderator(cast.mona), room.delegate(cast.dag), room.delegate(cast.dag)
    question = room.listed(mona, "On which device?")
    assert 'data-my-votes=""' in laptop.page()
    with laptop.client.stream("GET", f"{laptop.path}/live", timeout=10) as answer:
        events = stream_of(answer)
        assert next(data for name, data in events if name == "voted") == "[]"
        assert phone.vote(question).is_success
        assert next(data for name, data in events if name == "voted") == f"[{question}]"
        assert phone.vote(question, "unvote").is_success
        assert next(data for name, data in events if name == "voted") == "[]"
        room.asked(phone, "Asked on the telephone")
        assert any("Asked on the telephone" in data for name, data in events if name == "mine")
        # A device that is signed in no more is told no more.
        as_before = {"url": f"{laptop.path}/live?as=delegate", "headers": {"Accept": "text/event-stream"}}
        assert laptop.client.head(**as_before).status_code == 200  # type: ignore[arg-type]
        phone.client.post("/me/sign-ins/end-others")
        list(events)
        assert laptop.client.head(**as_before).status_code == 401, "so its page is over"  # type: ignore[arg-type]
    assert phone.vote(question).is_success
    third = room.delegate(cast.dag)
    page = third.page()
    assert f'data-my-votes="{question}"' in page
    assert "Asked on the telephone" in page
    assert third.vote(question, "unvote").json()["votes"] == 0, "one vote, however many devices"
    gia = room.delegate(cast.gia)
    assert "Asked on the telephone" not in gia.page()


def stream_of(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    """The events of a stream: name and data."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, line[6:]


def test_who_has_the_name_of_somebody_who_comes_to_the_team_later_signs_with_it_no_more(
    room: Room, cast: Cast
) -> None:
    namesake = replace(cast.dag, name=f"{cast.dag.name} {secrets.token_hex(4)}")
    dag = room.delegate(namesake)
    room.asked(dag, "Still mine", signed="named")
    room.moderator(replace(namesake, email=cast.mona.email))
    refused = dag.ask("Mine no more", signed="named")
    assert refused.status_code == 422
    assert "has this name" in refused.text
    room.asked(dag, "Mine no more")


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


def test_who_withdraws_makes_room_for_others(room: Room) -> None:
    gia = room.guest()
    before = room.row["asked"]
    question = room.asked(gia, "Never mind this one")
    assert room.row["asked"] == before + 1
    gia.client.post(f"{gia.path}/questions/{question}/withdrawal")
    assert room.row["asked"] == before


@pytest.mark.one_database
def test_whom_it_is_for_can_only_be_somebody_of_this_panel(room: Room) -> None:
    gia = room.guest()
    wrong = gia.ask("For whom?", addressee="seminar-2a/jenny-tagtstrom")
    assert wrong.status_code == 422
    assert "For whom?" in wrong.text
    question = room.asked(gia, "For whom?", addressee="school-factors/trude-havig")
    row = room.question(question)
    assert (row["lecture"], row["lecturer"]) == ("school-factors", "trude-havig")


def test_anonymous_is_the_default_and_leaves_no_trace(room: Room, cast: Cast) -> None:
    someone = replace(cast.dag, name="Nobody’s Namesake")  # nobody else in this room is called so
    dag, mona = room.delegate(someone), room.moderator(cast.mona)
    question = room.asked(dag, "Who is afraid of asking?")
    desk = mona.page()
    assert "Who is afraid of asking?" in desk
    mona.act(question, "approve")
    log = mona.client.get(f"{mona.path}/desk/log").text
    for seen in (desk, mona.page(), room.stranger().page(), str(room.public()), log):
        assert someone.name not in seen
        assert someone.email not in seen
    assert room.public()[question]["name"] == ""
    pseudonym = room.house.rows(
        "SELECT pseudonym FROM participant JOIN question ON participant.id = participant WHERE question.id = ?",
        question,
    )[0]["pseudonym"]
    assert pseudonym in mona.page()
    assert pseudonym not in room.stranger().page()


def test_with_a_name_it_is_the_delegates_own_and_not_what_somebody_types(room: Room, cast: Cast) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    question = room.asked(dag, "Here I stand", signed="named", name="Somebody Else")
    mona.act(question, "approve")
    assert room.public()[question]["name"] == cast.dag.name


def test_a_named_question_does_not_tell_the_desk_which_anonymous_ones_are_by_the_same_person(
    room: Room, cast: Cast
) -> None:
    dag, mona = room.delegate(cast.dag), room.moderator(cast.mona)
    room.asked(dag, "With my name", signed="named")
    pseudonym = room.house.rows("SELECT pseudonym FROM participant ORDER BY id DESC LIMIT 1")[0]["pseudonym"]
    assert pseudonym not in mona.page()
    room.asked(dag, "Without it")
    assert pseudonym in mona.page()


def test_the_asker_edits_and_withdraws_until_a_moderator_takes_it_up(room: Room, cast: Cast) -> None:
    gia, mona = room.guest(), room.moderator(cast.mona)
    question = room.asked(gia, "Frist version")
    form = gia.client.get(f"{gia.path}/questions/{question}/edit")
    assert "Frist version" in form.text
    edited = gia.client.post(f"{gia.path}/questions/{question}", data={"text": "First version"})
    assert edited.status_code == 303
    assert room.question(question)["text"] == "First version"
    mona.act(question, "approve")
    late = gia.client.post(f"{gia.path}/questions/{question}", data={"text": "Something quite different"})
    assert late.status_code == 409
    assert room.question(question)["text"] == "First version"
    assert gia.client.post(f"{gia.path}/questions/{question}/withdrawal").status_code == 409
    other = room.asked(gia, "Never mind")
    assert gia.client.post(f"{gia.path}/questions/{other}/withdrawal").status_code == 303
    assert room.question(other)["state"] == "withdrawn"
    assert "Never mind" not in gia.page()
    assert "Never mind" not in mona.page()


def test_nobody_edits_withdraws_or_even_opens_the_question_of_another(room: Room) -> None:
    gia, sten = room.guest(), room.guest()
    question = room.asked(gia, "Mine alone")
    path = f"{gia.path}/questions/{question}"
    for who in (sten, room.stranger()):
        assert who.client.get(f"{path}/edit").status_code == 404
        assert who.client.post(path, data={"text": "Taken over"}).status_code == 404
        assert who.client.post(f"{path}/withdrawal").status_code == 404
    assert room.question(question)["state"] == "waiting"
    assert room.question(question)["text"] == "Mine alone"


def test_a_moderator_does_not_approve_a_text_that_was_changed_meanwhile(room: Room, cast: Cast) -> None:
    gia, mona = room.guest(), room.moderator(cast.mona)
    question = room.asked(gia, "Harmless")
    seen = room.question(question)["revision"]
    gia.client.post(f"{gia.path}/questions/{question}", data={"text": "Not harmless at all"})
    refused = mona.act(question, "approve", seen=seen)
    assert refused.status_code == 409
    assert "changed this question meanwhile" in refused.json()["reason"]
    assert question not in room.public()
    assert mona.act(question, "approve").status_code == 200


def test_a_vote_counts_once_and_can_be_taken_back(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    gia, dag = room.guest(), room.delegate(cast.dag)
    assert gia.vote(question).json() == {"id": question, "votes": 1, "tally": 1, "mine": True}
    assert gia.vote(question).json()["votes"] == 1
    assert dag.vote(question).json()["votes"] == 2
    assert gia.vote(question, "unvote").json() == {"id": question, "votes": 1, "tally": 3, "mine": False}
    assert gia.vote(question, "unvote").json()["votes"] == 1
    assert len(room.house.rows("SELECT * FROM vote WHERE question = ?", question)) == 1


@pytest.mark.one_database
def test_without_a_script_a_vote_is_a_form_that_comes_back_to_the_page(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    gia = room.guest()
    back = gia.client.post(f"{gia.path}/questions/{question}/vote")
    assert (back.status_code, back.headers["location"]) == (303, f"{gia.path}#question-{question}")
    assert room.question(question)["votes"] == 1
    for _ in range(4):  # whichever worker answers
        with room.house.client(cookies=gia.client.cookies) as anew:
            assert f'You have voted for <a href="#question-{question}"' in anew.get(gia.path).text


def test_a_delegate_with_two_browsers_has_one_vote(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    for browser in (room.delegate(cast.dag), room.delegate(cast.dag)):
        assert browser.vote(question).json()["votes"] == 1


def test_what_is_not_listed_cannot_be_voted_for_and_says_nothing_of_itself(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(room.guest(), "Still a secret")
    for other in (question, question + 100_000, 2**31, 2**70):
        refused = gia.vote(other)
        assert refused.status_code == 409
        assert "secret" not in refused.text
    assert room.question(question)["votes"] == 0
    mona.act(question, "approve")
    assert gia.vote(question).status_code == 200
    mona.act(question, "answer")
    assert gia.vote(question, "unvote").status_code == 409
    assert room.question(question)["votes"] == 1


def test_a_question_of_another_panel_cannot_be_voted_for_through_this_one(room: Room, cast: Cast) -> None:
    room.moderator(cast.mona).set("by_hand", "open")
    with room_in(room.house, "seminar-1a") as seminar:
        desk = seminar.moderator(cast.mona)
        desk.set("by_hand", "open")
        question = seminar.listed(desk)
        assert room.guest().vote(question).status_code == 409
        assert seminar.question(question)["votes"] == 0
        assert seminar.guest().vote(question).status_code == 200


def test_whoever_votes_without_a_script_sees_it_counted_at_once(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona), "Counted at once?")
    for votes in (1, 2):
        guest = room.guest()
        page = guest.client.post(f"{guest.path}/questions/{question}/vote", follow_redirects=True)
        card = read_cards(page.text)[question]
        assert card is not None
        assert card.votes == votes


def test_two_hundred_people_vote_at_once_each_twice_and_two_hundred_votes_are_counted(
    room: Room, cast: Cast
) -> None:
    question = room.listed(room.moderator(cast.mona))
    voters = [room.guest() for _ in range(200)]
    with ThreadPoolExecutor(32) as together:
        answers = list(together.map(lambda voter: voter.vote(question), voters + voters))
    assert {answer.status_code for answer in answers} == {200}
    row = room.question(question)
    assert (row["votes"], row["tally"]) == (200, 200)
    assert len(room.house.rows("SELECT * FROM vote WHERE question = ?", question)) == 200


def test_the_same_voter_voting_and_unvoting_at_once_is_counted_right(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    gia = room.guest()
    with ThreadPoolExecutor(8) as together:
        list(together.map(lambda which: gia.vote(question, which), ["vote", "unvote"] * 12))
    row = room.question(question)
    assert row["votes"] == len(room.house.rows("SELECT * FROM vote WHERE question = ?", question))


def test_who_asks_too_fast_is_told_kindly_and_loses_nothing(room: Room) -> None:
    gia = room.guest()
    for number in range(5):
        room.asked(gia, f"Quick question {number}")
    sixth = gia.ask("A sixth in the same minute")
    assert sixth.status_code == 429
    assert re.search(r"Please wait \d+ seconds before the next one", sixth.text)
    assert "A sixth in the same minute" in sixth.text


def test_nobody_asks_more_than_the_panel_lets_each_ask(room: Room) -> None:
    gia = room.guest()
    room.house.rows("UPDATE panel SET most_each = 1 WHERE slug = ?", PANEL)
    try:
        room.asked(gia, "My one question")
        refused = gia.ask("And another")
        assert refused.status_code == 409
        assert "as many as one person can" in refused.text
        assert "And another" in refused.text
    finally:
        room.house.rows("UPDATE panel SET most_each = 10 WHERE slug = ?", PANEL)


def test_a_full_panel_says_so_and_takes_exactly_what_fits(room: Room) -> None:
    askers = [room.delegate(Cast().dag) for _ in range(8)]
    fits = room.row["asked"] + 3
    room.house.rows("UPDATE panel SET most_questions = ? WHERE slug = ?", fits, PANEL)
    try:
        with ThreadPoolExecutor(8) as together:
            answers = list(together.map(lambda asker: asker.ask("Is there room?"), askers))
        assert sorted(answer.status_code for answer in answers) == [303] * 3 + [409] * 5
        assert room.row["asked"] == fits
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert "as many questions as can be read" in refused.text
    finally:
        room.house.rows("UPDATE panel SET most_questions = 2000 WHERE slug = ?", PANEL)


def test_guests_leave_half_of_the_panel_to_delegates(room: Room, cast: Cast) -> None:
    dag, gia = room.delegate(cast.dag), room.guest()
    room.house.rows("UPDATE panel SET most_questions = 2 * asked + 1 WHERE slug = ?", PANEL)
    try:
        room.asked(gia, "The last one for now?")
        refused = gia.ask("And this one?")
        assert refused.status_code == 409
        assert "Guests have asked as many questions here as can be read." in refused.text
        assert "And this one?" in refused.text
        room.asked(dag, "One of ours?")
    finally:
        room.house.rows("UPDATE panel SET most_questions = 2000 WHERE slug = ?", PANEL)
    room.asked(gia, "And this one?")


def test_what_is_declined_or_taken_back_makes_room_for_another(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()

    def act(verb: str, question: int) -> int:
        """Do it, and say how many questions more or fewer the panel then has."""
        before = room.row["asked"]
        answer = mona.act(question, verb)
        assert answer.status_code == 200, answer.text
        acts.append(answer.json()["act"])
        return int(room.row["asked"] - before)

    def undo() -> int:
        before = room.row["asked"]
        assert mona.undo(acts[-1]).status_code == 200
        return int(room.row["asked"] - before)

    acts: list[int] = []
    question = room.asked(gia, "Is there room?")
    assert (act("decline", question), undo()) == (-1, 1)
    assert (act("decline", question), act("return", question), undo()) == (-1, 1, -1)
    assert (act("return", question), act("approve", question), act("decline", question)) == (1, 0, -1)
    brought = room.listed(mona, "From the floor, which took none")
    assert (act("decline", brought), act("return", brought)) == (0, 0)
    taken_back = room.asked(gia, "This one goes by itself")
    before = room.row["asked"]
    gia.client.post(f"{gia.path}/questions/{taken_back}/withdrawal")
    assert room.row["asked"] == before - 1


def test_a_telephone_that_joins_again_and_again_is_slowed_down(room: Room) -> None:
    here, there = a_source(), a_source()
    everybody = room.stranger()

    def join(code: str, address: dict[str, str]) -> httpx.Response:
        everybody.client.cookies.clear()
        form = {"room_code": code, "name": "Gia"}
        return everybody.client.post(f"{everybody.path}/guests", data=form, headers=address)

    for _ in range(20):
        assert "This is not the room’s code." in join("AAAAAA", here).text
    wrong = until(lambda: refused(join("AAAAAA", here)))
    assert wrong
    assert "Too many codes were tried. Please wait" in wrong.text
    # Many at once: one after another might come so slowly that nobody is in anybody's way.
    with ThreadPoolExecutor(16) as hall:
        crowd = list(hall.map(lambda _: join(room.code, here), range(450)))
    assert sum(answer.status_code == 303 for answer in crowd) >= 300, "a hall behind one address"
    slower = next(filter(refused, crowd))
    assert "please press Join again in a second" in slower.text
    assert f'value="{room.code}"' in slower.text
    assert join(room.code, there).status_code == 303


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 429 else None


def test_made_up_guests_from_one_source_do_not_flood_a_panel(room: Room, cast: Cast) -> None:
    """As found: 150 questions in 11 seconds, from 30 guests who joined anew for every five."""
    here, there = a_source(), a_source()
    before = room.row["asked"]

    def flood(_: int) -> list[httpx.Response]:
        guest = room.guest(headers=here)
        return [guest.ask("Is this a flood?", key=secrets.token_hex(8)) for _ in range(5)]

    began = time.monotonic()
    with ThreadPoolExecutor(15) as script:
        answers = [answer for five in script.map(flood, range(15)) for answer in five]
    took = time.monotonic() - began
    asked = room.row["asked"] - before
    assert 60 <= asked <= 60 + took
    assert asked < len(answers)
    late = next(answer for answer in answers if answer.status_code == 429)
    assert "this one is kept" in late.text
    assert "Is this a flood?</textarea>" in late.text
    # Nobody else is held up by that, and delegates whom we know are not even where it comes from.
    assert room.guest(headers=there).ask("And what of mine?").status_code == 303
    dag = room.delegate(cast.dag)
    dag.client.headers.update(here)
    assert dag.ask("And of mine?").status_code == 303


def test_the_first_question_of_a_guest_waits_a_little_and_the_next_does_not(room: Room) -> None:
    gia = room.guest(headers=a_source())
    began = time.monotonic()
    assert gia.ask("Just come in?").status_code == 303
    assert 3 < time.monotonic() - began < 10
    began = time.monotonic()
    assert gia.ask("And another thing?").status_code == 303
    assert time.monotonic() - began < 3


def test_who_was_muted_takes_back_and_says_nothing_new(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question, another = room.asked(gia, "What was said first"), room.asked(gia, "And another")
    assert mona.act(question, "mute").status_code == 200
    changed = gia.client.post(f"{gia.path}/questions/{another}", data={"text": "Something worse"})
    assert changed.status_code == 409
    assert "A moderator has asked you to pause." in changed.text
    assert "Something worse</textarea>" in changed.text
    assert room.question(another)["text"] == "And another"
    assert gia.client.post(f"{gia.path}/questions/{another}/withdrawal").status_code == 303
    assert room.question(another)["state"] == "withdrawn"
    assert mona.act(question, "unmute").status_code == 200
    assert mona.act(question, "return").status_code == 200
    assert (
        gia.client.post(f"{gia.path}/questions/{question}", data={"text": "Said better"}).status_code == 303
    )
    assert room.question(question)["text"] == "Said better"


def test_who_changes_a_question_again_and_again_is_asked_to_wait(room: Room) -> None:
    gia = room.guest()
    question = room.asked(gia, "Version 0")
    path = f"{gia.path}/questions/{question}"
    saved = 0
    while (answer := gia.client.post(path, data={"text": f"Version {saved + 1}"})).status_code == 303:
        saved += 1
    assert answer.status_code == 429
    assert saved >= 10
    assert "Please wait a few seconds" in answer.text
    assert f"Version {saved + 1}</textarea>" in answer.text
    assert room.question(question)["text"] == f"Version {saved}"
    taken_back = [gia.client.post(f"{gia.path}/questions/{question}/withdrawal") for _ in range(2)]
    assert 429 in {answer.status_code for answer in taken_back}


def test_a_closed_panel_takes_neither_questions_nor_votes(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.listed(mona)
    mona.set("by_hand", "closed")
    try:
        assert gia.ask("Anyone there?").status_code == 409
        assert gia.vote(question).status_code == 409
        assert "closed it for now" in gia.page()
    finally:
        mona.set("by_hand", "")
    assert gia.vote(question).status_code == 200


def test_post_moderated_a_question_is_listed_at_once(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    mona.set("post_moderated", "yes")
    try:
        assert room.asked(gia, "Straight to the list") in room.public()
    finally:
        mona.set("post_moderated", "no")
    assert room.asked(gia, "First to the desk") not in room.public()


def test_the_public_state_says_nothing_it_need_not(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    assert set(room.public()[question]) == {
        "id", "text", "votes", "tally", "state", "addressee", "about", "name", "source", "position"
    }  # fmt: skip


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


@pytest.mark.one_database
def test_with_htmx_the_form_comes_back_empty_and_says_what_happened(room: Room) -> None:
    gia = room.guest()
    answer = gia.client.post(
        f"{gia.path}/questions", data={"text": "In one piece"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "with the moderators" in answer.text
    assert "In one piece" not in answer.text


def test_seminars_follow_their_own_schedule(houses: Houses) -> None:
    with room_in(houses(PLENUM_NOW=DURING_THE_PANEL), "seminar-2b") as seminar:
        assert "Tuesday 7 November" in seminar.stranger().page()
        gia = seminar.guest()
        assert gia.ask("Too early for this one").status_code == 409
