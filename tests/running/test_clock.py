"""Rehearsing: the clock is set on a running house, and every page at every worker follows."""

from __future__ import annotations

import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import Houses
from tests.support.booking import Form, Registering, book
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.loaded import Loaded
from tests.support.waiting import until
from tests.support.workers import from_each_worker
from webapp.clock import shift_to
from webapp.refusal import Refused

T = TypeVar("T")

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
BANNER = re.compile(r'<p class="rehearsal">Rehearsal: it is ([^<]+)</p>')
PAGES = ("/", "/programme", "/speakers", "/register", "/my-programme", "/sign-in", "/nothing")


def banner(house: House, page: str = "/programme") -> str:
    """What time a page says it is in the rehearsal; nothing when it says nothing."""
    with house.client() as visitor:
        found = BANNER.findall(visitor.get(page).text)
    assert len(found) < 2
    return found[0] if found else ""


def set_clock(house: House, time: str, says: str) -> None:
    """Set the clock, and wait until every worker says so on its pages."""
    house.plenum("clock", time)
    until(lambda: all(told.startswith(says) and bool(told) == bool(says) for told in banners(house)))


def banners(house: House, page: str = "/programme") -> list[str]:
    """What time it is in the rehearsal of each worker."""
    return from_each_worker(house, lambda: banner(house, page))


def in_words(at: datetime) -> str:
    """An instant in Copenhagen, to the minute."""
    there = at.astimezone(COPENHAGEN)
    return f"{there:%A} {there.day} {there:%B %Y, %H:%M}"


def price(house: House) -> str:
    with house.client() as visitor:
        return Form(visitor.get("/register").text).values["price_seen"][0]


@pytest.fixture(scope="module")
def stage(lasting_houses: Houses) -> House:
    """A house with two workers, whose clock every test sets."""
    return lasting_houses(workers=2, PLENUM_NOW="real")


@pytest.fixture
def desk(tmp_path: Path, loaded: Loaded) -> House:
    """An installation that is not running."""
    shutil.copy(loaded.sqlite, tmp_path)
    return House(tmp_path)


def test_every_page_of_every_worker_says_that_it_is_a_rehearsal_and_of_what_time(
    houses: Houses, database: str
) -> None:
    house = houses(database, workers=2)
    said = house.plenum("clock", "2017-11-06T09:30").stdout
    assert re.fullmatch(r"Rehearsing: Monday 6 November 2017, 09:3\d:\d\d CET\n", said)
    until(lambda: all("November" in told for told in banners(house)))
    for page in PAGES:
        for told in banners(house, page):
            assert re.fullmatch(r"Monday 6 November 2017, 09:3\d", told), page
    house.plenum("clock", "real")
    until(lambda: banners(house) == ["", ""])
    for page in PAGES:
        assert banners(house, page) == ["", ""], page


def test_the_rehearsed_time_runs_on(stage: House) -> None:
    stage.plenum("clock", "2017-11-06T09:29:57")
    until(lambda: banners(stage) == ["Monday 6 November 2017, 09:30"] * 2)


def test_prices_follow_the_rehearsed_time_while_it_passes(stage: House) -> None:
    def prices() -> list[str]:
        return from_each_worker(stage, lambda: price(stage))

    set_clock(stage, "2017-06-19T23:50", "Monday 19 June 2017, 23:5")
    assert prices() == ["580000", "580000"]
    stage.plenum("clock", "2017-06-19T23:59:57")
    until(lambda: prices() == ["680000", "680000"])
    assert banners(stage) == ["Tuesday 20 June 2017, 00:00"] * 2
    set_clock(stage, "2017-06-19T12:00", "Monday 19 June 2017, 12:0")
    assert prices() == ["580000", "580000"]


def test_what_is_booked_in_a_rehearsal_is_booked_at_the_rehearsed_time(stage: House, cast: Cast) -> None:
    set_clock(stage, "2017-06-19T12:00", "Monday 19 June")
    with stage.client() as browser:
        book(browser, cast.dag)
    [row] = stage.rows("SELECT booked_at FROM booking WHERE payer_email = ?", cast.dag.email)
    booked = datetime.fromisoformat(str(row["booked_at"]))
    assert timedelta() <= booked - datetime(2017, 6, 19, 12, tzinfo=COPENHAGEN) < timedelta(minutes=2)


def test_the_clock_says_what_time_it_is_and_goes_back_to_the_real_one(stage: House) -> None:
    for words in (["clock", "real"], ["clock"]):
        earliest = in_words(datetime.now(UTC))
        said = stage.plenum(*words).stdout
        assert said.startswith("Real time: ")
        assert said.removeprefix("Real time: ").rpartition(":")[0] in (earliest, in_words(datetime.now(UTC)))
    set_clock(stage, "2017-11-06T09:30", "Monday 6 November 2017")
    assert stage.plenum("clock").stdout.startswith("Rehearsing: Monday 6 November 2017, 09:3")
    set_clock(stage, "real", "")
    assert stage.plenum("clock").stdout.startswith("Real time: ")
    assert stage.rows("SELECT * FROM rehearsal") == []


