"""Passes on the seats that were held for somebody on the waiting list, or for a yes, and not taken in time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from webapp import clock
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail.post import Post
from webapp.tables import Proposal, Waiting

log = logging.getLogger(__name__)

ROUND = 5
"""Seconds between two looks. Every worker looks; the database gives each seat that is due to one of them."""


class Usher:
    def __init__(self, feeds: Feeds, post_box: Post) -> None:
        self._feeds = feeds
        self._post_box = post_box

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("Could not look whether seats are to be passed on")
            await asyncio.sleep(ROUND)

    async def look(self) -> None:
        programme = self._feeds.any_programme
        if programme is None:
            return
        lapsed = await Proposal.sweep(programme.file, clock.now())
        if await Waiting.sweep(programme.file, clock.now()) or lapsed:
            self._post_box.wake()
            await self._feeds.announce(SEATS)
