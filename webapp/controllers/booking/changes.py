"""Changing what is booked: seats, nights, details, who comes, who pays; and cancelling it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.booking.forms import (
    DETAILS,
    NEEDS,
    WHO,
    ChangeForm,
    PayerForm,
    RegistrationForm,
    moved,
    same_person,
    values_of,
)
from webapp.booking.merging import DRAWN
from webapp.conference.contact import organisers
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import (
    Choices,
    Fee,
    Quote,
    about,
    changed,
    choices_from,
    choices_of,
    offers_of,
    tier,
)
from webapp.conference.programme import Programme
from webapp.conference.terms import terms
from webapp.live.announced import MEETING, PEOPLE, QUESTIONS, SEATS
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import AddressChange, Booking, SignIn
from webapp.tables.booking.booking import BookedDelegate, Hand, Outdated, Wanted
from webapp.tables.booking.offers import SoldOut
from webapp.tables.booking.proposals import HELD_FOR, Proposal
from webapp.text.typed import Messages
from webapp.web.kept import LOOK, SAVE
from webapp.web.rendering import fragment, page
from webapp.web.sign_ins import insist
from webapp.web.signing import booking_path, delegate_and_person

PRICE_SEEN = "price_seen"
"""What was shown to be paid, of a change the difference: what is confirmed is what was seen."""
REVISION = "revision"
"""The booking's, when a page was drawn that leaves nothing to choose: it is looked at again when that has changed."""
NOBODYS_LINK = "This link is not for anybody who is booked. Please use the newest mail you have."
NOT_YOURS = "There is nothing of yours to change at this address. Please sign in with the address you are booked with."
SIGN_IN_TO_CHANGE = (
    "Please sign in with the address you are booked with, to change something of this booking."
)
NOT_WITHOUT_THE_PAYER = (
    "Nothing is saved yet: tax is added for somebody who works there, and that is for whoever pays to decide. Please "
    "ask them to put your colleague in this place."
)
LOOK_AT_THE_PRICE = "Please look at the price, then confirm the change."
CHANGED_MEANWHILE = (
    "The same was changed elsewhere since you opened this page, so nothing of yours is saved yet. Both stand "
    "at the fields marked: save what is to hold."
)


@dataclass(frozen=True)
class Standing:
    """A booking as somebody finds it, and whose it is to change."""

    programme: Programme
    booking: Booking
    delegates: tuple[BookedDelegate, ...]
    charged: tuple[Fee, ...]
    hand: Hand
    now: datetime
    given_up: Mapping[int, Collection[str]] = field(default_factory=dict)
    """The addresses that those who come or pay have given up, by person."""

    @property
    def file(self) -> ConferenceFile:
        return self.programme.file

    @property
    def path(self) -> str:
        return booking_path(self.booking.reference)

    async def again(self) -> Standing:
        """The same booking as it is now."""
        booking = await Booking.with_reference(self.booking.reference)
        if booking is None:
            raise NotFoundException(NOT_YOURS)
        delegates, charged = await booking.delegates(), await booking.fees()
        # Whose place somebody else has now is not theirs any more, unless everything is.
        were = {booked.delegate.id: booked.delegate.person for booked in self.delegates}
        theirs = frozenset(
            one.delegate.id
            for one in delegates
            if self.hand.whole
            or (one.delegate.id in self.hand.delegates and were[one.delegate.id] == one.delegate.person)
        )
        return replace(
            self,
            booking=booking,
            delegates=tuple(delegates),
            charged=tuple(charged),
            given_up=await _given_up(booking, delegates),
            hand=replace(self.hand, delegates=theirs),
        )

    def delegate(self, number: str) -> BookedDelegate:
        """The delegate of this number, who is the visitor's to change. Raises NotFoundException."""
        for booked in self.delegates:
            if str(booked.number) == number and booked.delegate.id in self.hand.delegates:
                return booked
        raise NotFoundException(NOT_YOURS)

    def as_they_are(self, but: BookedDelegate | None = None) -> list[Wanted]:
        """Everybody as they are, without this one."""
        return [
            Wanted(choices_of(self.file, booked.holding), booked.delegate.id)
            for booked in self.delegates
            if booked is not but
        ]

    def quote(self, wanted: Iterable[Wanted]) -> Quote:
        """What the booking becomes when these are wanted, at this instant."""
        held = [booked.holding for booked in self.delegates]
        return changed(self.file, held, self.charged, [one.wish for one in wanted], self.now)

    def details_of(self, booked: BookedDelegate) -> tuple[str, ...]:
        """The fields of a delegate's details that are the visitor's to read, and so to change."""
        needs = self.hand.may_read_needs(booked.delegate)
        return tuple(name for name in DETAILS if needs or name not in NEEDS)

    @property
    def closed(self) -> str:
        """What is said when nothing is changed here any more; else nothing. Closing times bind delegates; whoever
        organises changes what they ask for."""
        if self.now >= self.file.changes_close and not self.hand.organises:
            return f"The time for changes here is over. Please write to {organisers()}."
        return ""

    def refuse_if_closed(self) -> None:
        if self.closed:
            raise Refused(self.closed)

    def fields_of(self, booked: BookedDelegate) -> dict[str, list[str]]:
        """The fields of a change form as this delegate has them."""
        delegate = booked.delegate
        details = {name: str(getattr(delegate, name)) for name in ("email", "country", *DETAILS)}
        return values_of(details, choices_of(self.file, booked.holding), self.file)


