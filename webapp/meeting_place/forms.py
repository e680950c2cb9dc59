"""What people type at the meeting place: read, checked, and kept as typed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from litestar.datastructures import FormMultiDict

from webapp.conference.programme import Programme
from webapp.tables.meeting_place.board import Kind, NoteContent, NoteRow
from webapp.tables.meeting_place.presentation import SelfDescription
from webapp.tables.meeting_place.profile import SHOWABLE
from webapp.tables.meeting_place.round_tables import Invitation, RoundTableRow, Setting, too_few
from webapp.text.name_check import NameCheck
from webapp.text.typed import LONGEST_NAME, Messages, length, line, prose, too_long
from webapp.text.words import words
from webapp.web.numbers import small

LONGEST_LINE = 160
LONGEST_FIELD = 120
LONGEST_TITLE = 100
LONGEST_TEXT = 2000
LONGEST_REPLY = 1000
LONGEST_TAG = 30
MOST_TAGS = 5
LONGEST_TAGS = 400
"""As typed: with room for long words, of which the beginning is taken."""
TELEPHONE = re.compile(r"\+?[0-9 ()/.-]{4,30}")


def as_tag(typed: str) -> str:
    """`Parents’ evening` as `parents-evening`: a word that means the same however it is typed."""
    return re.sub(r"[\W_]+", "-", typed.casefold().replace("’", "").replace("'", ""))[:LONGEST_TAG].strip("-")


def as_tags(typed: str) -> list[str]:
    """Free tags, as they are typed one after the other with commas between."""
    return list(dict.fromkeys(filter(None, (as_tag(part) for part in re.split(r"[,;#\n]", typed)))))


def as_key(value: Any) -> str:
    """Of the form: however often it is sent, it is one note or one reply."""
    return line(value)[:60] or secrets.token_urlsafe(12)


def _themes(slugs: list[str]) -> str:
    return f" {' '.join(slugs)} " if slugs else ""


def _chosen(fields: FormMultiDict, name: str) -> list[str]:
    return [value for value in fields.getall(name, []) if isinstance(value, str)]


@dataclass
class ProfileForm:
    """What somebody says of themselves."""

    name: str = ""
    organisation: str = ""
    role: str = ""
    themes: list[str] = field(default_factory=list)
    languages: str = ""
    line: str = ""
    telephone: str = ""
    by_mail: bool = False
    listed: bool = False
    shown: list[str] = field(default_factory=list)
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """A profile as it was last kept."""
        copied = ("name", "organisation", "role", "languages", "line", "telephone", "by_mail", "listed")
        return cls(
            **{name: row[name] for name in copied},
            themes=row["themes"].split(),
            shown=[name for name in SHOWABLE if row[f"shows_{name}"]],
        )

    @classmethod
    def read(cls, fields: FormMultiDict, programme: Programme) -> Self:
        """What was sent, with an error at each field that is not in order."""
        slugs = {category.slug for category in programme.categories}
        form = cls(
            name=line(fields.get("name")),
            organisation=line(fields.get("organisation")),
            role=line(fields.get("role")),
            themes=[slug for slug in _chosen(fields, "themes") if slug in slugs],
            languages=line(fields.get("languages")),
            line=line(fields.get("line")),
            telephone=line(fields.get("telephone")),
            by_mail=fields.get("by_mail") == "yes",
            listed=fields.get("listed") == "yes",
            shown=[name for name in _chosen(fields, "shown") if name in SHOWABLE],
        )
        if not form.name:
            form.errors["name"] = "Please enter the name that others call you by."
        for name, longest in LONGEST_OF.items():
            if too_long(getattr(form, name), longest):
                form.errors[name] = f"Please keep this under {longest} characters."
        if form.telephone and not TELEPHONE.fullmatch(form.telephone):
            form.errors["telephone"] = "A telephone number has digits only, like +47 22 12 34 56."
        return form

    @property
    def description(self) -> SelfDescription:
        """What it says, once it was found in order."""
        return SelfDescription(
            name=self.name,
            organisation=self.organisation,
            role=self.role,
            themes=_themes(self.themes),
            languages=self.languages,
            line=self.line,
            telephone=self.telephone,
            by_mail=self.by_mail,
            listed=self.listed,
            shown=frozenset(self.shown),
        )


LONGEST_OF = {
    "name": LONGEST_NAME,
    "organisation": LONGEST_FIELD,
    "role": LONGEST_FIELD,
    "languages": LONGEST_FIELD,
    "line": LONGEST_LINE,
}


@dataclass
class NoteForm:
    """A note on its way to the board."""

    kind: str = ""
    title: str = ""
    text: str = ""
    themes: list[str] = field(default_factory=list)
    """Slugs of categories."""
    tags: str = ""
    """Further themes, as typed."""
    session: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    check: NameCheck = field(default_factory=NameCheck)
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def from_row(cls, row: NoteRow, programme: Programme) -> Self:
        """A note as it is, to be said differently."""
        slugs = {category.slug for category in programme.categories}
        themes = row["themes"].split()
        return cls(
            kind=row["kind"],
            title=row["title"],
            text=row["text"],
            session=row["session"],
            themes=[slug for slug in themes if slug in slugs],
            tags=", ".join(slug for slug in themes if slug not in slugs),
        )

    @classmethod
    def read(cls, fields: FormMultiDict, programme: Programme, author: str) -> Self:
        """`author`: their name, with which the note is signed."""
        slugs = {category.slug for category in programme.categories}
        form = cls(
            kind=line(fields.get("kind")),
            title=line(fields.get("title")),
            text=prose(fields.get("text")),
            themes=[slug for slug in _chosen(fields, "themes") if slug in slugs],
            tags=line(fields.get("tags")),
            session=line(fields.get("session")),
            key=as_key(fields.get("key")),
        )
        if form.kind not in list(Kind):
            form.errors["kind"] = "Please choose what kind of note this is."
        if not form.title:
            form.errors["title"] = "Please give it a title: a few words that say what it is about."
        elif too_long(form.title, LONGEST_TITLE):
            form.errors["title"] = f"Please keep the title under {LONGEST_TITLE} characters."
        if too_long(form.text, LONGEST_TEXT):
            form.errors["text"] = (
                f"Please keep this under {LONGEST_TEXT} characters; this has {length(form.text, LONGEST_TEXT)}."
            )
        if too_long(form.tags, LONGEST_TAGS) or len(as_tags(form.tags)) > MOST_TAGS:
            form.errors["tags"] = f"Please keep it to {MOST_TAGS} words of your own."
        if form.session and not programme.session(form.session):
            form.errors["session"] = "Please choose the session from the list, or none."
        texts = {"title": form.title, "text": form.text, "tags": form.tags}
        form.check = NameCheck.read(fields, texts, programme.words.union(words(author)), form.errors)
        return form

    @property
    def content(self) -> NoteContent:
        """What the note is to say, once it was found in order."""
        themes = list(dict.fromkeys([*self.themes, *as_tags(self.tags)]))
        return NoteContent(self.kind, self.title, self.text, _themes(themes), self.session)


@dataclass
class RoundTableForm:
    """An invitation to a round table, or its change."""

    title: str = ""
    place: str = ""
    seats: str = ""
    """Only of a change: a new table has as many as the venue's."""
    starts: str = ""
    """In the conference's time, as a browser sends it: `2017-11-06T12:15`."""
    minutes: str = "30"
    note: int | None = None
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    check: NameCheck = field(default_factory=NameCheck)
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def read(cls, fields: FormMultiDict, programme: Programme, host: str, now: datetime) -> Self:
        """`host`: their name, which everybody reads."""
        form = cls(
            title=line(fields.get("title")),
            place=line(fields.get("place")),
            starts=line(fields.get("starts")),
            minutes=line(fields.get("minutes")),
            note=small(line(fields.get("note"))),
            key=as_key(fields.get("key")),
        )
        if not form.title:
            form.errors["title"] = "Please say in a few words what the table is about."
        elif too_long(form.title, LONGEST_TITLE):
            form.errors["title"] = f"Please keep this under {LONGEST_TITLE} characters."
        form._check_setting(programme, now)
        form.check = NameCheck.read(
            fields, {"title": form.title}, programme.words.union(words(host)), form.errors
        )
        return form

    @classmethod
    def from_row(cls, row: RoundTableRow, programme: Programme) -> Self:
        """A round table as its host invites to it."""
        starts = row["starts_at"].astimezone(programme.conference.zone)
        return cls(
            place=row["place"],
            seats=str(row["seats"]),
            starts=f"{starts:%Y-%m-%dT%H:%M}",
            minutes=str((row["ends_at"] - row["starts_at"]) // timedelta(minutes=1)),
        )

    @classmethod
    def read_change(
        cls, fields: FormMultiDict, row: RoundTableRow, programme: Programme, now: datetime
    ) -> Self:
        """What was sent to change a round table, which is in this `row`."""
        form = cls(
            place=line(fields.get("place")),
            seats=line(fields.get("seats")),
            starts=line(fields.get("starts")),
            minutes=line(fields.get("minutes")),
        )
        form._check_setting(programme, now, row["starts_at"])
        most = max([table.seats for table in programme.file.table if table.slug == form.place], default=0)
        seats = small(form.seats)
        if seats is None or seats > 9999:
            form.errors["seats"] = "Please enter how many seats, like 6."
        elif seats < row["taken"]:
            form.errors["seats"] = too_few(row["taken"])
        elif most and not 1 <= seats <= most:
            form.errors["seats"] = f"This table has {most} seats, so please choose from 1 to {most}."
        return form

    def _check_setting(self, programme: Programme, now: datetime, started_at: datetime | None = None) -> None:
        """`started_at`: what it begins at before a change, which may stay though it is over."""
        if self.place not in {table.slug for table in programme.file.table}:
            self.errors["place"] = "Please choose one of the tables."
        if self.minutes not in MINUTES:
            self.errors["minutes"] = "Please choose how long it takes."
        conference = programme.conference
        starts = self.starts_at(programme)
        if starts is None:
            self.errors["starts"] = "Please enter a day and a time."
        elif not conference.starts <= starts.date() <= conference.ends:
            self.errors["starts"] = "Please choose a time on one of the conference’s days."
        elif starts < now - timedelta(minutes=5) and starts != started_at:
            self.errors["starts"] = "This time is over. Please choose a later one."

    def starts_at(self, programme: Programme) -> datetime | None:
        """When it begins. None: that is no day and time."""
        try:
            at = datetime.fromisoformat(self.starts)
        except ValueError:
            return None
        return at.replace(tzinfo=programme.conference.zone) if at.tzinfo is None else None

    def invitation(self, programme: Programme) -> Invitation:
        """Where, when and about what, once it was found in order."""
        return Invitation(**vars(self.setting(programme)), title=self.title, note=self.note)

    def setting(self, programme: Programme) -> Setting:
        """Where and when, once it was found in order."""
        starts = self.starts_at(programme)
        place = next(table for table in programme.file.table if table.slug == self.place)
        assert starts is not None  # noqa: S101 - else there is an error
        ends = starts + timedelta(minutes=int(self.minutes))
        seats = int(self.seats) if self.seats else place.seats
        return Setting(self.place, seats, starts.astimezone(UTC), ends.astimezone(UTC))


MINUTES = {
    "15": "A quarter of an hour",
    "30": "Half an hour",
    "45": "Three quarters",
    "60": "An hour",
    "90": "An hour and a half",
}


@dataclass
class ReplyForm:
    """A reply, or a message to a contact."""

    text: str = ""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    check: NameCheck = field(default_factory=NameCheck)
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def read(cls, fields: FormMultiDict, known: Set[str] | None = None) -> Self:
        """`known`: the words that name nobody to protect. None: only a contact reads it, and it is not checked."""
        form = cls(text=prose(fields.get("text")), key=as_key(fields.get("key")))
        if not form.text:
            form.errors["text"] = "Please write something first."
        elif too_long(form.text, LONGEST_REPLY):
            form.errors["text"] = (
                f"Please keep it under {LONGEST_REPLY} characters; this has {length(form.text, LONGEST_REPLY)}."
            )
        if known is not None:
            form.check = NameCheck.read(fields, {"text": form.text}, known, form.errors)
        return form
