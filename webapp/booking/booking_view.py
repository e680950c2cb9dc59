"""A booking as somebody finds it: what stands on it, and what of it is theirs to see and to change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect

from webapp.booking.change_form import values_of
from webapp.booking.same_person import moved, same_person
from webapp.conference.contact import organisers
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Fee, Quote, about, changed, choices_of
from webapp.conference.programme import Programme
from webapp.conference.terms import terms
from webapp.refusal import Refused
from webapp.settings import settings
from webapp.tables import AddressChange, Booking, SignIn
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.delegate import NEEDS, OWN
from webapp.tables.booking.order import Wanted
from webapp.tables.booking.rights import Rights
from webapp.web.sign_ins import insist
from webapp.web.signing import booking_path, booking_reference

PRICE_SEEN = "price_seen"
"""What was shown to be paid, of a change the difference: what is confirmed is what was seen."""
REVISION = "revision"
"""The booking's, when a page was drawn that leaves nothing to choose: it is looked at again when that has changed."""
NOT_YOURS = "There is nothing of yours to change at this address. Please sign in with the address you are booked with."
SIGN_IN_TO_CHANGE = (
    "Please sign in with the address you are booked with, to change something of this booking."
)
LOOK_AT_THE_PRICE = "Please look at the price, then confirm the change."


@dataclass(frozen=True)
class BookingView:
    """A booking as somebody finds it, and whose it is to change."""

    programme: Programme
    booking: Booking
    delegates: tuple[BookedDelegate, ...]
    charged: tuple[Fee, ...]
    rights: Rights
    now: datetime
    given_up: Mapping[int, Collection[str]] = field(default_factory=dict)
    """The addresses that those who come or pay have given up, by person."""

    @property
    def file(self) -> ConferenceFile:
        return self.programme.file

    @property
    def path(self) -> str:
        return booking_path(self.booking.reference)

    def saved(self) -> Redirect:
        """Back to the booking's page, which says that it is saved."""
        return Redirect(f"{self.path}?saved=1", status_code=303)

    async def again(self) -> BookingView:
        """The booking as it is now, with what of it is still theirs."""
        booking = await Booking.with_reference(self.booking.reference)
        if booking is None:
            raise NotFoundException(NOT_YOURS)
        delegates, charged = await booking.delegates(), await booking.fees()
        # Whose place somebody else has now is not theirs any more, unless everything is.
        were = {booked.delegate.id: booked.delegate.person for booked in self.delegates}
        theirs = frozenset(
            one.delegate.id
            for one in delegates
            if self.rights.whole
            or (one.delegate.id in self.rights.delegates and were[one.delegate.id] == one.delegate.person)
        )
        return replace(
            self,
            booking=booking,
            delegates=tuple(delegates),
            charged=tuple(charged),
            given_up=await _given_up(booking, delegates),
            rights=replace(self.rights, delegates=theirs),
        )

    def delegate(self, number: str) -> BookedDelegate:
        """The delegate of this number, who is the visitor's to change. Raises NotFoundException."""
        for booked in self.delegates:
            if str(booked.number) == number and booked.delegate.id in self.rights.delegates:
                return booked
        raise NotFoundException(NOT_YOURS)

    def as_they_are(self, but: BookedDelegate | None = None) -> list[Wanted]:
        """Everybody as they are, without this one."""
        return [
            Wanted(choices_of(self.file, booked.holding), booked.delegate.id)
            for booked in self.delegates
            if booked is not but
        ]

    def quote(self, wanted: Iterable[Wanted]) -> Quote:
        """What the booking becomes when these are wanted, at this instant."""
        held = [booked.holding for booked in self.delegates]
        return changed(self.file, held, self.charged, [one.wish for one in wanted], self.now)

    def details_of(self, booked: BookedDelegate) -> tuple[str, ...]:
        """The fields of a delegate's details that are the visitor's to read, and so to change."""
        needs = self.rights.may_read_needs(booked.delegate)
        return tuple(name for name in OWN if needs or name not in NEEDS)

    @property
    def closed(self) -> str:
        """What is said when nothing is changed here any more; else nothing. Closing times bind delegates; whoever
        organises changes what they ask for."""
        if self.now >= self.file.changes_close and not self.rights.organises:
            return f"The time for changes here is over. Please write to {organisers()}."
        return ""

    def refuse_if_closed(self) -> None:
        if self.closed:
            raise Refused(self.closed)

    def fields_of(self, booked: BookedDelegate) -> dict[str, list[str]]:
        """The fields of a change form as this delegate has them."""
        return values_of(dict(booked.delegate.details), choices_of(self.file, booked.holding), self.file)

    @property
    def total(self) -> int:
        """What the booking costs, tax included, in minor units."""
        held = sum(item.amount + item.vat for booked in self.delegates for item in booked.items)
        return held + sum(fee.total for fee in self.charged)

    @property
    def theirs(self) -> list[BookedDelegate]:
        """The delegates who are the visitor's to change."""
        return [booked for booked in self.delegates if booked.delegate.id in self.rights.delegates]

    @property
    def everybody(self) -> frozenset[tuple[str, str]]:
        """Who comes, as `same_person` has them."""
        return frozenset(
            same_person(booked.delegate.name, booked.delegate.email)
            for booked in self.delegates
            if not booked.is_erased
        )

    @property
    def moved(self) -> dict[tuple[str, str], str]:
        """Where those are written to now who come or pay, and have given up an address."""
        comes = (booked.delegate for booked in self.delegates)
        known = [(self.booking.payer, self.booking.payer_name, self.booking.payer_email)]
        return moved([*known, *((one.person, one.name, one.email) for one in comes)], self.given_up)

    def refuse_but_to_whoever_pays(self) -> None:
        """Raises NotFoundException for those who may change a part of it alone."""
        if not self.rights.whole:
            raise NotFoundException(NOT_YOURS)

    def price_context(self, quote: Quote) -> dict[str, Any]:
        """What the templates draw the difference from."""
        several = len({line.delegate for line in quote.returned}) > 1
        return {
            "nav": "me",
            "programme": self.programme,
            "booking": self.booking,
            "path": self.path,
            "whole": self.rights.whole,
            "quote": quote,
            "names": {d.position: d.name for d in (one.delegate for one in self.delegates) if several},
            "about": about(self.file, abs(quote.difference)),
            "terms": terms(self.file),
            "page_url": f"{settings().url}{self.path}",
        }


