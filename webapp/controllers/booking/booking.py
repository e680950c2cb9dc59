"""A booking's own page, and the calendars of those on it."""

from __future__ import annotations

from datetime import datetime

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template

from webapp.booking.booking_view import BookingView
from webapp.booking.waits import waits_on
from webapp.booking.wishes import wishes_on
from webapp.conference.calendar import delegate_calendar
from webapp.conference.programme import Programme
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.tables import Booking, Invoice, SignIn
from webapp.web import limits
from webapp.web.pages import CALENDAR, COMPRESSED, Page
from webapp.web.rendering import page
from webapp.web.signing import booking_path, ticket_path


class BookingController(Controller):
    path = "/bookings/{token:str}"

    @get()
    async def show(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        booking: NamedDependency[Booking],
        sign_in: NamedDependency[SignIn | None],
        chores: NamedDependency[Chores],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template:
        await chores.pass_on_seats()
        delegates, fees = await booking.delegates(), await booking.fees()
        rights = await booking.rights_of(sign_in)
        view = BookingView(programme, booking, tuple(delegates), tuple(fees), rights, now)
        confirmation, wait = await booking.confirmation(now)
        return page(
            "booking/booking.html",
            programme=programme,
            booking=booking,
            delegates=delegates,
            fees=fees,
            total=view.total,
            rights=rights,
            invoices=await Invoice.issued_for(booking) if rights.whole else [],
            waits=await waits_on(view),
            wishes=await wishes_on(view),
            changes_open=rights.organises or now < programme.file.changes_close,
            confirmation=confirmation,
            confirmation_wait=limits.in_words(wait) if wait else "",
            saved="saved" in request.query_params,
            token=token,
            ticket_path=ticket_path,
            page_url=f"{settings().url}{booking_path(booking.reference)}",
        )

    @get("/{file:str}", opt={COMPRESSED: True})
    async def calendar(
        self,
        request: HTMXRequest,
        programme: NamedDependency[Programme],
        booking: NamedDependency[Booking],
        file: FromPath[str],
    ) -> Response[bytes]:
        """The programme of one delegate on the booking: `1.ics` for the first."""
        for booked in await booking.delegates():
            if file == f"{booked.number}.ics":
                name = f"{programme.conference.title}: {booked.delegate.name}"
                calendar = delegate_calendar(programme, booked.attendance, name=name, base_url=settings().url)
                return Page(calendar, CALENDAR, private=True).answer(request)
        raise NotFoundException(
            "There is no calendar at this address. The booking’s page shows those there are."
        )
