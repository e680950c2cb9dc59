"""How a letter becomes a mail: drawn from its templates, with tickets, calendars and invoices attached."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import urlsplit

from email_validator import validate_email

from webapp import clock
from webapp.booking.invoice_pdf import invoice_pdf, pdf_name
from webapp.conference.attendance import Attendance
from webapp.conference.calendar import delegate_calendar
from webapp.conference.programme import Programme
from webapp.mail.letter import Letter
from webapp.settings import settings
from webapp.tables import OutgoingMail, SignInLink
from webapp.tables.booking.invoice_text import InvoiceText
from webapp.tables.meeting_place import news_mail
from webapp.web import qr
from webapp.web.rendering import draw
from webapp.web.signing import unsubscribe_path

MOST_LINES = 12
"""Of a mail that says what is unread."""
NOBODY = "nobody"
"""Set in the context of a letter that turns out to be for nobody here."""


async def complete(letter: Letter) -> None:
    """Add to a letter what is only found out as it is written, and `NOBODY` where that says so."""
    if find := FOUND_AT_WRITING.get(letter.template):
        letter.context.update(await find(letter))


def compose(mail: OutgoingMail, letter: Letter, programme: Programme) -> EmailMessage:
    """Write the mail that this letter is. Takes some milliseconds of a processor, and more with an invoice."""
    subject = f"{letter.subject}: {programme.conference.title}"
    tickets = letter.context.get("tickets", [])
    for number, ticket in enumerate(tickets, start=1):
        ticket["qr"] = ticket["attendance"]["offers"] and f"ticket-{number}"
    context = letter.context | {"subject": subject, "programme": programme}
    message = EmailMessage()
    _address(message, mail, letter, programme, subject)
    message.set_content(draw(f"mail/{letter.template}.txt", **context))
    message.add_alternative(draw(f"mail/{letter.template}.html", **context), subtype="html")
    _attach_tickets(message, tickets, programme)
    for invoice in letter.context.get("invoices", []):
        message.add_attachment(
            invoice_pdf(invoice["title"], InvoiceText.from_json(invoice["contents"])),
            maintype="application",
            subtype="pdf",
            filename=pdf_name(invoice["title"]),
        )
    return message


def _address(
    message: EmailMessage, mail: OutgoingMail, letter: Letter, programme: Programme, subject: str
) -> None:
    message["From"] = settings().mail_from
    if contact := programme.conference.contact_email:
        message["Reply-To"] = contact  # the sender is a program
    message["To"] = _for_any_server(letter.to)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = format_datetime(mail.written_at)
    # Always the same for one mail: if it should be sent again by hand, mailboxes can tell.
    message["Message-ID"] = f"<{mail.known_as}@{urlsplit(settings().url).hostname or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
    if unsubscribe := letter.context.get("unsubscribe_url"):
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"


def _attach_tickets(message: EmailMessage, tickets: list[dict[str, Any]], programme: Programme) -> None:
    """Attach the QR code and the calendar of every ticket; of one who comes no more, the calendar that says so."""
    html = cast(EmailMessage, list(message.iter_parts())[1])
    for number, ticket in enumerate(tickets, start=1):
        if ticket["qr"]:
            html.add_related(
                qr.png(ticket["url"]), "image", "png", cid=f"<{ticket['qr']}>", disposition="inline"
            )
        message.add_attachment(
            _calendar_of(ticket, programme),
            subtype="calendar",
            params={"method": "PUBLISH"},
            filename="programme.ics" if len(tickets) == 1 else f"programme-{number}.ics",
        )


def _calendar_of(ticket: dict[str, Any], programme: Programme) -> str:
    attendance = Attendance(**ticket["attendance"])
    name = f"{programme.conference.title}: {ticket['name']}"
    return delegate_calendar(programme, attendance, name=name, base_url=settings().url).decode()


def _for_any_server(address: str) -> str:
    """The address with its domain in ASCII, which every mail server understands: `xn--brum-voa.no` for `bærum.no`."""
    known = validate_email(address, check_deliverability=False)
    return f"{known.local_part}@{known.ascii_domain}"


async def _sign_in_link(letter: Letter) -> dict[str, Any]:
    """Make the link only as the mail is written, so that its key is kept nowhere, and that the time an answer takes
    says nothing of who is known here. Nor does how busy we are then: to nobody, too, a mail is written."""
    key = await SignInLink.send_to(letter.to, clock.now())
    # The mail may be opened in another browser than the one that knows where its owner was going.
    to = f"?to={letter.context['to']}" if letter.context.get("to") else ""
    return {"url": f"{settings().url}/sign-in/{key}{to}", NOBODY: key is None}


async def _unread_notices(letter: Letter) -> dict[str, Any]:
    """Look them up only as the mail is written, so that it tells nothing that was hidden, blocked or read meanwhile."""
    about = letter.context
    since, until = (datetime.fromisoformat(about[name]) for name in ("since", "until"))
    lines = await news_mail.lines_for(about["profile"], since, until)
    url = settings().url
    return {
        "number": len(lines),
        "lines": lines[:MOST_LINES],
        "url": f"{url}/meeting-place/notices",
        "unsubscribe_url": f"{url}{unsubscribe_path(about['tag'])}",
        NOBODY: not lines,
    }


FOUND_AT_WRITING: dict[str, Callable[[Letter], Awaitable[dict[str, Any]]]] = {
    "sign_in": _sign_in_link,
    "unread": _unread_notices,
}
"""By template: what is only found out when the letter is written."""
