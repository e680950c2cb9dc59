"""Longer texts: Markdown and HTML on pages, safely, and without their markup elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Houses, Visit
from tests.support.browser import barriers
from tests.support.schedules import event, schedule
from tests.support.waiting import until
from webapp.text.prose import ELEMENTS, plain, prose

HTML = '&lt;p&gt;One &amp;amp; &lt;a href="https://example.org/"&gt;two&lt;/a&gt;&lt;/p&gt;'
MARKDOWN = "**Bold**, a [link](https://example.org/)\n\n* one\n* two"


@pytest.mark.parametrize(
    ("text", "html", "words"),
    [
        ("Two\n\nparagraphs", "<p>Two</p>\n<p>paragraphs</p>", "Two\n\nparagraphs"),
        ("One\nline", "<p>One\nline</p>", "One line"),
        ("First  \nsecond", "<p>First<br>\nsecond</p>", "First\nsecond"),
        ("**Bold** and *soft*", "<p><strong>Bold</strong> and <em>soft</em></p>", "Bold and soft"),
        ("* one\n* two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>", "• one\n• two"),
        ("1. one\n2. two", "<ol>\n<li>one</li>\n<li>two</li>\n</ol>", "1. one\n2. two"),
        ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>", "• a\n\n• b"),
        ("# Head", "<p><strong>Head</strong></p>", "Head"),
        ("<h2>Head</h2>", "<p><strong>Head</strong></p>", "Head"),
        ("A & B < C", "<p>A &amp; B &lt; C</p>", "A & B < C"),
        ("Fish &amp; chips", "<p>Fish &amp; chips</p>", "Fish & chips"),
        ("    Indented", "<p>Indented</p>", "Indented"),
        ("Words\n---", "<p>Words</p>\n<hr>", "Words"),
        (
            "See https://example.org/a_b_c.",
            '<p>See <a href="https://example.org/a_b_c" rel="nofollow noopener">https://example.org/a_b_c</a>.</p>',
            "See https://example.org/a_b_c.",
        ),
        (
            "![A cat](https://example.org/cat.png)",
            '<p><a href="https://example.org/cat.png" rel="nofollow noopener">A cat</a></p>',
            "A cat",
        ),
        (
            '<p>One &amp; <a href="https://example.org/" target="_blank">two</a></p>',
            '<p>One &amp; <a href="https://example.org/" rel="nofollow noopener">two</a></p>',
            "One & two",
        ),
    ],
)
def test_a_text_is_shown_as_it_was_meant(text: str, html: str, words: str) -> None:
    assert prose(text) == html
    assert plain(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>Words",
        '<p onclick="alert(1)" style="color:red" class="x" id="y">Words</p>',
        "[Words](javascript:alert(1))",
        '<a href="javascript:alert(1)">Words</a>',
        '<a href="data:text/html,<script>alert(1)</script>">Words</a>',
        '<img src="x" onerror="alert(1)">Words',
        '<iframe src="https://example.org"></iframe>Words',
        '<form action="https://example.org"><button>Words</button></form>',
        "<style>p{display:none}</style>Words",
        "<svg><script>alert(1)</script></svg>Words",
        "Words <!-- <script>alert(1)</script> -->",
    ],
)
def test_what_could_do_harm_is_taken_away_and_the_words_stay(text: str) -> None:
    html = prose(text)
    assert_harmless(html)
    assert not re.search(r"script>|onclick|onerror|style|<form|<iframe|<img|data:", html)
    assert "Words" in plain(text)


PIECES = st.sampled_from([*"<>&\"'/=*_`[]()!#-|\n a", "script", "<a href=", "javascript:", "<p ", "onclick="])


@given(st.lists(PIECES, max_size=60))
def test_whatever_is_written_is_harmless(pieces: list[str]) -> None:
    assert_harmless(prose("".join(pieces)))
    plain("".join(pieces))


def assert_harmless(html: str) -> None:
    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag in ELEMENTS, html
            for name, value in attrs:
                assert name in ("href", "rel"), html
                assert name != "href" or not re.match(
                    r"\s*(javascript|data|vbscript):", value or "", re.IGNORECASE
                )

    Reader().feed(html)


EVERYTHING = """## Head

* one with a very long word: Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft
* two

> quoted

| a | b | c | d | e | f |
|---|---|---|---|---|---|
| many words in a cell | many words in a cell | many words | many words in a cell | more words | and some more |

```
code that goes on and on and on and on and on and on and on and on and on and on and on and on and on
```
"""


def test_an_imported_text_is_no_markup_in_any_place_where_it_is_shown(
    houses: Houses, tmp_path: Path, visit: Visit
) -> None:
    file = tmp_path / "schedule.xml"
    file.write_bytes(
        schedule(
            event(1, "In HTML", "2027-05-01T09:00:00+02:00", abstract=HTML),
            event(2, "In Markdown", "2027-05-01T11:00:00+02:00", abstract=MARKDOWN),
            event(3, "Everything", "2027-05-01T12:00:00+02:00", abstract=EVERYTHING.replace(">", "&gt;")),
        )
    )
    house = houses(conference=file)
    with house.client() as client:
        until(lambda: "In HTML" in client.get("/programme").text)
        html, markdown = (client.get(f"/programme/session-{number}").text for number in (1, 2))
        link = '<a href="https://example.org/" rel="nofollow noopener">'
        assert f"<p>One &amp; {link}two</a></p>" in html
        assert f"<p><strong>Bold</strong>, a {link}link</a></p>" in markdown
        assert '<meta name="description" content="One &amp; two">' in html
        assert '"description": "One \\u0026 two"' in html
        programme, calendar = client.get("/programme").text, client.get("/programme.ics").text
        assert "Bold, a link" in programme
        assert "DESCRIPTION:One & two" in calendar
        assert "DESCRIPTION:Bold\\, a link\\n\\n• one\\n• two" in calendar
        for page in (html, markdown, programme, calendar):
            assert not re.search(r"&lt;p|&amp;amp|\*\*|\]\(", page)
        sent = client.get("/programme/schedule.json").json()
        [first, second, _] = sent["schedule"]["conference"]["days"][0]["rooms"]["Hall"]
        assert second["abstract"] == MARKDOWN
        assert first["abstract"].startswith("<p>One &amp; <a")
    shown = visit(house)
    shown.goto("/programme/session-3")
    for width in (390, 1440):
        shown.set_viewport_size({"width": width, "height": 2000})
        assert not barriers(shown)
        assert shown.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
    assert shown.locator(".prose li").count() == 2
    assert shown.locator(".prose td").count() == 6
