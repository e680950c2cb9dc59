"""How many questions a panel takes, and how fast."""

from __future__ import annotations

import re
import secrets
import time
from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.support.cast import Cast
from tests.support.room import PANEL, Room
from tests.support.sources import a_source
from tests.support.waiting import until


def test_who_withdraws_makes_room_for_others(room: Room) -> None:
    gia = room.guest()
    before = room.row["asked"]
    question = room.asked(gia, "Never mind this one")
    assert room.row["asked"] == before + 1
    gia.client.post(f"{gia.path}/questions/{question}/withdrawal")
    assert room.row["asked"] == before


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
        acts.append(answer.act)
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
