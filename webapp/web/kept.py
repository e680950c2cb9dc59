"""What was sent by somebody who was signed out by then: kept for this browser until they are signed in again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.types import ASGIApp, Receive, Scope, Send

from webapp.tables import Draft, Person
from webapp.web.browsers import last_mark
from webapp.web.cookies import KEPT, cookie, goal_cookie
from webapp.web.limits import source_of
from webapp.web.signing import marks

LIFETIME = timedelta(hours=1)
LONGEST = 32 * 1024
"""Characters of a form that is kept: anybody may send one."""
KEY = re.compile(r"[\w-]{32}", re.ASCII)
WHERE = ""
"""Among the kept fields: the address they were sent to. No field of a form is called so."""
WHOSE = " "
"""Beside it: the mark of whoever was signed in last at this browser. It is theirs alone, and they may have left."""
SAVE, LOOK = "save", "price"
"""What the buttons of a form say that changes a booking: the second shows it as it is filled in, and saves nothing."""
NOT_TYPED = {"action", "drawn", "price_seen", "revision", "form_token", "key"}


class SignInFirst(Response[None]):
    """Says that one has to sign in, and keeps what was typed."""

    def __init__(self, request: Request[Any, Any, Any], answer: Callable[[bool], Response[Any]]) -> None:
        """`answer`: the page, which is told whether something was kept."""
        super().__init__(None)
        self._request = request
        self._answer = answer

    def to_asgi_response(self, *_: Any, **__: Any) -> ASGIApp:  # type: ignore[override]
        # Handlers of exceptions do not wait for anything, and the body has still to be read.
        async def asgi(scope: Scope, receive: Receive, send: Send) -> None:
            key = await _keep(self._request)
            response = self._answer(bool(key))
            response.headers["HX-Reswap"] = "none"  # nothing typed goes for this page
            response.cookies.append(goal_cookie(_page_of(self._request)))
            if key:
                response.cookies.append(cookie(KEPT, key, LIFETIME))
            await response.to_asgi_response(app=None, request=self._request)(scope, receive, send)

        return asgi


async def _keep(request: Request[Any, Any, Any]) -> str:
    """Keep the form that was sent. Returns its key, or nothing when there is nothing typed in it or it is too long."""
    if "form-urlencoded" not in request.headers.get("content-type", ""):
        return ""
    values: dict[str, list[str]] = {}
    for name, value in (await request.form()).multi_items():
        values.setdefault(name, []).append(str(value))
    # A tick alone is soon set again, and what it agrees to stands on the page it was on: being erased, for one.
    if not typed_in(values) or sum(len(value) for held in values.values() for value in held) > LONGEST:
        return ""
    before = request.cookies.get(KEPT, "")
    key = before if KEY.fullmatch(before) else secrets.token_urlsafe(24)
    await Draft.keep(
        key, values | {WHERE: [request.url.path], WHOSE: [last_mark(request)]}, source_of(request)
    )
    return key


@dataclass(frozen=True)
class Sent:
    path: str
    values: dict[str, list[str]]


async def find(request: Request[Any, Any, Any], person: int) -> Sent | None:
    """What was kept for this browser, if it may be this person's who is signed in by now."""
    key = request.cookies.get(KEPT, "")
    values = await Draft.find(key) if KEY.fullmatch(key) else {}
    where, [mark] = values.pop(WHERE, []), values.pop(WHOSE, [""])
    if not where or (mark and not await _is_of(mark, person)):
        return None
    return Sent(where[0], values)


async def _is_of(mark: str, person: int) -> bool:
    owner = await Person.select(Person.email).where(Person.id == person).first()
    return owner is not None and marks(mark, owner["email"])


def shown_again(values: dict[str, list[str]]) -> dict[str, list[str]]:
    """The fields to be sent for being back in the form, where it can be shown, or else for doing what was wanted."""
    return values | ({"action": [LOOK]} if values.get("action") == [SAVE] else {})


async def drop(request: Request[Any, Any, Any]) -> None:
    if KEY.fullmatch(key := request.cookies.get(KEPT, "")):
        await Draft.drop(key)


def typed_in(values: dict[str, list[str]]) -> list[str]:
    """What somebody reads of it to know it again: their own words."""
    return [
        value
        for name, held in values.items()
        if name not in NOT_TYPED
        for value in held
        if value.strip() and value != "yes"
    ]


def _page_of(request: Request[Any, Any, Any]) -> str:
    """The page on which the form stands."""
    from_page = urlsplit(request.headers.get("referer", ""))
    return from_page.path if from_page.netloc == request.headers.get("host") else request.url.path
