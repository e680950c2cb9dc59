"""The programme in a browser: marking, filtering, and the reader's own time."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import place_in

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_sessions_are_marked_with_a_star_and_no_page_load(page: Page) -> None:
    page.goto("/programme")
    page.evaluate("window.sameLoad = true")
    keynote = page.locator("form[data-mark='keynote-david-heyne']")
    expect(keynote).to_contain_text("Add to my programme")
    keynote.get_by_role("button").click()
    expect(keynote).to_contain_text("In my programme")
    expect(keynote).to_have_class(re.compile("is-marked"))
    expect(page.locator("#status")).to_have_text("Added to my programme.")
    expect(keynote.get_by_role("button")).to_be_focused()
    page.locator("form[data-mark='school-factors'] button").click()
    expect(page.locator("form.is-marked")).to_have_count(2)
    assert page.evaluate("window.sameLoad")

    page.reload()
    expect(page.locator("form.is-marked")).to_have_count(2)
    page.goto("/programme/keynote-david-heyne")
    expect(page.locator("form.mark")).to_contain_text("In my programme")
    page.goto("/my-programme")
    expect(page.locator(".session")).to_have_count(2)
    page.goto("/programme")
    keynote.get_by_role("button").click()
    expect(keynote).to_contain_text("Add to my programme")
    page.goto("/my-programme")
    expect(page.locator(".session")).to_have_count(1)
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_mark_without_connection_says_so_and_stays_undone(page: Page) -> None:
    page.goto("/programme")
    page.context.set_offline(True)
    page.locator("form[data-mark='keynote-david-heyne'] button").click()
    expect(page.locator("#status")).to_contain_text("offline")
    expect(page.locator("form.is-marked")).to_have_count(0)


def test_filters_change_the_days_the_address_and_go_back(page: Page) -> None:
    page.goto("/programme")
    page.evaluate("window.sameLoad = true")
    sessions = page.locator("#days .session")
    all_of_them = sessions.count()
    page.select_option("#category", "gaming")
    expect(page.locator(".found")).to_contain_text("shown")
    assert 0 < sessions.count() < all_of_them
    gaming = sessions.count()
    expect(page).to_have_url(re.compile(r"/programme\?category=gaming$"))
    expect(page.locator("#status")).to_contain_text("sessions shown")
    assert page.evaluate("window.sameLoad")
    page.select_option("#speaker", "david-heyne")
    expect(page).to_have_url(re.compile(r"/programme\?category=gaming&speaker=david-heyne$"))

    page.go_back()
    expect(page).to_have_url(re.compile(r"/programme\?category=gaming$"))
    expect(sessions).to_have_count(gaming)
    expect(page.locator("#category")).to_have_value("gaming")
    expect(page.locator("#speaker")).to_have_value("")
    page.go_back()
    expect(page).to_have_url(re.compile(r"/programme$"))
    expect(sessions).to_have_count(all_of_them)
    expect(page.locator("#category")).to_have_value("")
    page.go_forward()
    expect(sessions).to_have_count(gaming)
    page.reload()
    expect(sessions).to_have_count(gaming)


@pytest.mark.parametrize(
    ("zone", "own_time"),
    [
        ("America/New_York", "04:45–06:00 your time"),
        ("Pacific/Auckland", "22:45–00:00 your time"),
        ("Europe/Oslo", None),
    ],
)
def test_ones_own_time_is_shown_where_it_is_another(
    visit: Visit, sqlite_house: House, zone: str, own_time: str | None
) -> None:
    page = visit(sqlite_house, timezone_id=zone)
    page.goto("/programme")
    keynote = page.locator(".session", has_text="Keynote speaker")
    expect(keynote.locator(".times")).to_contain_text("10:45–12:00")
    if own_time:
        expect(keynote.locator(".own-time")).to_contain_text(own_time)
    else:
        expect(page.locator(".own-time")).to_have_count(0)


def test_ones_own_day_is_said_where_it_is_another(visit: Visit, sqlite_house: House) -> None:
    page = visit(sqlite_house, timezone_id="Pacific/Honolulu")
    page.goto("/programme/keynote-david-heyne")
    expect(page.locator(".own-time")).to_have_text("Sun 23:45–01:00 your time")


def test_what_is_marked_on_one_device_shows_on_the_other_at_once(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    pages = []
    with place_in(sqlite_house) as place:
        for path in ("/programme/workshop", "/programme/workshop", "/my-programme"):
            page = visit(sqlite_house)
            key = place.signed_in(cast.dag).cookies["plenum_sign_in"]
            cookie = {"url": sqlite_house.url, "name": "plenum_sign_in", "value": key}
            page.context.add_cookies([cookie])  # type: ignore[list-item]
            page.goto("/my-programme")
            page.goto(path)
            pages.append(page)
    phone, laptop, tablet = pages
    phone.get_by_role("button", name=re.compile("Add to my programme")).click()
    expect(laptop.get_by_role("button", name=re.compile("In my programme"))).to_be_visible()
    expect(tablet.get_by_role("heading", name=re.compile("Workshop"))).to_be_visible()
    tablet.get_by_role("button", name=re.compile("Remove")).click()
    for page in (phone, laptop):
        expect(page.get_by_role("button", name=re.compile("Add to my programme"))).to_be_visible()
    expect(tablet.get_by_text("Nothing here yet")).to_be_visible()
