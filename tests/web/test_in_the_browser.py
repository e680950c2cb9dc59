"""What holds on all pages: they work without JavaScript and by keyboard alone, and keep still where that is wished."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.conftest import Visit
from tests.support.booking_form import booked, confirm, fill_in_without_blur, total
from tests.support.browser import sends
from tests.support.cast import Cast
from tests.support.house import House

SHOWS_FOCUS = """() => {
  const here = document.activeElement;
  // A radio button or a check box is shown by the card it is in.
  const shown = here.matches("[type=radio], [type=checkbox]") ? here.closest(".choice") : here;
  const style = getComputedStyle(shown);
  const bar = document.querySelector(".price-column");
  const free = !bar || bar.contains(here) || shown.getBoundingClientRect().top < bar.getBoundingClientRect().top;
  return {
    what: here.id || here.textContent.trim().slice(0, 40) || here.tagName,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    free,
  };
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this is focused. Everything on the way has to show that it is focused, unhidden."""
    for _ in range(60):
        page.keyboard.press("Tab")
        shown = page.evaluate(SHOWS_FOCUS)
        assert shown["ring"], f"{shown['what']} does not show that it is focused."
        assert shown["free"], f"{shown['what']} is behind the price."
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab.")


def test_everything_works_without_javascript(visit: Visit, sqlite_house: House, cast: Cast) -> None:
    page = visit(sqlite_house, java_script_enabled=False)
    page.goto("/programme")
    page.select_option("#category", "gaming")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("category=gaming"))
    page.get_by_role("link", name="Gamification").click()
    sends(page, page.get_by_role("button", name="Add to my programme").click)
    expect(page).to_have_url(re.compile("/programme/seminar-1a$"))
    page.goto("/my-programme")
    expect(page.locator(".session")).to_contain_text("Gamification")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()

    page.goto("/register")
    fill_in_without_blur(page, cast.dag)
    page.get_by_label("Nordic good practice").check()
    page.get_by_role("button", name="Show the price").last.click()
    expect(total(page)).to_have_text("NOK 7,250")
    page.get_by_role("button", name="Add a colleague").click()
    fill_in_without_blur(page, cast.gia, 1)
    page.select_option("#delegates-1-country", "IT")
    page.get_by_role("group", name="Delegate 2").get_by_label("Optional workshop").check()
    # Whoever books without having looked is shown the price first.
    confirm(page)
    expect(page.get_by_role("alert")).to_contain_text("Please look at the price")
    expect(total(page)).to_have_text("NOK 14,950")
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert len(booked(sqlite_house, cast.dag)) == 2
    assert len(booked(sqlite_house, cast.gia)) == 2
    page.goto("/my-programme")
    expect(page.get_by_role("article", name="Nordic good practice")).to_be_visible()
    page.goto("/me")
    sends(page, page.get_by_role("button", name="Sign out").click)
    page.goto("/me")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_everything_works_by_keyboard_alone_and_shows_where_one_is(
    visit: Visit, sqlite_house: House, cast: Cast
) -> None:
    page = visit(sqlite_house, viewport={"width": 390, "height": 700}, reduced_motion="reduce")
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    tab_to(page, ".menu-button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    tab_to(page, "main a[href='/register']")
    page.keyboard.press("Enter")

    page.wait_for_url("**/register")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # skip to the content
    tab_to(page, "#country")
    page.keyboard.type("Norw")
    tab_to(page, "#delegates-0-name")
    expect(total(page)).to_have_text("NOK 7,250")
    page.keyboard.type(cast.dag.name)
    tab_to(page, "#delegates-0-email")
    page.keyboard.type(cast.dag.email)
    tab_to(page, "#delegates-0-organisation")
    page.keyboard.type(cast.dag.organisation)
    tab_to(page, "[name='delegates.0.seminar.seminar-1']")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[id='delegates-0-workshop']")
    page.keyboard.press("Space")
    expect(total(page)).to_have_text("NOK 9,625")
    tab_to(page, "button[value='add']")
    page.keyboard.press("Enter")
    expect(page.locator("#delegates-1-name")).to_be_focused()
    tab_to(page, "button[value='remove:1']")
    page.keyboard.press("Enter")
    expect(page.locator("#delegates-1-name")).to_have_count(0)
    expect(page.locator("#delegates-0-name")).to_be_focused()
    tab_to(page, "#payer-address")
    page.keyboard.type("Storgata 1")
    tab_to(page, "#consent")
    page.keyboard.press("Space")
    tab_to(page, "button[value='book']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert [row["title"] for row in booked(sqlite_house, cast.dag)][-1] == "1A Gamification"


def test_who_asks_for_less_motion_gets_none(visit: Visit, sqlite_house: House) -> None:
    moving = """() => [...document.querySelectorAll("*")]
        .filter((element) => parseFloat(getComputedStyle(element).transitionDuration)).length"""
    lively, calm = visit(sqlite_house), visit(sqlite_house, reduced_motion="reduce")
    for page in (lively, calm):
        page.goto("/register")
    assert lively.evaluate(moving) > 0
    assert calm.evaluate(moving) == 0
