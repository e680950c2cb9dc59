"""Measures programme pages and confirmed bookings over HTTP: `python -m bench`.

Everything runs in one go on one machine, beside a bare ASGI application that sends as many bytes, so that what
counts are the ratios. With DATABASE_URL set it measures that database, which must be an empty one.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import uvloop

from bench.client import Connection
from bench.servers import bare, machine, running


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8, help="for each measurement")
    parser.add_argument("--buyers", type=int, default=16, help="who book at once")
    options = parser.parse_args()
    print(machine())
    kind = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    print(f"{kind}, {options.workers} workers, the load from one process on the same machine\n")
    with tempfile.TemporaryDirectory() as data, plenum(data, options.workers) as url:
        size, coded = uvloop.run(page_size(url))
        print(f"programme page: {size:,} bytes of HTML, {coded:,} on the wire")
        with bare("pages", b"x" * coded) as server:
            for name, address, path in [("bare ASGI", server.url, "/"), ("/programme", url, "/programme")]:
                report(name, uvloop.run(pages(address, path, options.seconds)))
        report(
            f"bookings, {options.buyers} at once", uvloop.run(bookings(url, options.buyers, options.seconds))
        )


def report(name: str, taken: list[float]) -> None:
    """Print how many a second, and how long each took."""
    *seconds, elapsed = taken
    cuts = statistics.quantiles(seconds, n=100)
    print(
        f"{name:24} {len(seconds) / elapsed:8,.0f} /s   "
        f"p50 {cuts[49] * 1000:6.1f} ms   p99 {cuts[98] * 1000:6.1f} ms   ({len(seconds):,} in {elapsed:.1f} s)"
    )


async def page_size(url: str) -> tuple[int, int]:
    async with Connection(url) as connection:
        plain = await connection.get("/programme")
        coded = await connection.get("/programme", Accept_Encoding="br")
        return len(plain.body), len(coded.body)


async def pages(url: str, path: str, seconds: float, readers: int = 32) -> list[float]:
    """Seconds each page took, and last how long it all took."""
    taken: list[float] = []
    began = time.perf_counter()

    async def read() -> None:
        async with Connection(url) as connection:
            while (at := time.perf_counter()) < began + seconds:
                answer = await connection.get(path, Accept_Encoding="br")
                assert answer.status == 200, answer.status
                taken.append(time.perf_counter() - at)

    await asyncio.gather(*(read() for _ in range(readers)))
    return [*taken, time.perf_counter() - began]


async def bookings(url: str, buyers: int, seconds: float) -> list[float]:
    """Seconds each confirmation took, and last how long it all took, opening the form each time included."""
    taken: list[float] = []
    began = time.perf_counter()

    async def buy(buyer: int) -> None:
        async with Connection(url) as connection:
            number = 0
            while time.perf_counter() < began + seconds:
                number += 1
                form = (await connection.get("/register")).body.decode()
                fields = filled_in(form, f"{buyer}.{number}")
                priced = (await connection.post("/register/price", fields)).body.decode()
                fields.append(("price_seen", hidden(priced, "price_seen")))
                at = time.perf_counter()
                answer = await connection.post("/register", [*fields, ("action", "book")])
                taken.append(time.perf_counter() - at)
                assert answer.status == 303, f"{answer.status}: {answer.body.decode()[:2000]}"

    await asyncio.gather(*(buy(number) for number in range(buyers)))
    return [*taken, time.perf_counter() - began]


def filled_in(form: str, who: str) -> list[tuple[str, str]]:
    return [
        ("form_token", hidden(form, "form_token")),
        ("country", "SE"),
        ("delegates.0.name", f"Dag Delegat {who}"),
        ("delegates.0.email", f"dag.{who}@skola.example"),
        ("delegates.0.organisation", "Västra skolan"),
        ("delegates.0.seminar.seminar-1", "seminar-1a"),
        ("delegates.0.workshop", "yes"),
        ("delegates.0.nights", "2017-11-06"),
        ("payer.name", "Dag Delegat"),
        ("payer.email", f"dag.{who}@skola.example"),
        ("payer.address", "Storgatan 1, 411 01 Göteborg"),
        ("consent", "yes"),
    ]


def hidden(html: str, name: str) -> str:
    tag = re.search(rf'<input[^>]*name="{name}"[^>]*>', html)
    value = tag and re.search(r'value="([^"]*)"', tag[0])
    assert value, f"no hidden field {name}"
    return unescape(value[1])


@contextlib.contextmanager
def plenum(data: str, workers: int) -> Iterator[str]:
    """A real Plenum on a free port, with its own data."""
    environment = os.environ | {"PLENUM_DATA": data, "PLENUM_NOW": "2017-06-05T10:00"}
    command = [
        str(Path(sys.executable).with_name("plenum")),
        "run",
        "--dev",
        "--port",
        "0",
        "--workers",
        str(workers),
    ]
    with running(command, environment) as server:
        yield server.url


if __name__ == "__main__":
    main()
