"""Round tables: a time and a place to talk, with so many seats and an honest queue."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Serial, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Check, Unique
from piccolo.query import Select
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import Block, meets
from webapp.tables.meeting_place.board import READABLE, Note, State
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.meeting_place.seats import Seat

MOST_HOSTED = 5
"""Tables to come that one person may host at once."""
LONG_AGO = timedelta(hours=12)
"""After which a table that is over is not in the list any more, until the meeting place is an archive."""
BESIDE = "other.place = {} AND NOT other.cancelled AND other.starts_at < {} AND other.ends_at > {}"
"""Another table has this place at that time: given `beside` of a setting."""
ALONE = f"""NOT EXISTS (SELECT 1 FROM round_table AS other
    WHERE other.id != round_table.id AND {BESIDE})"""  # noqa: S608 - made of constants
TAKEN = "This table is taken at that time. Please choose another table, or another time."
OVER = "This table is over, or was called off before."
A_TABLE = "A table to talk at"
"""The title of one whose note may not be read any more, or not by whoever looks: it says what that said."""

AWAY = f"""(round_table.host IS NULL OR {meets("round_table.host", "{}")})
    AND NOT EXISTS (SELECT 1 FROM seat WHERE seat.round_table = round_table.id
        AND NOT ({meets("seat.profile", "{}")}))"""  # noqa: S608 - made of constants
"""Nobody is at the table, or hosts it, whom one is not to meet: given four times the viewer."""
THERE = """(round_table.host = {}
    OR EXISTS (SELECT 1 FROM seat WHERE seat.round_table = round_table.id AND seat.profile = {}))"""
"""Somebody hosts the table, sits at it, or waits for a seat: given twice who."""


def may_be_seen_by(viewer: int) -> WhereRaw:
    """That somebody may see a table: they meet nobody there whom they are not to meet."""
    return WhereRaw(AWAY, *[viewer] * 4)


@dataclass(frozen=True)
class Setting:
    """Where and when a round table is, and for how many."""

    place: str
    """The slug of one of the venue's tables, as the conference file has them."""
    seats: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Invitation(Setting):
    """Where and when a round table is, and what it is about."""

    title: str
    note: int | None


def beside(setting: Setting) -> tuple[Any, ...]:
    """What `BESIDE` is given."""
    return setting.place, setting.ends_at, setting.starts_at


def too_few(taken: int) -> str:
    """What a host is told who wants fewer seats than so many that are taken."""
    return f"{taken} seats are taken already, so there must be at least as many."


class RoundTableRow(TypedDict):
    """`ROUND_TABLE_COLUMNS` of a round table."""

    id: int
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    waiting: int
    cancelled: bool
    uid: uuid.UUID
    sequence: int
    changed_at: datetime
    revision: int
    note: int | None
    note_state: str | None
    note_author: int | None
    host: int | None
    host_name: str | None


