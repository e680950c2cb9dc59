"""What people have marked in My programme, live on each of their devices."""

from __future__ import annotations

from webapp.live.announced import PLANNERS
from webapp.live.news import Live
from webapp.live.streams import FORGOTTEN_AFTER, OwnFeeds, StateFeed
from webapp.tables import Planner


class MarksFeeds:
    """The marks of everybody who follows theirs in this worker."""

    def __init__(self, live: Live) -> None:
        self._feeds = OwnFeeds[int](lambda: StateFeed("marks"))
        self.nobodys = StateFeed("nobody")
        """For a browser that is not signed in: its page hears it, and follows no more."""
        self.nobodys.show(b"yes")
        live.follow(PLANNERS, self._refresh)
        live.every(FORGOTTEN_AFTER, self._feeds.forget_idle)

    async def marks_of(self, planner: Planner) -> StateFeed:
        feed = self._feeds.open(planner.id)
        await self._refresh({str(planner.id)})
        return feed

    async def _refresh(self, planners: set[str] | None) -> None:
        followed = self._feeds.keys() if planners is None else self._feeds.keys() & set(map(int, planners))
        for planner, marks in (await Planner.marks_of(*followed)).items():
            if feed := self._feeds.get(planner):
                feed.show(f".{'.'.join(marks)}".encode())  # a state is never empty
