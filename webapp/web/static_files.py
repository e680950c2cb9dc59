"""Style sheets, scripts and pictures, and their addresses.

The folder is hashed as one: `/static/<digest>/js/…`. So a module finds those beside it by a relative address, and all
addresses change together when any file does, which lets browsers keep each for good.
"""

from __future__ import annotations

import hashlib
import mimetypes
import posixpath
import re
from functools import cache
from pathlib import Path

from markupsafe import Markup

from webapp.settings import settings
from webapp.web.pages import Page

FOLDER = Path(__file__).parents[1] / "static"
IMPORTED = re.compile(r'^(?:import|export)\b[^;]*?"(\.{1,2}/[^"]+\.js)";', re.MULTILINE)


class StaticFiles:
    """All files of the folder, as they were when it was read."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._files = {
            file.relative_to(folder).as_posix(): Page(
                file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            )
            for file in sorted(folder.rglob("*"))
            if file.is_file()
        }
        told = hashlib.sha256()
        for name, page in self._files.items():
            told.update(f"{name} {page.digest}\n".encode())
        self.digest = told.hexdigest()[:10]
        self._modules: dict[str, list[str]] = {}

    def __getitem__(self, name: str) -> Page:
        return self._files[name]

    def at(self, digest: str, name: str) -> Page | None:
        """The file at an address; None: there is none, or it is not the one that the address was made for."""
        return self._files.get(name) if digest == self.digest else None

    def address(self, name: str) -> str:
        """Raises KeyError when there is no such file."""
        _ = self._files[name]
        return f"/static/{self.digest}/{name}"

    def modules(self, name: str) -> list[str]:
        """The names of all modules that this one imports, and those import in turn."""
        if name not in self._modules:
            self._modules[name] = self._imported_by(name)
        return self._modules[name]

    def _imported_by(self, name: str) -> list[str]:
        found: dict[str, None] = {}
        todo = [name]
        while todo:
            module = todo.pop()
            for path in IMPORTED.findall(self._files[module].body.decode()):
                imported = posixpath.normpath(posixpath.join(posixpath.dirname(module), path))
                if imported not in found and imported != name:
                    found[imported] = None
                    todo.append(imported)
        return sorted(found)


def static_files() -> StaticFiles:
    """The files that are served. They are read once, but while developing: then as often as one has changed."""
    return _read(_last_change() if settings().development else 0)


def static(name: str) -> str:
    """The address of a static file."""
    return static_files().address(name)


def module(name: str) -> Markup:
    """What loads a module. All that it imports is named, so that it comes in one go and not one after the other."""
    files = static_files()
    preloads = "".join(
        f'<link rel="modulepreload" href="{files.address(imported)}">' for imported in files.modules(name)
    )
    return Markup(f'{preloads}<script type="module" src="{files.address(name)}"></script>')  # noqa: S704 - names of ours


@cache
def _read(_: int) -> StaticFiles:
    return StaticFiles()


def _last_change() -> int:
    return max(file.stat().st_mtime_ns for file in FOLDER.rglob("*"))
