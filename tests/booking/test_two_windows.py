"""Two people, or two windows, at one booking."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.support.booking import book, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, details_link, has, sign_in, taken
from tests.support.house import House


def at_the_page(page: Changing, **fields: str | list[str]) -> httpx.Response:
    """Change fields as a browser with HTMX does, which takes of the answer the price and keeps the rest of the page.
    Then confirm it."""
    page.fill(fields)
    asked = page.form.values | {"action": "price"}
    fragment = page.client.post(page.path, data=asked, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    renewed = re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)">', fragment.text)
    page.form.values |= {name: [html.unescape(value)] for name, value in renewed}
    return page.press("save")


def row_of(house: House, person: Person, *columns: str) -> dict[str, Any]:
    [row] = house.rows(f"SELECT {', '.join(columns)} FROM delegate WHERE email = ?", person.email)
    return row


def test_what_two_change_at_once_is_all_kept(house: House, cast: Cast) -> None:
    with house.client() as payers, house.client() as dags, house.client() as mailed:
        booking = book(payers, cast.dag, seminar_1="seminar-1a", nights=["2017-11-05"])
        old = Changing(payers, f"{booking}/delegates/1")
        older = Changing(mailed, details_link(house, cast.dag))
        sign_in(house, dags, cast.dag)
        Changing(dags, f"{booking}/delegates/1").save(
            diet="Vegan\nNo nuts", seminar_1="seminar-1b", nights=["2017-11-05", "2017-11-07"]
        )
        # The second asks for the price, whose part of the page is newer than its fields, and saves.
        answer = at_the_page(old, role="Head teacher", workshop="yes", nights=["2017-11-05", "2017-11-06"])
        assert answer.status_code == 303, old.form.notice
        older.fill({"access_needs": "Loop"})
        assert older.press("save").status_code == 303, older.form.errors
    assert row_of(house, cast.dag, "diet", "role", "access_needs") == {
        "diet": "Vegan\nNo nuts",
        "role": "Head teacher",
        "access_needs": "Loop",
    }
    nights = ["room:2017-11-05", "room:2017-11-06", "room:2017-11-07"]
    assert sorted(has(house, cast.dag)) == ["participation", *nights, "seminar-1b", "workshop"]


def test_what_two_change_differently_is_shown_side_by_side(house: House, cast: Cast) -> None:
    with house.client() as payers, house.client() as dags:
        booking = book(payers, cast.dag, seminar_1="seminar-1a")
        for browser in (payers, dags):
            sign_in(house, browser, cast.dag)
        one = Changing(payers, f"{booking}/delegates/1")
        Changing(dags, f"{booking}/delegates/1").save(
            diet="Vegan", role="Teacher", country="SE", access_needs="Loop", seminar_1="seminar-1b"
        )
        answer = at_the_page(
            one, **{"diet": "No nuts", "role": "Head teacher", "country": "IT", "seminar.seminar-1": ""}
        )
        assert answer.status_code == 409
        assert one.form.notice.startswith("The same was changed elsewhere")
        assert one.errors == {
            "diet": "Saved at the moment: “Vegan”.",
            "role": "Saved at the moment: “Teacher”.",
            "country": "Saved at the moment: Sweden.",
            "seminar-seminar-1": "Saved at the moment: 1B Prevention, intervention or compensation.",
        }
        # What was typed stands beside it, what only the other changed is there, and nothing is written.
        assert (one.value("role"), one.value("diet"), one.value("country")) == (
            ["Head teacher"],
            ["No nuts"],
            ["IT"],
        )
        assert one.value("access_needs") == ["Loop"]
        assert row_of(house, cast.dag, "diet", "role") == {"diet": "Vegan", "role": "Teacher"}
        # Having seen both, one decides.
        one.fill({"diet": "Vegan", "seminar.seminar-1": "seminar-1b"})
        assert one.press("price").status_code == 200
        assert one.press("save").status_code == 303
    assert row_of(house, cast.dag, "diet", "role", "country") == {
        "diet": "Vegan",
        "role": "Head teacher",
        "country": "IT",
    }
    assert list(has(house, cast.dag)) == ["participation", "seminar-1b"]


def test_an_open_form_about_one_person_changes_nobody_else(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        about_dag = Changing(browser, f"{booking}/delegates/1")
        instead_of_dag = Changing(browser, f"{booking}/delegates/1/replacement")
        Changing(browser, f"{booking}/delegates/1/replacement").save(name="Gia", email=cast.gia.email)
        assert at_the_page(about_dag, diet="Vegan").status_code == 409
        assert about_dag.errors == {
            "name": "Saved at the moment: “Gia”.",
            "diet": "Saved at the moment: nothing.",
        }
        for field, value in {"name": "Sten", "email": cast.sten.email}.items():
            instead_of_dag.fill({field: value})
        assert instead_of_dag.press("save").status_code == 409
    assert row_of(house, cast.gia, "name", "diet") == {"name": "Gia", "diet": ""}


def test_who_pays_is_merged_and_what_collides_is_shown(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        pages = [Changing(browser, f"{booking}/payer") for _ in range(3)]
        typed = [
            {"payer.address": "Kirkegata 2\n0153 Oslo"},
            {"payer.reference": "PO 1"},
            {"payer.address": "Elsewhere", "payer.name": "Mona"},
        ]
        for page, fields in zip(pages, typed, strict=True):
            page.form.fill(fields)
        assert [page.press("save").status_code for page in pages] == [303, 303, 409]
        last = pages[-1]
        assert last.form.errors == {"payer-address": "Saved at the moment: “Kirkegata 2\n0153 Oslo”."}
        assert last.form.values["payer.address"] == ["Elsewhere"]
        assert last.form.values["payer.reference"] == ["PO 1"]
        shown = words(browser.get(booking).text)
        assert "Kirkegata 2" in shown
        assert "PO 1" in shown
        assert last.press("save").status_code == 303
    [row] = house.rows("SELECT * FROM booking WHERE payer_email = ?", cast.dag.email)
    assert (row["address"], row["payment_reference"], row["payer_name"]) == ("Elsewhere", "PO 1", "Mona")


def test_a_form_that_says_nothing_true_of_when_it_was_drawn_overwrites_nothing(
    house: House, cast: Cast
) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        Changing(browser, f"{booking}/delegates/1").save(diet="Vegan")
        for odd in ("", "x", "[" * 5000, "[1]", "[1, 2]", '[1, {"a": 3}]', '{"a": 1}', "[0, {}]"):
            page = Changing(browser, f"{booking}/delegates/1")
            page.form.values["drawn"] = [odd]
            page.fill({"diet": ""})
            assert page.press("save").status_code == 409, odd
            assert page.errors["diet"] == "Saved at the moment: “Vegan”."
        assert page.press("save").status_code == 303
    assert row_of(house, cast.dag, "diet") == {"diet": ""}


def test_of_ten_windows_that_save_at_once_one_does(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.gia)
        page = Changing(browser, f"{booking}/delegates/1")
        page.fill({"workshop": "yes"})
        page.press("price")
        before = taken(house, "workshop")

        def save(number: int) -> httpx.Response:
            with house.client(cookies=browser.cookies) as window:
                typed = page.form.values | {"delegates.0.role": [f"Teacher {number}"], "action": ["save"]}
                return window.post(page.path, data=typed)

        with ThreadPoolExecutor(10) as windows:
            answers = list(windows.map(save, range(10)))
    # Who looks while the first one writes may see its price before its words: nothing of theirs is saved either way.
    assert sorted(answer.status_code == 303 for answer in answers) == [*[False] * 9, True]
    assert {answer.status_code for answer in answers} <= {303, 409, 422}
    assert taken(house, "workshop") == before + 1
    assert house.rows("SELECT revision FROM booking WHERE payer_email = ?", cast.gia.email) == [
        {"revision": 1}
    ]
