"""Schedules from elsewhere: `schedule.json` and `schedule.xml` as frab, pretalx, Pentabarf and others write them.

What Plenum has no place for is left out, and counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from webapp.conference.file import ConferenceFile, SessionKind
from webapp.conference.problems import ConferenceFileError, Problem
from webapp.conference.reading import check
from webapp.conference.schedule_documents import LINE, Document, document_of, refuse
from webapp.conference.schedule_export import BETWEEN_TRACKS, GENERATOR, NO_ROOM
from webapp.conference.values import BLOCK, LONGEST_ADDRESS, LONGEST_NIGHT, MORNING

PLAIN_LETTERS = {ord("ø"): "o", ord("æ"): "ae", ord("å"): "a", ord("ł"): "l", ord("đ"): "d", ord("ð"): "d"}

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

LINE_END = re.compile(rf"(?<=\S)[^\S\n]*\n(?!{BLOCK.pattern})(?=[^\S\n]*\S)")
"""Where a line ends and the next one goes on: not before an item of a list, nor before a new paragraph."""
KNOWN = {
    "conference": {
        *("acronym", "title", "subtitle", "description", "start", "end", "days", "daysCount", "day_change"),
        *("time_zone_name", "timezone", "venue", "city", "rooms", "tracks", "timeslot_duration"),
        *("base_url", "url"),
    },
    "room": {"name", "guid", "slug"},
    "theme": {"name", "slug"},
    "session": {
        *(
            "id",
            "guid",
            "slug",
            "url",
            "date",
            "start",
            "end",
            "duration",
            "room",
            "title",
            "subtitle",
            "track",
        ),
        *("type", "language", "abstract", "description", "persons", "links", "attachments"),
        *("recording", "recording_license", "do_not_record", "do_not_stream", "code", LINE),
    },
    "recording": {"license", "optout"},
    "speaker": {
        *("id", "guid", "code", "name", "public_name", "full_public_name", "biography", "abstract", "url"),
        *("role", "affiliation"),
    },
    "link": {"url", "title", "type", "href"},
}
"""What is read of each, or made anew here: addresses and numbers in the other program. All else is left out."""


class Schedule(NamedTuple):
    """A schedule as a conference file, and what of it was left out: `11 sessions: logo`."""

    file: ConferenceFile
    left_out: tuple[str, ...]


def read_schedule(source: Path | bytes, zone: str = "") -> Schedule:
    """Read a schedule in the exchange format, JSON or XML. Raises ConferenceFileError.

    A schedule says nothing of prices, so registration is off. Its sessions keep their identity when it is read again,
    also after their titles were edited. `zone` is for those that do not say theirs.
    """
    reading = _Reading(document_of(source), zone)
    file = check(reading.conference_file())
    return Schedule(file, reading.left_out)


class _Reading:
    """A schedule on its way to a conference file."""

    def __init__(self, document: Document, zone: str) -> None:
        self.schedule = _table(document.get("schedule"))
        self.conference = _table(self.schedule.get("conference"))
        self.ours = _table(document.get("generator")).get("name") == GENERATOR
        self.days = [_table(day) for day in _list(self.conference.get("days"))]
        self.events = [
            (room.strip(), _table(event), day)
            for day in self.days
            for room, events in _table(day.get("rooms")).items()
            for event in _list(events)
        ]
        if not self.events:
            refuse("There is no session in it. This does not seem to be a schedule.json or schedule.xml.")
        self.problems: list[Problem] = []
        self.lost: Counter[tuple[str, str]] = Counter()
        self.zone = self._zone(zone)
        self.speakers: dict[str, dict[str, Any]] = {}
        self.tracks = _Slugs()
        self.people = _Slugs()
        self.guids: set[UUID] = set()

    @property
    def left_out(self) -> tuple[str, ...]:
        return tuple(
            f"{count} {what}{'s' if count > 1 else ''}: {why}" for (what, why), count in self.lost.items()
        )

    def conference_file(self) -> dict[str, Any]:
        self._lose("conference", self.conference)
        for room in _list(self.conference.get("rooms")):
            self._lose("room", _table(room))
        for track in _list(self.conference.get("tracks")):
            self._lose("theme", _table(track))
            self._track(_table(track).get("name"))
        sessions = [session for event in self.events if (session := self._session(*event))]
        if self.problems:
            raise ConferenceFileError(tuple(self.problems))
        self._name(sessions)
        title = self._line(self.conference.get("title")) or "Conference"
        return {
            "conference": {
                "slug": _slug(_text(self.conference.get("acronym"))) or _slug(title) or "conference",
                "title": title,
                "tagline": self._line(self.conference.get("subtitle")),
                "about": self._prose(self.conference.get("description")),
                "timezone": self.zone.key,
                "language": "",  # what does not say its own is in a language that nobody told us
                **self._dates(sessions),
                **self._venue(),
            },
            "category": [{"slug": slug, "title": title} for title, slug in self.tracks.items()],
            "speaker": list(self.speakers.values()),
            "session": sessions,
        }

    def _dates(self, sessions: list[dict[str, Any]]) -> dict[str, date]:
        """The conference's days as it says them, and more where it has sessions on others."""
        starts, ends = (_date(self.conference.get(key)) for key in ("start", "end"))
        first = min([s["day"] for s in sessions] + [starts] * (starts is not None))
        evenings = [s["day"] - timedelta(days=s["starts"] < MORNING) for s in sessions]
        return {"starts": first, "ends": max([*evenings, first] + [ends] * (ends is not None))}

    def _venue(self) -> dict[str, Any]:
        venue, city = (self._line(self.conference.get(key)) for key in ("venue", "city"))
        return {"venue": {"name": venue or city, "city": city}} if venue or city else {}

    def _zone(self, given: str) -> ZoneInfo:
        name = _text(self.conference.get("time_zone_name") or self.conference.get("timezone"))
        if name not in available_timezones():
            name = given or name
        if name in available_timezones():
            return ZoneInfo(name)
        if name:
            refuse(f"Its time zone “{name}” does not exist. A time zone is written like Europe/Copenhagen.")
        # Older programs give no name. The distance from UTC tells as much as we need, if it is the same throughout.
        said = [event.get("date") for _, event, _ in self.events]
        said += [day.get(key) for day in self.days for key in ("day_start", "day_end")]
        offsets = {
            when.utcoffset() for when in map(_instant, said) if when is not None and when.tzinfo is not None
        }
        why = (
            "It does not say its time zone"
            if not offsets
            else "Its times are at different distances from UTC"
        )
        if len(offsets) == 1:
            offset = offsets.pop() or timedelta()
            zone = f"Etc/GMT{-(offset // timedelta(hours=1)):+}" if offset else "UTC"
            if not offset % timedelta(hours=1) and zone in available_timezones():
                return ZoneInfo(zone)
            why = f"It says only how far its times are from UTC ({offset / timedelta(hours=1):+} hours)"
        return refuse(f"{why}. Load it with its time zone, such as --timezone Europe/Copenhagen.")

    def _session(self, room: str, event: Document, day: Document) -> dict[str, Any] | None:
        title = self._line(event.get("title"))
        starts = self._starts(event, day)
        if not title or starts is None:
            missing = "title" if not title else "date with a time"
            named = (
                f"The session “{title}”" if title else f"Session {event.get('id') or event.get('guid') or ''}"
            )
            self.problems.append(Problem(event.get(LINE), f"{named.strip()} has no {missing}."))
            return None
        self._lose("session", event)
        subtitle = self._line(event.get("subtitle"))
        code = re.match(r"\[([^\]]+)\]\s*", subtitle) if self.ours else None
        said = self._line(event.get("type"))
        kind = self._kind(said)
        room = _line(room) or self._line(event.get("room"))
        recording = _table(event.get("recording"))
        self._lose("recording", recording)
        prose = [self._prose(event.get("abstract"))]
        prose += [] if self.ours else [self._prose(event.get("description"))]
        return {
            "slug": self._known_as(event),
            "title": title,
            "subtitle": subtitle[code.end() :] if code else subtitle,
            "code": code[1] if code else "",
            "kind": kind,
            "type": said if said.casefold() != kind else "",
            "day": starts.date(),
            "starts": starts.time(),
            **self._ends(event, starts),
            "room": room if room != NO_ROOM else "",
            "abstract": "\n\n".join(dict.fromkeys(filter(None, prose))),
            "speakers": self._speakers(event),
            "categories": self._themes(event.get("track")),
            "language": self._line(event.get("language")),
            "do_not_record": _flag(event.get("do_not_record")) or _flag(recording.get("optout")),
            "do_not_stream": _flag(event.get("do_not_stream")),
            "licence": self._line(event.get("recording_license") or recording.get("license")),
            "link": self._links(event.get("links")),
            "attachment": self._links(event.get("attachments")),
            "guid": self._guid("session", event.get("guid")),
        }

    def _starts(self, event: Document, day: Document) -> datetime | None:
        when = _instant(event.get("date")) or _instant(event.get("start"))
        if when is None:
            start, own, its = _time(event.get("start")), _date(event.get("date")), _date(day.get("date"))
            if start is None or (own or its) is None:
                return None
            when = datetime.combine(own or its or date.min, start)
            if own is None and self._after_midnight(start, day):
                when += timedelta(days=1)
        return when.astimezone(self.zone) if when.tzinfo else when.replace(tzinfo=self.zone)

    def _after_midnight(self, start: time, day: Document) -> bool:
        """Whether a time on this day is in the night that follows: a day of a schedule begins in the morning."""
        change = _time(self.conference.get("day_change"))
        if change is not None:
            return start < change
        opens, closes = _instant(day.get("day_start")), _instant(day.get("day_end"))
        if opens is None or closes is None or closes.date() <= opens.date():
            return False
        return start < opens.time() and start < closes.time()

    def _ends(self, event: Document, starts: datetime) -> dict[str, Any]:
        length = _duration(event.get("duration"))
        ends = (starts.astimezone(UTC) + length).astimezone(self.zone) if length else None
        if ends is None and (end := _instant(event.get("end"))):
            ends = end.astimezone(self.zone) if end.tzinfo else end.replace(tzinfo=self.zone)
        if ends is None and (until := _time(event.get("end"))):
            ends = datetime.combine(starts.date() + timedelta(days=until <= starts.time()), until, self.zone)
        if ends is None or ends <= starts:
            what, said = next(((key, event[key]) for key in ("duration", "end") if event.get(key)), ("", ""))
            why = f"since nobody can read its {what}"
            if ends is not None or length is not None:
                why = f"which is not after the start by its {what}"
            if said:
                self.lost["session", f"the end, {why} “{str(said)[:40]}”"] += 1
            return {}
        if (
            ends.replace(tzinfo=None) - starts.replace(tzinfo=None) > LONGEST_NIGHT
            and ends.date() > starts.date()
        ):
            return {"ends": ends.time(), "ends_on": ends.date()}
        return {"ends": ends.time()}

    def _known_as(self, event: Document) -> str:
        """A slug that stays when the title is edited; one that we wrote ourselves comes back."""
        written = re.fullmatch(r"[a-z0-9_]+-\d+-(.+)", _text(event.get("slug")))
        if self.ours and written:
            return written[1].rstrip("_")
        return (
            f"session-{_slug(_text(event.get('id')) or _text(event.get('guid')) or _text(event.get('slug')))}"
        )

    def _name(self, sessions: list[dict[str, Any]]) -> None:
        """What is given twice under one number is told apart by its guid."""
        counts = Counter(session["slug"] for session in sessions)
        for session in sessions:
            if counts[session["slug"]] > 1 and session["guid"]:
                session["slug"] += f"-{str(session['guid'])[:8]}"

    def _kind(self, said: str) -> str:
        said = said.casefold()
        if said in set(SessionKind) - {SessionKind.SEMINAR}:
            return said
        return next((kind for word, kind in KINDS.items() if word in said), SessionKind.LECTURE)

    def _track(self, given: Any) -> str | None:
        title = self._line(given)
        return self.tracks.of(title, title, "track") if title else None

    def _themes(self, given: Any) -> list[str]:
        said = self._line(given)
        if self.ours and said not in self.tracks:
            parts = said.split(BETWEEN_TRACKS)
            return list(filter(None, map(self._track, parts)))
        track = self._track(given)
        return [track] if track else []

    def _speakers(self, event: Document) -> list[str]:
        described = _text(event.get("description")) if self.ours else ""
        about = dict(line.split(": ", 1) for line in described.splitlines() if ": " in line)
        persons = [p if isinstance(p, dict) else {"name": p} for p in _list(event.get("persons"))]
        return list(dict.fromkeys(slug for person in persons if (slug := self._speaker(person, about))))

    def _speaker(self, person: Document, about: dict[str, str]) -> str | None:
        name = self._line(person.get("public_name") or person.get("name") or person.get("full_public_name"))
        if not name:
            self.lost["speaker", "no name"] += 1
            return None
        key = next((_text(person[k]) for k in ("guid", "code", "id") if person.get(k)), name)
        known = key in self.people
        slug = self.people.of(key, name, "speaker")
        biography = self._prose(person.get("biography") or person.get("abstract"))
        if not known:
            self._lose("speaker", person)
            self.speakers[slug] = {
                "slug": slug,
                "name": name,
                "role": self._line(person.get("role")),
                "affiliation": self._line(person.get("affiliation", about.get(name))),
                "biography": biography,
                "guid": self._guid("speaker", person.get("guid")),
            }
        elif not self.speakers[slug]["biography"]:
            self.speakers[slug]["biography"] = biography
        return slug

    def _links(self, given: Any) -> list[dict[str, str]]:
        links = []
        for one in _list(given):
            link = one if isinstance(one, dict) else {"url": one}
            self._lose("link", link)
            address = _text(link.get("url") or link.get("href"))
            if address.startswith("/"):
                address = urljoin(
                    self._line(self.schedule.get("base_url") or self.conference.get("base_url")), address
                )
            if not re.match(r"https?://[^\s/]", address) or len(address) > LONGEST_ADDRESS:
                self.lost["link", "no address on the web"] += 1
                continue
            title, kind = self._line(link.get("title")), self._line(link.get("type"))
            links.append({"url": address, "title": title, "type": kind})
        return links

    def _guid(self, what: str, given: Any) -> UUID | None:
        if not _text(given):
            return None
        try:
            guid = UUID(_text(given))
        except ValueError:
            self.lost[what, "a guid that is no UUID"] += 1
            return None
        if what == "session" and guid in self.guids:
            self.lost[what, "a guid that another has too"] += 1
            return None
        self.guids.add(guid)
        return guid

    def _lose(self, what: str, facts: Document) -> None:
        """Count what is said and not read."""
        for name, value in facts.items():
            if name not in KNOWN[what] and value not in (None, "", [], {}, False):
                self.lost[what, name] += 1

    def _said(self, value: Any) -> str:
        """Text, in the first of its languages."""
        if isinstance(value, dict) and (others := sum(1 for text in value.values() if text) - 1) > 0:
            self.lost["translation", "only the first language is kept"] += others
        return _text(value)

    def _line(self, value: Any) -> str:
        return " ".join(self._said(value).split())

    def _prose(self, value: Any) -> str:
        """Text with its paragraphs. Other programs show lines as they were written; HTML breaks them itself."""
        text = self._said(value)
        if self.ours or re.search(r"</?(p|br|div|ul|ol|li|h\d)\b[^>]*>", text, re.IGNORECASE):
            return text
        return LINE_END.sub("  \n", text)


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


