"""Words as they are searched for: without case and accents, and known again when they are misspelt."""

from __future__ import annotations

import re
import unicodedata

PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ŋ": "n"}
)
"""Letters that Unicode does not take apart, as people type them who have no key for them."""
WORD = re.compile(r"[^\W_]+")
EVERYWHERE = frozenset(
    """
    i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her
    hers herself it its itself they them their theirs themselves what which who whom this that these
    those am is are was were be been being have has had having do does did doing a an the and but if or
    because as until while of at by for with about against between into through during before after
    above below to from up down in out on off over under again further then once here there when where
    why how all any both each few more most other some such no nor not only own same so than too very s
    t can will just don should now
    """.split()  # noqa: SIM905 - to be read
)
"""English words that are in every text, as PostgreSQL has them."""
SHORTEST = 4
"""Letters of a word in which a slip can be told from another word."""
ENDING = re.compile(r"(?<=\w{4})(?:ing|ed|es|s)$")
"""Of a form of a word, as far as it matters to whoever has misspelt another form of it."""
LONGEST = 30


def fold(text: str) -> str:
    """`Bærum Delås` as `baerum delas`, so that both databases and every keyboard spell alike."""
    # Letters that are drawn in a way of their own (𝐀) have no small ones before they are taken apart.
    apart = unicodedata.normalize("NFKD", text.casefold()).casefold().translate(PLAIN)
    return "".join(character for character in apart if not unicodedata.combining(character))


def words(text: str) -> list[str]:
    """The words of a text, folded, in its order."""
    return WORD.findall(fold(text))


def telling(found: list[str]) -> list[str]:
    """Without the words that are in every text; but somebody may be called Will, so not where there are no others."""
    return [word for word in found if word not in EVERYWHERE] or found


def forms(word: str) -> set[str]:
    """The word, and without its ending."""
    return {word, ENDING.sub("", word)}


def grams(word: str) -> list[str]:
    """Every three letters in a row, with where the word begins and ends, with its ending and without."""
    return sorted(
        {padded[at : at + 3] for form in forms(word) for padded in [f" {form} "] for at in range(len(form))}
    )


def is_slip(one: str, other: str) -> bool:
    """Whether these may be forms of the same word with a slip in it: one letter, or two where the word is long."""
    return any(_is_slip(form, another) for form in forms(one) for another in forms(other))


def is_same_name(one: str, other: str) -> bool:
    """Whether one may be the other with slips, accents or initials put right: `Dag Delas` and `Dag H. Delås`."""
    both = [[word for word in words(name) if len(word) > 1] for name in (one, other)]
    return len(both[0]) == len(both[1]) > 0 and all(
        mine == theirs or _is_slip(mine, theirs) for mine, theirs in zip(*both, strict=True)
    )


def _is_slip(one: str, other: str) -> bool:
    most = 1 if min(len(one), len(other)) < 7 else 2
    return abs(len(one) - len(other)) <= most and _distance(one, other) <= most


def _distance(one: str, other: str) -> int:
    """Letters put in, left out, taken for another, or swapped with the next (Damerau and Levenshtein)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, start=1):
        before, above, row = row, before, [i]
        for j, b in enumerate(other, start=1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                steps = min(steps, above[j - 2] + 1)
            row.append(steps)
    return row[-1]
