"""Somebody at the meeting place: what they have said of themselves, and what of it they let be seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from piccolo.columns import Boolean, ForeignKey, Integer, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.table import Table

from webapp.conference.contact import organisers
from webapp.database.columns import Instant
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place.block import unblocked
from webapp.tables.meeting_place.meeting import Meeting
from webapp.tables.people import Person

MEETING_PLACE = "meeting-place"
"""In place of a panel's slug: who moderates the meeting place."""
SHOWABLE = ("organisation", "role", "country", "themes", "languages", "line")
"""What one may show of oneself in the directory beside one's name, each by its own consent."""
STILL_COMES = """(profile.speaker != ''
    OR EXISTS (SELECT 1 FROM delegate WHERE delegate.person = profile.person)
    OR EXISTS (SELECT 1 FROM moderator WHERE moderator.person = profile.person)
    OR EXISTS (SELECT 1 FROM person WHERE person.id = profile.person AND person.organiser))"""
"""Somebody may still come in: whoever has given their place back is listed no more."""
PERSON_GONE = "This person is not at the meeting place any more."

MODERATES = """(EXISTS (SELECT 1 FROM moderator WHERE moderator.person = profile.person)
    OR EXISTS (SELECT 1 FROM person WHERE person.id = profile.person AND person.organiser))"""
"""Somebody is of the team: an organiser, or a moderator of whatever."""


class PublicProfile(TypedDict):
    """`PUBLIC` of a profile: each but the name is shown only where `shows_…` says so."""

    id: int
    tag: str
    name: str
    speaker: str
    here_until: datetime | None
    organisation: str
    role: str
    country: str
    themes: str
    languages: str
    line: str
    shows_organisation: bool
    shows_role: bool
    shows_country: bool
    shows_themes: bool
    shows_languages: bool
    shows_line: bool


class MetProfile(PublicProfile):
    """Of somebody else whom one may meet."""

    listed: bool


class WholeProfile(MetProfile):
    """All of a profile, which only its owner sees."""

    person: int
    follows_booking: bool
    telephone: str
    calendar: int
    muted_until: datetime | None
    hidden: bool
    by_mail: bool
    since: datetime


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
    async def speak(cls, profile: int, now: datetime) -> int:
        """Begin a change within a transaction for somebody who has something to say to others; returns its revision.

        Raises Refused while they, or all, may say nothing.
        """
        revision = await Meeting.add(now)
        row = await cls.select(cls.muted_until).where(cls.id == profile, WhereRaw(STILL_COMES)).first()
        if row is None:
            raise Refused("You are not at the meeting place any more, so this was not sent.")
        if row["muted_until"] and row["muted_until"] > now:
            raise Refused(
                "A moderator has asked you to pause, so this was not sent. It is kept here; please speak to "
                f"{organisers()} if you do not know why."
            )
        return revision

    @classmethod
    async def renew_calendar(cls, profile: int) -> None:
        """Let only a new address open the calendar of one's tables."""
        await cls.update({cls.calendar: cls.calendar + 1}).where(cls.id == profile)

    @classmethod
    async def with_calendar(cls, tag: str, renewed: int) -> int | None:
        """Whose calendar of tables has this address: with their tag, and renewed so often. None: nobody's."""
        row = await cls.select(cls.id).where(cls.tag == tag, cls.calendar == renewed).first()
        return row["id"] if row else None

    @classmethod
    async def all_there(cls, *profiles: int) -> bool:
        """Whether none of these has erased themselves. Within a change: nobody does until it is done."""
        return int(await cls.count().where(cls.id.is_in(list(profiles)))) == len(profiles)

    @classmethod
    async def be_here(cls, profile: int, until: datetime, now: datetime) -> None:
        """Say that one is in the hall. Raises Refused."""
        async with transaction():
            await cls.speak(profile, now)
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
    ) -> list[PublicProfile]:
        """Those in the directory whom this viewer may meet, by name: at most so many, `after` as many."""
        return await rows_as(
            PublicProfile,
            cls.select(*PUBLIC)
            .where(cls.listed.eq(True), WhereRaw(STILL_COMES), unblocked("profile.id", viewer), *conditions)
            .order_by(cls.name, cls.id)
            .limit(most)
            .offset(after),
        )

    @classmethod
    async def met_by(cls, viewer: int, tag: str) -> MetProfile | None:
        """Somebody else whom this viewer may meet, listed or not. None: as if they were not there."""
        return await row_as(
            MetProfile,
            cls.select(*PUBLIC, cls.listed)
            .where(cls.tag == tag, cls.id != viewer, WhereRaw(STILL_COMES), unblocked("profile.id", viewer))
            .first(),
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


PUBLIC = [
    Profile.id,
    Profile.tag,
    Profile.name,
    Profile.speaker,
    Profile.here_until,
    *(getattr(Profile, name) for name in SHOWABLE),
    *(getattr(Profile, f"shows_{name}") for name in SHOWABLE),
]
"""What others may see of a profile, and whether they may (`webapp/meeting_place/views.py` leaves out the rest)."""
