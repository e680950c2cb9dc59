"""Forms half filled in: kept for a day, so that a reload or a closed tab loses nothing."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from piccolo.columns import Bytea, Column, Serial, Varchar
from piccolo.table import Table

from webapp import clock
from webapp.database.columns import Instant
from webapp.web.signing import source_mark

log = logging.getLogger(__name__)

LIFETIME = timedelta(hours=23)
"""Short, since people write about their health here (diet, access): less than a day, with a round of clearing away."""
PATIENCE = 1
"""Seconds that whoever types waits for a database that is busy. After that nothing is kept, and the page goes on."""
LONGEST = 64 * 1024
"""Bytes of one draft, sealed. A booking of twenty with every field in use takes some ten thousand."""
MOST = 4000
"""Drafts that are kept. Whoever sends forms without end does not fill the machine."""
MOST_FROM_ONE = 500
"""Drafts that are kept from one source, which a hall may be. Its next one pushes out its own oldest alone."""
NONCE = 12


class Draft(Table):
    """What was typed into one form. Its key is in the visitor's browser and nowhere here, and nothing else opens it."""

    id: Serial
    name = Varchar(length=64, unique=True)
    """By which the key finds it, and which does not tell the key."""
    sealed = Bytea()
    ends_at = Instant(index=True)
    """By the real clock: it is about how long something lies on a disk."""
    source = Varchar(length=64, default="", index=True)
    """Tells drafts from one source apart from others, and nobody where that is. Empty: it is not known."""

    @classmethod
    async def keep(cls, key: str, values: dict[str, list[str]], source: str) -> None:
        """Keep it for a day from now. If the database does not let us, the page still holds what was typed.

        `source` is where it was sent from (`limits.source_of`).
        """
        sealed = _seal(key, values)
        if len(sealed) > LONGEST:
            return
        facts: dict[Column | str, Any] = {cls.sealed: sealed, cls.ends_at: clock.real() + LIFETIME}
        with _not_mattering():
            async with asyncio.timeout(PATIENCE):
                if await cls.update(facts).where(cls.name == _name(key)).returning(cls.id):
                    return
                mark = source and source_mark(source)
                draft = cls(name=_name(key), sealed=sealed, ends_at=facts[cls.ends_at], source=mark)
                rows = (
                    await cls.insert(draft)
                    .on_conflict(cls.name, "DO UPDATE", [cls.sealed, cls.ends_at])
                    .returning(cls.id)
                )
                await cls.delete().where(cls.id <= rows[0]["id"] - MOST)
                if mark:
                    await cls._let_go_of_the_oldest_from(mark)

    @classmethod
    async def _let_go_of_the_oldest_from(cls, mark: str) -> None:
        kept = cls.select(cls.id).where(cls.source == mark).order_by(cls.id, ascending=False)
        if oldest := await kept.offset(MOST_FROM_ONE).first():
            await cls.delete().where(cls.source == mark, cls.id <= oldest["id"])

    @classmethod
    async def find(cls, key: str) -> dict[str, list[str]]:
        """What was typed; nothing when it is not kept, or not any more."""
        row = await cls.select(cls.sealed).where(cls.name == _name(key), cls.ends_at > clock.real()).first()
        return _open(key, row["sealed"]) if row else {}

    @classmethod
    async def clear_away(cls, now: datetime) -> None:
        """Forget those that nobody has come back to for a day."""
        await cls.delete().where(cls.ends_at <= now)

    @classmethod
    async def drop(cls, key: str) -> None:
        with _not_mattering():
            await cls.delete().where(cls.name == _name(key))


@contextmanager
def _not_mattering() -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.warning("A form half filled in is not kept, or stays for a day: %r", error)


def _seal(key: str, values: dict[str, list[str]]) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(_derived(key, b"draft's cipher")).encrypt(
        nonce, zlib.compress(json.dumps(values).encode()), None
    )


def _open(key: str, sealed: bytes) -> dict[str, list[str]]:
    opened = AESGCM(_derived(key, b"draft's cipher")).decrypt(sealed[:NONCE], sealed[NONCE:], None)
    return dict(json.loads(zlib.decompress(opened)))


def _name(key: str) -> str:
    return _derived(key, b"draft's name").hex()


def _derived(key: str, purpose: bytes) -> bytes:
    # A plain digest is enough: the keys are 128 random bits, not words somebody chose.
    return hashlib.blake2b(key.encode(), digest_size=32, person=purpose).digest()
