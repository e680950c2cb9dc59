"""What those on a booking wait for: what is full, what is held for them, and what it costs to take that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.booking.booking_view import BookingView, view_for
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Choices, Quote, night_slug, night_title
from webapp.conference.programme import Programme
from webapp.conference.registration import ProductKind
from webapp.tables import Booking, Waiting
from webapp.tables.booking.order import Wanted
from webapp.tables.booking.rights import Rights


@dataclass(frozen=True)
class Wait:
    """A party on the waiting list, for the page of its booking."""

    title: str
    names: str
    place: int | None
    until: datetime | None
    path: str


async def waits_on(view: BookingView) -> list[Wait]:
    """What those of a booking who are the visitor's wait for."""
    found = []
    for party in await Waiting.open_of(view.booking.id):
        if view.rights.whole or set(party.waiters) <= view.rights.delegates:
            offered = party.is_offered(view.now)
            found.append(
                Wait(
                    await party.title(),
                    ", ".join(b.delegate.name for b in view.delegates if b.delegate.id in party.waiters),
                    None if offered else await party.place(),
                    party.offered_until if offered else None,
                    party.path if view.rights.whole or party.person == view.rights.person else "",
                )
            )
    return found


class Taking:
    """What a booking becomes when those who waited take what is held for them."""

    def __init__(self, view: BookingView, party: Waiting) -> None:
        self.view = view
        self.party = party
        self.who = [booked for booked in view.delegates if booked.delegate.id in party.waiters]

    @classmethod
    async def by(cls, party: Waiting, programme: Programme, now: datetime) -> Taking | None:
        """None for a party that has no booking yet."""
        booking = await Booking.objects().get(Booking.id == party.booking) if party.booking else None
        if booking is None:
            return None
        view = await view_for(programme, booking, None, now)
        return cls(
            replace(view, rights=Rights(party.person == booking.payer, frozenset(party.waiters))), party
        )

    @property
    def wanted(self) -> list[Wanted]:
        return taking(self.view, self.party.slug, self.party.waiters)

    def is_not_theirs_to_charge(self, quote: Quote) -> bool:
        """Whether it would raise what somebody else pays, who is there to be asked."""
        whole, booking = self.view.rights.whole, self.view.booking
        return quote.difference > 0 and not whole and bool(booking.payer_email)


def taking(view: BookingView, slug: str, delegates: Collection[int]) -> list[Wanted]:
    """Everybody as they are, these delegates (rows) with this offer."""
    return [
        Wanted(with_offer(one.choices, slug, view.file), one.delegate) if one.delegate in delegates else one
        for one in view.as_they_are()
    ]


def with_offer(choices: Choices, slug: str, file: ConferenceFile) -> Choices:
    """These choices and this offer; a seminar takes the place of the one at the same time."""
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


def what_is_full(view: BookingView, seats: Mapping[str, int]) -> dict[str, str]:
    """Titles of what is full and could be had by somebody here, by slug."""
    offers = {
        session.slug: session.name for session in view.file.session if session.slot and not session.cancelled
    }
    for product in view.file.product:
        if product.kind is ProductKind.WORKSHOP and product.slug not in view.file.cancelled_offers:
            offers[product.slug] = product.title
        for night in product.nights:
            offers[night_slug(product, night)] = night_title(product, night)
    return {
        slug: title
        for slug, title in offers.items()
        if seats.get(slug) == 0 and any(slug not in booked.offers for booked in view.theirs)
    }
