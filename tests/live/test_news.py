"""How news is followed, and how following ends."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis

from webapp.live import news
from webapp.live.news import Live


async def test_a_client_that_takes_a_cancellation_for_its_time_limit_holds_up_no_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began = asyncio.Event()

    async def publish(*_: object) -> bool:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return False
        return True

    async def refresh(_: set[str] | None) -> None:
        pass

    monkeypatch.setattr(news, "publish", publish)
    live = Live(Redis.from_url("redis://127.0.0.1:1"))
    live.follow("programme", refresh)
    async with asyncio.timeout(20):
        async with live.running():
            await began.wait()
    await live.close()
