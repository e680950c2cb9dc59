"""What a delegate's calendars are told."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Attendance:
    """What a delegate's calendars are told."""

    delegate: int
    sequence: int
    offers: tuple[str, ...]
    gone: tuple[str, ...]
    """What they were told before and is not so any more."""

    def without_any(self) -> Attendance:
        """The same for somebody who does not come, or in whose place another one comes."""
        return replace(self, offers=(), gone=tuple(sorted({*self.offers, *self.gone})))