class RoundTable(Table):
    """A round table to which somebody invites."""

    id: Serial
    host = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, null=True, default=None)
    """Of the form: however often that is sent, it is one table."""
    note = ForeignKey(Note, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    title = Varchar(length=480)
    place = Varchar(length=80)
    starts_at = Instant()
    ends_at = Instant()
    seats = Integer()
    taken = Integer(default=0)
    waiting = Integer(default=0)
    cancelled = Boolean(default=False)
    uid = UUID(default=None)
    sequence = Integer(default=0)
    """As calendars count changes."""
    changed_at = Instant()
    revision = Integer(default=0, index=True)

    never_more_than_it_holds = Check(taken <= seats)
    laid_once_per_form = Unique([host, key])

    @classmethod
    async def invite(cls, host: int, key: str, invitation: Invitation, now: datetime) -> int:
        """Invite to a table, with the first seat for the host, and return its id. Raises Refused."""
        async with transaction():
            revision = await Profile.speak(host, now)
            before = await cls.select(cls.id).where(cls.host == host, cls.key == key).first()
            if before is not None:
                return int(before["id"])
            to_come = await cls.count().where(cls.host == host, cls.cancelled.eq(False), cls.ends_at > now)
            if to_come >= MOST_HOSTED:
                raise Refused(f"You host {MOST_HOSTED} tables to come, which is as many as one can.")
            if await cls.raw(f"SELECT id FROM round_table AS other WHERE {BESIDE}", *beside(invitation)):  # noqa: S608
                raise Refused(TAKEN)
            rows = await cls.insert(
                cls(
                    host=host,
                    key=key,
                    uid=uuid.uuid4(),
                    changed_at=now,
                    revision=revision,
                    taken=1,
                    **vars(invitation),
                )
            ).returning(cls.id)
            table = int(rows[0]["id"])
            await Seat.insert(Seat(round_table=table, profile=host, seated=True))
        return table

    @classmethod
    async def move(cls, table: int, host: int, setting: Setting, now: datetime) -> None:
        """Put it to another time or place, or to other seats, and tell everybody who has a seat or waits for one.

        More seats go to the first in the queue. Raises Refused, also where more are taken than there would be.
        """
        async with transaction():
            revision = await Profile.speak(host, now)
            before = await cls.select().where(cls.id == table).first()
            rows = await (
                cls.update(
                    {
                        **{getattr(cls, name): value for name, value in vars(setting).items()},
                        **cls.changed(now, revision),
                    }
                )
                .where(
                    cls.id == table,
                    cls.host == host,
                    cls.cancelled.eq(False),
                    cls.ends_at > now,
                    cls.taken <= setting.seats,
                    WhereRaw(ALONE, *beside(setting)),
                )
                .returning(cls.taken, cls.seats)
            )
            if not rows or before is None:
                raise Refused(await cls._why_not(table, host, setting, now))
            if any(before[name] != getattr(setting, name) for name in ("place", "starts_at", "ends_at")):
                await Seat.tell_all(table, host, "moved", now, revision)
            await cls.fill(table, rows[0]["seats"] - rows[0]["taken"], now, revision)

    @classmethod
    async def _why_not(cls, table: int, host: int, setting: Setting, now: datetime) -> str:
        row = (
            await cls.select(cls.taken)
            .where(cls.id == table, cls.host == host, cls.cancelled.eq(False), cls.ends_at > now)
            .first()
        )
        if row is None:
            return OVER
        return too_few(row["taken"]) if row["taken"] > setting.seats else TAKEN

    @classmethod
    async def cancel(cls, table: int, host: int, now: datetime) -> None:
        """Call it off, and tell everybody who has a seat or waits for one. Raises Refused."""
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                cls.update({cls.cancelled: True, **cls.changed(now, revision)})
                .where(cls.id == table, cls.host == host, cls.cancelled.eq(False), cls.ends_at > now)
                .returning(cls.id)
            )
            if not rows:
                raise Refused(OVER)
            await Seat.tell_all(table, host, "cancelled", now, revision)

    @classmethod
    async def take_seat(cls, table: int, profile: int, now: datetime) -> bool:
        """Take a seat, or the last place in the queue. Returns whether one sits. Doing it again changes nothing.

        The statement that takes the seat is the one that sees whether it is there. A seat that gets free goes to the
        first in the queue in the same transaction, so whoever comes now never goes before those who wait.
        """
        async with transaction():
            revision = await Profile.speak(profile, now)
            rows = await (
                Seat.insert(Seat(round_table=table, profile=profile))
                .on_conflict(action="DO NOTHING")
                .returning(Seat.id)
            )
            if not rows:
                there = (
                    await Seat.select(Seat.seated)
                    .where(Seat.round_table == table, Seat.profile == profile)
                    .first()
                )
                return bool(there and there["seated"])
            is_open: list[Any] = [
                cls.id == table,
                cls.cancelled.eq(False),
                cls.ends_at > now,
                may_be_seen_by(profile),
            ]
            sits = await (
                cls.update({cls.taken: cls.taken + 1, cls.revision: revision})
                .where(*is_open, cls.taken < cls.seats)
                .returning(cls.id)
            )
            if sits:
                await Seat.update({Seat.seated: True}).where(Seat.id == rows[0]["id"])
                return True
            waits = await (
                cls.update({cls.waiting: cls.waiting + 1, cls.revision: revision})
                .where(*is_open)
                .returning(cls.id)
            )
            if not waits:
                raise Refused("This table is over, or was called off.")
            return False

    @classmethod
    async def leave_seat(cls, table: int, profile: int, now: datetime) -> None:
        """Give the seat to the first in the queue, or leave the queue. Doing it again changes nothing.

        Nobody gets a seat any more at a table that is over or called off.
        """
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                Seat.delete().where(Seat.round_table == table, Seat.profile == profile).returning(Seat.seated)
            )
            if not rows:
                return
            which = cls.taken if rows[0]["seated"] else cls.waiting
            await cls.update({which: which - 1, cls.revision: revision}).where(cls.id == table)
            await cls.fill(table, int(rows[0]["seated"]), now, revision)

    @classmethod
    async def fill(cls, table: int, free: int, now: datetime, revision: int) -> None:
        """Give so many free seats to the first in the queue, and tell them. To be called within a change."""
        at: Any = Seat.round_table
        first = (
            await Seat.select(Seat.id, Seat.profile)
            .where(Seat.round_table == table, Seat.seated.eq(False), at.cancelled.eq(False), at.ends_at > now)
            .order_by(Seat.id)
            .limit(free)
        )
        if not first:
            return
        await Seat.update({Seat.seated: True}).where(Seat.id.is_in([seat["id"] for seat in first]))
        await cls.update(
            {
                cls.taken: cls.taken + len(first),
                cls.waiting: cls.waiting - len(first),
            }
        ).where(cls.id == table)
        for seat in first:
            await Notice.tell(seat["profile"], "seat", now, revision, table=table)

    @classmethod
    async def shared_by(cls, one: int, other: int, now: datetime) -> list[tuple[int, int | None]]:
        """The tables to come at which both of these are, each with its host."""
        rows = await cls.select(cls.id, cls.host).where(
            cls.cancelled.eq(False),
            cls.ends_at > now,
            WhereRaw(f"{THERE} AND {THERE}", one, one, other, other),
        )
        return [(row["id"], row["host"]) for row in rows]

    @classmethod
    async def seen_by(
        cls, viewer: int | None, now: datetime, *conditions: Any, long_over: bool = False
    ) -> list[RoundTableRow]:
        """The tables to come and of the last hours that a viewer may see, by time. `viewer`: None is for all who have
        to do with no block. `long_over`: those of long ago as well.
        """
        meets_all = [may_be_seen_by(viewer)] if viewer is not None else []
        recent = [] if long_over else [cls.ends_at > now - LONG_AGO]
        tables = (
            cls.select(*ROUND_TABLE_COLUMNS)
            .where(*recent, *meets_all, *conditions)
            .order_by(cls.starts_at, cls.id)
        )
        return await _as_they_may_be_read(tables, viewer)

    @classmethod
    async def with_seat_for(cls, profile: int) -> list[RoundTableRow]:
        """Those at which somebody has a seat, also past ones and those called off: for their calendar."""
        mine = Seat.select(Seat.round_table).where(Seat.profile == profile, Seat.seated.eq(True))
        tables = (
            cls.select(*ROUND_TABLE_COLUMNS)
            .where(cls.id.is_in(mine), may_be_seen_by(profile))
            .order_by(cls.starts_at, cls.id)
        )
        return await _as_they_may_be_read(tables, profile)

    @classmethod
    async def among(cls, tables: set[int], viewer: int) -> list[RoundTableRow]:
        """Those of these tables that somebody may see, whenever they are."""
        which = cls.id.is_in(sorted(tables) or [0])
        rows = cls.select(*ROUND_TABLE_COLUMNS).where(which, may_be_seen_by(viewer))
        return await _as_they_may_be_read(rows, viewer)

    @classmethod
    async def at_desk(cls, table: int) -> RoundTableRow | None:
        """A table for moderators, as its host invites to it, whoever has blocked whom."""
        return await row_as(RoundTableRow, cls.select(*ROUND_TABLE_COLUMNS).where(cls.id == table).first())

    @classmethod
    async def name_anew(cls, note: int, now: datetime, revision: int) -> None:
        """Tell pages and calendars that the note of a table may not be read any more, or again: within that change."""
        await cls.update(cls.changed(now, revision)).where(cls.note == note)

    @classmethod
    def changed(cls, now: datetime, revision: int) -> dict[Any, Any]:
        """What is written beside any change, so that pages and calendars take it up."""
        return {cls.sequence: cls.sequence + 1, cls.changed_at: now, cls.revision: revision}


