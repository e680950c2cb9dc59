"""Tables in the venue for calendar programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from icalendar import STATUS, Calendar, Event

from webapp.calendar import NEWS_EVERY
from webapp.meeting_place import TableCard
from webapp.programme import Programme


def tables_calendar(
    programme: Programme, tables: Iterable[TableCard], rows: Iterable[Any], base_url: str
) -> bytes:
    """A calendar of tables at which somebody has a seat, or of one. `rows`: how calendars know them, in that order."""
    calendar = Calendar.new(
        prodid="-//Plenum//plenum//EN",
        name=f"{programme.conference.title}: my tables",
        refresh_interval=NEWS_EVERY,
    )
    where = programme.conference.where
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
                location=", ".join(filter(None, [table.place, where])),
                url=f"{base_url}/meeting-place/tables/{table.id}",
                status=STATUS.CANCELLED if table.cancelled else STATUS.CONFIRMED,
            )
        )
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
