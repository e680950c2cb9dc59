"""How a conference file is read: everything that is wrong with it at once, each with its line, in plain words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast, get_args, get_origin
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from webapp.conference.contradictions import contradictions, double_bookings
from webapp.conference.file import ConferenceFile
from webapp.conference.problems import ConferenceFileError, Finding, Loc, Problem, did_you_mean, tables_in
from webapp.conference.slips import meant
from webapp.conference.values import Part

LARGEST_FILE = 2 * 1024 * 1024
"""Bytes. A conference of a thousand sessions has room."""


def read(path: Path) -> ConferenceFile:
    """Read a conference file (TOML). Raises ConferenceFileError."""
    if path.stat().st_size > LARGEST_FILE:
        raise ConferenceFileError(
            (Problem(None, "The file is larger than 2 MB. That is no conference file."),)
        )
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ConferenceFileError(
            (Problem(None, "The file is not saved as UTF-8 text. Save it as that."),)
        ) from error


def parse(text: str) -> ConferenceFile:
    """Turn the text of a conference file (TOML) into values. Raises ConferenceFileError."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        wrong_brackets = tuple(_wrong_brackets(text))
        raise ConferenceFileError(wrong_brackets or (_not_toml(error, text.split("\n")),)) from error
    wrong = list(_localise(data))
    parts, invalid = _valid_parts(data)
    wrong += invalid
    wrong += contradictions(data, parts)
    wrong += double_bookings(data, parts.get("session", []))
    if wrong:
        lines = _lines(text)
        problems = {Problem(_line_of(lines, loc), reason) for loc, reason in wrong}
        raise ConferenceFileError(tuple(sorted(problems, key=lambda p: (p.line or 0, p.reason))))
    return ConferenceFile.model_validate(data)


def check(data: dict[str, Any]) -> ConferenceFile:
    """Turn data from elsewhere into values; it has no lines, so errors name the part. Raises ConferenceFileError."""
    wrong = list(_localise(data))
    parts, invalid = _valid_parts(data)
    wrong += invalid + list(contradictions(data, parts))
    if wrong:
        raise ConferenceFileError(
            tuple(Problem(None, f"{_spelt(data, loc)}: {reason}") for loc, reason in wrong)
        )
    return ConferenceFile.model_validate(data)


def _localise(data: dict[str, Any]) -> Iterator[Finding]:
    """Read times without a zone as local to the conference, in place."""
    conference = data.get("conference")
    name = conference.get("timezone") if isinstance(conference, dict) else None
    if not isinstance(name, str) or name not in available_timezones():
        name = "UTC"  # what is wrong with the zone is said elsewhere
    zone = ZoneInfo(name)

    def localise(table: Any, key: str, loc: Loc) -> Iterator[Finding]:
        value = table.get(key) if isinstance(table, dict) else None
        if isinstance(value, datetime) and value.tzinfo is None:
            earlier, later = value.replace(tzinfo=zone), value.replace(tzinfo=zone, fold=1)
            if earlier.utcoffset() != later.utcoffset():
                exists = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == value
                which = "comes twice" if exists else "does not exist"
                yield loc, f"On this day the clocks change in {name}, and this time {which}. Choose another."
            table[key] = earlier

    registration = data.get("registration")
    for key in ("opens", "closes"):
        yield from localise(registration, key, ("registration", key))
    changes = registration.get("changes") if isinstance(registration, dict) else None
    for key in ("free_until", "close"):
        yield from localise(changes, key, ("registration", "changes", key))
    for number, product in tables_in(data, "product"):
        prices = product.get("price")
        for tier, price in enumerate(prices if isinstance(prices, list) else []):
            yield from localise(price, "until", ("product", number, "price", tier, "until"))


