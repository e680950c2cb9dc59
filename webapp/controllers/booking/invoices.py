"""Invoices and credit notes, for whoever pays: as a page, and as PDF."""

from __future__ import annotations

import asyncio

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from webapp.booking.booking_view import BookingView
from webapp.booking.invoice_pdf import invoice_pdf, pdf_name
from webapp.conference.programme import Programme
from webapp.settings import settings
from webapp.tables import Invoice
from webapp.web.rendering import PRIVATE, page


class InvoicesController(Controller):
    path = "/bookings/{token:str}/invoices/{number:str}"

    @get()
    async def show(
        self,
        programme: NamedDependency[Programme],
        invoice: NamedDependency[Invoice],
        view: NamedDependency[BookingView],
    ) -> Template:
        return page(
            "booking/invoice.html",
            nav="me",
            programme=programme,
            invoice=invoice,
            text=invoice.text,
            path=view.path,
            page_url=f"{settings().url}{view.path}",
        )

    @get("/pdf")
    async def pdf(self, invoice: NamedDependency[Invoice]) -> Response[bytes]:
        # In a thread, since others are waiting.
        drawn = await asyncio.to_thread(invoice_pdf, invoice.title, invoice.text)
        return Response(
            drawn,
            media_type="application/pdf",
            headers=PRIVATE | {"Content-Disposition": f'attachment; filename="{pdf_name(invoice.title)}"'},
        )


async def invoice_at(view: NamedDependency[BookingView], number: FromPath[str]) -> Invoice:
    """The invoice of this number on this booking, for whoever pays it. Raises NotFoundException."""
    invoices = await Invoice.issued_for(view.booking) if view.rights.whole else []
    for invoice in invoices:
        if str(invoice.number) == number:
            return invoice
    raise NotFoundException(
        "There is no such invoice for you. Please sign in with the address of whoever pays."
    )
