"""The panels that take questions, who asks and votes in them, and what their moderators do."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.query.methods.raw import Raw
from piccolo.table import Table

from webapp import conference_file
from webapp.columns import Instant
from webapp.conference_file import ConferenceFile
from webapp.refusal import Refused
from webapp.tables.people import Person, email_key
from webapp.tables.search import Entry

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: codes are read from a screen across a hall."""
UNDO_WITHIN = timedelta(minutes=1)
BIRDS = """Avocet Bittern Bluethroat Brambling Bunting Chaffinch Crane Crossbill Curlew Dipper Dotterel Dunlin Eider
Fieldfare Firecrest Gannet Godwit Goldcrest Goldeneye Grebe Greenshank Heron Hobby Hoopoe Jackdaw Kestrel Kingfisher
Kittiwake Knot Lapwing Linnet Magpie Mallard Merlin Nightjar Nuthatch Osprey Ouzel Oystercatcher Pintail Pipit Plover
Puffin Redpoll Redshank Redstart Redwing Robin Ruff Sanderling Shearwater Shelduck Shrike Siskin Skylark Snipe Starling
Stonechat Swallow Swift Teal Tern Treecreeper Turnstone Twite Wagtail Warbler Waxwing Wheatear Whimbrel Whinchat Wigeon
Woodlark Wren Yellowhammer""".split()  # noqa: SIM905 - it is read more easily so


class State(StrEnum):
    WAITING = "waiting"
    LISTED = "listed"
    NEXT = "next"
    ON_SCREEN = "on_screen"
    ANSWERED = "answered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


PUBLIC = (State.LISTED, State.NEXT, State.ON_SCREEN, State.ANSWERED)
"""The states in which everybody may read a question."""
VOTABLE = (State.LISTED, State.NEXT, State.ON_SCREEN)
GONE = (State.DECLINED, State.WITHDRAWN)
"""The states in which a question takes up none of the room that a panel has."""