class Changing:
    """Somebody who changes one delegate, or adds one."""

    def __init__(
        self,
        standing: Standing,
        form: ChangeForm,
        booked: BookedDelegate | None,
        *,
        template: str,
        title: str,
        again: Callable[[Standing], Changing],
    ) -> None:
        """`again`: the same for the booking as it is when somebody else was quicker."""
        self.standing = standing
        self.form = form
        self.booked = booked
        self.template = template
        self.title = title
        self.again = again

    @property
    def wanted(self) -> list[Wanted]:
        """The booking's delegates as they are to be."""
        booked = self.booked
        this = Wanted(
            self.form.choices[0],
            self._row,
            self.form.details,
            by_themselves=booked is not None and self.standing.hand.speaks_for(booked.delegate),
            comes_instead=self.form.asked == WHO,
        )
        others = self.standing.as_they_are(but=booked)
        # Each in their own place, so that what is shown of the price stands where the booking has it.
        at = self.standing.delegates.index(booked) if booked else len(others)
        return [*others[:at], this, *others[at:]]

    @property
    def quote(self) -> Quote:
        return self.standing.quote(self.wanted)

    @property
    def _row(self) -> int | None:
        return self.booked.delegate.id if self.booked else None

    def page(self, feeds: Feeds, *, status: int = 200, checked: bool = False, notice: str = "") -> Template:
        return page(self.template, status=status, **self.context(feeds, checked=checked, notice=notice))

    def context(self, feeds: Feeds, *, checked: bool = False, notice: str = "") -> dict[str, Any]:
        mine = self.booked.offers if self.booked else set()
        seats = {slug: left for slug, left in feeds.seats.left.items() if slug not in mine}
        programme = self.standing.programme
        errors = self.form.errors if checked else self.form.filled_errors
        return price_context(self.standing, self.quote) | {
            "title": self.title,
            "booked": self.booked,
            "form": self.form,
            "errors": Messages(errors),
            "notice": notice or self.standing.closed,
            "mine": mine,
            "seats": seats,
            "prices": {product.slug: tier(product, self.standing.now) for product in programme.products},
        }

    def _is_not_theirs_to_charge(self, quote: Quote) -> bool:
        """Whether somebody else would come, for whom whoever pays is charged more."""
        return not self.standing.hand.whole and quote.difference > 0 and self.form.asked == WHO

    def _split(self, quote: Quote, asked: Iterable[Proposal]) -> tuple[list[Wanted], Quote, Proposal | None]:
        """What becomes of a change at once, what that costs, and what waits for the yes of whoever pays.

        What costs nothing more is a delegate's own to choose. `asked`: what of theirs waits already, and goes on to.
        """
        wanted, booked = self.wanted, self.booked
        if self.standing.hand.whole or quote.difference <= 0 or booked is None or self.form.details is None:
            return wanted, quote, None
        file, at = self.standing.file, self.standing.delegates.index(booked)
        adds = [line.offer for line in quote.added if line.amount]
        drops = [line.offer for line in quote.returned if line.amount]
        free = (offers_of(file, wanted[at].choices) - set(adds)) | set(drops)
        country = wanted[at].choices.country
        at_once, costs = wanted, quote
        for where in (country, booked.delegate.country):
            choices = choices_from(file, where, free)
            details = replace(self.form.details, choices=choices)
            mine = replace(wanted[at], choices=choices, details=details)
            at_once = [*wanted[:at], mine, *wanted[at + 1 :]]
            costs = self.standing.quote(at_once)
            if costs.difference <= 0:
                break
        now = self.standing.now
        proposal = Proposal(
            booking=self.standing.booking.id,
            delegate=booked.delegate.id,
            adds=" ".join(adds),
            drops=" ".join(drops),
            country="" if country == at_once[at].choices.country else country,
            asked_at=now,
            expires_at=min(now + HELD_FOR, self.standing.file.changes_close),
        )
        for one in asked:
            proposal.go_on_from(one, offers_of(file, at_once[at].choices))
        all_of_it = replace(wanted[at], choices=proposal.applied_to(at_once[at].choices, file))
        with_yes = self.standing.quote([*wanted[:at], all_of_it, *wanted[at + 1 :]])
        proposal.amount = with_yes.difference - costs.difference
        return at_once, costs, proposal

    async def answer(
        self, request: HTMXRequest, feeds: Feeds, post_box: Post, redis: Redis
    ) -> Template | HTMXTemplate | Redirect:
        """Show the price of what was typed, or save it, as the button pressed says."""
        fields = await request.form()
        typed = RegistrationForm.read(self.standing.file, fields.multi_items())
        self.form = self.form.filled_with(typed, str(fields.get(DRAWN, "")))
        if self.standing.closed:
            if request.htmx:
                self.standing.refuse_if_closed()
            return self.page(feeds, status=409)
        if typed.value("action") != SAVE:
            if request.htmx:
                return fragment("booking/changes/_changed.html", **self.context(feeds))
            return self.page(feeds)
        if self.form.collides:
            return self.page(feeds, status=409, checked=True, notice=CHANGED_MEANWHILE)
        if self.form.details is None:
            return self.page(
                feeds,
                status=422,
                checked=True,
                notice="Nothing is saved yet: please look at the fields marked.",
            )
        quote = self.quote
        if self._is_not_theirs_to_charge(quote):
            return self.page(feeds, status=409, notice=NOT_WITHOUT_THE_PAYER)
        if typed.value(PRICE_SEEN, "0") != str(quote.difference):
            return self.page(feeds, status=422, notice=LOOK_AT_THE_PRICE)
        turn = await postage.BOOKING.turn(request, redis)
        if not turn.granted:
            return self.page(feeds, status=429, notice=f"Nothing is saved yet. {postage.too_many(turn)}")
        booking, file, now = self.standing.booking, self.standing.file, self.standing.now
        try:
            mine = [one for one in await Proposal.open_of(booking.id) if one.delegate == self._row]
            wanted, at_once, proposal = self._split(quote, mine)
            await booking.change(wanted, at_once, file, now, proposal=proposal, letters_wait=turn.wait)
        except SoldOut as sold_out:
            for name in self.form.who_chose(sold_out.slug):
                self.form.object_to(name, f"{sold_out.reason} You still have what you had.")
            return self.page(
                feeds, status=409, checked=True, notice=f"Nothing has been changed. {sold_out.reason}"
            )
        except Outdated:
            # Somebody was quicker, between our look and the change. What they saved is the new beginning.
            once_more = self.again(await self.standing.again())
            return await once_more.answer(request, feeds, post_box, redis)
        if any(one.by_themselves for one in self.wanted):  # who may have changed their name
            await feeds.announce(QUESTIONS, *(panel.slug for panel in self.standing.programme.panels))
        return await done(feeds, post_box, self.standing, quote)


