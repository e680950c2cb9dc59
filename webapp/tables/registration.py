"""Bookings: who comes, what each of them takes, and how many seats that leaves."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Self

from piccolo.columns import (
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Varchar,
)
from piccolo.constraints import Check, Unique
from piccolo.table import Table

from webapp.columns import Instant
from webapp.conference_file import ConferenceFile, ProductKind
from webapp.letters import booking_letters
from webapp.prices import Choices, Quote, night_slug, night_title
from webapp.refusal import Refused
from webapp.tables.mail import OutgoingMail
from webapp.tables.people import Person, SignIn, email_key

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: a reference is read over the telephone."""
REFERENCE_LENGTH = 6


class OfferKind(StrEnum):
    PARTICIPATION = ProductKind.PARTICIPATION
    WORKSHOP = ProductKind.WORKSHOP
    NIGHT = "night"
    SEAT = "seat"
    """A place in a session of a slot, at no price of its own."""


class Offer(Table):
    """Anything that can be booked and may run out: taking part, the workshop, one night, a seat in a seminar."""

    id: Serial
    slug = Varchar(length=120, unique=True)
    """Of the product, the night or the session: `participation`, `room:2017-11-06`, `seminar-1a`."""
    kind = Varchar(length=20, choices=OfferKind)
    title = Varchar(length=400)
    capacity = Integer(null=True, default=None)
    """None: as many as come."""
    taken = Integer(default=0)
    withdrawn = Boolean(default=False)

    seats_taken_are_never_below_zero = Check(taken >= 0)

    @classmethod
    async def take(cls, slug: str, seats: int) -> int:
        """Take seats, all or none, and return the offer's id. To be called within the booking's transaction.

        The statement that takes them is the one that sees whether they are there: no number of buyers can
        oversell. Raises SoldOut when too few are left.
        """
        rows = (
            await cls.update({cls.taken: cls.taken + seats})
            .where(
                cls.slug == slug,
                cls.withdrawn.eq(False),
                cls.capacity.is_null() | (cls.taken <= cls.capacity - seats),
            )
            .returning(cls.id)
        )
        if not rows:
            offer = await cls.select().where(cls.slug == slug).first()
            raise SoldOut(slug, offer["title"] if offer else slug, _left(offer) if offer else 0)
        return int(rows[0]["id"])

    @classmethod
    async def seats_left(cls) -> dict[str, int]:
        """Seats left by slug, of every offer that has a limit or is no longer offered."""
        rows = await cls.select(cls.slug, cls.capacity, cls.taken, cls.withdrawn).where(
            cls.capacity.is_not_null() | cls.withdrawn.eq(True)
        )
        return {row["slug"]: _left(row) for row in rows}

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Bring the rows to what the file offers. Raises Refused when somebody has booked what it leaves out.

        What is only cancelled stays with those who have it, and takes no more.
        """
        known = {row["slug"]: row for row in await cls.select()}
        for wanted in _offers_of(file):
            row = known.pop(wanted.slug, None)
            if row is None:
                await cls.insert(wanted)
            else:
                facts: dict[Any, Any] = {
                    column: getattr(wanted, column._meta.name)
                    for column in (cls.kind, cls.title, cls.capacity, cls.withdrawn)
                }
                await cls.update(facts).where(cls.id == row["id"])
        gone = [row["id"] for row in known.values()]
        if gone:
            await Item.refuse_if_held(gone)
            await cls.update({cls.withdrawn: True}).where(cls.id.is_in(gone))


class SoldOut(Refused):
    """Too few seats are left."""

    def __init__(self, slug: str, title: str, left: int) -> None:
        count = {0: "no seat is", 1: "only one seat is"}.get(left, f"only {left} seats are")
        super().__init__(f"{title}: {count} left.")
        self.slug = slug


@dataclass(frozen=True)
class DelegateDetails:
    """One delegate as entered and found in order."""

    name: str
    email: str
    organisation: str
    role: str
    diet: str
    access_needs: str
    choices: Choices


@dataclass(frozen=True)
class Payer:
    """Who pays, as entered and found in order."""

    name: str
    email: str
    organisation: str
    address: str
    country: str
    organisation_number: str
    payment_reference: str


@dataclass(frozen=True)
class Order:
    delegates: tuple[DelegateDetails, ...]
    payer: Payer


class Booking(Table):
    """One or several colleagues, booked together and paid by one."""

    id: Serial
    reference = Varchar(length=REFERENCE_LENGTH, unique=True)
    form_key = Varchar(length=43, unique=True)
    """Of the form that was confirmed: the same form makes one booking, however often it is sent."""
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

    @classmethod
    async def confirm(
        cls, order: Order, quote: Quote, *, form_key: str, currency: str, priced_at: datetime, now: datetime
    ) -> tuple[Self, bool]:
        """Book everything in the order, or nothing. Returns the booking and whether it is new.

        A form that was confirmed before gives the booking it made then, whatever is sent with it now.
        Raises SoldOut when something ordered has run out.
        """
        payer = order.payer
        async with cls._meta.db.transaction():
            people = await Person.known_as(
                [*((d.email, d.name) for d in order.delegates), (payer.email, payer.name)], now
            )
            booking = cls(
                form_key=form_key,
                payer=people[email_key(payer.email)],
                payer_name=payer.name,
                payer_email=payer.email,
                organisation=payer.organisation,
                address=payer.address,
                country=payer.country,
                organisation_number=payer.organisation_number,
                payment_reference=payer.payment_reference,
                currency=currency,
                booked_at=now,
                priced_at=priced_at,
                consented_at=now,
            )
            before = await booking._insert_once()
            if before is not None:
                return before, False
            delegates = [Delegate.of(booking, i, d, people) for i, d in enumerate(order.delegates)]
            for line in quote.lines:
                delegates[line.delegate].calendar_offers += f"{line.offer} "
            rows = await Delegate.insert(*delegates).returning(Delegate.id, Delegate.position)
            for row in rows:
                delegates[row["position"]].id = row["id"]
            # One order for all buyers, so that two of them wait for each other rather than deadlock.
            seats = sorted(Counter(line.offer for line in quote.lines).items())
            offers = {slug: await Offer.take(slug, count) for slug, count in seats}
            await Item.insert(
                *(
                    Item(
                        delegate=delegates[line.delegate].id,
                        offer=offers[line.offer],
                        slot=line.slot,
                        title=line.title,
                        amount=line.amount,
                        vat_rate=int(line.vat_rate * 100),
                        vat=line.vat,
                    )
                    for line in quote.lines
                )
            )
            booked = [
                BookedDelegate(
                    delegate,
                    tuple(
                        BookedItem(line.offer, line.title, line.amount, line.vat_rate, line.vat)
                        for line in quote.lines
                        if line.delegate == delegate.position
                    ),
                )
                for delegate in delegates
            ]
            await OutgoingMail.put(*booking_letters(booking, booked, "confirmed"), now=now)
        return booking, True

    async def _insert_once(self) -> Self | None:
        """Insert this row, or return the one that this form made before."""
        table = type(self)
        while True:
            self.reference = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
            rows = await table.insert(self).on_conflict(action="DO NOTHING").returning(table.id)
            if rows:
                self.id = rows[0]["id"]
                return None
            before = await table.made_by(self.form_key)
            if before is not None:
                return before
            # Else the reference was taken: draw another.

    @classmethod
    async def made_by(cls, form_key: str) -> Self | None:
        return await cls.objects().where(cls.form_key == form_key).first()

    @classmethod
    async def with_reference(cls, reference: str) -> Self | None:
        return await cls.objects().where(cls.reference == reference).first()

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

    async def payers_own_delegate(self) -> int | None:
        """The delegate who pays, or the only one there is; None when the payer booked for others."""
        delegates = await Delegate.select(Delegate.id, Delegate.person).where(Delegate.booking == self.id)
        own = [row for row in delegates if row["person"] == self.payer] or delegates
        return own[0]["id"] if len(own) == 1 else None

    async def delegates(self) -> list[BookedDelegate]:
        """Everybody on this booking, with what each of them has."""
        delegates = await Delegate.objects().where(Delegate.booking == self.id).order_by(Delegate.position)
        items = await (
            Item.select(Item.delegate, Item.offer.slug, Item.title, Item.amount, Item.vat_rate, Item.vat)
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
                    )
                    for item in items
                    if item["delegate"] == delegate.id
                ),
            )
            for delegate in delegates
        ]


class Delegate(Table):
    """One person on a booking, with what the venue must know of them."""

    id: Serial
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.cascade)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    position = SmallInt()
    name = Varchar(length=200)
    email = Varchar(length=254)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    country = Varchar(length=2)
    diet = Text()
    access_needs = Text()
    calendar_sequence = Integer(default=0)
    """Rises with every change of what the delegate takes, so that calendars know which news is the latest."""
    calendar_offers = Text(default="")
    """Slugs of all that their calendars have ever been told of: what is gone has to be cancelled there."""

    one_place_in_a_booking = Unique([booking, position])

    @classmethod
    def of(cls, booking: Booking, position: int, details: DelegateDetails, people: dict[str, int]) -> Self:
        return cls(
            booking=booking.id,
            person=people[email_key(details.email)],
            position=position,
            name=details.name,
            email=details.email,
            organisation=details.organisation,
            role=details.role,
            country=details.choices.country,
            diet=details.diet,
            access_needs=details.access_needs,
        )

    @classmethod
    async def of_person(cls, person: int, bookings: Sequence[Booking]) -> list[Self]:
        """The places that are a person's own, in these bookings."""
        ids = [booking.id for booking in bookings]
        if not ids:
            return []
        return await cls.objects().where(cls.person == person, cls.booking.is_in(ids)).order_by(cls.id)

    @classmethod
    async def at_ticket(cls, delegate: int, person: int) -> BookedDelegate | None:
        """The holder of a ticket, with what it is for. A ticket is a person's: who takes their place has another."""
        booking = await cls.select(cls.booking).where(cls.id == delegate, cls.person == person).first()
        found = await Booking.objects().get(Booking.id == booking["booking"]) if booking else None
        everybody = await found.delegates() if found else []
        return next((booked for booked in everybody if booked.delegate.id == delegate), None)

    @classmethod
    async def calendar_changes(cls, delegate: int, offers: Iterable[str]) -> None:
        """Say that a delegate now has these offers (slugs), none when they do not come. Within the transaction of
        the change: the letters and calendars that are written of it then carry a higher SEQUENCE, and cancel what
        is gone."""
        rows = (
            await cls.update({cls.calendar_sequence: cls.calendar_sequence + 1})
            .where(cls.id == delegate)
            .returning(cls.calendar_offers)
        )
        for row in rows:
            told = {*row["calendar_offers"].split(), *offers}
            await cls.update({cls.calendar_offers: " ".join(sorted(told))}).where(cls.id == delegate)


