"""What becomes of a booking when somebody changes one delegate of it, or adds one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from webapp.booking.booking_view import BookingView, view_for
from webapp.booking.change_form import PREFIX, ChangeForm, values_of
from webapp.booking.changing import change
from webapp.booking.forms import RegistrationForm, choosing
from webapp.conference.prices import Choices, Quote, choices_from, offers_of, tier
from webapp.conference.programme import Programme
from webapp.refusal import Refused
from webapp.tables import Booking
from webapp.tables.booking.booked import BookedDelegate
from webapp.tables.booking.delegate import OF_THE_PLACE, OWN, WHO, Details
from webapp.tables.booking.order import Wanted
from webapp.tables.booking.proposals import HELD_FOR, Proposal
from webapp.tables.booking.rights import Rights
from webapp.text.typed import Messages
from webapp.web.rendering import page
from webapp.web.signing import delegate_and_person

NOBODYS_LINK = "This link is not for anybody who is booked. Please use the newest mail you have."


class DelegateChange:
    """Somebody who changes one delegate, or adds one."""

    def __init__(
        self,
        view: BookingView,
        form: ChangeForm,
        booked: BookedDelegate | None,
        *,
        template: str,
        title: str,
        again: Callable[[BookingView], DelegateChange],
    ) -> None:
        """`again`: makes it anew for the booking as it is when somebody else was quicker."""
        self.view = view
        self.form = form
        self.booked = booked
        self.template = template
        self.title = title
        self.again = again

    @property
    def wanted(self) -> list[Wanted]:
        """The booking's delegates as they are to be."""
        booked = self.booked
        this = Wanted(
            self.form.choices[0],
            self.row,
            self.form.details,
            by_themselves=booked is not None and self.view.rights.speaks_for(booked.delegate),
            comes_instead=self.form.asked == WHO,
        )
        others = self.view.as_they_are(but=booked)
        # Each in their own place, so that what is shown of the price stands where the booking has it.
        at = self.view.delegates.index(booked) if booked else len(others)
        return [*others[:at], this, *others[at:]]

    @property
    def quote(self) -> Quote:
        return self.view.quote(self.wanted)

    @property
    def row(self) -> int | None:
        """The delegate's, if they are on the booking already."""
        return self.booked.delegate.id if self.booked else None

    def page(
        self, seats: Mapping[str, int], *, status: int = 200, checked: bool = False, notice: str = ""
    ) -> Template:
        return page(self.template, status=status, **self.context(seats, checked=checked, notice=notice))

    def context(self, seats: Mapping[str, int], *, checked: bool = False, notice: str = "") -> dict[str, Any]:
        """What the templates draw from. `seats`: left, by offer. `checked`: fields left empty are marked too."""
        mine = self.booked.offers if self.booked else set()
        errors = self.form.errors if checked else self.form.filled_errors
        return self.view.price_context(self.quote) | {
            "title": self.title,
            "booked": self.booked,
            "form": self.form,
            "errors": Messages(errors),
            "notice": notice or self.view.closed,
            "mine": mine,
            "seats": {slug: left for slug, left in seats.items() if slug not in mine},
            "prices": {
                product.slug: tier(product, self.view.now) for product in self.view.programme.products
            },
        }

    def is_not_theirs_to_charge(self, quote: Quote) -> bool:
        """Whether somebody else would come, for whom whoever pays is charged more."""
        return not self.view.rights.whole and quote.difference > 0 and self.form.asked == WHO

    async def save(self, quote: Quote, letters_wait: timedelta) -> None:
        """Change the booking as far as it is theirs to do, and ask whoever pays for the rest.

        `letters_wait`: how long the letters do. Raises SoldOut, and Outdated.
        """
        booking = self.view.booking
        mine = [one for one in await Proposal.open_of(booking.id) if one.delegate == self.row]
        wanted, at_once, proposal = self._split(quote, mine)
        await change(
            booking,
            wanted,
            at_once,
            self.view.file,
            self.view.now,
            proposal=proposal,
            letters_wait=letters_wait,
        )

    def _split(self, quote: Quote, asked: Iterable[Proposal]) -> tuple[list[Wanted], Quote, Proposal | None]:
        """What becomes of a change at once, what that costs, and what waits for the yes of whoever pays.

        What costs nothing more is a delegate's own to choose. `asked`: what of theirs waits already, and goes on to.
        """
        wanted, booked = self.wanted, self.booked
        if self.view.rights.whole or quote.difference <= 0 or booked is None or self.form.details is None:
            return wanted, quote, None
        file, at = self.view.file, self.view.delegates.index(booked)
        adds = [line.offer for line in quote.added if line.amount]
        drops = [line.offer for line in quote.returned if line.amount]
        free = (offers_of(file, wanted[at].choices) - set(adds)) | set(drops)
        country = wanted[at].choices.country
        at_once, costs = wanted, quote
        for where in (country, booked.delegate.country):
            choices = choices_from(file, where, free)
            details = self.form.details.model_copy(update={"country": where})
            mine = replace(wanted[at], choices=choices, details=details)
            at_once = [*wanted[:at], mine, *wanted[at + 1 :]]
            costs = self.view.quote(at_once)
            if costs.difference <= 0:
                break
        now = self.view.now
        proposal = Proposal(
            booking=self.view.booking.id,
            delegate=booked.delegate.id,
            adds=" ".join(adds),
            drops=" ".join(drops),
            country="" if country == at_once[at].choices.country else country,
            asked_at=now,
            expires_at=min(now + HELD_FOR, self.view.file.changes_close),
        )
        for one in asked:
            proposal.go_on_from(one, offers_of(file, at_once[at].choices))
        all_of_it = replace(wanted[at], choices=proposal.applied_to(at_once[at].choices, file))
        with_yes = self.view.quote([*wanted[:at], all_of_it, *wanted[at + 1 :]])
        proposal.amount = with_yes.difference - costs.difference
        return at_once, costs, proposal


