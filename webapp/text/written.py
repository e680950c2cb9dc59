"""How dates, times and numbers of things are written, wherever people read them."""

from __future__ import annotations

from datetime import date, datetime, tzinfo


def day(value: date) -> str:
    """`Monday 6 November`."""
    return f"{value:%A} {short_date(value)}"


def short_date(value: date) -> str:
    """`6 November`."""
    return f"{value.day} {value:%B}"


def full_date(value: date) -> str:
    """`6 November 2017`."""
    return f"{short_date(value)} {value.year}"


def clock_time(value: datetime) -> str:
    """`10:15`, in the zone the time carries."""
    return f"{value:%H:%M}"


def moment(value: datetime) -> str:
    """`6 November 2017, 10:15`, in the zone the time carries."""
    return f"{full_date(value)}, {clock_time(value)}"


def short_moment(value: datetime) -> str:
    """`6 Nov, 10:15`, in the zone the time carries."""
    return f"{value.day} {value:%b}, {clock_time(value)}"


def in_zone(instant: str, zone: tzinfo) -> str:
    """An instant as a letter keeps it, for people: `Tuesday 2 May, 10:15`."""
    local = datetime.fromisoformat(instant).astimezone(zone)
    return f"{day(local)}, {clock_time(local)}"


def date_range(first: date, last: date) -> str:
    """`6 November 2017`, `6 to 8 November 2017`, `30 November to 2 December 2017`."""
    return " to ".join(filter(None, ends_of_range(first, last)))


def ends_of_range(first: date, last: date) -> tuple[str, str]:
    """Both ends of a date range, without what the second says for the first too; that is empty for one day."""
    if first == last:
        begins = ""
    elif (first.year, first.month) == (last.year, last.month):
        begins = str(first.day)
    else:
        begins = short_date(first) if first.year == last.year else full_date(first)
    return begins, full_date(last)


def counted(number: int, thing: str) -> str:
    """`1 session`, `3 sessions`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
