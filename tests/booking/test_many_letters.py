"""Very many letters at once: they are late, and nobody is refused."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta

import httpx

from tests.conftest import Houses
from tests.support.booking import Form, Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, sign_in
from tests.support.house import House
from tests.support.sources import a_source


class Office:
    """Whoever books for twenty at a time."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        page = Registering(client)
        page.for_delegates(*(Cast().dag for _ in range(20)))
        page.press("price")
        self.typed = page.form.values

    def book(self, **headers: str) -> httpx.Response:
        fresh = {
            name: [f"{secrets.token_hex(4)}.{value[0]}"]
            for name, value in self.typed.items()
            if name.startswith("delegates.") and name.endswith(".email")
        }
        self.sent = self.typed | fresh | {"form_token": Registering(self.client).form.values["form_token"]}
        return self.client.post("/register", data=self.sent | {"action": "book"}, headers=headers)


def test_who_books_for_very_many_has_letters_that_wait_and_takes_nothing_from_others(
    houses: Houses, cast: Cast
) -> None:
    """As found: 49 bookings that nobody had proved used up the letters of everybody for an hour."""
    house, here, there = houses(), a_source(), a_source()
    house.plenum("organiser", "add", cast.olga.email)
    with house.client() as browser, house.client(headers=there) as another, house.client() as olgas:
        sign_in(house, olgas, cast.olga)
        assert "wait for their turn" not in olgas.get("/organise").text
        office = Office(browser)
        # An afternoon’s work for a congress office: all of it is booked, and five letters in six go at once.
        booked = [office.book(**here) for _ in range(6)]
        assert [answer.status_code for answer in booked] == [303] * 6
        assert late_letters(house) == 20
        assert re.search(
            r"a confirmation leaves in \d+ minutes", words(browser.get(booked[-1].headers["location"]).text)
        )
        assert "20 letters wait for their turn" in words(olgas.get("/organise").text)
        assert "20 wait for their turn" in house.plenum("doctor", check=False).stdout

        # What is too much to be anybody’s work is refused to that source, and nothing typed is lost.
        while (refused := office.book(**here)).status_code == 303:
            pass
        assert refused.status_code == 429
        form = Form(refused.text)
        assert form.notice.startswith(
            "Nothing is booked yet. A great deal has been booked from your network."
        )
        assert re.search(r"try again in \d+ minutes", form.notice)
        assert form.values["delegates.19.email"] == office.sent["delegates.19.email"]
        assert len(house.rows("SELECT * FROM booking")) < 30

        # Others go on as before, and change what they have.
        path = book(another, cast.gia)
        assert re.search(
            f"A confirmation (is on its way|was sent) to {cast.gia.email}", words(another.get(path).text)
        )
        Changing(another, f"{path}/delegates/1").save(seminar_1="seminar-1a")


def test_when_very_many_book_at_once_letters_are_late_and_nobody_is_refused(houses: Houses) -> None:
    """As found: a registration that opened with 1,200 people failed at the thousandth letter."""
    house = houses()
    with house.client() as browser:
        office = Office(browser)
        booked = [office.book(**a_source()) for _ in range(60)]
        assert {answer.status_code for answer in booked} == {303}
        # A thousand at once, and one every 3.6 seconds.
        assert 100 < late_letters(house) <= 200
        assert "a confirmation leaves in" in words(browser.get(booked[-1].headers["location"]).text)
        assert house.rows("SELECT count(*) AS n FROM outgoing_mail")[0]["n"] >= 1200


def late_letters(house: House) -> int:
    """How many letters nobody has touched yet, and are to leave in two minutes or later."""
    # By the real clock: machines do not rehearse.
    soon = f"{datetime.now(UTC) + timedelta(minutes=2):%Y-%m-%d %H:%M:%S+00:00}"
    untouched = (
        "SELECT count(*) AS n FROM outgoing_mail WHERE state = 'waiting' AND attempts = 0 AND due_at > ?"
    )
    return int(house.rows(untouched, soon)[0]["n"])
