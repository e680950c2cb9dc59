"""Bookings: one or several colleagues who come together, and who pays for them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any, Self

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.table import Table

from webapp import clock
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee, choices_of
from webapp.database.columns import Instant
from webapp.refusal import Refused
from webapp.tables.booking.booked import BookedDelegate, BookedItem
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.item import CancellationFee, Item
from webapp.tables.booking.order import Order, Ordered, Payer
from webapp.tables.booking.rights import Rights
from webapp.tables.mail import MailState, OutgoingMail
from webapp.tables.people import Person, SignIn, email_key

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: a reference is read over the telephone."""
REFERENCE_LENGTH = 6
JUST_NOW = timedelta(minutes=15)
SOON = timedelta(minutes=2)
"""More than a letter needs that is carried just now."""


class Outdated(Refused):
    """The booking is no longer as it was seen."""

    def __init__(self) -> None:
        super().__init__(
            "This booking was changed elsewhere just now, so nothing of yours was saved. Please look at it again."
        )


class Booking(Table):
    """One or several colleagues, booked together and paid by one."""

    id: Serial
    reference = Varchar(length=REFERENCE_LENGTH, unique=True)
    form_key = Varchar(length=43, unique=True)
    """The digest of the key of the form that was confirmed: the same form makes one booking, however often it is sent.
    The key itself is kept nowhere here, since it opens what was typed into the form."""
    payer = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    payer_name = Varchar(length=200)
    payer_email = Varchar(length=254)
    organisation = Varchar(length=200)
    address = Text()
    country = Varchar(length=2)
    organisation_number = Varchar(length=40)
    payment_reference = Varchar(length=100)
    currency = Varchar(length=3)
    booked_at = Instant()
    priced_at = Instant()
    """The instant whose prices hold: the quote's, which may be up to half an hour earlier."""
    consented_at = Instant()
    revision = Integer(default=0)
    """Rises by one with every change: who changes something says what they have seen."""

    @classmethod
    def ordered_by(
        cls,
        payer: Payer,
        people: dict[str, int],
        *,
        form_key: str,
        currency: str,
        priced_at: datetime,
        now: datetime,
    ) -> Self:
        """A new booking that this payer, who is among the `people` (ids by address), has just confirmed."""
        return cls(
            {
                cls.form_key: _digest(form_key),
                cls.payer: people[email_key(payer.email)],
                **{PAYER_COLUMNS[name]: value for name, value in payer},
                cls.currency: currency,
                cls.booked_at: now,
                cls.priced_at: priced_at,
                cls.consented_at: now,
            }
        )

    @classmethod
    async def currencies(cls) -> set[str]:
        """The currencies of all that was ever booked; none when nothing was."""
        return {row["currency"] for row in await cls.select(cls.currency).distinct()}

    async def next_revision(self, payer: Payer | None, now: datetime) -> Self:
        """Begin a change for somebody who saw the booking as this row has it, and return it as it is after the change.
        Raises Outdated when it has changed since. `payer`: who pays from now on."""
        table = type(self)
        facts: dict[Any, Any] = {table.revision: self.revision + 1}
        if payer is not None:
            facts |= {PAYER_COLUMNS[name]: value for name, value in payer if name != "email"}
            if not self.payer_email:  # whoever paid was erased, and this is somebody else
                people = await Person.known_at([payer.email], now)
                facts |= {table.payer: people[email_key(payer.email)], table.payer_email: payer.email}
        seen = (table.id == self.id) & (table.revision == self.revision)
        rows = await table.update(facts).where(seen).returning(*table.all_columns())
        if not rows:
            raise Outdated
        return table(**rows[0], _exists_in_db=True)

    async def outdate(self) -> None:
        """Say that something of this booking changes: whoever has seen it is outdated, and others wait until the
        transaction ends."""
        table = type(self)
        await table.update({table.revision: table.revision + 1}).where(table.id == self.id)

    async def insert_once(self) -> Self | None:
        """Insert this row, or return the one that this form made before."""
        table = type(self)
        while True:
            self.reference = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
            rows = await table.insert(self).on_conflict(action="DO NOTHING").returning(table.id)
            if rows:
                self.id = rows[0]["id"]
                return None
            before = await table.objects().where(table.form_key == self.form_key).first()
            if before is not None:
                return before
            # Else the reference was taken: draw another.

    @classmethod
    async def touch(cls, person: int) -> list[int]:
        """Say that what a person pays or comes with is about to change: whoever has seen it is outdated.
        Returns these bookings.

        To be called before its other rows are written. Whoever changes a booking takes it first, too, so that two
        wait for each other rather than deadlock.
        """
        comes = [
            row["booking"] for row in await Delegate.select(Delegate.booking).where(Delegate.person == person)
        ]
        theirs = (cls.payer == person) | cls.id.is_in(comes or [0])
        bookings = [row["id"] for row in await cls.select(cls.id).where(theirs).order_by(cls.id)]
        for booking in bookings:
            await cls.update({cls.revision: cls.revision + 1}).where(cls.id == booking)
        return bookings

    @classmethod
    async def made_by(cls, form_key: str) -> Self | None:
        return await cls.objects().where(cls.form_key == _digest(form_key)).first()

    @classmethod
    async def with_reference(cls, reference: str) -> Self | None:
        return await cls.objects().where(cls.reference == reference).first()

    @classmethod
    async def with_delegate(cls, delegate: int, person: int) -> Self | None:
        """The booking on which this person is this delegate."""
        row = (
            await Delegate.select(Delegate.booking)
            .where(Delegate.id == delegate, Delegate.person == person)
            .first()
        )
        return await cls.objects().where(cls.id == row["booking"]).first() if row else None

    @classmethod
    async def seen_by(cls, sign_in: SignIn) -> list[Self]:
        """The bookings a signed-in person pays or comes with, oldest first.

        Who has only booked, and not yet opened a mail, sees that booking and no other.
        """
        if not sign_in.proven:
            return await cls.objects().where(cls.id == sign_in.booking)
        person = sign_in.person
        as_delegate = [
            row["booking"] for row in await Delegate.select(Delegate.booking).where(Delegate.person == person)
        ]
        mine = cls.payer == person
        if as_delegate:
            mine = mine | cls.id.is_in(as_delegate)
        return await cls.objects().where(mine).order_by(cls.id)

    @classmethod
    async def names_of(cls, person: int) -> list[tuple[int, str, str]]:
        """Under which name and address somebody pays or comes, each with their id."""
        pays = await cls.select(cls.payer_name, cls.payer_email).where(cls.payer == person)
        comes = await Delegate.select(Delegate.name, Delegate.email).where(Delegate.person == person)
        return [(person, *row.values()) for row in (*pays, *comes)]

    async def payers_own_delegate(self) -> int | None:
        """The delegate who pays, or the only one there is; None when the payer booked for others."""
        delegates = await Delegate.select(Delegate.id, Delegate.person).where(Delegate.booking == self.id)
        own = [row for row in delegates if row["person"] == self.payer] or delegates
        return own[0]["id"] if len(own) == 1 else None

    @classmethod
    async def ticket_holder(cls, delegate: int, person: int) -> BookedDelegate | None:
        """The holder of a ticket, with what it is for. A ticket is a person's: who takes their place has another."""
        found = await cls.with_delegate(delegate, person)
        everybody = await found.delegates() if found else []
        return next((booked for booked in everybody if booked.delegate.id == delegate), None)

    async def rights_of(self, sign_in: SignIn | None) -> Rights:
        """What a signed-in person may change: whoever pays everything, a delegate what is their own.

        Who has only booked, and not yet opened a mail, pays; an organiser helps everybody.
        """
        rows = await Delegate.select(Delegate.id, Delegate.person).where(Delegate.booking == self.id)
        if sign_in is None:
            return Rights(False, frozenset())
        if not sign_in.proven:
            whole = sign_in.booking == self.id
            return Rights(whole, frozenset(row["id"] for row in rows if whole))
        person, organises = sign_in.person, await Person.is_organiser(sign_in.person)
        whole = organises or person == self.payer
        own = (row["id"] for row in rows if whole or row["person"] == person)
        return Rights(whole, frozenset(own), person, organises)

    async def confirmation(self, now: datetime) -> tuple[str, timedelta]:
        """`waiting` while it is on its way, `sent` for a while after it was, else empty: later that is no news.

        And how long until it leaves, if that is not just now: very many letters may have come before it.
        """
        mails = await OutgoingMail.all_about(f"booking {self.id} confirmed")
        states = {mail["state"] for mail in mails}
        if MailState.FAILED in states:
            return "", timedelta()
        if MailState.WAITING in states:
            untried = [mail["due_at"] for mail in mails if not mail["attempts"]]
            wait = max(untried) - clock.real() if untried else timedelta()
            return "waiting", wait if wait > SOON else timedelta()
        return "sent" if states and now - self.booked_at < JUST_NOW else "", timedelta()

    async def order(self, file: ConferenceFile) -> Order:
        """What would have to be ordered to book this."""
        delegates = [
            Ordered(one.delegate.details, choices_of(file, one.holding)) for one in await self.delegates()
        ]
        return Order(tuple(delegates), self.paid_by)

    @property
    def paid_by(self) -> Payer:
        """Who pays, though it need not be in order any more."""
        return Payer.model_construct(
            **{name: getattr(self, column._meta.name) for name, column in PAYER_COLUMNS.items()}
        )

    async def fees(self) -> list[Fee]:
        """What has been charged for giving something back late."""
        rows = (
            await CancellationFee.select()
            .where(CancellationFee.booking == self.id)
            .order_by(CancellationFee.id)
        )
        return [
            Fee(row["delegate"], row["title"], row["amount"], Decimal(row["vat_rate"]) / 100, row["vat"])
            for row in rows
        ]

    async def delegates(self) -> list[BookedDelegate]:
        """Everybody on this booking, with what each of them has."""
        delegates = await Delegate.objects().where(Delegate.booking == self.id).order_by(Delegate.position)
        if not delegates:
            return []  # it is cancelled
        items = await (
            Item.select(
                Item.id,
                Item.delegate,
                Item.offer.slug,
                Item.slot,
                Item.title,
                Item.amount,
                Item.vat_rate,
                Item.vat,
            )
            .where(Item.delegate.is_in([delegate.id for delegate in delegates]))
            .order_by(Item.id)
        )
        return [
            BookedDelegate(
                delegate,
                tuple(
                    BookedItem(
                        item["offer.slug"],
                        item["title"],
                        item["amount"],
                        Decimal(item["vat_rate"]) / 100,
                        item["vat"],
                        item["slot"],
                        item["id"],
                    )
                    for item in items
                    if item["delegate"] == delegate.id
                ),
            )
            for delegate in delegates
        ]


PAYER_COLUMNS = {
    "name": Booking.payer_name,
    "email": Booking.payer_email,
    "organisation": Booking.organisation,
    "address": Booking.address,
    "country": Booking.country,
    "organisation_number": Booking.organisation_number,
    "reference": Booking.payment_reference,
}
"""Where the fields of `Payer` stand."""


def _digest(form_key: str) -> str:
    return blake2b(form_key.encode(), digest_size=20).hexdigest()
