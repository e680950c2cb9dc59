"""Leaving: somebody gives back their seats, or takes themselves out of everything."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from piccolo.columns.combination import WhereRaw

from webapp.database.transaction import transaction
from webapp.tables.meeting_place.care import Deed, Report
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.presentation import sign_anew
from webapp.tables.meeting_place.profile import STILL_COMES, Profile
from webapp.tables.meeting_place.round_tables import RoundTable
from webapp.tables.meeting_place.seats import Seat
from webapp.tables.search import Entry


async def leave_tables(profile: int, now: datetime) -> None:
    """Call off the tables to come that somebody hosts, and leave all others. To be called within a change."""
    hosted = await RoundTable.select(RoundTable.id).where(
        RoundTable.host == profile, RoundTable.cancelled.eq(False), RoundTable.ends_at > now
    )
    for table in hosted:
        await RoundTable.cancel(table["id"], profile, now)
    for seat in await Seat.select(Seat.round_table).where(Seat.profile == profile):
        await RoundTable.leave_seat(seat["round_table"], profile, now)


async def leave_tables_if_gone(people: Iterable[int], now: datetime) -> None:
    """Let those of these people (of `Person`) who may not come in any more leave all tables.

    To be called last in the transaction in which that changes: nobody takes a seat until it is done.
    """
    await Meeting.change()
    gone = Profile.select(Profile.id).where(
        Profile.person.is_in(sorted(people) or [0]), WhereRaw(f"NOT {STILL_COMES}")
    )
    for row in await gone.order_by(Profile.id):
        await leave_tables(row["id"], now)


async def leave(profile: int, now: datetime) -> None:
    """Take somebody out of everything: what they wrote is “a delegate's”, and the rest is gone.

    Whoever was asked to pause, or has a hidden profile, comes back as such.
    """
    async with transaction():
        revision = await Meeting.change()
        await leave_tables(profile, now)
        await sign_anew(profile, revision)
        await Entry.leave_out("profile", profile)
        await Report.forget(profile)
        await Deed.update({Deed.detail: ""}).where(
            Deed.profile == profile
        )  # it says their name, and their words
        rows = (
            await Profile.delete()
            .where(Profile.id == profile)
            .returning(Profile.person, Profile.muted_until, Profile.hidden)
        )
        is_muted = bool(rows and rows[0]["muted_until"] and rows[0]["muted_until"] > now)
        if rows and (is_muted or rows[0]["hidden"]):
            await Profile.insert(
                Profile(
                    person=rows[0]["person"],
                    tag=secrets.token_urlsafe(12),
                    name="A delegate",
                    muted_until=rows[0]["muted_until"],
                    hidden=rows[0]["hidden"],
                    since=now,
                )
            )
