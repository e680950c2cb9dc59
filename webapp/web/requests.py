"""How requests come in: forms are counted before they are taken apart, and HEAD is answered wherever GET is."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from litestar import HttpMethod, Litestar
from litestar.connection.base import empty_receive, empty_send
from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException
from litestar.plugins.htmx import HTMXDetails, HTMXRequest
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

HEAD_ONLY = "plenum.head_only"
"""In the scope of a request that asks for nothing but the headers."""
SERVERS_SEND = "plenum.send"
"""In the scope: the server's own `send`, with nothing in between. What is sent to a whole hall goes this way."""
BEGAN = "plenum.began"
"""In the scope: when the request came (`perf_counter`)."""
LONGEST_FORM = 512 * 1024
"""Bytes a request may carry: a booking of twenty delegates with every field full fits in."""
MOST_FIELDS = 1000
"""Fields of a form, as Litestar has it for forms in parts: a booking of twenty delegates has some three hundred."""


class FormRequest(HTMXRequest):
    """A request whose form is counted before it is taken apart: that takes a worker's time, and counting takes none."""

    def __init__(self, scope: Any, receive: Any = empty_receive, send: Any = empty_send) -> None:
        super(HTMXRequest, self).__init__(scope, receive, send)

    @property
    def htmx(self) -> HTMXDetails:  # type: ignore[override]
        """Made when it is asked for: kept by the request, the two would hold each other until a collection."""
        return HTMXDetails(self)

    async def form(self) -> FormMultiDict:
        if (await self.body()).count(b"&") >= MOST_FIELDS:
            raise ClientException(status_code=HTTP_413_REQUEST_ENTITY_TOO_LARGE)
        return await super().form()


class Plenum(Litestar):
    """Litestar that answers HEAD wherever it answers GET (the server leaves the body out), and lets streams through."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope.get("method") == HttpMethod.HEAD:
            scope = {**scope, "method": HttpMethod.GET, HEAD_ONLY: True}
        scope[SERVERS_SEND] = send
        scope[BEGAN] = perf_counter()
        try:
            await super().__call__(scope, receive, send)
        finally:
            del scope[SERVERS_SEND]  # which holds the scope itself
