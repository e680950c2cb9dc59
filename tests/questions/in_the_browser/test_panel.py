"""A panel with everybody in it at once: a delegate, a guest, a moderator and the big screen, each in a browser."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.conftest import Houses, Visit
from tests.support.browser import barriers
from tests.support.cast import Cast
from tests.support.mailbox import text_of
from tests.support.panel import ROOM, ask, joined, signed_in
from tests.support.room import DURING_THE_PANEL, Room, room_in
from tests.support.sources import a_source


def test_the_whole_story_of_a_question(room: Room, visit: Visit, cast: Cast) -> None:
    dag = signed_in(room, visit, cast.dag)
    dag.goto(ROOM)
    gia = joined(room, visit)
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    wall = visit(room.house)
    wall.goto(f"{ROOM}/screen/{room.row['screen_code']}")
    expect(wall.locator("#invited")).to_contain_text("What would you like to ask?")

    ask(dag, "What do the pupils say themselves?", "David Heyne: Keynote speaker – David Heyne")
    expect(dag.locator(".mine")).to_contain_text("Waiting")
    waiting = mona.locator("#list-waiting [data-question]")
    expect(waiting).to_contain_text("What do the pupils say themselves?")
    expect(gia.locator("#questions [data-question]")).to_have_count(0)

    mona.locator("body").press("j")
    mona.locator("body").press("a")
    listed = gia.locator("#questions [data-question]")
    expect(listed).to_contain_text("What do the pupils say themselves?")
    expect(listed).to_contain_text("David Heyne")
    expect(dag.locator(".mine")).to_contain_text("In the list")
    expect(waiting).to_have_count(0)

    listed.get_by_role("button", name="Vote").click()
    expect(listed.get_by_role("button", name="Vote")).to_have_attribute("aria-pressed", "true")
    expect(dag.locator("#questions [data-count]")).to_have_text("1")
    dag.locator("#questions").get_by_role("button", name="Vote").click()
    expect(mona.locator("#list-listed [data-count]")).to_have_text("2")

    mona.locator("body").press("2")
    mona.locator("body").press("s")
    expect(wall.locator(".asked")).to_have_text("What do the pupils say themselves?")
    expect(wall.locator(".asked-to")).to_have_text("To David Heyne")
    expect(wall.locator(".asked-votes")).to_have_text("2 votes")
    expect(dag.locator(".mine")).to_contain_text(re.compile("on the screen", re.IGNORECASE))
    expect(gia.locator("#questions")).to_contain_text("On the screen now")
    expect(mona.locator("[data-health]")).to_contain_text("on screen for")

    mona.locator("#list-on_screen").get_by_role("button", name="Answered").click()
    expect(wall.locator("#invited")).to_be_visible()
    expect(gia.locator("#answered")).to_contain_text("What do the pupils say themselves?")
    expect(dag.locator(".mine")).to_contain_text("Answered")
    for page in (gia, wall):
        assert cast.dag.name not in page.content()


def test_a_question_that_names_somebody_is_asked_about_and_its_asker_told_why_it_is_not_taken(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = joined(room, visit, viewport={"width": 390, "height": 844})
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    gia.get_by_text("Ask a question").first.click()
    field = gia.get_by_label("Your question")
    expect(field).to_be_focused()
    gia.keyboard.type("About Peter Holm in my class")
    gia.get_by_role("button", name="Send the question").press("Enter")
    expect(field).to_be_focused()
    expect(field).to_have_value("About Peter Holm in my class")
    expect(field).to_have_accessible_description(re.compile("This seems to name “Peter Holm”"))
    gia.keyboard.press("Tab")
    expect(gia.get_by_role("checkbox", name="It names nobody who has to be protected")).to_be_focused()
    gia.keyboard.press("Space")
    gia.get_by_role("button", name="Send the question").press("Enter")
    expect(gia.locator(".mine")).to_contain_text("About Peter Holm in my class")
    expect(gia.locator(".mine")).not_to_contain_text("name somebody")

    waiting = mona.locator("#list-waiting [data-question]")
    expect(waiting).to_contain_text("May name somebody: Peter Holm")
    mona.locator("body").press("j")
    mona.locator("body").press("d")
    expect(mona.get_by_role("button", name="Names a person who is not here")).to_be_focused()
    mona.keyboard.press("Enter")
    expect(gia.locator(".mine")).to_contain_text("Names a person who is not here")

    gia.reload()
    ask(gia, "What about a pupil of 13?")
    expect(waiting).to_contain_text("What about a pupil of 13?")
    mona.locator("body").press("j")
    mona.locator("body").press("d")
    expect(mona.get_by_role("button", name="Already asked")).to_be_focused()
    mona.keyboard.press("3")
    expect(gia.locator(".mine [data-state=declined]")).to_have_count(2)


def test_without_a_script_one_asks_votes_and_sees_the_list(room: Room, visit: Visit, cast: Cast) -> None:
    desk = room.moderator(cast.mona)
    other = room.listed(desk, "Is there a form without a script?")
    gia = visit(room.house, java_script_enabled=False)
    gia.goto("/ask")
    gia.get_by_label("Room code").fill(room.code)
    gia.get_by_role("button", name="Join").click()
    gia.get_by_text("Ask a question").first.click()
    gia.get_by_label("Your question").fill("Plain as paper?")
    gia.locator(".ask").get_by_role("button").last.click()
    expect(gia.locator(".mine")).to_contain_text("Plain as paper?")
    gia.locator(f"#question-{other}").get_by_role("button", name="Vote for this question").click()
    expect(gia.locator(f"#question-{other} [data-count]")).to_have_text("1")


def test_the_wall_keeps_the_last_state_while_it_is_cut_off_and_says_so_small(
    houses: Houses, visit: Visit, cast: Cast
) -> None:
    house = houses(PLENUM_NOW=DURING_THE_PANEL)
    with room_in(house) as room:
        desk = room.moderator(cast.mona)
        first = room.listed(desk, "Shown before the line broke")
        desk.act(first, "show")
        wall = visit(house)
        wall.goto(f"{ROOM}/screen/{room.row['screen_code']}")
        expect(wall.locator(".asked")).to_have_text("Shown before the line broke")
        wall.context.set_offline(True)
        second = room.listed(desk, "Shown while it was broken")
        desk.act(second, "show")
        # A stream that is open stays so in an offline browser: let the house end it.
        desk.set("show_next", "no")
        wall.context.set_offline(False)
        expect(wall.locator(".asked")).to_have_text("Shown while it was broken", timeout=15_000)


def test_a_renewed_code_says_so_on_the_wall(room: Room, visit: Visit, cast: Cast) -> None:
    desk = room.moderator(cast.mona)
    wall = visit(room.house)
    wall.goto(f"{ROOM}/screen/{room.row['screen_code']}")
    expect(wall.locator("#invited")).to_be_visible()
    desk.set("screen_code", "renew")
    expect(wall.get_by_role("alert")).to_contain_text("no longer valid", timeout=15_000)


def test_who_waits_for_their_first_question_sees_it_on_its_way_and_asks_once(
    room: Room, visit: Visit
) -> None:
    gia = joined(room, visit, extra_http_headers=a_source())
    gia.get_by_text("Ask a question").first.click()
    question = gia.get_by_label("Your question")
    question.fill("What takes so long?")
    send = gia.locator(".ask-form .actions .button")
    send.click()
    expect(send).to_have_text("Sending …")
    expect(gia.locator("#status")).to_have_text("Your question is on its way.")
    expect(question).to_have_attribute("readonly", "")
    assert barriers(gia) == []
    send.click(force=True)
    expect(gia.locator("[data-thanks]")).to_be_visible(timeout=10_000)
    expect(gia.locator("#status")).to_be_empty()
    expect(gia.locator(".my-question")).to_have_count(1)


def test_who_was_put_out_and_votes_is_led_to_joining(room: Room, visit: Visit, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    for number in range(12):
        question = room.listed(mona, f"One of a long list, the number {number}")
    gia = joined(room, visit, viewport={"width": 390, "height": 700})
    assert mona.set("guest_key", "renew").is_success
    gia.locator(f"#question-{question}").get_by_role("button", name="Vote").click()
    expect(gia.get_by_label("Room code")).to_be_in_viewport()
    expect(gia.locator("#status")).to_have_text("To vote, please join first.")
    expect(gia.get_by_label("Room code")).to_be_focused()


def test_the_thanks_go_once_the_question_is_no_longer_where_they_say(
    room: Room, visit: Visit, cast: Cast
) -> None:
    mona, gia = room.moderator(cast.mona), joined(room, visit)
    ask(gia, "Quickly approved?")
    expect(gia.locator("[data-thanks]")).to_contain_text("with the moderators")
    expect(gia.locator(".mine")).to_contain_text("Waiting")
    mona.act(room.last_question(), "approve")
    expect(gia.locator(".mine")).to_contain_text("In the list")
    expect(gia.locator("[data-thanks]")).to_have_count(0)


def test_where_there_is_nothing_to_read_nothing_waits_to_be_shown(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = visit(room.house)
    gia.goto(ROOM)
    empty = gia.get_by_text("No questions yet")
    expect(empty).to_be_visible()
    gia.locator("#questions").dispatch_event("pointermove")  # a finger that scrolls
    room.listed(room.moderator(cast.mona), "The first of all")
    expect(gia.locator("#questions [data-question]")).to_be_visible(timeout=3000)
    expect(gia.locator("[data-changes]")).to_be_hidden()


def test_what_dag_does_on_one_device_shows_on_the_other_at_once(room: Room, visit: Visit, cast: Cast) -> None:
    question = room.listed(room.moderator(cast.mona), "Who wins with two telephones?")
    phone, laptop = signed_in(room, visit, cast.dag), signed_in(room, visit, cast.dag)
    votes = []
    for device in (phone, laptop):
        device.goto(ROOM)
        expect(device.locator("[data-connected=yes]")).to_be_visible()
        votes.append(device.locator(f"#question-{question}").get_by_role("button", name="Vote"))
    on_the_phone, on_the_laptop = votes
    on_the_phone.click()
    expect(on_the_laptop).to_have_attribute("aria-pressed", "true")
    on_the_laptop.click()
    expect(on_the_phone).to_have_attribute("aria-pressed", "false")
    expect(on_the_laptop).to_have_attribute("aria-pressed", "false")
    expect(phone.locator(f"#question-{question} [data-count]")).to_have_text("0")
    ask(phone, "Asked on the telephone", named=True)
    expect(laptop.locator(".mine")).to_contain_text("Asked on the telephone")


def test_who_signs_in_from_a_room_ends_in_the_room_also_in_another_browser(
    room: Room, visit: Visit, cast: Cast
) -> None:
    room.delegate(cast.dag)  # who is known here
    dag = visit(room.house, viewport={"width": 390, "height": 800})
    dag.goto(ROOM)
    dag.get_by_role("link", name="sign in with your e-mail address").click()
    dag.get_by_label("E-mail address").first.fill(cast.dag.email)
    dag.get_by_role("button", name="Send me a link").click()
    [mail] = room.house.outbox(cast.dag.email)
    [link] = re.findall(r"/sign-in/\S{20,}", text_of(mail))
    app = visit(room.house)  # where his mail opens links
    for browser in (app, dag):
        browser.goto(link)
        expect(browser.get_by_role("button", name="Sign in here")).to_be_focused()
    app.get_by_role("button", name="Sign in here").click()
    app.wait_for_url(f"**{ROOM}")
    expect(app.get_by_text("Ask a question").first).to_be_visible()
