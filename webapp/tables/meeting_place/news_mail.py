"""The mail of the morning: what each has not read at the meeting place."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict

from piccolo.columns import Timestamptz
from piccolo.columns.combination import And, WhereRaw

from webapp.database.rows import rows_as
from webapp.database.transaction import transaction
from webapp.mail.letter import Letter, once
from webapp.tables.mail import OutgoingMail
from webapp.tables.meeting_place.block import meets
from webapp.tables.meeting_place.board import READABLE
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.meeting_place.notices import Notice
from webapp.tables.meeting_place.profile import MODERATES, STILL_COMES
from webapp.tables.programme import Rehearsal

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


class UnreadNotice(TypedDict):
    """What a line of the mail is made of."""

    kind: str
    name: str | None
    """Of who has done it."""
    title: str | None
    """Of the note."""


async def send(until: datetime, now: datetime, *, rehearsing: bool) -> None:
    """Put a letter to each into the outbox who has not read what came before `until`, once for all workers.

    A rehearsal writes to the team alone, and the real thing knows nothing of it.
    """
    async with transaction():
        since = await _take_turn((Rehearsal if rehearsing else Meeting).news_sent_at, until, now)
        if since is None:
            return
        reader: Any = Notice.profile
        readers = await (
            Notice.select(Notice.profile, reader.tag.as_alias("tag"), reader.person.email.as_alias("email"))
            .where(_to_mail(since, until), *([WhereRaw(_readers(MODERATES))] if rehearsing else []))
            .distinct()
            .order_by(Notice.profile)
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


async def lines_for(profile: int, since: datetime, until: datetime) -> list[str]:
    """What somebody has still not read, a line each, as it may be read at this moment."""
    note: Any = Notice.note
    rows = await rows_as(
        UnreadNotice,
        Notice.select(Notice.kind, Notice.actor.name.as_alias("name"), note.title.as_alias("title"))
        .where(Notice.profile == profile, _to_mail(since, until))
        .order_by(Notice.id),
    )
    return [_in_words(row) for row in rows]


def _to_mail(since: datetime, until: datetime) -> And:
    """What came in between is to be mailed: unread, to somebody who still comes and wants it, and may be read."""
    note: Any = Notice.note
    reader: Any = Notice.profile
    return And(
        (Notice.at >= since) & (Notice.at < until) & Notice.read_at.is_null() & Notice.withdrawn.eq(False),
        reader.by_mail.eq(True)
        & WhereRaw(_readers(STILL_COMES))
        & (Notice.actor.is_null() | WhereRaw(meets("notice.actor", "notice.profile")))
        & (Notice.note.is_null() | note.state.is_in(list(READABLE))),
    )


def _readers(who: str) -> str:
    """That the reader of a notice is one of these profiles, as SQL."""
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


def _in_words(row: UnreadNotice) -> str:
    """What somebody is told: who has done what, and beside the title of a note nothing that others have written."""
    words = WORDS.get(row["kind"], "A moderator has a word for you")
    return words.format(who=row["name"] or "A delegate", title=row["title"] or "")
