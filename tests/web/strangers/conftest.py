"""Houses for strangers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.room import Room, room_in


@pytest.fixture(scope="module")
def house(
    database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[House]:
    """A house for strangers, with every route there is. When all have left, nothing is in its log that broke."""
    house = House(
        tmp_path_factory.mktemp(database),
        request.getfixturevalue("an_empty_database") if database == "postgresql" else None,
        PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN,
        PLENUM_DEV="1",
        workers=1,
    )
    house.plenum("conference", "load", SCHOOL_REFUSAL)
    house.start()
    try:
        yield house
    finally:
        house.stop()
    assert "Traceback" not in "".join(house.log), "".join(house.log)


@pytest.fixture(scope="module")
def an_empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def open_panel(house: House, cast: Cast) -> Iterator[Room]:
    """A panel that takes questions before its time."""
    with room_in(house) as room:
        assert room.moderator(cast.olga).set("by_hand", "open").is_success
        yield room


@pytest.fixture(scope="module")
def secure_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that people reach over HTTPS, at an address of its own."""
    house = House(
        tmp_path_factory.mktemp("secure"),
        PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN,
        PLENUM_URL="https://conference.example.org",
        workers=1,
    )
    house.plenum("conference", "load", SCHOOL_REFUSAL)
    house.start()
    try:
        yield house
    finally:
        house.stop()
