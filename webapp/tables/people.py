"""People, and how they show that they are who they say."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Self, TypedDict

from piccolo.columns import Boolean, ForeignKey, LazyTableReference, OnDelete, Serial, Varchar
from piccolo.columns.combination import Where
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as
from webapp.database.transaction import transaction
from webapp.web import passwords

LINK_LIFETIME = timedelta(minutes=15)
SIGN_IN_LIFETIME = timedelta(days=30)
ERASED = "Erased"
"""Stands where a name was that had to go."""


class Account(TypedDict):
    """A person, and what a password is compared with."""

    id: int
    password_hash: str | None


class Person(Table):
    """Whoever has an e-mail address here: a delegate, the colleague who books and pays, an organiser."""

    id: Serial
    email = Varchar(length=254, unique=True)
    """Always as `email_key` makes it, so that one address is one person."""
    name = Varchar(length=200)
    """As they say themselves, or an organiser for a moderator; empty until then."""
    organiser = Boolean(default=False, index=True)
    password_hash = Varchar(length=200, null=True, default=None, secret=True)
    """Only of those who moderate and want one beside the link by mail."""
    since = Instant()
    voices_from = Instant(null=True, default=None, index=True)
    """Cookies with which somebody asked and voted as them before this are void."""

    @classmethod
    async def known_at(cls, addresses: Iterable[str], now: datetime) -> dict[str, int]:
        """Ids by address, adding those who are new. What they are called is theirs to say (`own_name`)."""
        # Sorted, so that two bookings that name the same people wait for each other rather than deadlock.
        emails = sorted({email_key(address) for address in addresses})
        people = [cls(email=email, name="", since=now) for email in emails]
        await cls.insert(*people).on_conflict(cls.email, "DO NOTHING")
        rows = await cls.select(cls.id, cls.email).where(cls.email.is_in(emails))
        return {row["email"]: row["id"] for row in rows}

    @classmethod
    async def make_organiser(cls, email: str, now: datetime) -> int:
        """Let this address organise the conference. Returns the person's id."""
        ids = await cls.known_at([email], now)
        await cls.update({cls.organiser: True}).where(cls.email == email_key(email))
        return ids[email_key(email)]

    @classmethod
    async def organisers(cls) -> list[str]:
        """The addresses of those who organise."""
        rows = await cls.select(cls.email).where(cls.organiser.eq(True)).order_by(cls.email)
        return [row["email"] for row in rows]

    @classmethod
    async def dismiss_organiser(cls, email: str) -> list[int]:
        """Let this address organise no more. Returns whose it is (an id), or nothing when it did not.

        To be called within a transaction, like `dismissal.dismiss_organiser`.
        """
        rows = (
            await cls.update({cls.organiser: False})
            .where(cls.email == email_key(email), cls.organiser.eq(True))
            .returning(cls.id)
        )
        return [row["id"] for row in rows]

    @classmethod
    async def silence(cls, person: int, now: datetime) -> None:
        """No browser may ask or vote in this person's name any more that has not shown who it is since."""
        await cls.update({cls.voices_from: now}).where(cls.id == person)

    @classmethod
    async def silenced(cls) -> dict[int, datetime]:
        """Since when, by person."""
        rows = await cls.select(cls.id, cls.voices_from).where(cls.voices_from.is_not_null())
        return {row["id"]: row["voices_from"] for row in rows}

    @classmethod
    async def is_organiser(cls, person: int) -> bool:
        return await cls.exists().where(cls.id == person, cls.organiser.eq(True))

    @classmethod
    async def set_password(cls, person: int, password: str) -> None:
        await cls.update({cls.password_hash: passwords.hashed(password)}).where(cls.id == person)

    @classmethod
    async def with_password(cls, email: str, password: str, *, patient: bool = False) -> int | None:
        """The person whose address and password these are. It takes as long when there is no such person.

        Raises Refused when very many try passwords, unless whoever asks is `patient`.
        """
        query = cls.select(cls.id, cls.password_hash).where(cls.email == email_key(email))
        row = await row_as(Account, query.first())
        own = (row["password_hash"] if row else None) or ""
        fits = await passwords.fits(password, own, patient=patient)
        return row["id"] if row and fits else None


