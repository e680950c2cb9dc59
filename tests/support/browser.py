"""A real browser, and what is asked of every page in it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
WCAG_22_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

ALSO = ["label-content-name-mismatch"]
"""Of WCAG too, but not asked by axe-core of its own accord: who speaks to a button says what stands on it."""

OF_COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules of axe-core that another colour scheme may break."""


def program() -> str | None:
    """The browser of this machine; None leaves it to the one Playwright fetched."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := os.environ.get("CHROMIUM") or shutil.which(name):
            return found
    return None


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program(), args=[*QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        )
        yield chromium
        chromium.close()


@contextlib.contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """A page of a visitor of their own. Fails when a script or the security policy complained while they were here,
    or when anything was asked of another host.

    `options` are Playwright's for a context: `java_script_enabled`, `viewport`, `color_scheme`, `timezone_id`, …
    """
    complaints: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        # Refusals, such as 409 and 422, are answers like others, though the browser calls them errors. And a page
        # cannot help it when the connection is lost.
        if message.type in ("error", "warning") and not re.search(
            "^Failed to load resource|Failed to fetch|SSE reconnect failed", message.text
        ):
            complaints.append(message.text)

    def notice(request: Request) -> None:
        if not request.url.startswith((f"{url}/", "data:")):
            complaints.append(f"Something was asked of another host: {request.url}")

    with browser.new_context(base_url=url, **options) as context:
        page = context.new_page()
        page.on("console", hear)
        page.on("request", notice)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
    assert not complaints, "\n".join(complaints)


def sends(page: Page, act: Callable[[], object]) -> None:
    """Do what sends a form, and wait for the answer: a page that is left before may never have sent it."""
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        act()


def barriers(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds against WCAG 2.2 AA on the page as it stands: nothing, one hopes.

    `rules`: only against these of its rules, since only what they ask about has changed.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    options = {
        "runOnly": {"type": "rule", "values": list(rules)}
        if rules
        else {"type": "tag", "values": WCAG_22_AA},
        "rules": {} if rules else {rule: {"enabled": True} for rule in ALSO},
        "resultTypes": ["violations"],
    }
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{rule['id']}: {rule['help']} — {node['html']}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


@cache
def _axe() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