class ChangesController(Controller):
    path = "/bookings/{token:str}"

    @get("/delegates/{number:str}")
    async def change_form(
        self, feeds: NamedDependency[Feeds], standing: NamedDependency[Standing], number: FromPath[str]
    ) -> Template:
        return changing(standing, number).page(feeds)

    @post("/delegates/{number:str}", status_code=200)
    async def change(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        standing: NamedDependency[Standing],
        number: FromPath[str],
    ) -> Template | HTMXTemplate | Redirect:
        """A delegate's details and what they take; `new`: a colleague more."""
        return await changing(standing, number).answer(request, feeds, post_box, redis)

    @get("/delegates/{number:str}/replacement")
    async def replacement_form(
        self, feeds: NamedDependency[Feeds], standing: NamedDependency[Standing], number: FromPath[str]
    ) -> Template:
        return replacing(standing, number).page(feeds)

    @post("/delegates/{number:str}/replacement", status_code=200)
    async def replace(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        standing: NamedDependency[Standing],
        number: FromPath[str],
    ) -> Template | HTMXTemplate | Redirect:
        """Somebody else comes, and has what the one before had."""
        return await replacing(standing, number).answer(request, feeds, post_box, redis)

    @get("/delegates/{number:str}/cancellation")
    async def cancellation_form(self, standing: NamedDependency[Standing], number: FromPath[str]) -> Template:
        booked = standing.delegate(number)
        return _cancellation(standing, standing.as_they_are(but=booked), booked)

    @post("/delegates/{number:str}/cancellation", status_code=200)
    async def cancel_one(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
        number: FromPath[str],
    ) -> Template | Redirect:
        booked = standing.delegate(number)
        return await _cancel(request, feeds, post_box, standing, standing.as_they_are(but=booked), booked)

    @get("/cancellation")
    async def whole_cancellation_form(self, standing: NamedDependency[Standing]) -> Template:
        _all_of(standing)
        return _cancellation(standing, [])

    @post("/cancellation", status_code=200)
    async def cancel(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
    ) -> Template | Redirect:
        _all_of(standing)
        return await _cancel(request, feeds, post_box, standing, [])

    @get("/payer")
    async def payer_form(self, standing: NamedDependency[Standing]) -> Template:
        _all_of(standing)
        return _payer(standing, PayerForm(standing.booking))

    @post("/payer", status_code=200)
    async def change_payer(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        standing: NamedDependency[Standing],
    ) -> Template | Redirect:
        _all_of(standing)
        return await _change_payer(request, feeds, post_box, redis, standing)


