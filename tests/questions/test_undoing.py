"""What a moderator did is undone, for a minute, and settings like any other act."""

from __future__ import annotations

import pytest

from tests.support.cast import Cast
from tests.support.room import Room


def test_what_was_declined_has_its_reason_again_when_putting_it_back_is_undone(
    room: Room, cast: Cast
) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(gia, "Asked a thousand times?")
    mona.act(question, "decline", reason="Already asked")
    back = mona.act(question, "return").act
    assert room.question(question)["reason"] == ""
    mona.undo(back)
    assert room.question(question)["reason"] == "Already asked"


def test_undoing_never_puts_a_second_question_on_the_screen(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    first, second = room.listed(mona, "Answered too early"), room.listed(mona, "Shown since")
    mona.act(first, "show")
    answered = mona.act(first, "answer").act
    olga.act(second, "show")
    refused = mona.undo(answered)
    assert refused.status_code == 409
    assert refused.says == "Another question is on the screen by now."
    public = room.public()
    assert (public[first]["state"], public[second]["state"]) == ("answered", "on_screen")
    olga.act(second, "answer")
    assert mona.undo(answered).status_code == 200
    mona.act(first, "answer")


def test_an_act_can_be_undone_for_a_minute_and_not_when_something_has_happened_since(
    room: Room, cast: Cast
) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    question = room.asked(room.guest(), "Undo me")
    act = mona.act(question, "approve").act
    assert question in room.public()
    assert mona.undo(act).status_code == 200
    assert question not in room.public()
    assert mona.undo(act).status_code == 409
    act = mona.act(question, "approve").act
    olga.act(question, "next")
    refused = mona.undo(act)
    assert refused.status_code == 409
    assert cast.olga.name in refused.says
    assert room.public()[question]["state"] == "next"
    act = mona.act(question, "answer").act
    room.house.rows("UPDATE act SET at = ? WHERE id = ?", "2017-11-06 10:00:00+00:00", act)
    assert mona.undo(act).status_code == 409
    assert room.public()[question]["state"] == "answered"


def test_what_was_done_before_is_undone_after_what_came_later_was(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(gia, "How did we come here?")
    verbs = ("approve", "next", "show", "return")
    states = []
    acts = []
    for verb in verbs:
        states.append(room.question(question)["state"])
        acts.append(mona.act(question, verb).act)
    assert mona.undo(acts[0]).status_code == 409  # one after the other
    for act, state in reversed(list(zip(acts, states, strict=True))):
        assert mona.undo(act).status_code == 200
        assert room.question(question)["state"] == state

    # What its asker has said meanwhile stays with what the moderators have read.
    acts = [mona.act(question, verb).act for verb in ("approve", "return")]
    gia.client.post(f"{gia.path}/questions/{question}", data={"text": "How do we get out?"})
    later = mona.act(question, "approve").act
    assert mona.undo(later).status_code == 200
    assert [mona.undo(act).status_code for act in reversed(acts)] == [409, 409]
    assert room.question(question)["state"] == "waiting"


def test_settings_and_codes_are_undone_like_any_other_act(room: Room, cast: Cast) -> None:
    mona, olga, gia = room.moderator(cast.mona), room.moderator(cast.olga), room.guest()
    before = room.row
    for setting, value in [
        ("blackout", "yes"),
        ("post_moderated", "yes"),
        ("show_next", "no"),
        ("by_hand", "closed"),
        ("guests", "no"),
        ("room_code", "renew"),
        ("screen_code", "renew"),
        ("guest_key", "renew"),
    ]:
        act = mona.set(setting, value).act
        assert room.row[setting] != before[setting]
        assert olga.undo(act).status_code == 200
        assert {**room.row, "revision": 0} == {**before, "revision": 0}
        assert olga.undo(act).status_code == 409
    assert gia.ask("Still in").status_code == 303
    act = mona.set("blackout", "yes").act
    assert not olga.set("blackout", "yes").is_undone_with, "it is dark already"
    olga.set("blackout", "no")
    refused = mona.undo(act)
    assert refused.status_code == 409
    assert refused.says == f"{cast.olga.name} has already lit the screen again."
    log = mona.client.get(f"{mona.path}/desk/log").text
    for words in ("darkened the screen (undone)", "made a new room code (undone)", "put all guests out"):
        assert words in log
    assert "True" not in log


def test_a_code_is_renewed_once_though_two_moderators_want_it(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    for setting, code, told in [
        ("room_code", "room_code", "made a new room code"),
        ("screen_code", "screen_code", "made a new screen code"),
    ]:
        old = room.row[code]
        assert mona.set(setting, "renew", seen=old).status_code == 200
        new = room.row[code]
        refused = olga.set(setting, "renew", seen=old)
        assert refused.status_code == 409
        assert refused.says == f"{cast.mona.name} has already {told}."
        assert room.row[code] == new
        assert olga.set(setting, "renew", seen="").status_code == 409


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("revision", "99"),
        ("asked", "0"),
        ("withdrawn", "yes"),
        ("most_each", "1000"),
        ("blackout", "perhaps"),
        ("by_hand", "ajar"),
        ("screen_code", "AAAAAAAA"),
        ("__class__", "yes"),
    ],
)
def test_a_setting_that_is_none_changes_nothing(room: Room, cast: Cast, setting: str, value: str) -> None:
    mona = room.moderator(cast.mona)
    before = room.row
    assert mona.set(setting, value).status_code == 404
    assert room.row == before
    assert mona.set("blackout", "no").status_code == 200
