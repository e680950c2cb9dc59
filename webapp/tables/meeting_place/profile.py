"""The meeting place: who may come in, what each says of themselves, and who does not want to meet whom."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.conference.contact import organisers
from webapp.conference.file import ConferenceFile
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import NameWanted, Refused
from webapp.tables.booking.booking import Delegate
from webapp.tables.people import Person
from webapp.tables.search import Entry
from webapp.tables.team import Moderator
from webapp.text.typed import line

MEETING_PLACE = "meeting-place"
"""In place of a panel's slug: who moderates the meeting place."""
SHOWABLE = ("organisation", "role", "country", "themes", "languages", "line")
"""What one may show of oneself in the directory beside one's name, each by its own consent."""
BOOKED = ("organisation", "role", "country")
"""What a booking says of a delegate. What they are called they say themselves."""
STILL_COMES = """(profile.speaker != ''
    OR EXISTS (SELECT 1 FROM delegate WHERE delegate.person = profile.person)
    OR EXISTS (SELECT 1 FROM moderator WHERE moderator.person = profile.person)
    OR EXISTS (SELECT 1 FROM person WHERE person.id = profile.person AND person.organiser))"""
"""Somebody may still come in: whoever has given their place back is listed no more."""
GONE = "This person is not at the meeting place any more."

MODERATES = """(EXISTS (SELECT 1 FROM moderator WHERE moderator.person = profile.person)
    OR EXISTS (SELECT 1 FROM person WHERE person.id = profile.person AND person.organiser))"""
"""Somebody is of the team: an organiser, or a moderator of whatever."""


def meets(one: str, other: str) -> str:
    """The one rule about who meets whom, as SQL: neither of the two profiles has blocked the other.

    Where one of them is NULL nobody is met.
    """
    return f"""NOT EXISTS (SELECT 1 FROM block WHERE block.blocker = {one} AND block.blocked = {other}
        OR block.blocker = {other} AND block.blocked = {one})"""  # noqa: S608 - made of constants


def unblocked(author: str, viewer: int) -> WhereRaw:
    """The same as the condition that every list holds to. `author`: the column with the other's profile."""
    return WhereRaw(meets(author, "{}"), viewer, viewer)


class Meeting(Table):
    """The meeting place as a whole: one row. `revision` counts its changes, and everything that changes live knows
    the one it changed at.

    The row is locked by whoever changes anything, so revisions become visible in their order: a reader who has seen
    one has seen all before it.
    """

    id: Serial
    revision = Integer(default=0)
    closes_at = Instant(null=True, default=None)
    """From when on nothing is added, as the conference file says."""
    news_sent_at = Instant(null=True, default=None)
    """Until when each was sent by mail what they had not read. Rehearsals keep their own (`Rehearsal`)."""
    foyer = Integer(default=0)
    """How often the address of the foyer’s screen was renewed. Those before open nothing."""

    @classmethod
    async def foyers(cls) -> int:
        row = await cls.select(cls.foyer).first()
        return int(row["foyer"]) if row else 0

    @classmethod
    async def renew_foyer(cls) -> None:
        await cls.update({cls.foyer: cls.foyer + 1}, force=True)

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        await cls.update({cls.closes_at: file.conference.meeting_place_closes_at}, force=True)

    @classmethod
    async def change(cls) -> int:
        """Begin a change within a transaction: its revision. Others wait until it is done."""
        rows = await cls.update({cls.revision: cls.revision + 1}, force=True).returning(cls.revision)
        return int(rows[0]["revision"])

    @classmethod
    async def speak(cls, profile: int, now: datetime) -> int:
        """The same for somebody who has something to say to others. Raises Refused while they or all may not."""
        rows = await (
            cls.update({cls.revision: cls.revision + 1})
            .where(cls.closes_at.is_null() | (cls.closes_at > now))
            .returning(cls.revision)
        )
        if not rows:
            raise Refused(
                "The meeting place is an archive now: everything can be read and taken out, and nothing is added."
            )
        revision = int(rows[0]["revision"])
        may = Profile.select(Profile.muted_until).where(Profile.id == profile, WhereRaw(STILL_COMES))
        row = await may.first()
        if row is None:
            raise Refused("You are not at the meeting place any more, so this was not sent.")
        if row["muted_until"] and row["muted_until"] > now:
            raise Refused(
                "A moderator has asked you to pause, so this was not sent. It is kept here; please speak to "
                f"{organisers()} if you do not know why."
            )
        return revision

    @classmethod
    async def present(cls) -> int:
        row = await cls.select(cls.revision).first()
        return int(row["revision"]) if row else 0


