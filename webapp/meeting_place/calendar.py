"""Tables in the venue for calendar programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from icalendar import STATUS, Event

from webapp.conference.calendar import blank_calendar
from webapp.conference.programme import Programme
from webapp.meeting_place.views import TableCard


def tables_calendar(
    programme: Programme, tables: Iterable[TableCard], rows: Iterable[Any], base_url: str
) -> bytes:
    """A calendar of tables at which somebody has a seat, or of one. `rows`: how calendars know them, in that order."""
    rows = list(rows)
    uid = f"{base_url}/meeting-place/tables/{' '.join(str(row['uid']) for row in rows)}"
    calendar = blank_calendar(programme, uid, f"{programme.conference.title}: my tables")
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
    return bytes(calendar.to_ical())
