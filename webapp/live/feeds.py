"""Everything on our pages that changes by itself: who may follow it, and what is read again at which news.

| feed              | who may follow it                       | what it shows                                |
|-------------------|-----------------------------------------|----------------------------------------------|
| `seats`           | everybody                               | seats left, by offer                         |
| `panel.room`      | everybody                               | the questions that are public                |
| `panel.mine[who]` | the participant who asked               | their own questions, whatever became of them |
| `panel.voted[who]`| the delegate who votes                  | what they have voted for, on any device      |
| `panel.desk`      | the panel's moderators, and organisers  | every question, with who may be muted        |
| `panel.health`    | the panel's moderators, and organisers  | which screens show what                      |
| `panel.screen`    | whoever has the panel's screen code     | the question on the screen, and how to ask   |
| `marks`           | whoever has signed in by mail           | what they have marked in My programme        |
| `meeting.board`   | who may come to the meeting place       | what is new on the board                     |
| `meeting` bell    | each member of it                       | how much they have not read yet              |
| `meeting.round_tables` | who may come to the meeting place  | the tables, and how many seats each has left |
| `meeting.foyer`   | whoever has the foyer screen's address  | which tables are on, and which come next     |
| `meeting.thread`  | each of two contacts                    | what they write to each other                |
| `meeting.desk`    | its moderators, and organisers          | what was reported, with what it said         |

Two audiences are two feeds: what is not for everybody is not even read for the room and the screen.

One more is a line above, a name in `announced.py` that whoever changes it announces, and a `Feed` with a `live.follow`
that refreshes it; a handler answers with `feeds.stream`. What is each one's own is kept in an `OwnFeeds`.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime
from itertools import groupby

from litestar.exceptions import NotFoundException, ServiceUnavailableException

from webapp import clock
from webapp.conference import contact
from webapp.conference.programme import Programme
from webapp.database.rows import rows_as
from webapp.live.announced import BALLOTS, CLOCK, PEOPLE, PROGRAMME, QUESTIONS, SCREENS, SEATS, VOTES
from webapp.live.marks_feeds import MarksFeeds
from webapp.live.meeting_feeds import MeetingFeeds
from webapp.live.news import Live
from webapp.live.panel_feeds import SCREEN_BEAT, PanelFeeds, Screen
from webapp.live.readers import Reader, still_let_in
from webapp.live.seats_feed import SeatsFeed
from webapp.live.streams import FORGOTTEN_AFTER, NOTHING
from webapp.questions.states import PUBLIC
from webapp.settings import settings
from webapp.tables import Moderator, Offer, Panel, Person, Question, Rehearsal
from webapp.tables.questions.panel import PanelRow
from webapp.web.pages import Pages

log = logging.getLogger(__name__)

VOTES_GATHER = 0.25
"""Seconds in which votes are gathered: a phone need not show more than four counts a second."""


class Feeds:
    """The present state of every live part, in this worker."""

    def __init__(self, live: Live) -> None:
        self.any_programme: Programme | None = None
        self.pages = Pages()
        self.seats = SeatsFeed()
        self.announce = live.announce
        self.announce_soon = live.announce_soon
        self.stream = live.streams.stream
        self._streams = live.streams
        self.silenced: dict[int, datetime] = {}
        self._began_empty = False
        """Whether there was no conference yet when this worker began, in whose zone it could have been any time."""
        self._panels: dict[str, PanelFeeds] = {}
        self._team: tuple[int, int] | None = None
        self.meeting = MeetingFeeds(live, lambda: self.any_programme)
        self.marks = MarksFeeds(live)
        live.follow(CLOCK, self._refresh_clock)
        live.follow(PROGRAMME, self._refresh_programme)
        live.follow(SEATS, self._refresh_seats)
        live.follow(QUESTIONS, self._refresh_questions)
        live.follow(VOTES, self._refresh_votes, VOTES_GATHER)
        live.follow(PEOPLE, self._refresh_readers)
        live.follow(BALLOTS, self._refresh_ballots, VOTES_GATHER)
        live.follow(SCREENS, self._screens_reported)
        live.every(1, self._refresh_open)
        live.every(1, self._refresh_screens)
        live.every(FORGOTTEN_AFTER, self._forget_idle)
        live.every(SCREEN_BEAT, self._beat_on_screens)

    @property
    def programme(self) -> Programme:
        """The programme as last loaded. Raises ServiceUnavailableException before the first load."""
        if self.any_programme is None:
            raise ServiceUnavailableException(
                "No conference has been loaded yet. An organiser does that with: plenum conference load FILE"
            )
        return self.any_programme

    @property
    def panels(self) -> list[PanelFeeds]:
        """In the order of the programme."""
        order = (session.slug for session in self.programme.panels)
        return [self._panels[slug] for slug in order if slug in self._panels]

    def known(self, slug: str) -> PanelFeeds | None:
        """A panel as this worker has it, which may be a moment behind."""
        return self._panels.get(slug)

    async def panel(self, slug: str) -> PanelFeeds:
        """A panel, as the database has it at this moment. Raises NotFoundException when there is none."""
        if slug in self._panels or self.programme.session(slug):
            await self._refresh_questions({slug})
        if slug not in self._panels:
            raise NotFoundException("There is no panel at this address. The programme shows all there are.")
        return self._panels[slug]

    async def panel_up_to(self, slug: str, revision: int | None) -> PanelFeeds:
        """A panel as this worker has it; read anew where a client has seen it later already, by another worker.

        `revision`: what the client has seen; None: nothing. Raises NotFoundException.
        """
        panel = self._panels.get(slug)
        if panel is None or (revision is not None and revision > panel.revision):
            return await self.panel(slug)
        return panel

    async def _refresh_clock(self, _: set[str] | None) -> None:
        clock.shift(await Rehearsal.shift())

    async def _refresh_programme(self, _: set[str] | None) -> None:
        programme = await Programme.read()
        known, self.any_programme = self.any_programme, programme
        contact.know(programme.conference if programme else None)
        if programme is None:
            self._began_empty = True
        elif known is None and self._began_empty and (wanted := settings().now):
            await Rehearsal.begin(clock.shift_to(wanted, programme.conference.zone))
            await self.announce(CLOCK)
        if known is None or programme is None or known.revision != programme.revision:
            self.pages.clear()
            if programme:
                log.info(
                    "The conference is loaded: %s, revision %d, with %d sessions",
                    *(programme.conference.slug, programme.revision, len(programme.sessions)),
                )
            for panel in self._panels.values():
                panel.revision = NOTHING
            await self._refresh_questions(None)

    async def _refresh_readers(self, who: set[str] | None) -> None:
        self.silenced = await Person.silenced()
        await self._log_the_team()
        named = {int(person) for person in who} if who and all(map(str.isdecimal, who)) else None
        readers = {
            reader
            for reader in self._streams.readers
            if isinstance(reader, Reader) and (named is None or reader.person in named)
        }
        lecturers = self.any_programme.lecturers if self.any_programme else ()
        # Everybody else reads on: were all sent away whenever Redis comes back, all would come back at once.
        self._streams.hang_up(readers - await still_let_in(readers, self.silenced, lecturers, clock.now()))

    async def _log_the_team(self) -> None:
        known, self._team = self._team, (len(await Person.organisers()), len(await Moderator.appointments()))
        if known != self._team:
            log.info("The team is %d who organise, and %d appointments to moderate", *self._team)

    async def _refresh_seats(self, _: set[str] | None) -> None:
        self.seats.show(await Offer.seats_left())

    async def _refresh_questions(self, slugs: set[str] | None) -> None:
        programme = self.any_programme
        if programme is None:
            return
        sessions = {panel.slug: panel for panel in programme.panels if slugs is None or panel.slug in slugs}
        rows: list[PanelRow] = []
        if sessions:
            rows = await rows_as(PanelRow, Panel.select().where(Panel.slug.is_in(list(sessions))))
        for row in rows:
            slug = row["slug"]
            await self._panels.setdefault(slug, PanelFeeds(slug)).refresh(row, sessions[slug], programme)
        if slugs is None:
            for slug in self._panels.keys() - {row["slug"] for row in rows}:
                self._panels.pop(slug).end()

    async def _refresh_votes(self, which: set[str] | None) -> None:
        counts = Question.select(Question.id, Question.panel.slug, Question.votes, Question.tally)
        if which is None:
            known = [panel.row["id"] for panel in self._panels.values()]
            if not known:
                return
            counts = counts.where(Question.panel.is_in(known))
        else:
            ids = [int(question) for _, _, question in (name.partition(" ") for name in which)]
            counts = counts.where(Question.id.is_in(ids))
        rows = await counts.where(Question.state.is_in(list(PUBLIC))).order_by(Question.panel)
        for slug, votes in groupby(rows, lambda row: str(row["panel.slug"])):
            if slug in self._panels:
                self._panels[slug].count({row["id"]: (row["votes"], row["tally"]) for row in votes})

    async def _refresh_ballots(self, whose: set[str] | None) -> None:
        voters: dict[str, set[int]] = {}
        if whose is None:
            voters = {slug: set(panel.voted) for slug, panel in self._panels.items()}
        for slug, _, voter in (name.partition(" ") for name in whose or ()):
            voters.setdefault(slug, set()).add(int(voter))
        for slug, some in voters.items():
            if panel := self._panels.get(slug):
                await panel.show_votes(panel.voted.keys() & some)

    async def _screens_reported(self, said: set[str] | None) -> None:
        for text in said or ():
            fields = json.loads(text)
            if panel := self._panels.get(fields.pop("panel")):
                panel.screen_reported(Screen(**fields, heard_at=time.monotonic()))

    def _refresh_open(self) -> None:
        for panel in self._panels.values():
            panel.refresh_open()

    def _refresh_screens(self) -> None:
        for panel in self._panels.values():
            if panel.screens and panel.health.followed:
                panel.show_health()

    def _forget_idle(self) -> None:
        for panel in self._panels.values():
            panel.forget_idle()

    def _beat_on_screens(self) -> None:
        for panel in self._panels.values():
            panel.screen.beat()
