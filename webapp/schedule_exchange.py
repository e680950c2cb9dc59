"""The field's exchange format, `schedule.json` and `schedule.xml`: read as frab and pretalx write it, and written.

What the format has no place for is left out: prices and seats, seminars to choose between, affiliations, and every
category of a session but its first. Where it says nothing of the venue, neither do we.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NoReturn
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree
from xml.parsers import expat
from zoneinfo import ZoneInfo, available_timezones

from webapp import __version__
from webapp.conference_file import (
    ConferenceFile,
    ConferenceFileError,
    Problem,
    Session,
    SessionKind,
    check,
)
from webapp.programme import Programme

LARGEST_SCHEDULE = 20 * 1024 * 1024
"""Bytes. The largest congresses of the field stay below a quarter of it."""

GENERATOR = "Plenum"
TIMESLOT = "00:05"
PLAIN_LETTERS = {ord("ø"): "o", ord("æ"): "ae", ord("å"): "a", ord("ł"): "l", ord("đ"): "d", ord("ð"): "d"}
NO_VENUE = "Venue to be announced"

KINDS = {
    "workshop": SessionKind.WORKSHOP,
    "hands": SessionKind.WORKSHOP,
    "tutorial": SessionKind.WORKSHOP,
    "keynote": SessionKind.KEYNOTE,
    "opening": SessionKind.WELCOME,
    "welcome": SessionKind.WELCOME,
    "panel": SessionKind.PANEL,
    "podium": SessionKind.PANEL,
    "discussion": SessionKind.DISCUSSION,
    "meeting": SessionKind.DISCUSSION,
    "break": SessionKind.BREAK,
    "lunch": SessionKind.BREAK,
}
"""What a type says when it has this word in it. Types are free text; any other is a lecture."""


def read_schedule(source: Path | bytes) -> ConferenceFile:
    """Read a schedule in the exchange format, JSON or XML. Raises ConferenceFileError.

    A schedule says nothing of prices, so registration is off. Its sessions keep their identity when it is read again,
    also after their titles were edited.
    """
    content = source if isinstance(source, bytes) else _content(source)
    content = content.removeprefix(b"\xef\xbb\xbf").strip()
    document = _from_xml(content) if content.startswith(b"<") else _from_json(content)
    return check(_Reading(document).conference_file())


def schedule_json(programme: Programme, base_url: str) -> bytes:
    """The programme as `schedule.json`. Sessions without a published time, and cancelled ones, have no place in it."""
    conference = programme.conference
    numbers = _numbers(programme)
    rooms = dict.fromkeys(_room(programme, session) for session in _published(programme))
    document = {
        "$schema": "https://c3voc.de/schedule/schema.json",
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
                "daysCount": len(_dates(programme)),
                "timeslot_duration": TIMESLOT,
                "time_zone_name": conference.timezone,
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
                    for index, day, starts, ends, by_room in _days(programme)
                ],
            },
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def schedule_xml(programme: Programme, base_url: str) -> bytes:
    """The programme as `schedule.xml`. Sessions without a published time, and cancelled ones, have no place in it."""
    conference = programme.conference
    numbers = _numbers(programme)
    people = {speaker.slug: str(number) for number, speaker in enumerate(programme.speakers, start=1)}
    root = ElementTree.Element("schedule")
    ElementTree.SubElement(root, "generator", name=GENERATOR, version=__version__)
    _texts(root, version=str(programme.revision))
    _texts(
        ElementTree.SubElement(root, "conference"),
        acronym=_acronym(programme),
        title=conference.title,
        start=conference.starts.isoformat(),
        end=conference.ends.isoformat(),
        days=str(len(_dates(programme))),
        timeslot_duration=TIMESLOT,
        base_url=f"{base_url}/",
        time_zone_name=conference.timezone,
    )
    for index, day, starts, ends, by_room in _days(programme):
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
                persons = ElementTree.SubElement(element, "persons")
                for slug, person in zip(session.speakers, event["persons"], strict=True):
                    ElementTree.SubElement(persons, "person", id=people[slug]).text = person["name"]
    ElementTree.indent(root)
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


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
    categories = programme.categories_of(session)
    return {
        "id": number,
        "guid": str(programme.ics(session.slug).uid),
        "date": session.starts_at.isoformat(),
        "start": f"{session.starts_at:%H:%M}",
        "duration": f"{minutes // 60:02}:{minutes % 60:02}",
        "room": _room(programme, session),
        # Validators want this form: acronym, number, name.
        "slug": f"{_acronym(programme).replace('_', '')}-{number}-{session.slug.ljust(4, '_')}",
        "url": f"{base_url}/programme/{session.slug}",
        "title": session.title,
        "subtitle": session.code,
        "track": categories[0].title if categories else "",
        "type": session.kind.value,
        "language": session.language or programme.conference.language,
        "abstract": session.abstract,
        "description": "",
        "recording_license": "",
        "persons": [
            {
                "guid": _guid(programme, "speaker", speaker.slug),
                "name": speaker.name,
                "public_name": speaker.name,
                "biography": speaker.biography,
            }
            for speaker in programme.speakers_of(session)
        ],
        "links": [],
        "attachments": [],
        "answers": [],
    }


def _published(programme: Programme) -> list[Session]:
    return [s for s in programme.sessions if s.starts_at and s.ends_at and not s.cancelled]


def _dates(programme: Programme) -> list[date]:
    first, last = programme.conference.starts, programme.conference.ends
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _days(programme: Programme) -> Iterator[tuple[int, date, datetime, datetime, dict[str, list[Session]]]]:
    """Number, date, midnight to midnight, and the sessions by room, of each day of the conference."""
    zone = programme.conference.zone
    for index, day in enumerate(_dates(programme), start=1):
        by_room: dict[str, list[Session]] = {}
        for session in _published(programme):
            if session.day == day:
                by_room.setdefault(_room(programme, session), []).append(session)
        starts, ends = (datetime.combine(day + timedelta(days=more), time.min, zone) for more in (0, 1))
        yield index, day, starts, ends, by_room


def _room(programme: Programme, session: Session) -> str:
    """The format wants a room of every session; where we know of none, it is somewhere in the venue."""
    return session.room or programme.conference.venue.name


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


# Reading. XML is brought into the form of the JSON first, so that there is one reader.


class _Reading:
    """A schedule on its way to a conference file."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.schedule = _table(document.get("schedule"))
        self.conference = _table(self.schedule.get("conference"))
        self.ours = _table(document.get("generator")).get("name") == GENERATOR
        self.events = [
            (_text(room), _table(event), _date(_table(day).get("date")))
            for day in _list(self.conference.get("days"))
            for room, events in _table(_table(day).get("rooms")).items()
            for event in _list(events)
        ]
        if not self.events:
            _refuse("There is no session in it. This does not seem to be a schedule.json or schedule.xml.")
        self.problems: list[Problem] = []
        self.zone = self._zone()
        self.speakers: dict[str, dict[str, Any]] = {}
        self.tracks = _Slugs()
        self.people = _Slugs()

    def conference_file(self) -> dict[str, Any]:
        for track in _list(self.conference.get("tracks")):
            self._track(_table(track).get("name"))
        sessions = [session for event in self.events if (session := self._session(*event))]
        if self.problems:
            raise ConferenceFileError(tuple(self.problems))
        self._name(sessions)
        days = [session["day"] for session in sessions]
        starts, ends = (_date(self.conference.get(key)) for key in ("start", "end"))
        title = _text(self.conference.get("title")) or "Conference"
        return {
            "conference": {
                "slug": _slug(_text(self.conference.get("acronym"))) or _slug(title) or "conference",
                "title": title,
                "tagline": _line(self.conference.get("description")) or title,
                "about": _text(self.conference.get("description")),
                "timezone": self.zone.key,
                "starts": min([*days, starts] if starts else days),
                "ends": max([*days, ends] if ends else days),
                "venue": {"name": NO_VENUE, "address": NO_VENUE, "city": NO_VENUE},
            },
            "category": [{"slug": slug, "title": title} for title, slug in self.tracks.items()],
            "speaker": list(self.speakers.values()),
            "session": sessions,
        }

    def _zone(self) -> ZoneInfo:
        name = _text(self.conference.get("time_zone_name"))
        if name in available_timezones():
            return ZoneInfo(name)
        if name:
            _refuse(
                f"Its time zone “{name}” does not exist. time_zone_name should be like Europe/Copenhagen."
            )
        # Older programs give no name. The distance from UTC tells as much as we need, if it is the same throughout.
        dates = [_instant(event.get("date")) for _, event, _ in self.events]
        offsets = {when.utcoffset() for when in dates if when is not None and when.tzinfo is not None}
        if len(offsets) == 1 and not (offset := offsets.pop() or timedelta()) % timedelta(hours=1):
            hours = offset // timedelta(hours=1)
            return ZoneInfo(f"Etc/GMT{-hours:+}" if hours else "UTC")
        return _refuse(
            "It does not say its time zone. Add time_zone_name to its conference, such as Europe/Copenhagen."
        )

    def _session(self, room: str, event: dict[str, Any], day: date | None) -> dict[str, Any] | None:
        title = _line(event.get("title"))
        starts = self._starts(event, day)
        if not title or starts is None:
            missing = "title" if not title else "date with a time"
            named = (
                f"The session “{title}”" if title else f"Session {event.get('id') or event.get('guid') or ''}"
            )
            self.problems.append(Problem(event.get("line"), f"{named.strip()} has no {missing}."))
            return None
        length = _duration(event.get("duration"))
        ends = (starts.astimezone(UTC) + length).astimezone(self.zone) if length else None
        track = self._track(event.get("track"))
        subtitle, language = _text(event.get("subtitle")), _text(event.get("language"))
        prose = [] if self.ours else [subtitle]
        prose += [_text(event.get("abstract")), _text(event.get("description"))]
        return {
            "slug": self._known_as(event),
            "title": title,
            "code": subtitle if self.ours else "",
            "kind": self._kind(event.get("type")),
            "day": starts.date(),
            "starts": starts.time(),
            # A session ends on its own day here: of one that goes on after midnight the end is left out.
            "ends": ends.time() if ends and ends.date() == starts.date() else None,
            "room": room,
            "abstract": "\n\n".join(dict.fromkeys(filter(None, prose))),
            "speakers": list(dict.fromkeys(filter(None, map(self._speaker, _list(event.get("persons")))))),
            "categories": [track] if track else [],
            "language": language,
            "guid": _text(event.get("guid")),
        }

    def _starts(self, event: dict[str, Any], day: date | None) -> datetime | None:
        when = _instant(event.get("date"))
        if when is None:
            start = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", _text(event.get("start")))
            if day is None or start is None or int(start[1]) > 23 or int(start[2]) > 59:
                return None
            when = datetime.combine(day, time(int(start[1]), int(start[2])))
        return when.astimezone(self.zone) if when.tzinfo else when.replace(tzinfo=self.zone)

    def _known_as(self, event: dict[str, Any]) -> str:
        """A slug that stays when the title is edited; one that we wrote ourselves comes back."""
        written = re.fullmatch(r"[a-z0-9]+-\d+-(.+)", _text(event.get("slug")))
        if self.ours and written:
            return written[1].rstrip("_")
        return (
            f"session-{_slug(_text(event.get('id')) or _text(event.get('guid')) or _text(event.get('slug')))}"
        )

    def _name(self, sessions: list[dict[str, Any]]) -> None:
        """What is given twice under one number is told apart by its guid."""
        counts = Counter(session["slug"] for session in sessions)
        for session in sessions:
            guid = session.pop("guid")
            if counts[session["slug"]] > 1 and guid:
                session["slug"] += f"-{_slug(guid)[:8].strip('-')}"

    def _kind(self, given: Any) -> str:
        said = _text(given).casefold()
        if self.ours and said in set(SessionKind) - {SessionKind.SEMINAR}:
            return said
        return next((kind for word, kind in KINDS.items() if word in said), SessionKind.LECTURE)

    def _track(self, given: Any) -> str | None:
        title = _line(given)
        return self.tracks.of(title, title, "track") if title else None

    def _speaker(self, given: Any) -> str | None:
        person = _table(given)
        name = _line(person.get("public_name") or person.get("name") or person.get("full_public_name"))
        if not name:
            return None
        key = next((_text(person[k]) for k in ("guid", "code", "id") if person.get(k)), name)
        slug = self.people.of(key, name, "speaker")
        biography = _text(person.get("biography") or person.get("abstract"))
        self.speakers.setdefault(slug, {"slug": slug, "name": name, "biography": biography})
        return slug


