"""Forms half filled in: for how long they are kept, and who can read them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx

from tests.conftest import Houses
from tests.support.booking import Registering
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.sources import a_source
from tests.support.traces import on_disk
from tests.support.waiting import until
from webapp.tables.drafts import MOST, MOST_FROM_ONE, PATIENCE

NEEDS = "Nothing with nuts in it"


def types(client: httpx.Client, cast: Cast) -> Registering:
    """Somebody fills in half of the form."""
    page = Registering(client)
    page.for_delegates(cast.dag)
    page.fill({"delegates.0.diet": NEEDS})
    page.press("price")
    return page


def drafts(house: House) -> int:
    return int(house.rows("SELECT count(*) AS n FROM draft")[0]["n"])


def test_a_draft_survives_a_power_cut_and_is_read_by_its_browser_alone(
    houses: Houses, database: str, cast: Cast
) -> None:
    house = houses(database, PLENUM_URL="http://conference.example.org")
    with house.client() as dag:
        types(dag, cast)
        cookie = dag.cookies["plenum_draft"]
    [draft] = house.rows("SELECT name, sealed FROM draft")
    words = (NEEDS, cast.dag.email, cast.dag.name, cookie)
    assert on_disk(house, *words) == []
    assert not any(word.encode() in bytes(draft["sealed"]) for word in words)
    if database == "sqlite":  # else it is not under the data directory
        assert on_disk(house, draft["name"]), "it lies there, and can be found"
    house.kill()
    house.start()
    with house.client() as dag, house.client() as sten:
        dag.headers["Cookie"] = f"plenum_draft={cookie}"
        assert Registering(dag).form.values["delegates.0.diet"] == [NEEDS]
        assert Registering(sten).form.values["delegates.0.diet"] == [""]


def test_a_draft_goes_with_the_booking_or_after_a_day(houses: Houses, database: str, cast: Cast) -> None:
    house = houses(database, PLENUM_URL="http://conference.example.org")
    with house.client() as dag, house.client() as gia:
        page = types(dag, cast)
        assert drafts(house) == 1
        page.book()
        assert drafts(house) == 0
        types(gia, cast)
        [draft] = house.rows("SELECT name, ends_at FROM draft")
        ends = draft["ends_at"] if database == "postgresql" else datetime.fromisoformat(draft["ends_at"])
        assert timedelta(hours=22) < ends - datetime.now(UTC) < timedelta(hours=24)
        late = datetime.now(UTC) - timedelta(minutes=1)
        house.rows("UPDATE draft SET ends_at = ?", late if database == "postgresql" else str(late))
        assert Registering(gia).form.values["delegates.0.diet"] == [""]
        house.stop()
        house.start()  # the first round is at once
        until(lambda: drafts(house) == 0)
        until(lambda: not on_disk(house, draft["name"]))


def test_whoever_sends_forms_without_end_pushes_out_the_oldest(sqlite_house: House, cast: Cast) -> None:
    with sqlite_house.client() as dag, sqlite_house.client() as sten:
        types(dag, cast)
        [first] = sqlite_house.rows("SELECT max(id) AS id FROM draft")
        sqlite_house.rows(
            "INSERT INTO draft (id, name, sealed, ends_at) SELECT id + ?, name || '+', sealed, ends_at FROM draft"
            " WHERE id = ?",
            MOST - 2,
            first["id"],
        )
        types(sten, cast)
        assert Registering(dag).form.values["delegates.0.diet"] == [NEEDS]
        types(sten, cast)
        with sqlite_house.client() as another:
            types(another, cast)
        assert Registering(dag).form.values["delegates.0.diet"] == [""]


def test_one_source_that_sends_forms_without_end_pushes_out_its_own_alone(house: House, cast: Cast) -> None:
    from_one = a_source()
    with house.client(headers=a_source()) as dag, house.client(headers=from_one) as sten:
        types(dag, cast)
        types(sten, cast)
        [first] = house.rows("SELECT max(id) AS id FROM draft")
        for number in range(1, MOST_FROM_ONE):
            house.rows(
                "INSERT INTO draft (name, sealed, ends_at, source)"
                " SELECT ?, sealed, ends_at, source FROM draft WHERE id = ?",
                f"{first['id']}-{number}",
                first["id"],
            )
        assert Registering(sten).form.values["delegates.0.diet"] == [NEEDS], "so many are kept"
        with house.client(headers=from_one) as another:
            types(another, cast)
        assert Registering(sten).form.values["delegates.0.diet"] == [""]
        assert Registering(dag).form.values["delegates.0.diet"] == [NEEDS]


def test_the_price_is_told_while_the_database_is_busy_with_something_long(
    sqlite_house: House, cast: Cast
) -> None:
    with (
        sqlite_house.client() as dag,
        closing(sqlite3.connect(sqlite_house.data / "plenum.sqlite", isolation_level=None)) as other,
    ):
        page = types(dag, cast)
        other.execute("BEGIN IMMEDIATE")
        page.fill({"delegates.0.diet": "Anything"})
        answer = page.press("price")
        assert other.in_transaction
        assert answer.status_code == 200
        assert answer.elapsed.total_seconds() < PATIENCE + 5
        assert page.form.values["delegates.0.diet"] == ["Anything"]
        other.rollback()