@dataclass(frozen=True)
class Told:
    """What somebody says of themselves, and what of it others may see."""

    name: str
    organisation: str
    role: str
    themes: str
    """Slugs, with a blank before, between and after them."""
    languages: str
    line: str
    telephone: str
    by_mail: bool
    listed: bool
    shown: frozenset[str]
    """Of `SHOWABLE`."""

    def only_takes_back(self, before: dict[str, Any]) -> Told:
        """What of it shows and says less than the profile before: to that everybody has a right at any time."""
        texts = ("organisation", "role", "themes", "languages", "line", "telephone")
        return replace(
            self,
            name=before["name"],
            listed=self.listed and before["listed"],
            shown=frozenset(name for name in self.shown if before[f"shows_{name}"]),
            **{name: before[name] for name in texts if getattr(self, name)},
        )


class Profile(Table):
    """Somebody at the meeting place. Only what its owner lets be shown is shown, which at first is nothing."""

    id: Serial
    person = ForeignKey(Person, null=False, on_delete=OnDelete.cascade, unique=True)
    tag = Varchar(length=24, unique=True)
    """By which others speak of them in addresses. It says nothing."""
    name = Varchar(length=200)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    follows_booking = Boolean(default=False)
    """These two are the booking's, until the profile's owner says them."""
    country = Varchar(length=2)
    """Always the booking's."""
    themes = Text()
    languages = Varchar(length=200)
    line = Varchar(length=300)
    telephone = Varchar(length=40)
    """Only for accepted contacts, like the e-mail address."""
    speaker = Varchar(length=80)
    """The slug of the lecturer who this is, as the conference file says by e-mail address; else empty."""
    listed = Boolean(default=False)
    shows_organisation = Boolean(default=False)
    shows_role = Boolean(default=False)
    shows_country = Boolean(default=False)
    shows_themes = Boolean(default=False)
    shows_languages = Boolean(default=False)
    shows_line = Boolean(default=False)
    calendar = Integer(default=0)
    """How often the address of their tables’ calendar was renewed. Those before open nothing."""
    muted_until = Instant(null=True, default=None)
    """Until when they may read, and say nothing."""
    hidden = Boolean(default=False)
    """A moderator has hidden what they show of themselves: they may show nothing until it is lifted."""
    by_mail = Boolean(default=True)
    """They want, once a day, a mail with what they have not read."""
    here_until = Instant(null=True, default=None)
    """They have said that they are in the hall, until then. When they were is kept nowhere."""
    since = Instant()

    @classmethod
    async def of(
        cls, person: int, lecturers: dict[str, tuple[str, str]], now: datetime
    ) -> dict[str, Any] | None:
        """The profile of a person who may come in, from now on if not before; None for everybody else.

        Who may: delegates, organisers, moderators, and lecturers whose address (`lecturers`: slug and name by address)
        the conference file gives. `moderates` is added to it. Raises NameWanted for who has not said what they are
        called.
        """
        who = (
            await Person.select(Person.email, Person.name, Person.organiser)
            .where(Person.id == person)
            .first()
        )
        if who is None:
            return None
        speaker, speaker_name = lecturers.get(who["email"], ("", ""))
        moderates = who["organiser"] or await Moderator.exists().where(
            Moderator.person == person, Moderator.panel.is_in(["", MEETING_PLACE])
        )
        delegate = await cls._delegate(person)
        invited = moderates or speaker or await Moderator.exists().where(Moderator.person == person)
        if delegate is None and not invited:
            return None
        name = who["name"] or speaker_name
        if not name:
            raise NameWanted
        row = await cls.select().where(cls.person == person).first()
        if row is None:
            booked = delegate or dict.fromkeys(BOOKED, "")
            said: dict[str, Any] = {key: line(value) for key, value in {**booked, "name": name}.items()}
            await cls.insert(
                cls(
                    person=person,
                    tag=secrets.token_urlsafe(12),
                    speaker=speaker,
                    since=now,
                    follows_booking=delegate is not None,
                    **said,
                )
            ).on_conflict(action="DO NOTHING")
            row = await cls.select().where(cls.person == person).first()
        elif row["speaker"] != speaker:
            await cls.update({cls.speaker: speaker}).where(cls.id == row["id"])
        elif row["name"] != name and not who["name"]:  # the file has another name for a lecturer
            async with transaction():
                await cls.be_called(person, name)
            row["name"] = name
        return row and {**row, "speaker": speaker, "moderates": bool(moderates)}

    @classmethod
    async def still_come(cls, people: Collection[int], lecturers: Iterable[str]) -> set[int]:
        """Which of these people may come in. `lecturers`: the addresses that the conference file gives."""
        if not people:
            return set()
        delegates = Delegate.select(Delegate.person).where(Delegate.person.is_in(list(people)))
        lecturing = Person.select(Person.id).where(
            Person.id.is_in(list(people)), Person.email.is_in([*lecturers] or [""])
        )
        return {
            *(row["person"] for row in await delegates),
            *(row["id"] for row in await lecturing),
            *await Moderator.all_of(people),
        }

    @classmethod
    async def follow_bookings(cls, people: Iterable[int]) -> None:
        """Say what is newly booked of these people, as far as it is not theirs to say.

        To be called in the transaction of the booking.
        """
        for row in await cls.select().where(cls.person.is_in(sorted(people) or [0])).order_by(cls.id):
            names = BOOKED if row["follows_booking"] else ("country",)
            booked = await cls._delegate(row["person"]) or {}
            news: dict[Any, Any] = {
                name: booked[name] for name in names if booked.get(name) and booked[name] != row[name]
            }
            if news:
                revision = await Meeting.change()
                await cls.update(news).where(cls.id == row["id"])
                await cls.sign_anew(row["id"], revision)

    @classmethod
    async def _delegate(cls, person: int) -> dict[str, Any] | None:
        """What a delegate's booking says of them: the first that stands, since anybody may book for an address."""
        row = (
            await Delegate.select(
                Delegate.name,
                Delegate.organisation,
                Delegate.role,
                Delegate.country,
                Delegate.booking.country.as_alias("booked_from"),
            )
            .where(Delegate.person == person)
            .order_by(Delegate.id)
            .first()
        )
        if row is None:
            return None
        return {
            **{name: row[name] for name in ("name", "organisation", "role")},
            "country": row["country"] or row["booked_from"],
        }

    @classmethod
    async def booked_name(cls, person: int) -> str:
        """Under which somebody is first booked; empty when they are not."""
        booked = await cls._delegate(person)
        return line(booked["name"]) if booked else ""

    @classmethod
    async def refuse_another_name_if_muted(cls, person: int, name: str, now: datetime) -> None:
        has_a_name = Person.select(Person.id).where(Person.id == person, Person.name != "")
        muted = cls.person.is_in(has_a_name) & (cls.name != name) & (cls.muted_until > now)
        if await cls.exists().where(muted):
            raise Refused("A moderator has asked you to pause, so your name stays as it is for now.")

    @classmethod
    async def be_called(cls, person: int, name: str) -> None:
        """Let somebody's profile, and what they have written, have this name. To be called within a transaction."""
        called_otherwise = (cls.person == person) & (cls.name != name)
        if not await cls.exists().where(called_otherwise):
            return
        revision = await Meeting.change()
        renamed = await cls.update({cls.name: name}).where(called_otherwise).returning(*cls.all_columns())
        for row in renamed:
            if row["listed"]:
                shown = [row[field] for field in SHOWABLE if row[f"shows_{field}"] and field != "country"]
                await Entry.put("profile", row["id"], name, *shown)
            await cls.sign_anew(row["id"], revision)

    @classmethod
    async def renew_calendar(cls, profile: int) -> None:
        """Let only a new address open the calendar of one's tables."""
        await cls.update({cls.calendar: cls.calendar + 1}).where(cls.id == profile)

    @classmethod
    async def tell(cls, profile: int, told: Told, now: datetime) -> None:
        """Say this of oneself, and let this of it be seen. What one has written follows.

        Whoever may not speak can still take back: that is done, and only the rest is refused. Whose profile is hidden
        can write in it, and shows nothing. Raises Refused.
        """
        refused = None
        async with transaction():
            try:
                revision = await Meeting.speak(profile, now)
            except Refused as refusal:
                revision = await Meeting.change()
                asked, before = told, await cls.select().where(cls.id == profile).first()
                if before is None:
                    raise
                told = asked.only_takes_back(before)
                taken_back = f"{refusal.reason} What you took back is taken back, and not shown any more."
                refused = Refused(taken_back) if told != asked else None
            if (told.listed or told.shown) and await cls.exists().where(
                cls.id == profile, cls.hidden.eq(True)
            ):
                told = replace(told, listed=False, shown=frozenset())
                refused = refused or _hidden()
            facts: dict[Any, Any] = {getattr(cls, f"shows_{name}"): name in told.shown for name in SHOWABLE}
            facts[cls.follows_booking] = False
            for name in (
                "name",
                "organisation",
                "role",
                "themes",
                "languages",
                "line",
                "telephone",
                "by_mail",
                "listed",
            ):
                facts[getattr(cls, name)] = getattr(told, name)
            rows = await cls.update(facts).where(cls.id == profile).returning(cls.person)
            if rows:
                await Person.update({Person.name: told.name}).where(Person.id == rows[0]["person"])
            if told.listed:
                shown = [getattr(told, name) for name in SHOWABLE if name in told.shown and name != "country"]
                await Entry.put("profile", profile, told.name, *shown)
            else:
                await Entry.leave_out("profile", profile)
            await cls.sign_anew(profile, revision)
        if refused:
            raise refused

    @classmethod
    async def sign_anew(cls, profile: int, revision: int) -> None:
        """Tell pages that what somebody has written, or invites to, says something else of them: within that change."""
        for table, who in (("note", "author"), ("reply", "author"), ("round_table", "host")):
            await cls.raw(f"UPDATE {table} SET revision = {{}} WHERE {who} = {{}}", revision, profile)  # noqa: S608

    @classmethod
    async def all_there(cls, *profiles: int) -> bool:
        """Whether none of these has erased themselves. Within a change: nobody does until it is done."""
        return int(await cls.count().where(cls.id.is_in(list(profiles)))) == len(profiles)

    @classmethod
    async def be_here(cls, profile: int, until: datetime, now: datetime) -> None:
        """Say that one is in the hall. Raises Refused."""
        async with transaction():
            await Meeting.speak(profile, now)
            await cls.update({cls.here_until: until}).where(cls.id == profile)

    @classmethod
    async def be_gone(cls, profile: int) -> None:
        """Take it back, whenever one likes."""
        await cls.update({cls.here_until: None}).where(cls.id == profile)

    @classmethod
    async def stop_mails(cls, tag: str) -> None:
        """Write to them about news no more, until they want it again."""
        await cls.update({cls.by_mail: False}).where(cls.tag == tag)

    @classmethod
    async def listed_for(
        cls, viewer: int, *conditions: Any, most: int, after: int = 0
    ) -> list[dict[str, Any]]:
        """Those in the directory whom this viewer may meet, by name."""
        return (
            await cls.select(*CARD)
            .where(cls.listed.eq(True), WhereRaw(STILL_COMES), unblocked("profile.id", viewer), *conditions)
            .order_by(cls.name, cls.id)
            .limit(most)
            .offset(after)
        )

    @classmethod
    async def met_by(cls, viewer: int, tag: str) -> dict[str, Any] | None:
        """Somebody else whom this viewer may meet, listed or not. None: as if they were not there."""
        return (
            await cls.select(*CARD, cls.listed)
            .where(cls.tag == tag, cls.id != viewer, WhereRaw(STILL_COMES), unblocked("profile.id", viewer))
            .first()
        )

    @classmethod
    async def countries_for(cls, viewer: int) -> list[str]:
        """Where those in the directory are from who show it."""
        rows = await (
            cls.select(cls.country)
            .where(
                cls.listed.eq(True),
                cls.shows_country.eq(True),
                cls.country != "",
                WhereRaw(STILL_COMES),
                unblocked("profile.id", viewer),
            )
            .distinct()
        )
        return [row["country"] for row in rows]


