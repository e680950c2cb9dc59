"""The panels that take questions, who asks and votes in them, and what their moderators do."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple, Self

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.query.methods.raw import Raw
from piccolo.table import Table

from webapp.conference import file as conference_file
from webapp.conference.contact import organisers
from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.questions.states import (
    BRING,
    COUNTED,
    DONE,
    EDITABLE,
    FACTS,
    PUBLIC,
    UNREAD,
    VOTABLE,
    QuestionState,
    Source,
    Verb,
    leads_to,
    states_for,
)
from webapp.refusal import Refused
from webapp.tables.people import Person
from webapp.tables.questions import panel_settings
from webapp.tables.search import Entry
from webapp.text.words import is_same_name

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: codes are read from a screen across a hall."""
UNDO_WITHIN = timedelta(minutes=1)
MOST_AT_ONCE = 1_000
"""Rows in one statement: databases take no more than some 32,000 values."""
TOO_SHORT_TO_ANSWER = timedelta(seconds=5)
"""A question that a colleague has put on the screen since has not been answered when another takes its place."""
SAID_ALREADY = "Already asked"
"""Why a copy of a question that is taken is not taken itself."""
BIRDS = """Avocet Bittern Bluethroat Brambling Bunting Chaffinch Crane Crossbill Curlew Dipper Dotterel Dunlin Eider
Fieldfare Firecrest Gannet Godwit Goldcrest Goldeneye Grebe Greenshank Heron Hobby Hoopoe Jackdaw Kestrel Kingfisher
Kittiwake Knot Lapwing Linnet Magpie Mallard Merlin Nightjar Nuthatch Osprey Ouzel Oystercatcher Pintail Pipit Plover
Puffin Redpoll Redshank Redstart Redwing Robin Ruff Sanderling Shearwater Shelduck Shrike Siskin Skylark Snipe Starling
Stonechat Swallow Swift Teal Tern Treecreeper Turnstone Twite Wagtail Warbler Waxwing Wheatear Whimbrel Whinchat Wigeon
Woodlark Wren Yellowhammer""".split()  # noqa: SIM905 - it is read more easily so


OPEN = """NOT panel.withdrawn AND (panel.by_hand = 'open'
    OR panel.by_hand = '' AND panel.opens_at <= {} AND panel.closes_at > {})"""
"""Whether a panel takes questions and votes at this instant (given twice)."""
HALF_FULL = "panel.asked * 2 < panel.most_questions"
"""Whether there is still room for the questions of guests."""


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
                    cls.room_code: new_code(6),
                    cls.guest_key: new_code(6),
                    cls.screen_code: new_code(8),
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
    ) -> dict[str, Any] | None:
        """Begin a change within a transaction: the row as it is now, locked, with its new revision.

        None when the conditions do not hold.
        """
        rows = (
            await cls.update({**(facts or {}), cls.revision: cls.revision + 1})
            .where(cls.slug == slug, cls.withdrawn.eq(False), *conditions)
            .returning(*cls.all_columns())
        )
        return rows[0] if rows else None

    @classmethod
    async def take_question(cls, slug: str, now: datetime, *, room: str | None) -> dict[str, Any]:
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
        panel = await cls.select().where(cls.slug == slug).first()
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


class Participant(Table):
    """Somebody who asks and votes: a delegate, or a guest's telephone. Nothing here is ever shown with a question
    but the name they chose to sign it with, and to moderators the pseudonym of those who did not.
    """

    id: Serial
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.cascade, unique=True)
    name = Varchar(length=200)
    """As a guest gave it."""
    pseudonym = Varchar(length=40, unique=True)
    muted = Boolean(default=False)
    since = Instant()

    @classmethod
    async def of(cls, person: int, now: datetime) -> int:
        """The participant who is this person, from now on if not before."""
        while True:
            row = await cls.select(cls.id).where(cls.person == person).first()
            if row is not None:
                return int(row["id"])
            await cls._join(now, person=person)

    @classmethod
    async def join_as_guest(
        cls, panel: str, room_code: str, name: str, now: datetime, known: int | None
    ) -> tuple[int, str] | None:
        """A guest as a participant, who may be known from another panel already, and the key that they keep.

        None when this is not the room's code or guests are not let in.
        """
        let_in = (
            await Panel.select(Panel.guest_key)
            .where(
                Panel.slug == panel,
                Panel.withdrawn.eq(False),
                Panel.guests.eq(True),
                Panel.room_code == room_code,
            )
            .first()
        )
        if let_in is None:
            return None
        if known is not None:
            await cls.update({cls.name: name}).where(cls.id == known)
            return known, let_in["guest_key"]
        while (participant := await cls._join(now, name=name)) is None:
            pass  # somebody has this pseudonym already
        return participant, let_in["guest_key"]

    @classmethod
    async def refuse_if_muted(cls, participant: int) -> None:
        """To be called when the panel's row is locked, as it is when somebody is muted."""
        asker = await cls.select(cls.muted).where(cls.id == participant).first()
        if asker is None or asker["muted"]:
            raise Refused(f"A moderator has asked you to pause. Please speak to {organisers()}.")

    @classmethod
    async def refuse_if_erased(cls, participant: int) -> None:
        """To be called when what a delegate wants is written, within its transaction: whoever is erased at this
        moment then waits, or is gone already, and what they have signed would keep their name.
        """
        if not await cls.exists().where(cls.id == participant, cls.person.is_not_null()):
            raise Refused("You are signed out here. Please sign in again to take part.")

    @classmethod
    async def _join(cls, now: datetime, **who: Any) -> int | None:
        pseudonym = f"{secrets.choice(BIRDS)} {secrets.randbelow(9000) + 1000}"
        rows = (
            await cls.insert(cls(pseudonym=pseudonym, since=now, **who))
            .on_conflict(action="DO NOTHING")
            .returning(cls.id)
        )
        return int(rows[0]["id"]) if rows else None


