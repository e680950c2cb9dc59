"""A change that a moderator makes in a panel: one transaction, with what goes along and what is written down of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.questions.states import Move, QuestionState, Verb, states_for
from webapp.refusal import Refused
from webapp.tables.questions import conversations
from webapp.tables.questions.act import Act
from webapp.tables.questions.panel import Panel, PanelRow
from webapp.tables.questions.question import Question, QuestionRow

MOST_AT_ONCE = 1_000
"""Rows in one statement: databases take no more than some 32,000 values."""
TOO_SHORT_TO_ANSWER = timedelta(seconds=5)
"""A question that a colleague has put on the screen since has not been answered when another takes its place."""


@dataclass(frozen=True)
class Change:
    """A change that has begun. The panel's row is locked until it ends, so what is read meanwhile stays as it is."""

    panel: PanelRow
    """With its new revision, and otherwise as it was before."""
    moderator: int
    now: datetime

    def act(self, verb: str, before: QuestionRow, after: str, detail: str = "") -> Act:
        """What is done with a question: to be written down. `before`: its row as it was."""
        return Act(
            panel=self.panel["id"],
            question=before["id"],
            moderator=self.moderator,
            verb=verb,
            detail=detail,
            before=before["state"],
            position_before=before["position"],
            after=after,
            revision=self.panel["revision"],
            found_revision=before["revision"],
            left_revision=self.panel["revision"],
            at=self.now,
        )

    async def record(self, verb: str, before: QuestionRow, after: str, detail: str = "") -> Act:
        """Write down what is done with a question."""
        act = self.act(verb, before, after, detail)
        await act.save()
        return act

    async def question(self, question: int, seen: int) -> QuestionRow:
        """A question. Raises Refused when it is not as it was `seen` (its revision)."""
        row = await row_as(
            QuestionRow,
            Question.select().where(Question.id == question, Question.panel == self.panel["id"]).first(),
        )
        if row is None:
            raise Refused("This question is not in this panel.")
        if row["revision"] != seen:
            raise Refused(await Act.last_word(question, self.moderator))
        return row

    async def put(self, question: int, **facts: Any) -> None:
        """Let a question have these values (by column), from this change on."""
        columns = {getattr(Question, name): value for name, value in facts.items()}
        await Question.update({**columns, Question.revision: self.panel["revision"]}).where(
            Question.id == question
        )

    async def decline(self, reason: str, *which: Any) -> list[Act]:
        """Decline the questions for which these conditions hold, and that can be declined."""
        which = (
            *which,
            Question.panel == self.panel["id"],
            Question.state.is_in(list(states_for(Verb.DECLINE))),
        )
        found = await rows_as(QuestionRow, Question.select().where(*which))
        before = {row["id"]: row for row in found}
        declined: dict[Any, Any] = {
            Question.state: QuestionState.DECLINED,
            Question.reason: reason,
            Question.revision: self.panel["revision"],
        }
        rows = await Question.update(declined).where(*which).returning(Question.id)
        questions = [before[row["id"]] for row in rows]
        await self.follow(
            [Move(row["id"], row["source"], row["state"], QuestionState.DECLINED) for row in questions]
        )
        acts = [self.act(Verb.DECLINE, row, QuestionState.DECLINED, reason) for row in questions]
        for some in range(0, len(acts), MOST_AT_ONCE):
            await Act.insert(*acts[some : some + MOST_AT_ONCE])
        return acts

    async def follow(self, moves: Sequence[Move]) -> None:
        """Let go with these questions what goes with them."""
        await conversations.follow(moves)
        await Panel.make_room(self.panel["id"], moves)

    async def clear_screen(self, seen: int | None) -> str:
        """Let what is on the screen be answered, since another question comes. `seen`: what its moderator saw there.

        Unless a colleague has put it there unseen, or a moment ago: then it is up next again, and that is returned.
        """
        notice = ""
        shown = Question.select().where(
            Question.panel == self.panel["id"], Question.state == QuestionState.ON_SCREEN
        )
        for row in await rows_as(QuestionRow, shown):
            since = self.now - TOO_SHORT_TO_ANSWER
            who = await Act.who_has_shown(row["id"], self.moderator, since)
            if who or seen not in (None, row["id"]):
                first = await self._end_of_next(last=False) - 1
                await self.put(row["id"], state=QuestionState.NEXT, position=first)
                await self.record(Verb.NEXT, row, QuestionState.NEXT)
                notice = (
                    f"{who or 'Somebody'} had just put another question on the screen. It is up next again."
                )
            else:
                position = await self.position_in(QuestionState.ANSWERED)
                await self.put(row["id"], state=QuestionState.ANSWERED, position=position)
                await self.record(Verb.ANSWER, row, QuestionState.ANSWERED)
        return notice

    async def position_in(self, state: str) -> int | None:
        """The place of what comes into this state now: last of those up next, latest of those answered."""
        if state == QuestionState.NEXT:
            return await self._end_of_next(last=True) + 1
        return self.panel["revision"] if state == QuestionState.ANSWERED else None

    async def neighbour(self, position: int, verb: Verb) -> QuestionRow | None:
        """The question up next that stands before (`UP`) or after this position. None: none does."""
        up = verb is Verb.UP
        beyond = Question.position < position if up else Question.position > position
        return await row_as(
            QuestionRow,
            Question.select()
            .where(Question.panel == self.panel["id"], Question.state == QuestionState.NEXT, beyond)
            .order_by(Question.position, ascending=not up)
            .first(),
        )

    async def _end_of_next(self, *, last: bool) -> int:
        """The position of the last, or the first, of those up next."""
        row = (
            await Question.select(Question.position)
            .where(Question.panel == self.panel["id"], Question.state == QuestionState.NEXT)
            .order_by(Question.position, ascending=not last)
            .first()
        )
        return int(row["position"]) if row else 0


@asynccontextmanager
async def changing(panel: str, moderator: int, now: datetime) -> AsyncIterator[Change]:
    """Change a panel (its slug) within one transaction. Raises Refused when there is none."""
    async with transaction():
        row = await Panel.change(panel)
        if row is None:
            raise Refused("There is no such panel any more.")
        yield Change(row, moderator, now)
