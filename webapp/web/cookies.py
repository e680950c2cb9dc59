"""The cookies we set. Nothing here is of use to another site, and none is set before it is needed."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote, unquote

from litestar.datastructures import Cookie
from litestar.plugins.htmx import HTMXRequest

from webapp.settings import settings

SIGN_IN = "plenum_sign_in"
PLANNER = "plenum_planner"
DRAFT = "plenum_draft"
VOICE = "plenum_voice"
GOAL = "plenum_goal"
"""Where somebody wanted to go who was asked to sign in first."""
KEPT = "plenum_kept"
"""What somebody sent who was signed out by then."""
KNOWN = "plenum_known"
"""Says to us alone as whom this browser has been signed in before."""
GOAL_LIFETIME = timedelta(hours=1)
MARKS = "plenum_marks"
"""The sessions marked, for the page's own script to show on public pages. The only cookie that scripts may read."""
PAGE = re.compile(r"(/[\w.-]{1,300}){1,6}", re.ASCII)
A_YEAR = timedelta(days=365)
"""How long a browser keeps its own programme."""


def cookie(name: str, value: str, lifetime: timedelta) -> Cookie:
    """A cookie of ours, which scripts cannot read but for the marks."""
    return Cookie(
        key=name,
        value=value,
        max_age=int(lifetime.total_seconds()),
        httponly=name != MARKS,
        secure=settings().secure,
        samesite="lax",
    )


def goal_cookie(path: str) -> Cookie:
    """Says where somebody is going who has to do something else first."""
    return cookie(GOAL, quote(path, safe=""), GOAL_LIFETIME)


def goal(request: HTMXRequest) -> str:
    """The page of ours for which signing in was asked, or nothing."""
    return page_of_ours(unquote(request.cookies.get(GOAL, "")))


def page_of_ours(path: str) -> str:
    """The path if it can be one of our pages, or nothing: nobody is sent elsewhere."""
    return path if PAGE.fullmatch(path) else ""


def forget(name: str) -> Cookie:
    """The cookie that has a browser drop the one of this name."""
    return cookie(name, "", timedelta())
