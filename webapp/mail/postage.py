"""When a letter may leave that anybody can have us write: to addresses which nobody has proved to be theirs.

Every source of requests has its share, which leaves at once. What is beyond that waits for its turn in the outbox, and
so does what is beyond a rate for everybody: that one makes letters late, and refuses nobody anything.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from redis.asyncio import Redis

from webapp.conference.contact import organisers
from webapp.web import limits
from webapp.web.limits import AT_ONCE, HOUR, Limit, Turn

log = logging.getLogger(__name__)

LONGEST_DELAY = timedelta(days=1)
"""However many sources write: nobody's letter waits longer than this for those of others."""


@dataclass(frozen=True)
class Postage:
    """How many letters of one kind leave in an hour."""

    what: str
    each: int
    """From one source."""
    together: int
    """From all sources."""
    queue: timedelta
    """How long the letters of one source may have to wait. Who asks for more is refused: that is a flood."""

    async def turn(
        self, connection: ASGIConnection[Any, Any, Any, Any], redis: Redis, letters: int = 1
    ) -> Turn:
        """When so many letters leave that this request asks for."""
        source = limits.source_of(connection)
        if not source:
            return AT_ONCE
        own = await Limit(self.what, self.each, HOUR).turn(redis, source, more=letters, queue=self.queue)
        if own.wait:
            log.warning("%s has asked for more %s than its share of an hour", source, self.what)
            return own  # and takes nothing of what is everybody's
        of_all = Limit(self.what, self.together, HOUR)
        everybody = await of_all.turn(redis, "together", more=letters, queue=LONGEST_DELAY)
        return Turn(True, everybody.wait if everybody.granted else LONGEST_DELAY)


BOOKING = Postage("letters", each=100, together=1000, queue=timedelta(hours=4))
"""Booking and changing: a school or a congress office that books for many has room.

Letters to colleagues do not wait for whoever pays to open theirs: an address typed wrongly would cost them all their
confirmations, and many hours pass before an accounts office opens a mail.
"""
WAITING = Postage("waiting", each=30, together=300, queue=timedelta(hours=4))
"""That ask whether somebody wants to be on the waiting list."""


def too_many(turn: Turn) -> str:
    """To whoever asks for more letters than a source may."""
    return (
        "A great deal has been booked from your network. Nothing you typed is lost: please try again in "
        f"{limits.in_words(turn.wait)}, or write to {organisers()}."
    )
