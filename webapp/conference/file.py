"""The conference file: what an organiser writes, checked and turned into typed values."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self, cast, get_args, get_origin
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    PrivateAttr,
    Strict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from webapp.conference.currencies import currencies, minor_digits
from webapp.conference.slips import meant
from webapp.text.countries import countries
from webapp.text.organisation_numbers import can_be

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes. A conference of a thousand sessions has room."""


def _visible(text: str) -> str:
    if any((ord(character) < 32 and character not in "\n\t") or ord(character) == 127 for character in text):
        raise PydanticCustomError("unseen", "This has a character that cannot be shown.")
    return text


BLOCK = re.compile(r"\s*([-*+>|#<]|\d{1,3}[.)])")
"""What begins a line that stands by itself: an item of a list, a quotation, a row of a table, a heading, HTML."""


def _unwrapped(text: str) -> str:
    """Lines are broken for whoever edits the file; only an empty line begins a new paragraph.

    What Markdown reads by the line stays as it is: lists, tables, and a line that ends with two spaces.
    """
    if "```" in text or "<pre" in text:
        return text.strip()
    blocks = re.split(r"\n\n+", re.sub(r"\n[^\S\n]+(?=\n)", "\n", text.strip()))
    return "\n\n".join(map(_joined, blocks))


def _joined(block: str) -> str:
    lines: list[str] = []
    for line in block.split("\n"):
        if lines and not lines[-1].endswith("  ") and not BLOCK.match(line):
            lines[-1] = f"{lines[-1].rstrip()} {' '.join(line.split())}"
        else:
            indent = line[: len(line) - len(line.lstrip())] if BLOCK.match(line) else ""
            lines.append(indent + " ".join(line.split()))
        if line.endswith("  "):
            lines[-1] += "  "
    return "\n".join(lines)


def _exact(amount: Any) -> Any:
    """Decimals as they are written: 0.11 in the file is 0.11, and not the binary fraction next to it."""
    return str(amount) if isinstance(amount, float) else amount


def _country(code: str) -> str:
    if code not in countries():
        raise PydanticCustomError("country", "This is no country. Write its two letters, such as DK or NO.")
    return code


