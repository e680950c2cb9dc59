"""The kinds of values that stand in a conference file, and what makes one of them right."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints
from pydantic_core import PydanticCustomError

from webapp.text.countries import countries
from webapp.text.currencies import currencies


def _visible(text: str) -> str:
    if any((ord(character) < 32 and character not in "\n\t") or ord(character) == 127 for character in text):
        raise PydanticCustomError("unseen", "This has a character that cannot be shown.")
    return text


BLOCK = re.compile(r"\s*([-*+>|#<]|\d{1,3}[.)])")
"""What begins a line that stands by itself: an item of a list, a quotation, a row of a table, a heading, HTML."""


def _unwrapped(text: str) -> str:
    """Lines are broken for whoever edits the file; only an empty line begins a new paragraph.

    What Markdown reads by the line stays as it is: lists, tables, and a line that ends with two spaces.
    """
    if "```" in text or "<pre" in text:
        return text.strip()
    blocks = re.split(r"\n\n+", re.sub(r"\n[^\S\n]+(?=\n)", "\n", text.strip()))
    return "\n\n".join(map(_joined, blocks))


def _joined(block: str) -> str:
    lines: list[str] = []
    for line in block.split("\n"):
        if lines and not lines[-1].endswith("  ") and not BLOCK.match(line):
            lines[-1] = f"{lines[-1].rstrip()} {' '.join(line.split())}"
        else:
            indent = line[: len(line) - len(line.lstrip())] if BLOCK.match(line) else ""
            lines.append(indent + " ".join(line.split()))
        if line.endswith("  "):
            lines[-1] += "  "
    return "\n".join(lines)


def _exact(amount: Any) -> Any:
    """Decimals as they are written: 0.11 in the file is 0.11, and not the binary fraction next to it."""
    return str(amount) if isinstance(amount, float) else amount


def _country(code: str) -> str:
    if code not in countries():
        raise PydanticCustomError("country", "This is no country. Write its two letters, such as DK or NO.")
    return code


def _currency(code: str) -> str:
    if code not in currencies():
        near = get_close_matches(code.upper(), sorted(currencies()), n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise PydanticCustomError(
            "currency",
            "{message}",
            {"message": f"“{code}” is no currency. Write its three letters, such as NOK.{hint}"},
        )
    return code


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("zone", "This time zone does not exist. Write it like Europe/Copenhagen.")
    return name


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_visible)]
Line = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300), AfterValidator(_visible)
]
Prose = Annotated[
    str, StringConstraints(max_length=20_000), AfterValidator(_visible), AfterValidator(_unwrapped)
]
Lines = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_visible)
]
"""Text whose lines are broken where the file breaks them."""
Amount = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, max_digits=12)]
"""Of money. How many decimals it may have, the currency says."""
Rate = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, le=100, decimal_places=2)]
Exchange = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0)]
Currency = Annotated[str, AfterValidator(_currency)]
Country = Annotated[str, AfterValidator(_country)]
# Strictly as TOML has them: a number, a text or a bare date would be taken for some time of day, but for which?
Day = Annotated[date, Strict(), Field(ge=date(1970, 1, 1), le=date(2199, 12, 31))]
TimeOfDay = Annotated[time, Strict()]
Moment = Annotated[
    datetime, Strict(), Field(ge=datetime(1970, 1, 1, tzinfo=UTC), le=datetime(2200, 1, 1, tzinfo=UTC))
]
LONGEST_NIGHT = timedelta(hours=12)
"""How long a session lasts at most whose end is past midnight, and not a slip of the pen."""
MORNING = time(6)
"""What starts before it belongs to the day before, as people count days."""
Seats = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
Minutes = Annotated[int, Strict(), Field(ge=0, le=14 * 24 * 60)]
LONGEST_ADDRESS = 500
Address = Annotated[
    str, StringConstraints(pattern=r"^https?://", max_length=LONGEST_ADDRESS), AfterValidator(_visible)
]
Zone = Annotated[Line, AfterValidator(_zone)]
"""The name of a time zone: `Europe/Copenhagen`."""


class Part(BaseModel):
    """A part of the conference file. Unknown keys are errors: they are most often a typing mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)
