"""Who did what with a panel and its questions, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, TypedDict

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Varchar
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.questions import panel_settings
from webapp.questions.states import DONE, PUBLIC, QuestionState
from webapp.tables.people import Person
from webapp.tables.questions.panel import Panel
from webapp.tables.questions.question import Question


class TrailRow(TypedDict):
    """An act as the log tells it."""

    at: datetime
    revision: int
    verb: str
    detail: str
    after: str
    undone_at: datetime | None
    name: str | None
    """Of the moderator."""
    email: str | None
    text: str | None
    """Of the question."""


class Act(Table):
    """Who did what, when: for those who ask later, and for undoing."""

    id: Serial
    panel = ForeignKey(Panel, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """None: it was about the panel."""
    moderator = ForeignKey(Person, null=True, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    detail = Varchar(length=300)
    """The reason given."""
    before = Varchar(length=10)
    """The state of the question, or the value of the setting."""
    position_before = Integer(default=0)
    after = Varchar(length=10)
    revision = Integer()
    """The panel's, which it made. What was done together has one."""
    found_revision = Integer(default=0)
    """The question's, before it."""
    left_revision = Integer(default=0)
    """The question's, while it is as this act has left it: a later one when what was done since has been undone."""
    at = Instant()
    undone_at = Instant(null=True, default=None)

    @classmethod
    async def last_word(cls, question: int, reader: int) -> str:
        """Why a question is not as this moderator saw it."""
        row = (
            await cls.select(
                cls.verb,
                cls.moderator,
                cls.moderator.name.as_alias("name"),
                cls.moderator.email.as_alias("email"),
                cls.undone_at,
            )
            .where(cls.question == question)
            .order_by(cls.id, ascending=False)
            .first()
        )
        if row is None:
            return "Its asker has changed this question meanwhile. Please read it again."
        who = "You have" if row["moderator"] == reader else f"{called(row)} has"
        undone = "undone that on" if row["undone_at"] else None
        return f"{who} already {undone or DONE[row['verb']]} this question."

    @classmethod
    async def last_setting(cls, panel: int, setting: str, reader: int) -> str:
        """Why a setting is not as this moderator saw it."""
        row = (
            await cls.select(
                cls.after,
                cls.moderator,
                cls.moderator.name.as_alias("name"),
                cls.moderator.email.as_alias("email"),
                cls.undone_at,
            )
            .where(cls.panel == panel, cls.verb == setting)
            .order_by(cls.id, ascending=False)
            .first()
        )
        if row is None:
            return "This has changed meanwhile. Please look at it again."
        who = "You have" if row["moderator"] == reader else f"{called(row)} has"
        undone = "undone that" if row["undone_at"] else None
        return f"{who} already {undone or panel_settings.told(setting, row['after'])}."

    @classmethod
    async def who_has_shown(cls, question: int, but: int, since: datetime) -> str:
        """The moderator, `but` not this one, who has put a question on the screen since then. Empty: nobody."""
        row = (
            await cls.select(
                cls.moderator, cls.moderator.name.as_alias("name"), cls.moderator.email.as_alias("email")
            )
            .where(
                cls.question == question,
                cls.after == QuestionState.ON_SCREEN,
                cls.before != QuestionState.ON_SCREEN,
                cls.undone_at.is_null(),
                cls.at > since,
            )
            .order_by(cls.id, ascending=False)
            .first()
        )
        return called(row) if row and row["moderator"] != but else ""

    @classmethod
    async def once_public(cls, questions: Sequence[int]) -> set[int]:
        """Which of these questions were ever in a public state before they were put back, declined or undone."""
        if not questions:
            return set()
        public = list(PUBLIC)
        rows = await cls.select(cls.question).where(
            cls.question.is_in(list(questions)), cls.before.is_in(public) | cls.after.is_in(public)
        )
        return {row["question"] for row in rows}

    @classmethod
    async def trail(cls, panel: str, most: int = 500) -> list[list[TrailRow]]:
        """What was done in a panel, newest first. What was done together is together."""
        here = cls.panel.slug == panel
        newest = cls.select(cls.revision).where(here).group_by(cls.revision)
        revisions = await newest.order_by(cls.revision, ascending=False).limit(most)
        rows = await rows_as(
            TrailRow,
            cls.select(
                cls.at,
                cls.revision,
                cls.verb,
                cls.detail,
                cls.after,
                cls.undone_at,
                cls.moderator.name.as_alias("name"),
                cls.moderator.email.as_alias("email"),
                cls.question.text.as_alias("text"),
            )
            .where(here, cls.revision >= min((row["revision"] for row in revisions), default=0))
            .order_by(cls.id, ascending=False),
        )
        return [list(together) for _, together in groupby(rows, lambda row: row["revision"])]


def called(moderator: Mapping[str, Any]) -> str:
    """What others read of a moderator, of whom `name` and `email` are given."""
    return str(moderator["name"] or moderator["email"] or "Somebody")
