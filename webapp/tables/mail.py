"""Mail on its way: written down with what it is about, and carried away later, whatever happens in between."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self, TypedDict
from uuid import NAMESPACE_URL, UUID, uuid5

from piccolo.columns import Integer, Serial, Text, Varchar
from piccolo.columns.combination import And
from piccolo.query import OrderByRaw
from piccolo.table import Table

from webapp import clock
from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.mail.letter import Letter
from webapp.tables.people import ERASED, email_key

GIVES_UP_AFTER = timedelta(days=4)
"""How long a mail server may say that it cannot just now. RFC 5321, 4.5.4.1: four or five days."""
ANSWER = timedelta(minutes=6)
"""How long the one who handed a mail over waits for the answer; after that they have died."""
LEASE = timedelta(seconds=90)
"""How long a worker has a mail to itself before another one takes it to have died."""


class MailState(StrEnum):
    """How far a mail has come."""

    WAITING = "waiting"
    """To be carried at `due_at`; a worker that carries it moves that on, so that no other one does."""
    HANDED_OVER = "handed_over"
    """Given to the mail server, which has not answered. It may have arrived, so it is never sent again by itself."""
    SENT = "sent"
    FAILED = "failed"
    """Refused for good. It is kept until an organiser has it sent again."""


class Fate(TypedDict):
    """What has become of a mail, by the real clock."""

    state: str
    attempts: int
    due_at: datetime


class Troubled(TypedDict):
    """A mail that has not arrived, or perhaps not, and why."""

    id: int
    recipient: str
    subject: str
    state: str
    error: str


URGENT_FIRST = OrderByRaw("CASE WHEN template = 'sign_in' THEN 0 ELSE 1 END")
"""Somebody sits and waits for the link, however many others are to be written to."""


class OutgoingMail(Table):
    """The outbox. A mail is put into it in the transaction of what it is about: both happen, or neither.

    What holds, also when a worker or the machine dies at any instant:

    - What is committed is carried, again and again until the mail server has taken or refused it.
    - One worker carries a mail at a time: `claim` gives it to one of those who ask, for the length of a lease, and
      one that has lost it in the meantime cannot hand it over.
    - At most once from hand-over on: that a mail is being given to the server is committed *before* its text
      leaves. If we die, or the line is lost, between that and the server's answer, nobody knows whether it has
      arrived. Then it stays `handed_over` and is never sent again of itself; `plenum doctor` names it.
    - At least once before: until then nothing of its text has left, and the next worker begins anew.
    """

    id: Serial
    event = Varchar(length=400, unique=True)
    about = Varchar(length=100, default="", index=True)
    """The event without whom it is told, where there are several: `booking 7 confirmed`."""
    template = Varchar(length=40)
    recipient = Varchar(length=254, index=True)
    mailbox = Varchar(length=254, default="", index=True)
    """The recipient as `email_key` makes it: whose mail it is."""
    subject = Varchar(length=300)
    contents = Text()
    """What the letter says, as JSON. Empty once it is sent: what it said is nobody's business any more."""
    written_at = Instant()
    """By the conference's clock."""
    state = Varchar(length=20, default=MailState.WAITING, choices=MailState, index=True)
    due_at = Instant(index=True)
    """By the real clock: machines do not rehearse."""
    gives_up_at = Instant()
    attempts = Integer(default=0)
    """Rises with every claim, so that it also says whose claim is the last."""
    error = Text(default="")

    @classmethod
    async def put(cls, *letters: Letter, now: datetime, wait: timedelta = timedelta()) -> None:
        """Put letters into the outbox, within the transaction of what they are about. They leave after the `wait`.

        An event that has its letter already gets no other. `Post.wake()` tells the worker after the commit.
        """
        if letters:
            due = clock.real() + wait
            mails = (
                cls(
                    event=letter.event,
                    about=letter.event.rpartition(", ")[0],
                    template=letter.template,
                    recipient=letter.to,
                    mailbox=email_key(letter.to),
                    subject=letter.subject,
                    contents=json.dumps(letter.context),
                    written_at=now,
                    due_at=due,
                    gives_up_at=due + GIVES_UP_AFTER,
                )
                for letter in letters
            )
            await cls.insert(*mails).on_conflict(cls.event, "DO NOTHING")

    @classmethod
    async def claim(cls, limit: int) -> list[Self]:
        """Mails that are due, given to the one who asks and to nobody else for the length of a lease."""
        now = clock.real()
        due = (cls.state == MailState.WAITING) & (cls.due_at <= now)
        # Looked for first, since looking waits for nobody, and mostly there is nothing.
        looked_for = cls.select(cls.id).where(due).order_by(URGENT_FIRST).order_by(cls.id).limit(limit)
        ids = [row["id"] for row in await looked_for]
        if not ids:
            return []
        rows = (
            await cls.update({cls.due_at: now + LEASE, cls.attempts: cls.attempts + 1})
            .where(cls.id.is_in(ids), due)
            .returning(*cls.all_columns())
        )
        return [cls(**row, _exists_in_db=True) for row in sorted(rows, key=lambda row: row["id"])]

    @property
    def letter(self) -> Letter:
        """What is to be said, until it is sent."""
        context = json.loads(self.contents)
        return Letter(self.event, self.template, self.recipient, self.subject, context)

    @property
    def known_as(self) -> UUID:
        """By which mailboxes know it again, if it should ever come twice."""
        return uuid5(NAMESPACE_URL, f"{self.event} {self.written_at.isoformat()}")

    @property
    def file_name(self) -> str:
        """In the folder that stands in for a mail server."""
        return f"{self.written_at:%Y%m%d-%H%M%S-%f}-{self.known_as}.eml"

    async def hand_over(self) -> bool:
        """Say that it is given to the server now. False: it has become another worker's."""
        due = clock.real() + ANSWER
        return await self._become(MailState.HANDED_OVER, MailState.WAITING, due_at=due)

    async def arrive(self) -> None:
        """The server has taken it."""
        await self._become(MailState.SENT, MailState.HANDED_OVER, contents="", error="")

    async def put_off(self, pause: timedelta, error: str) -> None:
        """It has not been taken, and is to be tried again after a pause, unless that has gone on for too long."""
        if clock.real() > self.gives_up_at:
            await self.fail(error)
        else:
            due = clock.real() + pause
            await self._become(MailState.WAITING, *UNDER_WAY, due_at=due, error=error)

    async def fail(self, error: str) -> None:
        """It is refused for good."""
        await self._become(MailState.FAILED, *UNDER_WAY, error=error)

    async def remain_unclear(self, error: str) -> None:
        """The server has not answered, so that nobody knows whether it has arrived."""
        await self._become(MailState.HANDED_OVER, MailState.HANDED_OVER, error=error)

    async def drop(self) -> None:
        """There is nothing to say."""
        await type(self).delete().where(OutgoingMail.id == self.id, OutgoingMail.attempts == self.attempts)

    @classmethod
    async def erase(
        cls, mailboxes: Sequence[str], events: Sequence[str], bookings: Sequence[int], names: Collection[str]
    ) -> list[str]:
        """Forget the mails to these mailboxes and of these events, and name somebody no more in what is still to be
        said about these bookings. Returns the files that may hold what was said to them or others."""
        theirs = cls.mailbox.is_in(list(mailboxes)) | cls.event.is_in(list(events) or [""])
        tell = theirs | (cls.template == "unread")
        for booking in bookings:
            about = f"booking {booking} %"
            tell = tell | cls.event.like(about)
            for name in names:
                await cls.raw(
                    "UPDATE outgoing_mail SET contents = replace(contents, {}, {})"
                    " WHERE event LIKE {} AND contents <> ''",
                    json.dumps(name),
                    json.dumps(ERASED),
                    about,
                )
        files = [mail.file_name for mail in await cls.objects().where(tell)]
        await cls.delete().where(theirs)
        return files

    async def _become(self, state: MailState, *before: MailState, **facts: Any) -> bool:
        mail = OutgoingMail
        changes: dict[Any, Any] = {mail.state: state, **facts}
        rows = (
            await mail.update(changes)
            .where(mail.id == self.id, mail.attempts == self.attempts, mail.state.is_in(list(before)))
            .returning(mail.id)
        )
        return bool(rows)

    @classmethod
    async def all_about(cls, what: str) -> list[Fate]:
        """What has become of the mails about this, whomever they are to."""
        return await rows_as(Fate, cls.select(cls.state, cls.attempts, cls.due_at).where(cls.about == what))

    @classmethod
    async def queued(cls) -> tuple[int, datetime | None]:
        """How many mails wait for their turn, since very many were asked for, and when the last of them leaves."""
        later = (cls.state == MailState.WAITING) & (cls.attempts == 0) & (cls.due_at > clock.real())
        last = await cls.select(cls.due_at).where(later).order_by(cls.due_at, ascending=False).first()
        return await cls.count().where(later), last["due_at"] if last else None

    @classmethod
    async def troubled(cls) -> list[Troubled]:
        """The mails that have failed, that nobody knows the fate of, or that wait to be tried again."""
        waiting = (cls.state == MailState.WAITING) & (cls.error != "")
        return await rows_as(
            Troubled,
            cls.select(cls.id, cls.recipient, cls.subject, cls.state, cls.error)
            .where((cls.state == MailState.FAILED) | cls._unclear() | waiting)
            .order_by(cls.id),
        )

    @classmethod
    async def retry(cls, mail: int) -> str | None:
        """Send one that failed, waits, or has an unknown fate, now. Returns to whom; None when there is none."""
        now = clock.real()
        rows = (
            await cls.update(
                {cls.state: MailState.WAITING, cls.due_at: now, cls.gives_up_at: now + GIVES_UP_AFTER}
            )
            .where(cls.id == mail, cls.state.is_in([MailState.FAILED, MailState.WAITING]) | cls._unclear())
            .returning(cls.recipient)
        )
        return rows[0]["recipient"] if rows else None

    @classmethod
    async def doubt(cls) -> int:
        """Let nothing that waits go out of itself, when it may have gone since this was written. Returns how many."""
        said = "This is from a backup: it may have gone out after that was made."
        rows = (
            await cls.update({cls.state: MailState.HANDED_OVER, cls.error: said})
            .where(cls.state == MailState.WAITING)
            .returning(cls.id)
        )
        return len(rows)

    @classmethod
    def _unclear(cls) -> And:
        """Handed over without an answer, and not by somebody who still waits for one."""
        return (cls.state == MailState.HANDED_OVER) & ((cls.error != "") | (cls.due_at < clock.real()))


UNDER_WAY = (MailState.WAITING, MailState.HANDED_OVER)
