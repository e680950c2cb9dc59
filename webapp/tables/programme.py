"""The conference as it was loaded, and a row for everything in it that others refer to."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
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

from webapp.conference import file as conference_file
from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.booking.booking import Booking, Item
from webapp.tables.booking.offers import Offer
from webapp.tables.booking.waiting import Waiting
from webapp.tables.meeting_place.profile import Meeting
from webapp.tables.people import Person
from webapp.tables.questions.panel import Panel


class Conference(Table):
    """The conference file as it was last loaded. There is one row."""

    id: Serial
    document = Text()
    revision = Integer()
    """Rises by one with every load that changes something."""
    loaded_at = Instant()

    @classmethod
    async def load(cls, file: ConferenceFile, now: datetime, *, moved: bool = False) -> bool:
        """Make this file the conference. Returns False when it says nothing new.

        Everything or nothing is taken over. Raises Refused when the file no longer offers what somebody has
        booked, or puts two things they have at one time, with the list of who; and when what is booked is for
        another conference, in another currency or, unless it is `moved`, on other days.
        """
        document = file.to_json()
        async with transaction():
            present = await cls.select().first()
            if present is not None and present["document"] == document:
                return False
            await Offer.lock_all()
            if present is not None:
                await _refuse_another_edition(
                    ConferenceFile.from_json(present["document"]), file, moved=moved
                )
            await Item.refuse_if_held(await Offer.left_out(file))
            await Offer.follow(file)
            await Item.follow(file)
            await Waiting.pass_on([row["id"] for row in await Offer.select(Offer.id)], file, now)
            await Session.follow(file, now)
            await Panel.follow(file)
            await Meeting.follow(file)
            if lecturers := [speaker.email for speaker in file.speaker if speaker.email]:
                await Person.known_at(lecturers, now)  # so that they can sign in, to the meeting place too
            if present is None:
                await cls.insert(cls(document=document, revision=1, loaded_at=now))
            else:
                await cls.update(
                    {cls.document: document, cls.revision: cls.revision + 1, cls.loaded_at: now}
                ).where(cls.id == present["id"])
        return True


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
    async def follow(cls, file: ConferenceFile, now: datetime) -> None:
        """Bring the rows to what the file says."""
        known = {row["slug"]: row for row in await cls.select()}
        for session in file.session:
            fingerprint = _fingerprint(session)
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
        row = await cls.select(cls.seconds).first()
        return timedelta(seconds=row["seconds"]) if row else timedelta()

    @classmethod
    async def begin(cls, shift: timedelta) -> None:
        """The same for several who do it at once, and where nothing is set."""
        if not await cls.shift():
            await cls.set(shift)

    @classmethod
    async def set(cls, shift: timedelta) -> None:
        async with transaction():
            await cls.delete(force=True)
            if shift:
                await cls.insert(cls(seconds=shift.total_seconds()))


OF_ITS_OWN = (
    "A conference has a place of its own: set PLENUM_DATA to a new directory (and DATABASE_URL, where you use it, to "
    "an empty database), and load and run it there."
)


async def _refuse_another_edition(present: ConferenceFile, file: ConferenceFile, *, moved: bool) -> None:
    """Raises Refused when somebody has booked, and it was not for what this file says."""
    booked = await Booking.currencies()
    if not booked:
        return
    was, to_be = present.conference, file.conference
    if was.slug != to_be.slug:
        raise Refused(
            f"What is booked here is for “{was.title}”, with the slug {was.slug}. This file is of another conference, "
            f"{to_be.slug}, and nobody has booked that. {OF_ITS_OWN} If it is the same conference, let it keep its "
            "slug: all else may be named differently."
        )
    if others := sorted(booked - {file.registration.currency}):
        raise Refused(
            f"What is booked here is in {' and '.join(others)}, and this file says {file.registration.currency}: the "
            "same numbers would be other sums. Leave the currency as it was. Another one can be shown beside it, with "
            "information_currency."
        )
    if not moved and (to_be.ends < was.starts or was.ends < to_be.starts):
        raise Refused(
            f"What is booked here is for {was.dates}, and this file says {to_be.dates}. Is it a new edition? "
            f"{OF_ITS_OWN} Has it been moved, with everybody who is booked? Then add --moved."
        )


NOT_IN_CALENDARS = {
    *("panel", "subtitle", "type", "do_not_record", "do_not_stream", "licence", "link", "attachment", "guid"),
}


def _fingerprint(session: conference_file.Session) -> str:
    left_out = NOT_IN_CALENDARS | ({"ends_on"} if session.ends_on is None else set())
    said = session.model_dump_json(exclude=left_out) + (session.block or "")
    return hashlib.sha256(said.encode()).hexdigest()
