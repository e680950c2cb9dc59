"""In which language a text is, said to those who have it read out and to browsers that break words."""

from __future__ import annotations

import re

from markupsafe import Markup

CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

NAMES = {
    code: name
    for line in """
        ar Arabic, be Belarusian, bg Bulgarian, bs Bosnian, ca Catalan, cs Czech, cy Welsh, da Danish, de German,
        el Greek, en English, es Spanish, et Estonian, eu Basque, fa Persian, fi Finnish, fo Faroese, fr French,
        ga Irish, gl Galician, he Hebrew, hi Hindi, hr Croatian, hu Hungarian, hy Armenian, id Indonesian,
        is Icelandic, it Italian, ja Japanese, ka Georgian, kl Greenlandic, ko Korean, lb Luxembourgish,
        lt Lithuanian, lv Latvian, mk Macedonian, mt Maltese, nb Norwegian, nl Dutch, nn Norwegian, no Norwegian,
        pl Polish, pt Portuguese, ro Romanian, ru Russian, se Sámi, sk Slovak, sl Slovenian, sq Albanian, sr Serbian,
        sv Swedish, th Thai, tr Turkish, uk Ukrainian, ur Urdu, vi Vietnamese, zh Chinese
    """.split(",")  # noqa: SIM905
    for code, name in [line.split()]
}


def language_name(said: str) -> str:
    """What the code of a language is called, where we know; else what was said, which may be its name already."""
    return NAMES.get(said.casefold().replace("_", "-").split("-")[0], said)


def lang(language: str) -> Markup:
    """` lang="da"` for an element with Danish text.

    Nothing for English, which pages are in, nor for what is not the code of a language.
    """
    if language.split("-")[0] == "en" or not CODE.fullmatch(language):
        return Markup("")
    return Markup(' lang="{}"').format(language)


def in_language(text: str, language: str) -> str:
    """Text that may be in another language than the page around it."""
    said = lang(language)
    return Markup("<span{}>{}</span>").format(said, text) if said else text
