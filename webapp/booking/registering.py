"""Filling in the registration form: the prices it shows, and who in it is known here already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from litestar.datastructures import Cookie
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Template

from webapp.booking.forms import RegistrationForm
from webapp.booking.same_person import elsewhere_now, moved, same_person
from webapp.conference.contact import organisers
from webapp.conference.prices import Quote, about, quote, tier
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.conference.terms import terms
from webapp.settings import settings
from webapp.tables import AddressChange, Booking, Delegate, Person, SignIn
from webapp.tables.booking.order import Order
from webapp.tables.drafts import LIFETIME
from webapp.text.typed import Messages
from webapp.text.written import clock_time, day
from webapp.web.cookies import DRAFT, cookie
from webapp.web.rendering import page
from webapp.web.signing import FormToken, booking_path

WAITING = "waiting"
"""Of somebody for whom seats are held: the party on the waiting list, as its mail names it."""


class Registering:
    """One visitor filling in the form: what it holds, and the instant whose prices it shows.

    A price that was shown holds for some minutes (`quote_minutes` in the file), also when the price list has
    changed meanwhile. Each time it is shown again unchanged the minutes begin anew.
    """

    def __init__(self, programme: Programme, form: RegistrationForm, token: FormToken, now: datetime) -> None:
        self.programme = programme
        self.form = form
        self.now = now
        self.by_organiser = False
        """Whether it is filled in for somebody by an organiser, after registration has closed."""
        self._held_for = timedelta(minutes=programme.registration.quote_minutes)
        self.used_for: Booking | None = None
        """What was booked before with the form that this one goes on from."""
        self.twice: list[tuple[str, Booking]] = []
        """Who is on which other booking already."""
        holds = timedelta() <= now - token.quoted_at <= self._held_for
        changed = self.prices(now) != self.prices(token.quoted_at)
        self.token = token if holds and changed else FormToken(token.key, now)

    @classmethod
    async def read(cls, request: HTMXRequest, programme: Programme, now: datetime) -> Self:
        form = RegistrationForm.read(programme.file, (await request.form()).multi_items())
        return cls(programme, form, FormToken.read(form.value("form_token")) or FormToken.new(now), now)

    def prices(self, at: datetime) -> tuple[int, ...]:
        return tuple(tier(product, at).minor for product in self.programme.products)

    @cached_property
    def quote(self) -> Quote:
        return quote(self.programme.file, self.form.choices, self.token.quoted_at)

    async def is_what_made(self, booking: Booking) -> bool:
        """Whether this is what a booking has, as when the answer was lost and the form is sent again."""
        return self.form.order == await booking.order(self.programme.file)

    def cookie(self) -> Cookie:
        return cookie(DRAFT, self.token.signed(), LIFETIME)

    def context(self, seats: Mapping[str, int], *, checked: bool = True, notice: str = "") -> dict[str, Any]:
        """What the templates draw from. `seats`: left, by offer. `checked`: fields left empty are marked too."""
        at = self.token.quoted_at
        return {
            "nav": "register",
            "programme": self.programme,
            "form": self.form,
            "errors": Messages(self.form.errors if checked else self.form.filled_errors),
            "notice": notice,
            "used_for": self.used_for,
            "twice": self.twice,
            "booking_path": booking_path,
            "token": self.token.signed(),
            "quote": self.quote,
            "prices": {product.slug: tier(product, at) for product in self.programme.products},
            "about": about(self.programme.file, self.quote.total),
            "held_until": self.held_until,
            "seats": dict(seats),
            "full": self._is_full(seats),
            "registration_open": self.is_open,
            "terms": terms(self.programme.file),
            "closed_because": self._closed_because(),
            "page_url": f"{settings().url}/register",
        }

    @property
    def held_until(self) -> datetime | None:
        """Until when the prices shown hold, where that is later than the price list says."""
        end = self.token.quoted_at + self._held_for
        changes = (tier(product, self.token.quoted_at).until for product in self.programme.products)
        if any(until is not None and until <= end for until in changes):
            return end.astimezone(self.programme.conference.zone)
        return None

    @property
    def is_open(self) -> bool:
        return self.by_organiser or self.programme.registration_open(self.now)

    def _is_full(self, seats: Mapping[str, int]) -> bool:
        """Whether nobody more can take part, but those for whom a seat is held."""
        product = self.programme.product(ProductKind.PARTICIPATION)
        return bool(product and seats.get(product.slug) == 0 and not self.form.value(WAITING))

    def _closed_because(self) -> str:
        opens, zone = self.programme.registration.opens, self.programme.conference.zone
        if self.programme.product(ProductKind.PARTICIPATION) is None:
            return "This conference does not take registrations here."
        if opens is not None and self.now < opens:
            return f"It opens on {day(opens.astimezone(zone))} at {clock_time(opens.astimezone(zone))}."
        return f"It has closed. Please write to {organisers()} if you still hope to come."

    def page(
        self, seats: Mapping[str, int], *, status: int = 200, checked: bool = True, notice: str = ""
    ) -> Template:
        context = self.context(seats, checked=checked, notice=notice)
        response = page("booking/form.html", status=status, **context)
        if self.form.values:
            response.cookies.append(self.cookie())
        return response


async def organises_after_closing(sign_in: SignIn | None, programme: Programme, now: datetime) -> bool:
    """Whether this is an organiser, whom closing times do not bind."""
    if sign_in is None or not sign_in.proven or programme.registration_open(now):
        return False
    offered = programme.product(ProductKind.PARTICIPATION) is not None
    return offered and await Person.is_organiser(sign_in.person)


async def booked_before(order: Order, sign_in: SignIn | None) -> list[tuple[str, Booking]]:
    """Who in this order is on another booking that the visitor may see: of others nobody is told that they come."""
    named = {same_person(one.name, one.email): one.name for one in (it.details for it in order.delegates)}
    bookings = {booking.id: booking for booking in await Booking.seen_by(sign_in)} if sign_in else {}
    if not bookings:
        return []
    on_them = await Delegate.objects().where(Delegate.booking.is_in(list(bookings))).order_by(Delegate.id)
    return [
        (name, bookings[one.booking])
        for one in on_them
        if (name := named.get(same_person(one.name, one.email)))
    ]


async def objects_to_old_addresses(form: RegistrationForm, order: Order, sign_in: SignIn | None) -> bool:
    """Whether the visitor is in this order under an address they have given up, which is said beside the field."""
    given_up = await AddressChange.given_up_by([sign_in.person]) if sign_in and sign_in.proven else {}
    if sign_in is None or not given_up:
        return False
    now_at = moved(await Booking.names_of(sign_in.person), given_up)
    typed = {"payer": (order.payer.name, order.payer.email)}
    typed |= {
        f"delegates.{number}": (one.details.name, one.details.email)
        for number, one in enumerate(order.delegates)
    }
    old = {name: now_at[who] for name, one in typed.items() if (who := same_person(*one)) in now_at}
    for name, address in old.items():
        form.object_to(f"{name}.email", elsewhere_now(address))
    return bool(old)
