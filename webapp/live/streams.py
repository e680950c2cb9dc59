"""How news travels: announce, collect, draw once, hand to all. The only module that knows Redis pub/sub.

The database is the truth and news is only a hint to look there again: a change is committed, then announced
as the name of what changed. Every worker holds one subscription. What was missed while Redis was away is made
good by the subscription itself: each time it is confirmed, everything is looked at anew.

A `Feed` is a part of a page that changes by itself. All who follow it in this worker share its last changes, each
with a place of their own in them: there is no queue and no copy for anybody, and who falls behind gets the present
state instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import signal
import threading
from collections import defaultdict, deque
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Generator,
    Hashable,
)
from types import FrameType
from typing import Any, cast

from litestar.types import ASGIApp, Receive, Scope, Send
from redis.asyncio import Redis
from redis.exceptions import RedisError

from webapp.live.publishing import CHANNEL, SEPARATOR, publish
from webapp.web.requests import HEAD_ONLY, SERVERS_SEND

log = logging.getLogger(__name__)

ANYTHING = "*"
"""Announced in place of what has changed, where that is no longer known."""
SOON = 0.05
"""Seconds in which announcements that nobody waits for are gathered into one."""
GATHER = 0.1
"""Seconds in which further news of the same kind is gathered into one look."""
LONGEST_PAUSE = 3.0
"""Seconds between attempts to reach Redis again, at most."""
RING = 256
"""Changes that a feed remembers for those who have not read them yet."""
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
BEAT = b"event: beat\ndata: \n\n"

Look = Callable[[set[str] | None], Awaitable[None]]
"""Looks at the database again: at what is named, or (None) at everything."""


class Live:
    """What this worker follows, and who follows it here."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._news: dict[str, News] = {}
        self._timers: list[tuple[float, Callable[[], None]]] = []
        self._untold: set[str] = set()
        self._subscribed = False
        self._soon: defaultdict[str, set[str]] = defaultdict(set)
        self._some_soon = asyncio.Event()
        self._listeners: set[Listener] = set()
        self.closing = False

    @property
    def delayed(self) -> bool:
        """Whether what changes may take a while to be told: Redis is away, or does not answer."""
        return bool(self._untold) or not self._subscribed

    def follow(self, name: str, look: Look, gather: float = GATHER) -> None:
        """Look again whenever this is announced by any worker, at most once in `gather` seconds."""
        self._news[name] = News(name, look, gather)

    def every(self, seconds: float, act: Callable[[], None]) -> None:
        """Do this again and again while the application runs. One timer serves all who follow."""
        self._timers.append((seconds, act))

    async def announce(self, name: str, *what: str) -> bool:
        """Tell every worker that this has changed. To be called after the change is committed.

        Never fails the request: if Redis is away this worker looks at once, the others soon, and False is returned.
        """
        if await publish(self._redis, name, *what):
            return True
        log.warning("Redis could not be told of %s, and will be", name)
        self._untold.add(name)
        if name in self._news:
            self._news[name].came(*what)
        return False

    def announce_soon(self, name: str, what: str) -> None:
        """The same for what happens so often that no request should wait for it: it is told together with others."""
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
        """Follow the news for as long as the application runs. Everything is looked at once before it begins."""
        self._loop = asyncio.get_running_loop()
        for news in self._news.values():
            await news.look(None)
        tellers = (news.tell() for news in self._news.values())
        timers = (_again_and_again(seconds, act) for seconds, act in self._timers)
        work = (self._listen(), self._tell_soon(), self._tell_again(), *tellers, *timers)
        tasks = [asyncio.create_task(task) for task in work]
        self._close_on(signal.SIGTERM, signal.SIGINT)
        try:
            yield
        finally:
            self._close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        await self._redis.aclose()

    @property
    def readers(self) -> set[Hashable]:
        """Who follows streams here that are not for everybody."""
        return {listener.reader for listener in self._listeners if listener.reader is not None}

    def hang_up(self, readers: Collection[Hashable]) -> None:
        """End the streams of these readers, so that whoever comes back is asked again whether they may."""
        for listener in self._listeners:
            if listener.reader in readers:
                listener.leave()

    def stream(
        self, feed: Feed, *more: Feed, after: int | None = None, reader: Hashable | None = None
    ) -> ASGIApp:
        """What answers a request with server-sent events of these feeds, until the client leaves or we are to stop.

        `after` is the revision of the first feed that the client knows already; of the others it knows nothing.
        `reader`: who it is, where that may end it (`hang_up`).
        """

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": 200, "headers": list(STREAM_HEADERS)})
            if HEAD_ONLY in scope:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            listener = Listener(cast(Any, scope)[SERVERS_SEND], feed, *more, reader=reader)
            self._listeners.add(listener)
            left = asyncio.create_task(_left(receive))
            left.add_done_callback(lambda _: listener.leave())
            try:
                event = listener.begin(after)
                while not (listener.gone or self.closing or listener.ended):
                    if event:
                        await listener.send(event)
                    else:
                        await listener.wait()
                    event = listener.take()
            finally:
                self._listeners.discard(listener)
                listener.close()
                left.cancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        return answer

    def _close_on(self, *signals: signal.Signals) -> None:
        """End open streams as soon as we are asked to stop: the server waits for them before it shuts down."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in signals:
            before = signal.getsignal(number)

            def close(received: int, frame: FrameType | None, before: object = before) -> None:
                self._loop.call_soon_threadsafe(self._close)
                if callable(before):
                    before(received, frame)

            signal.signal(number, close)

    def _close(self) -> None:
        self.closing = True
        for listener in self._listeners:
            listener.wake()

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
                            self._look_at_everything()
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
            self._look_at_everything()

    def _look_at_everything(self) -> None:
        for news in self._news.values():
            news.came(None)


class News:
    """What has been announced under one name and not been looked at yet."""

    def __init__(self, name: str, look: Look, gather: float) -> None:
        self.look = look
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

    async def tell(self) -> None:
        """Look whenever something has come: at once when it was quiet, else when enough is gathered."""
        while True:
            await self._some.wait()
            self._some.clear()
            what, self._what = self._what, set()
            try:
                await self.look(what)
            except Exception:
                # The database may be back at the next look, and by then more may have changed than we know.
                log.exception("Could not look at %r again", self._name)
                self.came(None)
                await asyncio.sleep(1)
            await asyncio.sleep(self._gather)


class Feed:
    """A part of a page that changes by itself. `revision` is that of the state in the database which it shows."""

    def __init__(self) -> None:
        self.revision = 0
        self.ended = False
        """Whether nobody may follow it any more."""
        self._ring: deque[tuple[int, bytes]] = deque(maxlen=RING)
        """Changes, each with the revision that it led to."""
        self._forgotten = 0
        """The revision after which all changes are remembered."""
        self._pushed = 0
        """How many changes there have been, which is the place after the last one."""
        self._joined: dict[int, bytes] = {}
        self._listeners: set[Listener] = set()

    @property
    def followed(self) -> bool:
        return bool(self._listeners)

    def state(self) -> bytes:
        """The whole present state, as events. Drawn once for all who ask."""
        raise NotImplementedError

    def since(self, revision: int) -> bytes:
        """What a client lacks that has all up to this revision of the database, as events."""
        if not self._forgotten <= revision <= self.revision:
            return self.state()
        return b"".join(event for made, event in self._ring if made > revision)

    def start_at(self, revision: int) -> None:
        """Forget all changes: the state is this one now, and whoever comes from before needs it whole."""
        self._ring.clear()
        self.revision = self._forgotten = revision
        # Whoever follows is behind by more than is remembered, and so gets the state.
        self._pushed += 1
        self._told()

    def forget(self) -> None:
        """Never tell again what has been told so far: before a change that takes something of it back.

        Whoever has not heard all of it gets the state, in which it is not.
        """
        self._ring.clear()
        self._forgotten = self.revision

    def push(self, event: bytes) -> None:
        """Hand a change to all who follow."""
        if len(self._ring) == RING:
            self._forgotten = self._ring[0][0]
        self._ring.append((self.revision, event))
        self._pushed += 1
        self._told()

    def _told(self) -> None:
        self._joined.clear()
        for listener in self._listeners:
            listener.tell()

    def beat(self) -> None:
        """Say that the stream is alive, so that no proxy ends it and no page doubts it."""
        for listener in self._listeners:
            listener.beats = True
            listener.tell()

    def hang_up(self) -> None:
        """End every stream of this feed, so that whoever comes back is asked again whether they may."""
        for listener in self._listeners:
            listener.leave()

    def end(self) -> None:
        self.ended = True
        for listener in self._listeners:
            listener.wake()

    def _from(self, place: int) -> bytes:
        """All changes from this place on, joined once for all who are there; else, when forgotten, the whole state."""
        joined = self._joined.get(place)
        if joined is None:
            missing = self._pushed - place
            if missing > len(self._ring):
                joined = self.state()
            else:
                joined = b"".join(event for _, event in list(self._ring)[len(self._ring) - missing :])
            self._joined[place] = joined
        return joined


class StateFeed(Feed):
    """A small state that is sent whole: who follows always gets the latest, never a queue of old ones."""

    def __init__(self, event: str = "") -> None:
        super().__init__()
        self.data = b""
        self._event = event

    def show(self, data: bytes) -> None:
        if data != self.data:
            self.data = data
            self.revision += 1
            self.push(b"")

    def state(self) -> bytes:
        return event(self._event, self.data) if self.data else b""

    def _from(self, place: int) -> bytes:  # noqa: ARG002 - wherever one is, the present is what one lacks
        return self.state()


class Listener:
    """One open stream: its place in each of its feeds, and the way to whoever reads it.

    Its task sends what there is at first and whenever the connection was full. In between it sleeps, and what comes is
    sent without waking it: that takes a third of the time, which counts when a thousand are told the same.
    """

    __slots__ = ("_feeds", "_places", "_rest", "_send", "_woken", "beats", "gone", "reader")

    def __init__(self, send: Send, *feeds: Feed, reader: Hashable | None = None) -> None:
        self._send = send
        self._feeds = feeds
        self._places = [feed._pushed for feed in feeds]
        self._woken: asyncio.Future[None] | None = None
        self._rest: _Rest | None = None
        self.beats = False
        self.gone = False
        self.reader = reader
        for feed in feeds:
            feed._listeners.add(self)

    @property
    def ended(self) -> bool:
        """Whether one of its feeds may not be followed any more."""
        return any(feed.ended for feed in self._feeds)

    def begin(self, after: int | None) -> bytes:
        """What the client lacks at first. What it knows of the first feed is kept; the others it gets whole."""
        first, *more = self._feeds
        known = first.state() if after is None else first.since(after)
        return known + b"".join(feed.state() for feed in more)

    def take(self) -> bytes:
        """What has come since it was last asked."""
        events = b""
        for number, feed in enumerate(self._feeds):
            place = self._places[number]
            # Also while nothing is new: asking a feed of nothing for everything would resend all it remembers.
            if place != feed._pushed:
                self._places[number] = feed._pushed
                events += feed._from(place)
        if self.beats:
            self.beats = False
            events = events or BEAT
        return events

    async def send(self, events: bytes) -> None:
        await self._send({"type": "http.response.body", "body": events, "more_body": True})

    def tell(self) -> None:
        """Send what is new, here and now; or let the task do it, where it is at it or the connection takes no more."""
        if self._woken is None or self._woken.done():
            return
        if events := self.take():
            sending = self.send(events)
            try:
                pause = sending.send(None)
            except StopIteration:
                return
            except Exception:
                # Whatever is wrong with this connection, the others are told.
                log.exception("A stream has ended")
                self.leave()
                return
            self._rest = _Rest(sending, pause)
            self.wake()

    async def wait(self) -> None:
        """Sleep until something is to be done that `tell` cannot do."""
        self._woken = asyncio.get_running_loop().create_future()
        await self._woken
        self._woken = None
        if self._rest is not None:
            rest, self._rest = self._rest, None
            await rest

    def wake(self) -> None:
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    def leave(self) -> None:
        self.gone = True
        self.wake()

    def close(self) -> None:
        for feed in self._feeds:
            feed._listeners.discard(self)


class _Rest:
    """What remains of a coroutine that was begun by hand and came to a pause: to be awaited, by a task, once."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], pause: Any) -> None:
        self._coroutine = coroutine
        self._pause = pause

    def __await__(self) -> Generator[Any, Any, None]:
        yield self._pause
        yield from self._coroutine.__await__()


def event(name: str, data: bytes, revision: int | None = None) -> bytes:
    """One server-sent event. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    head = b"event: " + name.encode() + b"\n" if name else b""
    if revision is not None:
        head += b"id: %d\n" % revision
    return head + b"data: " + data.strip().replace(b"\n", b"\ndata: ") + b"\n\n"


async def _again_and_again(seconds: float, act: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(seconds)
        act()


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
