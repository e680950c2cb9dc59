"""The moderators' desk over HTTP: who may, what follows on what, and what happens when two act at once."""

from __future__ import annotations

import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.waiting import until
from tests.support.workers import from_each_worker


def test_only_moderators_and_organisers_come_to_the_desk(room: Room, cast: Cast) -> None:
    question = room.asked(room.guest(), "For the desk only")
    seen = str(room.question(question)["revision"])
    paths = [f"/panels/{PANEL}/desk", f"/panels/{PANEL}/desk/live", f"/panels/{PANEL}/desk/log"]
    acts = [
        (f"/panels/{PANEL}/questions/{question}/acts/approve", {"seen": seen}),
        (f"/panels/{PANEL}/desk/questions", {"text": "Let me in", "source": "floor"}),
        (f"/panels/{PANEL}/desk/settings/blackout", {"value": "yes"}),
        (f"/panels/{PANEL}/desk/acts/1/undo", {}),
    ]
    for who, refusal in ((room.stranger(), 303), (room.guest(), 303), (room.delegate(cast.dag), 403)):
        for path in paths:
            answer = who.client.get(path)
            assert answer.status_code == refusal
            assert "For the desk only" not in answer.text
        for path, fields in acts:
            assert who.client.post(path, data=fields).status_code in (401, 403)
    assert room.question(question)["state"] == "waiting"
    assert not room.row["blackout"]
    assert room.moderator(cast.mona).client.get(paths[0]).status_code == 200


def test_a_moderator_of_one_panel_is_nobody_at_another(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona, "seminar-1a")
    assert mona.client.get(f"/panels/{PANEL}/desk").status_code == 403
    assert mona.client.get("/panels/seminar-1a/desk").status_code == 200
    question = room.asked(room.guest(), "Not hers to approve")
    assert mona.act(question, "approve").status_code == 403
    elsewhere = mona.client.post(
        f"/panels/seminar-1a/questions/{question}/acts/approve",
        data={"seen": str(room.question(question)["revision"])},
        headers={"Accept": "application/json"},
    )
    assert elsewhere.status_code == 409
    assert room.question(question)["state"] == "waiting"


def test_a_moderator_who_is_dismissed_hears_no_more_of_what_is_asked(houses: Houses, cast: Cast) -> None:
    house = houses(PLENUM_NOW=DURING_THE_PANEL)
    with room_in(house) as room:
        mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
        live = f"/panels/{PANEL}/desk/live"
        with mona.client.stream("GET", live) as hers, olga.client.stream("GET", live) as others:
            heard, said = hers.iter_lines(), others.iter_lines()
            next(heard), next(said)
            house.plenum("moderator", "remove", cast.mona.email)
            room.asked(room.guest(), "Not for her any more")
            assert not any("Not for her any more" in line for line in heard), "and the stream ends"
            assert any("Not for her any more" in line for line in said), "and nobody else's does"
        assert mona.client.get(live).status_code == 403


def test_a_delegate_who_signs_out_ends_no_moderators_stream(room: Room, cast: Cast) -> None:
    mona, dag = room.moderator(cast.mona), room.delegate(cast.dag)
    with mona.client.stream("GET", f"{mona.path}/desk/live", timeout=10) as answer:
        told = answer.iter_lines()
        next(told)
        assert dag.client.post("/sign-out").status_code == 303
        for text in ("Asked when he had gone", "And one more"):
            room.asked(room.guest(), text)
            assert any(text in line for line in told)
        assert mona.client.post("/sign-out").status_code == 303
        list(told)  # hers ends


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


def test_a_moderator_is_appointed_and_dismissed_on_the_command_line(houses: Houses, cast: Cast) -> None:
    house = houses(PLENUM_NOW=DURING_THE_PANEL)
    with room_in(house) as room:
        mona = room.delegate(cast.mona)
        desk = f"/panels/{PANEL}/desk"
        assert mona.client.get(desk).status_code == 403
        wrong = house.plenum("moderator", "add", cast.mona.email, "--panel", "no-such-panel", check=False)
        assert wrong.returncode == 1
        assert "no-such-panel" in wrong.stderr
        assert PANEL in wrong.stderr
        house.plenum("moderator", "add", cast.mona.email, "--panel", PANEL)
        assert mona.client.get(desk).status_code == 200
        assert desk in mona.client.get("/me").text
        house.plenum("moderator", "remove", cast.mona.email, "--panel", PANEL)
        assert mona.client.get(desk).status_code == 403
        again = house.plenum("moderator", "remove", cast.mona.email, "--panel", PANEL, check=False)
        assert again.returncode == 1
        house.plenum("organiser", "add", cast.mona.email)
        assert mona.client.get(desk).status_code == 200


