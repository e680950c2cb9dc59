"""Measures the meeting place, over HTTP: `python -m bench.meeting`.

A thousand delegates, each with a sign-in of their own, follow the board while notes and replies are written; beside
it, in the same run, as many follow a panel while as many questions are brought in. Then, with 10,000 notes and 2,000
profiles, how long each page and search takes. Two workers, one process makes all the load. With DATABASE_URL set it
measures that database, which must be an empty one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

import psutil
import uvloop

from bench.client import Connection
from bench.servers import Server, machine
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.room import PANEL

MARK = re.compile(rb"mark(\d+)mark")
EVENT_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
DURING_A_PANEL = "2017-11-06T16:20"
PLACE = "/meeting-place"

Say = Callable[[Connection, int], Awaitable[None]]
"""Says, over a connection, something with this mark in it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.meeting", description=__doc__)
    parser.add_argument("--delegates", type=int, default=1_000, help="who follow")
    parser.add_argument("--rate", type=float, default=20, help="notes and replies, or questions, a second")
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--profiles", type=int, default=2_000)
    parser.add_argument("parts", nargs="*", default=["live", "pages"], help="live, pages")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kind = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    print(f"{machine()}\n{kind}, 2 workers, the load from one process on the same machine\n", flush=True)
    with tempfile.TemporaryDirectory() as data:
        url = os.environ.get("DATABASE_URL")
        house = House(Path(data), url, workers=2, cold=True, PLENUM_NOW=DURING_A_PANEL)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        pages = "pages" in options.parts
        crowd = ["--delegates", str(options.profiles if pages else options.delegates)]
        subprocess.run(
            [
                sys.executable,
                "-m",
                "bench.crowd",
                *crowd,
                *(["--notes", str(options.notes)] if pages else []),
            ],
            env=house.environment,
            check=True,
        )
        house.start()
        try:
            if "live" in options.parts:
                how = (options.delegates, options.rate, options.seconds)
                uvloop.run(told_to_all("board", house, f"{PLACE}/live", board, *how))
                uvloop.run(told_to_all("panel", house, f"/panels/{PANEL}/live", panel, *how))
            if pages:
                uvloop.run(every_page(house))
        finally:
            house.stop()


def cookie(member: int) -> str:
    return f"plenum_sign_in=key-{member}"


class Heard:
    """Which marks have come to how many, and when to the last of them."""

    def __init__(self, everybody: int) -> None:
        self._everybody = everybody
        self._counts: Counter[int] = Counter()
        self.at: dict[int, float] = {}
        self.news = asyncio.Event()
        self.returns = 0
        """How often somebody has come back after their stream ended."""
        self.reread = 0
        """How often somebody was told to read the page again."""

    def hear(self, mark: int) -> None:
        self._counts[mark] += 1
        if self._counts[mark] == self._everybody:
            self.at[mark] = time.monotonic()
            self.news.set()


class Follower(asyncio.Protocol):
    """One delegate's page. It comes back when its stream ends, and asks for what came after the last it was told."""

    def __init__(self, heard: Heard, url: str, path: str, page: str, member: int) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self._asks = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookie(member)}\r\n"
        self._url, self._page, self._member = url, page, member
        self._heard = heard
        self._known: set[int] = set()
        self._rest = self._last_id = b""
        self._transport: asyncio.Transport | None = None
        self._left = False
        self._work: set[asyncio.Task[None]] = set()
        self.begun = asyncio.get_running_loop().create_future()

    async def follow(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, self._host, self._port)

    async def leave(self) -> None:
        self._left = True
        if self._transport:
            self._transport.abort()
        await asyncio.gather(*self._work)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._rest = b""
        known = f"Last-Event-ID: {self._last_id.decode()}\r\n" if self._last_id else ""
        self._transport.write(f"{self._asks}{known}\r\n".encode())

    def connection_lost(self, _: Exception | None) -> None:
        if not self._left:
            self._heard.returns += 1
            self._do(self.follow())

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        elif b"event: stale" in data:
            self._heard.reread += 1
            self._do(self._read_again())
        data = self._rest + data
        self._learn(data)
        *_, self._last_id = [self._last_id, *EVENT_ID.findall(data)]
        self._rest = data[-20:]
        if data.endswith(b"\r\n0\r\n\r\n") and self._transport:  # the stream has ended, in good order
            self._transport.abort()

    def _learn(self, data: bytes) -> None:
        for mark in {int(found) for found in MARK.findall(data)} - self._known:
            self._known.add(mark)
            self._heard.hear(mark)

    async def _read_again(self) -> None:
        async with Connection(self._url) as connection:
            answer = await connection.get(self._page, Cookie=cookie(self._member))
            self._learn(answer.body)

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(what)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


@contextlib.asynccontextmanager
async def board(house: House, delegates: int) -> AsyncIterator[Say]:
    """Notes, and replies to one of them, in turns."""
    async with Connection(house.url) as connection:
        answer = await connection.post(
            f"{PLACE}/notes", [("title", "The first"), ("kind", "idea")], Cookie=cookie(0)
        )
    note = answer.headers["location"]

    async def say(connection: Connection, mark: int) -> None:
        if mark % 2:
            path, fields = f"{note}/replies", [("text", f"mark{mark}mark " + "A reply " * 10)]
        else:
            path = f"{PLACE}/notes"
            fields = [("title", f"mark{mark}mark"), ("kind", "seek"), ("text", "A morning " * 20)]
        answer = await connection.post(path, fields, Cookie=cookie(mark % delegates))
        assert answer.status == 303, f"{answer.status}: {answer.body[:300]!r}"

    yield say


