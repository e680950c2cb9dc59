"""Booking: one page to fill in, a price that follows, one button that books once."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Controller, Response, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from litestar.types import ASGIApp
from redis.asyncio import Redis

from webapp.booking.booking_view import PRICE_SEEN
from webapp.booking.confirming import confirm
from webapp.booking.forms import RegistrationForm
from webapp.booking.registering import (
    WAITING,
    Registering,
    booked_before,
    objects_to_old_addresses,
    organises_after_closing,
)
from webapp.clock import rehearsing
from webapp.conference.programme import Programme
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.tables import Booking, Draft, Planner, SignIn, Waiting
from webapp.tables.booking.offers import SoldOut
from webapp.web import limits
from webapp.web.cookies import A_YEAR, DRAFT, PLANNER, cookie, forget
from webapp.web.numbers import small
from webapp.web.pages import COMPRESSED, HTML
from webapp.web.rendering import PRIVATE, draw, fragment
from webapp.web.sign_ins import begin_sign_in
from webapp.web.signing import FormToken, booking_path, waiting_party

log = logging.getLogger(__name__)

LOOK_AT_THE_FIELDS = "Nothing is booked yet: please look at the fields marked."
TWICE = "twice"
"""Bookings that those who are booked are on already, as the visitor was told."""
BOOKED_BEFORE = (
    "Nothing is booked yet: somebody in this form is booked already. Confirm once more to book them again."
)
USED = "This form has made a booking already. What you typed since is in a new form, and nothing more is booked yet."


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
        by_organiser = await organises_after_closing(sign_in, programme, now)
        if draft is None and not by_organiser:
            return empty_form(feeds, now)
        values = await Draft.find(draft.key) if draft else {}
        it = Registering(
            programme, RegistrationForm(programme.file, values), draft or FormToken.new(now), now
        )
        it.by_organiser = by_organiser
        return it.page(feeds.seats.left, checked=False)

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
        response = fragment("booking/_changed.html", **it.context(feeds.seats.left))
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
        it.by_organiser = await organises_after_closing(sign_in, programme, now)
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
            response = fragment("booking/_form.html", **it.context(feeds.seats.left, checked=False))
            response.cookies.append(it.cookie())
            return response
        return it.page(feeds.seats.left, checked=False)

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
        page = partial(it.page, feeds.seats.left)
        if not it.is_open:
            return page(status=409, notice="Registration is closed, so nothing was booked.")
        order = it.form.order
        if order is None:
            return page(status=422, notice=LOOK_AT_THE_FIELDS)
        if it.form.value(PRICE_SEEN) != str(it.quote.total):
            return page(status=422, notice="Please look at the price, then confirm the booking.")
        if await objects_to_old_addresses(it.form, order, sign_in):
            return page(status=422, notice=LOOK_AT_THE_FIELDS)
        twice = await booked_before(order, sign_in)
        if it.form.value(TWICE) != " ".join(booking.reference for _, booking in twice):
            it.twice = twice
            return page(status=409, notice=BOOKED_BEFORE)
        turn = await postage.BOOKING.turn(request, redis, order.letters)
        if not turn.granted:
            return page(status=429, notice=f"Nothing is booked yet. {postage.too_many(turn)}")
        try:
            booking, new = await confirm(
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
            return it.page(feeds.seats.left, status=409, notice=f"Nothing is booked yet. {sold_out.reason}")
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


async def _used(
    request: HTMXRequest, feeds: Feeds, it: Registering, made: Booking
) -> Template | HTMXTemplate:
    """This form has made a booking before, and something else is sent with it now: it goes on as a new one."""
    anew = Registering(it.programme, it.form, FormToken.new(it.now), it.now)
    anew.used_for = made
    await Draft.drop(it.token.key)
    await Draft.keep(anew.token.key, anew.form.values, limits.source_of(request))
    if request.htmx:
        response = fragment(
            "booking/_form.html", **anew.context(feeds.seats.left, checked=False, notice=USED)
        )
        response.cookies.append(anew.cookie())
        return response
    return anew.page(feeds.seats.left, status=409, checked=False, notice=USED)


async def form_for_party(token: str, feeds: Feeds, now: datetime) -> Response[Any]:
    """The page for somebody from the waiting list, with room for all for whom seats are held."""
    known = waiting_party(token)
    party = await Waiting.at_link(*known) if known else None
    if party is None or party.booking is not None or not party.is_offered(now):
        return Redirect(f"/waiting/{token}" if party else "/register", status_code=303)
    values = {f"delegates.{index}.name": [""] for index in range(party.seats)}
    values |= {WAITING: [token], "delegates.0.name": [party.name], "delegates.0.email": [party.email]}
    form = RegistrationForm(feeds.programme.file, values)
    return Registering(feeds.programme, form, FormToken.new(now), now).page(feeds.seats.left, checked=False)


def empty_form(feeds: Feeds, now: datetime) -> Response[bytes]:
    """The page before anything is typed. It is drawn once: only the token is each visitor's own."""
    programme = feeds.programme
    it = Registering(programme, RegistrationForm(programme.file, {}), FormToken.new(now), now)
    minute = now.replace(second=0, microsecond=0) if it.held_until or rehearsing() else None
    key = ("empty form", it.prices(now), programme.registration_open(now), feeds.seats.revision, minute)
    drawn = feeds.pages.get(
        key,
        lambda: draw(
            "booking/form.html", **it.context(feeds.seats.left, checked=False) | {"token": TOKEN_HERE}
        ),
    )
    body = drawn.body.replace(TOKEN_HERE.encode(), it.token.signed().encode())
    return Response(body, media_type=HTML, headers=PRIVATE)


TOKEN_HERE = "the-visitors-own"  # noqa: S105 - it is replaced by the token


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