async def view_of(
    programme: NamedDependency[Programme],
    booking: NamedDependency[Booking],
    sign_in: NamedDependency[SignIn | None],
    proven: NamedDependency[SignIn | None],
    now: NamedDependency[datetime],
) -> BookingView:
    """The booking at this address, for somebody who may change something of it.

    Raises NotAuthorizedException for whoever is not signed in, and NotFoundException for who is and may not.
    """
    view = await view_for(programme, booking, sign_in, now)
    if not (view.rights.whole or view.rights.delegates):
        insist(proven, SIGN_IN_TO_CHANGE)
        raise NotFoundException(NOT_YOURS)
    return view


async def view_for(
    programme: Programme, booking: Booking, sign_in: SignIn | None, now: datetime
) -> BookingView:
    """The booking as it is now, with what a signed-in person may change of it: nothing, perhaps."""
    delegates = await booking.delegates()
    return BookingView(
        programme,
        booking,
        tuple(delegates),
        tuple(await booking.fees()),
        await booking.rights_of(sign_in),
        now,
        await _given_up(booking, delegates),
    )


async def _given_up(booking: Booking, delegates: Iterable[BookedDelegate]) -> dict[int, set[str]]:
    return await AddressChange.given_up_by({booking.payer, *(one.delegate.person for one in delegates)})


async def booking_at(token: FromPath[str]) -> Booking:
    """The booking at a signed address. Raises NotFoundException when we did not make that address."""
    reference = booking_reference(token)
    booking = await Booking.with_reference(reference) if reference else None
    if booking is None:
        raise NotFoundException(
            "There is no booking at this address. Please use the whole link from your confirmation mail."
        )
    return booking