@dataclass(frozen=True)
class Asked:
    """What is asked, for whom, and in whose name."""

    text: str
    lecture: str = ""
    lecturer: str = ""
    """Slugs; empty: for everyone."""
    name: str = ""
    """Empty: anonymous."""


class Move(NamedTuple):
    """That a question goes from one state to another."""

    question: int
    source: str
    before: str
    after: str


class Done(NamedTuple):
    """What has come of an act."""

    act: Act
    along: int = 0
    """How many other questions were declined with it."""
    told: str = ""
    """What its moderator could not know when they did it."""


class Undone(NamedTuple):
    """What has come of undoing an act."""

    left: int
    """How many questions have changed since, and stay as they are."""
    revision: int


class Question(Table):
    id: Serial
    panel = ForeignKey(Panel, null=False, on_delete=OnDelete.cascade, index=True)
    participant = ForeignKey(Participant, null=True, default=None, on_delete=OnDelete.set_null, index=True)
    """Never leaves the database but to find one's own questions, and to mute."""
    key = Varchar(length=60, null=True, default=None)
    """Of the form it was asked with: however often that is sent, it asks once."""
    text = Text()
    lecture = Varchar(length=80)
    lecturer = Varchar(length=80)
    name = Varchar(length=200)
    read_as = Varchar(length=200)
    """The name that moderators have read, where a correction has followed."""
    ever_named = Boolean(default=False)
    """Whether it had a name at any time. Its asker's pseudonym is then not told: it would tell who asked the others."""
    source = Varchar(length=10, choices=Source, default=Source.PHONE)
    author = Varchar(length=200)
    link = Varchar(length=500)
    state = Varchar(length=10, choices=QuestionState, default=QuestionState.WAITING)
    position = Integer(default=0)
    """Its place among those that are up next, or among those that were answered."""
    reason = Varchar(length=300)
    """Why it was declined."""
    muted = Boolean(default=False)
    """Whether its asker was muted for it."""
    votes = Integer(default=0)
    tally = Integer(default=0)
    """How often `votes` has changed, so that an older count is known as such."""
    revision = Integer(default=0)
    """The panel's, at its last change."""
    asked_at = Instant()

    asked_once_per_form = Unique([participant, key])

    @classmethod
    async def ask(
        cls, panel: str, participant: int, key: str, asked: Asked, now: datetime, *, room: str | None
    ) -> int:
        """Ask, and return the question's id. With the same key it is the same question. Raises Refused."""
        try:
            async with transaction():
                present = await Panel.take_question(panel, now, room=room)
                await cls._refuse_if_too_many(present, participant)
                rows = (
                    await cls.insert(
                        cls(
                            panel=present["id"],
                            participant=participant,
                            key=key,
                            text=asked.text,
                            lecture=asked.lecture,
                            lecturer=asked.lecturer,
                            name=asked.name,
                            ever_named=bool(asked.name),
                            state=QuestionState.LISTED
                            if present["post_moderated"]
                            else QuestionState.WAITING,
                            revision=present["revision"],
                            asked_at=now,
                        )
                    )
                    .on_conflict(action="DO NOTHING")
                    .returning(cls.id)
                )
                if not rows:
                    raise _NothingNewError
                if room is None:
                    await Participant.refuse_if_erased(participant)
                return int(rows[0]["id"])
        except (_NothingNewError, Refused):
            before = await cls.select(cls.id).where(cls.participant == participant, cls.key == key).first()
            if before is None:
                raise
            return int(before["id"])

    @classmethod
    async def _refuse_if_too_many(cls, panel: dict[str, Any], participant: int) -> None:
        """To be called when the panel's row is locked, so that the count cannot change meanwhile."""
        await Participant.refuse_if_muted(participant)
        before = await cls.count().where(
            cls.panel == panel["id"], cls.participant == participant, cls.state != QuestionState.WITHDRAWN
        )
        if before >= panel["most_each"]:
            raise Refused(
                f"You have asked {before} questions in this panel, which is as many as one person can."
                " You can still vote for those of others."
            )

    @classmethod
    async def edit(cls, panel: str, question: int, participant: int, asked: Asked, *, guest: bool) -> None:
        """Say it differently, while nobody has taken it up. Who was muted only takes back. Raises Refused.

        What was asked without a name stays so: moderators have seen the pseudonym, which other questions have, too.
        """
        facts = {cls.text: asked.text, cls.lecture: asked.lecture, cls.lecturer: asked.lecturer}
        conditions = [cls.ever_named.eq(True)] if asked.name else []
        async with transaction():
            await cls._change_own(panel, question, participant, facts | {cls.name: asked.name}, *conditions)
            await Participant.refuse_if_muted(participant)
            if not guest:
                await Participant.refuse_if_erased(participant)

    @classmethod
    async def sign_anew(cls, person: int, name: str) -> None:
        """Let what somebody has signed carry this name. Where moderators have taken it up, only a correction of the
        name that they have read: another one would come to everybody unread.
        """
        signed = (cls.participant.person == person) & (cls.name != "") & (cls.name != name)
        rows = await cls.select(cls.panel.slug.as_alias("slug")).where(signed)
        for slug in sorted({row["slug"] for row in rows}):
            present = await Panel.change(slug)
            if present is None:
                continue
            theirs = cls.select(cls.id, cls.state, cls.name, cls.read_as).where(
                signed, cls.panel == present["id"]
            )
            for row in await theirs:
                read_as = "" if row["state"] in UNREAD else row["read_as"] or row["name"]
                if not read_as or is_same_name(read_as, name):
                    await cls._put(row["id"], present["revision"], name=name, read_as=read_as)

    @classmethod
    async def withdraw(cls, panel: str, question: int, participant: int) -> None:
        """Take it back, while nobody has taken it up. Raises Refused."""
        gone = {cls.state: QuestionState.WITHDRAWN}
        async with transaction():
            await cls._change_own(
                panel, question, participant, gone, panel_too={Panel.asked: Panel.asked - 1}
            )

    @classmethod
    async def _change_own(
        cls,
        panel: str,
        question: int,
        participant: int,
        facts: dict[Any, Any],
        *conditions: Any,
        panel_too: dict[Any, Any] | None = None,
    ) -> None:
        """To be called within a transaction."""
        present = await Panel.change(panel, panel_too)
        rows = present and (
            await cls.update({**facts, cls.revision: present["revision"]})
            .where(
                cls.id == question,
                cls.panel == present["id"],
                cls.participant == participant,
                cls.state.is_in(list(EDITABLE)),
                *conditions,
            )
            .returning(cls.id)
        )
        if not rows:
            raise Refused("A moderator has taken this question up, so it cannot be changed any more.")

    @classmethod
    async def bring(
        cls,
        panel: str,
        moderator: int,
        asked: Asked,
        source: Source,
        author: str,
        link: str,
        now: datetime,
        state: QuestionState = QuestionState.LISTED,
        on_screen: int | None = None,
    ) -> Done:
        """Take in a question that came another way than by telephone: in the list, up next or on the screen."""
        async with transaction():
            present = await _changed(panel)
            told = ""
            if state == QuestionState.ON_SCREEN:
                told = await cls._clear_screen(present, moderator, now, on_screen)
            position = await cls._position_as(state, present)
            rows = await cls.insert(
                cls(
                    panel=present["id"],
                    text=asked.text,
                    lecture=asked.lecture,
                    lecturer=asked.lecturer,
                    source=source,
                    author=author,
                    link=link,
                    state=state,
                    position=position or 0,
                    revision=present["revision"],
                    asked_at=now,
                )
            ).returning(cls.id)
            question = {"id": rows[0]["id"], "state": QuestionState.WITHDRAWN, "position": 0, "revision": 0}
            return Done(await Act.record(present, moderator, BRING, now, question, state), told=told)

    @classmethod
    async def act(
        cls,
        panel: str,
        question: int,
        verb: Verb,
        seen: int,
        moderator: int,
        now: datetime,
        reason: str = "",
        *,
        newest: int = -1,
        on_screen: int | None = None,
        copies: Sequence[int] = (),
    ) -> Done:
        """Do what a moderator wants, if the question is still as they saw it (`seen`: its revision).

        Of what else they had on their desk: `newest` is the latest revision, `on_screen` the question on the screen
        (0: none; None: it is not known), and `copies` say the same as this one, and are declined when it is taken.
        Raises Refused, with what happened to it and by whom.
        """
        async with transaction():
            present = await _changed(panel)
            before = await cls._locked(present, question, seen, moderator)
            state = leads_to(verb, QuestionState(before["state"]))
            if state is None:
                is_now = FACTS[before["state"]].said
                raise Refused(f"This question is {is_now}, so that cannot be done with it.")
            facts: dict[Any, Any] = {cls.revision: present["revision"]}
            along: list[Act] = []
            told = ""
            if verb in (Verb.MUTE, Verb.UNMUTE):
                facts[cls.muted] = verb is Verb.MUTE
                await Participant.update({Participant.muted: verb is Verb.MUTE}).where(
                    Participant.id == before["participant"]
                )
                if verb is Verb.MUTE:
                    if state != before["state"]:
                        facts |= {cls.state: state, cls.reason: reason}
                    theirs = cls._of_the_same(before)
                    waits = (
                        cls.id != question,
                        cls.state == QuestionState.WAITING,
                        cls.revision <= max(seen, newest),
                    )
                    along = await cls._decline(present, moderator, now, reason, *theirs, *waits)
            elif verb in (Verb.UP, Verb.DOWN):
                neighbour = await cls._neighbour(present["id"], before["position"], verb)
                if neighbour is None:
                    raise Refused(f"This question is {'first' if verb is Verb.UP else 'last'} already.")
                facts[cls.position] = neighbour["position"]
                await cls._put(neighbour["id"], present["revision"], position=before["position"])
            else:
                facts |= {cls.state: state, cls.reason: reason}
                if state == QuestionState.ON_SCREEN:
                    told = await cls._clear_screen(present, moderator, now, on_screen)
                if (position := await cls._position_as(state, present)) is not None:
                    facts[cls.position] = position
                if copies and before["state"] == QuestionState.WAITING:
                    same = (
                        cls.id.is_in(list(copies)),
                        cls.id != question,
                        cls.state == QuestionState.WAITING,
                        cls.revision <= newest,
                    )
                    along = await cls._decline(present, moderator, now, reason or SAID_ALREADY, *same)
            await cls.update(facts).where(cls.id == question)
            after = facts.get(cls.state, before["state"])
            await cls._follow(present, [Move(question, before["source"], before["state"], after)])
            act = await Act.record(present, moderator, verb, now, before, after, reason)
            return Done(act, len(along), told)

    @classmethod
    async def decline_all(
        cls, panel: str, questions: Sequence[int], newest: int, moderator: int, now: datetime, reason: str
    ) -> Done:
        """Decline those of these questions that are as their moderator has seen them (`newest`: the latest revision
        on the desk). Raises Refused when none is.
        """
        async with transaction():
            present = await _changed(panel)
            seen = (cls.id.is_in(list(questions) or [0]), cls.revision <= newest)
            acts = await cls._decline(present, moderator, now, reason, *seen)
            if not acts:
                raise Refused("All of these have changed meanwhile. Please look at them again.")
            return Done(acts[0], len(acts) - 1)

    @classmethod
    async def _decline(
        cls, panel: dict[str, Any], moderator: int, now: datetime, reason: str, *which: Any
    ) -> list[Act]:
        """To be called within a change of the panel: its row is ours, so what is read here does not change."""
        which = (*which, cls.panel == panel["id"], cls.state.is_in(list(states_for(Verb.DECLINE))))
        were = {row["id"]: row for row in await cls.select().where(*which)}
        declined: dict[Any, Any] = {
            cls.state: QuestionState.DECLINED,
            cls.reason: reason,
            cls.revision: panel["revision"],
        }
        rows = await cls.update(declined).where(*which).returning(cls.id)
        before = [were[row["id"]] for row in rows]
        moves = [Move(row["id"], row["source"], row["state"], QuestionState.DECLINED) for row in before]
        await cls._follow(panel, moves)
        acts = [
            Act.about(panel, moderator, Verb.DECLINE, now, row, QuestionState.DECLINED, reason)
            for row in before
        ]
        for some in range(0, len(acts), MOST_AT_ONCE):
            await Act.insert(*acts[some : some + MOST_AT_ONCE])
        return acts

    @classmethod
    def _of_the_same(cls, question: dict[str, Any]) -> tuple[Any, ...]:
        """The questions that moderators know to be the same person's: those that were never signed have one made-up
        name, and signed ones the name. Which signed and which unsigned ones are the same person's is not told.
        """
        if question["participant"] is None or (question["ever_named"] and not question["name"]):
            return (cls.id == question["id"],)
        return (
            cls.participant == question["participant"],
            cls.ever_named.eq(question["ever_named"]),
            cls.name == question["name"],
        )

    @classmethod
    async def _follow(cls, panel: dict[str, Any], moves: Sequence[Move]) -> None:
        """Let go with these questions what goes with them. To be called within a change of the panel."""
        await cls._let_be_talked_about(moves)
        await Panel.make_room(panel["id"], moves)

    @classmethod
    async def _locked(cls, panel: dict[str, Any], question: int, seen: int, moderator: int) -> dict[str, Any]:
        # The panel's row is ours until the end of the transaction, so what is read here does not change.
        row = await cls.select().where(cls.id == question, cls.panel == panel["id"]).first()
        if row is None:
            raise Refused("This question is not in this panel.")
        if row["revision"] != seen:
            raise Refused(await Act.last_word(question, moderator))
        return row

    @classmethod
    async def _let_be_talked_about(cls, moves: Sequence[Move]) -> None:
        """Let notes in which people go on talking about questions be read as long as everybody may read those.

        Nobody else withdraws such a note, for it is nobody's.
        """
        for is_public in (True, False):
            which = [
                move.question
                for move in moves
                if (move.before in PUBLIC) != (move.after in PUBLIC) and (move.after in PUBLIC) == is_public
            ]
            if not which:
                continue
            # As `Meeting.change` does: whoever goes on from a question at this moment comes before, or is refused.
            [meeting] = await cls.raw("UPDATE meeting SET revision = revision + 1 RETURNING revision")
            states = ("open", "withdrawn") if is_public else ("withdrawn", "open")
            among = f"({', '.join(['{}'] * len(which))})"
            # Its asker may have put it in other words since.
            let = f"""UPDATE note SET state = {{}}, revision = {{}},
                text = (SELECT text FROM question WHERE id = note.question)
                WHERE state = {{}} AND question IN {among} RETURNING id, text"""  # noqa: S608 - made of constants
            notes = await cls.raw(let, states[0], meeting["revision"], states[1], *which)
            for note in notes:
                if is_public:
                    await Entry.put("note", note["id"], note["text"])
                else:
                    await Entry.leave_out("note", note["id"])
            touch = f"""UPDATE round_table SET revision = {{}}
                WHERE note IN (SELECT id FROM note WHERE question IN {among})"""  # noqa: S608 - made of constants
            await cls.raw(touch, meeting["revision"], *which)

    @classmethod
    async def _clear_screen(
        cls, panel: dict[str, Any], moderator: int, now: datetime, seen: int | None
    ) -> str:
        """What was on the screen has been answered when the next comes.

        Unless a colleague has put it there unseen, or a moment ago: then it comes up next again, and that is told.
        """
        told = ""
        shown = cls.select().where(cls.panel == panel["id"], cls.state == QuestionState.ON_SCREEN)
        for row in await shown:
            who = await Act.who_has_shown(row["id"], moderator, now - TOO_SHORT_TO_ANSWER)
            if who or seen not in (None, row["id"]):
                first = await cls._position(panel["id"], last=False) - 1
                await cls._put(row["id"], panel["revision"], state=QuestionState.NEXT, position=first)
                await Act.record(panel, moderator, Verb.NEXT, now, row, QuestionState.NEXT)
                told = (
                    f"{who or 'Somebody'} had just put another question on the screen. It is up next again."
                )
            else:
                position = await cls._position_as(QuestionState.ANSWERED, panel)
                await cls._put(row["id"], panel["revision"], state=QuestionState.ANSWERED, position=position)
                await Act.record(panel, moderator, Verb.ANSWER, now, row, QuestionState.ANSWERED)
        return told

    @classmethod
    async def _neighbour(cls, panel: int, position: int, verb: Verb) -> dict[str, Any] | None:
        up = verb is Verb.UP
        beyond = cls.position < position if up else cls.position > position
        return (
            await cls.select(cls.id, cls.position)
            .where(cls.panel == panel, cls.state == QuestionState.NEXT, beyond)
            .order_by(cls.position, ascending=not up)
            .first()
        )

    @classmethod
    async def refuse_two_on_screen(cls, panel: int) -> None:
        """To be called within a change of the panel that puts back what was on the screen."""
        if await cls.count().where(cls.panel == panel, cls.state == QuestionState.ON_SCREEN) > 1:
            raise Refused("Another question is on the screen by now.")

    @classmethod
    async def _position_as(cls, state: str, panel: dict[str, Any]) -> int | None:
        """The place of what comes into this state now: last of those up next, latest of those answered."""
        if state == QuestionState.NEXT:
            return await cls._position(panel["id"], last=True) + 1
        return int(panel["revision"]) if state == QuestionState.ANSWERED else None

    @classmethod
    async def _position(cls, panel: int, *, last: bool) -> int:
        """That of the last, or the first, of those up next."""
        row = (
            await cls.select(cls.position)
            .where(cls.panel == panel, cls.state == QuestionState.NEXT)
            .order_by(cls.position, ascending=not last)
            .first()
        )
        return int(row["position"]) if row else 0

    @classmethod
    async def _put(cls, question: int, revision: int, **facts: Any) -> None:
        columns = {getattr(cls, name): value for name, value in facts.items()}
        await cls.update({**columns, cls.revision: revision}).where(cls.id == question)

    @classmethod
    async def of(cls, panel: str, participants: Sequence[int]) -> list[dict[str, Any]]:
        """The questions of these participants in this panel, newest first."""
        return (
            await cls.select(*MINE)
            .where(
                cls.panel.slug == panel,
                cls.participant.is_in(list(participants)),
                cls.state != QuestionState.WITHDRAWN,
            )
            .order_by(cls.id, ascending=False)
        )

    @classmethod
    async def with_own(cls, panel: str, question: int, participant: int) -> dict[str, Any] | None:
        return (
            await cls.select(*MINE)
            .where(cls.id == question, cls.panel.slug == panel, cls.participant == participant)
            .first()
        )


