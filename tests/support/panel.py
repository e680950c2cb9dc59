"""A panel in browsers: people who are signed in, have joined, and ask."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.support.cast import Person
from tests.support.room import PANEL, Room

ROOM = f"/panels/{PANEL}"


def signed_in(
    room: Room, visit: Visit, person: Person, *, moderates: bool = False, **options: object
) -> Page:
    """A browser whose owner has used the link in a mail."""
    with room.house.client() as client:
        room.moderator(person) if moderates else None
        room.sign_in(client, person)
        key = client.cookies["plenum_sign_in"]
    page = visit(room.house, **options)
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": room.house.url}])
    return page


def joined(room: Room, visit: Visit, name: str = "", **options: object) -> Page:
    """A guest's telephone that has typed the room code."""
    page = visit(room.house, **options)
    page.goto("/ask")
    page.get_by_label("Room code").fill(room.code)
    if name:
        page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_label("Room code")).to_have_count(0)
    return page


def ask(page: Page, text: str, whom: str = "", *, named: bool = False) -> None:
    page.get_by_text("Ask a question").first.click()
    page.get_by_label("Your question").fill(text)
    if whom:
        page.get_by_label("Who is it for?").select_option(label=whom)
    if named:
        page.get_by_text("With my name").click()
    page.locator(".ask").get_by_role("button", name=re.compile("Ask|Send")).last.click()
    expect(page.locator(".mine")).to_contain_text(text)


def on_arrival(page: Page, selector: str, key: str) -> None:
    """Press a key as soon as something is there: nobody who reads is as quick."""
    page.evaluate(
        """([selector, key]) => new MutationObserver((_, observer) => {
            if (!document.querySelector(selector)) return;
            observer.disconnect();
            const press = new KeyboardEvent("keydown", { key, bubbles: true });
            setTimeout(() => document.activeElement.dispatchEvent(press));
        }).observe(document, { subtree: true, childList: true, attributes: true })""",
        [selector, key],
    )


PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1440, "height": 900}
