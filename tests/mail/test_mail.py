"""Mail over a real mail server: plain, encrypted, with a password, and when the server is away for a while."""

from __future__ import annotations

import re
from dataclasses import replace
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Houses
from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import Mailbox, Servers, book_and_sign_in, both_mails, text_of, two
from tests.support.waiting import until

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


def parts_of(mail: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in mail.walk()]


# What arrives


def test_a_booking_and_a_sign_in_arrive_over_smtp(
    houses: Houses, mailbox: Mailbox, tmp_path: Path, cast: Cast
) -> None:
    house = houses(
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
    house = houses(SMTP_URL=mailbox.url)
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
    house = houses(SMTP_URL=mailbox.url)
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag)
        page.press("price")
        form = page.form.values | {"action": ["book"]}
        assert browser.post("/register", data=form).status_code == 303
        assert browser.post("/register", data=form).status_code == 303
    assert len(mailbox.to(cast.dag.email)) == 1
    assert house.rows("SELECT recipient FROM outgoing_mail") == [{"recipient": cast.dag.email}]


# When it is away


def test_mail_arrives_when_the_server_is_back(houses: Houses, servers: Servers, cast: Cast) -> None:
    server = servers()
    server.close()
    house = houses(SMTP_URL=server.url)
    book_and_sign_in(house, cast.dag)
    until(lambda: f"A mail to {cast.dag.email} waits" in "".join(house.log))
    server.open()
    both_mails(server, cast.dag)


def test_mail_that_cannot_be_taken_now_is_brought_again_and_holds_up_nobody(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers()
    server.puts_off = [cast.dag.email]
    house = houses(SMTP_URL=server.url)
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
    house = houses(SMTP_URL=server.url)
    book_and_sign_in(house, cast.dag)
    house.stop()
    server.open()
    house.start()
    both_mails(server, cast.dag)


def test_a_mail_domain_with_letters_other_than_english_gets_its_mail(
    houses: Houses, servers: Servers, cast: Cast
) -> None:
    server = servers(enable_SMTPUTF8=False)
    house = houses(SMTP_URL=server.url)
    with house.client() as browser:
        book(browser, replace(cast.dag, email="dag@bærum.example"))
    until(lambda: server.mails)
    assert server.recipients == ["dag@xn--brum-voa.example"]


def test_mail_that_is_refused_for_good_holds_up_nobody(houses: Houses, mailbox: Mailbox, cast: Cast) -> None:
    mailbox.refuse = "550 No such person here"
    house = houses(SMTP_URL=mailbox.url)
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
    for house, status in [(houses(PLENUM_DEV="1"), 200), (sqlite_house, 404)]:
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
