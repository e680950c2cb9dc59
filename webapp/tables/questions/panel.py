"""The panels: sessions that take questions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, TypedDict

from piccolo.columns import Boolean, Integer, Serial, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.table import Table

from webapp.conference import file as conference_file
from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.questions.codes import ROOM, SCREEN, new_code
from webapp.questions.states import COUNTED, Move, Source
from webapp.refusal import Refused

OPEN = """NOT panel.withdrawn AND (panel.by_hand = 'open'
    OR panel.by_hand = '' AND panel.opens_at <= {} AND panel.closes_at > {})"""
"""Whether a panel takes questions and votes at this instant (given twice)."""
HALF_FULL = "panel.asked * 2 < panel.most_questions"
"""Whether there is still room for the questions of guests."""


class PanelRow(TypedDict):
    """A whole row of `Panel`."""

    id: int
    slug: str
    revision: int
    opens_at: datetime | None
    closes_at: datetime | None
    by_hand: str
    post_moderated: bool
    guests: bool
    room_code: str
    guest_key: str
    screen_code: str
    show_next: bool
    blackout: bool
    most_questions: int
    most_each: int
    asked: int
    withdrawn: bool


class Panel(Table):
    """A session that takes questions. `revision` counts its changes, and every question knows the one it changed at.

    The row is locked by whoever changes anything but votes, so revisions become visible in their order: a reader who
    has seen one has seen all before it.
    """

    id: Serial
    slug = Varchar(length=80, unique=True)
    """Of its session."""
    revision = Integer(default=0)
    opens_at = Instant(null=True, default=None)
    closes_at = Instant(null=True, default=None)
    """On schedule. None: only by hand."""
    by_hand = Varchar(length=10, default="")
    """`open` or `closed` where a moderator has said so; else it follows the schedule."""
    post_moderated = Boolean(default=False)
    """Questions are listed at once, and moderators take away what should not be there."""
    guests = Boolean(default=True)
    room_code = Varchar(length=12)
    """Lets guests in."""
    guest_key = Varchar(length=12)
    """Stays with the guests who were let in. A new room code leaves it as it is, so they stay."""
    screen_code = Varchar(length=12)
    show_next = Boolean(default=True)
    blackout = Boolean(default=False)
    most_questions = Integer(default=0)
    most_each = Integer(default=0)
    asked = Integer(default=0)
    """How many questions from telephones take up room."""
    withdrawn = Boolean(default=False)
    """No longer in the conference file."""

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Bring the rows to what the file says. What moderators have set by hand stays."""
        known = {row["slug"]: row for row in await cls.select()}
        for session in file.session:
            if session.panel is None or session.cancelled:
                continue
            row = known.pop(session.slug, None)
            facts = cls._facts(session, session.panel)
            if row is None:
                panel = session.panel
                first: dict[Any, Any] = {
                    cls.slug: session.slug,
                    cls.post_moderated: panel.post_moderated,
                    cls.guests: panel.guests,
                    cls.room_code: new_code(ROOM),
                    cls.guest_key: new_code(ROOM),
                    cls.screen_code: new_code(SCREEN),
                }
                await cls.insert(cls({**facts, **first}))
            else:
                await cls.update({**facts, cls.revision: cls.revision + 1}).where(cls.id == row["id"])
        gone = [row["id"] for row in known.values() if not row["withdrawn"]]
        if gone:
            await cls.update({cls.withdrawn: True, cls.revision: cls.revision + 1}).where(cls.id.is_in(gone))

    @classmethod
    def _facts(cls, session: conference_file.Session, panel: conference_file.Panel) -> dict[Any, Any]:
        starts, ends = session.starts_at, session.ends_at or session.starts_at
        return {
            cls.opens_at: starts and starts - timedelta(minutes=panel.opens_before),
            cls.closes_at: ends and ends + timedelta(minutes=panel.closes_after),
            cls.most_questions: panel.most_questions,
            cls.most_each: panel.most_each,
            cls.withdrawn: False,
        }

    @classmethod
    async def change(
        cls, slug: str, facts: dict[Any, Any] | None = None, *conditions: Any
    ) -> PanelRow | None:
        """Begin a change within a transaction: the row as it is now, locked, with its new revision.

        None when the conditions do not hold.
        """
        rows = await rows_as(
            PanelRow,
            cls.update({**(facts or {}), cls.revision: cls.revision + 1})
            .where(cls.slug == slug, cls.withdrawn.eq(False), *conditions)
            .returning(*cls.all_columns()),
        )
        return rows[0] if rows else None

    @classmethod
    async def take_question(cls, slug: str, now: datetime, *, room: str | None) -> PanelRow:
        """Make room for one more question. Raises Refused when the panel is closed or full.

        `room`: the key of a guest who was let in; None: a delegate. Anybody with the code is as many guests as
        they like, so these are let fill half of the panel: the other half is for those whom we know.
        """
        row = await cls.change(
            slug,
            {cls.asked: cls.asked + 1},
            WhereRaw(OPEN, now, now),
            cls.asked < cls.most_questions,
            *([cls.guests.eq(True), cls.guest_key == room, WhereRaw(HALF_FULL)] if room is not None else []),
        )
        if row is None:
            raise Refused(await cls._why_not(slug, room=room))
        return row

    @classmethod
    async def make_room(cls, panel: int, moves: Iterable[Move]) -> None:
        """Count questions as they are now. What came from the floor is not counted: nobody but moderators brings it.

        To be called within a change of the panel.
        """
        more = sum(
            (move.after in COUNTED) - (move.before in COUNTED)
            for move in moves
            if move.source == Source.PHONE
        )
        if more:
            await cls.update({cls.asked: cls.asked + more}).where(cls.id == panel)

    @classmethod
    async def _why_not(cls, slug: str, *, room: str | None) -> str:
        panel = await row_as(PanelRow, cls.select().where(cls.slug == slug).first())
        if panel and room is not None and not panel["guests"]:
            return "This panel is for delegates only at the moment. Please sign in."
        if panel and room is not None and panel["guest_key"] != room:
            return "The room has a new code. Please load this page anew, and join with the one on the big screen."
        if panel and panel["asked"] >= panel["most_questions"]:
            return "This panel has as many questions as can be read. You can still vote for those there are."
        if panel and room is not None and panel["asked"] * 2 >= panel["most_questions"]:
            return (
                "Guests have asked as many questions here as can be read. Delegates who sign in can still ask, and "
                "you can vote for the questions there are."
            )
        return "This panel does not take questions at the moment."
