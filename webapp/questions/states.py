"""The life of a question: its states, and by which act of a moderator each leads to which.

Whatever differs from state to state stands here once. The tables keep to it, pages are drawn from it, and the script of
the desk reads it there. A new state takes its facts here; if its list is not folded it has a place and a view of its
own on the desk, too (`desk.html`, `desk.css`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class QuestionState(StrEnum):
    WAITING = "waiting"
    LISTED = "listed"
    NEXT = "next"
    ON_SCREEN = "on_screen"
    ANSWERED = "answered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Verb(StrEnum):
    """What a moderator does with a question."""

    APPROVE = "approve"
    DECLINE = "decline"
    NEXT = "next"
    SHOW = "show"
    ANSWER = "answer"
    RETURN = "return"
    UP = "up"
    DOWN = "down"
    MUTE = "mute"
    UNMUTE = "unmute"


BRING = "bring"
"""What a moderator does who takes in a question from elsewhere. It begins one, so it leads from no state."""


class Order(StrEnum):
    """How the desk sorts a list of questions. Pages and scripts have a function of the same name for each."""

    OLDEST = "oldest"
    NEWEST = "newest"
    VOTES = "votes"
    POSITION = "position"
    """As moderators have put them."""
    ANSWERED = "answered"
    """The last one that was answered first."""


@dataclass(frozen=True, kw_only=True)
class StateFacts:
    """What holds for a question in one state."""

    said: str
    """In a sentence: “This question is …”."""
    asker_reads: str
    place: str = ""
    """Where a question goes that comes back into this state: “Back to …”."""
    title: str = ""
    """Of its list on the desk. Empty: it has none."""
    folded: bool = False
    """Its list stands folded below the others, and in the view of a telephone that shows what is done."""
    nothing: str = ""
    """What the desk says where the list is empty."""
    order: Order = Order.NEWEST
    acts: Mapping[Verb, QuestionState] = field(default_factory=dict)
    """What moderators can do, the likeliest first, and the state that each leads to. To mute is possible in any."""
    in_sight: int = 1
    """How many of these have a button that is seen at once."""
    public: bool = False
    """Everybody may read it."""
    votable: bool = False
    flagged: bool = False
    """The list for everybody says of it which state it is in."""
    editable: bool = False
    """Its asker may change it or take it back."""
    unread: bool = False
    """From here nothing comes to everybody but by a moderator who reads it as it is then."""
    counted: bool = True
    """It takes up some of the room that a panel has."""


S = QuestionState
FACTS: Mapping[str, StateFacts] = {
    S.WAITING: StateFacts(
        said="waiting",
        asker_reads="Waiting for the moderators",
        place="waiting",
        title="Waiting",
        nothing="Nothing waits. New questions come here by themselves.",
        order=Order.OLDEST,
        acts={Verb.APPROVE: S.LISTED, Verb.NEXT: S.NEXT, Verb.DECLINE: S.DECLINED},
        in_sight=3,
        editable=True,
        unread=True,
    ),
    S.LISTED: StateFacts(
        said="in the list",
        asker_reads="In the list",
        place="the list",
        title="Listed",
        nothing="Nothing in the list. What you approve comes here, and the room votes.",
        order=Order.VOTES,
        acts={
            Verb.NEXT: S.NEXT,
            Verb.SHOW: S.ON_SCREEN,
            Verb.ANSWER: S.ANSWERED,
            Verb.DECLINE: S.DECLINED,
            Verb.RETURN: S.WAITING,
        },
        in_sight=2,
        public=True,
        votable=True,
    ),
    S.NEXT: StateFacts(
        said="up next",
        asker_reads="Up next",
        title="Up next",
        nothing="Nothing is up next.",
        order=Order.POSITION,
        acts={
            Verb.SHOW: S.ON_SCREEN,
            Verb.UP: S.NEXT,
            Verb.DOWN: S.NEXT,
            Verb.ANSWER: S.ANSWERED,
            Verb.DECLINE: S.DECLINED,
            Verb.RETURN: S.LISTED,
        },
        in_sight=3,
        public=True,
        votable=True,
        flagged=True,
    ),
    S.ON_SCREEN: StateFacts(
        said="on the screen",
        asker_reads="On the screen now",
        title="On the screen",
        nothing="No question is on the screen: it invites the room to ask.",
        acts={Verb.ANSWER: S.ANSWERED, Verb.RETURN: S.LISTED, Verb.NEXT: S.NEXT},
        in_sight=2,
        public=True,
        votable=True,
        flagged=True,
    ),
    S.ANSWERED: StateFacts(
        said="answered",
        asker_reads="Answered",
        title="Answered",
        folded=True,
        nothing="Nothing has been answered yet.",
        order=Order.ANSWERED,
        acts={Verb.RETURN: S.LISTED, Verb.NEXT: S.NEXT, Verb.SHOW: S.ON_SCREEN},
        public=True,
    ),
    S.DECLINED: StateFacts(
        said="declined",
        asker_reads="Declined",
        title="Declined",
        folded=True,
        nothing="Nothing has been declined.",
        acts={Verb.RETURN: S.WAITING},
        unread=True,
        counted=False,
    ),
    S.WITHDRAWN: StateFacts(said="withdrawn by its asker", asker_reads="Withdrawn", counted=False),
}

PUBLIC = tuple(state for state in S if FACTS[state].public)
VOTABLE = (S.ON_SCREEN, S.NEXT, S.LISTED)
"""In the order in which the list for everybody shows them."""
UNREAD = tuple(state for state in S if FACTS[state].unread)
COUNTED = tuple(state for state in S if FACTS[state].counted)
EDITABLE = tuple(state for state in S if FACTS[state].editable)
BROUGHT_AS = (S.LISTED, S.NEXT, S.ON_SCREEN)
"""Where a question from elsewhere can go."""


def states_for(verb: Verb) -> tuple[QuestionState, ...]:
    """The states in which this can be done with a question."""
    return tuple(state for state in S if verb in (Verb.MUTE, Verb.UNMUTE) or verb in FACTS[state].acts)


def leads_to(verb: Verb, state: QuestionState) -> QuestionState | None:
    """The state that a question comes to when this is done with it in that `state`. None: it cannot be done."""
    if verb is Verb.MUTE and state is S.WAITING:
        return S.DECLINED
    return state if verb in (Verb.MUTE, Verb.UNMUTE) else FACTS[state].acts.get(verb)


DONE: Mapping[str, str] = {
    BRING: "brought in",
    Verb.APPROVE: "approved",
    Verb.DECLINE: "declined",
    Verb.NEXT: "put up next",
    Verb.SHOW: "put on the screen",
    Verb.ANSWER: "marked as answered",
    Verb.RETURN: "put back",
    Verb.UP: "moved up",
    Verb.DOWN: "moved down",
    Verb.MUTE: "muted whoever asked",
    Verb.UNMUTE: "let speak again whoever asked",
}
"""What a moderator has done, after their name."""


class Move(NamedTuple):
    """That a question has gone from one state to another."""

    question: int
    source: str
    before: str
    after: str


class Button(NamedTuple):
    """The button on the desk that does it."""

    text: str
    """`{place}` and `{asker}` are filled in for each question."""
    key: str
    """That does it with the question that is selected."""
    cannot: str = ""
    """What is said of that key where it cannot be done."""


BUTTONS: Mapping[Verb, Button] = {
    Verb.APPROVE: Button("Approve", "a", "This question is approved already."),
    Verb.DECLINE: Button("Decline", "d", "Take it back to the list first."),
    Verb.NEXT: Button("Up next", "n", "It cannot be put up next from here."),
    Verb.SHOW: Button(
        "On the screen", "s", "Approve it first: only what everybody can read comes on the screen."
    ),
    Verb.ANSWER: Button("Answered", "x", "Approve it first."),
    Verb.RETURN: Button("Back to {place}", "r", "It waits already. Approve it, or decline it."),
    Verb.UP: Button("Earlier", "K", "Only questions up next have an order of their own."),
    Verb.DOWN: Button("Later", "J", "Only questions up next have an order of their own."),
    Verb.MUTE: Button("Mute {asker}", "m", "Nobody asked this by telephone."),
    Verb.UNMUTE: Button("Let {asker} speak again", "m"),
}


class Source(StrEnum):
    """Which way a question came."""

    PHONE = "phone"
    FLOOR = "floor"
    TWITTER = "twitter"
    FACEBOOK = "facebook"
    EMAIL = "email"


ORIGINS: Mapping[str, str] = {
    Source.FLOOR: "From the floor",
    Source.TWITTER: "Twitter",
    Source.FACEBOOK: "Facebook",
    Source.EMAIL: "E-mail",
}
"""What people read of where a question came from that a moderator has brought in."""
