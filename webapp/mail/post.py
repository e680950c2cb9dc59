"""Mail: taken from the outbox in the database, written, and carried to a mail server or into the outbox folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import urlsplit

import aiosmtplib
from email_validator import validate_email

from webapp import clock
from webapp.booking.invoice_pdf import invoice_pdf, pdf_name
from webapp.conference.calendar import delegate_calendar
from webapp.conference.programme import Programme
from webapp.mail import outbox_folder
from webapp.mail.carrier import MailServer
from webapp.settings import Settings, settings
from webapp.tables import Letter, Notice, OutgoingMail, SignInLink
from webapp.tables.booking.booking import Attendance
from webapp.tables.booking.invoice_text import InvoiceText
from webapp.web import qr
from webapp.web.rendering import draw
from webapp.web.signing import unsubscribe_path

log = logging.getLogger(__name__)

PAUSES = (1, 5, 30, 120, 600, 3600)
"""Seconds between attempts at a mail server that is away, or cannot take a mail just now. The last one for ever on."""
CARRIERS = 4
"""Connections to the mail server that this worker makes at once, at most."""
SHARE = 0.08
"""Of a worker's time that may go into writing mails while it is busy with people, so that nobody who books waits."""
POLL = 2
"""Seconds after which a worker looks into the outbox without having been told to."""
LAST_WORDS = 5
"""Seconds the mails under way are given when the application stops. The others wait for the next start."""

MOST_LINES = 12
"""Of a mail with news."""

NOBODY = "nobody"
"""Set in the context of a letter that turns out to be for nobody here."""
FOUND_AT_WRITING: dict[str, Callable[[Letter], Awaitable[dict[str, Any]]]] = {}
"""By template: what is only found out when the letter is written."""


