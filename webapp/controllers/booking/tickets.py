"""Tickets: one for each delegate, at an address of its own, on a telephone without a net and on paper."""

from __future__ import annotations

from litestar import Controller, Response, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template

from webapp.conference.calendar import delegate_calendar
from webapp.conference.programme import Programme
from webapp.settings import settings
from webapp.tables import Booking
from webapp.tables.booking.booked import BookedDelegate
from webapp.web import qr
from webapp.web.pages import CALENDAR, COMPRESSED, Page
from webapp.web.rendering import page
from webapp.web.signing import ticket_holder, ticket_path
from webapp.web.static_files import static_files


async def holder_at(token: FromPath[str]) -> BookedDelegate:
    """The delegate of a ticket's signed address. Raises NotFoundException when it is no ticket, or no longer theirs."""
    holder = ticket_holder(token)
    booked = await Booking.ticket_holder(*holder) if holder else None
    if booked is None:
        raise NotFoundException(
            "There is no ticket at this address, or somebody else has taken this place. "
            "Please use the whole link from your latest mail."
        )
    return booked


class TicketController(Controller):
    path = "/tickets/{token:str}"
    dependencies = {"holder": Provide(holder_at)}  # noqa: RUF012 - as Litestar has it

    @get()
    async def show(
        self, programme: NamedDependency[Programme], holder: NamedDependency[BookedDelegate]
    ) -> Template:
        path = ticket_path(holder.delegate.id, holder.delegate.person)
        address = f"{settings().url}{path}"
        return page(
            "booking/ticket.html",
            programme=programme,
            holder=holder,
            qr=qr.data_uri(address),
            sessions=programme.attended_with(holder.offers),
            page_path=path,
            page_url=address,
        )

    @get("/programme.ics", opt={COMPRESSED: True})
    async def calendar(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        holder: NamedDependency[BookedDelegate],
    ) -> Response[bytes]:
        name = f"{programme.conference.title}: {holder.delegate.name}"
        calendar = delegate_calendar(programme, holder.attendance, name=name, base_url=settings().url)
        return Page(calendar, CALENDAR, private=True).answer(request)


@get("/tickets/worker.js", opt={COMPRESSED: True})
async def ticket_worker(request: HTMXRequest) -> Response[bytes]:
    """The service worker of the tickets. Its address is what it may serve, so it is no static file like others."""
    return static_files()["js/tickets/worker.js"].answer(request)
