"""Invoices: numbered without gaps, never changed, credited when a booking changes."""

from __future__ import annotations

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Houses
from tests.support.booking import Form, Registering, book, choices_of, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, leave_seats, sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import text_of
from tests.support.waiting import until
from webapp.text.organisation_numbers import can_be

CONFIRM = re.compile(r"/address/[\w.-]{40,}")


def invoices_of(house: House, booking: str) -> list[dict[str, Any]]:
    """All there are for the booking of this address, oldest first."""
    with house.client() as anybody:
        reference = words(anybody.get(booking).text).split("Your reference ")[1][:6]
    return house.rows(
        "SELECT i.* FROM invoice i JOIN booking b ON b.id = i.booking WHERE b.reference = ? ORDER BY i.number",
        reference,
    )


def confirmations(house: House, address: str) -> list[str]:
    """The links in mails about a change of address."""
    return [link for mail in house.outbox(address) for link in CONFIRM.findall(text_of(mail))]


def test_an_invoice_says_all_that_an_accountant_asks_for(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(
            cast.dag,
            cast.gia,
            organisation_number="974 567 989",
            reference="PO 4711",
            name="Olga Ørsted",
            email=cast.olga.email,
        )
        page.fill(choices_of(0, workshop="yes"))
        booking = page.book()
        [row] = invoices_of(house, booking)
        path = f"{booking}/invoices/{row['number']}"
        assert path in browser.get(booking).text
        said = words(browser.get(path).text)
        pdf = browser.get(f"{path}/pdf")
    for part in [
        f"Invoice {row['number']}",
        "JobbAktiv Eksempelgata 1 0155 Oslo Norway Organisation number 999 999 999 MVA",
        "Bærum kommune Storgata 1, 0155 Oslo Norway Organisation number 974 567 989 Attn: Olga Ørsted",
        "2 May 2017",
        "To be paid by 16 May 2017",
        "Your reference PO 4711",
        "Delivered 6 to 8 November 2017, ",
        "Participation (early bird) Dag Delås NOK 5,800 25 % NOK 1,450",
        "Participation (early bird) Gia Giannini NOK 5,800 0 % NOK 0",
        "MVA 0 % of NOK 5,800 NOK 0",
        "MVA 25 % of NOK 7,700 NOK 1,925",
        "Total without MVA NOK 13,500",
        "To be paid, MVA included NOK 15,425",
        "About EUR 1,696.75, for information at the rate 0.11. It is NOK that is paid.",
        "Account 1234 56 78903",
    ]:
        assert part in said
    assert (row["total"], row["vat"]) == (1_542_500, 192_500)
    assert pdf.headers["content-type"] == "application/pdf"
    assert pdf.headers["content-disposition"] == f'attachment; filename="invoice-{row["number"]}.pdf"'
    assert pdf.content.startswith(b"%PDF-")
    assert b"/FontFile2" in pdf.content, "its letters are in it"


def test_a_conference_in_kronur_has_no_hundredths_anywhere(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    text = SCHOOL_REFUSAL.read_text().replace('currency = "NOK"', 'currency = "ISK"', 1)
    text = text.replace("information_rate = 0.11", "information_rate = 0.007").replace("= 5800", "= 58001")
    file = tmp_path / "iceland.toml"
    file.write_text(text)
    house = houses(conference=file)
    with house.client() as browser:
        until(lambda: "ISK 58,001" in browser.get("/").text)
        practical, home = words(browser.get("/practical").text), browser.get("/").text
        page = Registering(browser)
        page.for_delegates(cast.dag)
        assert page.press("price").status_code == 200
        form = words(page.answer.text)
        booking = page.book()
        booked = words(browser.get(booking).text)
        [row] = invoices_of(house, booking)
        invoice = words(browser.get(f"{booking}/invoices/{row['number']}").text)
        change = Changing(browser, f"{booking}/delegates/1")
        change.fill({"nights": ["2017-11-06"]})
        difference = words(change.press("price").text)
    [mail] = house.outbox(to=cast.dag.email)
    letter = text_of(mail)
    assert "about EUR 406.01" in practical
    assert '"price": "58001", "priceCurrency": "ISK"' in home
    # A quarter of 58,001 is rounded to whole krónur.
    assert "Total ISK 72,501 About EUR 507.51" in form
    assert "Total ISK 72,501" in booked
    assert "To be paid, MVA included ISK 72,501 About EUR 507.51" in invoice
    assert "ISK 2,313" in difference
    assert "Total: ISK 72,501" in letter
    assert (row["total"], row["vat"]) == (72_501, 14_500)


def test_a_change_makes_a_credit_note_and_a_new_invoice_and_edits_nothing(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        first = invoices_of(house, booking)
        Changing(browser, f"{booking}/delegates/1").save(role="Teacher", seminar_1="seminar-1a")
        assert invoices_of(house, booking) == first, "what is on it is still the same"
        Changing(browser, f"{booking}/delegates/1").save(workshop="yes")
        invoice, credit_note, new = invoices_of(house, booking)
        assert [invoice] == first
        assert (credit_note["credits"], credit_note["total"]) == (invoice["number"], -invoice["total"])
        assert new["total"] == 962_500
        said = words(browser.get(f"{booking}/invoices/{credit_note['number']}").text)
        assert f"It takes back invoice {invoice['number']}" in said
        assert "Credited, MVA included −NOK 7,250" in said
        assert "Payment" not in said
        # Who pays changes, and what is invoiced does with them.
        page = Changing(browser, f"{booking}/payer")
        page.form.fill({"payer.organisation": "Asker kommune"})
        assert page.press("save").status_code == 303
        *before, again = invoices_of(house, booking)
        assert len(before) == 4
        assert "Asker kommune" in again["contents"]
        Changing(browser, f"{booking}/cancellation").cancel()
        everything = invoices_of(house, booking)
    assert len(everything) == 6
    assert everything[-1]["credits"] == again["number"]
    assert sum(row["total"] for row in everything) == 0


def test_a_name_spelt_right_makes_no_new_invoice_and_another_person_does(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia)
        booking = page.book()
        first = invoices_of(house, booking)
        for name in ("Gia Gianini", "Gia Giannini-Rossi"):
            Changing(browser, f"{booking}/delegates/2").save(name=name, organisation=f"Scuola di {name}")
        paying = Changing(browser, f"{booking}/payer")
        paying.form.fill({"payer.name": "Dag D. Delås"})
        assert paying.press("save").status_code == 303
        assert invoices_of(house, booking) == first
        assert "Gia Giannini-Rossi" in words(browser.get(booking).text)
        # Where something else makes a new one, it has the name as it is spelt now.
        Changing(browser, f"{booking}/delegates/1").save(workshop="yes")
        *_, new = invoices_of(house, booking)
        assert "Gia Giannini-Rossi" in new["contents"]
        # Somebody else for whom is paid, or who pays, does.
        Changing(browser, f"{booking}/delegates/2/replacement").save(
            name=cast.mona.name, email=cast.mona.email, organisation="X", country=cast.gia.country
        )
        assert len(invoices_of(house, booking)) == 5
        paying = Changing(browser, f"{booking}/payer")
        paying.form.fill({"payer.organisation": "Asker kommune"})
        assert paying.press("save").status_code == 303
        assert len(invoices_of(house, booking)) == 7


def test_what_is_erased_or_written_to_elsewhere_is_not_invoiced_anew(house: House, cast: Cast) -> None:
    with house.client() as dags, house.client() as gias, house.client() as anywhere:
        page = Registering(dags)
        page.for_delegates(cast.dag, cast.gia)
        booking = page.book()
        first = invoices_of(house, booking)
        assert len(first) == 1
        sign_in(house, dags, cast.dag)
        new = f"new.{cast.dag.email}"
        dags.post("/me/address", data={"email": new})
        for address in (cast.dag.email, new):
            links = until(partial(confirmations, house, address))
            assert anywhere.post(links[-1]).status_code == 200
        sign_in(house, gias, cast.gia)
        assert gias.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        Changing(dags, f"{booking}/delegates/1").save(diet="No nuts")
        assert invoices_of(house, booking) == first, "what is to be paid, and by whom, is the same"
        # What costs something else is, and it says nothing of who was erased.
        Changing(dags, f"{booking}/delegates/1").save(workshop="yes")
        *_, credit_note, anew = invoices_of(house, booking)
        assert credit_note["credits"] == first[0]["number"]
        assert cast.gia.name not in anew["contents"]
        assert new in anew["contents"]
        # Somebody in the place of who was erased is named.
        Changing(dags, f"{booking}/delegates/2/replacement").save(
            name=cast.mona.name, email=cast.mona.email, organisation="X", country=cast.gia.country
        )
        assert cast.mona.name in invoices_of(house, booking)[-1]["contents"]


def test_whoever_pays_is_mailed_each_invoice_and_credit_note(house: House, cast: Cast) -> None:
    def mail_to(person: Person, number: int) -> EmailMessage:
        return until(lambda: mails if len(mails := house.outbox(person.email)) == number else [])[-1]

    def attached(mail: EmailMessage) -> dict[str, bytes]:
        parts = (part for part in mail.iter_attachments() if part.get_content_type() == "application/pdf")
        return {str(part.get_filename()): part.get_content() for part in parts}

    with house.client() as payers:
        page = Registering(payers)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        [invoice] = invoices_of(house, booking)
        told = mail_to(cast.olga, 1)
        due = ": NOK 13,050, to be paid by 16 May 2017"
        assert f"Invoice {invoice['number']}{due}" in text_of(told)
        assert f"Invoice {invoice['number']} {due}" in words(text_of(told, "html"))
        pdf = payers.get(f"{booking}/invoices/{invoice['number']}/pdf").content
        assert attached(told) == {f"invoice-{invoice['number']}.pdf": pdf}
        # What a colleague is told says nothing of it.
        assert not attached(mail_to(cast.dag, 1))
        assert "Invoice" not in text_of(mail_to(cast.dag, 1))
        # Who pays is told, too, when only what is invoiced changes, and nobody else is.
        paying = Changing(payers, f"{booking}/payer")
        paying.form.fill({"payer.organisation": "Asker kommune"})
        assert paying.press("save").status_code == 303
        [_, credit_note, new] = invoices_of(house, booking)
        told = mail_to(cast.olga, 2)
        assert f"Credit note {credit_note['number']}: −NOK 13,050" in text_of(told)
        assert list(attached(told)) == [
            f"credit-note-{credit_note['number']}.pdf",
            f"invoice-{new['number']}.pdf",
        ]
        Changing(payers, f"{booking}/delegates/2").save(workshop="yes")
        mail_to(cast.gia, 2)
        mail_to(cast.dag, 1)


def test_numbers_have_no_gaps_however_many_book_at_once_and_fail(house: House, cast: Cast) -> None:
    with contextlib.ExitStack() as opened:
        pages = [Registering(opened.enter_context(house.client())) for _ in range(24)]
        for number, page in enumerate(pages):
            page.for_delegates(Cast().sten)
            page.fill(choices_of(0, seminar_2="seminar-2b" if number % 2 else "seminar-2a"))
            page.press("price")
        leave_seats(house, "seminar-2b", 8)
        try:
            with ThreadPoolExecutor(24) as all_at_once:
                answers = list(all_at_once.map(lambda page: page.press("book").status_code, pages))
        finally:
            leave_seats(house, "seminar-2b", None)
    assert answers.count(409) == 4
    numbers = [row["number"] for row in house.rows("SELECT number FROM invoice ORDER BY number")]
    assert numbers == list(range(1, len(numbers) + 1))


def test_only_who_pays_reads_the_invoices(house: House, cast: Cast) -> None:
    with house.client() as payers, house.client() as gias, house.client() as strangers:
        page = Registering(payers)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        foreign = book(strangers, cast.sten)
        for client, person in ((gias, cast.gia), (strangers, cast.sten)):
            sign_in(house, client, person)
        [mine], [theirs] = invoices_of(house, booking), invoices_of(house, foreign)
        path = f"{booking}/invoices/{mine['number']}"
        for what in ("", "/pdf"):
            assert payers.get(path + what).status_code == 200
            assert gias.get(path + what).status_code == 404
            assert strangers.get(path + what).status_code == 404
            for number in (
                theirs["number"],
                "0",
                "-1",
                "99999999999999999999",
                "%00",
                "1.0",
                f"0{mine['number']}",
            ):
                assert payers.get(f"{booking}/invoices/{number}{what}").status_code == 404, number
        assert path not in gias.get(booking).text
        assert path not in strangers.get(booking).text


@pytest.mark.one_database
def test_a_number_that_no_organisation_can_have_is_told_beside_its_field(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, organisation_number="974 567 988")
        page.press("price")
        answer = page.press("book")
        assert answer.status_code == 422
        said = page.form.errors["payer-organisation_number"]
        assert said.startswith("This cannot be an organisation number or VAT number of Norway.")
        assert Form(answer.text).values["payer.organisation_number"] == ["974 567 988"]
        page.fill({"payer.organisation_number": "NO 974 567 989 MVA"})
        page.book()


@pytest.mark.one_database
@pytest.mark.parametrize(("field", "longest"), [("reference", 100), ("organisation_number", 40)])
def test_what_is_too_long_for_an_invoice_is_told_beside_its_field(
    house: House, cast: Cast, field: str, longest: int
) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.gia, country="XK", **{field: "7" * (longest + 1)})
        page.press("price")
        assert page.press("book").status_code == 422
        assert page.form.errors[f"payer-{field}"] == f"Please keep this under {longest} characters."
        page.fill({f"payer.{field}": "7" * longest})
        page.book()


@pytest.mark.parametrize(
    ("number", "country", "right"),
    [
        ("974 760 673", "NO", True),
        ("NO 974760673 MVA", "NO", True),
        ("974 760 674", "NO", False),
        ("97476067", "NO", False),
        ("DK 13585628", "DK", True),
        ("13585628", "DK", True),
        ("13585627", "DK", False),
        ("SE 556012579001", "SE", True),
        ("556012-5790", "SE", True),
        ("556012-5791", "SE", False),
        ("DE 136695976", "DE", True),
        ("DE 136695977", "DE", False),
        ("IT 00743110157", "IT", True),
        ("EL 094259216", "GR", True),
        ("FI 20774740", "FI", True),
        ("whatever", "XK", True),
        ("\u0661" * 9, "NO", False),
        ("x" * 40, "SE", False),
    ],
)
def test_organisation_numbers_are_checked_as_their_country_does(
    number: str, country: str, right: bool
) -> None:
    assert can_be(number, country) == right
