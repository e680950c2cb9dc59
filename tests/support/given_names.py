"""The given names of Europe, as Faker has them: `python -m tests.support.given_names` writes them down anew.

Faker itself would take every server a second to import, and tens of megabytes of memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from importlib import import_module

from webapp.text.names import LISTS
from webapp.text.words import fold

LOCALES = """
    bg_BG cs_CZ da_DK de_AT de_CH de_DE de_LI de_LU el_GR en_GB en_IE es_ES et_EE fi_FI fr_BE fr_CH fr_FR ga_IE hr_HR
    hu_HU is_IS it_IT lt_LT lv_LV mk_MK nl_BE nl_NL no_NO pl_PL pt_PT ro_RO sk_SK sl_SI sv_SE tr_TR uk_UA
""".split()  # noqa: SIM905 - to be read
HEAD = """\
# Given names of Europe, drawn from Faker (https://github.com/joke2k/faker) by tests/support/given_names.py.
# Copyright (c) 2012 Daniele Faraglia, under the MIT licence that stands beside this file.
"""


def given_names() -> list[str]:
    return sorted({name for locale in LOCALES for name in _of(locale)})


def _of(locale: str) -> Iterator[str]:
    provider = import_module(f"faker.providers.person.{locale}").Provider
    for attribute in dir(provider):
        if attribute.startswith("first_names"):
            for name in getattr(provider, attribute):
                for part in unicodedata.normalize("NFC", name).lower().split():
                    if re.fullmatch(r"[^\W\d_]+(-[^\W\d_]+)*", part) and len(part) > 1:
                        yield part
                        if len(part) > 4 and (plain := fold(part)).isascii():
                            yield plain  # as people type it who have no key for its letters


def as_kept() -> str:
    return HEAD + "".join(f"{name}\n" for name in given_names())


if __name__ == "__main__":
    (LISTS / "names.txt").write_text(as_kept(), encoding="utf-8")
