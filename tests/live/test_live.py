"""What is live: every open page follows, whichever worker it is at, also when Valkey dies, hangs and comes back."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from tests.conftest import Houses
from tests.support.booking import Registering, book, choices_of
from tests.support.cast import Cast
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.listeners import Listeners
from tests.support.valkey import OurValkey
from tests.support.waiting import until
from tests.support.workers import from_each_worker, workers

T = TypeVar("T")

SEMINAR = "seminar-1a"
LEFT = re.compile(rf'data-seats="{SEMINAR}" data-left="(\d+)"')
SEATS = 20
AT_EACH_WORKER = 3


class Listener:
    """An open page that follows the seats."""

    def __init__(self, house: House) -> None:
        self.seen: list[int] = []
        """Seats left in the seminar, as they were told."""
        self.ended: BaseException | bool = False
        """True once the stream has ended in good order; else what went wrong with it."""
        self._client = httpx.Client(
            base_url=house.url, timeout=httpx.Timeout(10, read=None), trust_env=False, verify=NO_CERTIFICATES
        )
        self._response: httpx.Response | None = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        until(lambda: self.seen or self.ended)

    def leave(self) -> None:
        """Close the page."""
        if self._response and self._response.stream:
            stream = self._response.extensions["network_stream"]
            with contextlib.suppress(OSError):
                stream.get_extra_info("socket").shutdown(2)
        self._thread.join(10)
        self._client.close()

    def _listen(self) -> None:
        try:
            with self._client.stream("GET", "/register/seats") as self._response:
                assert self._response.headers["content-type"].startswith("text/event-stream")
                for line in self._response.iter_lines():
                    if found := LEFT.search(line):
                        self.seen.append(int(found[1]))
            self.ended = True
        except BaseException as error:
            self.ended = error


Listen = Callable[[House], list[Listener]]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Opens some pages at every worker of a house."""
    opened: list[Listener] = []

    def open_pages(house: House) -> list[Listener]:
        found = from_each_worker(house, lambda: [Listener(house) for _ in range(AT_EACH_WORKER)])
        listeners = [listener for some in found for listener in some]
        assert len(listeners) == AT_EACH_WORKER * house.workers
        opened.extend(listeners)
        return listeners

    yield open_pages
    for listener in opened:
        listener.leave()


@pytest.fixture
def conference(tmp_path: Path) -> Path:
    """The conference, with a limit to the seats in one seminar."""
    place = f'[[session]]\nslug = "{SEMINAR}"'
    text = SCHOOL_REFUSAL.read_text()
    assert text.count(place) == 1
    file = tmp_path / "seats.toml"
    file.write_text(text.replace(place, f"{place}\ncapacity = {SEATS}"))
    return file


def take_a_seat(house: House) -> None:
    with house.client() as browser:
        book(browser, Cast().dag, seminar_1=SEMINAR)


def all_see(listeners: list[Listener], left: int, within: float = 10) -> None:
    """Wait until each of them has been told that so many are left."""
    until(lambda: all(listener.seen[-1:] == [left] for listener in listeners), within)
    assert not any(listener.ended for listener in listeners)


def told_at_once(house: House) -> int | None:
    """The first thing that a page is told that opens now."""
    with house.client() as browser, browser.stream("GET", "/register/seats") as answer:
        event = "".join(itertools.takewhile(bool, answer.iter_lines()))
    found = LEFT.search(event)
    return int(found[1]) if found else None


def says_that_it_is_slow(house: House) -> bool:
    with house.client() as browser:
        return "Live updates are slow at the moment" in browser.get("/panels/questions-and-answers").text


def open_with_seats(houses: Houses, conference: Path, **how: Any) -> House:
    """A house whose workers all know how many seats there are."""
    house = houses(**{"workers": 2} | how)
    house.plenum("conference", "load", conference)
    until(lambda: all(from_each_worker(house, lambda: told_at_once(house) == SEATS)))
    return house


def test_every_open_page_is_told_now_and_whenever_a_seat_is_taken(
    houses: Houses, database: str, conference: Path, listen: Listen
) -> None:
    house = open_with_seats(houses, conference, database=database)
    early = listen(house)
    assert [listener.seen for listener in early] == [[SEATS]] * len(early)
    take_a_seat(house)
    all_see(early, SEATS - 1)
    late = listen(house)
    assert [listener.seen for listener in late] == [[SEATS - 1]] * len(late)
    with ThreadPoolExecutor(6) as people:
        list(people.map(take_a_seat, [house] * 6))
    all_see(early + late, SEATS - 7)
    for listener in early + late:
        assert listener.seen == sorted(set(listener.seen), reverse=True), (
            "never twice, and nothing old after new"
        )
    # What does not change the seats is told to nobody.
    with house.client() as browser:
        book(browser, Cast().gia)
    take_a_seat(house)
    all_see(early + late, SEATS - 8)
    assert all(listener.seen[-2:] == [SEATS - 7, SEATS - 8] for listener in early + late)


def test_whoever_asks_for_the_headers_of_a_stream_only_gets_those_and_no_stream(houses: Houses) -> None:
    house = houses()
    with house.client() as visitor:
        for _ in range(2):  # on one connection, which the first answer leaves free
            assert visitor.head("/register/seats").headers["content-type"] == "text/event-stream"


