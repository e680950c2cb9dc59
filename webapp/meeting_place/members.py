"""Who is at the meeting place at this browser, whom they may meet, and how fast they may do things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException, PermissionDeniedException
from redis.asyncio import Redis

from webapp.conference.programme import Programme
from webapp.live.readers import PLACE, Reader
from webapp.meeting_place.views import is_archive
from webapp.refusal import Refused
from webapp.tables import Profile, SignIn
from webapp.tables.meeting_place.membership import Membership, enter
from webapp.tables.meeting_place.profile import MetProfile
from webapp.web.limits import MINUTE, Limit
from webapp.web.sign_ins import insist

PRESSES = Limit("press", 60, MINUTE)
"""“Me too”, following, a seat: what is done with one press."""
SAVES = Limit("save", 20, MINUTE)
"""A profile, a note that is changed, a table: what is typed and kept."""
TAG = re.compile(r"[\w-]{16}", re.ASCII)
NOBODY = "Nobody is listed at this address, or not any more. The directory shows who is."


@dataclass(frozen=True)
class Member:
    """Who is at the meeting place at this browser."""

    profile: int
    person: int
    tag: str
    name: str
    moderates: bool
    row: Membership
    sign_in: int

    def reads(self, door: str = PLACE) -> Reader:
        """As the reader of a stream behind this door."""
        return Reader(self.person, self.sign_in, door=door)


async def member_of(
    proven: NamedDependency[SignIn | None],
    programme: NamedDependency[Programme],
    now: NamedDependency[datetime],
) -> Member:
    """Who is at the meeting place at this browser. Nobody else comes in."""
    sign_in = insist(proven, "Please sign in: the meeting place is for the delegates of the conference.")
    row = await enter(sign_in.person, programme.lecturers, now)
    if row is None and is_archive(programme):
        raise PermissionDeniedException(
            "The meeting place is an archive now, for those who took part in the conference. "
            "If you did, sign out under “My account”, and sign in with the address that your booking had for you."
        )
    if row is None:
        raise PermissionDeniedException(
            "The meeting place is for delegates, lecturers and the team. "
            "Once you are registered, sign in with the address that your booking has for you."
        )
    return Member(row["id"], row["person"], row["tag"], row["name"], row["moderates"], row, sign_in.id)


async def press_calmly(redis: Redis, member: Member) -> None:
    """Raises Refused for whoever presses more in a minute than people do."""
    if not await PRESSES.allows(redis, member.person):
        raise Refused("That was a little fast. Please wait a minute.")


async def save_calmly(redis: Redis, member: Member) -> None:
    """Raises Refused for whoever saves more in a minute than people type."""
    if not await SAVES.allows(redis, member.person):
        raise Refused("That was a little fast. It is kept here: please wait a minute, and send it then.")


async def met_by(member: Member, tag: str) -> MetProfile:
    """Somebody whom this member may meet. Raises NotFoundException for everybody else, as if they were not there."""
    other = await Profile.met_by(member.profile, tag) if TAG.fullmatch(tag) else None
    if other is None:
        raise NotFoundException(NOBODY)
    return other