class DetailsController(Controller):
    """A delegate's own details, by the link in their mail."""

    path = "/details/{token:str}"

    @get()
    async def form(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], own: NamedDependency[Changing]
    ) -> Template:
        saved = "Your details are saved." if "saved" in request.query_params else ""
        return own.page(feeds, notice=saved)

    @post(status_code=200)
    async def save(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        own: NamedDependency[Changing],
    ) -> Template | HTMXTemplate | Redirect:
        answer = await own.answer(request, feeds, post_box, redis)
        return (
            Redirect(f"{request.url.path}?saved=1", status_code=303)
            if isinstance(answer, Redirect)
            else answer
        )


async def standing_of(
    programme: NamedDependency[Programme],
    booking: NamedDependency[Booking],
    sign_in: NamedDependency[SignIn | None],
    proven: NamedDependency[SignIn | None],
    now: NamedDependency[datetime],
) -> Standing:
    """The booking at this address, for somebody who may change something of it.

    Raises NotAuthorizedException for whoever is not signed in, and NotFoundException for who is and may not.
    """
    standing = await look_at(programme, booking, sign_in, now)
    if not (standing.hand.whole or standing.hand.delegates):
        insist(proven, SIGN_IN_TO_CHANGE)
        raise NotFoundException(NOT_YOURS)
    return standing


async def look_at(programme: Programme, booking: Booking, sign_in: SignIn | None, now: datetime) -> Standing:
    delegates = await booking.delegates()
    return Standing(
        programme,
        booking,
        tuple(delegates),
        tuple(await booking.fees()),
        await booking.in_hands_of(sign_in),
        now,
        await _given_up(booking, delegates),
    )


