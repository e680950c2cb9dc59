"""How far many open pages have come, for those who wait for it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from tests.support.pages import Page


class Follower(Protocol):
    """Whoever has a page open."""

    page: Page
    frozen: bool
    """Whether it reads nothing for now."""


class Progress:
    """How far everybody has come."""

    def __init__(self, listeners: int) -> None:
        self.reached: dict[int, float] = {}
        """Of each cursor, when the last page was there or further."""
        self.deliveries = 0
        """Events with changes that pages were told, all together. One may carry several changes."""
        self._listeners = listeners
        self._counts: Counter[int] = Counter()
        self._awaited: dict[int, asyncio.Future[float]] = {}

    def count(self, before: int | None, after: int | None, at: float, told: int) -> None:
        if before is None or after is None:
            return
        self.deliveries += told
        for cursor in range(before + 1, after + 1):
            self._counts[cursor] += 1
            if self._counts[cursor] == self._listeners:
                self.reached[cursor] = at
                if awaited := self._awaited.pop(cursor, None):
                    awaited.set_result(at)

    async def reach(self, cursor: int, within: float = 60) -> float:
        """Wait until all pages are there, and return when the last one was."""
        if cursor not in self.reached:
            awaited = self._awaited.setdefault(cursor, asyncio.get_running_loop().create_future())
            async with asyncio.timeout(within):
                await asyncio.shield(awaited)
        return self.reached[cursor]


class Watch:
    """Waiting for all of some pages to show something. Each page is asked once, however many show it."""

    def __init__(self, listeners: Iterable[Follower], shows: Callable[[Page], bool]) -> None:
        self.done: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._shows = shows
        self._known: dict[Page, bool] = {}
        watched = list(listeners)
        self.number = len(watched)
        self.behind = {listener for listener in watched if not self._is_shown(listener.page)}
        self._watched = set(watched)
        self._settle()

    def look(self, listener: Follower) -> None:
        if listener not in self._watched or self.done.done():
            return
        if self._is_shown(listener.page):
            self.behind.discard(listener)
            self._settle()
        else:
            self.behind.add(listener)

    def _settle(self) -> None:
        if not self.behind:
            self.done.set_result(time.monotonic())

    def _is_shown(self, page: Page) -> bool:
        known = self._known.get(page)
        if known is None:
            known = self._known[page] = self._shows(page)
        return known
