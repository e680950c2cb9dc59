"""The sessions somebody has marked, with or without an account."""

from __future__ import annotations

import re
import secrets
from typing import Self

from piccolo.columns import ForeignKey, OnDelete, Serial, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.tables.people import Person
from webapp.tables.registration import Delegate, Item

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
        planner = cls(key=secrets.token_urlsafe(24), delegate=delegate)
        await planner.save()
        return planner

    @classmethod
    async def with_key(cls, key: str) -> Self | None:
        if not KEY.fullmatch(key):
            return None  # not ours, and perhaps not even something a database can look for
        return await cls.objects().where(cls.key == key).first()

    @classmethod
    async def of(cls, person: int) -> Self | None:
        return await cls.objects().where(cls.person == person).order_by(cls.id).first()

    async def belong_to(self, person: int) -> Planner:
        """Join what was marked before signing in to the person's own planner, which is returned."""
        own = await Planner.of(person)
        if own is None:
            await Planner.update({Planner.person: person}).where(
                Planner.id == self.id, Planner.person.is_null()
            )
            return self
        if own.id != self.id and self.person is None:
            for slug in await self.marks():
                await own.mark(slug)
        return own

    async def show_booked(self, delegate: int) -> None:
        """Show what this delegate has, in a planner that is nobody else's."""
        await Planner.update({Planner.delegate: delegate}).where(
            Planner.id == self.id, Planner.person.is_null()
        )

    async def booked(self) -> set[str]:
        """Slugs of the offers that the planner's owner holds."""
        if self.person is not None:
            mine = Item.delegate.person == self.person
        elif self.delegate is not None:
            mine = Item.delegate == self.delegate
        else:
            return set()
        return {row["offer.slug"] for row in await Item.select(Item.offer.slug).where(mine)}

    async def mark(self, session: str) -> None:
        await Mark.insert(Mark(planner=self.id, session=session)).on_conflict(action="DO NOTHING")

    async def unmark(self, session: str) -> None:
        await Mark.delete().where(Mark.planner == self.id, Mark.session == session)

    async def marks(self) -> list[str]:
        """Slugs of the sessions marked, in the order they were."""
        rows = await Mark.select(Mark.session).where(Mark.planner == self.id).order_by(Mark.id)
        return [row["session"] for row in rows]


class Mark(Table):
    """A session in somebody's own programme."""

    id: Serial
    planner = ForeignKey(Planner, null=False, on_delete=OnDelete.cascade)
    session = Varchar(length=80)
    """The session's slug: a mark is a wish, and stays harmlessly when the session goes."""

    one_mark_per_session = Unique([planner, session])
