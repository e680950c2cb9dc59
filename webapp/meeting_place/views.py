"""The meeting place as pages show it. What is for everybody has no field for what is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self
from urllib.parse import urlencode

from webapp import clock
from webapp.conference.programme import Programme
from webapp.live.readers import PLACE, Reader
from webapp.meeting_place.forms import as_tag
from webapp.tables import Entry, Follow, Note, Profile
from webapp.tables.meeting_place.board import Kind
from webapp.tables.meeting_place.profile import SHOWABLE
from webapp.text.countries import countries, country_name
from webapp.text.typed import line
from webapp.text.words import EVERYWHERE, words
from webapp.web.numbers import small

KINDS = {Kind.SEEK: "I seek", Kind.OFFER: "I offer", Kind.IDEA: "An idea to discuss"}
LONGEST_SEARCH = 100
MOST_PAGES = 10_000


@dataclass(frozen=True)
class Member:
    """Who is at the meeting place at this browser."""

    profile: int
    person: int
    tag: str
    name: str
    moderates: bool
    row: Mapping[str, Any]
    sign_in: int

    def reads(self, door: str = PLACE) -> Reader:
        """As the reader of a stream behind this door."""
        return Reader(self.person, self.sign_in, door=door)


def is_archive(programme: Programme) -> bool:
    """Whether the last day is over on which something is added."""
    closes_at = programme.conference.meeting_place_closes_at
    return closes_at is not None and closes_at <= clock.now()


@dataclass(frozen=True)
class Theme:
    """A category of the conference, or a word that somebody has added."""

    slug: str
    title: str


def themes_of(themes: str, programme: Programme) -> tuple[Theme, ...]:
    titles = {category.slug: category.title for category in programme.categories}
    return tuple(Theme(slug, titles.get(slug, f"#{slug}")) for slug in themes.split())


@dataclass(frozen=True, kw_only=True)
class PersonCard:
    """Somebody in the directory: their name, and of the rest exactly what they let be seen."""

    id: int
    tag: str
    name: str
    lecturer: str
    """Their slug among the speakers, or empty."""
    organisation: str
    role: str
    country: str
    languages: str
    line: str
    themes: tuple[Theme, ...]
    here: bool
    """They say that they are in the hall."""

    @classmethod
    def of(cls, row: Mapping[str, Any], programme: Programme) -> Self:
        shown: dict[str, Any] = {name: row[name] if row[f"shows_{name}"] else "" for name in SHOWABLE}
        shown["themes"] = themes_of(shown["themes"], programme)
        return cls(
            id=row["id"],
            tag=row["tag"],
            name=row["name"],
            lecturer=row["speaker"],
            here=bool(row["here_until"] and row["here_until"] > clock.now()),
            **shown,
        )


@dataclass(frozen=True, kw_only=True)
class ContactCard(PersonCard):
    """Somebody with whom one has become contacts: how to reach them, and one's note about them."""

    email: str
    telephone: str
    note: str
    contact: int

    @classmethod
    def of(cls, row: Mapping[str, Any], programme: Programme) -> Self:
        seen = vars(PersonCard.of(row, programme))
        return cls(**seen, **{name: row[name] for name in ("email", "telephone", "note", "contact")})

    def vcard(self, conference: str) -> str:
        """As a vCard 4.0 (RFC 6350), with one's note to oneself."""
        lines = [
            "BEGIN:VCARD",
            "VERSION:4.0",
            f"UID:{_escaped(self.tag)}",
            f"FN:{_escaped(self.name)}",
            f"EMAIL:{_escaped(self.email)}",
            *([f"TEL;VALUE=text:{_escaped(self.telephone)}"] if self.telephone else []),
            *([f"ORG:{_escaped(self.organisation)}"] if self.organisation else []),
            *([f"TITLE:{_escaped(self.role)}"] if self.role else []),
            *([f"ADR:;;;;;;{_escaped(country_name(self.country))}"] if self.country else []),
            f"CATEGORIES:{_escaped(conference)}",
            *([f"NOTE:{_escaped(self.note)}"] if self.note else []),
            "END:VCARD",
        ]
        return "".join(f"{_folded(line)}\r\n" for line in lines)


