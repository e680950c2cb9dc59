"""How often one person may do a thing."""

from __future__ import annotations

import logging
from datetime import timedelta

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# One script, so that two requests at once cannot both be the last one allowed.
COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""


async def allow(redis: Redis, what: str, who: str, *, times: int, per: timedelta) -> bool:
    """Whether this person may do this once more. While Redis is away everybody may.

    By person and not by address: a whole venue comes from one address.
    """
    try:
        key = f"plenum:limit:{what}:{who}"
        count = await redis.eval(COUNT, 1, key, int(per.total_seconds() * 1000))
    except (RedisError, OSError) as error:
        log.warning("Redis is away, so %s is not limited: %s", what, error)
        return True
    return int(count) <= times
