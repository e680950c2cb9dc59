"""A panel and its questions as pages show them. What is for everybody has no field for what is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Self, cast

from webapp.conference.file import Session
from webapp.conference.programme import Programme
from webapp.questions.states import (
    BUTTONS,
    FACTS,
    ORIGINS,
    VOTABLE,
    Button,
    Order,
    QuestionState,
    Source,
    StateFacts,
    Verb,
    leads_to,
)
from webapp.tables.questions.panel import PanelRow
from webapp.tables.questions.question import DeskRow, PublicRow
from webapp.text.names import names_in
from webapp.text.words import words
from webapp.text.written import clock_time, day


@dataclass(frozen=True, kw_only=True)
class QuestionView:
    """A question in a public state, as everybody sees it."""

    id: int
    panel: str
    text: str
    state: str
    votes: int
    tally: int
    position: int
    to: str
    """The lecturer's name; empty: for everyone."""
    about: str
    """The lecture's title, or empty."""
    name: str
    """Empty: anonymous."""
    source: str
    author: str
    link: str
    asked_at: datetime
    revision: int

    @classmethod
    def from_row(cls, row: PublicRow, panel: str, programme: Programme, **more: Any) -> Self:
        copied: dict[str, Any] = {name: value for name, value in row.items() if name in COPIED}
        lecture, lecturer = programme.session(row["lecture"]), programme.speaker(row["lecturer"])
        return cls(
            **copied,
            panel=panel,
            to=lecturer.name if lecturer else "",
            about=lecture.title if lecture else "",
            asked_at=row["asked_at"].astimezone(programme.conference.zone),
            **more,
        )

    @property
    def facts(self) -> StateFacts:
        """What holds for it in its state."""
        return FACTS[self.state]

    @property
    def origin(self) -> str:
        """Where it came from; empty: it was asked here."""
        return ORIGINS.get(self.source, "")


COPIED = (
    "id", "text", "state", "votes", "tally", "position", "name", "source", "author", "link", "revision"
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class DeskQuestionView(QuestionView):
    """A question in any state, as moderators see it."""

    pseudonym: str
    """Of whoever asked without a name: to speak of and to mute. Those who ever gave one are not linked to theirs."""
    muted: bool
    reason: str
    known: frozenset[str]
    """The words of the conference, which name nobody to protect."""

    @classmethod
    def from_desk_row(cls, row: DeskRow, panel: str, programme: Programme) -> Self:
        return cls.from_row(
            row,
            panel,
            programme,
            pseudonym="" if row["ever_named"] or row["name"] else row["pseudonym"] or "",
            muted=row["muted"],
            reason=row["reason"],
            known=programme.words,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Whom it seems to name."""
        return _names(self.text, f"{self.name} {self.author}", self.known)

    @property
    def anonymous(self) -> bool:
        return bool(self.pseudonym)

    @property
    def acts(self) -> tuple[Verb, ...]:
        """What can be done with it now, what is likeliest first."""
        if self.source != Source.PHONE:
            return tuple(self.facts.acts)
        return (*self.facts.acts, Verb.UNMUTE if self.muted else Verb.MUTE)

    def button(self, verb: Verb) -> Button:
        """The button that does it."""
        button = BUTTONS[verb]
        state = leads_to(verb, QuestionState(self.state))
        place = FACTS[state].place if state else ""
        return button._replace(text=button.text.format(place=place, asker=self.pseudonym or "the asker"))


@lru_cache(maxsize=8192)
def _names(text: str, signed: str, known: frozenset[str]) -> tuple[str, ...]:
    # Once for each text: cards are drawn again with every vote.
    return tuple(names_in(text, known.union(words(signed))))


@dataclass(frozen=True, kw_only=True)
class MyQuestionView(QuestionView):
    """A question of one's own, as only its asker sees it."""

    reason: str

    @property
    def editable(self) -> bool:
        return self.facts.editable


ORDERS: Mapping[Order, Callable[[QuestionView], Any]] = {
    Order.OLDEST: lambda card: card.id,
    Order.NEWEST: lambda card: -card.id,
    Order.VOTES: lambda card: (-card.votes, card.id),
    Order.POSITION: lambda card: (card.position, card.id),
    Order.ANSWERED: lambda card: (-card.position, -card.id),
}
"""The keys by which lists are sorted."""


def for_everybody(card: QuestionView) -> tuple[int, Any]:
    """The key by which the list for everybody is sorted: what is on the screen, what is up next, then by votes."""
    place = VOTABLE.index(QuestionState(card.state))
    order = Order.POSITION if card.state == QuestionState.NEXT else Order.VOTES
    return place, ORDERS[order](card)


@dataclass(frozen=True)
class PanelView:
    """A panel at one moment. Times are the conference's."""

    row: PanelRow
    session: Session
    now: datetime
    counts: Mapping[str, int]
    """Questions by state."""

    def __getattr__(self, name: str) -> Any:
        try:
            return cast(Mapping[str, Any], self.row)[name]
        except KeyError as error:
            raise AttributeError(name) from error

    @property
    def title(self) -> str:
        return self.session.name

    @property
    def opens_at(self) -> datetime | None:
        return self._local(self.row["opens_at"])

    @property
    def closes_at(self) -> datetime | None:
        return self._local(self.row["closes_at"])

    @property
    def is_open(self) -> bool:
        if self.row["by_hand"]:
            return bool(self.row["by_hand"] == "open")
        opens, closes = self.row["opens_at"], self.row["closes_at"]
        return opens is not None and closes is not None and opens <= self.now < closes

    @property
    def full(self) -> bool:
        return bool(self.row["asked"] >= self.row["most_questions"])

    @property
    def waits(self) -> str:
        """Why it takes no questions now; empty when it does."""
        if self.is_open:
            return ""
        if self.row["by_hand"] == "closed":
            return "The moderators have closed it for now."
        opens, closes = self.opens_at, self.closes_at
        if opens is None or closes is None:
            return "The moderators open it when it begins."
        if self.now < opens:
            return f"It opens on {day(opens)} at {clock_time(opens)}."
        return f"It closed on {day(closes)} at {clock_time(closes)}."

    def _local(self, at: datetime | None) -> datetime | None:
        return at and at.astimezone(self.session.zone)


def addressees(panel: Session, programme: Programme) -> list[tuple[str, str]]:
    """Whom a question can be for: the value of the form's field, and what people read."""
    choices = [("", "Everyone")]
    for session in programme.talked_about_in(panel):
        own = session is panel
        speakers = programme.speakers_of(session)
        choices += [
            (f"{session.slug}/{speaker.slug}", speaker.name if own else f"{speaker.name}: {session.title}")
            for speaker in speakers
        ]
        if not speakers and not own:
            choices.append((f"{session.slug}/", session.title))
    return choices
