"""Care: what is reported, and what moderators do about it."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NotRequired, TypedDict

from piccolo.columns import Boolean, ForeignKey, OnDelete, Serial, Text, Varchar
from piccolo.querystring import QueryString
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.rows import rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.board import READABLE, Note, State
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.presentation import sign_anew
from webapp.tables.meeting_place.profile import PERSON_GONE, SHOWABLE, Profile
from webapp.tables.meeting_place.replies import Reply
from webapp.tables.meeting_place.round_tables import RoundTable
from webapp.tables.meeting_place.seats import Seat
from webapp.tables.people import Person
from webapp.tables.search import Entry

AN_HOUR = timedelta(hours=1)
FOR_GOOD = datetime(2199, 12, 31, tzinfo=UTC)
MOST_REPORTS = 100
LONGEST_REASON = 2000
TAKEN_AWAY = "Called off by the moderators"


class Subject(TypedDict):
    """The columns of a report that say what it is about."""

    accused: int | None
    note: NotRequired[int]
    reply: NotRequired[int]
    round_table: NotRequired[int]


class OpenReport(TypedDict):
    """A report that nobody has looked at yet, with what it is about as it is now."""

    id: int
    reason: str
    context: str
    at: datetime
    note: int | None
    reply: int | None
    under: int | None
    """The note of the reply."""
    round_table: int | None
    table_title: str | None
    reporter: str | None
    """Their name."""
    by_name_check: bool
    accused: int | None
    name: str | None
    muted_until: datetime | None
    profile_hidden: bool | None
    note_state: str | None
    reply_state: str | None


class Report(Table):
    """That somebody has asked the moderators to look at something, with what it said when they asked."""

    id: Serial
    reporter = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null)
    accused = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null)
    note = ForeignKey(Note, null=True, default=None, on_delete=OnDelete.cascade)
    reply = ForeignKey(Reply, null=True, default=None, on_delete=OnDelete.cascade)
    round_table = ForeignKey(RoundTable, null=True, default=None, on_delete=OnDelete.cascade)
    reason = Varchar(length=LONGEST_REASON)
    context = Text()
    """What was written, as it was then: its author may change it."""
    by_name_check = Boolean(default=False)
    """Nobody has asked: it seems to name somebody, and nothing here waits for moderators before all read it."""
    at = Instant()
    done_at = Instant(null=True, default=None)
    done_by = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null)

    @classmethod
    async def send(cls, reporter: int, about: Subject, reason: str, context: str, now: datetime) -> None:
        """Ask the moderators to look at something. Raises Refused when one of the two has erased themselves."""
        async with transaction():
            await Meeting.change()
            if not await Profile.all_there(*{reporter, about["accused"] or reporter}):
                raise Refused(PERSON_GONE)
            await cls.insert(cls(reporter=reporter, reason=reason, context=context, at=now, **about))

    @classmethod
    async def with_names(
        cls, names: str, written: Awaitable[int], kind: str, author: int | None, context: str, now: datetime
    ) -> int:
        """Write something (`written` gives its id), and in the same transaction tell the moderators whom it seems to
        name, if anybody: once, as long as they have not looked at it.
        """
        if not names:
            return await written
        async with transaction():
            thing = await written
            about: dict[Any, Any] = {
                kind: thing,
                "by_name_check": True,
                "reason": f"This seems to name {names}."[:LONGEST_REASON],
            }
            # Whoever writes has the meeting place to themselves until the end of the transaction.
            waits = [getattr(cls, name) == value for name, value in about.items()]
            if not await cls.exists().where(cls.done_at.is_null(), *waits):
                await cls.insert(cls(accused=author, context=context, at=now, **about))
        return thing

    @classmethod
    async def close(cls, report: int, moderator: int, now: datetime) -> None:
        """Close a report: a moderator has looked at it, and nothing more is to be done. Raises Refused."""
        async with transaction():
            await Meeting.change()
            rows = await (
                cls.update({cls.done_at: now, cls.done_by: moderator})
                .where(cls.id == report, cls.done_at.is_null())
                .returning(cls.accused)
            )
            if not rows:
                raise Refused("Somebody else has closed this report already.")
            await Deed.record(moderator, Verb.CLOSE, rows[0]["accused"], f"report {report}", now)

    @classmethod
    async def forget(cls, profile: int) -> None:
        """Keep of somebody that something was reported, and neither their words nor what was said of them.

        To be called within a change.
        """
        await cls.update({cls.reason: ""}).where((cls.reporter == profile) | (cls.accused == profile))
        await cls.update({cls.context: ""}).where(cls.accused == profile)

    @classmethod
    async def open_ones(cls) -> list[OpenReport]:
        """Those nobody has looked at yet, the oldest first."""
        return await rows_as(
            OpenReport,
            cls.select(
                cls.id,
                cls.reason,
                cls.context,
                cls.at,
                cls.note,
                cls.reply,
                cls.reply.note.as_alias("under"),
                cls.round_table,
                cls.round_table.title.as_alias("table_title"),
                cls.reporter.name.as_alias("reporter"),
                cls.by_name_check,
                cls.accused.id.as_alias("accused"),
                cls.accused.name.as_alias("name"),
                cls.accused.muted_until.as_alias("muted_until"),
                cls.accused.hidden.as_alias("profile_hidden"),
                cls.note.state.as_alias("note_state"),
                cls.reply.state.as_alias("reply_state"),
            )
            .where(cls.done_at.is_null())
            .order_by(cls.id)
            .limit(MOST_REPORTS),
        )


class Verb(StrEnum):
    """What a moderator does."""

    HIDE = "hide"
    SHOW = "show"
    HIDE_PROFILE = "hide-profile"
    SHOW_PROFILE = "show-profile"
    WARN = "warn"
    MUTE_AN_HOUR = "mute-hour"
    MUTE = "mute"
    UNMUTE = "unmute"
    CLOSE = "close"


DONE = {
    Verb.HIDE: "has hidden what was written by",
    Verb.SHOW: "has shown again what was written by",
    Verb.HIDE_PROFILE: "has hidden the profile of",
    Verb.SHOW_PROFILE: "has let the profile be shown again of",
    Verb.WARN: "has warned",
    Verb.MUTE_AN_HOUR: "has muted for an hour",
    Verb.MUTE: "has muted for good",
    Verb.UNMUTE: "has let speak again",
    Verb.CLOSE: "has closed a report about",
}
TABLES: dict[str, type[Note] | type[Reply]] = {"note": Note, "reply": Reply}
AS_BEFORE = QueryString("CASE WHEN was_closed THEN 'closed' ELSE 'open' END")


class LoggedDeed(TypedDict):
    """Something that a moderator has done."""

    at: datetime
    verb: str
    detail: str
    moderator: str | None
    """Their name, with their `email`."""
    email: str | None
    name: str | None
    """Of who it was done to."""


class Deed(Table):
    """Who has done what to whom and when, for those who ask later."""

    id: Serial
    moderator = ForeignKey(Person, null=True, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    profile = ForeignKey(Profile, null=True, default=None, on_delete=OnDelete.set_null)
    detail = Text()
    """What was said to them, and what it was about."""
    at = Instant()

    @classmethod
    async def record(cls, moderator: int, verb: str, profile: int | None, detail: str, now: datetime) -> None:
        """Write down that a moderator has done this to somebody. To be called within a change."""
        await cls.insert(cls(moderator=moderator, verb=verb, profile=profile, detail=detail, at=now))

    @classmethod
    async def hide(cls, kind: str, thing: int, moderator: int, says: str, now: datetime) -> None:
        """Take a note or a reply from every screen, and tell its author why. Raises Refused."""
        facts: dict[Any, Any] = {TABLES[kind].state: State.HIDDEN}
        if kind == "note":
            facts[Note.was_closed] = QueryString("state = 'closed'")
        await cls._put(kind, thing, Verb.HIDE, READABLE, facts, moderator, says, now)

    @classmethod
    async def show(cls, kind: str, thing: int, moderator: int, says: str, now: datetime) -> None:
        """Let a hidden note or reply be read again, as it was before, and tell its author. Raises Refused."""
        facts: dict[Any, Any] = {TABLES[kind].state: AS_BEFORE if kind == "note" else State.OPEN}
        await cls._put(kind, thing, Verb.SHOW, (State.HIDDEN,), facts, moderator, says, now)

    @classmethod
    async def _put(
        cls,
        kind: str,
        thing: int,
        verb: Verb,
        before: tuple[State, ...],
        facts: dict[Any, Any],
        moderator: int,
        says: str,
        now: datetime,
    ) -> None:
        table = TABLES[kind]
        async with transaction():
            revision = await Meeting.change()
            columns = [table.author, table.text, *([Reply.note] if table is Reply else [])]
            rows = await (
                table.update({**facts, table.revision: revision})
                .where(table.id == thing, table.state.is_in(list(before)))
                .returning(*columns)
            )
            if not rows:
                raise Refused("This has been dealt with already, or its author has taken it down.")
            row = rows[0]
            note = row["note"] if table is Reply else thing
            if table is Reply:
                by = 1 if verb == Verb.SHOW else -1
                await Note.update({Note.replies: Note.replies + by, Note.revision: revision}).where(
                    Note.id == note
                )
            else:
                await RoundTable.name_anew(note, now, revision)
            if row["author"] is not None:
                await Notice.tell(row["author"], verb, now, revision, text=says or row["text"][:200])
            await cls.record(moderator, verb, row["author"], f"{says}\n\n{row['text']}".strip(), now)

    @classmethod
    async def take_away(cls, table: int, moderator: int, says: str, now: datetime) -> None:
        """Call a table off, take its title from every screen and tell everybody who has a seat. Raises Refused."""
        async with transaction():
            revision = await Meeting.change()
            before = (
                await RoundTable.select(
                    RoundTable.title, RoundTable.host, RoundTable.cancelled, RoundTable.ends_at
                )
                .where(RoundTable.id == table)
                .first()
            )
            facts: dict[Any, Any] = {
                RoundTable.title: TAKEN_AWAY,
                RoundTable.cancelled: True,
                **RoundTable.changed(now, revision),
            }
            rows = await (
                RoundTable.update(facts)
                .where(RoundTable.id == table, RoundTable.title != TAKEN_AWAY)
                .returning(RoundTable.id)
            )
            if before is None or not rows:
                raise Refused("This table was taken away already.")
            if before["host"] is not None:
                await Notice.tell(before["host"], Verb.HIDE, now, revision, text=says or before["title"])
            if not before["cancelled"] and before["ends_at"] > now:
                await Seat.tell_all(table, before["host"], "cancelled", now, revision)
            await cls.record(
                moderator, Verb.HIDE, before["host"], f"{says}\n\n{before['title']}".strip(), now
            )

    @classmethod
    async def hide_profile(cls, profile: int, moderator: int, says: str, now: datetime) -> None:
        """Take what somebody shows of themselves from every screen, and let them show nothing. Raises Refused."""
        facts: dict[Any, Any] = {getattr(Profile, f"shows_{name}"): False for name in SHOWABLE}
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                Profile.update({**facts, Profile.listed: False, Profile.hidden: True})
                .where(Profile.id == profile, Profile.hidden.eq(False))
                .returning(Profile.line)
            )
            if not rows:
                raise Refused("This profile is hidden already, or is not at the meeting place any more.")
            await Entry.leave_out("profile", profile)
            await sign_anew(profile, revision)
            await Notice.tell(profile, Verb.HIDE_PROFILE, now, revision, text=says)
            await cls.record(
                moderator, Verb.HIDE_PROFILE, profile, f"{says}\n\n{rows[0]['line']}".strip(), now
            )

    @classmethod
    async def show_profile(cls, profile: int, moderator: int, says: str, now: datetime) -> None:
        """Let somebody show of themselves again what they want to: they say so anew. Raises Refused."""
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                Profile.update({Profile.hidden: False})
                .where(Profile.id == profile, Profile.hidden.eq(True))
                .returning(Profile.id)
            )
            if not rows:
                raise Refused("This profile is not hidden, or is not at the meeting place any more.")
            await Notice.tell(profile, Verb.SHOW_PROFILE, now, revision, text=says)
            await cls.record(moderator, Verb.SHOW_PROFILE, profile, says, now)

    @classmethod
    async def warn(cls, profile: int, moderator: int, says: str, now: datetime) -> None:
        """Say something to somebody as a moderator. Raises Refused."""
        if not says:
            raise Refused("Please write what you want to say to them.")
        async with transaction():
            revision = await Meeting.change()  # whoever erases themselves waits for it
            if not await Profile.exists().where(Profile.id == profile):
                raise Refused(PERSON_GONE)
            await Notice.tell(profile, Verb.WARN, now, revision, text=says)
            await cls.record(moderator, Verb.WARN, profile, says, now)

    @classmethod
    async def mute(cls, profile: int, verb: Verb, moderator: int, says: str, now: datetime) -> None:
        """Let somebody write nothing for an hour or for good, or write again. Raises Refused."""
        until = {Verb.MUTE_AN_HOUR: now + AN_HOUR, Verb.MUTE: FOR_GOOD, Verb.UNMUTE: None}[verb]
        async with transaction():
            revision = await Meeting.change()
            rows = await (
                Profile.update({Profile.muted_until: until})
                .where(Profile.id == profile)
                .returning(Profile.id)
            )
            if not rows:
                raise Refused(PERSON_GONE)
            await Notice.tell(profile, verb, now, revision, text=says)
            await cls.record(moderator, verb, profile, says, now)

    @classmethod
    async def log(cls, most: int = 300) -> list[LoggedDeed]:
        """What was done last, the newest first: at most so many."""
        return await rows_as(
            LoggedDeed,
            cls.select(
                cls.at,
                cls.verb,
                cls.detail,
                cls.moderator.name.as_alias("moderator"),
                cls.moderator.email.as_alias("email"),
                cls.profile.name.as_alias("name"),
            )
            .order_by(cls.id, ascending=False)
            .limit(most),
        )
