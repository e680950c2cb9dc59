"""How news travels: announced, collected, and shown. Only this module and `publishing.py` know Redis pub/sub.

The database is the truth and news is only a hint to read it again: a change is committed, then announced
as the name of what changed. Every worker holds one subscription. What was missed while Redis was away is made
good by the subscription itself: each time it is confirmed, everything is read anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from webapp.live.publishing import CHANNEL, SEPARATOR, publish
from webapp.live.streams import BEATS_EVERY, Streams

log = logging.getLogger(__name__)

ANYTHING = "*"
"""Announced in place of what has changed, where that is no longer known."""
SOON = 0.05
"""Seconds in which announcements that nobody waits for are gathered into one."""
GATHER = 0.1
"""Seconds in which further news of the same kind is gathered into one refreshing."""
LONGEST_PAUSE = 3.0
"""Seconds between attempts to reach Redis again, at most."""

Refresh = Callable[[set[str] | None], Awaitable[None]]
"""Reads again what is named, or (None) everything, and shows it to all who follow it."""


class Live:
    """What this worker follows, and who follows it here."""

    def __init__(self, redis: Redis) -> None:
        self.streams = Streams()
        self._redis = redis
        self._news: dict[str, News] = {}
        self._timers: list[tuple[float, Callable[[], None]]] = [(BEATS_EVERY, self.streams.beat)]
        self._untold: set[str] = set()
        self._subscribed = False
        self._soon: defaultdict[str, set[str]] = defaultdict(set)
        self._some_soon = asyncio.Event()

    @property
    def delayed(self) -> bool:
        """Whether what changes may take a while to be told: Redis is away, or does not answer."""
        return bool(self._untold) or not self._subscribed

    def follow(self, name: str, refresh: Refresh, gather: float = GATHER) -> None:
        """Refresh whenever this is announced by any worker, at most once in `gather` seconds."""
        self._news[name] = News(name, refresh, gather)

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Do this again and again while the application runs. One timer serves all who follow."""
        self._timers.append((seconds, act))

    async def announce(self, name: str, *what: str) -> bool:
        """Tell every worker that this has changed. To be called after the change is committed.

        Never fails the request: if Redis is away this worker refreshes at once, the others soon, and False is returned.
        """
        if await publish(self._redis, name, *what):
            return True
        log.warning("Redis could not be told of %s, and will be", name)
        self._untold.add(name)
        if name in self._news:
            self._news[name].came(*what)
        return False

    def announce_soon(self, name: str, what: str) -> None:
        """Announce what happens so often that no request should wait for it: it is told together with others."""
        self._soon[name].add(what)
        self._some_soon.set()

    async def _tell_soon(self) -> None:
        while True:
            await self._some_soon.wait()
            self._some_soon.clear()
            soon, self._soon = self._soon, defaultdict(set)
            for name, what in soon.items():
                await self.announce(name, *what)
            await asyncio.sleep(SOON)

    async def _tell_again(self) -> None:
        """Announce what could not be announced: the others may have heard Redis all the time and know of nothing."""
        # We may stand in the place of a worker that died between a change and its announcement.
        self._untold.update(self._news)
        while True:
            for name in list(self._untold):
                if await publish(self._redis, name, ANYTHING):
                    self._untold.discard(name)
            await asyncio.sleep(1)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the news for as long as the application runs. Everything is read once before it begins."""
        for news in self._news.values():
            await news.refresh(None)
        readers = (news.run() for news in self._news.values())
        timers = (_again_and_again(seconds, act) for seconds, act in self._timers)
        work = (self._listen(), self._tell_soon(), self._tell_again(), *readers, *timers)
        tasks = [asyncio.create_task(task) for task in work]
        self.streams.close_on(signal.SIGTERM, signal.SIGINT)
        try:
            yield
        finally:
            self.streams.close()
            # Said again to those that go on: in the middle of a time limit, a client may take it for that limit.
            pending = set(tasks)
            while pending:
                for task in pending:
                    task.cancel()
                _, pending = await asyncio.wait(pending, timeout=1)

    async def close(self) -> None:
        await self._redis.aclose()

    async def _listen(self) -> None:
        pause, was_away = 0.1, False
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        pause = 0.1
                        if message["type"] == "subscribe":
                            if was_away:
                                log.info("Redis is back")
                            self._subscribed, was_away = True, False
                            self._refresh_everything()
                            continue
                        name, _, what = message["data"].decode().partition(" ")
                        if name in self._news:
                            self._news[name].came(*([None] if what == ANYTHING else what.split(SEPARATOR)))
            except (RedisError, OSError) as error:
                if not was_away:
                    log.warning("Redis is away, and is tried again until it is back: %s", error)
                self._subscribed, was_away = False, True
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - workers must not come in step
            pause = min(pause * 2, LONGEST_PAUSE)
            # Nobody can tell us what changes now, so we see for ourselves.
            self._refresh_everything()

    def _refresh_everything(self) -> None:
        for news in self._news.values():
            news.came(None)


class News:
    """What has been announced under one name and not been read yet."""

    def __init__(self, name: str, refresh: Refresh, gather: float) -> None:
        self.refresh = refresh
        self._name = name
        self._gather = gather
        self._what: set[str] | None = set()
        self._some = asyncio.Event()

    def came(self, *what: str | None) -> None:
        """None among it: anything may have changed."""
        if None in what or self._what is None:
            self._what = None
        else:
            self._what.update(name for name in what if name is not None)
        self._some.set()

    async def run(self) -> None:
        """Refresh whenever something has come: at once when it was quiet, else when enough is gathered."""
        while True:
            await self._some.wait()
            self._some.clear()
            what, self._what = self._what, set()
            try:
                await self.refresh(what)
            except Exception:
                # The database may be back the next time, and by then more may have changed than we know.
                log.exception("Could not refresh %r", self._name)
                self.came(None)
                await asyncio.sleep(1)
            await asyncio.sleep(self._gather)


async def _again_and_again(seconds: float, act: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        act()
