"""Tables in the venue: a time and a place to talk, with so many seats and an honest queue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, OnDelete, Serial, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.board import SEEN, Note, State
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import STILL_COMES, Block, Meeting, Profile, meets, unblocked

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


def met_at(viewer: int) -> WhereRaw:
    """That somebody may see a table: they meet nobody there whom they are not to meet."""
    return WhereRaw(AWAY, *[viewer] * 4)


@dataclass(frozen=True)
class Setting:
    """Where and when a table is, and for how many."""

    place: str
    """The slug of a table of the conference file."""
    seats: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Laid(Setting):
    """A table, and what it is about."""

    title: str
    note: int | None


def beside(setting: Setting) -> tuple[Any, ...]:
    return setting.place, setting.ends_at, setting.starts_at


def too_few(taken: int) -> str:
    return f"{taken} seats are taken already, so there must be at least as many."


class RoundTable(Table):
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
    async def lay(cls, host: int, key: str, laid: Laid, now: datetime) -> int:
        """Invite to a table, with the first seat for oneself, and return its id. Raises Refused."""
        async with transaction():
            revision = await Meeting.speak(host, now)
            before = await cls.select(cls.id).where(cls.host == host, cls.key == key).first()
            if before is not None:
                return int(before["id"])
            to_come = await cls.count().where(cls.host == host, cls.cancelled.eq(False), cls.ends_at > now)
            if to_come >= MOST_HOSTED:
                raise Refused(f"You host {MOST_HOSTED} tables to come, which is as many as one can.")
            if await cls.raw(f"SELECT id FROM round_table AS other WHERE {BESIDE}", *beside(laid)):  # noqa: S608
                raise Refused(TAKEN)
            rows = await cls.insert(
                cls(host=host, key=key, uid=uuid4(), changed_at=now, revision=revision, taken=1, **vars(laid))
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
            revision = await Meeting.speak(host, now)
            before = await cls.select().where(cls.id == table).first()
            rows = await (
                cls.update(
                    {
                        **{getattr(cls, name): value for name, value in vars(setting).items()},
                        cls.sequence: cls.sequence + 1,
                        cls.changed_at: now,
                        cls.revision: revision,
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
            await Seat.fill(table, rows[0]["seats"] - rows[0]["taken"], now, revision)

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
                cls.update(
                    {
                        cls.cancelled: True,
                        cls.sequence: cls.sequence + 1,
                        cls.changed_at: now,
                        cls.revision: revision,
                    }
                )
                .where(cls.id == table, cls.host == host, cls.cancelled.eq(False), cls.ends_at > now)
                .returning(cls.id)
            )
            if not rows:
                raise Refused(OVER)
            await Seat.tell_all(table, host, "cancelled", now, revision)

    @classmethod
    async def seen_by(
        cls, viewer: int | None, now: datetime, *conditions: Any, long_over: bool = False
    ) -> list[dict[str, Any]]:
        """Tables to come, and those of the last hours, by time. None: whoever has nothing to do with any block.

        `long_over`: those of long ago as well.
        """
        meets_all = [met_at(viewer)] if viewer is not None else []
        recent = [] if long_over else [cls.ends_at > now - LONG_AGO]
        rows = (
            await cls.select(*TABLE).where(*recent, *meets_all, *conditions).order_by(cls.starts_at, cls.id)
        )
        return await _as_they_may_be_read(rows, viewer)

    @classmethod
    async def of(cls, profile: int) -> list[dict[str, Any]]:
        """Those at which somebody has a seat, also past ones and those called off: for their calendar."""
        mine = Seat.select(Seat.round_table).where(Seat.profile == profile, Seat.seated.eq(True))
        rows = (
            await cls.select(*TABLE)
            .where(cls.id.is_in(mine), met_at(profile))
            .order_by(cls.starts_at, cls.id)
        )
        return await _as_they_may_be_read(rows, profile)

    @classmethod
    async def these(cls, tables: set[int], viewer: int) -> list[dict[str, Any]]:
        """Those of these tables that somebody may see, whenever they are."""
        rows = cls.select(*TABLE).where(cls.id.is_in(sorted(tables) or [0]), met_at(viewer))
        return await _as_they_may_be_read(await rows, viewer)

    @classmethod
    async def at_desk(cls, table: int) -> dict[str, Any] | None:
        """A table for moderators, as it was laid and whoever has blocked whom."""
        return await cls.select(*TABLE).where(cls.id == table).first()

    @classmethod
    async def name_anew(cls, note: int, now: datetime, revision: int) -> None:
        """Tell pages and calendars that the note of a table may not be read any more, or again: within that change."""
        facts: dict[Any, Any] = {
            cls.sequence: cls.sequence + 1,
            cls.changed_at: now,
            cls.revision: revision,
        }
        await cls.update(facts).where(cls.note == note)


class Seat(Table):
    """A seat at a table, or a place in its queue. Whoever came first is first."""

    id: Serial
    round_table = ForeignKey(RoundTable, null=False, on_delete=OnDelete.cascade)
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    seated = Boolean(default=False)

    one_seat_each = Unique([round_table, profile])

    @classmethod
    async def take(cls, table: int, profile: int, now: datetime) -> bool:
        """Take a seat, or the last place in the queue. Returns whether one sits. Doing it again changes nothing.

        The statement that takes the seat is the one that sees whether it is there. A seat that gets free goes to the
        first in the queue in the same transaction, so whoever comes now never goes before those who wait.
        """
        async with transaction():
            revision = await Meeting.speak(profile, now)
            rows = await (
                cls.insert(cls(round_table=table, profile=profile))
                .on_conflict(action="DO NOTHING")
                .returning(cls.id)
            )
            if not rows:
                there = (
                    await cls.select(cls.seated)
                    .where(cls.round_table == table, cls.profile == profile)
                    .first()
                )
                return bool(there and there["seated"])
            is_open: list[Any] = [
                RoundTable.id == table,
                RoundTable.cancelled.eq(False),
                RoundTable.ends_at > now,
                met_at(profile),
            ]
            sits = await (
                RoundTable.update({RoundTable.taken: RoundTable.taken + 1, RoundTable.revision: revision})
                .where(*is_open, RoundTable.taken < RoundTable.seats)
                .returning(RoundTable.id)
            )
            if sits:
                await cls.update({cls.seated: True}).where(cls.id == rows[0]["id"])
                return True
            waits = await (
                RoundTable.update({RoundTable.waiting: RoundTable.waiting + 1, RoundTable.revision: revision})
                .where(*is_open)
                .returning(RoundTable.id)
            )
            if not waits:
                raise Refused("This table is over, or was called off.")
            return False

    @classmethod
    async def leave(cls, table: int, profile: int, now: datetime) -> None:
        """Give the seat to the first in the queue, or leave the queue. Doing it again changes nothing.

        Nobody gets a seat any more at a table that is over or called off.
        """
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                cls.delete().where(cls.round_table == table, cls.profile == profile).returning(cls.seated)
            )
            if not rows:
                return
            which = RoundTable.taken if rows[0]["seated"] else RoundTable.waiting
            await RoundTable.update({which: which - 1, RoundTable.revision: revision}).where(
                RoundTable.id == table
            )
            await cls.fill(table, int(rows[0]["seated"]), now, revision)

    @classmethod
    async def leave_all(cls, profile: int, now: datetime) -> None:
        """Call off the tables to come that somebody hosts, and leave all others. To be called within a change."""
        hosted = await RoundTable.select(RoundTable.id).where(
            RoundTable.host == profile, RoundTable.cancelled.eq(False), RoundTable.ends_at > now
        )
        for table in hosted:
            await RoundTable.cancel(table["id"], profile, now)
        for seat in await cls.select(cls.round_table).where(cls.profile == profile):
            await cls.leave(seat["round_table"], profile, now)

    @classmethod
    async def leave_all_of(cls, people: Iterable[int], now: datetime) -> None:
        """The same for those of these people (of `Person`) who may not come in any more.

        To be called last in the transaction in which that changes: nobody takes a seat until it is done.
        """
        await Meeting.change()
        gone = Profile.select(Profile.id).where(
            Profile.person.is_in(sorted(people) or [0]), WhereRaw(f"NOT {STILL_COMES}")
        )
        for row in await gone.order_by(Profile.id):
            await cls.leave_all(row["id"], now)

    @classmethod
    async def fill(cls, table: int, free: int, now: datetime, revision: int) -> None:
        """Give so many free seats to the first in the queue, and tell them. To be called within a change."""
        at: Any = cls.round_table
        first = (
            await cls.select(cls.id, cls.profile)
            .where(cls.round_table == table, cls.seated.eq(False), at.cancelled.eq(False), at.ends_at > now)
            .order_by(cls.id)
            .limit(free)
        )
        if not first:
            return
        await cls.update({cls.seated: True}).where(cls.id.is_in([seat["id"] for seat in first]))
        await RoundTable.update(
            {
                RoundTable.taken: RoundTable.taken + len(first),
                RoundTable.waiting: RoundTable.waiting - len(first),
            }
        ).where(RoundTable.id == table)
        for seat in first:
            await Notice.tell(seat["profile"], "seat", now, revision, table=table)

    @classmethod
    async def part(cls, blocker: int, blocked: int, now: datetime) -> None:
        """Whoever is blocked leaves the tables at which the other is, but a table of their own the other leaves.

        To be called within a change.
        """
        shared = await RoundTable.select(RoundTable.id, RoundTable.host).where(
            RoundTable.cancelled.eq(False),
            RoundTable.ends_at > now,
            WhereRaw(f"{THERE} AND {THERE}", blocker, blocker, blocked, blocked),
        )
        for table in shared:
            leaves = blocker if table["host"] == blocked else blocked
            await cls.leave(table["id"], leaves, now)
            if leaves == blocker:  # the other would know at once that there is a block
                await Notice.tell(blocker, "unseated", now, await Meeting.present())
        for one in (blocker, blocked):  # what they were told of tables that they see no more
            await Notice.raw(
                "UPDATE notice SET withdrawn = {}, revision = {} WHERE profile = {}"  # noqa: S608 - constants
                f" AND round_table IN (SELECT id FROM round_table WHERE NOT ({AWAY}))",
                *(True, await Meeting.present(), one, *[one] * 4),
            )

    @classmethod
    async def tell_all(cls, table: int, host: int | None, kind: str, now: datetime, revision: int) -> None:
        """Tell everybody but the host who has a seat or waits for one. To be called within a change."""
        for seat in await cls.select(cls.profile).where(cls.round_table == table):
            if seat["profile"] != host:
                await Notice.tell(seat["profile"], kind, now, revision, table=table)

    @classmethod
    async def at(cls, table: int, viewer: int | None) -> list[dict[str, Any]]:
        """Who sits at a table, in the order in which they came: those whom this viewer may meet. None: all."""
        met = [unblocked("seat.profile", viewer)] if viewer is not None else []
        return (
            await cls.select(
                cls.profile,
                cls.profile.tag.as_alias("tag"),
                cls.profile.name.as_alias("name"),
                cls.profile.listed.as_alias("listed"),
            )
            .where(cls.round_table == table, cls.seated.eq(True), *met)
            .order_by(cls.id)
        )

    @classmethod
    async def place_of(cls, table: int, profile: int) -> int | None:
        """0: they sit; else the place in the queue; None: neither. Everybody counts who came before."""
        own = (
            await cls.select(cls.id, cls.seated)
            .where(cls.round_table == table, cls.profile == profile)
            .first()
        )
        if own is None or own["seated"]:
            return None if own is None else 0
        before = await cls.count().where(cls.round_table == table, cls.seated.eq(False), cls.id < own["id"])
        return int(before) + 1

    @classmethod
    async def tables_of(cls, *profiles: int) -> dict[int, set[int]]:
        """At which tables each of these has a seat or waits."""
        found: dict[int, set[int]] = {profile: set() for profile in profiles}
        if profiles:
            for row in await cls.select(cls.profile, cls.round_table).where(
                cls.profile.is_in(list(profiles))
            ):
                found[row["profile"]].add(row["round_table"])
        return found


TABLE = [
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


async def _as_they_may_be_read(rows: list[dict[str, Any]], viewer: int | None) -> list[dict[str, Any]]:
    """Tables without the words of notes that nobody may read any more, or not this viewer. None: of nobody's blocks."""
    apart = (await Block.between(viewer))[viewer] if viewer is not None else frozenset()
    return [_as_it_may_be_read(row, apart) for row in rows]


def _as_it_may_be_read(row: dict[str, Any], apart: frozenset[int]) -> dict[str, Any]:
    author, state = row["note_author"], row["note_state"]
    if row["note"] is None or (state in SEEN and author not in apart):
        return row
    is_the_hosts = state == State.WITHDRAWN and author is not None and author == row["host"]
    return {**row, "note": None, "title": row["title"] if is_the_hosts else A_TABLE}
