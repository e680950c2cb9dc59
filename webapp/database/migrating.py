"""Bringing the database to the shape this version needs."""

from __future__ import annotations

import contextlib
import io
import logging
import re
from pathlib import Path

from piccolo.apps.migrations.tables import Migration

from webapp.database.engine import DB, Postgres
from webapp.database.transaction import transaction
from webapp.refusal import Refused

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parents[2] / "piccolo_migrations"
Migration._meta.db = DB


async def migrate() -> None:
    """Run the migrations that have not been run. Raises Refused when one of them fails."""
    if await _is_migrated():
        return
    # Half a second of imports, which most starts do without.
    from piccolo.apps.migrations.commands.forwards import run_forwards

    # All or nothing, and of several processes that start at once one migrates and the others wait for it:
    # SQLite lets only one write, PostgreSQL is asked to.
    async with transaction():
        if isinstance(DB, Postgres):
            await Migration.raw("SELECT pg_advisory_xact_lock(hashtext('plenum migrations'))")
        with contextlib.redirect_stdout(io.StringIO()) as said:
            result = await run_forwards(app_name="plenum")
    if not result.success:
        raise Refused(f"The database could not be brought up to date: {said.getvalue().strip()}")
    log.info("The database is brought up to date")


async def _is_migrated() -> bool:
    """Whether all have been run. Piccolo names the files after the migrations, so none is imported to know."""
    if not await Migration.table_exists():
        return False
    run = await Migration.get_migrations_which_ran("plenum")
    named = {f"plenum_{re.sub('[-:]', '_', migration).lower()}" for migration in run}
    return named.issuperset(file.stem for file in MIGRATIONS.glob("plenum_*.py"))
