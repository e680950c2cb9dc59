"""A panel with everybody in it at once: a delegate, a guest, a moderator and the big screen, each in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.conftest import Houses, Visit
from tests.support.browser import barriers
from tests.support.cast import Cast, Person
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.sources import a_source

ROOM = f"/panels/{PANEL}"


@pytest.fixture(scope="module")
def hall(lasting_houses: Houses) -> House:
    return lasting_houses(workers=2, PLENUM_NOW=DURING_THE_PANEL)


@pytest.fixture
def room(hall: House) -> Iterator[Room]:
    with room_in(hall) as room:
        yield room
        hall.rows("UPDATE question SET state = 'withdrawn', revision = revision + 1000")
        hall.rows("UPDATE panel SET revision = revision + 1000")


def signed_in(
    room: Room, visit: Visit, person: Person, *, moderates: bool = False, **options: object
) -> Page:
    """A browser whose owner has used the link in a mail."""
    with room.house.client() as client:
        room.moderator(person) if moderates else None
        room.sign_in(client, person)
        key = client.cookies["plenum_sign_in"]
    page = visit(room.house, **options)
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": room.house.url}])
    return page


def joined(room: Room, visit: Visit, name: str = "", **options: object) -> Page:
    """A guest's telephone that has typed the room code."""
    page = visit(room.house, **options)
    page.goto("/ask")
    page.get_by_label("Room code").fill(room.code)
    if name:
        page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Room code")).to_have_count(0)
    return page


def ask(page: Page, text: str, whom: str = "", *, named: bool = False) -> None:
    page.get_by_text("Ask a question").first.click()
    page.get_by_label("Your question").fill(text)
    if whom:
        page.get_by_label("Who is it for?").select_option(label=whom)
    if named:
        page.get_by_text("With my name").click()
    page.locator(".ask").get_by_role("button", name=re.compile("Ask|Send")).last.click()
    expect(page.locator(".mine")).to_contain_text(text)


def on_arrival(page: Page, selector: str, key: str) -> None:
    """Press a key as soon as something is there: nobody who reads is as quick."""
    page.evaluate(
        """([selector, key]) => new MutationObserver((_, observer) => {
            if (!document.querySelector(selector)) return;
            observer.disconnect();
            const press = new KeyboardEvent("keydown", { key, bubbles: true });
            setTimeout(() => document.activeElement.dispatchEvent(press));
        }).observe(document, { subtree: true, childList: true, attributes: true })""",
        [selector, key],
    )


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


def test_what_moderators_do_at_once_is_told_to_the_second_in_words(
    room: Room, visit: Visit, cast: Cast
) -> None:
    question = room.asked(room.guest(), "Who approves me?")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    expect(mona.locator("#list-waiting [data-question]")).to_have_count(1)
    olga = room.moderator(cast.olga)
    mona.route("**/desk/live*", lambda route: route.abort())  # bad Wi-Fi: her page does not hear of it
    mona.reload()
    olga.act(question, "approve")
    mona.locator("body").press("j")
    mona.locator("body").press("d")
    mona.get_by_role("button", name="Already asked").click()
    expect(mona.locator("#says")).to_contain_text(f"{cast.olga.name} has already approved this question.")


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


