"""What a page shows that follows a panel’s stream, worked out once for all that are told the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape
from itertools import zip_longest
from typing import NamedTuple, cast

MOST_KNOWN = 4096
"""Pieces of streams that are remembered, so that the same bytes are read once."""
CARD = re.compile(r'<li\b[^>]*\bid="question-(\d+)"[^>]*>')
ATTRIBUTE = re.compile(r'\bdata-(state|votes|tally)="([^"]*)"')
TEXT = re.compile(r'<(\w+)\b[^>]*\bid="question-text-\d+"[^>]*>(.*?)</\1>', re.DOTALL)
TAG = re.compile(r"<[^>]*>")
PARTIAL = re.compile(r'<hx-partial hx-target="#([\w-]+)"')
"""A part of the page: its events have no name but the element that they are for."""


class Card(NamedTuple):
    """A question as a page shows it."""

    state: str
    votes: int
    tally: int
    text: str


class Event:
    """One event of a stream, read once for all who are told it."""

    __slots__ = ("cards", "cursor", "name", "text", "votes")

    def __init__(self, source: bytes) -> None:
        self.name = "message"
        self.cursor: int | None = None
        data = []
        for line in source.decode().split("\n"):
            field, _, value = line.partition(":")
            match field:
                case "event":
                    self.name = value.strip()
                case "id":
                    self.cursor = int(value)
                case "data":
                    data.append(value.removeprefix(" "))
        self.text = "\n".join(data)
        if found := PARTIAL.match(self.text):
            self.name = found[1]
        self.cards: dict[int, Card | None] = {}
        """None: it is gone."""
        self.votes: dict[int, tuple[int, int]] = {}
        if self.name in ("all", "cards"):
            self.cards = read_cards(self.text)
        elif self.name == "votes":
            self.votes = {int(question): tuple(count) for question, count in json.loads(self.text).items()}


class Page:
    """What a page shows. It does not change: what it is told leads to another page, and all who were here go there."""

    __slots__ = ("_next", "cards", "cursor", "parts", "whole")

    def __init__(
        self,
        cards: Mapping[int, Card],
        cursor: int | None,
        parts: Mapping[str, str] | None = None,
        *,
        whole: bool = False,
    ) -> None:
        self.cards = cards
        self.cursor = cursor
        """The last id of an event; a page that reconnects asks for what came after it."""
        self.parts = parts or {}
        """HTML that is told whole each time, by the name of its events: `panel-status`, `mine`, `scene`, …"""
        self.whole = whole
        """Whether it has ever been told all there is."""
        self._next: dict[Event, Page] = {}

    def after(self, event: Event) -> Page:
        """What it shows when it has been told this."""
        page = self._next.get(event)
        if page is None:
            page = self._next[event] = self._after(event)
        return page

    def _after(self, event: Event) -> Page:
        cursor = self.cursor if event.cursor is None else event.cursor
        match event.name:
            case "all":
                told = cast(dict[int, Card], event.cards)
                cards = {number: self._learned(number, card) for number, card in told.items()}
                return Page(cards, cursor, self.parts, whole=True)
            case "cards":
                cards = dict(self.cards)
                for number, card in event.cards.items():
                    if card is None:
                        cards.pop(number, None)
                    else:
                        cards[number] = self._learned(number, card)
                return Page(cards, cursor, self.parts, whole=self.whole)
            case "votes":
                newer = {
                    number: self.cards[number]._replace(votes=votes, tally=tally)
                    for number, (votes, tally) in event.votes.items()
                    if number in self.cards and tally > self.cards[number].tally
                }
                return Page({**self.cards, **newer}, cursor, self.parts, whole=self.whole) if newer else self
            case "beat":
                return self
            case _:
                return Page(self.cards, cursor, {**self.parts, event.name: event.text}, whole=self.whole)

    def _learned(self, number: int, card: Card) -> Card:
        """A card that is drawn anew, whose count may be older than the one shown."""
        shown = self.cards.get(number)
        if shown is None or card.tally >= shown.tally:
            return card
        return card._replace(votes=shown.votes, tally=shown.tally)


def read_cards(html: str) -> dict[int, Card | None]:
    """The cards in some HTML, by question; None: gone."""
    found = list(CARD.finditer(html))
    cards: dict[int, Card | None] = {}
    for tag, after in zip_longest(found, found[1:]):
        end = after.start() if after else len(html)
        number = int(tag[1])
        if "data-gone" in tag[0]:
            cards[number] = None
            continue
        has = dict(ATTRIBUTE.findall(tag[0]))
        text = TEXT.search(html, tag.end(), end)
        assert text, f"This card has no text: {html[tag.start() : end]}"
        words = unescape(TAG.sub("", text[2])).strip()
        cards[number] = Card(has["state"], int(has["votes"]), int(has["tally"]), words)
    return cards
