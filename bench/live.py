"""Measures what is live, over HTTP: `python -m bench.live`.

Plenum runs with two workers, beside bare servers that send the same bytes to as many listeners, in one run on one
machine. One process listens, others vote. What counts are the ratios. A change is what somebody did; a delivery is one
event that one listener was sent, and where changes come fast one event carries several. Memory is that of workers that
have just begun, since one that was busy has room to spare. With DATABASE_URL set it measures that database, which must
be an empty one.

Left out: the network, TLS and a proxy, and what a browser does with what it is told.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import re
import resource
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import psutil
import uvloop

from bench.client import Connection
from bench.load import PROCESSES, Taken, together
from bench.servers import Server, bare, machine
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.listeners import Listeners
from tests.support.room import DURING_THE_PANEL, PANEL, Desk, Room, room_in

STREAM = f"/panels/{PANEL}/live"
FANS = (1_000, 5_000)
RATES = (1, 10, 50)
ROOM = 2_000
VOTERS = 400
QUESTIONS = 20


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8, help="for each measurement")
    parser.add_argument("parts", nargs="*", default=["fan", "room"], help="fan, room")
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    kind = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    print(f"{machine()}\n{kind}, 2 workers, all load from the same machine\n")
    with stage() as (room, mona):
        body = uvloop.run(a_card(room, mona))
        if "fan" in options.parts:
            print(f"{len(body):,} bytes a message; two processes of each kind\n")
            for listeners, rate in itertools.product(FANS, RATES):
                for name, servers, desk in kinds(room, mona, body):
                    with contextlib.ExitStack() as opened:
                        up = [opened.enter_context(server) for server in servers]
                        uvloop.run(fan_out(name, up, room, desk, listeners, rate, options.seconds))
                print()
        if "room" in options.parts:
            uvloop.run(approvals(room, mona))
            uvloop.run(votes(room))
            uvloop.run(joins(room))
            uvloop.run(restart(room))


@contextlib.contextmanager
def stage() -> Iterator[tuple[Room, Desk]]:
    """A panel in its hour, with some questions that are listed."""
    with tempfile.TemporaryDirectory() as data:
        url = os.environ.get("DATABASE_URL")
        house = House(Path(data), url, workers=2, cold=True, PLENUM_NOW=DURING_THE_PANEL)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        house.start()
        try:
            with room_in(house) as room:
                mona = room.moderator(Cast().mona)
                for number in range(QUESTIONS):
                    room.listed(mona, f"How do we begin when nobody has come to school for weeks? ({number})")
                yield room, mona
        finally:
            house.stop()


def server_of(room: Room) -> Server:
    return Server(room.house.url, psutil.Process(room.house.process.pid))


def kinds(
    room: Room, mona: Desk, body: bytes
) -> Iterator[tuple[str, list[contextlib.AbstractContextManager[Server]], Desk | None]]:
    yield "bare asyncio", [bare("asyncio", body) for _ in range(2)], None
    yield "bare ASGI", [bare("asgi", body) for _ in range(2)], None
    yield "Plenum", [begun_anew(room)], mona


@contextlib.contextmanager
def begun_anew(room: Room) -> Iterator[Server]:
    """The house with workers that have done nothing yet."""
    room.house.stop()
    room.house.start()
    yield server_of(room)


class Moderating:
    """Somebody who moves questions up next and back, one act after another."""

    def __init__(self, room: Room, mona: Desk, connection: Connection) -> None:
        self._connection = connection
        self._cookie = f"plenum_sign_in={mona.client.cookies['plenum_sign_in']}"
        self._questions = room.house.rows("SELECT id, state, revision FROM question ORDER BY id")
        self._turns = itertools.cycle(self._questions)
        self.revision = int(room.row["revision"])

    async def act(self) -> int:
        """Returns the revision that everybody is to see."""
        question = next(self._turns)
        verb, question["state"] = ("return", "listed") if question["state"] == "next" else ("next", "next")
        answer = await self._connection.post(
            f"/panels/{PANEL}/questions/{question['id']}/acts/{verb}",
            [("seen", str(question["revision"]))],
            **{"HX-Request": "true", "Cookie": self._cookie},
        )
        assert answer.status == 200, f"{answer.status}: {answer.body.decode()[:500]}"
        self.revision = question["revision"] = self.revision + 1
        return self.revision


async def a_card(room: Room, mona: Desk) -> bytes:
    """What is sent for one change, without its head."""
    changes = re.compile(rb"^event: cards\nid: \d+\ndata: (.+)", re.DOTALL)
    async with (
        Listeners(room.house.url, STREAM, changes) as everybody,
        Connection(room.house.url) as connection,
    ):
        await everybody.open(1)
        with everybody.counting() as progress:
            await progress.reach(await Moderating(room, mona, connection).act())
        *_, body = everybody.marks
    return body


async def fan_out(
    name: str,
    servers: Sequence[Server],
    room: Room,
    desk: Desk | None,
    listeners: int,
    rate: int,
    seconds: float,
) -> None:
    """So many listeners are told something so many times a second."""
    idle = sum(server.memory for server in servers)
    async with contextlib.AsyncExitStack() as opened:
        groups = [await opened.enter_async_context(Listeners(server.url, STREAM)) for server in servers]
        await asyncio.gather(*(group.open(listeners // len(groups)) for group in groups))
        memory = (sum(server.memory for server in servers) - idle) / listeners
        connections = [await opened.enter_async_context(Connection(server.url)) for server in servers]
        progresses = [opened.enter_context(group.counting()) for group in groups]
        say = saying(room, desk, connections)
        before = sum(server.cpu for server in servers)
        began = time.monotonic()
        sent: list[tuple[int, float]] = []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(began + number / rate - time.monotonic())
            at = time.monotonic()
            sent.append((await say(), at))
        last = max([await progress.reach(sent[-1][0]) for progress in progresses])
        cpu = sum(server.cpu for server in servers) - before
        took = [max(progress.reached[cursor] for progress in progresses) - at for cursor, at in sent]
        changes = len(sent) * listeners
        deliveries = sum(progress.deliveries for progress in progresses)
        seconds = max(last - began, len(sent) / rate)
        said = len(sent) / max(sent[-1][1] - began, (len(sent) - 1) / rate)
        print(
            f"{name:13} {listeners:5,} listeners × {rate:2} changes/s   {deliveries / seconds:9,.0f} deliveries/s "
            f"({changes / deliveries:.1f} changes each)   "
            f"POST to last p50 {quantile(took, 50) * 1000:6.1f} ms  p99 {quantile(took, 99) * 1000:6.1f} ms   "
            f"{cpu / deliveries * 1e6:5.1f} µs CPU a delivery   {memory / 1000:5.1f} kB a listener"
            + (f"   (only {said:.0f} /s could be said)" if said < rate * 0.9 else ""),
            flush=True,
        )


def saying(room: Room, desk: Desk | None, connections: Sequence[Connection]) -> Callable[[], Awaitable[int]]:
    """Says one thing to all, and returns the cursor that they are then to be at."""
    if desk is not None:
        return Moderating(room, desk, connections[0]).act
    numbers = itertools.count(1)

    async def post() -> int:
        await asyncio.gather(*(connection.post("/", []) for connection in connections))
        return next(numbers)

    return post


def quantile(values: Sequence[float], per_cent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[per_cent - 1]


@contextlib.asynccontextmanager
async def full_room(room: Room) -> AsyncIterator[Listeners]:
    async with Listeners(room.house.url, STREAM) as everybody:
        await everybody.open(ROOM)
        yield everybody


async def approvals(room: Room, mona: Desk, number: int = 100) -> None:
    """From a moderator's act to the last listener of a full room."""
    async with full_room(room) as everybody, Connection(room.house.url) as connection:
        moderating = Moderating(room, mona, connection)
        took = []
        with everybody.counting() as progress:
            for _ in range(number):
                at = time.monotonic()
                took.append(await progress.reach(await moderating.act()) - at)
                await asyncio.sleep(0.15)
    print(
        f"act to the last of {ROOM:,}: p50 {quantile(took, 50) * 1000:.0f} ms, p90 {quantile(took, 90) * 1000:.0f} ms, "
        f"p99 {quantile(took, 99) * 1000:.0f} ms",
        flush=True,
    )