class Item(Table):
    """Something a delegate has, at the price it was bought for."""

    id: Serial
    delegate = ForeignKey(Delegate, null=False, on_delete=OnDelete.cascade)
    offer = ForeignKey(Offer, null=False, on_delete=OnDelete.restrict)
    slot = Varchar(length=80, null=True, default=None)
    """Of a seat in a seminar: the time it is for (slug)."""
    title = Varchar(length=400)
    amount = BigInt()
    """Without tax, in minor units."""
    vat_rate = Integer()
    """In hundredths of a per cent."""
    vat = BigInt()

    one_of_each_for_a_delegate = Unique([delegate, offer])
    one_seminar_at_a_time = Unique([delegate, slot])

    @classmethod
    async def refuse_if_held(cls, offers: list[int]) -> None:
        """Raises Refused, naming everyone who has one of these offers."""
        rows = (
            await cls.select(
                cls.offer.title.as_alias("title"),
                cls.delegate.name.as_alias("name"),
                cls.delegate.email.as_alias("email"),
                cls.delegate._.booking._.reference.as_alias("reference"),
            )
            .where(cls.offer.is_in(offers))
            .order_by(cls.offer, cls.id)
        )
        if rows:
            who = "\n".join(
                f"  {row['title']}: {row['name']} <{row['email']}>, booking {row['reference']}"
                for row in rows
            )
            raise Refused(f"The file leaves out what somebody has booked. Put it back, or move first:\n{who}")


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


