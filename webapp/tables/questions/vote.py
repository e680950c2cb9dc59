"""The votes for questions. Nothing is done as often, so each is two statements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from piccolo.columns import ForeignKey, OnDelete, Serial
from piccolo.constraints import Unique
from piccolo.query.methods.raw import Raw
from piccolo.table import Table

from webapp.database.transaction import transaction
from webapp.questions.states import VOTABLE
from webapp.refusal import Refused
from webapp.tables.questions.panel import OPEN
from webapp.tables.questions.participant import Participant
from webapp.tables.questions.question import Question


class Count(NamedTuple):
    votes: int
    tally: int
    new: bool
    """Whether anything was changed."""


COUNT = f"""UPDATE question SET votes = votes + {{}}, tally = tally + 1
    WHERE id = {{}} AND state IN ({", ".join(f"'{state}'" for state in VOTABLE)}) AND panel IN
        (SELECT id FROM panel WHERE slug = {{}} AND {OPEN} AND ({{}} OR panel.guests AND panel.guest_key = {{}}))
    RETURNING votes, tally"""  # noqa: S608 - made of constants


class Vote(Table):
    id: Serial
    question = ForeignKey(Question, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)

    one_vote_per_voter = Unique([question, participant])

    @classmethod
    async def cast(
        cls, panel: str, question: int, participant: int, now: datetime, *, room: str | None
    ) -> Count:
        """Vote. Doing it again changes nothing. Raises Refused when there is nothing to vote for."""
        insert = (
            "INSERT INTO vote (question, participant) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING id"
        )
        return await cls._count(panel, question, now, room, 1, cls.raw(insert, question, participant))

    @classmethod
    async def take_back(
        cls, panel: str, question: int, participant: int, now: datetime, *, room: str | None
    ) -> Count:
        """Take a vote back. Doing it again changes nothing. Raises Refused when there is nothing to vote for."""
        delete = "DELETE FROM vote WHERE question = {} AND participant = {} RETURNING id"
        return await cls._count(panel, question, now, room, -1, cls.raw(delete, question, participant))

    @classmethod
    async def _count(
        cls, panel: str, question: int, now: datetime, room: str | None, by: int, write: Raw
    ) -> Count:
        # Written out, since nothing is done as often: to put these together anew would take longer than to run them.
        count = cls.raw(COUNT, by, question, panel, now, now, room is None, room or "")
        try:
            async with transaction():
                counted = await count
                if not counted:
                    raise Refused("This question cannot be voted for at the moment.")
                if not await write:
                    raise _NothingNewError
        except _NothingNewError:
            present = (
                await Question.select(Question.votes, Question.tally).where(Question.id == question).first()
            )
            return Count(**(present or {"votes": 0, "tally": 0}), new=False)
        return Count(**counted[0], new=True)

    @classmethod
    async def questions_by(cls, panel: str, participants: Collection[int]) -> dict[int, list[int]]:
        """The questions (ids) that each of these participants has voted for."""
        votes: dict[int, list[int]] = {participant: [] for participant in participants}
        if not votes:
            return {}
        question: Any = cls.question
        rows = cls.select(cls.question, cls.participant).where(
            cls.participant.is_in(list(votes)), question.panel.slug == panel
        )
        for row in await rows.order_by(cls.question):
            votes[row["participant"]].append(row["question"])
        return votes

    @classmethod
    async def counts_by(cls, panel: str, participant: int) -> dict[int, tuple[int, int]]:
        """The questions this participant has voted for, each with its votes and tally."""
        question: Any = cls.question
        rows = await cls.select(
            cls.question, question.votes.as_alias("votes"), question.tally.as_alias("tally")
        ).where(cls.participant == participant, question.panel.slug == panel)
        return {row["question"]: (row["votes"], row["tally"]) for row in rows}


class _NothingNewError(Exception):
    """It was done before, so nothing is to be written."""