class SignInLink(Table):
    """A link sent by mail. It signs in once, within a quarter of an hour; only its hash is kept."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    key_hash = Varchar(length=64, unique=True)
    expires_at = Instant()
    used_at = Instant(null=True, default=None)

    @classmethod
    async def send_to(cls, email: str, now: datetime) -> str | None:
        """The secret of a new link for this address, or None when nobody here has it."""
        person = await Person.select(Person.id).where(Person.email == email_key(email)).first()
        if person is None:
            return None
        key = secrets.token_urlsafe(32)
        await cls.insert(cls(person=person["id"], key_hash=_hash(key), expires_at=now + LINK_LIFETIME))
        return key

    @classmethod
    async def signs_in(cls, key: str, now: datetime) -> int | None:
        """Whom the link would still sign in. Opening it uses nothing up: mail scanners open links too."""
        row = (
            await cls.select(cls.person)
            .where(cls.key_hash == _hash(key), cls.used_at.is_null(), cls.expires_at > now)
            .first()
        )
        return row["person"] if row else None

    @classmethod
    async def use(cls, key: str, now: datetime) -> int | None:
        """Use the link up. Returns the person it signs in, or None when it was used, is too old or never was."""
        rows = (
            await cls.update({cls.used_at: now})
            .where(cls.key_hash == _hash(key), cls.used_at.is_null(), cls.expires_at > now)
            .returning(cls.person)
        )
        return rows[0]["person"] if rows else None

    @classmethod
    async def clear_away(cls, now: datetime) -> None:
        """Forget those that are too old to be used."""
        await cls.delete().where(cls.expires_at <= now)


class SignIn(Table):
    """One browser that is signed in as one person. In the database and not in Redis, so that it outlives Redis."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, index=True)
    booking: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Booking", module_path="webapp.tables.booking.booking"),
        null=True,
        on_delete=OnDelete.cascade,
    )
    """Set where the browser made this booking and has not opened a mail: it may see that booking, nothing else."""
    key_hash = Varchar(length=64, unique=True)
    expires_at = Instant()
    since = Instant(null=True, default=None)
    browser = Varchar(length=80, default="")
    """Roughly: enough to know it again in a list."""

    @property
    def proven(self) -> bool:
        """Whether the person has opened a mail of ours, and so is who they say."""
        return self.booking is None

    @classmethod
    async def begin(cls, person: int, now: datetime, booking: int | None = None, browser: str = "") -> str:
        """Sign a browser in. Returns the new key for its cookie; there is no way to choose it from outside."""
        key = secrets.token_urlsafe(32)
        await cls.insert(
            cls(
                person=person,
                booking=booking,
                key_hash=_hash(key),
                expires_at=now + SIGN_IN_LIFETIME,
                since=now,
                browser=browser,
            )
        )
        return key

    @classmethod
    async def with_key(cls, key: str, now: datetime) -> Self | None:
        """The sign-in of the browser whose cookie has this key, while it lasts."""
        return await cls.objects().where(cls.key_hash == _hash(key), cls.expires_at > now).first()

    @classmethod
    async def still_there(cls, sign_ins: Collection[int], now: datetime) -> set[int]:
        """Which of these sign-ins (ids) have not ended."""
        if not sign_ins:
            return set()
        rows = await cls.select(cls.id).where(cls.id.is_in(list(sign_ins)), cls.expires_at > now)
        return {row["id"] for row in rows}

    @classmethod
    async def end(cls, key: str) -> int | None:
        """Sign out. Returns whom; None: nobody was signed in with it."""
        rows = await cls.delete().where(cls.key_hash == _hash(key)).returning(cls.person)
        return rows[0]["person"] if rows else None

    @classmethod
    async def clear_away(cls, now: datetime) -> None:
        """Forget those that have ended by themselves."""
        await cls.delete().where(cls.expires_at <= now)

    @classmethod
    async def all_of(cls, person: int, now: datetime) -> list[Self]:
        """Wherever somebody is signed in as this person, the latest first."""
        return (
            await cls.objects()
            .where(cls.person == person, cls.expires_at > now)
            .order_by(cls.id, ascending=False)
        )

    async def end_other(self, other: int, now: datetime) -> bool:
        """End one of the same person's sign-ins, which may be this one. False: it is none of theirs."""
        return await self._end(now, SignIn.id == other)

    async def end_others(self, now: datetime) -> None:
        """End all of the same person's sign-ins but this one."""
        await self._end(now, SignIn.id != self.id)

    async def _end(self, now: datetime, which: Where) -> bool:
        async with transaction():
            rows = await SignIn.delete().where(SignIn.person == self.person, which).returning(SignIn.id)
            if rows:
                await Person.silence(self.person, now)
        return bool(rows)


def email_key(email: str) -> str:
    """The form of an address by which a person is known: mailboxes are not told apart by case in practice."""
    # Not casefold(), to which straße.de and strasse.de are one, though they may be two people's.
    return email.strip().lower()


def email_digest(email: str) -> str:
    """What stands for a mailbox where things are counted."""
    return _hash(email_key(email))


def _hash(key: str) -> str:
    # A plain digest is enough: the keys are 256 random bits, not words somebody chose.
    return hashlib.sha256(key.encode()).hexdigest()
