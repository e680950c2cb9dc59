"""Whether this worker can do its work: for whoever watches over it."""

from __future__ import annotations

from litestar import MediaType, get

from webapp.tables import Conference


@get("/health", media_type=MediaType.TEXT)
async def health() -> str:
    await Conference.exists()
    return "ok"