async def _given_up(booking: Booking, delegates: Iterable[BookedDelegate]) -> dict[int, set[str]]:
    return await AddressChange.given_up_by({booking.payer, *(one.delegate.person for one in delegates)})


async def own_details(
    token: FromPath[str], programme: NamedDependency[Programme], now: NamedDependency[datetime]
) -> Changing:
    """The details of whoever has this link. Raises NotFoundException when somebody else comes in their place."""
    known = delegate_and_person(token)
    booking = await Booking.with_delegate(*known) if known else None
    if known is None or booking is None:
        raise NotFoundException(NOBODYS_LINK)
    standing = await look_at(programme, booking, None, now)
    return _own_details(replace(standing, hand=Hand(False, frozenset({known[0]}), known[1])), known[0])


def _own_details(standing: Standing, delegate: int) -> Changing:
    booked = next((one for one in standing.delegates if one.delegate.id == delegate), None)
    if booked is None or booked.is_erased or delegate not in standing.hand.delegates:
        raise NotFoundException(NOBODYS_LINK)
    return Changing(
        standing,
        ChangeForm(standing.file, standing.fields_of(booked), asked=DETAILS, of=booked.delegate.person),
        booked,
        template="booking/changes/details.html",
        title="Your details",
        again=partial(_own_details, delegate=delegate),
    )


def changing(standing: Standing, number: str) -> Changing:
    file = standing.file
    if number == "new":
        _all_of(standing)
        if not (standing.hand.organises or standing.programme.registration_open(standing.now)):
            raise Refused(
                "Registration is closed, so nobody can be added. Somebody else may come in a colleague’s place."
            )
        if len(standing.delegates) >= RegistrationForm.MOST_DELEGATES:
            raise Refused(
                f"One booking takes {RegistrationForm.MOST_DELEGATES} delegates at most. Please make another one for "
                "the rest."
            )
        others = _everybody(standing)
        nothing = values_of({"organisation": standing.booking.organisation}, Choices(None), file)
        form = ChangeForm(
            file, nothing, asked=ChangeForm.everything(file), others=others, moved=_moved(standing)
        )
        return Changing(
            standing,
            form,
            None,
            template="booking/changes/delegate.html",
            title="Add a colleague",
            again=partial(changing, number=number),
        )
    booked = standing.delegate(number)
    if booked.is_erased:
        raise Refused(
            "Nothing is known any more of whoever had this place. Somebody else may come in it, or you can cancel it."
        )
    return Changing(
        standing,
        ChangeForm(
            file,
            standing.fields_of(booked),
            asked=(*standing.details_of(booked), *ChangeForm.choosing(file)),
            of=booked.delegate.person,
        ),
        booked,
        template="booking/changes/delegate.html",
        title=f"Change {booked.delegate.name}’s booking",
        again=partial(changing, number=number),
    )


def replacing(standing: Standing, number: str) -> Changing:
    booked = standing.delegate(number)
    # What somebody told the kitchen of themselves is no business of whoever comes in their place.
    private = {
        f"{ChangeForm.PREFIX}{name}": [""] for name in ("role", "diet", "access_needs", "name", "email")
    }
    form = ChangeForm(
        standing.file,
        standing.fields_of(booked) | private,
        asked=WHO,
        of=booked.delegate.person,
        others=_everybody(standing),
        moved=_moved(standing),
    )
    return Changing(
        standing,
        form,
        booked,
        template="booking/changes/replacement.html",
        title=f"Somebody else comes instead of {booked.delegate.name}",
        again=partial(replacing, number=number),
    )


def price_context(standing: Standing, quote: Quote) -> dict[str, Any]:
    """What the templates draw the difference from."""
    several = len({line.delegate for line in quote.returned}) > 1
    return {
        "nav": "me",
        "programme": standing.programme,
        "booking": standing.booking,
        "path": standing.path,
        "whole": standing.hand.whole,
        "quote": quote,
        "names": {d.position: d.name for d in (one.delegate for one in standing.delegates) if several},
        "about": about(standing.file, abs(quote.difference)),
        "terms": terms(standing.file),
        "page_url": f"{settings().url}{standing.path}",
    }


