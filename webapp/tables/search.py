"""What can be found by its words, in any of their forms, and when they are misspelt."""

from __future__ import annotations

from typing import Any

from piccolo.columns import ForeignKey, LazyTableReference, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.words import EVERYWHERE, LONGEST, SHORTEST, grams, is_slip, telling, words

MOST_WORDS = 8
"""Of a search that are looked for."""
MOST_SLIPS = 5
"""Words that are tried in place of one that may be misspelt."""
SQLITE = "entry.id IN (SELECT rowid FROM entry_words WHERE entry_words MATCH {})"
POSTGRES = "entry.vector @@ to_tsquery('simple', {})"
"""SQLite's FTS5 and PostgreSQL's full text search know the forms of a word: a school, the schools.

`vector` is a column that PostgreSQL keeps itself: computed for each search, a frequent word would take a second. It has
each word as it stands, too: of its own accord English leaves out words that may be somebody's name, such as Will.
"""
EITHER = "(to_tsquery('english', {}) || to_tsquery('simple', {}))"
"""A word in any of its forms, or as it stands."""


class Entry(Table):
    """The searchable words of a note, or of somebody who is listed: never more than everybody may read."""

    id: Serial
    note: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Note", module_path="webapp.tables.board"),
        null=True,
        default=None,
        unique=True,
        on_delete=OnDelete.cascade,
    )
    profile: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Profile", module_path="webapp.tables.meeting_place"),
        null=True,
        default=None,
        unique=True,
        on_delete=OnDelete.cascade,
    )
    words = Text()
    """Folded (`webapp/words.py`)."""

    @classmethod
    async def put(cls, kind: str, thing: int, *texts: str) -> None:
        """Let a thing be found by these texts from now on. `kind`: note or profile."""
        # Taken apart here, since the databases do not agree on what is a word: “O’Brien” is two to us.
        text = " ".join(words(" ".join(filter(None, texts))))
        before = await cls.select(cls.words).where(getattr(cls, kind) == thing).first()
        facts: dict[str, Any] = {kind: thing, "words": text}
        await cls.insert(cls(**facts)).on_conflict(getattr(cls, kind), "DO UPDATE", [cls.words])
        await Spelling.learn(text)
        if before:
            await cls._forget(before["words"])

    @classmethod
    async def leave_out(cls, kind: str, thing: int) -> None:
        for row in await cls.delete().where(getattr(cls, kind) == thing).returning(cls.words):
            await cls._forget(row["words"])

    @classmethod
    async def _forget(cls, text: str) -> None:
        """Know those of these words no more that nothing has which can be found."""
        sqlite = cls._meta.db.engine_type == "sqlite"
        for word in sorted({word for word in words(text) if SHORTEST <= len(word) <= LONGEST}):
            # The index finds it in any of its forms, of which this must be the very one.
            has_it = WhereRaw(SQLITE, f'"{word}"') if sqlite else WhereRaw(POSTGRES, f"'{word}'")
            is_it = WhereRaw("' ' || entry.words || ' ' LIKE {}", f"% {word} %")
            if not await cls.exists().where(has_it, is_it):
                await Spelling.delete().where(Spelling.word == word)

    @classmethod
    async def finds(cls, kind: str, text: str) -> WhereRaw:
        """The condition that a note or a profile has all these words, or words like them."""
        wanted = telling(words(text))[:MOST_WORDS]
        if not wanted:
            return WhereRaw("1 = 0")
        like = [[word, *await Spelling.near(word)] for word in wanted]
        form, values = _QUERIES[cls._meta.db.engine_type](like)
        return WhereRaw(
            f"{kind}.id IN (SELECT entry.{kind} FROM entry WHERE {form})",  # noqa: S608 - constants
            *values,
        )


def _for_sqlite(wanted: list[list[str]]) -> tuple[str, list[str]]:
    words = ["(" + " OR ".join(f'"{word}"{_more(word, "*")}' for word in like) + ")" for like in wanted]
    return SQLITE, [" AND ".join(words)]


def _for_postgres(wanted: list[list[str]]) -> tuple[str, list[str]]:
    words = [" | ".join(f"'{word}'{_more(word, ':*')}" for word in like) for like in wanted]
    form = " && ".join(EITHER for _ in words)
    return f"entry.vector @@ ({form})", [word for word in words for _ in range(2)]


def _more(word: str, mark: str) -> str:
    """Words are found by how they begin; but with one letter, half of all begin."""
    return mark if len(word) > 1 else ""


_QUERIES = {"sqlite": _for_sqlite, "postgres": _for_postgres}


class Spelling(Table):
    """Every three letters of every word there is to find. Portable, where PostgreSQL's pg_trgm needs a superuser."""

    id: Serial
    gram = Varchar(length=3)
    word = Varchar(length=LONGEST, index=True)

    each_gram_of_a_word_once = Unique([gram, word])

    @classmethod
    async def learn(cls, text: str) -> None:
        """Know the words of this text when they are misspelt."""
        new = {word for word in words(text) if SHORTEST <= len(word) <= LONGEST}
        known = await cls.select(cls.word).where(cls.word.is_in(sorted(new))).distinct() if new else []
        new -= {row["word"] for row in known}
        rows = [cls(gram=gram, word=word) for word in sorted(new) for gram in grams(word)]
        for at in range(0, len(rows), 2000):
            await cls.insert(*rows[at : at + 2000]).on_conflict(action="DO NOTHING")

    @classmethod
    async def near(cls, word: str) -> list[str]:
        """The words that this one may have been meant to be, the likest first."""
        if word in EVERYWHERE or not SHORTEST <= len(word) <= LONGEST:
            return []
        parts = grams(word)
        places = ", ".join("{}" for _ in parts)
        rows = await cls.raw(
            f"SELECT word FROM spelling WHERE gram IN ({places}) GROUP BY word HAVING count(*) > 1"  # noqa: S608
            " ORDER BY count(*) DESC, word LIMIT 60",
            *parts,
        )
        return [row["word"] for row in rows if row["word"] != word and is_slip(row["word"], word)][
            :MOST_SLIPS
        ]