@contextlib.asynccontextmanager
async def panel(house: House, delegates: int) -> AsyncIterator[Say]:  # noqa: ARG001 - one moderator does it
    """Questions from the floor, which stand in the list at once."""
    house.rows(
        "INSERT INTO moderator (person, panel) SELECT id, ? FROM person WHERE email = '0@example.org'", PANEL
    )

    async def say(connection: Connection, mark: int) -> None:
        answer = await connection.post(
            f"/panels/{PANEL}/desk/questions",
            [("text", f"mark{mark}mark " + "A morning " * 20), ("source", "floor")],
            **{"HX-Request": "true", "Cookie": cookie(0)},
        )
        assert answer.status < 300, f"{answer.status}: {answer.body[:300]!r}"

    yield say


async def told_to_all(
    name: str,
    house: House,
    path: str,
    saying: Callable[[House, int], contextlib.AbstractAsyncContextManager[Say]],
    delegates: int,
    rate: float,
    seconds: float,
) -> None:
    """So many delegates follow a stream while so much is said in it."""
    heard = Heard(delegates)
    server = Server(house.url, psutil.Process(house.process.pid))
    async with contextlib.AsyncExitStack() as opened:
        say = await opened.enter_async_context(saying(house, delegates))
        for member in range(delegates):
            follower = Follower(heard, house.url, path, path.removesuffix("/live"), member)
            await follower.follow()
            opened.push_async_callback(follower.leave)
            await follower.begun
        idle = asyncio.Queue[Connection]()
        for _ in range(8):
            idle.put_nowait(await opened.enter_async_context(Connection(house.url)))
        sent: dict[int, float] = {}

        async def say_it(mark: int) -> None:
            connection = await idle.get()
            sent[mark] = time.monotonic()
            await say(connection, mark)
            idle.put_nowait(connection)

        number = int(rate * seconds)
        before, began = server.cpu, time.monotonic()
        all_said = []
        for mark in range(1, number + 1):
            await asyncio.sleep(began + mark / rate - time.monotonic())
            all_said.append(asyncio.create_task(say_it(mark)))
        await asyncio.gather(*all_said)
        while not sent.keys() <= heard.at.keys():
            heard.news.clear()
            await asyncio.wait_for(heard.news.wait(), 30)
        cpu, elapsed = server.cpu - before, time.monotonic() - began
    took = [heard.at[mark] - at for mark, at in sent.items()]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    print(
        f"{name}: {delegates:,} listeners × {rate:g} /s   POST to last p50 {cuts[49] * 1000:.0f} ms, "
        f"p99 {cuts[98] * 1000:.0f} ms   {cpu / elapsed * 100:.0f} % of one core, "
        f"{cpu / (number * delegates) * 1e6:.1f} µs CPU a change and listener   {server.memory / 1e6:.0f} MB   "
        f"{heard.returns:,} came back, {heard.reread:,} read the page again",
        flush=True,
    )


async def every_page(house: House, times: int = 20) -> None:
    """How long the pages take, one request after another, with a sign-in."""
    [note] = house.rows("SELECT id FROM note ORDER BY replies DESC LIMIT 1")
    [known] = house.rows("SELECT name FROM profile WHERE listed ORDER BY id DESC LIMIT 1")
    first, last = str(known["name"]).split()
    searches = {
        "a frequent word": "school",
        "a name": first,
        "a name misspelt": last[:4] + last[5:],
        "two words": f"school {first}",
        "frequent words misspelt": "schol refusl intervntion",
        "words in every text": "what with them",
        "nothing": "xyzzyplugh",
    }
    paths = {
        "board": "/",
        "board, much further on": f"/?before={note['id'] + 4_000}",
        "board, one's own": "/?whose=mine",
        "a note with 200 replies": f"/notes/{note['id']}",
    }
    paths |= {
        f"board, {name}={value}": f"/?{name}={value}" for name, value in (("kind", "seek"), ("country", "DK"))
    }
    paths |= {f"board, {name}": f"/?{urlencode({'q': search})}" for name, search in searches.items()}
    paths |= {
        "people": "/people",
        "people, page 30": "/people?page=30",
        "people, country=DK": "/people?country=DK",
    }
    paths |= {f"people, {name}": f"/people?{urlencode({'q': search})}" for name, search in searches.items()}
    paths |= {
        f"{name}": f"/{name}"
        for name in ("tables", "contacts", "notices", "profile", "card", "figures", "desk")
    }
    async with Connection(house.url) as connection:
        for name, path in paths.items():
            took = []
            for _ in range(times):
                at = time.monotonic()
                answer = await connection.get(PLACE + path, Cookie=cookie(0))
                took.append(time.monotonic() - at)
                assert answer.status == 200, f"{path}: {answer.status}"
            print(
                f"{name:32} p50 {statistics.median(took) * 1000:6.1f} ms   longest {max(took) * 1000:6.1f} ms   "
                f"{len(answer.body) / 1000:6.1f} kB",
                flush=True,
            )


if __name__ == "__main__":
    main()
