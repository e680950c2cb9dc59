"""The waiting list: who comes next when a seat of something full comes free."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING, Any, Self

from piccolo.columns import Boolean, ForeignKey, Integer, LazyTableReference, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import And, Or, Where
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.booking.letters import waiting_letter
from webapp.tables.booking.offers import Offer
from webapp.tables.mail import OutgoingMail
from webapp.tables.people import ERASED, Person, email_key
from webapp.web.signing import waiting_path

if TYPE_CHECKING:
    from webapp.tables.booking.booking import Delegate

MOST_SEATS = 20
"""That a party may wait for together."""
ENDLESS = 1_000_000_000
"""Seats of something that has no limit any more."""


class WaitingState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    """All its seats are held for it, until `offered_until`."""
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"


OPEN = (WaitingState.WAITING, WaitingState.OFFERED)


class Waiting(Table):
    """A party that waits for seats of one offer: one person, or several who want them together.

    The seats `held` for a party that is waiting or has an offer count as taken: whoever buys finds none of them
    free. A party of several keeps its place: seats that come free one by one are held for it until there are enough,
    unless it lets others pass. Whoever changes a row of an offer's list has locked the offer before.
    """

    id: Serial
    offer = ForeignKey(Offer, null=False, on_delete=OnDelete.restrict, index=True)
    booking: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Booking", module_path="webapp.tables.booking.booking"),
        null=True,
        on_delete=OnDelete.cascade,
        index=True,
    )
    """None: it waits for taking part, and has no booking yet."""
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    name = Varchar(length=200)
    email = Varchar(length=254)
    delegates = Text(default="")
    """Of the booking: the rows of those who want a seat, with spaces between."""
    seats = Integer()
    held = Integer(default=0)
    lets_pass = Boolean(default=False)
    """Whether others may take seats that are too few for it."""
    state = Varchar(length=20, choices=WaitingState, default=WaitingState.WAITING)
    since = Instant()
    offered_until = Instant(null=True, default=None, index=True)

    slug = ""
    """Of the offer, on rows that are read with it."""

    @classmethod
    async def join(
        cls,
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
    ) -> Self:
        """Take the last place on the list, and return the party. Seats that there are after all are offered at once.

        Raises Refused when somebody of the party is on the list already, or there is no such offer.
        """
        async with transaction():
            person = (await Person.known_at([email], now))[email_key(email)]
            offer = await Offer.lock(slug)
            if offer is None or offer["withdrawn"]:
                raise Refused("This is no longer offered, so there is nothing to wait for.")
            await cls._refuse_twice(offer["id"], person, booking, delegates)
            party = cls(
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
            party.id = (await cls.insert(party).returning(cls.id))[0]["id"]
            await cls.pass_on([offer["id"]], file, now)
            if await cls.exists().where(cls.id == party.id, cls.state == WaitingState.WAITING):
                letter = waiting_letter(party, offer["title"], "waiting", place=await party.place())
                await OutgoingMail.put(letter, now=now)
        return party

    @classmethod
    async def _refuse_twice(
        cls, offer: int, person: int, booking: int | None, delegates: Sequence[int]
    ) -> None:
        same: Where | And = cls.booking == booking
        if booking is None:
            same = cls.booking.is_null() & (cls.person == person)
        rows = await cls.select(cls.delegates).where(cls.offer == offer, cls.state.is_in(list(OPEN)), same)
        waiting = {int(delegate) for row in rows for delegate in row["delegates"].split()}
        if rows and (booking is None or waiting & set(delegates)):
            raise Refused("You are on this waiting list already. The link in your mail shows your place.")

    @classmethod
    async def pass_on(cls, offers: Iterable[int], file: ConferenceFile, now: datetime) -> None:
        """Hold the seats that are free for whoever has waited longest, and offer them. The offers are locked."""
        ids = list(offers)
        if not ids:
            return
        parties = (
            await cls.objects()
            .where(cls.offer.is_in(ids), cls.state == WaitingState.WAITING)
            .order_by(cls.offer, cls.id)
        )
        until = now + timedelta(hours=file.registration.waiting_hours)
        for offer, queue in groupby(parties, key=lambda party: int(party.offer)):
            await cls._offer_to(list(queue), offer, until, now)

    @classmethod
    async def _offer_to(cls, queue: Sequence[Self], offer: int, until: datetime, now: datetime) -> None:
        row = (
            await Offer.select(Offer.title, Offer.capacity, Offer.taken, Offer.withdrawn)
            .where(Offer.id == offer)
            .first()
        )
        if row is None or row["withdrawn"]:
            return
        free = first = ENDLESS if row["capacity"] is None else row["capacity"] - row["taken"]
        letters = []
        for party in queue:
            missing = party.seats - party.held
            if missing <= max(free, 0):
                free -= missing
                await party._become(WaitingState.OFFERED, held=party.seats, offered_until=until)
                if party.email:  # else somebody who was erased
                    letters.append(waiting_letter(party, row["title"], "offered", until=until))
            elif not party.lets_pass:
                # Nobody passes: what there is is kept for them, until there is enough.
                if free > 0:
                    await party._become(WaitingState.WAITING, held=party.held + free)
                    free = 0
                break
        if free != first:
            await Offer.update({Offer.taken: Offer.taken + (first - free)}).where(Offer.id == offer)
        await OutgoingMail.put(*letters, now=now)

    @classmethod
    async def take_up(cls, waits: Iterable[Self], takers: set[int], seats: int, now: datetime) -> int:
        """Use seats that are held for these parties of one offer. Returns how many; they count as taken already.

        `takers`: the rows of the delegates who take a seat. What is held for a colleague is not theirs.
        """
        used = 0
        for wait in await cls._again(waits):
            theirs = len(takers) if wait.booking is None else len(takers.intersection(wait.waiters))
            some = min(wait.held, theirs, seats - used)
            rows = (
                await cls.update({cls.held: cls.held - some})
                .where(
                    cls.id == wait.id,
                    cls.state == WaitingState.OFFERED,
                    cls.offered_until > now,
                    cls.held >= some,
                )
                .returning(cls.held)
            )
            used += some if rows else 0
        return used

    @classmethod
    async def settle(cls, waits: Iterable[Self], has: Mapping[int, set[str]]) -> None:
        """Let those wait no longer who have what they waited for, or come no more. `has`: slugs, by delegate.

        What was held for them beyond that becomes free. Without a booking, a party that has booked is done.
        """
        for wait in await cls._again(waits):
            left = [one for one in wait.waiters if one in has and wait.slug not in has[one]]
            if len(left) == len(wait.waiters) and left:
                continue
            await wait._wait_only_for(left)

    async def _wait_only_for(
        self, left: Sequence[int], done: WaitingState = WaitingState.TAKEN, **facts: Any
    ) -> None:
        """Let only these of the party wait; without any of them it is `done`. What was held beyond that is free."""
        freed = max(self.held - len(left), 0)
        seats = {"delegates": " ".join(map(str, left)), "seats": len(left), "held": self.held - freed}
        await self._become(WaitingState(self.state) if left else done, **seats, **facts)
        if freed:
            await Offer.give_back(self.slug, freed)

    @classmethod
    async def hand_on(cls, waits: Iterable[Self], payer: int, come: Mapping[int, Delegate]) -> list[int]:
        """Give a party to who comes now, when whoever joined the list comes no more, nor pays. Returns these.

        `come`: the delegates of the booking, by their rows. The offers are locked.
        """
        handed_on = []
        for wait in await cls._again(waits):
            left = [come[one] for one in wait.waiters if one in come]
            if left and wait.person not in {payer, *(one.person for one in left)}:
                await wait._become(WaitingState(wait.state), **_belonging_to(left))
                handed_on.append(wait.id)
        return handed_on

    @classmethod
    async def tell(cls, parties: Collection[int], now: datetime) -> None:
        """Write to whom these parties were given, with links of their own."""
        for party in await cls._read(cls.id.is_in(list(parties) or [0]) & cls.state.is_in(list(OPEN))):
            offered = party.state == WaitingState.OFFERED
            letter = waiting_letter(
                party,
                await party.title(),
                "offered" if offered else "waiting",
                place=await party.place(),
                until=party.offered_until,
            )
            await OutgoingMail.put(letter, now=now)

    @classmethod
    async def forget(
        cls,
        person: int,
        bookings: Collection[int],
        colleagues: Mapping[int, Delegate],
        file: ConferenceFile,
        now: datetime,
    ) -> None:
        """Take somebody who is erased off every list; those who wait with them wait on, and are told.

        `bookings`: those the person pays or comes with, which are locked. `colleagues`: everybody else on them, by row.
        """
        with_them = cls.booking.is_in(list(bookings) or [0])
        parties = await cls._read(((cls.person == person) | with_them) & cls.state.is_in(list(OPEN)))
        handed_on = []
        # In the order of all buyers, so that nobody deadlocks.
        for slug in sorted({party.slug for party in parties}):
            await Offer.lock(slug)
            for party in await cls._again(party for party in parties if party.slug == slug):
                left = [colleagues[one] for one in party.waiters if one in colleagues]
                if party.person == person and left:
                    await party._wait_only_for([one.id for one in left], **_belonging_to(left))
                    handed_on.append(party.id)
                elif party.person == person or len(left) < len(party.waiters):
                    await party._wait_only_for([one.id for one in left], WaitingState.LEFT)
            await cls.pass_on([party.offer for party in parties if party.slug == slug][:1], file, now)
        await cls.tell(handed_on, now)
        await cls.update({cls.name: ERASED, cls.email: ""}).where(cls.person == person)

    @classmethod
    async def write_to(cls, person: int, email: str) -> None:
        """Whoever waits has another address now."""
        open_ones = (cls.person == person) & cls.state.is_in(list(OPEN))
        for slug in sorted(
            {row["slug"] for row in await cls.select(cls.offer.slug.as_alias("slug")).where(open_ones)}
        ):
            await Offer.lock(slug)
        await cls.update({cls.email: email}).where(cls.person == person)

    @classmethod
    async def sweep(cls, file: ConferenceFile, now: datetime) -> bool:
        """Pass on the seats that were not taken in time. Whoever asks first does it; returns whether it was us."""
        late = (cls.state == WaitingState.OFFERED) & (cls.offered_until <= now)
        slugs = {row["slug"] for row in await cls.select(cls.offer.slug.as_alias("slug")).where(late)}
        swept = False
        for slug in sorted(slugs):
            async with transaction():
                offer = await Offer.lock(slug)
                if offer is None:
                    continue
                rows = (
                    await cls.update({cls.state: WaitingState.LAPSED})
                    .where(cls.offer == offer["id"], late)
                    .returning(*cls.all_columns())
                )
                if rows:
                    swept = True
                    await Offer.give_back(slug, sum(row["held"] for row in rows))
                    lapsed = (
                        waiting_letter(cls(**row), offer["title"], "lapsed") for row in rows if row["email"]
                    )
                    await OutgoingMail.put(*lapsed, now=now)
                    await cls.pass_on([offer["id"]], file, now)
        return swept

    async def leave(self, file: ConferenceFile, now: datetime) -> None:
        """Wait no longer. What is held goes to the next. Raises Refused when the party does not wait any more."""
        async with transaction():
            await Offer.lock(self.slug)
            held = await self._become(WaitingState.LEFT)
            if held is None:
                raise Refused("You are not on this waiting list any more.")
            await Offer.give_back(self.slug, held)
            await Waiting.pass_on([int(self.offer)], file, now)

    async def place(self) -> int:
        """How many there are to whom a seat is offered first, and this party: 1 is the next."""
        before = await Waiting.count().where(
            Waiting.offer == self.offer, Waiting.state == WaitingState.WAITING, Waiting.id < self.id
        )
        return int(before) + 1

    async def title(self) -> str:
        """Of what it waits for."""
        row = await Offer.select(Offer.title).where(Offer.id == self.offer).first()
        return str(row["title"]) if row else ""

    @property
    def waiters(self) -> list[int]:
        """The rows of the delegates who want a seat."""
        return [int(delegate) for delegate in self.delegates.split()]

    def is_offered(self, now: datetime) -> bool:
        return (
            self.state == WaitingState.OFFERED and self.offered_until is not None and self.offered_until > now
        )

    @classmethod
    async def how_many(cls) -> int:
        """How many parties wait or have an offer."""
        return int(await cls.count().where(cls.state.is_in(list(OPEN))))

    @classmethod
    async def all_lists(cls, most: int) -> list[dict[str, Any]]:
        """These parties, at most so many, list by list, with what each waits for and its booking."""
        return await (
            cls.select(
                cls.name,
                cls.email,
                cls.seats,
                cls.held,
                cls.state,
                cls.offered_until,
                cls.offer.title.as_alias("title"),
                cls.booking.reference.as_alias("reference"),
            )
            .where(cls.state.is_in(list(OPEN)))
            .order_by(cls.offer, cls.id)
            .limit(most)
        )

    @classmethod
    async def at_link(cls, party: int, person: int) -> Self | None:
        """The party of an address on the waiting list, while it is this person's."""
        return next(iter(await cls._read((cls.id == party) & (cls.person == person))), None)

    @property
    def path(self) -> str:
        """The address of the party's own page."""
        return waiting_path(self.id, int(self.person))

    @classmethod
    async def open_of(cls, booking: int) -> list[Self]:
        """The parties of a booking that wait or have an offer, oldest first."""
        return await cls._read((cls.booking == booking) & cls.state.is_in(list(OPEN)))

    @classmethod
    async def claimed(cls, party: int, person: int) -> list[Self]:
        """The party without a booking whose held seats somebody wants to book, if it still has them."""
        return await cls._read(
            (cls.id == party)
            & (cls.person == person)
            & cls.booking.is_null()
            & (cls.state == WaitingState.OFFERED)
        )

    @classmethod
    async def _again(cls, waits: Iterable[Self]) -> list[Self]:
        """The same parties as they are now that their offers are locked, without those that wait no more."""
        return await cls._read(cls.id.is_in([wait.id for wait in waits]) & cls.state.is_in(list(OPEN)))

    @classmethod
    async def _read(cls, which: Where | And | Or) -> list[Self]:
        rows = (
            await cls.select(*cls.all_columns(), cls.offer.slug.as_alias("slug"))
            .where(which)
            .order_by(cls.id)
        )
        found = []
        for row in rows:
            slug = row.pop("slug")
            party = cls(**row, _exists_in_db=True)
            party.slug = slug
            found.append(party)
        return found

    async def _become(self, state: WaitingState, **facts: Any) -> int | None:
        """Returns how many seats are held then; None when the party waits no more."""
        rows = (
            await Waiting.update(
                {Waiting.state: state} | {getattr(Waiting, name): value for name, value in facts.items()}
            )
            .where(Waiting.id == self.id, Waiting.state.is_in(list(OPEN)))
            .returning(Waiting.held)
        )
        return int(rows[0]["held"]) if rows else None


def _belonging_to(delegates: Sequence[Delegate]) -> dict[str, Any]:
    """Of a party that waits for these: the first one answers for it."""
    first = delegates[0]
    return {"person": first.person, "name": first.name, "email": first.email}
