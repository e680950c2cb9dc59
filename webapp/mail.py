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
from email_validator import validate_email

from webapp import clock
from webapp.rendering import draw
from webapp.settings import Settings

log = logging.getLogger(__name__)

PAUSES = (1, 5, 30, 120, 600)
"""Seconds between attempts at a mail server that is away, or cannot take a mail just now."""
CARRIERS = 4
"""Connections to the mail server that this worker makes at once, at most."""
LOCAL = ("localhost", "127.0.0.1", "::1")
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
    """The letter box of this worker. Posting takes no time, and no letter waits for another that is refused."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._carriers = asyncio.Semaphore(CARRIERS)
        self._under_way: dict[asyncio.Task[None], str] = {}
        self._closing = asyncio.Event()

    def send(self, template: str, *, to: str, subject: str, **context: Any) -> None:
        """Post a letter. It is written and carried away after the request that posted it."""
        task = asyncio.create_task(self._carry(Letter(template, to, subject, context)))
        self._under_way[task] = to
        task.add_done_callback(self._under_way.pop)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            self._closing.set()
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=LAST_WORDS)
            for task, to in self._under_way.items():
                log.error("A mail to %s could not be sent before the end", to)
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def _carry(self, letter: Letter) -> None:
        try:
            message = await asyncio.to_thread(self._write, letter)
            for pause in PAUSES:
                try:
                    return await self._deliver(message)
                except Exception as error:
                    if not _passes(error) or self._closing.is_set():
                        raise
                    log.warning(
                        "A mail to %s waits %d s, as it could not be sent: %s", letter.to, pause, error
                    )
                with contextlib.suppress(TimeoutError):  # when we close, one last attempt is made at once
                    await asyncio.wait_for(self._closing.wait(), pause)
            await self._deliver(message)
        except Exception:
            log.exception("A mail to %s could not be sent", letter.to)

    def _write(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._settings.mail_from
        message["To"] = _for_any_server(letter.to)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = make_msgid(domain=urlsplit(self._settings.url).hostname or "localhost")
        message.set_content(draw(f"mail/{letter.template}.txt", **letter.context))
        html = draw(f"mail/{letter.template}.html", subject=letter.subject, **letter.context)
        message.add_alternative(html, subtype="html")
        return message

    async def _deliver(self, message: EmailMessage) -> None:
        async with self._carriers:
            if self._settings.smtp_url is None:
                await asyncio.to_thread(_put_in_outbox, self._settings.outbox, message)
            else:
                await aiosmtplib.send(message, **smtp_options(self._settings.smtp_url))


def _for_any_server(address: str) -> str:
    """The address with its domain in ASCII, which every mail server understands: `xn--brum-voa.no` for `bærum.no`."""
    known = validate_email(address, check_deliverability=False)
    return f"{known.local_part}@{known.ascii_domain}"


def _passes(error: Exception) -> bool:
    """Whether it may go better in a while: nobody answered, or the server said (4xx) that it cannot now."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(map(_passes, error.recipients))
    if isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 500:
        return True
    return isinstance(error, OSError)


def smtp_options(url: str) -> dict[str, Any]:
    """What aiosmtplib needs for `smtp://user:password@host:587` or `smtps://…`.

    STARTTLS is used when it is offered; a password for another host is not sent without it, since whoever strips
    the offer on the way could read it.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    insists = not secure and parts.password is not None and parts.hostname not in LOCAL
    return {
        "hostname": parts.hostname,
        "port": parts.port or (465 if secure else 587),
        "username": unquote(parts.username) if parts.username else None,
        "password": unquote(parts.password) if parts.password else None,
        "use_tls": secure,
        "start_tls": insists or None,
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
