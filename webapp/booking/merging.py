"""Two people at one form: each writes what they changed of it, and where both changed the same, both are shown."""

from __future__ import annotations

import json
from collections.abc import Iterable

Values = dict[str, list[str]]
"""What a form holds, by the name of the field."""

DRAWN = "drawn"
"""The field in which a form says what it held when it was drawn. No fragment renews it: an old page stays old."""
LONGEST = 20_000
SEVERAL = (".nights", ".workshop")
"""Fields of boxes, of which each is ticked by itself."""


def drawn_with(values: Values, names: Iterable[str], of: int) -> str:
    """What a form is drawn with, for its own hidden field. `of`: the person (id) it is about."""
    held = {name: _filled(values.get(name, [])) for name in names}
    return json.dumps([of, {name: value for name, value in held.items() if value}], ensure_ascii=False)


def when_drawn(carried: str, of: int) -> Values | None:
    """What such a field says. None: nothing that we could have drawn, or somebody else's form."""
    try:
        whose, held = json.loads(carried[:LONGEST])
        values = {str(name): [str(value) for value in value] for name, value in held.items()}
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return values if whose == of else None


def merge(
    names: Iterable[str], drawn: Values | None, typed: Values, saved: Values
) -> tuple[Values, list[str]]:
    """What a form becomes of what was typed into it and what somebody else has saved since it was drawn.

    Returns its fields, and the names of those that both have changed: these hold what was typed.
    """
    merged, both = {}, []
    for name in names:
        mine, theirs = _filled(typed.get(name, [])), _filled(saved.get(name, []))
        was = None if drawn is None else _filled(drawn.get(name, []))
        if mine in (was, theirs):
            merged[name] = saved.get(name, [])
        elif was is not None and name.endswith(SEVERAL):
            kept = [value for value in theirs if value in mine or value not in was]
            merged[name] = [*kept, *(value for value in mine if value not in (*was, *theirs))]
        else:
            merged[name] = typed.get(name, [])
            if theirs != was:
                both.append(name)
    return merged, both


def saved_meanwhile(values: Iterable[str]) -> str:
    """What is said beside a field that two people have changed, of what the first of them saved."""
    return f"Saved at the moment: {', '.join(values) or 'nothing'}."


def quoted(value: str) -> str:
    """What is in a field, as it is named; nothing of an empty one."""
    return f"“{value}”" if value else ""


def _filled(values: list[str]) -> list[str]:
    """What is in a field: browsers send line breaks in their own way, and of an empty field a blank or nothing."""
    lines = ("\n".join(value.splitlines()).strip() for value in values)
    return [value for value in lines if value]
