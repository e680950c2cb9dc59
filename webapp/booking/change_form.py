"""The form with which one delegate of a booking is changed, and what two people at it once say."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Self

from pydantic import ValidationError

from webapp.booking.forms import RegistrationForm, choosing
from webapp.booking.merging import Values, drawn_with, merge, quoted, saved_meanwhile, when_drawn
from webapp.booking.same_person import ON_IT_ALREADY, elsewhere_now, same_person
from webapp.conference.file import ConferenceFile, Session
from webapp.conference.prices import Choices
from webapp.tables.booking.delegate import Details
from webapp.text.countries import country_name
from webapp.text.fields import plainly

PREFIX = "delegates.0."


class ChangeForm(RegistrationForm):
    """One delegate of a booking as they are to become: what is not asked for stays as it is.

    Its fields are those of the first delegate of a registration, so that one template draws both.
    """

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
        return tuple(dict.fromkeys([*Details.model_fields, *choosing(file)]))

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
        return [f"{PREFIX}{name}" for name in self.asked]

    @property
    def _offered(self) -> list[Session]:
        # Who has one that is cancelled keeps it until they choose another. Nobody else can take it.
        return list(self.file.session)

    @property
    def size(self) -> int:
        return 1

    @property
    def details(self) -> Details | None:
        """The delegate, when everything is in order."""
        entry = self._delegate[0]
        if entry is None or self.errors:
            return None
        return entry

    def _in_words(self, name: str, value: str) -> str:
        if name.endswith(".country"):
            return country_name(value)
        session = next((session for session in self.file.session if session.slug == value), None)
        return session.name if session else quoted(value)

    @cached_property
    def _checked(self) -> tuple[None, dict[str, str]]:
        return None, self._delegate[1]

    @cached_property
    def _delegate(self) -> tuple[Details | None, dict[str, str]]:
        errors: dict[str, str] = {}
        entry = None
        given = {field: self.value(f"{PREFIX}{field}") for field in Details.model_fields}
        try:
            entry = Details.model_validate(given)
        except ValidationError as invalid:
            for error in invalid.errors():
                errors.setdefault(f"{PREFIX}{error['loc'][0]}", plainly(error))
        errors |= self._wrong_choices(0)
        who = same_person(self.value(f"{PREFIX}name"), self.value(f"{PREFIX}email"))
        if who in self._others:
            errors[f"{PREFIX}email"] = ON_IT_ALREADY
        elif who in self._moved:
            errors[f"{PREFIX}email"] = elsewhere_now(self._moved[who])
        return entry, errors


def values_of(details: Mapping[str, str], choices: Choices, file: ConferenceFile) -> dict[str, list[str]]:
    """The fields of a change form that say this of a delegate."""
    values = {f"{PREFIX}{name}": [value] for name, value in details.items()}
    for session in file.session:
        if session.slug in choices.seminars:
            values[f"{PREFIX}seminar.{session.slot}"] = [session.slug]
    if choices.workshop:
        values[f"{PREFIX}workshop"] = ["yes"]
    if choices.nights:
        values[f"{PREFIX}nights"] = [night.isoformat() for night in choices.nights]
    return values
