"""What is wrong with a conference file, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any


@dataclass(frozen=True)
class Problem:
    """Something to put right, and the line it is on, where that can be told."""

    line: int | None
    reason: str


class ConferenceFileError(Exception):
    """The file cannot be taken as it is. Says everything that is wrong with it at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(problem.reason for problem in problems))
        self.problems = problems


Loc = tuple[str | int, ...]
"""Where something stands: `("product", 0, "price", 1, "amount")`."""
Finding = tuple[Loc, str]
"""A place and what is wrong there."""


def tables_in(data: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and contents of each part of this name, whatever else is written in its place."""
    given = data.get(name)
    for number, table in enumerate(given if isinstance(given, list) else []):
        if isinstance(table, dict):
            yield number, table


def slugs_in(data: dict[str, Any], kind: str) -> list[str]:
    """What the parts of this kind are called by others."""
    return [slug for _, table in tables_in(data, kind) if isinstance(slug := table.get("slug"), str)]


def did_you_mean(name: str, known: list[str]) -> str:
    """The end of a sentence that offers the likeliest of the names known; empty where none is like this one."""
    near = get_close_matches(name, known, n=1)
    return f" Did you mean “{near[0]}”?" if near else ""
