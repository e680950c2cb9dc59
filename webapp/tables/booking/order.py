"""What somebody orders: who comes, what each of them would like, and who pays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from webapp.conference.prices import Choices, Wish
from webapp.tables.booking.delegate import Details
from webapp.tables.people import email_key
from webapp.text import organisation_numbers
from webapp.text.countries import country_name
from webapp.text.fields import Country, Email, Line, Name, Prose, needed


class Payer(BaseModel, frozen=True):
    """Who pays: the fields of the form, in order when they are found so."""

    name: Annotated[Name, needed("Please enter the name of somebody we can write to about the invoice.")]
    email: Email
    organisation: Line
    address: Annotated[Prose, needed("Please enter the address for the invoice.")]
    country: Country
    organisation_number: Annotated[Line, StringConstraints(max_length=40)]
    reference: Annotated[Line, StringConstraints(max_length=100)]
    """Their own, which stands on the invoice."""

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


@dataclass(frozen=True)
class Ordered:
    """One delegate, with what they would like."""

    details: Details
    choices: Choices


@dataclass(frozen=True)
class Order:
    delegates: tuple[Ordered, ...]
    payer: Payer

    @property
    def addresses(self) -> list[str]:
        """Of all who are named in it."""
        return [self.payer.email, *(one.details.email for one in self.delegates)]

    @property
    def letters(self) -> int:
        """To how many mailboxes it writes."""
        return len(set(map(email_key, self.addresses)))


@dataclass(frozen=True)
class Wanted:
    """A delegate as a booking is to have them."""

    choices: Choices
    delegate: int | None = None
    """The row they stand in. None: they are new to the booking."""
    details: Details | None = None
    """None: as they are."""
    by_themselves: bool = False
    """Whether the details are said by the delegate, or an organiser for them."""
    comes_instead: bool = False
    """Whether they are those of somebody else, who comes in the delegate's place."""

    @property
    def wish(self) -> Wish:
        return Wish(self.choices, self.delegate)
