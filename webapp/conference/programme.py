"""The programme as pages and calendars read it: one immutable value, made anew when a conference is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from itertools import takewhile
from operator import itemgetter
from typing import Any
from uuid import UUID

from webapp import tables
from webapp.conference.file import Category, Conference, ConferenceFile, Session, Slot, Speaker
from webapp.conference.registration import Product, ProductKind, Registration
from webapp.database.transaction import transaction
from webapp.text.words import words
from webapp.text.written import clock_time


@dataclass(frozen=True)
class Day:
    """A day of the conference that has sessions; the first day of the conference is number 1."""

    date: date
    number: int
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class NowAndNext:
    """The sessions that are on, and those that begin next."""

    now: tuple[Session, ...] = ()
    next: tuple[Session, ...] = ()


@dataclass(frozen=True)
class IcsState:
    """How calendars know a session."""

    uid: UUID
    sequence: int
    changed_at: datetime


@dataclass(frozen=True)
class WithdrawnSession:
    """A session that is no longer in the file; calendars are told that it is cancelled."""

    slug: str
    title: str
    starts_at: datetime | None
    ends_at: datetime | None
    offer: str = ""
    """What one had to hold to take part; empty: it was for everybody."""


@dataclass(frozen=True, eq=False)
class Programme:
    """The conference that is loaded."""

    file: ConferenceFile
    revision: int
    loaded_at: datetime
    withdrawn: tuple[WithdrawnSession, ...]
    _calendar: dict[str, IcsState]

    @classmethod
    async def read(cls) -> Programme | None:
        """The conference in the database, or None when none has been loaded yet."""
        async with transaction():
            conference = await tables.Conference.loaded()
            rows = await tables.Session.all_known()
        if conference is None:
            return None
        return cls(
            file=ConferenceFile.from_json(conference["document"]),
            revision=conference["revision"],
            loaded_at=conference["loaded_at"],
            withdrawn=tuple(
                WithdrawnSession(row["slug"], row["title"], row["starts_at"], row["ends_at"], row["offer"])
                for row in rows
                if row["withdrawn"]
            ),
            _calendar={row["slug"]: IcsState(row["uid"], row["sequence"], row["changed_at"]) for row in rows},
        )

    @property
    def conference(self) -> Conference:
        return self.file.conference

    @property
    def registration(self) -> Registration:
        return self.file.registration

    @property
    def products(self) -> tuple[Product, ...]:
        return self.file.product

    @property
    def slots(self) -> tuple[Slot, ...]:
        return self.file.slot

    @property
    def categories(self) -> tuple[Category, ...]:
        return self.file.category

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        return self.file.speaker

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """The days that have sessions. Within a day the file's order holds, and timed sessions stand by time."""
        by_date: dict[date, list[Session]] = {}
        for session in self.file.session:
            by_date.setdefault(session.day, []).append(session)
        return tuple(
            Day(day, (day - self.conference.starts).days + 1, tuple(_in_page_order(by_date[day])))
            for day in sorted(by_date)
        )

    @cached_property
    def sessions(self) -> tuple[Session, ...]:
        """All sessions in the order of the pages."""
        return tuple(session for day in self.days for session in day.sessions)

    def days_with(self, category: str | None = None, speaker: str | None = None) -> tuple[Day, ...]:
        """The days with only the sessions of a category and a speaker (slugs)."""
        if category is None and speaker is None:
            return self.days
        days = (
            Day(
                day.date,
                day.number,
                tuple(
                    session
                    for session in day.sessions
                    if (category is None or category in session.categories)
                    and (speaker is None or speaker in session.speakers)
                ),
            )
            for day in self.days
        )
        return tuple(day for day in days if day.sessions)

    def session(self, slug: str) -> Session | None:
        return self._sessions.get(slug)

    def language_of(self, session: Session | None = None) -> str:
        """The language of a session's title and abstract; of none, that of all else the file says."""
        return (session and session.language) or self.conference.language

    def speaker(self, slug: str) -> Speaker | None:
        return self._speakers.get(slug)

    @cached_property
    def lecturers(self) -> dict[str, tuple[str, str]]:
        """Slug and name of the lecturers whose addresses the file gives, by address."""
        return {
            tables.people.email_key(speaker.email): (speaker.slug, speaker.name)
            for speaker in self.speakers
            if speaker.email
        }

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the conference file, folded: whom and what it names is no secret."""
        return frozenset(word for text in _texts(self.file.model_dump()) for word in words(text))

    def speakers_of(self, session: Session) -> tuple[Speaker, ...]:
        """The speakers of a session in its own order."""
        return tuple(self._speakers[slug] for slug in session.speakers)

    def sessions_by(self, speaker: Speaker) -> tuple[Session, ...]:
        """The sessions in which somebody speaks."""
        return tuple(session for session in self.sessions if speaker.slug in session.speakers)

    def categories_of(self, session: Session) -> tuple[Category, ...]:
        """The themes of a session in the file's order."""
        return tuple(category for category in self.categories if category.slug in session.categories)

    def sessions_in(self, slot: Slot) -> tuple[Session, ...]:
        """The sessions that a choice is made from."""
        return tuple(session for session in self.sessions if session.slot == slot.slug)

    def order_note(self, session: Session) -> str:
        """What people have to know of a session that shares its time; empty when it has a time of its own."""
        if session.block is None or session.starts_at is None:
            return ""
        titles = [slot.title for slot in self.slots if slot.block == session.block]
        times = clock_time(session.starts_at) + (
            f" to {clock_time(session.ends_at)}" if session.ends_at else ""
        )
        together = f"{', '.join(titles[:-1])} and {titles[-1]}"
        return f"{together} share the time from {times}. Which comes first is to be announced."

    def admitted_by(self, offers: set[str]) -> tuple[Session, ...]:
        """The sessions that these offers (slugs) admit to: a seminar by its own, the workshop by its product's."""
        return tuple(session for session in self.sessions if self.file.offer_for(session) in offers)

    def attended_with(self, offers: set[str]) -> tuple[Session, ...]:
        """A delegate's own programme: what is for everybody, and what these offers admit to."""
        return tuple(
            session
            for session in self.sessions
            if (offer := self.file.offer_for(session)) is None or offer in offers
        )

    def sold_as(self, session: Session) -> Product | None:
        """What one pays to take part where not everybody does: the workshop, or participation for a seminar."""
        if session.slot is not None:
            return self.product(ProductKind.PARTICIPATION)
        return next((product for product in self.products if product.session == session.slug), None)

    def product(self, kind: ProductKind) -> Product | None:
        """The product of this kind; None where none is offered."""
        return next((product for product in self.products if product.kind == kind), None)

    def ics(self, slug: str) -> IcsState:
        """How calendars know the session of this slug, one that was withdrawn too."""
        return self._calendar[slug]

    def now_and_next(self, now: datetime) -> NowAndNext:
        """What is on, and what begins next on the same day (all that begin at that time)."""
        today = now.astimezone(self.conference.zone).date()
        timed = [(s, s.starts_at) for s in self.sessions if s.starts_at and not s.cancelled]
        running = tuple(s for s, starts in timed if starts <= now and s.ends_at and now < s.ends_at)
        first = min((starts for s, starts in timed if starts > now and s.day == today), default=None)
        return NowAndNext(running, tuple(s for s, starts in timed if starts == first))

    @cached_property
    def panels(self) -> tuple[Session, ...]:
        """The sessions that take questions."""
        return tuple(session for session in self.sessions if session.panel and not session.cancelled)

    def panel_for(self, session: Session) -> Session | None:
        """The panel that takes questions about this session."""
        return next(
            (panel for panel in self.panels if session in (panel, *self.talked_about_in(panel))), None
        )

    def talked_about_in(self, panel: Session) -> tuple[Session, ...]:
        """The sessions whose lecturers a panel's questions may be for."""
        about = panel.panel.about if panel.panel else ()
        return tuple(self._sessions[slug] for slug in about) or (panel,)

    @property
    def has_registration(self) -> bool:
        """Whether one can register for it at all; a schedule from elsewhere has nothing to book."""
        return self.product(ProductKind.PARTICIPATION) is not None

    def registration_open(self, now: datetime) -> bool:
        """Whether delegates may book at this instant."""
        if not self.has_registration:
            return False
        opens, closes = self.registration.opens, self.registration.closes
        return (opens is None or opens <= now) and (closes is None or now < closes)

    @cached_property
    def _sessions(self) -> dict[str, Session]:
        return {session.slug: session for session in self.file.session}

    @cached_property
    def _speakers(self) -> dict[str, Speaker]:
        return {speaker.slug: speaker for speaker in self.speakers}


