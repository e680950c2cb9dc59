"""What others say to the notes of the board: replies, and “me too”."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Any

from piccolo.columns import ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.constraints import Unique
from piccolo.query import Select
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import unblocked
from webapp.tables.meeting_place.board import Note, SignedRow, State, signature_of
from webapp.tables.meeting_place.follows import Follow
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Profile

MOST_REPLIES = 500
"""Under one note."""
STEPS_FORWARD = "I would like to go on talking about this."


class ReplyRow(SignedRow):
    """`REPLY_COLUMNS` of a reply."""

    note: int
    note_state: str
    note_author: int | None


class Reply(Table):
    """What somebody says under a note."""

    id: Serial
    note = ForeignKey(Note, null=False, on_delete=OnDelete.cascade, index=True)
    author = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    key = Varchar(length=60, null=True, default=None)
    text = Text()
    state = Varchar(length=10, choices=State, default=State.OPEN)
    revision = Integer(default=0, index=True)
    written_at = Instant()

    replied_once_per_form = Unique([author, key])

    @classmethod
    async def write(cls, note: int, author: int, key: str, text: str, now: datetime) -> int:
        """Reply to an open note, follow it from now on, and return the reply's id. Raises Refused."""
        async with transaction():
            revision = await Profile.speak(author, now)
            before = await cls.select(cls.id).where(cls.author == author, cls.key == key).first()
            if before is not None:
                return int(before["id"])
            rows = await (
                Note.update({Note.replies: Note.replies + 1, Note.revision: revision})
                .where(
                    Note.id == note,
                    Note.state == State.OPEN,
                    Note.replies < MOST_REPLIES,
                    unblocked("note.author", author),
                )
                .returning(Note.id)
            )
            if not rows:
                raise Refused("This note takes no more replies: its author has closed it or taken it down.")
            await Follow.tell_all(note, author, "reply", now, revision)
            await Follow.begin(note, author)
            written = await cls.insert(
                cls(note=note, author=author, key=key, text=text, revision=revision, written_at=now)
            ).returning(cls.id)
            return int(written[0]["id"])

    @classmethod
    async def step_forward(cls, note: int, author: int, key: str, revision: int, now: datetime) -> None:
        """Be among those who would like to go on talking, also after stepping back. To be called within a change."""
        again = await (
            cls.update({cls.state: State.OPEN, cls.revision: revision})
            .where(cls.author == author, cls.key == key, cls.state == State.WITHDRAWN)
            .returning(cls.id)
        )
        if again:
            await Note.update({Note.replies: Note.replies + 1, Note.revision: revision}).where(
                Note.id == note
            )
            await Follow.begin(note, author)
        elif not await cls.exists().where(cls.note == note, cls.author == author, cls.state == State.OPEN):
            await cls.write(note, author, key, STEPS_FORWARD, now)

    @classmethod
    async def withdraw(cls, reply: int, author: int) -> int:
        """Take one's reply back. Returns the note it was under. Raises Refused."""
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                cls.update({cls.state: State.WITHDRAWN, cls.revision: revision})
                .where(cls.id == reply, cls.author == author, cls.state == State.OPEN)
                .returning(cls.note)
            )
            if not rows:
                raise Refused("This reply is not there any more.")
            note = int(rows[0]["note"])
            await Note.update({Note.replies: Note.replies - 1, Note.revision: revision}).where(
                Note.id == note
            )
        return note

    @classmethod
    async def seen_by(cls, viewer: int, note: int) -> list[ReplyRow]:
        """The replies under a note that this viewer may read, in their order."""
        return await rows_as(ReplyRow, cls._read_by(viewer).where(cls.note == note).order_by(cls.id))

    @classmethod
    async def one_seen_by(cls, viewer: int, reply: int) -> ReplyRow | None:
        """A reply, if this viewer may read it and its note. None: as if it were not there."""
        row = await row_as(ReplyRow, cls._read_by(viewer).where(cls.id == reply).first())
        return row if row and await Note.one_seen_by(viewer, row["note"]) else None

    @classmethod
    def _read_by(cls, viewer: int) -> Select[Any]:
        return cls.select(*REPLY_COLUMNS).where(cls.state == State.OPEN, unblocked("reply.author", viewer))

    @classmethod
    async def signed_under(cls, viewer: int, note: int) -> list[str]:
        """The names of those whose replies under a note this viewer may read."""
        author: Any = cls.author
        rows = (
            await cls.select(author.name.as_alias("name"))
            .where(cls.note == note, cls.state == State.OPEN, unblocked("reply.author", viewer))
            .distinct()
        )
        return [row["name"] or "" for row in rows]

    @classmethod
    async def at_desk(cls, note: int) -> list[ReplyRow]:
        """The replies under a note for moderators, in their order: also hidden ones, whoever has blocked whom."""
        return await rows_as(
            ReplyRow,
            cls.select(*REPLY_COLUMNS).where(cls.note == note, cls.state != State.WITHDRAWN).order_by(cls.id),
        )

    @classmethod
    async def changed_since(cls, revision: int, most: int) -> list[ReplyRow]:
        """Replies, in whatever state, that have changed after this revision: at most so many."""
        return await rows_as(
            ReplyRow, cls.select(*REPLY_COLUMNS).where(cls.revision > revision).order_by(cls.id).limit(most)
        )

    @classmethod
    async def numbers_by(cls, authors: Collection[int], notes: Collection[int]) -> Counter[int]:
        """How many replies, that may be read, these authors have written under each of these notes."""
        rows = await cls.select(cls.note).where(
            cls.note.is_in(list(notes)), cls.state == State.OPEN, cls.author.is_in(sorted(authors))
        )
        return Counter(row["note"] for row in rows)


