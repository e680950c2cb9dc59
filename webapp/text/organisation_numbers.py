"""Whether a number can be that of an organisation, as its country writes and checks them."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

import stdnum
from stdnum.no import mva, orgnr

SPELT_OTHERWISE = {"in": "in_", "is": "is_"}
"""Countries whose code is a word of the language."""


def can_be(number: str, country: str) -> bool:
    """Whether this can be an organisation number or a VAT number there. What nobody can check is taken as it is."""
    if country == "NO":
        return bool(orgnr.is_valid(number) or mva.is_valid(number))
    kinds = _kinds(country.lower())
    return not kinds or any(kind.is_valid(number) for kind in kinds)


@cache
def _kinds(code: str) -> tuple[ModuleType, ...]:
    """The kinds of number that a country has, for tax payers, companies and the like."""
    try:
        package = importlib.import_module(f"stdnum.{SPELT_OTHERWISE.get(code, code)}")
    except ModuleNotFoundError:
        return ()
    found = (
        importlib.import_module(f"{package.__name__}.{name}")
        for _, name, _ in pkgutil.iter_modules(package.__path__)
    )
    kinds = {kind.__name__: kind for kind in found if hasattr(kind, "is_valid")}
    # Where the VAT number is one of those kinds, the country names it so.
    vat = stdnum.get_cc_module(code, "vat")
    return (*kinds.values(), *((vat,) if vat else ()))
