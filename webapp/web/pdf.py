"""Documents as PDF: each is a Typst template, a text file that a designer may change, and what it says beside it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import typst

HERE = Path(__file__).parents[1]
TEMPLATES = HERE / "templates" / "pdf"
STANDARDS: list[Literal["a-3a", "ua-1"]] = ["a-3a", "ua-1"]
"""To be kept in archives (PDF/A-3a), and to be read by those who do not see it (PDF/UA-1)."""

SCRIPTS = {
    "Arabic": "العربية",
    "Hebrew": "עברית",
    "Greek": "Ελληνικά",
    "Cyrillic": "Українська",
    "Armenian": "Հայերեն",
    "Georgian": "ქართული",
    "Thai": "ไทย",
    "Chinese": "中文",
    "Japanese": "かな",
    "Korean": "한국어",
    "Devanagari": "हिन्दी",
}

_typesetter = threading.Lock()


def draw_pdf(template: str, said: dict[str, Any], on: date) -> bytes:
    """Draw `templates/pdf/{template}.typ` with what it says, which is never taken for markup.

    Equal contents give equal bytes. A letter that no font has is a box, and the document then keeps no standard,
    since both want every letter to be there.
    """
    try:
        return _draw(template, said, on, STANDARDS)
    except typst.TypstError:
        return _draw(template, said, on, [])


def scripts_without_letters() -> list[str]:
    """The scripts of which no font here has the letters, so that documents show boxes in their place."""
    return [script for script, words in SCRIPTS.items() if not _has_letters_for(words)]


def _has_letters_for(words: str) -> bool:
    try:
        _draw("letters", {"words": words}, date(2000, 1, 1), STANDARDS)
    except typst.TypstError:
        return False
    return True


def _draw(template: str, said: dict[str, Any], on: date, standards: list[Literal["a-3a", "ua-1"]]) -> bytes:
    with _typesetter:  # a compiler does one thing at a time
        drawn = _compiler().compile(
            TEMPLATES / f"{template}.typ",
            format="pdf",
            sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
            pdf_standards=list(standards),
            timestamp=datetime.combine(on, time(), UTC),
        )
    return cast(bytes, drawn)


@cache
def _compiler() -> typst.Compiler:
    """Kept, since it knows the fonts and the templates."""
    return typst.Compiler(
        root=TEMPLATES, font_paths=typst.Fonts(include_embedded_fonts=False, font_paths=[HERE / "fonts"])
    )
