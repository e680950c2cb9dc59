"""The registration form: what was typed, what is wrong with it, and the order it makes when nothing is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from webapp.booking.merging import DRAWN, Values, drawn_with, merge, when_drawn
from webapp.conference.file import ConferenceFile, Session
from webapp.conference.prices import Choices, night_slug
from webapp.conference.registration import Product, ProductKind
from webapp.refusal import Refused
from webapp.tables.booking.booking import Booking, DelegateDetails, Order, Payer
from webapp.tables.people import email_key
from webapp.text import organisation_numbers
from webapp.text.countries import countries, country_name
from webapp.text.mail_domains import suggestion
from webapp.text.typed import BLANK, NO_LINK, email_address, has_link, is_seen, line, prose

LONGEST_VALUE = 4_000
"""Characters kept of a text when it is shown again: some more than it may have."""
LONGEST_LINE = 500
"""The same of a field that is no text."""
TEXTS = re.compile(r"payer\.address|delegates\.\d+\.(diet|access_needs)")
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
        of_delegates = {*DelegateEntry.model_fields, *ChangeForm.choosing(file)}
        for name, value in fields:
            if not isinstance(value, str) or len(values.get(name, [])) == MOST_CHOSEN:
                continue
            match = DELEGATE_FIELD.fullmatch(name)
            if (match[2] in of_delegates and int(match[1]) < cls.MOST_DELEGATES) if match else name in FIELDS:
                longest = LONGEST_VALUE if TEXTS.fullmatch(name) else LONGEST_LINE
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
        """The same form with room for one colleague more, of the same organisation."""
        if self.size == self.MOST_DELEGATES:
            return self
        name = f"delegates.{self.size}"
        added = {f"{name}.organisation": [self.value(f"delegates.{self.size - 1}.organisation")]}
        return type(self)(self.file, {**self.values, **added}, focus=self.size)

    def without_delegate(self, removed: int) -> Self:
        """The same form without one of the delegates; those after move up."""
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
                DelegateDetails(
                    name=delegate.name,
                    email=delegate.email,
                    organisation=delegate.organisation,
                    role=delegate.role,
                    diet=delegate.diet,
                    access_needs=delegate.access_needs,
                    choices=self._choices(number),
                )
                for number, delegate in enumerate(entry.delegates)
            ),
            payer=entry.payer.payer,
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
                    errors.setdefault(name, _plainly(error))
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
                fields(f"delegates.{number}", DelegateEntry) | {"country": self.country_of(number)}
                for number in range(self.size)
            ],
            "payer": {
                field: value or self._payer_default(field)
                for field, value in fields("payer", PayerEntry).items()
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


ON_IT_ALREADY = (
    "A delegate of this name and address is on this booking already. Colleagues may share an address, and each gets a "
    "mail with their own ticket."
)


def same_person(name: str, email: str) -> tuple[str, str]:
    """What two entries have in common that are one person: a school may have one mailbox for several."""
    return " ".join(name.split()).casefold(), email_key(email)


def moved(
    known: Iterable[tuple[int, str, str]], given_up: Mapping[int, Iterable[str]]
) -> dict[tuple[str, str], str]:
    """Where people are written to now, by who they were at an address they have given up.

    `known`: each one's id, name and address. An address alone does not say who it is: somebody else may have the
    mailbox by now.
    """
    return {
        same_person(name, old): email for person, name, email in known for old in given_up.get(person, ())
    }


def elsewhere_now(email: str) -> str:
    """What is said beside an address that its owner has given up."""
    return f"This person has another address here now: {email}. Please use that one."


NEEDS = ("diet", "access_needs")
"""What people say of their health."""
DETAILS = ("name", "organisation", "role", *NEEDS)
WHO = ("name", "email", "organisation", "country")


class ChangeForm(RegistrationForm):
    """One delegate of a booking as they are to become: what is not asked for stays as it is.

    Its fields are those of the first delegate of a registration, so that one template draws both.
    """

    PREFIX = "delegates.0."

    def __init__(
        self,
        file: ConferenceFile,
        values: Values,
        *,
        asked: tuple[str, ...],
        of: int = 0,
        others: frozenset[tuple[str, str]] = frozenset(),
        moved: Mapping[tuple[str, str], str] = MappingProxyType({}),
        saved: Values | None = None,
    ) -> None:
        """`of`: the person (id) it is about, 0 for somebody new. `others`: who else is on the booking, as
        `same_person` has them. `moved`: where those are now who have given up an address. `saved`: the fields as the
        booking has them, where `values` differ."""
        super().__init__(file, values)
        self.asked = asked
        self.of = of
        self.collides = False
        """Whether somebody else has meanwhile changed the same as was changed here."""
        self._others = others
        self._moved = moved
        self._saved = values if saved is None else saved

    @classmethod
    def everything(cls, file: ConferenceFile) -> tuple[str, ...]:
        """The names of all fields there are."""
        return ("email", *DETAILS, *cls.choosing(file))

    @classmethod
    def choosing(cls, file: ConferenceFile) -> tuple[str, ...]:
        """The names of the fields that decide the price and the seats."""
        return ("country", "workshop", "nights", *(f"seminar.{slot.slug}" for slot in file.slot))

    @property
    def drawn(self) -> str:
        """What the page that is drawn now says of what it was drawn with."""
        return drawn_with(self._saved, self._names, self.of)

    def filled_with(self, typed: RegistrationForm, drawn: str) -> Self:
        """This form, as the booking has it, with what was changed in a page that was `drawn` with that.

        Where somebody else has changed the same meanwhile, it says beside the field what they saved.
        """
        merged, both = merge(self._names, when_drawn(drawn, self.of), typed.values, self.values)
        form = type(self)(
            self.file,
            {name: values for name, values in {**self.values, **merged}.items() if values},
            asked=self.asked,
            of=self.of,
            others=self._others,
            moved=self._moved,
            saved=self.values,
        )
        form.collides = bool(both)
        for name in both:
            form.object_to(
                name, saved_meanwhile(self._in_words(name, value) for value in self.values.get(name, []))
            )
        return form

    @property
    def _names(self) -> list[str]:
        return [f"{self.PREFIX}{name}" for name in self.asked]

    @property
    def _offered(self) -> list[Session]:
        # Who has one that is cancelled keeps it until they choose another. Nobody else can take it.
        return list(self.file.session)

    @property
    def size(self) -> int:
        return 1

    @property
    def details(self) -> DelegateDetails | None:
        """The delegate, when everything is in order."""
        entry = self._delegate[0]
        if entry is None or self.errors:
            return None
        return DelegateDetails(
            name=entry.name,
            email=entry.email,
            organisation=entry.organisation,
            role=entry.role,
            diet=entry.diet,
            access_needs=entry.access_needs,
            choices=self.choices[0],
        )

    def _in_words(self, name: str, value: str) -> str:
        if name.endswith(".country"):
            return country_name(value)
        session = next((session for session in self.file.session if session.slug == value), None)
        return session.name if session else _quoted(value)

    @cached_property
    def _checked(self) -> tuple[None, dict[str, str]]:
        return None, self._delegate[1]

    @cached_property
    def _delegate(self) -> tuple[DelegateEntry | None, dict[str, str]]:
        errors: dict[str, str] = {}
        entry = None
        given = {field: self.value(f"{self.PREFIX}{field}") for field in DelegateEntry.model_fields}
        try:
            entry = DelegateEntry.model_validate(given)
        except ValidationError as invalid:
            for error in invalid.errors():
                errors.setdefault(f"{self.PREFIX}{error['loc'][0]}", _plainly(error))
        errors |= self._wrong_choices(0)
        who = same_person(self.value(f"{self.PREFIX}name"), self.value(f"{self.PREFIX}email"))
        if who in self._others:
            errors[f"{self.PREFIX}email"] = ON_IT_ALREADY
        elif who in self._moved:
            errors[f"{self.PREFIX}email"] = elsewhere_now(self._moved[who])
        return entry, errors


class PayerForm:
    """Who pays, as saved or as typed."""

    def __init__(self, booking: Booking, values: Values | None = None) -> None:
        self._booking = booking
        self._saved: Values = {
            "payer.name": [booking.payer_name],
            "payer.email": [booking.payer_email],
            "payer.organisation": [booking.organisation],
            "payer.address": [booking.address],
            "payer.country": [booking.country],
            "payer.organisation_number": [booking.organisation_number],
            "payer.reference": [booking.payment_reference],
        }
        self._values = self._saved if values is None else values
        self.errors: dict[str, str] = {}
        self.payer: Payer | None = None
        self.collides = False
        try:
            entry = PayerEntry.model_validate(
                {field: self.value(f"payer.{field}") for field in PayerEntry.model_fields}
            )
            self.payer = entry.payer
        except ValidationError as invalid:
            for error in invalid.errors():
                self.errors.setdefault(f"payer.{error['loc'][0]}", _plainly(error))

    @classmethod
    def read(cls, fields: Iterable[tuple[str, Any]], booking: Booking) -> Self:
        """From the fields of a request. The address is who they are, and is not changed here, unless there is none."""
        sent = {name: value for name, value in fields if isinstance(value, str)}
        typed = {name: [value[:LONGEST_VALUE]] for name, value in sent.items()}
        if booking.payer_email:
            typed["payer.email"] = [booking.payer_email]
        saved = cls(booking)._saved
        merged, both = merge(saved, when_drawn(sent.get(DRAWN, ""), booking.payer), typed, saved)
        form = cls(booking, merged)
        form.collides = bool(both)
        form.errors |= {name: saved_meanwhile(map(_quoted, saved[name])) for name in both}
        return form

    @property
    def drawn(self) -> str:
        """What the page that is drawn now says of what it was drawn with."""
        return drawn_with(self._saved, self._saved, self._booking.payer)

    def value(self, name: str) -> str:
        return "".join(self._values.get(name, [])[:1])


def saved_meanwhile(values: Iterable[str]) -> str:
    """What is said beside a field that two people have changed, of what the first of them saved."""
    return f"Saved at the moment: {', '.join(values) or 'nothing'}."


def _quoted(value: str) -> str:
    return f"“{value}”" if value else ""


def _mended(values: Values) -> Values:
    """These fields, with the address that was probably meant in the one whose button says so."""
    name = values.get("action", [""])[0].removeprefix(MEND)
    meant = suggestion(values[name][0]) if name.endswith(".email") and name in values else ""
    return values | ({name: [meant]} if meant else {})


def values_of(details: Mapping[str, str], choices: Choices, file: ConferenceFile) -> dict[str, list[str]]:
    """The fields of a change form that say this of a delegate."""
    values = {f"{ChangeForm.PREFIX}{name}": [value] for name, value in details.items()}
    for session in file.session:
        if session.slug in choices.seminars:
            values[f"{ChangeForm.PREFIX}seminar.{session.slot}"] = [session.slug]
    if choices.workshop:
        values[f"{ChangeForm.PREFIX}workshop"] = ["yes"]
    if choices.nights:
        values[f"{ChangeForm.PREFIX}nights"] = [night.isoformat() for night in choices.nights]
    return values


def _cleaned(clean: Callable[[str], str]) -> BeforeValidator:
    """Text as all forms clean it. What came broken is told and not dropped: this stands on invoices and badges."""

    def cleaned(value: str) -> str:
        if not is_seen(value):
            raise PydanticCustomError(
                "unseen", "This has a character that cannot be shown. Please type it again."
            )
        return clean(value)

    return BeforeValidator(cleaned)


def _name(value: str) -> str:
    # It begins mails to others, who need not have asked for them.
    if has_link(value):
        raise PydanticCustomError("link", "{message}", {"message": NO_LINK})
    return value


def _country(value: str) -> str:
    if value not in countries():
        raise PydanticCustomError("country", "Please choose a country from the list.")
    return value


def _email(value: str) -> str:
    try:
        return email_address(value)
    except Refused as refusal:
        raise PydanticCustomError("email", "{reason}", {"reason": refusal.reason}) from refusal


def _needed(message: str) -> BeforeValidator:
    def present(value: str) -> str:
        if BLANK.fullmatch(value):
            raise PydanticCustomError("needed", "{message}", {"message": message})
        return value

    return BeforeValidator(present)


# Of the validators before the constraints, the last one named runs first.
Line = Annotated[str, StringConstraints(max_length=200), _cleaned(line)]
Prose = Annotated[str, StringConstraints(max_length=2000), _cleaned(prose)]
Name = Annotated[Line, AfterValidator(_name)]
Country = Annotated[str, AfterValidator(_country), _needed("Please choose a country.")]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    _needed("Please enter an e-mail address."),
    _cleaned(line),
]


class DelegateEntry(BaseModel):
    name: Annotated[Name, _needed("Please enter the delegate’s name.")]
    email: Email
    organisation: Annotated[Line, _needed("Please enter the school, service or organisation.")]
    role: Line
    country: Country
    diet: Prose
    access_needs: Prose


class PayerEntry(BaseModel):
    name: Annotated[Name, _needed("Please enter the name of somebody we can write to about the invoice.")]
    email: Email
    organisation: Line
    address: Annotated[Prose, _needed("Please enter the address for the invoice.")]
    country: Country
    organisation_number: Annotated[Line, StringConstraints(max_length=40)]
    reference: Annotated[Line, StringConstraints(max_length=100)]

    @field_validator("organisation_number")
    @classmethod
    def _can_be(cls, number: str, checked: ValidationInfo) -> str:
        country = checked.data.get("country", "")
        if number and not organisation_numbers.can_be(number, country):
            raise PydanticCustomError(
                "number",
                "This cannot be an organisation number or VAT number of {country}. Look whether a digit is wrong, or "
                "leave it empty.",
                {"country": country_name(country)},
            )
        return number

    @property
    def payer(self) -> Payer:
        return Payer(
            name=self.name,
            email=self.email,
            organisation=self.organisation,
            address=self.address,
            country=self.country,
            organisation_number=self.organisation_number,
            payment_reference=self.reference,
        )


FIELDS = {
    *("form_token", "price_seen", "waiting", "action", "country", "consent", "twice"),
    *(f"payer.{name}" for name in PayerEntry.model_fields),
}
"""Names of all that a registration or a change has beside its delegates."""


class Entry(BaseModel):
    country: Annotated[Country, _needed("Please say where you work: it decides the price.")]
    delegates: list[DelegateEntry]
    payer: PayerEntry
    consent: Annotated[
        Literal["yes"], _needed("Please agree, so that we may keep what you entered for the conference.")
    ]


def _plainly(error: ErrorDetails) -> str:
    """What is wrong, for the person at the form."""
    context = error.get("ctx", {})
    match error["type"]:
        case "needed" | "unseen" | "link" | "country" | "number" | "email":
            return error["msg"]
        case "string_too_long" | "too_long":
            return f"Please keep this under {context['max_length']} characters."
    return "Please choose one of the answers shown."
