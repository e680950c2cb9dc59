"""What people are called: as they say themselves, once they have opened a mail of ours. Anybody may book for an
address, under any name; such a name is proposed to its owner, and signs nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from webapp.conference.file import ConferenceFile
from webapp.database.rows import row_as, rows_as
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.meeting_place import presentation
from webapp.tables.people import Person, email_key
from webapp.tables.questions.question import Question
from webapp.text.words import words

ANOTHERS = (
    "Somebody who lectures, organises or moderates here has this name. If it is yours as well, please add what tells "
    "you apart, such as the town where you work."
)
GONE = "This person is not known here any more."
ROLES = frozenset(
    """admin chair dr guest host keynote lecturer moderator mr mrs ms msc official organiser organizer phd prof
    professor speaker staff team""".split()  # noqa: SIM905 - to be read
)
"""Words beside a name that leave it the same person's."""
LOOK_ALIKES = str.maketrans(
    "авеіјкмнорсѕтухԁԛԝһαβεηικμνορτυχɑɡᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢi01",
    "abeljkmhopcstyxdqwhabehlkmvoptuxagabcdeghljklmnoprstuvwyzlol",
)
"""Letters of Cyrillic and Greek, small capitals and digits that are taken for those of Latin. An I looks like an l."""


class Own(TypedDict):
    """What a person is known by."""

    email: str
    name: str


class Prominent(TypedDict):
    """One of those whose name nobody else may take, without a name while they have neither said nor booked one."""

    id: int
    email: str
    name: str | None


async def said_by(person: int, file: ConferenceFile) -> str:
    """What somebody is called; empty while they have not said it. Of a lecturer the conference file says it."""
    query = Person.select(Person.email, Person.name).where(Person.id == person)
    row = await row_as(Own, query.first())
    lecturers = {email_key(speaker.email): speaker.name for speaker in file.speaker if speaker.email}
    return row["name"] or lecturers.get(row["email"], "") if row else ""


async def proposed_to(person: int, file: ConferenceFile) -> str:
    """What somebody is called or, until they have said it, the name under which they are first booked."""
    return await said_by(person, file) or await presentation.booked_name(person)


async def say(person: int, name: str, file: ConferenceFile, now: datetime) -> None:
    """Let somebody be called so from now on, wherever they are shown. Raises Refused.

    Questions that moderators have taken up under another name keep that, unless this puts it right: nothing unread
    comes to everybody.
    """
    async with transaction():
        if await is_anothers(name, file, person):
            raise Refused(ANOTHERS)
        await presentation.refuse_another_name_if_muted(person, name, now)
        await write(person, name)


async def write(person: int, name: str) -> None:
    """Write down what somebody is called, on the word of an organiser: nothing is refused."""
    async with transaction():
        # In this order, as whoever is erased does: two of the same person's wait for each other.
        await Question.sign_anew(person, name)
        await presentation.be_called(person, name)
        # Who is erased at this moment has no address any more, and gets no name back.
        still_there = (Person.id == person) & Person.email.like("%@%")
        if not await Person.update({Person.name: name}).where(still_there).returning(Person.id):
            raise Refused(GONE)


async def is_anothers(name: str, file: ConferenceFile, person: int | None = None) -> bool:
    """Whether others would take this person (None: a guest) for one who lectures, organises or moderates."""
    query = Person.raw(
        """SELECT person.id, person.email, CASE WHEN person.name != '' THEN person.name ELSE
            (SELECT delegate.name FROM delegate WHERE delegate.person = person.id ORDER BY delegate.id LIMIT 1)
            END AS name
        FROM person WHERE person.id IN (
            SELECT CAST({} AS INTEGER)
            UNION SELECT one.id FROM person one WHERE one.organiser = TRUE
            UNION SELECT moderator.person FROM moderator
            UNION SELECT profile.person FROM profile WHERE profile.speaker != '')""",
        person or 0,
    )
    team = await rows_as(Prominent, query)
    own = next((row["email"] for row in team if row["id"] == person), None)
    names = [row["name"] for row in team if row["id"] != person]
    names += [
        speaker.name for speaker in file.speaker if not speaker.email or email_key(speaker.email) != own
    ]
    heard = _as_heard(name)
    return any(heard & _as_heard(one) for one in names if one)


def _as_heard(name: str) -> set[str]:
    """A name however it is spelt: without case, accents, blanks, punctuation and titles, and with any part first."""
    parts = [_as_seen(word) for word in words(name)]
    parts = [part for part in parts if part not in ROLES_AS_SEEN] or parts
    return {"".join(parts), "".join(sorted(parts))} - {""}


def _as_seen(word: str) -> str:
    return word.translate(LOOK_ALIKES).replace("rn", "m").replace("vv", "w")


ROLES_AS_SEEN = frozenset(map(_as_seen, ROLES))
