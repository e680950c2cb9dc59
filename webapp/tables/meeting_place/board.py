"""The board: what people seek, offer and would like to discuss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, LazyTableReference, OnDelete, Serial, Text, Varchar
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import unblocked
from webapp.tables.meeting_place.follows import Follow
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.search import Entry


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


READABLE = (State.OPEN, State.CLOSED)
"""The states in which others may read a note; a reply is open while it may be read."""


@dataclass(frozen=True)
class NoteContent:
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
        """All of it that moderators are told."""
        return f"{self.title}\n{self.text}".strip()


class SignedRow(TypedDict):
    """What a note and a reply have in common: `signature_of` their author beside what they say."""

    id: int
    text: str
    state: str
    revision: int
    written_at: datetime
    author: int | None
    tag: str | None
    name: str | None
    speaker: str | None
    listed: bool | None
    country: str | None
    shows_country: bool | None


class NoteRow(SignedRow):
    """`NOTE_COLUMNS` of a note."""

    kind: str
    title: str
    themes: str
    session: str
    question: int | None
    replies: int
    votes: int
    tally: int


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
    async def write(cls, author: int, key: str, content: NoteContent, now: datetime) -> int:
        """Put a note up, and return its id. With the same key it is the same note."""
        async with transaction():
            revision = await Profile.speak(author, now)
            rows = await (
                cls.insert(cls(author=author, key=key, revision=revision, written_at=now, **vars(content)))
                .on_conflict(action="DO NOTHING")
                .returning(cls.id)
            )
            if rows:
                note = int(rows[0]["id"])
                await Entry.put("note", note, content.title, content.text, content.themes)
                await Follow.begin(note, author)
                return note
        row = await cls.select(cls.id).where(cls.author == author, cls.key == key).first()
        if row is None:
            raise Refused("This note was taken down meanwhile.")
        return int(row["id"])

    @classmethod
    async def change(cls, note: int, author: int, content: NoteContent, now: datetime) -> int:
        """Let a note of this author say something else, and return its id. Raises Refused."""
        async with transaction():
            await Profile.speak(author, now)
            facts = {getattr(cls, name): value for name, value in vars(content).items()}
            await cls._change_own(note, author, facts, READABLE)
            await Entry.put("note", note, content.title, content.text, content.themes)
        return note

    @classmethod
    async def close(cls, note: int, author: int, now: datetime) -> None:
        """Close a note: its author has found whom or what they looked for. Raises Refused."""
        async with transaction():
            await Profile.speak(author, now)
            revision = await cls._change_own(note, author, {cls.state: State.CLOSED}, (State.OPEN,))
            await Follow.tell_all(note, author, "closed", now, revision)

    @classmethod
    async def open_again(cls, note: int, author: int, now: datetime) -> None:
        """Take replies to a closed note again. Raises Refused."""
        async with transaction():
            await Profile.speak(author, now)
            await cls._change_own(note, author, {cls.state: State.OPEN}, (State.CLOSED,))

    @classmethod
    async def withdraw(cls, note: int, author: int) -> int:
        """Take it down, and return the revision of that. To be called within a transaction. Raises Refused."""
        revision = await cls._change_own(note, author, {cls.state: State.WITHDRAWN}, READABLE)
        await Entry.leave_out("note", note)
        return revision

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
    async def seen_by(cls, viewer: int, *conditions: Any, most: int) -> list[NoteRow]:
        """Notes that this viewer may read, the newest first: at most so many."""
        return await rows_as(
            NoteRow,
            cls.select(*NOTE_COLUMNS)
            .where(cls.state.is_in(list(READABLE)), unblocked("note.author", viewer), *conditions)
            .order_by(cls.id, ascending=False)
            .limit(most),
        )

    @classmethod
    async def one_seen_by(cls, viewer: int, note: int) -> NoteRow | None:
        """A note, if this viewer may read it. None: as if it were not there."""
        rows = await cls.seen_by(viewer, cls.id == note, most=1)
        return rows[0] if rows else None

    @classmethod
    async def at_desk(cls, note: int) -> NoteRow | None:
        """A note for moderators, also a hidden one and whoever has blocked whom. None: its author has taken it down."""
        return await row_as(
            NoteRow, cls.select(*NOTE_COLUMNS).where(cls.id == note, cls.state != State.WITHDRAWN).first()
        )

    @classmethod
    async def changed_since(cls, revision: int, most: int) -> list[NoteRow]:
        """Notes, in whatever state, that have changed after this revision: at most so many."""
        return await rows_as(
            NoteRow, cls.select(*NOTE_COLUMNS).where(cls.revision > revision).order_by(cls.id).limit(most)
        )

    @classmethod
    async def countries_for(cls, viewer: int) -> list[str]:
        """Where the authors are from who show it."""
        author: Any = cls.author
        rows = await (
            cls.select(author.country.as_alias("country"))
            .where(
                cls.state.is_in(list(READABLE)),
                author.shows_country.eq(True),
                author.country != "",
                unblocked("note.author", viewer),
            )
            .distinct()
        )
        return [row["country"] for row in rows]


def signature_of(author: Any) -> list[Any]:
    """What a note or a reply says of who wrote it, as columns of its `author`: they sign it by writing it."""
    return [
        author.as_alias("author"),
        author.tag.as_alias("tag"),
        author.name.as_alias("name"),
        author.speaker.as_alias("speaker"),
        author.listed.as_alias("listed"),
        author.country.as_alias("country"),
        author.shows_country.as_alias("shows_country"),
    ]


NOTE_COLUMNS = [
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
    *signature_of(Note.author),
]
"""What everybody may see of a note in a state in which it may be read."""
