"""What somebody says of themselves, or their booking says of them. What they have signed says it, too."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

from webapp.conference.contact import organisers
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.booking.delegate import Delegate
from webapp.tables.meeting_place.board import Note
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.profile import SHOWABLE, Profile
from webapp.tables.meeting_place.replies import Reply
from webapp.tables.meeting_place.round_tables import RoundTable
from webapp.tables.people import Person
from webapp.tables.search import Entry
from webapp.text.typed import line

BOOKED = ("organisation", "role", "country")
"""What a booking says of a delegate. What they are called they say themselves."""


class Booked(TypedDict):
    """What a booking says of a delegate, with the name under which it was made."""

    name: str
    organisation: str
    role: str
    country: str


@dataclass(frozen=True)
class SelfDescription:
    """What somebody says of themselves, and what of it others may see."""

    name: str
    organisation: str
    role: str
    themes: str
    """Slugs, with a blank before, between and after them."""
    languages: str
    line: str
    telephone: str
    by_mail: bool
    listed: bool
    shown: frozenset[str]
    """Of `SHOWABLE`."""

    def only_taking_back(self, before: dict[str, Any]) -> SelfDescription:
        """What of it shows and says less than the profile before: to that everybody has a right at any time."""
        texts = ("organisation", "role", "themes", "languages", "line", "telephone")
        return replace(
            self,
            name=before["name"],
            listed=self.listed and before["listed"],
            shown=frozenset(name for name in self.shown if before[f"shows_{name}"]),
            **{name: before[name] for name in texts if getattr(self, name)},
        )

    @property
    def searchable(self) -> list[str]:
        """The texts by which the directory finds its owner: what is shown, but for the country, by which it filters."""
        return [self.name, *(getattr(self, name) for name in SHOWABLE if name in self.shown - {"country"})]


async def describe(profile: int, wanted: SelfDescription, now: datetime) -> None:
    """Let a profile say this of its owner, and let this of it be seen.

    Whoever may not speak can still take back: that is done, and only the rest is refused. Whose profile is hidden
    can write in it, and shows nothing. Raises Refused.
    """
    refused = None
    async with transaction():
        said = wanted
        try:
            revision = await Profile.speak(profile, now)
        except Refused as refusal:
            revision = await Meeting.change()
            before = await Profile.select().where(Profile.id == profile).first()
            if before is None:
                raise
            said = wanted.only_taking_back(before)
            taken_back = f"{refusal.reason} What you took back is taken back, and not shown any more."
            refused = Refused(taken_back) if said != wanted else None
        if (said.listed or said.shown) and await Profile.exists().where(
            Profile.id == profile, Profile.hidden.eq(True)
        ):
            said = replace(said, listed=False, shown=frozenset())
            refused = refused or _hidden()
        await _write(profile, said)
        await sign_anew(profile, revision)
    if refused:
        raise refused


async def _write(profile: int, said: SelfDescription) -> None:
    texts = {name: value for name, value in vars(said).items() if name != "shown"}
    shows = {f"shows_{name}": name in said.shown for name in SHOWABLE}
    facts: dict[Any, Any] = {getattr(Profile, name): value for name, value in {**texts, **shows}.items()}
    rows = (
        await Profile.update({**facts, Profile.follows_booking: False})
        .where(Profile.id == profile)
        .returning(Profile.person)
    )
    if rows:
        await Person.update({Person.name: said.name}).where(Person.id == rows[0]["person"])
    if said.listed:
        await Entry.put("profile", profile, *said.searchable)
    else:
        await Entry.leave_out("profile", profile)


async def be_called(person: int, name: str) -> None:
    """Let somebody's profile, and what they have written, have this name. To be called within a transaction."""
    called_otherwise = (Profile.person == person) & (Profile.name != name)
    if not await Profile.exists().where(called_otherwise):
        return
    revision = await Meeting.change()
    renamed = (
        await Profile.update({Profile.name: name}).where(called_otherwise).returning(*Profile.all_columns())
    )
    for row in renamed:
        if row["listed"]:
            shown = [row[field] for field in SHOWABLE if row[f"shows_{field}"] and field != "country"]
            await Entry.put("profile", row["id"], name, *shown)
        await sign_anew(row["id"], revision)


async def refuse_another_name_if_muted(person: int, name: str, now: datetime) -> None:
    """Raises Refused for somebody who is asked to pause, has a name and wants another."""
    has_a_name = Person.select(Person.id).where(Person.id == person, Person.name != "")
    muted = Profile.person.is_in(has_a_name) & (Profile.name != name) & (Profile.muted_until > now)
    if await Profile.exists().where(muted):
        raise Refused("A moderator has asked you to pause, so your name stays as it is for now.")


async def take_from_bookings(people: Iterable[int]) -> None:
    """Say what is newly booked of these people, as far as it is not theirs to say.

    To be called in the transaction of the booking.
    """
    for row in await Profile.select().where(Profile.person.is_in(sorted(people) or [0])).order_by(Profile.id):
        names = BOOKED if row["follows_booking"] else ("country",)
        booked: dict[str, Any] = {**(await as_booked(row["person"]) or {})}
        new: dict[Any, Any] = {
            name: booked[name] for name in names if booked.get(name) and booked[name] != row[name]
        }
        if new:
            revision = await Meeting.change()
            await Profile.update(new).where(Profile.id == row["id"])
            await sign_anew(row["id"], revision)


async def booked_name(person: int) -> str:
    """The name under which somebody is first booked; empty when they are not."""
    booked = await as_booked(person)
    return line(booked["name"]) if booked else ""


async def as_booked(person: int) -> Booked | None:
    """What a delegate's booking says of them: the first that stands, since anybody may book for an address."""
    row = (
        await Delegate.select(
            Delegate.name,
            Delegate.organisation,
            Delegate.role,
            Delegate.country,
            Delegate.booking.country.as_alias("booked_from"),
        )
        .where(Delegate.person == person)
        .order_by(Delegate.id)
        .first()
    )
    if row is None:
        return None
    return {
        "name": row["name"],
        "organisation": row["organisation"],
        "role": row["role"],
        "country": row["country"] or row["booked_from"],
    }


async def sign_anew(profile: int, revision: int) -> None:
    """Tell pages that what somebody has written, or invites to, says something else of them: within that change."""
    await Note.update({Note.revision: revision}).where(Note.author == profile)
    await Reply.update({Reply.revision: revision}).where(Reply.author == profile)
    await RoundTable.update({RoundTable.revision: revision}).where(RoundTable.host == profile)


def _hidden() -> Refused:
    return Refused(
        "A moderator has hidden your profile, so this is kept, and shown to nobody. Please speak to "
        f"{organisers()} if you do not know why."
    )