def _texts(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list | tuple):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from _texts(inner)


def clashes(sessions: Iterable[Session]) -> dict[str, tuple[Session, ...]]:
    """For each session (slug) the others that are on at the same time. Untimed sessions clash with nothing."""
    timed = [(s, s.starts_at, s.ends_at) for s in sessions if s.starts_at and s.ends_at and not s.cancelled]
    found = {
        one.slug: tuple(
            other
            for other, starts, ends in timed
            if starts < one_ends and one_starts < ends and other is not one and not _share_a_time(one, other)
        )
        for one, one_starts, one_ends in timed
    }
    return {slug: others for slug, others in found.items() if others}


def _share_a_time(one: Session, other: Session) -> bool:
    """Whether both are of one block, and of different slots: one comes after the other."""
    return one.block is not None and one.block == other.block and one.slot != other.slot


def _in_page_order(sessions: list[Session]) -> list[Session]:
    """Sort the timed sessions by time, leaving every untimed one after the session it follows in the file."""
    untimed_before = list(takewhile(lambda session: session.starts is None, sessions))
    groups: list[tuple[time, list[Session]]] = []
    for session in sessions[len(untimed_before) :]:
        if session.starts is not None:
            groups.append((session.starts, []))
        groups[-1][1].append(session)
    groups.sort(key=itemgetter(0))
    return [*untimed_before, *(session for _, group in groups for session in group)]
