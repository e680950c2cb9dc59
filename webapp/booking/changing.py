"""Changing a booking: all that becomes of it in one transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from webapp.booking.seats import move_seats
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Quote
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables import own_name
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.invoices import Invoice
from webapp.tables.booking.item import CancellationFee
from webapp.tables.booking.letters import change_letters
from webapp.tables.booking.order import Payer, Wanted
from webapp.tables.booking.proposals import Proposal, ProposalState, held_by
from webapp.tables.booking.waiting import Waiting
from webapp.tables.mail import OutgoingMail
from webapp.tables.meeting_place.leaving import leave_tables_if_gone
from webapp.tables.meeting_place.presentation import take_from_bookings
from webapp.tables.people import Person

Had = dict[int, BookedDelegate]
"""Who came before the change, by their row."""


async def change(
    booking: Booking,
    wanted: Sequence[Wanted],
    quote: Quote,
    file: ConferenceFile,
    now: datetime,
    *,
    payer: Payer | None = None,
    proposal: Proposal | None = None,
    letters_wait: timedelta = timedelta(),
) -> Booking:
    """Make the booking what is wanted, at this quote, or change nothing at all. Returns it as it is then.

    Both are worked out from the booking as this row has it. Raises Outdated when it has changed since, and SoldOut
    when something wanted has run out: then everybody keeps what they had. Whoever does not come any more keeps no seat
    at a table of the meeting place.

    `proposal`: what is asked with it of whoever pays, and held for their answer.
    """
    async with transaction():
        after = await booking.next_revision(payer, now)
        had = {one.delegate.id: one for one in await booking.delegates()}
        delegates = await _write_delegates(booking, wanted, had, now)
        await _move_seats_and_proposals(booking, wanted, quote, delegates, proposal, file, now)
        gone = Delegate.id.not_in(delegates) if delegates else Delegate.id.is_not_null()
        await Delegate.delete().where(Delegate.booking == booking.id, gone)
        if quote.fees:
            people = {one.delegate.name: one.delegate.person for one in had.values()}
            charged = (
                CancellationFee.charged(booking.id, fee, people.get(fee.delegate), now) for fee in quote.fees
            )
            await CancellationFee.insert(*charged)
        for row, offers in zip(delegates, quote.offers, strict=True):
            if row not in had or had[row].offers != offers:
                await Delegate.calendar_changes(row, offers)
        for one in wanted:
            if one.by_themselves and one.details and not one.comes_instead and one.delegate in had:
                await _call(had[one.delegate].delegate, one.details.name, file, now)
        booked = await after.delegates()
        await take_from_bookings({one.delegate.person for one in booked if not one.is_erased})
        fees = (*quote.charged, *quote.fees)
        issued = await Invoice.correct(after, booked, fees, file, now)
        letters = change_letters(after, list(had.values()), booked, fees, issued, file)
        if proposal:
            letters += await proposal.letters(ProposalState.OPEN, after)
        await OutgoingMail.put(*letters, now=now, wait=letters_wait)
        left = {one.delegate.person for one in had.values()} - {one.delegate.person for one in booked}
        if left:
            await leave_tables_if_gone(left, now)
    return after


async def _write_delegates(booking: Booking, wanted: Sequence[Wanted], had: Had, now: datetime) -> list[int]:
    """Write who comes, and return the rows they stand in, in the order they are wanted."""
    told = [one.details for one in wanted if one.details]
    people = await Person.known_at([one.email for one in told], now) if told else {}
    position = await Delegate.last_position(booking.id)
    rows = []
    for one in wanted:
        if one.delegate is None and one.details:
            position += 1
            new = Delegate.on(booking.id, position, one.details, people)
            rows.append(int((await Delegate.insert(new).returning(Delegate.id))[0]["id"]))
        elif one.delegate is not None:
            if one.details:
                facts = Delegate.facts(one.details, people)
                facts[Delegate.needs_are_private] = had[one.delegate].delegate.keeps_needs_after(
                    one.details, by_themselves=one.by_themselves
                )
                await Delegate.update(facts).where(Delegate.id == one.delegate)
            rows.append(one.delegate)
    return rows


async def _move_seats_and_proposals(
    booking: Booking,
    wanted: Sequence[Wanted],
    quote: Quote,
    delegates: Sequence[int],
    proposal: Proposal | None,
    file: ConferenceFile,
    now: datetime,
) -> None:
    """Move the seats, end those open proposals that the change settles, and open the new one."""
    proposals = await Proposal.open_of(booking.id)
    has = {
        row: offers
        for row, offers, one in zip(delegates, quote.offers, wanted, strict=True)
        if not one.comes_instead  # whoever has the place now has asked for nothing yet
    }
    countries = {row: one.choices.country for row, one in zip(delegates, wanted, strict=True)}
    ended = Proposal.settled_by(proposals, has, countries)
    if proposal:
        theirs = (one.id for one in proposals if one.delegate == proposal.delegate)
        ended |= dict.fromkeys(theirs, ProposalState.WITHDRAWN)
    held = held_by([proposal] if proposal else [])
    held.subtract(held_by(one for one in proposals if one.id in ended))
    waits = await Waiting.open_of(booking.id)
    await move_seats(booking, quote, delegates, waits, file, now, held)
    await Proposal.end(ended, now)
    if proposal:
        proposal.id = (await Proposal.insert(proposal).returning(Proposal.id))[0]["id"]


async def _call(delegate: Delegate, name: str, file: ConferenceFile, now: datetime) -> None:
    """Let the delegate be called as they, or an organiser for them, have just corrected it on the booking, wherever
    they are shown. A mailbox that colleagues share is called as it was."""
    if name != delegate.name and not await delegate.shares_their_mailbox():
        with contextlib.suppress(Refused):  # a lecturer's name may stand on a badge, and signs nothing
            await own_name.say(delegate.person, name, file, now)
