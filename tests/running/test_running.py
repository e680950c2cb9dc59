"""Starting, stopping, dying and starting again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from tests.conftest import Houses
from tests.support.house import House
from tests.support.postgres import Postgres
from tests.support.waiting import until
from tests.support.workers import from_each_worker


def everything_of(house: House) -> list[psutil.Process]:
    """The house's own process, its workers and its Valkey."""
    started = psutil.Process(house.process.pid)
    return [started, *started.children(recursive=True)]


def gone(processes: list[psutil.Process]) -> bool:
    return not any(process.is_running() and process.status() != "zombie" for process in processes)


@pytest.mark.parametrize(
    "ask",
    [lambda plenum: os.kill(plenum, signal.SIGTERM), lambda plenum: os.killpg(plenum, signal.SIGINT)],
    ids=["as a service is", "with Ctrl+C in a terminal"],
)
def test_asked_to_stop_it_ends_with_everything_it_started(houses: Houses, ask: Callable[[int], None]) -> None:
    house = houses(workers=2, cold=True)
    from_each_worker(house, lambda: None)  # each has to be there to be asked
    started = everything_of(house)
    assert any("valkey" in process.name() or "redis" in process.name() for process in started)
    ask(house.process.pid)
    assert house.process.wait(10) == 0
    until(lambda: gone(started))  # Python's own helper process ends a moment later
    assert not [line for line in house.log if "Traceback" in line], house.log


def test_killed_hard_it_leaves_nothing_behind_and_opens_again_as_it_was(
    houses: Houses, database: str
) -> None:
    house = houses(database, workers=2, cold=True, PLENUM_URL="https://conference.example.org")
    with house.client() as client:
        before = client.get("/programme").text
    started = everything_of(house)
    house.kill()
    until(lambda: gone(started))
    house.start()
    with house.client() as client:
        assert client.get("/programme").text == before


def test_killed_without_its_workers_it_leaves_nothing_behind_either(houses: Houses) -> None:
    house = houses(workers=2, cold=True)
    started = everything_of(house)
    house.process.kill()
    until(lambda: gone(started))


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_of_two_first_starts_on_one_database_one_prepares_it_for_both(
    database: str, tmp_path: Path, postgres: Postgres
) -> None:
    with postgres.database() as url, ThreadPoolExecutor() as together:
        shared = url if database == "postgresql" else f"sqlite:///{tmp_path / 'shared.sqlite'}"
        one, other = (House(tmp_path / name, shared, cold=True) for name in ("one", "other"))
        try:
            for started in [together.submit(house.start) for house in (one, other)]:
                started.result()
            for house in (one, other):
                with house.client() as client:
                    assert client.get("/health").is_success
        finally:
            one.stop()
            other.stop()


def test_a_second_start_on_the_same_data_is_refused_in_one_sentence_and_leaves_the_first_alone(
    houses: Houses,
) -> None:
    house = houses(cold=True)
    refused = house.plenum("run", "--port", "0", check=False)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"Another Plenum runs on {house.data} (process {house.process.pid}). "
        "Stop it first, or set PLENUM_DATA to another directory.\n"
    )
    with house.client() as client:
        assert client.get("/health").text == "ok"


@pytest.mark.parametrize("workers", [1, 2])
def test_a_valkey_that_dies_is_started_again_while_everything_else_runs_on(
    houses: Houses, workers: int
) -> None:
    house = houses(workers=workers, cold=True)
    with house.client() as client:
        until(lambda: client.get("/health").text == "ok")
        for _ in range(2):
            [valkey] = [
                one for one in everything_of(house) if "valkey" in one.name() or "redis" in one.name()
            ]
            started = everything_of(house)
            valkey.kill()
            valkey.wait(10)
            until(lambda: client.get("/health").text == "ok")
            assert len(everything_of(house)) == len(started)
        assert any("Valkey is started again" in line for line in house.log)
        until(lambda: "INFO Redis is back" in "".join(house.log))


def test_health_and_the_doctor_say_so_while_valkey_does_not_answer(houses: Houses) -> None:
    house = houses(cold=True)
    [valkey] = [one for one in everything_of(house) if "valkey" in one.name() or "redis" in one.name()]
    with house.client() as client:
        assert client.get("/health").text == "ok"
        valkey.suspend()
        try:
            assert client.get("/health").text.startswith("Redis is away")
            said = house.plenum("doctor", check=False)
            assert said.returncode == 1
            assert "✗ Redis: Plenum runs, but its Valkey does not answer" in said.stdout
        finally:
            valkey.resume()
        until(lambda: client.get("/health").text == "ok")
    assert "✓ Redis: answers" in house.plenum("doctor", check=False).stdout


def test_a_second_start_takes_less_than_three_seconds_of_a_processor(houses: Houses) -> None:
    house = houses(cold=True)
    house.stop()
    house.start()
    with house.client() as client:
        assert client.get("/").is_success
    times = [process.cpu_times() for process in everything_of(house)]
    # How long it takes by the clock on the wall depends on what else the machine has to do.
    assert sum(time.user + time.system for time in times) < 3


def test_a_port_that_is_taken_is_said_in_one_sentence(tmp_path: Path) -> None:
    house = House(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = house.plenum("run", "--port", str(port), check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr


def test_bin_dev_serves_the_real_conference_on_a_day_on_which_registration_is_open(tmp_path: Path) -> None:
    command = ["bin/dev", "--port", "0"]
    environment = os.environ | {"PLENUM_DATA": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as dev:
        assert dev.stdout
        ready = next(found for line in dev.stdout if (found := re.match(r"Plenum is ready at (\S+)", line)))
        try:
            first = httpx.get(ready[1], trust_env=False)
            form = httpx.get(f"{ready[1]}/register", trust_env=False)
        finally:
            started = [psutil.Process(dev.pid), *psutil.Process(dev.pid).children(recursive=True)]
            dev.terminate()
        assert dev.wait(10) == 0
    assert gone(started)
    assert "School-refusal" in first.text
    assert "<form" in form.text
