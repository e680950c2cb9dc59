"""The waiting list: taking a place on it, seeing it, and taking the seats that are held."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Choices, Quote, night_slug, night_title
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.controllers.booking.changes import (
    LOOK_AT_THE_PRICE,
    PRICE_SEEN,
    REVISION,
    Standing,
    look_at,
    price_context,
)
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.running.chores import Chores
from webapp.settings import settings
from webapp.tables import Booking, OutgoingMail, Waiting
from webapp.tables.booking.booking import BookedDelegate, Hand, Outdated, Wanted
from webapp.tables.booking.letters import waiting_request_letter
from webapp.tables.booking.offers import SoldOut
from webapp.tables.booking.waiting import MOST_SEATS
from webapp.tables.people import email_digest
from webapp.text.typed import NO_LINK, Messages, email_address, has_link, line
from webapp.web import limits
from webapp.web.limits import HOUR, Limit
from webapp.web.numbers import small
from webapp.web.rendering import page
from webapp.web.signing import WaitingRequest, waiting_party

LONGEST_NAME = 200
REQUESTS = Limit("waiting pair", 5, HOUR)
"""For a place on the list, from one source for one mailbox."""


class ConferenceWaitingController(Controller):
    """For those who would like to take part when nobody more can."""

    path = "/waiting"

    @get()
    async def form(self, programme: NamedDependency[Programme]) -> Template:
        return _conference_form(programme, {})

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
        fields = await request.form()
        typed = {name: str(fields.get(name, ""))[:300] for name in ("name", "email", "seats", "lets_pass")}
        errors = _wrong(typed)
        if errors:
            return _conference_form(programme, typed, errors, 422)
        asked = WaitingRequest(
            line(typed["name"]),
            email_address(typed["email"]),
            int(typed["seats"]),
            bool(typed["lets_pass"]),
            now,
        )
        if not programme.registration_open(now) or _are_free(feeds, asked.seats):
            return _conference_form(programme, typed, status=409, free=programme.registration_open(now))
        pair = f"{limits.source_of(request)} {email_digest(asked.email)}"
        mailbox = await REQUESTS.turn(redis, pair)
        if not mailbox.granted:
            errors["email"] = (
                f"{REQUESTS.times} mails have been asked for to this address, so no other one was sent. The link in "
                f"each works for a day. You can ask again in {limits.in_words(mailbox.wait)}."
            )
            return _conference_form(programme, typed, errors, 429)
        turn = await postage.WAITING.turn(request, redis)
        if not turn.granted:
            errors["email"] = (
                "Many places have been asked for from your network. Nothing was sent: please try again in "
                f"{limits.in_words(turn.wait)}."
            )
            return _conference_form(programme, typed, errors, 429)
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
        party = await Waiting.join(
            product.slug,
            name=asked.name,
            email=asked.email,
            seats=asked.seats,
            lets_pass=asked.lets_pass,
            file=programme.file,
            now=now,
        )
        await _told(feeds, post_box)
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
        taking = await Taking.of(party, programme, now)
        if taking is None or not party.is_offered(now):
            return await _place(party, programme, now, token, status=409)
        fields = await request.form()
        quote = taking.standing.quote(taking.wanted)
        seen = (fields.get(REVISION), fields.get(PRICE_SEEN))
        if seen != (str(taking.standing.booking.revision), str(quote.difference)):
            return await _place(party, programme, now, token, status=422, notice=LOOK_AT_THE_PRICE)
        if taking.is_not_theirs_to_charge(quote):
            return await _place(party, programme, now, token, status=409, notice=FOR_THE_PAYER)
        try:
            await taking.standing.booking.change(taking.wanted, quote, programme.file, now)
        except (SoldOut, Outdated) as refusal:
            return await _place(await _party(token), programme, now, token, 409, refusal.reason)
        await _told(feeds, post_box)
        return Redirect(f"{taking.standing.path}?saved=1", status_code=303)

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
        await party.leave(programme.file, now)
        await _told(feeds, post_box)
        return Redirect(f"/waiting/{token}", status_code=303)


class BookingWaitingController(Controller):
    """For those on a booking who would like something that is full."""

    path = "/bookings/{token:str}/waiting"

    @get()
    async def form(self, feeds: NamedDependency[Feeds], standing: NamedDependency[Standing]) -> Template:
        return _booking_form(feeds, standing, {})

    @post(status_code=200)
    async def join(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
    ) -> Template | Redirect:
        standing.refuse_if_closed()
        fields = await request.form()
        typed: dict[str, Any] = {name: str(fields.get(name, "")) for name in ("offer", "lets_pass")}
        typed["delegates"] = [str(number) for number in fields.getall("delegates", [])]
        who = [booked for booked in _own(standing) if str(booked.number) in typed["delegates"]]
        titles = _full(feeds, standing)
        errors = {}
        if typed["offer"] not in titles:
            errors["offer"] = (
                "Please choose one of those shown, which are full. Others can be booked at once."
            )
        if not who or len(who) != len(typed["delegates"]):
            errors["delegates"] = "Please say who would like a seat."
        elif any(booked.is_erased for booked in who):
            errors["delegates"] = (
                "Nothing is known any more of somebody you ticked. Somebody else may come in their place."
            )
        elif any(typed["offer"] in booked.offers for booked in who):
            errors["delegates"] = "Somebody you ticked has this already."
        if errors:
            return _booking_form(feeds, standing, typed, errors, 422)
        # What costs is for whoever pays to take. Where they are erased, whoever waits is written to.
        costs = (
            standing.quote(_with(standing, typed["offer"], {one.delegate.id for one in who})).difference > 0
        )
        theirs = (standing.hand.whole or costs) and standing.booking.payer_email
        whom = standing.booking if theirs else who[0].delegate
        name, email = (
            (whom.payer_name, whom.payer_email) if isinstance(whom, Booking) else (whom.name, whom.email)
        )
        try:
            party = await Waiting.join(
                typed["offer"],
                name=name,
                email=email,
                booking=standing.booking.id,
                delegates=[booked.delegate.id for booked in who],
                lets_pass=bool(typed["lets_pass"]),
                file=standing.file,
                now=standing.now,
            )
        except Refused as refusal:
            return _booking_form(feeds, standing, typed, {"delegates": refusal.reason}, 409)
        await _told(feeds, post_box)
        return Redirect(
            party.path if standing.hand.whole or not theirs else f"{standing.path}#waiting", status_code=303
        )


class Taking:
    """What a booking becomes when those who waited take what is held for them."""

    def __init__(self, standing: Standing, party: Waiting) -> None:
        self.standing = standing
        self.party = party
        self.who = [booked for booked in standing.delegates if booked.delegate.id in party.waiters]

    @classmethod
    async def of(cls, party: Waiting, programme: Programme, now: datetime) -> Taking | None:
        """None for a party that has no booking yet."""
        booking = await Booking.objects().get(Booking.id == party.booking) if party.booking else None
        if booking is None:
            return None
        standing = await look_at(programme, booking, None, now)
        return cls(
            replace(standing, hand=Hand(party.person == booking.payer, frozenset(party.waiters))), party
        )

    @property
    def wanted(self) -> list[Wanted]:
        return _with(self.standing, self.party.slug, set(self.party.waiters))

    def is_not_theirs_to_charge(self, quote: Quote) -> bool:
        """Whether it would raise what somebody else pays, who is there to be asked."""
        whole, booking = self.standing.hand.whole, self.standing.booking
        return quote.difference > 0 and not whole and bool(booking.payer_email)


def _with(standing: Standing, slug: str, delegates: set[int]) -> list[Wanted]:
    """Everybody as they are, these delegates (rows) with this offer."""
    return [
        Wanted(with_offer(one.choices, slug, standing.file), one.delegate)
        if one.delegate in delegates
        else one
        for one in standing.as_they_are()
    ]


def with_offer(choices: Choices, slug: str, file: ConferenceFile) -> Choices:
    """The same choices with this offer; a seminar takes the place of the one at the same time."""
    slots = {session.slug: session.slot for session in file.session}
    if slot := slots.get(slug):
        others = (seminar for seminar in choices.seminars if slots[seminar] != slot)
        return replace(choices, seminars=(*others, slug))
    for product in file.product:
        if product.kind is ProductKind.WORKSHOP and product.slug == slug:
            return replace(choices, workshop=True)
        for night in product.nights:
            if night_slug(product, night) == slug:
                return replace(choices, nights=(*choices.nights, night))
    return choices


async def _told(feeds: Feeds, post_box: Post) -> None:
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
    taking = await Taking.of(party, programme, now)
    offered = party.is_offered(now)
    context: dict[str, Any] = {"programme": programme, "nav": "me", "quote": None, "who": []}
    if taking is not None:
        context |= price_context(taking.standing, taking.standing.quote(taking.wanted))
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


def _wrong(typed: dict[str, str]) -> Messages:
    errors = Messages()
    if not line(typed["name"]):
        errors["name"] = "Please enter your name."
    elif has_link(typed["name"]):
        errors["name"] = NO_LINK
    elif len(line(typed["name"])) > LONGEST_NAME:
        errors["name"] = f"Please keep this under {LONGEST_NAME} characters."
    with errors.beside("email"):
        email_address(typed["email"])
    if not 1 <= (small(typed["seats"]) or 0) <= MOST_SEATS:
        errors["seats"] = f"Please enter how many seats you would like, {MOST_SEATS} at most."
    return errors


def _conference_form(
    programme: Programme,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    status: int = 200,
    *,
    free: bool = False,
) -> Template:
    return page(
        "booking/waiting/conference.html",
        status=status,
        programme=programme,
        nav="register",
        typed=Messages(typed),
        errors=Messages(errors or {}),
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


def _own(standing: Standing) -> list[BookedDelegate]:
    return [booked for booked in standing.delegates if booked.delegate.id in standing.hand.delegates]


def _full(feeds: Feeds, standing: Standing) -> dict[str, str]:
    """Titles of what is full and could be had by somebody here, by slug."""
    seats = feeds.seats.left
    offers = {
        session.slug: session.name
        for session in standing.file.session
        if session.slot and not session.cancelled
    }
    for product in standing.file.product:
        if product.kind is ProductKind.WORKSHOP and product.slug not in standing.file.cancelled_offers:
            offers[product.slug] = product.title
        for night in product.nights:
            offers[night_slug(product, night)] = night_title(product, night)
    return {
        slug: title
        for slug, title in offers.items()
        if seats.get(slug) == 0 and any(slug not in booked.offers for booked in _own(standing))
    }


def _booking_form(
    feeds: Feeds,
    standing: Standing,
    typed: dict[str, Any],
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Template:
    return page(
        "booking/waiting/booking.html",
        status=status,
        programme=standing.programme,
        nav="me",
        booking=standing.booking,
        path=standing.path,
        full=_full(feeds, standing),
        who=_own(standing),
        typed={"offer": "", "lets_pass": "", "delegates": []} | typed,
        errors=Messages(errors or {}),
        hours=standing.programme.registration.waiting_hours,
        page_url="",
    )
