"""The conference file: what an organiser writes, as typed values. Order in the file is order on the page."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import EmailStr, Field, PrivateAttr, Strict, StringConstraints, model_validator

from webapp.conference.registration import Product, Registration
from webapp.conference.values import (
    Address,
    Country,
    Day,
    Line,
    Minutes,
    Part,
    Prose,
    Seats,
    Slug,
    Text,
    TimeOfDay,
    Zone,
)
from webapp.text.written import date_range


class Organiser(Part):
    """Somebody who invites to the conference."""

    name: Line
    url: Address | None = None


class Network(Part):
    """Where questions come from, too: `Twitter`, `@plenum`."""

    name: Line
    handle: Text = ""
    url: Address | None = None


class Venue(Part):
    """Where the conference is."""

    name: Line
    address: Text = ""
    """As people read it."""
    street: Text = ""
    """Of the address: what search engines get beside city and country."""
    postcode: Text = ""
    city: Text = ""
    country: Country | None = None
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    url: Address | None = None
    directions: Prose = ""


class Category(Part):
    """A theme by which the programme is read."""

    slug: Slug
    title: Line


class Speaker(Part):
    """Somebody who lectures."""

    slug: Slug
    name: Line
    organisation: bool = False
    """Whether it is no person that lectures, but an organisation whose people are not named."""
    also_written: tuple[Line, ...] = ()
    role: Text = ""
    affiliation: Text = ""
    biography: Prose = ""
    guid: UUID | None = None
    """By which other programs know them, when they came from one."""
    email: EmailStr | None = None
    """By which they are known at the meeting place. Never shown."""


class Slot(Part):
    """A choice: a delegate takes one of its sessions, or none."""

    slug: Slug
    title: Line
    block: Slug | None = None
    """Slots of one block share the time of their sessions: one comes after the other within it, in an order that is
    not published yet."""


class SessionKind(StrEnum):
    """What kind of session it is."""

    WELCOME = "welcome"
    KEYNOTE = "keynote"
    LECTURE = "lecture"
    DISCUSSION = "discussion"
    PANEL = "panel"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    BREAK = "break"


class Panel(Part):
    """That a session takes questions from the audience, and when."""

    about: tuple[Slug, ...] = ()
    """Sessions whose lecturers the questions may be for; their pages lead here. None: the session's own speakers."""
    opens_before: Minutes = 15
    """Minutes before the session starts. Without a start, moderators open it by hand."""
    closes_after: Minutes = 30
    post_moderated: bool = False
    """List questions at once, for moderators to take away, rather than when a moderator has approved them."""
    guests: bool = True
    """Let people without registration take part, with the room code."""
    most_questions: Annotated[int, Strict(), Field(ge=1, le=100_000)] = 2000
    most_each: Annotated[int, Strict(), Field(ge=1, le=1000)] = 10


class Link(Part):
    """Something to read beside a session: an address, what it is called, and of what type it is."""

    url: Address
    title: Text = ""
    type: Text = ""


NOT_IN_CALENDARS = {
    *("panel", "subtitle", "type", "do_not_record", "do_not_stream", "licence", "link", "attachment", "guid"),
}
"""Of a session: what calendars do not show."""


class Session(Part):
    """An item of the timetable."""

    slug: Slug
    title: Line
    subtitle: Text = ""
    code: Text = ""
    kind: SessionKind = SessionKind.LECTURE
    type: Text = ""
    """What others call its kind, where that is another word: `Lightning talk`."""
    day: Day
    starts: TimeOfDay | None = None
    """Local to the conference. None: to be announced."""
    ends: TimeOfDay | None = None
    """When it is not after the start, the session goes on past midnight."""
    ends_on: Day | None = None
    """The day on which it ends. None: the same, or the next when it goes on past midnight."""
    room: Text = ""
    abstract: Prose = ""
    speakers: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    slot: Slug | None = None
    capacity: Seats | None = None
    cancelled: bool = False
    language: Text = ""
    do_not_record: bool = False
    do_not_stream: bool = False
    licence: Text = ""
    """Under which a recording may be passed on: `CC BY 4.0`."""
    link: tuple[Link, ...] = ()
    attachment: tuple[Link, ...] = ()
    guid: UUID | None = None
    """By which other programs know it, when it came from one."""
    panel: Panel | None = None

    _zone: ZoneInfo = PrivateAttr(default=ZoneInfo("UTC"))
    _block: str | None = PrivateAttr(default=None)

    @property
    def block(self) -> str | None:
        """What it shares its time with, while it is not published when within that time it is. None: it has its own."""
        return self._block

    @property
    def starts_at(self) -> datetime | None:
        """The instant at which it begins, in the conference's zone."""
        return datetime.combine(self.day, self.starts, self._zone) if self.starts is not None else None

    @property
    def ends_at(self) -> datetime | None:
        """The instant at which it ends, in the conference's zone."""
        return datetime.combine(self.last_day, self.ends, self._zone) if self.ends is not None else None

    @property
    def last_day(self) -> date:
        """The day on which it ends."""
        past_midnight = self.starts is not None and self.ends is not None and self.ends <= self.starts
        return self.ends_on or self.day + timedelta(days=past_midnight)

    @property
    def zone(self) -> ZoneInfo:
        """The conference's."""
        return self._zone

    @property
    def fingerprint(self) -> str:
        """What changes when calendars have to be told of a change."""
        left_out = NOT_IN_CALENDARS | ({"ends_on"} if self.ends_on is None else set())
        said = self.model_dump_json(exclude=left_out) + (self.block or "")
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def name(self) -> str:
        """Its title, with the code that people know it by."""
        return f"{self.code} {self.title}".strip()


