"""Public pages as bytes: drawn once for everybody, compressed once, answered with 304 where nothing is new."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property

import brotli
from litestar import Response
from litestar.plugins.htmx import HTMXRequest

HTML = "text/html"
CALENDAR = "text/calendar"
COMPRESSED = "compressed"
"""Marks the handlers (in their `opt`) whose answers are compressed here."""


@dataclass(frozen=True)
class Page:
    """An answer that is drawn, and its compressed forms, each made once."""

    body: bytes
    media_type: str
    private: bool = False
    """Whether it is one person's, so that no cache on the way may keep it."""

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:20]

    @cached_property
    def brotli(self) -> bytes:
        return bytes(brotli.compress(self.body, quality=7))

    @cached_property
    def gzip(self) -> bytes:
        return gzip.compress(self.body, 6, mtime=0)

    def answer(self, request: HTMXRequest) -> Response[bytes]:
        """This page for this browser: in the coding it takes, or 304 when it has the same bytes already."""
        coding, body = self._coded(request.headers.get("accept-encoding", ""))
        # The bytes differ with the coding, so a strong validator must too.
        etag = f'"{self.digest}-{coding}"' if coding else f'"{self.digest}"'
        headers = {
            "ETag": etag,
            "Cache-Control": "private, no-cache" if self.private else "no-cache",
            "Vary": "Accept-Encoding, HX-Request-Type",
        }
        if _matches(request.headers.get("if-none-match", ""), etag):
            return Response(b"", status_code=304, headers=headers, media_type=self.media_type)
        if coding:
            headers["Content-Encoding"] = coding
        return Response(body, headers=headers, media_type=self.media_type)

    def _coded(self, accepted: str) -> tuple[str, bytes]:
        wanted = {
            name.strip().lower()
            for name, _, quality in (part.partition(";") for part in accepted.split(","))
            if quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
        }
        if "br" in wanted:
            return "br", self.brotli
        if "gzip" in wanted:
            return "gzip", self.gzip
        return "", self.body


class Pages:
    """The pages drawn so far, the longest unread ones forgotten first."""

    def __init__(self, limit: int = 512) -> None:
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._limit = limit

    def get(self, key: Hashable, draw: Callable[[], str | bytes], media_type: str = HTML) -> Page:
        """The page of this key. The key names everything that the drawing depends on."""
        page = self._pages.get(key)
        if page is None:
            drawn = draw()
            page = Page(drawn.encode() if isinstance(drawn, str) else drawn, media_type)
            self._pages[key] = page
            if len(self._pages) > self._limit:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(key)
        return page

    def clear(self) -> None:
        """Forget all of them."""
        self._pages.clear()


def _matches(if_none_match: str, etag: str) -> bool:
    """Whether an If-None-Match header, as browsers and proxies send it, names this validator.

    RFC 9110, 13.1.2: a list, compared weakly, so that a `W/` put on by a proxy does not matter.
    """
    if if_none_match.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == etag for part in if_none_match.split(","))
