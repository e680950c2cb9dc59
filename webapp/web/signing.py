"""Addresses and form fields that only we could have made."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Self

from itsdangerous import BadSignature, Signer, URLSafeSerializer

from webapp.settings import settings

VOICE_LIFETIME = timedelta(days=2)
WAITING_REQUEST_LIFETIME = timedelta(days=1)
CARD_LIFETIME = timedelta(hours=2)
"""A card is shown anew every minute. It is good for longer, since either telephone may be offline for a while."""
NEVER = datetime.min.replace(tzinfo=UTC)


def booking_path(reference: str) -> str:
    """The address of a booking on this site. Nobody can guess it."""
    return f"/bookings/{_signer('booking').dumps(reference)}"


def booking_reference(token: str) -> str | None:
    """The reference of a booking's address, or None when we did not make it."""
    reference: str | None = _read("booking", token)
    return reference


def details_path(delegate: int, person: int) -> str:
    """The address at which this person, as long as they are this delegate, completes their own details."""
    return f"/details/{_signer('details').dumps([delegate, person])}"


def delegate_and_person(token: str) -> tuple[int, int] | None:
    """Who an address for completing one's details is for, or None when we did not make it."""
    fields = _read("details", token)
    return (fields[0], fields[1]) if fields else None


def waiting_path(party: int, person: int) -> str:
    """The address at which a party sees its place on the waiting list, and takes what is offered.

    It is this person's, for as long as the party is theirs.
    """
    return f"/waiting/{_signer('place in the queue').dumps([party, person])}"


def waiting_party(token: str) -> tuple[int, int] | None:
    """The party and the person of an address on the waiting list, or None when we did not make it."""
    fields = _read("place in the queue", token)
    return (fields[0], fields[1]) if fields else None


def source_mark(source: str) -> str:
    """What stands for a source of requests where it is written down. It tells nobody which one."""
    signer = Signer(settings().secret, salt="plenum.source", digest_method=hashlib.sha256)
    return signer.get_signature(source).decode()


@dataclass(frozen=True)
class WaitingRequest:
    """What somebody without a booking asks of the waiting list. It is kept in the link that is mailed to them, and
    nowhere else: they wait from when they open it, so that nobody puts others there, or addresses of nobody."""

    name: str
    email: str
    seats: int
    lets_pass: bool
    asked_at: datetime

    @classmethod
    def read(cls, signed: str, now: datetime) -> Self | None:
        """The request of a link, or None when we did not make it or it is too old."""
        fields = _read("waiting request", signed)
        if not fields or abs(now - datetime.fromisoformat(fields[4])) > WAITING_REQUEST_LIFETIME:
            return None
        name, email, seats, lets_pass, asked_at = fields
        return cls(name, email, seats, lets_pass, datetime.fromisoformat(asked_at))

    @property
    def path(self) -> str:
        """The address at which it is confirmed."""
        fields = [self.name, self.email, self.seats, self.lets_pass, self.asked_at.isoformat()]
        return f"/waiting/confirmation/{_signer('waiting request').dumps(fields)}"


def browser_mark(mailbox: str) -> str:
    """What a browser keeps when it has been signed in as whoever has this mailbox. It tells nobody which one."""
    own = secrets.token_urlsafe(9)
    return f"{own}~{_marker().get_signature(f'{own} {mailbox}').decode()}"


def marks(mark: str, mailbox: str) -> bool:
    """Whether we made this mark for this mailbox."""
    own, _, signature = mark.partition("~")
    return _marker().verify_signature(f"{own} {mailbox}", signature)


def ticket_path(delegate: int, person: int) -> str:
    """The address of a ticket on this site. Nobody can guess it, and it is no other person's."""
    return f"/tickets/{_signer('ticket').dumps([delegate, person])}"


def ticket_holder(token: str) -> tuple[int, int] | None:
    """The delegate and the person of a ticket's address, or None when we did not make it."""
    fields = _read("ticket", token)
    return (fields[0], fields[1]) if fields else None


class Mailbox(StrEnum):
    """One of the two that confirm a change of address."""

    OLD = "old"
    NEW = "new"


def address_change_path(key: str, mailbox: Mailbox) -> str:
    """The address of a link that confirms a change of address from one of the two mailboxes."""
    return f"/address/{_signer('address').dumps([key, mailbox])}"


