"""Rows whose columns mypy knows: Piccolo types them all as `dict[str, Any]`, and what raw SQL returns not at all."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

Row = TypeVar("Row")


def rows_as(_kind: type[Row], query: Awaitable[Any]) -> Awaitable[list[Row]]:
    """The query itself; each of its rows is a `_kind`, a TypedDict that stands beside the select list."""
    return query


def row_as(_kind: type[Row], query: Awaitable[Any]) -> Awaitable[Row | None]:
    """The query itself, which ends in `first()`; its row is a `_kind`."""
    return query
