"""What tests of booking may ask for."""

from __future__ import annotations

import pytest

from tests.conftest import Houses
from tests.support.waiting_list import FullHouse


@pytest.fixture(scope="module")
def opened_house(
    lasting_houses: Houses, database: str, tmp_path_factory: pytest.TempPathFactory
) -> FullHouse:
    return FullHouse(lasting_houses(database, workers=2), tmp_path_factory.mktemp("full"))


@pytest.fixture
def full(opened_house: FullHouse) -> FullHouse:
    """On 2 May at 10, with seats for everybody."""
    opened_house.set_clock("2017-05-02T10:00")
    opened_house.offer()
    return opened_house
