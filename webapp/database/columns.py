"""Columns that both databases treat alike."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from piccolo.columns import Timestamptz
from piccolo.columns.combination import Where

T = TypeVar("T")


class Instant(Timestamptz):
    """A moment in time, always aware; it comes back in UTC.

    It has no default: the time comes from `webapp.clock`, or there is none. A row or a comparison refuses a naive
    datetime (ValueError), because SQLite would take it for UTC and PostgreSQL for the server's local time. Piccolo
    gives no such chance in `Table.update(…)`: there the linter (DTZ) is the guard.
    """

    def __init__(self, default: None = None, **options: Any) -> None:
        super().__init__(default=default, **options)

    @property
    def column_type(self) -> str:
        return "TIMESTAMPTZ"

    def __set__(self, row: Any, value: datetime | None) -> None:
        super().__set__(row, _aware(value))

    def __lt__(self, value: Any) -> Where:
        return super().__lt__(_aware(value))

    def __le__(self, value: Any) -> Where:
        return super().__le__(_aware(value))

    def __gt__(self, value: Any) -> Where:
        return super().__gt__(_aware(value))

    def __ge__(self, value: Any) -> Where:
        return super().__ge__(_aware(value))


def _aware(value: T) -> T:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{value} has no time zone.")
    return value
