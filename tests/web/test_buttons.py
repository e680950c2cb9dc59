"""Buttons look like what they do."""

from __future__ import annotations

import re
from pathlib import Path

TAKES_AWAY = [
    "block",
    "cancel",
    "departure",
    "end",
    "end-others",
    "hide",
    "leave",
    "part",
    "withdraw",
    "withdrawal",
]
"""The last word of the addresses that a form is sent to when it takes something away."""


def test_every_button_that_takes_something_away_is_of_a_kind_of_its_own() -> None:
    wrong, seen = [], set()
    for file in Path("webapp/templates").rglob("*.html"):
        for address, form in re.findall(
            r'<form[^>]* action="([^"]*)"(.*?)</form>', file.read_text(), re.DOTALL
        ):
            verb = address.rpartition("/")[2]
            if verb in TAKES_AWAY:
                seen.add(verb)
                wrong += [] if "danger" in form else [f"{file}: {address}"]
    assert wrong == []
    assert seen == set(TAKES_AWAY)
