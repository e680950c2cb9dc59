"""A yes or a no to what a colleague would like that raises the sum; and taking the wish back."""

from __future__ import annotations

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect

from webapp.booking.booking_view import PRICE_SEEN, BookingView
from webapp.booking.changing import change
from webapp.booking.wishes import ENDED, proposal_at, quote_of, with_yes_to
from webapp.live.announced import SEATS
from webapp.live.booking_news import announce_change
from webapp.live.feeds import Feeds
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.tables.booking.proposals import Proposal, ProposalState


class ProposalsController(Controller):
    path = "/bookings/{token:str}/proposals/{number:int}"

    @post("/acceptance", status_code=200)
    async def accept(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await proposal_at(view, number, whole=True)
        if not proposal.is_open or proposal.expires_at <= view.now:
            raise Refused(ENDED)
        wanted = with_yes_to(view, proposal)
        quote = quote_of(view, proposal)
        if (await request.form()).get(PRICE_SEEN) != str(quote.difference):
            raise Refused("What this costs has changed since you opened the page. Please look at it again.")
        await change(view.booking, wanted, quote, view.file, view.now)
        await announce_change(feeds, post_box, view, quote)
        return view.saved()

    @post("/refusal", status_code=200)
    async def decline(
        self,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await proposal_at(view, number, whole=True)
        return await _close(feeds, post_box, view, proposal, ProposalState.DECLINED)

    @post("/withdrawal", status_code=200)
    async def withdraw(
        self,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        view: NamedDependency[BookingView],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await proposal_at(view, number)
        return await _close(feeds, post_box, view, proposal, ProposalState.WITHDRAWN)


async def _close(
    feeds: Feeds, post_box: Post, view: BookingView, proposal: Proposal, state: ProposalState
) -> Redirect:
    if not await proposal.close(state, view.booking, view.file, view.now):
        raise Refused(ENDED)
    post_box.wake()
    await feeds.announce(SEATS)
    return Redirect(f"{view.path}#asked", status_code=303)
