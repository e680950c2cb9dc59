"""Conversations at the meeting place that go on from a question: notes that are nobody's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict

from piccolo.querystring import QueryString

from webapp.database.rows import row_as
from webapp.database.transaction import transaction
from webapp.questions.states import PUBLIC, Move
from webapp.refusal import Refused
from webapp.tables.meeting_place.board import Kind, Note, State
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.meeting_place.replies import Reply
from webapp.tables.meeting_place.round_tables import RoundTable
from webapp.tables.questions.question import Question
from webapp.tables.search import Entry


class PublicQuestion(TypedDict):
    """A question that everybody may read."""

    id: int
    text: str
    name: str


async def public_question(question: int) -> PublicQuestion | None:
    """The question with which a conversation begins. None: it is not one that everybody may read."""
    return await row_as(
        PublicQuestion,
        Question.select(Question.id, Question.text, Question.name)
        .where(Question.id == question, Question.state.is_in(list(PUBLIC)))
        .first(),
    )


async def go_on_from(question: int, member: int, now: datetime) -> int:
    """Let a member step forward in the conversation about a question, which begins with it if not before.

    Returns the note in which people talk. Raises Refused when it is not a question that everybody may read, or nobody
    may go on talking.
    """
    async with transaction():
        revision = await Profile.speak(member, now)
        asked = (
            await Question.select(Question.text, Question.panel.slug.as_alias("panel"))
            .where(Question.id == question, Question.state.is_in(list(PUBLIC)))
            .first()
        )
        if asked is None:
            raise Refused("This question is not in the list any more.")
        await Note.insert(
            Note(
                kind=Kind.IDEA,
                title="Who wants to go on talking?",
                text=asked["text"],
                session=asked["panel"],
                question=question,
                revision=revision,
                written_at=now,
            )
        ).on_conflict(action="DO NOTHING")
        rows = await Note.select(Note.id).where(Note.question == question, Note.state == State.OPEN)
        if not rows:
            raise Refused("This conversation is closed, or was taken down.")
        note = int(rows[0]["id"])
        await Entry.put("note", note, asked["text"])
        await Reply.step_forward(note, member, f"question-{question}", revision, now)
    return note


async def follow(moves: Sequence[Move]) -> None:
    """Let the conversations about these questions be read as long as everybody may read the questions.

    Nobody else withdraws such a note, for it is nobody's. To be called within a transaction.
    """
    for is_public in (True, False):
        which = [
            move.question
            for move in moves
            if (move.before in PUBLIC) != (move.after in PUBLIC) and (move.after in PUBLIC) == is_public
        ]
        if not which:
            continue
        # Who goes on from a question at this moment comes before, or is refused.
        revision = await Meeting.change()
        before, after = (State.WITHDRAWN, State.OPEN) if is_public else (State.OPEN, State.WITHDRAWN)
        # Its asker may have put it in other words since.
        text = QueryString("(SELECT question.text FROM question WHERE question.id = note.question)")
        notes = await (
            Note.update({Note.state: after, Note.revision: revision, Note.text: text})
            .where(Note.question.is_in(which), Note.state == before)
            .returning(Note.id, Note.text)
        )
        for note in notes:
            if is_public:
                await Entry.put("note", note["id"], note["text"])
            else:
                await Entry.leave_out("note", note["id"])
        about_them = Note.select(Note.id).where(Note.question.is_in(which))
        await RoundTable.update({RoundTable.revision: revision}).where(RoundTable.note.is_in(about_them))
