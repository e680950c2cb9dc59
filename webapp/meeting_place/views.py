"""The meeting place as pages show it. What is for everybody has no field for what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self, cast

from webapp import clock
from webapp.conference.programme import Programme
from webapp.tables import MeToo, Reply
from webapp.tables.meeting_place.board import Kind, NoteRow, SignedRow
from webapp.tables.meeting_place.contacts import ContactRow
from webapp.tables.meeting_place.notices import NoticeRow
from webapp.tables.meeting_place.profile import PublicProfile
from webapp.tables.meeting_place.replies import ReplyRow
from webapp.tables.meeting_place.round_tables import RoundTableRow

KINDS = {Kind.SEEK: "I seek", Kind.OFFER: "I offer", Kind.IDEA: "An idea to discuss"}


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
    """What a row says it is about. `themes`: slugs, with blanks between them."""
    titles = {category.slug: category.title for category in programme.categories}
    return tuple(Theme(slug, titles.get(slug, f"#{slug}")) for slug in themes.split())


@dataclass(frozen=True, kw_only=True)
class PersonView:
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
    def from_row(cls, row: PublicProfile, programme: Programme) -> Self:
        return cls(**_shown(row, programme))


def _shown(row: PublicProfile, programme: Programme) -> dict[str, Any]:
    return {
        "id": row["id"],
        "tag": row["tag"],
        "name": row["name"],
        "lecturer": row["speaker"],
        "organisation": row["organisation"] if row["shows_organisation"] else "",
        "role": row["role"] if row["shows_role"] else "",
        "country": row["country"] if row["shows_country"] else "",
        "languages": row["languages"] if row["shows_languages"] else "",
        "line": row["line"] if row["shows_line"] else "",
        "themes": themes_of(row["themes"] if row["shows_themes"] else "", programme),
        "here": bool(row["here_until"] and row["here_until"] > clock.now()),
    }


@dataclass(frozen=True, kw_only=True)
class ContactView(PersonView):
    """Somebody with whom one has become contacts: how to reach them, and one's note about them."""

    email: str
    telephone: str
    note: str
    contact: int

    @classmethod
    def from_contact(cls, row: ContactRow, programme: Programme) -> Self:
        return cls(
            **_shown(row, programme),
            email=row["email"],
            telephone=row["telephone"],
            note=row["note"],
            contact=row["contact"],
        )


@dataclass(frozen=True, kw_only=True)
class SignedText:
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

    def takes_back(self, before: SignedText) -> bool:
        """Whether something that could be read of it or of its author before is said no more."""
        old, new = vars(before), vars(self)
        return any(old.get(name) and old[name] != new[name] for name in SAID)


SAID = ("title", "text", "themes", "session", "name", "lecturer", "country", "listed")
"""What a note or a reply says, and says of its author."""


def _signed(row: SignedRow, programme: Programme) -> dict[str, Any]:
    return {
        "id": row["id"],
        "text": row["text"],
        "state": row["state"],
        "revision": row["revision"],
        "written_at": row["written_at"].astimezone(programme.conference.zone),
        "author": row["author"],
        "tag": row["tag"] or "",
        "name": row["name"] or "",
        "lecturer": row["speaker"] or "",
        "country": (row["country"] or "") if row["shows_country"] else "",
        "listed": bool(row["listed"]),
    }


@dataclass(frozen=True, kw_only=True)
class NoteView(SignedText):
    """A note on the board."""

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
    def from_row(cls, row: NoteRow, programme: Programme) -> Self:
        session = programme.session(row["session"])
        return cls(
            **_signed(row, programme),
            kind=row["kind"],
            title=row["title"],
            themes=themes_of(row["themes"], programme),
            session=row["session"],
            about=session.title if session else "",
            question=row["question"],
            replies=row["replies"],
            votes=row["votes"],
            tally=row["tally"],
            archived=is_archive(programme),
        )


@dataclass(frozen=True, kw_only=True)
class ReplyView(SignedText):
    """A reply under a note."""

    note: int
    note_state: str
    note_author: int | None

    @classmethod
    def from_row(cls, row: ReplyRow, programme: Programme) -> Self:
        return cls(
            **_signed(row, programme),
            note=row["note"],
            note_state=row["note_state"],
            note_author=row["note_author"],
        )


@dataclass(frozen=True, kw_only=True)
class RoundTableView:
    """A round table, as everybody sees it who may. Times are the conference's."""

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
    def from_row(cls, row: RoundTableRow, programme: Programme) -> Self:
        zone, now = programme.conference.zone, clock.now()
        phase = "next" if now < row["starts_at"] else "now" if now < row["ends_at"] else "over"
        places = {table.slug: table.title for table in programme.file.table}
        return cls(
            id=row["id"],
            title=row["title"],
            place=places.get(row["place"], row["place"]),
            starts_at=row["starts_at"].astimezone(zone),
            ends_at=row["ends_at"].astimezone(zone),
            seats=row["seats"],
            taken=row["taken"],
            waiting=row["waiting"],
            cancelled=row["cancelled"],
            note=row["note"],
            host=row["host"],
            host_name=row["host_name"] or "",
            phase="off" if row["cancelled"] else phase,
        )

    @property
    def left(self) -> int:
        """How many seats are free."""
        return self.seats - self.taken


async def counted_without(hidden: frozenset[int], notes: Sequence[NoteView]) -> Sequence[NoteView]:
    """Notes for somebody from whom these profiles are hidden: none of what those say to them is counted."""
    if not notes or not hidden:
        return notes
    ids = [note.id for note in notes]
    replies, votes = await Reply.numbers_by(hidden, ids), await MeToo.numbers_by(hidden, ids)
    return [
        replace(note, replies=note.replies - replies[note.id], votes=note.votes - votes[note.id])
        for note in notes
    ]


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    """Something that somebody was told, as they may read it now."""

    id: int
    kind: str
    text: str
    at: datetime
    read_at: datetime | None
    note: int | None
    title: str | None
    """Of the note, with its `state`."""
    state: str | None
    name: str | None
    """Of who has done it, with their `tag`."""
    tag: str | None
    table: RoundTableView | None
    """None: it is about none, or about one that they do not see."""

    @classmethod
    def from_row(cls, row: NoticeRow, table: RoundTableRow | None, programme: Programme) -> Self:
        """`table`: what the row is about, if its reader sees it."""
        about = {name: value for name, value in row.items() if name != "round_table"}
        return cls(
            **cast(dict[str, Any], about),
            table=RoundTableView.from_row(table, programme) if table else None,
        )

    @property
    def leads_to(self) -> str:
        """The page where there is more of it."""
        if self.note:
            return f"/meeting-place/notes/{self.note}"
        if self.kind == "message":
            return f"/meeting-place/contacts/{self.tag}"
        if self.table:
            return f"/meeting-place/tables#table-{self.table.id}"
        if self.kind == "unseated":
            return "/meeting-place/tables"
        if self.kind.startswith("contact"):
            return "/meeting-place/contacts"
        return "/meeting-place/notices"
