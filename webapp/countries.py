"""The countries people come from."""

from __future__ import annotations

from functools import cache

from babel import Locale

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
    return countries().get(code, code)
