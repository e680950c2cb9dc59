"""Changing what is booked: seats, nights, details, who comes, who pays; and cancelling it."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest, HTMXTemplate
from litestar.response import Redirect, Template
from redis.asyncio import Redis

from webapp.booking.booking_view import LOOK_AT_THE_PRICE, PRICE_SEEN, REVISION, BookingView
from webapp.booking.changing import change
from webapp.booking.delegate_change import DelegateChange, changing, replacing
from webapp.booking.forms import RegistrationForm
from webapp.booking.merging import DRAWN
from webapp.booking.payer_form import PayerForm
from webapp.live.announced import QUESTIONS
from webapp.live.booking_news import announce_change
from webapp.live.feeds import Feeds
from webapp.mail import postage
from webapp.mail.post import Post
from webapp.settings import settings
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.booking import Outdated
from webapp.tables.booking.offers import SoldOut
from webapp.tables.booking.order import Wanted
from webapp.text.typed import Messages
from webapp.web.kept import LOOK, SAVE
from webapp.web.rendering import fragment, page

NOT_WITHOUT_THE_PAYER = (
    "Nothing is saved yet: tax is added for somebody who works there, and that is for whoever pays to decide. Please "
    "ask them to put your colleague in this place."
)
LOOK_AT_THE_FIELDS = "Nothing is saved yet: please look at the fields marked."
CHANGED_MEANWHILE = (
    "The same was changed elsewhere since you opened this page, so nothing of yours is saved yet. Both stand "
    "at the fields marked: save what is to hold."
)


class ChangesController(Controller):
    path = "/bookings/{token:str}"

    @get("/delegates/{number:str}")
    async def change_form(
        self, feeds: NamedDependency[Feeds], view: NamedDependency[BookingView], number: FromPath[str]
    ) -> Template:
        return changing(view, number).page(feeds.seats.left)

    @post("/delegates/{number:str}", status_code=200)
    async def change(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        view: NamedDependency[BookingView],
        number: FromPath[str],
    ) -> Template | HTMXTemplate | Redirect:
        """A delegate's details and what they take; `new`: a colleague more."""
        return await _answer(changing(view, number), request, feeds, post_box, redis)

    @get("/delegates/{number:str}/replacement")
    async def replacement_form(
        self, feeds: NamedDependency[Feeds], view: NamedDependency[BookingView], number: FromPath[str]
    ) -> Template:
        return replacing(view, number).page(feeds.seats.left)

    @post("/delegates/{number:str}/replacement", status_code=200)
    async def replace(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        view: NamedDependency[BookingView],
        number: FromPath[str],
    ) -> Template | HTMXTemplate | Redirect:
        """Somebody else comes, and has what the one before had."""
        return await _answer(replacing(view, number), request, feeds, post_box, redis)

    @get("/delegates/{number:str}/cancellation")
    async def cancellation_form(self, view: NamedDependency[BookingView], number: FromPath[str]) -> Template:
        booked = view.delegate(number)
        return _cancellation(view, view.as_they_are(but=booked), booked)

    @post("/delegates/{number:str}/cancellation", status_code=200)
    async def cancel_one(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
        number: FromPath[str],
    ) -> Template | Redirect:
        booked = view.delegate(number)
        return await _cancel(request, feeds, post_box, view, view.as_they_are(but=booked), booked)

    @get("/cancellation")
    async def whole_cancellation_form(self, view: NamedDependency[BookingView]) -> Template:
        view.refuse_but_to_whoever_pays()
        return _cancellation(view, [])

    @post("/cancellation", status_code=200)
    async def cancel(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
    ) -> Template | Redirect:
        view.refuse_but_to_whoever_pays()
        return await _cancel(request, feeds, post_box, view, [])

    @get("/payer")
    async def payer_form(self, view: NamedDependency[BookingView]) -> Template:
        view.refuse_but_to_whoever_pays()
        return _payer(view, PayerForm(view.booking))

    @post("/payer", status_code=200)
    async def change_payer(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        view: NamedDependency[BookingView],
    ) -> Template | Redirect:
        view.refuse_but_to_whoever_pays()
        return await _change_payer(request, feeds, post_box, redis, view)


class DetailsController(Controller):
    """A delegate's own details, by the link in their mail."""

    path = "/details/{token:str}"

    @get()
    async def form(
        self, request: HTMXRequest, feeds: NamedDependency[Feeds], own: NamedDependency[DelegateChange]
    ) -> Template:
        saved = "Your details are saved." if "saved" in request.query_params else ""
        return own.page(feeds.seats.left, notice=saved)

    @post(status_code=200)
    async def save(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        redis: NamedDependency[Redis],
        own: NamedDependency[DelegateChange],
    ) -> Template | HTMXTemplate | Redirect:
        answer = await _answer(own, request, feeds, post_box, redis)
        return (
            Redirect(f"{request.url.path}?saved=1", status_code=303)
            if isinstance(answer, Redirect)
            else answer
        )


