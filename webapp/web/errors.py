"""What people read when something cannot be done. Always plain words, and what to do now."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect, Template
from litestar.types import ExceptionHandlersMap

from webapp.conference.contact import organisers
from webapp.refusal import NameWanted, Refused
from webapp.web.cookies import goal_cookie
from webapp.web.kept import SignInFirst
from webapp.web.rendering import PRIVATE, page

log = logging.getLogger(__name__)

NUMBER = "Error-Number"
"""The header with the number of what has broken, for scripts that say it in a message of their own."""
TITLES = {
    400: "That could not be understood",
    401: "Please sign in first",
    403: "That is not allowed from here",
    404: "There is nothing at this address",
    405: "That cannot be done here",
    409: "That is not possible any more",
    413: "That is too much at once",
    429: "A little slower, please",
    503: "Not just yet",
}
WHAT_TO_DO = {
    400: "Something in the request was not as a browser sends it. Please go back, load the page again and repeat.",
    404: "The page may have moved. The programme is a good place to start again.",
    405: "Please go back and use the buttons on the page.",
    413: "Please shorten what you entered and send it again.",
}
KEPT_FOR_YOU = " What you typed is kept: when you have signed in here, you are back in the same form."
OURS = "Something went wrong on our side. Nothing you had sent before is lost. Please try again in a minute."


def refused(request: Request[Any, Any, Any], refusal: Refused) -> Template:
    return _page(request, 409, refusal.reason)


def name_wanted(request: Request[Any, Any, Any], wanted: NameWanted) -> Response[Any]:
    """To where they say it, and then on to what they asked for."""
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        return refused(request, wanted)
    return Redirect("/me/name", status_code=303, cookies=[goal_cookie(request.url.path)])


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    status = error.status_code
    if status >= 500 and status != 503:
        return broken(request, error)
    accepts = request.headers.get("accept", "")
    # A script that followed the way to the sign-in would take that page for an answer.
    by_script = accepts.startswith("application/json") or "text/event-stream" in accepts
    if status == 401 and request.method == "GET" and not by_script:
        to_a_page = "text/html" in accepts
        goal = [goal_cookie(request.url.path)] if to_a_page else []
        return Redirect("/sign-in", status_code=303, cookies=goal)
    ours = status in (401, 403, 404, 409, 429, 503) and error.detail != HTTPStatus(status).phrase
    own_words = error.detail if ours else ""
    if status == 401 and not by_script:
        return SignInFirst(
            request, lambda kept: _page(request, 401, f"{own_words}{KEPT_FOR_YOU if kept else ''}")
        )
    response = _page(request, status, own_words or WHAT_TO_DO.get(status, WHAT_TO_DO[400]))
    response.headers |= error.headers or {}
    return response


def broken(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Says a number under which the log has what has happened."""
    number = f"{secrets.randbelow(1_000_000):06}"
    route = request.scope.get("path_template", request.url.path)
    log.error("Number %s: %s %s failed", number, request.method, route, exc_info=error)
    reason = f"{OURS} If it stays like this, tell {organisers()} the number {number}."
    answer: Response[Any]
    if request.headers.get("accept", "").startswith("application/json"):
        answer = Response({"reason": reason}, status_code=500, headers=PRIVATE)
    else:
        answer = _page(request, 500, reason)
    answer.headers[NUMBER] = number
    return answer


def _page(request: Request[Any, Any, Any], status: int, reason: str) -> Template:
    return page(
        "error.html",
        status=status,
        programme=request.app.state.feeds.any_programme,
        code=status,
        title=TITLES.get(status, "That did not work"),
        reason=reason,
        page_url="",
    )


HANDLERS: ExceptionHandlersMap = {
    NameWanted: name_wanted,
    Refused: refused,
    HTTPException: http_error,
    Exception: broken,
}
