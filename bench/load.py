"""Load from several processes that begin at one instant, so that the server is what is measured and not one client."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import re
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import uvloop

PROCESSES = 2
GETTING_READY = 3
"""Seconds in which the processes start and import what they need."""

Taken = dict[str, list[float]]
"""The seconds that each thing took, by what it was."""
Work = Callable[..., Awaitable[Taken]]
"""What one process does. A function of a module, so that it can be sent."""


@dataclass(frozen=True)
class Done:
    """What several processes did together, from `began` to `ended` (`time.monotonic()`)."""

    took: Taken
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


async def together(work: Work, *shares: Sequence[object]) -> Done:
    """Let each process do `work` with its share (the arguments), all beginning at once."""
    loop, at = asyncio.get_running_loop(), time.monotonic() + GETTING_READY
    with ProcessPoolExecutor(len(shares), multiprocessing.get_context("spawn")) as pool:
        parts = [loop.run_in_executor(pool, partial(_begin, at, work, share)) for share in shares]
        taken, ended = zip(*await asyncio.gather(*parts), strict=True)
    names = dict.fromkeys(itertools.chain(*taken))
    return Done({name: [one for took in taken for one in took[name]] for name in names}, at, max(ended))


def _begin(at: float, work: Work, share: Sequence[object]) -> tuple[Taken, float]:
    async def begin() -> tuple[Taken, float]:
        assert time.monotonic() < at, "This process was not ready when the others began."
        await asyncio.sleep(at - time.monotonic())
        taken = await work(*share)
        return taken, time.monotonic()

    return uvloop.run(begin())


LATENCY = re.compile(r"^\s+(\d+)%\s+([\d.]+)(us|ms|s|m)\s*$", re.MULTILINE)
UNIT = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def wrk() -> str | None:
    """The load generator that costs least, where it is installed."""
    return shutil.which("wrk")


def pages_by_wrk(url: str, seconds: float, connections: int) -> tuple[float, float, float]:
    """Pages a second, and the seconds within which half and 99 of 100 came. Raises SystemExit when any was refused."""
    command = [
        "wrk",
        "--latency",
        "-t2",
        f"-c{connections}",
        f"-d{seconds:g}s",
        "-H",
        "Accept-Encoding: br",
        url,
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise SystemExit(said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    within = {int(share): float(number) * UNIT[unit] for share, number, unit in LATENCY.findall(said)}
    if not rate or not within.keys() >= {50, 99}:
        raise SystemExit(said)
    return float(rate[1]), within[50], within[99]
