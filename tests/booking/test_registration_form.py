"""The form: it keeps what is typed, and says beside each field what is wrong."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support.booking import (
    ALONE,
    Form,
    Registering,
    book,
    bookings_of,
    choices_of,
    fields_for,
    items_of,
    words,
)
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, sign_in
from tests.support.house import House


def delegates(number: int) -> list[Person]:
    """Colleagues from Norway, enough of them."""
    return [Cast().dag for _ in range(number)]


@pytest.mark.one_database
def test_a_colleague_is_added_and_removed_without_losing_what_was_typed(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.fill(
            fields_for(cast.dag) | choices_of(0, seminar_1="seminar-1a", nights=["2017-11-05", "2017-11-07"])
        )
        page.fill(
            {"payer.reference": "PO <4711> & “more”", "delegates.0.diet": "\nFish\n\n  but no shellfish"}
        )
        typed = page.form.values
        assert not any(button.startswith("remove") for button in page.form.buttons), "somebody has to come"
        page.press("add")
        kept = page.form.values
        assert {name: kept[name] for name in typed if name not in ("form_token", "price_seen")} == {
            name: typed[name] for name in typed if name not in ("form_token", "price_seen")
        }
        assert kept["delegates.1.organisation"] == ["Bærum kommune"], (
            "a colleague most likely works there too"
        )
        page.fill(
            {
                "delegates.1.name": cast.gia.name,
                "delegates.1.email": cast.gia.email,
                "delegates.1.country": "IT",
            }
        )
        page.press("add")
        page.fill({"delegates.2.name": cast.sten.name, "delegates.2.nights": ["2017-11-06"]})
        page.press("remove:1")
        assert page.form.values["delegates.0.name"] == [cast.dag.name]
        assert page.form.values["delegates.1.name"] == [cast.sten.name]
        assert page.form.values["delegates.1.nights"] == ["2017-11-06"]
        assert page.form.values["delegates.1.country"] == [""]
        assert page.form.values["payer.reference"] == ["PO <4711> & “more”"]
        page.press("remove:1")
        assert page.form.values["delegates.0.diet"] == ["\nFish\n\n  but no shellfish"]
        assert "delegates.1.name" not in page.form.values
    assert not bookings_of(house, cast.dag)


@pytest.mark.one_database
def test_twenty_come_together_and_the_form_offers_no_twenty_first(house: House) -> None:
    colleagues = delegates(20)
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(*colleagues)
        assert "add" not in page.form.buttons
        assert "One booking takes 20 delegates at most" in page.answer.text
        booking = page.book()
        answer = browser.get(f"{booking}/delegates/new")
        assert answer.status_code == 409
        assert "One booking takes 20 delegates at most" in answer.text
        Changing(browser, f"{booking}/delegates/20/cancellation").cancel()
        assert browser.get(f"{booking}/delegates/new").status_code == 200
    assert len(items_of(house, colleagues[18])) == 1


def test_a_reload_finds_what_was_typed(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.fill(fields_for(cast.dag) | choices_of(0, workshop="yes", seminar_2="seminar-2a"))
        typed = page.form.values
        changed = browser.post("/register/price", data=typed, headers={"HX-Request": "true"})
        assert changed.status_code == 200
        page.open()
        for name in typed.keys() - {"form_token", "price_seen"}:
            assert page.form.values[name] == typed[name], name
        # Somebody else at another browser finds an empty form.
        with house.client() as another:
            assert Registering(another).form.values["delegates.0.name"] == [""]
        # Once it is booked, the next one begins empty too.
        page.book()
        page.open()
        assert page.form.values["delegates.0.name"] == [""]


def test_what_was_typed_survives_a_browser_that_forgot_its_cookies(house: House, cast: Cast) -> None:
    with house.client() as browser:
        book(browser, cast.olga)
        page = Registering(browser)
        page.for_delegates(cast.dag)
        page.press("price")
        del browser.cookies["plenum_sign_in"]  # a session that ended, as far as we know
        page.open()
        assert page.form.values["delegates.0.name"] == [cast.dag.name]
        browser.cookies.clear()
        page.press("price")
        assert page.form.values["delegates.0.name"] == [cast.dag.name]
        page.open()
        assert page.form.values["delegates.0.name"] == [cast.dag.name]
        page.book()
    assert len(bookings_of(house, cast.dag)) == 1


UNSEEN = ["\u200b", "\u2800", "\u3164", "\u202e\u202c"]


def test_a_name_of_which_nothing_is_to_be_seen_is_none(sqlite_house: House, cast: Cast) -> None:
    with sqlite_house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, name=cast.gia.name)
        page.press("price")
        for unseen in UNSEEN:
            page.fill({"delegates.0.name": unseen, "delegates.0.organisation": unseen})
            assert page.press("book").status_code == 422
            assert page.form.errors == {
                "delegates-0-name": "Please enter the delegate’s name.",
                "delegates-0-organisation": "Please enter the school, service or organisation.",
            }
        page.fill({"delegates.0.name": "Zoë Ødegård-Ibáñez", "delegates.0.organisation": "日本"})
        assert page.press("book").status_code == 303


LINKS = [
    "You have won, see http://evil.example/4 now",
    "www.evil.example",
    "Evil.COM",
    "a bit.ly/4",
    "evil.co.uk",
]
TITLES = ["Dr. Müller", "J.R.R. Tolkien", "St. Olav", "Cand.polit. Kari M.Sc. Ph.D", "Dr.No jr."]


def test_a_name_is_no_address_of_a_page_and_may_have_dots(sqlite_house: House, cast: Cast) -> None:
    with sqlite_house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, name=cast.gia.name, email=cast.gia.email)
        page.press("price")
        for link in LINKS:
            page.fill({"delegates.0.name": link, "payer.name": link})
            assert page.press("book").status_code == 422
            assert set(page.form.errors) == {"delegates-0-name", "payer-name"}
            assert page.form.errors["payer-name"].startswith("Please enter a name.")
            assert page.form.values["delegates.0.name"] == [link]
        for title in TITLES:
            page.fill({"delegates.0.name": title, "payer.name": title, "payer.address": ""})
            assert page.press("book").status_code == 422
            assert set(page.form.errors) == {"payer-address"}
        page.fill(ALONE)
        assert page.press("book").status_code == 303


def test_a_draft_holds_what_the_form_has_and_nothing_else(sqlite_house: House, cast: Cast) -> None:
    with sqlite_house.client() as browser:
        strange = {f"anything{number}": "x" * 300 for number in range(900)}
        strange |= {"delegates.20.name": "y", "delegates.1.anything": "y", "delegates.01.name": "y"}
        known = {"country": "IS", "delegates.0.name": cast.dag.name, "delegates.0.role": "x" * 100_000}
        before = sqlite_house.rows("SELECT max(id) AS id FROM draft")[0]["id"] or 0
        assert browser.post("/register/price", data=strange | known).status_code == 200
        [draft] = sqlite_house.rows("SELECT sealed FROM draft WHERE id > ?", before)
        assert len(draft["sealed"]) < 500
        form = Registering(browser).form
        assert form.values["delegates.0.name"] == [cast.dag.name]
        assert form.values["country"] == ["IS"]
        assert form.values["delegates.0.role"] == ["x" * 500]
        assert not form.there or "delegates.1.name" not in form.values

        # Of more fields than any form of ours has, nothing is taken apart
        more = strange | {f"more{number}": "x" for number in range(200)}
        for path in ("/register/price", "/register", "/sign-in"):
            refused = browser.post(path, data=more | known)
            assert refused.status_code == 413
            assert "That is too much at once" in refused.text


@pytest.mark.one_database
def test_the_price_follows_each_change_and_says_what_is_wrong_beside_its_field(
    house: House, cast: Cast
) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.fill({"country": "NO", "delegates.0.email": "dag at school"} | choices_of(0, workshop="yes"))
        answer = browser.post("/register/price", data=page.form.values, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "Total NOK 9,625" in words(answer.text)
    assert "Optional workshop (day 3) NOK 1,900 MVA 25 % NOK 475" in words(answer.text)
    said = dict(
        re.findall(r'<hx-partial hx-target="#error-([\w-]+)"[^>]*>(.*?)</hx-partial>', answer.text, re.DOTALL)
    )
    assert "does not look like an e-mail address" in said["delegates-0-email"]
    assert said["country"] == ""
    assert "delegates-0-name" not in said, "nobody is blamed for what comes later"


@pytest.mark.one_database
def test_an_address_that_many_mail_servers_never_take_is_refused_beside_every_field(
    house: House, cast: Cast
) -> None:
    odd, fine = f"dåg.{cast.dag.email}", cast.dag.email.replace("@", "@bærum.")
    said = "Many mail servers take no “å” before the @"
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, email=odd)
        page.fill({"delegates.0.email": odd})
        page.press("price")
        assert said in page.form.errors["delegates-0-email"]
        assert said in page.form.errors["payer-email"]
        assert page.form.values["payer.email"] == [odd]
        page.fill({"delegates.0.email": fine, "payer.email": ""})
        booking = page.book()
        sign_in(house, browser, replace(cast.dag, email=fine.replace("bærum", "xn--brum-voa")))
        assert fine in browser.get(booking).text
        for path, fields in (
            ("/me/address", {}),
            ("/waiting", {"name": cast.dag.name, "seats": "1"}),
            ("/sign-in", {}),
        ):
            refused = browser.post(path, data=fields | {"email": odd})
            assert refused.status_code == 422, path
            assert said in words(refused.text), path
            assert odd in refused.text, path
            assert said not in browser.post(path, data=fields | {"email": f"other.{fine}"}).text, path
    done = house.plenum("organiser", "add", odd, check=False)
    assert done.returncode == 1
    assert said in done.stderr


@pytest.mark.one_database
def test_htmx_gets_the_form_alone_when_a_colleague_comes(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.fill(fields_for(cast.dag))
        answer = browser.post(
            "/register", data=page.form.values | {"action": "add"}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 200
        assert "<html" not in answer.text
        form = Form(answer.text)
        assert form.values["delegates.0.name"] == [cast.dag.name]
        assert form.values["delegates.1.name"] == [""]


@pytest.mark.one_database
def test_without_a_script_the_price_is_shown_before_it_is_charged(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag)  # from Norway, whose MVA the page has not shown yet
        assert page.form.values["price_seen"] == ["580000"]
        answer = page.press("book")
        assert answer.status_code == 422
        assert page.form.notice == "Please look at the price, then confirm the booking."
        assert "Total NOK 7,250" in words(answer.text)
        assert page.form.values["delegates.0.name"] == [cast.dag.name]
        assert not bookings_of(house, cast.dag)
        assert page.press("book").status_code == 303
    assert items_of(house, cast.dag) == [("participation", 580_000, 145_000)]