def address_change(token: str) -> tuple[str, Mailbox] | None:
    """The change and the mailbox of such a link, or None when we did not make it."""
    fields = _read("address", token)
    return (fields[0], Mailbox(fields[1])) if fields else None


@dataclass(frozen=True)
class FormToken:
    """What a registration form carries: its key, which makes one booking, and the instant it was priced at."""

    key: str
    quoted_at: datetime

    @classmethod
    def new(cls, now: datetime) -> Self:
        return cls(secrets.token_urlsafe(16), now)

    @classmethod
    def read(cls, signed: str) -> Self | None:
        """The token in a form, or None when we did not sign it."""
        fields = _read("form", signed)
        return cls(fields[0], datetime.fromisoformat(fields[1])) if fields else None

    def signed(self) -> str:
        return _signer("form").dumps([self.key, self.quoted_at.isoformat()])


def card_token(tag: str, now: datetime) -> str:
    """What the square on a card says: whose it is, and when it was shown."""
    return _signer("card").dumps([tag, now.isoformat()])


def tables_path(tag: str, renewed: int) -> str:
    """The address of the calendar with somebody's tables, which was `renewed` so often. Nobody can guess it."""
    return f"/meeting-place/tables/calendar/{_signer('tables').dumps([tag, renewed])}.ics"


def tables_owner(token: str) -> tuple[str, int] | None:
    """Whose calendar it is (tag) and how often its address was renewed, or None when we did not make this one."""
    known = _read("tables", token)
    return (known[0], known[1]) if isinstance(known, list) else None


def unsubscribe_path(tag: str) -> str:
    """The address at which whoever has this mail stops such mails, without signing in."""
    return f"/no-more-mail/{_signer('no more mail').dumps(tag)}"


def unsubscribing(token: str) -> str | None:
    """Whose mails are to stop, or None when we did not make the address."""
    tag: str | None = _read("no more mail", token)
    return tag


def foyer_token(renewed: int) -> str:
    """Opens the screen in the foyer, whose address was `renewed` so often."""
    return _signer("foyer").dumps(renewed)


def opens_foyer(token: str, renewed: int) -> bool:
    return bool(_read("foyer", token) == renewed)


def card_shown(token: str, now: datetime) -> tuple[str, datetime] | None:
    """Whose card it is and when it was shown, or None when we did not make it or it is too old."""
    fields = _read("card", token)
    if not fields:
        return None
    at = datetime.fromisoformat(fields[1])
    return (str(fields[0]), at) if abs(now - at) <= CARD_LIFETIME else None


@dataclass(frozen=True)
class Voice:
    """Who asks and votes at a browser, as its cookie says: no look into the database is needed to know them."""

    participant: int | None = None
    person: int | None = None
    """None: a guest."""
    name: str = ""
    rooms: Mapping[str, str] = field(default_factory=dict)
    """The keys of the panels that have let a guest in. One that is renewed lets nobody take part any more."""
    since: datetime = NEVER

    @classmethod
    def read(cls, signed: str, now: datetime) -> Self:
        """The voice of a cookie, or nobody's when we did not sign it or it is too old."""
        fields = _read("voice in rooms", signed)
        if fields is None:
            return cls()
        participant, person, name, rooms, since = fields
        began = datetime.fromisoformat(since)
        if now - began > VOICE_LIFETIME:  # a rehearsal may have gone back since
            return cls()
        return cls(participant, person, name, rooms, began)

    def signed(self) -> str:
        fields = [self.participant, self.person, self.name, dict(self.rooms), self.since.isoformat()]
        return _signer("voice in rooms").dumps(fields)


@cache
def _signer(purpose: str) -> URLSafeSerializer:
    # The purpose keeps a signature for one thing from being accepted for another.
    return URLSafeSerializer(
        settings().secret, salt=f"plenum.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )


@cache
def _marker() -> Signer:
    return Signer(settings().secret, salt="plenum.known browser", digest_method=hashlib.sha256)


def _read(purpose: str, signed: str) -> Any:
    if not signed:  # as mostly: the error would hold its own frame until a collection
        return None
    try:
        return _signer(purpose).loads(signed)
    except BadSignature:
        return None
