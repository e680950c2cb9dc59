"""The conference that we ship, with so few seats that they run out."""

from __future__ import annotations

import re
from pathlib import Path

from webapp.conference.file import ConferenceFile
from webapp.conference.reading import parse

SCHOOL_REFUSAL = Path("webapp/conference/examples/school_refusal_2017.toml")
CAPACITIES = {"participation": 6, "workshop": 2, "seminar-1a": 2, "seminar-1b": 3, "room": 1}


def with_capacities(**capacities: int) -> ConferenceFile:
    text = SCHOOL_REFUSAL.read_text()
    for slug, seats in {**CAPACITIES, **capacities}.items():
        text, found = re.subn(
            rf'(\n\[\[(?:product|session)\]\]\nslug = "{slug}"\n)', rf"\1capacity = {seats}\n", text
        )
        assert found, slug
    return parse(text)


FILE = with_capacities()
