"""Mail over a real mail server: plain, encrypted, with a password, and when the server is away for a while."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.conftest import Houses
from tests.support.booking import Registering, book, words
from tests.support.cast import Cast, Person
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import Mailbox, Servers, text_of
from tests.support.waiting import until
from webapp.mail.pace import Load
from webapp.mail.post import CARRIERS

USER, PASSWORD = "plenum@example.org", "s/e:c@r e%t"
IN_AN_ADDRESS = "plenum%40example.org", "s%2Fe%3Ac%40r%20e%25t"
HEADERS = [
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]
"""All that our mails have."""


def knows(_: SMTP, __: Session, ___: Envelope, ____: str, said: object) -> AuthResult:
    """Whether this is the user and the password."""
    assert isinstance(said, LoginPassword)
    return AuthResult(
        success=said == LoginPassword(USER.encode(), PASSWORD.encode()), handled=False, auth_data=said
    )


@dataclass
class Certificate:
    """A certificate that vouches for itself: whoever trusts the file trusts the server."""

    file: Path
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificate")
    file, key = folder / "certificate.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=Mail server", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run([*command, "-keyout", key, "-out", file], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, key)
    return Certificate(file, context)


def with_password(url: str, user: str = IN_AN_ADDRESS[0], password: str = IN_AN_ADDRESS[1]) -> str:
    return url.replace("://", f"://{user}:{password}@")


def parts_of(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


def book_and_sign_in(house: House, person: Person) -> str:
    """Cause both kinds of mail. Returns the address of the booking."""
    with house.client() as browser:
        address = book(browser, person)
        assert browser.post("/sign-in", data={"email": person.email}).status_code == 200
    return address


def both_mails(box: Mailbox, person: Person) -> tuple[EmailMessage, EmailMessage]:
    """The booking's and the sign-in's, once they have come."""
    return two(lambda: box.to(person.email))


def two(look: Callable[[], list[EmailMessage]]) -> tuple[EmailMessage, EmailMessage]:
    """The booking's mail and the sign-in's, as soon as both are there."""
    first, second = until(lambda: found if len(found := look()) > 1 else [])
    return (first, second) if "booking" in first["Subject"] else (second, first)


# What arrives


def test_a_booking_and_a_sign_in_arrive_over_smtp(
    houses: Houses, mailbox: Mailbox, tmp_path: Path, cast: Cast
) -> None:
    house = houses(
        workers=1,
        SMTP_URL=mailbox.url,
        PLENUM_MAIL_FROM="Ærlig Conference <office@example.org>",
        PLENUM_URL="https://conference.example.org",
    )
    text = re.sub(r"^contact_email = .*\n", "", SCHOOL_REFUSAL.read_text(), flags=re.MULTILINE)
    file = tmp_path / "contact.toml"
    file.write_text(text.replace("[conference]\n", '[conference]\ncontact_email = "help@example.org"\n', 1))
    house.plenum("conference", "load", file)
    with house.client() as browser:
        until(lambda: "help@example.org" in browser.get("/practical").text)
        browser.headers["Origin"] = "https://conference.example.org"
        address = book(browser, cast.dag, workshop="yes")
        browser.post("/sign-in", data={"email": cast.dag.email})
    booking, sign_in = both_mails(mailbox, cast.dag)
    [row] = house.rows("SELECT reference FROM booking")
    for mail in (booking, sign_in):
        assert mail.keys() == HEADERS
        assert mail["From"] == "Ærlig Conference <office@example.org>"
        assert mail["Reply-To"] == "help@example.org", "the sender is a program"
        assert mail["To"] == cast.dag.email
        assert mail["Date"].datetime.strftime("%Y-%m-%d") == "2017-05-02", "the clock is the rehearsal's"
        assert re.fullmatch(r"<[^<>@\s]+@conference\.example\.org>", mail["Message-ID"])
        assert mail["Auto-Submitted"] == "auto-generated"
    assert parts_of(sign_in) == ["multipart/alternative", "text/plain", "text/html"]
    assert parts_of(booking) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "text/calendar",
        "application/pdf",
    ]
    assert booking["Message-ID"] != sign_in["Message-ID"]
    assert booking["Subject"] == f"Your booking {row['reference']}: International School-refusal conference"
    for kind in ("plain", "html"):
        said = text_of(booking, kind)
        assert f"https://conference.example.org{address}" in said
        for what in ("Dag Delås", row["reference"], "NOK 9,625", "MVA"):
            assert what in said, (kind, what)
        assert re.search(r"https://conference\.example\.org/sign-in/[\w-]{20,}", text_of(sign_in, kind))


def test_whoever_pays_and_each_colleague_get_a_mail_of_their_own(
    houses: Houses, mailbox: Mailbox, cast: Cast
) -> None:
    house = houses(workers=1, SMTP_URL=mailbox.url)
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        page.book()
    for person in (cast.dag, cast.gia, cast.olga):
        [mail] = mailbox.to(person.email)
        assert mail["To"] == person.email, "nobody sees the addresses of the others"
        assert text_of(mail).startswith(f"Hello {person.name},")


def test_a_mail_says_names_as_they_are_written(sqlite_house: House, cast: Cast) -> None:
    anne = replace(cast.dag, name="Anne O'Brien <R&D>")
    with sqlite_house.client() as browser:
        book(browser, anne)
    mail = until(lambda: sqlite_house.outbox(anne.email))[-1]
    assert "Hello Anne O'Brien <R&D>," in text_of(mail)
    assert "Hello Anne O&#39;Brien &lt;R&amp;D&gt;," in text_of(mail, "html"), "nobody writes our HTML"


def test_what_is_booked_twice_by_a_double_click_is_confirmed_once(
    houses: Houses, mailbox: Mailbox, cast: Cast
) -> None:
    house = houses(workers=1, SMTP_URL=mailbox.url)
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag)
        page.press("price")
        form = page.form.values | {"action": ["book"]}
        assert browser.post("/register", data=form).status_code == 303
        assert browser.post("/register", data=form).status_code == 303
    assert len(mailbox.to(cast.dag.email)) == 1
    assert house.rows("SELECT recipient FROM outgoing_mail") == [{"recipient": cast.dag.email}]


# Encryption, user and password


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_mail_goes_encrypted_and_with_a_password(
    scheme: str, houses: Houses, servers: Servers, certificate: Certificate, cast: Cast
) -> None:
    secure = (
        {"tls_context": certificate.context} if scheme == "smtp" else {"ssl_context": certificate.context}
    )
    # To this server a connection that is encrypted from the start does not count as encrypted.
    server = servers(**secure, authenticator=knows, auth_require_tls=scheme == "smtp")
    house = houses(
        workers=1,
        SMTP_URL=with_password(server.url.replace("smtp://", f"{scheme}://")),
        SSL_CERT_FILE=str(certificate.file),
    )
    book_and_sign_in(house, cast.dag)
    both_mails(server, cast.dag)
    assert server.encrypted == [True, True]
    assert server.users == [USER, USER]


def test_a_server_nobody_vouches_for_gets_nothing(
    houses: Houses, servers: Servers, certificate: Certificate, cast: Cast
) -> None:
    server = servers(tls_context=certificate.context, authenticator=knows, auth_required=True)
    house = houses(workers=1, SMTP_URL=with_password(server.url))
    with house.client() as browser:
        book(browser, cast.dag)
    until(lambda: "CERTIFICATE_VERIFY_FAILED" in "".join(house.log))
    assert not server.mails
    assert not server.users


def test_a_wrong_password_costs_nobody_their_booking_nor_their_mail(
    houses: Houses, servers: Servers, certificate: Certificate, cast: Cast
) -> None:
    server = servers(tls_context=certificate.context, authenticator=knows, auth_required=True)
    house = houses(
        workers=1,
        SMTP_URL=with_password(server.url, password="wrong"),
        SSL_CERT_FILE=str(certificate.file),
    )
    with house.client() as browser:
        address = book(browser, cast.dag)
        assert cast.dag.name in browser.get(address).text
    until(lambda: f"A mail to {cast.dag.email} waits" in "".join(house.log))
    assert server.mails == []
    assert "wrong" not in "".join(house.log)
    house.stop()
    house.environment["SMTP_URL"] = with_password(server.url)
    house.start()
    assert len(server.to(cast.dag.email)) == 1


# Many letters over one connection


def book_for(house: House, people: list[Person]) -> None:
    with house.client() as browser:
        for person in people:
            book(browser, person)


def test_letters_share_connections_and_the_server_is_let_go_when_there_are_no_more(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(workers=1, SMTP_URL=server.url)
    people = [replace(cast.dag, email=f"{number}.{cast.dag.email}") for number in range(12)]
    book_for(house, people)
    until(lambda: server.waiting == CARRIERS)
    server.go_on()
    until(lambda: len(server.mails) == len(people))
    assert sorted(server.recipients) == sorted(person.email for person in people)
    assert len(server.connections) == CARRIERS
    until(lambda: not server.holds_open())
    book_for(house, [cast.gia])
    assert server.to(cast.gia.email)


def test_a_server_that_wants_a_new_connection_after_some_letters_gets_each_letter_once_and_at_once(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.letters_each = 2
    house = houses(workers=1, SMTP_URL=server.url)
    people = [replace(cast.dag, email=f"{number}.{cast.dag.email}") for number in range(9)]
    book_for(house, people)
    until(lambda: len(server.mails) == len(people))
    assert sorted(str(mail["To"]) for mail in server.mails) == sorted(person.email for person in people)
    assert max(server.connections.values()) == 2
    assert [row["attempts"] for row in house.rows("SELECT attempts FROM outgoing_mail")] == [1] * len(people)


async def test_a_writer_is_told_how_busy_the_loop_is() -> None:
    load = Load()
    await asyncio.sleep(0.1)
    idle = load.since_last()
    began = time.thread_time()
    while time.thread_time() < began + 0.1:
        pass
    busy = load.since_last()
    await asyncio.sleep(0.1)
    assert idle < busy <= 1.01
    assert load.since_last() < busy


# When it is away


def test_mail_arrives_when_the_server_is_back(houses: Houses, servers: Servers, cast: Cast) -> None:
    server = servers()
    server.close()
    house = houses(workers=1, SMTP_URL=server.url)
    book_and_sign_in(house, cast.dag)
    until(lambda: f"A mail to {cast.dag.email} waits" in "".join(house.log))
    server.open()
    both_mails(server, cast.dag)


def test_mail_that_cannot_be_taken_now_is_brought_again_and_holds_up_nobody(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.puts_off = [cast.dag.email]
    house = houses(workers=1, SMTP_URL=server.url)
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia)
        page.book()
    assert server.to(cast.gia.email)
    assert len(server.to(cast.dag.email)) == 1
    until(lambda: "I do not know you yet" in "".join(house.log))
    server.refuse = "451 Please come again in a while"
    with house.client() as browser:
        book(browser, cast.sten)
    until(lambda: "Please come again in a while" in "".join(house.log))
    server.refuse = None
    assert len(server.to(cast.sten.email)) == 1
    assert [str(mail["To"]) for mail in server.mails] == [cast.gia.email, cast.dag.email, cast.sten.email]


def test_mail_that_could_not_leave_before_plenum_stopped_leaves_when_it_starts_again(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.close()
    house = houses(workers=1, SMTP_URL=server.url)
    book_and_sign_in(house, cast.dag)
    house.stop()
    server.open()
    house.start()
    both_mails(server, cast.dag)


def test_a_mail_domain_with_letters_other_than_english_gets_its_mail(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers(enable_SMTPUTF8=False)
    house = houses(workers=1, SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, replace(cast.dag, email="dag@bærum.example"))
    until(lambda: server.mails)
    assert server.recipients == ["dag@xn--brum-voa.example"]


def test_mail_that_is_refused_for_good_holds_up_nobody(houses: Houses, mailbox: Mailbox, cast: Cast) -> None:
    mailbox.refuse = "550 No such person here"
    house = houses(workers=1, SMTP_URL=mailbox.url)
    with house.client() as browser:
        book(browser, cast.dag)
    until(lambda: f"A mail to {cast.dag.email} could not be sent" in "".join(house.log))
    mailbox.refuse = None
    book_and_sign_in(house, cast.gia)
    both_mails(mailbox, cast.gia)
    assert not [mail for mail in mailbox.mails if cast.dag.email in mail["To"]]


# Without a server


def test_without_a_server_mail_stays_in_the_outbox_and_only_who_develops_reads_it_there(
    houses: Houses, sqlite_house: House, cast: Cast
) -> None:
    for house, status in [(houses(workers=1, PLENUM_DEV="1"), 200), (sqlite_house, 404)]:
        address = book_and_sign_in(house, cast.dag)
        booking, _ = two(partial(house.outbox, cast.dag.email))
        assert address in text_of(booking)
        assert {file.suffix for file in (house.data / "outbox").iterdir()} == {".eml"}
        with house.client() as anybody:
            page = anybody.get("/outbox")
            files = [file.name for file in (house.data / "outbox").iterdir()]
            letter = anybody.get(f"/outbox/{files[0]}")
            assert (page.status_code, letter.status_code) == (status, status)
            if status == 200:
                assert words(page.text).count(f"To {cast.dag.email}") == 2
                assert address in page.text
                assert re.findall(r'href="/outbox/([^"]+)"', page.text) == sorted(files, reverse=True)
                assert "sandbox" in letter.headers["content-security-policy"]


# Headers


@pytest.mark.parametrize(
    "end", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "%0d%0a", "\0"]
)
def test_a_name_with_line_breaks_never_makes_a_header(end: str, sqlite_house: House, cast: Cast) -> None:
    evil = f"Dag{end}Bcc: sten@example{end}{end}Click here"
    with sqlite_house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag)
        page.press("price")
        form = page.form.values | {"action": ["book"]}
        for field in ("delegates.0.email", "payer.email"):
            refused = browser.post("/register", data=form | {field: [cast.dag.email + evil]})
            assert refused.status_code == 422
        fields = ("delegates.0.name", "delegates.0.organisation", "payer.name", "payer.reference")
        answer = browser.post("/register", data=form | {field: [evil] for field in fields})
        if answer.status_code == 422:
            assert "This has a character that cannot be shown." in answer.text
            answer = browser.post("/register", data=form)
        assert answer.status_code == 303
    [mail] = sqlite_house.outbox(cast.dag.email)
    assert mail.keys() == HEADERS
    assert mail["To"] == cast.dag.email
