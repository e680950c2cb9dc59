"""What a first start makes: the secret, and files that nobody else may read."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Houses
from tests.support.booking import book
from tests.support.cast import Cast
from tests.support.house import PLENUM, House
from webapp.settings import _kept_secret

FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
import os
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Runs a program for which no file can grow, as on a disk that is full."""


# The secret


def test_whoever_reads_the_secret_while_it_is_made_reads_all_of_it(tmp_path: Path) -> None:
    """Several workers of a first start, all at once, and somebody who looks all the time."""
    with ThreadPoolExecutor(9) as pool:
        for number in range(60):
            folder = tmp_path / str(number)
            folder.mkdir()
            file, made = folder / "secret", threading.Event()

            def look(file: Path = file, made: threading.Event = made) -> set[int]:
                seen = set()
                while not made.is_set():
                    if file.exists():
                        seen.add(len(file.read_text()))
                return seen

            looking = pool.submit(look)
            secrets = set(pool.map(lambda _, file=file: _kept_secret.__wrapped__(file), range(8)))
            made.set()
            assert looking.result() <= {64}
            assert len(secrets) == 1
            assert len(secrets.pop()) == 64
            assert [path.name for path in folder.iterdir()] == ["secret"]


def test_a_first_start_on_a_full_disk_is_refused_and_the_next_one_makes_a_good_secret(tmp_path: Path) -> None:
    house = House(tmp_path)
    refused = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(PLENUM), "run", "--port", "0"],
        env=house.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr == f"The secret {tmp_path}/secret can be neither read nor made: File too large.\n"
    assert not (tmp_path / "secret").exists()
    house.start()
    house.stop()
    assert len((tmp_path / "secret").read_text()) == 64


# Who may read it


@pytest.fixture
def careless() -> Iterator[None]:
    """Somebody whose new files are everybody's."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("careless")
def test_nobody_else_may_read_anything_of_ours_however_careless_the_machine_is(
    houses: Houses, cast: Cast
) -> None:
    house = houses()
    house.data.chmod(0o755)  # as it was made by whoever installed it
    house.stop()
    house.start()
    with house.client() as dag:
        book(dag, cast.dag)
    assert house.outbox(cast.dag.email)
    everything = [house.data, *house.data.rglob("*")]
    assert {
        "plenum.sqlite",
        "plenum.sqlite-wal",
        "secret",
        "outbox",
        "valkey.sock",
        "valkey.log",
        "lock",
    } <= {path.name for path in everything}
    assert [path for path in everything if path.stat().st_mode & 0o077] == []
    assert house.data.stat().st_mode & 0o777 == 0o700
