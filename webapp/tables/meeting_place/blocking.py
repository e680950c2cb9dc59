"""Blocking somebody: what each was told of the other goes, and they sit at no table together."""

from __future__ import annotations

from datetime import datetime

from piccolo.columns.combination import WhereRaw

from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import Block
from webapp.tables.meeting_place.board import Note
from webapp.tables.meeting_place.follows import Follow
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import PERSON_GONE, Profile
from webapp.tables.meeting_place.round_tables import AWAY, RoundTable


async def block(blocker: int, blocked: int, now: datetime) -> None:
    """Block somebody. Doing it again changes nothing. Raises Refused for oneself, and for somebody who is gone."""
    if blocker == blocked:
        raise Refused("This is you.")
    async with transaction():
        revision = await Meeting.change()
        if not await Profile.all_there(blocker, blocked):
            raise Refused(PERSON_GONE)
        await Block.put(blocker, blocked, now)
        for one, other in ((blocker, blocked), (blocked, blocker)):
            await _hear_no_more(one, other, revision)
        await _leave_shared_round_tables(blocker, blocked, now)


async def unblock(blocker: int, tag: str) -> bool:
    """Meet somebody again, as far as it depends on oneself. Returns False when they were not blocked."""
    async with transaction():
        await Meeting.change()
        blocked = Profile.select(Profile.id).where(Profile.tag == tag)
        lifted = (
            await Block.delete()
            .where(Block.blocker == blocker, Block.blocked.is_in(blocked))
            .returning(Block.id)
        )
    return bool(lifted)


async def _hear_no_more(one: int, other: int, revision: int) -> None:
    """Take back what one was told of the other or of their notes, and let no more of it come."""
    notes = Note.select(Note.id).where(Note.author == other)
    await Notice.update({Notice.withdrawn: True, Notice.revision: revision}).where(
        Notice.profile == one, (Notice.actor == other) | Notice.note.is_in(notes)
    )
    await Follow.delete().where(Follow.profile == one, Follow.note.is_in(notes))


async def _leave_shared_round_tables(blocker: int, blocked: int, now: datetime) -> None:
    """Whoever is blocked leaves the tables at which the other is, but a table of their own the other leaves."""
    for table, host in await RoundTable.shared_by(blocker, blocked, now):
        leaves = blocker if host == blocked else blocked
        await RoundTable.leave_seat(table, leaves, now)
        if leaves == blocker:  # the other would know at once that there is a block
            await Notice.tell(blocker, "unseated", now, await Meeting.present())
    for one in (blocker, blocked):
        await _withdraw_notices_of_hidden_tables(one, await Meeting.present())


async def _withdraw_notices_of_hidden_tables(profile: int, revision: int) -> None:
    """Take back what somebody was told of tables that they see no more."""
    hidden = RoundTable.select(RoundTable.id).where(WhereRaw(f"NOT ({AWAY})", *[profile] * 4))
    await Notice.update({Notice.withdrawn: True, Notice.revision: revision}).where(
        Notice.profile == profile, Notice.round_table.is_in(hidden)
    )
