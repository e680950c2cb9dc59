"""Fills an empty conference with people, and its meeting place with what they write: `python -m bench.crowd`.

All of it goes through the tables' own methods, so that it is found and counted as if it had come over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
from datetime import UTC, datetime
from itertools import product

from webapp.conference.programme import Programme
from webapp.database.engine import DB
from webapp.database.transaction import transaction
from webapp.tables import Contact, Moderator, Note, Person, Profile, Reply, SignIn
from webapp.tables.meeting_place.board import Kind, NoteContent
from webapp.tables.meeting_place.membership import enter
from webapp.tables.meeting_place.presentation import SelfDescription, describe
from webapp.tables.meeting_place.profile import MEETING_PLACE, SHOWABLE
from webapp.text.words import words

NOW, NEVER = datetime(2017, 11, 6, 9, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
COUNTRIES = ("DK", "NO", "SE", "FI", "DE", "NL", "GB", "FR", "IT", "PL")
SYLLABLES = (
    "an",
    "be",
    "dro",
    "el",
    "fi",
    "gun",
    "hal",
    "ing",
    "jo",
    "kar",
    "lis",
    "mar",
    "nes",
    "ol",
    "per",
    "stad",
)
WORDS_IN_A_NOTE = 40
BUSY = 200
"""Replies under the first note, and contacts of the first delegate."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.crowd", description=__doc__)
    parser.add_argument("--delegates", type=int, default=1_000)
    parser.add_argument("--notes", type=int, default=0, help="by delegates who then also tell of themselves")
    options = parser.parse_args()
    asyncio.run(fill(options.delegates, options.notes))


async def fill(delegates: int, notes: int) -> None:
    chance = random.Random(1)  # noqa: S311 - the same crowd each time
    await DB.start_connection_pool()
    programme = await Programme.read()
    assert programme is not None
    text = Texts(chance, programme)
    async with transaction():
        people = [await come(number) for number in range(delegates)]
        if notes:
            profiles = [await tell(person, text) for person in people]
            for number in range(notes):
                author = profiles[number] if number < delegates else chance.choice(profiles)
                written = NoteContent(
                    chance.choice(list(Kind)),
                    text.of(6),
                    text.of(WORDS_IN_A_NOTE),
                    f" {chance.choice(programme.categories).slug} ",
                    "",
                )
                note = await Note.write(author, f"note-{number}", written, NOW)
                if number < BUSY:
                    first = note - number
                    await Reply.write(first, author, f"reply-{number}", text.of(20), NOW)
                    if number:
                        await Contact.ask(author, profiles[0], "", NOW)
                        await Contact.accept(profiles[0], author, NOW)
    await DB.close_connection_pool()


async def come(number: int) -> int:
    """Let somebody in, whose sign-in is `key-NUMBER`. The first one moderates the meeting place."""
    person = Person(email=f"{number}@example.org", name=f"Delegate {number}", since=NOW)
    await person.save()
    await Moderator.insert(Moderator(person=person.id, panel="elsewhere" if number else MEETING_PLACE))
    key = hashlib.sha256(f"key-{number}".encode()).hexdigest()
    await SignIn.insert(SignIn(person=person.id, key_hash=key, expires_at=NEVER))
    return int(person.id)


async def tell(person: int, text: Texts) -> int:
    row = await enter(person, {}, NOW)
    assert row is not None
    told = SelfDescription(
        name=text.name(),
        organisation=text.name(),
        role="Teacher",
        themes="",
        languages="English, Norwegian",
        line=text.of(12),
        telephone="",
        by_mail=False,
        listed=True,
        shown=frozenset(SHOWABLE),
    )
    await describe(row["id"], told, NOW)
    country = COUNTRIES[person % len(COUNTRIES)]  # which a booking would say
    await Profile.update({Profile.country: country}).where(Profile.id == row["id"])
    return int(row["id"])


class Texts:
    """Texts of the conference's own words, the first of them the most frequent ones, and of names."""

    def __init__(self, chance: random.Random, programme: Programme) -> None:
        self._chance = chance
        self._words = list(dict.fromkeys(words(programme.file.model_dump_json())))
        self._names = [first + second + third for first, second, third in product(SYLLABLES, repeat=3)]
        # Of any text the word of rank n is about 1/n of all (Zipf).
        self._weights = [1 / rank for rank in range(1, len(self._words) + 1)]

    def of(self, number: int) -> str:
        found = self._chance.choices(self._words, self._weights, k=number)
        return " ".join([*found[1:], self._chance.choice(self._names)])

    def name(self) -> str:
        return " ".join(name.capitalize() for name in self._chance.choices(self._names, k=2))


if __name__ == "__main__":
    main()
