"""The panel that everybody in a browser is in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Houses
from tests.support.house import House
from tests.support.room import DURING_THE_PANEL, Room, room_in


@pytest.fixture(scope="module")
def hall(lasting_houses: Houses) -> House:
    return lasting_houses(workers=2, PLENUM_NOW=DURING_THE_PANEL)


@pytest.fixture
def room(hall: House) -> Iterator[Room]:
    with room_in(hall) as room:
        yield room
        hall.rows("UPDATE question SET state = 'withdrawn', revision = revision + 1000")
        hall.rows("UPDATE panel SET revision = revision + 1000")
