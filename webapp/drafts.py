"""Registrations half filled in: kept for a day, so that a reload or a closed tab loses nothing."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

LIFETIME = timedelta(days=1)
"""Short, since people write about their health here (diet, access)."""


class Drafts:
    """By the key of the form. While Redis is away nothing is kept, and the page still holds what was typed."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def keep(self, key: str, values: dict[str, list[str]]) -> None:
        try:
            await self._redis.set(_name(key), json.dumps(values), ex=LIFETIME)
        except (RedisError, OSError) as error:
            log.warning("Redis is away, so a registration half filled in is not kept: %s", error)

    async def find(self, key: str) -> dict[str, list[str]]:
        try:
            kept = await self._redis.get(_name(key))
        except (RedisError, OSError):
            return {}
        return dict(json.loads(kept)) if kept else {}

    async def drop(self, key: str) -> None:
        try:
            await self._redis.delete(_name(key))
        except (RedisError, OSError) as error:
            log.warning("A registration half filled in stays for a day, since Redis is away: %s", error)


def _name(key: str) -> str:
    return f"plenum:draft:{key}"
