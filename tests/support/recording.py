"""What a house does while people use it: the statements it sends to its database, and what it leaves to collect."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests.support.house import House

RECORDER = Path(__file__).parent / "recorder"


@dataclass
class Recording:
    """Give its `settings` to a house that is to be recorded."""

    file: Path
    _from: int = field(default=0, init=False)

    @property
    def settings(self) -> dict[str, str]:
        return {"PYTHONPATH": str(RECORDER), "RECORDED": str(self.file)}

    def begin(self) -> None:
        """Forget what was until now."""
        self._from = self.file.stat().st_size

    def lines(self) -> list[dict[str, Any]]:
        with self.file.open() as file:
            file.seek(self._from)
            return [json.loads(line) for line in file]

    @property
    def statements(self) -> dict[str, int]:
        """All statements, each with how many values it takes."""
        return {line["statement"]: line["values"] for line in self.lines() if "statement" in line}

    @property
    def collected(self) -> int:
        """How many objects held each other, so that a collection had to find them."""
        return sum(int(line.get("collected", 0)) for line in self.lines())

    @property
    def frozen(self) -> int:
        """How many objects no collection looked at, when the last process ended."""
        return max(int(line.get("frozen", 0)) for line in self.lines())


def scanned(house: House, statement: str, values: int) -> set[str]:
    """The tables that the database reads from one end to the other for a statement."""
    return (
        _by_sqlite(house, statement, values)
        if house.database == "sqlite"
        else _by_postgresql(house, statement)
    )


def _by_sqlite(house: House, statement: str, values: int) -> set[str]:
    with closing(sqlite3.connect(house.data / "plenum.sqlite")) as sqlite:
        plan = sqlite.execute(f"EXPLAIN QUERY PLAN {statement}", [None] * values).fetchall()
    steps = (str(row[3]).split() for row in plan)
    return {step[1] for step in steps if step[0] == "SCAN" and step[1:2] != ["CONSTANT"]}


def _by_postgresql(house: House, statement: str) -> set[str]:
    with psycopg.connect(house.database_url) as connection:
        # However few rows there are: what could be found by an index is.
        for shortcut in ("seqscan", "hashjoin", "mergejoin"):
            connection.execute(f"SET enable_{shortcut} = off".encode())
        connection.execute("SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE asked AS {statement}".encode())
        count = len(
            connection.execute(
                "SELECT unnest(parameter_types) FROM pg_prepared_statements WHERE name = 'asked'"
            ).fetchall()
        )
        given = f"({', '.join(['NULL'] * count)})" if count else ""
        explained = connection.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked{given}".encode()).fetchone()
    assert explained
    return set(_whole(explained[0][0]["Plan"]))


def _whole(step: dict[str, Any], above: str = "") -> Iterator[str]:
    """The tables that a step of a plan, or one below it, reads whole: also in the order of an index."""
    reads = step["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan")
    table = step.get("Relation Name", above)
    if reads and "Index Cond" not in step:
        yield table
    for below in step.get("Plans", ()):
        yield from _whole(below, table)
