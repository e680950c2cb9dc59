"""The form with which it is changed who pays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from pydantic import ValidationError

from webapp.booking.forms import LONGEST_TEXT
from webapp.booking.merging import DRAWN, Values, drawn_with, merge, quoted, saved_meanwhile, when_drawn
from webapp.tables.booking.booking import Booking
from webapp.tables.booking.order import Payer
from webapp.text.fields import plainly


class PayerForm:
    """Who pays, as saved or as typed."""

    def __init__(self, booking: Booking, values: Values | None = None) -> None:
        self._booking = booking
        self._saved: Values = {f"payer.{name}": [value] for name, value in booking.paid_by}
        self._values = self._saved if values is None else values
        self.errors: dict[str, str] = {}
        self.payer: Payer | None = None
        self.collides = False
        try:
            self.payer = Payer.model_validate(
                {field: self.value(f"payer.{field}") for field in Payer.model_fields}
            )
        except ValidationError as invalid:
            for error in invalid.errors():
                self.errors.setdefault(f"payer.{error['loc'][0]}", plainly(error))

    @classmethod
    def read(cls, fields: Iterable[tuple[str, Any]], booking: Booking) -> Self:
        """From the fields of a request. The address is who they are, and is not changed here, unless there is none."""
        sent = {name: value for name, value in fields if isinstance(value, str)}
        typed = {name: [value[:LONGEST_TEXT]] for name, value in sent.items()}
        if booking.payer_email:
            typed["payer.email"] = [booking.payer_email]
        saved = cls(booking)._saved
        merged, both = merge(saved, when_drawn(sent.get(DRAWN, ""), booking.payer), typed, saved)
        form = cls(booking, merged)
        form.collides = bool(both)
        form.errors |= {name: saved_meanwhile(map(quoted, saved[name])) for name in both}
        return form

    @property
    def drawn(self) -> str:
        """What the page that is drawn now says of what it was drawn with."""
        return drawn_with(self._saved, self._saved, self._booking.payer)

    def value(self, name: str) -> str:
        return "".join(self._values.get(name, [])[:1])