CARD = [
    Profile.id,
    Profile.tag,
    Profile.name,
    Profile.speaker,
    Profile.here_until,
    *(getattr(Profile, name) for name in SHOWABLE),
    *(getattr(Profile, f"shows_{name}") for name in SHOWABLE),
]
"""What others may see of a profile, and whether they may (`webapp/meeting_place/views.py` leaves out the rest)."""


class Block(Table):
    """That one does not want to meet another. Neither sees, finds or reaches the other from then on, anywhere."""

    id: Serial
    blocker = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade)
    blocked = ForeignKey(Profile, null=False, on_delete=OnDelete.cascade, index=True)
    at = Instant()

    blocks_somebody_once = Unique([blocker, blocked])

    @classmethod
    async def put(cls, blocker: int, blocked: int, now: datetime) -> None:
        """Block somebody. Doing it again changes nothing. Raises Refused for oneself, and who is gone."""
        from webapp.tables.meeting_place.round_tables import Seat  # who knows of blocks

        if blocker == blocked:
            raise Refused("This is you.")
        async with transaction():
            revision = await Meeting.change()
            if not await Profile.all_there(blocker, blocked):
                raise Refused(GONE)
            await cls.insert(cls(blocker=blocker, blocked=blocked, at=now)).on_conflict(action="DO NOTHING")
            # What one has been told of the other or their notes goes, too, and no more of it comes.
            for one, other in ((blocker, blocked), (blocked, blocker)):
                await cls.raw(
                    "UPDATE notice SET withdrawn = {}, revision = {} WHERE profile = {}"
                    " AND (actor = {} OR note IN (SELECT id FROM note WHERE author = {}))",
                    *(True, revision, one, other, other),
                )
                await cls.raw(
                    "DELETE FROM follow WHERE profile = {} AND note IN (SELECT id FROM note WHERE author = {})",
                    *(one, other),
                )
            await Seat.part(blocker, blocked, now)

    @classmethod
    async def lift(cls, blocker: int, tag: str) -> list[int]:
        """Meet somebody again, as far as it depends on oneself. Returns whom, or nobody."""
        async with transaction():
            await Meeting.change()
            blocked = Profile.select(Profile.id).where(Profile.tag == tag)
            rows = (
                await cls.delete()
                .where(cls.blocker == blocker, cls.blocked.is_in(blocked))
                .returning(cls.blocked)
            )
        return [row["blocked"] for row in rows]

    @classmethod
    async def by(cls, blocker: int) -> list[dict[str, Any]]:
        """Whom somebody has blocked: only they themselves read this."""
        return (
            await cls.select(cls.blocked.tag.as_alias("tag"), cls.blocked.name.as_alias("name"))
            .where(cls.blocker == blocker)
            .order_by(cls.id)
        )

    @classmethod
    async def mark(cls) -> tuple[int, int]:
        """Something that is another when any block has come or gone."""
        [row] = await cls.raw("SELECT count(*) AS number, coalesce(max(id), 0) AS last FROM block")
        return row["number"], row["last"]

    @classmethod
    async def between(cls, *profiles: int) -> dict[int, frozenset[int]]:
        """For each of these profiles those whom it is not to meet."""
        apart: dict[int, set[int]] = {profile: set() for profile in profiles}
        rows = (
            await cls.select(cls.blocker, cls.blocked).where(
                cls.blocker.is_in(list(profiles)) | cls.blocked.is_in(list(profiles))
            )
            if profiles
            else []
        )
        for row in rows:
            for one, other in ((row["blocker"], row["blocked"]), (row["blocked"], row["blocker"])):
                if one in apart:
                    apart[one].add(other)
        return {profile: frozenset(others) for profile, others in apart.items()}


def _hidden() -> Refused:
    return Refused(
        "A moderator has hidden your profile, so this is kept, and shown to nobody. Please speak to "
        f"{organisers()} if you do not know why."
    )
