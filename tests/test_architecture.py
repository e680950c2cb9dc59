"""What docs/architecture.md and its drawing name is there."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parent.parent
PAGE, DRAWING = ROOT / "docs/architecture.md", ROOT / "docs/architecture.svg"
SVG = {"": "http://www.w3.org/2000/svg"}
CODE = "\n".join(path.read_text() for path in sorted(ROOT.glob("webapp/**/*.py")))


def named_for_nothing(text: str) -> list[str]:
    """What a text names in backticks that is not there: files and folders, classes, functions and constants."""
    return [name for name in re.findall(r"`([^`]+)`", text) if not (_is_there(name) or _is_defined(name))]


def _is_there(name: str) -> bool:
    if not re.fullmatch(r"(…/)?[\w.-]+(/[\w.-]+)*(\.\w+|/)|bin/\w+", name):
        return False
    return any(any(ROOT.glob(f"{folder}{name.replace('…', '*').rstrip('/')}")) for folder in ("", "webapp/"))


def _is_defined(name: str) -> bool:
    """Whether our code has it; what is no name (a command, an address, SQL) is not looked for."""
    if re.search(r"[\s=-]|^/", name):
        return True
    word = re.fullmatch(r"(?:feeds\.)?(\w+)(?:\(.*\))?", name)
    return bool(word and re.search(rf'\b(?:class|def) {word[1]}\b|\b{word[1]}\b.* = |"{word[1]}":', CODE))


def drawn_for_nothing(svg: str) -> list[str]:
    """Files and folders in the rooms of a drawing that are neither in our code nor in the room's own folder."""
    missing = []
    for room in ElementTree.fromstring(svg).findall("g[@class='room']", SVG):  # noqa: S314 - our own
        texts = [text.text or "" for text in room.findall("text", SVG)]
        for name in re.findall(r"\w+/\w*|\w+\.py", " ".join(texts)):
            places = [ROOT / "webapp" / name, ROOT / "webapp" / texts[0] / name]
            if not any(place.exists() or place.with_suffix(".py").exists() for place in places):
                missing.append(name)
    return missing


def test_what_the_page_names_is_there() -> None:
    text = PAGE.read_text()
    assert len(re.findall("`", text)) > 100
    assert named_for_nothing(text) == []
    wrong = "`tables/booking/`, `…/nowhere.py`, `live/nowhere/`, `Details`, `NobodysFeed`, `feeds.say_nothing(NAME)`"
    assert named_for_nothing(wrong) == [
        "…/nowhere.py",
        "live/nowhere/",
        "NobodysFeed",
        "feeds.say_nothing(NAME)",
    ]


def test_the_folders_of_the_drawing_are_there() -> None:
    drawing = DRAWING.read_text()
    assert drawn_for_nothing(drawing) == []
    assert drawn_for_nothing(drawing.replace("tables/", "rows/").replace("vendor/", "bought/")) == [
        "rows/",
        "bought/",
    ]
