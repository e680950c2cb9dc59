"""Hundreds or thousands of open pages in one process, each following a panel's stream as a browser does.

What a page shows is worked out once for all pages that show the same and are told the same, so that a listener
costs little more than its connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Self, cast
from urllib.parse import urlsplit

from tests.support.pages import MOST_KNOWN, Event, Page
from tests.support.progress import Progress, Watch

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 4.5
"""Seconds before a page tries again, doubled each time up to the longest: a telephone's, as panel.html has them."""
SILENCE = 40.0
"""Seconds without a beat after which a page takes its connection for dead, as js/live/page.js does."""
SMALL_BUFFER = 4096
"""Bytes that a page has room for which is to be frozen, so that the server soon finds out."""


class Listener(asyncio.Protocol):
    """One open page."""

    __slots__ = (
        "_all",
        "_asks",
        "_closed",
        "_framed",
        "_headed",
        "_rest",
        "_task",
        "_text",
        "_transport",
        "attempts",
        "buffer",
        "connections",
        "frozen",
        "heard_at",
        "page",
        "there",
    )

    def __init__(self, group: Listeners, asks: str, page: Page, buffer: int | None) -> None:
        self._all = group
        self._asks = asks
        self._transport: asyncio.Transport | None = None
        self._closed: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None
        self.page = page
        self.buffer = buffer
        self.attempts = 0
        """Since it was last told anything."""
        self.connections = 0
        """How often it has begun to follow."""
        self.frozen = False
        self.heard_at = 0.0
        self.there: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when it has been told something for the first time."""

    def follow(self) -> None:
        self._task = asyncio.create_task(self._follow())

    async def leave(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def freeze(self) -> None:
        """Read no more, as a telephone in a tunnel."""
        self.frozen = True
        if self._transport and not self._transport.is_closing():
            self._transport.pause_reading()

    def thaw(self) -> None:
        self.frozen = False
        self.heard_at = time.monotonic()
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def hang_up(self) -> None:
        """Lose the connection. It reconnects like any that was lost."""
        if self._transport:
            self._transport.abort()

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._closed = loop.create_future()
                with contextlib.suppress(OSError):
                    await self._connect(loop)
                    await self._closed
                pause = min(FIRST_PAUSE * 2**self.attempts, LONGEST_PAUSE)
                self.attempts += 1
                await asyncio.sleep(pause * random.uniform(0, 2))  # noqa: S311 - it guards nothing
        finally:
            if self._transport:
                self._transport.abort()

    async def _connect(self, loop: asyncio.AbstractEventLoop) -> None:
        self._rest = self._text = b""
        self._headed = self._framed = False
        if self.buffer is None:
            await loop.create_connection(lambda: self, self._all.host, self._all.port)
            return
        connection = socket.socket()
        try:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
            await loop.sock_connect(connection, (self._all.host, self._all.port))
            await loop.create_connection(lambda: self, sock=connection)
        except BaseException:
            connection.close()
            raise

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        known = f"Last-Event-ID: {self.page.cursor}\r\n" if self.page.cursor is not None else ""
        self._transport.write(f"{self._asks}{known}\r\n".encode())
        self.heard_at = time.monotonic()
        if self.frozen:
            self._transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._headed:
            self._all.lost += 1
        if self._closed and not self._closed.done():
            self._closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        if self._headed and not self._rest and not self._text:
            events = self._all._pieces.get(data)
            if events is not None:
                self._hear(events)
                return
        try:
            self._read(data)
        except Exception as error:
            self._all._broke(error)
            raise

    def _read(self, data: bytes) -> None:
        rest = self._rest + data
        if not self._headed:
            head, found, rest = rest.partition(b"\r\n\r\n")
            if not found:
                self._rest = head
                return
            if not self._is_welcome(head):
                return
            data = rest
        # Whether this piece begins where another ended, and may be told by its bytes to all who get the same.
        alone = data == rest and not self._text
        events: list[Event] = []
        while rest:
            if not self._framed:
                payload, rest = rest, b""
            else:
                size, found, after = rest.partition(b"\r\n")
                length = int(size, 16) if found else 0
                if found and length == 0:
                    self._hear(events)
                    self.hang_up()  # it ended in good order
                    return
                if not found or len(after) < length + 2:
                    break
                payload, rest = after[:length], after[length + 2 :]
            *whole, self._text = (self._text + payload).split(b"\n\n")
            events += map(self._all._event, whole)
        self._rest = rest
        if alone and data and not rest and not self._text:
            self._all._remember(data, tuple(events))
        self._hear(events)

    def _is_welcome(self, head: bytes) -> bool:
        status = int(head.split(b" ", 2)[1])
        self._all.answers[status] += 1
        if status != 200:
            self.hang_up()
            return False
        self._headed = True
        self._rest = b""
        self._framed = b"transfer-encoding: chunked" in head.lower()
        self.connections += 1
        return True

    def _hear(self, events: Sequence[Event]) -> None:
        if not events:
            return
        self.heard_at = time.monotonic()
        self.attempts = 0
        before = page = self.page
        for event in events:
            if event.cursor is not None and page.cursor is not None and event.cursor < page.cursor:
                self._all.went_back.append((page.cursor, event.cursor))
            page = page.after(event)
        if page is not before:
            self.page = page
            told = sum(event.cursor is not None for event in events)
            self._all._turned(self, before, page, told)
        if not self.there.done():
            self.there.set_result(None)


class Listeners:
    """Some open pages of one address, and what they saw.

    `mark` finds in a stream what is to be remembered, such as the texts of questions.
    """

    def __init__(self, url: str, path: str, mark: re.Pattern[bytes] | None = None) -> None:
        self.url = url
        self.path = path
        self.all: list[Listener] = []
        self.marks: dict[bytes, float] = {}
        """What was ever seen of what `mark` finds, and when it was first."""
        self.answers: Counter[int] = Counter()
        """How often each HTTP status was the answer."""
        self.lost = 0
        """How often a stream ended that had begun."""
        self.went_back: list[tuple[int, int]] = []
        """Where a page was told something older than it knew: the two cursors."""
        self.progress: Progress | None = None
        self.broken: Exception | None = None
        self._mark = mark
        self._events: dict[bytes, Event] = {}
        self._pieces: dict[bytes, tuple[Event, ...]] = {}
        self._watches: list[Watch] = []
        self._watchdog: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return self._url

    @url.setter
    def url(self, url: str) -> None:
        """Where pages find the server from now on."""
        parts = urlsplit(url)
        self._url = url
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80

    async def __aenter__(self) -> Self:
        self._watchdog = asyncio.create_task(self._watch_silence())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._watchdog:
            self._watchdog.cancel()
            await asyncio.gather(self._watchdog, return_exceptions=True)
        await asyncio.gather(*(listener.leave() for listener in self.all))
        # A transport closes in its own time, after its protocol has been told.
        await asyncio.sleep(0)

    async def open(
        self,
        number: int,
        *,
        at_once: int = 200,
        page: Page | None = None,
        buffer: int | None = None,
        cookie: str = "",
        within: float = 60,
    ) -> list[Listener]:
        """Open so many more, at most `at_once` at a time, and wait until each has been told something.

        `page` is what they show already, as the server drew it. `buffer`: bytes each has room for.
        """
        asks = f"GET {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\nAccept: text/event-stream\r\n"
        if cookie:
            asks += f"Cookie: {cookie}\r\n"
        first = page or Page({}, None)
        turn = asyncio.Semaphore(at_once)
        opened = [Listener(self, asks, first, buffer) for _ in range(number)]
        self.all += opened

        async def join(listener: Listener) -> None:
            async with turn:
                listener.follow()
                await listener.there

        try:
            async with asyncio.timeout(within):
                await asyncio.gather(*map(join, opened))
        except TimeoutError:
            told = sum(listener.connections > 0 for listener in opened)
            raise AssertionError(
                f"After {within} seconds {told} of {number} pages could follow; "
                f"answers {dict(self.answers)}, lost {self.lost}."
            ) from None
        return opened

    async def until(
        self,
        shows: Callable[[Page], bool],
        within: float = 10,
        of: Iterable[Listener] | None = None,
    ) -> float:
        """Wait until what every page (or each `of` these) shows is so, and return the instant at which it was."""
        if self.broken:
            raise self.broken
        watch = Watch(self.all if of is None else of, shows)
        self._watches.append(watch)
        try:
            async with asyncio.timeout(within):
                return await watch.done
        except TimeoutError:
            behind = Counter((listener.page.cursor, listener.frozen) for listener in watch.behind)
            raise AssertionError(
                f"After {within} seconds {len(watch.behind)} of {watch.number} pages do not show it: "
                f"(cursor, frozen) {behind.most_common(5)}; answers {dict(self.answers)}, lost {self.lost}."
            ) from None
        finally:
            self._watches.remove(watch)

    @contextlib.contextmanager
    def counting(self) -> Iterator[Progress]:
        """While this lasts, see when each cursor has reached everybody."""
        self.progress = Progress(len(self.all))
        try:
            yield self.progress
        finally:
            self.progress = None

    def _broke(self, error: Exception) -> None:
        """A stream that cannot be read is nothing to reconnect after: whoever waits is to know."""
        self.broken = error
        for waiting in [watch.done for watch in self._watches] + [listener.there for listener in self.all]:
            if not waiting.done():
                waiting.set_exception(error)

    def _event(self, source: bytes) -> Event:
        event = self._events.get(source)
        if event is None:
            event = Event(source)
            if self._mark and event.name != "mine":  # which only its asker is told
                now = time.monotonic()
                for mark in self._mark.findall(source):
                    self.marks.setdefault(mark, now)
            if len(self._events) >= MOST_KNOWN:
                self._events.clear()
                self._pieces.clear()
            self._events[source] = event
        return event

    def _remember(self, piece: bytes, events: tuple[Event, ...]) -> None:
        if len(self._pieces) >= MOST_KNOWN:
            self._pieces.clear()
        self._pieces[piece] = events

    def _turned(self, listener: Listener, before: Page, page: Page, told: int) -> None:
        if self.progress is not None and page.cursor != before.cursor:
            self.progress.count(before.cursor, page.cursor, listener.heard_at, told)
        for watch in self._watches:
            watch.look(listener)

    async def _watch_silence(self) -> None:
        while True:
            await asyncio.sleep(SILENCE / 8)
            dead = time.monotonic() - SILENCE
            for listener in self.all:
                if listener.heard_at < dead and not listener.frozen:
                    listener.hang_up()
