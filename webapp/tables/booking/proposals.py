"""What a colleague would like that raises what somebody else pays: held until whoever pays says yes or no."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from piccolo.columns import BigInt, ForeignKey, OnDelete, Serial, Text, Varchar
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Choices, choices_from, offers_of
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.mail.letter import Letter
from webapp.settings import settings
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.offers import Offer
from webapp.tables.mail import OutgoingMail
from webapp.web.signing import booking_path

HELD_FOR = timedelta(days=3)
TOLD_FOR = timedelta(days=14)
"""How long a booking's page says what has become of one."""


class ProposalState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"


SHOWN = (ProposalState.OPEN, ProposalState.DECLINED, ProposalState.LAPSED)
"""What is accepted is to be seen among what is booked."""


SUBJECTS = {
    ProposalState.OPEN: "A colleague asks for your yes",
    ProposalState.DECLINED: "What you asked for was declined",
    ProposalState.LAPSED: "Nobody answered in time",
    ProposalState.WITHDRAWN: "A colleague no longer asks for your yes",
}


class Proposal(Table):
    """A wish of one delegate. While it is open, the seats in `adds` count as taken.

    Whoever changes a row has locked its booking before.
    """

    id: Serial
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.cascade, index=True)
    delegate = ForeignKey(Delegate, null=False, on_delete=OnDelete.cascade, index=True)
    adds = Text(default="")
    """Slugs of what they would have more, with spaces between."""
    drops = Text(default="")
    """Slugs of what they would give back for it."""
    country = Varchar(length=2)
    """Where they say they work from now on: tax follows it. Empty: where the booking says."""
    amount = BigInt()
    """By which it raises the sum, tax included, at the prices of when it was asked."""
    state = Varchar(length=20, choices=ProposalState, default=ProposalState.OPEN)
    asked_at = Instant()
    expires_at = Instant(index=True)
    ended_at = Instant(null=True, default=None)

    @property
    def added(self) -> list[str]:
        return self.adds.split()

    @property
    def is_open(self) -> bool:
        return self.state == ProposalState.OPEN

    def applied_to(self, choices: Choices, file: ConferenceFile) -> Choices:
        """What the delegate, who has these choices, has when it is accepted."""
        offers = (offers_of(file, choices) | set(self.added)) - set(self.drops.split())
        return choices_from(file, self.country or choices.country, offers)

    def go_on_from(self, before: Self, has: Collection[str]) -> None:
        """Ask also for what the same delegate, who `has` these offers (slugs) now, has asked for before."""
        drops = {*before.drops.split(), *self.drops.split()}
        self.adds = " ".join(slug for slug in dict.fromkeys([*before.added, *self.added]) if slug not in has)
        self.drops = " ".join(sorted(drops - set(self.added)))
        self.country = self.country or before.country

    @classmethod
    async def open_of(cls, booking: int) -> list[Self]:
        return await cls.objects().where(cls.booking == booking, cls.state == ProposalState.OPEN)

    @classmethod
    async def shown_on(cls, booking: int, now: datetime) -> list[Self]:
        """Those of a booking that are open, and what has become of others lately; of each delegate the latest."""
        lately = (cls.booking == booking) & (cls.asked_at > now - TOLD_FOR)
        latest = {row.delegate: row for row in await cls.objects().where(lately).order_by(cls.id)}
        return [row for row in latest.values() if row.state in SHOWN]

    @classmethod
    def settled_by(
        cls, proposals: Iterable[Self], has: Mapping[int, set[str]], countries: Mapping[int, str | None]
    ) -> dict[int, ProposalState]:
        """What becomes of open proposals when delegates (rows) have these offers (slugs) and countries then.

        Who has something of what they asked for has been given what they are given; who comes no more asks no more.
        """
        states = {}
        for one in proposals:
            delegate = int(one.delegate)
            if delegate not in has:
                states[one.id] = ProposalState.WITHDRAWN
            elif (set(one.added) & has[delegate]) or (not one.adds and countries[delegate] == one.country):
                states[one.id] = ProposalState.ACCEPTED
        return states

    @classmethod
    async def end(cls, states: Mapping[int, ProposalState], now: datetime) -> None:
        for proposal, state in states.items():
            await cls.update({cls.state: state, cls.ended_at: now}).where(cls.id == proposal)

    async def close(
        self, state: ProposalState, booking: Booking, file: ConferenceFile, now: datetime
    ) -> bool:
        """Give back what is held and say so to whoever asked, and pays. False: it was not open any more."""
        async with transaction():
            await booking.outdate()
            rows = (
                await Proposal.update({Proposal.state: state, Proposal.ended_at: now})
                .where(Proposal.id == self.id, Proposal.state == ProposalState.OPEN)
                .returning(Proposal.adds)
            )
            if not rows:
                return False
            offers = [await Offer.give_back(slug, 1) for slug in sorted(rows[0]["adds"].split())]
            await waiting_list.pass_on(offers, file, now)
            await OutgoingMail.put(*await self.letters(state, booking), now=now)
        return True

    async def letters(self, state: ProposalState, booking: Booking) -> list[Letter]:
        """To whoever pays, when something is asked or nobody has answered; to the delegate, when it has ended."""
        titles = await titles_of([self])
        [who] = [one.delegate for one in await booking.delegates() if one.delegate.id == self.delegate]
        told = []
        if state in (ProposalState.OPEN, ProposalState.LAPSED, ProposalState.WITHDRAWN):
            told.append((booking.payer_email, booking.payer_name))
        if state in (ProposalState.DECLINED, ProposalState.LAPSED):
            told.append((who.email, who.name))
        return [
            Letter(
                # The booking’s, so that it goes when the colleague is erased.
                event=f"booking {booking.id} proposal {self.id} {state}, {address}",
                template="proposal",
                to=address,
                # It is kept, and names nobody.
                subject=f"{SUBJECTS[state]}, booking {booking.reference}",
                context={
                    "name": name,
                    "state": str(state),
                    "delegate": who.name,
                    "is_payer": address == booking.payer_email,
                    "titles": [titles[slug] for slug in self.added],
                    "amount": self.amount,
                    "currency": booking.currency,
                    "until": self.expires_at.isoformat(),
                    "url": f"{settings().url}{booking_path(booking.reference)}",
                },
            )
            for address, name in told
            if address  # else somebody who was erased
        ]

    @classmethod
    async def forget(
        cls, person: int, bookings: Collection[int], file: ConferenceFile, now: datetime
    ) -> None:
        """Ask nothing more for somebody who is erased, and do not know where they said they work. Their bookings are
        locked."""
        rows = await Delegate.select(Delegate.id).where(Delegate.person == person)
        theirs = {row["id"] for row in rows}
        for booking in bookings:
            mine = [one for one in await cls.open_of(booking) if one.delegate in theirs]
            await cls.end({one.id: ProposalState.WITHDRAWN for one in mine}, now)
            for slug, seats in sorted(held_by(mine).items()):
                await waiting_list.pass_on([await Offer.give_back(slug, seats)], file, now)
        await cls.update({cls.country: ""}).where(cls.delegate.is_in(list(theirs) or [0]))

    @classmethod
    async def sweep(cls, file: ConferenceFile, now: datetime) -> bool:
        """End those that nobody answered in time. Whoever asks first does it; returns whether it was us."""
        late = await cls.objects().where(cls.state == ProposalState.OPEN, cls.expires_at <= now)
        swept = False
        for one in late:
            booking = await Booking.objects().get(Booking.id == one.booking)
            swept |= booking is not None and await one.close(ProposalState.LAPSED, booking, file, now)
        return swept


def held_by(proposals: Iterable[Proposal]) -> Counter[str]:
    """Seats that count as taken for these."""
    return Counter(slug for one in proposals for slug in one.added)


async def titles_of(proposals: Sequence[Proposal]) -> dict[str, str]:
    """What the offers in these are called, by slug."""
    slugs = list(held_by(proposals)) or [""]
    rows = await Offer.select(Offer.slug, Offer.title).where(Offer.slug.is_in(slugs))
    return {row["slug"]: row["title"] for row in rows}
