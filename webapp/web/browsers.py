"""Knowing a browser again: in words to whoever has signed in with it, and by a cookie that says as whom it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie

from webapp.tables.people import email_key
from webapp.web.cookies import KNOWN, cookie
from webapp.web.signing import browser_mark, marks

# In the order in which they must be asked for: most browsers also claim to be others.
PROGRAMS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "CriOS": "Chrome",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "CrOS": "ChromeOS",
    "Mac OS X": "Mac",
    "Linux": "Linux",
}


KNOWN_FOR = timedelta(days=400)
"""As long as browsers keep any cookie."""
MOST_MARKS = 5
"""People whom one browser is known to have been used by; who was there longest ago is forgotten."""


def known_as(connection: ASGIConnection[Any, Any, Any, Any], email: str) -> str:
    """The mark of a browser that has been signed in as whoever has this address, or nothing.

    Such a browser is a source of its own: nothing that others do makes it wait.
    """
    mailbox = email_key(email)
    return next((mark for mark in _marks(connection) if marks(mark, mailbox)), "")


def last_mark(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The mark of whoever was signed in last at this browser, or nothing."""
    return _marks(connection)[0]


def remember(connection: ASGIConnection[Any, Any, Any, Any], email: str) -> Cookie:
    """Know this browser again: it is signed in as whoever has this address."""
    mailbox = email_key(email)
    others = [mark for mark in _marks(connection) if not marks(mark, mailbox)]
    return cookie(KNOWN, ".".join([browser_mark(mailbox), *others][:MOST_MARKS]), KNOWN_FOR)


def _marks(connection: ASGIConnection[Any, Any, Any, Any]) -> list[str]:
    return connection.cookies.get(KNOWN, "").split(".")[:MOST_MARKS]


def describe(user_agent: str) -> str:
    """`Firefox on Windows`, or less where less can be told."""
    program = next((name for sign, name in PROGRAMS.items() if f"{sign}/" in user_agent), "A browser")
    system = next((name for sign, name in SYSTEMS.items() if sign in user_agent), "")
    return f"{program} on {system}" if system else program
