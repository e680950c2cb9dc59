"""What an invoice says: taken down when it is issued, and never changed after that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Self

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee, information
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.booking import Booking
from webapp.text.countries import country_name
from webapp.text.written import date_range


@dataclass(frozen=True)
class Party:
    """A seller or a buyer, as it stands on the invoice."""

    name: str
    address: str
    country: str
    organisation_number: str = ""
    contact: str = ""
    email: str = ""

    @property
    def lines(self) -> list[str]:
        """Name and address, line by line."""
        country = [country_name(self.country)] if self.country else []
        return [self.name, *self.address.splitlines(), *country]


@dataclass(frozen=True)
class InvoiceLine:
    delegate: str
    title: str
    amount: int
    """Without tax, in minor units."""
    vat_rate: str
    vat: int
    person: int | None = None
    """Who that delegate is, however their name was spelt."""

    @property
    def total(self) -> int:
        return self.amount + self.vat

    def is_for_the_same_as(self, other: InvoiceLine, erased: str) -> bool:
        """Whether both charge the same for the same person. `erased`: stands for any name in the other."""
        same_person = self.person is not None and self.person == other.person
        if not same_person and other.delegate not in (self.delegate, erased):
            return False
        return replace(self, delegate="", person=None) == replace(other, delegate="", person=None)


@dataclass(frozen=True)
class VatSum:
    """What is taxed at one rate, and the tax on it."""

    rate: str
    amount: int
    vat: int


@dataclass(frozen=True)
class InvoiceText:
    """Everything an invoice or a credit note says, but its number."""

    conference: str
    booking: str
    reference: str
    """The buyer's own."""
    issued_on: date
    due_on: date | None
    """None: of a credit note."""
    currency: str
    vat_name: str
    information: tuple[str, str] | None
    """Another currency and its rate."""
    payment: str
    seller: Party
    buyer: Party
    lines: tuple[InvoiceLine, ...]
    delivered: str = ""
    """When and where what is paid for is given: an invoice has to say so."""
    example: bool = False
    """Its seller and account are invented: nobody is to pay it."""
    credits: int | None = None
    """Of a credit note: the number of the invoice it takes back."""

    @classmethod
    def for_booking(
        cls,
        booking: Booking,
        delegates: Sequence[BookedDelegate],
        fees: Sequence[Fee],
        file: ConferenceFile,
        now: datetime,
    ) -> Self | None:
        """The invoice for a booking as it is. None when the file names no seller, or nothing is to be paid."""
        registration, seller = file.registration, file.registration.seller
        lines = (*_held(delegates), *_kept(fees))
        if seller is None or not lines:
            return None
        today = now.astimezone(file.conference.zone).date()
        other, rate = registration.information_currency, registration.information_rate
        return cls(
            conference=file.conference.title,
            booking=booking.reference,
            reference=booking.payment_reference,
            issued_on=today,
            due_on=today + timedelta(days=seller.due_days),
            currency=booking.currency,
            vat_name=registration.vat_name,
            information=(other, str(rate)) if other and rate else None,
            payment=seller.payment,
            seller=Party(
                seller.name,
                seller.address,
                seller.country or "",
                seller.organisation_number,
                email=seller.email or "",
            ),
            buyer=Party(
                booking.organisation or booking.payer_name,
                booking.address,
                booking.country,
                booking.organisation_number,
                booking.payer_name,
                booking.payer_email,
            ),
            lines=lines,
            delivered=_delivery(file, delegates),
            example=file.conference.example,
        )

    def credit(self, number: int, on: date) -> Self:
        """The credit note that takes back this invoice, which has that number."""
        lines = tuple(replace(line, amount=-line.amount, vat=-line.vat) for line in self.lines)
        return replace(self, issued_on=on, due_on=None, lines=lines, credits=number)

    def says_the_same_as(self, other: InvoiceText, erased: str) -> bool:
        """Whether both charge the same party for the same. `erased`: stands for any name in the other.

        Where and to whom to write is not who pays, and a name spelt right now is nobody else's.
        """
        buyer = replace(other.buyer, contact=self.buyer.contact, email=self.buyer.email)
        return (self.buyer, self.reference, len(self.lines)) == (
            buyer,
            other.reference,
            len(other.lines),
        ) and all(
            mine.is_for_the_same_as(line, erased) for mine, line in zip(self.lines, other.lines, strict=True)
        )

    @property
    def net(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def vat(self) -> int:
        return sum(line.vat for line in self.lines)

    @property
    def total(self) -> int:
        return self.net + self.vat

    @property
    def vat_sums(self) -> list[VatSum]:
        """By rate, as a tax office wants it specified."""
        by_rate = groupby(
            sorted(self.lines, key=lambda line: Decimal(line.vat_rate)), lambda line: line.vat_rate
        )
        groups = ((rate, list(lines)) for rate, lines in by_rate)
        return [
            VatSum(rate, sum(line.amount for line in lines), sum(line.vat for line in lines))
            for rate, lines in groups
        ]

    @property
    def about(self) -> tuple[str, int] | None:
        """The total in another currency, for information."""
        if self.information is None:
            return None
        currency, rate = self.information
        return currency, information(self.total, self.currency, currency, Decimal(rate))

    def to_json(self) -> str:
        return json.dumps(vars(self), default=_for_json, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        fields = json.loads(text)
        return cls(
            **fields
            | {
                "issued_on": date.fromisoformat(fields["issued_on"]),
                "due_on": date.fromisoformat(fields["due_on"]) if fields["due_on"] else None,
                "information": tuple(fields["information"]) if fields["information"] else None,
                "seller": Party(**fields["seller"]),
                "buyer": Party(**fields["buyer"]),
                "lines": tuple(InvoiceLine(**line) for line in fields["lines"]),
            }
        )


def _held(delegates: Sequence[BookedDelegate]) -> Iterator[InvoiceLine]:
    for booked in delegates:
        for item in booked.items:
            if item.amount:
                rate, who = _rate(item.vat_rate), booked.delegate
                yield InvoiceLine(who.name, item.title, item.amount, rate, item.vat, who.person)


def _kept(fees: Sequence[Fee]) -> Iterator[InvoiceLine]:
    for fee in fees:
        yield InvoiceLine(fee.delegate, fee.title, fee.amount, _rate(fee.vat_rate), fee.vat)


def _delivery(file: ConferenceFile, delegates: Sequence[BookedDelegate]) -> str:
    days = date_range(*file.days_of({offer for booked in delegates for offer in booked.offers}))
    return ", ".join(filter(None, [days, file.conference.where]))


def _for_json(part: Any) -> Any:
    return part.isoformat() if isinstance(part, date) else vars(part)


def _rate(rate: Decimal) -> str:
    return f"{rate.normalize():f}"
