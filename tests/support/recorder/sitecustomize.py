"""Python runs this as it starts, wherever this folder is on its path: it takes down what a house does, as it does it.

Every statement that goes to a database, and what each collection finds, is a line of JSON in the file that RECORDED
names. See `tests/support/recording.py`.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import sqlite3
from pathlib import Path
from typing import Any


def _say(**what: Any) -> None:
    with Path(os.environ["RECORDED"]).open("a") as file:
        file.write(json.dumps(what) + "\n")


def _record_sqlite() -> None:
    connect = sqlite3.connect

    class Recorded(sqlite3.Connection):
        def execute(self, sql: str, args: Any = ()) -> sqlite3.Cursor:
            _say(statement=sql, values=len(args))
            return super().execute(sql, args)

    sqlite3.connect = lambda *args, **options: connect(*args, **options | {"factory": Recorded})


def _record_postgresql() -> None:
    try:
        from asyncpg import connection
    except ImportError:
        return
    run = connection.Connection._execute

    async def recorded(self: Any, query: str, args: Any, *more: Any, **options: Any) -> Any:
        _say(statement=query, values=len(args))
        return await run(self, query, args, *more, **options)

    connection.Connection._execute = recorded


def _record_collections() -> None:
    def collected(phase: str, about: dict[str, int]) -> None:
        if phase == "stop" and about["collected"]:
            _say(collected=about["collected"])

    gc.callbacks.append(collected)
    atexit.register(lambda: _say(frozen=gc.get_freeze_count()))


if os.environ.get("RECORDED"):
    _record_sqlite()
    _record_postgresql()
    _record_collections()
