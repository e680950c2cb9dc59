"""Conferences as a state machine: whatever people do, one after the other, and what must hold after each step."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from piccolo.table import Table, sort_table_classes

from tests.support.small_conference import CAPACITIES, FILE, with_capacities
from webapp import tables
from webapp.booking.changing import change
from webapp.booking.confirming import confirm
from webapp.booking.waits import with_offer
from webapp.conference.loading import load
from webapp.conference.prices import Choices, changed, choices_of, quote
from webapp.refusal import Refused
from webapp.tables import Booking, Invoice, Item, Meeting, Offer, Waiting
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.delegate import Details
from webapp.tables.booking.offers import SoldOut
from webapp.tables.booking.order import Order, Ordered, Payer, Wanted
from webapp.tables.booking.waiting import OPEN, WaitingState

BEGIN = datetime(2017, 6, 10, tzinfo=UTC)
NIGHTS = (date(2017, 11, 5), date(2017, 11, 6))
ALL_TABLES: list[type[Table]] = sort_table_classes(
    [
        table
        for name in tables.__all__
        if isinstance(table := getattr(tables, name), type) and issubclass(table, Table)
    ]
)
some_choices = st.builds(
    Choices,
    country=st.sampled_from(["NO", "SE"]),
    seminars=st.sampled_from([(), ("seminar-1a",), ("seminar-1b",), ("seminar-1a", "seminar-2a")]),
    workshop=st.booleans(),
    nights=st.sampled_from([(), NIGHTS[:1], NIGHTS]),
)
picks = st.integers(0, 10_000)
"""Which one of those there are, counted round and round."""


class Conferences(RuleBasedStateMachine):
    """One conference, from its first booking on. What is expected of it is worked out from what people hold."""

    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGIN
        self.capacities = dict(CAPACITIES)
        self.file = FILE
        self.offered_before: set[int] = set()
        self.run(self.begin())

    def run(self, what: Any) -> Any:
        return self.runner.run(what)

    async def begin(self) -> None:
        for table in reversed(ALL_TABLES):
            await table.raw("DELETE FROM " + table._meta.tablename)
        await Meeting.insert(Meeting())  # as the migrations do
        await load(self.file, self.now)

    # What people do

    @rule(wishes=st.lists(some_choices, min_size=1, max_size=3))
    def book(self, wishes: list[Choices]) -> None:
        self.run(self._book(wishes))

    @precondition(lambda self: self.run(self.parties(WaitingState.OFFERED, booking=False)))
    @rule(which=picks, size=st.integers(1, 3), wish=some_choices)
    def register_from_the_list(self, which: int, size: int, wish: Choices) -> None:
        party = _pick(self.run(self.parties(WaitingState.OFFERED, booking=False)), which)
        self.run(self._book([wish] * size, party))

    @precondition(lambda self: self.run(self.bookings()))
    @rule(which=picks, who=picks, wish=some_choices)
    def change(self, which: int, who: int, wish: Choices) -> None:
        self.run(
            self._change(
                which, lambda held: [_wanting(one, wish if one is _pick(held, who) else None) for one in held]
            )
        )

    @precondition(lambda self: self.run(self.bookings()))
    @rule(which=picks, wish=some_choices)
    def add_a_colleague(self, which: int, wish: Choices) -> None:
        self.run(self._change(which, lambda held: [*map(_wanting, held), Wanted(wish, None, _details(wish))]))

    @precondition(lambda self: self.run(self.bookings()))
    @rule(which=picks, who=picks, country=st.sampled_from(["NO", "SE"]))
    def come_in_anothers_place(self, which: int, who: int, country: str) -> None:
        def instead(one: BookedDelegate, held: list[BookedDelegate]) -> Wanted:
            wish = _wanting(one).choices
            return (
                Wanted(wish := replace(wish, country=country), one.delegate.id, _details(wish))
                if one is _pick(held, who)
                else _wanting(one)
            )

        self.run(self._change(which, lambda held: [instead(one, held) for one in held]))

    @precondition(lambda self: self.run(self.bookings()))
    @rule(which=picks, who=picks, everybody=st.booleans())
    def cancel(self, which: int, who: int, everybody: bool) -> None:
        self.run(
            self._change(
                which,
                lambda held: (
                    [] if everybody else [_wanting(one) for one in held if one is not _pick(held, who)]
                ),
            )
        )

    @rule(seats=st.integers(1, 3), lets_pass=st.booleans())
    def wait_for_the_conference(self, seats: int, lets_pass: bool) -> None:
        self.run(
            waiting_list.join(
                "participation",
                name="Gia",
                email=_address(),
                seats=seats,
                lets_pass=lets_pass,
                file=self.file,
                now=self.now,
            )
        )

    @precondition(lambda self: self.run(self.bookings()))
    @rule(
        which=picks,
        who=st.sets(picks, min_size=1, max_size=3),
        slug=st.sampled_from(["seminar-1a", "seminar-1b", "workshop", "room:2017-11-05"]),
        lets_pass=st.booleans(),
    )
    def wait_for_more(self, which: int, who: set[int], slug: str, lets_pass: bool) -> None:
        self.run(self._wait(which, who, slug, lets_pass))

    @precondition(lambda self: self.run(self.parties(WaitingState.OFFERED, booking=True)))
    @rule(which=picks)
    def take_what_is_held(self, which: int) -> None:
        self.run(self._take(_pick(self.run(self.parties(WaitingState.OFFERED, booking=True)), which)))

    @precondition(lambda self: self.run(self.parties(*OPEN)))
    @rule(which=picks)
    def leave_the_list(self, which: int) -> None:
        party = _pick(self.run(self.parties(*OPEN)), which)
        self.run(waiting_list.leave(party, self.file, self.now))

    @rule(hours=st.sampled_from([1, 23, 24, 25, 24 * 20, 24 * 60]))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule()
    def somebody_looks(self) -> None:
        self.run(waiting_list.sweep(self.file, self.now))
        for party in self.run(self.parties(WaitingState.OFFERED)):
            assert party.offered_until > self.now

    @rule(slug=st.sampled_from(sorted(CAPACITIES)), more=st.integers(1, 3))
    def the_organisers_find_more_seats(self, slug: str, more: int) -> None:
        self.capacities[slug] += more
        self.file = with_capacities(**self.capacities)
        self.run(load(self.file, self.now))

    # How it is done

    async def bookings(self) -> list[Booking]:
        alive = {row["booking"] for row in await tables.Delegate.select(tables.Delegate.booking)}
        return [booking for booking in await Booking.objects().order_by(Booking.id) if booking.id in alive]

    async def parties(self, *states: WaitingState, booking: bool | None = None) -> list[Waiting]:
        found = await Waiting.read(Waiting.state.is_in(list(states)))
        return [party for party in found if booking is None or (party.booking is not None) == booking]

    async def free(self, slug: str) -> int:
        row = await Offer.select(Offer.capacity, Offer.taken).where(Offer.slug == slug).first()
        assert row
        return 10**9 if row["capacity"] is None else row["capacity"] - row["taken"]

    async def _book(self, wishes: list[Choices], party: Waiting | None = None) -> None:
        priced = quote(self.file, wishes, self.now)
        delegates = tuple(Ordered(_details(wish), wish) for wish in wishes)
        payer = Payer(
            name="Dag",
            email=delegates[0].details.email,
            organisation="Bærum",
            address="Storgata 1",
            country="NO",
            organisation_number="",
            reference="",
        )
        held = party.held if party and party.is_offered(self.now) else 0
        enough = await self._is_enough([line.offer for line in priced.lines], {"participation": held})
        try:
            await confirm(
                Order(delegates, payer),
                priced,
                form_key=secrets.token_hex(8),
                file=self.file,
                priced_at=self.now,
                now=self.now,
                claim=(party.id, int(party.person)) if party else None,
            )
        except SoldOut:
            assert not enough
        else:
            assert enough

    async def _is_enough(
        self, added: list[str], held: dict[str, int], returned: list[str] | None = None
    ) -> bool:
        wanted = {slug: added.count(slug) - (returned or []).count(slug) for slug in added}
        return all(
            [
                seats <= 0 or seats - held.get(slug, 0) <= await self.free(slug) or seats <= held.get(slug, 0)
                for slug, seats in wanted.items()
            ]
        )

    async def _change(self, which: int, wish: Any) -> None:
        booking = _pick(await self.bookings(), which)
        held = await booking.delegates()
        await self._make(booking, held, wish(held))

    async def _make(self, booking: Booking, held: list[BookedDelegate], wanted: list[Wanted]) -> None:
        charged = await booking.fees()
        priced = changed(
            self.file, [one.holding for one in held], charged, [one.wish for one in wanted], self.now
        )
        waits = [one for one in await Waiting.open_of(booking.id) if one.is_offered(self.now)]
        had = {one.delegate.id: one.offers for one in held}
        mine: Counter[str] = Counter()
        for party in waits:
            takers = [
                one.delegate
                for one, has in zip(wanted, priced.offers, strict=True)
                if one.delegate in party.waiters and party.slug in has - had[one.delegate]
            ]
            mine[party.slug] += min(party.held, len(takers))
        added, returned = ([line.offer for line in lines] for lines in (priced.added, priced.returned))
        enough = await self._is_enough(added, mine, returned)
        try:
            after = await change(booking, wanted, priced, self.file, self.now)
        except SoldOut:
            assert not enough
            assert [one.items for one in await booking.delegates()] == [one.items for one in held], (
                "they keep what they had"
            )
        else:
            assert enough
            assert after.revision == booking.revision + 1
            have = [choices_of(self.file, one.holding) for one in await after.delegates()]
            assert list(map(_in_any_order, have)) == [_in_any_order(one.choices) for one in wanted]

    async def _wait(self, which: int, who: set[int], slug: str, lets_pass: bool) -> None:
        booking = _pick(await self.bookings(), which)
        held = await booking.delegates()
        some = {_pick(held, number).delegate.id for number in who if slug not in _pick(held, number).offers}
        if not some:
            return
        already = {
            delegate
            for one in await Waiting.open_of(booking.id)
            if one.slug == slug
            for delegate in one.waiters
        }
        try:
            await waiting_list.join(
                slug,
                name="Dag",
                email=booking.payer_email,
                booking=booking.id,
                delegates=sorted(some),
                lets_pass=lets_pass,
                file=self.file,
                now=self.now,
            )
        except Refused:
            assert already & some
        else:
            assert not already & some

    async def _take(self, party: Waiting) -> None:
        booking = await Booking.objects().get(Booking.id == party.booking)
        assert booking
        held = await booking.delegates()
        wanted = [
            replace(one, choices=with_offer(one.choices, party.slug, self.file))
            if one.delegate in party.waiters
            else one
            for one in map(_wanting, held)
        ]
        await self._make(booking, held, wanted)

    # What holds, always

    @invariant()
    def every_seat_is_somebodys_or_free(self) -> None:
        self.run(self._count())

    async def _count(self) -> None:
        items = [row["offer"] for row in await Item.select(Item.offer)]
        waiting = await self.parties(*OPEN)
        for offer in await Offer.select():
            held = sum(party.held for party in waiting if party.offer == offer["id"])
            assert offer["taken"] == items.count(offer["id"]) + held, offer["slug"]
            assert offer["capacity"] is None or offer["taken"] <= offer["capacity"], offer["slug"]

    @invariant()
    def nobody_is_passed_and_no_seat_lies_idle(self) -> None:
        self.run(self._look_at_the_lists())

    async def _look_at_the_lists(self) -> None:
        waiting = await self.parties(*OPEN)
        for slug in {party.slug for party in waiting}:
            free = await self.free(slug)
            stopped = False
            for party in (party for party in waiting if party.slug == slug):
                if party.state == WaitingState.OFFERED:
                    assert party.held == party.seats
                    assert not stopped or party.id in self.offered_before, "somebody was passed"
                    continue
                assert party.seats - party.held > max(free, 0), "there is a seat for them"
                if not party.lets_pass and not stopped:
                    stopped = True
                    assert free <= 0, "what there is is kept for them"
                elif stopped or party.lets_pass:
                    assert party.held == 0
        self.offered_before |= {party.id for party in waiting if party.state == WaitingState.OFFERED}

    @invariant()
    def invoices_less_credit_notes_are_what_is_held_and_the_fees(self) -> None:
        self.run(self._add_up())

    async def _add_up(self) -> None:
        for booking in await Booking.objects():
            held = sum(item.amount + item.vat for one in await booking.delegates() for item in one.items)
            fees = sum(fee.total for fee in await booking.fees())
            invoices = await Invoice.issued_for(booking)
            assert sum(invoice.total for invoice in invoices) == held + fees
            for invoice in invoices:
                assert (invoice.text.total, invoice.text.vat) == (invoice.total, invoice.vat)
        numbers = sorted(row["number"] for row in await Invoice.select(Invoice.number))
        assert numbers == list(range(1, len(numbers) + 1))


def _pick(those: list[Any], which: int) -> Any:
    return those[which % len(those)]


def _in_any_order(wish: Choices) -> Choices:
    return replace(wish, seminars=tuple(sorted(wish.seminars)), nights=tuple(sorted(wish.nights)))


def _address() -> str:
    return f"gia.{secrets.token_hex(6)}@example.org"


def _details(wish: Choices) -> Details:
    return Details(
        name="Gia Giannini",
        email=_address(),
        organisation="Bologna",
        role="",
        country=wish.country or "NO",
        diet="",
        access_needs="",
    )


def _wanting(one: BookedDelegate, wish: Choices | None = None) -> Wanted:
    """This delegate as they are, or with another wish, which is theirs to tell with their details."""
    delegate = one.delegate
    if wish is None:
        return Wanted(choices_of(FILE, one.holding), delegate.id)
    return Wanted(wish, delegate.id, delegate.details.model_copy(update={"country": wish.country}))
