"""Mail: composed here, sent outside the request, over SMTP or into the outbox folder."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Any
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


@dataclass(frozen=True)
class Letter:
    """What a mail says: the templates `mail/{template}.txt` and `.html`, and what they are about."""

    template: str
    to: str
    subject: str
    context: dict[str, Any]


class Post:
    """The letter box of this worker. Posting takes no time; one task carries the mail away."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: asyncio.Queue[Letter] = asyncio.Queue()

    def send(self, template: str, *, to: str, subject: str, **context: Any) -> None:
        """Post a letter. It is written and carried away after the request that posted it."""
        self._waiting.put_nowait(Letter(template, to, subject, context))

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
            letter = await self._waiting.get()
            try:
                await self._deliver(await asyncio.to_thread(self._write, letter))
            except Exception:
                log.exception("A mail to %s could not be sent", letter.to)
            finally:
                self._waiting.task_done()

    def _write(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = letter.to
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = make_msgid(domain=urlsplit(self._settings.url).hostname or "localhost")
        message.set_content(draw(f"mail/{letter.template}.txt", **letter.context))
        html = draw(f"mail/{letter.template}.html", subject=letter.subject, **letter.context)
        message.add_alternative(html, subtype="html")
        return message

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


def smtp_options(url: str) -> dict[str, Any]:
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
