"""The name check of forms: a name is asked about once, beside its field, and an author who says that it is all right is
believed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from typing import Any, Self

from webapp.text.names import names_in
from webapp.text.typed import Messages, line
from webapp.text.words import fold

CONFIRMED = "nobody_to_protect"
"""The field that says so: with the names it was said of, so that another one is asked about again."""
MOST_SAID = 3


@dataclass(frozen=True)
class NameCheck:
    """The people that a text seems to name, and whether its author has said that this is all right."""

    names: tuple[str, ...] = ()
    confirmed: bool = False

    @classmethod
    def read(
        cls, fields: Mapping[str, Any], texts: Mapping[str, str], known: Set[str], errors: Messages
    ) -> Self:
        """Check texts by their fields, and put a message beside those in which names are not confirmed."""
        confirmed = {fold(name) for name in line(fields.get(CONFIRMED)).split(", ")}
        found = {field: names_in(text, known) for field, text in texts.items() if not errors[field]}
        for field, names in found.items():
            if not {fold(name) for name in names} <= confirmed:
                errors[field] = _asks(names)
        every = tuple(dict.fromkeys(name for names in found.values() for name in names))
        return cls(every, {fold(name) for name in every} <= confirmed)

    @property
    def said(self) -> str:
        """The names as the field that confirms them has them."""
        return ", ".join(self.names)

    @property
    def quoted(self) -> str:
        """The names as people read them: `“Kasper Holm” and “Lena”`; empty where there are none."""
        return _quoted(self.names) if self.names else ""


def _asks(names: Collection[str]) -> str:
    return (
        f"This seems to name {_quoted(names)}. Please do not make anybody recognisable who is not here:"
        " “a pupil of 13” does as well."
    )


def _quoted(names: Collection[str]) -> str:
    """`“Kasper Holm” and “Lena”`."""
    said = [f"“{name}”" for name in list(names)[:MOST_SAID]]
    if len(names) > MOST_SAID:
        said.append("others")
    return " and ".join(filter(None, (", ".join(said[:-1]), said[-1])))
