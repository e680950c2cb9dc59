"""Clears away what has had its time: links, sign-ins, wishes for another address, forms half filled in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from webapp import clock
from webapp.database.engine import DB
from webapp.tables import AddressChange, Draft, SignIn, SignInLink

log = logging.getLogger(__name__)

ROUND = 600
"""Seconds between two rounds. Every worker makes them: they take nothing, and do no harm."""


@contextlib.asynccontextmanager
async def keeping_house() -> AsyncIterator[None]:
    """Clear away now and again and again, for as long as the block runs."""
    work = asyncio.create_task(_again_and_again())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


async def _again_and_again() -> None:
    while True:
        try:
            await clear_away()
        except Exception:
            log.exception("Could not clear away what has had its time")
        await asyncio.sleep(ROUND)


async def clear_away() -> None:
    # A rehearsal in the future ends nothing for good.
    now = min(clock.now(), clock.real())
    for table in (SignInLink, SignIn, AddressChange):
        await table.clear_away(now)
    await Draft.clear_away(clock.real())
    await DB.fold()
