"""Somebody else comes, in a place that another one had."""

from __future__ import annotations

import re
from functools import partial

import httpx

from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import (
    Changing,
    details_link,
    has,
    letters_about,
    sign_in,
    taken,
)
from tests.support.house import House
from tests.support.waiting import until


def test_a_colleague_takes_anothers_place_and_has_what_they_had(house: House, cast: Cast) -> None:
    with house.client() as browser, house.client() as gias:
        booking = book(browser, cast.dag, seminar_1="seminar-1a", workshop="yes", nights=["2017-11-06"])
        Changing(browser, f"{booking}/delegates/1").save(diet="No nuts", access_needs="Loop", role="Teacher")
        had, seats = has(house, cast.dag), taken(house, "seminar-1a")
        page = Changing(browser, f"{booking}/delegates/1/replacement")
        page.fill({"name": cast.gia.name, "email": "mona@nowhere"})
        answer = page.press("save")
        assert answer.status_code == 422
        assert "does not look like an e-mail address" in page.errors["email"]
        assert page.value("name") == [cast.gia.name]
        page.save(email=cast.gia.email)
        assert not has(house, cast.dag)
        assert has(house, cast.gia) == had
        assert taken(house, "seminar-1a") == seats
        [row] = house.rows("SELECT * FROM delegate WHERE email = ?", cast.gia.email)
        assert (row["name"], row["diet"], row["access_needs"], row["role"]) == (cast.gia.name, "", "", "")
        sign_in(house, gias, cast.gia)
        assert gias.get(f"{booking}/delegates/1").status_code == 200


def test_the_place_of_somebody_erased_is_given_to_another_or_cancelled(house: House, cast: Cast) -> None:
    with house.client() as dags, house.client() as gias:
        page = Registering(dags)
        page.for_delegates(cast.dag, cast.gia, cast.sten)
        booking = page.book()
        details = details_link(house, cast.gia)
        assert gias.get(details).status_code == 200
        sign_in(house, gias, cast.gia)
        assert f'{booking}/delegates/2"' in dags.get(booking).text
        assert gias.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert gias.get(details).status_code == 404
        shown = dags.get(booking).text
        assert f'{booking}/delegates/1"' in shown
        assert f'{booking}/delegates/2"' not in shown
        for answer in (dags.get(f"{booking}/delegates/2"), dags.post(f"{booking}/delegates/2")):
            assert answer.status_code == 409
            assert "Somebody else may come in it" in words(answer.text)
        instead = Changing(dags, f"{booking}/delegates/2/replacement")
        instead.fill({"name": "Mona Måkestad", "organisation": "X", "country": "NO"})
        assert instead.press("save").status_code == 422
        assert instead.errors["email"] == "Please enter an e-mail address."
        instead.save(email=cast.mona.email)
        assert has(house, cast.mona).keys() == {"participation"}
        assert f'{booking}/delegates/2"' in dags.get(booking).text
        Changing(dags, f"{booking}/delegates/2/cancellation").cancel()
        assert not has(house, cast.mona)


def test_who_comes_no_more_opens_nobodys_ticket_with_the_link_of_the_booking(
    house: House, cast: Cast
) -> None:
    with house.client() as payers, house.client() as gias, house.client() as dags:
        page = Registering(payers)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        for client, person in ((gias, cast.gia), (dags, cast.dag)):
            sign_in(house, client, person)
        everybody = {cast.olga.email, cast.dag.email, cast.gia.email}

        def shown(client: httpx.Client) -> tuple[int, set[str]]:
            html = client.get(booking).text
            return len(set(re.findall(r"/tickets/[\w.-]+", html))), {one for one in everybody if one in html}

        assert shown(payers) == (2, everybody)
        assert shown(gias) == (1, {cast.gia.email, cast.olga.email})
        for path in ("1/replacement", "2/cancellation"):
            change = Changing(payers, f"{booking}/delegates/{path}")
            if path.endswith("replacement"):
                change.save(name=cast.mona.name, email=cast.mona.email, organisation="X", country="NO")
            else:
                change.cancel()
        for gone in (gias, dags):
            assert shown(gone) == (0, set())
        assert shown(payers) == (1, {cast.olga.email})
        for person in (cast.dag, cast.gia):
            [letter] = until(partial(letters_about, house, person, "You are no longer on booking"))
            for kind in ("plain", "html"):
                said = letter.get_body((kind,))
                assert said
                assert f"{house.url}/register" in said.get_content()
                assert "/bookings/" not in said.get_content()


def test_nobody_is_on_a_booking_twice(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia)
        booking = page.book()
        for path in ("/delegates/1/replacement", "/delegates/new"):
            change = Changing(browser, booking + path)
            same = {"name": cast.gia.name.lower(), "email": cast.gia.email.upper()}
            change.fill(same | {"organisation": "X", "country": "IT"})
            change.press("price")
            assert change.press("save").status_code == 422
            assert "A delegate of this name and address is on this booking" in change.errors["email"]
