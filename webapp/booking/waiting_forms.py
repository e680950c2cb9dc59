"""The forms with which people join the waiting list: what was typed, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from webapp.booking.booking_view import BookingView
from webapp.booking.waits import taking, what_is_full
from webapp.tables.booking.waiting import MOST_SEATS
from webapp.text.fields import LONGEST_LINE
from webapp.text.typed import NO_LINK, Messages, email_address, has_link, line
from webapp.web.numbers import small
from webapp.web.signing import WaitingRequest


class ConferenceForm:
    """For somebody who would like to take part when nobody more can."""

    FIELDS = ("name", "email", "seats", "lets_pass")

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self.typed = {name: str(fields.get(name, ""))[:300] for name in self.FIELDS}
        self.errors = self._wrong()

    def _wrong(self) -> dict[str, str]:
        errors = Messages()
        name = line(self.typed["name"])
        if not name:
            errors["name"] = "Please enter your name."
        elif has_link(name):
            errors["name"] = NO_LINK
        elif len(name) > LONGEST_LINE:
            errors["name"] = f"Please keep this under {LONGEST_LINE} characters."
        with errors.beside("email"):
            email_address(self.typed["email"])
        if not 1 <= (small(self.typed["seats"]) or 0) <= MOST_SEATS:
            errors["seats"] = f"Please enter how many seats you would like, {MOST_SEATS} at most."
        return errors

    def request(self, now: datetime) -> WaitingRequest:
        """What is asked for, when everything is in order."""
        return WaitingRequest(
            line(self.typed["name"]),
            email_address(self.typed["email"]),
            int(self.typed["seats"]),
            bool(self.typed["lets_pass"]),
            now,
        )


class Answering(NamedTuple):
    """Who answers for a party: it is written to them."""

    name: str
    email: str
    pays: bool


class BookingForm:
    """For those on a booking who would like something that is full."""

    def __init__(self, view: BookingView, seats: Mapping[str, int], fields: Any = None) -> None:
        """`seats`: left of each offer (slug). `fields`: of a request, if anything was sent."""
        self.view = view
        self.full = what_is_full(view, seats)
        self.offer = str(fields.get("offer", "")) if fields else ""
        self.lets_pass = str(fields.get("lets_pass", "")) if fields else ""
        self.delegates = [str(number) for number in fields.getall("delegates", [])] if fields else []
        self.errors = self._wrong() if fields is not None else {}

    @cached_property
    def who(self) -> list[int]:
        """The rows of the delegates ticked."""
        return [one.delegate.id for one in self.view.theirs if str(one.number) in self.delegates]

    def _wrong(self) -> dict[str, str]:
        errors = {}
        who = [one for one in self.view.theirs if one.delegate.id in self.who]
        if self.offer not in self.full:
            errors["offer"] = (
                "Please choose one of those shown, which are full. Others can be booked at once."
            )
        if not who or len(who) != len(self.delegates):
            errors["delegates"] = "Please say who would like a seat."
        elif any(booked.is_erased for booked in who):
            errors["delegates"] = (
                "Nothing is known any more of somebody you ticked. Somebody else may come in their place."
            )
        elif any(self.offer in booked.offers for booked in who):
            errors["delegates"] = "Somebody you ticked has this already."
        return errors

    @property
    def answering(self) -> Answering:
        """Who is written to. What costs is for whoever pays to take; where they are erased, for whoever waits."""
        view, booking = self.view, self.view.booking
        costs = view.quote(taking(view, self.offer, self.who)).difference > 0
        if (view.rights.whole or costs) and booking.payer_email:
            return Answering(booking.payer_name, booking.payer_email, True)
        first = next(one.delegate for one in view.theirs if one.delegate.id in self.who)
        return Answering(first.name, first.email, False)
