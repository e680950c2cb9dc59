"""Voting over HTTP, as a telephone without JavaScript does it and as one with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.support.cast import Cast
from tests.support.pages import read_cards
from tests.support.room import Room, room_in


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
    """The events of a stream: name and data. A part of the page is called as the element it is for."""
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            if part := re.match(r'data: <hx-partial hx-target="#([\w-]+)"', line):
                name = part[1]
            yield name, line[6:]


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


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 429 else None


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


def test_the_public_state_says_nothing_it_need_not(room: Room, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona))
    assert set(room.public()[question]) == {
        "id", "text", "votes", "tally", "state", "addressee", "about", "name", "source", "position"
    }  # fmt: skip
