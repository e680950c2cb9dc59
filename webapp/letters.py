"""The mails about a booking: what they say is taken down when it happens, and drawn when they leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from webapp.settings import settings
from webapp.signing import booking_path, ticket_path
from webapp.tables.mail import Letter

if TYPE_CHECKING:
    from webapp.tables.registration import Attendance, BookedDelegate, Booking, Delegate


def booking_letters(
    booking: Booking,
    delegates: Sequence[BookedDelegate],
    what: str,
    *,
    template: str = "booking",
    subject: str = "Your booking",
    **context: Any,
) -> list[Letter]:
    """A letter to whoever booked, and one to each colleague, about what has happened to their booking.

    `what` names that within the booking's life, so that it is told once: `confirmed`, `change 3`.
    """
    addresses = {booking.payer_email: booking.payer_name} | {
        booked.delegate.email: booked.delegate.name for booked in delegates
    }
    facts = {
        "booking": {"reference": booking.reference, "currency": booking.currency},
        "delegates": [_delegate(booked) for booked in delegates],
        "total": sum(item.amount + item.vat for booked in delegates for item in booked.items),
        "url": f"{settings().url}{booking_path(booking.reference)}",
        **context,
    }
    return [
        Letter(
            event=f"booking {booking.id} {what}, {address}",
            template=template,
            to=address,
            subject=f"{subject} {booking.reference}",
            context={
                **facts,
                "name": name,
                "tickets": [
                    ticket(booked.delegate, booked.attendance)
                    for booked in delegates
                    if booked.delegate.email == address
                ],
            },
        )
        for address, name in addresses.items()
        if address  # else somebody who was erased
    ]


def ticket(delegate: Delegate, attendance: Attendance) -> dict[str, Any]:
    """What a letter says in `tickets` of somebody who comes: it then shows their ticket and brings their calendar.

    Without any offers there is no ticket, and the calendar cancels all they had: `attendance.without_any()`.
    """
    return {
        "name": delegate.name,
        "url": f"{settings().url}{ticket_path(delegate.id, delegate.person)}",
        "attendance": asdict(attendance),
    }


def _delegate(booked: BookedDelegate) -> dict[str, Any]:
    return {
        "name": booked.delegate.name,
        "lines": [
            {
                "title": item.title,
                "amount": item.amount,
                "vat": item.vat,
                "vat_rate": f"{item.vat_rate.normalize():f}",
            }
            for item in booked.items
        ],
    }
