"""A time zone as calendars carry it (VTIMEZONE, RFC 5545, 3.6.5): every change of its clocks, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from webapp.conference.file import Conference


def zone_of(conference: Conference) -> Timezone:
    """The conference's zone, for the years around it."""
    return calendar_zone(conference.zone, conference.starts.year - 1, conference.ends.year + 1)


@cache
def calendar_zone(zone: ZoneInfo, first_year: int, last_year: int) -> Timezone:
    begins, ends = datetime(first_year, 1, 1, tzinfo=zone), datetime(last_year + 1, 1, 1, tzinfo=zone)
    drawn = Timezone()
    drawn.add("TZID", zone.key)
    drawn.add_component(_from_then_on(begins.astimezone(UTC), zone, _offset(begins)))
    for change in _changes(begins.astimezone(UTC), ends.astimezone(UTC), zone):
        before = _offset((change - timedelta(seconds=1)).astimezone(zone))
        drawn.add_component(_from_then_on(change, zone, before))
    return drawn


def _from_then_on(
    instant: datetime, zone: ZoneInfo, before: timedelta
) -> TimezoneDaylight | TimezoneStandard:
    """What holds from this instant on. It begins at the time that the clocks still show, before they are changed."""
    local = instant.astimezone(zone)
    drawn = TimezoneDaylight() if (local.dst() or timedelta()) > timedelta() else TimezoneStandard()
    drawn.add("DTSTART", (instant + before).replace(tzinfo=None))
    drawn.add("TZOFFSETFROM", before)
    drawn.add("TZOFFSETTO", _offset(local))
    drawn.add("TZNAME", local.tzname())
    return drawn


def _changes(begins: datetime, ends: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """The instants, in UTC, at which the distance from UTC changes. No zone changes twice in a day."""
    day = begins
    while day < ends:
        following = day + timedelta(days=1)
        offset = _offset(day.astimezone(zone))
        if offset != _offset(following.astimezone(zone)):
            still, already = day, following
            while already - still > timedelta(seconds=1):
                middle = (still + (already - still) / 2).replace(microsecond=0)
                still, already = (
                    (middle, already) if _offset(middle.astimezone(zone)) == offset else (still, middle)
                )
            yield already
        day = following


def _offset(local: datetime) -> timedelta:
    return local.utcoffset() or timedelta()
