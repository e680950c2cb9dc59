"""Seats that change hands with a booking: taken, given back, held for a wish, passed on to who waits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Quote
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.item import Item
from webapp.tables.booking.offers import Offer
from webapp.tables.booking.waiting import Waiting


async def move_seats(
    booking: Booking,
    quote: Quote,
    delegates: Sequence[int],
    waits: Sequence[Waiting],
    file: ConferenceFile,
    now: datetime,
    proposed: Mapping[str, int] = MappingProxyType({}),
) -> None:
    """Take the seats that are added and give back those returned, all or none. `delegates`: their rows, in order.

    What is returned is let go only where what is added was there to take. Seats that are held for one of the `waits`
    are theirs; seats that become free go to who waits for them. `proposed`: seats by slug that are held for a proposal
    from now on, or below zero no longer. To be called within the booking's transaction. Raises SoldOut.
    """
    offers = await _take_and_give_back(quote, delegates, waits, now, proposed)
    if quote.returned:
        await Item.delete().where(Item.id.is_in([line.item for line in quote.returned]))
    for line in quote.retaxed:
        await Item.update({Item.vat_rate: int(line.vat_rate * 100), Item.vat: line.vat}).where(
            Item.id == line.item
        )
    if quote.added:
        await Item.insert(
            *(Item.bought(delegates[line.delegate], offers[line.offer], line) for line in quote.added)
        )
    if waits:
        has = zip(delegates, quote.offers, strict=True)
        await waiting_list.settle(waits, dict(has))
        come = await Delegate.objects().where(Delegate.id.is_in(list(delegates) or [0]))
        handed_on = await waiting_list.hand_on(waits, booking.payer, {one.id: one for one in come})
    if waits or quote.returned or proposed:
        await waiting_list.pass_on(list(offers.values()), file, now)
    if waits:
        await waiting_list.tell(handed_on, now)


async def _take_and_give_back(
    quote: Quote,
    delegates: Sequence[int],
    waits: Sequence[Waiting],
    now: datetime,
    proposed: Mapping[str, int],
) -> dict[str, int]:
    """Returns the ids of the offers of which seats were moved, or somebody waits for one, by slug."""
    moved = Counter(line.offer for line in quote.added)
    moved.subtract(line.offer for line in quote.returned)
    moved.update(proposed)
    moved.update(dict.fromkeys((wait.slug for wait in waits), 0))
    offers = {}
    # One order for all buyers, so that two of them wait for each other rather than deadlock.
    for slug, seats in sorted(moved.items()):
        held = 0
        if seats > 0 and (mine := [wait for wait in waits if wait.slug == slug]):
            await Offer.lock(slug)
            takers = {delegates[line.delegate] for line in quote.added if line.offer == slug}
            held = await waiting_list.take_up(mine, takers, seats, now)
        offers[slug] = await (Offer.take(slug, seats, held) if seats > 0 else Offer.give_back(slug, -seats))
    return offers
