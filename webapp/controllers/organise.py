"""What organisers see of all bookings: who waits for what, and every invoice."""

from __future__ import annotations

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.response import Template

from webapp.programme import Programme
from webapp.rendering import page
from webapp.settings import settings
from webapp.signing import booking_path
from webapp.tables import Invoice, Person, SignIn, Waiting
from webapp.usher import Usher


class OrganiseController(Controller):
    @get("/organise")
    async def overview(
        self,
        programme: NamedDependency[Programme],
        sign_in: NamedDependency[SignIn | None],
        usher: NamedDependency[Usher],
    ) -> Template:
        if sign_in is None or not sign_in.proven or not await Person.is_organiser(sign_in.person):
            raise NotFoundException("This page is for organisers. Please sign in with the address of one.")
        await usher.look()
        return page(
            "organise/overview.html",
            nav="me",
            programme=programme,
            waiting=await Waiting.all_lists(),
            invoices=await Invoice.overview(),
            currency=programme.registration.currency,
            booking_path=booking_path,
            page_url=f"{settings().url}/organise",
        )
