"""Nothing grows so long that nobody reads it: files and functions, but for what STYLE.md names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = [
    file
    for folder in ("webapp", "piccolo_migrations", "tests", "bench")
    for file in sorted((ROOT / folder).rglob("*.py"))
]
SCRIPTS = sorted((ROOT / "webapp" / "static" / "js").rglob("*.js"))
LONGEST_FILE, LONGEST_SCRIPT, LONGEST_FUNCTION = 400, 200, 60


def lines_of(files: list[Path]) -> dict[str, int]:
    return {str(file.relative_to(ROOT)): len(file.read_text().splitlines()) for file in files}


def functions(source: str) -> Iterator[tuple[str, int]]:
    """Each function of a module with its lines, decorators left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield node.name, node.end_lineno - node.lineno + 1


def test_no_file_is_too_long() -> None:
    assert not {name: lines for name, lines in lines_of(PYTHON).items() if lines > LONGEST_FILE}
    assert not {name: lines for name, lines in lines_of(SCRIPTS).items() if lines > LONGEST_SCRIPT}
    assert any(lines > LONGEST_FILE / 2 for lines in lines_of(PYTHON).values()), "or nothing was measured"
    assert any(lines > LONGEST_SCRIPT / 4 for lines in lines_of(SCRIPTS).values()), "or nothing was measured"


def test_no_function_is_too_long_but_those_that_the_style_guide_names() -> None:
    long = {
        name for file in PYTHON for name, lines in functions(file.read_text()) if lines > LONGEST_FUNCTION
    }
    named = set(
        re.findall(
            r"`(\w+)`", (ROOT / "STYLE.md").read_text().partition("**Short.**")[2].partition("**Less.**")[0]
        )
    )
    assert long == named, "one that is short again need not be named any more"
