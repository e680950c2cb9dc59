"""What colleagues on a booking would like that raises the sum: as its page shows it, and as it is with a yes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from litestar.exceptions import NotFoundException

from webapp.booking.booking_view import NOT_YOURS, BookingView
from webapp.conference.prices import Quote, choices_of
from webapp.refusal import Refused
from webapp.tables.booking.order import Wanted
from webapp.tables.booking.proposals import Proposal, titles_of

ENDED = "This has been answered or has run out meanwhile. The booking’s page shows what holds."


@dataclass(frozen=True)
class Wish:
    """A proposal, for the page of its booking."""

    proposal: Proposal
    name: str
    titles: list[str]
    difference: int
    is_mine_to_answer: bool

    @property
    def expires_at(self) -> datetime:
        return self.proposal.expires_at


async def wishes_on(view: BookingView) -> list[Wish]:
    """What those of a booking who are the visitor's ask for, and what has become of it lately."""
    shown = await Proposal.shown_on(view.booking.id, view.now)
    titles = await titles_of(shown) if shown else {}
    names = {booked.delegate.id: booked.delegate.name for booked in view.delegates}
    return [
        Wish(
            one,
            names[int(one.delegate)],
            [titles[slug] for slug in one.added],
            quote_of(view, one).difference if one.is_open else one.amount,
            view.rights.whole,
        )
        for one in shown
        if one.delegate in view.rights.delegates
    ]


def with_yes_to(view: BookingView, proposal: Proposal) -> list[Wanted]:
    """The booking's delegates as they are when it is accepted."""
    wanted = []
    for booked in view.delegates:
        choices = choices_of(view.file, booked.holding)
        if booked.delegate.id == proposal.delegate:
            choices = proposal.applied_to(choices, view.file)
            details = booked.delegate.details.model_copy(update={"country": choices.country})
            wanted.append(Wanted(choices, booked.delegate.id, details))
        else:
            wanted.append(Wanted(choices, booked.delegate.id))
    return wanted


def quote_of(view: BookingView, proposal: Proposal) -> Quote:
    """What it costs, at the prices of when it was asked: whoever pays is not to pay for having slept over it."""
    return replace(view, now=proposal.asked_at).quote(with_yes_to(view, proposal))


async def proposal_at(view: BookingView, number: int, *, whole: bool = False) -> Proposal:
    """The proposal of this number, which is the visitor's. Raises NotFoundException, and Refused when it went with its
    delegate."""
    found = None
    if view.rights.whole or not whole:
        found = (
            await Proposal.objects().where(Proposal.id == number, Proposal.booking == view.booking.id).first()
        )
    if found is None and view.rights.whole:
        raise Refused(ENDED)
    if found is None or found.delegate not in view.rights.delegates:
        raise NotFoundException(NOT_YOURS)
    return found
