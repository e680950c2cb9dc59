"""Passwords: hashing is slow and takes 64 MB on purpose, so one at a time is looked at in a worker, and few wait."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cache
from weakref import WeakValueDictionary

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error

from webapp.refusal import Refused

HASHER = PasswordHasher()
MOST_WAITING = 20
"""Passwords that wait to be looked at: about a second of them."""

_bench = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
_waiting = 0
_turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def hashed(password: str) -> str:
    return HASHER.hash(password)


async def fits(password: str, hash_: str, *, patient: bool = False) -> bool:
    """Whether it is this password; without a hash nobody's is, and that takes as long.

    Raises Refused when many wait to know that already, unless whoever asks is `patient`.
    """
    global _waiting
    if _waiting >= MOST_WAITING and not patient:
        raise Refused("Many passwords are being tried just now. Please try again in a minute.")
    _waiting += 1
    try:
        return await asyncio.get_running_loop().run_in_executor(_bench, _fits, password, hash_)
    finally:
        _waiting -= 1


def _fits(password: str, hash_: str) -> bool:
    try:
        return HASHER.verify(hash_ or _nobodys(), password) and bool(hash_)
    except Argon2Error:
        return False


@asynccontextmanager
async def one_by_one(who: str) -> AsyncIterator[None]:
    """Let those who are patient come one after the other: however many passwords one of them sends at once, only one
    waits with everybody else's."""
    turn = _turns.setdefault(who, asyncio.Lock())
    async with turn:
        yield


@cache
def _nobodys() -> str:
    """The hash of a password that nobody has: who has none is looked up as long as who has one."""
    return hashed(secrets.token_urlsafe(32))
