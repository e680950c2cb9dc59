"""The board: what people seek, offer and would like to discuss, and what others say to it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from piccolo.columns import Boolean, ForeignKey, Integer, LazyTableReference, OnDelete, Serial, Text, Varchar
from piccolo.constraints import Unique
from piccolo.query import Select
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import Meeting, Profile, unblocked
from webapp.tables.search import Entry

MOST_REPLIES = 500
"""Under one note."""
STEPS_FORWARD = "I would like to go on talking about this."


class Kind(StrEnum):
    SEEK = "seek"
    OFFER = "offer"
    IDEA = "idea"


class State(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    """Its author has found whom or what they looked for."""
    HIDDEN = "hidden"
    """By a moderator."""
    WITHDRAWN = "withdrawn"
    """By its author."""


SEEN = (State.OPEN, State.CLOSED)
"""The states in which others may read a note; a reply is open while it may be read."""


@dataclass(frozen=True)
class Written:
    """What a note says."""

    kind: str
    title: str
    text: str
    themes: str
    """Slugs of the conference's categories and free tags, with a blank before, between and after them."""
    session: str
    """A slug; empty: about none."""

    @property
    def whole(self) -> str:
        return f"{self.title}\n{self.text}".strip()


class Note(Table):
    id: Serial
    author = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    """None: nobody's, as those from a question, or of somebody who has taken their name out of it."""
    key = Varchar(length=60, null=True, default=None)
    """Of the form it was written in: however often that is sent, it is one note."""
    kind = Varchar(length=10, choices=Kind)
    title = Varchar(length=480)
    text = Text()
    themes = Text()
    session = Varchar(length=80)
    question: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Question", module_path="webapp.tables.questions.question"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
        unique=True,
    )
    """Of which it makes a conversation. Who asked or voted is not told: each steps forward."""
    state = Varchar(length=10, choices=State, default=State.OPEN)
    was_closed = Boolean(default=False)
    """Of one that is hidden: what it was before, and is when it is shown again."""
    replies = Integer(default=0)
    """Those that may be read."""
    votes = Integer(default=0)
    """How many say “me too”."""
    tally = Integer(default=0)
    """How often `votes` has changed, so that an older count is known as such."""
    revision = Integer(default=0, index=True)
    """The meeting place's, at its last change."""
    written_at = Instant()

    written_once_per_form = Unique([author, key])

    @classmethod
    async def write(cls, author: int, key: str, written: Written, now: datetime) -> int:
        """Put a note up, and return its id. With the same key it is the same note."""
        async with transaction():
            revision = await Meeting.speak(author, now)
            rows = await (
                cls.insert(cls(author=author, key=key, revision=revision, written_at=now, **vars(written)))
                .on_conflict(action="DO NOTHING")
                .returning(cls.id)
            )
            if rows:
                note = int(rows[0]["id"])
                await Entry.put("note", note, written.title, written.text, written.themes)
                await Follow.begin(note, author)
                return note
        row = await cls.select(cls.id).where(cls.author == author, cls.key == key).first()
        if row is None:
            raise Refused("This note was taken down meanwhile.")
        return int(row["id"])

    @classmethod
    async def change(cls, note: int, author: int, written: Written, now: datetime) -> int:
        """Say it differently, and return its id. Raises Refused."""
        async with transaction():
            await Meeting.speak(author, now)
            facts = {getattr(cls, name): value for name, value in vars(written).items()}
            await cls._change_own(note, author, facts, SEEN)
            await Entry.put("note", note, written.title, written.text, written.themes)
        return note

    @classmethod
    async def close(cls, note: int, author: int, now: datetime) -> None:
        """Found each other. Raises Refused."""
        async with transaction():
            await Meeting.speak(author, now)
            revision = await cls._change_own(note, author, {cls.state: State.CLOSED}, (State.OPEN,))
            await Notice.tell_followers(note, author, "closed", now, revision)

    @classmethod
    async def open_again(cls, note: int, author: int, now: datetime) -> None:
        async with transaction():
            await Meeting.speak(author, now)
            await cls._change_own(note, author, {cls.state: State.OPEN}, (State.CLOSED,))

    @classmethod
    async def withdraw(cls, note: int, author: int, now: datetime) -> None:
        """Take it down. Raises Refused."""
        from webapp.tables.meeting_place.round_tables import RoundTable  # which say what it said

        async with transaction():
            revision = await cls._change_own(note, author, {cls.state: State.WITHDRAWN}, SEEN)
            await Entry.leave_out("note", note)
            await RoundTable.name_anew(note, now, revision)

    @classmethod
    async def _change_own(
        cls, note: int, author: int, facts: dict[Any, Any], states: tuple[State, ...]
    ) -> int:
        revision = await Meeting.change()
        rows = await (
            cls.update({**facts, cls.revision: revision})
            .where(cls.id == note, cls.author == author, cls.state.is_in(list(states)))
            .returning(cls.id)
        )
        if not rows:
            raise Refused(
                "This note has changed meanwhile, or is not there any more. Please look at it again."
            )
        return revision

    @classmethod
    async def seen_by(cls, viewer: int, *conditions: Any, most: int) -> list[dict[str, Any]]:
        """Notes that this viewer may read, the newest first."""
        notes = (
            cls.cards()
            .where(cls.state.is_in(list(SEEN)), unblocked("note.author", viewer), *conditions)
            .order_by(cls.id, ascending=False)
            .limit(most)
        )
        return await notes

    @classmethod
    async def one_seen_by(cls, viewer: int, note: int) -> dict[str, Any] | None:
        """None: as if it were not there."""
        rows = await cls.seen_by(viewer, cls.id == note, most=1)
        return rows[0] if rows else None

    @classmethod
    async def at_desk(cls, note: int) -> dict[str, Any] | None:
        """A note for moderators, also a hidden one and whoever has blocked whom. None: its author has taken it down."""
        return await cls.cards().where(cls.id == note, cls.state != State.WITHDRAWN).first()

    @classmethod
    def cards(cls) -> Select[Any]:
        return cls.select(*NOTE)

    @classmethod
    async def counted_of(cls, notes: list[int], hidden: frozenset[int]) -> dict[int, tuple[int, int]]:
        """How many replies and how many “me too” of each of these notes are by somebody who is hidden."""
        if not notes or not hidden:
            return {}
        replies = await Reply.select(Reply.note).where(
            Reply.note.is_in(notes), Reply.state == State.OPEN, Reply.author.is_in(sorted(hidden))
        )
        votes = await MeToo.select(MeToo.note).where(
            MeToo.note.is_in(notes), MeToo.profile.is_in(sorted(hidden))
        )
        replied, voted = (Counter(row["note"] for row in rows) for rows in (replies, votes))
        return {note: (replied[note], voted[note]) for note in notes}

    @classmethod
    async def countries_for(cls, viewer: int) -> list[str]:
        """Where the authors are from who show it."""
        author: Any = cls.author
        rows = await (
            cls.select(author.country.as_alias("country"))
            .where(
                cls.state.is_in(list(SEEN)),
                author.shows_country.eq(True),
                author.country != "",
                unblocked("note.author", viewer),
            )
            .distinct()
        )
        return [row["country"] for row in rows]


