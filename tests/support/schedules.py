"""Small schedules in the exchange format, as other programs write them, and what its schemas ask of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree

from webapp.conference.file import ConferenceFile
from webapp.conference.programme import IcsState, Programme

COPENHAGEN = "<time_zone_name>Europe/Copenhagen</time_zone_name>"


def event(number: int, title: str, starts: str, duration: str = "01:00", more: str = "", **facts: str) -> str:
    """An event of `schedule.xml`; `starts` is an instant (`<date>`) or a time of day without one."""
    date = f"<date>{starts}</date>" if "T" in starts else ""
    texts = {"subtitle": "", "track": "", "type": "lecture", "abstract": "", "description": ""} | facts
    written = "".join(f"<{name}>{text}</{name}>" for name, text in texts.items())
    return (
        f'<event id="{number}" guid="{number:08}-0000-4000-8000-000000000000">{date}'
        f"<start>{starts[-14:-9] if date else starts}</start><duration>{duration}</duration>"
        f"<title>{title}</title>{written}{more}</event>"
    )


def schedule(
    *events: str, conference: str = COPENHAGEN, day: str = 'date="2027-05-01"', rooms: str = ""
) -> bytes:
    """A `schedule.xml` of one day with these events in one hall, and whatever `rooms` has besides."""
    return (
        "<schedule><conference><acronym>case</acronym><title>Case</title>"
        f"<start>2027-05-01</start><end>2027-05-02</end>{conference}</conference>"
        f'<day index="1" {day}><room name="Hall">{"".join(events)}</room>{rooms}</day></schedule>'
    ).encode()


def programme_of(file: ConferenceFile) -> Programme:
    """A file as if it had been loaded."""
    known = {
        session.slug: IcsState(uuid5(NAMESPACE_URL, session.slug), 0, datetime(2027, 1, 1, tzinfo=UTC))
        for session in file.session
    }
    return Programme(file, 1, datetime(2027, 1, 1, tzinfo=UTC), (), known)


# What the JSON schema at https://c3voc.de/schedule/schema.json asks, in our words. It forbids what it does not name.

SLUG = r"[a-z0-9_-]+[a-z0-9]"
HTTP = r"https?://\S+"
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)"
LINK = {"url": HTTP, "title": str, "type": r"slides|paper|web|blog|article|media|related|activitypub"}
EVENT: dict[str, Any] = {
    "guid": UUID, "id": int, "date": INSTANT, "start": r"([01]\d|2[0-3]):[0-5]\d", "duration": r"\d{1,2}:\d\d",
    "room": str, "slug": SLUG, "url": HTTP, "title": str, "subtitle": str, "track": str, "type": str,
    "language": str, "abstract": str, "description": str, "persons": list, "links": list,
    "recording_license": str, "do_not_record": bool, "do_not_stream": bool, "attachments": list,
}  # fmt: skip
OPTIONAL = {"recording_license", "do_not_record", "do_not_stream", "attachments", "title", "type"}
CONFERENCE: dict[str, Any] = {
    "acronym": r"[a-z0-9_-][a-z0-9_]{3,}", "title": str, "description": str, "start": r"\d{4}-\d\d-\d\d",
    "end": r"\d{4}-\d\d-\d\d", "daysCount": int, "timeslot_duration": str, "url": HTTP, "rooms": list,
    "time_zone_name": r"[A-Z][a-z]+/[A-Z][a-z]+.*|UTC", "tracks": list, "days": list,
}  # fmt: skip


def breaches(document: dict[str, Any]) -> list[str]:
    """What the JSON schema would refuse in a `schedule.json`."""
    return list(_breaches(document))


def _breaches(document: dict[str, Any]) -> Iterator[str]:
    conference = document["schedule"]["conference"]
    if not set(document) <= {"schedule", "$schema", "generator"}:
        yield "at the top"
    yield from _wrong(conference, CONFERENCE, {"time_zone_name", "description", "tracks", "rooms", "url"})
    for room in conference["rooms"]:
        yield from _wrong(room, {"name": str, "guid": UUID})
    if conference["daysCount"] != len(conference["days"]):
        yield "daysCount"
    guids = []
    for day in conference["days"]:
        yield from _wrong(
            day, {"index": int, "date": str, "day_start": INSTANT, "day_end": INSTANT, "rooms": dict}
        )
        for found in [one for events in day["rooms"].values() for one in events]:
            guids.append(found["guid"])
            yield from _wrong(found, EVENT, OPTIONAL)
            for link in [*found["links"], *found["attachments"]]:
                yield from _wrong(link, LINK, {"title", "type"})
            for person in found["persons"]:
                yield from _wrong({k: person[k] for k in ("name", "guid")}, {"name": str, "guid": UUID})
    if len(set(guids)) < len(guids):
        yield "guids"


def _wrong(facts: dict[str, Any], wanted: dict[str, Any], optional: set[str] | None = None) -> Iterator[str]:
    yield from (f"{name} is not in the schema" for name in facts.keys() - wanted.keys())
    yield from (f"{name} is missing" for name in wanted.keys() - facts.keys() - (optional or set()))
    for name in facts.keys() & wanted.keys():
        value, kind = facts[name], wanted[name]
        if kind is UUID:
            kind = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
        well = (
            isinstance(value, str) and re.fullmatch(kind, value)
            if isinstance(kind, str)
            else isinstance(value, kind)
        )
        if not well:
            yield f"{name}: {value!r}"


# What the XML schema asks. Elements of an event may stand in any order, but once, and no others.

XML_EVENT = {
    "room", "title", "subtitle", "type", "date", "start", "duration", "abstract", "slug", "track", "logo", "persons",
    "language", "description", "recording", "links", "attachments", "url", "feedback_url", "origin_url",
}  # fmt: skip
XML_CONFERENCE = {
    "title", "acronym", "start", "end", "days", "timeslot_duration", "base_url", "logo", "url", "time_zone_name",
    "color", "track",
}  # fmt: skip


def xml_breaches(document: bytes) -> list[str]:
    """What the XML schema would refuse in a `schedule.xml`."""
    return list(_xml_breaches(ElementTree.fromstring(document)))  # noqa: S314  # it is ours


def _xml_breaches(root: ElementTree.Element) -> Iterator[str]:
    order = [element.tag for element in root]
    if order[:4] != ["generator", "url", "version", "conference"] or set(order[4:]) != {"day"}:
        yield f"order: {order}"
    yield from (e.tag for e in root.iterfind("conference/*") if e.tag not in XML_CONFERENCE)
    for day in root.iterfind("day"):
        if not {"index", "start", "end"} <= set(day.keys()) <= {"index", "start", "end", "date"}:
            yield f"day: {day.attrib}"
    for element in root.iterfind("day/room/event"):
        tags = [fact.tag for fact in element]
        if set(tags) - XML_EVENT or len(set(tags)) < len(tags):
            yield f"event: {tags}"
        if not re.fullmatch(r"[a-z0-9_]{4,}-[a-z0-9_-]{4,}", element.findtext("slug") or ""):
            yield f"slug: {element.findtext('slug')}"
        if {part.tag: bool(part.text) for part in element.iterfind("recording/*")}.keys() != {
            "license",
            "optout",
        }:
            yield "recording"
        yield from (
            str(p.attrib) for p in element.iterfind("persons/person") if set(p.keys()) - {"id", "guid"}
        )
