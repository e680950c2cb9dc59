"""Asking over HTTP, as a telephone without JavaScript does it and as one with."""

from __future__ import annotations

import httpx
import pytest

from tests.support.cast import Cast
from tests.support.room import Room


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


@pytest.mark.one_database
def test_whom_it_is_for_can_only_be_somebody_of_this_panel(room: Room) -> None:
    gia = room.guest()
    wrong = gia.ask("For whom?", addressee="seminar-2a/jenny-tagtstrom")
    assert wrong.status_code == 422
    assert "For whom?" in wrong.text
    question = room.asked(gia, "For whom?", addressee="school-factors/trude-havig")
    row = room.question(question)
    assert (row["lecture"], row["lecturer"]) == ("school-factors", "trude-havig")


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
    assert "changed this question meanwhile" in refused.says
    assert question not in room.public()
    assert mona.act(question, "approve").status_code == 200


def refused(answer: httpx.Response) -> httpx.Response | None:
    return answer if answer.status_code == 429 else None


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


def test_post_moderated_a_question_is_listed_at_once(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    mona.set("post_moderated", "yes")
    try:
        assert room.asked(gia, "Straight to the list") in room.public()
    finally:
        mona.set("post_moderated", "no")
    assert room.asked(gia, "First to the desk") not in room.public()


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
