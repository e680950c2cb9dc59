"""Style sheets, scripts and pictures. Their addresses change with their bytes, so browsers keep them for good."""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest

from webapp.web.pages import COMPRESSED, Page
from webapp.web.rendering import STATIC, static


@get("/static/{digest:str}/{path:path}", opt={COMPRESSED: True})
async def static_file(request: HTMXRequest, digest: FromPath[str], path: FromPath[Path]) -> Response[bytes]:
    name = str(path).lstrip("/")
    page = _files().get(name)
    if page is None or static(name) != f"/static/{digest}/{name}":
        raise NotFoundException("There is no such file. Please load the page again.")
    response = page.answer(request)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@get("/favicon.ico", opt={COMPRESSED: True})
async def favicon(request: HTMXRequest) -> Response[bytes]:
    """Browsers ask for this name on their own, whatever the page says."""
    return _files()["favicon.svg"].answer(request)


@cache
def _files() -> dict[str, Page]:
    return {
        file.relative_to(STATIC).as_posix(): Page(
            file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        )
        for file in STATIC.rglob("*")
        if file.is_file()
    }