def _escaped(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), (",", "\\,"), (";", "\\;"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return text


def _folded(line: str) -> str:
    """Lines are of 75 bytes at most, and go on after a line break and a blank."""
    parts, size = [""], 0
    for character in line:
        length = len(character.encode())
        if size + length > 74:
            parts.append("")
            size = 0
        parts[-1] += character
        size += length
    return "\r\n ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Something that somebody has written, with what it says of them."""

    id: int
    text: str
    state: str
    revision: int
    written_at: datetime
    author: int | None
    tag: str
    name: str
    """Empty: nobody's, or of somebody who has taken their name out."""
    lecturer: str
    country: str
    listed: bool
    """Whether the directory has a page about them."""

    @classmethod
    def of(cls, row: Mapping[str, Any], programme: Programme, **more: Any) -> Self:
        return cls(
            **{name: row[name] for name in ("id", "text", "state", "revision", "author")},
            written_at=row["written_at"].astimezone(programme.conference.zone),
            tag=row["tag"] or "",
            name=row["name"] or "",
            lecturer=row["speaker"] or "",
            country=(row["country"] or "") if row["shows_country"] else "",
            listed=bool(row["listed"]),
            **more,
        )

    def takes_back(self, before: Signed) -> bool:
        """Whether something that could be read of it or of its author before is said no more."""
        old, new = vars(before), vars(self)
        return any(old.get(name) and old[name] != new[name] for name in SAID)


SAID = ("title", "text", "themes", "session", "name", "lecturer", "country", "listed")
"""What a note or a reply says, and says of its author."""


@dataclass(frozen=True, kw_only=True)
class NoteCard(Signed):
    kind: str
    title: str
    themes: tuple[Theme, ...]
    session: str
    """Its slug, or empty."""
    about: str
    """The session's title, or empty."""
    question: int | None
    replies: int
    votes: int
    tally: int
    archived: bool
    """It can be read, and nothing be added."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any], programme: Programme) -> Self:
        session = programme.session(row["session"])
        copied = ("kind", "title", "session", "question", "replies", "votes", "tally")
        return cls.of(
            row,
            programme,
            **{name: row[name] for name in copied},
            themes=themes_of(row["themes"], programme),
            about=session.title if session else "",
            archived=is_archive(programme),
        )

    def without(self, replies: int = 0, votes: int = 0) -> Self:
        """The card for somebody from whom so many of its replies and of those who say “me too” are hidden."""
        return replace(self, replies=self.replies - replies, votes=self.votes - votes)


@dataclass(frozen=True, kw_only=True)
class ReplyCard(Signed):
    note: int
    note_state: str
    note_author: int | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any], programme: Programme) -> Self:
        return cls.of(row, programme, **{name: row[name] for name in ("note", "note_state", "note_author")})


@dataclass(frozen=True, kw_only=True)
class TableCard:
    """A table in the venue, as everybody sees it who may. Times are the conference's."""

    id: int
    title: str
    place: str
    """Its name: `Table 4`."""
    starts_at: datetime
    ends_at: datetime
    seats: int
    taken: int
    waiting: int
    cancelled: bool
    note: int | None
    """None: about none, or about one that is not to be read."""
    host: int | None
    host_name: str
    phase: str
    """`now`, `next`, `over` or `off`: called off."""

    @classmethod
    def of(cls, row: Mapping[str, Any], programme: Programme) -> Self:
        zone, now = programme.conference.zone, clock.now()
        phase = "next" if now < row["starts_at"] else "now" if now < row["ends_at"] else "over"
        places = {table.slug: table.title for table in programme.file.table}
        copied = ("id", "title", "seats", "taken", "waiting", "cancelled", "note", "host")
        return cls(
            **{name: row[name] for name in copied},
            place=places.get(row["place"], row["place"]),
            starts_at=row["starts_at"].astimezone(zone),
            ends_at=row["ends_at"].astimezone(zone),
            host_name=row["host_name"] or "",
            phase="off" if row["cancelled"] else phase,
        )

    @property
    def left(self) -> int:
        return self.seats - self.taken


WHOSE = {"": "Everybody’s", "mine": "Mine", "followed": "Those I follow"}


@dataclass(frozen=True)
class Filters:
    """What is chosen of a list, as its address says it. Whatever an address says that is no choice is left out."""

    kind: str = ""
    theme: str = ""
    country: str = ""
    session: str = ""
    whose: str = ""
    q: str = ""
    lecturers: bool = False
    before: int = 0
    """Of the board: the note after which it goes on."""
    page: int = 1
    """Of the directory."""

    @classmethod
    def read(cls, asked: Mapping[str, str], programme: Programme) -> Self:
        chosen = {
            name: line(asked.get(name)) for name in ("kind", "theme", "country", "session", "whose", "q")
        }
        known = {
            "kind": chosen["kind"] if chosen["kind"] in list(Kind) else "",
            "theme": as_tag(chosen["theme"]),
            "country": chosen["country"] if chosen["country"] in countries() else "",
            "session": chosen["session"] if programme.session(chosen["session"]) else "",
            "whose": chosen["whose"] if chosen["whose"] in WHOSE else "",
            "q": chosen["q"][:LONGEST_SEARCH],
        }
        return cls(
            **known,
            lecturers=asked.get("lecturers") == "yes",
            before=small(asked.get("before")) or 0,
            page=min(max(small(asked.get("page")) or 1, 1), MOST_PAGES),
        )

    @property
    def any(self) -> bool:
        return self.chosen or bool(self.q) or self.lecturers

    @property
    def chosen(self) -> bool:
        """Whether anything but words is asked for."""
        return any((self.kind, self.theme, self.country, self.session, self.whose))

    @property
    def says_little(self) -> bool:
        """Whether the words asked for are in every text, so that they find all or nothing."""
        return bool(self.q) and EVERYWHERE.issuperset(words(self.q))

    @property
    def only(self) -> str:
        """The selector of the cards that belong to the list, for those that come while it is looked at."""
        parts = [
            self.kind and f'[data-kind="{self.kind}"]',
            self.theme and f'[data-themes~="{self.theme}"]',
            self.country and f'[data-country="{self.country}"]',
            self.session and f'[data-session="{self.session}"]',
        ]
        return "".join(filter(None, parts))

    @property
    def takes_new(self) -> bool:
        """Whether what is new belongs in the list: not on later pages, nor where only the database can tell."""
        return not (self.q or self.before or self.whose)

    def address(self, **changes: Any) -> str:
        """The query of the same list with something changed."""
        chosen: dict[str, Any] = {**vars(self), "before": 0, "page": 1, **changes}
        said = {
            name: "yes" if value is True else value
            for name, value in chosen.items()
            if value and not (name == "page" and value == 1)
        }
        return "?" + urlencode(said) if said else "?"

    async def of_notes(self, viewer: int) -> list[Any]:
        """As conditions on notes."""
        conditions: list[Any] = []
        if self.kind:
            conditions.append(Note.kind == self.kind)
        if self.theme:
            conditions.append(Note.themes.like(f"% {self.theme} %"))
        if self.session:
            conditions.append(Note.session == self.session)
        if self.country:
            shows = Profile.select(Profile.id).where(
                Profile.shows_country.eq(True), Profile.country == self.country
            )
            conditions.append(Note.author.is_in(shows))
        if self.whose == "mine":
            conditions.append(Note.author == viewer)
        if self.whose == "followed":
            conditions.append(Note.id.is_in(Follow.select(Follow.note).where(Follow.profile == viewer)))
        if self.q:
            by_name = Profile.select(Profile.id).where(
                Profile.listed.eq(True), await Entry.finds("profile", self.q)
            )
            conditions.append(await Entry.finds("note", self.q) | Note.author.is_in(by_name))
        if self.before:
            conditions.append(Note.id < self.before)
        return conditions

    async def of_people(self) -> list[Any]:
        """As conditions on profiles: one is found only by what one shows."""
        conditions: list[Any] = []
        if self.theme:
            conditions += [Profile.shows_themes.eq(True), Profile.themes.like(f"% {self.theme} %")]
        if self.country:
            conditions += [Profile.shows_country.eq(True), Profile.country == self.country]
        if self.lecturers:
            conditions.append(Profile.speaker != "")
        if self.q:
            conditions.append(await Entry.finds("profile", self.q))
        return conditions


def by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Countries as the choices of a select."""
    names = countries()
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda country: country[1])
