"""Whom a text seems to name: a courtesy to whoever is not here, and no wall. When in doubt, nobody.

A name is a given name that is known as one, with the surname after it, or whatever stands in capitals after words that
introduce a person (“my son …”, “a pupil called …”, “Frau …”). Given names that are everyday words somewhere (“Will”,
“Mark”, “Bo”) are names only when they are introduced.

`given_names/names.txt` is drawn from Faker (`python -m tests.support.given_names`), the other lists there are ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence, Set
from functools import cache, cached_property
from pathlib import Path
from typing import NamedTuple

from webapp.text.words import fold

LISTS = Path(__file__).parent / "given_names"
LONGEST_NAME = 4
"""Words."""
LONGEST_WORD = 40
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]")
ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)[^\s@]{1,80}@\S+")
WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
SENTENCE = re.compile(r"[.!?…:;•*\n\"“”„«»(\[]|\s[–—-]\s")
"""What stands between two words when the second begins a sentence."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CHILDREN = _words(
    """
    son daughter child kid boy girl pupil student teenager brother sister nephew niece grandson granddaughter
    sønn sønnen datter datteren barn barnet gutt gutten jente jenta elev eleven bror broren søster søsteren
    søn dreng drengen pige pigen barnebarn
    son sonen dotter dottern barnet pojke pojken flicka flickan elev eleven syster
    sohn tochter kind junge jungen mädchen schüler schülerin schülers bruder schwester enkel enkelin
    fils fille enfant garçon élève frère sœur soeur neveu nièce
    figlio figlia bambino bambina ragazzo ragazza alunno alunna studente studentessa fratello sorella
    zoon dochter kind jongen meisje leerling leerlinge broer zus
    poika poikani poikamme tyttö tyttäreni tyttäremme lapsi lapseni oppilas oppilaani oppilaamme
    syn syna córka córki córkę uczeń ucznia uczennica uczennicy uczennicę chłopiec chłopca dziewczynka dziewczynki
    brat siostra
    """
)
ADULTS = _words(
    """
    husband wife colleague friend teacher mother father mum mom dad
    kollega kollegaen kollegan kollegaet lærer læreren lärare läraren rektor kone mann mor far mamma pappa venn vän ven
    kollege kollegin kollegen lehrer lehrerin mutter vater freund freundin
    collègue professeur mère père maman ami amie
    collega maestra maestro moglie marito madre padre amico amica
    lerares leraar juf meester moeder vader
    kollegani opettaja äiti isä
    koleżanka koleżanki kolega kolegi nauczycielka nauczyciel mama tata
    """
)
THEY = _words(
    "he she han hun hon er sie il elle lui lei hij zij hän on ona who whose som der die das qui che hvis vars"
)
CALLED = _words(
    """
    called named heter hedder hette het hed namn navn navnet namnet navnene heißt heisst hieß namens appelle appelait
    nommé nommée prénommé prénommée appelé appelée prénom chiama chiamato chiamata nome heet heette genaamd naam
    nimeltä nimeltään nimi imieniu imieniem imię
    """
)
IS = _words("is was er var är ist war est è on to")
NAME = _words("name naam navn namn navnet namnet nom prénom nome nimi imię")
TITLES = _words(
    """
    mr mrs ms miss mister dr frau herr herrn fru frøken fröken hr hra madame mme monsieur mlle signor signora sig dott
    dottoressa mevrouw mevr meneer mijnheer mw dhr juf pan pani pana panu panią herra rouva rva
    """
)
PEOPLE = CHILDREN | ADULTS
OWN = _words(
    "my our his her their your min mitt vår vårt mi mia mio mon ma notre mijn onze mój moja mojego mojej"
)
"""Also after the word: `sønnen min`."""
ARTICLES = _words("a the s ein das dem een het en det")
INTRODUCE = PEOPLE | CALLED | TITLES | IS | OWN | {"m"}
SAINTS = _words(
    "st saint sankt sant san santa são sveti sint sainte ste super św święty święta świętej szent"
)
PARTICLES = _words(
    "von van der den de del della di da dos du la le zu zur af av ten ter och y e bin al el o mac"
)
INSTITUTIONS = _words(
    """
    school schools skole skolen skola skolan schule schulen gymnasium gymnasiet école lycée collège scuola liceo koulu
    szkoła college academy university universitet universität université università universiteit yliopisto uniwersytet
    centre center sentre senter zentrum centrum institute institut institutet instituttet hospital sjukhus sykehus
    foundation stiftelsen stiftung fondation fondazione stichting clinic klinik award prize prisen priset street road
    council union services service association society church kirke kyrka kirche conference project prosjekt projekt
    model method test scale inventory therapy programme program study group team league kart theory act house hall hotel
    """
)
SAID = frozenset(
    {
        "anna freud", "astrid lindgren", "greta thunberg", "harry potter", "jean piaget", "maria montessori",
        "rudolf steiner", "carl rogers", "ross greene", "ken robinson", "mario bros", "martin luther", "john bowlby",
        "aaron beck", "albert bandura", "célestin freinet", "pippi longstocking", "pippi langstrumpf",
        "diego garcia", "jan mayen", "tristan da",
    }
)  # fmt: skip
"""Of whom people speak without naming anybody near to them."""