def test_two_thousand_waiting_questions_are_worked_through_by_keyboard(
    room: Room, visit: Visit, cast: Cast
) -> None:
    number = 2_000
    first = room.asked(room.guest(), "The first of very many?")
    room.house.rows(
        f"""WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {number - 1})
        INSERT INTO question (panel, participant, text, lecture, lecturer, name, source, author, link, state, position,
            reason, muted, votes, tally, revision, asked_at)
        SELECT panel, NULL, char(97 + n % 26, 97 + n / 26 % 26, 97 + n / 676) || ' is one of many, number ' || n,
            lecture, lecturer, name, source, author, link, state, position, reason, muted, votes, tally, revision + 1,
            asked_at FROM question, numbers WHERE id = {first}"""
    )
    room.house.rows("UPDATE panel SET revision = revision + 1 WHERE slug = ?", PANEL)
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    waiting = mona.locator("#list-waiting > [data-question]")
    expect(waiting).to_have_count(number)
    for done in range(1, 4):
        mona.locator("body").press("j")
        mona.locator("body").press("a")
        expect(waiting).to_have_count(number - done)
    mona.locator("body").press("u")
    expect(waiting).to_have_count(number - 2)
    room.asked(room.guest(), "One more, while she works?")
    expect(waiting).to_have_count(number - 1)
    mona.locator("body").press("/")
    mona.keyboard.type("number 1234")
    expect(mona.locator("#list-waiting > [data-question]:visible")).to_have_count(1)


def test_a_question_from_the_floor_is_brought_in_by_keyboard(room: Room, visit: Visit, cast: Cast) -> None:
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    mona.locator("body").press("f")
    mona.keyboard.type("And what about sleep?")
    mona.keyboard.press("Tab")
    mona.get_by_role("button", name="Add to the list").press("Enter")
    card = mona.locator("#list-listed [data-question]")
    expect(card).to_contain_text("And what about sleep?")
    expect(card).to_contain_text("From the floor")


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


def test_a_key_decides_nothing_on_a_card_that_has_just_taken_the_place_of_another(
    room: Room, visit: Visit, cast: Cast
) -> None:
    read, other = (room.asked(room.guest(), text) for text in ("The one she reads", "One never read"))
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    selected = mona.locator("[data-selected] .desk-text")
    expect(mona.locator(f"#question-{other}")).to_be_visible()
    mona.locator("body").press("k")
    expect(selected).to_have_text("The one she reads")
    on_arrival(mona, f"#question-{other}[data-selected]", "a")
    room.moderator(cast.olga).act(read, "approve")
    expect(mona.locator("#says")).to_contain_text("The question you were on has gone")
    assert room.question(other)["state"] == "waiting"
    mona.locator("body").press("k")
    mona.locator("body").press("a")
    expect(mona.locator(f"#list-listed #question-{other}")).to_be_visible()


def test_a_key_whose_act_cannot_be_done_says_what_to_do_instead(room: Room, visit: Visit, cast: Cast) -> None:
    question = room.asked(room.guest(), "Not to be answered yet")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    expect(mona.locator(f"#question-{question}")).to_be_visible()
    mona.locator("body").press("j")
    mona.locator("body").press("x")
    expect(mona.locator("#says")).to_contain_text("Approve it first.")
    assert room.question(question)["state"] == "waiting"
    mona.locator("body").press("a")
    expect(mona.locator(f"#list-listed #question-{question}")).to_be_attached()


def test_a_key_decides_nothing_on_a_card_that_has_changed_or_is_out_of_sight(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = room.guest()
    question = room.asked(gia, "Harmless as it was read")
    for subject in ("sleep", "parents", "teachers", "friends", "bullies"):
        room.asked(room.guest(), f"Another, {'long ' * 40} about {subject}")
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport={"width": 390, "height": 700})
    mona.goto(f"{ROOM}/desk")
    card = mona.locator(f"#question-{question}")
    expect(card).to_be_visible()
    mona.locator("body").press("k")
    gia.client.post(f"{gia.path}/questions/{question}", data={"text": "No longer harmless"})
    expect(card).to_contain_text("No longer harmless")
    mona.locator("body").press("a")
    expect(mona.locator("#says")).to_contain_text("This question has changed since you selected it.")
    mona.locator("body").press("k")
    mona.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(card).not_to_be_in_viewport()
    mona.locator("body").press("a")
    expect(mona.locator("#says")).to_contain_text("The selected question was out of sight.")
    expect(card).to_be_in_viewport()
    assert room.question(question)["state"] == "waiting"
    mona.locator("body").press("k")
    mona.locator("body").press("a")
    expect(mona.locator(f"#list-listed #question-{question}")).to_be_attached()


