"""Confirming a booking: all that an order becomes, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from webapp.booking.seats import move_seats
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Quote
from webapp.database.transaction import transaction
from webapp.tables.booking.booked import BookedDelegate, BookedItem
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.invoices import Invoice
from webapp.tables.booking.letters import booking_letters
from webapp.tables.booking.order import Order
from webapp.tables.booking.waiting import Waiting
from webapp.tables.mail import OutgoingMail
from webapp.tables.meeting_place.presentation import take_from_bookings
from webapp.tables.people import Person


async def confirm(
    order: Order,
    quote: Quote,
    *,
    form_key: str,
    file: ConferenceFile,
    priced_at: datetime,
    now: datetime,
    claim: tuple[int, int] | None = None,
    letters_wait: timedelta = timedelta(),
) -> tuple[Booking, bool]:
    """Book everything in the order, or nothing. Returns the booking and whether it is new.

    A form that was confirmed before gives the booking it made then, whatever is sent with it now. `claim`: the party
    on the waiting list whose seats are held for this booking, and whose it is. `letters_wait`: how long its letters
    do. Raises SoldOut when something ordered has run out.
    """
    async with transaction():
        people = await Person.known_at(order.addresses, now)
        booking = Booking.ordered_by(
            order.payer,
            people,
            form_key=form_key,
            currency=file.registration.currency,
            priced_at=priced_at,
            now=now,
        )
        before = await booking.insert_once()
        if before is not None:
            return before, False
        delegates = await _insert_delegates(booking, order, quote, people)
        waits = await Waiting.claimed(*claim) if claim else []
        await move_seats(booking, quote, [delegate.id for delegate in delegates], waits, file, now)
        await take_from_bookings({delegate.person for delegate in delegates})
        booked = _booked(delegates, quote)
        issued = await Invoice.issue(booking, booked, (), file, now)
        letters = booking_letters(booking, booked, "confirmed", invoices=issued, file=file)
        await OutgoingMail.put(*letters, now=now, wait=letters_wait)
    return booking, True


async def _insert_delegates(
    booking: Booking, order: Order, quote: Quote, people: dict[str, int]
) -> list[Delegate]:
    delegates = [
        Delegate.on(booking.id, position, one.details, people) for position, one in enumerate(order.delegates)
    ]
    for line in quote.lines:
        delegates[line.delegate].calendar_offers += f"{line.offer} "
    rows = await Delegate.insert(*delegates).returning(Delegate.id, Delegate.position)
    for row in rows:
        delegates[row["position"]].id = row["id"]
    return delegates


def _booked(delegates: Sequence[Delegate], quote: Quote) -> list[BookedDelegate]:
    """The delegates with what they have now, which need not be read again."""
    return [
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
