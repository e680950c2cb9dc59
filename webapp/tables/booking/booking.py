"""Bookings: who comes, what each of them takes, and what that costs."""

from __future__ import annotations

import contextlib
import secrets
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Self

from piccolo.columns import (
    BigInt,
    Boolean,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    SmallInt,
    Text,
    Varchar,
)
from piccolo.constraints import Unique
from piccolo.query.functions import Max
from piccolo.table import Table

from webapp import clock
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Choices, Fee, Holding, Line, Quote, Wish, choices_of
from webapp.database.columns import Instant
from webapp.database.transaction import transaction
from webapp.refusal import Refused
from webapp.tables.booking.invoices import Invoice
from webapp.tables.booking.letters import booking_letters, change_letters
from webapp.tables.booking.offers import Offer
from webapp.tables.booking.proposals import Proposal, ProposalState, held_by
from webapp.tables.booking.waiting import Waiting
from webapp.tables.mail import MailState, OutgoingMail
from webapp.tables.people import ERASED, Person, SignIn, email_key

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""No 0 and O, no 1 and I: a reference is read over the telephone."""
REFERENCE_LENGTH = 6
JUST_NOW = timedelta(minutes=15)
SOON = timedelta(minutes=2)
"""More than a letter needs that is carried just now."""


class Outdated(Refused):
    """The booking is no longer as it was seen."""

    def __init__(self) -> None:
        super().__init__(
            "This booking was changed elsewhere just now, so nothing of yours was saved. Please look at it again."
        )


@dataclass(frozen=True)
class DelegateDetails:
    """One delegate as entered and found in order."""

    name: str
    email: str
    organisation: str
    role: str
    diet: str
    access_needs: str
    choices: Choices


@dataclass(frozen=True)
class Wanted:
    """A delegate as a booking is to have them."""

    choices: Choices
    delegate: int | None = None
    """The row they stand in. None: they are new to the booking."""
    details: DelegateDetails | None = None
    """None: as they are."""
    by_themselves: bool = False
    """Whether the details are said by the delegate, or an organiser for them."""
    comes_instead: bool = False
    """Whether they are those of somebody else, who comes in the delegate's place."""

    @property
    def wish(self) -> Wish:
        return Wish(self.choices, self.delegate)


@dataclass(frozen=True)
class Hand:
    """What somebody may see and change of a booking."""

    whole: bool
    delegates: frozenset[int]
    """The rows of those delegates who are theirs to change."""
    person: int | None = None
    """Who they are, as they have shown by opening a mail of ours. None: anybody may have booked this."""
    organises: bool = False

    def speaks_for(self, delegate: Delegate) -> bool:
        """Whether they are this delegate, or organise. Whoever booked for others is neither."""
        return self.organises or self.person == delegate.person

    def may_read_needs(self, delegate: Delegate) -> bool:
        """Whether they may read what the venue was told of a delegate. What people said themselves, of their health
        too, is no business of whoever booked."""
        return self.speaks_for(delegate) or (delegate.id in self.delegates and not delegate.needs_are_private)


@dataclass(frozen=True)
class Payer:
    """Who pays, as entered and found in order."""

    name: str
    email: str
    organisation: str
    address: str
    country: str
    organisation_number: str
    payment_reference: str


@dataclass(frozen=True)
class Order:
    delegates: tuple[DelegateDetails, ...]
    payer: Payer

    @property
    def letters(self) -> int:
        """To how many people it writes."""
        return len({email_key(email) for email in (self.payer.email, *(one.email for one in self.delegates))})


