"""The registration form in a browser: how it is filled in, and what it has made."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.cast import Person
from tests.support.house import House


def total(page: Page) -> Locator:
    return page.locator(".price-total")


def error_of(page: Page, field: str) -> Locator:
    return page.locator(f"#error-{field}")


def fill_in(page: Page, person: Person, number: int = 0) -> None:
    """Fill in a delegate, and what is asked once for the booking, and go on to another field."""
    fill_in_without_blur(page, person, number)
    page.locator(f"#delegates-{number}-organisation").blur()


def fill_in_without_blur(page: Page, person: Person, number: int = 0) -> None:
    """Fill it in and stay in the last field, as a browser without JavaScript does."""
    name = f"#delegates-{number}-"
    if number == 0:
        page.select_option("#country", person.country)
        page.fill("#payer-address", "Storgata 1\n0155 Oslo")
        page.check("#consent")
    page.fill(f"{name}name", person.name)
    page.fill(f"{name}email", person.email)
    page.fill(f"{name}organisation", person.organisation)


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm the booking").click()


def booked(house: House, person: Person) -> list[dict[str, Any]]:
    """Everything this person has, however often they were booked."""
    return house.rows(
        "SELECT booking.reference, delegate.name, item.title FROM item JOIN delegate ON item.delegate = delegate.id "
        "JOIN booking ON delegate.booking = booking.id WHERE delegate.email = ? ORDER BY item.id",
        person.email,
    )
