"""The currencies prices are in, how small their smallest part is, and how amounts are written."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from babel import Locale
from babel.numbers import format_decimal, get_territory_currencies

from webapp.text.countries import countries

WITHOUT_PARTS = frozenset(
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split()  # noqa: SIM905 - to be read
)
IN_THOUSANDTHS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
ENGLISH = Locale("en", "GB")


def minor_digits(currency: str) -> int:
    """Decimals of an amount in this currency: 2, but none in krónur and yen, and 3 in dinars.

    They are those of ISO 4217. The Unicode data also leaves out what shops give no change in, and invoices have.
    """
    return 0 if currency in WITHOUT_PARTS else 3 if currency in IN_THOUSANDTHS else 2


@cache
def currencies() -> frozenset[str]:
    """The codes of all that is paid with somewhere today. Source: Unicode CLDR, through Babel."""
    return frozenset(code for country in countries() for code in get_territory_currencies(country))


def money(minor: int, currency: str) -> str:
    """An amount as people write it: `NOK 5,800`, `−NOK 5,800`, and `NOK 1,450.50` only where there are øre."""
    digits = minor_digits(currency)
    amount = Decimal(abs(minor)).scaleb(-digits)
    pattern = "#,##0" if amount == amount.to_integral_value() else f"#,##0.{'0' * digits}"
    return f"{'−' if minor < 0 else ''}{currency} {format_decimal(amount, pattern, locale=ENGLISH)}"
