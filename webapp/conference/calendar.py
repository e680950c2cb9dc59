"""The programme for calendar programs, as RFC 5545 says. The same programme always gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from icalendar import TRANSP, Calendar, Event

from webapp.conference.attendance import Attendance
from webapp.conference.calendar_zone import zone_of
from webapp.conference.file import Session
from webapp.conference.programme import Programme, WithdrawnSession
from webapp.text.prose import plain

REFRESHED_EVERY = timedelta(hours=1)
"""How often a calendar program that subscribes is asked to look for changes."""
END = b"END:VCALENDAR\r\n"


def programme_calendar(
    programme: Programme, sessions: Iterable[Session] | None = None, *, name: str, base_url: str
) -> bytes:
    """A calendar of these sessions, or of the whole programme with what was taken out of it.

    A session whose time is to be announced stands as an all-day entry that takes up no time; none is invented.
    """
    calendar = blank_calendar(programme, f"{base_url}/{programme.conference.slug}/{name}", name)
    for session in programme.sessions if sessions is None else sessions:
        calendar.add_component(_event(programme, session, base_url))
    if sessions is None:
        for gone in programme.withdrawn:
            calendar.add_component(_withdrawn(programme, gone))
    return bytes(calendar.to_ical())


def delegate_calendar(programme: Programme, attendance: Attendance, *, name: str, base_url: str) -> bytes:
    """The programme of one delegate, with what they do not attend any more cancelled.

    Its entries are this delegate's own (colleagues share mailboxes), the same ones for good, and the later of two
    calendars has the higher SEQUENCE, whether the delegate or the programme has changed. It is published (RFC 5546,
    3.2): METHOD:CANCEL takes one entry only, and STATUS says the same of several.
    """
    calendar = blank_calendar(programme, f"{base_url}/delegates/{attendance.delegate}", name)
    calendar.add("METHOD", "PUBLISH")
    attended = programme.attended_with(set(attendance.offers)) if attendance.offers else ()
    comes_to = {session.slug for session in attended}
    entries = [
        _own(
            programme,
            session.slug,
            attendance,
            _drawn(programme, session, base_url, session.slug in comes_to),
        )
        for session in programme.attended_with({*attendance.offers, *attendance.gone})
    ]
    entries += [
        _own(programme, gone.slug, attendance, _drawn_withdrawn(programme, gone))
        for gone in programme.withdrawn
        if not gone.offer or gone.offer in (*attendance.offers, *attendance.gone)
    ]
    return bytes(calendar.to_ical()).removesuffix(END) + b"".join(entries) + END


def _own(programme: Programme, slug: str, attendance: Attendance, entry: bytes) -> bytes:
    """This delegate's own entry, out of the one that is drawn for all of them."""
    known = programme.ics(slug)
    uid = uuid5(known.uid, f"delegate {attendance.delegate}")
    sequence = known.sequence + attendance.sequence
    return entry.replace(_line("UID", known.uid), _line("UID", uid)).replace(
        _line("SEQUENCE", known.sequence), _line("SEQUENCE", sequence)
    )


def _line(name: str, value: object) -> bytes:
    return f"\r\n{name}:{value}\r\n".encode()


@lru_cache(maxsize=1000)
def _drawn(programme: Programme, session: Session, base_url: str, attends: bool) -> bytes:
    return bytes(_event(programme, session, base_url, attends=attends).to_ical())


@lru_cache(maxsize=1000)
def _drawn_withdrawn(programme: Programme, gone: WithdrawnSession) -> bytes:
    return bytes(_withdrawn(programme, gone).to_ical())


def blank_calendar(programme: Programme, uid: str, name: str) -> Calendar:
    """A calendar without entries, which programs are asked to look at again now and then (RFC 7986, 5.7)."""
    calendar = Calendar.new(
        prodid="-//Plenum//plenum//EN",
        uid=uuid5(NAMESPACE_URL, uid),
        name=name,
        refresh_interval=REFRESHED_EVERY,
        last_modified=programme.loaded_at,
    )
    calendar["REFRESH-INTERVAL"].params["VALUE"] = "DURATION"
    calendar.add_component(zone_of(programme.conference))
    return calendar


def _event(
    programme: Programme,
    session: Session,
    base_url: str,
    *,
    attends: bool = True,
) -> Event:
    speakers = ", ".join(speaker.name for speaker in programme.speakers_of(session))
    note = programme.order_note(session)
    return _entry(
        programme,
        session.slug,
        f"{session.name} (order to be announced)" if note else session.name,
        session.starts_at or session.day,
        session.ends_at,
        description="\n\n".join(filter(None, [note, speakers, plain(session.abstract)])) or None,
        location=", ".join(filter(None, [session.room, programme.conference.where])) or None,
        url=f"{base_url}/programme/{session.slug}",
        categories=[category.title for category in programme.categories_of(session)],
        status="CONFIRMED" if attends and not session.cancelled else "CANCELLED",
    )


def _withdrawn(programme: Programme, gone: WithdrawnSession) -> Event:
    starts = gone.starts_at or programme.conference.starts
    return _entry(programme, gone.slug, gone.title, starts, gone.ends_at, status="CANCELLED")


def _entry(
    programme: Programme,
    slug: str,
    title: str,
    starts: datetime | date,
    ends: datetime | None,
    **facts: Any,
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
