"""The conference as it was loaded, and a row for everything in it that others refer to."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import NAMESPACE_URL, uuid5

from piccolo.columns import (
    UUID,
    Boolean,
    DoublePrecision,
    Integer,
    Serial,
    Text,
    Varchar,
)
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction


class Loaded(TypedDict):
    """The conference file that is loaded, as JSON, and which of those that were."""

    document: str
    revision: int
    loaded_at: datetime


class Conference(Table):
    """The conference file as it was last loaded. There is one row."""

    id: Serial
    document = Text()
    revision = Integer()
    """Rises by one with every load that changes something."""
    loaded_at = Instant()

    @classmethod
    async def loaded(cls) -> Loaded | None:
        """The conference there is; None when none has been loaded yet."""
        return await row_as(Loaded, cls.select(cls.document, cls.revision, cls.loaded_at).first())

    @classmethod
    async def replace(cls, document: str, now: datetime) -> None:
        """Keep this file in place of the one there was."""
        facts: dict[Any, Any] = {cls.document: document, cls.loaded_at: now}
        if not await cls.update({**facts, cls.revision: cls.revision + 1}, force=True).returning(cls.id):
            await cls.insert(cls(document=document, revision=1, loaded_at=now))


class KnownSession(TypedDict):
    """A session as calendars know it; `offer` is empty where it is for everybody."""

    id: int
    slug: str
    uid: uuid.UUID
    sequence: int
    changed_at: datetime
    fingerprint: str
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    offer: str
    withdrawn: bool


class Session(Table):
    """A session of the timetable, as calendars know it: one identity for good, a sequence that rises with changes."""

    id: Serial
    slug = Varchar(length=80, unique=True)
    uid = UUID(default=None)
    sequence = Integer(default=0)
    changed_at = Instant()
    fingerprint = Varchar(length=64)
    title = Varchar(length=300)
    starts_at = Instant(null=True, default=None)
    ends_at = Instant(null=True, default=None)
    offer = Varchar(length=120, default="")
    """The slug of what one must hold to take part; empty: it is for everybody."""
    withdrawn = Boolean(default=False)
    """No longer in the file. The row stays, so that calendars are told."""

    @classmethod
    async def all_known(cls) -> list[KnownSession]:
        """Every session that ever was in the file, in the order they came."""
        return await rows_as(KnownSession, cls.select().order_by(cls.id))

    @classmethod
    async def follow(cls, file: ConferenceFile, now: datetime) -> None:
        """Bring the rows to what the file says."""
        known = {row["slug"]: row for row in await cls.all_known()}
        for session in file.session:
            fingerprint = session.fingerprint
            row = known.pop(session.slug, None)
            facts: dict[Any, Any] = {
                cls.fingerprint: fingerprint,
                cls.title: session.title,
                cls.starts_at: session.starts_at,
                cls.ends_at: session.ends_at,
                cls.changed_at: now,
                cls.offer: file.offer_for(session) or "",
                cls.withdrawn: False,
            }
            if row is None:
                # From the names and not by chance: a calendar knows the session again after a fresh installation.
                uid = uuid5(NAMESPACE_URL, f"plenum:{file.conference.slug}/{session.slug}")
                await cls.insert(cls({**facts, cls.slug: session.slug, cls.uid: uid}))
            elif row["fingerprint"] != fingerprint or row["withdrawn"]:
                await cls.update({**facts, cls.sequence: cls.sequence + 1}).where(cls.id == row["id"])
            elif row["offer"] != facts[cls.offer]:
                await cls.update({cls.offer: facts[cls.offer]}).where(cls.id == row["id"])
        gone = [row["id"] for row in known.values() if not row["withdrawn"]]
        if gone:
            await cls.update(
                {cls.withdrawn: True, cls.sequence: cls.sequence + 1, cls.changed_at: now}
            ).where(cls.id.is_in(gone))


class Rehearsal(Table):
    """How far the clock is set off from the real time. One row while rehearsing, else none."""

    id: Serial
    seconds = DoublePrecision()
    news_sent_at = Instant(null=True, default=None)
    """Until when each of the team was sent by mail in this rehearsal what they had not read."""

    @classmethod
    async def shift(cls) -> timedelta:
        """How far the clock is set off; zero when nobody rehearses."""
        row = await cls.select(cls.seconds).first()
        return timedelta(seconds=row["seconds"]) if row else timedelta()

    @classmethod
    async def begin(cls, shift: timedelta) -> None:
        """Set the clock off, unless somebody who begins at the same time has done so."""
        if not await cls.shift():
            await cls.set(shift)

    @classmethod
    async def set(cls, shift: timedelta) -> None:
        """Set the clock off by this much; by zero, back to the real time."""
        async with transaction():
            await cls.delete(force=True)
            if shift:
                await cls.insert(cls(seconds=shift.total_seconds()))