def test_a_question_goes_its_way_to_the_screen_and_is_answered(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(gia, "How does it go on?")
    for verb, state in (
        ("approve", "listed"),
        ("next", "next"),
        ("show", "on_screen"),
        ("answer", "answered"),
    ):
        assert mona.act(question, verb).status_code == 200
        assert room.public()[question]["state"] == state
    assert mona.act(question, "return").status_code == 200
    assert room.public()[question]["state"] == "listed"
    assert mona.act(question, "return").status_code == 200
    assert question not in room.public()


def test_what_was_put_back_is_not_told_to_those_who_come_back(room: Room, cast: Cast) -> None:
    mona, dag = room.moderator(cast.mona), room.stranger()
    live, before = f"{dag.path}/live", room.row["revision"]

    def told(after: int) -> Generator[str, None, None]:
        with dag.client.stream("GET", f"{live}?after={after}", timeout=10) as answer:
            yield from answer.iter_lines()

    def each_worker_looks() -> None:
        from_each_worker(room.house, lambda: room.stranger().page())

    heard = told(before)
    question = room.listed(mona, "Words to be put back")
    next(line for line in heard if "Words to be put back" in line)
    shown, again = room.row["revision"], told(before)
    next(line for line in again if "Words to be put back" in line)  # as long as it is listed
    again.close()
    each_worker_looks()
    assert mona.act(question, "return").is_success
    next(line for line in heard if f'id="question-{question}" data-gone' in line)
    heard.close()
    each_worker_looks()
    for after in (before, shown):
        lines: list[str] = []
        for line in told(after):
            lines.append(line)
            if 'hx-target="#panel-status"' in line:
                break
        assert not any("Words to be put back" in line for line in lines)
        assert lines[0] == ("event: all" if after == before else "event: cards")


def test_a_question_that_is_not_taken_tells_its_asker_why_and_nobody_else(room: Room, cast: Cast) -> None:
    mona, gia = room.moderator(cast.mona), room.guest()
    question = room.asked(gia, "About a pupil of mine")
    mona.act(question, "decline", reason="Names a person who is not here")
    assert "Names a person who is not here" in gia.page()
    other = room.guest().page()
    assert "About a pupil" not in other
    assert "Names a person" not in other


@pytest.mark.parametrize("verb", ["approve", "show", "answer", "return", "up", "down"])
def test_what_cannot_follow_is_refused_and_changes_nothing(room: Room, cast: Cast, verb: str) -> None:
    mona = room.moderator(cast.mona)
    question = room.asked(room.guest(), "Declined already")
    mona.act(question, "decline")
    if verb == "return":
        mona.act(question, "return")
    before = room.question(question)
    refused = mona.act(question, verb)
    assert refused.status_code == 409
    assert refused.says
    assert room.question(question) == before


def test_two_moderators_act_at_once_and_the_second_is_told_what_the_first_did(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    question = room.asked(room.guest(), "Who is faster?")
    seen = room.question(question)["revision"]
    with ThreadPoolExecutor(2) as together:
        approved = together.submit(mona.act, question, "approve", seen=seen)
        declined = together.submit(olga.act, question, "decline", seen=seen)
        answers = {"approve": approved.result(), "decline": declined.result()}
    assert sorted(answer.status_code for answer in answers.values()) == [200, 409]
    if answers["approve"].status_code == 200:
        said = f"{cast.mona.name} has already approved this question."
        assert answers["decline"].says.startswith(said)
        assert room.question(question)["state"] == "listed"
    else:
        said = f"{cast.olga.name} has already declined this question."
        assert answers["approve"].says.startswith(said)
        assert room.question(question)["state"] == "declined"
    assert len(room.house.rows("SELECT * FROM act WHERE question = ?", question)) == 1


def test_many_acts_at_once_on_many_questions_lose_none(room: Room, cast: Cast) -> None:
    desks = [room.moderator(cast.mona), room.moderator(cast.olga), room.moderator(cast.sten)]
    questions = [room.listed(desks[0], f"Question {number}") for number in range(24)]
    with ThreadPoolExecutor(12) as together:
        answers = list(
            together.map(lambda pair: desks[pair[0] % 3].act(pair[1], "decline"), enumerate(questions))
        )
    assert {answer.status_code for answer in answers} == {200}
    assert {room.question(question)["state"] for question in questions} == {"declined"}


def test_only_one_question_is_on_the_screen_and_the_one_before_is_answered(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    first, second = room.listed(mona, "First"), room.listed(mona, "Second")
    mona.act(first, "show")
    shown = mona.act(second, "show")
    public = room.public()
    assert (public[first]["state"], public[second]["state"]) == ("answered", "on_screen")
    mona.undo(shown.act)
    public = room.public()
    assert (public[first]["state"], public[second]["state"]) == ("on_screen", "listed")
    mona.act(first, "answer")


def test_what_a_colleague_has_just_shown_is_not_answered_by_the_next(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    first, second, third = (room.listed(mona, text) for text in ("First", "Second", "Third"))
    room.clear_screen()
    mona.act(third, "next")
    with ThreadPoolExecutor(2) as together:
        shown = {
            first: together.submit(mona.act, first, "show", on_screen="0"),
            second: together.submit(olga.act, second, "show", on_screen="0"),
        }
        answers = {question: answer.result() for question, answer in shown.items()}
    last, other = (first, second) if answers[first].warns else (second, first)
    name = cast.olga.name if other == second else cast.mona.name
    assert answers[last].says.startswith(f"{name} had just put another question on the screen.")
    assert not answers[other].warns
    public = room.public()
    assert (public[last]["state"], public[other]["state"]) == ("on_screen", "next")
    assert public[other]["position"] < public[third]["position"], "it is the first of those up next"
    assert mona.undo(answers[last].act).status_code == 200
    public = room.public()
    assert (public[last]["state"], public[other]["state"]) == ("listed", "on_screen")
    # Later, and seen: it has been answered.
    longer_ago(room)
    mona.act(last, "show", on_screen=str(other))
    assert room.public()[other]["state"] == "answered"
    # Later, and unseen, since her desk has lost its connection.
    longer_ago(room)
    told = olga.act(third, "show", on_screen="0").says
    assert "It is up next again." in told
    assert room.public()[last]["state"] == "next"
    mona.act(third, "answer")


def longer_ago(room: Room) -> None:
    """Let what was done in the room be so long ago that a question may have been answered."""
    room.house.rows("UPDATE act SET at = ?", "2017-11-06 10:00:00+00:00")


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


def test_what_is_up_next_keeps_the_order_moderators_give_it(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    first, second, third = (room.listed(mona, text) for text in ("One", "Two", "Three"))
    for question in (first, second, third):
        mona.act(question, "next")

    def order() -> list[int]:
        public = room.public()
        upcoming = [question for question in (first, second, third) if public[question]["state"] == "next"]
        return sorted(upcoming, key=lambda question: public[question]["position"])

    assert order() == [first, second, third]
    mona.act(third, "up")
    assert order() == [first, third, second]
    mona.act(first, "down")
    assert order() == [third, first, second]
    assert mona.act(second, "down").status_code == 409
    for question in (first, second, third):
        mona.act(question, "answer")


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


def test_a_question_from_the_floor_is_listed_with_where_it_came_from(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    done = mona.bring(
        "Read out at the back", "twitter", author="@anna", link="https://twitter.com/anna/status/1",
        addressee="keynote-david-heyne/david-heyne",
    )  # fmt: skip
    assert done.status_code == 200
    question = room.public()[room.last_question()]
    assert (question["source"], question["addressee"]) == ("twitter", "David Heyne")
    page = room.stranger().page()
    assert "@anna" in page
    assert "https://twitter.com/anna/status/1" in page
    assert mona.undo(done.act).status_code == 200
    assert question["id"] not in room.public()


@pytest.mark.one_database
def test_what_is_wrong_with_a_question_from_the_floor_is_said_beside_its_field(
    room: Room, cast: Cast
) -> None:
    mona = room.moderator(cast.mona)
    before = room.last_question()
    for fields, field in [
        ({"text": ""}, "text"),
        ({"text": "x" * 301}, "text"),
        ({"source": "rumour"}, "source"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"addressee": "nobody/at-all"}, "addressee"),
        ({"author": "x" * 81}, "author"),
    ]:
        answer = mona.bring(**{"text": "Is this right?", **fields})
        assert answer.status_code == 422
        assert answer.wrong == [field]
    page = mona.client.post(f"{mona.path}/desk/questions", data={"text": "Kept as typed", "source": "rumour"})
    assert page.status_code == 422
    assert "Kept as typed" in page.text
    assert room.last_question() == before


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


def test_a_question_from_the_floor_goes_up_next_or_on_the_screen_at_once(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    shown = room.listed(olga, "On the screen before")
    olga.act(shown, "show")
    up_next = mona.bring("Up next at once", state="next")
    assert room.public()[up_next.brought]["state"] == "next"
    aloud = mona.bring("On the screen at once", state="on_screen", on_screen=str(shown))
    assert aloud.did.startswith("Put on the screen: ")
    assert cast.olga.name in aloud.says
    public = room.public()
    assert (public[aloud.brought]["state"], public[shown]["state"]) == ("on_screen", "next")
    mona.undo(aloud.act)
    public = room.public()
    assert public[shown]["state"] == "on_screen"
    assert aloud.brought not in public
    for question in (shown, up_next.brought):
        mona.act(question, "answer")
    odd = mona.bring("Somewhere odd", state="withdrawn")
    assert room.public()[odd.brought]["state"] == "listed"


def test_answered_questions_stand_in_the_order_in_which_they_were_answered(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    questions = [room.listed(mona, f"Answered as {place}") for place in ("second", "first", "third")]
    for question in (questions[1], questions[0], questions[2]):
        mona.act(question, "answer")
    for page in (mona.page(), room.stranger().page()):
        places = [page.index(f"Answered as {place}") for place in ("third", "second", "first")]
        assert places == sorted(places)


def test_the_log_says_who_did_what(room: Room, cast: Cast) -> None:
    mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
    question = room.asked(room.guest(), "Something to remember")
    mona.act(question, "decline", reason="Already asked")
    olga.act(question, "return")
    olga.set("show_next", "no")
    olga.set("show_next", "yes")
    log = mona.client.get(f"{mona.path}/desk/log").text
    for words in (cast.mona.name, cast.olga.name, "declined", "Already asked", ">Something to remember<"):
        assert words in log
    assert room.row["screen_code"] not in log


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


def test_an_act_that_is_none_and_a_question_that_is_none_are_not_found_or_refused(
    room: Room, cast: Cast
) -> None:
    mona = room.moderator(cast.mona)
    question = room.listed(mona)
    assert mona.act(question, "delete").status_code == 404
    for nowhere in (10**6, 2**31, 2**80):
        assert mona.act(nowhere, "approve", seen=1).status_code in (404, 409)
    for odd in (-1, 2**31, 10**30):
        assert mona.act(question, "decline", seen=odd).status_code == 409
    assert room.question(question)["state"] == "listed"


@pytest.mark.one_database
def test_without_a_script_acts_come_back_to_the_desk(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    question = room.asked(room.guest(), "By hand")
    seen = str(room.question(question)["revision"])
    path = f"{mona.path}/questions/{question}/acts/approve"
    back = mona.client.post(path, data={"seen": seen})
    assert (back.status_code, back.headers["location"]) == (303, f"{mona.path}/desk")
    again = mona.client.post(path, data={"seen": seen})
    assert again.status_code == 409
    assert "already approved" in again.text


def test_a_password_signs_a_moderator_in_and_nobody_else(houses: Houses, cast: Cast) -> None:
    house: House = houses(PLENUM_NOW=DURING_THE_PANEL)
    words = "three plain words\nthree plain words\n"
    done = house.plenum("moderator", "add", cast.mona.email, "--password", check=True, typed=words)
    assert "moderates every panel" in done.stdout
    with room_in(house) as room:
        mona = room.stranger()
        for address, password in (
            (cast.mona.email, "three plain word"),
            (cast.mona.email, ""),
            (cast.dag.email, "three plain words"),
            ("\0", "\0"),
        ):
            wrong = mona.client.post("/sign-in/password", data={"address": address, "password": password})
            assert wrong.status_code == 422
            assert "do not belong together" in wrong.text
        fields = {"address": cast.mona.email.upper(), "password": "three plain words"}
        assert mona.client.post("/sign-in/password", data=fields).headers["location"] == "/me"
        assert mona.client.get(f"/panels/{PANEL}/desk").status_code == 200
        tries = (
            room.stranger().client.post("/sign-in/password", data=fields | {"password": "x"})
            for _ in range(12)
        )
        until(lambda: any(answer.status_code == 429 for answer in tries))


def test_a_password_that_is_too_short_is_refused(tmp_path: object, houses: Houses, cast: Cast) -> None:
    house = houses()
    done = house.plenum(
        "moderator", "add", cast.mona.email, "--password", check=False, typed="short\nshort\n"
    )
    assert done.returncode == 1
    assert "12 characters" in done.stderr
