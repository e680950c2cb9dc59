"""How mail servers are spoken to: encrypted, with a password, and over connections that are shared."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.conftest import Houses
from tests.support.booking import book
from tests.support.cast import Cast, Person
from tests.support.house import House
from tests.support.mailbox import Servers, book_and_sign_in, both_mails
from tests.support.waiting import until
from webapp.mail.post import CARRIERS

USER, PASSWORD = "plenum@example.org", "s/e:c@r e%t"
IN_AN_ADDRESS = "plenum%40example.org", "s%2Fe%3Ac%40r%20e%25t"


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
    house = houses(SMTP_URL=with_password(server.url))
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


def book_for(house: House, people: list[Person]) -> None:
    with house.client() as browser:
        for person in people:
            book(browser, person)


# Many letters over one connection


def test_letters_share_connections_and_the_server_is_let_go_when_there_are_no_more(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.stalls_at = "RCPT"
    house = houses(SMTP_URL=server.url)
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
    house = houses(SMTP_URL=server.url)
    people = [replace(cast.dag, email=f"{number}.{cast.dag.email}") for number in range(9)]
    book_for(house, people)
    until(lambda: len(server.mails) == len(people))
    assert sorted(str(mail["To"]) for mail in server.mails) == sorted(person.email for person in people)
    assert max(server.connections.values()) == 2
    assert [row["attempts"] for row in house.rows("SELECT attempts FROM outgoing_mail")] == [1] * len(people)
