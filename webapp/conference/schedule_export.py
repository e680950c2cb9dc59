"""The programme in the field's exchange format: `schedule.json` and `schedule.xml`, as their schemas want them.

What the format has no place for stays here: prices and seats, and seminars to choose between. It has one theme for a
session, so all of them stand in it, one after the other; and where a speaker comes from stands in the description.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree

from webapp import __version__
from webapp.conference.file import Link, Session, Speaker
from webapp.conference.programme import Programme
from webapp.text.written import clock_time

GENERATOR = "Plenum"
TIMESLOT = "00:05"
BETWEEN_TRACKS = " / "
NO_ROOM = "Room to be announced"
SCHEMA = "https://c3voc.de/schedule/schema.json"
ZONE = re.compile(r"[A-Z][a-z]+/[A-Z][a-z]+|UTC$")
"""The names of time zones that the schema takes. The times themselves say how far they are from UTC."""
LINK_TYPES = {"slides", "paper", "web", "blog", "article", "media", "related", "activitypub"}


def schedule_json(programme: Programme, base_url: str) -> bytes:
    """The programme as `schedule.json`, without what is `unscheduled`."""
    conference = programme.conference
    numbers = _numbers(programme)
    rooms = dict.fromkeys(_room(programme, session) for session in _published(programme))
    days = list(_days(programme))
    document = {
        "$schema": SCHEMA,
        "generator": {"name": GENERATOR, "version": __version__},
        "schedule": {
            "version": str(programme.revision),
            "base_url": f"{base_url}/",
            "url": f"{base_url}/programme",
            "conference": {
                "acronym": _acronym(programme),
                "title": conference.title,
                "description": conference.tagline,
                "start": conference.starts.isoformat(),
                "end": conference.ends.isoformat(),
                "daysCount": len(days),
                "timeslot_duration": TIMESLOT,
                **({"time_zone_name": conference.timezone} if ZONE.match(conference.timezone) else {}),
                "url": f"{base_url}/",
                "rooms": [{"name": room, "guid": _guid(programme, "room", room)} for room in rooms],
                "tracks": [{"name": category.title} for category in programme.categories],
                "days": [
                    {
                        "index": index,
                        "date": day.isoformat(),
                        "day_start": starts.isoformat(),
                        "day_end": ends.isoformat(),
                        "rooms": {
                            room: [_event(programme, session, numbers, base_url) for session in sessions]
                            for room, sessions in by_room.items()
                        },
                    }
                    for index, day, starts, ends, by_room in days
                ],
            },
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def schedule_xml(programme: Programme, base_url: str) -> bytes:
    """The programme as `schedule.xml`, without what is `unscheduled`."""
    conference = programme.conference
    numbers = _numbers(programme)
    people = {speaker.slug: str(number) for number, speaker in enumerate(programme.speakers, start=1)}
    days = list(_days(programme))
    root = ElementTree.Element("schedule")
    ElementTree.SubElement(root, "generator", name=GENERATOR, version=__version__)
    _texts(root, url=f"{base_url}/programme/schedule.xml", version=str(programme.revision))
    about = ElementTree.SubElement(root, "conference")
    _texts(
        about,
        acronym=_acronym(programme),
        title=conference.title,
        start=conference.starts.isoformat(),
        end=conference.ends.isoformat(),
        days=str(len(days)),
        timeslot_duration=TIMESLOT,
        base_url=f"{base_url}/",
        time_zone_name=conference.timezone,
    )
    for category in programme.categories:
        ElementTree.SubElement(about, "track", name=category.title)
    for index, day, starts, ends, by_room in days:
        facts = {
            "index": str(index),
            "date": day.isoformat(),
            "start": starts.isoformat(),
            "end": ends.isoformat(),
        }
        day_element = ElementTree.SubElement(root, "day", facts)
        for room, sessions in by_room.items():
            guid = _guid(programme, "room", room)
            room_element = ElementTree.SubElement(day_element, "room", name=room, guid=guid)
            for session in sessions:
                event = _event(programme, session, numbers, base_url)
                element = ElementTree.SubElement(
                    room_element, "event", id=str(event["id"]), guid=event["guid"]
                )
                _texts(element, **{key: event[key] for key in EVENT_TEXTS})
                recording = ElementTree.SubElement(element, "recording")
                optout = "true" if event["do_not_record"] else "false"
                _texts(recording, license=event["recording_license"], optout=optout)
                persons = ElementTree.SubElement(element, "persons")
                for slug, person in zip(session.speakers, event["persons"], strict=True):
                    known = {"id": people[slug], "guid": person["guid"]}
                    ElementTree.SubElement(persons, "person", known).text = person["name"]
                for kind in ("link", "attachment"):
                    links = ElementTree.SubElement(element, f"{kind}s")
                    for link in event[f"{kind}s"]:
                        named = {"href": link["url"]} | ({"type": link["type"]} if "type" in link else {})
                        ElementTree.SubElement(links, kind, named).text = link["title"]
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def unscheduled(programme: Programme) -> int:
    """How many sessions neither file has: their time is not published yet, or they are cancelled."""
    return len(programme.sessions) - len(_published(programme))


EVENT_TEXTS = (
    "date",
    "start",
    "duration",
    "room",
    "slug",
    "url",
    "title",
    "subtitle",
    "track",
    "type",
    "language",
    "abstract",
    "description",
)


def _event(programme: Programme, session: Session, numbers: dict[str, int], base_url: str) -> dict[str, Any]:
    assert session.starts_at is not None  # noqa: S101  # only what is published comes here
    assert session.ends_at is not None  # noqa: S101
    number = numbers[session.slug]
    minutes = int((session.ends_at - session.starts_at).total_seconds()) // 60
    speakers = programme.speakers_of(session)
    code = f"[{session.code}]" if session.code else ""
    return {
        "id": number,
        "guid": str(session.guid or programme.ics(session.slug).uid),
        "date": session.starts_at.isoformat(),
        "start": clock_time(session.starts_at),
        "duration": f"{minutes // 60:02}:{minutes % 60:02}",
        "room": _room(programme, session),
        # Validators want this form: acronym, number, name.
        "slug": f"{_acronym(programme)}-{number}-{session.slug}",
        "url": f"{base_url}/programme/{session.slug}",
        "title": session.title,
        "subtitle": f"{code} {session.subtitle}".strip(),
        "track": BETWEEN_TRACKS.join(category.title for category in programme.categories_of(session)),
        "type": session.type or session.kind.value,
        "language": session.language or programme.conference.language,
        "abstract": session.abstract,
        "description": "\n".join(
            [
                *filter(None, [programme.order_note(session)]),
                *(f"{s.name}: {_comes_from(s)}" for s in speakers if _comes_from(s)),
            ]
        ),
        "recording_license": session.licence,
        "do_not_record": session.do_not_record,
        "do_not_stream": session.do_not_stream,
        "persons": [
            {
                "guid": str(speaker.guid or _guid(programme, "speaker", speaker.slug)),
                "name": speaker.name,
                "public_name": speaker.name,
                "role": speaker.role,
                "affiliation": speaker.affiliation,
                "biography": speaker.biography,
            }
            for speaker in speakers
        ],
        "links": [_link(link) for link in session.link],
        "attachments": [_link(link) for link in session.attachment],
    }


def _link(link: Link) -> dict[str, str]:
    typed = {"type": link.type} if link.type in LINK_TYPES else {}
    return {"url": link.url, "title": link.title or link.url, **typed}


def _comes_from(speaker: Speaker) -> str:
    return ", ".join(filter(None, [speaker.role, speaker.affiliation]))


def _published(programme: Programme) -> list[Session]:
    return [s for s in programme.sessions if s.starts_at and s.ends_at and not s.cancelled]


def _days(programme: Programme) -> Iterator[tuple[int, date, datetime, datetime, dict[str, list[Session]]]]:
    """Number, date, midnight to midnight (or as long as it goes on), and the sessions by room, of each day."""
    conference = programme.conference
    published = _published(programme)
    last = max([conference.ends, *(session.day for session in published)])
    for number in range((last - conference.starts).days + 1):
        day = conference.starts + timedelta(days=number)
        by_room: dict[str, list[Session]] = {}
        starts, ends = (
            datetime.combine(day + timedelta(days=more), time.min, conference.zone) for more in (0, 1)
        )
        for session in published:
            if session.day == day:
                by_room.setdefault(_room(programme, session), []).append(session)
                ends = max(ends, session.ends_at or ends)
        yield number + 1, day, starts, ends, by_room


def _room(programme: Programme, session: Session) -> str:
    """The format wants a room of every session; where we know of none, it is somewhere in the venue."""
    venue = programme.conference.venue
    return session.room or (venue.name if venue else NO_ROOM)


def _acronym(programme: Programme) -> str:
    return programme.conference.slug.replace("-", "_").ljust(4, "0")


def _guid(programme: Programme, kind: str, name: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"plenum:{programme.conference.slug}/{kind}/{name}"))


def _numbers(programme: Programme) -> dict[str, int]:
    """A number for each session, by slug. It follows from its identity: edits around it change nothing."""
    numbers: dict[str, int] = {}
    taken: set[int] = set()
    for session in sorted(programme.sessions, key=lambda session: session.slug):
        number = 100_000 + programme.ics(session.slug).uid.int % 900_000
        while number in taken:
            number = number + 1 if number < 999_999 else 100_000
        taken.add(number)
        numbers[session.slug] = number
    return numbers


def _texts(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = text
