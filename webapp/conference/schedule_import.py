"""Schedules from elsewhere: `schedule.json` and `schedule.xml` as frab, pretalx, Pentabarf and others write them.

What Plenum has no place for is left out, and counted.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin
from uuid import UUID

from webapp.conference.file import ConferenceFile, SessionKind
from webapp.conference.problems import ConferenceFileError, Problem
from webapp.conference.reading import check
from webapp.conference.schedule_documents import LINE, Document, document_of, refuse
from webapp.conference.schedule_export import BETWEEN_TRACKS, GENERATOR, NO_ROOM
from webapp.conference.schedule_times import days_of, end_of, start_of, zone_of
from webapp.conference.schedule_values import as_flag, as_line, as_list, as_slug, as_table, as_text
from webapp.conference.values import BLOCK, LONGEST_ADDRESS
from webapp.text.written import counted

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
        *("id", "guid", "slug", "url", "date", "start", "end", "duration", "room"),
        *("title", "subtitle", "track"),
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
        self.schedule = as_table(document.get("schedule"))
        self.conference = as_table(self.schedule.get("conference"))
        self.ours = as_table(document.get("generator")).get("name") == GENERATOR
        self.days = [as_table(day) for day in as_list(self.conference.get("days"))]
        self.events = [
            (room.strip(), as_table(event), day)
            for day in self.days
            for room, events in as_table(day.get("rooms")).items()
            for event in as_list(events)
        ]
        if not self.events:
            refuse("There is no session in it. This does not seem to be a schedule.json or schedule.xml.")
        self.problems: list[Problem] = []
        self.lost: Counter[tuple[str, str]] = Counter()
        instants = [event.get("date") for _, event, _ in self.events]
        instants += [day.get(key) for day in self.days for key in ("day_start", "day_end")]
        self.zone = zone_of(self.conference, instants, zone)
        self.speakers: dict[str, dict[str, Any]] = {}
        self.tracks = _Slugs()
        self.people = _Slugs()
        self.guids: set[UUID] = set()

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was left out, how often and why: `11 sessions: logo`."""
        return tuple(f"{counted(count, what)}: {why}" for (what, why), count in self.lost.items())

    def conference_file(self) -> dict[str, Any]:
        """The schedule as the data of a conference file. Raises ConferenceFileError."""
        self._lose("conference", self.conference)
        for room in as_list(self.conference.get("rooms")):
            self._lose("room", as_table(room))
        for track in as_list(self.conference.get("tracks")):
            self._lose("theme", as_table(track))
            self._track(as_table(track).get("name"))
        sessions = [session for event in self.events if (session := self._session(*event))]
        if self.problems:
            raise ConferenceFileError(tuple(self.problems))
        self._name(sessions)
        title = self._line(self.conference.get("title")) or "Conference"
        return {
            "conference": {
                "slug": as_slug(as_text(self.conference.get("acronym"))) or as_slug(title) or "conference",
                "title": title,
                "tagline": self._line(self.conference.get("subtitle")),
                "about": self._prose(self.conference.get("description")),
                "timezone": self.zone.key,
                "language": "",  # what does not say its own is in a language that nobody told us
                **days_of(self.conference, sessions),
                **self._venue(),
            },
            "category": [{"slug": slug, "title": title} for title, slug in self.tracks.items()],
            "speaker": list(self.speakers.values()),
            "session": sessions,
        }

    def _venue(self) -> dict[str, Any]:
        venue, city = (self._line(self.conference.get(key)) for key in ("venue", "city"))
        return {"venue": {"name": venue or city, "city": city}} if venue or city else {}

    def _session(self, room: str, event: Document, day: Document) -> dict[str, Any] | None:
        title = self._line(event.get("title"))
        starts = start_of(event, day, self.conference, self.zone)
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
        room = as_line(room) or self._line(event.get("room"))
        recording = as_table(event.get("recording"))
        self._lose("recording", recording)
        prose = [self._prose(event.get("abstract"))]
        prose += [] if self.ours else [self._prose(event.get("description"))]
        ends, unreadable = end_of(event, starts, self.zone)
        if unreadable:
            self.lost["session", unreadable] += 1
        return {
            "slug": self._known_as(event),
            "title": title,
            "subtitle": subtitle[code.end() :] if code else subtitle,
            "code": code[1] if code else "",
            "kind": kind,
            "type": said if said.casefold() != kind else "",
            "day": starts.date(),
            "starts": starts.time(),
            **ends,
            "room": room if room != NO_ROOM else "",
            "abstract": "\n\n".join(dict.fromkeys(filter(None, prose))),
            "speakers": self._speakers(event),
            "categories": self._themes(event.get("track")),
            "language": self._line(event.get("language")),
            "do_not_record": as_flag(event.get("do_not_record")) or as_flag(recording.get("optout")),
            "do_not_stream": as_flag(event.get("do_not_stream")),
            "licence": self._line(event.get("recording_license") or recording.get("license")),
            "link": self._links(event.get("links")),
            "attachment": self._links(event.get("attachments")),
            "guid": self._guid("session", event.get("guid")),
        }

    def _known_as(self, event: Document) -> str:
        """A slug that stays when the title is edited; one that we wrote ourselves comes back."""
        written = re.fullmatch(r"[a-z0-9_]+-\d+-(.+)", as_text(event.get("slug")))
        if self.ours and written:
            return written[1].rstrip("_")
        names = (as_text(event.get(key)) for key in ("id", "guid", "slug"))
        return f"session-{as_slug(next(filter(None, names), ''))}"

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
        return self.tracks.slug_for(title, title, "track") if title else None

    def _themes(self, given: Any) -> list[str]:
        said = self._line(given)
        if self.ours and said not in self.tracks:
            parts = said.split(BETWEEN_TRACKS)
            return list(filter(None, map(self._track, parts)))
        track = self._track(given)
        return [track] if track else []

    def _speakers(self, event: Document) -> list[str]:
        described = as_text(event.get("description")) if self.ours else ""
        about = dict(line.split(": ", 1) for line in described.splitlines() if ": " in line)
        persons = [p if isinstance(p, dict) else {"name": p} for p in as_list(event.get("persons"))]
        return list(dict.fromkeys(slug for person in persons if (slug := self._speaker(person, about))))

    def _speaker(self, person: Document, about: dict[str, str]) -> str | None:
        name = self._line(person.get("public_name") or person.get("name") or person.get("full_public_name"))
        if not name:
            self.lost["speaker", "no name"] += 1
            return None
        key = next((as_text(person[k]) for k in ("guid", "code", "id") if person.get(k)), name)
        known = key in self.people
        slug = self.people.slug_for(key, name, "speaker")
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
        for one in as_list(given):
            link = one if isinstance(one, dict) else {"url": one}
            self._lose("link", link)
            address = as_text(link.get("url") or link.get("href"))
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
        if not as_text(given):
            return None
        try:
            guid = UUID(as_text(given))
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
        return as_text(value)

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

    def slug_for(self, key: str, name: str, kind: str) -> str:
        """The slug of what has this key; the first time, one is made from its name."""
        if key not in self:
            stem = slug = as_slug(name) or kind
            number = 1
            while slug in self.values():
                number += 1
                slug = f"{stem}-{number}"
            self[key] = slug
        return self[key]