class Source(StrEnum):
    PHONE = "phone"
    FLOOR = "floor"
    TWITTER = "twitter"
    FACEBOOK = "facebook"
    EMAIL = "email"


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

        `room`: the code with which a guest came in; None: a delegate. Anybody with the code is as many guests as
        they like, so these are let fill half of the panel: the other half is for those whom we know.
        """
        row = await cls.change(
            slug,
            {cls.asked: cls.asked + 1},
            WhereRaw(OPEN, now, now),
            cls.asked < cls.most_questions,
            *([cls.guests.eq(True), cls.room_code == room, WhereRaw(HALF_FULL)] if room is not None else []),
        )
        if row is None:
            raise Refused(await cls._why_not(slug, room=room))
        return row

    @classmethod
    async def make_room(cls, question: dict[str, Any], after: str) -> None:
        """Count a question as it is now, and not as it was (`question`: its row before). What came from the floor is
        not counted: nobody but moderators brings it.

        To be called within a change of the panel.
        """
        more = (question["state"] in GONE) - (after in GONE)
        if more and question["source"] == Source.PHONE:
            await cls.update({cls.asked: cls.asked + more}).where(cls.id == question["panel"])

    @classmethod
    async def _why_not(cls, slug: str, *, room: str | None) -> str:
        panel = await cls.select().where(cls.slug == slug).first()
        if panel and room is not None and not panel["guests"]:
            return "This panel is for delegates only at the moment. Please sign in."
        if panel and room is not None and panel["room_code"] != room:
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
    ) -> int | None:
        """A guest as a participant, who may be known from another panel already.

        None when this is not the room's code or guests are not let in.
        """
        let_in = await Panel.exists().where(
            Panel.slug == panel,
            Panel.withdrawn.eq(False),
            Panel.guests.eq(True),
            Panel.room_code == room_code,
        )
        if not let_in:
            return None
        if known is not None:
            await cls.update({cls.name: name}).where(cls.id == known)
            return known
        while (participant := await cls._join(now, name=name)) is None:
            pass  # somebody has this pseudonym already
        return participant

    @classmethod
    async def refuse_if_muted(cls, participant: int) -> None:
        """To be called when the panel's row is locked, as it is when somebody is muted."""
        asker = await cls.select(cls.muted).where(cls.id == participant).first()
        if asker is None or asker["muted"]:
            raise Refused("A moderator has asked you to pause. Please speak to one of the organisers.")

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
    ever_named = Boolean(default=False)
    """Whether it had a name at any time. Its asker's pseudonym is then not told: it would tell who asked the others."""
    source = Varchar(length=10, choices=Source, default=Source.PHONE)
    author = Varchar(length=200)
    link = Varchar(length=500)
    state = Varchar(length=10, choices=State, default=State.WAITING)
    position = Integer(default=0)
    """Its place among those that are up next."""
    reason = Varchar(length=300)
    """Why it was not taken."""
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
            async with cls._meta.db.transaction():
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
                            state=State.LISTED if present["post_moderated"] else State.WAITING,
                            revision=present["revision"],
                            asked_at=now,
                        )
                    )
                    .on_conflict(action="DO NOTHING")
                    .returning(cls.id)
                )
                if not rows:
                    raise _NothingNewError
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
            cls.panel == panel["id"], cls.participant == participant, cls.state != State.WITHDRAWN
        )
        if before >= panel["most_each"]:
            raise Refused(
                f"You have asked {before} questions in this panel, which is as many as one person can."
                " You can still vote for those of others."
            )

    @classmethod
    async def edit(cls, panel: str, question: int, participant: int, asked: Asked) -> None:
        """Say it differently, while nobody has taken it up. Who was muted only takes back. Raises Refused.

        What was asked without a name stays so: moderators have seen the pseudonym, which other questions have, too.
        """
        facts = {cls.text: asked.text, cls.lecture: asked.lecture, cls.lecturer: asked.lecturer}
        conditions = [cls.ever_named.eq(True)] if asked.name else []
        async with cls._meta.db.transaction():
            await cls._change_own(panel, question, participant, facts | {cls.name: asked.name}, *conditions)
            await Participant.refuse_if_muted(participant)

    @classmethod
    async def withdraw(cls, panel: str, question: int, participant: int) -> None:
        """Take it back, while nobody has taken it up. Raises Refused."""
        gone = {cls.state: State.WITHDRAWN}
        async with cls._meta.db.transaction():
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
                cls.state == State.WAITING,
                *conditions,
            )
            .returning(cls.id)
        )
        if not rows:
            raise Refused("A moderator has taken this question up, so it cannot be changed any more.")

    @classmethod
    async def bring(
        cls, panel: str, moderator: int, asked: Asked, source: Source, author: str, link: str, now: datetime
    ) -> Act:
        """List a question that came another way than by telephone."""
        async with cls._meta.db.transaction():
            present = await _changed(panel)
            rows = await cls.insert(
                cls(
                    panel=present["id"],
                    text=asked.text,
                    lecture=asked.lecture,
                    lecturer=asked.lecturer,
                    source=source,
                    author=author,
                    link=link,
                    state=State.LISTED,
                    revision=present["revision"],
                    asked_at=now,
                )
            ).returning(cls.id)
            question = {"id": rows[0]["id"], "state": State.WITHDRAWN, "position": 0}
            return await Act.record(present, moderator, "bring", now, question, State.LISTED)

    @classmethod
    async def act(
        cls, panel: str, question: int, verb: Verb, seen: int, moderator: int, now: datetime, reason: str = ""
    ) -> Act:
        """Do what a moderator wants, if the question is still as they saw it (`seen`: its revision).

        Raises Refused, with what happened to it and by whom.
        """
        async with cls._meta.db.transaction():
            present = await _changed(panel)
            before = await cls._locked(present, question, seen, moderator)
            if before["state"] not in verb.allowed:
                is_now = SAID[State(before["state"])]
                raise Refused(f"This question is {is_now}, so that cannot be done with it.")
            facts: dict[Any, Any] = {cls.revision: present["revision"], cls.reason: reason}
            if verb in (Verb.MUTE, Verb.UNMUTE):
                facts = {cls.revision: present["revision"], cls.muted: verb is Verb.MUTE}
                await Participant.update({Participant.muted: verb is Verb.MUTE}).where(
                    Participant.id == before["participant"]
                )
            elif verb in (Verb.UP, Verb.DOWN):
                facts = {cls.revision: present["revision"], cls.position: before["position"]}
                neighbour = await cls._neighbour(present["id"], before["position"], verb)
                if neighbour is None:
                    raise Refused(f"This question is {'first' if verb is Verb.UP else 'last'} already.")
                facts[cls.position] = neighbour["position"]
                await cls._put(neighbour["id"], present["revision"], position=before["position"])
            else:
                facts[cls.state] = verb.leads_to(State(before["state"]))
                if facts[cls.state] == State.NEXT:
                    facts[cls.position] = await cls._last_position(present["id"]) + 1
            if facts.get(cls.state) == State.ON_SCREEN:
                await cls._clear_screen(present, moderator, now)
            await cls.update(facts).where(cls.id == question)
            after = facts.get(cls.state, before["state"])
            await cls.let_be_talked_about(question, before["state"], after)
            await Panel.make_room(before, after)
            return await Act.record(present, moderator, verb, now, before, after, reason)

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
    async def let_be_talked_about(cls, question: int, before: str, after: str) -> None:
        """Let the note in which people go on talking about it be read as long as everybody may read it itself.

        Nobody else withdraws that note, for it is nobody's. To be called within a change.
        """
        if (before in PUBLIC) == (after in PUBLIC):
            return
        # As `Meeting.change` does: whoever goes on from the question at this moment comes before, or is refused.
        [meeting] = await cls.raw("UPDATE meeting SET revision = revision + 1 RETURNING revision")
        states = ("open", "withdrawn") if after in PUBLIC else ("withdrawn", "open")
        # Its asker may have put it in other words since.
        notes = await cls.raw(
            "UPDATE note SET state = {}, revision = {}, text = (SELECT text FROM question WHERE id = note.question)"
            " WHERE question = {} AND state = {} RETURNING id, text",
            *(states[0], meeting["revision"], question, states[1]),
        )
        for note in notes:
            if after in PUBLIC:
                await Entry.put("note", note["id"], note["text"])
            else:
                await Entry.leave_out("note", note["id"])
        await cls.raw(
            "UPDATE round_table SET revision = {} WHERE note IN (SELECT id FROM note WHERE question = {})",
            *(meeting["revision"], question),
        )

    @classmethod
    async def _clear_screen(cls, panel: dict[str, Any], moderator: int, now: datetime) -> None:
        """What was on the screen has been answered when the next comes."""
        shown = cls.select().where(cls.panel == panel["id"], cls.state == State.ON_SCREEN)
        for row in await shown:
            await cls._put(row["id"], panel["revision"], state=State.ANSWERED)
            await Act.record(panel, moderator, Verb.ANSWER, now, row, State.ANSWERED)

    @classmethod
    async def _neighbour(cls, panel: int, position: int, verb: Verb) -> dict[str, Any] | None:
        up = verb is Verb.UP
        beyond = cls.position < position if up else cls.position > position
        return (
            await cls.select(cls.id, cls.position)
            .where(cls.panel == panel, cls.state == State.NEXT, beyond)
            .order_by(cls.position, ascending=not up)
            .first()
        )

    @classmethod
    async def _last_position(cls, panel: int) -> int:
        row = (
            await cls.select(cls.position)
            .where(cls.panel == panel, cls.state == State.NEXT)
            .order_by(cls.position, ascending=False)
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
                cls.state != State.WITHDRAWN,
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
        (SELECT id FROM panel WHERE slug = {{}} AND {OPEN} AND ({{}} OR panel.guests AND panel.room_code = {{}}))
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
            async with cls._meta.db.transaction():
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
    async def of(cls, panel: str, participant: int) -> dict[int, tuple[int, int]]:
        """The questions this participant has voted for, each with its votes and tally."""
        question: Any = cls.question
        rows = await cls.select(
            cls.question, question.votes.as_alias("votes"), question.tally.as_alias("tally")
        ).where(cls.participant == participant, question.panel.slug == panel)
        return {row["question"]: (row["votes"], row["tally"]) for row in rows}


class _NothingNewError(Exception):
    """It was done before, so nothing is to be written."""


class Moderator(Table):
    """That somebody moderates a panel, or all of them. Organisers moderate every panel without a row here."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade)
    panel = Varchar(length=80, default="")
    """Its slug; empty: all."""

    moderates_a_panel_once = Unique([person, panel])

    @classmethod
    async def appoint(cls, email: str, name: str, panel: str, now: datetime) -> int:
        """Let this address moderate. Returns the person's id."""
        ids = await Person.known_as([(email, name)], now)
        (person,) = ids.values()
        await cls.insert(cls(person=person, panel=panel)).on_conflict(action="DO NOTHING")
        return person

    @classmethod
    async def dismiss(cls, email: str, panel: str, now: datetime) -> bool:
        """Returns False when they did not moderate it."""
        from webapp.tables.round_tables import Seat  # who knows of moderators

        person = Person.select(Person.id).where(Person.email == email_key(email))
        async with cls._meta.db.transaction():
            rows = (
                await cls.delete().where(cls.person.is_in(person), cls.panel == panel).returning(cls.person)
            )
            if rows:
                await Seat.leave_all_of([row["person"] for row in rows], now)
        return bool(rows)

    @classmethod
    async def any_of(cls, people: Iterable[int]) -> bool:
        """Whether any of these people moderates anything."""
        ids = list(people)
        organises = Person.exists().where(Person.id.is_in(ids), Person.organiser.eq(True))
        return await cls.exists().where(cls.person.is_in(ids)) or await organises

    @classmethod
    async def panels_of(cls, person: int, panels: Sequence[str]) -> Sequence[str]:
        """Which of these panels a person moderates."""
        if await Person.exists().where(Person.id == person, Person.organiser.eq(True)):
            return panels
        rows = await cls.select(cls.panel).where(cls.person == person)
        appointed = {row["panel"] for row in rows}
        return [panel for panel in panels if panel in appointed or "" in appointed]

    @classmethod
    async def of(cls, person: int, panel: str) -> Person | None:
        """The person, if they moderate this panel."""
        appointed = cls.select(cls.person).where(cls.panel.is_in([panel, ""]))
        return (
            await Person.objects()
            .where(Person.id == person, Person.organiser.eq(True) | Person.id.is_in(appointed))
            .first()
        )


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

    @property
    def allowed(self) -> Iterable[str]:
        """The states in which it can be done."""
        return WHEN[self]

    def leads_to(self, before: State) -> State:
        return BACK[before] if self is Verb.RETURN else TO[self]


S = State
WHEN: dict[Verb, tuple[State, ...]] = {
    Verb.APPROVE: (S.WAITING,),
    Verb.DECLINE: (S.WAITING, S.LISTED, S.NEXT),
    Verb.NEXT: (S.WAITING, S.LISTED, S.ON_SCREEN, S.ANSWERED),
    Verb.SHOW: (S.LISTED, S.NEXT, S.ANSWERED),
    Verb.ANSWER: (S.LISTED, S.NEXT, S.ON_SCREEN),
    Verb.RETURN: (S.LISTED, S.NEXT, S.ON_SCREEN, S.ANSWERED, S.DECLINED),
    Verb.UP: (S.NEXT,),
    Verb.DOWN: (S.NEXT,),
    Verb.MUTE: tuple(State),
    Verb.UNMUTE: tuple(State),
}
TO = {
    Verb.APPROVE: S.LISTED,
    Verb.DECLINE: S.DECLINED,
    Verb.NEXT: S.NEXT,
    Verb.SHOW: S.ON_SCREEN,
    Verb.ANSWER: S.ANSWERED,
}
BACK = {
    S.LISTED: S.WAITING,
    S.NEXT: S.LISTED,
    S.ON_SCREEN: S.LISTED,
    S.ANSWERED: S.LISTED,
    S.DECLINED: S.WAITING,
}
SAID = {
    S.WAITING: "waiting",
    S.LISTED: "in the list",
    S.NEXT: "up next",
    S.ON_SCREEN: "on the screen",
    S.ANSWERED: "answered",
    S.DECLINED: "not taken",
    S.WITHDRAWN: "withdrawn by its asker",
}
DONE = {
    "bring": "brought in",
    Verb.APPROVE: "approved",
    Verb.DECLINE: "declined",
    Verb.NEXT: "put up next",
    Verb.SHOW: "put on the screen",
    Verb.ANSWER: "marked as answered",
    Verb.RETURN: "put back",
    Verb.UP: "moved up",
    Verb.DOWN: "moved down",
    Verb.MUTE: "muted the asker of",
    Verb.UNMUTE: "let speak again the asker of",
}


class Act(Table):
    """Who did what, when: for those who ask later, and for undoing."""

    id: Serial
    panel = ForeignKey(Panel, null=False, on_delete=OnDelete.cascade, index=True)
    question = ForeignKey(Question, null=True, default=None, on_delete=OnDelete.cascade, index=True)
    """None: it was about the panel."""
    moderator = ForeignKey(Person, null=True, on_delete=OnDelete.set_null)
    verb = Varchar(length=20)
    detail = Varchar(length=300)
    """The reason given, or the value set."""
    before = Varchar(length=10)
    position_before = Integer(default=0)
    after = Varchar(length=10)
    revision = Integer()
    """The panel's, which it made. What was done together has one."""
    at = Instant()
    undone_at = Instant(null=True, default=None)

    @classmethod
    async def record(
        cls,
        panel: dict[str, Any],
        moderator: int,
        verb: str,
        now: datetime,
        question: dict[str, Any] | None = None,
        after: str = "",
        detail: str = "",
    ) -> Self:
        act = cls(
            panel=panel["id"],
            question=question and question["id"],
            moderator=moderator,
            verb=verb,
            detail=detail,
            before=question["state"] if question else "",
            position_before=question["position"] if question else 0,
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
    async def undo(cls, panel: str, act: int, moderator: int, now: datetime) -> None:
        """Put back what was done, within a minute and while nothing has happened since. Raises Refused."""
        async with cls._meta.db.transaction():
            present = await _changed(panel)
            first = await cls.select(cls.revision).where(cls.id == act, cls.panel == present["id"]).first()
            undone = first and (
                await cls.update({cls.undone_at: now})
                .where(
                    cls.panel == present["id"],
                    cls.revision == first["revision"],
                    cls.question.is_not_null(),
                    cls.verb.not_in([Verb.UP, Verb.DOWN]),  # each is the other's undoing
                    cls.undone_at.is_null(),
                    cls.at > now - UNDO_WITHIN,
                )
                .returning(cls.question, cls.verb, cls.before, cls.after, cls.position_before, cls.revision)
            )
            if not undone:
                raise Refused("This was undone already, or longer ago than a minute.")
            for row in undone:
                facts: dict[Any, Any] = {
                    Question.state: row["before"],
                    Question.position: row["position_before"],
                    Question.revision: present["revision"],
                }
                if row["before"] == State.DECLINED:
                    facts[Question.reason] = await cls._reason_of(row["question"])
                if row["verb"] in (Verb.MUTE, Verb.UNMUTE):
                    facts[Question.muted] = row["verb"] == Verb.UNMUTE
                rows = (
                    await Question.update(facts)
                    .where(Question.id == row["question"], Question.revision == row["revision"])
                    .returning(Question.participant, Question.panel, Question.source)
                )
                if not rows:
                    raise Refused(await cls.last_word(row["question"], moderator))
                await Question.let_be_talked_about(row["question"], row["after"], row["before"])
                await Panel.make_room({**rows[0], "state": row["after"]}, row["before"])
                if Question.muted in facts:
                    await Participant.update({Participant.muted: facts[Question.muted]}).where(
                        Participant.id == rows[0]["participant"]
                    )

    @classmethod
    async def _reason_of(cls, question: int) -> str:
        """Why it was declined the last time."""
        row = (
            await cls.select(cls.detail)
            .where(cls.question == question, cls.verb == Verb.DECLINE)
            .order_by(cls.id, ascending=False)
            .first()
        )
        return str(row["detail"]) if row else ""

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
    async def trail(cls, panel: str, most: int = 500) -> list[dict[str, Any]]:
        """What was done in a panel, newest first."""
        return (
            await cls.select(
                cls.at,
                cls.verb,
                cls.detail,
                cls.undone_at,
                cls.moderator.name,
                cls.moderator.email,
                cls.question.text,
            )
            .where(cls.panel.slug == panel)
            .order_by(cls.id, ascending=False)
            .limit(most)
        )


async def set_on_panel(panel: str, setting: str, value: Any, moderator: int, now: datetime) -> None:
    """Change one setting of a panel."""
    async with Panel._meta.db.transaction():
        present = await Panel.change(panel, {getattr(Panel, setting): value})
        if present is None:
            raise Refused("There is no such panel any more.")
        secret = setting in ("screen_code", "room_code")
        await Act.record(present, moderator, setting, now, detail="renewed" if secret else str(value))


async def _changed(panel: str) -> dict[str, Any]:
    present = await Panel.change(panel)
    if present is None:
        raise Refused("There is no such panel any more.")
    return present


def _called(row: dict[str, Any]) -> str:
    return str(row["moderator.name"] or row["moderator.email"] or "Somebody")


def new_code(length: int) -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(length))
