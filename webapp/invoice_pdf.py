"""An invoice as PDF, for archives and accounting departments."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import cast

import regex
from fpdf import FPDF
from fpdf.enums import MethodReturnValue, XPos, YPos
from fpdf.fonts import TTFFont

from webapp.invoices import InvoiceText, Party
from webapp.rendering import money

FONTS = Path(__file__).parent / "fonts"
MARGIN = 20
WIDTH = 210 - 2 * MARGIN
INK, MUTED, LINE, ACCENT = (34, 48, 47), (90, 101, 99), (214, 208, 196), (31, 95, 91)
COLUMNS = (88, 30, 22, 30)
"""Widths of what it is, without tax, the rate, and the tax."""
BOX = "\u25a1"
"""For what the font does not have."""


def invoice_pdf(title: str, text: InvoiceText) -> bytes:
    """Draw an invoice or a credit note. The same one always gives the same page."""
    return bytes(_Sheet(title, text).drawn().output())


def pdf_name(title: str) -> str:
    """`invoice-7.pdf`."""
    return f"{title.lower().replace(' ', '-')}.pdf"


class _Sheet(FPDF):
    def __init__(self, title: str, text: InvoiceText) -> None:
        super().__init__(format="A4")
        self._heading = title
        self._text = text
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=25)
        self.add_font("DejaVu", "", FONTS / "DejaVuSans.ttf")
        self.add_font("DejaVu", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.set_title(f"{title}, {text.conference}")
        self.set_author(text.seller.name)
        self.set_lang("en-GB")
        self.set_creation_date(datetime.combine(text.issued_on, time(), UTC))

    def drawn(self) -> _Sheet:
        text = self._text
        self.add_page()
        self._head()
        self._facts()
        self._lines()
        self._sums()
        if text.credits is None:
            self._payment()
        return self

    def footer(self) -> None:
        self.set_y(-16)
        self._write(
            f"{self._text.seller.name} · {self._heading}", size=8, colour=MUTED, width=WIDTH / 2, on=True
        )
        self._write(f"Page {self.page_no()} of {{nb}}", size=8, colour=MUTED, width=WIDTH / 2, align="R")

    def _head(self) -> None:
        text = self._text
        self._write(self._heading, size=22, bold=True, height=10)
        if text.credits is not None:
            self._write(f"It takes back invoice {text.credits}.", size=11, colour=MUTED)
        self._write(text.conference, size=11, colour=MUTED)
        self.ln(6)
        top = self.get_y()
        self._party("From", text.seller, MARGIN)
        left_ends = self.get_y()
        self.set_y(top)
        self._party("To", text.buyer, MARGIN + WIDTH / 2)
        self.set_y(max(left_ends, self.get_y()) + 6)

    def _party(self, heading: str, party: Party, x: float) -> None:
        width = WIDTH / 2 - 4
        number = [f"Organisation number {party.organisation_number}"] if party.organisation_number else []
        contact = [f"Attn: {party.contact}"] if party.contact not in ("", party.name) else []
        email = [party.email] if party.email else []
        rows = [
            (heading, False),
            (party.name, True),
            *((row, False) for row in [*party.lines[1:], *number, *contact, *email]),
        ]
        for row, bold in rows:
            self.set_x(x)
            colour = MUTED if row is heading else INK
            self._block(row, width, bold=bold, colour=colour)

    def _facts(self) -> None:
        text = self._text
        facts = [("Date", _day(text.issued_on)), ("Booking", text.booking)]
        if text.due_on:
            facts.insert(1, ("To be paid by", _day(text.due_on)))
        if text.reference:
            facts.append(("Your reference", text.reference))
        if text.delivered:
            facts.append(("Delivered", text.delivered))
        for term, said in facts:
            self._write(term, width=40, colour=MUTED, on=True)
            self._block(said, WIDTH - 40)
        self.ln(5)

    def _lines(self) -> None:
        text = self._text
        self._row(("What", "Amount", text.vat_name, text.vat_name + " amount"), colour=MUTED)
        self._rule()
        delegate = None
        for line in text.lines:
            if line.delegate != delegate:
                delegate = line.delegate
                self.ln(1)
                self._keep_together(2 * 5)
                self._block(delegate, WIDTH, bold=True)
            tax = money(line.vat, text.currency) if line.vat else "–"
            self._row((line.title, money(line.amount, text.currency), f"{line.vat_rate} %", tax))
        self.ln(2)
        self._rule()

    def _sums(self) -> None:
        text = self._text
        self._keep_together(6 * (len(text.vat_sums) + 3) + 1)
        for part in text.vat_sums:
            basis = money(part.amount, text.currency)
            self._sum(f"{text.vat_name} {part.rate} % of {basis}", money(part.vat, text.currency))
        self._sum(f"Total without {text.vat_name}", money(text.net, text.currency))
        self.ln(1)
        said = "Credited" if text.credits is not None else "To be paid"
        self._sum(f"{said}, {text.vat_name} included", money(text.total, text.currency), bold=True, size=13)
        if text.about:
            currency, amount = text.about
            rate = text.information[1] if text.information else ""
            self._sum(
                f"About, for information at {rate}; it is {text.currency} that is paid",
                money(amount, currency),
                size=8,
                colour=MUTED,
            )
        self.ln(6)

    def _payment(self) -> None:
        text = self._text
        rows = [
            *text.payment.splitlines(),
            f"Please give {self._heading.lower()} and booking {text.booking} with the payment.",
        ]
        self._keep_together(7 + sum(self._height(row, WIDTH) for row in rows))
        self._write("Payment", bold=True, size=11, height=7)
        for row in rows:
            self._block(row, WIDTH)

    def normalize_text(self, text: str) -> str:
        """Whatever the font cannot show is seen to be missing: a name that vanishes would be somebody else's."""
        known = self.current_font.cmap if isinstance(self.current_font, TTFFont) else {}
        characters = regex.findall(r"\X", unicodedata.normalize("NFC", text))
        shown = ("".join(c for c in character if ord(c) in known) or BOX for character in characters)
        return str(super().normalize_text("".join(shown)))

    def _keep_together(self, height: float) -> None:
        """Begin a new page when what comes now, which is so high, has no room on this one."""
        if self.will_page_break(height):
            self.add_page()

    def _height(self, said: str, width: float) -> float:
        self.set_font("DejaVu", "", 9.5)
        return cast(float, self.multi_cell(width, 5, said, dry_run=True, output=MethodReturnValue.HEIGHT))

    def _row(self, cells: tuple[str, str, str, str], colour: tuple[int, int, int] = INK) -> None:
        what, *numbers = cells
        self._keep_together(self._height(what, COLUMNS[0]))
        top = self.get_y()
        self._block(what, COLUMNS[0], colour=colour)
        bottom = self.get_y()
        self.set_xy(MARGIN + COLUMNS[0], top)
        for number, width in zip(numbers, COLUMNS[1:], strict=True):
            self._write(number, width=width, align="R", colour=colour, on=True)
        self.set_xy(MARGIN, bottom)

    def _sum(
        self,
        term: str,
        said: str,
        *,
        bold: bool = False,
        size: float = 9.5,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        self._write(term, width=WIDTH - 45, align="R", bold=bold, size=size, colour=colour, on=True, height=6)
        self._write(said, width=45, align="R", bold=bold, size=size, colour=colour, height=6)

    def _rule(self) -> None:
        self.set_draw_color(*LINE)
        self.line(MARGIN, self.get_y() + 0.5, MARGIN + WIDTH, self.get_y() + 0.5)
        self.ln(1.5)

    def _write(
        self,
        said: str,
        *,
        width: float = WIDTH,
        bold: bool = False,
        size: float = 9.5,
        colour: tuple[int, int, int] = INK,
        align: str = "L",
        height: float = 5,
        on: bool = False,
    ) -> None:
        """One line. `on`: what follows stands beside it."""
        self.set_font("DejaVu", "B" if bold else "", size)
        self.set_text_color(*colour)
        after = (XPos.RIGHT, YPos.TOP) if on else (XPos.LMARGIN, YPos.NEXT)
        self.cell(width, height, said, align=align, new_x=after[0], new_y=after[1])

    def _block(
        self, said: str, width: float, *, bold: bool = False, colour: tuple[int, int, int] = INK
    ) -> None:
        """As many lines as it needs."""
        self.set_font("DejaVu", "B" if bold else "", 9.5)
        self.set_text_color(*colour)
        self.multi_cell(width, 5, said, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"
