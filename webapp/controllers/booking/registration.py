"""Booking: one page to fill in, a price that follows, one button that books once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Self

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from redis.asyncio import Redis

from webapp.booking.forms import RegistrationForm, elsewhere_now, moved, same_person
from webapp.clock import rehearsing
from webapp.conference.calendar import delegate_calendar
from webapp.conference.contact import organisers
from webapp.conference.prices import Fee, Quote, about, quote, tier
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.conference.terms import terms
from webapp.controllers.booking.changes import PRICE_SEEN, Standing
from webapp.controllers.booking.proposals import asked_of
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.tables import AddressChange, Booking, Delegate, Draft, Invoice, Person, Planner, SignIn, Waiting
from webapp.tables.booking.booking import BookedDelegate, Hand, Order
from webapp.tables.booking.offers import SoldOut
from webapp.tables.drafts import LIFETIME
from webapp.text.typed import Messages
from webapp.text.written import clock_time, day
from webapp.web import limits
from webapp.web.cookies import A_YEAR, DRAFT, PLANNER, cookie, forget
from webapp.web.numbers import small
from webapp.web.pages import CALENDAR, COMPRESSED, HTML, Page
from webapp.web.rendering import PRIVATE, draw, fragment, page
from webapp.web.sign_ins import begin_sign_in
from webapp.web.signing import FormToken, booking_path, booking_reference, ticket_path, waiting_party

log = logging.getLogger(__name__)

TWICE = "twice"
"""Bookings that those who are booked are on already, as the visitor was told."""
BOOKED_BEFORE = (
    "Nothing is booked yet: somebody in this form is booked already. Confirm once more to book them again."
)
USED = "This form has made a booking already. What you typed since is in a new form, and nothing more is booked yet."
WAITING = "waiting"
"""Of somebody for whom seats are held: the party on the waiting list, as its mail names it."""


class RegistrationController(Controller):
    path = "/register"

    @get()
    async def form(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        sign_in: NamedDependency[SignIn | None],
        now: NamedDependency[datetime],
    ) -> Response[Any]:
        if waiting := request.query_params.get(WAITING):
            return await form_for_party(waiting, feeds, now)
        draft = FormToken.read(request.cookies.get(DRAFT, ""))
        by_organiser = await _organises_after_closing(sign_in, programme, now)
        if draft is None and not by_organiser:
            return empty_form(feeds, now)
        values = await Draft.find(draft.key) if draft else {}
        it = Registering(
            programme, RegistrationForm(programme.file, values), draft or FormToken.new(now), now
        )
        it.by_organiser = by_organiser
        return it.page(feeds, checked=False)

    @post("/price", status_code=200)
    async def price(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
    ) -> HTMXTemplate:
        """The price panel, and beside each field that is filled in what is wrong with it."""
        it = await Registering.read(request, programme, now)
        await Draft.keep(it.token.key, it.form.values, limits.source_of(request))
        response = fragment("booking/_changed.html", **it.context(feeds))
        response.cookies.append(it.cookie())
        return response

    @post()
    async def send(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        sign_in: NamedDependency[SignIn | None],
        planner: NamedDependency[Planner | None],
        now: NamedDependency[datetime],
    ) -> Template | HTMXTemplate | Redirect:
        """Add or remove a colleague, show the price, or book, as the button pressed says."""
        it = await Registering.read(request, programme, now)
        it.by_organiser = await _organises_after_closing(sign_in, programme, now)
        made = await Booking.made_by(it.token.key)
        if made is not None and await it.is_what_made(made):
            return await _booked(request, it, made, sign_in, planner)
        if made is not None:
            return await _used(request, feeds, it, made)
        verb, _, argument = it.form.value("action").partition(":")
        if verb == "add":
            it.form = it.form.with_another_delegate()
        elif verb == "remove" and (number := small(argument)) is not None:
            it.form = it.form.without_delegate(number)
        elif verb == "book":
            return await self._book(request, feeds, it, post_box, redis, sign_in, planner)
        await Draft.keep(it.token.key, it.form.values, limits.source_of(request))
        if request.htmx:
            response = fragment("booking/_form.html", **it.context(feeds, checked=False))
            response.cookies.append(it.cookie())
            return response
        return it.page(feeds, checked=False)

    async def _book(
        self,
        request: HTMXRequest,
        feeds: Feeds,
        it: Registering,
        post_box: Post,
        redis: Redis,
        sign_in: SignIn | None,
        planner: Planner | None,
    ) -> Template | Redirect:
        await Draft.keep(it.token.key, it.form.values, limits.source_of(request))
        if not it.is_open:
            return it.page(feeds, status=409, notice="Registration is closed, so nothing was booked.")
        order = it.form.order
        if order is None:
            return it.page(
                feeds, status=422, notice="Nothing is booked yet: please look at the fields marked."
            )
        if it.form.value(PRICE_SEEN) != str(it.quote.total):
            return it.page(feeds, status=422, notice="Please look at the price, then confirm the booking.")
        if await _objects_to_old_addresses(it.form, order, sign_in):
            return it.page(
                feeds, status=422, notice="Nothing is booked yet: please look at the fields marked."
            )
        twice = await _booked_before(order, sign_in)
        if it.form.value(TWICE) != " ".join(booking.reference for _, booking in twice):
            it.twice = twice
            return it.page(feeds, status=409, notice=BOOKED_BEFORE)
        turn = await postage.BOOKING.turn(request, redis, order.letters)
        if not turn.granted:
            return it.page(feeds, status=429, notice=f"Nothing is booked yet. {postage.too_many(turn)}")
        try:
            booking, new = await Booking.confirm(
                order,
                it.quote,
                form_key=it.token.key,
                file=it.programme.file,
                priced_at=it.token.quoted_at,
                now=it.now,
                claim=waiting_party(it.form.value(WAITING)),
                letters_wait=turn.wait,
            )
        except SoldOut as sold_out:
            for name in it.form.who_chose(sold_out.slug):
                it.form.object_to(name, f"{sold_out.reason} Please choose again.")
            return it.page(feeds, status=409, notice=f"Nothing is booked yet. {sold_out.reason}")
        if not new and not await it.is_what_made(booking):
            return await _used(request, feeds, it, booking)
        if new:
            log.info("Booking %d is made, for %d", booking.id, len(order.delegates))
            await feeds.announce(SEATS)
            post_box.wake()
        return await _booked(request, it, booking, sign_in, planner)

    # Compressing an open stream would keep a coder for each reader, for a few bytes.
    @get("/seats", opt={COMPRESSED: True})
    async def seats(self, feeds: NamedDependency[Feeds]) -> ASGIApp:
        """Seats left by offer, as a stream: now, and whenever they change."""
        return feeds.stream(feeds.seats)


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
        hand = await booking.in_hands_of(sign_in)
        confirmation, wait = await booking.confirmation(now)
        return page(
            "booking/booking.html",
            programme=programme,
            booking=booking,
            delegates=delegates,
            fees=fees,
            total=total_of(delegates, fees),
            hand=hand,
            invoices=await Invoice.of(booking) if hand.whole else [],
            waits=await waits_of(booking, delegates, hand, now),
            asked=await asked_of(Standing(programme, booking, tuple(delegates), tuple(fees), hand, now)),
            changes_open=hand.organises or now < programme.file.changes_close,
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


async def _used(
    request: HTMXRequest, feeds: Feeds, it: Registering, made: Booking
) -> Template | HTMXTemplate:
    """This form has made a booking before, and something else is sent with it now: it goes on as a new one."""
    anew = Registering(it.programme, it.form, FormToken.new(it.now), it.now)
    anew.used_for = made
    await Draft.drop(it.token.key)
    await Draft.keep(anew.token.key, anew.form.values, limits.source_of(request))
    if request.htmx:
        response = fragment("booking/_form.html", **anew.context(feeds, checked=False, notice=USED))
        response.cookies.append(anew.cookie())
        return response
    return anew.page(feeds, status=409, checked=False, notice=USED)


async def _booked_before(order: Order, sign_in: SignIn | None) -> list[tuple[str, Booking]]:
    """Who in this order is on another booking that the visitor may see: of others nobody is told that they come."""
    named = {same_person(one.name, one.email): one.name for one in order.delegates}
    bookings = {booking.id: booking for booking in await Booking.seen_by(sign_in)} if sign_in else {}
    if not bookings:
        return []
    on_them = await Delegate.objects().where(Delegate.booking.is_in(list(bookings))).order_by(Delegate.id)
    return [
        (name, bookings[one.booking])
        for one in on_them
        if (name := named.get(same_person(one.name, one.email)))
    ]


async def _objects_to_old_addresses(form: RegistrationForm, order: Order, sign_in: SignIn | None) -> bool:
    """Whether the visitor is in this order under an address they have given up, which is said beside the field."""
    given_up = await AddressChange.given_up_by([sign_in.person]) if sign_in and sign_in.proven else {}
    if sign_in is None or not given_up:
        return False
    now_at = moved(await Booking.names_of(sign_in.person), given_up)
    typed = {"payer": (order.payer.name, order.payer.email)}
    typed |= {f"delegates.{number}": (one.name, one.email) for number, one in enumerate(order.delegates)}
    old = {name: now_at[who] for name, one in typed.items() if (who := same_person(*one)) in now_at}
    for name, address in old.items():
        form.object_to(f"{name}.email", elsewhere_now(address))
    return bool(old)


async def booking_at(token: FromPath[str]) -> Booking:
    """The booking at a signed address. Raises NotFoundException when we did not make that address."""
    reference = booking_reference(token)
    booking = await Booking.with_reference(reference) if reference else None
    if booking is None:
        raise NotFoundException(
            "There is no booking at this address. Please use the whole link from your confirmation mail."
        )
    return booking


async def form_for_party(token: str, feeds: Feeds, now: datetime) -> Response[Any]:
    """The page for somebody from the waiting list, with room for all for whom seats are held."""
    known = waiting_party(token)
    party = await Waiting.at_link(*known) if known else None
    if party is None or party.booking is not None or not party.is_offered(now):
        return Redirect(f"/waiting/{token}" if party else "/register", status_code=303)
    values = {f"delegates.{index}.name": [""] for index in range(party.seats)}
    values |= {WAITING: [token], "delegates.0.name": [party.name], "delegates.0.email": [party.email]}
    form = RegistrationForm(feeds.programme.file, values)
    return Registering(feeds.programme, form, FormToken.new(now), now).page(feeds, checked=False)


def empty_form(feeds: Feeds, now: datetime) -> Response[bytes]:
    """The page before anything is typed. It is drawn once: only the token is each visitor's own."""
    programme = feeds.programme
    it = Registering(programme, RegistrationForm(programme.file, {}), FormToken.new(now), now)
    minute = now.replace(second=0, microsecond=0) if it.held_until or rehearsing() else None
    key = ("empty form", it.prices(now), programme.registration_open(now), feeds.seats.revision, minute)
    drawn = feeds.pages.get(
        key,
        lambda: draw("booking/form.html", **it.context(feeds, checked=False) | {"token": TOKEN_HERE}),
    )
    body = drawn.body.replace(TOKEN_HERE.encode(), it.token.signed().encode())
    return Response(body, media_type=HTML, headers=PRIVATE)


