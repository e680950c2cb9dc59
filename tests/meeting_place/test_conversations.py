"""Conversations that go on from a question, over HTTP."""

from __future__ import annotations

from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.room import Room, room_in


def answered(house: House, text: str) -> int:
    """A question that everybody may read."""
    house.rows(
        "INSERT INTO question (panel, text, lecture, lecturer, name, source, author, link, state, reason, asked_at)"
        " SELECT id, ?, '', '', '', 'floor', '', '', 'answered', '', '2017-05-02 10:00:00+00:00'"
        " FROM panel WHERE slug = 'questions-and-answers'",
        text,
    )
    return int(house.rows("SELECT max(id) AS id FROM question")[0]["id"])


def test_a_question_becomes_a_note_and_each_steps_forward(
    place: Place, dag: Guest, gia: Guest, cast: Cast
) -> None:
    house = place.house
    question = answered(house, "What of sleep")
    assert "It does not say who asked" in dag.get(f"/from-question/{question}")
    first = dag.done(f"/from-question/{question}")
    assert gia.done(f"/from-question/{question}") == first
    dag.done(f"/from-question/{question}")
    page = gia.get(first.removeprefix(PLACE))
    assert "What of sleep" in page
    assert page.count('class="reply"') == 2
    house.rows("UPDATE question SET state = 'withdrawn' WHERE id = ?", question)
    assert dag.post(f"/from-question/{question}").status_code == 409


def test_a_question_that_is_not_taken_any_more_is_not_talked_about_either(
    place: Place, dag: Guest, gia: Guest, cast: Cast
) -> None:
    with room_in(place.house) as room:
        mona = room.moderator(cast.mona)
        question = room.listed(mona, f"About somebody’s child {dag.tag}")
        with gia.listening() as events:
            note = int(dag.done(f"/from-question/{question}").rsplit("/", 1)[1])
            next(data for name, data in events if name == "cards" and dag.tag in data)
            dag.done(
                "/tables",
                title=f"About somebody’s child {dag.tag}",
                note=str(note),
                place="table-2",
                starts="2017-11-08T19:20",
                minutes="15",
            )
            assert dag.tag in gia.get("/tables")
            assert mona.act(question, "next").is_success
            assert note in gia.sees(), "it is still read by everybody"
            declined = mona.act(question, "decline")
            gone = f'id="note-{note}" data-gone'
            next(data for name, data in events if name == "cards" and gone in data)
        assert note not in gia.sees()
        assert gia.client.get(f"{PLACE}/notes/{note}").status_code == 404
        assert dag.tag not in gia.get("/tables")
        assert gia.post(f"/from-question/{question}").status_code == 409
        assert mona.undo(declined.act).is_success
        assert note in gia.sees()
        assert dag.tag in gia.get("/tables")
        many = mona.decline_all([question], newest=room.row["revision"])
        assert note not in gia.sees()
        assert mona.undo(many.act).is_success
        assert note in gia.sees()
        for verb, is_there in (("return", True), ("return", False), ("approve", True)):
            assert mona.act(question, verb).is_success
            assert (note in gia.sees()) == is_there, verb


def test_words_that_were_returned_to_their_asker_are_not_talked_about_when_it_asks_in_others(
    room: Room, cast: Cast
) -> None:
    mona, asker = room.moderator(cast.mona), room.delegate(cast.sten)
    with place_in(room.house) as place:
        dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
        question = room.asked(asker, f"Unkind words {dag.tag}")
        assert mona.act(question, "approve").is_success
        note = int(dag.done(f"/from-question/{question}").rsplit("/", 1)[1])
        assert f"Unkind words {dag.tag}" in gia.get(f"/notes/{note}")
        assert mona.act(question, "return").is_success
        kinder = {"text": f"Kinder ones {gia.tag}"}
        assert asker.client.post(f"{asker.path}/questions/{question}", data=kinder).status_code == 303
        assert mona.act(question, "approve").is_success
        page = gia.get(f"/notes/{note}")
        assert f"Kinder ones {gia.tag}" in page
        assert f"Unkind words {dag.tag}" not in page
        assert gia.sees(f"?q={gia.tag}") == [note]
        assert gia.sees(f"?q={dag.tag}") == []


def test_whoever_may_not_speak_puts_up_no_note_from_a_question(place: Place, dag: Guest, cast: Cast) -> None:
    mona, question = place.moderator(cast.mona), answered(place.house, "What of breakfast")
    profile = dag.profile["id"]
    mona.done(f"/desk/person/{profile}/mute")
    assert dag.post(f"/from-question/{question}").status_code == 409
    assert place.house.rows("SELECT id FROM note WHERE question = ?", question) == []
    mona.done(f"/desk/person/{profile}/unmute")
    note = dag.done(f"/from-question/{question}").removeprefix(PLACE)
    mona.done(f"/desk{note.replace('notes', 'note')}/hide")
    assert dag.post(f"/from-question/{question}").status_code == 409


def test_whoever_has_stepped_back_can_step_forward_again(place: Place, dag: Guest, gia: Guest) -> None:
    question = answered(place.house, "What of lunch")
    note = dag.done(f"/from-question/{question}").removeprefix(PLACE)
    mine = place.house.rows("SELECT max(id) AS id FROM reply")[0]["id"]
    dag.done(f"/replies/{mine}/withdrawal")
    assert 'class="reply"' not in gia.get(note)
    for _ in range(2):
        dag.done(f"/from-question/{question}")
        page = gia.get(note)
        assert page.count('class="reply"') == 1
        assert "1 reply" in page