class Conference(Part):
    """What the conference is, when and where."""

    slug: Slug
    title: Line
    tagline: Text = ""
    about: Prose = ""
    audience: Prose = ""
    timezone: Zone
    starts: Day
    ends: Day
    language: Text = "en"
    """Of what does not say its own. Empty: nobody knows."""
    contact_email: EmailStr | None = None
    """Where organisers answer. Needed where people register."""
    example: bool = False
    """That seller, account, contact and terms are invented. They are marked wherever they are shown."""
    meeting_place: Prose = ""
    meeting_place_until: Day | None = None
    """The last day on which something is added there; then it is an archive for those who took part."""
    image: Address | None = None
    """A picture of it, for search engines and for those with whom a page is shared."""
    hashtag: Annotated[Text, StringConstraints(pattern=r"^#[^\W_]\w*$")] | None = None
    """By which it is talked about elsewhere: `#schoolrefusal`."""
    organiser: tuple[Organiser, ...] = ()
    network: tuple[Network, ...] = ()
    """Where people may ask who do not ask here; moderators bring it in."""
    venue: Venue | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def dates(self) -> str:
        """`6 to 8 November 2017`."""
        return date_range(self.starts, self.ends)

    @property
    def where(self) -> str:
        """The venue with its address, on one line; empty when the file names none."""
        return ", ".join(filter(None, [self.venue.name, self.venue.address])) if self.venue else ""

    @property
    def clock_name(self) -> str:
        """Which clocks its times are read from: `Copenhagen time`, or `UTC+2` where only that is known.

        Zones named by their distance from UTC have the sign the other way round: `Etc/GMT-2` is two hours ahead.
        """
        place = self.timezone.split("/")[-1].replace("_", " ")
        if not re.search(r"[a-z]", place):
            offset = datetime.combine(self.starts, time(), self.zone).strftime("%z")
            hours, minutes = offset[:3].replace("-", "−"), offset[3:]
            return f"UTC{hours[0]}{int(hours[1:])}{':' + minutes if minutes != '00' else ''}".removesuffix(
                "+0"
            )
        return f"{place} time"

    @property
    def meeting_place_closes_at(self) -> datetime | None:
        """The instant from which on nothing is added to the meeting place; None: it stays open."""
        until = self.meeting_place_until
        return datetime.combine(until + timedelta(days=1), time(), self.zone) if until else None


class TableInTheVenue(Part):
    """Where delegates may meet around a theme."""

    slug: Slug
    title: Line
    seats: Annotated[int, Strict(), Field(ge=2, le=500)]


class ConferenceFile(Part):
    """The whole file. Order in the file is order on the page."""

    conference: Conference
    registration: Registration = Registration()
    product: tuple[Product, ...] = ()
    category: tuple[Category, ...] = ()
    speaker: tuple[Speaker, ...] = ()
    slot: tuple[Slot, ...] = ()
    session: tuple[Session, ...] = ()
    table: tuple[TableInTheVenue, ...] = ()

    @model_validator(mode="after")
    def _know_the_whole(self) -> Self:
        blocks = {slot.slug: slot.block for slot in self.slot}
        for session in self.session:
            session._zone = self.conference.zone
            session._block = blocks.get(session.slot) if session.slot and session.starts else None
        for product in self.product:
            for price in product.price:
                price._currency = self.registration.currency
        return self

    def offer_for(self, session: Session) -> str | None:
        """The slug of the offer that one must hold to take part; None when the session is for everybody."""
        if session.slot is not None:
            return session.slug
        return next((product.slug for product in self.product if product.session == session.slug), None)

    @property
    def cancelled_offers(self) -> frozenset[str]:
        """Slugs of the offers that are for a session which does not take place."""
        return frozenset(
            offer for one in self.session if one.cancelled and (offer := self.offer_for(one)) is not None
        )

    @property
    def changes_close(self) -> datetime:
        """From when on delegates can no longer change by themselves what is booked."""
        first_day = datetime.combine(self.conference.starts, time(), self.conference.zone)
        return self.registration.changes.close or first_day

    def days_of(self, offers: Collection[str] = ()) -> tuple[date, date]:
        """The first and the last day for a delegate with these offers (slugs), without days that are only for buyers of
        something else."""
        sold = {product.session: product.slug for product in self.product if product.session}
        needed: dict[date, list[str | None]] = {}
        for session in self.session:
            needed.setdefault(session.day, []).append(sold.get(session.slug))

        def is_for_others(day: date) -> bool:
            return all(need is not None and need not in offers for need in needed.get(day, [None]))

        first, last = self.conference.starts, self.conference.ends
        while first < last and is_for_others(last):
            last -= timedelta(days=1)
        while first < last and is_for_others(first):
            first += timedelta(days=1)
        return first, last

    def to_json(self) -> str:
        """The file as the database keeps it. The same file gives the same text."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The file that `to_json` wrote."""
        return cls.model_validate_json(text)
