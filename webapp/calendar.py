"""The programme for calendar programs, as RFC 5545 says. The same programme always gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from icalendar import STATUS, TRANSP, Calendar, Event, Timezone

from webapp.conference_file import Session
from webapp.meeting_place import TableCard
from webapp.programme import Programme, WithdrawnSession

NEWS_EVERY = timedelta(hours=1)
"""How often a calendar program that subscribes is asked to look for changes."""


def programme_calendar(
    programme: Programme, sessions: Iterable[Session] | None = None, *, name: str, base_url: str
) -> bytes:
    """A calendar of these sessions, or of the whole programme with what was taken out of it.

    A session whose time is to be announced stands as an all-day entry that takes up no time; none is invented.
    """
    conference = programme.conference
    calendar = Calendar.new(
        prodid="-//Plenum//plenum//EN",
        uid=uuid5(NAMESPACE_URL, f"{base_url}/{conference.slug}/{name}"),
        name=name,
        refresh_interval=NEWS_EVERY,
        last_modified=programme.loaded_at,
    )
    calendar.add_component(
        Timezone.from_tzinfo(
            conference.zone,
            first_date=date(conference.starts.year, 1, 1),
            last_date=date(conference.ends.year + 1, 1, 1),
        )
    )
    for session in programme.sessions if sessions is None else sessions:
        calendar.add_component(_event(programme, session, base_url))
    if sessions is None:
        for gone in programme.withdrawn:
            calendar.add_component(_withdrawn(programme, gone))
    return bytes(calendar.to_ical())


def tables_calendar(
    programme: Programme, tables: Iterable[TableCard], rows: Iterable[Any], base_url: str
) -> bytes:
    """A calendar of tables at which somebody has a seat, or of one. `rows`: how calendars know them, in that order."""
    calendar = Calendar.new(
        prodid="-//Plenum//plenum//EN",
        name=f"{programme.conference.title}: my tables",
        refresh_interval=NEWS_EVERY,
    )
    venue = programme.conference.venue
    for table, row in zip(tables, rows, strict=True):
        calendar.add_component(
            Event.new(
                uid=row["uid"],
                sequence=row["sequence"],
                stamp=row["changed_at"],
                last_modified=row["changed_at"],
                summary=table.title,
                start=table.starts_at,
                end=table.ends_at,
                location=f"{table.place}, {venue.name}",
                url=f"{base_url}/meeting-place/tables/{table.id}",
                status=STATUS.CANCELLED if table.cancelled else STATUS.CONFIRMED,
            )
        )
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())


def _event(programme: Programme, session: Session, base_url: str) -> Event:
    venue = programme.conference.venue
    speakers = ", ".join(speaker.name for speaker in programme.speakers_of(session))
    return _entry(
        programme,
        session.slug,
        session.name,
        session.starts_at or session.day,
        session.ends_at,
        description="\n\n".join(filter(None, [speakers, session.abstract])) or None,
        location=", ".join(filter(None, [session.room, venue.name, venue.address])),
        url=f"{base_url}/programme/{session.slug}",
        categories=[category.title for category in programme.categories_of(session)],
        status="CANCELLED" if session.cancelled else "CONFIRMED",
    )


def _withdrawn(programme: Programme, gone: WithdrawnSession) -> Event:
    starts = gone.starts_at or programme.conference.starts
    return _entry(programme, gone.slug, gone.title, starts, gone.ends_at, status="CANCELLED")


def _entry(
    programme: Programme, slug: str, title: str, starts: datetime | date, ends: datetime | None, **facts: Any
) -> Event:
    """What every entry has: an identity for good, a sequence that rises, and when it is."""
    known, zone = programme.ics(slug), programme.conference.zone
    if isinstance(starts, datetime):
        start: datetime | date = starts.astimezone(zone)
        end: datetime | date | None = ends.astimezone(zone) if ends else None
        takes_time = TRANSP.OPAQUE
    else:
        title = f"{title} (time to be announced)"
        start, end, takes_time = starts, starts + timedelta(days=1), TRANSP.TRANSPARENT
    return Event.new(
        uid=known.uid,
        sequence=known.sequence,
        # The moment of the last change, and not of this drawing.
        stamp=known.changed_at,
        last_modified=known.changed_at,
        summary=title,
        start=start,
        end=end,
        transparency=takes_time,
        **facts,
    )
