"""When the sessions of a schedule are, however its program says so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from webapp.conference.schedule_documents import Document, refuse
from webapp.conference.schedule_values import as_date, as_instant, as_length, as_text, as_time
from webapp.conference.values import LONGEST_NIGHT, MORNING


def zone_of(conference: Document, instants: Iterable[Any], given: str) -> ZoneInfo:
    """The zone of a schedule's times: its own, else the one that is `given`, else that of the instants it names.

    Raises ConferenceFileError when that leaves it open.
    """
    name = as_text(conference.get("time_zone_name") or conference.get("timezone"))
    if name not in available_timezones():
        name = given or name
    if name in available_timezones():
        return ZoneInfo(name)
    if name:
        refuse(f"Its time zone “{name}” does not exist. A time zone is written like Europe/Copenhagen.")
    # Older programs give no name. The distance from UTC tells as much as we need, if it is the same throughout.
    offsets = {
        when.utcoffset() for when in map(as_instant, instants) if when is not None and when.tzinfo is not None
    }
    why = "It does not say its time zone" if not offsets else "Its times are at different distances from UTC"
    if len(offsets) == 1:
        offset = offsets.pop() or timedelta()
        zone = f"Etc/GMT{-(offset // timedelta(hours=1)):+}" if offset else "UTC"
        if not offset % timedelta(hours=1) and zone in available_timezones():
            return ZoneInfo(zone)
        why = f"It says only how far its times are from UTC ({offset / timedelta(hours=1):+} hours)"
    return refuse(f"{why}. Load it with its time zone, such as --timezone Europe/Copenhagen.")


def start_of(event: Document, day: Document, conference: Document, zone: ZoneInfo) -> datetime | None:
    """When an event of this day begins, in the zone; None where that is not said."""
    when = as_instant(event.get("date")) or as_instant(event.get("start"))
    if when is None:
        start, own, its = as_time(event.get("start")), as_date(event.get("date")), as_date(day.get("date"))
        if start is None or (own or its) is None:
            return None
        when = datetime.combine(own or its or date.min, start)
        if own is None and _after_midnight(start, day, conference):
            when += timedelta(days=1)
    return when.astimezone(zone) if when.tzinfo else when.replace(tzinfo=zone)


def _after_midnight(start: time, day: Document, conference: Document) -> bool:
    """Whether a time on this day is in the night that follows: a day of a schedule begins in the morning."""
    change = as_time(conference.get("day_change"))
    if change is not None:
        return start < change
    opens, closes = as_instant(day.get("day_start")), as_instant(day.get("day_end"))
    if opens is None or closes is None or closes.date() <= opens.date():
        return False
    return start < opens.time() and start < closes.time()


def end_of(event: Document, starts: datetime, zone: ZoneInfo) -> tuple[dict[str, Any], str]:
    """When an event ends, in the conference file's words, and why what it says is left out, if it is (else empty)."""
    length = as_length(event.get("duration"))
    ends = (starts.astimezone(UTC) + length).astimezone(zone) if length else None
    if ends is None and (end := as_instant(event.get("end"))):
        ends = end.astimezone(zone) if end.tzinfo else end.replace(tzinfo=zone)
    if ends is None and (until := as_time(event.get("end"))):
        ends = datetime.combine(starts.date() + timedelta(days=until <= starts.time()), until, zone)
    if ends is None or ends <= starts:
        what, said = next(((key, event[key]) for key in ("duration", "end") if event.get(key)), ("", ""))
        why = f"since nobody can read its {what}"
        if ends is not None or length is not None:
            why = f"which is not after the start by its {what}"
        return {}, f"the end, {why} “{str(said)[:40]}”" if said else ""
    if (
        ends.replace(tzinfo=None) - starts.replace(tzinfo=None) > LONGEST_NIGHT
        and ends.date() > starts.date()
    ):
        return {"ends": ends.time(), "ends_on": ends.date()}, ""
    return {"ends": ends.time()}, ""


def days_of(conference: Document, sessions: list[dict[str, Any]]) -> dict[str, date]:
    """The conference's days as the schedule says them, and more where it has sessions on others."""
    starts, ends = (as_date(conference.get(key)) for key in ("start", "end"))
    first = min([s["day"] for s in sessions] + [starts] * (starts is not None))
    evenings = [s["day"] - timedelta(days=s["starts"] < MORNING) for s in sessions]
    return {"starts": first, "ends": max([*evenings, first] + [ends] * (ends is not None))}
