"""Codes that let a room in, and screens: made here, and typed by people."""

from __future__ import annotations

import secrets
from typing import Any

from webapp.text.typed import line

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: codes are read from a screen across a hall."""
ROOM = 6
SCREEN = 8
"""Characters."""


def new_code(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


def as_code(typed: Any) -> str:
    """A code as we made it, however it was typed: small letters, blanks and hyphens do not matter."""
    return "".join(character for character in line(typed).upper() if character.isalnum())[:20]
