"""How news travels: announce, collect, tell. The only module that knows Redis pub/sub.

The database is the truth and news is only a hint to look there again: a change is committed, then announced
as the name of what changed. Every worker holds one subscription. What was missed while Redis was away is made
good by the subscription itself: each time it is confirmed, everything is looked at anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import FrameType

from litestar.types import Receive, Send
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

CHANNEL = "plenum:news"  # pub/sub ignores database numbers, so the name carries the application's
GATHER = 0.1
"""Seconds in which further news of the same kind is gathered into one look."""
PUBLISH_LIMIT = 0.5
"""Seconds a request waits for Redis when it announces."""
LONGEST_PAUSE = 5.0
"""Seconds between attempts to reach Redis again, at most."""
HEARTBEAT = 20
"""Seconds after which a quiet stream says that it is alive, so that no proxy ends it."""
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Live:
    """What this worker follows, and who waits for it here."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._looks: dict[str, Callable[[], Awaitable[None]]] = {}
        self._dirty: set[str] = set()
        self._news = asyncio.Event()
        self._closing = asyncio.Event()

    def follow(self, name: str, look: Callable[[], Awaitable[None]]) -> None:
        """Look again whenever this is announced by any worker."""
        self._looks[name] = look

    async def announce(self, name: str) -> None:
        """Tell every worker that this has changed. To be called after the change is committed.

        Never fails the request: if Redis is away this worker looks at once, and the others when it is back.
        """
        try:
            async with asyncio.timeout(PUBLISH_LIMIT):
                await self._redis.publish(CHANNEL, name)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("Redis could not be told that %r changed: %s", name, error)
            self._gather(name)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follow the news for as long as the application runs. Everything is looked at once before it begins."""
        self._loop = asyncio.get_running_loop()
        for look in self._looks.values():
            await look()
        tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._tell())]
        self._close_on(signal.SIGTERM, signal.SIGINT)
        try:
            yield
        finally:
            self._closing.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        await self._redis.aclose()

    async def stream(self, topic: Topic, receive: Receive, send: Send) -> None:
        """Answer a request with server-sent events: the topic's state now, and each time it has changed."""
        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        over = [asyncio.create_task(_left(receive)), asyncio.create_task(self._closing.wait())]
        version = 0
        try:
            while not any(task.done() for task in over):
                change = asyncio.create_task(topic.after(version))
                await asyncio.wait([change, *over], timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
                if change.done():
                    version, state = change.result()
                    event = b"data: " + state + b"\n\n"
                else:
                    change.cancel()
                    event = b":\n\n"
                await send({"type": "http.response.body", "body": event, "more_body": True})
        finally:
            for task in over:
                task.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _close_on(self, *signals: signal.Signals) -> None:
        """End open streams as soon as we are asked to stop: the server waits for them before it shuts down."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in signals:
            before = signal.getsignal(number)

            def close(received: int, frame: FrameType | None, before: object = before) -> None:
                self._loop.call_soon_threadsafe(self._closing.set)
                if callable(before):
                    before(received, frame)

            signal.signal(number, close)

    def _gather(self, *names: str) -> None:
        self._dirty.update(names)
        self._news.set()

    async def _listen(self) -> None:
        pause = 0.1
        while True:
            try:
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    async for message in subscription.listen():
                        pause = 0.1
                        if message["type"] == "subscribe":
                            self._gather(*self._looks)
                        else:
                            self._gather(message["data"].decode())
            except (RedisError, OSError) as error:
                log.warning("Redis is away (%s); trying again in %.1f s", error, pause)
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - workers must not come in step
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            names, self._dirty = self._dirty, set()
            for name in names & self._looks.keys():
                try:
                    await self._looks[name]()
                except Exception:
                    # What failed stays dirty: the database may be back at the next look.
                    log.exception("Could not look at %r again", name)
                    self._gather(name)
            await asyncio.sleep(GATHER)


async def announce_from_outside(url: str | None, *names: str) -> None:
    """Tell the workers from another program, such as the command line. None: no server runs that could listen."""
    if url is None:
        return
    async with Redis.from_url(url) as redis:
        for name in names:
            await Live(redis).announce(name)


class Topic:
    """A small state that open pages follow whole: a reader always gets the latest, never a queue of old ones."""

    def __init__(self) -> None:
        self.version = 0
        self.state = b""
        self._changed = asyncio.Event()

    def show(self, state: bytes) -> None:
        if state == self.state:
            return
        self.state = state
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def after(self, version: int) -> tuple[int, bytes]:
        """The state, as soon as it is another than that of `version`."""
        while version == self.version:
            await self._changed.wait()
        return self.version, self.state


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
