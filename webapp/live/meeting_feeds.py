"""What is live at the meeting place.

The board is the same bytes for everybody, but for those between whom and somebody else there is a block: whoever has
blocked, or was blocked, must not be sent a word of the other, not even for their browser to leave out. So each of
these few follows a board of their own, from which the others' notes and replies are left out before anything is
drawn, while all the rest share one. (To send the authors along and let each page hide some would keep one feed for all,
but would hand the words to exactly the person from whom they are to be kept; a filter at every listener would cost all
for the sake of a few.)

Which board somebody follows is settled when their stream begins. When a block is put or lifted, the streams of both
end; their pages come back within a second or two, get the other board, and with it the word to read the page again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from webapp import clock
from webapp.conference.programme import Programme
from webapp.live.announced import BLOCKS, FOYER, MEETING
from webapp.live.news import Live
from webapp.live.streams import NOTHING, Feed, OwnFeeds, PartFeed, StateFeed, event
from webapp.meeting_place.views import NoteView, ReplyView, RoundTableView, counted_without
from webapp.tables import Block, Contact, Meeting, Message, Note, Notice, Profile, Reply, Report, RoundTable
from webapp.tables.meeting_place.board import READABLE, State
from webapp.tables.meeting_place.care import TAKEN_AWAY
from webapp.tables.meeting_place.contacts import MessageRow
from webapp.tables.meeting_place.round_tables import RoundTableRow
from webapp.web.rendering import draw

MANY = 200
"""Changes at once, from which on pages had better read the board again than be told each."""
MOST_REMEMBERED = 2_000
"""Cards in what is remembered for pages that come back."""


class BoardFeed(Feed):
    """What is new on the board, as cards and replies. It remembers changes and not the board, which may be long:
    who has missed too much is told to read the page again."""

    def __init__(self, revision: int, hidden: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self.hidden = hidden
        """Those whom its follower is not to meet."""
        self._last_told: dict[str, NoteView | ReplyView] = {}
        """The cards among what is remembered, as they were last."""
        self.start_at(revision)

    def start_at(self, revision: int) -> None:
        self._last_told.clear()
        super().start_at(revision)

    def forget(self) -> None:
        self._last_told.clear()
        super().forget()

    def state(self) -> bytes:
        return event("stale", b"yes", self.revision)

    async def change(self, revision: int, notes: Sequence[NoteView], replies: Sequence[ReplyView]) -> None:
        """What is new at this revision."""
        cards: dict[str, NoteView | ReplyView] = {f"note-{note.id}": note for note in notes}
        cards |= {f"reply-{reply.id}": reply for reply in replies}
        html = b""
        for note in await counted_without(self.hidden, notes):
            seen = note.state in READABLE and note.author not in self.hidden
            html += _draw_note(note) if seen else _gone("note", note.id)
        for reply in replies:
            readable = reply.state == State.OPEN and reply.note_state in READABLE
            seen = readable and not {reply.author, reply.note_author} & self.hidden
            html += _draw_reply(reply) if seen else _gone("reply", reply.id)
        taken_back = any(self._is_taken_back(name, card) for name, card in cards.items())
        if taken_back or len(self._last_told) > MOST_REMEMBERED:
            self.forget()
        self._last_told.update(cards)
        self.revision = revision
        if html:
            self.push(event("cards", html, revision))

    def _is_taken_back(self, name: str, card: NoteView | ReplyView) -> bool:
        """Whether it may not be read any more, or not under its author's name, or says less than it did."""
        is_a_questions = isinstance(card, NoteView) and card.question is not None
        before = self._last_told.get(name)
        return (
            card.state not in READABLE
            or (card.author is None and not is_a_questions)
            or (before is not None and card.takes_back(before))
        )