@dataclass(frozen=True)
class BookedItem:
    offer: str
    title: str
    amount: int
    vat_rate: Decimal
    vat: int


@dataclass(frozen=True)
class BookedDelegate:
    delegate: Delegate
    items: tuple[BookedItem, ...]

    @property
    def offers(self) -> set[str]:
        return {item.offer for item in self.items}

    @property
    def attendance(self) -> Attendance:
        told = set(self.delegate.calendar_offers.split())
        return Attendance(
            self.delegate.id,
            self.delegate.calendar_sequence,
            tuple(sorted(self.offers)),
            tuple(sorted(told - self.offers)),
        )


def _left(offer: dict[str, Any]) -> int:
    return 0 if offer["withdrawn"] else max(offer["capacity"] - offer["taken"], 0)


def _offers_of(file: ConferenceFile) -> Iterator[Offer]:
    """Everything a conference file offers to book, as rows not yet inserted."""
    for product in file.product:
        if product.kind is ProductKind.ROOM:
            for night in product.nights:
                yield Offer(
                    slug=night_slug(product, night),
                    kind=OfferKind.NIGHT,
                    title=night_title(product, night),
                    capacity=product.capacity,
                )
        else:
            yield Offer(
                slug=product.slug,
                kind=OfferKind(product.kind),
                title=product.title,
                capacity=product.capacity,
            )
    for session in file.session:
        if session.slot is not None:
            yield Offer(
                slug=session.slug,
                kind=OfferKind.SEAT,
                title=session.name,
                capacity=session.capacity,
                withdrawn=session.cancelled,
            )
