"""Whatever people do, one after the other: no seat is lost or doubled, nobody is passed, and every invoice adds up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    run_state_machine_as_test,
)
from piccolo.table import create_db_tables

from tests.support.seats_model import ALL_TABLES, Conferences
from webapp.database.engine import Postgres
from webapp.database.sqlite import SQLite


@pytest.fixture
def engine(
    database: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[asyncio.Runner]:
    """Every table in a new database, and the loop in which it is asked."""
    with ExitStack() as opened:
        if database == "postgresql":
            url = opened.enter_context(request.getfixturevalue("postgres").database())
            new: SQLite | Postgres = Postgres(config={"dsn": url})
        else:
            new = SQLite(path=str(tmp_path / "plenum.sqlite"))
        monkeypatch.setattr("webapp.database.transaction.DB", new)
        before = {table: table._meta._db for table in ALL_TABLES}
        runner = opened.enter_context(asyncio.Runner())
        try:
            for table in ALL_TABLES:
                table._meta.db = new
            if isinstance(new, Postgres):
                runner.run(new.start_connection_pool())
            runner.run(create_db_tables(*ALL_TABLES))
            yield runner
        finally:
            runner.run(new.close_connection_pool())
            for table, engine in before.items():
                table._meta._db = engine


def test_whatever_people_do_no_seat_is_lost_or_doubled_and_every_invoice_adds_up(
    engine: asyncio.Runner, database: str
) -> None:
    class Here(Conferences):
        runner = engine

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40 if database == "sqlite" else 8,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