class Post:
    """Carries what is in the outbox. There is one in each worker; the database gives every mail to one of them."""

    def __init__(self, settings: Settings, programme: Callable[[], Programme | None]) -> None:
        self._settings = settings
        self._programme = programme
        self._server = MailServer(settings.smtp_url) if settings.smtp_url else None
        self._some = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._pen = asyncio.Lock()
        self._rested_at = 0.0
        self._load = Load()
        self._closing = False

    def wake(self) -> None:
        """Look into the outbox now. To be called after the commit; without it the mail leaves some seconds later."""
        self._some.set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        work = asyncio.create_task(self._work())
        try:
            yield
        finally:
            self._closing = True
            self.wake()
            await work
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=LAST_WORDS)
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            await self._part()

    async def _work(self) -> None:
        while not self._closing:
            self._some.clear()
            try:
                await self._carry_what_is_due()
            except Exception:
                log.exception("Could not look into the outbox")
            # Not wait_for(), which before Python 3.12 may swallow that we are asked to stop.
            try:
                async with asyncio.timeout(POLL):
                    await self._some.wait()
            except TimeoutError:
                await self._part()

    async def _carry_what_is_due(self) -> None:
        programme, free = self._programme(), CARRIERS - len(self._under_way)
        if programme is None or not free:
            return
        for mail in await OutgoingMail.claim(free):
            task = asyncio.create_task(self._carry(mail, programme))
            self._under_way.add(task)
            task.add_done_callback(self._carried)

    async def _part(self) -> None:
        """No letter has come for a while, so the mail server need not wait for one."""
        if self._server:
            await self._server.part()

    def _carried(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._some.set()  # somebody is free for the next one
        if not task.cancelled() and (error := task.exception()):
            log.error("A mail is tried again later, as the outbox could not be reached", exc_info=error)

    async def _carry(self, mail: OutgoingMail, programme: Programme) -> None:
        journey = Journey(mail)
        try:
            message = await self._write(mail, programme)
            if message is None:
                await mail.drop()
            elif self._server is None:
                await self._keep(journey, message)
            else:
                await self._server.carry(journey, message)
                await mail.arrive()
                log.info("Mail %d has been sent: %s", mail.id, mail.letter.template)
        except LostClaim:
            log.warning("A mail to %s is carried by another worker now", mail.recipient)
        except (Exception, asyncio.CancelledError) as error:
            await _end(journey, error)

    async def _write(self, mail: OutgoingMail, programme: Programme) -> EmailMessage | None:
        letter = mail.letter
        context = letter.context
        if find := FOUND_AT_WRITING.get(letter.template):
            context |= await find(letter)
        async with self._pen:
            await asyncio.sleep(max(0, self._rested_at - time.monotonic()))
            # Half of the time is busy already: it is not alone in wanting a processor.
            share = max(SHARE, 1 - 2 * self._load.since_last())
            message, taken = await asyncio.to_thread(self._compose_timed, mail, letter, programme)
            self._rested_at = time.monotonic() + taken * (1 / share - 1)
            return None if context.get(NOBODY) else message

    def _compose_timed(
        self, mail: OutgoingMail, letter: Letter, programme: Programme
    ) -> tuple[EmailMessage, float]:
        """The message, and the seconds of a processor that it took: what it waits for others is no work."""
        began = time.thread_time()
        return self._compose(mail, letter, programme), time.thread_time() - began

    def _compose(self, mail: OutgoingMail, letter: Letter, programme: Programme) -> EmailMessage:
        subject = f"{letter.subject}: {programme.conference.title}"
        tickets = letter.context.get("tickets", [])
        for number, ticket in enumerate(tickets, start=1):
            ticket["qr"] = ticket["attendance"]["offers"] and f"ticket-{number}"
        context = letter.context | {"subject": subject, "programme": programme}
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        if contact := programme.conference.contact_email:
            message["Reply-To"] = contact  # the sender is a program
        message["To"] = _for_any_server(letter.to)
        message["Subject"] = " ".join(subject.split())
        message["Date"] = format_datetime(mail.written_at)
        message["Message-ID"] = self._message_id(mail)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        if unsubscribe := letter.context.get("unsubscribe_url"):
            message["List-Unsubscribe"] = f"<{unsubscribe}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(draw(f"mail/{letter.template}.txt", **context))
        message.add_alternative(draw(f"mail/{letter.template}.html", **context), subtype="html")
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
        for invoice in letter.context.get("invoices", []):
            message.add_attachment(
                invoice_pdf(invoice["title"], InvoiceText.from_json(invoice["contents"])),
                maintype="application",
                subtype="pdf",
                filename=pdf_name(invoice["title"]),
            )
        for file in letter.files:
            kind, _, subtype = file.media_type.partition("/")
            message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        return message

    def _message_id(self, mail: OutgoingMail) -> str:
        """Always the same for one mail: if it should be sent again by hand, mailboxes can tell."""
        return f"<{mail.known_as}@{urlsplit(self._settings.url).hostname or 'localhost'}>"

    async def _keep(self, journey: Journey, message: EmailMessage) -> None:
        await journey.hand_over()
        await asyncio.to_thread(outbox_folder.put, self._settings.outbox, journey.mail.file_name, message)
        await journey.mail.arrive()
        log.info("Mail %d is in the outbox: %s", journey.mail.id, journey.mail.letter.template)


class Load:
    """How busy the event loop is, from one time to the next that this is asked in it."""

    def __init__(self) -> None:
        self._at, self._worked = time.monotonic(), time.thread_time()

    def since_last(self) -> float:
        """The part of the time in which it had a processor, from 0 to 1."""
        at, worked = time.monotonic(), time.thread_time()
        load = (worked - self._worked) / max(at - self._at, 1e-6)
        self._at, self._worked = at, worked
        return load


class LostClaim(Exception):
    """We have taken so long that another worker has the mail."""


class Journey:
    """A mail that is being carried, and how far it has come."""

    def __init__(self, mail: OutgoingMail) -> None:
        self.mail = mail
        self.connected = False
        self.handed_over = False

    async def hand_over(self) -> None:
        if not await self.mail.hand_over():
            raise LostClaim
        self.handed_over = True


async def _end(journey: Journey, error: BaseException) -> None:
    """Write down why a mail has not arrived, and what becomes of it."""
    mail, said = journey.mail, str(error) or type(error).__name__
    if isinstance(error, asyncio.CancelledError):
        said = "Plenum stopped meanwhile."
    if journey.handed_over and not isinstance(error, aiosmtplib.SMTPDataError):
        log.error(
            "Nobody knows whether a mail to %s has arrived, so it is not sent again: %s", mail.recipient, said
        )
        await mail.remain_unclear(said)
    elif isinstance(error, asyncio.CancelledError):
        await mail.put_off(timedelta(), "")
    elif _passes(error, journey):
        pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
        log.warning("A mail to %s waits %d s, as it could not be sent: %s", mail.recipient, pause, said)
        await mail.put_off(timedelta(seconds=pause), said)
    else:
        log.error("A mail to %s could not be sent: %s", mail.recipient, said, exc_info=error)
        await mail.fail(said)


def _passes(error: BaseException, journey: Journey) -> bool:
    """Whether it may go better in a while: nobody let us in, or the server said (4xx) that it cannot now."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(_passes(recipient, journey) for recipient in error.recipients)
    if not journey.connected and isinstance(error, aiosmtplib.SMTPException):
        return True  # a wrong password, for example, is no fault of the mail
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return 400 <= error.code < 500
    return isinstance(error, OSError)


def _calendar_of(ticket: dict[str, Any], programme: Programme) -> str:
    attendance = Attendance(**ticket["attendance"])
    name = f"{programme.conference.title}: {ticket['name']}"
    return delegate_calendar(programme, attendance, name=name, base_url=settings().url).decode()


def _for_any_server(address: str) -> str:
    """The address with its domain in ASCII, which every mail server understands: `xn--brum-voa.no` for `bærum.no`."""
    known = validate_email(address, check_deliverability=False)
    return f"{known.local_part}@{known.ascii_domain}"


async def _sign_in_link(letter: Letter) -> dict[str, Any]:
    """Made only as the mail is written, so that its key is kept nowhere, and whoever asks learns nothing from how
    long the answer takes. Nor from how busy we are then: to nobody, too, a mail is written."""
    key = await SignInLink.send_to(letter.to, clock.now())
    # The mail may be opened in another browser than the one that knows where its owner was going.
    to = f"?to={letter.context['to']}" if letter.context.get("to") else ""
    return {"url": f"{settings().url}/sign-in/{key}{to}", NOBODY: key is None}


async def _news(letter: Letter) -> dict[str, Any]:
    """Looked up only as the mail is written, so that it tells nothing that was hidden, blocked or read meanwhile."""
    about = letter.context
    since, until = (datetime.fromisoformat(about[name]) for name in ("since", "until"))
    lines = await Notice.in_a_mail(about["profile"], since, until)
    url = settings().url
    return {
        "number": len(lines),
        "lines": lines[:MOST_LINES],
        "url": f"{url}/meeting-place/notices",
        "unsubscribe_url": f"{url}{unsubscribe_path(about['tag'])}",
        NOBODY: not lines,
    }


FOUND_AT_WRITING |= {"sign_in": _sign_in_link, "news": _news}
