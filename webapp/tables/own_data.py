"""Everything that is one person's: taken out whole, or erased as far as the law lets us."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from piccolo.columns import Column
from piccolo.table import Table

from webapp.conference.file import ConferenceFile
from webapp.database.engine import DB
from webapp.database.transaction import transaction
from webapp.tables.account import AddressChange, change_events
from webapp.tables.booking import waiting_list
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.delegate import Delegate
from webapp.tables.booking.invoices import Invoice
from webapp.tables.booking.item import CancellationFee, Item
from webapp.tables.booking.proposals import Proposal
from webapp.tables.booking.waiting import Waiting
from webapp.tables.mail import OutgoingMail
from webapp.tables.meeting_place import leaving, network
from webapp.tables.meeting_place.profile import Profile
from webapp.tables.my_programme import Mark, Planner
from webapp.tables.people import Person, SignIn, SignInLink, email_key
from webapp.tables.questions.act import Act
from webapp.tables.questions.panel import Panel
from webapp.tables.questions.participant import Participant
from webapp.tables.questions.question import Question
from webapp.tables.questions.vote import Vote
from webapp.tables.search import Entry
from webapp.tables.team import Moderator

log = logging.getLogger(__name__)


async def take_out(person: int, now: datetime) -> dict[str, Any]:
    """All that is kept about a person, in words of this program; of colleagues on the same booking, nothing."""
    [owner] = await _all(Person, Person.id == person)
    profiles = await Profile.select(Profile.id).where(Profile.person == person)
    return {
        "taken_out_at": now.isoformat(),
        "person": owner,
        **await _booked(person),
        "my_programme": await _marked(person),
        **await _asked(person),
        "moderates": [
            row["panel"] or "every panel"
            for row in await Moderator.select(Moderator.panel).where(Moderator.person == person)
        ],
        "sign_ins": await _all(SignIn, SignIn.person == person, but=(SignIn.key_hash,)),
        "changes_of_address": await _all(
            AddressChange, AddressChange.person == person, but=(AddressChange.key,)
        ),
        "meeting_place": [await network.everything_of(profile["id"]) for profile in profiles],
        "mails": await _all(
            OutgoingMail,
            OutgoingMail.mailbox.is_in(await _mailboxes(person, owner["email"])),
            but=(OutgoingMail.event, OutgoingMail.contents),
        ),
    }


async def _booked(person: int) -> dict[str, Any]:
    """What they pay for, come to and wait for."""
    paid = await _all(Booking, Booking.payer == person, but=(Booking.form_key,))
    return {
        "bookings_paid": paid,
        "places": [
            delegate
            | {
                "booking": await Booking.select(Booking.reference, Booking.booked_at).where(
                    Booking.id == delegate["booking"]
                ),
                "holds": await Item.select(
                    Item.offer._.slug.as_alias("offer"),
                    Item.title,
                    Item.amount,
                    Item.vat_rate,
                    Item.vat,
                ).where(Item.delegate == delegate["id"]),
                "asked_for": await _all(Proposal, Proposal.delegate == delegate["id"]),
            }
            for delegate in await _all(Delegate, Delegate.person == person)
        ],
        "waiting_lists": await _all(Waiting, Waiting.person == person),
        "invoices": await Invoice.select(
            Invoice.number, Invoice.credits, Invoice.total, Invoice.contents
        ).where(Invoice.booking.is_in([booking["id"] for booking in paid] or [0])),
    }


async def _marked(person: int) -> list[str]:
    """The sessions (slugs) in their own programme."""
    planners = await Planner.select(Planner.id).where(Planner.person == person)
    marks = Mark.select(Mark.session).where(Mark.planner.is_in([row["id"] for row in planners] or [0]))
    return [row["session"] for row in await marks.order_by(Mark.id)]


async def _asked(person: int) -> dict[str, Any]:
    """What they asked and voted for, and as whom."""
    participants = await _all(Participant, Participant.person == person)
    ids = [row["id"] for row in participants] or [0]
    return {
        "asked_and_voted_as": participants,
        "questions": await Question.select(
            Question.panel._.slug.as_alias("panel"),
            Question.text,
            Question.lecture,
            Question.lecturer,
            Question.name,
            Question.state,
            Question.reason,
            Question.votes,
            Question.asked_at,
        ).where(Question.participant.is_in(ids)),
        "votes": await Vote.select(
            Vote.question._.panel._.slug.as_alias("panel"), Vote.question._.text.as_alias("question")
        ).where(Vote.participant.is_in(ids)),
    }


@dataclass(frozen=True)
class Erased:
    """What an erasure concerns beyond the database."""

    panels: Sequence[str] = ()
    """Slugs of those that have questions of theirs."""
    mails: Sequence[str] = ()
    """Names of the files, in the outbox folder, that may say something of them."""
    words: frozenset[str] = frozenset()
    """The addresses and names that they were known by."""


async def erase(person: int, file: ConferenceFile, now: datetime) -> Erased:
    """Erase what the database keeps about a person.

    What was bought, and who pays for it, stays as accounts require: what else stands in these rows is cleared.
    Questions and votes stay, and say of nobody whose they are. On this machine's disk nothing else of it is left.
    """
    async with transaction():
        # A wish for another address first, then what is booked, as whoever confirms one does: two wait for each other.
        await AddressChange.update({AddressChange.ended_at: now}).where(AddressChange.person == person)
        bookings = await Booking.touch(person)
        owner = await Person.select(Person.email, Person.name).where(Person.id == person).first()
        if owner is None:
            return Erased()
        names = {owner["name"], *await _erase_what_is_booked(person, owner["name"], bookings, file, now)}
        panels = await _make_questions_nobodys(person)
        profiles = await Profile.objects().where(Profile.person == person)
        for profile in profiles:
            await leaving.leave(profile.id, now)
        await Entry.settle()
        await Act.update({Act.moderator: None}).where(Act.moderator == person)
        names = {*names, *(one.name for one in profiles)} - {""}
        mailboxes = await _mailboxes(person, owner["email"])
        changes = await AddressChange.select(AddressChange.key).where(AddressChange.person == person)
        about = [event for change in changes for event in change_events(change["key"])]
        files = await OutgoingMail.erase(mailboxes, about, bookings, names)
        await _forget_who_they_are(person, now)
    try:
        await DB.leave_no_trace()
    except OSError as error:  # it is gone from every table by now
        log.error("What was erased may be read from the disk for a while: %s", error)
    return Erased(panels, files, frozenset({*mailboxes, *names}))


async def _erase_what_is_booked(
    person: int, name: str, bookings: Sequence[int], file: ConferenceFile, now: datetime
) -> set[str]:
    """Clear what is said of them on these bookings, which are locked, and on waiting lists. Returns the names they had
    there."""
    await Booking.update({Booking.payer_email: ""}).where(Booking.payer == person)
    booked = [
        *await Delegate.select(Delegate.name).where(Delegate.person == person),
        *await Booking.select(Booking.payer_name.as_alias("name")).where(Booking.payer == person),
        *await Waiting.select(Waiting.name).where(Waiting.person == person),
    ]
    names = {row["name"] for row in booked}
    await CancellationFee.forget(person, bookings, {name, *names} - {""})
    await Delegate.forget(person)
    colleagues = await Delegate.objects().where(
        Delegate.booking.is_in(list(bookings) or [0]), Delegate.person != person
    )
    await waiting_list.forget(person, bookings, {one.id: one for one in colleagues}, file, now)
    await Proposal.forget(person, bookings, file, now)
    return names


async def _forget_who_they_are(person: int, now: datetime) -> None:
    """Let nobody be known by their address, or come in as them."""
    await SignIn.delete().where(SignIn.person == person)
    await SignInLink.delete().where(SignInLink.person == person)
    await AddressChange.delete().where(AddressChange.person == person)
    await Moderator.delete().where(Moderator.person == person)
    await Planner.delete().where(Planner.person == person)
    await Person.update(
        {
            Person.email: f"erased-{secrets.token_hex(8)}",
            Person.name: "",
            Person.organiser: False,
            Person.password_hash: None,
            Person.voices_from: now,
        }
    ).where(Person.id == person)


async def _make_questions_nobodys(person: int) -> list[str]:
    """Take the name off what was ever asked with one. What was asked without keeps its pseudonym, which is nobody's
    from now on: would it go, too, moderators would see which questions were those of whoever has just lost a name.
    """
    rows = (
        await Participant.update({Participant.person: None, Participant.name: ""})
        .where(Participant.person == person)
        .returning(Participant.id)
    )
    theirs = Question.participant.is_in([row["id"] for row in rows] or [0])
    ever_named = theirs & (Question.ever_named.eq(True) | (Question.name != ""))
    told = await Question.select(Question.panel._.slug.as_alias("slug")).where(
        ever_named, Question.name != ""
    )
    panels = sorted({row["slug"] for row in told})
    for slug in panels:
        # In the order of their names, so that two who are erased at once wait for each other.
        present = (
            await Panel.update({Panel.revision: Panel.revision + 1})
            .where(Panel.slug == slug)
            .returning(Panel.id, Panel.revision)
        )
        for panel in present:
            await Question.update(
                {Question.name: "", Question.read_as: "", Question.revision: panel["revision"]}
            ).where(ever_named, Question.panel == panel["id"], Question.name != "")
    await Question.update({Question.participant: None}).where(ever_named)
    return panels


async def _mailboxes(person: int, present: str) -> list[str]:
    """The address of a person, and those they had before."""
    left = await AddressChange.select(AddressChange.old_email).where(
        AddressChange.person == person,
        AddressChange.old_confirmed_at.is_not_null(),
        AddressChange.new_confirmed_at.is_not_null(),
    )
    return [present, *(email_key(row["old_email"]) for row in left)]


async def _all(table: type[Table], condition: Any, but: Sequence[Column] = ()) -> list[dict[str, Any]]:
    hidden = {column._meta.name for column in but}
    columns = [
        column
        for column in table._meta.columns
        if column._meta.name not in hidden and not column._meta.secret
    ]
    return await table.select(*columns).where(condition).order_by(table._meta.primary_key)
