"""What has changed in a panel between two of its revisions, for each who follows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from webapp.database.rows import rows_as
from webapp.questions.states import PUBLIC, QuestionState
from webapp.tables.questions.act import Act
from webapp.tables.questions.question import DESK_ROW, PUBLIC_ROW, DeskRow, PublicRow, Question


class HiddenRow(TypedDict):
    """A question that is not public."""

    id: int
    state: str


@dataclass(frozen=True)
class Changes:
    """The questions that have changed."""

    public: list[PublicRow]
    once_public: set[int]
    """Those that are public no more (ids)."""
    desk: list[DeskRow]
    withdrawn: set[int]
    askers: set[int]
    """The participants whose they are."""


async def changes(panel: int, since: int, until: int) -> Changes:
    """What has changed after the revision `since`, and not after `until`."""
    changed = (Question.panel == panel) & (Question.revision > since) & (Question.revision <= until)
    is_public = Question.state.is_in(list(PUBLIC))
    is_hidden = Question.state.not_in(list(PUBLIC))
    is_there = Question.state != QuestionState.WITHDRAWN
    public = await rows_as(
        PublicRow, Question.select(*PUBLIC_ROW).where(changed, is_public).order_by(Question.id)
    )
    hidden = await rows_as(HiddenRow, Question.select(Question.id, Question.state).where(changed, is_hidden))
    askers = Question.select(Question.participant).where(changed, Question.participant.is_not_null())
    return Changes(
        public,
        once_public=await Act.once_public([row["id"] for row in hidden]),
        desk=await rows_as(
            DeskRow, Question.select(*DESK_ROW).where(changed, is_there).order_by(Question.id)
        ),
        withdrawn={row["id"] for row in hidden if row["state"] == QuestionState.WITHDRAWN},
        askers={row["participant"] for row in await askers},
    )