def test_pages_that_were_closed_leave_nothing_behind(
    houses: Houses, conference: Path, listen: Listen
) -> None:
    house = open_with_seats(houses, conference)

    def open_pages() -> int:
        everything = (one for worker in workers(house) for one in worker.net_connections("tcp"))
        return sum(one.status == psutil.CONN_ESTABLISHED for one in everything)

    for listener in listen(house):
        listener.leave()
    until(lambda: open_pages() == 0)
    listeners = [Listener(house) for _ in range(30)]
    assert open_pages() == 30
    for listener in listeners:
        listener.leave()
    until(lambda: open_pages() == 0)
    take_a_seat(house)
    assert told_at_once(house) == SEATS - 1


# When Valkey is away


def test_while_valkey_is_dead_seats_are_booked_and_when_it_is_back_everybody_is_told(
    houses: Houses, conference: Path, valkey: OurValkey, listen: Listen
) -> None:
    house = open_with_seats(houses, conference, REDIS_URL=valkey.url)
    listeners = listen(house)
    valkey.kill()
    for _ in range(3):
        take_a_seat(house)
    assert not any(listener.ended for listener in listeners)
    until(lambda: says_that_it_is_slow(house))
    valkey.start()
    all_see(listeners, SEATS - 3)
    until(lambda: not any(from_each_worker(house, lambda: says_that_it_is_slow(house))))
    # News travels again, and whoever comes now is told the same.
    take_a_seat(house)
    all_see(listeners + listen(house), SEATS - 4)


def test_it_may_die_again_and_again(
    houses: Houses, conference: Path, valkey: OurValkey, listen: Listen
) -> None:
    house = open_with_seats(houses, conference, REDIS_URL=valkey.url)
    listeners = listen(house)
    for left in (SEATS - 1, SEATS - 2, SEATS - 3):
        valkey.kill()
        take_a_seat(house)
        valkey.start()
        all_see(listeners, left)


def test_what_a_worker_changed_before_it_died_is_told_by_the_one_that_takes_its_place(
    houses: Houses, conference: Path, listen: Listen
) -> None:
    house = open_with_seats(houses, conference)
    listeners = listen(house)
    # All that is left of somebody who died between the change and its announcement.
    house.rows("UPDATE offer SET taken = taken + 1 WHERE slug = ?", SEMINAR)
    workers(house)[0].kill()
    until(lambda: sum(bool(listener.ended) for listener in listeners) == AT_EACH_WORKER)
    all_see([listener for listener in listeners if not listener.ended], SEATS - 1)


def test_while_valkey_hangs_nobody_waits_long_and_afterwards_everybody_is_told(
    houses: Houses, conference: Path, valkey: OurValkey, listen: Listen
) -> None:
    house = open_with_seats(houses, conference, REDIS_URL=valkey.url)
    listeners = listen(house)
    hanging = valkey.process
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(Cast().dag)
        page.fill(choices_of(0, seminar_1=SEMINAR))
        page.press("price")
        hanging.suspend()
        try:
            began = time.monotonic()
            assert page.press("book").status_code == 303
            waited = time.monotonic() - began
        finally:
            hanging.resume()
    assert waited < 8
    all_see(listeners, SEATS - 1)


def test_a_house_opens_without_its_valkey_and_is_whole_once_that_comes(
    houses: Houses, conference: Path, valkey: OurValkey, listen: Listen
) -> None:
    valkey.kill()
    house = houses(workers=2, REDIS_URL=valkey.url)
    house.plenum("conference", "load", conference)
    house.stop()
    house.start()
    early = [Listener(house) for _ in range(2 * AT_EACH_WORKER)]
    take_a_seat(house)
    valkey.start()
    late = listen(house)
    all_see(early + late, SEATS - 1)
    take_a_seat(house)
    all_see(early + late, SEATS - 2)
    for listener in early:
        listener.leave()


async def test_a_system_that_lets_programs_open_few_files_lets_a_hall_in_all_the_same(houses: Houses) -> None:
    few, most = 256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
    try:
        house = houses(cold=True)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    async with Listeners(house.url, "/register/seats") as pages:
        await pages.open(2 * few)


# The end


@pytest.mark.parametrize("number", [1, 2], ids=["one worker", "two workers"])
@pytest.mark.parametrize(
    "ask",
    [lambda plenum: os.kill(plenum, signal.SIGTERM), lambda plenum: os.killpg(plenum, signal.SIGINT)],
    ids=["as a service is", "with Ctrl+C in a terminal"],
)
def test_asked_to_stop_it_ends_every_stream_in_good_order_and_leaves_within_three_seconds(
    houses: Houses, conference: Path, listen: Listen, number: int, ask: Callable[[int], None]
) -> None:
    house = open_with_seats(houses, conference, workers=number)
    listeners = listen(house)
    began = time.monotonic()
    ask(house.process.pid)
    assert house.process.wait(10) == 0
    assert time.monotonic() - began < 3
    until(lambda: all(listener.ended for listener in listeners))
    assert {listener.ended for listener in listeners} == {True}
    assert not [line for line in house.log if "Traceback" in line], house.log


def test_a_page_that_opens_again_after_a_restart_is_told_what_holds_now(
    houses: Houses, conference: Path, listen: Listen
) -> None:
    house = open_with_seats(houses, conference)
    take_a_seat(house)
    before = listen(house)
    all_see(before, SEATS - 1)
    house.stop()
    assert all(listener.ended is True for listener in before)
    house.start()
    take_a_seat(house)
    all_see(listen(house), SEATS - 2)
