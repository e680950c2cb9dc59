"""Which database: the one at DATABASE_URL."""

from __future__ import annotations

import sys
from typing import Any

from piccolo.engine.postgres import PostgresEngine

from webapp.database.sqlite import SQLite
from webapp.settings import settings


class Postgres(PostgresEngine):
    """PostgreSQL, not reached before it is asked to be."""

    async def check_version(self) -> None:
        """Piccolo does this on import, and complains on its own when it does not get through."""

    async def start_connection_pool(self, **options: Any) -> None:
        await super().start_connection_pool(**{"min_size": 2, "max_size": 10} | options)

    async def examine(self) -> None:
        """PostgreSQL finds what is damaged by itself."""

    async def checkpoint(self) -> None:
        """Its files are not ours to tidy: PostgreSQL does that itself."""

    async def leave_no_trace(self) -> None:
        """Its files are not ours to tidy: PostgreSQL does that itself."""


def engine(url: str) -> SQLite | Postgres:
    """The engine for `sqlite:///path` or `postgresql://…`.

    Raises ValueError for any other kind of address.
    """
    scheme, _, rest = url.partition("://")
    match scheme:
        case "sqlite":
            return SQLite(path=rest.removeprefix("/"))
        case "postgresql" | "postgres":
            return Postgres(config={"dsn": url})
    raise ValueError(
        "DATABASE_URL must begin with sqlite:/// or postgresql://: Plenum knows these two databases."
    )


try:
    DB = engine(settings().database_url)
except ValueError as error:
    sys.exit(
        str(error)
    )  # every program that comes here needs a database, and whoever started it a plain word