def _valid_parts(data: dict[str, Any]) -> tuple[dict[str, list[tuple[int, Any]]], list[Finding]]:
    """Each part by itself, so that a mistake in one does not hide those in others."""
    findings: list[Finding] = []
    valid: dict[str, list[tuple[int, Any]]] = {}
    findings += [
        ((name,), _unknown(name, ConferenceFile)) for name in data if name not in ConferenceFile.model_fields
    ]
    for name, field in ConferenceFile.model_fields.items():
        given = data.get(name)
        single = isinstance(field.annotation, type)
        model: type[Part] = cast(Any, field.annotation) if single else get_args(field.annotation)[0]
        if single and given is None:
            if field.is_required():
                findings.append(((name,), f"The part [{name}] is missing."))
            continue
        if not single and not isinstance(given or [], list):
            findings.append(((name,), f"Write [[{name}]] in double brackets: there may be several."))
            continue
        for number, item in enumerate([given] if single else given or []):
            loc: Loc = (name,) if single else (name, number)
            try:
                valid.setdefault(name, []).append((number, model.model_validate(item)))
            except ValidationError as error:
                findings += [((*loc, *found["loc"]), _plainly(found, model)) for found in error.errors()]
    return valid, findings


BOUNDS = {"ge": "at least", "le": "at most", "gt": "more than"}


def _plainly(error: ErrorDetails, model: type[BaseModel]) -> str:
    """A finding of pydantic's, for an organiser."""
    loc, context = error["loc"], error.get("ctx", {})
    name = next((part for part in reversed(loc) if isinstance(part, str)), model.__name__.lower())
    match error["type"]:
        case "extra_forbidden":
            return _unknown(name, _model_at(model, loc[:-1]))
        case "missing":
            return f"`{name}` is missing."
        case "string_pattern_mismatch" if "a-z0-9" in context["pattern"]:
            return f"`{name}` may have only small letters a to z, digits, and hyphens between them: pia-allerslev."
        case "string_pattern_mismatch" if "#" in context["pattern"]:
            return f"`{name}` begins with # and has letters and digits after it: #schoolrefusal."
        case "string_pattern_mismatch" if "http" in context["pattern"]:
            return f"`{name}` must begin with https://."
        case "string_too_long":
            return f"`{name}` is longer than {context['max_length']} characters."
        case "string_too_short":
            return f"`{name}` is empty."
        case "string_type":
            return f'`{name}` must be text in quotation marks: {name} = "…".'
        case "enum":
            return f"`{name}` must be one of {context['expected']}."
        case "decimal_max_places":
            return f"`{name}` may have two decimals at most."
        case "decimal_max_digits" | "decimal_whole_digits":
            return f"`{name}` is too large."
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            [(which, bound)] = context.items()
            return f"`{name}` must be {BOUNDS[which]} {bound}."
        case "too_short":
            return f"`{name}` needs at least one."
        case "unseen" | "country" | "currency" | "zone":
            return f"`{name}`: {error['msg']}"
    if error["type"] == "model_type" and isinstance(error["input"], list):
        return f"Write `{name}` in single brackets, [ … ]: there is only one."
    if error["type"] == "tuple_type" and isinstance(error["input"], dict):
        return f"Write `{name}` in double brackets, [[ … ]]: there may be several."
    wanted = {
        "date": "a date: 2017-11-06",
        "datetime": "a date and time: 2017-06-20T00:00:00",
        "time": "a time: 10:15:00",
        "int": "a whole number",
        "decimal": "a number, without quotation marks and with a point: 1450.50",
        "float": "a number",
        "finite": "a number",
        "bool": "true or false",
        "tuple": "a list in square brackets: [ … ]",
        "model": "a part of its own, under a line with [ … ]",
        "value": "an e-mail address",
        "uuid": "an identifier such as 8079583e-8321-506c-95af-fd2903a5f075",
    }
    return f"`{name}` must be {wanted.get(error['type'].partition('_')[0], 'something else')}."


def _unknown(name: str, model: type[BaseModel]) -> str:
    return f"`{name}` is not known here.{did_you_mean(name, list(model.model_fields))}"


