"""What each is told at the meeting place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from piccolo.columns import (
    Boolean,
    ForeignKey,
    Integer,
    LazyTableReference,
    OnDelete,
    Serial,
    Timestamptz,
    Varchar,
)
from piccolo.columns.combination import And, WhereRaw
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.mail.letter import Letter, once
from webapp.tables.mail import OutgoingMail
from webapp.tables.meeting_place.profile import MODERATES, STILL_COMES, Meeting, Profile, meets, unblocked
from webapp.tables.programme import Rehearsal

MOST = 100
A_WEEK = timedelta(days=7)
"""What is older is told by mail no more, however long nothing could be sent."""
WORDS = {
    "reply": "{who} has replied to “{title}”",
    "me_too": "{who} says “me too” to “{title}”",
    "closed": "{who} has closed “{title}”",
    "contact_asked": "{who} would like to become your contact",
    "contact_met": "{who} has scanned your card",
    "contact_accepted": "{who} and you are contacts now",
    "message": "{who} has written to you",
    "seat": "A seat at a table has become yours",
    "moved": "A table at which you have a place has another time or place",
    "unseated": "Your place at a table is not yours any more",
    "cancelled": "A table at which you had a seat is called off",
}


class Notice(Table):
    """Something that somebody is told. Only they read it."""

    id: Serial
    profile = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    kind = Varchar(length=20)
    """One of `WORDS`; or what a moderator has done (`care.Verb`)."""
    actor = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    note: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Note", module_path="webapp.tables.meeting_place.board"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
    )
    round_table: ForeignKey[Table] = ForeignKey(
        LazyTableReference("RoundTable", module_path="webapp.tables.meeting_place.round_tables"),
        null=True,
        default=None,
        on_delete=OnDelete.cascade,
    )
    """What is said of it is read there, as it may be read then: a title may be hidden later."""
    text = Varchar(length=2000)
    at = Instant()
    read_at = Instant(null=True, default=None)
    withdrawn = Boolean(default=False)
    """It was about somebody whom they do not meet any more."""
    revision = Integer(default=0, index=True)
    """The meeting place's, at its last change."""

    @classmethod
    async def tell(
        cls,
        profile: int,
        kind: str,
        now: datetime,
        revision: int,
        *,
        actor: int | None = None,
        note: int | None = None,
        table: int | None = None,
        text: str = "",
    ) -> None:
        """To be called within a change. What the same person does again is not told twice while it is unread."""
        unread = actor is not None and await cls.exists().where(
            cls.profile == profile,
            cls.kind == kind,
            cls.note == note if note else cls.note.is_null(),
            cls.actor == actor,
            cls.read_at.is_null(),
        )
        if not unread:
            about: dict[str, Any] = {"actor": actor, "note": note, "round_table": table, "text": text}
            await cls.insert(cls(profile=profile, kind=kind, at=now, revision=revision, **about))

    @classmethod
    async def tell_followers(cls, note: int, actor: int, kind: str, now: datetime, revision: int) -> None:
        """Everybody who follows a note and may meet whoever has done this, and its author.

        To be called within a change.
        """
        followers = await cls.raw(
            "SELECT follow.profile FROM follow JOIN note ON note.id = follow.note"  # noqa: S608
            " WHERE follow.note = {} AND follow.profile != {}"
            f" AND {meets('follow.profile', '{}')} AND {meets('follow.profile', 'note.author')}",
            *(note, actor, actor, actor),
        )
        told = (
            cls(profile=row["profile"], kind=kind, actor=actor, note=note, at=now, revision=revision)
            for row in followers
        )
        if followers:
            await cls.insert(*told)

    @classmethod
    async def of(cls, profile: int) -> list[dict[str, Any]]:
        """What somebody was told, the newest first. `table`: what it is about, as it may be read now, or None."""
        from webapp.tables.meeting_place.round_tables import (
            RoundTable,
        )  # who knows what may be read of a table

        note: Any = cls.note
        rows = (
            await cls.select(
                cls.id,
                cls.kind,
                cls.text,
                cls.at,
                cls.read_at,
                cls.note,
                note.title.as_alias("title"),
                note.state.as_alias("state"),
                cls.round_table,
                cls.actor.name.as_alias("name"),
                cls.actor.tag.as_alias("tag"),
            )
            .where(cls.profile == profile, cls.withdrawn.eq(False), unblocked("notice.actor", profile))
            .order_by(cls.id, ascending=False)
            .limit(MOST)
        )
        about = {row["round_table"] for row in rows} - {None}
        tables = {table["id"]: table for table in await RoundTable.these(about, profile)}
        return [row | {"table": tables.get(row["round_table"])} for row in rows]

    @classmethod
    async def unread(cls, *profiles: int) -> dict[int, int]:
        """How many each has not read yet."""
        if not profiles:
            return {}
        counts = dict.fromkeys(profiles, 0)
        places = ", ".join("{}" for _ in profiles)
        rows = await cls.raw(
            "SELECT profile, count(*) AS number FROM notice"  # noqa: S608 - places for values
            f" WHERE profile IN ({places}) AND read_at IS NULL AND NOT withdrawn GROUP BY profile",
            *profiles,
        )
        return counts | {row["profile"]: row["number"] for row in rows}

    @classmethod
    async def send_by_mail(cls, until: datetime, now: datetime, *, rehearsing: bool) -> None:
        """Put a letter to each into the outbox who has not read what came before `until`, once for all workers.

        A rehearsal writes to the team alone, and the real thing knows nothing of it.
        """
        async with transaction():
            since = await _take_turn((Rehearsal if rehearsing else Meeting).news_sent_at, until, now)
            if since is None:
                return
            reader: Any = cls.profile
            readers = await (
                cls.select(cls.profile, reader.tag.as_alias("tag"), reader.person.email.as_alias("email"))
                .where(cls._to_mail(since, until), *([WhereRaw(_readers(MODERATES))] if rehearsing else []))
                .distinct()
                .order_by(cls.profile)
            )
            occasion = f"{until.isoformat()}{f', rehearsed {once()}' if rehearsing else ''}"
            letters = (
                Letter(
                    event=f"news of {occasion}, {row['profile']}",
                    template="unread",
                    to=row["email"],
                    subject="News from the meeting place",
                    # What there is to tell is looked up when it is written (webapp/mail/post.py).
                    context={
                        **{name: row[name] for name in ("profile", "tag")},
                        "since": since.isoformat(),
                        "until": until.isoformat(),
                    },
                )
                for row in readers
            )
            await OutgoingMail.put(*letters, now=now)

    @classmethod
    async def in_a_mail(cls, profile: int, since: datetime, until: datetime) -> list[str]:
        """What somebody has still not read, a line each, as it may be read at this moment."""
        note: Any = cls.note
        rows = await (
            cls.select(cls.kind, cls.actor.name.as_alias("name"), note.title.as_alias("title"))
            .where(cls.profile == profile, cls._to_mail(since, until))
            .order_by(cls.id)
        )
        return [_in_words(row) for row in rows]

    @classmethod
    def _to_mail(cls, since: datetime, until: datetime) -> And:
        """What came in between is to be mailed: unread, to somebody who still comes and wants it, and may be read."""
        from webapp.tables.meeting_place.board import SEEN  # who knows which notes may be read

        note: Any = cls.note
        reader: Any = cls.profile
        return And(
            (cls.at >= since) & (cls.at < until) & cls.read_at.is_null() & cls.withdrawn.eq(False),
            reader.by_mail.eq(True)
            & WhereRaw(_readers(STILL_COMES))
            & (cls.actor.is_null() | WhereRaw(meets("notice.actor", "notice.profile")))
            & (cls.note.is_null() | note.state.is_in(list(SEEN))),
        )

    @classmethod
    async def told_since(cls, revision: int) -> set[int]:
        """To whom there is something new, or who have read something."""
        rows = await cls.select(cls.profile).where(cls.revision > revision).distinct()
        return {row["profile"] for row in rows}

    @classmethod
    async def read(cls, profile: int, now: datetime, notice: int | None = None) -> None:
        """Mark one as read, or all."""
        async with transaction():
            revision = await Meeting.change()
            which = [cls.id == notice] if notice is not None else []
            await cls.update({cls.read_at: now, cls.revision: revision}).where(
                cls.profile == profile, cls.read_at.is_null(), *which
            )


def _readers(who: str) -> str:
    """That whoever is told is one of these profiles, as SQL."""
    return f"notice.profile IN (SELECT profile.id FROM profile WHERE {who})"  # noqa: S608 - a constant


async def _take_turn(sent_at: Timestamptz, until: datetime, now: datetime) -> datetime | None:
    """Take it upon oneself to send the news until then: since when. None: it is sent already, or not wanted any more.

    A time yet to come, from a clock that was wrong, counts for nothing.
    """
    table, a_week_ago = sent_at._meta.table, until - A_WEEK
    before = await table.select(sent_at).first()
    ours = await (
        table.update({sent_at: until})
        .where(sent_at.is_null() | (sent_at < until) | (sent_at > now))
        .returning(sent_at)
    )
    if not (before and ours):
        return None
    last = before[sent_at._meta.name]
    return max(last, a_week_ago) if last and last < until else a_week_ago


def _in_words(row: dict[str, Any]) -> str:
    """What somebody is told: who has done what, and beside the title of a note nothing that others have written."""
    words = WORDS.get(row["kind"], "A moderator has a word for you")
    return words.format(who=row["name"] or "A delegate", title=row["title"] or "")
