"""Whole numbers as addresses and forms carry them."""

from __future__ import annotations


def small(text: str | None) -> int | None:
    """The number that a client sent, of at most nine digits, as every database takes it; None where it is none."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else None