class Booking(Table):
    """One or several colleagues, booked together and paid by one."""

    id: Serial
    reference = Varchar(length=REFERENCE_LENGTH, unique=True)
    form_key = Varchar(length=43, unique=True)
    """The digest of the key of the form that was confirmed: the same form makes one booking, however often it is sent.
    The key itself is kept nowhere here, since it opens what was typed into the form."""
    payer = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    payer_name = Varchar(length=200)
    payer_email = Varchar(length=254)
    organisation = Varchar(length=200)
    address = Text()
    country = Varchar(length=2)
    organisation_number = Varchar(length=40)
    payment_reference = Varchar(length=100)
    currency = Varchar(length=3)
    booked_at = Instant()
    priced_at = Instant()
    """The instant whose prices hold: the quote's, which may be up to half an hour earlier."""
    consented_at = Instant()
    revision = Integer(default=0)
    """Rises by one with every change: who changes something says what they have seen."""

    @classmethod
    async def confirm(
        cls,
        order: Order,
        quote: Quote,
        *,
        form_key: str,
        file: ConferenceFile,
        priced_at: datetime,
        now: datetime,
        claim: tuple[int, int] | None = None,
        letters_wait: timedelta = timedelta(),
    ) -> tuple[Self, bool]:
        """Book everything in the order, or nothing. Returns the booking and whether it is new.

        A form that was confirmed before gives the booking it made then, whatever is sent with it now. `claim`: the
        party on the waiting list whose seats are held for this booking, and whose it is. `letters_wait`: how long its
        letters do.
        Raises SoldOut when something ordered has run out.
        """
        from webapp.tables.meeting_place.presentation import take_from_bookings

        payer = order.payer
        async with transaction():
            people = await Person.known_at([payer.email, *(one.email for one in order.delegates)], now)
            booking = cls(
                form_key=_digest(form_key),
                payer=people[email_key(payer.email)],
                payer_name=payer.name,
                payer_email=payer.email,
                organisation=payer.organisation,
                address=payer.address,
                country=payer.country,
                organisation_number=payer.organisation_number,
                payment_reference=payer.payment_reference,
                currency=file.registration.currency,
                booked_at=now,
                priced_at=priced_at,
                consented_at=now,
            )
            before = await booking._insert_once()
            if before is not None:
                return before, False
            delegates = [Delegate.of(booking, i, d, people) for i, d in enumerate(order.delegates)]
            for line in quote.lines:
                delegates[line.delegate].calendar_offers += f"{line.offer} "
            rows = await Delegate.insert(*delegates).returning(Delegate.id, Delegate.position)
            for row in rows:
                delegates[row["position"]].id = row["id"]
            waits = await Waiting.claimed(*claim) if claim else []
            await booking._move(quote, [delegate.id for delegate in delegates], waits, file, now)
            booked = [
                BookedDelegate(
                    delegate,
                    tuple(
                        BookedItem(line.offer, line.title, line.amount, line.vat_rate, line.vat)
                        for line in quote.lines
                        if line.delegate == delegate.position
                    ),
                )
                for delegate in delegates
            ]
            await take_from_bookings({delegate.person for delegate in delegates})
            issued = await Invoice.issue(booking, booked, (), file, now)
            letters = booking_letters(booking, booked, "confirmed", invoices=issued, file=file)
            await OutgoingMail.put(*letters, now=now, wait=letters_wait)
        return booking, True

    async def change(
        self,
        wanted: Sequence[Wanted],
        quote: Quote,
        file: ConferenceFile,
        now: datetime,
        *,
        payer: Payer | None = None,
        proposal: Proposal | None = None,
        letters_wait: timedelta = timedelta(),
    ) -> Self:
        """Make the booking what is wanted, at this quote, or change nothing at all. Returns it as it is then.

        Both are worked out from the booking as this row has it. Raises Outdated when it has changed since, and
        SoldOut when something wanted has run out: then everybody keeps what they had. Whoever does not come any more
        keeps no seat at a table of the meeting place.

        `proposal`: what is asked with it of whoever pays, and held for their answer.
        """
        from webapp.tables.meeting_place.leaving import leave_tables_if_gone
        from webapp.tables.meeting_place.presentation import take_from_bookings

        async with transaction():
            after = await self._next_revision(payer, now)
            before = await self.delegates()
            delegates = await self._write_delegates(
                wanted, {one.delegate.id: one.delegate for one in before}, now
            )
            proposals = await Proposal.open_of(self.id)
            has = {
                row: offers
                for row, offers, one in zip(delegates, quote.offers, wanted, strict=True)
                if not one.comes_instead  # whoever has the place now has asked for nothing yet
            }
            countries = {row: one.choices.country for row, one in zip(delegates, wanted, strict=True)}
            ended = Proposal.settled_by(proposals, has, countries)
            if proposal:
                theirs = (one.id for one in proposals if one.delegate == proposal.delegate)
                ended |= dict.fromkeys(theirs, ProposalState.WITHDRAWN)
            held = held_by([proposal] if proposal else [])
            held.subtract(held_by(one for one in proposals if one.id in ended))
            await self._move(quote, delegates, await Waiting.open_of(self.id), file, now, held)
            await Proposal.end(ended, now)
            if proposal:
                proposal.id = (await Proposal.insert(proposal).returning(Proposal.id))[0]["id"]
            gone = Delegate.id.not_in(delegates) if delegates else Delegate.id.is_not_null()
            await Delegate.delete().where(Delegate.booking == self.id, gone)
            if quote.fees:
                people = {one.delegate.name: one.delegate.person for one in before}
                charged = (CancellationFee.of(self, fee, people.get(fee.delegate), now) for fee in quote.fees)
                await CancellationFee.insert(*charged)
            had = {one.delegate.id: one for one in before}
            for row, offers in zip(delegates, quote.offers, strict=True):
                if row not in had or had[row].offers != offers:
                    await Delegate.calendar_changes(row, offers)
            for one in wanted:
                if one.by_themselves and one.details and not one.comes_instead and one.delegate in had:
                    await had[one.delegate].delegate.be_called(one.details.name, file, now)
            booked = await after.delegates()
            await take_from_bookings({one.delegate.person for one in booked if not one.is_erased})
            fees = (*quote.charged, *quote.fees)
            issued = await Invoice.correct(after, booked, fees, file, now)
            letters = change_letters(after, before, booked, fees, issued, file)
            if proposal:
                letters += await proposal.letters(ProposalState.OPEN, after)
            await OutgoingMail.put(*letters, now=now, wait=letters_wait)
            left = {one.delegate.person for one in before} - {one.delegate.person for one in booked}
            if left:
                await leave_tables_if_gone(left, now)
        return after

    @classmethod
    async def currencies(cls) -> set[str]:
        """The currencies of all that was ever booked; none when nothing was."""
        return {row["currency"] for row in await cls.select(cls.currency).distinct()}

    async def _next_revision(self, payer: Payer | None, now: datetime) -> Self:
        """The booking as it is after the change, for whoever saw it as it was before."""
        table = type(self)
        facts: dict[Any, Any] = {table.revision: self.revision + 1}
        if payer is not None:
            facts |= {
                table.payer_name: payer.name,
                table.organisation: payer.organisation,
                table.address: payer.address,
                table.country: payer.country,
                table.organisation_number: payer.organisation_number,
                table.payment_reference: payer.payment_reference,
            }
            if not self.payer_email:  # whoever paid was erased, and this is somebody else
                people = await Person.known_at([payer.email], now)
                facts |= {table.payer: people[email_key(payer.email)], table.payer_email: payer.email}
        seen = (table.id == self.id) & (table.revision == self.revision)
        rows = await table.update(facts).where(seen).returning(*table.all_columns())
        if not rows:
            raise Outdated
        return table(**rows[0], _exists_in_db=True)

    async def _write_delegates(
        self, wanted: Sequence[Wanted], before: dict[int, Delegate], now: datetime
    ) -> list[int]:
        """Write who comes, and return the rows they stand in, in the order they are wanted."""
        told = [one.details for one in wanted if one.details]
        people = await Person.known_at([one.email for one in told], now) if told else {}
        last = await Delegate.select(Max(Delegate.position)).where(Delegate.booking == self.id).first()
        position = -1 if last is None or last["max"] is None else int(last["max"])
        rows = []
        for one in wanted:
            if one.delegate is None and one.details:
                position += 1
                new = Delegate.of(self, position, one.details, people)
                rows.append(int((await Delegate.insert(new).returning(Delegate.id))[0]["id"]))
            elif one.delegate is not None:
                if one.details:
                    facts = Delegate.facts(one.details, people)
                    facts[Delegate.needs_are_private] = before[one.delegate].keeps_needs_after(one)
                    await Delegate.update(facts).where(Delegate.id == one.delegate)
                rows.append(one.delegate)
        return rows

    async def _move(
        self,
        quote: Quote,
        delegates: Sequence[int],
        waits: Sequence[Waiting],
        file: ConferenceFile,
        now: datetime,
        proposed: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Take the seats that are added and give back those returned, all or none. `delegates`: their rows, in order.

        What is returned is let go only where what is added was there to take. Seats that are held for one of the
        `waits` are theirs; seats that become free go to who waits for them. `proposed`: seats by slug that are held for
        a proposal from now on, or below zero no longer.
        """
        moved = Counter(line.offer for line in quote.added)
        moved.subtract(line.offer for line in quote.returned)
        moved.update(proposed)
        moved.update(dict.fromkeys((wait.slug for wait in waits), 0))
        # One order for all buyers, so that two of them wait for each other rather than deadlock.
        offers = {}
        for slug, seats in sorted(moved.items()):
            held = 0
            if seats > 0 and (mine := [wait for wait in waits if wait.slug == slug]):
                await Offer.lock(slug)
                takers = {delegates[line.delegate] for line in quote.added if line.offer == slug}
                held = await Waiting.take_up(mine, takers, seats, now)
            offers[slug] = await (
                Offer.take(slug, seats, held) if seats > 0 else Offer.give_back(slug, -seats)
            )
        if quote.returned:
            await Item.delete().where(Item.id.is_in([line.item for line in quote.returned]))
        for line in quote.retaxed:
            await Item.update({Item.vat_rate: int(line.vat_rate * 100), Item.vat: line.vat}).where(
                Item.id == line.item
            )
        if quote.added:
            await Item.insert(
                *(Item.of(delegates[line.delegate], offers[line.offer], line) for line in quote.added)
            )
        if waits:
            has = zip(delegates, quote.offers, strict=True)
            await Waiting.settle(waits, dict(has))
            come = await Delegate.objects().where(Delegate.id.is_in(list(delegates) or [0]))
            handed_on = await Waiting.hand_on(waits, self.payer, {one.id: one for one in come})
        if waits or quote.returned or proposed:
            await Waiting.pass_on(list(offers.values()), file, now)
        if waits:
            await Waiting.tell(handed_on, now)

    async def outdate(self) -> None:
        """Say that something of this booking changes: whoever has seen it is outdated, and others wait until the
        transaction ends."""
        table = type(self)
        await table.update({table.revision: table.revision + 1}).where(table.id == self.id)

    async def _insert_once(self) -> Self | None:
        """Insert this row, or return the one that this form made before."""
        table = type(self)
        while True:
            self.reference = "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))
            rows = await table.insert(self).on_conflict(action="DO NOTHING").returning(table.id)
            if rows:
                self.id = rows[0]["id"]
                return None
            before = await table.objects().where(table.form_key == self.form_key).first()
            if before is not None:
                return before
            # Else the reference was taken: draw another.

    @classmethod
    async def touch(cls, person: int) -> list[int]:
        """Say that what a person pays or comes with is about to change: whoever has seen it is outdated.
        Returns these bookings.

        To be called before its other rows are written. Whoever changes a booking takes it first, too, so that two
        wait for each other rather than deadlock.
        """
        comes = [
            row["booking"] for row in await Delegate.select(Delegate.booking).where(Delegate.person == person)
        ]
        theirs = (cls.payer == person) | cls.id.is_in(comes or [0])
        bookings = [row["id"] for row in await cls.select(cls.id).where(theirs).order_by(cls.id)]
        for booking in bookings:
            await cls.update({cls.revision: cls.revision + 1}).where(cls.id == booking)
        return bookings

    @classmethod
    async def made_by(cls, form_key: str) -> Self | None:
        return await cls.objects().where(cls.form_key == _digest(form_key)).first()

    @classmethod
    async def with_reference(cls, reference: str) -> Self | None:
        return await cls.objects().where(cls.reference == reference).first()

    @classmethod
    async def with_delegate(cls, delegate: int, person: int) -> Self | None:
        """The booking on which this person is this delegate."""
        row = (
            await Delegate.select(Delegate.booking)
            .where(Delegate.id == delegate, Delegate.person == person)
            .first()
        )
        return await cls.objects().where(cls.id == row["booking"]).first() if row else None

    @classmethod
    async def seen_by(cls, sign_in: SignIn) -> list[Self]:
        """The bookings a signed-in person pays or comes with, oldest first.

        Who has only booked, and not yet opened a mail, sees that booking and no other.
        """
        if not sign_in.proven:
            return await cls.objects().where(cls.id == sign_in.booking)
        person = sign_in.person
        as_delegate = [
            row["booking"] for row in await Delegate.select(Delegate.booking).where(Delegate.person == person)
        ]
        mine = cls.payer == person
        if as_delegate:
            mine = mine | cls.id.is_in(as_delegate)
        return await cls.objects().where(mine).order_by(cls.id)

    @classmethod
    async def names_of(cls, person: int) -> list[tuple[int, str, str]]:
        """Under which name and address somebody pays or comes, each with their id."""
        pays = await cls.select(cls.payer_name, cls.payer_email).where(cls.payer == person)
        comes = await Delegate.select(Delegate.name, Delegate.email).where(Delegate.person == person)
        return [(person, *row.values()) for row in (*pays, *comes)]

    async def payers_own_delegate(self) -> int | None:
        """The delegate who pays, or the only one there is; None when the payer booked for others."""
        delegates = await Delegate.select(Delegate.id, Delegate.person).where(Delegate.booking == self.id)
        own = [row for row in delegates if row["person"] == self.payer] or delegates
        return own[0]["id"] if len(own) == 1 else None

    async def in_hands_of(self, sign_in: SignIn | None) -> Hand:
        """What a signed-in person may change: whoever pays everything, a delegate what is their own.

        Who has only booked, and not yet opened a mail, pays; an organiser helps everybody.
        """
        rows = await Delegate.select(Delegate.id, Delegate.person).where(Delegate.booking == self.id)
        if sign_in is None:
            return Hand(False, frozenset())
        if not sign_in.proven:
            whole = sign_in.booking == self.id
            return Hand(whole, frozenset(row["id"] for row in rows if whole))
        person, organises = sign_in.person, await Person.is_organiser(sign_in.person)
        whole = organises or person == self.payer
        own = (row["id"] for row in rows if whole or row["person"] == person)
        return Hand(whole, frozenset(own), person, organises)

    async def confirmation(self, now: datetime) -> tuple[str, timedelta]:
        """`waiting` while it is on its way, `sent` for a while after it was, else empty: later that is no news.

        And how long until it leaves, if that is not just now: very many letters may have come before it.
        """
        mails = await OutgoingMail.all_about(f"booking {self.id} confirmed")
        states = {mail["state"] for mail in mails}
        if MailState.FAILED in states:
            return "", timedelta()
        if MailState.WAITING in states:
            untried = [mail["due_at"] for mail in mails if not mail["attempts"]]
            wait = max(untried) - clock.real() if untried else timedelta()
            return "waiting", wait if wait > SOON else timedelta()
        return "sent" if states and now - self.booked_at < JUST_NOW else "", timedelta()

    async def order(self, file: ConferenceFile) -> Order:
        """What would have to be ordered to book this."""
        return Order(
            tuple(one.details(choices_of(file, one.holding)) for one in await self.delegates()),
            Payer(
                name=self.payer_name,
                email=self.payer_email,
                organisation=self.organisation,
                address=self.address,
                country=self.country,
                organisation_number=self.organisation_number,
                payment_reference=self.payment_reference,
            ),
        )

    async def fees(self) -> list[Fee]:
        """What has been charged for giving something back late."""
        rows = (
            await CancellationFee.select()
            .where(CancellationFee.booking == self.id)
            .order_by(CancellationFee.id)
        )
        return [
            Fee(row["delegate"], row["title"], row["amount"], Decimal(row["vat_rate"]) / 100, row["vat"])
            for row in rows
        ]

    async def delegates(self) -> list[BookedDelegate]:
        """Everybody on this booking, with what each of them has."""
        delegates = await Delegate.objects().where(Delegate.booking == self.id).order_by(Delegate.position)
        if not delegates:
            return []  # it is cancelled
        items = await (
            Item.select(
                Item.id,
                Item.delegate,
                Item.offer.slug,
                Item.slot,
                Item.title,
                Item.amount,
                Item.vat_rate,
                Item.vat,
            )
            .where(Item.delegate.is_in([delegate.id for delegate in delegates]))
            .order_by(Item.id)
        )
        return [
            BookedDelegate(
                delegate,
                tuple(
                    BookedItem(
                        item["offer.slug"],
                        item["title"],
                        item["amount"],
                        Decimal(item["vat_rate"]) / 100,
                        item["vat"],
                        item["slot"],
                        item["id"],
                    )
                    for item in items
                    if item["delegate"] == delegate.id
                ),
            )
            for delegate in delegates
        ]


class Delegate(Table):
    """One person on a booking, with what the venue must know of them."""

    id: Serial
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.cascade)
    person = ForeignKey(Person, null=False, on_delete=OnDelete.restrict, index=True)
    position = SmallInt()
    name = Varchar(length=200)
    email = Varchar(length=254)
    organisation = Varchar(length=200)
    role = Varchar(length=200)
    country = Varchar(length=2)
    diet = Text()
    access_needs = Text()
    needs_are_private = Boolean(default=False)
    """These two were said by the delegate themselves: only they and the organisers read them."""
    calendar_sequence = Integer(default=0)
    """Rises with every change of what the delegate takes, so that calendars know which news is the latest."""
    calendar_offers = Text(default="")
    """Slugs of all that their calendars have ever been told of: what is gone has to be cancelled there."""

    one_place_in_a_booking = Unique([booking, position])

    @classmethod
    def of(cls, booking: Booking, position: int, details: DelegateDetails, people: dict[str, int]) -> Self:
        return cls({cls.booking: booking.id, cls.position: position, **cls.facts(details, people)})

    @classmethod
    def facts(cls, details: DelegateDetails, people: dict[str, int]) -> dict[Any, Any]:
        return {
            cls.person: people[email_key(details.email)],
            cls.name: details.name,
            cls.email: details.email,
            cls.organisation: details.organisation,
            cls.role: details.role,
            cls.country: details.choices.country,
            cls.diet: details.diet,
            cls.access_needs: details.access_needs,
        }

    async def be_called(self, name: str, file: ConferenceFile, now: datetime) -> None:
        """Let the delegate be called as they, or an organiser for them, have just corrected it on the booking, wherever
        they are shown. A mailbox that colleagues share is called as it was."""
        from webapp.tables import own_name  # which knows of delegates

        same = (
            (Delegate.booking == self.booking) & (Delegate.person == self.person) & (Delegate.id != self.id)
        )
        if name != self.name and not await Delegate.exists().where(same):
            with contextlib.suppress(Refused):  # a lecturer's name may stand on a badge, and signs nothing
                await own_name.say(self.person, name, file, now)

    def keeps_needs_after(self, wanted: Wanted) -> bool:
        """Whether what the venue is told is the delegate's own, after somebody has changed them to be as wanted."""
        said = wanted.details
        if said is None:
            return self.needs_are_private
        if email_key(said.email) != email_key(self.email):  # somebody else comes, who has said nothing yet
            return False
        new = (said.diet, said.access_needs) != (self.diet, self.access_needs)
        return self.needs_are_private or (wanted.by_themselves and new)

    @classmethod
    async def of_person(cls, person: int, bookings: Sequence[Booking]) -> list[Self]:
        """The places that are a person's own, in these bookings."""
        ids = [booking.id for booking in bookings]
        if not ids:
            return []
        return await cls.objects().where(cls.person == person, cls.booking.is_in(ids)).order_by(cls.id)

    @classmethod
    async def at_ticket(cls, delegate: int, person: int) -> BookedDelegate | None:
        """The holder of a ticket, with what it is for. A ticket is a person's: who takes their place has another."""
        booking = await cls.select(cls.booking).where(cls.id == delegate, cls.person == person).first()
        found = await Booking.objects().get(Booking.id == booking["booking"]) if booking else None
        everybody = await found.delegates() if found else []
        return next((booked for booked in everybody if booked.delegate.id == delegate), None)

    @classmethod
    async def calendar_changes(cls, delegate: int, offers: Iterable[str]) -> None:
        """Say that a delegate now has these offers (slugs), none when they do not come. Within the transaction of
        the change: the letters and calendars that are written of it then carry a higher SEQUENCE, and cancel what
        is gone."""
        rows = (
            await cls.update({cls.calendar_sequence: cls.calendar_sequence + 1})
            .where(cls.id == delegate)
            .returning(cls.calendar_offers)
        )
        for row in rows:
            told = {*row["calendar_offers"].split(), *offers}
            await cls.update({cls.calendar_offers: " ".join(sorted(told))}).where(cls.id == delegate)


class Item(Table):
    """Something a delegate has, at the price it was bought for."""

    id: Serial
    delegate = ForeignKey(Delegate, null=False, on_delete=OnDelete.cascade)
    offer = ForeignKey(Offer, null=False, on_delete=OnDelete.restrict)
    slot = Varchar(length=80, null=True, default=None)
    """Of a seat in a seminar: the time it is for (slug)."""
    title = Varchar(length=400)
    amount = BigInt()
    """Without tax, in minor units."""
    vat_rate = Integer()
    """In hundredths of a per cent."""
    vat = BigInt()

    one_of_each_for_a_delegate = Unique([delegate, offer])
    one_seminar_at_a_time = Unique([delegate, slot])

    @classmethod
    def of(cls, delegate: int, offer: int, line: Line) -> Self:
        return cls(
            delegate=delegate,
            offer=offer,
            slot=line.slot,
            title=line.title,
            amount=line.amount,
            vat_rate=int(line.vat_rate * 100),
            vat=line.vat,
        )

    @classmethod
    async def refuse_if_held(cls, offers: list[int]) -> None:
        """Raises Refused, naming everyone who has one of these offers."""
        if not offers:
            return
        rows = (
            await cls.select(
                cls.offer.title.as_alias("title"),
                cls.delegate.name.as_alias("name"),
                cls.delegate.email.as_alias("email"),
                cls.delegate._.booking._.reference.as_alias("reference"),
            )
            .where(cls.offer.is_in(offers))
            .order_by(cls.offer, cls.id)
        )
        if rows:
            who = "\n".join(
                f"  {row['title']}: {row['name']} <{row['email']}>, booking {row['reference']}"
                for row in rows
            )
            raise Refused(f"The file leaves out what somebody has booked. Put it back, or move first:\n{who}")

    @classmethod
    async def follow(cls, file: ConferenceFile) -> None:
        """Bring the seats in seminars to the times that the file has these at.

        To be called when the offers' rows are locked, so that nobody takes a seat meanwhile. Raises Refused, naming
        everyone who would have two at one time.
        """
        slots = {session.slug: session.slot for session in file.session}
        seats = (
            await cls.select(
                cls.delegate,
                cls.offer,
                cls.slot,
                cls.offer.slug.as_alias("slug"),
                cls.offer.title.as_alias("title"),
                cls.delegate.name.as_alias("name"),
                cls.delegate.email.as_alias("email"),
                cls.delegate._.booking._.reference.as_alias("reference"),
            )
            .where(cls.slot.is_not_null())
            .order_by(cls.delegate, cls.id)
        )
        at_once: dict[tuple[int, str | None], list[dict[str, Any]]] = {}
        for seat in seats:
            at_once.setdefault((seat["delegate"], slots[seat["slug"]]), []).append(seat)
        clashes = [together for together in at_once.values() if len(together) > 1]
        if clashes:
            who = "\n".join(
                f"  {' and '.join(seat['title'] for seat in together)}: {together[0]['name']} "
                f"<{together[0]['email']}>, booking {together[0]['reference']}"
                for together in clashes
            )
            raise Refused(
                "The file puts at one time what somebody has booked both of. Leave them apart, or let these give one "
                f"back first ({len(clashes)}):\n{who}"
            )
        moved = {seat["offer"]: slots[seat["slug"]] for seat in seats if seat["slot"] != slots[seat["slug"]]}
        if moved:
            # Two seminars may have changed places, and nobody may have two at one time in between.
            await cls.update({cls.slot: None}).where(cls.offer.is_in(list(moved)))
        for offer, slot in moved.items():
            await cls.update({cls.slot: slot}).where(cls.offer == offer)


class CancellationFee(Table):
    """What was kept of the price of something given back late. It stays when whoever had it does not."""

    id: Serial
    booking = ForeignKey(Booking, null=False, on_delete=OnDelete.cascade, index=True)
    delegate = Varchar(length=200)
    """Their name then; of somebody who was erased, none: what they were charged stands on the invoice."""
    person = ForeignKey(Person, null=True, default=None, on_delete=OnDelete.set_null)
    title = Varchar(length=500)
    amount = BigInt()
    vat_rate = Integer()
    vat = BigInt()
    charged_at = Instant()

    @classmethod
    def of(cls, booking: Booking, fee: Fee, person: int | None, now: datetime) -> Self:
        return cls(
            booking=booking.id,
            delegate=fee.delegate,
            person=person,
            title=fee.title,
            amount=fee.amount,
            vat_rate=int(fee.vat_rate * 100),
            vat=fee.vat,
            charged_at=now,
        )

    @classmethod
    async def forget(cls, person: int, bookings: Collection[int], names: Collection[str]) -> None:
        """Name somebody no more, also on these bookings where only their names say that it was them."""
        by_name = cls.booking.is_in(list(bookings) or [0]) & cls.delegate.is_in(list(names) or [""])
        await cls.update({cls.delegate: ERASED, cls.person: None}).where((cls.person == person) | by_name)


@dataclass(frozen=True)
class Attendance:
    """What a delegate's calendars are told."""

    delegate: int
    sequence: int
    offers: tuple[str, ...]
    gone: tuple[str, ...]
    """What they were told before and is not so any more."""

    def without_any(self) -> Attendance:
        """The same for somebody who does not come, or in whose place another one comes."""
        return replace(self, offers=(), gone=tuple(sorted({*self.offers, *self.gone})))


@dataclass(frozen=True)
class BookedItem:
    offer: str
    title: str
    amount: int
    vat_rate: Decimal
    vat: int
    slot: str | None = None
    id: int | None = None
    """The row it stands in."""


@dataclass(frozen=True)
class BookedDelegate:
    delegate: Delegate
    items: tuple[BookedItem, ...]

    @property
    def offers(self) -> set[str]:
        return {item.offer for item in self.items}

    @property
    def is_erased(self) -> bool:
        """Whether nothing is known any more of whoever has this place: everybody else has an address."""
        return not self.delegate.email

    @property
    def number(self) -> int:
        """Which of the booking's delegates they are, from 1. It stays theirs when one before them has gone."""
        return self.delegate.position + 1

    @property
    def holding(self) -> Holding:
        """What they have, as prices are worked out from it."""
        return Holding(
            self.delegate.id,
            self.delegate.name,
            self.delegate.country,
            tuple(
                Line(
                    self.delegate.position,
                    item.offer,
                    item.title,
                    item.amount,
                    item.vat_rate,
                    item.vat,
                    item.slot,
                    item.id,
                )
                for item in self.items
            ),
        )

    def details(self, choices: Choices) -> DelegateDetails:
        """What is known of them, with these choices."""
        one = self.delegate
        return DelegateDetails(
            name=one.name,
            email=one.email,
            organisation=one.organisation,
            role=one.role,
            diet=one.diet,
            access_needs=one.access_needs,
            choices=choices,
        )

    @property
    def attendance(self) -> Attendance:
        told = set(self.delegate.calendar_offers.split())
        return Attendance(
            self.delegate.id,
            self.delegate.calendar_sequence,
            tuple(sorted(self.offers)),
            tuple(sorted(told - self.offers)),
        )


def _digest(form_key: str) -> str:
    return blake2b(form_key.encode(), digest_size=20).hexdigest()
