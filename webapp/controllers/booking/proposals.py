"""A yes or a no to what a colleague would like that raises the sum; and taking the wish back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from litestar import Controller, post
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.htmx import HTMXRequest
from litestar.response import Redirect

from webapp.conference.prices import Quote, choices_of
from webapp.controllers.booking.changes import NOT_YOURS, PRICE_SEEN, Standing, done
from webapp.live.announced import SEATS
from webapp.live.feeds import Feeds
from webapp.mail.post import Post
from webapp.refusal import Refused
from webapp.tables.booking.booking import Wanted
from webapp.tables.booking.proposals import Proposal, ProposalState, titles_of

ENDED = "This has been answered or has run out meanwhile. The booking’s page shows what holds."


class ProposalsController(Controller):
    path = "/bookings/{token:str}/proposals/{number:int}"

    @post("/acceptance", status_code=200)
    async def accept(
        self,
        request: HTMXRequest,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await _of(standing, number, whole=True)
        if not proposal.is_open or proposal.expires_at <= standing.now:
            raise Refused(ENDED)
        wanted = _accepted(standing, proposal)
        quote = _quote(standing, proposal)
        if (await request.form()).get(PRICE_SEEN) != str(quote.difference):
            raise Refused("What this costs has changed since you opened the page. Please look at it again.")
        await standing.booking.change(wanted, quote, standing.file, standing.now)
        return await done(feeds, post_box, standing, quote)

    @post("/refusal", status_code=200)
    async def decline(
        self,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await _of(standing, number, whole=True)
        return await _close(feeds, post_box, standing, proposal, ProposalState.DECLINED)

    @post("/withdrawal", status_code=200)
    async def withdraw(
        self,
        feeds: NamedDependency[Feeds],
        post_box: NamedDependency[Post],
        standing: NamedDependency[Standing],
        number: FromPath[int],
    ) -> Redirect:
        proposal = await _of(standing, number)
        return await _close(feeds, post_box, standing, proposal, ProposalState.WITHDRAWN)


@dataclass(frozen=True)
class Asked:
    """A proposal, for the page of its booking."""

    proposal: Proposal
    name: str
    titles: list[str]
    difference: int
    is_mine_to_answer: bool

    @property
    def expires_at(self) -> datetime:
        return self.proposal.expires_at


async def asked_of(standing: Standing) -> list[Asked]:
    """What those of a booking who are the visitor's ask for, and what has become of it lately."""
    shown = await Proposal.shown_on(standing.booking.id, standing.now)
    titles = await titles_of(shown) if shown else {}
    names = {booked.delegate.id: booked.delegate.name for booked in standing.delegates}
    return [
        Asked(
            one,
            names[int(one.delegate)],
            [titles[slug] for slug in one.added],
            _quote(standing, one).difference if one.is_open else one.amount,
            standing.hand.whole,
        )
        for one in shown
        if one.delegate in standing.hand.delegates
    ]


def _accepted(standing: Standing, proposal: Proposal) -> list[Wanted]:
    """The booking's delegates as they are when it is accepted."""
    wanted = []
    for booked in standing.delegates:
        choices = choices_of(standing.file, booked.holding)
        if booked.delegate.id == proposal.delegate:
            choices = proposal.applied_to(choices, standing.file)
            wanted.append(Wanted(choices, booked.delegate.id, booked.details(choices)))
        else:
            wanted.append(Wanted(choices, booked.delegate.id))
    return wanted


def _quote(standing: Standing, proposal: Proposal) -> Quote:
    """What it costs, at the prices of when it was asked: whoever pays is not to pay for having slept over it."""
    return replace(standing, now=proposal.asked_at).quote(_accepted(standing, proposal))


async def _of(standing: Standing, number: int, *, whole: bool = False) -> Proposal:
    """The proposal of this number, which is the visitor's. Raises NotFoundException, and Refused when it went with its
    delegate."""
    found = None
    if standing.hand.whole or not whole:
        found = (
            await Proposal.objects()
            .where(Proposal.id == number, Proposal.booking == standing.booking.id)
            .first()
        )
    if found is None and standing.hand.whole:
        raise Refused(ENDED)
    if found is None or found.delegate not in standing.hand.delegates:
        raise NotFoundException(NOT_YOURS)
    return found


async def _close(
    feeds: Feeds, post_box: Post, standing: Standing, proposal: Proposal, state: ProposalState
) -> Redirect:
    if not await proposal.close(state, standing.booking, standing.file, standing.now):
        raise Refused(ENDED)
    post_box.wake()
    await feeds.announce(SEATS)
    return Redirect(f"{standing.path}#asked", status_code=303)
