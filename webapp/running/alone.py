"""One Plenum at a time serves a data directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from webapp.refusal import Refused

PATIENCE = 2
"""Seconds in which one that was killed, or somebody who only looks, lets go."""
PAUSE = 0.05
"""Seconds between two attempts."""


@contextlib.contextmanager
def alone(data: Path) -> Iterator[None]:
    """Have the data directory to ourselves while the block runs. Raises Refused while another Plenum has it."""
    with _lock_file(data).open("a+") as lock:
        deadline = time.monotonic() + PATIENCE
        while not _take(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                lock.seek(0)
                raise Refused(
                    f"Another Plenum runs on {data} (process {lock.read().strip()}). "
                    "Stop it first, or set PLENUM_DATA to another directory."
                )
            time.sleep(PAUSE)
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def is_served(data: Path) -> bool:
    """Whether a Plenum runs on this data directory."""
    try:
        with _lock_file(data).open() as lock:
            return not _take(lock.fileno(), fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _lock_file(data: Path) -> Path:
    return data / "lock"


def _take(lock: int, how: int) -> bool:
    """Whether the lock is ours now, until the file is closed."""
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
