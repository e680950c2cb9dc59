"""Loading a conference: all that refers to it follows in one transaction, or nothing changes."""

from __future__ import annotations

from datetime import datetime

from webapp.conference.file import ConferenceFile
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables import Booking, Conference, Item, Meeting, Offer, Panel, Person, Session
from webapp.tables.booking import waiting_list

OF_ITS_OWN = (
    "A conference has a place of its own: set PLENUM_DATA to a new directory (and DATABASE_URL, where you use it, to "
    "an empty database), and load and run it there."
)


async def load(file: ConferenceFile, now: datetime, *, moved: bool = False) -> bool:
    """Make this file the conference. Returns False when it says nothing new.

    Everything or nothing is taken over. Raises Refused when the file no longer offers what somebody has
    booked, or puts two things they have at one time, with the list of who; and when what is booked is for
    another conference, in another currency or, unless it is `moved`, on other days.
    """
    document = file.to_json()
    async with transaction():
        present = await Conference.loaded()
        if present is not None and present["document"] == document:
            return False
        await Offer.lock_all()
        if present is not None:
            await _refuse_another_edition(ConferenceFile.from_json(present["document"]), file, moved=moved)
        await Item.refuse_if_held(await Offer.left_out(file))
        await Offer.follow(file)
        await Item.follow(file)
        await waiting_list.pass_on([row["id"] for row in await Offer.select(Offer.id)], file, now)
        await Session.follow(file, now)
        await Panel.follow(file)
        await Meeting.follow(file)
        if lecturers := [speaker.email for speaker in file.speaker if speaker.email]:
            await Person.known_at(lecturers, now)  # so that they can sign in, to the meeting place too
        await Conference.replace(document, now)
    return True


async def _refuse_another_edition(present: ConferenceFile, file: ConferenceFile, *, moved: bool) -> None:
    """Raises Refused when somebody has booked, and it was not for what this file says."""
    booked = await Booking.currencies()
    if not booked:
        return
    was, to_be = present.conference, file.conference
    if was.slug != to_be.slug:
        raise Refused(
            f"What is booked here is for “{was.title}”, with the slug {was.slug}. This file is of another conference, "
            f"{to_be.slug}, and nobody has booked that. {OF_ITS_OWN} If it is the same conference, let it keep its "
            "slug: all else may be named differently."
        )
    if others := sorted(booked - {file.registration.currency}):
        raise Refused(
            f"What is booked here is in {' and '.join(others)}, and this file says {file.registration.currency}: the "
            "same numbers would be other sums. Leave the currency as it was. Another one can be shown beside it, with "
            "information_currency."
        )
    if not moved and (to_be.ends < was.starts or was.ends < to_be.starts):
        raise Refused(
            f"What is booked here is for {was.dates}, and this file says {to_be.dates}. Is it a new edition? "
            f"{OF_ITS_OWN} Has it been moved, with everybody who is booked? Then add --moved."
        )
