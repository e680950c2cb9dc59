"""Addresses made up, odd words and odd bytes: nothing breaks, and what is refused is refused in plain words."""

from __future__ import annotations

import html
import re
from urllib.parse import quote

import pytest

from tests.support.booking import Registering, book, fields_for
from tests.support.cast import Cast, Person
from tests.support.house import House
from tests.support.room import JSON, Room
from tests.support.strangers import (
    ODD,
    ODD_PATHS,
    READABLE,
    ROUTES,
    TO_DATABASES,
    TO_PAGES,
    UNSAFE,
    WITH_PARAMETERS,
    assert_plain,
    beginning,
    everything_in,
    filled,
    link_for,
    on_the_wire,
)

# Addresses that we did not make


@pytest.mark.one_database
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


@pytest.mark.one_database
def test_the_outbox_shows_mails_and_no_other_file(house: House, cast: Cast) -> None:
    (house.data / "outbox" / "note.txt").write_text("nobody’s business")
    with house.client() as client:
        book(client, cast.dag)
        house.outbox(cast.dag.email)
        page = client.get("/outbox").text
        letter = client.get(re.findall(r'href="(/outbox/[^"]+)"', page)[0])
        assert letter.status_code == 200
        assert "sandbox" in letter.headers["content-security-policy"]
        for odd in (
            *TO_PAGES,
            *TO_DATABASES,
            *ODD_PATHS,
            "note.txt",
            "..%2Fsecret",
            quote("../plenum.sqlite", safe=""),
            "%2e",
        ):
            assert client.get(f"/outbox/{odd}").status_code == 404, odd
