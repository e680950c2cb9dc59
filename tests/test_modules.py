"""Every module stands by itself: which one is imported first makes no difference."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent.parent
OF_OTHERS = """
    aiosmtplib argon2 asyncpg babel.numbers cryptography.hazmat.primitives.ciphers.aead email_validator icalendar
    litestar litestar.plugins.htmx litestar.plugins.jinja markdown_it nh3 piccolo.apps.migrations.tables
    piccolo.columns piccolo.table pydantic redis.asyncio regex rich_click segno stdnum typst uvicorn
""".split()  # noqa: SIM905 - to be read
"""What most of the time is spent on. Each process imports it once, and then begins every module from there."""
IMPORT_EACH = """
import gc, importlib, os, sys, traceback

others, modules = (names.split() for names in sys.argv[1:])
for name in others:
    importlib.import_module(name)
assert not any(name.partition(".")[0] == "webapp" for name in sys.modules)
gc.disable()
for name in modules:
    if child := os.fork():
        if os.waitpid(child, 0)[1]:
            print(name)
        continue
    try:
        importlib.import_module(name)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)
"""


def modules() -> list[str]:
    paths = (path.relative_to(HERE).with_suffix("") for path in HERE.joinpath("webapp").rglob("*.py"))
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)


def not_importable(*names: str, where: Path) -> tuple[list[str], str]:
    """Those of these modules that cannot be imported by themselves, and what was said."""
    halves = (names[::2], names[1::2])
    running = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORT_EACH, " ".join(OF_OTHERS), " ".join(half)],
            cwd=where,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(where)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for half in halves
    ]
    said = [process.communicate() for process in running]
    assert not any(process.returncode for process in running), said
    return sorted(name for out, _ in said for name in out.split()), "".join(error for _, error in said)


def test_every_module_can_be_imported_by_itself() -> None:
    known = modules()
    assert "webapp.app" in known
    assert "webapp.tables.people" in known
    failed, why = not_importable(*known, where=HERE)
    assert failed == [], why


def test_two_modules_that_need_each_other_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "circle"
    folder.mkdir()
    (folder / "first.py").write_text("from circle.second import two\none = 1\n")
    (folder / "second.py").write_text("from circle.first import one\ntwo = 2\n")
    (folder / "third.py").write_text("three = 3\n")
    failed, why = not_importable("circle.first", "circle.second", "circle.third", where=tmp_path)
    assert failed == ["circle.first", "circle.second"]
    assert "most likely due to a circular import" in why