async def _answer(
    this: DelegateChange, request: HTMXRequest, feeds: Feeds, post_box: Post, redis: Redis
) -> Template | HTMXTemplate | Redirect:
    """Show the price of what was typed, or save it, as the button pressed says."""
    view, seats = this.view, feeds.seats.left
    fields = await request.form()
    typed = RegistrationForm.read(view.file, fields.multi_items())
    this.form = this.form.filled_with(typed, str(fields.get(DRAWN, "")))
    if view.closed:
        if request.htmx:
            view.refuse_if_closed()
        return this.page(seats, status=409)
    if typed.value("action") != SAVE:
        if request.htmx:
            return fragment("booking/changes/_changed.html", **this.context(seats))
        return this.page(seats)
    if this.form.collides:
        return this.page(seats, status=409, checked=True, notice=CHANGED_MEANWHILE)
    if this.form.details is None:
        return this.page(seats, status=422, checked=True, notice=LOOK_AT_THE_FIELDS)
    quote = this.quote
    if this.is_not_theirs_to_charge(quote):
        return this.page(seats, status=409, notice=NOT_WITHOUT_THE_PAYER)
    if typed.value(PRICE_SEEN, "0") != str(quote.difference):
        return this.page(seats, status=422, notice=LOOK_AT_THE_PRICE)
    turn = await postage.BOOKING.turn(request, redis)
    if not turn.granted:
        return this.page(seats, status=429, notice=f"Nothing is saved yet. {postage.too_many(turn)}")
    try:
        await this.save(quote, turn.wait)
    except SoldOut as sold_out:
        for name in this.form.who_chose(sold_out.slug):
            this.form.object_to(name, f"{sold_out.reason} You still have what you had.")
        notice = f"Nothing has been changed. {sold_out.reason}"
        return this.page(feeds.seats.left, status=409, checked=True, notice=notice)
    except Outdated:
        # Somebody was quicker, between our look and the change. What they saved is the new beginning.
        return await _answer(this.again(await view.again()), request, feeds, post_box, redis)
    if any(one.by_themselves for one in this.wanted):  # who may have changed their name
        await feeds.announce(QUESTIONS, *(panel.slug for panel in view.programme.panels))
    await announce_change(feeds, post_box, view, quote)
    return view.saved()


def _cancellation(
    view: BookingView,
    wanted: list[Wanted],
    booked: BookedDelegate | None = None,
    status: int = 200,
    notice: str = "",
) -> Template:
    return page(
        "booking/changes/cancellation.html",
        status=status,
        booked=booked,
        notice=notice or view.closed,
        **view.price_context(view.quote(wanted)),
    )


async def _cancel(
    request: HTMXRequest,
    feeds: Feeds,
    post_box: Post,
    view: BookingView,
    wanted: list[Wanted],
    booked: BookedDelegate | None = None,
) -> Template | Redirect:
    if view.closed:
        return _cancellation(view, wanted, booked, 409)
    fields = await request.form()
    quote = view.quote(wanted)
    seen = (fields.get(REVISION), fields.get(PRICE_SEEN))
    if seen != (str(view.booking.revision), str(quote.difference)):
        notice = "This has changed since you opened the page. Please look again before you cancel."
        return _cancellation(view, wanted, booked, 409, notice)
    await change(view.booking, wanted, quote, view.file, view.now)
    await announce_change(feeds, post_box, view, quote)
    return view.saved()


async def _change_payer(
    request: HTMXRequest, feeds: Feeds, post_box: Post, redis: Redis, view: BookingView
) -> Template | Redirect:
    fields = await request.form()
    form = PayerForm.read(fields.multi_items(), view.booking)
    if view.closed:
        return _payer(view, form, 409)
    if fields.get("action") == LOOK:
        return _payer(view, form)
    if form.collides:
        return _payer(view, form, 409, CHANGED_MEANWHILE)
    if form.payer is None:
        return _payer(view, form, 422, LOOK_AT_THE_FIELDS)
    turn = await postage.BOOKING.turn(request, redis)
    if not turn.granted:
        return _payer(view, form, 429, f"Nothing is saved yet. {postage.too_many(turn)}")
    wanted = view.as_they_are()
    quote = view.quote(wanted)
    try:
        await change(
            view.booking,
            wanted,
            quote,
            view.file,
            view.now,
            payer=form.payer,
            letters_wait=turn.wait,
        )
    except Outdated:  # between our look and the change: what was saved then is the new beginning
        return await _change_payer(request, feeds, post_box, redis, await view.again())
    await announce_change(feeds, post_box, view, quote)
    return view.saved()


def _payer(view: BookingView, form: PayerForm, status: int = 200, notice: str = "") -> Template:
    return page(
        "booking/changes/payer.html",
        status=status,
        programme=view.programme,
        nav="me",
        booking=view.booking,
        path=view.path,
        form=form,
        errors=Messages(form.errors),
        notice=notice or view.closed,
        page_url=f"{settings().url}{view.path}",
    )
