"""What stands in a schedule, read with patience: programs write one thing in many ways, or leave it out."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from typing import Any

from webapp.conference.schedule_documents import Document

PLAIN_LETTERS = {ord("ø"): "o", ord("æ"): "ae", ord("å"): "a", ord("ł"): "l", ord("đ"): "d", ord("ð"): "d"}


def as_table(value: Any) -> Document:
    """The object that stands here; an empty one where none does."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The list that stands here; an empty one where none does."""
    return value if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """Text as people may see it. A translated text is taken in the first of its languages."""
    if isinstance(value, dict):
        value = next((text for text in value.values() if text), None)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    lines = str(value).replace("\r\n", "\n").replace("\r", "\n")
    # Web forms let through what no page can show and XML cannot carry.
    return "".join(
        c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs", "Cn")
    ).strip()


def as_line(value: Any) -> str:
    """Text on one line."""
    return " ".join(as_text(value).split())


def as_slug(name: str) -> str:
    """A slug made from a name; empty where it has no letter or digit of ours."""
    letters = name.casefold().translate(PLAIN_LETTERS)
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def as_flag(value: Any) -> bool:
    """Whether somebody has opted out. Only what plainly says no is a no; what is missing is one, too."""
    if isinstance(value, str):
        return value.strip().casefold() not in ("", "false", "0", "no", "off")
    return bool(value)


def as_date(value: Any) -> date | None:
    """The date with which this begins; None where that is none."""
    try:
        return date.fromisoformat(as_text(value)[:10])
    except ValueError:
        return None


def as_time(value: Any) -> time | None:
    """A time of day like `9:30`; None where it is none."""
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?::\d{2})?", as_text(value))
    return time(int(found[1]), int(found[2])) if found and int(found[1]) < 24 and int(found[2]) < 60 else None


def as_instant(value: Any) -> datetime | None:
    """A date with a time; None where it is none."""
    text = as_text(value)
    try:
        return datetime.fromisoformat(text) if "T" in text or " " in text else None
    except ValueError:
        return None


def as_length(value: Any) -> timedelta | None:
    """How long: `01:30`, `01:30:00`, `90` (minutes), `PT1H30M`. None where it is not told, or cannot be read."""
    said = as_text(value).upper()
    if clock := re.fullmatch(r"(\d{1,3}):([0-5]\d)(?::[0-5]\d)?", said):
        return timedelta(hours=int(clock[1]), minutes=int(clock[2]))
    if re.fullmatch(r"\d{1,4}", said):
        return timedelta(minutes=int(said))
    iso = re.fullmatch(r"P(?:(\d{1,2})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,2}S)?)?", said)
    if iso is None or not any(iso.groups()):
        return None
    days, hours, minutes = (int(part or 0) for part in iso.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