REPLY_COLUMNS = [
    Reply.id,
    Reply.note,
    Reply.note.state.as_alias("note_state"),
    Reply.note.author.as_alias("note_author"),
    Reply.text,
    Reply.state,
    Reply.revision,
    Reply.written_at,
    *signature_of(Reply.author),
]
"""What everybody may see of a reply, which may be read while its note may."""


class MeToo(Table):
    """That somebody says “me too” to a note."""

    id: Serial
    note = ForeignKey(Note, null=False, on_delete=OnDelete.cascade)
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)

    one_me_too_each = Unique([note, profile])

    @classmethod
    async def say(cls, note: int, profile: int, now: datetime) -> None:
        """Say it. Doing it again changes nothing; the note's author is told once.

        Raises Refused when the note is closed or gone.
        """
        write = "INSERT INTO me_too (note, profile) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING id"
        await cls._count(note, profile, 1, write, now)

    @classmethod
    async def take_back(cls, note: int, profile: int) -> None:
        """Say it no more. Raises Refused when the note is closed or gone."""
        await cls._count(
            note, profile, -1, "DELETE FROM me_too WHERE note = {} AND profile = {} RETURNING id", None
        )

    @classmethod
    async def _count(cls, note: int, profile: int, by: int, write: str, told_at: datetime | None) -> None:
        async with transaction():
            revision = await (Profile.speak(profile, told_at) if told_at else Meeting.change())
            open_to_all = (Note.state == State.OPEN) & ((Note.author != profile) | Note.author.is_null())
            rows = await Note.select(Note.author).where(
                Note.id == note, open_to_all, unblocked("note.author", profile)
            )
            if not rows:
                raise Refused("This note is closed, or not there any more.")
            if await cls.raw(write, note, profile):
                await Note.update(
                    {Note.votes: Note.votes + by, Note.tally: Note.tally + 1, Note.revision: revision}
                ).where(Note.id == note)
                if told_at and rows[0]["author"]:
                    await Notice.tell(
                        rows[0]["author"], "me_too", told_at, revision, actor=profile, note=note
                    )

    @classmethod
    async def said_by(cls, profile: int) -> list[int]:
        """Ids of the notes to which somebody says “me too”."""
        rows = await cls.select(cls.note).where(cls.profile == profile)
        return [row["note"] for row in rows]

    @classmethod
    async def numbers_by(cls, profiles: Collection[int], notes: Collection[int]) -> Counter[int]:
        """How many of these profiles say “me too” to each of these notes."""
        rows = await cls.select(cls.note).where(
            cls.note.is_in(list(notes)), cls.profile.is_in(sorted(profiles))
        )
        return Counter(row["note"] for row in rows)