async def votes(room: Room) -> None:
    """Everybody votes for everything, from processes of their own, while a full room follows the counts."""
    voices = await guests(room)
    questions = [row["id"] for row in room.house.rows("SELECT id FROM question ORDER BY id")]
    shares = [
        (room.house.url, [(voice, question) for question in questions for voice in voices[number::PROCESSES]])
        for number in range(PROCESSES)
    ]
    async with full_room(room) as everybody:
        before = server_of(room).cpu
        done = await together(cast_ballots, *shares)
        took = done.took["vote"]
        cpu = server_of(room).cpu - before
        counts = {row["id"]: row["votes"] for row in room.house.rows("SELECT id, votes FROM question")}
        assert set(counts.values()) == {len(voices)}, counts
        shown = await everybody.until(
            lambda page: all(page.cards[number].votes == count for number, count in counts.items())
        )
    print(
        f"votes with {ROOM:,} listeners: {len(took) / done.seconds:,.0f} /s accepted, p50 "
        f"{quantile(took, 50) * 1000:.0f} ms, p99 {quantile(took, 99) * 1000:.0f} ms; all show the final count after "
        f"{max(shown - done.ended, 0) * 1000:.0f} ms; {cpu / len(took) * 1e6:,.0f} µs CPU each",
        flush=True,
    )


