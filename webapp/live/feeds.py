"""Everything on our pages that changes by itself: what it is called in the news, how it is looked up and drawn.

| feed              | who may follow it                       | what it shows                                |
|-------------------|-----------------------------------------|----------------------------------------------|
| `seats`           | everybody                               | seats left, by offer                         |
| `panel.room`      | everybody                               | the questions that are public                |
| `panel.mine[who]` | the participant who asked               | their own questions, whatever became of them |
| `panel.voted[who]`| the delegate who votes                  | what they have voted for, on any device      |
| `panel.desk`      | the panel's moderators, and organisers  | every question, with who may be muted        |
| `panel.health`    | the same                                | which screens show what                      |
| `panel.screen`    | whoever has the panel's screen code     | the question on the screen, and how to ask   |
| `marks`           | whoever has signed in by mail           | what they have marked in My programme        |
| `meeting.board`   | who may come to the meeting place       | what is new on the board                     |
| `meeting` bell    | each member of it                       | how much they have not read yet              |
| `meeting.tables`  | who may come to the meeting place       | the tables, and how many seats each has left |
| `meeting.foyer`   | whoever has the foyer screen's address  | which tables are on, and which come next     |
| `meeting.thread`  | each of two contacts                    | what they write to each other                |
| `meeting.desk`    | its moderators, and organisers          | what was reported, with what it said         |

Two audiences are two feeds: what is not for everybody is not even read for the room and the screen.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, Generic, TypeVar

from litestar.exceptions import NotFoundException, ServiceUnavailableException
from markupsafe import Markup

from webapp import clock
from webapp.conference import contact
from webapp.conference.file import Session
from webapp.conference.programme import Programme
from webapp.database.rows import rows_as
from webapp.live.announced import BALLOTS, CLOCK, PEOPLE, PROGRAMME, QUESTIONS, SCREENS, SEATS, VOTES
from webapp.live.marks_feeds import MarksFeeds
from webapp.live.meeting_feeds import MeetingFeeds
from webapp.live.news import Live
from webapp.live.readers import Reader, still_let_in
from webapp.live.streams import Feed, StateFeed, event
from webapp.questions.states import PUBLIC, QuestionState
from webapp.questions.views import Card, DeskCard, MyCard, PanelView
from webapp.settings import settings
from webapp.tables import Act, Moderator, Offer, Panel, Person, Question, Rehearsal, Vote
from webapp.tables.questions.question import CARD, DESK, CardRow, DeskRow, MyRow
from webapp.web.pages import Pages
from webapp.web.rendering import draw

log = logging.getLogger(__name__)

VOTES_GATHER = 0.25
"""Seconds in which votes are gathered: a phone need not show more than four counts a second."""
IDLE = 60
"""Seconds for which a feed that nobody follows is kept, at least."""
SCREEN_BEAT = 2
SCREEN_FORGOTTEN = 60
"""Seconds after which a screen that says nothing is no longer shown at the desk."""


class Feeds:
    """The present state of every live part, in this worker."""

    def __init__(self, live: Live) -> None:
        self.any_programme: Programme | None = None
        self.pages = Pages()
        self.seats = StateFeed()
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
        live.follow(CLOCK, self._look_at_the_clock)
        live.follow(PROGRAMME, self._look_at_the_programme)
        live.follow(SEATS, self._look_at_the_seats)
        live.follow(QUESTIONS, self._look_at_the_questions)
        live.follow(VOTES, self._look_at_the_votes, VOTES_GATHER)
        live.follow(PEOPLE, self._look_at_the_people)
        live.follow(BALLOTS, self._look_at_the_ballots, VOTES_GATHER)
        live.follow(SCREENS, self._hear_from_screens)
        live.every(1, self._see_what_opens)
        live.every(IDLE, self._forget_idle)
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
            await self._look_at_the_questions({slug})
        if slug not in self._panels:
            raise NotFoundException("There is no panel at this address. The programme shows all there are.")
        return self._panels[slug]

    async def _look_at_the_clock(self, _: set[str] | None) -> None:
        clock.shift(await Rehearsal.shift())

    async def _look_at_the_programme(self, _: set[str] | None) -> None:
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
            await self._look_at_the_questions(None)

    async def _look_at_the_people(self, who: set[str] | None) -> None:
        self.silenced = await Person.silenced()
        await self._look_at_the_team()
        named = {int(person) for person in who} if who and all(map(str.isdecimal, who)) else None
        readers = {
            reader
            for reader in self._streams.readers
            if isinstance(reader, Reader) and (named is None or reader.person in named)
        }
        lecturers = self.any_programme.lecturers if self.any_programme else ()
        # Everybody else reads on: were all sent away whenever Redis comes back, all would come back at once.
        self._streams.hang_up(readers - await still_let_in(readers, self.silenced, lecturers, clock.now()))

    async def _look_at_the_team(self) -> None:
        known, self._team = self._team, (len(await Person.organisers()), len(await Moderator.appointments()))
        if known != self._team:
            log.info("The team is %d who organise, and %d appointments to moderate", *self._team)

    async def _look_at_the_seats(self, _: set[str] | None) -> None:
        self.seats.show(json.dumps(await Offer.seats_left(), sort_keys=True).encode())

    async def _look_at_the_questions(self, slugs: set[str] | None) -> None:
        programme = self.any_programme
        if programme is None:
            return
        sessions = {panel.slug: panel for panel in programme.panels if slugs is None or panel.slug in slugs}
        rows = await Panel.select().where(Panel.slug.is_in(list(sessions))) if sessions else []
        for row in rows:
            slug = row["slug"]
            await self._panels.setdefault(slug, PanelFeeds(slug)).look(row, sessions[slug], programme)
        if slugs is None:
            for slug in self._panels.keys() - {row["slug"] for row in rows}:
                self._panels.pop(slug).end()

    async def _look_at_the_votes(self, which: set[str] | None) -> None:
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

    async def _look_at_the_ballots(self, whose: set[str] | None) -> None:
        voters: dict[str, set[int]] = {}
        if whose is None:
            voters = {slug: set(panel.voted) for slug, panel in self._panels.items()}
        for slug, _, voter in (name.partition(" ") for name in whose or ()):
            voters.setdefault(slug, set()).add(int(voter))
        for slug, some in voters.items():
            if panel := self._panels.get(slug):
                await panel.show_votes(panel.voted.keys() & some)

    async def _hear_from_screens(self, said: set[str] | None) -> None:
        for text in said or ():
            fields = json.loads(text)
            if panel := self._panels.get(fields.pop("panel")):
                panel.hear(Screen(**fields, heard_at=time.monotonic()))

    def _see_what_opens(self) -> None:
        for panel in self._panels.values():
            panel.see_whether_open()

    def _forget_idle(self) -> None:
        for panel in self._panels.values():
            panel.forget_idle()

    def _beat_on_screens(self) -> None:
        for panel in self._panels.values():
            panel.screen.beat()


C = TypeVar("C", bound=Card)
NOTHING = -1
"""The revision of somebody who knows nothing yet."""


class CardFeed(Feed, Generic[C]):
    """Questions as cards, each drawn once for all who see it, and the state of the panel above them."""

    def __init__(self, template: str, status_template: str) -> None:
        super().__init__()
        self.cards: dict[int, C] = {}
        self._template = template
        self._status_template = status_template
        self._drawn: dict[int, bytes] = {}
        self._status = b""
        self._state: bytes | None = None

    def change(self, revision: int, cards: Iterable[C], gone: Iterable[int], *, anew: bool) -> None:
        """What is new at this revision. `anew`: all there is, drawn anew.

        What is gone is told also where it never was: a page may have it from a worker that looked between two changes.
        """
        if anew:
            self.cards.clear()
            self._drawn.clear()
        html = b""
        taken_back = False
        for card in cards:
            known = self.cards.get(card.id)
            taken_back |= known is not None and known.name not in ("", card.name)
            self.cards[card.id] = card
            self._drawn.pop(card.id, None)
            if not anew:
                html += self.draw(card)
        for question in gone:
            taken_back = True
            self.cards.pop(question, None)
            self._drawn.pop(question, None)
            if not anew:
                html += b'<li id="question-%d" data-gone></li>' % question
        self._state = None
        if anew:
            self.start_at(revision)
        else:
            if taken_back:
                self.forget()
            self.revision = revision
            if html:
                self.push(event("cards", html, revision))

    def count(self, counts: Mapping[int, tuple[int, int]]) -> None:
        """Votes and tallies by question. What is older than what is known is passed over."""
        newer = {
            question: count
            for question, count in counts.items()
            if question in self.cards and count[1] > self.cards[question].tally
        }
        for question, (votes, tally) in newer.items():
            self.cards[question] = replace(self.cards[question], votes=votes, tally=tally)
            self._drawn.pop(question, None)
        if newer:
            self._state = None
            self.push(event("votes", json.dumps(newer).encode()))

    def show_status(self, panel: PanelView) -> None:
        status = event("panel", draw(self._status_template, panel=panel).encode())
        if status != self._status:
            self._status = status
            self._state = None
            self.push(status)

    def draw(self, card: C) -> bytes:
        html = self._drawn.get(card.id)
        if html is None:
            html = self._drawn[card.id] = self._draw(card)
        return html

    def _draw(self, card: C) -> bytes:
        return draw(self._template, question=card).strip().encode()

    def listed(
        self, *states: str, order: Callable[[C], Any], counts: Mapping[int, tuple[int, int]] | None = None
    ) -> Markup:
        """The cards in these states, for a page. `counts`: votes and tallies that its reader knows of already."""
        cards = sorted((card for card in self.cards.values() if card.state in states), key=order)
        html = []
        for card in cards:
            votes, tally = (counts or {}).get(card.id, (0, 0))
            newer = tally > card.tally
            html.append(self._draw(replace(card, votes=votes, tally=tally)) if newer else self.draw(card))
        return Markup(b"\n".join(html).decode())  # noqa: S704 - drawn by templates, which escape

    def state(self) -> bytes:
        if self._state is None:
            html = b"\n".join(map(self.draw, self.cards.values()))
            self._state = event("all", html, self.revision) + self._status
        return self._state

    def since(self, revision: int) -> bytes:
        missed = super().since(revision)
        if missed is self._state:
            return missed
        counts = {card.id: (card.votes, card.tally) for card in self.cards.values() if card.tally}
        return missed + event("votes", json.dumps(counts).encode()) + self._status


@dataclass(frozen=True)
class Screen:
    """What a big screen has said that it shows."""

    id: str
    name: str
    question: int
    ms: int
    """Since it became visible there, in milliseconds."""
    heard_at: float

    @property
    def heard(self) -> float:
        """Seconds since it said so."""
        return time.monotonic() - self.heard_at

    @property
    def well(self) -> bool:
        return self.heard < 3 * SCREEN_BEAT


class PanelFeeds:
    """Everything live about one panel."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.revision = NOTHING
        self.row: Mapping[str, Any] = {}
        self.programme: Programme
        self.session: Session
        self.room: CardFeed[Card] = CardFeed("questions/_card.html", "questions/_status.html")
        self.desk: CardFeed[DeskCard] = CardFeed("questions/desk/_card.html", "questions/desk/_bar.html")
        self.screen = StateFeed("screen")
        self.health = StateFeed("screens")
        self.mine: dict[int, StateFeed] = {}
        self.voted: dict[int, StateFeed] = {}
        self.screens: dict[str, Screen] = {}
        self._idle: set[int] = set()
        """Who followed nothing of their own when that was last looked at."""
        self._askers: set[int] = set()
        self._was_open: bool | None = None
        self._looking = asyncio.Lock()

    @property
    def view(self) -> PanelView:
        counts: dict[str, int] = dict.fromkeys(QuestionState, 0)
        for card in self.desk.cards.values():
            counts[card.state] += 1
        return PanelView(self.row, self.session, clock.now(), counts)

    async def look(self, row: Mapping[str, Any], session: Session, programme: Programme) -> None:
        """Bring everything to what the database says. `row` is the panel's, read before."""
        async with self._looking:
            since, revision = self.revision, row["revision"]
            if revision <= since:
                return
            # What has changed again since the panel's row was read comes with the next look, under its own revision:
            # a page that has this one, from whichever worker, must lack all that is later.
            changed = (
                (Question.panel == row["id"]) & (Question.revision > since) & (Question.revision <= revision)
            )
            public = Question.state.is_in(list(PUBLIC))
            everybodys = await rows_as(
                CardRow, Question.select(*CARD).where(changed, public).order_by(Question.id)
            )
            hidden = await Question.select(Question.id, Question.state).where(
                changed, Question.state.not_in(list(PUBLIC))
            )
            once_public = await Act.once_public([question["id"] for question in hidden])
            moderators = await rows_as(
                DeskRow,
                Question.select(*DESK)
                .where(changed, Question.state != QuestionState.WITHDRAWN)
                .order_by(Question.id),
            )
            askers = await Question.select(Question.participant).where(
                changed, Question.participant.is_not_null()
            )
            if row["screen_code"] != self.row.get("screen_code", row["screen_code"]):
                self.screen.end()
                self.screen = StateFeed("screen")
                self.screens.clear()
            self.row, self.session, self.programme = row, session, programme
            anew = since == NOTHING
            self.room.change(
                revision,
                (Card.from_row(question, self.slug, programme) for question in everybodys),
                once_public,
                anew=anew,
            )
            self.desk.change(
                revision,
                (DeskCard.from_desk_row(question, self.slug, programme) for question in moderators),
                (question["id"] for question in hidden if question["state"] == QuestionState.WITHDRAWN),
                anew=anew,
            )
            self._show_state()
            await self._tell_askers({asker["participant"] for asker in askers})
            if self.revision == since:  # else all is to be looked at anew, because the programme has changed
                self.revision = revision

    def count(self, counts: Mapping[int, tuple[int, int]]) -> None:
        self.room.count(counts)
        self.desk.count(counts)
        self._show_screen()

    def see_whether_open(self) -> None:
        if self.revision != NOTHING and self.view.is_open != self._was_open:
            self._show_state()

    def forget_idle(self) -> None:
        """Forget the feeds that nobody has followed since the last time. A new one gets a while to be followed."""
        idle = {participant for participant, feed in self.mine.items() if not feed.followed}
        for participant in idle & self._idle:
            del self.mine[participant]
            self.voted.pop(participant, None)
        self._idle = idle

    def hear(self, screen: Screen) -> None:
        self.screens[screen.id] = screen
        self.screens = {name: one for name, one in self.screens.items() if one.heard < SCREEN_FORGOTTEN}
        self._show_health()

    async def own(self, participant: int, known: int | None) -> StateFeed:
        """The feed of one participant's own questions. It begins empty where all up to `known` is seen already."""
        feed = self.mine.setdefault(participant, StateFeed("mine"))
        self._idle.discard(participant)
        if participant in self._askers and known != self.revision:
            await self._draw_mine({participant})
        return feed

    async def votes_of(self, participant: int) -> StateFeed:
        """The feed of what one participant has voted for, as the database has it at this moment."""
        feed = self.voted.setdefault(participant, StateFeed("voted"))
        await self.show_votes({participant})
        return feed

    async def show_votes(self, participants: Collection[int]) -> None:
        for participant, votes in (await Vote.questions_by(self.slug, participants)).items():
            if feed := self.voted.get(participant):
                feed.show(json.dumps(votes).encode())

    def end(self) -> None:
        for feed in (self.room, self.desk, self.screen):
            feed.end()

    def screen_state(self) -> dict[str, Any]:
        """What the screen is drawn from: cards of the room, and nothing else of any question."""
        cards = self.room.cards.values()
        upcoming = sorted(
            (card for card in cards if card.state == QuestionState.NEXT), key=lambda card: card.position
        )
        view = self.view
        return {
            "panel": view,
            "question": next((card for card in cards if card.state == QuestionState.ON_SCREEN), None),
            "next": upcoming if view.show_next else [],
            "conference": self.programme.conference,
            "address": f"{settings().url.partition('://')[2]}/ask",
            "room_code": view.room_code if view.guests else "",
        }

    def _show_state(self) -> None:
        view = self.view
        self._was_open = view.is_open
        self.room.show_status(view)
        self.desk.show_status(view)
        self._show_screen()
        self._show_health()

    def _show_screen(self) -> None:
        self.screen.show(draw("questions/screen/_state.html", **self.screen_state()).encode())

    def _show_health(self) -> None:
        screens = sorted(self.screens.values(), key=lambda screen: screen.id)
        self.health.show(draw("questions/desk/_screens.html", panel=self.view, screens=screens).encode())

    async def _tell_askers(self, changed: set[int]) -> None:
        self._askers |= changed
        await self._draw_mine(changed & self.mine.keys())

    async def _draw_mine(self, participants: set[int]) -> None:
        if not participants:
            return
        rows = await Question.asked_by(list(participants), self.slug)
        for participant in participants:
            cards = [self.my_card(row) for row in rows if row["participant"] == participant]
            html = draw("questions/_mine.html", panel=self.view, mine=cards)
            if feed := self.mine.get(participant):
                feed.show(html.encode())

    def my_card(self, row: MyRow) -> MyCard:
        return MyCard.from_row(row, self.slug, self.programme, reason=row["reason"])
