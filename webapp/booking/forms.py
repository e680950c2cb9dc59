"""The registration form: what was typed, what is wrong with it, and the order it makes when nothing is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ValidationError

from webapp.booking.merging import Values
from webapp.booking.same_person import ON_IT_ALREADY, same_person
from webapp.conference.file import ConferenceFile, Session
from webapp.conference.prices import Choices, night_slug
from webapp.conference.registration import Product, ProductKind
from webapp.tables.booking.delegate import Details
from webapp.tables.booking.order import Order, Ordered, Payer
from webapp.text.fields import Country, needed, plainly, takes_prose
from webapp.text.mail_domains import suggestion

LONGEST_TEXT = 4_000
"""Characters kept of a text when it is shown again: some more than it may have."""
LONGEST_LINE = 500
"""Characters kept of any other field."""
MOST_CHOSEN = 50
"""Of one field in which several can be: nights."""

DELEGATE_FIELD = re.compile(r"delegates\.(0|[1-9]\d?)\.(.+)")
FOLLOWS_ANOTHER = re.compile(r"delegates\.\d+\.country|payer\.(name|email|organisation|country)")
"""Fields for which another one stands in while they are empty."""
MEND = "mend:"
"""Before the name of a field: what its button says by which an address becomes the one suggested."""


class RegistrationForm:
    """A registration as typed, by field name: `country`, `delegates.0.email`, `payer.address`, …"""

    MOST_DELEGATES = 20
    """On one booking."""

    def __init__(
        self, file: ConferenceFile, values: dict[str, list[str]], *, focus: int | None = None
    ) -> None:
        self.file = file
        self.values = values
        self.focus = focus
        """The delegate to go on with, after one was added or removed."""
        self._found: dict[str, str] = {}

    @classmethod
    def read(cls, file: ConferenceFile, fields: Iterable[tuple[str, Any]]) -> Self:
        """From the fields of a request. What this form has not is left out: anybody may send anything, and what is
        typed is kept for a day."""
        values: dict[str, list[str]] = {}
        of_delegates = {*Details.model_fields, *choosing(file)}
        for name, value in fields:
            if not isinstance(value, str) or len(values.get(name, [])) == MOST_CHOSEN:
                continue
            match = DELEGATE_FIELD.fullmatch(name)
            if (match[2] in of_delegates and int(match[1]) < cls.MOST_DELEGATES) if match else name in FIELDS:
                longest = LONGEST_TEXT if _takes_prose(name) else LONGEST_LINE
                values.setdefault(name, []).append(value[:longest])
        return cls(file, _mended(values))

    # What the page shows

    def value(self, name: str, default: str = "") -> str:
        return self.values.get(name, [default])[0]

    def chosen(self, name: str, value: str) -> bool:
        return value in self.values.get(name, [])

    @cached_property
    def size(self) -> int:
        """How many delegates the form shows: one at least."""
        numbers = [int(match[1]) for name in self.values if (match := DELEGATE_FIELD.fullmatch(name))]
        return min(max(numbers, default=0) + 1, self.MOST_DELEGATES)

    @property
    def errors(self) -> dict[str, str]:
        """A plain message for each field that is not in order."""
        return {**self._checked[1], **self._found}

    @property
    def labels(self) -> dict[str, str]:
        """Whose field it is, for each field that is not in order, where the message alone does not say."""
        named = {}
        for name in self.errors:
            if name.startswith("payer."):
                named[name] = "Invoice"
            elif (match := DELEGATE_FIELD.fullmatch(name)) and self.size > 1:
                named[name] = f"Delegate {int(match[1]) + 1}"
        return named

    @property
    def filled_errors(self) -> dict[str, str]:
        """A message, or none, for each field that has been filled in: nobody is blamed for what comes later."""
        return {name: self.errors.get(name, "") for name, values in self.values.items() if any(values)}

    def object_to(self, name: str, reason: str) -> None:
        """Add what was found wrong only when it was tried."""
        self._found[name] = reason

    def with_another_delegate(self) -> Self:
        """This form with room for one colleague more, of the organisation of the last."""
        if self.size == self.MOST_DELEGATES:
            return self
        name = f"delegates.{self.size}"
        added = {f"{name}.organisation": [self.value(f"delegates.{self.size - 1}.organisation")]}
        return type(self)(self.file, {**self.values, **added}, focus=self.size)

    def without_delegate(self, removed: int) -> Self:
        """This form without one of the delegates; those after move up."""
        if self.size == 1:
            return self
        values = {}
        for name, value in self.values.items():
            match = DELEGATE_FIELD.fullmatch(name)
            if match is None:
                values[name] = value
            elif (number := int(match[1])) != removed:
                values[f"delegates.{number - (number > removed)}.{match[2]}"] = value
        return type(self)(self.file, values, focus=min(removed, self.size - 2))

    # What it means

    @property
    def choices(self) -> tuple[Choices, ...]:
        """What can be priced of the form as it stands, right or wrong."""
        return tuple(self._choices(number) for number in range(self.size))

    @property
    def order(self) -> Order | None:
        """The order, when everything is in order."""
        entry = self._checked[0]
        if entry is None or self.errors:
            return None
        return Order(
            delegates=tuple(
                Ordered(details, self._choices(number)) for number, details in enumerate(entry.delegates)
            ),
            payer=entry.payer,
        )

    def who_chose(self, offer: str) -> Iterator[str]:
        """Names of the fields in which this offer (slug) was chosen."""
        room = self.product(ProductKind.ROOM)
        for number, wish in enumerate(self.choices):
            name = f"delegates.{number}"
            for session in self.file.session:
                if session.slug == offer and session.slug in wish.seminars:
                    yield f"{name}.seminar.{session.slot}"
            if room and any(night_slug(room, night) == offer for night in wish.nights):
                yield f"{name}.nights"
            workshop = self.product(ProductKind.WORKSHOP)
            if workshop and wish.workshop and workshop.slug == offer:
                yield f"{name}.workshop"

    def product(self, kind: ProductKind) -> Product | None:
        return next((product for product in self.file.product if product.kind == kind), None)

    def country_of(self, number: int) -> str:
        """Where a delegate works: where the booking says, unless they say otherwise."""
        return self.value(f"delegates.{number}.country") or self.value("country")

    def _choices(self, number: int) -> Choices:
        name = f"delegates.{number}"
        room = self.product(ProductKind.ROOM)
        offered = room.nights if room else ()
        return Choices(
            country=self.country_of(number) or None,
            seminars=tuple(
                session.slug
                for session in self.file.session
                if session.slot and self.value(f"{name}.seminar.{session.slot}") == session.slug
            ),
            workshop=self.value(f"{name}.workshop") == "yes",
            nights=tuple(night for night in offered if self.chosen(f"{name}.nights", night.isoformat())),
        )

    @cached_property
    def _checked(self) -> tuple[Entry | None, dict[str, str]]:
        errors: dict[str, str] = {}
        entry = None
        try:
            entry = Entry.model_validate(self._nested())
        except ValidationError as invalid:
            for error in invalid.errors():
                name = ".".join(map(str, error["loc"]))
                # What is wrong with the one that stands in is said there, once.
                if self.value(name) or not FOLLOWS_ANOTHER.fullmatch(name):
                    errors.setdefault(name, plainly(error))
        for number in range(self.size):
            errors |= self._wrong_choices(number)
        errors |= self._repeated_delegates()
        return entry, errors

    def _nested(self) -> dict[str, Any]:
        def fields(prefix: str, model: type[BaseModel]) -> dict[str, str]:
            return {field: self.value(f"{prefix}.{field}") for field in model.model_fields}

        return {
            "country": self.value("country"),
            "delegates": [
                fields(f"delegates.{number}", Details) | {"country": self.country_of(number)}
                for number in range(self.size)
            ],
            "payer": {
                field: value or self._payer_default(field) for field, value in fields("payer", Payer).items()
            },
            "consent": self.value("consent"),
        }

    def _payer_default(self, field: str) -> str:
        """What stands in for a field of the payer that was left empty: the first delegate pays."""
        if field in ("name", "email", "organisation"):
            return self.value(f"delegates.0.{field}")
        return self.value("country") if field == "country" else ""

    @property
    def _offered(self) -> list[Session]:
        return [session for session in self.file.session if not session.cancelled]

    def _wrong_choices(self, number: int) -> dict[str, str]:
        errors = {}
        name = f"delegates.{number}"
        for slot in self.file.slot:
            chosen = self.value(f"{name}.seminar.{slot.slug}")
            if chosen and chosen not in [one.slug for one in self._offered if one.slot == slot.slug]:
                errors[f"{name}.seminar.{slot.slug}"] = "Please choose one of the seminars shown, or none."
        room = self.product(ProductKind.ROOM)
        nights = {night.isoformat() for night in room.nights} if room else set()
        if not set(self.values.get(f"{name}.nights", [])) <= nights:
            errors[f"{name}.nights"] = "Please choose among the nights shown."
        if self.value(f"{name}.workshop") not in ("", "yes") or (
            self.value(f"{name}.workshop") and not self.product(ProductKind.WORKSHOP)
        ):
            errors[f"{name}.workshop"] = "Please tick the workshop, or leave it."
        return errors

    def _repeated_delegates(self) -> dict[str, str]:
        errors = {}
        seen: set[tuple[str, str]] = set()
        for number in range(self.size):
            name = f"delegates.{number}"
            who = same_person(self.value(f"{name}.name"), self.value(f"{name}.email"))
            if all(who) and who in seen:
                errors[f"{name}.email"] = ON_IT_ALREADY
            seen.add(who)
        return errors


class Entry(BaseModel):
    country: Annotated[Country, needed("Please say where you work: it decides the price.")]
    delegates: list[Details]
    payer: Payer
    consent: Annotated[
        Literal["yes"], needed("Please agree, so that we may keep what you entered for the conference.")
    ]


def choosing(file: ConferenceFile) -> tuple[str, ...]:
    """The names of a delegate's fields that decide the price and the seats."""
    return ("country", "workshop", "nights", *(f"seminar.{slot.slug}" for slot in file.slot))


FIELDS = {
    *("form_token", "price_seen", "waiting", "action", "country", "consent", "twice"),
    *(f"payer.{name}" for name in Payer.model_fields),
}
"""Names of all that a registration or a change has beside its delegates."""


def _takes_prose(name: str) -> bool:
    """Whether a field, which the form has, is for more than one line."""
    thing, _, field = name.partition(".")
    model, field = (Payer, field) if thing == "payer" else (Details, field.partition(".")[2])
    return field in model.model_fields and takes_prose(model, field)


def _mended(values: Values) -> Values:
    """These fields, with the address that was probably meant in the one whose button says so."""
    name = values.get("action", [""])[0].removeprefix(MEND)
    meant = suggestion(values[name][0]) if name.endswith(".email") and name in values else ""
    return values | ({name: [meant]} if meant else {})
