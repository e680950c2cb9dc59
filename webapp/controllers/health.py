"""Whether this worker can do its work: for whoever watches over it."""

from __future__ import annotations

from litestar import MediaType, get
from litestar.di import NamedDependency
from redis.asyncio import Redis
from redis.exceptions import RedisError

from webapp.tables import Conference


@get("/health", media_type=MediaType.TEXT)
async def health(redis: NamedDependency[Redis]) -> str:
    """`ok`, or what is missing. While Redis is away everything works but that open pages follow, so it is no error."""
    await Conference.exists()
    try:
        await redis.ping()
    except (RedisError, OSError):
        return "Redis is away: open pages do not follow what happens until it is back."
    return "ok"