async def own_details(
    token: FromPath[str], programme: NamedDependency[Programme], now: NamedDependency[datetime]
) -> DelegateChange:
    """The details of whoever has this link. Raises NotFoundException when somebody else comes in their place."""
    known = delegate_and_person(token)
    booking = await Booking.with_delegate(*known) if known else None
    if known is None or booking is None:
        raise NotFoundException(NOBODYS_LINK)
    view = await view_for(programme, booking, None, now)
    return _own_details(replace(view, rights=Rights(False, frozenset({known[0]}), known[1])), known[0])


def _own_details(view: BookingView, delegate: int) -> DelegateChange:
    booked = next((one for one in view.delegates if one.delegate.id == delegate), None)
    if booked is None or booked.is_erased or delegate not in view.rights.delegates:
        raise NotFoundException(NOBODYS_LINK)
    return DelegateChange(
        view,
        ChangeForm(view.file, view.fields_of(booked), asked=OWN, of=booked.delegate.person),
        booked,
        template="booking/changes/details.html",
        title="Your details",
        again=partial(_own_details, delegate=delegate),
    )


def changing(view: BookingView, number: str) -> DelegateChange:
    file = view.file
    if number == "new":
        view.refuse_but_to_whoever_pays()
        if not (view.rights.organises or view.programme.registration_open(view.now)):
            raise Refused(
                "Registration is closed, so nobody can be added. Somebody else may come in a colleague’s place."
            )
        if len(view.delegates) >= RegistrationForm.MOST_DELEGATES:
            raise Refused(
                f"One booking takes {RegistrationForm.MOST_DELEGATES} delegates at most. Please make another one for "
                "the rest."
            )
        others = view.everybody
        nothing = values_of({"organisation": view.booking.organisation}, Choices(None), file)
        form = ChangeForm(file, nothing, asked=ChangeForm.everything(file), others=others, moved=view.moved)
        return DelegateChange(
            view,
            form,
            None,
            template="booking/changes/delegate.html",
            title="Add a colleague",
            again=partial(changing, number=number),
        )
    booked = view.delegate(number)
    if booked.is_erased:
        raise Refused(
            "Nothing is known any more of whoever had this place. Somebody else may come in it, or you can cancel it."
        )
    return DelegateChange(
        view,
        ChangeForm(
            file,
            view.fields_of(booked),
            asked=(*view.details_of(booked), *choosing(file)),
            of=booked.delegate.person,
        ),
        booked,
        template="booking/changes/delegate.html",
        title=f"Change {booked.delegate.name}’s booking",
        again=partial(changing, number=number),
    )


def replacing(view: BookingView, number: str) -> DelegateChange:
    booked = view.delegate(number)
    # What somebody told the kitchen of themselves is no business of whoever comes in their place.
    private = {f"{PREFIX}{name}": [""] for name in Details.model_fields if name not in OF_THE_PLACE}
    form = ChangeForm(
        view.file,
        view.fields_of(booked) | private,
        asked=WHO,
        of=booked.delegate.person,
        others=view.everybody,
        moved=view.moved,
    )
    return DelegateChange(
        view,
        form,
        booked,
        template="booking/changes/replacement.html",
        title=f"Somebody else comes instead of {booked.delegate.name}",
        again=partial(replacing, number=number),
    )
