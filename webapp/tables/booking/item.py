"""What delegates have, at the price it was bought for, and what was kept of the price of what they gave back."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Self, TypedDict

from piccolo.columns import BigInt, ForeignKey, Integer, LazyTableReference, OnDelete, Serial, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee, Line
from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.refusal import Refused
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.offers import Offer
from webapp.tables.people import ERASED, Person


class TakenSeat(TypedDict):
    """A seat in a seminar, and whose it is."""

    delegate: int
    offer: int
    slot: str | None
    slug: str
    title: str
    name: str
    email: str
    reference: str


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
    def bought(cls, delegate: int, offer: int, line: Line) -> Self:
        """What a delegate (row) has from now on of an offer (row), as it was priced."""
        return cls(
            delegate=delegate,
            offer=offer,
            slot=line.slot,
            title=line.title,
            amount=line.amount,
            vat_rate=int(line.vat_rate * 100),
            vat=line.vat,
        )

    @classmethod
    async def refuse_if_held(cls, offers: list[int]) -> None:
        """Raises Refused, naming everyone who has one of these offers."""
        if not offers:
            return
        rows = (
            await cls.select(
                cls.offer.title.as_alias("title"),
                cls.delegate.name.as_alias("name"),
                cls.delegate.email.as_alias("email"),
                cls.delegate._.booking.reference.as_alias("reference"),
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

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Bring the seats in seminars to the times that the file has these at.

        To be called when the offers' rows are locked, so that nobody takes a seat meanwhile. Raises Refused, naming
        everyone who would have two at one time.
        """
        slots = {session.slug: session.slot for session in file.session}
        taken = (
            cls.select(
                cls.delegate,
                cls.offer,
                cls.slot,
                cls.offer.slug.as_alias("slug"),
                cls.offer.title.as_alias("title"),
                cls.delegate.name.as_alias("name"),
                cls.delegate.email.as_alias("email"),
                cls.delegate._.booking.reference.as_alias("reference"),
            )
            .where(cls.slot.is_not_null())
            .order_by(cls.delegate, cls.id)
        )
        seats = await rows_as(TakenSeat, taken)
        at_once: dict[tuple[int, str | None], list[TakenSeat]] = {}
        for seat in seats:
            at_once.setdefault((seat["delegate"], slots[seat["slug"]]), []).append(seat)
        clashes = [together for together in at_once.values() if len(together) > 1]
        if clashes:
            who = "\n".join(
                f"  {' and '.join(seat['title'] for seat in together)}: {together[0]['name']} "
                f"<{together[0]['email']}>, booking {together[0]['reference']}"
                for together in clashes
            )
            raise Refused(
                "The file puts at one time what somebody has booked both of. Leave them apart, or let these give one "
                f"back first ({len(clashes)}):\n{who}"
            )
        moved = {seat["offer"]: slots[seat["slug"]] for seat in seats if seat["slot"] != slots[seat["slug"]]}
        if moved:
            # Two seminars may have changed places, and nobody may have two at one time in between.
            await cls.update({cls.slot: None}).where(cls.offer.is_in(list(moved)))
        for offer, slot in moved.items():
            await cls.update({cls.slot: slot}).where(cls.offer == offer)


class CancellationFee(Table):
    """What was kept of the price of something given back late. It stays when whoever had it does not."""

    id: Serial
    booking: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Booking", module_path="webapp.tables.booking.booking"),
        null=False,
        on_delete=OnDelete.cascade,
        index=True,
    )
    delegate = Varchar(length=200)
    """Their name then; of somebody who was erased, none: what they were charged stands on the invoice."""
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null)
    title = Varchar(length=500)
    amount = BigInt()
    vat_rate = Integer()
    vat = BigInt()
    charged_at = Instant()

    @classmethod
    def charged(cls, booking: int, fee: Fee, person: int | None, now: datetime) -> Self:
        """What is kept from now on of a price that somebody (None: it is not known who) paid on a booking."""
        return cls(
            booking=booking,
            delegate=fee.delegate,
            person=person,
            title=fee.title,
            amount=fee.amount,
            vat_rate=int(fee.vat_rate * 100),
            vat=fee.vat,
            charged_at=now,
        )

    @classmethod
    async def forget(cls, person: int, bookings: Collection[int], names: Collection[str]) -> None:
        """Name somebody no more, also on these bookings where only their names say that it was them."""
        by_name = cls.booking.is_in(list(bookings) or [0]) & cls.delegate.is_in(list(names) or [""])
        await cls.update({cls.delegate: ERASED, cls.person: None}).where((cls.person == person) | by_name)
