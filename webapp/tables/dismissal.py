"""Organisers and moderators are dismissed: whoever may not come in any more keeps no seat at the meeting place."""

from __future__ import annotations

from datetime import datetime

from webapp.database.transaction import transaction
from webapp.tables.meeting_place.leaving import leave_tables_if_gone
from webapp.tables.people import Person
from webapp.tables.team import Moderator


async def dismiss_organiser(email: str, now: datetime) -> bool:
    """Let this address organise no more. Returns False when it did not."""
    async with transaction():
        dismissed = await Person.dismiss_organiser(email)
        if dismissed:
            await leave_tables_if_gone(dismissed, now)
    return bool(dismissed)


async def dismiss_moderator(email: str, panel: str, now: datetime) -> bool:
    """Let this address moderate the panel (a slug; empty: all) no more. Returns False when it did not."""
    async with transaction():
        dismissed = await Moderator.dismiss(email, panel)
        if dismissed:
            await leave_tables_if_gone(dismissed, now)
    return bool(dismissed)
