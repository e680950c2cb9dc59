"""Parts of a page that change by themselves, and the streams in which browsers follow them.

All who follow a `Feed` in this worker share its last changes, each with a place of their own in them: there is no queue
and no copy for anybody, and who falls behind gets the present state instead.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Generator, Hashable
from types import FrameType
from typing import Any, TypeVar, cast

from litestar.types import ASGIApp, Receive, Scope, Send

from webapp.web.requests import HEAD_ONLY, SERVERS_SEND

log = logging.getLogger(__name__)

RING = 256
"""Changes that a feed remembers for those who have not read them yet."""
STREAM_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
BEAT = b"event: beat\ndata: \n\n"
BEATS_EVERY = 15
"""Seconds."""
NOTHING = -1
"""The revision of somebody who knows nothing yet."""
FORGOTTEN_AFTER = 60
"""Seconds for which a feed of somebody's own is kept that they do not follow, at least."""


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
        """Say to all who follow that the stream is alive, more often than every stream says so."""
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


class PartFeed(StateFeed):
    """A part of a page, sent whole: htmx swaps it in where the page has the element it is for (`#bell`)."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self._target = target

    def state(self) -> bytes:
        return part(self._target, self.data) if self.data else b""


Whose = TypeVar("Whose", bound=Hashable)


class OwnFeeds(dict[Whose, StateFeed]):
    """A feed of their own for each who follows one, kept for as long as they do and a while longer."""

    def __init__(self, new: Callable[[], StateFeed]) -> None:
        super().__init__()
        self._new = new
        self._idle: set[Whose] = set()
        """Those who did not follow theirs when that was last seen."""

    def open(self, whose: Whose) -> StateFeed:
        """Somebody's feed, which is to be followed now."""
        self._idle.discard(whose)
        if whose not in self:
            self[whose] = self._new()
        return self[whose]

    def forget_idle(self) -> None:
        """Forget what nobody has followed since the last time. A new one gets a while to be followed."""
        idle = {whose for whose, feed in self.items() if not feed.followed}
        for whose in idle & self._idle:
            del self[whose]
        self._idle = idle


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


class Streams:
    """The open streams of this worker."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._closing = False

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
                while not (listener.gone or self._closing or listener.ended):
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

    def beat(self) -> None:
        """Say in every stream that it is alive, so that no proxy ends it and no page doubts it."""
        for listener in self._listeners:
            listener.beats = True
            listener.tell()

    def close(self) -> None:
        """End them all: the application is to stop."""
        self._closing = True
        for listener in self._listeners:
            listener.wake()

    def close_on(self, *signals: signal.Signals) -> None:
        """End open streams as soon as we are asked to stop: the server waits for them before it shuts down."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in signals:
            before = signal.getsignal(number)

            def close(received: int, frame: FrameType | None, before: object = before) -> None:
                loop.call_soon_threadsafe(self.close)
                if callable(before):
                    before(received, frame)

            signal.signal(number, close)


def event(name: str, data: bytes, revision: int | None = None) -> bytes:
    """One server-sent event. Source: https://html.spec.whatwg.org/multipage/server-sent-events.html"""
    head = b"event: " + name.encode() + b"\n" if name else b""
    if revision is not None:
        head += b"id: %d\n" % revision
    return head + b"data: " + data.strip().replace(b"\n", b"\ndata: ") + b"\n\n"


def part(target: str, html: bytes) -> bytes:
    """HTML for the element of a page that a selector finds, as an event that htmx swaps in of its own accord."""
    head = b'<hx-partial hx-target="%s" hx-swap="outerMorph">' % target.encode()
    return event("", head + html.strip() + b"</hx-partial>")


async def _left(receive: Receive) -> None:
    """Return when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass
