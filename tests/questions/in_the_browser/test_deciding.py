"""Deciding at the desk, by keyboard: a key means the card that was read, and nothing else."""

from __future__ import annotations

from playwright.sync_api import Dialog, expect

from tests.conftest import Visit
from tests.support.cast import Cast
from tests.support.panel import PHONE, ROOM, on_arrival, signed_in
from tests.support.room import PANEL, Room


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