TOKEN_HERE = "the-visitors-own"  # noqa: S105 - it is replaced by the token


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

    def context(self, feeds: Feeds, *, checked: bool = True, notice: str = "") -> dict[str, Any]:
        """What the templates draw from. With `checked`, fields left empty are marked too."""
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
            "seats": feeds.seats.left,
            "full": self._is_full(feeds),
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

    def _is_full(self, feeds: Feeds) -> bool:
        """Whether nobody more can take part, but those for whom a seat is held."""
        product = self.programme.product(ProductKind.PARTICIPATION)
        seats = feeds.seats.left
        return bool(product and seats.get(product.slug) == 0 and not self.form.value(WAITING))

    def _closed_because(self) -> str:
        opens, zone = self.programme.registration.opens, self.programme.conference.zone
        if self.programme.product(ProductKind.PARTICIPATION) is None:
            return "This conference does not take registrations here."
        if opens is not None and self.now < opens:
            return f"It opens on {day(opens.astimezone(zone))} at {clock_time(opens.astimezone(zone))}."
        return f"It has closed. Please write to {organisers()} if you still hope to come."

    def page(self, feeds: Feeds, *, status: int = 200, checked: bool = True, notice: str = "") -> Template:
        context = self.context(feeds, checked=checked, notice=notice)
        response = page("booking/form.html", status=status, **context)
        if self.form.values:
            response.cookies.append(self.cookie())
        return response


