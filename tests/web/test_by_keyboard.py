"""Everything can be done with the keys alone, and one always sees where one is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.conftest import Houses, Visit
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.keyboard import Keyboard
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.room import PANEL, room_in

PHONE = {"width": 390, "height": 700}


@pytest.fixture(scope="module")
def venue(lasting_houses: Houses) -> House:
    return lasting_houses(PLENUM_NOW="2017-11-06T12:00")


@pytest.fixture
def place(venue: House) -> Iterator[Place]:
    with place_in(venue) as place:
        yield place


def keys_of(visit: Visit, someone: Guest, path: str = "") -> Keyboard:
    page = visit(someone.place.house, viewport=PHONE, reduced_motion="reduce")
    key = someone.client.cookies["plenum_sign_in"]
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": someone.place.house.url}])
    page.goto(PLACE + path)
    return Keyboard(page)


def test_a_delegate_writes_replies_follows_and_closes(place: Place, visit: Visit, cast: Cast) -> None:
    gia, dag = place.delegate(cast.gia), place.delegate(cast.dag)
    there = gia.writes("Bologna begins at nine")
    dags = keys_of(visit, dag)
    page = dags.page

    # What is shown of oneself
    dags.press(dags.link("My profile"))
    dags.press(page.get_by_label("List me in the directory"), "Space")
    dags.type(page.get_by_label("A line about me"), "Home visits")
    dags.press(page.get_by_label("Show my line"), "Space")
    dags.press(dags.button("Keep my profile"))
    expect(page.get_by_text("Your profile is kept.")).to_be_visible()

    # Choosing, searching, and back
    dags.press(dags.link("Board"))
    dags.press(page.get_by_text("Choose by kind"))
    dags.tab_to(page.get_by_label("Kind"))
    page.keyboard.press("Escape")
    expect(page.get_by_label("Kind")).to_be_hidden()
    expect(page.locator(".more-filters summary")).to_be_focused()
    dags.type(page.get_by_role("searchbox"), "Bologna")
    page.keyboard.press("Enter")
    expect(page.locator(f"#note-{there}")).to_be_visible()

    # Me too, and what comes meanwhile takes neither the focus nor moves what is read
    me_too = page.locator(f"#note-{there}").get_by_role("button", name="Me too")
    dags.press(me_too, "Space")
    expect(me_too).to_have_attribute("aria-pressed", "true")
    gia.replies(there, "And ends at three")
    expect(page.locator(f"#note-{there}")).to_contain_text("1 reply")
    expect(me_too).to_be_focused()
    dags.look()

    # A note of one's own
    dags.press(dags.link("Board"))
    dags.press(page.get_by_text("Put up a note"))
    dags.press(page.get_by_label("I seek"), "Space")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Put up a note")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_label("I seek")).to_be_checked()
    dags.press(dags.button("Put it up"))
    expect(page.locator("#error-summary")).to_be_focused()
    dags.look()
    dags.type(page.get_by_label("In a few words"), "Schools that begin at ten")
    dags.press(dags.button("Put it up"))
    expect(page.get_by_role("heading", name="Schools that begin at ten").first).to_be_attached()

    # Replies: one writes on where one was
    dags.type(page.get_by_label("Your reply"), "We are nine.")
    dags.press(dags.button("Reply"))
    expect(page.locator(".reply")).to_contain_text("We are nine.")
    expect(page.get_by_label("Your reply")).to_be_focused()
    expect(page.get_by_label("Your reply")).to_have_value("")
    gia.replies(int(page.url.rsplit("/", 1)[1]), "We are ten.")
    expect(page.locator(".reply")).to_have_count(2)
    expect(page.get_by_label("Your reply")).to_be_focused()

    # One press, and one is where one was
    dags.press(dags.button("Stop following"))
    expect(dags.button("Follow this note")).to_be_focused()
    dags.look()
    dags.press(dags.button("We found each other"))
    expect(page.get_by_text("This note is closed")).to_be_visible()
    expect(dags.button("Open it again")).to_be_focused()


def test_a_table_is_laid_taken_and_left(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    dags = keys_of(visit, dag, "/tables/new")
    page = dags.page
    dags.type(page.get_by_label("What is it about?"), "Late start")
    dags.tab_to(page.get_by_label("Where?"))
    page.keyboard.type("Table 4")
    dags.tab_to(page.get_by_label("When?"))
    page.keyboard.type("110620170100PM")
    dags.press(dags.button("Lay the table"))
    expect(page.get_by_text("You have a seat at this table")).to_be_visible()
    table = page.url.rsplit("/", 1)[1]
    place.house.rows("UPDATE round_table SET seats = 2 WHERE id = ?", table)
    gia.done(f"/tables/{table}/seat")
    expect(page.get_by_text("All 2 seats taken")).to_be_visible()
    dags.press(dags.button("Give the seat back"))
    expect(dags.button("Take a seat")).to_be_focused()
    gias = keys_of(visit, gia, f"/tables/{table}")
    gias.tab_to(gias.button("Give the seat back"))
    dags.page.keyboard.press("Enter")
    expect(gias.page.get_by_text("All 2 seats taken")).to_be_visible()
    expect(gias.button("Give the seat back")).to_be_focused()
    mona = keys_of(visit, place.moderator(cast.mona), f"/tables/{table}")
    mona.press(mona.button("Wait for a seat"))
    expect(mona.page.get_by_text("You are number 1 in the queue")).to_be_visible()
    mona.press(mona.button("Leave the queue"))
    expect(mona.button("Wait for a seat")).to_be_focused()


def test_contacts_news_care_and_ones_own_data(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia, sten = (place.delegate(person) for person in (cast.dag, cast.gia, cast.sten))
    for someone in (dag, gia, sten):
        someone.tells()
    dags, gias = keys_of(visit, dag, "/people"), keys_of(visit, gia)
    dags.press(dags.link(gia.name))
    dags.press(dags.link("Ask to become contacts"))
    dags.type(dags.page.get_by_label("A few words"), "About Bologna")
    dags.press(dags.button("Ask to become contacts"))
    expect(dags.page.get_by_text("has not answered yet")).to_be_visible()

    gias.press(gias.link(re.compile("^News 1")))
    gias.press(gias.button("To my contacts"))
    gias.press(gias.button(re.compile("^Yes")))
    gias.type(gias.page.get_by_label("Write to Dag"), "With pleasure")
    gias.press(gias.button("Send"))
    expect(gias.page.locator(".message")).to_contain_text("With pleasure")
    expect(gias.page.get_by_label("Write to Dag")).to_be_focused()
    gias.look()
    dag.done(f"/contacts/{gia.tag}/messages", text="When?")
    expect(gias.page.locator(".message")).to_have_count(2)
    expect(gias.page.get_by_label("Write to Dag")).to_be_focused()

    dags.press(dags.link(re.compile("^News")))
    dags.press(dags.button("Mark all as read"))
    expect(dags.page.get_by_role("button", name="Mark all as read")).to_have_count(0)

    unkind = sten.writes("Unkind")
    dags.press(dags.link("Board"))
    dags.press(dags.page.locator(f"#note-{unkind}").get_by_role("link", name="Report"))
    dags.type(dags.page.get_by_label("What is wrong?"), "It is unkind")
    dags.press(dags.page.get_by_role("checkbox", name=re.compile("^Block")), "Space")
    dags.press(dags.button("Send"))
    expect(dags.page.get_by_text("will not meet here any more")).to_be_visible()
    monas = keys_of(visit, place.moderator(cast.mona), "/desk")
    monas.press(
        monas.page.locator(".report-card", has_text="It is unkind").get_by_role("button", name="Hide it")
    )
    expect(monas.page.get_by_role("button", name="Show it again")).to_be_focused()

    dags.press(dags.link("My profile"))
    dags.press(dags.button("Meet again"))
    expect(dags.page.get_by_role("button", name="Meet again")).to_have_count(0)
    dags.press(dags.link("Borders"))
    expect(dags.page.get_by_role("heading", level=1)).to_have_text("Across the borders")
    dags.press(dags.link("My profile"))
    dags.press(dags.link("Take everything out"))
    dags.tab_to(dags.link("Everything of mine"))
    dags.press(dags.page.get_by_role("checkbox", name=re.compile("erase me")), "Space")
    dags.press(dags.button("Erase"))
    dags.page.wait_for_url(lambda url: not url.endswith("/leave"))


def test_the_menu_of_a_telephone_closes_where_it_was_opened(place: Place, visit: Visit, cast: Cast) -> None:
    keys = keys_of(visit, place.delegate(cast.dag))
    keys.press(keys.button("Menu"))
    keys.tab_to(keys.link("Practical"))
    keys.page.keyboard.press("Escape")
    expect(keys.button("Menu")).to_be_focused()


def test_a_question_is_asked_changed_voted_for_and_withdrawn(venue: House, visit: Visit, cast: Cast) -> None:
    with room_in(venue) as room:
        mona, gia = room.moderator(cast.mona, PANEL), room.guest("Gia")
        mona.set("by_hand", "open")
        other = room.listed(mona, "How do we begin?")
        page = visit(venue, viewport=PHONE, reduced_motion="reduce")
        page.context.add_cookies(
            [{"name": "plenum_voice", "value": gia.client.cookies["plenum_voice"], "url": venue.url}]
        )
        page.goto(gia.path)
        keys = Keyboard(page)
        keys.press(page.get_by_text("Ask a question").first)
        expect(page.get_by_label("Your question")).to_be_focused()
        page.keyboard.type("What about the parents?")
        page.keyboard.press("Escape")
        expect(page.get_by_label("Your question")).to_be_hidden()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Your question")).to_have_value("What about the parents?")
        keys.press(keys.button("Send the question"))
        expect(page.locator("[data-thanks]")).to_be_focused()
        keys.look()
        vote = page.locator(f"#question-{other}").get_by_role("button", name=re.compile("Vote for"))
        keys.press(vote, "Space")
        expect(vote).to_have_attribute("aria-pressed", "true")
        room.listed(mona, "And how do we go on?")
        expect(vote).to_be_focused()
        keys.press(keys.link(re.compile("^Change")))
        keys.type(page.get_by_label("Your question"), "And the parents?")
        keys.press(keys.button("Save the change"))
        mine = page.locator("#mine")
        expect(mine).to_contain_text("And the parents?")
        page.on("dialog", lambda dialog: dialog.accept())
        keys.press(keys.button(re.compile("^Withdraw")))
        expect(mine).to_be_hidden()
        keys.page.keyboard.press("Tab")
        keys.look()
        mona.set("by_hand", "")


def test_the_desk_of_a_panel_needs_no_mouse(venue: House, visit: Visit, cast: Cast) -> None:
    with room_in(venue) as room:
        mona = room.moderator(cast.mona, PANEL)
        mona.set("by_hand", "open")
        asked = room.asked(room.guest(), "Does this wait?")
        page = visit(venue, viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
        key = mona.client.cookies["plenum_sign_in"]
        page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": venue.url}])
        page.goto(f"{mona.path}/desk")
        card = page.locator(f"#question-{asked}")
        expect(card).to_have_attribute("data-selected", "")
        keys = Keyboard(page)
        stops: list[str] = []
        for _ in range(60):
            page.keyboard.press("Tab")
            keys.look(seen=stops)
        assert len(set(stops)) > 10
        mona.set("by_hand", "")