ROUND_TABLE_COLUMNS = [
    RoundTable.id,
    RoundTable.title,
    RoundTable.place,
    RoundTable.starts_at,
    RoundTable.ends_at,
    RoundTable.seats,
    RoundTable.taken,
    RoundTable.waiting,
    RoundTable.cancelled,
    RoundTable.uid,
    RoundTable.sequence,
    RoundTable.changed_at,
    RoundTable.revision,
    RoundTable.note,
    RoundTable.note.state.as_alias("note_state"),
    RoundTable.note.author.as_alias("note_author"),
    RoundTable.host,
    RoundTable.host.name.as_alias("host_name"),
]


async def _as_they_may_be_read(tables: Select[Any], viewer: int | None) -> list[RoundTableRow]:
    """Tables without the words of notes that nobody may read any more, or not this viewer. None: of nobody's blocks."""
    apart = (await Block.not_met_by(viewer))[viewer] if viewer is not None else frozenset()
    return [_as_it_may_be_read(row, apart) for row in await rows_as(RoundTableRow, tables)]


def _as_it_may_be_read(row: RoundTableRow, apart: frozenset[int]) -> RoundTableRow:
    author, state = row["note_author"], row["note_state"]
    if row["note"] is None or (state in READABLE and author not in apart):
        return row
    is_the_hosts = state == State.WITHDRAWN and author is not None and author == row["host"]
    return {**row, "note": None, "title": row["title"] if is_the_hosts else A_TABLE}
