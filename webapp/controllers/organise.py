"""What organisers see of all bookings: letters that wait, who waits for what, and every invoice."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from webapp import clock
from webapp.conference.programme import Programme
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.tables import Invoice, OutgoingMail, SignIn, Waiting
from webapp.web.limits import in_words
from webapp.web.numbers import small
from webapp.web.rendering import page
from webapp.web.signing import booking_path

MOST_PARTIES = 300
"""On the waiting lists, that are shown."""
INVOICES_A_PAGE = 100


class OrganiseController(Controller):
    """The page for organisers."""

    @get("/organise")
    async def overview(
        self,
        programme: NamedDependency[Programme],
        organiser: NamedDependency[SignIn],  # noqa: ARG002 - the gate
        chores: NamedDependency[Chores],
        before: FromQuery[str] = "",
    ) -> Template:
        """`before`: the number of an invoice, to go on from it to those before."""
        await chores.pass_on_seats()
        known = small(before)
        waiting = await Waiting.all_lists(MOST_PARTIES)
        invoices = await Invoice.overview(known, INVOICES_A_PAGE + 1)
        queued, last = await OutgoingMail.queued()
        return page(
            "organise/overview.html",
            nav="me",
            programme=programme,
            queued=queued,
            queued_for=in_words(last - clock.real()) if last else "",
            waiting=waiting,
            waiting_more=await Waiting.how_many() - len(waiting),
            invoices=invoices[:INVOICES_A_PAGE],
            older=invoices[INVOICES_A_PAGE - 1]["number"] if len(invoices) > INVOICES_A_PAGE else None,
            newest=known is None,
            total=await Invoice.sum_of_all(),
            currency=programme.registration.currency,
            booking_path=booking_path,
            page_url=f"{settings().url}/organise",
        )
