"""Houses for strangers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.room import Room, room_in


@pytest.fixture(scope="module")
def house(lasting_houses: Houses, database: str) -> Iterator[House]:
    """A house for strangers, with every route there is. When all have left, nothing is in its log that broke."""
    house = lasting_houses(database, PLENUM_DEV="1")
    yield house
    assert "Traceback" not in "".join(house.log), "".join(house.log)


@pytest.fixture
def open_panel(house: House, cast: Cast) -> Iterator[Room]:
    """A panel that takes questions before its time."""
    with room_in(house) as room:
        assert room.moderator(cast.olga).set("by_hand", "open").is_success
        yield room


@pytest.fixture(scope="module")
def secure_house(lasting_houses: Houses) -> House:
    """A house that people reach over HTTPS, at an address of its own."""
    return lasting_houses(PLENUM_URL="https://conference.example.org")
