"""Seats at the round tables, and the queue for them."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from piccolo.columns import Boolean, ForeignKey, LazyTableReference, OnDelete, Serial
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.rows import rows_as
from webapp.tables.meeting_place.block import unblocked
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Profile


class Seated(TypedDict):
    """Somebody who sits at a round table."""

    profile: int
    tag: str
    name: str
    listed: bool


class Seat(Table):
    """A seat at a round table, or a place in its queue. Whoever came first is first.

    They are taken and left at the table (`RoundTable.take_seat`), which counts them.
    """

    id: Serial
    round_table: ForeignKey[Table] = ForeignKey(
        LazyTableReference("RoundTable", module_path="webapp.tables.meeting_place.round_tables"),
        null=False,
        on_delete=OnDelete.cascade,
    )
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    seated = Boolean(default=False)

    one_seat_each = Unique([round_table, profile])

    @classmethod
    async def tell_all(cls, table: int, host: int | None, kind: str, now: datetime, revision: int) -> None:
        """Tell everybody but the host who has a seat or waits for one. To be called within a change."""
        for seat in await cls.select(cls.profile).where(cls.round_table == table):
            if seat["profile"] != host:
                await Notice.tell(seat["profile"], kind, now, revision, table=table)

    @classmethod
    async def taken_at(cls, table: int, viewer: int | None) -> list[Seated]:
        """Who sits at a table, in the order in which they came: those whom this viewer may meet. None: all."""
        met = [unblocked("seat.profile", viewer)] if viewer is not None else []
        return await rows_as(
            Seated,
            cls.select(
                cls.profile,
                cls.profile.tag.as_alias("tag"),
                cls.profile.name.as_alias("name"),
                cls.profile.listed.as_alias("listed"),
            )
            .where(cls.round_table == table, cls.seated.eq(True), *met)
            .order_by(cls.id),
        )

    @classmethod
    async def place_of(cls, table: int, profile: int) -> int | None:
        """Where somebody is: 0 sits, else the place in the queue, of all who came before. None: not there."""
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
