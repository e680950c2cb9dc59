"""A page, watched by somebody who looks for what should not be in it."""

from __future__ import annotations

from html.parser import HTMLParser


class Watched(HTMLParser):
    """Everything on a page that would run, paint, or come from somewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.fetched: list[str] = []
        self.addresses: list[str] = []
        self.properties: dict[str, str] = {}
        self.canonical = ""
        self.data: list[str] = []
        self._data = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self._data = tag == "script" and has.get("type") == "application/ld+json"
        for name in has:
            if name == "style" or name.startswith(("on", "hx-on")):
                self.inline.append(f"{tag} {name}")
        if tag == "style" or (tag == "script" and not self._data and "src" not in has):
            self.inline.append(tag)
        self.addresses += [has[name] for name in ("href", "action", "src") if name in has]
        if tag == "link" and has.get("rel") == "canonical":
            self.canonical = has["href"]
        elif tag == "link":
            self.fetched.append(has["href"])
        elif tag == "meta" and "property" in has:
            self.properties[has["property"]] = has["content"]
        elif "src" in has:
            self.fetched.append(has["src"])

    def handle_endtag(self, tag: str) -> None:
        self._data = self._data and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._data:
            self.data.append(data)
