"""The sessions somebody has marked, with or without an account."""

from __future__ import annotations

import re
import secrets
from typing import Self

from piccolo.columns import ForeignKey, OnDelete, Serial, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.transaction import transaction
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.item import Item
from webapp.tables.people import Person

KEY = re.compile(r"[\w-]{32}", re.ASCII)


class Planner(Table):
    """One programme of one's own. Its key is in the visitor's cookie and in the address of the private calendar."""

    id: Serial
    key = Varchar(length=43, unique=True)
    person = ForeignKey(Person, null=True, on_delete=OnDelete.cascade, index=True)
    """Its owner, once they have signed in by mail. Until then it belongs to a browser."""
    delegate = ForeignKey(Delegate, null=True, on_delete=OnDelete.set_null)
    """Who booked in this browser: what they have is shown here before any mail has been opened."""

    @classmethod
    async def begin(cls, delegate: int | None = None) -> Self:
        """A new planner of this browser, which shows what the delegate has, if there is one."""
        planner = cls(key=secrets.token_urlsafe(24), delegate=delegate)
        await planner.save()
        return planner

    @classmethod
    async def with_key(cls, key: str) -> Self | None:
        """The planner whose key a browser or a calendar program sends; None when it is none of ours."""
        if not KEY.fullmatch(key):
            return None  # not ours, and perhaps not even something a database can look for
        return await cls.objects().where(cls.key == key).first()

    @classmethod
    async def owned_by(cls, person: int) -> Self:
        """A person's own planner, one on all their devices. It is made when they have none yet."""
        own = cls.objects().where(cls.person == person).order_by(cls.id).first()
        if (found := await own) is not None:
            return found
        async with transaction():
            await cls._lock(person)
            if (found := await own) is None:
                found = cls(key=secrets.token_urlsafe(24), person=person)
                await found.save()
        return found

    async def belong_to(self, person: int) -> Planner:
        """Join what was marked before signing in to the person's own planner, which is returned."""
        async with transaction():
            await Planner._lock(person)
            if not await Planner.exists().where(Planner.person == person):
                await Planner.update({Planner.person: person}).where(
                    Planner.id == self.id, Planner.person.is_null()
                )
        own = await Planner.owned_by(person)
        if own.id != self.id and self.person is None:
            for slug in await self.marks():
                await own.mark(slug)
        return own

    @classmethod
    async def _lock(cls, person: int) -> None:
        """Let two devices that sign in at once wait for each other: within a transaction."""
        await Person.raw("UPDATE person SET id = id WHERE id = {}", person)

    async def show_booked(self, delegate: int) -> None:
        """Show what this delegate has, in a planner that is nobody else's."""
        await Planner.update({Planner.delegate: delegate}).where(
            Planner.id == self.id, Planner.person.is_null()
        )

    async def booked(self) -> set[str] | None:
        """Slugs of the offers that the planner's owner holds. None: they have no place at the conference."""
        if self.person is None and self.delegate is None:
            return None
        mine = Delegate.person == self.person if self.person is not None else Delegate.id == self.delegate
        places = [row["id"] for row in await Delegate.select(Delegate.id).where(mine)]
        if not places:
            return None
        return {
            row["offer.slug"] for row in await Item.select(Item.offer.slug).where(Item.delegate.is_in(places))
        }

    async def mark(self, session: str) -> None:
        """Mark a session (slug); once it is marked, nothing happens."""
        await Mark.insert(Mark(planner=self.id, session=session)).on_conflict(action="DO NOTHING")

    async def unmark(self, session: str) -> None:
        """Take a session (slug) off, if it is marked."""
        await Mark.delete().where(Mark.planner == self.id, Mark.session == session)

    async def marks(self) -> list[str]:
        """Slugs of the sessions marked, in the order they were."""
        return (await Planner.marks_of(self.id))[self.id]

    @classmethod
    async def marks_of(cls, *planners: int) -> dict[int, list[str]]:
        """Slugs of the sessions marked in each of these planners (ids), in the order they were."""
        marks: dict[int, list[str]] = {planner: [] for planner in planners}
        rows = Mark.select(Mark.planner, Mark.session).where(Mark.planner.is_in(list(planners) or [0]))
        for row in await rows.order_by(Mark.id):
            marks[row["planner"]].append(row["session"])
        return marks


class Mark(Table):
    """A session in somebody's own programme."""

    id: Serial
    planner = ForeignKey(Planner, null=False, on_delete=OnDelete.cascade)
    session = Varchar(length=80)
    """The session's slug: a mark is a wish, and stays harmlessly when the session goes."""

    one_mark_per_session = Unique([planner, session])
