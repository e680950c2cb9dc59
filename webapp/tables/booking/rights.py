"""What somebody may see and change of a booking."""

from __future__ import annotations

from dataclasses import dataclass

from webapp.tables.booking.delegate import Delegate


@dataclass(frozen=True)
class Rights:
    """What somebody may see and change of a booking."""

    whole: bool
    delegates: frozenset[int]
    """The rows of those delegates who are theirs to change."""
    person: int | None = None
    """Who they are, as they have shown by opening a mail of ours. None: anybody may have booked this."""
    organises: bool = False

    def speaks_for(self, delegate: Delegate) -> bool:
        """Whether they are this delegate, or organise. Whoever booked for others is neither."""
        return self.organises or self.person == delegate.person

    def may_read_needs(self, delegate: Delegate) -> bool:
        """Whether they may read what the venue was told of a delegate. What people said themselves, of their health
        too, is no business of whoever booked."""
        return self.speaks_for(delegate) or (delegate.id in self.delegates and not delegate.needs_are_private)