class MeetingFeeds:
    """Everything live at the meeting place, in this worker."""

    def __init__(self, live: Live, programme: Callable[[], Programme | None]) -> None:
        self._programme = programme
        self._everybodys = BoardFeed(NOTHING)
        self._own: dict[int, BoardFeed] = {}
        """Boards of those who are not to meet somebody."""
        self._bells = OwnFeeds[int](lambda: PartFeed("#bell"))
        """How much each who follows has not read yet."""
        self.desk = PartFeed("#reports")
        self.foyer = PartFeed("#foyer")
        """The big screen: which tables are on and come next, and nobody's name."""
        self._foyers = 0
        """How often its address has been renewed."""
        self._everybodys_tables = PartFeed("#tables")
        self._own_tables: dict[int, PartFeed] = {}
        """Of the round tables, for those who are not to meet somebody."""
        self._round_tables: list[RoundTableRow] = []
        self._round_tables_for: dict[int, list[RoundTableRow]] = {}
        """Those that each of these sees."""
        self._threads = OwnFeeds[tuple[int, int]](lambda: PartFeed("#thread"))
        """What two contacts write to each other, by contact and reader."""
        self._apart: dict[int, frozenset[int]] = {}
        """Those whom each who follows is not to meet."""
        self._blocks = (0, 0)
        self._refreshing = asyncio.Lock()
        live.follow(MEETING, self._refresh)
        live.every(5, self._forget_who_left)
        live.every(5, self._threads.forget_idle)
        live.every(10, self._show_round_tables)

    async def board(self, profile: int, after: int | None) -> tuple[BoardFeed, StateFeed]:
        """The board that somebody follows, and what is theirs alone. `after`: the revision they have seen."""
        bell = self._bells.open(profile)
        if after is not None and after > self._everybodys.revision:
            await self._refresh(set())  # another worker has told them more than this one has seen
        # A board that begins while news is told would miss it.
        async with self._refreshing:
            apart = self._apart[profile] = (await Block.not_met_by(profile))[profile]
            await self._ring(profile)
            if not apart:
                return self._everybodys, bell
            own = self._own.get(profile)
            if own is None or own.hidden != apart:
                own = self._own[profile] = BoardFeed(self._everybodys.revision, apart)
            return own, bell

    async def _refresh(self, what: set[str] | None) -> None:
        """Tell all who follow what has changed. `what`: `BLOCKS` or `FOYER`, if they have; None: it may be anything."""
        async with self._refreshing:
            since, revision = self._everybodys.revision, await Meeting.present()
            if what is None or BLOCKS in what:
                await self._end_streams()
            if what is None or FOYER in what:
                await self._close_the_foyer()
            programme = self._programme()
            changed = RoundTable.exists().where(RoundTable.revision > since)
            if what is None or BLOCKS in what or await changed:
                await self._read_round_tables()
            if since == NOTHING:
                self._everybodys.start_at(revision)
            elif revision > since and programme:
                await self._tell_changes(since, revision, programme)

    async def _tell_changes(self, since: int, revision: int, programme: Programme) -> None:
        """Tell what has changed after one revision and up to the other."""
        # Read after the revision: what is newer than that comes again with the next refresh.
        notes = [NoteView.from_row(row, programme) for row in await Note.changed_since(since, MANY)]
        replies = [ReplyView.from_row(row, programme) for row in await Reply.changed_since(since, MANY)]
        # Only now: a block is older than what was written after it, so what was read above is not told past it.
        if await Block.fingerprint() != self._blocks:
            await self._end_streams()
        await self._ring(*await Notice.told_since(since) & self._bells.keys())
        written = await Message.since(since) if self._threads else set()
        for contact, reader in [thread for thread in self._threads if thread[0] in written]:
            await self._show_thread(contact, reader, programme)
        if self.desk.followed:
            await self.show_reports(programme)
        for board in (self._everybodys, *self._own.values()):
            if max(len(notes), len(replies)) == MANY:
                board.start_at(revision)
            elif board.revision < revision:
                await board.change(revision, notes, replies)

    async def _ring(self, *profiles: int) -> None:
        known = await Contact.numbers_of(*profiles)
        for profile, unread in (await Notice.unread(*profiles)).items():
            if profile in self._bells:
                bell = draw("meeting_place/_bell.html", unread=unread, known=known[profile])
                self._bells[profile].show(bell.encode())

    async def show_reports(self, programme: Programme) -> None:
        """What waits at the desk, as the database has it at this moment."""
        reports = await Report.open_ones()
        zone = programme.conference.zone
        html = draw(
            "meeting_place/care/_reports.html",
            reports=reports,
            taken_away=TAKEN_AWAY,
            zone=zone,
            now=clock.now(),
        )
        self.desk.show(html.encode())

    async def thread(self, contact: int, reader: int, programme: Programme) -> StateFeed:
        """What a reader and their contact write to each other, as the database has it at this moment."""
        feed = self._threads.open((contact, reader))
        await self._show_thread(contact, reader, programme)
        if not await Contact.still_contacts({contact}):  # they have parted since we were asked
            feed.end()
        return feed

    async def round_tables(self, profile: int) -> PartFeed:
        """The round tables that somebody sees."""
        async with self._refreshing:
            if not self._apart.get(profile):
                await self._read_round_tables()
                return self._everybodys_tables
            feed = self._own_tables.setdefault(profile, PartFeed("#tables"))
            await self._read_round_tables()
            return feed

    async def _read_round_tables(self) -> None:
        now = clock.now()
        self._round_tables = await RoundTable.seen_by(None, now)
        self._round_tables_for = {
            profile: await RoundTable.seen_by(profile, now) for profile in list(self._own_tables)
        }
        self._show_round_tables()

    def _show_round_tables(self) -> None:
        """Draw the round tables, again and again: what comes next is on after a while."""
        programme = self._programme()
        if programme is None:
            return
        cards = [RoundTableView.from_row(row, programme) for row in self._round_tables]
        self._everybodys_tables.show(draw_round_tables(cards).encode())
        for profile, rows in self._round_tables_for.items():
            if feed := self._own_tables.get(profile):
                feed.show(
                    draw_round_tables([RoundTableView.from_row(row, programme) for row in rows]).encode()
                )
        self.foyer.show(
            draw("meeting_place/round_tables/_foyer.html", tables=cards, programme=programme).encode()
        )

    async def _show_thread(self, contact: int, reader: int, programme: Programme) -> None:
        html = draw_thread(await Message.thread(contact), reader, programme)
        if feed := self._threads.get((contact, reader)):
            feed.show(html.encode())

    async def _close_the_foyer(self) -> None:
        """End the streams of the screens whose address has been renewed."""
        renewed = await Meeting.foyer_renewals()
        if renewed != self._foyers:
            self._foyers = renewed
            self.foyer.hang_up()

    async def _end_streams(self) -> None:
        """End the streams of those who are to meet others than before, who are gone, or whose contact has ended."""
        self._blocks = await Block.fingerprint()
        followers = list(self._bells)
        rows = await Profile.select(Profile.id).where(Profile.id.is_in(followers or [0]))
        there = {row["id"] for row in rows}
        for profile, apart in (await Block.not_met_by(*followers)).items():
            if profile in self._bells and (profile not in there or self._apart.get(profile, apart) != apart):
                self._bells[profile].end()  # which all their streams follow
                self._forget(profile)
        still = await Contact.still_contacts({contact for contact, _ in self._threads})
        for thread in [thread for thread in self._threads if thread[0] not in still]:
            self._threads.pop(thread).end()
        await self._ring(*self._bells)

    def _forget_who_left(self) -> None:
        known = set(self._bells)
        self._bells.forget_idle()
        for profile in known - self._bells.keys():
            self._forget(profile)

    def _forget(self, profile: int) -> None:
        """Keep nothing for this member any more."""
        for kept in (self._bells, self._own, self._own_tables, self._apart):
            kept.pop(profile, None)


def draw_round_tables(tables: list[RoundTableView]) -> str:
    """The list of round tables, which is the same for all who see the same."""
    return draw("meeting_place/round_tables/_list.html", tables=tables)


def draw_thread(messages: list[MessageRow], reader: int, programme: Programme) -> str:
    """What two have written, as one of them reads it."""
    return draw(
        "meeting_place/contacts/_thread.html",
        messages=messages,
        reader=reader,
        zone=programme.conference.zone,
    )


def _draw_note(note: NoteView) -> bytes:
    return draw("meeting_place/_note.html", note=note).strip().encode()


def _draw_reply(reply: ReplyView) -> bytes:
    return draw("meeting_place/_reply.html", reply=reply).strip().encode()


def _gone(kind: str, number: int) -> bytes:
    return f'<li id="{kind}-{number}" data-gone></li>'.encode()
