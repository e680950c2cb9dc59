"""The post: it takes what is due from the outbox in the database, has it written, and sends a carrier with it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection
from email.message import EmailMessage

from webapp.conference.programme import Programme
from webapp.mail import composing
from webapp.mail.carrier import Carrier, Journey, LostClaim
from webapp.mail.pace import Pace
from webapp.settings import Settings
from webapp.tables import OutgoingMail

log = logging.getLogger(__name__)

CARRIERS = 4
"""Connections to the mail server that this worker makes at once, at most."""
POLL = 2
"""Seconds after which a worker looks into the outbox without having been told to."""
LAST_WORDS = 5
"""Seconds the mails under way are given when the application stops. The others wait for the next start."""


class Post:
    """Carries what is in the outbox. There is one in each worker; the database gives every mail to one of them."""

    def __init__(self, settings: Settings, programme: Callable[[], Programme | None]) -> None:
        self._programme = programme
        self._carrier = Carrier(settings)
        self._pace = Pace()
        self._some = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._closing = False

    def wake(self) -> None:
        """Look into the outbox now. To be called after the commit; without it the mail leaves some seconds later."""
        self._some.set()

    async def forget(self, mails: Collection[str], words: Collection[str]) -> None:
        """Remove those of these mails (file names) from the folder in which one of the words stands."""
        await self._carrier.forget(mails, words)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Carry mails for as long as the block runs."""
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
            await self._carrier.part()

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
                await self._carrier.part()

    async def _carry_what_is_due(self) -> None:
        programme, free = self._programme(), CARRIERS - len(self._under_way)
        if programme is None or not free:
            return
        for mail in await OutgoingMail.claim(free):
            task = asyncio.create_task(self._carry(mail, programme))
            self._under_way.add(task)
            task.add_done_callback(self._carried)

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
            else:
                await self._carrier.carry(journey, message)
        except LostClaim:
            log.warning("A mail to %s is carried by another worker now", mail.recipient)
        except (Exception, asyncio.CancelledError) as error:
            await journey.fail(error)

    async def _write(self, mail: OutgoingMail, programme: Programme) -> EmailMessage | None:
        letter = mail.letter
        await composing.complete(letter)
        message = await self._pace.write(lambda: composing.compose(mail, letter, programme))
        return None if letter.context.get(composing.NOBODY) else message
