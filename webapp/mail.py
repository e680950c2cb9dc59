"""Mail: composed here, sent outside the request, over SMTP or into the outbox folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib

from webapp import clock
from webapp.rendering import draw
from webapp.settings import Settings

log = logging.getLogger(__name__)

PAUSES = (1, 5, 30)
"""Seconds between attempts at a mail server that does not answer."""
LAST_WORDS = 5
"""Seconds the mails still waiting are given when the application stops."""


def compose(template: str, to: str, subject: str, **context: object) -> EmailMessage:
    """A mail in text and HTML from `mail/{template}.txt` and `.html`."""
    message = EmailMessage()
    message["To"] = to
    message["Subject"] = " ".join(subject.split())
    message.set_content(draw(f"mail/{template}.txt", **context))
    message.add_alternative(draw(f"mail/{template}.html", subject=subject, **context), subtype="html")
    return message


class Post:
    """The letter box of this worker. Posting takes no time; one task carries the mail away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: asyncio.Queue[EmailMessage] = asyncio.Queue()

    def send(self, message: EmailMessage) -> None:
        sender = self._settings.mail_from
        message["From"] = sender
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = make_msgid(domain=urlsplit(self._settings.url).hostname or "localhost")
        self._waiting.put_nowait(message)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        carrier = asyncio.create_task(self._carry())
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    await self._waiting.join()
            carrier.cancel()
            await asyncio.gather(carrier, return_exceptions=True)

    async def _carry(self) -> None:
        while True:
            message = await self._waiting.get()
            try:
                await self._deliver(message)
            except Exception:
                log.exception("A mail to %s could not be sent", message["To"])
            finally:
                self._waiting.task_done()

    async def _deliver(self, message: EmailMessage) -> None:
        if self._settings.smtp_url is None:
            await asyncio.to_thread(_put_in_outbox, self._settings.outbox, message)
            return
        for pause in (*PAUSES, None):
            try:
                await aiosmtplib.send(message, **smtp_options(self._settings.smtp_url))
            except (aiosmtplib.SMTPConnectError, aiosmtplib.SMTPServerDisconnected, OSError) as error:
                if pause is None:
                    raise
                log.warning("The mail server does not answer (%s); trying again in %d s", error, pause)
                await asyncio.sleep(pause)
            else:
                return


def smtp_options(url: str) -> dict[str, object]:
    """What aiosmtplib needs for `smtp://user:password@host:587` (STARTTLS when offered) or `smtps://…`."""
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if secure else 587),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
        "tls_context": ssl.create_default_context(),
        "timeout": 20,
    }


def _put_in_outbox(outbox: Path, message: EmailMessage) -> None:
    outbox.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now():%Y%m%d-%H%M%S-%f}-{message['Message-ID'].strip('<>').split('@')[0]}.eml"
    # Written under another name first, so that a reader of the folder never meets half a mail.
    unfinished = outbox / f".{name}"
    unfinished.write_bytes(message.as_bytes())
    unfinished.rename(outbox / name)
