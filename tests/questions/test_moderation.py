"""The moderators' desk over HTTP: what follows on what, and what happens when two act at once."""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.cast import Cast
from tests.support.room import Room
from tests.support.workers import from_each_worker


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
