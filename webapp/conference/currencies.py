"""The currencies prices are in, and how small their smallest part is."""

from __future__ import annotations

from functools import cache

from babel.numbers import get_territory_currencies

from webapp.text.countries import countries

WITHOUT_PARTS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905 - to be read
)
IN_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """Decimals of an amount in this currency: 2, but none in krónur and yen, and 3 in dinars.

    They are those of ISO 4217. The Unicode data also leaves out what shops give no change in, and invoices have.
    """
    return 0 if currency in WITHOUT_PARTS else 3 if currency in IN_THOUSANDTHS else 2


@cache
def currencies() -> frozenset[str]:
    """The codes of all that is paid with somewhere today. Source: Unicode CLDR, through Babel."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country))
