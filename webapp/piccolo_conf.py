"""Which database, and which tables. Piccolo finds this module by the name in PICCOLO_CONF."""

from __future__ import annotations

from piccolo.conf.apps import AppRegistry
from piccolo.engine.postgres import PostgresEngine

from webapp.settings import settings
from webapp.sqlite import SQLite


def engine(url: str) -> SQLite | PostgresEngine:
    """The engine for `sqlite:///path` or `postgresql://…`.

    Raises ValueError for any other kind of address.
    """
    scheme, _, rest = url.partition("://")
    match scheme:
        case "sqlite":
            return SQLite(path=rest.removeprefix("/"))
        case "postgresql" | "postgres":
            return PostgresEngine(config={"dsn": url, "min_size": 2, "max_size": 10})
    raise ValueError(
        f"DATABASE_URL begins with {scheme}://, but Plenum knows only sqlite:/// and postgresql://."
    )


DB = engine(settings().database_url)
APP_REGISTRY = AppRegistry(apps=["webapp.piccolo_app"])
