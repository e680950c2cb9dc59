"""A Valkey of the tests' own, which they may kill."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil
from redis import Redis

from tests.support.waiting import until
from webapp.running.valkey import Valkey


class OurValkey:
    """A Valkey that may die, hang and come back at the same address."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._running = contextlib.ExitStack()
        self.url = ""

    def start(self) -> None:
        url = self._running.enter_context(Valkey(self._data))
        assert self.url in ("", url)
        self.url = url

    def stop(self) -> None:
        self._running.close()

    @property
    def process(self) -> psutil.Process:
        with Redis.from_url(self.url) as redis:
            return psutil.Process(redis.info()["process_id"])

    def kill(self) -> None:
        """As `kill -9`."""
        process = self.process
        process.kill()
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE)
        self.stop()
