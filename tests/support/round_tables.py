"""Round tables in tests: invited to at times at which no other test does."""

from __future__ import annotations

from itertools import count

from tests.support.meeting import Guest

MINUTE = count()
"""So that no two tests take the same table at the same time."""


def free_time() -> str:
    hours, minutes = divmod(20 * next(MINUTE), 60)
    return f"2017-11-0{6 + hours // 24}T{hours % 24:02}:{minutes:02}"


def invites(host: Guest, title: str = "Late start", **fields: str) -> int:
    """Invite to a round table. Returns its id."""
    said = {"title": title, "place": "table-4", "starts": free_time(), "minutes": "15"} | fields
    return int(host.done("/tables", **said).rsplit("/", 1)[1])


def invites_few(host: Guest, seats: int, **fields: str) -> int:
    """Invite to a round table with fewer seats than the venue's have."""
    table = invites(host, **fields)
    host.place.house.rows("UPDATE round_table SET seats = ? WHERE id = ?", seats, table)
    return table


def row_of(someone: Guest, table: int) -> dict[str, object]:
    """A round table as the database has it."""
    return someone.place.house.rows("SELECT * FROM round_table WHERE id = ?", table)[0]
