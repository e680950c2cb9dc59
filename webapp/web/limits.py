"""How often one person, or one source of requests, may do a thing.

Every limit is a bucket that leaks: `times` at once, and from then on as many in `per`, evenly. So nobody is locked out:
whoever did too much is slowed down, and it is known when their turn comes.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple

from litestar.connection import ASGIConnection
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

MINUTE, QUARTER, HOUR = timedelta(minutes=1), timedelta(minutes=15), timedelta(hours=1)

# What is in a bucket is the time that its key has left to live. One script, so that two requests at once cannot both
# be the last one allowed.
TAKE = """
local level = math.max(0, redis.call('PTTL', KEYS[1])) + tonumber(ARGV[1])
if level <= tonumber(ARGV[2]) then redis.call('SET', KEYS[1], '', 'PX', level) end
return level
"""
A_LITTLE_FAST = "That was a little fast. Please wait a few seconds."
MOST_KEPT = 10_000
"""Buckets that a worker keeps while Redis is away."""


class Turn(NamedTuple):
    """When somebody may do what they ask for."""

    granted: bool
    """It is counted. Else nothing is, and they may ask again after the wait."""
    wait: timedelta


AT_ONCE = Turn(True, timedelta())


class Buckets:
    """Those of this worker alone, for as long as Redis is away."""

    def __init__(self) -> None:
        self._empty_at: dict[str, float] = {}

    def take(self, key: str, amount: int, most: int) -> int:
        """The same as the script, with times in milliseconds."""
        now = time.monotonic() * 1000
        level = round(max(0.0, self._empty_at.get(key, now) - now)) + amount
        if level <= most:
            self._empty_at.pop(key, None)
            self._empty_at[key] = now + level
            if len(self._empty_at) > MOST_KEPT:
                del self._empty_at[next(iter(self._empty_at))]
        return level


buckets = Buckets()


@dataclass(frozen=True)
class Limit:
    """How often one person, or one source, may do a thing: so many `times` at once, and as many `per` time, evenly."""

    what: str
    times: int
    per: timedelta

    async def turn(
        self, redis: Redis, who: str | int, *, more: int = 1, queue: timedelta = timedelta()
    ) -> Turn:
        """Ask for a turn, or so many `more`. Who does too much gets one later, if that is within the `queue`, or none.

        While Redis is away every worker counts for itself.
        """
        key, room = f"plenum:limit:{self.what}:{who}", _milliseconds(self.per)
        amount, most = max(1, more * room // self.times), room + _milliseconds(queue)
        try:
            level = int(await redis.eval(TAKE, 1, key, amount, most))
        except (RedisError, OSError) as error:
            log.warning("Redis is away, so each worker by itself limits %s: %s", self.what, error)
            level = buckets.take(key, amount, most)
        granted = level <= most
        return Turn(granted, timedelta(milliseconds=max(0, level - (room if granted else most))))

    async def allows(self, redis: Redis, who: str | int) -> bool:
        """Whether this person may do this once more.

        By person and not by source where we know them: a whole venue is one source.
        """
        return (await self.turn(redis, who)).granted


def source_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where a request comes from, as the server knows it: from a proxy only if it is trusted (FORWARDED_ALLOW_IPS).

    Of the newer addresses (IPv6) the network, which is what one household or telephone has. Nothing for this machine
    itself: that would be a proxy which does not say for whom it asks. Then nobody can be told from anybody, and no
    limit by source holds.
    """
    try:
        address = ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return ""
    if address.is_loopback:
        return ""
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))


def in_words(wait: timedelta) -> str:
    """How long somebody is asked to wait: `12 seconds`, `a minute`, `3 hours`. Never less than it is."""
    seconds = -(-wait // timedelta(seconds=1))
    if seconds < 60:
        return f"{seconds} seconds" if seconds > 1 else "a second"
    minutes = -(-seconds // 60)
    if minutes < 120:
        return f"{minutes} minutes" if minutes > 1 else "a minute"
    return f"{-(-minutes // 60)} hours"


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)
