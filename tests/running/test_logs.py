"""The log: what a good day leaves in it, what it leaves out, and where one finds what has broken."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.room import PANEL
from tests.support.waiting import until

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} \[\d+\] (INFO|WARNING|ERROR) .+")


def said(house: House) -> str:
    return "".join(house.log)


def wait_for_line(house: House, line: str) -> None:
    until(lambda: re.search(line, said(house), re.DOTALL))


@contextlib.contextmanager
def lost(house: House, table: str) -> Iterator[None]:
    """Nothing that reads this table works."""
    house.rows(f"ALTER TABLE {table} RENAME TO lost")
    try:
        yield
    finally:
        house.rows(f"ALTER TABLE lost RENAME TO {table}")


def test_a_good_day_leaves_a_line_for_all_that_happened_and_names_nobody(houses: Houses, cast: Cast) -> None:
    house = houses()
    house.plenum("organiser", "add", cast.olga.email)
    house.plenum("moderator", "add", cast.mona.email, "--name", cast.mona.name, "--panel", PANEL)
    with house.client() as client:
        address = book(client, cast.dag, cast.gia)
    house.outbox(cast.gia.email)
    for line in (
        r"INFO A worker is up: Plenum [\d.]+ on sqlite",
        r"INFO The conference is loaded: school-refusal-2017, revision 1, with \d+ sessions",
        r"INFO The team is 1 who organise, and 1 appointments to moderate",
        r"INFO Booking \d+ is made, for 2",
        r"INFO Mail \d+ is in the outbox: \w+",
    ):
        wait_for_line(house, line)
    house.stop()
    assert "INFO A worker stops" in said(house)
    logged = [line for line in house.log if LINE.fullmatch(line.rstrip())]
    assert len(logged) >= 6
    assert "WARNING" not in said(house)
    for person in (cast.olga, cast.mona, cast.dag, cast.gia):
        for private in (*person.name.split(), person.email, person.organisation):
            assert private not in said(house), private
    assert address.rpartition("/")[2] not in said(house)


def test_a_database_that_is_brought_up_to_date_is_logged_once(houses: Houses) -> None:
    house = houses()  # a command has made the database
    assert "The database is brought up to date" not in said(house)
    house.stop()
    (house.data / "plenum.sqlite").unlink()
    house.start()
    assert said(house).count("INFO The database is brought up to date") == 1


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Accept": "text/html"}, id="page"),
        pytest.param({"Accept": "text/html", "HX-Request": "true"}, id="htmx"),
        pytest.param({"Accept": "application/json"}, id="json"),
    ],
)
def test_who_meets_an_error_is_told_the_number_that_the_log_has_beside_the_traceback(
    sqlite_house: House, cast: Cast, headers: dict[str, str]
) -> None:
    with sqlite_house.client() as client:
        booking = book(client, cast.dag)
        with lost(sqlite_house, "delegate"):
            broken = client.get(booking, headers=headers)
        assert broken.status_code == 500
        number = broken.headers["error-number"]
        reason = broken.json()["reason"] if "json" in headers["Accept"] else words(broken.text)
        assert "Something went wrong on our side" in reason
        assert re.search(rf"tell the organisers .* the number {number}\.", reason)
        line = rf"ERROR Number {number}: GET /bookings/{{token}} failed\nTraceback.*no such table"
        wait_for_line(sqlite_house, line)
        assert booking.rpartition("/")[2] not in said(sqlite_house)  # it is a secret
        assert "error-number" not in client.get(booking, headers=headers).headers


def test_a_slow_request_is_logged_by_its_route(postgresql_house: House, cast: Cast) -> None:
    house = postgresql_house
    with house.client() as client, ThreadPoolExecutor() as threads:
        booking = book(client, cast.dag)
        before = len(said(house))
        assert client.get(booking, params={"who": "dag"}).status_code == 200
        assert "GET /bookings/{token} took" not in said(house)[before:]
        with psycopg.connect(house.database_url) as holding:
            holding.execute("LOCK TABLE booking")
            began = time.monotonic()
            answer = threads.submit(client.get, booking, params={"who": "dag"})
            until(lambda: time.monotonic() - began > 1.1)
        assert answer.result().status_code == 200
    until(lambda: re.search(r"INFO GET /bookings/{token} took \d+\.\d s\n", said(house)[before:]))
    assert "who=dag" not in said(house)


@pytest.mark.parametrize(
    ("ours", "line"), [(True, "<6>Well\n<4>Ill\n<3>Broken\n<3>ValueError"), (False, "INFO Well")]
)
def test_the_journal_is_told_priorities_and_no_time(ours: bool, line: str) -> None:
    speak = (
        "import logging; from webapp.running.logs import keep_log; keep_log(); log = logging.getLogger('webapp.x');"
        "log.debug('Hidden'); logging.getLogger('x').info('Hidden');"
        "log.info('Well'); log.warning('Ill'); log.error('Broken', exc_info=ValueError())"
    )
    read, write = os.pipe()
    stream = os.fstat(write)
    journal = f"{stream.st_dev}:{stream.st_ino if ours else 1}"
    subprocess.run(
        [sys.executable, "-c", speak], env=os.environ | {"JOURNAL_STREAM": journal}, stderr=write, check=True
    )
    os.close(write)
    with os.fdopen(read) as log:
        text = log.read()
    assert line in text
    assert "Hidden" not in text
