"""What a booking costs. Pure rules over the conference file; whole amounts in minor units (øre)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from webapp.conference_file import ConferenceFile, Price, Product, ProductKind


@dataclass(frozen=True)
class Choices:
    """What one delegate wants: enough to say what it costs."""

    country: str | None
    seminars: tuple[str, ...] = ()
    workshop: bool = False
    nights: tuple[date, ...] = ()


@dataclass(frozen=True)
class Line:
    """One thing one delegate takes, at its price without tax and the tax on it."""

    delegate: int
    offer: str
    title: str
    amount: int
    vat_rate: Decimal
    vat: int
    slot: str | None = None
    """Of a seat in a seminar: the time it is for."""


@dataclass(frozen=True)
class Quote:
    """All lines of a booking, priced at one instant."""

    lines: tuple[Line, ...]

    @property
    def net(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def vat(self) -> int:
        return sum(line.vat for line in self.lines)

    @property
    def total(self) -> int:
        return self.net + self.vat


@dataclass(frozen=True)
class Tier:
    """The price of a product at some instant, and the one that follows it."""

    title: str
    minor: int
    until: datetime | None
    next_minor: int | None


def tier(product: Product, at: datetime) -> Tier:
    """The tier that holds at this instant. A tier's `until` is the first instant at which it no longer holds."""
    for price, following in pairwise(product.price):
        if price.until is not None and at < price.until:
            return Tier(price.title, price.minor, price.until, following.minor)
    last: Price = product.price[-1]
    return Tier(last.title, last.minor, None, None)


def quote(file: ConferenceFile, delegates: Sequence[Choices], at: datetime) -> Quote:
    """Price these delegates' choices as of one instant.

    Tax is added for participants from the file's `vat_country` only, on each line by itself, rounded half up.
    """
    return Quote(
        tuple(line for index, wish in enumerate(delegates) for line in _lines(file, index, wish, at))
    )


def vat(amount: int, rate: Decimal) -> int:
    """Tax at `rate` per cent on an amount in minor units, rounded half up to one of them."""
    return int((amount * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))


def information(total: int, rate: Decimal) -> int:
    """A total in another currency's minor units: shown to the reader, never charged."""
    return int((total * rate).quantize(Decimal(1), ROUND_HALF_UP))


def _lines(file: ConferenceFile, index: int, wish: Choices, at: datetime) -> Iterator[Line]:
    def line(product: Product, offer: str, title: str) -> Line:
        amount = tier(product, at).minor
        taxed = wish.country is not None and wish.country == file.registration.vat_country
        rate = product.vat_rate if taxed else Decimal(0)
        return Line(index, offer, title, amount, rate, vat(amount, rate))

    for product in file.product:
        match product.kind:
            case ProductKind.PARTICIPATION:
                price = tier(product, at)
                title = (
                    f"{product.title} ({price.title.lower()})" if len(product.price) > 1 else product.title
                )
                yield line(product, product.slug, title)
            case ProductKind.WORKSHOP if wish.workshop:
                yield line(product, product.slug, product.title)
            case ProductKind.ROOM:
                for night in sorted(set(wish.nights)):
                    yield line(product, night_slug(product, night), night_title(product, night))
    for session in file.session:
        if session.slug in wish.seminars:
            title = session.name
            yield Line(index, session.slug, title, 0, Decimal(0), 0, session.slot)


def night_slug(product: Product, night: date) -> str:
    """The slug under which one night is booked: `room:2017-11-06`."""
    return f"{product.slug}:{night.isoformat()}"


def night_title(product: Product, night: date) -> str:
    return f"{product.title}, night of {night.day} {night:%B}"
