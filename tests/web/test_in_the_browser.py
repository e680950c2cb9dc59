"""What people do in a browser: booking, marking, filtering; on a telephone, by keyboard, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Visit
from tests.support.booking import book
from tests.support.cast import Cast, Person
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.meeting import place_in

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def small_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two seats in seminar 1A, one in the workshop."""
    file = tmp_path_factory.mktemp("small") / "conference.toml"
    text = SCHOOL_REFUSAL.read_text()
    for slug, seats in {"seminar-1a": 2, "workshop": 1}.items():
        text = text.replace(f'slug = "{slug}"\n', f'slug = "{slug}"\ncapacity = {seats}\n', 1)
    file.write_text(text)
    house = House(tmp_path_factory.mktemp("house"), PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN)
    house.plenum("conference", "load", file)
    house.start()
    yield house
    house.stop()


def total(page: Page) -> Locator:
    return page.locator(".price-total")


def error_of(page: Page, field: str) -> Locator:
    return page.locator(f"#error-{field}")


def fill_in(page: Page, person: Person, number: int = 0) -> None:
    """What has to be said about a delegate, and once for the booking."""
    name = f"#delegates-{number}-"
    if number == 0:
        page.select_option("#country", person.country)
        page.fill("#payer-address", "Storgata 1\n0155 Oslo")
        page.check("#consent")
    page.fill(f"{name}name", person.name)
    page.fill(f"{name}email", person.email)
    page.fill(f"{name}organisation", person.organisation)
    page.locator(f"{name}organisation").blur()


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm the booking").click()


def booked(house: House, person: Person) -> list[dict[str, Any]]:
    """Everything this person has, however often they were booked."""
    return house.rows(
        "SELECT booking.reference, delegate.name, item.title FROM item JOIN delegate ON item.delegate = delegate.id "
        "JOIN booking ON delegate.booking = booking.id WHERE delegate.email = ? ORDER BY item.id",
        person.email,
    )


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


def test_everything_works_without_javascript(visit: Visit, sqlite_house: House, cast: Cast) -> None:
    page = visit(sqlite_house, java_script_enabled=False)
    page.goto("/programme")
    page.select_option("#category", "gaming")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url(re.compile("category=gaming"))
    page.get_by_role("link", name="Gamification").click()
    page.get_by_role("button", name="Add to my programme").click()
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
    page.get_by_role("button", name="Sign out").click()
    page.goto("/me")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def fill_in_without_blur(page: Page, person: Person, number: int = 0) -> None:
    name = f"#delegates-{number}-"
    if number == 0:
        page.select_option("#country", person.country)
        page.fill("#payer-address", "Storgata 1\n0155 Oslo")
        page.check("#consent")
    page.fill(f"{name}name", person.name)
    page.fill(f"{name}email", person.email)
    page.fill(f"{name}organisation", person.organisation)


# By keyboard

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


def test_enter_in_a_field_shows_the_price_and_books_nothing(
    page: Page, sqlite_house: House, cast: Cast
) -> None:
    page.goto("/register")
    fill_in(page, cast.dag)
    page.locator("#delegates-0-name").press("Enter")
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Register")).to_be_visible()
    expect(page.locator("#delegates-0-name")).to_have_value(cast.dag.name)
    assert not booked(sqlite_house, cast.dag)
    confirm(page)
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    assert booked(sqlite_house, cast.dag)


def test_who_asks_for_less_motion_gets_none(visit: Visit, sqlite_house: House) -> None:
    moving = """() => [...document.querySelectorAll("*")]
        .filter((element) => parseFloat(getComputedStyle(element).transitionDuration)).length"""
    lively, calm = visit(sqlite_house), visit(sqlite_house, reduced_motion="reduce")
    for page in (lively, calm):
        page.goto("/register")
    assert lively.evaluate(moving) > 0
    assert calm.evaluate(moving) == 0


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
