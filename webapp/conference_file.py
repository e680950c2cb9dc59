"""The conference file: what an organiser writes, checked and turned into typed values."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000)]


class Part(BaseModel):
    """A part of the conference file. Unknown keys are errors: they are most often a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Organiser(Part):
    name: Line
    url: str | None = None


class Venue(Part):
    name: Line
    address: Line
    city: Line
    country: Line  # ISO 3166 alpha-2
    latitude: float | None = None
    longitude: float | None = None
    url: str | None = None
    directions: Prose = ""


class Price(Part):
    """One price tier. It holds until the instant `until` (exclusive); the last tier has no `until`."""

    title: Line  # "Early bird"
    amount: Decimal  # in the conference's currency, two decimals at most
    until: datetime | None = None  # local to the conference, or with an offset


class ProductKind(StrEnum):
    PARTICIPATION = "participation"  # every delegate has exactly one
    WORKSHOP = "workshop"  # one a delegate, or none; its session is named in `session`
    ROOM = "room"  # one for each night chosen


class Product(Part):
    slug: Slug
    kind: ProductKind
    title: Line
    description: Prose = ""
    unit: Line = "participant"  # what one unit is: "participant", "night"
    vat_rate: Decimal = Decimal(0)  # per cent, added for participants from `registration.vat_country` only
    capacity: int | None = Field(default=None, ge=0)  # None: unlimited. For a room: for each night
    session: Slug | None = None
    nights: tuple[date, ...] = ()  # rooms: the evening of arrival of each night offered
    price: tuple[Price, ...] = Field(min_length=1)


class Registration(Part):
    opens: datetime | None = None
    closes: datetime | None = None
    currency: Line = "NOK"
    vat_name: Line = "VAT"  # "MVA"
    vat_country: Line | None = None  # "NO"
    vat_note: Prose = ""
    information_currency: Line | None = None  # "EUR": shown, never charged
    information_rate: Decimal | None = None  # 0.11 EUR for 1 NOK
    quote_minutes: int = Field(default=30, ge=0, le=24 * 60)
    consent: Prose = ""


class Category(Part):
    slug: Slug
    title: Line


class Speaker(Part):
    slug: Slug
    name: Line
    also_written: tuple[Line, ...] = ()
    role: str = ""
    affiliation: str = ""
    biography: Prose = ""


class Slot(Part):
    """A time of which a delegate chooses one session, or none."""

    slug: Slug
    title: Line


class SessionKind(StrEnum):
    WELCOME = "welcome"
    KEYNOTE = "keynote"
    LECTURE = "lecture"
    DISCUSSION = "discussion"
    PANEL = "panel"
    SEMINAR = "seminar"
    WORKSHOP = "workshop"
    BREAK = "break"


class Session(Part):
    slug: Slug
    title: Line
    code: str = ""  # "1A"
    kind: SessionKind = SessionKind.LECTURE
    day: date
    starts: time | None = None  # None: to be announced
    ends: time | None = None
    room: str = ""
    abstract: Prose = ""
    speakers: tuple[Slug, ...] = ()
    categories: tuple[Slug, ...] = ()
    slot: Slug | None = None
    capacity: int | None = Field(default=None, ge=0)
    cancelled: bool = False
    language: str = ""

    # Set when the whole file is checked: the conference's zone makes them instants.
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def ends_at(self) -> datetime | None: ...


class Conference(Part):
    slug: Slug
    title: Line
    tagline: Line
    about: Prose
    audience: Prose = ""
    timezone: Line
    starts: date
    ends: date
    language: Line = "en"
    contact_email: str | None = None
    meeting_place: Prose = ""
    organiser: tuple[Organiser, ...] = ()
    venue: Venue

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class ConferenceFile(Part):
    """The whole file. Order in the file is order on the page."""

    conference: Conference
    registration: Registration
    product: tuple[Product, ...] = ()
    category: tuple[Category, ...] = ()
    speaker: tuple[Speaker, ...] = ()
    slot: tuple[Slot, ...] = ()
    session: tuple[Session, ...] = ()
