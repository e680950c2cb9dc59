"""What is live about a panel: its questions in the room and at the desk, the big screen, and each one's own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from markupsafe import Markup

from webapp import clock
from webapp.conference.file import Session
from webapp.conference.programme import Programme
from webapp.live.streams import NOTHING, Feed, OwnFeeds, PartFeed, StateFeed, event, part
from webapp.questions.states import QuestionState
from webapp.questions.views import DeskQuestionView, MyQuestionView, PanelView, QuestionView
from webapp.settings import settings
from webapp.tables import Question, Vote
from webapp.tables.questions.panel import PanelRow
from webapp.tables.questions.question import MyRow
from webapp.tables.questions.revisions import changes
from webapp.web.rendering import draw

SCREEN_BEAT = 2
SCREEN_LOST = 5
"""Seconds without a word, after which the desk says that a screen does not answer."""
SCREEN_FORGOTTEN = 60
"""Seconds after which a screen that says nothing is no longer shown at the desk."""

C = TypeVar("C", bound=QuestionView)


class CardFeed(Feed, Generic[C]):
    """Questions as cards, each drawn once for all who see it, and the state of the panel above them."""

    def __init__(self, template: str, status_template: str, status_place: str) -> None:
        super().__init__()
        self.cards: dict[int, C] = {}
        self._template = template
        self._status_template = status_template
        self._status_place = status_place
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
        status = part(self._status_place, draw(self._status_template, panel=panel).encode())
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
        return self.heard < SCREEN_LOST


class PanelFeeds:
    """Everything live about one panel."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self.revision = NOTHING
        self.row: PanelRow
        self.programme: Programme
        self.session: Session
        self.room: CardFeed[QuestionView] = CardFeed(
            "questions/_card.html", "questions/_status.html", "#panel-status"
        )
        self.desk: CardFeed[DeskQuestionView] = CardFeed(
            "questions/desk/_card.html", "questions/desk/_bar.html", "#desk-bar"
        )
        self.screen = PartFeed("#scene")
        self.health = PartFeed("#screens")
        self.mine = OwnFeeds[int](lambda: PartFeed("#mine"))
        """Of each who asks: their own questions."""
        self.voted = OwnFeeds[int](lambda: StateFeed("voted"))
        """Of each delegate who votes: what they have voted for."""
        self.screens: dict[str, Screen] = {}
        self._askers: set[int] = set()
        self._was_open: bool | None = None
        self._screen_code = ""
        self._refreshing = asyncio.Lock()

    @property
    def view(self) -> PanelView:
        counts: dict[str, int] = dict.fromkeys(QuestionState, 0)
        for card in self.desk.cards.values():
            counts[card.state] += 1
        return PanelView(self.row, self.session, clock.now(), counts)

    @property
    def on_screen(self) -> int:
        """The question on the screen; 0: none."""
        return next(
            (card.id for card in self.desk.cards.values() if card.state == QuestionState.ON_SCREEN), 0
        )

    async def refresh(self, row: PanelRow, session: Session, programme: Programme) -> None:
        """Bring everything to what the database says. `row` is the panel's, read before."""
        async with self._refreshing:
            since, revision = self.revision, row["revision"]
            if revision <= since:
                return
            # What has changed again since the panel's row was read comes the next time, under its own revision:
            # a page that has this one, from whichever worker, must lack all that is later.
            changed = await changes(row["id"], since, revision)
            if self._screen_code not in ("", row["screen_code"]):
                self.screen.end()
                self.screen = PartFeed("#scene")
                self.screens.clear()
            self.row, self.session, self.programme = row, session, programme
            self._screen_code = row["screen_code"]
            anew = since == NOTHING
            self.room.change(
                revision,
                (QuestionView.from_row(question, self.slug, programme) for question in changed.public),
                changed.once_public,
                anew=anew,
            )
            self.desk.change(
                revision,
                (DeskQuestionView.from_desk_row(question, self.slug, programme) for question in changed.desk),
                changed.withdrawn,
                anew=anew,
            )
            self._show_state()
            await self._tell_askers(changed.askers)
            if self.revision == since:  # else all is to be read anew, because the programme has changed
                self.revision = revision

    def count(self, counts: Mapping[int, tuple[int, int]]) -> None:
        self.room.count(counts)
        self.desk.count(counts)
        self._show_screen()

    def refresh_open(self) -> None:
        if self.revision != NOTHING and self.view.is_open != self._was_open:
            self._show_state()

    def forget_idle(self) -> None:
        self.mine.forget_idle()
        self.voted.forget_idle()

    def screen_reported(self, screen: Screen) -> None:
        self.screens[screen.id] = screen
        self.show_health()

    async def own(self, participant: int, known: int | None) -> StateFeed:
        """The feed of one participant's own questions. It begins empty where all up to `known` is seen already."""
        feed = self.mine.open(participant)
        if participant in self._askers and known != self.revision:
            await self._draw_mine({participant})
        return feed

    async def votes_of(self, participant: int) -> StateFeed:
        """The feed of what one participant has voted for, as the database has it at this moment."""
        feed = self.voted.open(participant)
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
        self.show_health()

    def _show_screen(self) -> None:
        self.screen.show(draw("questions/screen/_state.html", **self.screen_state()).encode())

    def show_health(self) -> None:
        """What the screens show at this moment, as the desk is told."""
        self.screens = {name: one for name, one in self.screens.items() if one.heard < SCREEN_FORGOTTEN}
        screens = sorted(self.screens.values(), key=lambda screen: screen.id)
        shown = {"panel": self.view, "on_screen": self.on_screen, "screens": screens}
        self.health.show(draw("questions/desk/_screens.html", **shown).encode())

    async def _tell_askers(self, changed: set[int]) -> None:
        self._askers |= changed
        await self._draw_mine(changed & self.mine.keys())

    async def _draw_mine(self, participants: set[int]) -> None:
        if not participants:
            return
        rows = await Question.asked_by(list(participants), self.slug)
        for participant in participants:
            cards = [self.my_view(row) for row in rows if row["participant"] == participant]
            html = draw("questions/_mine.html", panel=self.view, mine=cards)
            if feed := self.mine.get(participant):
                feed.show(html.encode())

    def my_view(self, row: MyRow) -> MyQuestionView:
        return MyQuestionView.from_row(row, self.slug, self.programme, reason=row["reason"])
