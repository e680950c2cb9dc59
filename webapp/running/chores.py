"""What is done again and again beside the requests: seats passed on, news sent in the morning, old things cleared."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from webapp import clock
from webapp.database.engine import DB
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail.post import Post
from webapp.tables import AddressChange, Draft, Proposal, SignIn, SignInLink
from webapp.tables.booking import waiting_list
from webapp.tables.meeting_place import news_mail

log = logging.getLogger(__name__)

SEATS_EVERY = 5
"""Seconds between two looks. Every worker looks; the database gives each seat that is due to one of them."""
NEWS_EVERY = 5
"""Seconds between two looks whether it is morning. The database lets one worker send the news."""
MORNING = 7
"""The hour at which what somebody has not read at the meeting place is sent by mail."""
CLEARING_EVERY = 600
"""Seconds between two rounds. Every worker makes them: they take nothing, and do no harm."""


class Morning(NamedTuple):
    """One on which the news is sent by mail. In each rehearsal it is another one."""

    at: datetime
    rehearsed: timedelta


class Chores:
    """What every worker of Plenum does by itself, for as long as it runs."""

    def __init__(self, feeds: Feeds, post_box: Post) -> None:
        self._feeds = feeds
        self._post_box = post_box
        self._mailed: Morning | None = None
        """The last one of which the news was sent."""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = [
            asyncio.create_task(_again_and_again(SEATS_EVERY, self.pass_on_seats)),
            asyncio.create_task(_again_and_again(NEWS_EVERY, self.send_news)),
            asyncio.create_task(_again_and_again(CLEARING_EVERY, self.clear_away)),
        ]
        try:
            yield
        finally:
            for one in work:
                one.cancel()
            await asyncio.gather(*work, return_exceptions=True)

    async def pass_on_seats(self) -> None:
        """Give on what was held for somebody on the waiting list, or for a payer's yes, and not taken in time."""
        programme = self._feeds.any_programme
        if programme is None:
            return
        lapsed = await Proposal.sweep(programme.file, clock.now())
        if await waiting_list.sweep(programme.file, clock.now()) or lapsed:
            self._post_box.wake()
            await self._feeds.announce(SEATS)

    async def send_news(self) -> None:
        """Mail each at the meeting place what they have not read, once a day."""
        programme = self._feeds.any_programme
        if programme is None:
            return
        now = clock.now().astimezone(programme.conference.zone)
        morning = Morning(now.replace(hour=MORNING, minute=0, second=0, microsecond=0), clock.shifted())
        if now >= morning.at and morning != self._mailed:
            until = morning.at.astimezone(UTC)
            await news_mail.send(until, clock.now(), rehearsing=bool(morning.rehearsed))
            self._mailed = morning

    async def clear_away(self) -> None:
        """Delete links, sign-ins, wishes for another address and forms half filled in that have had their time."""
        # A rehearsal in the future ends nothing for good.
        now = min(clock.now(), clock.real())
        for table in (SignInLink, SignIn, AddressChange):
            await table.clear_away(now)
        await Draft.clear_away(clock.real())
        await DB.checkpoint()


async def _again_and_again(seconds: float, chore: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await chore()
        except Exception:
            log.exception("A chore failed, and is tried again: %s", chore.__name__)
        await asyncio.sleep(seconds)