def _table(value: Any) -> Document:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Text as people may see it. A translated text is taken in the first of its languages."""
    if isinstance(value, dict):
        value = next((text for text in value.values() if text), None)
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


def _flag(value: Any) -> bool:
    """Whether somebody has opted out. Only what plainly says no is a no; what is missing is one, too."""
    if isinstance(value, str):
        return value.strip().casefold() not in ("", "false", "0", "no", "off")
    return bool(value)


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _time(value: Any) -> time | None:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", _text(value))
    return time(int(found[1]), int(found[2])) if found and int(found[1]) < 24 and int(found[2]) < 60 else None


def _instant(value: Any) -> datetime | None:
    text = _text(value)
    try:
        return datetime.fromisoformat(text) if "T" in text or " " in text else None
    except ValueError:
        return None


def _duration(value: Any) -> timedelta | None:
    """How long: `01:30`, `01:30:00`, `90` (minutes), `PT1H30M`. None where it is not told, or cannot be read."""
    said = _text(value).upper()
    if clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::[0-5]\d)?", said):
        return timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    if re.fullmatch(r"\d{1,4}", said):
        return timedelta(minutes=int(said))
    iso = re.fullmatch(r"P(?:(\d{1,2})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,2}S)?)?", said)
    if iso is None or not any(iso.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in iso.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
