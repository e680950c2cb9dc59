"""A real SMTP server that keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.booking import book
from tests.support.cast import Person
from tests.support.house import House
from tests.support.waiting import until


class Mailbox:
    """Everything that was delivered. `refuse` is the answer to every mail as long as it is set."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuse: str | None = None
        self.url = ""

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        content = envelope.content
        assert isinstance(content, bytes)
        lines = content.replace(b"\r\n", b"\n")
        self.mails.append(email.message_from_bytes(lines, policy=email.policy.default))
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        """What was delivered to this address, oldest first, once there is something."""
        return until(lambda: [mail for mail in self.mails if address in mail["To"]])


class _AtAPort(Controller):
    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer(Mailbox):
    """A mailbox that may be encrypted, may ask for a password, and may be away. Comes back at the same address."""

    def __init__(self, **how: Any) -> None:
        super().__init__()
        self.encrypted: list[bool] = []
        """Of each mail: whether it came over an encrypted connection."""
        self.users: list[str] = []
        """Of each mail that came from somebody who said their password: who that was."""
        self.recipients: list[str] = []
        self.connections: Counter[Any] = Counter()
        """Over each of them: how many letters were begun."""
        self.letters_each: int | None = None
        """How many it takes over one connection before it wants another."""
        self.puts_off: list[str] = []
        """Who may have a mail at the second attempt, as servers do that do not know the sender."""
        self.stalls_at = ""
        """`RCPT` (before the text has left) or `DATA` (when it has come): where it answers nobody until `go_on()`."""
        self.stalled = threading.Event()
        self.waiting = 0
        """How many have been kept waiting."""
        self.hangs_up = False
        """Whether it takes the text and parts without an answer."""
        self._going_on = asyncio.Event()
        self._lines: weakref.WeakSet[asyncio.Transport] = weakref.WeakSet()
        self._how = how
        self._controller: Controller | None = None
        self.port = 0

    async def handle_MAIL(  # noqa: N802
        self, _: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.connections[session.peer] == self.letters_each:
            return "421 That is enough for one connection"
        self.connections[session.peer] += 1
        envelope.mail_from = address
        envelope.mail_options += options
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if isinstance(server.transport, asyncio.Transport):
            self._lines.add(server.transport)
        if address in self.puts_off:
            self.puts_off.remove(address)
            return "450 I do not know you yet"
        await self._stall("RCPT")
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options += options
        self.recipients.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if answer.startswith("250"):
            assert server.transport
            self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
            if session.auth_data:
                self.users.append(session.auth_data.login.decode())
        await self._stall("DATA")
        if self.hangs_up:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return answer

    async def _stall(self, stage: str) -> None:
        if self.stalls_at == stage:
            self.waiting += 1
            self.stalled.set()
            await self._going_on.wait()

    def go_on(self) -> None:
        """Answer those who wait, and all who come."""
        assert self._controller
        self.stalls_at = ""
        self._controller.loop.call_soon_threadsafe(self._going_on.set)

    def holds_open(self) -> int:
        """How many connections somebody keeps."""
        return sum(not line.is_closing() for line in list(self._lines))

    def open(self) -> None:
        self._controller = _AtAPort(self, hostname="127.0.0.1", port=self.port, **self._how)
        self._controller.start()
        self.port = self._controller.port
        self.url = f"smtp://127.0.0.1:{self.port}"

    def close(self) -> None:
        if self._controller:
            for line in list(self._lines):
                self._controller.loop.call_soon_threadsafe(line.abort)
            self._controller.stop()
            self._controller = None


Servers = Callable[..., MailServer]


@contextlib.contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _AtAPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield box
    finally:
        controller.stop()


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    body = mail.get_body((kind,))
    assert body
    content: str = body.get_content()
    return content


def book_and_sign_in(house: House, person: Person) -> str:
    """Cause both kinds of mail. Returns the address of the booking."""
    with house.client() as browser:
        address = book(browser, person)
        assert browser.post("/sign-in", data={"email": person.email}).status_code == 200
    return address


def both_mails(box: Mailbox, person: Person) -> tuple[EmailMessage, EmailMessage]:
    """The booking's and the sign-in's, once they have come."""
    return two(lambda: box.to(person.email))


def two(look: Callable[[], list[EmailMessage]]) -> tuple[EmailMessage, EmailMessage]:
    """The booking's mail and the sign-in's, as soon as both are there."""
    first, second = until(lambda: found if len(found := look()) > 1 else [])
    return (first, second) if "booking" in first["Subject"] else (second, first)
