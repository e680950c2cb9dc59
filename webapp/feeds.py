"""Everything on our pages that changes by itself: what it is called in the news, and how it is looked up."""

from __future__ import annotations

import json

from litestar.exceptions import ServiceUnavailableException

from webapp import clock
from webapp.live import Live, Topic
from webapp.pages import Pages
from webapp.programme import Programme
from webapp.tables import Offer, Rehearsal

PROGRAMME = "programme"
SEATS = "seats"
CLOCK = "clock"


class Feeds:
    """The present state of every live part, in this worker."""

    def __init__(self, live: Live) -> None:
        self.any_programme: Programme | None = None
        self.pages = Pages()
        self.seats = Topic()
        self.announce = live.announce
        self.stream = live.stream
        live.follow(CLOCK, self._look_at_the_clock)
        live.follow(PROGRAMME, self._look_at_the_programme)
        live.follow(SEATS, self._look_at_the_seats)

    @property
    def programme(self) -> Programme:
        """The programme as last loaded. Raises ServiceUnavailableException before the first load."""
        if self.any_programme is None:
            raise ServiceUnavailableException(
                "No conference has been loaded yet. An organiser does that with: plenum conference load FILE"
            )
        return self.any_programme

    async def _look_at_the_programme(self) -> None:
        programme = await Programme.read()
        known, self.any_programme = self.any_programme, programme
        if known is None or programme is None or known.revision != programme.revision:
            self.pages.clear()

    async def _look_at_the_seats(self) -> None:
        self.seats.show(json.dumps(await Offer.seats_left(), sort_keys=True).encode())

    async def _look_at_the_clock(self) -> None:
        clock.shift(await Rehearsal.shift())
