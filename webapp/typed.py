"""What all forms share: which characters nobody types, and what is said beside fields."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import regex

UNSEEN = {"Cc", "Cs", "Co", "Cn"}
"""Unicode categories nobody types on purpose: control, surrogate, private use, unassigned."""


def is_seen(text: str) -> bool:
    """Whether every character of a line can be shown."""
    return not any(unicodedata.category(character) in UNSEEN for character in text)


class Messages(dict[str, str]):
    """Messages by field name, and none for every other field."""

    def __missing__(self, name: str) -> str:
        return ""


MOST_MARKS = 4
"""Code points to a character, on average: family emoji and Thai have room, towers of accents have not."""


def line(value: Any) -> str:
    """Text in one line, without what cannot be seen."""
    text = value if isinstance(value, str) else ""
    return " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) not in UNSEEN).split())


def prose(value: Any) -> str:
    """Text with its line breaks, without what cannot be seen."""
    text = unicodedata.normalize("NFC", value if isinstance(value, str) else "")
    lines = (line(part) for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def length(text: str, longest: int) -> int:
    """Characters as a person counts them (grapheme clusters, Unicode Standard Annex 29), up to well over `longest`."""
    return len(regex.findall(r"\X", text[: (longest + 1) * MOST_MARKS * 2]))


def too_long(text: str, longest: int) -> bool:
    return length(text, longest) > longest or len(text) > longest * MOST_MARKS
