"""The people who make the conference: who moderates what."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from piccolo.columns import ForeignKey, OnDelete, Serial, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.tables.people import Person, email_key


class Moderator(Table):
    """That somebody moderates a panel, or all of them. Organisers moderate every panel without a row here."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    panel = Varchar(length=80, default="")
    """Its slug; empty: all."""

    moderates_a_panel_once = Unique([person, panel])

    @classmethod
    async def appoint(cls, email: str, panel: str, now: datetime) -> int:
        """Let this address moderate. Returns the person's id."""
        ids = await Person.known_at([email], now)
        (person,) = ids.values()
        await cls.insert(cls(person=person, panel=panel)).on_conflict(action="DO NOTHING")
        return person

    @classmethod
    async def dismiss(cls, email: str, panel: str) -> list[int]:
        """Let this address moderate a panel no more. Returns whose it is (an id), or nothing when it did not.

        To be called within a transaction, like `dismissal.dismiss_moderator`.
        """
        person = Person.select(Person.id).where(Person.email == email_key(email))
        rows = await cls.delete().where(cls.person.is_in(person), cls.panel == panel).returning(cls.person)
        return [row["person"] for row in rows]

    @classmethod
    async def appointments(cls) -> list[tuple[str, str]]:
        """The address of everybody who was appointed, each with a panel's slug; empty: all panels."""
        rows = await cls.select(cls.person.email.as_alias("email"), cls.panel).order_by(
            cls.person.email, cls.panel
        )
        return [(row["email"], row["panel"]) for row in rows]

    @classmethod
    async def panels_by_person(cls, people: Collection[int]) -> dict[int, set[str]]:
        """What each of these people moderates: slugs of panels, or an empty one for all that there are."""
        if not people:
            return {}
        found: dict[int, set[str]] = {}
        for row in await cls.select(cls.person, cls.panel).where(cls.person.is_in(list(people))):
            found.setdefault(row["person"], set()).add(row["panel"])
        for row in await Person.select(Person.id).where(
            Person.id.is_in(list(people)), Person.organiser.eq(True)
        ):
            found.setdefault(row["id"], set()).add("")
        return found

    @classmethod
    async def moderated_by(cls, person: int, panels: Sequence[str]) -> Sequence[str]:
        """Which of these panels a person moderates."""
        if await Person.exists().where(Person.id == person, Person.organiser.eq(True)):
            return panels
        rows = await cls.select(cls.panel).where(cls.person == person)
        appointed = {row["panel"] for row in rows}
        return [panel for panel in panels if panel in appointed or "" in appointed]

    @classmethod
    async def let_in(cls, person: int, panel: str) -> Person | None:
        """The person, if they moderate this panel."""
        appointed = cls.select(cls.person).where(cls.panel.is_in([panel, ""]))
        return (
            await Person.objects()
            .where(Person.id == person, Person.organiser.eq(True) | Person.id.is_in(appointed))
            .first()
        )
