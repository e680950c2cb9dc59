"""The waiting list: parties that would like seats of something full."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import And, Or, Where
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.mail.letter import Letter
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.offers import Offer
from webapp.tables.people import Person
from webapp.web.signing import waiting_path

MOST_SEATS = 20
"""That a party may wait for together."""


class WaitingState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    """All its seats are held for it, until `offered_until`."""
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"


OPEN = (WaitingState.WAITING, WaitingState.OFFERED)


class Listed(TypedDict):
    """A party, with what it waits for and its booking, if it has one."""

    name: str
    email: str
    seats: int
    held: int
    state: str
    offered_until: datetime | None
    title: str
    reference: str | None


class Waiting(Table):
    """A party that waits for seats of one offer: one person, or several who want them together.

    The seats `held` for a party that is waiting or has an offer count as taken: whoever buys finds none of them
    free. A party of several keeps its place: seats that come free one by one are held for it until there are enough,
    unless it lets others pass. Whoever changes a row of an offer's list has locked the offer before.
    """

    id: Serial
    offer = ForeignKey(Offer, null=False, on_delete=OnDelete.restrict, index=True)
    booking = ForeignKey(Booking, null=True, on_delete=OnDelete.cascade, index=True)
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
    async def refuse_twice(
        cls, offer: int, person: int, booking: int | None, delegates: Sequence[int]
    ) -> None:
        same: Where | And = cls.booking == booking
        if booking is None:
            same = cls.booking.is_null() & (cls.person == person)
        rows = await cls.select(cls.delegates).where(cls.offer == offer, cls.state.is_in(list(OPEN)), same)
        waiting = {int(delegate) for row in rows for delegate in row["delegates"].split()}
        if rows and (booking is None or waiting & set(delegates)):
            raise Refused("You are on this waiting list already. The link in your mail shows your place.")

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
    async def all_lists(cls, most: int) -> list[Listed]:
        """These parties, at most so many, list by list, with what each waits for and its booking."""
        parties = (
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
        return await rows_as(Listed, parties)

    @classmethod
    async def at_link(cls, party: int, person: int) -> Self | None:
        """The party of an address on the waiting list, while it is this person's."""
        return next(iter(await cls.read((cls.id == party) & (cls.person == person))), None)

    @property
    def path(self) -> str:
        """The address of the party's own page."""
        return waiting_path(self.id, int(self.person))

    @classmethod
    async def open_of(cls, booking: int) -> list[Self]:
        """The parties of a booking that wait or have an offer, oldest first."""
        return await cls.read((cls.booking == booking) & cls.state.is_in(list(OPEN)))

    @classmethod
    async def claimed(cls, party: int, person: int) -> list[Self]:
        """The party without a booking whose held seats somebody wants to book, if it still has them."""
        return await cls.read(
            (cls.id == party)
            & (cls.person == person)
            & cls.booking.is_null()
            & (cls.state == WaitingState.OFFERED)
        )

    @classmethod
    async def as_now(cls, waits: Iterable[Self]) -> list[Self]:
        """Parties as they are now that their offers are locked, without those that wait no more."""
        return await cls.read(cls.id.is_in([wait.id for wait in waits]) & cls.state.is_in(list(OPEN)))

    @classmethod
    async def read(cls, which: Where | And | Or) -> list[Self]:
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

    async def become(self, state: WaitingState, **facts: Any) -> int | None:
        """Returns how many seats are held then; None when the party waits no more."""
        rows = (
            await Waiting.update(
                {Waiting.state: state} | {getattr(Waiting, name): value for name, value in facts.items()}
            )
            .where(Waiting.id == self.id, Waiting.state.is_in(list(OPEN)))
            .returning(Waiting.held)
        )
        return int(rows[0]["held"]) if rows else None

    async def wait_only_for(
        self, left: Sequence[int], done: WaitingState = WaitingState.TAKEN, **facts: Any
    ) -> None:
        """Let only these of the party wait; without any of them it is `done`. What was held beyond that is free."""
        freed = max(self.held - len(left), 0)
        seats = {"delegates": " ".join(map(str, left)), "seats": len(left), "held": self.held - freed}
        await self.become(WaitingState(self.state) if left else done, **seats, **facts)
        if freed:
            await Offer.give_back(self.slug, freed)

    def letter(self, news: str, what: str, *, place: int = 0, until: datetime | None = None) -> Letter:
        """What becomes of the party, which waits for `what`. `news`: waiting, offered or lapsed."""
        subject = {
            "waiting": f"You are on the waiting list for {what}",
            "offered": f"A seat is held for you in {what}"
            if self.seats == 1
            else f"Seats are held for you in {what}",
            "lapsed": f"The seat held for you in {what} has gone to the next",
        }[news]
        return Letter(
            # The same party may get a second offer only when it waits anew, and then it is another party; but whoever
            # comes into its place is told, too.
            event=f"waiting {self.id} {news}, {self.person}",
            template="waiting",
            to=self.email,
            subject=subject[:250],
            context={
                "name": self.name,
                "news": news,
                "what": what,
                "seats": self.seats,
                "place": place,
                "until": until.isoformat() if until else "",
                "url": f"{settings().url}{self.path}",
            },
        )