class Token(NamedTuple):
    word: str
    lower: str
    start: int
    end: int

    @property
    def is_capital(self) -> bool:
        return self.word[0].isupper() and (len(self.word) == 1 or not self.word.isupper())


def names_in(text: str, known: Set[str] = frozenset()) -> list[str]:
    """The names of people in a text, each once, in its order. `known`: words, folded, that name nobody to protect."""
    text = _plain(text)
    tokens = [Token(found[0], found[0].lower(), *found.span()) for found in WORD.finditer(text)]
    return list(dict.fromkeys(_Reading(text, tokens, known).names()))


class _Reading:
    def __init__(self, text: str, tokens: Sequence[Token], known: Set[str]) -> None:
        self.text = text
        self.tokens = tokens
        self.known = known
        self.shouts = text.isupper()

    @cached_property
    def is_title(self) -> bool:
        """Whether Every Word Begins With a Capital, so that capitals say nothing."""
        long = [token.word for token in self.tokens if len(token.word) > 2]
        return len(long) > 3 and sum(word[0].isupper() for word in long) > 0.7 * len(long)

    @cached_property
    def language(self) -> str:
        """The likeliest."""
        words = {token.lower for token in self.tokens}
        return max(TELLING, key=lambda language: len(words & TELLING[language]))

    def given(self, at: int) -> str:
        """The given name that this is a form of; else the word itself."""
        name = given_name(self.tokens[at].lower)
        if name in lists().given or len(name) < 5 or self.begins_a_sentence(at):
            return name
        return next((base for base in bases(name, self.language) if base in lists().given), name)

    def names(self) -> list[str]:
        found: list[str] = []
        at = 0
        while at < len(self.tokens):
            upper = self.tokens[at].word[0].isupper()
            may_be_introduced = at > 0 and self.tokens[at - 1].lower in INTRODUCE
            if not (upper or may_be_introduced):
                at += 1
                continue
            introduced = self._introduced(at) if may_be_introduced else ""
            if not (self._is_named(at, introduced) if upper else introduced and self._is_typed_small(at)):
                at += 1
                continue
            end = self._end(at) if upper else at + 1
            if self._is_somebody(at, end, introduced):
                found.append(self._spelt(at, end))
            at = end
        return found

    def _is_named(self, at: int, introduced: str) -> bool:
        """Whether a name begins with this capital."""
        token = self.tokens[at]
        if not (token.is_capital or self.shouts) or not 1 < len(token.word) <= LONGEST_WORD:
            return False
        is_given = self.given(at) in lists().given
        is_introduced = introduced in ("child", "anybody") and not self.is_title and not self.shouts
        if token.lower in lists().no_names:
            return is_given and is_introduced
        if is_given and self._is_listed(at) and not self._begins_a_sentence_with_a_word(at):
            return True
        return is_introduced or (
            is_given and introduced == "listed" and not self.is_title and not self.shouts
        )

    def _is_listed(self, at: int) -> bool:
        """Whether it is a given name, and no everyday word as well."""
        name = self.given(at)
        return (
            name in lists().given
            and name not in lists().everyday
            and self.tokens[at].lower not in lists().everyday
        )

    def _is_typed_small(self, at: int) -> bool:
        lower, known = self.tokens[at].lower, lists()
        return lower in known.given and not (
            lower in known.everyday or lower in known.at_start or lower in known.no_names
        )

    def begins_a_sentence(self, at: int) -> bool:
        return not at or bool(SENTENCE.search(self._gap(at)))

    def _begins_a_sentence_with_a_word(self, at: int) -> bool:
        """`Hans skole`, `Mia figlia`: words of the language that the text is in."""
        languages = lists().at_start.get(given_name(self.tokens[at].lower), frozenset())
        return bool(languages) and self.begins_a_sentence(at) and self.language in languages

    def _introduced(self, at: int) -> str:
        """How a person is introduced before this word, if one is: as a child, as anybody, or `listed`: only if it is
        a given name, for in German every noun has a capital."""
        before = self.tokens[at - 1]
        gap = self._gap(at)
        second = self.tokens[at - 2].lower if at > 1 else ""
        if gap.strip() == "." and (before.lower in TITLES or before.word == "M"):
            return "anybody"
        if gap.strip(" \u00a0\n\"“”„«»‘’'"):
            return ""
        if before.lower in TITLES:
            is_title = before.lower not in ("miss", "sig", "frau") or before.word[0].isupper()
            return "anybody" if is_title else ""
        if before.lower in OWN and second in PEOPLE:
            before, second = self.tokens[at - 2], before.lower
        if before.lower in PEOPLE:
            if not before.word.islower() or second not in OWN:
                return "" if before.lower in ("son", "kind") and second not in ARTICLES else "listed"
            return "child" if before.lower in CHILDREN else "anybody"
        is_called = before.lower in CALLED or (before.lower in IS and second in NAME)
        who = {token.lower for token in self.tokens[max(at - 6, 0) : at - 1]} if is_called else set()
        return "child" if who & (PEOPLE | THEY | OWN) else ""

    def _end(self, at: int) -> int:
        """Where the name that begins here ends: `Kasper Holm`, `Anna-Lena von der Leyen`, `Liam O’Brien`."""
        end = at + 1
        longest = 1 if self.shouts else 2 if self.is_title else LONGEST_NAME
        while end < min(len(self.tokens), at + longest):
            reach = end
            while (
                reach < len(self.tokens) - 1 and self._joins(reach) and self.tokens[reach].lower in PARTICLES
            ):
                reach += 1
            if not self._joins(reach) or not self._is_surname(self.tokens[reach]):
                break
            end = reach + 1
        return end

    def _joins(self, at: int) -> bool:
        """Whether only a blank, or the end of a line, is before this word."""
        before, gap = self.tokens[at - 1], self._gap(at)
        if len(before.word) == 1 and before.is_capital:
            return gap in (" ", ". ", ".", "’", "'")
        if "\n" in gap and fold(before.word) in self.known:
            return False
        return 0 < len(gap) < 4 and gap.isspace() and gap.count("\n") < 2

    def _gap(self, at: int) -> str:
        return self.text[self.tokens[at - 1].end : self.tokens[at].start]

    def _is_surname(self, token: Token) -> bool:
        return token.is_capital and len(token.word) <= LONGEST_WORD and token.lower not in lists().no_names

    def _is_somebody(self, at: int, end: int, introduced: str) -> bool:
        """Whether it is a person, and nobody who is known here."""
        chain = self.tokens[at:end]
        if at and self.tokens[at - 1].lower in SAINTS and not self._gap(at).strip(" ."):
            return False
        if " ".join(token.lower for token in chain[:2]) in SAID:
            return False
        if any(token.lower in INSTITUTIONS for token in chain):
            return False
        after = self.tokens[end : end + 1]
        if len(chain) > 1 and after and after[0].lower in INSTITUTIONS and self._joins(end):
            return False  # `Rudolf Steiner school`; but what comes after `Kaspers` is his
        if introduced == "child" and len(chain) == 1 and self.given(at) in lists().given:
            return True
        strangers = [number for number, token in enumerate(chain) if not self._is_known(token.word)]
        return bool(strangers) and strangers[0] < 2

    def _is_known(self, word: str) -> bool:
        return all(
            len(part) == 1 or {part, part.removesuffix("s"), f"{part}s"} & self.known
            for part in fold(word).split("-")
        )

    def _spelt(self, at: int, end: int) -> str:
        name = " ".join(self.text[self.tokens[at].start : self.tokens[end - 1].end].split())
        base = given_name(self.tokens[end - 1].lower)
        return name[:-1] if len(base) < len(self.tokens[end - 1].word) and "-" not in name else name


