"""An invoice as PDF, for archives and accounting departments."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from typing import Any

from webapp.tables.booking.invoice_text import InvoiceText, Party
from webapp.text.currencies import money
from webapp.text.written import full_date
from webapp.web.pdf import draw_pdf

EXAMPLE = "This is an example: its seller and its account are invented. Please do not pay it."


def invoice_pdf(title: str, text: InvoiceText) -> bytes:
    """Draw an invoice or a credit note. The same one always gives the same bytes."""

    def amount(minor: int) -> str:
        return money(minor, text.currency)

    said = {
        "title": title,
        "conference": text.conference,
        "credits": text.credits,
        "seller": _party(text.seller),
        "buyer": _party(text.buyer),
        "issued_on": full_date(text.issued_on),
        "due_on": full_date(text.due_on) if text.due_on else "",
        "booking": text.booking,
        "reference": text.reference,
        "delivered": text.delivered,
        "currency": text.currency,
        "vat_name": text.vat_name,
        "delegates": [
            {
                "name": delegate,
                "lines": [
                    {
                        "title": line.title,
                        "amount": amount(line.amount),
                        "rate": line.vat_rate,
                        "vat": amount(line.vat) if line.vat else "–",
                    }
                    for line in lines
                ],
            }
            for delegate, lines in groupby(text.lines, lambda line: line.delegate)
        ],
        "vat_sums": [
            {"rate": part.rate, "amount": amount(part.amount), "vat": amount(part.vat)}
            for part in text.vat_sums
        ],
        "net": amount(text.net),
        "total": amount(text.total),
        "about": {"amount": money(text.about[1], text.about[0]), "rate": text.information[1]}
        if text.about and text.information
        else None,
        "payment": text.payment.splitlines(),
        "example": EXAMPLE if text.example else "",
    }
    return draw_pdf("invoice", said, text.issued_on)


def pdf_name(title: str) -> str:
    """`invoice-7.pdf`."""
    return f"{title.lower().replace(' ', '-')}.pdf"


def _party(party: Party) -> dict[str, Any]:
    return asdict(party) | {"lines": party.lines[1:]}
