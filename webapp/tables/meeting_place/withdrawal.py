"""Taking a note down: the round tables about it say no more what it said."""

from __future__ import annotations

from datetime import datetime

from webapp.database.transaction import transaction
from webapp.tables.meeting_place.board import Note
from webapp.tables.meeting_place.round_tables import RoundTable


async def withdraw_note(note: int, author: int, now: datetime) -> None:
    """Take a note of this author down. Raises Refused."""
    async with transaction():
        revision = await Note.withdraw(note, author)
        await RoundTable.name_anew(note, now, revision)
