"""What all forms share: which characters nobody types, and what is said beside fields."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import regex
from email_validator import EmailNotValidError, validate_email

from webapp.refusal import Refused
from webapp.text.countries import countries

UNSEEN = {"Cc", "Cs", "Co", "Cn"}
"""Unicode categories nobody types on purpose: control, surrogate, private use, unassigned."""


DIRECTED = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""What turns the direction of text around it: enough to make an address look like another one."""
BLANK = regex.compile(r"[\s\p{Cf}\p{M}\u115f\u1160\u2800\u3164\uffa0]*")
"""Text of which nothing is to be seen, letters that are made to be blank included."""
TOWER = regex.compile(r"(\p{M}{5})\p{M}+")
"""More accents on one character than any script has. They would strike through what stands above."""


def is_seen(text: str) -> bool:
    """Whether every character can be shown, or is a space or a line break."""
    return text.isprintable() or all(
        character.isspace() or unicodedata.category(character) not in UNSEEN for character in text
    )


class Messages(dict[str, str]):
    """Messages by field name, and none for every other field."""

    def __missing__(self, name: str) -> str:
        return ""

    @contextlib.contextmanager
    def beside(self, name: str) -> Iterator[None]:
        """If what is tried in the block is refused, it ends there, and the reason is said beside this field."""
        try:
            yield
        except Refused as refusal:
            self[name] = refusal.reason


def email_address(typed: str) -> str:
    """An e-mail address as it is kept. Raises Refused.

    Letters beyond ASCII may stand in the domain, which has another form for every server, but not before the @: many
    servers never take such mail (it needs SMTPUTF8, RFC 6531), and nobody would tell whoever waits for it.
    """
    try:
        known = validate_email(typed.strip(), check_deliverability=False)
    except EmailNotValidError as error:
        raise Refused("This does not look like an e-mail address. One looks like name@school.org.") from error
    if not known.local_part.isascii():
        odd = next(character for character in known.local_part if not character.isascii())
        raise Refused(
            f"Many mail servers take no “{odd}” before the @, so our mail might never reach this address."
            " Please enter one without it."
        )
    return known.normalized


MOST_MARKS = 12
"""Code points to a character, on average: there is room for families of emoji."""


def line(value: Any) -> str:
    """Text in one line, without what cannot be seen."""
    return str(TOWER.sub(r"\1", _seen(value)))


LONGEST_NAME = 80
"""Characters of a name that somebody says of themselves."""


def own_name(value: Any) -> str:
    """What somebody says that they are called. Raises Refused."""
    name = line(value)
    if not name:
        raise Refused("Please enter the name that others call you by.")
    if has_link(name):
        raise Refused(NO_LINK)
    if too_long(name, LONGEST_NAME):
        raise Refused(f"Please keep the name under {LONGEST_NAME} characters.")
    return name


def _seen(value: Any) -> str:
    text = unicodedata.normalize("NFC", value if isinstance(value, str) else "")
    seen = (c for c in text if c.isspace() or (unicodedata.category(c) not in UNSEEN and c not in DIRECTED))
    words = " ".join("".join(seen).split())
    return "" if BLANK.fullmatch(words) else words


def prose(value: Any) -> str:
    """Text with its line breaks, without what cannot be seen."""
    text = value if isinstance(value, str) else ""
    lines = (_seen(part) for part in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


ENDINGS = frozenset(
    """academy app biz blog click club com cloud dev edu email example fun gov icu info ink io life link live net news
    online org page pro shop site space store tech today top vip website wiki world xyz zone""".split()  # noqa: SIM905
)
"""Of addresses in the web, beside those of the countries: mail programs make links of words that end so."""
ADDRESS = re.compile(r"(?<![\w.])(?:[\w-]+\.)+(\w{2,})(?![\w.]*\w)")
"""Words with a dot and no blank between them."""


NO_LINK = "Please enter a name. This has the address of a page in the web in it."


def has_link(text: str) -> bool:
    """Whether a mail program would make a link of some of it. `Dr. Müller` and `J.R.R. Tolkien` are none."""
    if "://" in text or re.search(r"\bwww\.", text, re.IGNORECASE):
        return True
    return any(_is_ending(found[0], found[1].lower()) for found in ADDRESS.finditer(text))


def _is_ending(address: str, ending: str) -> bool:
    # `M.Sc` and `Dr.No` end like Seychelles and Norway, and are what people call themselves.
    owned = max(map(len, address.split(".")[:-1]))
    return ending in ENDINGS or (owned > 2 and (ending.upper() in countries() or ending in ("eu", "uk")))


def length(text: str, longest: int) -> int:
    """Characters as a person counts them (grapheme clusters, Unicode Standard Annex 29), up to well over `longest`."""
    return len(regex.findall(r"\X", text[: (longest + 1) * MOST_MARKS * 2]))


def too_long(text: str, longest: int) -> bool:
    """Whether a text has more characters, as people count them, than this."""
    return length(text, longest) > longest or len(text) > longest * MOST_MARKS
