"""Who reads the streams that are not for everybody, and which of them still may."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from webapp.tables import Moderator, SignIn
from webapp.tables.meeting_place import membership

PLACE = "the meeting place"
"""The door of the meeting place. That of a desk is its panel's slug, or `MEETING_PLACE`."""


@dataclass(frozen=True)
class Reader:
    """Somebody at one browser, with what was asked before they were let in."""

    person: int
    sign_in: int | None = None
    """None: a cookie says who they are, since this instant."""
    since: datetime | None = None
    door: str = ""
    """Of what they read. Empty: it is their own, so signing in is all it takes."""

    @classmethod
    def at(cls, sign_in: SignIn | None, door: str = "") -> Self | None:
        return cls(sign_in.person, sign_in.id, door=door) if sign_in else None


async def still_let_in(
    readers: Collection[Reader], silenced: dict[int, datetime], lecturers: Iterable[str], now: datetime
) -> set[Reader]:
    """Those who would be let in now, too. `silenced`: since when whose cookies are void; `lecturers`: addresses.

    However many they are, it takes as many looks into the database.
    """
    there = await SignIn.still_there([one.sign_in for one in readers if one.sign_in is not None], now)
    people = {one.person for one in readers if one.door}
    moderate = await Moderator.panels_by_person(people)
    come = await membership.still_come(
        people & {one.person for one in readers if one.door == PLACE}, lecturers
    )

    def may(one: Reader) -> bool:
        if one.sign_in is not None and one.sign_in not in there:
            return False
        if one.since is not None and one.person in silenced and one.since <= silenced[one.person]:
            return False
        if one.door in ("", PLACE):
            return not one.door or one.person in come
        return not {"", one.door}.isdisjoint(moderate.get(one.person, set()))

    return {one for one in readers if may(one)}
