"""The fields of forms: what each takes, and what is said beside one that is not in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, StringConstraints
from pydantic_core import ErrorDetails, PydanticCustomError

from webapp.refusal import Refused
from webapp.text.countries import countries
from webapp.text.typed import BLANK, NO_LINK, email_address, has_link, is_seen, line, prose

LONGEST_LINE = 200
LONGEST_PROSE = 2000


def needed(message: str) -> BeforeValidator:
    """That a field is not left empty; else this is said."""

    def present(value: str) -> str:
        if BLANK.fullmatch(value):
            raise PydanticCustomError("needed", "{message}", {"message": message})
        return value

    return BeforeValidator(present)


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


# Of the validators before the constraints, the last one named runs first.
Line = Annotated[str, StringConstraints(max_length=LONGEST_LINE), _cleaned(line)]
Prose = Annotated[str, StringConstraints(max_length=LONGEST_PROSE), _cleaned(prose)]
Name = Annotated[Line, AfterValidator(_name)]
Country = Annotated[str, AfterValidator(_country), needed("Please choose a country.")]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(_email),
    needed("Please enter an e-mail address."),
    _cleaned(line),
]


def takes_prose(model: type[BaseModel], name: str) -> bool:
    """Whether this field of the model is for more than one line."""
    constraints = model.model_fields[name].metadata
    return any(getattr(one, "max_length", None) == LONGEST_PROSE for one in constraints)


def plainly(error: ErrorDetails) -> str:
    """What is wrong, for the person at the form."""
    context = error.get("ctx", {})
    match error["type"]:
        case "needed" | "unseen" | "link" | "country" | "number" | "email":
            return error["msg"]
        case "string_too_long" | "too_long":
            return f"Please keep this under {context['max_length']} characters."
    return "Please choose one of the answers shown."
