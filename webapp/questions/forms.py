"""What people type to ask, to join and to bring a question in: read, checked, and kept as typed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from webapp.conference.programme import Programme
from webapp.questions.codes import as_code
from webapp.questions.states import BROUGHT_AS, ORIGINS, QuestionState, Source
from webapp.tables.questions.question import Content
from webapp.text.name_check import NameCheck
from webapp.text.typed import LONGEST_NAME, TOWER, Messages, length, line, own_name, prose, too_long
from webapp.text.words import words

LONGEST = 300
"""Characters of a question, as a person counts them (grapheme clusters, Unicode Standard Annex 29)."""
MOST_LINES = 6
"""Of a question: the big screen shows it whole."""
LONGEST_LINK = 500

ANONYMOUS = "anonymous"
NAMED = "named"


@dataclass
class AskForm:
    """A question on its way from a telephone."""

    text: str = ""
    addressee: str = ""
    signed: str = ANONYMOUS
    name: str = ""
    said: bool = False
    """Whether the name is what the asker has said before that they are called, and so is not typed here."""
    key: str = ""
    """Made with the form: however often the form is sent, it asks once."""
    check: NameCheck = field(default_factory=NameCheck)
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def empty(cls, name: str = "", addressee: str = "", *, said: bool = False) -> AskForm:
        return cls(name=name, said=said, addressee=addressee, key=secrets.token_urlsafe(12))

    @classmethod
    def read(
        cls,
        fields: Mapping[str, Any],
        name: str,
        addressees: list[tuple[str, str]],
        programme: Programme,
        *,
        said: bool,
    ) -> AskForm:
        """What was sent. `name`: what the asker has `said` that they are called, else what was proposed to them."""
        form = cls(
            text=_in_few_lines(prose(fields.get("text"))),
            addressee=line(fields.get("addressee")),
            signed=NAMED if fields.get("signed") == NAMED else ANONYMOUS,
            name=line(name if said else fields.get("name", name)),
            said=said,
            key=line(fields.get("key"))[:60] or secrets.token_urlsafe(12),
        )
        _check_question(form.text, form.addressee, addressees, form.errors)
        if form.signed == NAMED:
            if not form.name:
                form.errors["name"] = "Please enter the name to show, or ask anonymously."
            elif not said:
                _check_name(form.name, form.errors)
        known = programme.words.union(words(form.content.name))
        form.check = NameCheck.read(fields, {"text": form.text}, known, form.errors)
        return form

    @property
    def content(self) -> Content:
        lecture, _, lecturer = self.addressee.partition("/")
        return Content(self.text, lecture, lecturer, self.name if self.signed == NAMED else "")


@dataclass
class JoinForm:
    """A guest with the room code."""

    room_code: str = ""
    name: str = ""
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def read(cls, fields: Mapping[str, Any]) -> JoinForm:
        form = cls(room_code=as_code(fields.get("room_code")), name=line(fields.get("name")))
        if not form.room_code:
            form.errors["room_code"] = "Please enter the room code. It is on the big screen."
        if form.name:
            _check_name(form.name, form.errors)
        return form


@dataclass
class FloorForm:
    """A question that a moderator brings in from the floor, or from elsewhere."""

    text: str = ""
    source: str = Source.FLOOR
    author: str = ""
    link: str = ""
    addressee: str = ""
    state: str = QuestionState.LISTED
    """Where it goes."""
    errors: Messages = field(default_factory=Messages)

    @classmethod
    def read(cls, fields: Mapping[str, Any], addressees: list[tuple[str, str]]) -> FloorForm:
        state = line(fields.get("state"))
        form = cls(
            state=state if state in BROUGHT_AS else QuestionState.LISTED,
            text=_in_few_lines(prose(fields.get("text"))),
            source=line(fields.get("source")),
            author=line(fields.get("author")),
            link=line(fields.get("link")),
            addressee=line(fields.get("addressee")),
        )
        _check_question(form.text, form.addressee, addressees, form.errors)
        if form.source not in ORIGINS:
            form.errors["source"] = "Please choose where it came from."
        if len(form.author) > LONGEST_NAME:
            form.errors["author"] = f"Please keep the name under {LONGEST_NAME} characters."
        if form.link and not _is_link(form.link):
            form.errors["link"] = "A link begins with https:// and is not longer than 500 characters."
        return form

    @property
    def content(self) -> Content:
        lecture, _, lecturer = self.addressee.partition("/")
        return Content(self.text, lecture, lecturer)


def _in_few_lines(text: str) -> str:
    return text if text.count("\n") < MOST_LINES else " ".join(text.split())


def _is_link(text: str) -> bool:
    try:
        host = urlsplit(text).hostname
    except ValueError:
        return False
    return (
        text.startswith("https://")
        and len(text) <= LONGEST_LINK
        and host is not None
        and not set(text) & set(" \"'<>")
    )


def _check_name(name: str, errors: Messages) -> None:
    with errors.beside("name"):
        own_name(name)


def _check_question(text: str, addressee: str, addressees: list[tuple[str, str]], errors: Messages) -> None:
    if not text:
        errors["text"] = "Please write your question."
    elif too_long(text, LONGEST):
        characters = length(text, LONGEST)
        errors["text"] = f"Please keep the question under {LONGEST} characters; this has {characters}."
    elif TOWER.search(text):
        errors["text"] = "Some characters carry more accents than can be read. Please write them without."
    if addressee not in dict(addressees):
        errors["addressee"] = "Please choose whom the question is for from the list."
