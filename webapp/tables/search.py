"""What can be found by its words, in any of their forms, and when they are misspelt."""

from __future__ import annotations

import json
from typing import Any

from piccolo.columns import ForeignKey, LazyTableReference, OnDelete, Serial, Text, Varchar
from piccolo.columns.combination import WhereRaw
from piccolo.constraints import Unique
from piccolo.table import Table

from webapp.text.words import EVERYWHERE, LONGEST, SHORTEST, grams, is_slip, telling, words

MOST_WORDS = 8
"""Of a search that are looked for."""
MOST_SLIPS = 5
"""Words that are tried in place of one that may be misspelt."""
SQLITE = "entry.id IN (SELECT rowid FROM entry_words WHERE entry_words MATCH {})"
"""SQLite's FTS5 and PostgreSQL's full text search know the forms of a word: a school, the schools.

`vector` is a column that PostgreSQL keeps itself: computed for each search, a frequent word would take a second. It has
each word as it stands, too: of its own accord English leaves out words that may be somebody's name, such as Will.
"""
LEARN = "INSERT INTO spelling (gram, word) {} ON CONFLICT DO NOTHING"
FORGET = """WITH gone AS ({}) DELETE FROM spelling WHERE word IN (SELECT gone.word FROM gone WHERE NOT EXISTS ({}
    AND ' ' || entry.words || ' ' LIKE '% ' || gone.word || ' %'))"""
"""The index finds a word in any of its forms, of which this must be the very one."""
SPELLING = {
    "sqlite": (
        LEARN.format(
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each({}) WHERE true"
        ),
        FORGET.format(
            "SELECT value AS word FROM json_each({})",
            """SELECT 1 FROM entry_words JOIN entry ON entry.id = entry_words.rowid
                WHERE entry_words MATCH '"' || gone.word || '"'""",
        ),
    ),
    "postgres": (
        LEARN.format("SELECT value ->> 0, value ->> 1 FROM jsonb_array_elements(CAST({} AS jsonb))"),
        FORGET.format(
            "SELECT value AS word FROM jsonb_array_elements_text(CAST({} AS jsonb))",
            "SELECT 1 FROM entry WHERE entry.vector @@ to_tsquery('simple', quote_literal(gone.word))",
        ),
    ),
}
"""How words are learnt and forgotten, however many at once: whoever writes anything waits for it. They come as JSON."""
EITHER = "(to_tsquery('english', {}) || to_tsquery('simple', {}))"
"""A word in any of its forms, or as it stands."""


class Entry(Table):
    """The searchable words of a note, or of somebody who is listed: never more than everybody may read."""

    id: Serial
    note: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Note", module_path="webapp.tables.meeting_place.board"),
        null=True,
        default=None,
        unique=True,
        on_delete=OnDelete.cascade,
    )
    profile: ForeignKey[Table] = ForeignKey(
        LazyTableReference("Profile", module_path="webapp.tables.meeting_place.profile"),
        null=True,
        default=None,
        unique=True,
        on_delete=OnDelete.cascade,
    )
    words = Text()
    """Folded (`webapp/text/words.py`)."""

    @classmethod
    async def put(cls, kind: str, thing: int, *texts: str) -> None:
        """Let a thing be found by these texts from now on, within a change. `kind`: note or profile."""
        # Taken apart here, since the databases do not agree on what is a word: “O’Brien” is two to us.
        found = words(" ".join(filter(None, texts)))
        before = await cls.select(cls.words).where(getattr(cls, kind) == thing).first()
        facts: dict[str, Any] = {kind: thing, "words": " ".join(found)}
        await cls.insert(cls(**facts)).on_conflict(getattr(cls, kind), "DO UPDATE", [cls.words])
        had = before["words"].split() if before else []
        await Spelling.learn(set(found).difference(had))
        await Spelling.forget(set(had).difference(found))

    @classmethod
    async def leave_out(cls, kind: str, thing: int) -> None:
        """Let a thing be found no more, within a change."""
        for row in await cls.delete().where(getattr(cls, kind) == thing).returning(cls.words):
            await Spelling.forget(set(row["words"].split()))

    @classmethod
    async def settle(cls) -> None:
        """Let the index lose what was taken out of it: SQLite's keeps that for long, and only marks it as gone."""
        if cls._meta.db.engine_type == "sqlite":
            await cls.raw("INSERT INTO entry_words (entry_words) VALUES ('optimize')")

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


def _can_be_misspelt(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST


_QUERIES = {"sqlite": _for_sqlite, "postgres": _for_postgres}


class Spelling(Table):
    """Every three letters of every word there is to find. Portable, where PostgreSQL's pg_trgm needs a superuser."""

    id: Serial
    gram = Varchar(length=3)
    word = Varchar(length=LONGEST, index=True)

    each_gram_of_a_word_once = Unique([gram, word])

    @classmethod
    async def learn(cls, found: set[str]) -> None:
        """Know these words when they are misspelt."""
        new = sorted(filter(_can_be_misspelt, found))
        known = await cls.select(cls.word).where(cls.word.is_in(new)).distinct() if new else []
        unknown = set(new).difference(row["word"] for row in known)
        rows = [(gram, word) for word in sorted(unknown) for gram in grams(word)]
        if rows:
            await cls.raw(SPELLING[cls._meta.db.engine_type][0], json.dumps(rows))

    @classmethod
    async def forget(cls, found: set[str]) -> None:
        """Know those of these words no more that nothing has which can be found."""
        old = sorted(filter(_can_be_misspelt, found))
        if old:
            await cls.raw(SPELLING[cls._meta.db.engine_type][1], json.dumps(old))

    @classmethod
    async def near(cls, word: str) -> list[str]:
        """The words that this one may have been meant to be, the likest first."""
        if word in EVERYWHERE or not _can_be_misspelt(word):
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
