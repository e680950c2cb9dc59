"""The registration form in a browser: nothing that was typed is lost, and what is wrong is said where it is mended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Houses, Visit
from tests.support.booking import book
from tests.support.booking_form import booked, confirm, error_of, fill_in, total
from tests.support.browser import sends
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory, lasting_houses: Houses) -> House:
    """Two seats in seminar 1A, one in the workshop."""
    file = tmp_path_factory.mktemp("small") / "conference.toml"
    text = SCHOOL_REFUSAL.read_text()
    for slug, seats in {"seminar-1a": 2, "workshop": 1}.items():
        text = text.replace(f'slug = "{slug}"\n', f'slug = "{slug}"\ncapacity = {seats}\n', 1)
    file.write_text(text)
    return lasting_houses(conference=file)


def test_dag_books_on_his_telephone(visit: Visit, sqlite_house: House, cast: Cast) -> None:
    page = visit(sqlite_house, **PHONE)
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Register").click()
    expect(total(page)).to_have_text("NOK 5,800")
    page.select_option("#country", "NO")
    expect(total(page)).to_have_text("NOK 7,250")
    page.locator(".price-panel > summary").click()
    expect(page.locator(".price-lines").first).to_contain_text("MVA 25 %")
    expect(page.locator("#status")).to_be_empty()

    fill_in(page, cast.dag)
    page.get_by_label("Gamification").check()
    page.get_by_label("The correlation between gaming").check()
    page.get_by_label("Optional workshop").check()
    expect(total(page)).to_have_text("NOK 9,625")
    page.get_by_label("Monday 6 November").check()
    expect(total(page)).to_have_text("NOK 11,937.50")
    confirm(page)

    expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")
    have = booked(sqlite_house, cast.dag)
    reference = have[0]["reference"]
    expect(page.locator(".reference strong")).to_have_text(reference)
    assert [row["title"] for row in have][-2:] == [
        "1A Gamification",
        "2B The correlation between gaming and personal development",
    ]
    expect(page.locator(".is-total dd")).to_have_text("NOK 11,937.50")
    expect(page.get_by_role("main")).to_contain_text("Nordic/international network")

    page.goto("/me")
    expect(page.get_by_role("link", name=f"Booking {reference}")).to_be_visible()
    page.goto("/my-programme")
    own = page.locator(".session", has_text="Booked")
    expect(own).to_have_count(3)
    expect(own.nth(0)).to_contain_text("Gamification")
    expect(own.nth(2)).to_contain_text("Workshop")


def test_the_price_bar_opens_and_never_hides_the_field_one_is_in(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    page.goto("/register")
    body = page.locator(".price-body")
    expect(body).to_be_hidden()
    page.locator(".price-panel > summary").click()
    expect(body).to_be_visible()
    page.locator("#delegates-0-diet").focus()
    expect(body).to_be_hidden()
    field = page.locator("#delegates-0-diet").bounding_box()
    bar = page.locator("#price").bounding_box()
    assert field
    assert bar
    assert field["y"] >= 0
    assert field["y"] + field["height"] <= bar["y"]


def test_what_is_wrong_is_said_beside_the_field_and_goes_when_it_is_mended(page: Page, cast: Cast) -> None:
    page.goto("/register")
    address = page.locator("#delegates-0-email")
    address.fill("dag@nowhere")
    address.blur()
    expect(error_of(page, "delegates-0-email")).to_contain_text("does not look like an e-mail address")
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address).to_have_attribute("aria-describedby", re.compile("error-delegates-0-email"))
    # Nobody is blamed for what they have not come to yet.
    expect(error_of(page, "delegates-0-name")).to_be_empty()

    address.fill(cast.dag.email)
    address.blur()
    expect(error_of(page, "delegates-0-email")).to_be_empty()
    expect(address).not_to_have_attribute("aria-invalid", "true")


def test_a_slip_in_an_address_is_suggested_away_with_one_tap(
    visit: Visit, sqlite_house: House, cast: Cast
) -> None:
    for scripts in (True, False):
        page = visit(sqlite_house, java_script_enabled=scripts)
        page.goto("/register")
        fill_in(page, cast.dag)
        name = cast.dag.email.split("@")[0]
        address = page.locator("#delegates-0-email")
        address.fill(f"{name}@gmial.com")
        if scripts:
            address.blur()
        else:
            page.get_by_role("button", name="Show the price").click()
        page.get_by_role("button", name=f"{name}@gmail.com").click()
        expect(address).to_have_value(f"{name}@gmail.com")
        expect(page.locator("#suggestion-delegates-0-email")).to_be_empty()
        expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
        # It is a suggestion: what was typed is booked by whoever means it.
        address.fill(f"{name}@gmial.com")
        if not scripts:
            page.get_by_role("button", name="Show the price").click()
        else:
            address.blur()
            expect(page.locator("#suggestion-delegates-0-email")).to_have_text(
                f"Did you mean {name}@gmail.com?"
            )
        confirm(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")


def test_what_is_mended_goes_from_the_list_of_what_is_wrong(page: Page, cast: Cast) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    page.fill("#delegates-0-email", "dag@")
    page.fill("#payer-address", "")
    confirm(page)
    wrong = page.locator("#error-summary li:visible")
    expect(wrong).to_have_count(2)
    page.fill("#payer-address", "Storgata 1")
    page.locator("#payer-address").blur()
    expect(wrong).to_have_count(1)
    page.fill("#delegates-0-email", "dæg@example.org")
    page.locator("#delegates-0-email").blur()
    expect(wrong).to_contain_text("Many mail servers take no")
    page.fill("#delegates-0-email", cast.dag.email)
    page.locator("#delegates-0-email").blur()
    expect(wrong).to_have_count(0)
    expect(page.locator("#error-summary")).to_contain_text("Everything here is in order now")


def test_a_price_that_comes_while_one_types_takes_neither_words_nor_place(page: Page) -> None:
    page.goto("/register")
    page.select_option("#country", "NO")
    name = page.locator("#delegates-0-name")
    name.focus()
    name.press_sequentially("Dag D")
    expect(total(page)).to_have_text("NOK 7,250")
    name.press_sequentially("elås")
    expect(name).to_be_focused()
    expect(name).to_have_value("Dag Delås")


def test_a_colleague_can_be_added_and_removed_without_losing_what_was_typed(
    page: Page, sqlite_house: House, cast: Cast
) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    page.get_by_label("Gamification").check()
    page.fill("#delegates-0-diet", "No nuts, please: “nøtter” & <peanuts>")
    page.get_by_role("button", name="Add a colleague").click()
    expect(page.locator("#delegates-1-name")).to_be_focused()
    expect(page.locator("#delegates-1-organisation")).to_have_value(cast.dag.organisation)
    expect(page.locator("#error-summary")).to_have_count(0)

    fill_in(page, cast.mona, 1)
    expect(total(page)).to_have_text("NOK 14,500")
    page.get_by_role("button", name="Add a colleague").click()
    expect(page.locator("#delegates-2-name")).to_be_focused()
    fill_in(page, cast.gia, 2)
    page.select_option("#delegates-2-country", "IT")
    expect(total(page)).to_have_text("NOK 20,300")

    page.get_by_role("group", name="Delegate 2").get_by_role("button", name="Remove this delegate").click()
    expect(page.locator("#delegates-2-name")).to_have_count(0)
    expect(total(page)).to_have_text("NOK 13,050")
    expect(page.locator("#delegates-1-name")).to_be_focused()
    expect(page.locator("#delegates-1-name")).to_have_value(cast.gia.name)
    expect(page.locator("#delegates-1-country")).to_have_value("IT")
    expect(page.locator("#delegates-0-diet")).to_have_value("No nuts, please: “nøtter” & <peanuts>")
    expect(page.locator("#payer-address")).to_have_value("Storgata 1\n0155 Oslo")
    expect(page.get_by_label("Gamification").first).to_be_checked()
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert booked(sqlite_house, cast.dag)
    assert booked(sqlite_house, cast.gia)
    assert not booked(sqlite_house, cast.mona)


def test_a_reload_or_a_closed_tab_loses_nothing(page: Page, cast: Cast) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    page.get_by_label("Optional workshop").check()
    expect(total(page)).to_have_text("NOK 9,625")

    def is_all_there(tab: Page) -> None:
        expect(tab.locator("#country")).to_have_value("NO")
        expect(tab.locator("#delegates-0-name")).to_have_value(cast.dag.name)
        expect(tab.locator("#payer-address")).to_have_value("Storgata 1\n0155 Oslo")
        expect(tab.get_by_label("Optional workshop")).to_be_checked()
        expect(tab.locator("#consent")).to_be_checked()
        expect(total(tab)).to_have_text("NOK 9,625")

    page.reload()
    is_all_there(page)
    another_tab = page.context.new_page()
    page.close()
    another_tab.goto("/register")
    is_all_there(another_tab)


def test_what_is_missing_is_listed_with_a_way_to_each_field_and_everything_else_is_kept(
    page: Page, sqlite_house: House, cast: Cast
) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    page.get_by_label("Gamification").check()
    page.fill("#delegates-0-email", "dag@")
    page.fill("#payer-address", "")
    page.uncheck("#consent")
    confirm(page)

    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    expect(summary).to_have_role("alert")
    expect(summary.get_by_role("link")).to_have_count(3)
    for link in summary.get_by_role("link").all():
        field = (link.get_attribute("href") or "").removeprefix("#")
        link.click()
        expect(page.locator(f"[id='{field}']")).to_be_focused()
        expect(page.locator(f"[id='{field}']")).to_be_in_viewport()
        expect(error_of(page, field)).not_to_be_empty()
    expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
    expect(page.locator("#delegates-0-email")).to_have_value("dag@")
    expect(page.get_by_label("Gamification")).to_be_checked()
    assert not sqlite_house.rows(
        "SELECT id FROM delegate WHERE name = ? AND email = ?", cast.dag.name, "dag@"
    )

    fill_in(page, cast.dag)
    expect(error_of(page, "payer-address")).to_be_empty()
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert booked(sqlite_house, cast.dag)


def test_pressing_twice_books_once(page: Page, sqlite_house: House, cast: Cast) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    expect(total(page)).to_have_text("NOK 7,250")
    page.get_by_role("button", name="Confirm the booking").dblclick()
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert len(sqlite_house.rows("SELECT id FROM booking WHERE payer_email = ?", cast.dag.email)) == 1
    # Going back and pressing again, as people do who are not sure, leads to the same booking.
    there = page.url
    page.go_back()
    page.goto(there)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert len(sqlite_house.rows("SELECT id FROM booking WHERE payer_email = ?", cast.dag.email)) == 1


def test_a_lost_connection_is_said_and_nothing_is_lost(page: Page, sqlite_house: House, cast: Cast) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    expect(total(page)).to_have_text("NOK 7,250")
    page.context.set_offline(True)
    expect(page.locator("#status")).to_contain_text("offline")
    page.get_by_label("Optional workshop").check()
    page.get_by_role("button", name="Add a colleague").click()
    expect(page.locator("#status")).to_contain_text("Nothing typed is lost")
    confirm(page)
    expect(page.locator("#status")).to_contain_text("Nothing typed is lost")
    expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
    assert not booked(sqlite_house, cast.dag)

    page.context.set_offline(False)
    expect(page.locator("#status")).to_contain_text("back online")
    expect(total(page)).to_have_text("NOK 9,625")
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert len(booked(sqlite_house, cast.dag)) == 2


def test_a_window_left_open_saves_only_what_was_changed_in_it(
    visit: Visit, sqlite_house: House, cast: Cast
) -> None:
    with sqlite_house.client() as client:
        booking = book(client, cast.dag)
        old = visit(sqlite_house)
        old.context.add_cookies(
            [
                {"name": name, "value": value, "url": sqlite_house.url}
                for name, value in client.cookies.items()
            ]
        )
        old.goto(f"{booking}/delegates/1")
        new = old.context.new_page()
        new.goto(f"{booking}/delegates/1")
        new.get_by_label("Diet and allergies").fill("Vegan")
        new.get_by_role("button", name="Confirm the change").click()
        expect(new.get_by_text("The change is saved.")).to_be_visible()
        old.get_by_label("Role").fill("Teacher")
        old.get_by_label("Optional workshop").check()
        expect(total(old)).to_have_text("NOK 2,375 more")
        old.get_by_role("button", name="Confirm the change").click()
        expect(old.get_by_text("The change is saved.")).to_be_visible()
        expect(old.get_by_role("main")).to_contain_text("Vegan")
        expect(old.get_by_role("main")).to_contain_text("Teacher")


def test_seats_left_follow_while_the_form_is_open(visit: Visit, small_house: House, cast: Cast) -> None:
    page = visit(small_house)
    page.goto("/register")
    seminar = page.locator(".choice", has_text="Gamification")
    workshop = page.locator(".choice", has_text="Optional workshop")
    expect(seminar).to_contain_text("2 seats left")
    expect(workshop).to_contain_text("1 seat left")
    with small_house.client() as somebody:
        book(somebody, cast.gia, seminar_1="seminar-1a", workshop="yes")
    expect(seminar).to_contain_text("1 seat left")
    expect(workshop).to_contain_text("Fully booked")
    expect(workshop.locator("input")).to_be_disabled()
    expect(seminar.locator("input")).to_be_enabled()

    # Dag has chosen the last seat, and Mona is quicker.
    fill_in(page, cast.dag)
    seminar.locator("input").check()
    expect(total(page)).to_have_text("NOK 7,250")
    with small_house.client() as somebody:
        book(somebody, cast.mona, seminar_1="seminar-1a")
    expect(seminar).to_contain_text("Fully booked")
    confirm(page)
    expect(page.locator("#error-summary")).to_contain_text(
        "Gamification: no seat is left. Please choose again."
    )
    expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
    assert not booked(small_house, cast.dag)
    page.get_by_label("Prevention, intervention or compensation").check()
    expect(page.locator("[id='error-delegates-0-seminar-seminar-1']")).to_be_empty()
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert [row["title"] for row in booked(small_house, cast.dag)][-1].startswith("1B")


def test_enter_in_a_field_shows_the_price_and_books_nothing(
    page: Page, sqlite_house: House, cast: Cast
) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    expect(total(page)).to_have_text("NOK 7,250")
    sends(page, lambda: page.locator("#delegates-0-name").press("Enter"))
    expect(page.get_by_role("heading", name="Register")).to_be_visible()
    expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
    assert not booked(sqlite_house, cast.dag)
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert booked(sqlite_house, cast.dag)
