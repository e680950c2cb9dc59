"""The mail server at SMTP_URL: how it is reached, and connections that stay open for one letter after the other."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from email.message import EmailMessage
from functools import cache
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib

GETTING_READY = 60
"""Seconds that may pass until the server is ready for the text: less than the lease."""
LAST_WORD = 300
"""Seconds the server may take to answer a text. RFC 5321, 4.5.3.2.6, gives it ten minutes."""
PARTING = 2
"""Seconds it may take to answer when we go."""
LOCAL = ("localhost", "127.0.0.1", "::1")


class Journey(Protocol):
    """How far a letter has come."""

    connected: bool
    handed_over: bool

    async def hand_over(self) -> None:
        """Write down that the text leaves now. Raises when it may not."""


class MailServer:
    """Carries letters over as many connections as there are letters at once, and keeps these for those that follow."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._kept: list[_Connection] = []

    async def carry(self, journey: Journey, message: EmailMessage) -> None:
        """Give it a letter. Returns when the server has taken it."""
        if self._kept:
            try:
                return await self._give(self._kept.pop(), journey, message)
            except (aiosmtplib.SMTPSenderRefused, OSError):
                if journey.handed_over:
                    raise
                # It has hung up meanwhile, or takes no more letters over this connection.
        connection = _Connection(**smtp_options(self._url))
        try:
            async with asyncio.timeout(GETTING_READY):
                await connection.connect()
        except BaseException:
            connection.close()
            raise
        return await self._give(connection, journey, message)

    async def part(self) -> None:
        """End the connections that carry nothing."""
        while self._kept:
            connection = self._kept.pop()
            with contextlib.suppress(Exception):
                await connection.quit(timeout=PARTING)
            connection.close()

    async def _give(self, connection: _Connection, journey: Journey, message: EmailMessage) -> None:
        journey.connected = True
        connection.journey = journey
        try:
            await connection.send_message(message)
        except BaseException:
            connection.close()
            raise
        self._kept.append(connection)


class _Connection(aiosmtplib.SMTP):
    """Has it written down that a letter is handed over, before its text leaves."""

    journey: Journey

    async def data(self, message: str | bytes, /, **_: Any) -> aiosmtplib.SMTPResponse:
        await self.journey.hand_over()
        return await super().data(message, timeout=LAST_WORD)


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
        "tls_context": _tls(),
        "timeout": 20,
    }


@cache
def _tls() -> ssl.SSLContext:
    """Whom we trust. Kept, since reading all the certificates takes longer than all else about a connection."""
    return ssl.create_default_context()
