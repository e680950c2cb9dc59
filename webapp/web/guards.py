"""Who may open which door.

They are asynchronous because Litestar runs plain functions in a thread, which costs more than they do.
"""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import ClientException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


ONE_CLICK = "one_click"
"""A handler that programs send to, in any form: the signed address alone says that they may."""


async def same_origin(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse every change that another site could have caused in the visitor's browser.

    Browsers say where a request comes from in headers that no page can set: Sec-Fetch-Site (over HTTPS and on
    localhost) or else Origin. This needs no token in forms, so public pages are the same bytes for everyone.
    Source: https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site and the OWASP cheat sheet on CSRF.
    """
    if connection.scope.get("method") in SAFE_METHODS or handler.opt.get(ONE_CLICK):
        return
    site = connection.headers.get("sec-fetch-site")
    if site is not None:
        allowed = site in ("same-origin", "none")
    else:
        host = connection.headers.get("host")
        # Compared and not taken apart: an Origin may be any nonsense.
        allowed = bool(host) and connection.headers.get("origin", "").partition("://")[2] == host
    if not allowed:
        raise PermissionDeniedException(
            "Your browser did not say that this request comes from this site, so nothing was changed. "
            "Please open the page again and repeat what you did."
        )


async def plain_form(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse forms in parts. Ours carry no files, and a part may claim any coding of its text, or none there is."""
    if connection.scope.get("method") in SAFE_METHODS or handler.opt.get(ONE_CLICK):
        return
    if connection.headers.get("content-type", "").lower().startswith("multipart/"):
        raise ClientException
