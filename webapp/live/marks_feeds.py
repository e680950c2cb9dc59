"""What people have marked in My programme, live on each of their devices."""

from __future__ import annotations

from webapp.live.announced import PLANNERS
from webapp.live.news import Live
from webapp.live.streams import StateFeed
from webapp.tables import Planner

IDLE = 60
"""Seconds for which a feed that nobody follows is kept, at least."""


class MarksFeeds:
    """The marks of everybody who follows theirs in this worker."""

    def __init__(self, live: Live) -> None:
        self._feeds: dict[int, StateFeed] = {}
        self._idle: set[int] = set()
        self.nobodys = StateFeed("nobody")
        """For whoever has not signed in: their page hears it, and follows no more."""
        self.nobodys.show(b"yes")
        live.follow(PLANNERS, self._look)
        live.every(IDLE, self._forget_idle)

    async def of(self, planner: Planner) -> StateFeed:
        feed = self._feeds.setdefault(planner.id, StateFeed("marks"))
        self._idle.discard(planner.id)
        await self._look({str(planner.id)})
        return feed

    async def _look(self, planners: set[str] | None) -> None:
        followed = self._feeds.keys() if planners is None else self._feeds.keys() & set(map(int, planners))
        for planner, marks in (await Planner.marks_of(*followed)).items():
            if feed := self._feeds.get(planner):
                feed.show(f".{'.'.join(marks)}".encode())  # a state is never empty

    def _forget_idle(self) -> None:
        idle = {planner for planner, feed in self._feeds.items() if not feed.followed}
        for planner in idle & self._idle:
            del self._feeds[planner]
        self._idle = idle
