"""What is chosen of the board and of the directory, as their addresses say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from webapp.conference.programme import Programme
from webapp.meeting_place.forms import as_tag
from webapp.tables import Entry, Follow, Note, Profile
from webapp.tables.meeting_place.board import Kind
from webapp.text.countries import countries
from webapp.text.typed import line
from webapp.text.words import EVERYWHERE, words
from webapp.web.numbers import small

LONGEST_SEARCH = 100
MOST_PAGES = 10_000
WHOSE = {"": "Everybody’s", "mine": "Mine", "followed": "Those I follow"}


@dataclass(frozen=True)
class Filters:
    """What is chosen of a list, as its address says it. Whatever an address says that is no choice is left out."""

    kind: str = ""
    theme: str = ""
    country: str = ""
    session: str = ""
    whose: str = ""
    q: str = ""
    lecturers: bool = False
    before: int = 0
    """Of the board: the note after which it goes on."""
    page: int = 1
    """Of the directory."""

    @classmethod
    def read(cls, asked: Mapping[str, str], programme: Programme) -> Self:
        """What a query asks for, of the choices that the programme has."""
        chosen = {
            name: line(asked.get(name)) for name in ("kind", "theme", "country", "session", "whose", "q")
        }
        known = {
            "kind": chosen["kind"] if chosen["kind"] in list(Kind) else "",
            "theme": as_tag(chosen["theme"]),
            "country": chosen["country"] if chosen["country"] in countries() else "",
            "session": chosen["session"] if programme.session(chosen["session"]) else "",
            "whose": chosen["whose"] if chosen["whose"] in WHOSE else "",
            "q": chosen["q"][:LONGEST_SEARCH],
        }
        return cls(
            **known,
            lecturers=asked.get("lecturers") == "yes",
            before=small(asked.get("before")) or 0,
            page=min(max(small(asked.get("page")) or 1, 1), MOST_PAGES),
        )

    @property
    def any(self) -> bool:
        """Whether the list is anything less than all there is."""
        return self.chosen or bool(self.q) or self.lecturers

    @property
    def chosen(self) -> bool:
        """Whether anything but words is asked for."""
        return any((self.kind, self.theme, self.country, self.session, self.whose))

    @property
    def says_little(self) -> bool:
        """Whether the words asked for are in every text, so that they find all or nothing."""
        return bool(self.q) and EVERYWHERE.issuperset(words(self.q))

    @property
    def only(self) -> str:
        """The selector of the cards that belong to the list, for those that come while it is looked at."""
        parts = [
            self.kind and f'[data-kind="{self.kind}"]',
            self.theme and f'[data-themes~="{self.theme}"]',
            self.country and f'[data-country="{self.country}"]',
            self.session and f'[data-session="{self.session}"]',
        ]
        return "".join(filter(None, parts))

    @property
    def takes_new(self) -> bool:
        """Whether what is new belongs in the list: not on later pages, nor where only the database can tell."""
        return not (self.q or self.before or self.whose)

    def address(self, **changes: Any) -> str:
        """The query of the same list with something changed."""
        chosen: dict[str, Any] = {**vars(self), "before": 0, "page": 1, **changes}
        said = {
            name: "yes" if value is True else value
            for name, value in chosen.items()
            if value and not (name == "page" and value == 1)
        }
        return "?" + urlencode(said) if said else "?"

    async def of_notes(self, viewer: int) -> list[Any]:
        """As conditions on notes."""
        conditions: list[Any] = []
        if self.kind:
            conditions.append(Note.kind == self.kind)
        if self.theme:
            conditions.append(Note.themes.like(f"% {self.theme} %"))
        if self.session:
            conditions.append(Note.session == self.session)
        if self.country:
            shows = Profile.select(Profile.id).where(
                Profile.shows_country.eq(True), Profile.country == self.country
            )
            conditions.append(Note.author.is_in(shows))
        if self.whose == "mine":
            conditions.append(Note.author == viewer)
        if self.whose == "followed":
            conditions.append(Note.id.is_in(Follow.select(Follow.note).where(Follow.profile == viewer)))
        if self.q:
            by_name = Profile.select(Profile.id).where(
                Profile.listed.eq(True), await Entry.finds("profile", self.q)
            )
            conditions.append(await Entry.finds("note", self.q) | Note.author.is_in(by_name))
        if self.before:
            conditions.append(Note.id < self.before)
        return conditions

    async def of_people(self) -> list[Any]:
        """As conditions on profiles: one is found only by what one shows."""
        conditions: list[Any] = []
        if self.theme:
            conditions += [Profile.shows_themes.eq(True), Profile.themes.like(f"% {self.theme} %")]
        if self.country:
            conditions += [Profile.shows_country.eq(True), Profile.country == self.country]
        if self.lecturers:
            conditions.append(Profile.speaker != "")
        if self.q:
            conditions.append(await Entry.finds("profile", self.q))
        return conditions


def by_name(codes: Iterable[str]) -> list[tuple[str, str]]:
    """Countries as the choices of a select."""
    names = countries()
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda country: country[1])