def test_a_press_meant_for_what_stood_there_a_moment_ago_is_nobodys(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = room.guest()
    question = room.asked(gia, "Harmless as it was read")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    approve = mona.locator(f"#question-{question}").get_by_role("button", name="Approve")
    expect(approve).to_be_visible()
    approve.evaluate(
        """(button) => new MutationObserver((_, observer) => {
            if (!document.body.textContent.includes("No longer harmless")) return;
            observer.disconnect();
            setTimeout(() => document.querySelector("[data-act=approve]").click(), 50);
        }).observe(document, { subtree: true, childList: true, characterData: true })"""
    )
    gia.client.post(f"{gia.path}/questions/{question}", data={"text": "No longer harmless"})
    expect(mona.locator("#says")).to_contain_text("This question has just changed.")
    assert room.question(question)["state"] == "waiting"


def test_a_reason_declines_what_was_on_the_desk_when_its_dialog_was_opened(
    room: Room, visit: Visit, cast: Cast
) -> None:
    question = room.asked(room.guest(), "Listed while she looks for a reason")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    expect(mona.locator("#list-waiting [data-question]")).to_have_count(1)
    mona.locator("body").press("k")
    mona.locator("body").press("d")
    room.moderator(cast.olga).act(question, "approve")
    expect(mona.locator("#list-listed [data-question]")).to_have_count(1)
    mona.keyboard.press("1")
    expect(mona.locator("#says")).to_contain_text(f"{cast.olga.name} has already approved this question.")
    assert room.question(question)["state"] == "listed"


PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1440, "height": 900}


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


def test_identical_questions_are_one_at_the_desk_and_are_decided_about_as_one(
    room: Room, visit: Visit, cast: Cast
) -> None:
    flood = [room.asked(room.guest(), f"Buy it now!!! Number {number}") for number in range(4)]
    same = [room.asked(room.guest(), text) for text in ("Why is that?", "why  is that", "Why is that?!")]
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    shown = mona.locator("#list-waiting > [data-question]:visible")
    expect(shown).to_have_count(2)
    expect(mona.locator("#title-waiting .tally")).to_have_text("7")
    expect(shown.nth(0)).to_contain_text("3 more with nearly the same words")
    expect(shown.nth(1)).to_contain_text("2 more with the same words")
    late = room.asked(room.guest(), "Buy it now! Number 99")
    expect(shown.nth(0)).to_contain_text("4 more with nearly the same words")
    mona.locator("body").press("k")
    mona.locator("body").press("o")
    expect(shown).to_have_count(6)
    mona.locator("body").press("o")
    expect(shown).to_have_count(2)
    mona.locator("body").press("d")
    expect(mona.get_by_role("heading", name="Why are these 5 declined?")).to_be_visible()
    mona.keyboard.press("2")
    expect(shown).to_have_count(1)
    expect(mona.locator("#undo p").last).to_contain_text("Declined 5 questions")
    assert {room.question(question)["state"] for question in (*flood, late)} == {"declined"}
    mona.locator("body").press("k")
    mona.locator("body").press("a")
    expect(mona.locator("#list-listed > [data-question]")).to_have_count(1)
    expect(shown).to_have_count(0)
    assert [room.question(question)["state"] for question in same] == ["listed", "declined", "declined"]
    mona.locator("body").press("u")
    expect(shown).to_have_count(1)
    mona.locator("body").press("u")
    expect(shown).to_have_count(2)
    assert {room.question(question)["state"] for question in (*flood, late, *same)} == {"waiting"}


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


