"""What moderators do with questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from webapp.questions.states import BRING, FACTS, Move, QuestionState, Source, Verb, leads_to
from webapp.refusal import Refused
from webapp.tables.questions.act import Act
from webapp.tables.questions.changing import Change, changing
from webapp.tables.questions.participant import Participant
from webapp.tables.questions.question import Content, Question, QuestionRow

SAID_ALREADY = "Already asked"
"""Why a copy of a question that is taken is not taken itself."""


@dataclass(frozen=True)
class Intent:
    """What a moderator wants done with a question, and what they had on their desk when they did."""

    question: int
    verb: Verb
    seen: int
    """The question's revision."""
    reason: str = ""
    newest: int = -1
    """The latest revision."""
    on_screen: int | None = None
    """The question on the screen. 0: none; None: it is not known."""
    copies: Sequence[int] = ()
    """Questions that say the same, and are declined when this one is taken."""


@dataclass(frozen=True)
class Origin:
    """Where a question comes from that a moderator brings in."""

    source: Source
    author: str = ""
    link: str = ""


class Done(NamedTuple):
    """What has come of an act."""

    act: Act
    along: int = 0
    """How many other questions were declined with it."""
    notice: str = ""
    """What its moderator could not know when they did it."""


async def act(panel: str, intent: Intent, moderator: int, now: datetime) -> Done:
    """Do what a moderator wants with a question, if it is still as they saw it.

    Raises Refused, with what happened to it and by whom.
    """
    async with changing(panel, moderator, now) as change:
        before = await change.question(intent.question, intent.seen)
        state = leads_to(intent.verb, QuestionState(before["state"]))
        if state is None:
            is_now = FACTS[before["state"]].said
            raise Refused(f"This question is {is_now}, so that cannot be done with it.")
        facts: dict[str, Any] = {}
        along: list[Act] = []
        notice = ""
        if intent.verb in (Verb.MUTE, Verb.UNMUTE):
            facts["muted"] = intent.verb is Verb.MUTE
            along = await _mute(change, before, intent)
        elif intent.verb in (Verb.UP, Verb.DOWN):
            facts["position"] = await _pass_neighbour(change, before, intent.verb)
        else:
            if state == QuestionState.ON_SCREEN:
                notice = await change.clear_screen(intent.on_screen)
            if intent.copies and before["state"] == QuestionState.WAITING:
                along = await _decline_copies(change, intent)
        if state != before["state"]:
            facts |= {"state": state, "reason": intent.reason}
            if (position := await change.position_in(state)) is not None:
                facts["position"] = position
        await change.put(intent.question, **facts)
        await change.follow([Move(intent.question, before["source"], before["state"], state)])
        act = await change.record(intent.verb, before, state, intent.reason)
        return Done(act, len(along), notice)


async def decline_all(
    panel: str, questions: Sequence[int], newest: int, reason: str, moderator: int, now: datetime
) -> Done:
    """Decline those of these questions that are as their moderator has seen them (`newest`: the latest revision on
    the desk). Raises Refused when none is.
    """
    async with changing(panel, moderator, now) as change:
        seen = (Question.id.is_in(list(questions) or [0]), Question.revision <= newest)
        acts = await change.decline(reason, *seen)
        if not acts:
            raise Refused("All of these have changed meanwhile. Please look at them again.")
        return Done(acts[0], len(acts) - 1)


async def bring(
    panel: str,
    content: Content,
    origin: Origin,
    moderator: int,
    now: datetime,
    *,
    state: QuestionState = QuestionState.LISTED,
    on_screen: int | None = None,
) -> Done:
    """Take in a question that came another way than by telephone: in the list, up next or on the screen.

    `on_screen`: the question that its moderator saw there; 0: none; None: it is not known.
    """
    async with changing(panel, moderator, now) as change:
        notice = await change.clear_screen(on_screen) if state == QuestionState.ON_SCREEN else ""
        brought = Question(
            panel=change.panel["id"],
            text=content.text,
            lecture=content.lecture,
            lecturer=content.lecturer,
            source=origin.source,
            author=origin.author,
            link=origin.link,
            state=state,
            position=await change.position_in(state) or 0,
            revision=change.panel["revision"],
            asked_at=now,
        )
        rows = await Question.insert(brought).returning(Question.id)
        before: Any = {"id": rows[0]["id"], "state": QuestionState.WITHDRAWN, "position": 0, "revision": 0}
        return Done(await change.record(BRING, before, state), notice=notice)


async def _mute(change: Change, question: QuestionRow, intent: Intent) -> list[Act]:
    """Mute who asked, and decline what waits of theirs; or let them speak again. Returns what was declined."""
    muted = intent.verb is Verb.MUTE
    await Participant.update({Participant.muted: muted}).where(Participant.id == question["participant"])
    if not muted:
        return []
    return await change.decline(
        intent.reason,
        *_of_the_same(question),
        Question.id != question["id"],
        Question.state == QuestionState.WAITING,
        Question.revision <= max(intent.seen, intent.newest),
    )


def _of_the_same(question: QuestionRow) -> tuple[Any, ...]:
    """The questions that moderators know to be the same person's: those that were never signed have one made-up name,
    and signed ones the name. Which signed and which unsigned ones are the same person's is not told.
    """
    if question["participant"] is None or (question["ever_named"] and not question["name"]):
        return (Question.id == question["id"],)
    return (
        Question.participant == question["participant"],
        Question.ever_named.eq(question["ever_named"]),
        Question.name == question["name"],
    )


async def _pass_neighbour(change: Change, question: QuestionRow, verb: Verb) -> int:
    """Let the question before or after take the place of this one. Returns the place that it leaves."""
    neighbour = await change.neighbour(question["position"], verb)
    if neighbour is None:
        raise Refused(f"This question is {'first' if verb is Verb.UP else 'last'} already.")
    await change.put(neighbour["id"], position=question["position"])
    return neighbour["position"]


async def _decline_copies(change: Change, intent: Intent) -> list[Act]:
    return await change.decline(
        intent.reason or SAID_ALREADY,
        Question.id.is_in(list(intent.copies)),
        Question.id != intent.question,
        Question.state == QuestionState.WAITING,
        Question.revision <= intent.newest,
    )
