"""The countries people come from."""

from __future__ import annotations

from functools import cache

from babel import Locale
from markupsafe import Markup

NOT_COUNTRIES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"}
"""Territories in the Unicode data that are no ISO 3166 country: unions, test and outlying codes."""


@cache
def countries() -> dict[str, str]:
    """English names by ISO 3166 alpha-2 code, in alphabetical order. Source: Unicode CLDR, through Babel."""
    territories = Locale("en").territories
    named = {
        code: name
        for code, name in territories.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    }
    return dict(sorted(named.items(), key=lambda item: item[1]))


def country_name(code: str) -> str:
    """What a country is called in English."""
    return countries().get(code, code)


def country_options(chosen: str) -> Markup:
    """The options of a select of countries, one of them chosen if it is one."""
    return _options(chosen if chosen in countries() else "")


@cache  # a form with many delegates has many of these
def _options(chosen: str) -> Markup:
    option = Markup('<option value="{}"{}>{}</option>')
    selected = Markup(" selected")
    return Markup("\n").join(
        option.format(code, selected if code == chosen else "", name) for code, name in countries().items()
    )
