"""Whole numbers as addresses and forms carry them."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

LARGEST = 2**31 - 1
"""The largest that databases take for an id. Nothing has it."""


async def bounded(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Let every number in an address be one that can be looked for: a larger one becomes the largest."""
    numbers = connection.scope["path_params"]
    for name, value in numbers.items():
        if isinstance(value, int):
            numbers[name] = min(value, LARGEST)


def small(text: str | None) -> int | None:
    """The number that a client sent, of at most nine digits, as every database takes it; None where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
