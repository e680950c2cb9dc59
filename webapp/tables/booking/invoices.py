"""Invoices and credit notes: numbered without gaps, and never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self, TypedDict

from piccolo.columns import BigInt, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.query.functions import Sum
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee
from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.invoice_text import InvoiceText
from webapp.tables.people import ERASED


class Counter(Table):
    """A series of numbers without gaps: the next one is taken in the transaction that uses it, or not at all."""

    id: Serial
    series = Varchar(length=40, unique=True)
    last = Integer()

    @classmethod
    async def next(cls, series: str) -> int:
        while True:
            rows = await cls.update({cls.last: cls.last + 1}).where(cls.series == series).returning(cls.last)
            if rows:
                return int(rows[0]["last"])
            await cls.insert(cls(series=series, last=0)).on_conflict(cls.series, "DO NOTHING")


class Issued(TypedDict):
    """An invoice or a credit note, with the booking it is for."""

    number: int
    credits: int | None
    total: int
    vat: int
    reference: str
    organisation: str
    payer_name: str


class Invoice(Table):
    """An invoice, or a credit note that takes one back, as it was issued. Rows are added, and nothing else."""

    id: Serial
    number = Integer(unique=True)
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.restrict, index=True)
    credits = Integer(null=True, default=None, unique=True)
    """Of a credit note: the number of the invoice it takes back. An invoice is taken back once."""
    total = BigInt()
    """In minor units, tax included; of a credit note below zero."""
    vat = BigInt()
    contents = Text()
    """What it says, as JSON."""
    issued_at = Instant()

    @classmethod
    async def issue(
        cls,
        booking: Booking,
        delegates: Sequence[BookedDelegate],
        fees: Sequence[Fee],
        file: ConferenceFile,
        now: datetime,
    ) -> list[Self]:
        """Invoice a new booking, and return what was issued. To be called late in its transaction, since all others
        wait for the number."""
        text = InvoiceText.for_booking(booking, delegates, fees, file, now)
        return [] if text is None else [await cls._write(booking, text, now)]

    @classmethod
    async def correct(
        cls,
        booking: Booking,
        delegates: Sequence[BookedDelegate],
        fees: Sequence[Fee],
        file: ConferenceFile,
        now: datetime,
    ) -> list[Self]:
        """Bring the invoices to what a changed booking costs: take back the one that stands, and issue a new one.

        Returns what was issued.
        """
        standing = await cls._standing(booking)
        text = InvoiceText.for_booking(booking, delegates, fees, file, now)
        issued = []
        if standing is not None:
            if text is not None and standing.text.says_the_same_as(text, ERASED):
                return []
            today = now.astimezone(file.conference.zone).date()
            issued.append(await cls._write(booking, standing.text.credit(standing.number, today), now))
        if text is not None:
            issued.append(await cls._write(booking, text, now))
        return issued

    @classmethod
    async def issued_for(cls, booking: Booking) -> list[Self]:
        """All there are for a booking, oldest first."""
        return await cls.objects().where(cls.booking == booking.id).order_by(cls.number)

    @classmethod
    async def overview(cls, before: int | None, most: int) -> list[Issued]:
        """At most so many, the latest first, with the booking each is for. `before`: from this number down."""
        latest = (
            cls.select(
                cls.number,
                cls.credits,
                cls.total,
                cls.vat,
                cls.booking.reference.as_alias("reference"),
                cls.booking.organisation.as_alias("organisation"),
                cls.booking.payer_name.as_alias("payer_name"),
            )
            .where(cls.number < before if before else cls.id.is_not_null())
            .order_by(cls.number, ascending=False)
            .limit(most)
        )
        return await rows_as(Issued, latest)

    @classmethod
    async def sum_of_all(cls) -> int:
        """What all there are come to, credit notes taken off."""
        row = await cls.select(Sum(cls.total)).first()
        return int((row and row["sum"]) or 0)

    @property
    def text(self) -> InvoiceText:
        return InvoiceText.from_json(self.contents)

    @property
    def is_credit_note(self) -> bool:
        return self.credits is not None

    @property
    def title(self) -> str:
        return f"Credit note {self.number}" if self.is_credit_note else f"Invoice {self.number}"

    @classmethod
    async def _standing(cls, booking: Booking) -> Self | None:
        """The invoice that has not been taken back."""
        invoices = await cls.issued_for(booking)
        taken_back = {invoice.credits for invoice in invoices}
        return next((i for i in invoices if not i.is_credit_note and i.number not in taken_back), None)

    @classmethod
    async def _write(cls, booking: Booking, text: InvoiceText, now: datetime) -> Self:
        invoice = cls(
            number=await Counter.next("invoice"),
            booking=booking.id,
            credits=text.credits,
            total=text.total,
            vat=text.vat,
            contents=text.to_json(),
            issued_at=now,
        )
        await cls.insert(invoice)
        return invoice
