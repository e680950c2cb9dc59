"""A backup: all that cannot be had again, the database and the secret, whole and checked, in one file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from webapp.database.connected import connected
from webapp.database.engine import DB
from webapp.database.sqlite import SQLite
from webapp.refusal import Refused
from webapp.running.alone import alone
from webapp.settings import settings
from webapp.tables import Conference
from webapp.text.written import counted, moment

CONTENTS = "contents.json"
COPY = "database"
SECRET = "secret"  # noqa: S105 - the name of a file
EMPTY_PLACE = "A backup is restored into an empty place."


@dataclass(frozen=True)
class Contents:
    """What a backup says of itself."""

    kind: str
    made_at: str
    digest: str
    """SHA-256 of the copy."""
    bookings: int
    delegates: int
    """Counted in the copy, and not in what was copied."""

    def __str__(self) -> str:
        return f"{counted(self.delegates, 'delegate')} on {counted(self.bookings, 'booking')}, as of {self.made_at}"


class File:
    """A database that is one file of SQLite's."""

    kind = "sqlite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def copy_to(self, copy: Path) -> None:
        """With all that lies in the write-ahead log, and while others read and write."""
        with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True)) as source:
            source.execute("VACUUM INTO ?", [str(copy)])

    def counts(self, copy: Path, *tables: str) -> list[int]:
        """How many rows these tables have in a copy, every page and every reference of which was looked at."""
        with closing(sqlite3.connect(copy)) as opened:
            [found] = opened.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok" or opened.execute("PRAGMA foreign_key_check").fetchone():
                raise Refused(f"The copy of the database is not whole: {found}.")
            return [opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]  # noqa: S608

    async def put(self, copy: Path) -> None:
        if self._path.exists():
            raise Refused(f"There is a database at {self._path} already. {EMPTY_PLACE}")
        for left in ("-wal", "-shm"):  # of one that was taken away: it would be played into what comes now
            self._path.with_name(self._path.name + left).unlink(missing_ok=True)
        shutil.move(copy, self._path)


class Server:
    """A database that a PostgreSQL keeps."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        # Not on the command line, which others on this machine may read.
        self._environment = os.environ | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})
        self._address = parts._replace(netloc=re.sub(r":[^@:]*@", "@", parts.netloc)).geturl()

    def copy_to(self, copy: Path) -> None:
        self._run("pg_dump", "--format=custom", f"--file={copy}", f"--dbname={self._address}")

    def counts(self, copy: Path, *tables: str) -> list[int]:
        """How many rows these tables have in a dump, which is read to its end."""
        found, table = dict.fromkeys(tables, 0), ""
        for line in self._run("pg_restore", "--data-only", "--file=-", str(copy)).splitlines():
            if begins := re.match(r"COPY public\.\"?(\w+)\"? \(.*FROM stdin;$", line):
                table = begins[1]
            elif line == "\\.":
                table = ""
            elif table in found:
                found[table] += 1
        return list(found.values())

    async def put(self, copy: Path) -> None:
        async with connected():
            if await Conference.table_exists():
                raise Refused(f"There are tables in the database at DATABASE_URL already. {EMPTY_PLACE}")
        whole = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
        self._run("pg_restore", *whole, f"--dbname={self._address}", str(copy))

    def _run(self, name: str, *words: str) -> str:
        program = shutil.which(name)
        if program is None:
            raise Refused(
                f"{name} is not here. It comes with PostgreSQL’s client programs (on Debian and Ubuntu: apt install "
                "postgresql-client), which have to be as new as the server."
            )
        done = subprocess.run(
            [program, *words], env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Refused(f"{name} has failed: {' '.join(done.stderr.split())}")
        return done.stdout


def take(file: Path) -> Contents:
    """Write a backup, also while Plenum runs. Raises Refused when it would not be whole, and leaves no file then."""
    if file.exists():
        raise Refused(
            f"There is a file {file} already, and a backup overwrites nothing. Choose another name."
        )
    database = _database()
    try:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".plenum-backup-") as scratch:
            copy, archive = Path(scratch) / COPY, Path(scratch) / "archive"
            database.copy_to(copy)
            bookings, delegates = database.counts(copy, "booking", "delegate")
            made_at = f"{moment(datetime.now(UTC))} UTC"
            contents = Contents(database.kind, made_at, _digest(copy), bookings, delegates)
            with tarfile.open(archive, "w:gz", compresslevel=3) as tar:
                _add(tar, CONTENTS, json.dumps(asdict(contents)).encode())
                _add(tar, SECRET, settings().secret.encode())
                tar.add(copy, COPY)
            _unpack(archive, copy)
            with archive.open("rb") as written:
                os.fsync(written.fileno())
            archive.rename(file)
    except (OSError, sqlite3.Error) as error:
        raise Refused(f"There is no backup in {file}: {error}.") from error
    return contents


async def restore(file: Path) -> Contents:
    """Put a backup where nothing is yet. Raises Refused, and changes nothing, when something is or it is not whole."""
    database, data = _database(), settings().data
    with alone(data), tempfile.TemporaryDirectory(dir=data, prefix=".restoring-") as scratch:
        copy = Path(scratch) / COPY
        contents, secret = _unpack(file, copy)
        if contents.kind != database.kind:
            raise Refused(
                f"{file} holds a database of {contents.kind}, and DATABASE_URL is one of {database.kind}."
            )
        await database.put(copy)
        aside = Path(scratch) / SECRET
        aside.write_bytes(secret)
        aside.replace(data / SECRET)
    return contents


def _database() -> File | Server:
    return File(Path(DB.path)) if isinstance(DB, SQLite) else Server(settings().database_url)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o600
    tar.addfile(member, io.BytesIO(content))


def _unpack(file: Path, copy: Path) -> tuple[Contents, bytes]:
    """Check a backup, and write the database in it to `copy`. Returns what it says of itself, and the secret."""
    try:
        with tarfile.open(file, "r:gz") as tar:
            contents = Contents(**json.loads(_read(tar, CONTENTS)))
            secret = _read(tar, SECRET)
            with copy.open("wb") as written:
                shutil.copyfileobj(tar.extractfile(COPY) or io.BytesIO(), written)
    except (tarfile.TarError, EOFError, zlib.error, KeyError, TypeError, ValueError) as error:
        raise Refused(f"{file} is no backup of Plenum’s, or not a whole one.") from error
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error}.") from error
    if _digest(copy) != contents.digest:
        raise Refused(f"{file} has been damaged since it was made: its database is not what it was.")
    return contents, secret


def _read(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.extractfile(name)
    return member.read() if member else b""


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
