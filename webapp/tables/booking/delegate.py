"""Delegates: who comes, with what the venue must know of them.

A field more is added to `Details` and, of the same name, to the columns of `Delegate`. Forms, changes, what people take
out and what is erased follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Any, Self

from piccolo.columns import (
    Boolean,
    ForeignKey,
    Integer,
    LazyTableReference,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.query.functions import Max
from piccolo.table import Table
from pydantic import BaseModel

from webapp.tables.people import ERASED, Person, email_key
from webapp.text.fields import Country, Email, Line, Name, Prose, needed


class Details(BaseModel, frozen=True):
    """What is said of a delegate: the fields of the forms, in order when they are found so."""

    name: Annotated[Name, needed("Please enter the delegate’s name.")]
    email: Email
    organisation: Annotated[Line, needed("Please enter the school, service or organisation.")]
    role: Line
    country: Country
    diet: Prose
    access_needs: Prose


NEEDS = ("diet", "access_needs")
"""What people say of their health."""
OWN = tuple(name for name in Details.model_fields if name not in ("email", "country"))
"""What delegates say of themselves, by the link in their mail."""
WHO = ("name", "email", "organisation", "country")
"""What is said of somebody who comes in another one's place. All else they say themselves."""
OF_THE_PLACE = ("organisation", "country")
"""What is proposed to be theirs, too."""
KEPT = ("country",)
"""What is not erased: the tax that stands in the accounts comes from it."""


class Delegate(Table):
    """One person on a booking, with what the venue must know of them."""

    id: Serial
    booking: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Booking", module_path="webapp.tables.booking.booking"),
        null=False,
        on_delete=OnDelete.cascade,
    )
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    position = SmallInt()
    name = Varchar(length=200)
    email = Varchar(length=254)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    country = Varchar(length=2)
    diet = Text()
    access_needs = Text()
    needs_are_private = Boolean(default=False)
    """These two were said by the delegate themselves: only they and the organisers read them."""
    calendar_sequence = Integer(default=0)
    """Rises with every change of what the delegate takes, so that calendars know which news is the latest."""
    calendar_offers = Text(default="")
    """Slugs of all that their calendars have ever been told of: what is gone has to be cancelled there."""

    one_place_in_a_booking = Unique([booking, position])

    @classmethod
    def on(cls, booking: int, position: int, details: Details, people: dict[str, int]) -> Self:
        """A new delegate in this place of a booking, who is among the `people` (ids by address)."""
        return cls({cls.booking: booking, cls.position: position, **cls.facts(details, people)})

    @classmethod
    def facts(cls, details: Details, people: dict[str, int]) -> dict[Any, Any]:
        """The columns that say these details of somebody, who is among the `people` (ids by address)."""
        said = {getattr(cls, name): value for name, value in details}
        return {cls.person: people[email_key(details.email)], **said}

    @property
    def details(self) -> Details:
        """What is known of them, though it need not be in order any more."""
        return Details.model_construct(**{name: getattr(self, name) for name in Details.model_fields})

    @classmethod
    async def forget(cls, person: int) -> None:
        """Let nothing be known of somebody who is erased but what the accounts keep."""
        cleared = {getattr(cls, name): "" for name in Details.model_fields if name not in KEPT}
        await cls.update({**cleared, cls.name: ERASED}).where(cls.person == person)

    @classmethod
    async def last_position(cls, booking: int) -> int:
        """The last place of a booking that a delegate has; -1 when there is none."""
        last = await cls.select(Max(cls.position)).where(cls.booking == booking).first()
        return -1 if last is None or last["max"] is None else int(last["max"])

    async def shares_their_mailbox(self) -> bool:
        """Whether somebody else on the same booking is written to at the same address."""
        return await Delegate.exists().where(
            Delegate.booking == self.booking, Delegate.person == self.person, Delegate.id != self.id
        )

    def keeps_needs_after(self, said: Details, *, by_themselves: bool) -> bool:
        """Whether what the venue is told is the delegate's own, after this was said of them."""
        if email_key(said.email) != email_key(self.email):  # somebody else comes, who has said nothing yet
            return False
        new = any(getattr(said, name) != getattr(self, name) for name in NEEDS)
        return self.needs_are_private or (by_themselves and new)

    @classmethod
    async def places_of(cls, person: int, bookings: Collection[int]) -> list[Self]:
        """The places that are a person's own, in these bookings (ids)."""
        if not bookings:
            return []
        return (
            await cls.objects()
            .where(cls.person == person, cls.booking.is_in(list(bookings)))
            .order_by(cls.id)
        )

    @classmethod
    async def calendar_changes(cls, delegate: int, offers: Iterable[str]) -> None:
        """Say that a delegate now has these offers (slugs), none when they do not come. Within the transaction of
        the change: the letters and calendars that are written of it then carry a higher SEQUENCE, and cancel what
        is gone."""
        rows = (
            await cls.update({cls.calendar_sequence: cls.calendar_sequence + 1})
            .where(cls.id == delegate)
            .returning(cls.calendar_offers)
        )
        for row in rows:
            told = {*row["calendar_offers"].split(), *offers}
            await cls.update({cls.calendar_offers: " ".join(sorted(told))}).where(cls.id == delegate)
