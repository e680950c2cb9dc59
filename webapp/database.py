"""Reaching the database from outside a request."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import asyncpg

from webapp.piccolo_conf import DB
from webapp.refusal import Refused


@contextlib.asynccontextmanager
async def connected() -> AsyncIterator[None]:
    """Open the connections for as long as the block runs. Raises Refused when the database cannot be reached."""
    try:
        await DB.start_connection_pool()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Refused(f"The database at DATABASE_URL cannot be reached: {error}") from error
    try:
        yield
    finally:
        await DB.close_connection_pool()