def _plain(text: str) -> str:
    text = UNSEEN.sub("", unicodedata.normalize("NFC", text))
    return ADDRESS.sub(" . ", text.replace("\u2010", "-").replace("\u2011", "-"))


def given_name(lower: str) -> str:
    """The word without what it has because something is somebody’s (`kaspers`), or its first half (`anna-lena`)."""
    given = lists().given
    if lower in given:
        return lower
    if not lower.isascii() and (plain := fold(lower)) in given and len(plain) > 4:
        return plain
    if "-" in lower:
        first, _, second = lower.partition("-")
        return lower if second not in given and second.removesuffix("s") not in given else first
    return lower[:-1] if lower[-1:] in ("s", "z") and lower[:-1] in given else lower


def bases(word: str, language: str) -> Iterator[str]:
    """What a name may be in the nominative: `Eetun` and `Annalle` in Finnish, `Adamem` and `Annę` in Polish."""
    for ending in ENDINGS.get(language, ()):
        if word.endswith(ending):
            yield word.removesuffix(ending)
    if language == "pl" and word[-1] in "yięą":
        yield f"{word[:-1]}a"


class Lists(NamedTuple):
    given: frozenset[str]
    everyday: frozenset[str]
    """Given names that are words, so that they are names only where they are introduced."""
    at_start: dict[str, frozenset[str]]
    """Given names that begin sentences as words of these languages."""
    no_names: frozenset[str]
    """What is written with a capital and is no name."""


