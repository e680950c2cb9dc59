"""Round tables in calendars: in the programs that people keep theirs with, and beside what else they have."""

from __future__ import annotations

from collections.abc import Sequence

from icalendar import STATUS, Event

from webapp.conference.calendar import blank_calendar
from webapp.conference.programme import Programme
from webapp.meeting_place.members import Member
from webapp.meeting_place.views import RoundTableView
from webapp.tables import Planner, RoundTable
from webapp.tables.meeting_place.round_tables import RoundTableRow


def round_tables_calendar(programme: Programme, rows: Sequence[RoundTableRow], base_url: str) -> bytes:
    """A calendar of the tables at which somebody has a seat, or of one table."""
    uid = f"{base_url}/meeting-place/tables/{' '.join(str(row['uid']) for row in rows)}"
    calendar = blank_calendar(programme, uid, f"{programme.conference.title}: my tables")
    where = programme.conference.where
    for row in rows:
        table = RoundTableView.from_row(row, programme)
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


async def clashes(member: Member, programme: Programme, row: RoundTableRow) -> list[str]:
    """The titles of what a member has at the same time: sessions marked or booked, and other tables."""
    planner = await Planner.owned_by(member.person)
    booked = await planner.booked() or set()
    sessions = {*await planner.marks(), *(session.slug for session in programme.admitted_by(booked))}
    starts, ends = row["starts_at"], row["ends_at"]
    found = [
        session.name
        for session in programme.sessions
        if session.slug in sessions
        and session.starts_at
        and session.ends_at
        and session.starts_at < ends
        and starts < session.ends_at
    ]
    tables = [
        other["title"]
        for other in await RoundTable.with_seat_for(member.profile)
        if other["id"] != row["id"]
        and not other["cancelled"]
        and other["starts_at"] < ends
        and starts < other["ends_at"]
    ]
    return found + tables
