"""Which language a text is in, for those who have it read out: pages are English, conferences are what they are."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tests.booking.test_tickets import ticket_of
from tests.conftest import Houses
from tests.support.booking import Registering, choices_of
from tests.support.cast import Cast
from tests.support.changes import sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from webapp.conference.reading import read
from webapp.text.languages import language_name

FILE = read(SCHOOL_REFUSAL)
PAGES = ["/", "/programme", "/practical", "/speakers", "/my-programme", "/register", "/waiting", "/ask"]
PAGES += [f"/programme/{session.slug}" for session in FILE.session]
PAGES += [f"/speakers/{speaker.slug}" for speaker in FILE.speaker]
PAGES += ["/programme?category=gaming"]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
GERMAN, FRENCH = "Ü", "Œ"
"""Letters that begin what is German or French here, and that stand nowhere else."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, lasting_houses: Houses) -> House:
    """A German conference with a French keynote."""
    text = SCHOOL_REFUSAL.read_text()
    said = r'^((?:title|role|tagline|description) = ")(?!")'
    text = re.sub(said, rf"\g<1>{GERMAN} ", text, flags=re.MULTILINE)
    said = r'^((?:abstract|biography|about|meeting_place|vat_note) = """\n)'
    text = re.sub(said, rf"\g<1>{GERMAN} ", text, flags=re.MULTILINE)
    head, keynote, rest = re.split(
        r'(slug = "keynote-david-heyne".*?(?=\[\[))', text, maxsplit=1, flags=re.DOTALL
    )
    text = f'{head}{keynote.replace(GERMAN, FRENCH).rstrip()}\nlanguage = "fr"\n\n{rest}'
    file = tmp_path_factory.mktemp("german") / "conference.toml"
    file.write_text(text.replace('timezone = "', 'language = "de"\ntimezone = "', 1))
    return lasting_houses(conference=file)


class Languages(HTMLParser):
    """In which language each piece of a page's text is said to be."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[tuple[str, str]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            inherited = self.open[-1][1] if self.open else ""
            self.open.append((tag, dict(attrs).get("lang") or inherited))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"script", "title"} & {tag for tag, _ in self.open}:
            self.texts.append((data, self.open[-1][1] if self.open else ""))


def test_each_text_says_in_which_language_it_is(house: House, cast: Cast) -> None:
    with house.client() as client:
        form = Registering(client)
        form.for_delegates(cast.dag, cast.gia)
        form.fill(choices_of(0, seminar_1="seminar-1a", workshop="yes", nights=["2017-11-06"]))
        form.press("price")
        booking = form.book()
        for slug in ("keynote-david-heyne", "seminar-1b"):
            client.post(f"/programme/{slug}/mark")
        sign_in(house, client, cast.dag)
        invoice = client.get(booking).text.split("/invoices/")[1].partition('"')[0]
        own = ["", "/delegates/1", "/delegates/1/cancellation", "/waiting", f"/invoices/{invoice}"]
        wrong, seen = [], set()
        for path in [*PAGES, *(booking + part for part in own), ticket_of(house, cast.dag)]:
            page = Languages(client.get(path).text)
            assert ("Skip to the content", "en") in page.texts, path
            for text, language in page.texts:
                marks = {GERMAN: "de", FRENCH: "fr"}.items()
                said = next((code for mark, code in marks if mark in text), None)
                seen.add(said)
                # That two seminars share a time is one sentence for pages and calendars, with titles in it.
                if said and language != said and "share the time" not in text:
                    wrong.append(f"{path}: {language} {text.strip()[:60]}")
    assert not wrong, "\n".join(wrong)
    assert seen == {None, "de", "fr"}


@pytest.mark.parametrize(
    ("said", "called"),
    [
        ("en", "English"),
        ("de", "German"),
        ("de-formal", "German"),
        ("pt_BR", "Portuguese"),
        ("Swedish", "Swedish"),
    ],
)
def test_a_language_has_its_name_and_not_its_code(said: str, called: str) -> None:
    assert language_name(said) == called


def test_a_session_says_its_language_in_words(house: House) -> None:
    with house.client() as client:
        page = client.get("/programme/keynote-david-heyne").text
    assert "<dt>Language</dt><dd>French</dd>" in page