async def cast_ballots(url: str, ballots: Sequence[tuple[str, int]], at_once: int = 16) -> Taken:
    """Vote by vote, so many at once."""
    turns = iter(ballots)
    took: list[float] = []

    async def vote() -> None:
        async with Connection(url) as connection:
            for voice, question in turns:
                at = time.monotonic()
                answer = await connection.post(
                    f"/panels/{PANEL}/questions/{question}/vote", [], Accept="application/json", Cookie=voice
                )
                took.append(time.monotonic() - at)
                assert answer.status == 200, answer.body

    await asyncio.gather(*(vote() for _ in range(at_once)))
    return {"vote": took}


async def guests(room: Room) -> list[str]:
    """The cookies of people who have typed the room code."""
    code = room.code

    async def join(_: int) -> str:
        async with Connection(room.house.url) as connection:
            answer = await connection.post(f"/panels/{PANEL}/guests", [("room_code", code)])
            return answer.headers["set-cookie"].partition(";")[0]

    return await asyncio.gather(*map(join, range(VOTERS)))


async def joins(room: Room) -> None:
    """Everybody comes at once, to workers that have just begun."""
    with begun_anew(room) as server:
        async with Listeners(server.url, STREAM) as everybody:
            before, idle = server.cpu, server.memory
            began = time.monotonic()
            await everybody.open(ROOM)
            seconds = time.monotonic() - began
            memory = (server.memory - idle) / ROOM
            cpu = (server.cpu - before) / ROOM
    print(
        f"joins: {ROOM / seconds:,.0f} /s; {cpu * 1e6:,.0f} µs CPU and {memory / 1000:.1f} kB each",
        flush=True,
    )


async def restart(room: Room) -> None:
    async with full_room(room) as everybody:
        state = everybody.all[0].page.cards
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        await loop.run_in_executor(None, room.house.stop)
        await loop.run_in_executor(None, room.house.start)
        ready = time.monotonic()
        everybody.url = room.house.url
        for listener in everybody.all:
            listener.there = loop.create_future()
        await asyncio.gather(*(listener.there for listener in everybody.all))
        back = time.monotonic()
        assert all(listener.page.cards == state for listener in everybody.all)
    print(
        f"restart: ready again after {ready - began:.1f} s; {back - ready:.1f} s later all {ROOM:,} are back and equal",
        flush=True,
    )


if __name__ == "__main__":
    main()