CARD = [
    Question.id,
    Question.text,
    Question.state,
    Question.votes,
    Question.tally,
    Question.position,
    Question.lecture,
    Question.lecturer,
    Question.name,
    Question.source,
    Question.author,
    Question.link,
    Question.asked_at,
    Question.revision,
]
"""What everybody may see of a question in a public state."""
MINE = [*CARD, Question.participant, Question.reason, Question.ever_named]
DESK = [
    *CARD,
    Question.participant.pseudonym.as_alias("pseudonym"),
    Question.reason,
    Question.muted,
    Question.ever_named,
]


class Counted(NamedTuple):
    votes: int
    tally: int
    new: bool
    """Whether anything was changed."""


COUNT = f"""UPDATE question SET votes = votes + {{}}, tally = tally + 1
    WHERE id = {{}} AND state IN ({", ".join(f"'{state}'" for state in VOTABLE)}) AND panel IN
        (SELECT id FROM panel WHERE slug = {{}} AND {OPEN} AND ({{}} OR panel.guests AND panel.guest_key = {{}}))
    RETURNING votes, tally"""  # noqa: S608 - made of constants


class Vote(Table):
    id: Serial
    question = ForeignKey(Question, null=False, on_delete=OnDelete.cascade)
    participant = ForeignKey(Participant, null=False, on_delete=OnDelete.cascade, index=True)

    one_vote_per_voter = Unique([question, participant])

    @classmethod
    async def cast(
        cls, panel: str, question: int, participant: int, now: datetime, *, room: str | None
    ) -> Counted:
        """Vote. Doing it again changes nothing. Raises Refused when there is nothing to vote for."""
        insert = (
            "INSERT INTO vote (question, participant) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING id"
        )
        return await cls._count(panel, question, now, room, 1, cls.raw(insert, question, participant))

    @classmethod
    async def take_back(
        cls, panel: str, question: int, participant: int, now: datetime, *, room: str | None
    ) -> Counted:
        """The same for taking a vote back."""
        delete = "DELETE FROM vote WHERE question = {} AND participant = {} RETURNING id"
        return await cls._count(panel, question, now, room, -1, cls.raw(delete, question, participant))

    @classmethod
    async def _count(
        cls, panel: str, question: int, now: datetime, room: str | None, by: int, write: Raw
    ) -> Counted:
        # Written out, since nothing is done as often: to put these together anew would take longer than to run them.
        count = cls.raw(COUNT, by, question, panel, now, now, room is None, room or "")
        try:
            async with transaction():
                counted = await count
                if not counted:
                    raise Refused("This question cannot be voted for at the moment.")
                if not await write:
                    raise _NothingNewError
        except _NothingNewError:
            present = (
                await Question.select(Question.votes, Question.tally).where(Question.id == question).first()
            )
            return Counted(**(present or {"votes": 0, "tally": 0}), new=False)
        return Counted(**counted[0], new=True)

    @classmethod
    async def by(cls, panel: str, participants: Collection[int]) -> dict[int, list[int]]:
        """The questions (ids) that each of these participants has voted for."""
        votes: dict[int, list[int]] = {participant: [] for participant in participants}
        if not votes:
            return {}
        question: Any = cls.question
        rows = cls.select(cls.question, cls.participant).where(
            cls.participant.is_in(list(votes)), question.panel.slug == panel
        )
        for row in await rows.order_by(cls.question):
            votes[row["participant"]].append(row["question"])
        return votes

    @classmethod
    async def of(cls, panel: str, participant: int) -> dict[int, tuple[int, int]]:
        """The questions this participant has voted for, each with its votes and tally."""
        question: Any = cls.question
        rows = await cls.select(
            cls.question, question.votes.as_alias("votes"), question.tally.as_alias("tally")
        ).where(cls.participant == participant, question.panel.slug == panel)
        return {row["question"]: (row["votes"], row["tally"]) for row in rows}


