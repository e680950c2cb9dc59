"""The conference file that we ship, after somebody edited it, and what is said of it then."""

from __future__ import annotations

import pytest

from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.problems import ConferenceFileError
from webapp.conference.reading import parse

SHIPPED = SCHOOL_REFUSAL.read_text(encoding="utf-8")
NO_NUMBER = "`amount` must be a number, without quotation marks and with a point: 1450.50."
"""What is said of an amount that is none."""


def edited(*changes: tuple[str, str], text: str = SHIPPED) -> str:
    """The file we ship after somebody edited it: each passage, which has to be there, becomes another."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def without(text: str, slug: str) -> str:
    """The file without the session of this slug, and without asking about it."""
    parts = text.split("\n[[session]]\n")
    kept = [part for part in parts if not part.startswith(f'slug = "{slug}"\n')]
    assert len(kept) == len(parts) - 1, slug
    return "\n[[session]]\n".join(kept).replace(f'"{slug}", "', '"')


def problems(text: str) -> list[tuple[int | None, str]]:
    """Line and reason of everything that is wrong with this text, which is refused."""
    with pytest.raises(ConferenceFileError) as refusal:
        parse(text)
    return [(problem.line, problem.reason) for problem in refusal.value.problems]


def line_of(passage: str, text: str = SHIPPED) -> int:
    """The line on which a passage stands first."""
    return text[: text.index(passage)].count("\n") + 1
