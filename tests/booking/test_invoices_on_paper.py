"""Invoices as PDF: read, printed and archived."""

from __future__ import annotations

from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader
from pypdf.generic import FloatObject, NumberObject

from webapp.booking.invoice_pdf import invoice_pdf
from webapp.tables.booking.invoice_text import InvoiceLine, InvoiceText, Party


def saying(**changes: Any) -> InvoiceText:
    facts: dict[str, Any] = {
        "conference": "International School-refusal conference",
        "booking": "ABCDEF",
        "reference": "",
        "issued_on": date(2017, 5, 2),
        "due_on": date(2017, 5, 16),
        "currency": "NOK",
        "vat_name": "MVA",
        "information": ("EUR", "0.11"),
        "payment": "Account 1234 56 78903",
        "seller": Party("JobbAktiv", "Eksempelgata 1", "NO", "999 999 999 MVA"),
        "buyer": Party("Bærum kommune", "Storgata 1\n0155 Oslo", "NO"),
        "lines": (InvoiceLine("Dag Delås", "Participation", 580_000, "25", 145_000),),
    }
    return InvoiceText(**facts | changes)


def test_what_was_issued_is_read_as_it_was_written() -> None:
    invoice = saying()
    assert InvoiceText.from_json(invoice.to_json()) == invoice
    credit_note = invoice.credit(7, date(2017, 6, 1))
    assert InvoiceText.from_json(credit_note.to_json()) == credit_note
    assert (credit_note.total, credit_note.credits, credit_note.due_on) == (-invoice.total, 7, None)


def read(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


def pages_of(pdf: bytes) -> list[str]:
    """What stands on each page, as a program reads it to somebody."""
    return [page.extract_text() for page in read(pdf).pages]


def standards_of(pdf: bytes) -> list[str]:
    """The standards that a document says it keeps."""
    return [name for name in ("pdfaid:part", "pdfuaid:part") if name.encode() in pdf]


def glyphs_in(pdf: bytes) -> list[tuple[str, bytes]]:
    """Every letter that is drawn, as the name of its font and its number in that."""
    drawn: list[tuple[str, bytes]] = []
    font = ""
    for page in read(pdf).pages:
        content = page.get_contents()
        assert content is not None
        for operands, operator in content.operations:
            if operator == b"Tf":
                font = operands[0]
            elif operator in (b"Tj", b"TJ"):
                parts = operands if operator == b"Tj" else operands[0]
                shown = b"".join(
                    part.original_bytes for part in parts if not isinstance(part, FloatObject | NumberObject)
                )
                drawn += [(font, shown[at : at + 2]) for at in range(0, len(shown), 2)]
    return drawn


def boxes_in(pdf: bytes) -> int:
    """How many letters are drawn as the box that a font has for those it has not."""
    return sum(number == b"\0\0" for _, number in glyphs_in(pdf))


def test_where_to_pay_stands_together_on_one_page_however_long_the_invoice_is() -> None:
    counts = set()
    for count in range(1, 40):
        lines = tuple(InvoiceLine("Dag Delås", f"Night {n}", 185_000, "25", 46_250) for n in range(count))
        *before, last = pages_of(
            invoice_pdf(
                "Invoice 1", saying(lines=lines, payment="Account 1234 56 78903\nIBAN NO83\nBIC EXAMNOKK")
            )
        )
        for part in ("Payment", "Account", "IBAN", "BIC", "Please give invoice 1 and booking ABCDEF"):
            assert part in last, count
            assert not any(part in page for page in before), count
        counts.add(len(before) + 1)
    assert counts == {1, 2}
    three = tuple(
        InvoiceLine(name, title, 185_000, "25", 46_250)
        for name in ("Dag Delås", "Gia Giannini", "Sten Strand")
        for title in ("Participation", "Optional workshop", "Single room", "Single room")
    )
    assert len(pages_of(invoice_pdf("Invoice 1", saying(lines=three)))) == 1


def test_the_pages_of_a_long_invoice_are_numbered_and_each_says_what_stands_in_its_columns() -> None:
    lines = tuple(InvoiceLine("Dag Delås", f"Night {n}", 185_000, "25", 46_250) for n in range(100))
    pages = pages_of(invoice_pdf("Invoice 1", saying(lines=lines)))
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert page.endswith(f"JobbAktiv · Invoice 1 Page {number} of 3")
        assert "What Amount MVA MVA amount\nDag Delås\n" in page, "and for whom"


@pytest.mark.parametrize(
    "name",
    [
        "Ελένη Παπαδοπούλου",
        "Олена Шевченко",
        "Nguyễn Thị Žižek ğŠẞ",
        "שרה",
        "محمد",
        '*Dag* #emph[x] $y$ <b> @ref \\ `raw` -- "O\'Brien" {{x}}',
    ],
)
def test_a_name_stands_in_the_pdf_as_it_was_written(name: str) -> None:
    drawn = invoice_pdf("Invoice 1", saying(buyer=Party(name, "Storgata 1", "NO")))
    assert name in " ".join(pages_of(drawn)[0].split())
    assert boxes_in(drawn) == 0
    assert standards_of(drawn) == ["pdfaid:part", "pdfuaid:part"]


def test_arabic_letters_are_joined() -> None:
    # Inside a word, at its beginning and at its end a letter has other shapes than alone.
    apart, joined = (
        len(set(glyphs_in(invoice_pdf("Invoice 1", saying(buyer=Party(name, "", "NO"))))))
        for name in ("ب ب ب", "ببب")
    )
    assert joined == apart + 2


def test_the_pdf_can_be_kept_in_archives_and_be_read_out() -> None:
    drawn = invoice_pdf("Invoice 1", saying())
    assert b"/Lang(en-GB)" in drawn
    about = read(drawn).metadata
    assert about
    assert about.title == "Invoice 1, International School-refusal conference"
    assert about.creation_date == datetime(2017, 5, 2, tzinfo=UTC)
    assert standards_of(drawn) == ["pdfaid:part", "pdfuaid:part"]


def test_letters_that_no_font_has_are_seen_to_be_missing() -> None:
    drawn = invoice_pdf("Invoice 1", saying(buyer=Party("\U0001e900 Dag", "Storgata 1", "NO")))
    assert "Dag" in pages_of(drawn)[0]
    assert boxes_in(drawn) == 1
    assert standards_of(drawn) == [], "both want every letter to be there"


def test_the_pdf_is_drawn_whatever_people_are_called_and_however_long_it_is() -> None:
    buyer = Party("Þjóðskrá Ørsted Ελληνικό Олена ğŠẞ 学校 🙂 مدرسة" * 4, "x" * 1900, "NO", "1", "A" * 200)
    lines = tuple(
        InvoiceLine(f"Delegate {number}", "Single room " * 12, 185_000, "25", 46_250) for number in range(60)
    )
    drawn = invoice_pdf("Invoice 1", saying(buyer=buyer, lines=lines))
    pages = pages_of(drawn)
    assert len(pages) > 2
    assert "".join(pages).count("x") == 1900, "none of it runs out of the page"
    assert drawn == invoice_pdf("Invoice 1", saying(buyer=buyer, lines=lines))