class _NothingNewError(Exception):
    """It was done before, so nothing is to be written."""


class Act(Table):
    """Who did what, when: for those who ask later, and for undoing."""

    id: Serial
    panel = ForeignKey(Panel, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """None: it was about the panel."""
    moderator = ForeignKey(Person, null=True, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    detail = Varchar(length=300)
    """The reason given."""
    before = Varchar(length=10)
    """The state of the question, or the value of the setting."""
    position_before = Integer(default=0)
    after = Varchar(length=10)
    revision = Integer()
    """The panel's, which it made. What was done together has one."""
    found_revision = Integer(default=0)
    """The question's, before it."""
    left_revision = Integer(default=0)
    """The question's, while it is as this act has left it: a later one when what was done since has been undone."""
    at = Instant()
    undone_at = Instant(null=True, default=None)

    @classmethod
    def about(
        cls,
        panel: dict[str, Any],
        moderator: int,
        verb: str,
        now: datetime,
        question: dict[str, Any],
        after: str,
        detail: str = "",
    ) -> Self:
        """An act about a question, of which `question` is the row as it was before."""
        return cls(
            panel=panel["id"],
            question=question["id"],
            moderator=moderator,
            verb=verb,
            detail=detail,
            before=question["state"],
            position_before=question["position"],
            after=after,
            revision=panel["revision"],
            found_revision=question["revision"],
            left_revision=panel["revision"],
            at=now,
        )

    @classmethod
    async def record(cls, *about: Any) -> Self:
        """The same, written down."""
        act = cls.about(*about)
        await act.save()
        return act

    @classmethod
    async def record_setting(
        cls, panel: dict[str, Any], moderator: int, setting: str, value: str | bool, now: datetime
    ) -> Self:
        """Record that a setting has got another value. `panel`: its row as it was before."""
        before, after = panel_settings.kept(panel[setting]), panel_settings.kept(value)
        act = cls(
            panel=panel["id"],
            moderator=moderator,
            verb=setting,
            before=before,
            after=after,
            revision=panel["revision"],
            at=now,
        )
        await act.save()
        return act

    @classmethod
    async def last_word(cls, question: int, reader: int) -> str:
        """Why a question is not as this moderator saw it."""
        row = (
            await cls.select(cls.verb, cls.moderator, cls.moderator.name, cls.moderator.email, cls.undone_at)
            .where(cls.question == question)
            .order_by(cls.id, ascending=False)
            .first()
        )
        if row is None:
            return "Its asker has changed this question meanwhile. Please read it again."
        who = "You have" if row["moderator"] == reader else f"{_called(row)} has"
        undone = "undone that on" if row["undone_at"] else None
        return f"{who} already {undone or DONE[row['verb']]} this question."

    @classmethod
    async def last_setting(cls, panel: int, setting: str, reader: int) -> str:
        """Why a setting is not as this moderator saw it."""
        row = (
            await cls.select(cls.after, cls.moderator, cls.moderator.name, cls.moderator.email, cls.undone_at)
            .where(cls.panel == panel, cls.verb == setting)
            .order_by(cls.id, ascending=False)
            .first()
        )
        if row is None:
            return "This has changed meanwhile. Please look at it again."
        who = "You have" if row["moderator"] == reader else f"{_called(row)} has"
        undone = "undone that" if row["undone_at"] else None
        return f"{who} already {undone or panel_settings.told(setting, row['after'])}."

    @classmethod
    async def who_has_shown(cls, question: int, but: int, since: datetime) -> str:
        """The moderator, `but` not this one, who has put a question on the screen since then. Empty: nobody."""
        row = (
            await cls.select(cls.moderator, cls.moderator.name, cls.moderator.email)
            .where(
                cls.question == question,
                cls.after == QuestionState.ON_SCREEN,
                cls.before != QuestionState.ON_SCREEN,
                cls.undone_at.is_null(),
                cls.at > since,
            )
            .order_by(cls.id, ascending=False)
            .first()
        )
        return _called(row) if row and row["moderator"] != but else ""

    @classmethod
    async def undo(cls, panel: str, act: int, moderator: int, now: datetime) -> Undone:
        """Put back what was done, within a minute and while nothing has happened since. Raises Refused.

        Of many questions that were declined together, those are put back that are as they were left.
        """
        async with transaction():
            present = await _changed(panel)
            first = await cls.select(cls.revision).where(cls.id == act, cls.panel == present["id"]).first()
            if first is None:
                raise Refused("There is nothing to undo.")
            undone = (
                await cls.update({cls.undone_at: now})
                .where(
                    cls.panel == present["id"],
                    cls.revision == first["revision"],
                    cls.verb.not_in([Verb.UP, Verb.DOWN]),  # each is the other's undoing
                    cls.undone_at.is_null(),
                    cls.at > now - UNDO_WITHIN,
                )
                .returning(cls.id, cls.question, cls.verb, cls.before, cls.after)
            )
            if not undone:
                raise Refused("This was undone already, or longer ago than a minute.")
            questions = {row["question"]: row for row in undone if row["question"] is not None}
            back = await cls._put_back(present, first["revision"]) if questions else []
            left = [row for row in questions.values() if row["question"] not in {row["id"] for row in back}]
            if left and (not back or any(row["verb"] != Verb.DECLINE for row in left)):
                raise Refused(await cls.last_word(left[0]["question"], moderator))
            await cls.update({cls.undone_at: None}).where(cls.id.is_in([row["id"] for row in left] or [0]))
            await cls.raw(AS_BEFORE, present["revision"], present["id"], first["revision"])
            moves = [
                Move(row["id"], row["source"], questions[row["id"]]["after"], questions[row["id"]]["before"])
                for row in back
            ]
            await Question._follow(present, moves)
            if QuestionState.ON_SCREEN in {row["before"] for row in questions.values()}:
                await Question.refuse_two_on_screen(present["id"])
            for row in back:
                verb = questions[row["id"]]["verb"]
                if verb in (Verb.MUTE, Verb.UNMUTE):
                    await Participant.update({Participant.muted: verb == Verb.UNMUTE}).where(
                        Participant.id == row["participant"]
                    )
            for row in undone:
                if row["question"] is None:
                    await cls._set_back(present, row, moderator)
            return Undone(len(left), present["revision"])

    @classmethod
    async def _put_back(cls, panel: dict[str, Any], revision: int) -> list[dict[str, Any]]:
        """Put back the questions that are as the acts of this revision have left them."""
        rows: list[dict[str, Any]] = await cls.raw(PUT_BACK, panel["revision"], panel["id"], revision)
        return rows

    @classmethod
    async def _set_back(cls, panel: dict[str, Any], act: dict[str, Any], moderator: int) -> None:
        """Give a setting the value that it had before it was set."""
        setting = getattr(Panel, act["verb"])
        before, after = (panel_settings.value_of(act[name]) for name in ("before", "after"))
        as_it_was_left = (Panel.id == panel["id"], setting == after)
        if not await Panel.update({setting: before}).where(*as_it_was_left).returning(Panel.id):
            raise Refused(await cls.last_setting(panel["id"], act["verb"], moderator))

    @classmethod
    async def once_public(cls, questions: Sequence[int]) -> set[int]:
        """Which of these questions were ever in a public state before they were put back, declined or undone."""
        if not questions:
            return set()
        public = list(PUBLIC)
        rows = await cls.select(cls.question).where(
            cls.question.is_in(list(questions)), cls.before.is_in(public) | cls.after.is_in(public)
        )
        return {row["question"] for row in rows}

    @classmethod
    async def trail(cls, panel: str, most: int = 500) -> list[list[dict[str, Any]]]:
        """What was done in a panel, newest first. What was done together is together."""
        here = cls.panel.slug == panel
        newest = cls.select(cls.revision).where(here).group_by(cls.revision)
        revisions = await newest.order_by(cls.revision, ascending=False).limit(most)
        rows = (
            await cls.select(
                cls.at,
                cls.revision,
                cls.verb,
                cls.detail,
                cls.after,
                cls.undone_at,
                cls.moderator.name,
                cls.moderator.email,
                cls.question.text,
            )
            .where(here, cls.revision >= min((row["revision"] for row in revisions), default=0))
            .order_by(cls.id, ascending=False)
        )
        return [list(together) for _, together in groupby(rows, lambda row: row["revision"])]


PUT_BACK = """UPDATE question SET state = act.before, position = act.position_before, revision = {},
        reason = CASE WHEN act.before <> 'declined' THEN question.reason ELSE COALESCE((
            SELECT earlier.detail FROM act AS earlier WHERE earlier.question = act.question
            AND earlier.verb = 'decline' ORDER BY earlier.id DESC LIMIT 1), '') END,
        muted = CASE act.verb WHEN 'mute' THEN false WHEN 'unmute' THEN true ELSE question.muted END
    FROM act WHERE act.question = question.id AND act.panel = {} AND act.revision = {} AND act.undone_at IS NOT NULL
        AND question.revision = act.left_revision RETURNING question.id, question.source, question.participant"""
"""One statement for all that was done together."""
AS_BEFORE = """UPDATE act SET left_revision = {} FROM act AS later
    WHERE later.panel = {} AND later.revision = {} AND later.undone_at IS NOT NULL
        AND act.question = later.question AND act.left_revision = later.found_revision AND act.undone_at IS NULL"""
"""What was undone is as the acts before have left it, so that these can be undone in their turn."""


async def set_on_panel(
    panel: str, values: dict[str, str | bool], moderator: int, now: datetime, *, seen: dict[str, str] | None
) -> Act | None:
    """Change settings of a panel, unless they are not as their moderator saw them (`seen`). Raises Refused.

    None: they are so already.
    """
    async with transaction():
        present = await _changed(panel)
        for setting, value in (seen or {}).items():
            if present[setting] != value:
                raise Refused(await Act.last_setting(present["id"], setting, moderator))
        new = {setting: value for setting, value in values.items() if present[setting] != value}
        if not new:
            return None
        await Panel.update({getattr(Panel, setting): value for setting, value in new.items()}).where(
            Panel.id == present["id"]
        )
        acts = [
            await Act.record_setting(present, moderator, setting, value, now)
            for setting, value in new.items()
        ]
        return acts[0]


async def _changed(panel: str) -> dict[str, Any]:
    present = await Panel.change(panel)
    if present is None:
        raise Refused("There is no such panel any more.")
    return present


def _called(row: dict[str, Any]) -> str:
    return str(row["moderator.name"] or row["moderator.email"] or "Somebody")


def new_code(length: int) -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))