class Reply(Table):
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
            revision = await Meeting.speak(author, now)
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
            await Notice.tell_followers(note, author, "reply", now, revision)
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
    async def seen_by(cls, viewer: int, note: int) -> list[dict[str, Any]]:
        """The replies under a note that this viewer may read, in their order."""
        return (
            await cls.cards()
            .where(cls.note == note, cls.state == State.OPEN, unblocked("reply.author", viewer))
            .order_by(cls.id)
        )

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
    async def at_desk(cls, note: int) -> list[dict[str, Any]]:
        """The same of the replies under a note, in their order."""
        return await cls.cards().where(cls.note == note, cls.state != State.WITHDRAWN).order_by(cls.id)

    @classmethod
    def cards(cls) -> Select[Any]:
        return cls.select(*REPLY)


class MeToo(Table):
    """That somebody says “me too” to a note."""

    id: Serial
    note = ForeignKey(Note, null=False, on_delete=OnDelete.cascade)
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)

    one_me_too_each = Unique([note, profile])

    @classmethod
    async def say(cls, note: int, profile: int, now: datetime) -> None:
        """Doing it again changes nothing; its author is told once. Raises Refused when the note is closed or gone."""
        write = "INSERT INTO me_too (note, profile) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING id"
        await cls._count(note, profile, 1, write, now)

    @classmethod
    async def take_back(cls, note: int, profile: int) -> None:
        await cls._count(
            note, profile, -1, "DELETE FROM me_too WHERE note = {} AND profile = {} RETURNING id", None
        )

    @classmethod
    async def _count(cls, note: int, profile: int, by: int, write: str, told_at: datetime | None) -> None:
        async with transaction():
            revision = await (Meeting.speak(profile, told_at) if told_at else Meeting.change())
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
    async def of(cls, profile: int) -> list[int]:
        """Ids of the notes to which somebody says so."""
        rows = await cls.select(cls.note).where(cls.profile == profile)
        return [row["note"] for row in rows]


class Follow(Table):
    """That somebody wants to hear what is new under a note."""

    id: Serial
    note = ForeignKey(Note, null=False, on_delete=OnDelete.cascade)
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)

    follows_a_note_once = Unique([note, profile])

    @classmethod
    async def ask(cls, note: int, profile: int, now: datetime) -> None:
        """Hear of it from now on. Doing it again changes nothing. Raises Refused."""
        async with transaction():
            await Meeting.speak(profile, now)
            await cls.begin(note, profile)

    @classmethod
    async def begin(cls, note: int, profile: int) -> None:
        """The same for whoever writes there. To be called within a change."""
        await cls.insert(cls(note=note, profile=profile)).on_conflict(action="DO NOTHING")

    @classmethod
    async def end(cls, note: int, profile: int) -> None:
        await cls.delete().where(cls.note == note, cls.profile == profile)

    @classmethod
    async def of(cls, profile: int) -> list[int]:
        """Ids of the notes that somebody follows."""
        rows = await cls.select(cls.note).where(cls.profile == profile)
        return [row["note"] for row in rows]


def _author(table: type[Note] | type[Reply]) -> list[Any]:
    """What a note or a reply says of who wrote it: they sign it by writing it."""
    author: Any = table.author
    return [
        author.as_alias("author"),
        author.tag.as_alias("tag"),
        author.name.as_alias("name"),
        author.speaker.as_alias("speaker"),
        author.listed.as_alias("listed"),
        author.country.as_alias("country"),
        author.shows_country.as_alias("shows_country"),
    ]


NOTE = [
    Note.id,
    Note.kind,
    Note.title,
    Note.text,
    Note.themes,
    Note.session,
    Note.question,
    Note.state,
    Note.replies,
    Note.votes,
    Note.tally,
    Note.revision,
    Note.written_at,
    *_author(Note),
]
"""What everybody may see of a note in a state in which it may be read."""
REPLY = [
    Reply.id,
    Reply.note,
    Reply.note.state.as_alias("note_state"),
    Reply.note.author.as_alias("note_author"),
    Reply.text,
    Reply.state,
    Reply.revision,
    Reply.written_at,
    *_author(Reply),
]
"""The same of a reply, which may be read while its note may."""
