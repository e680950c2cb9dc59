"""What a booking, its mails and its invoices say of the conference."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.changes import ORGANISERS, said
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import text_of
from tests.support.waiting import until


@pytest.mark.one_database
def test_the_terms_are_read_before_one_agrees_and_again_in_the_confirmation(house: House, cast: Cast) -> None:
    terms = (
        "It costs nothing to give something back, or to cancel, before 6 October 2017, 00:00. After that 50 % of its "
        "price is charged. Somebody else may come instead at no cost. Changes can be made here before 6 November 2017, "
        f"00:00; after that, write to {ORGANISERS}. These terms are an example."
    )
    with house.client() as browser:
        for path in ("/practical", "/register"):
            assert terms in said(browser.get(path).text), path
        booking = book(browser, cast.dag)
        for path in (
            f"{booking}/delegates/1",
            f"{booking}/delegates/1/cancellation",
            f"{booking}/cancellation",
        ):
            assert terms in said(browser.get(path).text), path
    [mail] = house.outbox(cast.dag.email)
    assert terms in " ".join(text_of(mail).split())
    assert terms in said(text_of(mail, "html"))


def test_what_is_invented_in_the_file_we_ship_is_marked_until_it_is_replaced(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    house = houses()

    def shown() -> list[bool]:
        with house.client() as browser:
            booking = book(browser, cast.dag)
            invoice = re.search(rf'href="({booking}/invoices/\d+)"', browser.get(booking).text)
            assert invoice
            pages = [browser.get(path).text for path in ("/practical", "/register", invoice[1])]
            pdf = browser.get(f"{invoice[1]}/pdf").content
        pages.append("".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages))
        return ["example" in said(page).replace("example.org", "") for page in pages]

    assert shown() == [True] * 4
    file = tmp_path / "ours.toml"
    file.write_text(re.sub(r"\nexample = true[^\n]*", "", SCHOOL_REFUSAL.read_text()))
    house.plenum("conference", "load", file)
    with house.client() as browser:
        until(lambda: "an example" not in browser.get("/practical").text)
    assert shown() == [False] * 4


def test_the_days_of_a_ticket_a_mail_and_an_invoice_are_those_that_one_has(house: House, cast: Cast) -> None:
    with house.client() as browser:
        for person, workshop, days, in_words in [
            (cast.dag, [], "6 – 7 November 2017", "6 to 7 November 2017"),
            (cast.gia, ["yes"], "6 – 8 November 2017", "6 to 8 November 2017"),
        ]:
            booking = book(browser, person, workshop=workshop)
            page = browser.get(booking).text
            ticket, invoice = (
                re.search(rf'href="({path}[^"]+)"', page) for path in ("/tickets/", f"{booking}/invoices/")
            )
            assert ticket
            assert invoice
            holds = words(browser.get(ticket[1]).text).split("Holds")[1].split("Radisson")[0]
            assert days in holds
            assert f"Delivered {in_words}, Radisson" in words(browser.get(invoice[1]).text)
            [mail] = house.outbox(person.email)
            assert f"When: {in_words}" in text_of(mail)
            assert in_words in words(text_of(mail, "html"))
        home = words(browser.get("/").text)
    assert "6 – 7 November 2017 Optional workshop (day 3): Wednesday 8 November" in home
