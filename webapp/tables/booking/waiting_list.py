"""What happens on the waiting list: who joins and leaves it, and to whom seats go that come free."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from webapp.conference.file import ConferenceFile
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.offers import Offer
from webapp.tables.booking.waiting import OPEN, Waiting, WaitingState
from webapp.tables.mail import OutgoingMail
from webapp.tables.people import ERASED, Person, email_key

ENDLESS = 1_000_000_000
"""Seats of something that has no limit any more."""


async def join(
    slug: str,
    *,
    name: str,
    email: str,
    file: ConferenceFile,
    now: datetime,
    seats: int = 1,
    lets_pass: bool = False,
    booking: int | None = None,
    delegates: Sequence[int] = (),
) -> Waiting:
    """Take the last place on the list, and return the party. Seats that there are after all are offered at once.

    Raises Refused when somebody of the party is on the list already, or there is no such offer.
    """
    async with transaction():
        person = (await Person.known_at([email], now))[email_key(email)]
        offer = await Offer.lock(slug)
        if offer is None or offer["withdrawn"]:
            raise Refused("This is no longer offered, so there is nothing to wait for.")
        await Waiting.refuse_twice(offer["id"], person, booking, delegates)
        party = Waiting(
            offer=offer["id"],
            booking=booking,
            person=person,
            name=name,
            email=email,
            delegates=" ".join(map(str, delegates)),
            seats=len(delegates) or seats,
            lets_pass=lets_pass,
            since=now,
        )
        party.id = (await Waiting.insert(party).returning(Waiting.id))[0]["id"]
        await pass_on([offer["id"]], file, now)
        if await Waiting.exists().where(Waiting.id == party.id, Waiting.state == WaitingState.WAITING):
            letter = party.letter("waiting", offer["title"], place=await party.place())
            await OutgoingMail.put(letter, now=now)
    return party


async def pass_on(offers: Iterable[int], file: ConferenceFile, now: datetime) -> None:
    """Hold the seats that are free for whoever has waited longest, and offer them. The offers are locked."""
    ids = list(offers)
    if not ids:
        return
    parties = (
        await Waiting.objects()
        .where(Waiting.offer.is_in(ids), Waiting.state == WaitingState.WAITING)
        .order_by(Waiting.offer, Waiting.id)
    )
    until = now + timedelta(hours=file.registration.waiting_hours)
    for offer, queue in groupby(parties, key=lambda party: int(party.offer)):
        await _offer_to(list(queue), offer, until, now)


async def _offer_to(queue: Sequence[Waiting], offer: int, until: datetime, now: datetime) -> None:
    row = await Offer.seats_of(offer)
    if row is None or row["withdrawn"]:
        return
    free = first = ENDLESS if row["capacity"] is None else row["capacity"] - row["taken"]
    letters = []
    for party in queue:
        missing = party.seats - party.held
        if missing <= max(free, 0):
            free -= missing
            await party.become(WaitingState.OFFERED, held=party.seats, offered_until=until)
            if party.email:  # else somebody who was erased
                letters.append(party.letter("offered", row["title"], until=until))
        elif not party.lets_pass:
            # Nobody passes: what there is is kept for them, until there is enough.
            if free > 0:
                await party.become(WaitingState.WAITING, held=party.held + free)
                free = 0
            break
    if free != first:
        await Offer.update({Offer.taken: Offer.taken + (first - free)}).where(Offer.id == offer)
    await OutgoingMail.put(*letters, now=now)


async def take_up(waits: Iterable[Waiting], takers: set[int], seats: int, now: datetime) -> int:
    """Use seats that are held for these parties of one offer. Returns how many; they count as taken already.

    `takers`: the rows of the delegates who take a seat. What is held for a colleague is not theirs.
    """
    used = 0
    for wait in await Waiting.as_now(waits):
        theirs = len(takers) if wait.booking is None else len(takers.intersection(wait.waiters))
        some = min(wait.held, theirs, seats - used)
        rows = (
            await Waiting.update({Waiting.held: Waiting.held - some})
            .where(
                Waiting.id == wait.id,
                Waiting.state == WaitingState.OFFERED,
                Waiting.offered_until > now,
                Waiting.held >= some,
            )
            .returning(Waiting.held)
        )
        used += some if rows else 0
    return used


async def settle(waits: Iterable[Waiting], has: Mapping[int, set[str]]) -> None:
    """Let those wait no longer who have what they waited for, or come no more. `has`: slugs, by delegate.

    What was held for them beyond that becomes free. Without a booking, a party that has booked is done.
    """
    for wait in await Waiting.as_now(waits):
        left = [one for one in wait.waiters if one in has and wait.slug not in has[one]]
        if len(left) == len(wait.waiters) and left:
            continue
        await wait.wait_only_for(left)


async def hand_on(waits: Iterable[Waiting], payer: int, come: Mapping[int, Delegate]) -> list[int]:
    """Give a party to who comes now, when whoever joined the list comes no more, nor pays. Returns these.

    `come`: the delegates of the booking, by their rows. The offers are locked.
    """
    handed_on = []
    for wait in await Waiting.as_now(waits):
        left = [come[one] for one in wait.waiters if one in come]
        if left and wait.person not in {payer, *(one.person for one in left)}:
            await wait.become(WaitingState(wait.state), **_belonging_to(left))
            handed_on.append(wait.id)
    return handed_on


async def tell(parties: Collection[int], now: datetime) -> None:
    """Write to whom these parties were given, with links of their own."""
    for party in await Waiting.read(Waiting.id.is_in(list(parties) or [0]) & Waiting.state.is_in(list(OPEN))):
        offered = party.state == WaitingState.OFFERED
        letter = party.letter(
            "offered" if offered else "waiting",
            await party.title(),
            place=await party.place(),
            until=party.offered_until,
        )
        await OutgoingMail.put(letter, now=now)


async def forget(
    person: int,
    bookings: Collection[int],
    colleagues: Mapping[int, Delegate],
    file: ConferenceFile,
    now: datetime,
) -> None:
    """Take somebody who is erased off every list; those who wait with them wait on, and are told.

    `bookings`: those the person pays or comes with, which are locked. `colleagues`: everybody else on them, by row.
    """
    with_them = Waiting.booking.is_in(list(bookings) or [0])
    parties = await Waiting.read(((Waiting.person == person) | with_them) & Waiting.state.is_in(list(OPEN)))
    handed_on = []
    # In the order of all buyers, so that nobody deadlocks.
    for slug in sorted({party.slug for party in parties}):
        await Offer.lock(slug)
        for party in await Waiting.as_now(party for party in parties if party.slug == slug):
            left = [colleagues[one] for one in party.waiters if one in colleagues]
            if party.person == person and left:
                await party.wait_only_for([one.id for one in left], **_belonging_to(left))
                handed_on.append(party.id)
            elif party.person == person or len(left) < len(party.waiters):
                await party.wait_only_for([one.id for one in left], WaitingState.LEFT)
        await pass_on([party.offer for party in parties if party.slug == slug][:1], file, now)
    await tell(handed_on, now)
    await Waiting.update({Waiting.name: ERASED, Waiting.email: ""}).where(Waiting.person == person)


async def write_to(person: int, email: str) -> None:
    """Whoever waits has another address now."""
    open_ones = (Waiting.person == person) & Waiting.state.is_in(list(OPEN))
    for slug in sorted(
        {row["slug"] for row in await Waiting.select(Waiting.offer.slug.as_alias("slug")).where(open_ones)}
    ):
        await Offer.lock(slug)
    await Waiting.update({Waiting.email: email}).where(Waiting.person == person)


async def sweep(file: ConferenceFile, now: datetime) -> bool:
    """Pass on the seats that were not taken in time. Whoever asks first does it; returns whether it was us."""
    late = (Waiting.state == WaitingState.OFFERED) & (Waiting.offered_until <= now)
    slugs = {row["slug"] for row in await Waiting.select(Waiting.offer.slug.as_alias("slug")).where(late)}
    swept = False
    for slug in sorted(slugs):
        async with transaction():
            offer = await Offer.lock(slug)
            if offer is None:
                continue
            rows = (
                await Waiting.update({Waiting.state: WaitingState.LAPSED})
                .where(Waiting.offer == offer["id"], late)
                .returning(*Waiting.all_columns())
            )
            if rows:
                swept = True
                await Offer.give_back(slug, sum(row["held"] for row in rows))
                lapsed = (Waiting(**row).letter("lapsed", offer["title"]) for row in rows if row["email"])
                await OutgoingMail.put(*lapsed, now=now)
                await pass_on([offer["id"]], file, now)
    return swept


async def leave(party: Waiting, file: ConferenceFile, now: datetime) -> None:
    """Wait no longer. What is held goes to the next. Raises Refused when the party does not wait any more."""
    async with transaction():
        await Offer.lock(party.slug)
        held = await party.become(WaitingState.LEFT)
        if held is None:
            raise Refused("You are not on this waiting list any more.")
        await Offer.give_back(party.slug, held)
        await pass_on([int(party.offer)], file, now)


def _belonging_to(delegates: Sequence[Delegate]) -> dict[str, Any]:
    """Of a party that waits for these: the first one answers for it."""
    first = delegates[0]
    return {"person": first.person, "name": first.name, "email": first.email}
