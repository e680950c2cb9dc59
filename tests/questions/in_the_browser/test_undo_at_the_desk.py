"""What was done at the desk is undone with one key, on a laptop and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.conftest import Visit
from tests.support.cast import Cast
from tests.support.panel import LAPTOP, PHONE, ROOM, signed_in
from tests.support.room import Room


def test_an_act_is_undone_with_one_key(room: Room, visit: Visit, cast: Cast) -> None:
    room.asked(room.guest(), "Too hasty")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    mona.locator("body").press("j")
    mona.locator("body").press("a")
    expect(mona.locator("#list-listed [data-question]")).to_have_count(1)
    mona.locator("body").press("u")
    expect(mona.locator("#list-waiting [data-question]")).to_have_count(1)
    expect(mona.locator("#list-listed [data-question]")).to_have_count(0)


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_undo_is_in_reach_however_long_the_question(
    room: Room, visit: Visit, cast: Cast, viewport: dict[str, int]
) -> None:
    question = room.asked(room.guest(), "Whythisverylongword" * 15)
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport=viewport)
    mona.goto(f"{ROOM}/desk")
    mona.locator(f"#question-{question}").get_by_role("button", name="Approve").click()
    undo = mona.locator("#undo").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    assert mona.evaluate("document.documentElement.scrollWidth <= innerWidth")
    undo.click()
    expect(mona.locator(f"#list-waiting #question-{question}")).to_be_visible()


def test_all_that_match_the_filter_or_are_of_one_person_are_declined_and_undone_as_one(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = room.guest()
    hers = [
        room.asked(gia, text) for text in ("About the weather", "Of the weather again", "And of football")
    ]
    other = room.asked(room.guest(), "Is the weather a reason?")
    kept = room.asked(room.guest(), "What do parents need?")
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport=PHONE)
    mona.goto(f"{ROOM}/desk")
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(5)
    mona.locator("body").press("/")
    mona.keyboard.type("weather")
    expect(mona.locator("#found")).to_have_text("3 of 5 match: 3 waiting")
    mona.keyboard.press("Enter")
    mona.keyboard.press("D")
    expect(mona.get_by_role("radio", name="All 3 that match “weather”, waiting or listed")).to_be_checked()
    room.moderator(cast.olga).act(other, "approve")
    expect(mona.locator(f"#list-listed #question-{other}")).to_be_attached()
    mona.keyboard.press("2")
    expect(mona.locator("#says")).to_contain_text("1 question changed meanwhile")
    assert [room.question(question)["state"] for question in (*hers, other)] == [
        "declined", "declined", "waiting", "listed"
    ]  # fmt: skip
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(2)
    mona.locator("body").press("u")
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(4)
    expect(mona.locator(f"#question-{hers[0]}")).to_have_attribute("data-selected", "")
    mona.locator("body").press("/")
    mona.keyboard.press("Escape")
    mona.locator(f"#question-{hers[0]}").get_by_role("button", name="Decline").click()
    mona.get_by_role("radio", name=re.compile("^All 3 from .+, waiting or listed$")).check()
    mona.get_by_role("button", name="Without a reason").click()
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(1)
    assert room.question(kept)["state"] == "waiting"
    mona.locator("#undo").get_by_role("button", name="Undo").click()
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(4)


def test_muting_shows_what_it_takes_along_and_gives_it_back(room: Room, visit: Visit, cast: Cast) -> None:
    gia = room.guest()
    first, second = room.asked(gia, "Rude"), room.asked(gia, "Ruder")
    kind = room.asked(room.guest(), "Kind")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    card = mona.locator(f"#question-{first}")
    card.locator(".more summary").click()
    card.get_by_role("button", name=re.compile(r"^Mute \w+ \d+ and decline 2 waiting")).click()
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(1)
    expect(mona.locator("#undo p").last).to_contain_text(
        re.compile(r"Muted \w+ \d+, and declined 1 other question")
    )
    assert {room.question(question)["state"] for question in (first, second)} == {"declined"}
    mona.locator("body").press("u")
    expect(mona.locator("#list-waiting > [data-question]")).to_have_count(3)
    assert room.question(kind)["state"] == "waiting"


def test_the_second_who_shows_at_once_is_told_and_can_undo(room: Room, visit: Visit, cast: Cast) -> None:
    olga = room.moderator(cast.olga)
    first, second = room.listed(olga, "Hers"), room.listed(olga, "Mine")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    mona.locator("body").press("2")
    mona.keyboard.press("j")
    expect(mona.locator(f"#question-{second}")).to_be_focused()
    olga.act(first, "show")
    mona.keyboard.press("s")
    expect(mona.locator("#says")).to_contain_text(
        f"{cast.olga.name} had just put another question on the screen."
    )
    expect(mona.locator(f"#list-next #question-{first}")).to_be_visible()
    mona.locator("body").press("u")
    expect(mona.locator(f"#list-on_screen #question-{first}")).to_be_visible()
    expect(mona.locator(f"#list-listed #question-{second}")).to_be_visible()
    olga.act(first, "answer")


def test_a_dark_screen_and_a_setting_are_undone_with_the_same_key(
    room: Room, visit: Visit, cast: Cast
) -> None:
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    bar = mona.locator("#desk-bar")
    mona.locator("body").press("b")
    expect(bar).to_have_attribute("data-blackout", "yes")
    expect(mona.locator("#undo p").last).to_have_text("The screen is dark")
    mona.locator("body").press("u")
    expect(bar).to_have_attribute("data-blackout", "no")
    mona.get_by_role("button", name="Settings").click()
    mona.get_by_role("button", name="May only read").click()
    expect(mona.locator("#undo p").last).to_have_text("Only delegates may take part")
    mona.get_by_role("button", name="Close the settings").click()
    mona.locator("body").press("u")
    expect(mona.locator("#says")).to_have_text("Undone.")
    assert room.row["guests"]


def test_on_a_phone_undo_stands_above_the_settings(room: Room, visit: Visit, cast: Cast) -> None:
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport=PHONE)
    mona.goto(f"{ROOM}/desk")
    mona.get_by_role("button", name="Settings").click()
    mona.get_by_role("button", name="Not shown").click()
    undo = mona.locator("#undo").get_by_role("button", name="Undo")
    expect(undo).to_be_in_viewport(ratio=1)
    undo.click()
    expect(mona.locator("#says")).to_have_text("Undone.")
    expect(mona.locator("#undo")).to_be_hidden()
    assert room.row["show_next"]
