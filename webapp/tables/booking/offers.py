"""What can be booked, and how many seats of it are left."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypedDict

from piccolo.columns import Boolean, Column, Integer, Serial, Varchar
from piccolo.constraints import Check
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.conference.prices import night_slug, night_title
from webapp.conference.registration import ProductKind
from webapp.database.rows import row_as, rows_as
from webapp.refusal import Refused


class OfferKind(StrEnum):
    PARTICIPATION = ProductKind.PARTICIPATION
    WORKSHOP = ProductKind.WORKSHOP
    NIGHT = "night"
    SEAT = "seat"
    """A place in a session of a slot, at no price of its own."""


class Seats(TypedDict):
    """An offer, and how many seats of it there are."""

    id: int
    slug: str
    title: str
    capacity: int | None
    taken: int
    withdrawn: bool


class Offer(Table):
    """Anything that can be booked and may run out: taking part, the workshop, one night, a seat in a seminar."""

    id: Serial
    slug = Varchar(length=120, unique=True)
    """Of the product, the night or the session: `participation`, `room:2017-11-06`, `seminar-1a`."""
    kind = Varchar(length=20, choices=OfferKind)
    title = Varchar(length=400)
    capacity = Integer(null=True, default=None)
    """None: as many as come."""
    taken = Integer(default=0)
    withdrawn = Boolean(default=False)

    seats_taken_are_never_below_zero = Check(taken >= 0)

    @classmethod
    async def take(cls, slug: str, seats: int, held: int = 0) -> int:
        """Take seats, all or none, and return the offer's id. To be called within the booking's transaction.

        The statement that takes them is the one that sees whether they are there: no number of buyers can
        oversell. `held`: how many of them were held for the buyer, and so are counted as taken already. Raises
        SoldOut when too few are left.
        """
        more = seats - held
        enough = cls.capacity.is_null() | (cls.taken <= cls.capacity - more)
        rows = (
            await cls.update({cls.taken: cls.taken + more})
            .where(cls.slug == slug, cls.withdrawn.eq(False), enough if more else cls.id.is_not_null())
            .returning(cls.id)
        )
        if not rows:
            offer = await row_as(Seats, cls.select(*cls._seats()).where(cls.slug == slug).first())
            raise SoldOut(slug, offer["title"] if offer else slug, _left(offer) if offer else 0)
        return int(rows[0]["id"])

    @classmethod
    async def lock(cls, slug: str) -> Seats | None:
        """Keep everybody else from this offer's seats until the transaction ends. Returns it as it is now."""
        locked = cls.update({cls.taken: cls.taken}).where(cls.slug == slug).returning(*cls._seats())
        return next(iter(await rows_as(Seats, locked)), None)

    @classmethod
    def _seats(cls) -> tuple[Column, ...]:
        """The columns of `Seats`."""
        return (cls.id, cls.slug, cls.title, cls.capacity, cls.taken, cls.withdrawn)

    @classmethod
    async def seats_of(cls, offer: int) -> Seats | None:
        """An offer as it is now."""
        return await row_as(Seats, cls.select(*cls._seats()).where(cls.id == offer).first())

    @classmethod
    async def lock_all(cls) -> None:
        """Let nobody book anything until the transaction ends, and wait for those who are booking now."""
        # In the order in which buyers take them, so that nobody deadlocks.
        for row in await cls.select(cls.slug).order_by(cls.slug):
            await cls.lock(row["slug"])

    @classmethod
    async def give_back(cls, slug: str, seats: int) -> int:
        """Give seats back, or none, and return the offer's id. To be called within the booking's transaction."""
        rows = await cls.update({cls.taken: cls.taken - seats}).where(cls.slug == slug).returning(cls.id)
        return int(rows[0]["id"])

    @classmethod
    async def seats_left(cls) -> dict[str, int]:
        """Seats left by slug, of every offer that has a limit or is no longer offered."""
        limited = cls.capacity.is_not_null() | cls.withdrawn.eq(True)
        rows = await rows_as(Seats, cls.select(*cls._seats()).where(limited))
        return {row["slug"]: _left(row) for row in rows}

    @classmethod
    async def left_out(cls, file: ConferenceFile) -> list[int]:
        """Ids of the offers that the file no longer has."""
        slugs = {offer.slug for offer in _offers_of(file)}
        return [row["id"] for row in await cls.select(cls.id, cls.slug) if row["slug"] not in slugs]

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Bring the rows to what the file offers.

        What is only cancelled stays with those who have it, and takes no more.
        """
        known = {row["slug"]: row for row in await cls.select()}
        # In the order in which buyers take them, so that nobody deadlocks.
        for wanted in sorted(_offers_of(file), key=lambda offer: offer.slug):
            row = known.pop(wanted.slug, None)
            if row is None:
                await cls.insert(wanted)
            else:
                facts: dict[Any, Any] = {
                    column: getattr(wanted, column._meta.name)
                    for column in (cls.kind, cls.title, cls.capacity, cls.withdrawn)
                }
                await cls.update(facts).where(cls.id == row["id"])
        gone = [row["id"] for row in known.values()]
        if gone:
            await cls.update({cls.withdrawn: True}).where(cls.id.is_in(gone))


class SoldOut(Refused):
    """Too few seats are left."""

    def __init__(self, slug: str, title: str, left: int) -> None:
        count = {0: "no seat is", 1: "only one seat is"}.get(left, f"only {left} seats are")
        super().__init__(f"{title}: {count} left.")
        self.slug = slug


def _left(offer: Seats) -> int:
    return 0 if offer["withdrawn"] else max((offer["capacity"] or 0) - offer["taken"], 0)


def _offers_of(file: ConferenceFile) -> Iterator[Offer]:
    """Everything a conference file offers to book, as rows not yet inserted."""
    for product in file.product:
        if product.kind is ProductKind.ROOM:
            for night in product.nights:
                yield Offer(
                    slug=night_slug(product, night),
                    kind=OfferKind.NIGHT,
                    title=night_title(product, night),
                    capacity=product.capacity,
                )
        else:
            yield Offer(
                slug=product.slug,
                kind=OfferKind(product.kind),
                title=product.title,
                capacity=product.capacity,
                withdrawn=product.slug in file.cancelled_offers,
            )
    for session in file.session:
        if session.slot is not None:
            yield Offer(
                slug=session.slug,
                kind=OfferKind.SEAT,
                title=session.name,
                capacity=session.capacity,
                withdrawn=session.cancelled,
            )
