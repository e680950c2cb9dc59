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
ANOTHER_VERSIONS = (
    "The database at DATABASE_URL was made by another version of Plenum, which this one cannot take over from. Start "
    "that version, or move the database away and begin afresh (plenum conference load FILE), or put back a backup "
    "that this version has made (plenum restore FILE)."
)

Migration._meta.db = DB


async def migrate() -> None:
    """Run the migrations that have not been run. Raises Refused when one fails, or another version's were run here."""
    if not await migrations_to_run():
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


async def migrations_to_run() -> set[str]:
    """The names of the migrations that this database has not been through.

    Raises Refused when it has been through others instead, so that these would not fit it.
    """
    # Piccolo names the files after the migrations, so none is imported to know.
    known = {file.stem for file in MIGRATIONS.glob("plenum_*.py")}
    run = await Migration.get_migrations_which_ran("plenum") if await Migration.table_exists() else []
    named = {f"plenum_{re.sub('[-:]', '_', migration).lower()}" for migration in run}
    if known - named and named - known:
        raise Refused(ANOTHER_VERSIONS)
    return known - named
