"""Many questions are declined together: one by one, with their asker, or as copies."""

from __future__ import annotations

import re

from tests.support.cast import Cast
from tests.support.room import Room


def test_muting_a_pseudonym_silences_whoever_is_behind_it_until_it_is_taken_back(
    room: Room, cast: Cast
) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(gia, "Something rude")
    act = mona.act(question, "mute").act
    refused = gia.ask("And something ruder")
    assert refused.status_code == 409
    assert "asked you to pause" in refused.text
    assert mona.undo(act).status_code == 200
    assert gia.ask("Sorry about that").status_code == 303
    mona.act(question, "mute")
    mona.act(question, "unmute")
    assert gia.ask("Thank you").status_code == 303


def test_muting_takes_along_what_waits_of_the_same_asker_and_is_undone_as_one(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    gia, sten = room.guest("Gia"), room.guest()
    listed = room.asked(gia, "Listed before")
    mona.act(listed, "approve")
    first, second = room.asked(gia, "Rude"), room.asked(gia, "Ruder")
    signed, others = room.asked(gia, "In my name", signed="named"), room.asked(sten, "Kind")
    newest = room.row["revision"]
    unseen = room.asked(gia, "Not yet on her desk")
    before = room.row["asked"]
    done = mona.act(first, "mute", newest=str(newest))
    assert re.fullmatch(r"Muted \w+ \d+, and declined 1 other question\.", done.says)
    assert [room.question(question)["state"] for question in (listed, first, second)] == [
        "listed", "declined", "declined"
    ]  # fmt: skip
    assert room.row["asked"] == before - 2
    for waits in (signed, others, unseen):  # what is signed and what is not are not told to be one person's
        assert room.question(waits)["state"] == "waiting"
    edit = f"{gia.path}/questions/{signed}"
    assert gia.client.post(edit, data={"text": "And ruder", "signed": "named"}).status_code == 409
    assert olga.undo(done.act).status_code == 200
    assert {room.question(question)["state"] for question in (first, second)} == {"waiting"}
    assert room.row["asked"] == before
    assert gia.client.post(edit, data={"text": "Sorry", "signed": "named"}).status_code == 303


def test_muting_whoever_signs_takes_along_what_has_the_same_name(room: Room, cast: Cast) -> None:
    mona, gia, sten = room.moderator(cast.mona), room.guest("Gia"), room.guest("Gia")
    signed, another = (room.asked(gia, text, signed="named") for text in ("In my name", "And again"))
    anonymous, namesake = room.asked(gia, "Without"), room.asked(sten, "My name, too", signed="named")
    assert mona.act(signed, "mute", newest=str(room.row["revision"])).is_success
    assert {room.question(question)["state"] for question in (signed, another)} == {"declined"}
    assert {room.question(question)["state"] for question in (anonymous, namesake)} == {"waiting"}


def test_many_are_declined_in_one_act_but_for_what_has_changed_since(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    flood = [room.asked(room.guest(), f"Buy now, number {number}") for number in range(6)]
    listed = room.listed(mona, "Buy now, from the list")
    asker = room.guest()
    changes = room.asked(asker, "Buy now, or not")
    newest, before = room.row["revision"], room.row["asked"]
    olga.act(flood[0], "next")
    asker.client.post(f"{asker.path}/questions/{changes}", data={"text": "Something quite different"})
    done = mona.decline_all([*flood, listed, changes], newest=newest, reason="Already asked")
    assert done.did.startswith("Declined 6 questions: ")
    assert done.says == "2 questions changed meanwhile and stayed as they are."
    assert room.question(flood[0])["state"] == "next"
    assert room.question(changes)["state"] == "waiting"
    assert {room.question(question)["state"] for question in (*flood[1:], listed)} == {"declined"}
    assert room.row["asked"] == before - 5
    log = mona.client.get(f"{mona.path}/desk/log").text
    assert "declined 6 questions: Already asked" in log
    # One is taken after all; the others come back with one undo, and to where they were.
    olga.act(flood[1], "return")
    undone = olga.undo(done.act)
    assert undone.says == "Undone, but for 1 question that changed since."
    assert room.question(listed)["state"] == "listed"
    assert {room.question(question)["state"] for question in flood[1:]} == {"waiting"}
    assert room.row["asked"] == before
    assert olga.undo(done.act).status_code == 409
    again = mona.decline_all(flood, newest=newest)
    assert again.status_code == 409
    assert "changed meanwhile" in again.says
    mona.act(flood[0], "answer")


def test_copies_of_a_question_that_is_taken_are_declined_with_it(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    first, *copies = [room.asked(room.guest(), "Why is that so?") for _ in range(4)]
    newest = str(room.row["revision"])
    late = room.asked(room.guest(), "Why is that so?")
    done = mona.act(first, "approve", newest=newest, copies=" ".join(map(str, [first, *copies, late, 10**8])))
    assert done.says == "Approved, and declined 3 other questions."
    assert room.question(first)["state"] == "listed"
    for copy in copies:
        assert room.question(copy)["state"] == "declined"
        assert room.question(copy)["reason"] == "Already asked"
    assert room.question(late)["state"] == "waiting"
    mona.undo(done.act)
    assert {room.question(question)["state"] for question in (first, *copies)} == {"waiting"}
