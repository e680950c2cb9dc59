"""What strangers try: forms on other sites, addresses made up, odd bytes, hosts that are not ours."""

from __future__ import annotations

import html
import re
import socket
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from tests.support.booking import Registering, book, fields_for, words
from tests.support.cast import Cast, Person
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.mailbox import text_of
from tests.support.room import JSON, PANEL, Room, room_in
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


@pytest.fixture(scope="module")
def house(
    database: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[House]:
    """A house for strangers, with every route there is. When all have left, nothing is in its log that broke."""
    house = House(
        tmp_path_factory.mktemp(database),
        request.getfixturevalue("an_empty_database") if database == "postgresql" else None,
        PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN,
        PLENUM_DEV="1",
        workers=1,
    )
    house.plenum("conference", "load", SCHOOL_REFUSAL)
    house.start()
    try:
        yield house
    finally:
        house.stop()
    assert "Traceback" not in "".join(house.log), "".join(house.log)


@pytest.fixture(scope="module")
def an_empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    with request.getfixturevalue("postgres").database() as url:
        yield url


@pytest.fixture
def open_panel(house: House, cast: Cast) -> Iterator[Room]:
    """A panel that takes questions before its time."""
    with room_in(house) as room:
        assert room.moderator(cast.olga).set("by_hand", "open").is_success
        yield room


@pytest.fixture(scope="module")
def secure_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that people reach over HTTPS, at an address of its own."""
    house = House(
        tmp_path_factory.mktemp("secure"),
        PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN,
        PLENUM_URL="https://conference.example.org",
        workers=1,
    )
    house.plenum("conference", "load", SCHOOL_REFUSAL)
    house.start()
    try:
        yield house
    finally:
        house.stop()


def filled(path: str, value: str | None = None) -> str:
    """The path with this in place of its parameters, or with what might well stand there."""
    likely = LIKELY | ({"slug": PANEL} if path.startswith("/panels/") else {})
    return re.sub(r"\{(\w+):\w+\}", lambda name: likely[name[1]] if value is None else value, path)


def beginning(value: str | bytes) -> str:
    """What a test is named after where its parameter is long, or cannot be printed."""
    return ascii(value[:50])


def stranger(house: House, **headers: str) -> httpx.Client:
    """Somebody whose browser says nothing but these headers of where they come from."""
    return httpx.Client(base_url=house.url, headers=headers, trust_env=False, timeout=30)


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


# Forms on other sites


def test_all_that_changes_something_is_known_here() -> None:
    assert [path for _, path in UNSAFE] == [
        "/address/{token:str}",
        "/bookings/{token:str}/cancellation",
        "/bookings/{token:str}/delegates/{number:str}",
        "/bookings/{token:str}/delegates/{number:str}/cancellation",
        "/bookings/{token:str}/delegates/{number:str}/replacement",
        "/bookings/{token:str}/payer",
        "/bookings/{token:str}/proposals/{number:int}/acceptance",
        "/bookings/{token:str}/proposals/{number:int}/refusal",
        "/bookings/{token:str}/proposals/{number:int}/withdrawal",
        "/bookings/{token:str}/waiting",
        "/details/{token:str}",
        "/me/address",
        "/me/erasure",
        "/me/name",
        "/me/sign-ins/end-others",
        "/me/sign-ins/{number:int}/end",
        "/meeting-place/contacts/{tag:str}/messages",
        "/meeting-place/contacts/{tag:str}/note",
        "/meeting-place/contacts/{tag:str}/part",
        "/meeting-place/desk/{kind:str}/{thing:int}/{verb:str}",
        "/meeting-place/foyer/renewal",
        "/meeting-place/from-question/{question:int}",
        "/meeting-place/here",
        "/meeting-place/leave",
        "/meeting-place/meet/{token:str}",
        "/meeting-place/notes",
        "/meeting-place/notes/{note:int}",
        "/meeting-place/notes/{note:int}/replies",
        "/meeting-place/notes/{note:int}/{act:str}",
        "/meeting-place/notices/read",
        "/meeting-place/notices/{notice:int}/read",
        "/meeting-place/people/{tag:str}/accept",
        "/meeting-place/people/{tag:str}/ask",
        "/meeting-place/people/{tag:str}/block",
        "/meeting-place/people/{tag:str}/decline",
        "/meeting-place/people/{tag:str}/unblock",
        "/meeting-place/profile",
        "/meeting-place/replies/{reply:int}/withdrawal",
        "/meeting-place/report/{kind:str}/{thing:str}",
        "/meeting-place/tables",
        "/meeting-place/tables/calendar/renewal",
        "/meeting-place/tables/{table:int}",
        "/meeting-place/tables/{table:int}/{act:str}",
        "/no-more-mail/{token:str}",
        "/panels/{slug:str}/desk/acts/{act:int}/undo",
        "/panels/{slug:str}/desk/declined",
        "/panels/{slug:str}/desk/questions",
        "/panels/{slug:str}/desk/settings/{setting:str}",
        "/panels/{slug:str}/guests",
        "/panels/{slug:str}/questions",
        "/panels/{slug:str}/questions/{question:int}",
        "/panels/{slug:str}/questions/{question:int}/acts/{verb:str}",
        "/panels/{slug:str}/questions/{question:int}/withdrawal",
        "/panels/{slug:str}/questions/{question:int}/{vote:str}",
        "/panels/{slug:str}/screen/{code:str}/shown",
        "/programme/{slug:str}/mark",
        "/programme/{slug:str}/unmark",
        "/register",
        "/register/price",
        "/screen",
        "/sign-in",
        "/sign-in/kept",
        "/sign-in/password",
        "/sign-in/{key:str}",
        "/sign-out",
        "/waiting",
        "/waiting/confirmation/{token:str}",
        "/waiting/{token:str}",
        "/waiting/{token:str}/departure",
    ]


@pytest.mark.parametrize(
    "says",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": ""},
        {"Sec-Fetch-Site": "Same-Origin, cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        {"Origin": "http://127.0.0.1"},
        {"Referer": "http://127.0.0.1/register"},
        {},
    ],
    ids=str,
)
def test_no_other_site_may_send_anything(sqlite_house: House, says: dict[str, str]) -> None:
    with stranger(sqlite_house, **says) as client:
        for method, path in UNSAFE:
            if path == ONE_CLICK:
                continue
            answer = client.request(method, filled(path), headers={"HX-Request": "true"})
            assert answer.status_code == 403, path
            assert "nothing was changed" in answer.text
            assert "set-cookie" not in answer.headers


def test_an_origin_like_ours_outweighs_nothing_that_the_browser_says(sqlite_house: House) -> None:
    with stranger(sqlite_house, **{"Origin": sqlite_house.url, "Sec-Fetch-Site": "cross-site"}) as client:
        assert client.post("/programme/welcome/mark").status_code == 403
    with stranger(sqlite_house, **{"Origin": sqlite_house.url, "Sec-Fetch-Site": "same-origin"}) as client:
        assert client.post("/programme/welcome/mark").status_code == 303


@pytest.mark.parametrize("says", ["same-origin", "none", "Origin"])
def test_our_own_pages_may(sqlite_house: House, says: str) -> None:
    headers = {"Origin": sqlite_house.url} if says == "Origin" else {"Sec-Fetch-Site": says}
    with stranger(sqlite_house, **headers) as client:
        for method, path in UNSAFE:
            answer = client.request(method, filled(path))
            assert answer.status_code in (200, 303, 401, 404, 410, 422), path


def assert_ours_only(
    house: House, client: httpx.Client, path: str, fields: dict[str, Any] | None = None
) -> None:
    """What another site sends changes nothing, and the same from our own does."""
    before, cookies = everything_in(house), dict(client.cookies)
    foreign = client.post(path, data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403, path
    assert (everything_in(house), dict(client.cookies)) == (before, cookies), path
    assert client.post(path, data=fields).status_code in (200, 303), path
    assert everything_in(house) != before, path


def test_only_our_own_pages_can_book_mark_and_sign_in(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        client.post("/programme/welcome/mark")
        client.post("/sign-in", data={"email": cast.dag.email})
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.mona)
        at_the_page.press("price")
        assert_ours_only(house, client, "/programme/keynote-david-heyne/mark")
        assert_ours_only(house, client, "/programme/welcome/unmark")
        assert_ours_only(house, client, "/register", at_the_page.form.values | {"action": "book"})
        assert_ours_only(house, client, "/sign-in", {"email": cast.dag.email})
        assert_ours_only(house, client, link_for(house, cast.dag))
        new = f"new.{cast.dag.email}"
        assert_ours_only(house, client, "/me/address", {"email": new})
        [mail] = [mail for mail in house.outbox(new) if mail["To"] == new]
        [link] = re.findall(r"/address/[\w.-]+", text_of(mail))
        assert_ours_only(house, client, link)
        with house.client() as elsewhere:
            book(elsewhere, cast.dag)
        assert_ours_only(house, client, "/me/sign-ins/end-others")
        assert_ours_only(house, client, "/me/erasure", {"sure": "yes"})


def test_only_our_own_pages_can_sign_out(house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag)
        assert_ours_only(house, client, "/sign-out")
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        client.post(link_for(house, cast.dag))
        [sign_in] = re.findall(r"/me/sign-ins/\d+/end", client.get("/me").text)
        assert_ours_only(house, client, sign_in)


def test_only_our_own_pages_can_ask_vote_and_moderate(house: House, open_panel: Room, cast: Cast) -> None:
    mona, gia = open_panel.moderator(cast.mona), open_panel.guest()
    assert_ours_only(house, gia.client, f"{gia.path}/questions", {"text": "May I?"})
    asked = open_panel.last_question()
    acts = f"{mona.path}/questions/{asked}/acts"
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}", {"text": "Might I?"})
    seen = {"seen": str(open_panel.question(asked)["revision"])}
    assert_ours_only(house, mona.client, f"{acts}/approve", seen)
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/vote")
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/unvote")
    undoable = max(act["id"] for act in everything_in(house)["act"])
    assert_ours_only(house, mona.client, f"{mona.path}/desk/acts/{undoable}/undo")
    assert_ours_only(house, gia.client, f"{gia.path}/questions/{asked}/withdrawal")
    assert_ours_only(house, mona.client, f"{mona.path}/desk/questions", {"text": "Who?", "source": "floor"})
    assert_ours_only(house, mona.client, f"{mona.path}/desk/settings/blackout", {"value": "yes"})
    assert_ours_only(house, mona.client, f"{mona.path}/desk/settings/blackout", {"value": "no"})
    sten = open_panel.stranger()
    assert_ours_only(house, sten.client, f"{sten.path}/guests", {"room_code": open_panel.code})


def test_another_site_leaves_no_draft_behind(house: House, cast: Cast) -> None:
    with house.client() as client:
        at_the_page = Registering(client)
        at_the_page.press("price")
        fields = at_the_page.form.values | fields_for(cast.sten)
        foreign = client.post("/register/price", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403
        assert cast.sten.email not in client.get("/register").text
        client.post("/register/price", data=fields)
        assert cast.sten.email in client.get("/register").text


def test_a_link_that_was_opened_from_another_site_is_still_good(house: House, cast: Cast) -> None:
    with house.client() as client, house.client(headers={"Sec-Fetch-Site": "cross-site"}) as mail_program:
        book(client, cast.dag)
        client.post("/sign-in", data={"email": cast.dag.email})
        link = link_for(house, cast.dag)
        before = everything_in(house)
        assert "Sign in here" in mail_program.get(link).text
        assert everything_in(house) == before
        assert client.post(link).headers["location"] == "/me"


# Cookies, and what others may keep


def cookies_of(answer: httpx.Response) -> SimpleCookie:
    jar = SimpleCookie()
    for header in answer.headers.get_list("set-cookie"):
        jar.load(header)
    return jar


@pytest.mark.parametrize("secure", [False, True], ids=["over http", "over https"])
def test_cookies_stay_with_us(sqlite_house: House, secure_house: House, secure: bool, cast: Cast) -> None:
    answers: list[httpx.Response] = []
    house = secure_house if secure else sqlite_house
    # A client that talks HTTP keeps no cookie that insists on HTTPS, so what is in forms has to do.
    with house.client(event_hooks={"response": [answers.append]}) as client:
        book(client, cast.dag)
        client.post("/programme/welcome/mark")
        client.post("/sign-in", data={"email": cast.dag.email})
        client.post(link_for(house, cast.dag))
        client.post("/sign-out")
        with room_in(house) as room:
            join = {"room_code": room.code, "name": cast.gia.name}
        client.post(f"/panels/{PANEL}/guests", data=join)
    jars = [cookies_of(answer) for answer in answers]
    assert {name for jar in jars for name in jar} == {
        "plenum_draft",
        "plenum_kept",
        "plenum_known",
        "plenum_marks",
        "plenum_planner",
        "plenum_sign_in",
        "plenum_voice",
    }
    for jar in jars:
        for name, cookie in jar.items():
            assert bool(cookie["httponly"]) == (name != "plenum_marks"), name
            assert cookie["samesite"] == "lax", name
            assert bool(cookie["secure"]) == secure, name
            assert cookie["path"] == "/", name
            assert not cookie["domain"], name


def test_what_is_one_persons_is_kept_by_no_cache_on_the_way(house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, seminar_1="seminar-1a")
        client.post("/programme/welcome/mark")
        calendar = re.findall(r"/my-programme/[\w-]+\.ics", client.get("/my-programme").text)[0]
        for path in (
            *(booking, f"{booking}x", f"{booking}/9.ics", "/me", "/my-programme"),
            *("/register", "/sign-in", "/sign-in/made-up", "/outbox", "/screen"),
            *(filled(path) for path in READABLE if path.startswith("/panels/") and "/desk" not in path),
        ):
            assert client.get(path).headers["cache-control"] == "no-store", path
        for path in (f"{booking}/1.ics", calendar):
            answer = client.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "private, no-cache"
            # A calendar program that asks again every hour is still spared what it has.
            again = client.get(path, headers={"If-None-Match": answer.headers["etag"]})
            assert (again.status_code, again.headers["cache-control"]) == (304, "private, no-cache")
        assert client.get("/programme.ics").headers["cache-control"] == "no-cache"


def test_where_a_visitor_comes_from_is_told_to_nobody_else(house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = client.get(book(client, cast.dag))
    assert booking.headers["referrer-policy"] == "same-origin"
    assert 'name="robots" content="noindex"' in booking.text


# What every answer tells the browser


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


# Addresses that we did not make


@pytest.mark.parametrize("path", WITH_PARAMETERS)
def test_a_token_of_another_kind_opens_nothing(house: House, cast: Cast, path: str) -> None:
    with house.client() as client:
        token = book(client, cast.dag).rsplit("/", 1)[1]
        page = client.get("/register").text
        form_token = re.findall(r'name="form_token" value="([^"]+)', page)[0]
        client.post("/programme/welcome/mark")
        planner = re.findall(r"/my-programme/([\w-]+)\.ics", client.get("/my-programme").text)[0]
    right = {
        "/bookings/{token:str}": token,
        "/my-programme/{file:str}": f"{planner}.ics",
    }.get(path)
    wrong = {token, form_token, planner, f"{planner}.ics", token.swapcase(), token[:-1], f"{token}.ics"}
    with house.client() as sten:
        for key in wrong - {right}:
            answer = sten.get(filled(path, key))
            assert answer.status_code in (404, 410) or answer.headers["location"] == "/sign-in", key
            assert cast.dag.name not in answer.text
        assert right is None or sten.get(filled(path, right)).status_code == 200


ODD = [
    "a%00b",
    "%FF%FE",
    "%C3%28",
    "%C0%AF",
    "%ED%A0%80",
    "%F0%9F%8E%89",
    "%E2%80%AE%D7%A9%D7%9C%D7%95%D7%9D",
    "%0D%0ASet-Cookie:%20a=b",
    "'%20OR%20'1'='1",
    "%7B%7B7*7%7D%7D",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "-1",
    "9" * 60,
    "9" * 5_000,
    "x" * 10_000,
    "%",
]
"""Values, as they stand in an address, a cookie or a form."""
ODD_PATHS = [
    "%00",
    "..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "%2e%2e%2f%2e%2e%2fsecret",
    "..%5C..%5Csecret",
    "%252e%252e%252fsecret",
]


BACK = ("/my-programme", "/sign-in")


@pytest.mark.parametrize("odd", [*ODD, *ODD_PATHS], ids=beginning)
def test_no_address_breaks_anything(house: House, odd: str) -> None:
    with house.client() as client:
        for method, path in ROUTES:
            if "{" in path and method != "OPTIONS":
                answer = client.request(method, filled(path, odd))
                assert_plain(answer)
                # Taking out what nobody marked leads back, whatever it is called; and desks are for the signed in.
                assert answer.status_code in (401, 404, 405, 410) or answer.headers["location"] in BACK, path
                assert "root:" not in answer.text
                assert "<script>alert" not in answer.text
        for path in (f"/{odd}", f"/programme/welcome/{odd}", f"/register/{odd}"):
            answer = client.get(path)
            assert answer.status_code == 404, path
            assert_plain(answer)


@pytest.fixture(scope="module")
def unasked(sqlite_house: House) -> dict[str, int]:
    """What each path is answered with when nothing is asked of it."""
    with sqlite_house.client() as client:
        return {path: client.get(filled(path)).status_code for path in READABLE}


@pytest.mark.parametrize("odd", ODD, ids=beginning)
def test_no_question_breaks_anything(sqlite_house: House, unasked: dict[str, int], odd: str) -> None:
    with sqlite_house.client() as client:
        for path in READABLE:
            answer = client.get(
                f"{filled(path)}?category={odd}&speaker={odd}&{odd}={odd}&category=gaming&for={odd}&after={odd}"
            )
            assert_plain(answer)
            assert answer.status_code == unasked[path], path
            assert "<script>alert" not in answer.text


@pytest.fixture(scope="module")
def fields_there_are(sqlite_house: House) -> set[str]:
    """What forms outside the panels ask for."""
    with sqlite_house.client() as client:
        return {*Registering(client).form.values, "email", "action", "address", "password", "code"}


@pytest.mark.parametrize("odd", ODD, ids=beginning)
def test_no_cookie_or_form_breaks_anything(house: House, fields_there_are: set[str], odd: str) -> None:
    names = ("draft", "marks", "planner", "sign_in", "voice")
    cookies = "; ".join(f"plenum_{name}={odd}" for name in names)
    form = "&".join([*(f"{name}={odd}" for name in fields_there_are), f"{odd}={odd}"])
    headers = {"Cookie": cookies, "Referer": f"{house.url}/{odd}", "If-None-Match": odd}
    with house.client(headers=headers) as client:
        for path in READABLE:
            assert_plain(client.get(filled(path)))
        for method, path in UNSAFE:
            answer = client.request(
                method,
                filled(path),
                content=form,
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert_plain(answer)
            assert "<script>alert" not in answer.text


# What people write


WRITTEN = {
    "👩🏽‍🏫 Kari 🎉": True,
    "مريم العلي": True,
    "שלום עולם": True,
    "\u202eevil\u202c": "evil",
    "Dag" + "\u0301" * 60: "Da\u01f5" + "\u0301" * 5,
    "Zoë \u0301\u0302": True,
    '"><script>alert(1)</script>': True,
    "' OR 1=1; --": True,
    "{{ 7*7 }} {% raw %} %s %(a)s": True,
    "Dag\r\nBcc: evil@example": True,
    "\ufffd": True,
    "Dag\x00": False,
    "\x1b[31mDag": False,
    "\ue000": False,
    "\uffff": False,
    "x" * 10_000: False,
    "🎉" * 2_500: False,
}
"""What may stand in a field of a registration, and whether it is taken: as it is, or as this."""


@pytest.mark.parametrize("written", WRITTEN, ids=beginning)
def test_what_people_write_is_kept_as_it_is_or_refused_in_plain_words(
    house: House, cast: Cast, written: str
) -> None:
    texts = ("name", "organisation", "role", "diet", "access_needs")
    odd = {f"delegates.0.{field}": written for field in texts}
    odd |= {f"payer.{field}": written for field in ("name", "organisation", "address", "reference")}
    with house.client() as client:
        at_the_page = Registering(client)
        at_the_page.fill(fields_for(cast.dag) | odd)
        assert_plain(at_the_page.press("price"))
        assert_plain(at_the_page.press("add"))
        assert_plain(at_the_page.press("remove:1"))
        assert_plain(client.get("/register"))
        at_the_page.press("price")
        answer = at_the_page.press("book")
        if not WRITTEN[written]:
            assert answer.status_code == 422
            assert len(at_the_page.form.errors) == len(odd)
            for said in at_the_page.form.errors.values():
                assert re.match("Please keep this under|This has a character that cannot be shown", said)
            at_the_page.fill(dict.fromkeys(odd, "Dag"))
            answer = at_the_page.press("book")
        assert answer.status_code == 303
        booking = client.get(answer.headers["location"])
        assert "<script>alert" not in booking.text
        if WRITTEN[written]:
            shown = " ".join(html.unescape(booking.text).split())
            taken = WRITTEN[written]
            kept = taken if isinstance(taken, str) else " ".join(written.split())
            assert shown.count(kept) >= len(odd)
        for path in (f"{answer.headers['location']}/1.ics", "/me", "/my-programme", "/outbox"):
            assert client.get(path).status_code == 200
    (mail,) = house.outbox(cast.dag.email)
    assert mail["To"] == cast.dag.email
    assert "Bcc" not in mail
    letter = mail.get_body(("html",))
    assert letter
    assert "<script>alert" not in letter.get_content()


@pytest.mark.parametrize("written", ["\x00", "\u202e", "🎉" * 2_500], ids=beginning)
def test_each_field_by_itself_takes_anything(house: House, cast: Cast, written: str) -> None:
    with house.client() as client:
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.dag, cast.mona)
        form = at_the_page.form.values | {"action": ["book"]}
        for field in form:
            answer = client.post("/register", data=form | {field: [written]})
            assert answer.status_code == (200 if field == "action" else 422), field
            assert_plain(answer)


@pytest.mark.parametrize(
    "address",
    [
        "\x00",
        "dag@\x00.example",
        "🎉@🎉",
        "\u202edag@skola.example\r\nBcc: evil@example.org",
        "x" * 10_000,
        f"{'ΐ' * 60}@{'a' * 60}.{'b' * 60}.example",
        "dag@[127.0.0.1]",
        '"a\\"b"@c.example',
    ],
    ids=beginning,
)
def test_no_address_of_a_person_breaks_anything(house: House, cast: Cast, address: str) -> None:
    with house.client() as client:
        assert_plain(client.post("/sign-in", data={"email": address}))
        at_the_page = Registering(client)
        at_the_page.fill(fields_for(cast.dag) | {"delegates.0.email": address, "payer.email": address})
        at_the_page.press("price")
        assert_plain(at_the_page.press("book"))


@pytest.mark.parametrize("alike", ["dag@straße-{}.example", "dag@ﬁn-{}.example", "ſten-{}@strasse.example"])
def test_an_address_that_looks_like_somebody_elses_is_not_theirs(
    house: House, cast: Cast, alike: str
) -> None:
    unique = cast.dag.email.split(".")[1].split("@")[0]
    theirs = alike.format(unique).replace("ß", "ss").replace("ﬁ", "fi").replace("ſ", "s")
    dag = Person(cast.dag.name, theirs, cast.dag.organisation, cast.dag.country)
    with house.client() as client:
        book(client, dag)
        before = everything_in(house)["sign_in_link"]
        client.post("/sign-in", data={"email": alike.format(unique)})
        made = everything_in(house)["sign_in_link"][len(before) :]
        # Some are the same once a domain is written as domains are: then the mail goes to Dag himself.
        assert not made or link_for(house, dag)
        client.post("/sign-in", data={"email": theirs.upper()})
        assert len(everything_in(house)["sign_in_link"]) == len(before) + len(made) + 1


@pytest.mark.parametrize("odd", ODD, ids=beginning)
def test_nothing_sent_to_a_panel_breaks_anything(open_panel: Room, cast: Cast, odd: str) -> None:
    mona, gia = open_panel.moderator(cast.mona), open_panel.guest()
    asked = open_panel.asked(gia, "May I?")
    fields = (
        *("text", "addressee", "signed", "name", "key", "room_code"),
        *("source", "author", "link", "seen", "reason", "value", "code"),
        *("newest", "on_screen", "copies", "questions", "state"),
    )
    form = "&".join(f"{field}={odd}" for field in fields)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    paths = [filled(path).replace("questions/1", f"questions/{asked}") for _, path in UNSAFE]
    for path in paths:
        if path.startswith("/panels/"):
            assert gia.client.post(path, content=form, headers=headers).status_code < 500, path
            assert mona.client.post(path, content=form, headers=headers | JSON).status_code < 500, path
    for someone, path in ((gia, ""), (mona, "/desk"), (mona, "/desk/log")):
        answer = someone.client.get(f"{someone.path}{path}?for={odd}&after={odd}&room={odd}")
        assert answer.status_code == 200, path
        assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", b'{"email": ["dag"]}'),
        ("application/json", b"{"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
        ("multipart/form-data", b"no boundary"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="email"; filename="a.txt"\r\n\r\n\x00\xff\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xed\xa0\x80\r\n--x--\r\n',
        ),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: a/b; charset=c\r\n\r\nd\r\n--x--',
        ),
        ("application/x-www-form-urlencoded", b"\xff\xfe=\x00&email=\xff&&&==="),
        ("application/x-www-form-urlencoded", b"a=&" * 20_000),
        ("application/x-www-form-urlencoded; charset=nonsense", b"email=dag"),
        ("nonsense", b"\x00"),
        ("", b""),
    ],
    ids=beginning,
)
def test_no_body_breaks_anything(sqlite_house: House, kind: str, content: bytes) -> None:
    with sqlite_house.client() as client:
        for method, path in UNSAFE:
            answer = client.request(method, filled(path), content=content, headers={"Content-Type": kind})
            assert_plain(answer)


@pytest.mark.parametrize("path", ["/register", "/register/price", "/sign-in"])
def test_what_is_too_much_is_refused_in_plain_words(sqlite_house: House, path: str) -> None:
    with sqlite_house.client() as client:
        answer = client.post(path, data={"email": "x" * 600_000})
        assert answer.status_code == 413
        assert "Please shorten what you entered" in answer.text
        assert client.post(path, data={"email": "x" * 60_000}).status_code in (200, 422)


def on_the_wire(house: House, request: bytes) -> bytes:
    """How the answer begins to what no client would send."""
    there = urlsplit(house.url)
    with socket.create_connection((there.hostname, there.port), timeout=10) as wire:
        wire.sendall(request)
        return wire.recv(1000)


@pytest.mark.parametrize(
    "lines",
    [
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /programme/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nCookie: plenum_sign_in=\x00\r\n\r\n",
        b"GET /me HTTP/1.1\r\nHost: x\r\nCookie: plenum_sign_in=\xff\xfe; plenum_planner=\xe6\r\n\r\n",
        b'GET /me HTTP/1.1\r\nHost: x\r\nCookie: ;;;=;"="; a\r\n\r\n',
        b"GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \xff\r\nAccept-Encoding: \xff;q=\xff\r\n\r\n",
        b"POST /programme/welcome/unmark HTTP/1.1\r\nHost: x\r\nOrigin: http://[\r\nContent-Length: 0\r\n\r\n",
        b"POST /programme/welcome/mark HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: none\r\nReferer: http://[:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=beginning,
)
def test_no_bytes_on_the_wire_break_anything(sqlite_house: House, lines: bytes) -> None:
    answer = on_the_wire(sqlite_house, lines)
    assert re.match(rb"HTTP/1.1 [234]\d\d ", answer), answer


@pytest.mark.parametrize(
    "path",
    [
        "../settings.py",
        "../../README.md",
        "vendor/../../settings.py",
        "..%2Fsettings.py",
        "..%5Csettings.py",
        "%2e%2e/settings.py",
        "%C0%AE%C0%AE/settings.py",
        "/etc/passwd",
        "//etc/passwd",
        "%2Fetc%2Fpasswd",
        "%00css/app.css",
        "css/app.css%00",
        "vendor",
        "",
    ],
)
def test_nothing_is_served_from_beside_the_static_files(sqlite_house: House, path: str) -> None:
    with sqlite_house.client() as client:
        style = re.findall(r"/static/(\w+)/css/app\.css", client.get("/").text)[0]

    def served(path: str) -> bytes:  # on the wire, since clients tidy such paths up
        return on_the_wire(
            sqlite_house, f"GET /static/{style}/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
        ).split(b" ", 2)[1]

    assert served(path) == b"404"
    assert served("css/app.css") == b"200"


def test_the_outbox_shows_mails_and_no_other_file(house: House, cast: Cast) -> None:
    (house.data / "outbox" / "note.txt").write_text("nobody’s business")
    with house.client() as client:
        book(client, cast.dag)
        house.outbox(cast.dag.email)
        page = client.get("/outbox").text
        letter = client.get(re.findall(r'href="(/outbox/[^"]+)"', page)[0])
        assert letter.status_code == 200
        assert "sandbox" in letter.headers["content-security-policy"]
        for odd in (*ODD, *ODD_PATHS, "note.txt", "..%2Fsecret", quote("../plenum.sqlite", safe=""), "%2e"):
            assert client.get(f"/outbox/{odd}").status_code == 404, odd


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
