"""How much of a worker's time goes into writing mails, so that nobody who books waits for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

SHARE = 0.08
"""Of a worker's time that may go into writing mails while it is busy with people."""


class Pace:
    """Lets one mail be written at a time, with rests between them that are longer while the worker is busy."""

    def __init__(self) -> None:
        self._pen = asyncio.Lock()
        self._rested_at = 0.0
        self._load = Load()

    async def write(self, work: Callable[[], T]) -> T:
        """Do this in a thread, when it is its turn. Returns what the work returns."""
        async with self._pen:
            await asyncio.sleep(max(0, self._rested_at - time.monotonic()))
            # Half of the time is busy already: it is not alone in wanting a processor.
            share = max(SHARE, 1 - 2 * self._load.since_last())
            done, taken = await asyncio.to_thread(_timed, work)
            self._rested_at = time.monotonic() + taken * (1 / share - 1)
            return done


class Load:
    """How busy the event loop is, from one time to the next that this is asked in it."""

    def __init__(self) -> None:
        self._at, self._worked = time.monotonic(), time.thread_time()

    def since_last(self) -> float:
        """The part of the time in which it had a processor, from 0 to 1."""
        at, worked = time.monotonic(), time.thread_time()
        load = (worked - self._worked) / max(at - self._at, 1e-6)
        self._at, self._worked = at, worked
        return load


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What the work returns, and the seconds of a processor that it took: waiting for others is no work."""
    began = time.thread_time()
    return work(), time.thread_time() - began
