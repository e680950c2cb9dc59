"""Contacts: two who have both said yes, and what they write to each other."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.query.functions import Count
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import meets, unblocked
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import PERSON_GONE, PUBLIC, Profile, PublicProfile

MOST_OPEN = 5
"""Requests that somebody may have open at once."""
LAPSES_AFTER = timedelta(days=7)
MOST_MESSAGES = 200
"""Of a thread that are shown."""


class State(StrEnum):
    ASKED = "asked"
    """Until it lapses."""
    ACCEPTED = "accepted"
    DECLINED = "declined"
    """Silently: to whoever has asked it looks as if it were not answered yet, and then as if it had lapsed."""


class KnownProfile(PublicProfile):
    """A profile with what only contacts see."""

    telephone: str
    email: str


class ContactRow(KnownProfile):
    """A contact, and what somebody notes to themselves about them."""

    contact: int
    note: str


class RequestRow(TypedDict):
    """Somebody who has asked, or was asked, to become a contact."""

    text: str
    asked_at: datetime
    tag: str
    name: str


class ReceivedRequest(RequestRow):
    """Of somebody who has asked."""

    met: bool
    asker: int


class MessageRow(TypedDict):
    """A message, as the thread shows it."""

    id: int
    author: int
    text: str
    at: datetime


class ReceivedMessage(TypedDict):
    """A message that somebody else has written, with who they are."""

    text: str
    author: int
    tag: str
    name: str


class Contact(Table):
    """That one has asked another to become contacts, and what the other has said. There is one row for two people."""

    id: Serial
    asker = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade)
    asked = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    state = Varchar(length=10, choices=State, default=State.ASKED)
    text = Varchar(length=1200)
    """What the request says."""
    met = Boolean(default=False)
    """They stood before each other: one has scanned the other's card."""
    asked_at = Instant()
    declined_at = Instant(null=True, default=None)
    askers_note = Text()
    """What each notes to themselves."""
    askeds_note = Text()

    asks_somebody_once = Unique([asker, asked])

    @classmethod
    async def ask(
        cls, asker: int, asked: int, text: str, now: datetime, *, met_at: datetime | None = None
    ) -> bool:
        """Ask somebody to become contacts. Returns whether they are now, because the other had asked before.

        `met_at`: when the other has shown their card, which is never too often; but one showing asks once, and to
        what was shown before a no, the no holds. Raises Refused.

        When one may ask again depends on when one has asked and never on when that was declined: whoever has asked
        knows the one and could tell the other from it. So a request without a card may come again soon after a no,
        which came late in its week; and a card from before a no renews the request for its asker, and for nobody else.
        """
        met = met_at is not None
        async with transaction():
            revision = await Profile.speak(asker, now)
            if not await Profile.exists().where(Profile.id == asked, unblocked("profile.id", asker)):
                raise Refused(PERSON_GONE)
            before = await cls.select().where(cls._of_two(asker, asked)).first()
            if before and before["state"] == State.ACCEPTED:
                return True
            lapsed = before is not None and before["asked_at"] <= now - LAPSES_AFTER
            if before and before["asker"] == asked and not lapsed:
                # Who has declined and now asks has thought again.
                await cls.update({cls.state: State.ACCEPTED}).where(cls.id == before["id"])
                await Notice.tell(asked, "contact_accepted", now, revision, actor=asker)
                return True
            if before and not lapsed and before["met"] and met_at and met_at <= before["asked_at"]:
                return False
            if before and not lapsed and not met:
                raise Refused("You have asked already. Please give them time to answer.")
            if not met and await cls._number_open(asker, now) >= MOST_OPEN:
                raise Refused(
                    f"You have {MOST_OPEN} requests open, which is as many as one can."
                    " Each ends with its answer, or after a week."
                )
            no = before["declined_at"] if before and not lapsed else None
            if before:
                await cls.delete().where(cls.id == before["id"])
            request = cls(asker=asker, asked=asked, text=text, met=met, asked_at=now)
            if no and met_at and met_at <= no:
                request.state, request.declined_at = State.DECLINED, no
            await cls.insert(request)
            if request.state == State.ASKED:
                await Notice.tell(
                    asked, "contact_met" if met else "contact_asked", now, revision, actor=asker
                )
        return False

    @classmethod
    async def accept(cls, asked: int, asker: int, now: datetime) -> None:
        """Say yes: each sees the other's e-mail address and telephone from now on. Raises Refused."""
        async with transaction():
            revision = await Profile.speak(asked, now)
            rows = await (
                cls.update({cls.state: State.ACCEPTED})
                .where(
                    cls.asked == asked,
                    cls.asker == asker,
                    cls.state == State.ASKED,
                    cls.asked_at > now - LAPSES_AFTER,
                    unblocked("contact.asker", asked),
                )
                .returning(cls.id)
            )
            if not rows:
                raise Refused("This request has lapsed, or was answered before.")
            await Notice.tell(asker, "contact_accepted", now, revision, actor=asked)

    @classmethod
    async def decline(cls, asked: int, asker: int, now: datetime) -> None:
        """Say no, of which nobody is told. Raises Refused."""
        rows = await (
            cls.update({cls.state: State.DECLINED, cls.declined_at: now})
            .where(cls.asked == asked, cls.asker == asker, cls.state == State.ASKED)
            .returning(cls.id)
        )
        if not rows:
            raise Refused("This request was answered before.")

    @classmethod
    async def part(cls, one: int, other: int) -> None:
        """Be contacts no more: what they wrote to each other goes, too."""
        async with transaction():
            await Meeting.change()
            await cls.delete().where(cls._of_two(one, other))

    @classmethod
    async def still_contacts(cls, contacts: Iterable[int]) -> set[int]:
        """Which of these are contacts."""
        rows = await cls.select(cls.id).where(
            cls.id.is_in(sorted(contacts) or [0]), cls.state == State.ACCEPTED
        )
        return {row["id"] for row in rows}

    @classmethod
    async def numbers_of(cls, *profiles: int) -> dict[int, int]:
        """How many contacts each of these has whom they may meet."""
        counts = dict.fromkeys(profiles, 0)
        for column in (cls.asker, cls.asked) if profiles else ():
            rows = (
                await cls.select(column, Count())
                .where(
                    cls.state == State.ACCEPTED,
                    column.is_in(list(profiles)),
                    WhereRaw(meets("contact.asker", "contact.asked")),
                )
                .group_by(column)
            )
            for row in rows:
                counts[row[column._meta.name]] += row["count"]
        return counts

    @classmethod
    async def remember(cls, owner: int, other: int, text: str) -> None:
        """Keep a note to oneself about a contact."""
        await cls.update({cls.askers_note: text}).where(cls.asker == owner, cls.asked == other)
        await cls.update({cls.askeds_note: text}).where(cls.asked == owner, cls.asker == other)

    @classmethod
    async def known_to(cls, owner: int, tag: str | None = None) -> list[ContactRow]:
        """Somebody's contacts by name, or the one with this tag: with the address, the telephone and the note.

        Neither the others nor those who are blocked are even read.
        """
        rows = await cls.select(cls.id, cls.asker, cls.asked, cls.askers_note, cls.askeds_note).where(
            cls.state == State.ACCEPTED,
            (cls.asker == owner) | (cls.asked == owner),
            WhereRaw(meets("contact.asker", "contact.asked")),
        )
        mine = {}
        for row in rows:
            asked = row["asker"] == owner
            note = row["askers_note" if asked else "askeds_note"]
            mine[row["asked" if asked else "asker"]] = row["id"], note
        if not mine:
            return []
        people = await rows_as(
            KnownProfile,
            Profile.select(*PUBLIC, Profile.telephone, Profile.person.email.as_alias("email"))
            .where(Profile.id.is_in(list(mine)), *([Profile.tag == tag] if tag else []))
            .order_by(Profile.name, Profile.id),
        )
        found: list[ContactRow] = []
        for person in people:
            contact, note = mine[person["id"]]
            found.append({**person, "contact": contact, "note": note})
        return found

    @classmethod
    async def waiting_for(cls, owner: int, now: datetime) -> list[ReceivedRequest]:
        """Who has asked somebody and not been answered, the latest first."""
        return await rows_as(
            ReceivedRequest,
            cls.select(
                cls.text,
                cls.met,
                cls.asked_at,
                cls.asker,
                cls.asker.tag.as_alias("tag"),
                cls.asker.name.as_alias("name"),
            )
            .where(
                cls.asked == owner,
                cls.state == State.ASKED,
                cls.asked_at > now - LAPSES_AFTER,
                unblocked("contact.asker", owner),
            )
            .order_by(cls.id, ascending=False),
        )

    @classmethod
    async def asked_by(cls, owner: int, now: datetime) -> list[RequestRow]:
        """Whom somebody has asked, and who has not said yes yet: whether they have said no is not told."""
        return await rows_as(
            RequestRow,
            cls.select(cls.text, cls.asked_at, cls.asked.tag.as_alias("tag"), cls.asked.name.as_alias("name"))
            .where(cls._open(owner, now), unblocked("contact.asked", owner))
            .order_by(cls.id, ascending=False),
        )

    @classmethod
    async def between(cls, owner: int, other: int, now: datetime) -> str:
        """How things are between two, as the first may know it: accepted, asked, asks (the other does), or empty."""
        row = await cls.select().where(cls._of_two(owner, other)).first()
        if row is None:
            return ""
        if row["state"] == State.ACCEPTED:
            return "accepted"
        if row["asked_at"] <= now - LAPSES_AFTER:
            return ""
        if row["asker"] == owner:
            return "asked"
        return "asks" if row["state"] == State.ASKED else ""

    @classmethod
    def _of_two(cls, one: int, other: int) -> Any:
        return ((cls.asker == one) & (cls.asked == other)) | ((cls.asker == other) & (cls.asked == one))

    @classmethod
    def _open(cls, asker: int, now: datetime) -> Any:
        # Those that were declined count for as long as the others: else one could tell them from those.
        return (cls.asker == asker) & (cls.state != State.ACCEPTED) & (cls.asked_at > now - LAPSES_AFTER)

    @classmethod
    async def _number_open(cls, asker: int, now: datetime) -> int:
        return int(await cls.count().where(cls._open(asker, now), cls.met.eq(False)))