@cache
def lists() -> Lists:
    at_start: dict[str, frozenset[str]] = {}
    for line in _read("at_start"):
        language, _, words = line.partition(":")
        for word in words.split():
            at_start[word] = at_start.get(word, frozenset()) | {language}
    return Lists(
        given=frozenset(_read("names")) | frozenset(" ".join(_read("more")).split()),
        everyday=_words(" ".join(_read("everyday"))),
        at_start=at_start,
        no_names=_words(" ".join(_read("no_names"))),
    )


def _read(name: str) -> list[str]:
    lines = (LISTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


ENDINGS = {
    "fi": ("n", "lla", "llä", "lle", "lta", "ltä", "ssa", "ssä", "sta", "stä", "in", "illa", "ille"),
    "pl": ("a", "owi", "em", "iem", "u"),
}
TELLING = {
    language: _words(words)
    for language, words in {
        "nordic": "og och ikke inte ikkje jeg jag er är som på til till det med av af hvordan hur hva hvad vad når når",
        "de": "und nicht der die das ist wie was ein eine mit für auf wir ich zu den wenn",
        "fr": "et ne pas le la les des une est comment que qui pour avec mon je",
        "it": "e non che il la di per con una mio si è va a come quando del ha",
        "nl": "en niet het een van ik wij is hoe wat met voor de naar",
        "pl": "i nie się jest jak czy co dla w z na że do",
        "en": "the and not is of to how what do for with are",
        "fi": "ja ei on että miten kuinka mitä kun mutta hän koulu kouluun",
    }.items()
}
"""Words by which a language is known."""
