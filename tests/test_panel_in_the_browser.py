"""A panel with everybody in it at once: a delegate, a guest, a moderator and the big screen, each in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Houses, Visit
from tests.support.cast import Cast, Person
from tests.support.house import House
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in

ROOM = f"/panels/{PANEL}"


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    from tests.conftest import _open

    with _open(House(tmp_path_factory.mktemp("hall"), PLENUM_NOW=DURING_THE_PANEL)) as house:
        yield house


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
        SELECT panel, NULL, 'One of very many, number ' || n, lecture, lecturer, name, source, author, link, state,
            position, reason, muted, votes, tally, revision + 1, asked_at FROM question, numbers WHERE id = {first}"""
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
    house = houses(PLENUM_NOW=DURING_THE_PANEL, workers=1)
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


def test_a_key_decides_nothing_on_a_card_that_has_changed_or_is_out_of_sight(
    room: Room, visit: Visit, cast: Cast
) -> None:
    gia = room.guest()
    question = room.asked(gia, "Harmless as it was read")
    for number in range(5):
        room.asked(room.guest(), f"Another, {'long ' * 40} number {number}")
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