async def done(feeds: Feeds, post_box: Post, standing: Standing, quote: Quote) -> Redirect:
    post_box.wake()
    if quote.added or quote.returned:
        await feeds.announce(SEATS)
    come = {one.delegate.person for one in (await standing.again()).delegates}
    if left := {str(one.delegate.person) for one in standing.delegates if one.delegate.person not in come}:
        await feeds.announce(PEOPLE, *left)
    await feeds.announce(MEETING)  # where profiles follow what is booked
    return Redirect(f"{standing.path}?saved=1", status_code=303)


def _all_of(standing: Standing) -> None:
    if not standing.hand.whole:
        raise NotFoundException(NOT_YOURS)


def _everybody(standing: Standing) -> frozenset[tuple[str, str]]:
    return frozenset(
        same_person(booked.delegate.name, booked.delegate.email)
        for booked in standing.delegates
        if not booked.is_erased
    )


def _moved(standing: Standing) -> dict[tuple[str, str], str]:
    booking, comes = standing.booking, (booked.delegate for booked in standing.delegates)
    known = [(booking.payer, booking.payer_name, booking.payer_email)]
    return moved([*known, *((one.person, one.name, one.email) for one in comes)], standing.given_up)


def _cancellation(
    standing: Standing,
    wanted: list[Wanted],
    booked: BookedDelegate | None = None,
    status: int = 200,
    notice: str = "",
) -> Template:
    return page(
        "booking/changes/cancellation.html",
        status=status,
        booked=booked,
        notice=notice or standing.closed,
        **price_context(standing, standing.quote(wanted)),
    )


async def _cancel(
    request: HTMXRequest,
    feeds: Feeds,
    post_box: Post,
    standing: Standing,
    wanted: list[Wanted],
    booked: BookedDelegate | None = None,
) -> Template | Redirect:
    if standing.closed:
        return _cancellation(standing, wanted, booked, 409)
    fields = await request.form()
    quote = standing.quote(wanted)
    seen = (fields.get(REVISION), fields.get(PRICE_SEEN))
    if seen != (str(standing.booking.revision), str(quote.difference)):
        notice = "This has changed since you opened the page. Please look again before you cancel."
        return _cancellation(standing, wanted, booked, 409, notice)
    await standing.booking.change(wanted, quote, standing.file, standing.now)
    return await done(feeds, post_box, standing, quote)


async def _change_payer(
    request: HTMXRequest, feeds: Feeds, post_box: Post, redis: Redis, standing: Standing
) -> Template | Redirect:
    fields = await request.form()
    form = PayerForm.read(fields.multi_items(), standing.booking)
    if standing.closed:
        return _payer(standing, form, 409)
    if fields.get("action") == LOOK:
        return _payer(standing, form)
    if form.collides:
        return _payer(standing, form, 409, CHANGED_MEANWHILE)
    if form.payer is None:
        return _payer(standing, form, 422, "Nothing is saved yet: please look at the fields marked.")
    turn = await postage.BOOKING.turn(request, redis)
    if not turn.granted:
        return _payer(standing, form, 429, f"Nothing is saved yet. {postage.too_many(turn)}")
    wanted = standing.as_they_are()
    quote = standing.quote(wanted)
    try:
        await standing.booking.change(
            wanted, quote, standing.file, standing.now, payer=form.payer, letters_wait=turn.wait
        )
    except Outdated:  # between our look and the change: what was saved then is the new beginning
        return await _change_payer(request, feeds, post_box, redis, await standing.again())
    return await done(feeds, post_box, standing, quote)


def _payer(standing: Standing, form: PayerForm, status: int = 200, notice: str = "") -> Template:
    return page(
        "booking/changes/payer.html",
        status=status,
        programme=standing.programme,
        nav="me",
        booking=standing.booking,
        path=standing.path,
        form=form,
        errors=Messages(form.errors),
        notice=notice or standing.closed,
        page_url=f"{settings().url}{standing.path}",
    )
