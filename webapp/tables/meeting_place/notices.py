"""What each is told at the meeting place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, LazyTableReference, OnDelete, Serial, Varchar
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.database.transaction import transaction
from webapp.tables.meeting_place.block import unblocked
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.profile import Profile

MOST = 100
"""Notices that somebody is shown."""


class NoticeRow(TypedDict):
    """Something that somebody was told, as they may read it now."""

    id: int
    kind: str
    text: str
    at: datetime
    read_at: datetime | None
    note: int | None
    title: str | None
    """Of the note, with its `state`."""
    state: str | None
    round_table: int | None
    name: str | None
    """Of who has done it, with their `tag`."""
    tag: str | None


class Notice(Table):
    """Something that somebody is told. Only they read it."""

    id: Serial
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20)
    """One of `news_mail.WORDS`; or what a moderator has done (`care.Verb`)."""
    actor = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    note: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Note", module_path="webapp.tables.meeting_place.board"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
    )
    round_table: ForeignKey[Table] = ForeignKey(
        LazyTableReference("RoundTable", module_path="webapp.tables.meeting_place.round_tables"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
    )
    """What is said of it is read there, as it may be read then: a title may be hidden later."""
    text = Varchar(length=2000)
    at = Instant()
    read_at = Instant(null=True, default=None)
    withdrawn = Boolean(default=False)
    """It was about somebody whom they do not meet any more."""
    revision = Integer(default=0, index=True)
    """The meeting place's, at its last change."""

    @classmethod
    async def tell(
        cls,
        profile: int,
        kind: str,
        now: datetime,
        revision: int,
        *,
        actor: int | None = None,
        note: int | None = None,
        table: int | None = None,
        text: str = "",
    ) -> None:
        """Tell somebody, unless the same of the same actor still waits to be read. To be called within a change."""
        unread = actor is not None and await cls.exists().where(
            cls.profile == profile,
            cls.kind == kind,
            cls.note == note if note else cls.note.is_null(),
            cls.actor == actor,
            cls.read_at.is_null(),
        )
        if not unread:
            about: dict[str, Any] = {"actor": actor, "note": note, "round_table": table, "text": text}
            await cls.insert(cls(profile=profile, kind=kind, at=now, revision=revision, **about))

    @classmethod
    async def tell_at_once(
        cls, profiles: Iterable[int], kind: str, now: datetime, revision: int, *, actor: int, note: int
    ) -> None:
        """Tell each of these (at least one), whatever else waits to be read. To be called within a change."""
        await cls.insert(
            *(
                cls(profile=profile, kind=kind, actor=actor, note=note, at=now, revision=revision)
                for profile in profiles
            )
        )

    @classmethod
    async def told_to(cls, profile: int) -> list[NoticeRow]:
        """What somebody was told, the newest first."""
        note: Any = cls.note
        return await rows_as(
            NoticeRow,
            cls.select(
                cls.id,
                cls.kind,
                cls.text,
                cls.at,
                cls.read_at,
                cls.note,
                note.title.as_alias("title"),
                note.state.as_alias("state"),
                cls.round_table,
                cls.actor.name.as_alias("name"),
                cls.actor.tag.as_alias("tag"),
            )
            .where(cls.profile == profile, cls.withdrawn.eq(False), unblocked("notice.actor", profile))
            .order_by(cls.id, ascending=False)
            .limit(MOST),
        )

    @classmethod
    async def unread(cls, *profiles: int) -> dict[int, int]:
        """How many each has not read yet."""
        if not profiles:
            return {}
        counts = dict.fromkeys(profiles, 0)
        places = ", ".join("{}" for _ in profiles)
        rows = await cls.raw(
            "SELECT profile, count(*) AS number FROM notice"  # noqa: S608 - places for values
            f" WHERE profile IN ({places}) AND read_at IS NULL AND NOT withdrawn GROUP BY profile",
            *profiles,
        )
        return counts | {row["profile"]: row["number"] for row in rows}

    @classmethod
    async def told_since(cls, revision: int) -> set[int]:
        """To whom there is something new, or who have read something."""
        rows = await cls.select(cls.profile).where(cls.revision > revision).distinct()
        return {row["profile"] for row in rows}

    @classmethod
    async def read(cls, profile: int, now: datetime, notice: int | None = None) -> None:
        """Mark one of somebody's as read, or all."""
        async with transaction():
            revision = await Meeting.change()
            which = [cls.id == notice] if notice is not None else []
            await cls.update({cls.read_at: now, cls.revision: revision}).where(
                cls.profile == profile, cls.read_at.is_null(), *which
            )
