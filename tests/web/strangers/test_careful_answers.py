"""What every answer tells the browser, whoever asks for it, and by whatever name."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.strangers import (
    assert_plain,
    link_for,
)


def assert_careful(answer: httpx.Response) -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in answer.headers["content-security-policy"].split(";"))
    for what in ("default-src", "base-uri", "frame-ancestors"):
        assert rules[what] == "'none'"
    for what in ("script-src", "style-src", "form-action"):
        assert rules[what] == "'self'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "server" not in answer.headers


def test_every_kind_of_answer_is_careful(sqlite_house: House, cast: Cast) -> None:
    """Those which tests/web/test_pages.py does not look at already."""
    with sqlite_house.client() as client:
        booking = book(client, cast.dag)
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.mona)
        style = re.findall(r'href="(/static/[^"]+\.css)"', client.get("/").text)[0]
        form = {"Content-Type": "multipart/form-data; boundary=x"}
        answers = {
            (200, "booking"): client.get(booking),
            (200, "calendar"): client.get(f"{booking}/1.ics"),
            (200, "static"): client.get(style),
            (200, "part"): client.post("/register/price", data=at_the_page.form.values),
            (204, "nothing"): client.post("/programme/welcome/mark", headers={"HX-Request": "true"}),
            (204, "options"): client.options("/register"),
            (303, "booked"): client.post("/programme/welcome/mark"),
            (400, "odd"): client.post("/sign-in", content=b"--x\r\nContent-Disposition: form-", headers=form),
            (404, "static"): client.get("/static/0/css/app.css"),
            (405, "not here"): client.delete("/register"),
            (410, "spent"): client.get("/sign-in/made-up"),
            (413, "too much"): client.post("/sign-in", data={"email": "x" * 600_000}),
            (422, "not in order"): client.post("/register", data={"action": "book"}),
        }
        for (status, what), answer in answers.items():
            assert answer.status_code == status, what
            assert_plain(answer)
            assert_careful(answer)


def test_what_is_not_possible_any_more_is_said_carefully(sqlite_house: House, cast: Cast) -> None:
    with sqlite_house.client() as client:
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.dag)
        at_the_page.fill({"delegates.0.seminar.seminar-1": "seminar-1b"})
        at_the_page.press("price")
        sqlite_house.rows("UPDATE offer SET capacity = taken WHERE slug = 'seminar-1b'")
        refused = at_the_page.press("book")
        assert refused.status_code == 409
        assert "Nothing is booked yet" in refused.text
        assert_careful(refused)
        sqlite_house.rows("UPDATE offer SET capacity = NULL WHERE slug = 'seminar-1b'")
        assert at_the_page.press("book").status_code == 303


def test_when_something_breaks_people_read_that_it_is_ours_and_nothing_of_how(
    secure_house: House, cast: Cast
) -> None:
    with secure_house.client() as client:
        booking = book(client, cast.dag)
        secure_house.rows("ALTER TABLE delegate RENAME TO lost")
        try:
            broken = client.get(booking)
        finally:
            secure_house.rows("ALTER TABLE lost RENAME TO delegate")
        assert broken.status_code == 500
        assert "Something went wrong on our side" in words(broken.text)
        assert not re.search(r"Traceback|Error\b|no such table|delegate", broken.text)
        assert broken.headers["cache-control"] == "no-store"
        assert "strict-transport-security" in broken.headers
        assert_careful(broken)
        assert client.get(booking).status_code == 200


def test_a_stream_says_the_same_to_the_hundredth_reader_as_to_the_first(sqlite_house: House) -> None:
    with sqlite_house.client() as client:

        def headers() -> dict[str, str]:
            with client.stream("GET", "/register/seats") as stream:
                assert_careful(stream)
                return {name: value for name, value in stream.headers.items() if name != "date"}

        first = headers()
        assert first["cache-control"] == "no-store"
        assert first["content-type"] == "text/event-stream"
        assert all(headers() == first for _ in range(100))


# Hosts that are not ours


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example"},
        {"Host": "conference.example.org@evil.example"},
    ],
    ids=str,
)
def test_a_mail_leads_to_us_whatever_host_was_asked_for(
    secure_house: House, cast: Cast, headers: dict[str, str]
) -> None:
    with secure_house.client(headers=headers) as client:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        for path in ("/", "/programme.ics", "/my-programme", "/me"):
            assert "evil.example" not in client.get(path).text
    assert link_for(secure_house, cast.dag)
    mails = secure_house.outbox(cast.dag.email)
    texts = [
        part.get_content()
        for mail in mails
        for part in mail.walk()
        if part.get_content_type() in ("text/plain", "text/html")
    ]
    links = [link for text in texts for link in re.findall(r"https?://[^\s\"<]+", text)]
    assert len(mails) == 2
    assert len(links) >= len(mails)
    assert all(link.startswith("https://conference.example.org/") for link in links), links
