"""How dates are written."""

from __future__ import annotations

from datetime import date


def date_range(first: date, last: date) -> str:
    """`6 November 2017`, `6 to 8 November 2017`, `30 November to 2 December 2017`."""
    if first == last:
        begins = ""
    elif (first.year, first.month) == (last.year, last.month):
        begins = f"{first.day} to "
    else:
        begins = f"{first.day} {first:%B}{'' if first.year == last.year else f' {first.year}'} to "
    return f"{begins}{last.day} {last:%B %Y}"
