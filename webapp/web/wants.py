"""What a browser asks for: a whole page, a part of one, an answer for its script, or what is new in a stream."""

from __future__ import annotations

from litestar.plugins.htmx import HTMXRequest

from webapp.web.numbers import small


def wants_part(request: HTMXRequest) -> bool:
    """Whether HTMX asks for the part that it swaps in, and not (going back, say) for the whole page."""
    return request.headers.get("hx-request-type") == "partial"


def wants_json(request: HTMXRequest) -> bool:
    """Whether a script of ours asks, which reads the answer itself."""
    return "application/json" in request.headers.get("accept", "")


def wants_after(request: HTMXRequest) -> int | None:
    """The revision that a follower of a stream has seen already; None where it begins anew."""
    return small(request.headers.get("last-event-id") or request.query_params.get("after"))