class _Slugs(dict[str, str]):
    """Slugs made from names, by what is named. Namesakes are numbered."""

    def of(self, key: str, name: str, kind: str) -> str:
        if key not in self:
            stem = slug = _slug(name) or kind
            number = 1
            while slug in self.values():
                number += 1
                slug = f"{stem}-{number}"
            self[key] = slug
        return self[key]


def _content(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_SCHEDULE:
        _refuse("The file is larger than 20 MB. That is no schedule.")
    return path.read_bytes()


def _from_json(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content.decode("utf-8"))
    except json.JSONDecodeError as error:
        _refuse("This cannot be read as JSON from here on.", error.lineno)
    except UnicodeDecodeError:
        _refuse("The file is not saved as UTF-8 text. Save it as that.")
    except (ValueError, RecursionError):
        _refuse("This cannot be read as JSON.")
    return _table(document)


def _from_xml(content: bytes) -> dict[str, Any]:
    root = _parse_xml(content)
    generator, conference = root.find("generator"), root.find("conference")
    facts: dict[str, Any] = {fact.tag: fact.text for fact in conference} if conference is not None else {}
    facts["days"] = [
        {
            "date": day.get("date"),
            "rooms": {
                room.get("name", ""): [_event_from_xml(event) for event in room.findall("event")]
                for room in day.findall("room")
            },
        }
        for day in root.findall("day")
    ]
    return {
        "generator": dict(generator.attrib) if generator is not None else {},
        "schedule": {"conference": facts},
    }


def _event_from_xml(element: ElementTree.Element) -> dict[str, Any]:
    event: dict[str, Any] = {fact.tag: fact.text for fact in element if len(fact) == 0}
    event["persons"] = [
        {**person.attrib, "name": person.text} for person in element.iterfind("persons/person")
    ]
    return {**event, **element.attrib, "line": int(element.get("line", "0")) or None}


def _parse_xml(content: bytes) -> ElementTree.Element:
    """Parse XML, refusing document types: only they can make a small file grow, or fetch other files."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "event":
            attributes["line"] = str(parser.CurrentLineNumber)
        builder.start(tag, attributes)

    def refuse(*_: Any) -> NoReturn:
        _refuse(
            "It begins with a document type (<!DOCTYPE …>), which a schedule has no need of.",
            parser.CurrentLineNumber,
        )

    parser.StartElementHandler = start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        _refuse(f"This cannot be read as XML: {expat.ErrorString(error.code)}.", error.lineno)
    except (LookupError, ValueError):
        _refuse("The file is in an encoding that we do not know. Save it as UTF-8.")
    return builder.close()


def _refuse(reason: str, line: int | None = None) -> NoReturn:
    raise ConferenceFileError((Problem(line, reason),))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Text as people may see it. A translated text is taken in the first of its languages."""
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    lines = str(value).replace("\r\n", "\n").replace("\r", "\n")
    # Web forms let through what no page can show and XML cannot carry.
    return "".join(
        c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn")
    ).strip()


def _line(value: Any) -> str:
    return " ".join(_text(value).split())


def _slug(name: str) -> str:
    letters = name.casefold().translate(PLAIN_LETTERS)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _instant(value: Any) -> datetime | None:
    text = _text(value)
    try:
        return datetime.fromisoformat(text) if "T" in text or " " in text else None
    except ValueError:
        return None


def _duration(value: Any) -> timedelta | None:
    """How long, if it is told and less than a day: longer things are not sessions that end at a time of day."""
    found = re.fullmatch(r"(\d{1,3}):(\d{2})(?::\d{2})?", _text(value))
    length = timedelta(hours=int(found[1]), minutes=int(found[2])) if found else timedelta()
    return length if timedelta() < length < timedelta(days=1) else None
