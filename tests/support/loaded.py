"""The Copenhagen conference, loaded once in a run of the tests: what a house begins with is a copy of it."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.postgres import Postgres


class Loaded:
    """What `plenum conference load` leaves in a database in which nothing was."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self._folder = folder
        self._postgres = postgres
        self._kept = contextlib.ExitStack()

    @cached_property
    def sqlite(self) -> Path:
        """The file `plenum.sqlite`, to be copied."""
        house = House(self._folder)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        assert [path.name for path in house.data.glob("plenum.sqlite*")] == ["plenum.sqlite"], (
            "It is not whole."
        )
        return house.data / "plenum.sqlite"

    @cached_property
    def postgresql(self) -> str:
        """The address of a database, for `Postgres.database(like=…)`."""
        url = self._kept.enter_context(self._postgres.database())
        House(self._folder, url).plenum("conference", "load", SCHOOL_REFUSAL)
        return url

    def close(self) -> None:
        self._kept.close()