class Message(Table):
    """What one contact has written to the other."""

    id: Serial
    contact = ForeignKey(Contact, null=False, on_delete=OnDelete.cascade, index=True)
    author = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade)
    key = Varchar(length=60)
    text = Text()
    at = Instant()
    revision = Integer(default=0, index=True)

    sent_once_per_form = Unique([author, key])

    @classmethod
    async def write(cls, contact: int, author: int, reader: int, key: str, text: str, now: datetime) -> None:
        """Write to a contact. Raises Refused when they are none any more."""
        async with transaction():
            revision = await Profile.speak(author, now)
            there = await Contact.exists().where(
                Contact.id == contact,
                Contact.state == State.ACCEPTED,
                Contact._of_two(author, reader),
                WhereRaw(meets("contact.asker", "contact.asked")),
            )
            if not there:
                raise Refused("You are not contacts any more, so this was not sent.")
            await cls.insert(
                cls(contact=contact, author=author, key=key, text=text, at=now, revision=revision)
            ).on_conflict(action="DO NOTHING")
            await Notice.tell(reader, "message", now, revision, actor=author)

    @classmethod
    async def thread(cls, contact: int) -> list[MessageRow]:
        """What two contacts have written to each other last, in its order."""
        rows = await rows_as(
            MessageRow,
            cls.select(cls.id, cls.author, cls.text, cls.at)
            .where(cls.contact == contact)
            .order_by(cls.id, ascending=False)
            .limit(MOST_MESSAGES),
        )
        return rows[::-1]

    @classmethod
    async def since(cls, revision: int) -> set[int]:
        """The contacts who have written to each other since."""
        rows = await cls.select(cls.contact).where(cls.revision > revision).distinct()
        return {row["contact"] for row in rows}

    @classmethod
    async def read_by(cls, reader: int, message: int) -> ReceivedMessage | None:
        """What somebody else has written to this reader, for a report."""
        contact: Any = cls.contact
        return await row_as(
            ReceivedMessage,
            cls.select(cls.text, cls.author, cls.author.tag.as_alias("tag"), cls.author.name.as_alias("name"))
            .where(
                cls.id == message,
                cls.author != reader,
                (contact.asker == reader) | (contact.asked == reader),
                unblocked("message.author", reader),
            )
            .first(),
        )
