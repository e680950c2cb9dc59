"""Undoing what a moderator did, for a minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple, TypedDict

from webapp.database.rows import rows_as
from webapp.questions.panel_settings import value_of
from webapp.questions.states import Move, QuestionState, Verb
from webapp.refusal import Refused
from webapp.tables.questions.act import Act
from webapp.tables.questions.changing import Change, changing
from webapp.tables.questions.panel import Panel
from webapp.tables.questions.participant import Participant
from webapp.tables.questions.question import Question

UNDO_WITHIN = timedelta(minutes=1)
PUT_BACK = """UPDATE question SET state = act.before, position = act.position_before, revision = {},
        reason = CASE WHEN act.before <> 'declined' THEN question.reason ELSE COALESCE((
            SELECT earlier.detail FROM act AS earlier WHERE earlier.question = act.question
            AND earlier.verb = 'decline' ORDER BY earlier.id DESC LIMIT 1), '') END,
        muted = CASE act.verb WHEN 'mute' THEN false WHEN 'unmute' THEN true ELSE question.muted END
    FROM act WHERE act.question = question.id AND act.panel = {} AND act.revision = {} AND act.undone_at IS NOT NULL
        AND question.revision = act.left_revision RETURNING question.id, question.source, question.participant"""
"""Puts back the questions that are as the acts of one revision have left them. One statement, however many they are."""
AS_BEFORE = """UPDATE act SET left_revision = {} FROM act AS later
    WHERE later.panel = {} AND later.revision = {} AND later.undone_at IS NOT NULL
        AND act.question = later.question AND act.left_revision = later.found_revision AND act.undone_at IS NULL"""
"""What was undone is as the acts before have left it, so that these can be undone in their turn."""


class UndoneRow(TypedDict):
    """An act that is undone."""

    id: int
    question: int | None
    verb: str
    before: str
    after: str


class PutBackRow(TypedDict):
    """A question that is put back."""

    id: int
    source: str
    participant: int | None


class Undone(NamedTuple):
    """What has come of undoing an act."""

    left: int
    """How many questions have changed since, and stay as they are."""
    revision: int


async def undo(panel: str, act: int, moderator: int, now: datetime) -> Undone:
    """Put back what was done, within a minute and while nothing has happened since. Raises Refused.

    Of many questions that were declined together, those are put back that are as they were left.
    """
    async with changing(panel, moderator, now) as change:
        here = change.panel["id"]
        first = await Act.select(Act.revision).where(Act.id == act, Act.panel == here).first()
        if first is None:
            raise Refused("There is nothing to undo.")
        undone = await _undone(change, first["revision"])
        questions = {row["question"]: row for row in undone if row["question"] is not None}
        revisions = (change.panel["revision"], here, first["revision"])
        back = await rows_as(PutBackRow, Question.raw(PUT_BACK, *revisions)) if questions else []
        left = [row for question, row in questions.items() if question not in {one["id"] for one in back}]
        if left and (not back or any(row["verb"] != Verb.DECLINE for row in left)):
            raise Refused(await Act.last_word(int(left[0]["question"] or 0), moderator))
        await Act.update({Act.undone_at: None}).where(Act.id.is_in([row["id"] for row in left] or [0]))
        await Act.raw(AS_BEFORE, *revisions)
        await change.follow(
            [
                Move(row["id"], row["source"], questions[row["id"]]["after"], questions[row["id"]]["before"])
                for row in back
            ]
        )
        if QuestionState.ON_SCREEN in {row["before"] for row in questions.values()}:
            await _refuse_two_on_screen(here)
        for row in back:
            await _mute_as_before(row["participant"], questions[row["id"]]["verb"])
        for setting in (row for row in undone if row["question"] is None):
            await _set_back(change, setting)
        return Undone(len(left), change.panel["revision"])


async def _undone(change: Change, revision: int) -> list[UndoneRow]:
    """Mark as undone what was done at this revision, as far as it was lately and is not so already."""
    undone = await rows_as(
        UndoneRow,
        Act.update({Act.undone_at: change.now})
        .where(
            Act.panel == change.panel["id"],
            Act.revision == revision,
            Act.verb.not_in([Verb.UP, Verb.DOWN]),  # each is the other's undoing
            Act.undone_at.is_null(),
            Act.at > change.now - UNDO_WITHIN,
        )
        .returning(Act.id, Act.question, Act.verb, Act.before, Act.after),
    )
    if not undone:
        raise Refused("This was undone already, or longer ago than a minute.")
    return undone


async def _refuse_two_on_screen(panel: int) -> None:
    on_screen = Question.state == QuestionState.ON_SCREEN
    if await Question.count().where(Question.panel == panel, on_screen) > 1:
        raise Refused("Another question is on the screen by now.")


async def _mute_as_before(participant: int | None, verb: str) -> None:
    if verb in (Verb.MUTE, Verb.UNMUTE):
        await Participant.update({Participant.muted: verb == Verb.UNMUTE}).where(
            Participant.id == participant
        )


async def _set_back(change: Change, act: UndoneRow) -> None:
    """Give a setting the value that it had before it was set."""
    setting = getattr(Panel, act["verb"])
    before, after = value_of(act["before"]), value_of(act["after"])
    as_it_was_left = (Panel.id == change.panel["id"], setting == after)
    if not await Panel.update({setting: before}).where(*as_it_was_left).returning(Panel.id):
        raise Refused(await Act.last_setting(change.panel["id"], act["verb"], change.moderator))
