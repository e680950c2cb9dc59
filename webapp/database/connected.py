"""Reaching the database from outside a request."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator

import asyncpg

from webapp.database.engine import DB
from webapp.database.sqlite import is_damage
from webapp.refusal import Refused


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[None]:
    """Open the connections for as long as the block runs.

    Raises Refused when the database cannot be reached, or is found to be damaged.
    """
    try:
        async with _open_connections():
            yield
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise Refused(
            f"The database at DATABASE_URL is damaged: {error}. Move it away and put back your latest backup with: "
            "plenum restore FILE"
        ) from error


@contextlib.asynccontextmanager
async def _open_connections() -> AsyncIterator[None]:
    try:
        await DB.start_connection_pool()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused(f"The database at DATABASE_URL cannot be reached: {error}") from error
    try:
        yield
    finally:
        await DB.close_connection_pool()
