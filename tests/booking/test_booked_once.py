"""Once, however often it is sent; and twice only for who means it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from tests.support.booking import (
    Registering,
    book,
    bookings_of,
    count,
    filled_in,
    items_of,
    words,
)
from tests.support.cast import Cast
from tests.support.changes import Changing, taken
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.waiting import until


def test_the_same_form_sent_ten_times_at_once_books_once(house: House, cast: Cast) -> None:
    with house.client() as browser:
        form = filled_in(browser, cast.dag, seminar_1="seminar-1a")
    before = taken(house, "seminar-1a")

    def send(_: int) -> httpx.Response:
        with house.client() as window:
            return window.post("/register", data=form)

    with ThreadPoolExecutor(10) as windows:
        answers = list(windows.map(send, range(10)))
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    assert len(bookings_of(house, cast.dag)) == 1
    assert taken(house, "seminar-1a") == before + 1
    assert len(items_of(house, cast.dag)) == 2
    assert len(house.outbox(cast.dag.email)) == 1


def test_a_form_sent_again_after_a_lost_answer_leads_to_the_booking_it_made(house: House, cast: Cast) -> None:
    with house.client() as browser:
        form = filled_in(browser, cast.dag)
        # This browser never learns of the answer.
        with house.client(cookies=browser.cookies) as lost:
            made = lost.post("/register", data=form).headers["location"]
        before = count(house)
        for button in ("book", "price", "add"):
            again = browser.post("/register", data=form | {"action": button})
            assert (again.status_code, again.headers["location"]) == (303, made)
        assert browser.get(made).status_code == 200
        assert browser.get(made).text == browser.get(made).text, "a reload shows the same"
        assert made in browser.get("/me").text
    assert count(house) == before


def test_a_form_that_was_booked_says_so_and_goes_on_as_a_new_one(house: House, cast: Cast) -> None:
    with house.client() as browser:
        form = filled_in(browser, cast.dag)
        made = browser.post("/register", data=form).headers["location"]
        before = count(house)
        changed = form | {
            "delegates.0.name": ["Gia Giannini"],
            "delegates.0.email": [cast.gia.email],
            "delegates.0.workshop": ["yes"],
        }
        page = Registering(browser)
        page._look_at(browser.post("/register", data=changed))
        assert page.answer.status_code == 409
        assert page.form.notice.startswith("This form has made a booking already.")
        assert f'href="{made}"' in page.answer.text
        assert count(house) == before
        # What was typed is in a new form, at its own price.
        assert page.form.values["delegates.0.email"] == [cast.gia.email]
        assert page.form.values["form_token"] != form["form_token"]
        assert "NOK 7,700" in words(page.answer.text)
        page.press("add")
        page.press("remove:1")
        assert page.book() != made
        # Other choices of the same person are not dropped in silence, either.
        again = browser.post("/register", data=form | {"delegates.0.nights": ["2017-11-06"]})
        assert again.status_code == 409
    assert len(bookings_of(house, cast.gia)) == 1
    assert len(bookings_of(house, cast.dag)) == 1


def test_whoever_books_somebody_twice_is_told_before(house: House, cast: Cast) -> None:
    with house.client() as dags, house.client() as stens:
        made = book(dags, cast.dag)
        [row] = bookings_of(house, cast.dag)
        page = Registering(dags)
        page.for_delegates(cast.gia, cast.dag)
        page.press("price")
        answer = page.press("book")
        assert answer.status_code == 409
        assert page.form.notice.startswith("Nothing is booked yet: somebody in this form is booked already.")
        assert f"{cast.dag.name}: booking {row['reference']}" in words(answer.text)
        assert f'href="{made}"' in answer.text
        assert not bookings_of(house, cast.gia)
        assert page.press("book").status_code == 303, "whoever means it confirms once more"
        # Nobody else learns from the form who comes.
        others = Registering(stens)
        others.for_delegates(cast.sten, cast.dag)
        others.press("price")
        answer = others.press("book")
        assert (answer.status_code, row["reference"] in answer.text) == (303, False)


def test_two_who_share_a_mailbox_have_a_ticket_and_a_link_of_their_own(house: House, cast: Cast) -> None:
    gia = replace(cast.gia, email=cast.dag.email)
    with house.client() as browser, house.client() as mailed:
        page = Registering(browser)
        page.for_delegates(cast.dag, replace(cast.dag, name=f" {cast.dag.name.upper()} "))
        page.press("price")
        assert page.press("book").status_code == 422
        assert (
            "A delegate of this name and address is on this booking" in page.form.errors["delegates-1-email"]
        )
        page.fill({"delegates.1.name": gia.name, "delegates.1.organisation": gia.organisation})
        booking = page.book()
        mails = until(lambda: found if len(found := house.outbox(cast.dag.email)) == 2 else [])
        by_name = {
            name: mail
            for mail in mails
            for name in (cast.dag.name, gia.name)
            if f"Hello {name}" in text_of(mail)
        }
        assert by_name.keys() == {cast.dag.name, gia.name}
        links = {}
        for name, mail in by_name.items():
            assert text_of(mail).count("Ticket of ") == 1
            assert f"Ticket of {name}" in text_of(mail)
            [links[name]] = re.findall(r"/details/[\w.-]+", text_of(mail))
        assert len({*re.findall(r"/tickets/[\w.-]+", "".join(map(text_of, mails)))}) == 2
        assert ("Invoice" in text_of(by_name[cast.dag.name])) != ("Invoice" in text_of(by_name[gia.name]))
        details = Changing(mailed, links[gia.name])
        assert details.value("name") == [gia.name]
        details.fill({"diet": "No nuts"})
        assert details.press("save").status_code == 303
        rows = house.rows("SELECT name, diet FROM delegate WHERE email = ? ORDER BY position", cast.dag.email)
        assert rows == [{"name": cast.dag.name, "diet": ""}, {"name": gia.name, "diet": "No nuts"}]
        # What is changed for one of them is told to them, and to whoever pays.
        Changing(browser, f"{booking}/delegates/2").save(workshop="yes")
        more = until(lambda: found if len(found := house.outbox(cast.dag.email)) == 4 else [])[2:]
        assert {name for mail in more for name in by_name if f"Hello {name}" in text_of(mail)} == set(by_name)
        # One more of that mailbox comes, and the second of them comes no more.
        added = Changing(browser, f"{booking}/delegates/new")
        added.save(name=cast.mona.name, email=cast.dag.email, organisation="X", country="NO")
        Changing(browser, f"{booking}/delegates/2/cancellation").cancel()
        names = house.rows("SELECT name FROM delegate WHERE email = ? ORDER BY position", cast.dag.email)
        assert [row["name"] for row in names] == [cast.dag.name, cast.mona.name]
        gone = until(lambda: [m for m in house.outbox(cast.dag.email) if "no longer" in m["Subject"]])
        assert [f"Hello {gia.name}" in text_of(mail) for mail in gone] == [True]
