"""What the desk sends along with an act: what its moderator saw, and why they did it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from webapp.questions.states import Verb
from webapp.tables.questions.moderation import Intent
from webapp.web.numbers import small

MOST_TOGETHER = 10_000
"""Questions in one act: more than a panel takes."""
LONGEST_REASON = 300


def intent(question: int, verb: Verb, fields: Mapping[str, Any]) -> Intent:
    """What a moderator wants done with a question."""
    return Intent(
        question,
        verb,
        seen=revision(fields, "seen"),
        reason=reason(fields),
        newest=revision(fields, "newest"),
        on_screen=on_screen(fields),
        copies=questions(fields, "copies"),
    )


def revision(fields: Mapping[str, Any], name: str) -> int:
    """A revision that the desk had. One before all others, where it is none."""
    number = small(str(fields.get(name, "")))
    return -1 if number is None else number


def questions(fields: Mapping[str, Any], name: str) -> list[int]:
    """Ids of questions, with blanks between them."""
    typed = str(fields.get(name, "")).split()[:MOST_TOGETHER]
    return [number for one in typed if (number := small(one)) is not None]


def on_screen(fields: Mapping[str, Any]) -> int | None:
    """The question that its moderator saw on the screen. 0: none; None: it is not said."""
    return small(str(fields.get("on_screen", "")))


def reason(fields: Mapping[str, Any]) -> str:
    return " ".join(str(fields.get("reason", "")).replace("\0", "").split())[:LONGEST_REASON]
