"""What all forms share: which characters nobody types, and what is said beside fields."""

from __future__ import annotations

UNSEEN = {"Cc", "Cs", "Co", "Cn"}
"""Unicode categories nobody types on purpose: control, surrogate, private use, unassigned."""


class Messages(dict[str, str]):
    """Messages by field name, and none for every other field."""

    def __missing__(self, name: str) -> str:
        return ""
