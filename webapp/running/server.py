"""Running Plenum: its own Valkey, the database brought up to date, then one or several workers."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import resource
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from litestar import Litestar
from uvicorn.supervisors import Multiprocess

from webapp.clock import shift_to
from webapp.conference.file import ConferenceFile
from webapp.conference.loading import load
from webapp.conference.reading import read
from webapp.database.connected import connected
from webapp.database.engine import DB
from webapp.database.migrating import migrate
from webapp.refusal import Refused
from webapp.running.alone import alone
from webapp.running.logs import keep_log
from webapp.running.valkey import Valkey
from webapp.settings import SENDER_MISSING, settings
from webapp.tables import Conference, Rehearsal

FIRST_CONFERENCE = Path(__file__).parents[1] / "conference" / "examples" / "school_refusal_2017.toml"
BACKLOG = 4096
"""Connections that may wait to be accepted: a hall of telephones comes back at once after a restart."""
KEEP_ALIVE = 75
"""Seconds an idle connection is kept: longer than proxies do (nginx 60), so that none is closed as it is used again."""
LAST_WORDS = 3
"""Seconds that requests under way are given when the server is asked to stop."""


def run(host: str, port: int, workers: int, *, development: bool) -> None:
    """Serve until asked to stop. Raises Refused when something that is needed is missing."""
    keep_log()
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn raises the signal again when it has shut down; leave then in good order, and stop Valkey.
        signal.signal(number, lambda *_: sys.exit())
    if development:
        os.environ["PLENUM_DEV"] = "1"
    _allow_many_connections()
    listener = _listen(host, port)
    address = _address(host, listener.getsockname()[1])
    os.environ.setdefault("PLENUM_URL", address)
    settings.cache_clear()
    settings().make_data()
    _ = settings().secret  # made, or refused, before a worker needs it
    with alone(settings().data), _redis() as redis_url:
        settings().say_address()
        # The workers are processes of their own and read their settings from the environment.
        os.environ["REDIS_URL"] = redis_url
        settings.cache_clear()
        if settings().sender_missing:
            print(SENDER_MISSING, flush=True)
        asyncio.run(_prepare(development=development))
        config = uvicorn.Config(
            # Made in each worker, which knows by its environment what has been settled here.
            "webapp.running.server:worker",
            factory=True,
            workers=workers,
            backlog=BACKLOG,
            timeout_graceful_shutdown=LAST_WORDS,
            timeout_keep_alive=KEEP_ALIVE,
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            proxy_headers=True,
        )
        threading.Thread(target=_say_when_ready, args=(address,), daemon=True).start()
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            Multiprocess(config, sockets=[listener]).run()


def worker() -> Litestar:
    """The application in one worker, which does not outlive the supervisor that it belongs to."""
    from webapp.app import create_app  # which the supervisor of several workers does without

    keep_log()  # a worker beside others is a process of its own
    if supervisor := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(supervisor.sentinel,), daemon=True).start()
    return create_app()


def _end_with(supervisor: int) -> None:
    multiprocessing.connection.wait([supervisor])
    os.kill(os.getpid(), signal.SIGTERM)


async def _prepare(*, development: bool) -> None:
    async with connected():
        await DB.examine()
        await migrate()
        present = await Conference.loaded()
        if present is None and development:
            file = read(FIRST_CONFERENCE)
            await load(file, datetime.now(UTC))
            print(f"Loaded the conference “{file.conference.title}”.", flush=True)
        elif present is None:
            print("No conference is loaded yet. Load one with: plenum conference load FILE", flush=True)
        await _set_clock(development=development)


async def _set_clock(*, development: bool) -> None:
    present = await Conference.loaded()
    if present is None:
        # Whose time is meant is known once a conference is loaded: then the workers set it (`feeds.py`).
        if (wanted := settings().now) is not None:
            shift_to(wanted, UTC)
        return
    file = ConferenceFile.from_json(present["document"])
    if (wanted := settings().now) is not None:
        await Rehearsal.set(shift_to(wanted, file.conference.zone))
        return
    over = datetime.now(file.conference.zone).date() > file.conference.ends
    if development and over and not await Rehearsal.shift():
        await Rehearsal.set(_while_registration_is_open(file) - datetime.now(UTC))


def _while_registration_is_open(file: ConferenceFile) -> datetime:
    """A day on which a conference that is over can be tried out: two weeks before its first price ends."""
    ends = [price.until for product in file.product for price in product.price if price.until]
    first_day = datetime.combine(file.conference.starts, datetime.min.time(), file.conference.zone)
    return min(ends, default=first_day) - timedelta(days=14) + timedelta(hours=10)


@contextlib.contextmanager
def _redis() -> Iterator[str]:
    if shared := settings().redis_url:
        yield shared
        return
    with Valkey(settings().data) as own:
        yield own


def _allow_many_connections() -> None:
    """Every open page takes a file descriptor; systems let a program begin with far fewer than it may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # macOS says that it has no limit, and has one
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        raise Refused(
            f"Plenum cannot listen on {host}:{port} ({error.strerror}). Choose another port, for example --port 8080."
        ) from error
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def _say_when_ready(address: str) -> None:
    # The socket listens already, so this request waits until a worker answers it: nothing is asked twice.
    with contextlib.suppress(OSError):
        urllib.request.urlopen(f"{address}/health", timeout=60).read()  # noqa: S310 - our own address
        print(f"Plenum is ready at {address}", flush=True)
