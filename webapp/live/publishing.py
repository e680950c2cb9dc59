"""Tells the workers what has changed, through Redis pub/sub."""

from __future__ import annotations

import asyncio
import logging

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHANNEL = "plenum:news"  # pub/sub ignores database numbers, so the name carries the application's
SEPARATOR = "\n"
PUBLISH_LIMIT = 0.5
"""Seconds one waits for Redis."""


async def publish(redis: Redis, name: str, *what: str) -> bool:
    """Tell every worker that this has changed. Returns False when Redis is away, or does not answer."""
    message = f"{name} {SEPARATOR.join(what)}"
    try:
        async with asyncio.timeout(PUBLISH_LIMIT):
            await redis.publish(CHANNEL, message)
    except (RedisError, OSError, TimeoutError):
        return False
    return True


async def publish_once(url: str, *names: str) -> None:
    """Tell the workers what has changed, from a program that has no connection of its own."""
    async with Redis.from_url(url) as redis:
        for name in names:
            if not await publish(redis, name):
                log.warning("Redis could not be told of %s, so open pages may follow late", name)
