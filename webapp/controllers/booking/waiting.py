"""The waiting list: taking a place on it, seeing it, and taking the seats that are held."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.booking.booking_view import LOOK_AT_THE_PRICE, PRICE_SEEN, REVISION, BookingView
from webapp.booking.changing import change
from webapp.booking.waiting_forms import BookingForm, ConferenceForm
from webapp.booking.waits import Taking
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.tables import OutgoingMail, Waiting
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booking import Outdated
from webapp.tables.booking.letters import waiting_request_letter
from webapp.tables.booking.offers import SoldOut
from webapp.tables.booking.waiting import MOST_SEATS
from webapp.tables.people import email_digest
from webapp.text.typed import Messages
from webapp.web import limits
from webapp.web.limits import HOUR, Limit
from webapp.web.rendering import page
from webapp.web.signing import WaitingRequest, waiting_party

REQUESTS = Limit("waiting pair", 5, HOUR)
"""For a place on the list, from one source for one mailbox."""


class ConferenceWaitingController(Controller):
    """For those who would like to take part when nobody more can."""

    path = "/waiting"

    @get()
    async def form(self, programme: NamedDependency[Programme]) -> Template:
        return _conference_form(programme)

    @post(status_code=200)
    async def ask(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        now: NamedDependency[datetime],
    ) -> Template:
        """Mail a link with which they join. The answer does not say whether they are on the list already."""
        form = ConferenceForm(await request.form())
        if form.errors:
            return _conference_form(programme, form, 422)
        asked = form.request(now)
        if not programme.registration_open(now) or _are_free(feeds, asked.seats):
            return _conference_form(programme, form, 409, free=programme.registration_open(now))
        pair = f"{limits.source_of(request)} {email_digest(asked.email)}"
        mailbox = await REQUESTS.turn(redis, pair)
        if not mailbox.granted:
            form.errors["email"] = (
                f"{REQUESTS.times} mails have been asked for to this address, so no other one was sent. The link in "
                f"each works for a day. You can ask again in {limits.in_words(mailbox.wait)}."
            )
            return _conference_form(programme, form, 429)
        turn = await postage.WAITING.turn(request, redis)
        if not turn.granted:
            form.errors["email"] = (
                "Many places have been asked for from your network. Nothing was sent: please try again in "
                f"{limits.in_words(turn.wait)}."
            )
            return _conference_form(programme, form, 429)
        await OutgoingMail.put(waiting_request_letter(asked), now=now, wait=turn.wait)
        post_box.wake()
        return page(
            "booking/waiting/sent.html",
            programme=programme,
            nav="register",
            address=asked.email,
            wait=limits.in_words(turn.wait) if turn.wait else "",
            page_url=f"{settings().url}/waiting",
        )

    @get("/confirmation/{token:str}")
    async def confirmation(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template:
        """Shows a button and joins nothing: mail scanners open links, and do not press buttons."""
        return _confirmation(feeds, programme, _asked(token, now), now)

    @post("/confirmation/{token:str}", status_code=200)
    async def join(
        self,
        feeds: NamedDependency[Feeds],
        programme: NamedDependency[Programme],
        post_box: NamedDependency[Post],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template | Redirect:
        asked, product = _asked(token, now), programme.product(ProductKind.PARTICIPATION)
        if product is None or not programme.registration_open(now) or _are_free(feeds, asked.seats):
            return _confirmation(feeds, programme, asked, now, 409)
        party = await waiting_list.join(
            product.slug,
            name=asked.name,
            email=asked.email,
            seats=asked.seats,
            lets_pass=asked.lets_pass,
            file=programme.file,
            now=now,
        )
        await _announce(feeds, post_box)
        return Redirect(party.path, status_code=303)


FOR_THE_PAYER = (
    "It raises what somebody else pays. Please ask them to take it: their page of the booking shows it."
)


class WaitingController(Controller):
    """One party's own page, by the link in its mail."""

    path = "/waiting/{token:str}"

    @get()
    async def show(
        self,
        chores: NamedDependency[Chores],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template:
        await chores.pass_on_seats()
        return await _place(await _party(token), programme, now, token)

    @post(status_code=200)
    async def take(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Template | Redirect:
        """Take the seats that are held, for those of the booking who wait for them."""
        party = await _party(token)
        taking = await Taking.by(party, programme, now)
        if taking is None or not party.is_offered(now):
            return await _place(party, programme, now, token, status=409)
        fields = await request.form()
        quote = taking.view.quote(taking.wanted)
        seen = (fields.get(REVISION), fields.get(PRICE_SEEN))
        if seen != (str(taking.view.booking.revision), str(quote.difference)):
            return await _place(party, programme, now, token, status=422, notice=LOOK_AT_THE_PRICE)
        if taking.is_not_theirs_to_charge(quote):
            return await _place(party, programme, now, token, status=409, notice=FOR_THE_PAYER)
        try:
            await change(taking.view.booking, taking.wanted, quote, programme.file, now)
        except (SoldOut, Outdated) as refusal:
            return await _place(await _party(token), programme, now, token, 409, refusal.reason)
        await _announce(feeds, post_box)
        return taking.view.saved()

    @post("/departure", status_code=200)
    async def leave(
        self,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        programme: NamedDependency[Programme],
        now: NamedDependency[datetime],
        token: FromPath[str],
    ) -> Redirect:
        party = await _party(token)
        await waiting_list.leave(party, programme.file, now)
        await _announce(feeds, post_box)
        return Redirect(f"/waiting/{token}", status_code=303)


class BookingWaitingController(Controller):
    """For those on a booking who would like something that is full."""

    path = "/bookings/{token:str}/waiting"

    @get()
    async def form(self, feeds: NamedDependency[Feeds], view: NamedDependency[BookingView]) -> Template:
        return _booking_form(BookingForm(view, feeds.seats.left))

    @post(status_code=200)
    async def join(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
    ) -> Template | Redirect:
        view.refuse_if_closed()
        form = BookingForm(view, feeds.seats.left, await request.form())
        if form.errors:
            return _booking_form(form, 422)
        answering = form.answering
        try:
            party = await waiting_list.join(
                form.offer,
                name=answering.name,
                email=answering.email,
                booking=view.booking.id,
                delegates=form.who,
                lets_pass=bool(form.lets_pass),
                file=view.file,
                now=view.now,
            )
        except Refused as refusal:
            form.errors["delegates"] = refusal.reason
            return _booking_form(form, 409)
        await _announce(feeds, post_box)
        may_take = view.rights.whole or not answering.pays
        return Redirect(party.path if may_take else f"{view.path}#waiting", status_code=303)


async def _announce(feeds: Feeds, post_box: Post) -> None:
    post_box.wake()
    await feeds.announce(SEATS)


async def _party(token: str) -> Waiting:
    known = waiting_party(token)
    party = await Waiting.at_link(*known) if known else None
    if party is None:
        raise NotFoundException(
            "Nobody waits at this address. Please use the whole link from your mail about the waiting list."
        )
    return party


async def _place(
    party: Waiting, programme: Programme, now: datetime, token: str, status: int = 200, notice: str = ""
) -> Template:
    taking = await Taking.by(party, programme, now)
    offered = party.is_offered(now)
    context: dict[str, Any] = {"programme": programme, "nav": "me", "quote": None, "who": []}
    if taking is not None:
        context |= taking.view.price_context(taking.view.quote(taking.wanted))
        context["who"] = [booked.delegate.name for booked in taking.who]
    until = party.offered_until
    return page(
        "booking/waiting/place.html",
        status=status,
        notice=notice,
        party=party,
        what=await party.title(),
        place=await party.place() if party.state == "waiting" else None,
        offered=offered,
        until=until.astimezone(programme.conference.zone) if until else None,
        token=token,
        **context | {"page_url": ""},
    )


def _asked(token: str, now: datetime) -> WaitingRequest:
    """Raises NotFoundException when we did not make the link, or it is too old."""
    asked = WaitingRequest.read(token, now)
    if asked is None:
        raise NotFoundException(
            "This link is not whole, or more than a day old. Please ask for a place on the waiting list again."
        )
    return asked


def _are_free(feeds: Feeds, seats: int) -> bool:
    """Whether so many can take part without waiting."""
    product = feeds.programme.product(ProductKind.PARTICIPATION)
    left = feeds.seats.left.get(product.slug) if product else 0
    return left is None or left >= seats


def _conference_form(
    programme: Programme, form: ConferenceForm | None = None, status: int = 200, *, free: bool = False
) -> Template:
    return page(
        "booking/waiting/conference.html",
        status=status,
        programme=programme,
        nav="register",
        typed=Messages(form.typed if form else {}),
        errors=Messages(form.errors if form else {}),
        free=free,
        closed=status == 409 and not free,
        most_seats=MOST_SEATS,
        page_url=f"{settings().url}/waiting",
    )


def _confirmation(
    feeds: Feeds, programme: Programme, asked: WaitingRequest, now: datetime, status: int = 200
) -> Template:
    is_open = programme.registration_open(now)
    return page(
        "booking/waiting/confirmation.html",
        status=status,
        programme=programme,
        nav="register",
        asked=asked,
        free=is_open and _are_free(feeds, asked.seats),
        closed=not is_open,
        page_url="",
    )


def _booking_form(form: BookingForm, status: int = 200) -> Template:
    view = form.view
    return page(
        "booking/waiting/booking.html",
        status=status,
        programme=view.programme,
        nav="me",
        booking=view.booking,
        path=view.path,
        who=view.theirs,
        form=form,
        errors=Messages(form.errors),
        hours=view.programme.registration.waiting_hours,
        page_url="",
    )
