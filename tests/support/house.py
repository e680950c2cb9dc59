"""A real Plenum: its command, its workers, its Valkey, its database, as a person would run it."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import httpx
import psycopg.rows

from tests.support import warm
from tests.support.postgres import connection
from tests.support.waiting import until
from webapp.running.valkey import companion

PLENUM = Path(sys.executable).with_name("plenum")
SCHOOL_REFUSAL = Path("webapp/conference/examples/school_refusal_2017.toml").resolve()
WHILE_REGISTRATION_IS_OPEN = "2017-05-02T10:00"
READY = "Plenum is ready at "
START = 60
"""Seconds a house may take to open."""
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Houses are reached over HTTP. Left to itself each client reads the certificates of the whole world first: 17 ms."""


class House:
    """A conference that is open to visitors."""

    def __init__(
        self,
        data: Path,
        database_url: str | None = None,
        *,
        workers: int = 1,
        port: int = 0,
        cold: bool = False,
        **settings: str,
    ) -> None:
        """`settings` are environment variables, such as PLENUM_NOW. Port 0: any that is free.

        `cold`: start every program from nothing, and not by `warm.py`, since how it starts is what is tested.
        """
        self.data = data
        self._cold = cold or sys.platform != "linux" or "PYTHONPATH" in settings
        self._port = str(port)
        self.workers = workers
        self.database_url = database_url or f"sqlite:///{data / 'plenum.sqlite'}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PLENUM_DATA": str(data),
            "DATABASE_URL": self.database_url,
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self.log: list[str] = []
        self.url = ""
        self._mails: dict[Path, EmailMessage] = {}
        self._running = contextlib.ExitStack()

    @property
    def database(self) -> str:
        """`sqlite` or `postgresql`."""
        return urlsplit(self.database_url).scheme

    def start(self) -> None:
        """Open it, and wait until it says that it is ready."""
        command = [
            str(PLENUM),
            "run",
            "--host",
            "127.0.0.1",
            "--port",
            self._port,
            "--workers",
            str(self.workers),
        ]
        program = _running_cold if self._cold else warm.running
        self.process, output = self._running.enter_context(program(command, self.environment))
        ready: Future[str] = Future()
        self._reader = threading.Thread(target=self._read, args=(output, ready))
        self._reader.start()
        try:
            self.url = ready.result(START)
        except (EOFError, TimeoutError) as error:
            self.stop()
            raise AssertionError(
                f"This house did not open ({error!r}). It said:\n{''.join(self.log)}"
            ) from error

    def stop(self) -> None:
        """Ask it to stop, and wait until it and all it started have. It may be started again."""
        self._running.close()
        self._reader.join()

    def kill(self) -> None:
        """Let it die with its workers, as in a power cut."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.stop()

    @contextlib.contextmanager
    def client(self, **options: Any) -> Iterator[httpx.Client]:
        """A browser without eyes: keeps cookies, and its requests come from our own pages."""
        headers = {"Sec-Fetch-Site": "same-origin"} | options.pop("headers", {})
        with httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=NO_CERTIFICATES, **options
        ) as client:
            yield client

    def plenum(
        self, *words: str | Path, check: bool = True, typed: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the command line against the same data. Unless `check` is false it has to succeed."""
        run = _run_cold if self._cold else warm.run
        done = run([str(PLENUM), *map(str, words)], self.environment, typed or "", START)
        assert not check or done.returncode == 0, (
            f"plenum {words} ended with {done.returncode}:\n{done.stderr}"
        )
        return done

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Look straight into the database. Places for values are written `?` for both."""
        if self.database == "sqlite":
            with closing(sqlite3.connect(self.data / "plenum.sqlite")) as sqlite, sqlite:
                sqlite.row_factory = sqlite3.Row
                return [dict(row) for row in sqlite.execute(query, values)]
        with connection(self.database_url).cursor(row_factory=psycopg.rows.dict_row) as cursor:
            cursor.execute(query.replace("?", "%s").encode(), values)
            return cursor.fetchall() if cursor.description else []

    def outbox(self, to: str | None = None) -> list[EmailMessage]:
        """The mails that went out so far, oldest first; with `to`, those to this address, once there is one."""

        def read() -> list[EmailMessage]:
            files = sorted((self.data / "outbox").glob("[!.]*.eml"))
            for file in files:
                if file not in self._mails:
                    self._mails[file] = email.message_from_bytes(
                        file.read_bytes(), policy=email.policy.default
                    )
            mails = [self._mails[file] for file in files]
            return [mail for mail in mails if to is None or to in _recipients(mail)]

        # A house that many have used has many mails to write, and takes no more than a part of its time for it.
        return read() if to is None else until(read, within=30)

    def _read(self, output: IO[str], ready: Future[str]) -> None:
        with output:
            for line in output:
                self.log.append(line)
                if line.startswith(READY) and not ready.done():
                    ready.set_result(line.removeprefix(READY).strip())
        if not ready.done():
            ready.set_exception(EOFError("it ended"))


@contextlib.contextmanager
def _running_cold(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[warm.Running]:
    with companion(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        yield process, process.stdout


def _run_cold(
    command: Sequence[str], environment: Mapping[str, str], typed: str, timeout: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, input=typed, timeout=timeout, check=False
    )


def _recipients(mail: EmailMessage) -> list[str]:
    return [address.addr_spec for address in mail["To"].addresses]
