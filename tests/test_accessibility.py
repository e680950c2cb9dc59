"""Every page for everybody: axe finds nothing, and nothing scrolls sideways on a small telephone."""

from __future__ import annotations

import pytest

from tests.conftest import Visit
from tests.support.browser import barriers
from tests.support.house import House

PAGES = [
    "/",
    "/programme",
    "/programme?category=gaming",
    "/programme/keynote-david-heyne",
    "/speakers",
    "/speakers/trude-havig",
    "/practical",
    "/my-programme",
    "/register",
    "/sign-in",
    "/nothing-here",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1440])
def test_no_page_has_a_barrier(visit: Visit, sqlite_house: House, width: int, scheme: str) -> None:
    page = visit(sqlite_house, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for path in PAGES:
        page.goto(path)
        assert not barriers(page), path
        assert page.locator("h1").count() == 1, path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_form_with_mistakes_and_two_delegates_has_no_barrier(visit: Visit, sqlite_house: House) -> None:
    page = visit(sqlite_house, viewport={"width": 390, "height": 900})
    page.goto("/register")
    page.get_by_role("button", name="Add a colleague").click()
    page.get_by_role("group", name="Delegate 2").wait_for()
    page.get_by_role("button", name="Confirm the booking").click()
    page.locator("#error-summary").wait_for()
    assert not barriers(page)