def test_a_filter_hides_neither_what_is_on_the_screen_nor_how_many_there_are(
    room: Room, visit: Visit, cast: Cast
) -> None:
    olga = room.moderator(cast.olga)
    shown = room.listed(olga, "Read by everybody")
    olga.act(shown, "show")
    room.asked(room.guest(), "What waits")
    room.asked(room.guest(), "Sleep comes first")
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    mona.locator("#filter").fill("sleep")
    expect(mona.locator("#found")).to_have_text("1 of 3 match: 1 waiting")
    expect(mona.locator(f"#question-{shown}")).to_be_visible()
    expect(mona.locator("#title-waiting .tally")).to_have_text("2")
    mona.locator("#filter").fill("nowhere")
    expect(mona.locator("#found")).to_have_text("0 of 3 match")
    expect(mona.get_by_text("None of the 2 here match.")).to_be_visible()
    expect(mona.get_by_text("Nothing waits.")).to_be_hidden()
    mona.locator("#filter").press("Escape")
    expect(mona.locator("#list-waiting > [data-question]:visible")).to_have_count(2)
    olga.act(shown, "answer")


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


def test_a_question_from_the_floor_goes_on_the_screen_at_once_and_is_selected(
    room: Room, visit: Visit, cast: Cast
) -> None:
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport=PHONE)
    mona.goto(f"{ROOM}/desk")
    mona.get_by_role("button", name="From the floor").click()
    mona.get_by_role("textbox", name="The question").fill("Said aloud, just now")
    mona.locator("#bring").get_by_role("button", name="On the screen").click()
    card = mona.locator("#list-on_screen [data-selected]")
    expect(card).to_contain_text("Said aloud, just now")
    expect(card).to_be_in_viewport()
    mona.locator("#undo").get_by_role("button", name="Undo").click()
    expect(card).to_have_count(0)


def test_what_is_on_the_screen_stays_in_sight_whatever_is_unfolded(
    room: Room, visit: Visit, cast: Cast
) -> None:
    olga = room.moderator(cast.olga)
    for number in range(14):
        olga.act(room.listed(olga, f"Answered as number {number}"), "answer")
    shown = room.listed(olga, "On the wall")
    olga.act(shown, "show")
    mona = signed_in(room, visit, cast.mona, moderates=True, viewport={"width": 1280, "height": 720})
    mona.goto(f"{ROOM}/desk")
    mona.locator("body").press("5")
    answered = mona.locator("#list-answered > [data-question]")
    expect(answered.first).to_contain_text("number 13")
    for _ in range(13):
        mona.keyboard.press("j")
    expect(answered.last).to_be_in_viewport()
    expect(mona.locator(f"#question-{shown} .desk-text")).to_be_in_viewport(ratio=1)
    mona.set_viewport_size({"width": 390, "height": 844})
    mona.get_by_role("radio", name="Done").check()
    expect(answered.first).to_be_visible()
    line = mona.get_by_role("button", name="On the screen: On the wall")
    expect(line).to_be_in_viewport(ratio=1)
    line.click()
    expect(mona.locator(f"#question-{shown} .desk-text")).to_be_in_viewport(ratio=1)
    olga.act(shown, "answer")
    expect(line).to_be_hidden()


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


def test_a_new_room_code_asks_before_it_acts_and_says_who_stays(room: Room, visit: Visit, cast: Cast) -> None:
    before = room.row
    mona = signed_in(room, visit, cast.mona, moderates=True)
    mona.goto(f"{ROOM}/desk")
    mona.get_by_role("button", name="Settings").click()
    asked: list[str] = []

    def refuse(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss()

    mona.on("dialog", refuse)
    mona.get_by_role("button", name="Make a new room code").click()
    mona.get_by_role("button", name="Put all guests out").click()
    assert "stay in" in asked[0]
    assert "until they have typed a new room code" in asked[1]
    mona.remove_listener("dialog", refuse)
    mona.on("dialog", lambda dialog: dialog.accept())
    assert room.row["room_code"] == before["room_code"]
    mona.get_by_role("button", name="Make a new room code").click()
    expect(mona.locator("#undo p").last).to_have_text("There is a new room code. Guests who are in stay in")
    assert room.row["room_code"] != before["room_code"]
    assert room.row["guest_key"] == before["guest_key"]


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
