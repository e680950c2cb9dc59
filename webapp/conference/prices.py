"""What a booking costs, and what a change of it costs. Pure rules over the conference file; minor units (øre)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from webapp.conference.file import ConferenceFile
from webapp.conference.registration import Price, Product, ProductKind
from webapp.text.currencies import minor_digits
from webapp.text.written import short_date


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
    """Their place among the delegates, from 0."""
    offer: str
    title: str
    amount: int
    vat_rate: Decimal
    vat: int
    slot: str | None = None
    """Of a seat in a seminar: the time it is for."""
    item: int | None = None
    """The row it stands in, where they have it already."""

    @property
    def total(self) -> int:
        return self.amount + self.vat


@dataclass(frozen=True)
class Fee:
    """What is charged of the price of something given back late, with the tax on it."""

    delegate: str
    """Their name."""
    title: str
    amount: int
    vat_rate: Decimal
    vat: int

    @property
    def total(self) -> int:
        return self.amount + self.vat


@dataclass(frozen=True)
class Holding:
    """What a delegate has, at the prices it was bought for."""

    delegate: int
    """The row they stand in."""
    name: str
    country: str
    lines: tuple[Line, ...]

    @property
    def offers(self) -> set[str]:
        return {line.offer for line in self.lines}


@dataclass(frozen=True)
class Wish:
    """What somebody wants, who may be a delegate of the booking already."""

    choices: Choices
    delegate: int | None = None
    """The row they stand in. None: they are new to the booking."""


@dataclass(frozen=True)
class Quote:
    """What a booking will be, line by line, priced at one instant; and what it was before."""

    lines: tuple[Line, ...]
    fees: tuple[Fee, ...] = ()
    """That come with this change."""
    charged: tuple[Fee, ...] = ()
    """That were charged before."""
    returned: tuple[Line, ...] = ()
    """What is given back."""
    retaxed: tuple[Line, ...] = ()
    """What is kept, by somebody who is taxed differently now."""
    before: int = 0
    """What the booking cost until now, tax included."""

    @property
    def net(self) -> int:
        return sum(line.amount for line in self.lines) + sum(fee.amount for fee in self._all_fees)

    @property
    def vat(self) -> int:
        return sum(line.vat for line in self.lines) + sum(fee.vat for fee in self._all_fees)

    @property
    def total(self) -> int:
        return self.net + self.vat

    @property
    def difference(self) -> int:
        """What is to be paid beyond what the booking cost before; below zero, how much less."""
        return self.total - self.before

    @property
    def _all_fees(self) -> tuple[Fee, ...]:
        return (*self.charged, *self.fees)

    @property
    def offers(self) -> list[set[str]]:
        """Slugs of what each delegate has then, in their order."""
        count = max((line.delegate for line in self.lines), default=-1) + 1
        return [{line.offer for line in self.lines if line.delegate == index} for index in range(count)]

    @property
    def added(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.item is None)


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
    return changed(file, (), (), [Wish(choices) for choices in delegates], at)


def changed(
    file: ConferenceFile,
    held: Iterable[Holding],
    charged: Iterable[Fee],
    wishes: Sequence[Wish],
    at: datetime,
) -> Quote:
    """Price what a booking becomes when its delegates, who hold what they hold, get what they wish.

    What is kept keeps its price; its tax follows the country of whoever has it now. What is added pays the price of
    this instant. What is given back is not charged, but for the fee that the file's `registration.changes` asks after
    a date. A delegate nobody wishes for gives everything back.
    """
    holdings = {holding.delegate: holding for holding in held}
    charged = tuple(charged)
    before = sum(line.total for holding in holdings.values() for line in holding.lines)
    lines: list[Line] = []
    retaxed: list[Line] = []
    returned: list[tuple[Holding, Line]] = []
    for index, wish in enumerate(wishes):
        holding = holdings.pop(wish.delegate, None) if wish.delegate is not None else None
        has = {line.offer: line for line in holding.lines} if holding else {}
        for line in _lines(file, index, wish.choices, at):
            bought = has.pop(line.offer, None)
            if bought is None:
                lines.append(line)
                continue
            lines.append(kept := _kept(bought, line))
            if kept.vat_rate != bought.vat_rate:
                retaxed.append(kept)
        returned += [(holding, line) for line in has.values() if holding]
    returned += [(holding, line) for holding in holdings.values() for line in holding.lines]
    return Quote(
        tuple(lines),
        tuple(fee for holding, line in returned if (fee := _fee(file, holding.name, line, at))),
        charged,
        tuple(line for _, line in returned),
        tuple(retaxed),
        before + sum(fee.total for fee in charged),
    )


def vat(amount: int, rate: Decimal) -> int:
    """Tax at `rate` per cent on an amount in minor units, rounded half up to one of them."""
    return int((amount * rate / 100).quantize(Decimal(1), ROUND_HALF_UP))


def information(total: int, currency: str, other: str, rate: Decimal) -> int:
    """A total in another currency, in minor units of that one: shown to the reader, never charged.

    `rate`: what one of the currency is in the other.
    """
    about = (total * rate).scaleb(minor_digits(other) - minor_digits(currency))
    return int(about.quantize(Decimal(1), ROUND_HALF_UP))


def about(file: ConferenceFile, total: int) -> int | None:
    """A total of this conference in the currency that is shown for information, or None where none is."""
    registration = file.registration
    other, rate = registration.information_currency, registration.information_rate
    return information(total, registration.currency, other, rate) if other and rate else None


def _kept(bought: Line, now: Line) -> Line:
    """A line that changes hands: it keeps its price, and its tax follows the delegate who has it now."""
    if bool(bought.vat_rate) == bool(now.vat_rate):
        return replace(bought, delegate=now.delegate)
    return replace(bought, delegate=now.delegate, vat_rate=now.vat_rate, vat=vat(bought.amount, now.vat_rate))


def _fee(file: ConferenceFile, name: str, line: Line, at: datetime) -> Fee | None:
    changes = file.registration.changes
    late = changes.free_until is not None and at >= changes.free_until
    by_us = line.offer in file.cancelled_offers
    if not late or by_us or not line.amount or not changes.fee_percent:
        return None
    amount = vat(line.amount, changes.fee_percent)
    title = f"Cancellation fee ({changes.fee_percent.normalize():f} %): {line.title}"
    return Fee(name, title, amount, line.vat_rate, vat(amount, line.vat_rate))


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


def choices_of(file: ConferenceFile, holding: Holding) -> Choices:
    """What a delegate would have to wish in order to have what they have."""
    return choices_from(file, holding.country, holding.offers)


def offers_of(file: ConferenceFile, choices: Choices) -> set[str]:
    """Slugs of what somebody with these choices has."""
    return {line.offer for line in _lines(file, 0, choices, datetime.max.replace(tzinfo=UTC))}


def choices_from(file: ConferenceFile, country: str | None, has: set[str]) -> Choices:
    """What somebody would have to wish in order to have these offers (slugs)."""
    return Choices(
        country,
        tuple(session.slug for session in file.session if session.slot and session.slug in has),
        any(product.kind is ProductKind.WORKSHOP and product.slug in has for product in file.product),
        tuple(
            night for product in file.product for night in product.nights if night_slug(product, night) in has
        ),
    )


def night_slug(product: Product, night: date) -> str:
    """The slug under which one night is booked: `room:2017-11-06`."""
    return f"{product.slug}:{night.isoformat()}"


def night_title(product: Product, night: date) -> str:
    return f"{product.title}, night of {short_date(night)}"