@pytest.mark.parametrize(
    ("time", "instant"),
    [
        ("2017-06-19T23:58", "2017-06-19T21:58"),
        ("2017-06-19 23:58", "2017-06-19T21:58"),
        ("2017-11-05", "2017-11-04T23:00"),
        ("2017-11-05T08:00:00+00:00", "2017-11-05T08:00"),
        ("2017-06-20T09:00:00+09:00", "2017-06-20T00:00"),
        ("2017-06-19T23:58Z", "2017-06-19T23:58"),
        ("2040-02-29T12:00", "2040-02-29T11:00"),
    ],
)
def test_a_time_is_the_conferences_own_unless_it_says_otherwise(time: str, instant: str) -> None:
    early = datetime.now(UTC)
    shift = shift_to(time, COPENHAGEN)
    late = datetime.now(UTC)
    assert early + shift <= datetime.fromisoformat(instant).replace(tzinfo=UTC) <= late + shift


@pytest.mark.parametrize(
    "time",
    [
        "",
        "Real",
        "2017-06-31T10:00",
        "2017-02-29",
        "2017-06-19T24:58",
        "19.06.2017 23:58",
        "2017-06-19T23:58\n",
        "2017-06-19T23:58+99:00",
        "1969-12-31T23:59",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59",
    ],
)
def test_what_is_no_time_is_refused(time: str) -> None:
    with pytest.raises(Refused, match=r"is no time|is too long ago, or too far ahead"):
        shift_to(time, COPENHAGEN)


def test_a_refusal_is_one_plain_sentence_and_changes_nothing(desk: House) -> None:
    assert re.fullmatch(
        r"Rehearsing: Monday 19 June 2017, 23:58:\d\d CEST\n", desk.plenum("clock", "2017-06-19T23:58").stdout
    )
    before = desk.rows("SELECT seconds FROM rehearsal")
    for time, says in {
        "tomorrow": "'tomorrow' is no time. Write it like 2017-06-19T23:58, or write real.\n",
        "0001-01-01": "'0001-01-01' is too long ago, or too far ahead, to be rehearsed.\n",
    }.items():
        done = desk.plenum("clock", time, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", says)
    assert desk.rows("SELECT seconds FROM rehearsal") == before


def test_a_house_can_be_opened_in_a_rehearsal(houses: Houses) -> None:
    house = houses(workers=2, PLENUM_NOW="2017-11-07T14:00")
    assert {told[:-1] for told in banners(house)} == {"Tuesday 7 November 2017, 14:0"}
    # It can be set anew while it runs, and begins again where it was told to at the next start.
    set_clock(house, "2017-06-19T12:00", "Monday 19 June 2017, 12:0")
    house.stop()
    house.start()
    assert {told[:-1] for told in banners(house)} == {"Tuesday 7 November 2017, 14:0"}
    house.stop()
    house.environment["PLENUM_NOW"] = "real"
    house.start()
    assert banners(house) == ["", ""]


def test_a_house_that_is_opened_before_it_has_a_conference_rehearses_once_it_has(tmp_path: Path) -> None:
    house = House(tmp_path, workers=2, PLENUM_NOW="2017-11-07T14:00")
    house.start()
    try:
        assert banners(house) == ["", ""]
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        until(lambda: {told[:-1] for told in banners(house)} == {"Tuesday 7 November 2017, 14:0"})
        set_clock(house, "2017-06-19T12:00", "Monday 19 June 2017, 12:0")  # as at any time
        file = tmp_path / "again.toml"
        file.write_text(SCHOOL_REFUSAL.read_text().replace("Gamification", "Play"))
        house.plenum("conference", "load", file)
        with house.client() as visitor:
            until(lambda: "Play" in visitor.get("/programme").text)
        assert {told[:-1] for told in banners(house)} == {"Monday 19 June 2017, 12:0"}
    finally:
        house.stop()


def test_a_time_that_is_none_is_refused_at_the_start_also_without_a_conference(tmp_path: Path) -> None:
    house = House(tmp_path, PLENUM_NOW="tomorrow")
    with pytest.raises(AssertionError, match="'tomorrow' is no time"):
        house.start()


def test_a_second_start_keeps_the_rehearsal_and_its_time_has_run_on(houses: Houses) -> None:
    house = houses(workers=2, PLENUM_NOW="real")
    del house.environment["PLENUM_NOW"]
    set_clock(house, "2017-11-06T09:30", "Monday 6 November 2017, 09:3")
    [kept] = house.rows("SELECT seconds FROM rehearsal")
    house.stop()
    house.start()
    assert house.rows("SELECT seconds FROM rehearsal") == [kept]

    def there() -> str:
        return in_words(datetime.now(UTC) + timedelta(seconds=kept["seconds"]))

    before, told, after = there(), banners(house), there()
    assert set(told) <= {before, after}
    # What is set while nothing runs holds from the next start on.
    house.stop()
    house.plenum("clock", "2017-11-08T10:00")
    house.start()
    assert {told[:-1] for told in banners(house)} == {"Wednesday 8 November 2017, 10:0"}


def test_nobody_who_is_filling_in_the_form_loses_anything_when_the_clock_is_set(
    stage: House, cast: Cast
) -> None:
    set_clock(stage, "2017-05-02T10:00", "Tuesday 2 May 2017")
    with stage.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.gia)
        page.press("price")
        set_clock(stage, "2017-09-01T10:00", "Friday 1 September 2017")
        answer = page.press("book")
        assert answer.status_code == 422
        assert "NOK 6,800" in answer.text
        assert page.form.values["delegates.0.name"] == [cast.gia.name]
        assert page.press("book").status_code == 303
