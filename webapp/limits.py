"""How often one person, or one address, may do a thing."""

from __future__ import annotations

import logging
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from litestar.connection import ASGIConnection
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

# One script, so that two requests at once cannot both be the last one allowed.
COUNT = """
local before = tonumber(redis.call('GET', KEYS[1]) or 0)
if before + ARGV[1] > tonumber(ARGV[2]) then return 0 end
redis.call('INCRBY', KEYS[1], ARGV[1])
if before == 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
"""


async def allow(redis: Redis, what: str, who: str, *, times: int, per: timedelta, more: int = 1) -> bool:
    """Whether this person may do this once more, or so many times more. While Redis is away everybody may.

    By person and not by address where we know them: a whole venue comes from one address.
    """
    try:
        key = f"plenum:limit:{what}:{who}"
        allowed = await redis.eval(COUNT, 1, key, more, times, int(per.total_seconds() * 1000))
    except (RedisError, OSError) as error:
        log.warning("Redis is away, so %s is not limited: %s", what, error)
        return True
    return bool(allowed)


async def allow_from(
    redis: Redis,
    what: str,
    connection: ASGIConnection[Any, Any, Any, Any],
    *,
    each: int,
    together: int,
    per: timedelta,
    more: int = 1,
) -> bool:
    """The same where anybody may do it: `each` address by itself, and all of them `together`."""
    address = _address_of(connection)
    # Each first: what one address is refused takes nothing from the others.
    return not address or (
        await allow(redis, what, address, times=each, per=per, more=more)
        and await allow(redis, what, "together", times=together, per=per, more=more)
    )


def _address_of(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """Where a request comes from, as the server knows it: from a proxy only if it is trusted (FORWARDED_ALLOW_IPS).

    Nothing for this machine itself: that would be a proxy which does not say for whom it asks. Of the newer addresses
    (IPv6) the network, which is what one household or telephone has.
    """
    try:
        address = ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return ""
    if address.is_loopback:
        return ""
    return str(address if address.version == 4 else ip_network((address, 64), strict=False))
