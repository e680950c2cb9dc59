"""Who may come in to the meeting place."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from webapp.database.rows import row_as
from webapp.database.transaction import transaction
from webapp.refusal import NameWanted
from webapp.tables.booking.delegate import Delegate
from webapp.tables.meeting_place.presentation import Booked, as_booked, be_called
from webapp.tables.meeting_place.profile import MEETING_PLACE, Profile, WholeProfile
from webapp.tables.people import Person
from webapp.tables.team import Moderator
from webapp.text.typed import line


class Membership(WholeProfile):
    """The profile of somebody who may come in."""

    moderates: bool


async def enter(person: int, lecturers: dict[str, tuple[str, str]], now: datetime) -> Membership | None:
    """The profile of a person who may come in, from now on if not before; None for everybody else.

    Who may: delegates, organisers, moderators, and lecturers whose address (`lecturers`: slug and name by address)
    the conference file gives. Raises NameWanted for who has not said what they are called.
    """
    who = await Person.select(Person.email, Person.name, Person.organiser).where(Person.id == person).first()
    if who is None:
        return None
    speaker, speaker_name = lecturers.get(who["email"], ("", ""))
    moderates = who["organiser"] or await Moderator.exists().where(
        Moderator.person == person, Moderator.panel.is_in(["", MEETING_PLACE])
    )
    booked = await as_booked(person)
    invited = moderates or speaker or await Moderator.exists().where(Moderator.person == person)
    if booked is None and not invited:
        return None
    name = who["name"] or speaker_name
    if not name:
        raise NameWanted
    row = await _profile_of(person)
    if row is None:
        await _join(person, name, speaker, booked, now)
        row = await _profile_of(person)
    elif row["speaker"] != speaker:
        await Profile.update({Profile.speaker: speaker}).where(Profile.id == row["id"])
    elif row["name"] != name and not who["name"]:  # the file has another name for a lecturer
        async with transaction():
            await be_called(person, name)
        row["name"] = name
    if row is None:
        return None
    return {**row, "speaker": speaker, "moderates": bool(moderates)}


async def _profile_of(person: int) -> WholeProfile | None:
    return await row_as(WholeProfile, Profile.select().where(Profile.person == person).first())


async def _join(person: int, name: str, speaker: str, booked: Booked | None, now: datetime) -> None:
    said: dict[str, Any] = {key: line(value) for key, value in {**(booked or {}), "name": name}.items()}
    await Profile.insert(
        Profile(
            person=person,
            tag=secrets.token_urlsafe(12),
            speaker=speaker,
            since=now,
            follows_booking=booked is not None,
            **said,
        )
    ).on_conflict(action="DO NOTHING")


async def still_come(people: Collection[int], lecturers: Iterable[str]) -> set[int]:
    """Which of these people may come in. `lecturers`: the addresses that the conference file gives."""
    if not people:
        return set()
    delegates = Delegate.select(Delegate.person).where(Delegate.person.is_in(list(people)))
    lecturing = Person.select(Person.id).where(
        Person.id.is_in(list(people)), Person.email.is_in([*lecturers] or [""])
    )
    return {
        *(row["person"] for row in await delegates),
        *(row["id"] for row in await lecturing),
        *await Moderator.panels_by_person(people),
    }
