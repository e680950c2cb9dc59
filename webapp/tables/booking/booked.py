"""Delegates with what they have, as they are read together."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from webapp.conference.attendance import Attendance
from webapp.conference.prices import Holding, Line
from webapp.tables.booking.delegate import Delegate


@dataclass(frozen=True)
class BookedItem:
    offer: str
    title: str
    amount: int
    vat_rate: Decimal
    vat: int
    slot: str | None = None
    id: int | None = None
    """The row it stands in."""


@dataclass(frozen=True)
class BookedDelegate:
    delegate: Delegate
    items: tuple[BookedItem, ...]

    @property
    def offers(self) -> set[str]:
        return {item.offer for item in self.items}

    @property
    def is_erased(self) -> bool:
        """Whether nothing is known any more of whoever has this place: everybody else has an address."""
        return not self.delegate.email

    @property
    def number(self) -> int:
        """Which of the booking's delegates they are, from 1. It stays theirs when one before them has gone."""
        return self.delegate.position + 1

    @property
    def holding(self) -> Holding:
        """What they have, as prices are worked out from it."""
        return Holding(
            self.delegate.id,
            self.delegate.name,
            self.delegate.country,
            tuple(
                Line(
                    self.delegate.position,
                    item.offer,
                    item.title,
                    item.amount,
                    item.vat_rate,
                    item.vat,
                    item.slot,
                    item.id,
                )
                for item in self.items
            ),
        )

    @property
    def attendance(self) -> Attendance:
        told = set(self.delegate.calendar_offers.split())
        return Attendance(
            self.delegate.id,
            self.delegate.calendar_sequence,
            tuple(sorted(self.offers)),
            tuple(sorted(told - self.offers)),
        )
