"""Registration in the conference file: what can be booked, at what price and until when, and who sends invoices."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import EmailStr, Field, PrivateAttr, Strict

from webapp.conference.values import (
    Amount,
    Country,
    Currency,
    Day,
    Exchange,
    Line,
    Lines,
    Moment,
    Part,
    Prose,
    Rate,
    Seats,
    Slug,
    Text,
)
from webapp.text.currencies import minor_digits


class Price(Part):
    """One price tier. It holds until the instant `until` (exclusive); the last tier has no `until`."""

    title: Line
    amount: Amount
    until: Moment | None = None

    _currency: str = PrivateAttr(default="")

    @property
    def minor(self) -> int:
        """The amount in minor units (øre) of the file's currency."""
        return int(self.amount.scaleb(minor_digits(self._currency)))


class ProductKind(StrEnum):
    """What kind of thing is booked."""

    PARTICIPATION = "participation"
    """Every delegate has exactly one."""
    WORKSHOP = "workshop"
    """One a delegate, or none; its session is named in `session`."""
    ROOM = "room"
    """One for each night chosen."""


class Product(Part):
    """Something that is booked and paid for."""

    slug: Slug
    kind: ProductKind
    title: Line
    description: Prose = ""
    unit: Line = "participant"
    vat_rate: Rate = Decimal(0)
    """Per cent, added for participants from `registration.vat_country` only."""
    capacity: Seats | None = None
    """None: unlimited. Of a room: for each night."""
    session: Slug | None = None
    nights: tuple[Day, ...] = ()
    """Of a room: the evenings of arrival that are offered."""
    price: tuple[Price, ...] = Field(min_length=1)


class Changes(Part):
    """Until when delegates may change what they have booked by themselves, and what it costs to give something back."""

    free_until: Moment | None = None
    """Until then (exclusive) everything may be given back free of charge. None: always."""
    fee_percent: Rate = Decimal(0)
    """Of the price, charged for what is given back later."""
    close: Moment | None = None
    """None: when the first day of the conference begins."""


class Seller(Part):
    """Who sends the invoices."""

    name: Line
    address: Lines
    country: Country | None = None
    organisation_number: Text = ""
    """As it stands on invoices: `999 999 999 MVA`."""
    email: EmailStr | None = None
    payment: Lines
    """Where to pay: an account, an IBAN."""
    due_days: Annotated[int, Strict(), Field(ge=0, le=365)] = 14


class Registration(Part):
    """How delegates register, and in what money they pay."""

    opens: Moment | None = None
    closes: Moment | None = None
    currency: Currency = "NOK"
    vat_name: Line = "VAT"
    vat_country: Country | None = None
    vat_note: Prose = ""
    information_currency: Currency | None = None
    """Shown beside prices, never charged."""
    information_rate: Exchange | None = None
    quote_minutes: int = Field(default=30, ge=0, le=24 * 60)
    waiting_hours: Annotated[int, Strict(), Field(ge=1, le=14 * 24)] = 24
    """Hours for which a seat is held for the next on the waiting list."""
    consent: Prose = ""
    changes: Changes = Changes()
    seller: Seller | None = None
    """None: no invoices are made here."""
