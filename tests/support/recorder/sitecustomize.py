"""Python runs this as it starts, wherever this folder is on its path: it takes down what a house does, as it does it.

Every statement that goes to a database and every collection of the oldest generation is a line of JSON in the file that
RECORDED names. See `tests/support/recording.py`.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import time
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
    began = 0.0

    def collected(phase: str, about: dict[str, int]) -> None:
        nonlocal began
        if about["generation"] < 2:
            return
        if phase == "start":
            began = time.perf_counter()
        else:
            _say(collected=time.perf_counter() - began, frozen=gc.get_freeze_count(), worker=os.getpid())

    gc.callbacks.append(collected)


if os.environ.get("RECORDED"):
    _record_sqlite()
    _record_postgresql()
    _record_collections()