def _model_at(model: type[BaseModel], loc: Loc) -> type[BaseModel]:
    """The model of the part that stands at this place within another."""
    for part in loc:
        if isinstance(part, str):
            annotation = model.model_fields[part].annotation
            model = annotation if isinstance(annotation, type) else get_args(annotation)[0]
    return model


def _spelt(data: dict[str, Any], loc: Loc) -> str:
    """Where something stands, for data without lines: `session 12 “Opening”, abstract`."""
    words: list[str] = []
    here: Any = data
    for part in loc:
        if isinstance(part, int):
            here = here[part] if isinstance(here, list) else None
            named = isinstance(here, dict) and (here.get("title") or here.get("name"))
            words[-1] += f" {part + 1}" + (f" “{str(named)[:60]}”" if named else "")
        else:
            here = here.get(part) if isinstance(here, dict) else None
            words.append(part)
    return ", ".join(words)


# tomllib tells no lines but for its own errors, so we find the line on which each part and key begins.

HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\s-]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"\s*([\w-]+)\s*=\s*(.*)")


def _lines(text: str) -> dict[Loc, int]:
    lines: dict[Loc, int] = {}
    tables: Counter[Loc] = Counter()
    here: Loc = ()
    for number, line in _outside_texts(text):
        if header := HEADER.match(line):
            here = ()
            *outer, last = (name.strip() for name in header[2].split("."))
            for name in outer:
                here = (*here, name)
                if tables[here]:
                    here = (*here, tables[here] - 1)
            here = (*here, last)
            if header[1] == "[[":
                tables[here] += 1
                lines.setdefault(here, number)
                here = (*here, tables[here] - 1)
            lines[here] = number
        elif key := KEY.match(line):
            lines[(*here, key[1])] = number
    return lines


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Number and words of each line on which something begins, and no text over several lines goes on."""
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if closing:
            if closing in line:
                closing = ""
            continue
        yield number, line
        if key := KEY.match(line):
            for quotes in ('"""', "'''"):
                if key[2].startswith(quotes) and quotes not in key[2][3:]:
                    closing = quotes


def _wrong_brackets(text: str) -> Iterator[Problem]:
    """Parts under the other kind of bracket: TOML says of these only that something else cannot be."""
    for number, line in _outside_texts(text):
        header = HEADER.match(line)
        names = [name.strip() for name in header[2].split(".")] if header else []
        if header and (several := _comes_several_times(names)) is not None and several != (header[1] == "[["):
            name = ".".join(names)
            said = (
                f"[[{name}]] in double brackets: there may be several"
                if several
                else f"[{name}] in single brackets"
            )
            yield Problem(number, f"Write {said}.")


def _comes_several_times(names: list[str]) -> bool | None:
    """Whether a part of the file may come several times; None when it is none that we know."""
    model: type[BaseModel] = ConferenceFile
    several = False
    for name in names:
        field = model.model_fields.get(name)
        types = [field.annotation, *get_args(field.annotation)] if field else []
        parts = [part for part in types if isinstance(part, type) and issubclass(part, Part)]
        if not parts:
            return None
        several, model = get_origin(types[0]) is tuple, parts[0]
    return several


def _line_of(lines: dict[Loc, int], loc: Loc) -> int | None:
    """The line of this place, or of the part that it belongs to."""
    while loc:
        if loc in lines:
            return lines[loc]
        loc = loc[:-1]
    return None


def _not_toml(error: Exception, lines: list[str]) -> Problem:
    found = re.search(r"^(.*?)\s*\(at (?:line (\d+), column \d+|end of document)\)", str(error), re.DOTALL)
    what, line = (found[1], int(found[2]) if found[2] else None) if found else (str(error), None)
    if line and (instead := meant(lines[line - 1])):
        return Problem(line, instead)
    return Problem(
        line, f"This cannot be read: {what}. Look for a missing quotation mark or bracket here or just above."
    )
