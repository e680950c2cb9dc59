"""What somebody may do with who they are here: have another address, take their data along, be forgotten."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self, TypedDict

import asyncpg
from piccolo.columns import ForeignKey, OnDelete, Serial, Timestamptz, Varchar
from piccolo.columns.combination import Where
from piccolo.table import Table

from webapp.conference.contact import organisers
from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.database.transaction import transaction
from webapp.mail.letter import Letter
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.mail import OutgoingMail
from webapp.tables.people import Person, SignInLink, email_key
from webapp.web.signing import Mailbox, address_change_path

CHANGE_LIFETIME = timedelta(days=1)


@dataclass(frozen=True)
class Confirmed:
    """What a link of an address change has done."""

    person: int
    old: str
    new: str
    waits_for: str
    """The address that has not confirmed it yet. Empty: it is done."""


class Wish(TypedDict):
    """A wish for another address, and which mailboxes have confirmed it."""

    id: int
    person: int
    old_email: str
    new_email: str
    old_confirmed_at: datetime | None
    new_confirmed_at: datetime | None


class Had(TypedDict):
    """An address that a person had before the one they have."""

    person: int
    old_email: str
    has: str


class AddressChange(Table):
    """A wish to have another address. Nothing changes before both mailboxes have confirmed it, within a day."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, index=True)
    key = Varchar(length=43, unique=True)
    """In both links, which are signed: which mailbox one of them was sent to cannot be made up."""
    old_email = Varchar(length=254)
    new_email = Varchar(length=254)
    old_confirmed_at = Instant(null=True, default=None)
    new_confirmed_at = Instant(null=True, default=None)
    expires_at = Instant()
    ended_at = Instant(null=True, default=None)
    """When it was done, or another wish took its place."""

    @classmethod
    async def ask(cls, person: int, email: str, now: datetime) -> None:
        """Write to both mailboxes. A wish that was still open ends. Raises Refused when it is the present address.

        Whoever asks does not learn whether somebody else has the address; its mailbox does.
        """
        async with transaction():
            owner = await Person.select(Person.email).where(Person.id == person).first()
            if owner is None or owner["email"] == email_key(email):
                raise Refused("This is your address already.")
            await cls.update({cls.ended_at: now}).where(cls.person == person, cls.ended_at.is_null())
            wish = cls(
                person=person,
                key=secrets.token_urlsafe(24),
                old_email=owner["email"],
                new_email=email,
                expires_at=now + CHANGE_LIFETIME,
            )
            await cls.insert(wish)
            taken = await Person.exists().where(Person.email == email_key(email))
            await OutgoingMail.put(
                wish._letter(Mailbox.OLD, owner["email"], "address_old"),
                wish._letter(Mailbox.NEW, email, "address_taken" if taken else "address_new"),
                now=now,
            )

    def _letter(self, mailbox: Mailbox, to: str, template: str) -> Letter:
        return Letter(
            change_event(self.key, mailbox),
            template,
            to,
            "Your e-mail address",
            {
                "old": self.old_email,
                "new": self.new_email,
                "url": f"{settings().url}{address_change_path(self.key, mailbox)}",
            },
        )

    @classmethod
    async def open_at(cls, key: str, mailbox: Mailbox, now: datetime) -> Self | None:
        """The wish of a link that may still be used. Looking at it uses nothing up."""
        return await cls.objects().where(cls.key == key, *cls._usable(mailbox, now)).first()

    @classmethod
    async def confirm(cls, key: str, mailbox: Mailbox, now: datetime) -> Confirmed | None:
        """Confirm it from one mailbox, once; from the second one it is done. None: the link is spent.

        Raises Refused when somebody else has taken the address since.
        """
        column = cls._confirmed(mailbox)
        try:
            async with transaction():
                confirmed = (
                    cls.update({column: now})
                    .where(cls.key == key, *cls._usable(mailbox, now))
                    .returning(*cls.all_columns())
                )
                rows = await rows_as(Wish, confirmed)
                if not rows:
                    return None
                [row] = rows
                missing = [
                    address
                    for address, at in (
                        (row["old_email"], row["old_confirmed_at"]),
                        (row["new_email"], row["new_confirmed_at"]),
                    )
                    if at is None
                ]
                if not missing:
                    await cls.update({cls.ended_at: now}).where(cls.id == row["id"])
                    await _move(row["person"], row["new_email"])
        except asyncpg.UniqueViolationError as error:  # taken in this very moment; SQLite has one writer
            raise _taken() from error
        return Confirmed(row["person"], row["old_email"], row["new_email"], "".join(missing[:1]))

    @classmethod
    def _confirmed(cls, mailbox: Mailbox) -> Timestamptz:
        return cls.old_confirmed_at if mailbox is Mailbox.OLD else cls.new_confirmed_at

    @classmethod
    def _usable(cls, mailbox: Mailbox, now: datetime) -> tuple[Where, ...]:
        return cls._confirmed(mailbox).is_null(), cls.ended_at.is_null(), cls.expires_at > now

    @classmethod
    async def clear_away(cls, now: datetime) -> None:
        """Forget those that came to nothing. One that was done stays as long as its person: it says which mails of old
        are theirs, for when they take out or erase what is kept about them."""
        undone = cls.old_confirmed_at.is_null() | cls.new_confirmed_at.is_null()
        await cls.delete().where(cls.expires_at <= now, undone)

    @classmethod
    async def given_up_by(cls, people: Iterable[int]) -> dict[int, set[str]]:
        """The addresses that these people have had and have no more, as `email_key` has them."""
        both = cls.old_confirmed_at.is_not_null() & cls.new_confirmed_at.is_not_null()
        had: dict[int, set[str]] = {}
        query = cls.select(cls.person, cls.old_email, cls.person.email.as_alias("has")).where(
            cls.person.is_in([*people] or [0]), both
        )
        for row in await rows_as(Had, query):
            if email_key(row["old_email"]) != row["has"]:
                had.setdefault(row["person"], set()).add(email_key(row["old_email"]))
        return had

    @classmethod
    async def open_of(cls, person: int, now: datetime) -> Self | None:
        return (
            await cls.objects()
            .where(cls.person == person, cls.ended_at.is_null(), cls.expires_at > now)
            .order_by(cls.id, ascending=False)
            .first()
        )


def change_event(key: str, mailbox: Mailbox) -> str:
    return f"address change {key}, {mailbox}"


def change_events(key: str) -> list[str]:
    """What the outbox calls the mails about a change."""
    return [change_event(key, mailbox) for mailbox in Mailbox]


def _taken() -> Refused:
    return Refused(
        "This address belongs to somebody else here by now, so nothing was changed. Sign in with it to see what is "
        f"booked there, or write to {organisers()}."
    )


async def _move(person: int, email: str) -> None:
    """Everything refers to the person, so this is where an address changes, and where what was written to it goes."""
    await Booking.touch(person)
    if await Person.exists().where(Person.email == email_key(email), Person.id != person):
        raise _taken()
    await Booking.update({Booking.payer_email: email}).where(Booking.payer == person)
    await Delegate.update({Delegate.email: email}).where(Delegate.person == person)
    await waiting_list.write_to(person, email)
    await Person.update({Person.email: email_key(email)}).where(Person.id == person)
    # Links that lie in the old mailbox sign in nobody any more.
    await SignInLink.delete().where(SignInLink.person == person)