async def _organises_after_closing(sign_in: SignIn | None, programme: Programme, now: datetime) -> bool:
    """Whether this is an organiser, whom closing times do not bind."""
    if sign_in is None or not sign_in.proven or programme.registration_open(now):
        return False
    offered = programme.product(ProductKind.PARTICIPATION) is not None
    return offered and await Person.is_organiser(sign_in.person)


async def _booked(
    request: HTMXRequest,
    it: Registering,
    booking: Booking,
    sign_in: SignIn | None,
    planner: Planner | None,
) -> Redirect:
    """On to the booking's page, with the browser that booked signed in."""
    await Draft.drop(it.token.key)
    cookies = [forget(DRAFT)]
    if sign_in is None or not sign_in.proven:
        cookies.append(await begin_sign_in(request, booking.payer, it.now, booking.id))
        cookies += await _plan(planner, booking)
    return Redirect(booking_path(booking.reference), status_code=303, cookies=cookies)


@dataclass(frozen=True)
class Wait:
    """A party on the waiting list, for the page of its booking."""

    title: str
    names: str
    place: int | None
    until: datetime | None
    path: str


async def waits_of(
    booking: Booking, delegates: Sequence[BookedDelegate], hand: Hand, now: datetime
) -> list[Wait]:
    """What those of a booking who are the visitor's wait for."""
    found = []
    for party in await Waiting.open_of(booking.id):
        if hand.whole or set(party.waiters) <= hand.delegates:
            offered = party.is_offered(now)
            found.append(
                Wait(
                    await party.title(),
                    ", ".join(b.delegate.name for b in delegates if b.delegate.id in party.waiters),
                    None if offered else await party.place(),
                    party.offered_until if offered else None,
                    party.path if hand.whole or party.person == hand.person else "",
                )
            )
    return found


def total_of(delegates: Sequence[BookedDelegate], fees: Sequence[Fee] = ()) -> int:
    """What a booking costs, tax included, in minor units."""
    held = sum(item.amount + item.vat for booked in delegates for item in booked.items)
    return held + sum(fee.total for fee in fees)


async def _plan(planner: Planner | None, booking: Booking) -> list[Cookie]:
    """Show in this browser's own programme what was booked by the one who sits at it."""
    mine = await booking.payers_own_delegate()
    if mine is None:
        return []  # somebody booked for several colleagues: none of their programmes is this person's
    if planner is None:
        planner = await Planner.begin(delegate=mine)
    else:
        await planner.show_booked(mine)
    return [cookie(PLANNER, planner.key, A_YEAR)]
