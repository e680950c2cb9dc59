"""Measures the board of the meeting place, over HTTP: `python -m bench.meeting`.

A thousand delegates, each with a sign-in of their own, follow the board while notes and replies are written; two
workers, one process makes all the load. With DATABASE_URL set it measures that database, which must be an empty one.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import uvloop

from bench.client import Connection
from bench.servers import Server, machine
from tests.support.house import SCHOOL_REFUSAL, House

MARK = re.compile(rb"mark(\d+)mark")
MEMBERS = """
import asyncio, hashlib, sys
from datetime import UTC, datetime
from webapp.piccolo_conf import DB
from webapp.tables import Moderator, Person, SignIn

async def main(number):
    now, never = datetime(2017, 11, 6, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    await DB.start_connection_pool()
    async with DB.transaction():
        for one in range(number):
            person = Person(email=f"{one}@example.org", name=f"Delegate {one}", since=now)
            await person.save()
            await Moderator.insert(Moderator(person=person.id, panel="elsewhere"))
            key = hashlib.sha256(f"key-{one}".encode()).hexdigest()
            await SignIn.insert(SignIn(person=person.id, key_hash=key, expires_at=never))
    await DB.close_connection_pool()

asyncio.run(main(int(sys.argv[1])))
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.meeting", description=__doc__)
    parser.add_argument("--delegates", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=20, help="notes and replies a second")
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kind = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    print(f"{machine()}\n{kind}, 2 workers, the load from one process on the same machine\n")
    with tempfile.TemporaryDirectory() as data:
        house = House(Path(data), os.environ.get("DATABASE_URL"), PLENUM_NOW="2017-11-06T12:00")
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        subprocess.run(
            [sys.executable, "-c", MEMBERS, str(options.delegates)],
            env=house.environment | {"PICCOLO_CONF": "webapp.piccolo_conf"},
            check=True,
        )
        house.start()
        try:
            uvloop.run(board(house, options.delegates, options.rate, options.seconds))
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

    def hear(self, mark: int) -> None:
        self._counts[mark] += 1
        if self._counts[mark] == self._everybody:
            self.at[mark] = time.monotonic()
            self.news.set()


class Follower(asyncio.Protocol):
    def __init__(self, heard: Heard) -> None:
        self._heard = heard
        self._known: set[int] = set()
        self._rest = b""
        self.begun = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if not self.begun.done():
            self.begun.set_result(None)
        data = self._rest + data
        for found in MARK.findall(data):
            mark = int(found)
            if mark not in self._known:
                self._known.add(mark)
                self._heard.hear(mark)
        self._rest = data[-20:]


async def board(house: House, delegates: int, rate: float, seconds: float) -> None:
    """So many delegates follow the board while so much is written to it."""
    parts = urlsplit(house.url)
    host, port = str(parts.hostname), int(parts.port or 80)
    heard = Heard(delegates)
    loop = asyncio.get_running_loop()
    server = Server(house.url, psutil.Process(house.process.pid))
    followers = []
    for member in range(delegates):
        transport, follower = await loop.create_connection(lambda: Follower(heard), host, port)
        transport.write(
            f"GET /meeting-place/live?after=0 HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Cookie: {cookie(member)}\r\n\r\n".encode()
        )
        await follower.begun
        followers.append(transport)
    connections = [await Connection(house.url).__aenter__() for _ in range(8)]
    idle = asyncio.Queue[Connection]()
    for connection in connections:
        idle.put_nowait(connection)
    first = await connections[0].post(
        "/meeting-place/notes", [("title", "mark0mark"), ("kind", "idea")], Cookie=cookie(0)
    )
    note = first.headers["location"]
    sent: dict[int, float] = {}

    async def write(number: int) -> None:
        connection = await idle.get()
        sent[number] = time.monotonic()
        path, fields = (
            "/meeting-place/notes",
            [("title", f"mark{number}mark"), ("kind", "seek"), ("text", "A morning " * 20)],
        )
        if number % 2:
            path, fields = f"{note}/replies", [("text", f"mark{number}mark " + "A reply " * 10)]
        answer = await connection.post(path, fields, Cookie=cookie(number % delegates))
        assert answer.status == 303, f"{answer.status}: {answer.body[:300]!r}"
        idle.put_nowait(connection)

    number = int(rate * seconds)
    before, began = server.cpu, time.monotonic()
    writing = []
    for one in range(1, number + 1):
        await asyncio.sleep(began + one / rate - time.monotonic())
        writing.append(asyncio.create_task(write(one)))
    await asyncio.gather(*writing)
    while not sent.keys() <= heard.at.keys():
        heard.news.clear()
        await asyncio.wait_for(heard.news.wait(), 30)
    cpu = server.cpu - before
    took = [heard.at[mark] - at for mark, at in sent.items()]
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    print(
        f"{delegates:,} delegates, {rate:g} notes and replies a second: POST to last p50 {cuts[49] * 1000:.0f} ms, "
        f"p99 {cuts[98] * 1000:.0f} ms; {cpu / (time.monotonic() - began) * 100:.0f} % of one core, "
        f"{cpu / (number * delegates) * 1e6:.1f} µs CPU a delivery; {server.memory / 1e6:.0f} MB",
        flush=True,
    )
    for transport in followers:
        transport.close()


if __name__ == "__main__":
    main()
