"""Somebody who is up to something: every address there is, and what they must find there."""

from __future__ import annotations

import re
import socket
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.cast import Person
from tests.support.house import NO_CERTIFICATES, House
from tests.support.room import PANEL
from tests.support.waiting import until
from webapp.app import create_app

ROUTES = sorted(
    [(method, route.path) for route in create_app().routes for method in getattr(route, "methods", ["GET"])]
    # Only where `PLENUM_DEV` is set, as it is in the house here.
    + [("GET", "/outbox"), ("GET", "/outbox/{name:str}"), ("GET", "/styleguide")]
)
STREAMS = [path for method, path in ROUTES if method == "GET" and path.endswith(("/seats", "/live"))]
READABLE = [path for method, path in ROUTES if method == "GET" and path not in STREAMS]
WITH_PARAMETERS = [path for path in READABLE if "{" in path]
LIKELY = {
    "slug": "welcome",
    "key": "made-up",
    "token": "made-up",
    "file": "1.ics",
    "name": "made-up.eml",
    "digest": "0",
    "path": "app.css",
    "question": "1",
    "act": "1",
    "vote": "vote",
    "verb": "approve",
    "setting": "guests",
    "code": "ABCD2345",
    "number": "1",
    "note": "1",
    "reply": "1",
    "notice": "1",
    "table": "1",
    "kind": "note",
    "thing": "1",
    "tag": "made-up-made-up1",
}
ONE_CLICK = "/no-more-mail/{token:str}"
"""Mail programs send to it of themselves."""
UNSAFE = [(method, path) for method, path in ROUTES if method not in ("GET", "HEAD", "OPTIONS")]
TO_PAGES = [
    "%FF%FE",
    "%C3%28",
    "%C0%AF",
    "%F0%9F%8E%89",
    "%E2%80%AE%D7%A9%D7%9C%D7%95%D7%9D",
    "%0D%0ASet-Cookie:%20a=b",
    "%7B%7B7*7%7D%7D",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%",
]
"""Values that may trip what reads and draws, as they stand in an address, a cookie or a form."""
TO_DATABASES = [
    "a%00b",
    "%ED%A0%80",
    "'%20OR%20'1'='1",
    "-1",
    "9" * 60,
    "9" * 5_000,
    "x" * 10_000,
]
"""Values that each database may trip over in its own way."""
ODD = [*(pytest.param(odd, marks=pytest.mark.one_database) for odd in TO_PAGES), *TO_DATABASES]
ODD_PATHS = [
    "%00",
    "..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fsecret",
    "..%5C..%5Csecret",
    "%252e%252e%252fsecret",
]


def filled(path: str, value: str | None = None) -> str:
    """The path with this in place of its parameters, or with what might well stand there."""
    likely = LIKELY | ({"slug": PANEL} if path.startswith("/panels/") else {})
    return re.sub(r"\{(\w+):\w+\}", lambda name: likely[name[1]] if value is None else value, path)


def beginning(value: str | bytes) -> str:
    """What a test is named after where its parameter is long, or cannot be printed."""
    return ascii(value[:50])


def stranger(house: House, **headers: str) -> httpx.Client:
    """Somebody whose browser says nothing but these headers of where they come from."""
    return httpx.Client(
        base_url=house.url, headers=headers, trust_env=False, verify=NO_CERTIFICATES, timeout=30
    )


def assert_plain(answer: httpx.Response) -> None:
    """Nothing broke, and who is told that something cannot be done reads a page of ours about it."""
    what = f"{answer.request.method} {answer.request.url} was answered with {answer.status_code}"
    assert answer.status_code < 500, what
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "text/html; charset=utf-8", what
        if answer.request.method != "HEAD":
            assert "<h1" in answer.text, what
            assert not re.search(r"Traceback|Exception|\w+Error\b|litestar|sqlite|asyncpg", answer.text), what


def everything_in(house: House) -> dict[str, list[dict[str, Any]]]:
    """All that people have brought into the database, when the mails it led to have left."""
    on_their_way = "SELECT id FROM outgoing_mail WHERE state IN ('waiting', 'handed_over')"
    until(lambda: not house.rows(on_their_way))
    tables = (
        *("person", "sign_in", "sign_in_link", "booking", "delegate", "item", "offer", "planner", "mark"),
        *("panel", "participant", "question", "vote", "act", "outgoing_mail", "address_change"),
    )
    return {table: house.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables}


def link_for(house: House, person: Person) -> str:
    """The path of the last sign-in link this person was sent, once there is one."""

    def links() -> list[str]:
        return [
            link
            for mail in house.outbox(person.email)
            if (body := mail.get_body(("plain",)))
            for link in re.findall(r"https?://[^/\s]+(/sign-in/\S+)", body.get_content())
        ]

    return until(links)[-1]


def on_the_wire(house: House, request: bytes) -> bytes:
    """How the answer begins to what no client would send."""
    there = urlsplit(house.url)
    with socket.create_connection((there.hostname, there.port), timeout=10) as wire:
        wire.sendall(request)
        return wire.recv(1000)
