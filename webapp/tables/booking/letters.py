"""The mails about a booking: what they say is taken down when it happens, and drawn when they leave."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from typing import Any

from webapp.conference.attendance import Attendance
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee
from webapp.conference.terms import terms
from webapp.mail.letter import Letter, once
from webapp.settings import settings
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.invoices import Invoice
from webapp.text.written import date_range, full_date
from webapp.web.signing import WaitingRequest, booking_path, details_path, ticket_path


def booking_letters(
    booking: Booking,
    delegates: Sequence[BookedDelegate],
    what: str,
    *,
    to: Collection[int] | None = None,
    fees: Sequence[Fee] = (),
    invoices: Sequence[Invoice] = (),
    file: ConferenceFile,
    template: str = "booking",
    subject: str = "Your booking",
    **context: Any,
) -> list[Letter]:
    """A letter to whoever booked, and one to each colleague, about what has happened to their booking.

    `what` names that within the booking's life, so that it is told once: `confirmed`, `change 3`. `to`: the delegates
    (rows) who are told beside whoever pays; None: all. The `invoices` that were issued with it are for whoever pays
    alone. Two delegates who share a mailbox have a letter each.
    """
    facts = {
        "booking": {"reference": booking.reference, "currency": booking.currency},
        "delegates": [_delegate(booked) for booked in delegates],
        "fees": [asdict(fee) | {"vat_rate": f"{fee.vat_rate.normalize():f}"} for fee in fees],
        "total": sum(item.amount + item.vat for booked in delegates for item in booked.items)
        + sum(fee.total for fee in fees),
        "url": f"{settings().url}{booking_path(booking.reference)}",
        "terms": terms(file),
        **context,
    }
    letters: dict[str, Letter] = {}
    for number, (address, name, who) in enumerate(_recipients(booking, delegates, to)):
        if not address:
            continue  # somebody who was erased
        event = f"booking {booking.id} {what}, {address}"
        if event in letters and who:
            event = f"{event} {who.number}"
        # Whoever comes is told their own days; whoever pays those of everybody.
        theirs = [who] if who and number else delegates
        offers = {offer for booked in theirs for offer in booked.offers}
        letters[event] = Letter(
            event=event,
            template=template,
            to=address,
            subject=f"{subject} {booking.reference}",
            context={
                **facts,
                "name": name,
                "dates": date_range(*file.days_of(offers)),
                "details_url": _details_url(who) if who else "",
                "invoices": [] if number else [_invoice(invoice, facts["url"]) for invoice in invoices],
                "tickets": [ticket(who.delegate, who.attendance)] if who else [],
            },
        )
    return list(letters.values())


def _recipients(
    booking: Booking, delegates: Sequence[BookedDelegate], to: Collection[int] | None
) -> list[tuple[str, str, BookedDelegate | None]]:
    """Addresses and names, first of whoever pays, with the delegate that each of them is, if they are one."""
    own = _payers_own(booking, delegates)
    told = [booked for booked in delegates if to is None or booked.delegate.id in to]
    return [
        (booking.payer_email, own.delegate.name if own else booking.payer_name, own),
        *((booked.delegate.email, booked.delegate.name, booked) for booked in told if booked is not own),
    ]


def _payers_own(booking: Booking, delegates: Sequence[BookedDelegate]) -> BookedDelegate | None:
    """The delegate who pays, as far as the mailbox says: of several who share it the one of that name."""
    address = booking.payer_email.lower()
    theirs = [booked for booked in delegates if address and booked.delegate.email.lower() == address]
    return next(
        (booked for booked in theirs if booked.delegate.name == booking.payer_name),
        theirs[0] if theirs else None,
    )


def change_letters(
    booking: Booking,
    before: Sequence[BookedDelegate],
    after: Sequence[BookedDelegate],
    fees: Sequence[Fee],
    invoices: Sequence[Invoice],
    file: ConferenceFile,
) -> list[Letter]:
    """To whoever pays, and to each delegate who has other things than before, is new, or comes no more."""
    had = {(booked.delegate.id, booked.delegate.person): booked for booked in before}
    have = {(booked.delegate.id, booked.delegate.person): booked for booked in after}
    gone = [booked for who, booked in had.items() if who not in have]
    changed = [now.delegate.id for who, now in have.items() if who not in had or had[who].items != now.items]
    if not changed and not gone and not invoices:
        return []
    what = f"change {booking.revision}"
    return [
        *booking_letters(
            booking,
            after,
            what,
            to=changed,
            fees=fees,
            invoices=invoices,
            file=file,
            subject="Your changed booking",
            changed=True,
        ),
        *(
            Letter(
                event=f"booking {booking.id} {what}, {booked.delegate.email} no more {booked.number}",
                template="cancelled",
                to=booked.delegate.email,
                subject=f"You are no longer on booking {booking.reference}",
                context={
                    "name": booked.delegate.name,
                    "reference": booking.reference,
                    "url": f"{settings().url}/register",
                    "tickets": [_no_ticket(booked)],
                },
            )
            for booked in gone
            if booked.delegate.email  # else somebody who was erased
        ),
    ]


def waiting_request_letter(request: WaitingRequest) -> Letter:
    """Asks whoever has the mailbox whether they want to wait. It says nothing that a stranger could have written."""
    return Letter(
        event=f"waiting request {once()}",
        template="waiting_request",
        to=request.email,
        subject="Your place on the waiting list",
        context={"seats": request.seats, "url": f"{settings().url}{request.path}"},
    )


def _no_ticket(booked: BookedDelegate) -> dict[str, Any]:
    """For somebody who comes no more: their calendar cancels all they had."""
    attendance = booked.attendance.without_any()
    return ticket(booked.delegate, replace(attendance, sequence=attendance.sequence + 1))


def _details_url(booked: BookedDelegate) -> str:
    return f"{settings().url}{details_path(booked.delegate.id, booked.delegate.person)}"


def ticket(delegate: Delegate, attendance: Attendance) -> dict[str, Any]:
    """What a letter says in `tickets` of somebody who comes: it then shows their ticket and brings their calendar.

    Without any offers there is no ticket, and the calendar cancels all they had: `attendance.without_any()`.
    """
    return {
        "name": delegate.name,
        "url": f"{settings().url}{ticket_path(delegate.id, delegate.person)}",
        "attendance": asdict(attendance),
    }


def _invoice(invoice: Invoice, booking_url: str) -> dict[str, Any]:
    """What a letter says in `invoices` of one: it then brings it as PDF."""
    due = invoice.text.due_on
    return {
        "title": invoice.title,
        "total": invoice.total,
        "due": full_date(due) if due else "",
        "url": f"{booking_url}/invoices/{invoice.number}",
        "contents": invoice.contents,
    }


def _delegate(booked: BookedDelegate) -> dict[str, Any]:
    return {
        "name": booked.delegate.name,
        "lines": [
            {
                "offer": item.offer,
                "title": item.title,
                "amount": item.amount,
                "vat": item.vat,
                "vat_rate": f"{item.vat_rate.normalize():f}",
            }
            for item in booked.items
        ],
    }
