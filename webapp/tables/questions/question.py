"""The questions, and what those who ask do with their own. What moderators do with them: `moderation.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.questions.states import EDITABLE, UNREAD, QuestionState, Source
from webapp.refusal import Refused
from webapp.tables.questions.panel import Panel, PanelRow
from webapp.tables.questions.participant import Participant
from webapp.text.words import is_same_name


@dataclass(frozen=True)
class Content:
    """What a question says, to whom, and in whose name."""

    text: str
    lecture: str = ""
    lecturer: str = ""
    """Slugs; empty: for everyone."""
    name: str = ""
    """Empty: anonymous."""


class PublicRow(TypedDict):
    """What everybody may see of a question in a public state."""

    id: int
    text: str
    state: str
    votes: int
    tally: int
    position: int
    lecture: str
    lecturer: str
    name: str
    source: str
    author: str
    link: str
    asked_at: datetime
    revision: int


class MyRow(PublicRow):
    """What its asker may see."""

    participant: int
    reason: str
    ever_named: bool


class DeskRow(PublicRow):
    """What moderators may see."""

    pseudonym: str | None
    reason: str
    muted: bool
    ever_named: bool


class QuestionRow(PublicRow):
    """A whole row of `Question`."""

    panel: int
    participant: int | None
    key: str | None
    read_as: str
    ever_named: bool
    reason: str
    muted: bool


class Question(Table):
    id: Serial
    panel = ForeignKey(Panel, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    """Never leaves the database but to find one's own questions, and to mute."""
    key = Varchar(length=60, null=True, default=None)
    """Of the form it was asked with: however often that is sent, it asks once."""
    text = Text()
    lecture = Varchar(length=80)
    lecturer = Varchar(length=80)
    name = Varchar(length=200)
    read_as = Varchar(length=200)
    """The name that moderators have read, where a correction has followed."""
    ever_named = Boolean(default=False)
    """Whether it had a name at any time. Its asker's pseudonym is then not told: it would tell who asked the others."""
    source = Varchar(length=10, choices=Source, default=Source.PHONE)
    author = Varchar(length=200)
    link = Varchar(length=500)
    state = Varchar(length=10, choices=QuestionState, default=QuestionState.WAITING)
    position = Integer(default=0)
    """Its place among those that are up next, or among those that were answered."""
    reason = Varchar(length=300)
    """Why it was declined."""
    muted = Boolean(default=False)
    """Whether its asker was muted for it."""
    votes = Integer(default=0)
    tally = Integer(default=0)
    """How often `votes` has changed, so that an older count is known as such."""
    revision = Integer(default=0)
    """The panel's, at its last change."""
    asked_at = Instant()

    asked_once_per_form = Unique([participant, key])

    @classmethod
    async def ask(
        cls, panel: str, participant: int, key: str, content: Content, now: datetime, *, room: str | None
    ) -> int:
        """Ask, and return the question's id. With the same key it is the same question. Raises Refused."""
        try:
            async with transaction():
                present = await Panel.take_question(panel, now, room=room)
                await cls._refuse_if_too_many(present, participant)
                rows = (
                    await cls.insert(
                        cls(
                            panel=present["id"],
                            participant=participant,
                            key=key,
                            text=content.text,
                            lecture=content.lecture,
                            lecturer=content.lecturer,
                            name=content.name,
                            ever_named=bool(content.name),
                            state=QuestionState.LISTED
                            if present["post_moderated"]
                            else QuestionState.WAITING,
                            revision=present["revision"],
                            asked_at=now,
                        )
                    )
                    .on_conflict(action="DO NOTHING")
                    .returning(cls.id)
                )
                if not rows:
                    raise _NothingNewError
                if room is None:
                    await Participant.refuse_if_erased(participant)
                return int(rows[0]["id"])
        except (_NothingNewError, Refused):
            before = await cls.select(cls.id).where(cls.participant == participant, cls.key == key).first()
            if before is None:
                raise
            return int(before["id"])

    @classmethod
    async def _refuse_if_too_many(cls, panel: PanelRow, participant: int) -> None:
        """To be called within a change of the panel, so that the count stays as it is."""
        await Participant.refuse_if_muted(participant)
        before = await cls.count().where(
            cls.panel == panel["id"], cls.participant == participant, cls.state != QuestionState.WITHDRAWN
        )
        if before >= panel["most_each"]:
            raise Refused(
                f"You have asked {before} questions in this panel, which is as many as one person can."
                " You can still vote for those of others."
            )

    @classmethod
    async def edit(
        cls, panel: str, question: int, participant: int, content: Content, *, guest: bool
    ) -> None:
        """Say it differently, while nobody has taken it up. Who was muted only takes back. Raises Refused.

        What was asked without a name stays so: moderators have seen the pseudonym, which other questions have, too.
        """
        facts = {cls.text: content.text, cls.lecture: content.lecture, cls.lecturer: content.lecturer}
        conditions = [cls.ever_named.eq(True)] if content.name else []
        async with transaction():
            await cls._change_own(panel, question, participant, facts | {cls.name: content.name}, *conditions)
            await Participant.refuse_if_muted(participant)
            if not guest:
                await Participant.refuse_if_erased(participant)

    @classmethod
    async def sign_anew(cls, person: int, name: str) -> None:
        """Let what somebody has signed carry this name. To be called within a transaction.

        Where moderators have taken it up, only a correction of the name that they have read does: another name would
        come to everybody unread.
        """
        signed = (cls.participant.person == person) & (cls.name != "") & (cls.name != name)
        rows = await cls.select(cls.panel.slug.as_alias("slug")).where(signed)
        for slug in sorted({row["slug"] for row in rows}):
            present = await Panel.change(slug)
            if present is None:
                continue
            theirs = cls.select(cls.id, cls.state, cls.name, cls.read_as).where(
                signed, cls.panel == present["id"]
            )
            for row in await theirs:
                read_as = "" if row["state"] in UNREAD else row["read_as"] or row["name"]
                if not read_as or is_same_name(read_as, name):
                    facts: dict[Any, Any] = {
                        cls.name: name,
                        cls.read_as: read_as,
                        cls.revision: present["revision"],
                    }
                    await cls.update(facts).where(cls.id == row["id"])

    @classmethod
    async def withdraw(cls, panel: str, question: int, participant: int) -> None:
        """Take it back, while nobody has taken it up. Raises Refused."""
        gone = {cls.state: QuestionState.WITHDRAWN}
        async with transaction():
            await cls._change_own(
                panel, question, participant, gone, panel_too={Panel.asked: Panel.asked - 1}
            )

    @classmethod
    async def _change_own(
        cls,
        panel: str,
        question: int,
        participant: int,
        facts: dict[Any, Any],
        *conditions: Any,
        panel_too: dict[Any, Any] | None = None,
    ) -> None:
        """Change what is the participant's own and nobody has taken up. To be called within a transaction."""
        present = await Panel.change(panel, panel_too)
        rows = present and (
            await cls.update({**facts, cls.revision: present["revision"]})
            .where(
                cls.id == question,
                cls.panel == present["id"],
                cls.participant == participant,
                cls.state.is_in(list(EDITABLE)),
                *conditions,
            )
            .returning(cls.id)
        )
        if not rows:
            raise Refused("A moderator has taken this question up, so it cannot be changed any more.")

    @classmethod
    async def asked_by(cls, participants: Sequence[int], panel: str) -> list[MyRow]:
        """The questions of these participants in this panel, newest first."""
        return await rows_as(
            MyRow,
            cls.select(*MY_ROW)
            .where(
                cls.panel.slug == panel,
                cls.participant.is_in(list(participants)),
                cls.state != QuestionState.WITHDRAWN,
            )
            .order_by(cls.id, ascending=False),
        )

    @classmethod
    async def own(cls, question: int, participant: int, panel: str) -> MyRow | None:
        """A question of this participant's. None: they have not asked it in this panel."""
        return await row_as(
            MyRow,
            cls.select(*MY_ROW)
            .where(cls.id == question, cls.panel.slug == panel, cls.participant == participant)
            .first(),
        )


PUBLIC_ROW = [
    Question.id,
    Question.text,
    Question.state,
    Question.votes,
    Question.tally,
    Question.position,
    Question.lecture,
    Question.lecturer,
    Question.name,
    Question.source,
    Question.author,
    Question.link,
    Question.asked_at,
    Question.revision,
]
"""For a `PublicRow`."""
MY_ROW = [*PUBLIC_ROW, Question.participant, Question.reason, Question.ever_named]
DESK_ROW = [
    *PUBLIC_ROW,
    Question.participant.pseudonym.as_alias("pseudonym"),
    Question.reason,
    Question.muted,
    Question.ever_named,
]


class _NothingNewError(Exception):
    """It was done before, so nothing is to be written."""
