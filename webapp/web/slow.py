"""Requests that somebody had to wait for."""

from __future__ import annotations

import logging
from time import perf_counter
from typing import Any, cast

from litestar.types import Message, Scope

from webapp.web.requests import BEGAN

log = logging.getLogger(__name__)

SLOW = 1.0
"""Seconds until the answer begins."""


async def notice_slow(message: Message, scope: Scope) -> None:
    """Write a slow request to the log: by its route, since an address may be a secret."""
    if message["type"] == "http.response.start":
        request = cast(dict[str, Any], scope)
        took = perf_counter() - request[BEGAN]
        if took > SLOW:
            route = request.get("path_template", "an address that leads nowhere")
            log.info("%s %s took %.1f s", request["method"], route, took)
