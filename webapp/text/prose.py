"""Longer texts in Markdown or HTML, as organisers and other programs write them: for pages, and as plain text.

Nothing of it is trusted. What a page gets is a short list of elements without attributes; links lead to the web, mail
or our own pages, and search engines are not to follow them. Pictures from elsewhere become links.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markupsafe import Markup, escape

LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}’”']")
REMEMBERED = 4096
"""Texts: the abstracts and lives of a large congress, which many pages show."""


def linked(text: str) -> Markup:
    """Plain text with the addresses in it as links, which search engines are not to follow."""
    html = Markup("")
    at = 0
    for link in LINK.finditer(text):
        html += escape(text[at : link.start()])
        html += Markup('<a href="{0}" rel="nofollow ugc noopener">{0}</a>').format(link[0])
        at = link.end()
    return html + escape(text[at:])


@lru_cache(REMEMBERED)
def prose(text: str) -> Markup:
    """A text as HTML that is safe to stand in a page. Its headings are bold paragraphs: the page has its own."""
    clean = nh3.clean(
        _markdown.render(text),
        tags=ELEMENTS | HEADINGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
    )
    clean = re.sub(r"<h[1-6]>", "<p><strong>", clean)
    return Markup(re.sub(r"</h[1-6]>", "</strong></p>", clean).strip())  # noqa: S704  # nh3 has cleaned it


@lru_cache(REMEMBERED)
def plain(text: str) -> str:
    """A text without its markup, with its paragraphs and the points of its lists: for mails and calendars."""
    reader = _PlainText()
    reader.feed(prose(text))
    reader.close()
    lines = re.sub(r" *\n *", "\n", re.sub(r" +", " ", "".join(reader.said)))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


HEADINGS = {f"h{level}" for level in range(1, 7)}
BLOCKS = {"p", "blockquote", "pre", "table", "dl", "hr", *HEADINGS}
LISTS = {"ul", "ol"}
LINES = {"br", "tr", "dt", "dd"}
ELEMENTS = {
    *BLOCKS, *LISTS, *LINES, "li", "thead", "tbody", "th", "td",
    "a", "em", "strong", "b", "i", "u", "s", "del", "ins", "sub", "sup", "small", "code", "kbd", "abbr", "cite", "q",
}  # fmt: skip


class _PlainText(HTMLParser):
    """Reads what `prose` wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.lists: list[int | None] = []
        """For each list we are within: the number of its last point, or None where points have no numbers."""
        self.at_a_point = False

    def handle_starttag(self, tag: str, _: Any) -> None:
        if tag in BLOCKS or (tag in LISTS and not self.lists):
            self._paragraph()
        elif tag in LINES:
            self.said.append("\n")
        elif tag in ("td", "th"):
            self.said.append(" ")
        elif tag == "li":
            number = self.lists.pop() if self.lists else None
            self.lists.append(None if number is None else number + 1)
            self.said.append("\n• " if number is None else f"\n{number + 1}. ")
            self.at_a_point = True
        if tag in LISTS:
            self.lists.append(0 if tag == "ol" else None)

    def handle_endtag(self, tag: str) -> None:
        if tag in LISTS:
            self.lists = self.lists[:-1]
        if tag in BLOCKS or (tag in LISTS and not self.lists):
            self._paragraph()

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        self.at_a_point = self.at_a_point and not words
        opens, closes = data[:1].isspace(), data[-1:].isspace()
        self.said.append(f"{' ' if opens else ''}{words}{' ' if closes and words else ''}")

    def _paragraph(self) -> None:
        if not self.at_a_point:
            self.said.append("\n" if self.lists else "\n\n")


def _picture(_: Any, tokens: list[Token], index: int, *__: Any) -> str:
    picture = tokens[index]
    return f'<a href="{escapeHtml(str(picture.attrs["src"]))}">{escapeHtml(picture.content or "Picture")}</a>'


def _link_addresses(state: StateCore) -> None:
    """Make links of the addresses that stand in the text as they are."""
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            block.children = list(_with_links(block.children))


def _with_links(tokens: list[Token]) -> Iterator[Token]:
    within = 0
    for token in tokens:
        within += _opens(token)
        if token.type != "text" or within:
            yield token
            continue
        at = 0
        for link in LINK.finditer(token.content):
            yield Token("text", "", 0, content=token.content[at : link.start()])
            yield Token("link_open", "a", 1, attrs={"href": link[0]})
            yield Token("text", "", 0, content=link[0])
            yield Token("link_close", "a", -1)
            at = link.end()
        yield Token("text", "", 0, content=token.content[at:])


def _opens(token: Token) -> int:
    """1 where a link begins, −1 where it ends."""
    if token.type == "html_inline":
        return (token.content[:3].lower() in ("<a ", "<a>") and 1) or -(token.content[:3].lower() == "</a")
    return token.nesting if token.type.startswith("link_") else 0


# Indented lines and lines below a dash are no code and no heading here: texts from elsewhere are full of them.
_markdown = (
    MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable(["code", "lheading"])
)
_markdown.add_render_rule("image", _picture)
_markdown.core.ruler.push("addresses", _link_addresses)
