"""What all forms share: which characters nobody types, and what is said beside fields."""

from __future__ import annotations

import unicodedata

UNSEEN = {"Cc", "Cs", "Co", "Cn"}
"""Unicode categories nobody types on purpose: control, surrogate, private use, unassigned."""


def is_seen(text: str) -> bool:
    """Whether every character of a line can be shown."""
    return not any(unicodedata.category(character) in UNSEEN for character in text)


class Messages(dict[str, str]):
    """Messages by field name, and none for every other field."""

    def __missing__(self, name: str) -> str:
        return ""
