"""Who does not want to meet whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from piccolo.columns import ForeignKey, LazyTableReference, OnDelete, Serial
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import rows_as


def meets(one: str, other: str) -> str:
    """The one rule about who meets whom, as SQL: neither of the two profiles has blocked the other.

    Where one of them is NULL nobody is met.
    """
    return f"""NOT EXISTS (SELECT 1 FROM block WHERE block.blocker = {one} AND block.blocked = {other}
        OR block.blocker = {other} AND block.blocked = {one})"""  # noqa: S608 - made of constants


def unblocked(author: str, viewer: int) -> WhereRaw:
    """That a viewer meets the other, whose profile is in the column `author`: every list of theirs holds to it."""
    return WhereRaw(meets(author, "{}"), viewer, viewer)


class Blocked(TypedDict):
    """Somebody whom one has blocked."""

    tag: str
    name: str


class Block(Table):
    """That one does not want to meet another. Neither sees, finds or reaches the other from then on, anywhere.

    What follows from it is said in `blocking`.
    """

    id: Serial
    blocker: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Profile", module_path="webapp.tables.meeting_place.profile"),
        null=False,
        on_delete=OnDelete.cascade,
    )
    blocked: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Profile", module_path="webapp.tables.meeting_place.profile"),
        null=False,
        on_delete=OnDelete.cascade,
        index=True,
    )
    at = Instant()

    blocks_somebody_once = Unique([blocker, blocked])

    @classmethod
    async def put(cls, blocker: int, blocked: int, now: datetime) -> None:
        """Write it down. Doing it again changes nothing. To be called within a change."""
        await cls.insert(cls(blocker=blocker, blocked=blocked, at=now)).on_conflict(action="DO NOTHING")

    @classmethod
    async def blocked_by(cls, blocker: int) -> list[Blocked]:
        """Whom somebody has blocked: only they themselves read this."""
        blocked: Any = cls.blocked
        return await rows_as(
            Blocked,
            cls.select(blocked.tag.as_alias("tag"), blocked.name.as_alias("name"))
            .where(cls.blocker == blocker)
            .order_by(cls.id),
        )

    @classmethod
    async def fingerprint(cls) -> tuple[int, int]:
        """Something that is another when any block has come or gone."""
        [row] = await cls.raw("SELECT count(*) AS number, coalesce(max(id), 0) AS last FROM block")
        return row["number"], row["last"]

    @classmethod
    async def not_met_by(cls, *profiles: int) -> dict[int, frozenset[int]]:
        """For each of these profiles those whom it is not to meet."""
        apart: dict[int, set[int]] = {profile: set() for profile in profiles}
        rows = (
            await cls.select(cls.blocker, cls.blocked).where(
                cls.blocker.is_in(list(profiles)) | cls.blocked.is_in(list(profiles))
            )
            if profiles
            else []
        )
        for row in rows:
            for one, other in ((row["blocker"], row["blocked"]), (row["blocked"], row["blocker"])):
                if one in apart:
                    apart[one].add(other)
        return {profile: frozenset(others) for profile, others in apart.items()}
