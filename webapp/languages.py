"""In which language a text is, said to those who have it read out and to browsers that break words."""

from __future__ import annotations

import re

from markupsafe import Markup

CODE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


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
