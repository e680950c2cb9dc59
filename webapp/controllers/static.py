"""Style sheets, scripts and pictures. Their addresses change with their bytes, so browsers keep them for good."""

from __future__ import annotations

from pathlib import Path

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest

from webapp.web.pages import COMPRESSED
from webapp.web.static_files import static_files


@get("/static/{digest:str}/{path:path}", opt={COMPRESSED: True})
async def static_file(request: HTMXRequest, digest: FromPath[str], path: FromPath[Path]) -> Response[bytes]:
    page = static_files().at(digest, str(path).lstrip("/"))
    if page is None:
        raise NotFoundException("There is no such file. Please load the page again.")
    response = page.answer(request)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return response


@get("/favicon.ico", opt={COMPRESSED: True})
async def favicon(request: HTMXRequest) -> Response[bytes]:
    """Browsers ask for this name on their own, whatever the page says."""
    return static_files()["favicon.svg"].answer(request)
