"""When a price begins and ends, and how long one holds that was shown."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import Houses
from tests.support.booking import (
    Form,
    Registering,
    bookings_of,
    count,
    filled_in,
    items_of,
    words,
)
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def instant(value: Any) -> datetime:
    """An instant as either database gives it."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def test_a_price_that_was_not_seen_is_not_charged(house: House, cast: Cast) -> None:
    with house.client() as browser:
        form = filled_in(browser, cast.dag)
        for seen in ["", "0", "580000", "725000.0", "-725000", "free"]:
            answer = browser.post("/register", data=form | {"price_seen": [seen]})
            assert answer.status_code == 422, seen
            assert "Please look at the price" in Form(answer.text).notice
        assert not bookings_of(house, cast.dag)
        assert browser.post("/register", data=form).status_code == 303


class RehearsedHouse:
    """A house whose clock we set, and whose prices we change."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._file = SCHOOL_REFUSAL

    def set_clock(self, time: str) -> None:
        """Let it be this time in Copenhagen, and wait until the pages say so."""
        self.house.plenum("clock", time)
        minute = time[11:16]
        with self.house.client() as anybody:
            until(lambda: f", {minute}" in anybody.get("/sign-in").text)

    def now(self) -> datetime:
        shift = self.house.rows("SELECT seconds FROM rehearsal")[0]["seconds"]
        return datetime.now(UTC) + timedelta(seconds=shift)

    @contextlib.contextmanager
    def with_prices(self, file: Path, before: str, after: str) -> Iterator[None]:
        """Load the conference with something in its prices changed, and in the end as it was."""
        file.write_text(SCHOOL_REFUSAL.read_text().replace(before, after))
        self._load(file)
        try:
            yield
        finally:
            self._load(SCHOOL_REFUSAL)

    def _load(self, file: Path) -> None:
        revision = self._revision()
        self.house.plenum("conference", "load", file)
        assert self._revision() == revision + 1

    def _revision(self) -> int:
        return int(self.house.rows("SELECT revision FROM conference")[0]["revision"])

    def prices_around(self, boundary: datetime) -> dict[str, set[str]]:
        """What participation is said to cost in the second before an instant and in the one after it."""
        seen: dict[str, set[str]] = {"before": set(), "after": set()}
        second = timedelta(seconds=1)
        with self.house.client() as anybody:

            def look() -> bool:
                asked = self.now()
                price = Form(anybody.get("/register").text).values["price_seen"][0]
                told = self.now()
                if boundary - second <= asked and told < boundary:
                    seen["before"].add(price)
                if boundary <= asked and told < boundary + second:
                    seen["after"].add(price)
                return asked > boundary + second

            until(look, within=30)
        return seen


@pytest.fixture(scope="module")
def rehearsed(lasting_houses: Houses, database: str) -> RehearsedHouse:
    return RehearsedHouse(lasting_houses(database))


@pytest.mark.one_database
def test_early_bird_ends_to_the_second_in_summer_and_in_winter_time(
    rehearsed: RehearsedHouse, tmp_path: Path
) -> None:
    summer = datetime(2017, 6, 20, tzinfo=COPENHAGEN)
    rehearsed.set_clock("2017-06-19T23:59:57")
    assert rehearsed.prices_around(summer) == {"before": {"580000"}, "after": {"680000"}}
    winter = datetime(2017, 2, 20, tzinfo=COPENHAGEN)
    assert winter.utcoffset() != summer.utcoffset()
    with rehearsed.with_prices(tmp_path / "winter.toml", "2017-06-20T00:00:00", "2017-02-20T00:00:00"):
        rehearsed.set_clock("2017-02-19T23:59:57")
        assert rehearsed.prices_around(winter) == {"before": {"580000"}, "after": {"680000"}}


def test_a_price_seen_holds_for_half_an_hour_and_not_longer(rehearsed: RehearsedHouse, cast: Cast) -> None:
    house = rehearsed.house
    rehearsed.set_clock("2017-06-19T23:50")
    with house.client() as dags, house.client() as gias, house.client() as stens, house.client() as olgas:
        dag, gia, olga = Registering(dags), Registering(gias), Registering(olgas)
        for page, person in [(dag, cast.dag), (gia, cast.gia), (olga, cast.olga)]:
            page.for_delegates(person)
            page.press("price")
            assert re.search(r"This price is held for you until 00:2\d", page.answer.text)
        rehearsed.set_clock("2017-06-20T00:10")
        # Looking again does not make it last longer.
        gia.press("price")
        assert "NOK 5,800" in words(gia.answer.text)
        assert re.search(r"This price is held for you until 00:2\d", gia.answer.text)
        # Who comes now pays what it costs now.
        sten = Registering(stens)
        assert sten.form.values["price_seen"] == ["680000"]
        assert dag.press("book").status_code == 303
        rehearsed.set_clock("2017-06-20T00:25")
        before = count(house)
        answer = gia.press("book")
        assert answer.status_code == 422
        assert gia.form.notice == "Please look at the price, then confirm the booking."
        assert "Total NOK 6,800" in words(answer.text)
        assert count(house) == before
        assert gia.press("book").status_code == 303
        # A page loaded again shows what was typed, at the price it has now.
        olga.open()
        assert olga.form.values["delegates.0.name"] == [cast.olga.name]
        assert olga.form.values["price_seen"] == ["680000"]
        assert "held for you" not in olga.answer.text
        assert olga.press("book").status_code == 303
    assert items_of(house, cast.dag) == [("participation", 580_000, 145_000)]
    assert items_of(house, cast.gia) == [("participation", 680_000, 0)]
    assert items_of(house, cast.olga) == [("participation", 680_000, 0)]
    priced, booked = (
        instant(bookings_of(house, cast.dag)[0][column]) for column in ("priced_at", "booked_at")
    )
    assert priced < datetime(2017, 6, 20, tzinfo=COPENHAGEN) < booked


def test_a_price_the_organisers_changed_meanwhile_is_shown_before_it_is_charged(
    rehearsed: RehearsedHouse, cast: Cast, tmp_path: Path
) -> None:
    house = rehearsed.house
    rehearsed.set_clock("2017-05-02T10:00")
    with house.client() as browser, house.client() as another:
        page = Registering(browser)
        page.for_delegates(cast.gia)
        page.press("price")
        with rehearsed.with_prices(tmp_path / "dearer.toml", "amount = 5800", "amount = 6000"):
            until(lambda: Registering(another).form.values["price_seen"] == ["600000"])
            answer = page.press("book")
            assert answer.status_code == 422
            assert "Total NOK 6,000" in words(answer.text)
            assert not bookings_of(house, cast.gia)
            assert page.press("book").status_code == 303
    assert items_of(house, cast.gia) == [("participation", 600_000, 0)]


def test_registration_opens_and_closes_when_the_file_says(
    rehearsed: RehearsedHouse, cast: Cast, tmp_path: Path
) -> None:
    house = rehearsed.house
    rehearsed.set_clock("2017-05-02T10:00")
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.gia)
        page.press("price")
        form = page.form.values | {"action": ["book"]}
        closed = 'currency = "NOK"\ncloses = 2017-05-01T00:00:00'
        with rehearsed.with_prices(tmp_path / "closed.toml", 'currency = "NOK"', closed):
            until(lambda: "It has closed." in words(browser.get("/register").text))
            answer = browser.post("/register", data=form)
            assert answer.status_code == 409
            assert "It has closed." in words(answer.text)
            assert not bookings_of(house, cast.gia)
        until(lambda: "It has closed." not in words(browser.get("/register").text))
        assert browser.post("/register", data=form).status_code == 303
