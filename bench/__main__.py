"""Measures pages, bookings and their letters over HTTP and SMTP: `python -m bench`.

Everything runs in one go on one machine, beside a bare ASGI application that sends as many bytes, so that what
counts are the ratios. Plenum runs as it would for real, as if behind a proxy that says for whom it asks, so that its
limits count; each booking comes from an address of its own, opens the form, sees its price, confirms, and looks at the
booking. Its letters, with tickets and invoices, go to a mail server that counts them. Pages are asked for by wrk where
it is installed, everything else by two processes. With DATABASE_URL set it measures that database, which must be an
empty one.

Left out: the network, TLS and the proxy's own work, pictures and styles, and what a browser does with a page.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop

from bench.client import Connection
from bench.load import PROCESSES, Done, pages_by_wrk, together, wrk
from bench.servers import Server, bare, machine, running
from bench.sink import counted
from bench.visitors import buy, read_pages
from tests.support.house import SCHOOL_REFUSAL
from webapp.mail.postage import BOOKING

READERS = 32
PATIENCE = 300
"""Seconds that all letters may take."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=8, help="for each measurement")
    parser.add_argument("--buyers", type=int, default=16, help="who book at once")
    options = parser.parse_args()
    print(machine())
    kind = os.environ.get("DATABASE_URL", "sqlite").partition(":")[0]
    print(f"{kind}, {options.workers} workers, {'wrk' if wrk() else 'no wrk'}, all load from this machine\n")
    with (
        tempfile.TemporaryDirectory() as data,
        running([sys.executable, "-m", "bench.sink"], dict(os.environ)) as mails,
        plenum(data, options.workers, mails.url) as server,
    ):
        size, coded = uvloop.run(page_size(server.url))
        print(f"programme page: {size:,} bytes of HTML, {coded:,} on the wire")
        with bare("pages", b"x" * coded) as nothing:
            pages("bare ASGI", f"{nothing.url}/", options.seconds)
        pages("/programme", f"{server.url}/programme", options.seconds)
        uvloop.run(bookings(server, mails.url, options.buyers, options.seconds))


def pages(name: str, url: str, seconds: float) -> None:
    """Print how fast one page is, asked for again and again by 32 readers."""
    if wrk():
        rate, half, most = pages_by_wrk(url, seconds, READERS)
        print(f"{name:24} {rate:8,.0f} /s   p50 {half * 1000:6.1f} ms   p99 {most * 1000:6.1f} ms")
        return
    share = (url, seconds, READERS // PROCESSES)
    report(name, "page", uvloop.run(together(read_pages, *[share] * PROCESSES)))


def report(name: str, what: str, done: Done) -> None:
    """Print how many a second, and how long each took."""
    took = done.took[what]
    cuts = statistics.quantiles(took, n=100)
    print(
        f"{name:24} {len(took) / done.seconds:8,.0f} /s   "
        f"p50 {cuts[49] * 1000:6.1f} ms   p99 {cuts[98] * 1000:6.1f} ms   ({len(took):,} in {done.seconds:.1f} s)"
    )


async def page_size(url: str) -> tuple[int, int]:
    async with Connection(url) as connection:
        plain = await connection.get("/programme")
        coded = await connection.get("/programme", Accept_Encoding="br")
        return len(plain.body), len(coded.body)


async def bookings(server: Server, mails: str, buyers: int, seconds: float) -> None:
    """Print how fast people book, how long their letters take, and what a booking costs with all that follows it."""
    each = buyers // PROCESSES
    shares = [(server.url, range(number * each, (number + 1) * each), seconds) for number in range(PROCESSES)]
    before = server.cpu
    done = await together(buy, *shares)
    number = len(done.took["booking"])
    early, _ = await counted(mails)
    report(f"bookings, {buyers} at once", "booking", done)
    report("the booking's page", "page", done)
    async with asyncio.timeout(PATIENCE):
        # What is beyond the letters of an hour waits for its turn.
        letters, invoices = await counted(mails, min(number, BOOKING.together))
    after, cpu = time.monotonic() - done.ended, server.cpu - before
    print(
        f"letters: {early:,} of {letters:,} had come when the last booking was made, all of them {after:.1f} s later, "
        f"with {invoices:,} invoices\na booking with its pages, letter and invoice: {cpu / number * 1000:.1f} ms of CPU"
    )


@contextlib.contextmanager
def plenum(data: str, workers: int, mails: str) -> Iterator[Server]:
    """A real Plenum on a free port, with its own data, on a day on which registration is open."""
    environment = os.environ | {
        "PLENUM_DATA": data,
        "PLENUM_NOW": "2017-06-05T10:00",
        "PLENUM_MAIL_FROM": "Plenum <plenum@conference.example>",
        "SMTP_URL": mails,
    }
    command = str(Path(sys.executable).with_name("plenum"))
    subprocess.run([command, "conference", "load", str(SCHOOL_REFUSAL)], env=environment, check=True)
    run = [command, "run", "--port", "0", "--workers", str(workers)]
    with running(run, environment) as server:
        yield server


if __name__ == "__main__":
    main()