def _currency(code: str) -> str:
    if code not in currencies():
        near = get_close_matches(code.upper(), sorted(currencies()), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise PydanticCustomError(
            "currency",
            "{message}",
            {"message": f"“{code}” is no currency. Write its three letters, such as NOK.{hint}"},
        )
    return code


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("zone", "This time zone does not exist. Write it like Europe/Copenhagen.")
    return name


def date_range(first: date, last: date) -> str:
    """`6 November 2017`, `6 to 8 November 2017`, `30 November to 2 December 2017`."""
    if first == last:
        begins = ""
    elif (first.year, first.month) == (last.year, last.month):
        begins = f"{first.day} to "
    else:
        begins = f"{first.day} {first:%B}{'' if first.year == last.year else f' {first.year}'} to "
    return f"{begins}{last.day} {last:%B %Y}"


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_visible)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_visible)
]
Prose = Annotated[
    str, StringConstraints(max_length=20_000), AfterValidator(_visible), AfterValidator(_unwrapped)
]
Lines = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_visible)
]
"""Text whose lines are broken where the file breaks them."""
Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, max_digits=12)]
"""Of money. How many decimals it may have, the currency says."""
Rate = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100, decimal_places=2)]
Exchange = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0)]
Currency = Annotated[str, AfterValidator(_currency)]
Country = Annotated[str, AfterValidator(_country)]
# Strictly as TOML has them: a number, a text or a bare date would be taken for some time of day, but for which?
Day = Annotated[date, Strict(), Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]
TimeOfDay = Annotated[time, Strict()]
Moment = Annotated[
    datetime, Strict(), Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
LONGEST_NIGHT = timedelta(hours=12)
"""How long a session lasts at most whose end is past midnight, and not a slip of the pen."""
MORNING = time(6)
"""What starts before it belongs to the day before, as people count days."""
Seats = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
Minutes = Annotated[int, Strict(), Field(ge=0, le=14 * 24 * 60)]
LONGEST_ADDRESS = 500
Address = Annotated[
    str, StringConstraints(pattern=r"^https?://", max_length=LONGEST_ADDRESS), AfterValidator(_visible)
]


class Part(BaseModel):
    """A part of the conference file. Unknown keys are errors: they are most often a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Organiser(Part):
    name: Line
    url: Address | None = None


class Network(Part):
    """Where questions come from, too: `Twitter`, `@plenum`."""

    name: Line
    handle: Text = ""
    url: Address | None = None


class Venue(Part):
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


class Price(Part):
    """One price tier. It holds until the instant `until` (exclusive); the last tier has no `until`."""

    title: Line
    amount: Amount
    until: Moment | None = None

    _currency: str = PrivateAttr(default="")

    @property
    def minor(self) -> int:
        """The amount in minor units (øre) of the file's currency."""
        return int(self.amount.scaleb(minor_digits(self._currency)))


class ProductKind(StrEnum):
    PARTICIPATION = "participation"
    """Every delegate has exactly one."""
    WORKSHOP = "workshop"
    """One a delegate, or none; its session is named in `session`."""
    ROOM = "room"
    """One for each night chosen."""


class Product(Part):
    slug: Slug
    kind: ProductKind
    title: Line
    description: Prose = ""
    unit: Line = "participant"
    vat_rate: Rate = Decimal(0)
    """Per cent, added for participants from `registration.vat_country` only."""
    capacity: Seats | None = None
    """None: unlimited. Of a room: for each night."""
    session: Slug | None = None
    nights: tuple[Day, ...] = ()
    """Of a room: the evenings of arrival that are offered."""
    price: tuple[Price, ...] = Field(min_length=1)


class Changes(Part):
    """Until when delegates may change what they have booked by themselves, and what it costs to give something back."""

    free_until: Moment | None = None
    """Until then (exclusive) everything may be given back free of charge. None: always."""
    fee_percent: Rate = Decimal(0)
    """Of the price, charged for what is given back later."""
    close: Moment | None = None
    """None: when the first day of the conference begins."""


class Seller(Part):
    """Who sends the invoices."""

    name: Line
    address: Lines
    country: Country | None = None
    organisation_number: Text = ""
    """As it stands on invoices: `999 999 999 MVA`."""
    email: EmailStr | None = None
    payment: Lines
    """Where to pay: an account, an IBAN."""
    due_days: Annotated[int, Strict(), Field(ge=0, le=365)] = 14


class Registration(Part):
    opens: Moment | None = None
    closes: Moment | None = None
    currency: Currency = "NOK"
    vat_name: Line = "VAT"
    vat_country: Country | None = None
    vat_note: Prose = ""
    information_currency: Currency | None = None
    """Shown beside prices, never charged."""
    information_rate: Exchange | None = None
    quote_minutes: int = Field(default=30, ge=0, le=24 * 60)
    waiting_hours: Annotated[int, Strict(), Field(ge=1, le=14 * 24)] = 24
    """Hours for which a seat is held for the next on the waiting list."""
    consent: Prose = ""
    changes: Changes = Changes()
    seller: Seller | None = None
    """None: no invoices are made here."""


class Category(Part):
    slug: Slug
    title: Line


class Speaker(Part):
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


class Session(Part):
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
    def name(self) -> str:
        """Its title, with the code that people know it by."""
        return f"{self.code} {self.title}".strip()


class Conference(Part):
    slug: Slug
    title: Line
    tagline: Text = ""
    about: Prose = ""
    audience: Prose = ""
    timezone: Annotated[Line, AfterValidator(_zone)]
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
        """The first and the last day for whoever has these offers (slugs): none that is only for who takes a product
        which they have not."""
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
        return cls.model_validate_json(text)


@dataclass(frozen=True)
class Problem:
    """Something to put right, and the line it is on, where that can be told."""

    line: int | None
    reason: str


class ConferenceFileError(Exception):
    """The file cannot be taken as it is. Says everything that is wrong with it at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.reason for problem in problems))
        self.problems = problems


Loc = tuple[str | int, ...]
"""Where something stands: `("product", 0, "price", 1, "amount")`."""


def read(path: Path) -> ConferenceFile:
    """Read a conference file (TOML). Raises ConferenceFileError."""
    if path.stat().st_size > LARGEST_FILE:
        raise ConferenceFileError(
            (Problem(None, "The file is larger than 2 MB. That is no conference file."),)
        )
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConferenceFileError(
            (Problem(None, "The file is not saved as UTF-8 text. Save it as that."),)
        ) from error


def parse(text: str) -> ConferenceFile:
    """Turn the text of a conference file (TOML) into values. Raises ConferenceFileError."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        wrong_brackets = tuple(_wrong_brackets(text))
        raise ConferenceFileError(wrong_brackets or (_not_toml(error, text.split("\n")),)) from error
    wrong = list(_localise(data))
    parts, invalid = _valid_parts(data)
    wrong += invalid
    wrong += _contradictions(data, parts)
    wrong += _double_booked(data, parts.get("session", []))
    if wrong:
        lines = _lines(text)
        problems = {Problem(_line_of(lines, loc), reason) for loc, reason in wrong}
        raise ConferenceFileError(tuple(sorted(problems, key=lambda p: (p.line or 0, p.reason))))
    return ConferenceFile.model_validate(data)


def check(data: dict[str, Any]) -> ConferenceFile:
    """The same for data that did not come from TOML, and so has no lines. Raises ConferenceFileError."""
    wrong = list(_localise(data))
    parts, invalid = _valid_parts(data)
    wrong += invalid + list(_contradictions(data, parts))
    if wrong:
        raise ConferenceFileError(
            tuple(Problem(None, f"{_spelt(data, loc)}: {reason}") for loc, reason in wrong)
        )
    return ConferenceFile.model_validate(data)


def double_booked(file: ConferenceFile) -> list[str]:
    """Rooms and people that are in two sessions at once. In schedules from elsewhere that may be meant so."""
    return [
        reason for _, reason in _double_booked(file.model_dump(mode="json"), list(enumerate(file.session)))
    ]


# Each finding is a place and a reason.
Finding = tuple[Loc, str]


def _localise(data: dict[str, Any]) -> Iterator[Finding]:
    """Read times without a zone as local to the conference, in place."""
    conference = data.get("conference")
    name = conference.get("timezone") if isinstance(conference, dict) else None
    if not isinstance(name, str) or name not in available_timezones():
        name = "UTC"  # what is wrong with the zone is said elsewhere
    zone = ZoneInfo(name)

    def localise(table: Any, key: str, loc: Loc) -> Iterator[Finding]:
        value = table.get(key) if isinstance(table, dict) else None
        if isinstance(value, datetime) and value.tzinfo is None:
            earlier, later = value.replace(tzinfo=zone), value.replace(tzinfo=zone, fold=1)
            if earlier.utcoffset() != later.utcoffset():
                exists = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == value
                which = "comes twice" if exists else "does not exist"
                yield loc, f"On this day the clocks change in {name}, and this time {which}. Choose another."
            table[key] = earlier

    registration = data.get("registration")
    for key in ("opens", "closes"):
        yield from localise(registration, key, ("registration", key))
    changes = registration.get("changes") if isinstance(registration, dict) else None
    for key in ("free_until", "close"):
        yield from localise(changes, key, ("registration", "changes", key))
    for number, product in _tables(data, "product"):
        prices = product.get("price")
        for tier, price in enumerate(prices if isinstance(prices, list) else []):
            yield from localise(price, "until", ("product", number, "price", tier, "until"))


def _valid_parts(data: dict[str, Any]) -> tuple[dict[str, list[tuple[int, Any]]], list[Finding]]:
    """Each part by itself, so that a mistake in one does not hide those in others."""
    findings: list[Finding] = []
    valid: dict[str, list[tuple[int, Any]]] = {}
    findings += [
        ((name,), _unknown(name, ConferenceFile)) for name in data if name not in ConferenceFile.model_fields
    ]
    for name, field in ConferenceFile.model_fields.items():
        given = data.get(name)
        single = isinstance(field.annotation, type)
        model: type[Part] = cast(Any, field.annotation) if single else get_args(field.annotation)[0]
        if single and given is None:
            if field.is_required():
                findings.append(((name,), f"The part [{name}] is missing."))
            continue
        if not single and not isinstance(given or [], list):
            findings.append(((name,), f"Write [[{name}]] in double brackets: there may be several."))
            continue
        for number, item in enumerate([given] if single else given or []):
            loc: Loc = (name,) if single else (name, number)
            try:
                valid.setdefault(name, []).append((number, model.model_validate(item)))
            except ValidationError as error:
                findings += [((*loc, *found["loc"]), _plainly(found, model)) for found in error.errors()]
    return valid, findings


def _contradictions(data: dict[str, Any], parts: dict[str, list[tuple[int, Any]]]) -> Iterator[Finding]:
    """What is wrong between parts that are each in order."""
    for kind in ("product", "category", "speaker", "slot", "session", "table"):
        counts = Counter(_slugs(data, kind))
        for number, table in _tables(data, kind):
            slug = table.get("slug")
            if isinstance(slug, str) and counts[slug] > 1:
                yield (
                    (kind, number, "slug"),
                    f"“{slug}” is the slug of another {kind} too. Each needs its own.",
                )
    match data.get("conference"):
        case {"starts": date() as first, "ends": date() as last} if type(first) is type(last) is date:
            if last < first:
                yield ("conference", "ends"), "The conference ends before it starts."
            for number, session in parts.get("session", []):
                if not first <= session.day <= last + timedelta(days=_belongs_to_the_night_before(session)):
                    yield ("session", number, "day"), "This day is not one of the conference’s."
    for _, registration in parts.get("registration", []):
        yield from _wrong_registration(registration)
        for _, conference in parts.get("conference", []):
            yield from _wrong_ends(conference, registration)
    without = [] if data.get("registration") else [(0, Registration())]
    for _, registration in parts.get("registration", without):
        for number, product in parts.get("product", []):
            yield from _wrong_amounts(registration.currency, number, product)
    for number, session in parts.get("session", []):
        yield from _wrong_session(data, number, session)
    for number, product in parts.get("product", []):
        yield from _wrong_product(data, number, product)
    yield from _wrong_panels(parts.get("session", []))
    yield from _wrong_blocks(parts.get("slot", []), parts.get("session", []))
    kinds = [product.get("kind") for _, product in _tables(data, "product")]
    conference = data.get("conference")
    if kinds and isinstance(conference, dict) and "contact_email" not in conference:
        yield (
            ("conference",),
            "`contact_email` is missing: whoever registers has to know whom to write to, and pages and mails say it.",
        )
    for kind in ProductKind:
        if kinds.count(kind) > 1:
            yield ("product",), f"There is more than one product of the kind {kind}. Only one can be booked."
    if kinds and ProductKind.PARTICIPATION not in kinds:
        yield ("product",), "There is no product of the kind participation, so nobody could register."


def _double_booked(data: dict[str, Any], sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    """Rooms and people that are in two sessions at once; organisations may be, and slots of one block take turns."""
    blocks = {slot.get("slug"): slot.get("block") for _, slot in _tables(data, "slot")}
    people = {
        speaker.get("slug"): speaker.get("name")
        for _, speaker in _tables(data, "speaker")
        if not speaker.get("organisation")
    }
    taken: dict[tuple[str, str], list[tuple[datetime, datetime, int, Session]]] = {}
    for number, session in sessions:
        if session.starts is not None and session.ends is not None and not session.cancelled:
            when = (
                datetime.combine(session.day, session.starts),
                datetime.combine(session.last_day, session.ends),
            )
            for place in [("room", session.room), *(("speakers", slug) for slug in set(session.speakers))]:
                if place[1] and (place[0] == "room" or place[1] in people):
                    taken.setdefault(place, []).append((*when, number, session))

    def take_turns(one: Session, other: Session) -> bool:
        return (
            one.slot != other.slot
            and blocks.get(one.slot) is not None
            and blocks[one.slot] == blocks.get(other.slot)
        )

    for (key, name), uses in taken.items():
        uses.sort(key=lambda use: use[:3])
        until, last = datetime.min, None  # noqa: DTZ901 - times without a zone are compared
        for starts, ends, number, session in uses:
            if last and starts < until and not take_turns(last, session):
                who = f"The room {name}" if key == "room" else people[name]
                said = f"{session.day.day} {session.day:%B}, {session.starts:%H:%M}"
                both = f"in “{last.title}” and in “{session.title}”"
                yield ("session", number, key), f"{who} is {both} at the same time, {said}."
            if ends >= until:
                until, last = ends, session


def _wrong_ends(conference: Conference, registration: Registration) -> Iterator[Finding]:
    """What is open beyond the conference: most often that is a slip in the year."""
    over = datetime.combine(conference.ends + timedelta(days=1), time(), conference.zone)
    said = f"The conference is over on {conference.ends.day} {conference.ends:%B %Y}, and"
    if registration.opens and registration.opens >= over:
        yield ("registration", "opens"), f"{said} registration opens after that."
    if registration.closes and registration.closes > over:
        yield ("registration", "closes"), f"{said} registration closes after that."
    if registration.changes.close and registration.changes.close > over:
        yield ("registration", "changes", "close"), f"{said} changes close after that."


def _wrong_registration(registration: Registration) -> Iterator[Finding]:
    opens, closes = registration.opens, registration.closes
    if opens and closes and closes <= opens:
        yield ("registration", "closes"), "Registration closes before it opens."
    changes = registration.changes
    if changes.fee_percent and changes.free_until is None:
        yield (
            ("registration", "changes", "fee_percent"),
            "A fee needs `free_until`: the time up to which it costs nothing to give something back.",
        )
    if changes.close and changes.free_until and changes.close < changes.free_until:
        yield ("registration", "changes", "close"), "Changes close before they cost anything."
    seller = registration.seller
    if (
        seller
        and seller.country
        and seller.organisation_number
        and not can_be(seller.organisation_number, seller.country)
    ):
        yield (
            ("registration", "seller", "organisation_number"),
            "This number cannot be right in the seller’s country: a digit of it is wrong.",
        )
    if (registration.information_currency is None) != (registration.information_rate is None):
        yield (
            ("registration",),
            "information_currency and information_rate belong together: give both, or none.",
        )


def _wrong_panels(sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    panels = [(number, session.panel) for number, session in sessions if session.panel]
    asked_in = Counter(slug for _, panel in panels for slug in panel.about)
    for number, panel in panels:
        for slug in panel.about:
            if asked_in[slug] > 1:
                yield (
                    ("session", number, "panel", "about"),
                    f"Questions about “{slug}” go to more than one panel. Name it in one only.",
                )


def _wrong_blocks(slots: list[tuple[int, Any]], sessions: list[tuple[int, Any]]) -> Iterator[Finding]:
    blocks = {slot.slug: slot.block for _, slot in slots if slot.block}
    sharing = Counter(blocks.values())
    for number, slot in slots:
        if slot.block and sharing[slot.block] < 2:
            yield (
                ("slot", number, "block"),
                "No other slot has this block, so there is nothing to share its time with.",
            )
    first: dict[str, Session] = {}
    for number, session in sessions:
        if session.slot in blocks and session.starts:
            one = first.setdefault(blocks[session.slot], session)
            if (one.day, one.starts, one.ends) != (session.day, session.starts, session.ends):
                reason = (
                    f"Sessions of one block share one day and time, and “{one.title}” has another. Give both the whole "
                    "of the time, or take `block` from their slots when the order is settled."
                )
                yield ("session", number, "starts"), reason


BACKWARDS = (
    "This session ends before it starts. If it goes on to the next day for more than 12 hours, say so with "
    "`ends_on`: the day on which it ends."
)


def _belongs_to_the_night_before(session: Session) -> bool:
    return session.starts is not None and session.starts < MORNING


def _wrong_times(session: Session) -> Iterator[tuple[str, str]]:
    """What is wrong with when a session is: the key, and why."""
    starts, ends = session.starts, session.ends
    if ends is None:
        if session.ends_on is not None:
            yield (
                "ends_on",
                "This session has a day on which it ends and no time. Give `ends` too, or neither.",
            )
        return
    if starts is None:
        yield "ends", "This session has an end and no start. Give both, or neither."
        return
    length = datetime.combine(session.last_day, ends) - datetime.combine(session.day, starts)
    if length <= timedelta():
        yield "ends_on", "This session ends before it starts."
    elif session.ends_on is None and length > LONGEST_NIGHT:
        yield "ends", BACKWARDS


def _wrong_session(data: dict[str, Any], number: int, session: Session) -> Iterator[Finding]:
    loc: Loc = ("session", number)
    for key, reason in _wrong_times(session):
        yield (*loc, key), reason
    if session.slot is None and session.kind is SessionKind.SEMINAR:
        yield loc, f"The seminar “{session.title}” needs a slot: the choice it belongs to."
    if session.slot is not None and session.slug in _slugs(data, "product"):
        yield (
            (*loc, "slug"),
            f"A product is called “{session.slug}” too. Both can be booked, so name one differently.",
        )
    for slug in session.panel.about if session.panel else ():
        yield from _missing(data, "session", slug, (*loc, "panel", "about"))
    for key, kind, slugs in [
        ("speakers", "speaker", session.speakers),
        ("categories", "category", session.categories),
        ("slot", "slot", (session.slot,) if session.slot else ()),
    ]:
        for slug in slugs:
            yield from _missing(data, kind, slug, (*loc, key))


def _wrong_amounts(currency: str, number: int, product: Product) -> Iterator[Finding]:
    digits = minor_digits(currency)
    for tier, price in enumerate(product.price):
        if round(price.amount, digits) != price.amount:
            most = {0: "no decimals", 2: "two decimals at most", 3: "three decimals at most"}[digits]
            yield ("product", number, "price", tier, "amount"), f"`amount` may have {most} in {currency}."


def _wrong_product(data: dict[str, Any], number: int, product: Product) -> Iterator[Finding]:
    loc: Loc = ("product", number)
    for tier, (price, following) in enumerate(pairwise(product.price)):
        if price.until is None:
            yield (*loc, "price", tier), "Only the last price may go without `until`: this one is never over."
        elif following.until is not None and following.until <= price.until:
            yield (
                (*loc, "price", tier + 1, "until"),
                "Prices follow each other: this one ends before the one above.",
            )
    if product.price[-1].until is not None:
        last = len(product.price) - 1
        yield (*loc, "price", last, "until"), "The last price holds to the end, so it has no `until`."
    if product.kind is ProductKind.ROOM and not product.nights:
        yield (
            loc,
            "A room needs `nights`: the evenings of arrival that are offered, [2017-11-05, 2017-11-06].",
        )
    if product.kind is not ProductKind.ROOM and product.nights:
        yield (*loc, "nights"), "Only a room has nights."
    if len(set(product.nights)) < len(product.nights):
        yield (*loc, "nights"), "A night is named twice."
    if product.session is not None:
        yield from _missing(data, "session", product.session, (*loc, "session"))


def _missing(data: dict[str, Any], kind: str, slug: str, loc: Loc) -> Iterator[Finding]:
    known = _slugs(data, kind)
    if slug not in known:
        yield loc, f"There is no {kind} with the slug “{slug}”.{_did_you_mean(slug, known)}"


def _slugs(data: dict[str, Any], kind: str) -> list[str]:
    return [slug for _, table in _tables(data, kind) if isinstance(slug := table.get("slug"), str)]


def _tables(data: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    given = data.get(name)
    for number, table in enumerate(given if isinstance(given, list) else []):
        if isinstance(table, dict):
            yield number, table


BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than"}


def _plainly(error: ErrorDetails, model: type[BaseModel]) -> str:
    """A finding of pydantic's, for an organiser."""
    loc, context = error["loc"], error.get("ctx", {})
    name = next((part for part in reversed(loc) if isinstance(part, str)), model.__name__.lower())
    match error["type"]:
        case "extra_forbidden":
            return _unknown(name, _model_at(model, loc[:-1]))
        case "missing":
            return f"`{name}` is missing."
        case "string_pattern_mismatch" if "a-z0-9" in context["pattern"]:
            return f"`{name}` may have only small letters a to z, digits, and hyphens between them: pia-allerslev."
        case "string_pattern_mismatch" if "#" in context["pattern"]:
            return f"`{name}` begins with # and has letters and digits after it: #schoolrefusal."
        case "string_pattern_mismatch" if "http" in context["pattern"]:
            return f"`{name}` must begin with https://."
        case "string_too_long":
            return f"`{name}` is longer than {context['max_length']} characters."
        case "string_too_short":
            return f"`{name}` is empty."
        case "string_type":
            return f'`{name}` must be text in quotation marks: {name} = "…".'
        case "enum":
            return f"`{name}` must be one of {context['expected']}."
        case "decimal_max_places":
            return f"`{name}` may have two decimals at most."
        case "decimal_max_digits" | "decimal_whole_digits":
            return f"`{name}` is too large."
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            [(which, bound)] = context.items()
            return f"`{name}` must be {BOUNDS[which]} {bound}."
        case "too_short":
            return f"`{name}` needs at least one."
        case "unseen" | "country" | "currency" | "zone":
            return f"`{name}`: {error['msg']}"
    if error["type"] == "model_type" and isinstance(error["input"], list):
        return f"Write `{name}` in single brackets, [ … ]: there is only one."
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return f"Write `{name}` in double brackets, [[ … ]]: there may be several."
    wanted = {
        "date": "a date: 2017-11-06",
        "datetime": "a date and time: 2017-06-20T00:00:00",
        "time": "a time: 10:15:00",
        "int": "a whole number",
        "decimal": "a number, without quotation marks and with a point: 1450.50",
        "float": "a number",
        "finite": "a number",
        "bool": "true or false",
        "tuple": "a list in square brackets: [ … ]",
        "model": "a part of its own, under a line with [ … ]",
        "value": "an e-mail address",
        "uuid": "an identifier such as 8079583e-8321-506c-95af-fd2903a5f075",
    }
    return f"`{name}` must be {wanted.get(error['type'].partition('_')[0], 'something else')}."


def _unknown(name: str, model: type[BaseModel]) -> str:
    return f"`{name}` is not known here.{_did_you_mean(name, list(model.model_fields))}"


def _did_you_mean(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean “{near[0]}”?" if near else ""


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel]:
    """The model of the part that stands at this place within another."""
    for part in loc:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = annotation if isinstance(annotation, type) else get_args(annotation)[0]
    return model


def _spelt(data: dict[str, Any], loc: Loc) -> str:
    """Where something stands, for data without lines: `session 12 “Opening”, abstract`."""
    words: list[str] = []
    here: Any = data
    for part in loc:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) else None
            named = isinstance(here, dict) and (here.get("title") or here.get("name"))
            words[-1] += f" {part + 1}" + (f" “{str(named)[:60]}”" if named else "")
        else:
            here = here.get(part) if isinstance(here, dict) else None
            words.append(part)
    return ", ".join(words)


# tomllib tells no lines but for its own errors, so we find the line on which each part and key begins.

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"\s*([\w-]+)\s*=\s*(.*)")


def _lines(text: str) -> dict[Loc, int]:
    lines: dict[Loc, int] = {}
    tables: Counter[Loc] = Counter()
    here: Loc = ()
    for number, line in _outside_texts(text):
        if header := HEADER.match(line):
            here = ()
            *outer, last = (name.strip() for name in header[2].split("."))
            for name in outer:
                here = (*here, name)
                if tables[here]:
                    here = (*here, tables[here] - 1)
            here = (*here, last)
            if header[1] == "[[":
                tables[here] += 1
                lines.setdefault(here, number)
                here = (*here, tables[here] - 1)
            lines[here] = number
        elif key := KEY.match(line):
            lines[(*here, key[1])] = number
    return lines


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Number and words of each line on which something begins, and no text over several lines goes on."""
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        yield number, line
        if key := KEY.match(line):
            for quotes in ('"""', "'''"):
                if key[2].startswith(quotes) and quotes not in key[2][3:]:
                    closing = quotes


def _wrong_brackets(text: str) -> Iterator[Problem]:
    """Parts under the other kind of bracket: TOML says of these only that something else cannot be."""
    for number, line in _outside_texts(text):
        header = HEADER.match(line)
        names = [name.strip() for name in header[2].split(".")] if header else []
        if header and (several := _comes_several_times(names)) is not None and several != (header[1] == "[["):
            name = ".".join(names)
            said = (
                f"[[{name}]] in double brackets: there may be several"
                if several
                else f"[{name}] in single brackets"
            )
            yield Problem(number, f"Write {said}.")


def _comes_several_times(names: list[str]) -> bool | None:
    """Whether a part of the file may come several times; None when it is none that we know."""
    model: type[BaseModel] = ConferenceFile
    several = False
    for name in names:
        field = model.model_fields.get(name)
        of = [field.annotation, *get_args(field.annotation)] if field else []
        parts = [part for part in of if isinstance(part, type) and issubclass(part, Part)]
        if not parts:
            return None
        several, model = get_origin(of[0]) is tuple, parts[0]
    return several


def _line_of(lines: dict[Loc, int], loc: Loc) -> int | None:
    """The line of this place, or of the part that it belongs to."""
    while loc:
        if loc in lines:
            return lines[loc]
        loc = loc[:-1]
    return None


def _not_toml(error: Exception, lines: list[str]) -> Problem:
    found = re.search(r"^(.*?)\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    what, line = (found[1], int(found[2]) if found[2] else None) if found else (str(error), None)
    if line and (instead := meant(lines[line - 1])):
        return Problem(line, instead)
    return Problem(
        line, f"This cannot be read: {what}. Look for a missing quotation mark or bracket here or just above."
    )
