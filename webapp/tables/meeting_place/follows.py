"""Following a note: hearing what is new under it."""

from __future__ import annotations

from datetime import datetime

from piccolo.columns import ForeignKey, LazyTableReference, OnDelete, Serial
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.transaction import transaction
from webapp.tables.meeting_place.block import meets
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Profile


class Follow(Table):
    """That somebody wants to hear what is new under a note."""

    id: Serial
    note: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Note", module_path="webapp.tables.meeting_place.board"),
        null=False,
        on_delete=OnDelete.cascade,
    )
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)

    follows_a_note_once = Unique([note, profile])

    @classmethod
    async def ask(cls, note: int, profile: int, now: datetime) -> None:
        """Hear of a note from now on. Doing it again changes nothing. Raises Refused."""
        async with transaction():
            await Profile.speak(profile, now)
            await cls.begin(note, profile)

    @classmethod
    async def begin(cls, note: int, profile: int) -> None:
        """Let somebody who writes there follow the note. To be called within a change."""
        await cls.insert(cls(note=note, profile=profile)).on_conflict(action="DO NOTHING")

    @classmethod
    async def end(cls, note: int, profile: int) -> None:
        """Hear of a note no more."""
        await cls.delete().where(cls.note == note, cls.profile == profile)

    @classmethod
    async def followed_by(cls, profile: int) -> list[int]:
        """Ids of the notes that somebody follows."""
        rows = await cls.select(cls.note).where(cls.profile == profile)
        return [row["note"] for row in rows]

    @classmethod
    async def tell_all(cls, note: int, actor: int, kind: str, now: datetime, revision: int) -> None:
        """Tell what the actor has done to all others who follow the note and may meet them, and its author.

        To be called within a change.
        """
        followers = await cls.raw(
            "SELECT follow.profile FROM follow JOIN note ON note.id = follow.note"  # noqa: S608
            " WHERE follow.note = {} AND follow.profile != {}"
            f" AND {meets('follow.profile', '{}')} AND {meets('follow.profile', 'note.author')}",
            *(note, actor, actor, actor),
        )
        if followers:
            told = [row["profile"] for row in followers]
            await Notice.tell_at_once(told, kind, now, revision, actor=actor, note=note)
