"""A mail's way from the outbox to a mail server, or into the folder that stands in for one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import timedelta
from email.message import EmailMessage

import aiosmtplib

from webapp.mail import outbox_folder
from webapp.mail.mail_server import MailServer
from webapp.settings import Settings
from webapp.tables import OutgoingMail

log = logging.getLogger(__name__)

PAUSES = (1, 5, 30, 120, 600, 3600)
"""Seconds between attempts at a mail server that is away, or cannot take a mail just now. The last one for ever on."""


class LostClaim(Exception):
    """We have taken so long that another worker has the mail."""


class Journey:
    """A mail that is being carried, and how far it has come."""

    def __init__(self, mail: OutgoingMail) -> None:
        self.mail = mail
        self.connected = False
        self.handed_over = False

    async def hand_over(self) -> None:
        """Write down that the text leaves now. Raises LostClaim when another worker has the mail."""
        if not await self.mail.hand_over():
            raise LostClaim
        self.handed_over = True

    async def fail(self, error: BaseException) -> None:
        """Write down why the mail has not arrived, and what becomes of it."""
        mail, said = self.mail, str(error) or type(error).__name__
        if isinstance(error, asyncio.CancelledError):
            said = "Plenum stopped meanwhile."
        if self.handed_over and not isinstance(error, aiosmtplib.SMTPDataError):
            log.error(
                "Nobody knows whether a mail to %s has arrived, so it is not sent again: %s",
                mail.recipient,
                said,
            )
            await mail.remain_unclear(said)
        elif isinstance(error, asyncio.CancelledError):
            await mail.put_off(timedelta(), "")
        elif self._may_go_better(error):
            pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
            log.warning("A mail to %s waits %d s, as it could not be sent: %s", mail.recipient, pause, said)
            await mail.put_off(timedelta(seconds=pause), said)
        else:
            log.error("A mail to %s could not be sent: %s", mail.recipient, said, exc_info=error)
            await mail.fail(said)

    def _may_go_better(self, error: BaseException) -> bool:
        """Whether it may go better in a while: nobody let us in, or the server said (4xx) that it cannot now."""
        if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
            return all(map(self._may_go_better, error.recipients))
        if not self.connected and isinstance(error, aiosmtplib.SMTPException):
            return True  # a wrong password, for example, is no fault of the mail
        if isinstance(error, aiosmtplib.SMTPResponseException):
            return 400 <= error.code < 500
        return isinstance(error, OSError)


class Carrier:
    """Brings mails where the settings say."""

    def __init__(self, settings: Settings) -> None:
        self._folder = settings.outbox
        self._server = MailServer(settings.smtp_url) if settings.smtp_url else None

    async def carry(self, journey: Journey, message: EmailMessage) -> None:
        """Give the mail away, and write down that it has arrived. Raises whatever prevents that."""
        mail = journey.mail
        if self._server is None:
            await journey.hand_over()
            await asyncio.to_thread(outbox_folder.put, self._folder, mail.file_name, message)
        else:
            await self._server.carry(journey, message)
        await mail.arrive()
        log.info(
            "Mail %d %s: %s", mail.id, "has been sent" if self._server else "is in the outbox", mail.template
        )

    async def forget(self, mails: Collection[str], words: Collection[str]) -> None:
        """Remove those of these mails (file names) from the folder in which one of the words stands."""
        try:
            await asyncio.to_thread(outbox_folder.take_out, self._folder, mails, words)
        except OSError as error:  # it is gone from every table by now
            log.error("What was erased may be read from the outbox folder for a while: %s", error)

    async def part(self) -> None:
        """No letter has come for a while, so the mail server need not wait for one."""
        if self._server:
            await self._server.part()
