"""Many people who want the same few seats at the same instant."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import unescape
from pathlib import Path
from textwrap import dedent

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import Form, Registering, Values, choices_of, fields_for, words
from tests.support.cast import Cast, Person
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until

SEATS = 20
NIGHTS = 3
PLACES = 4
TABLE_FOR = 5
CAPACITIES = {
    '[[session]]\nslug = "seminar-1a"': SEATS,
    '[[session]]\nslug = "seminar-2b"': TABLE_FOR,
    '[[product]]\nslug = "workshop"': PLACES,
    '[[product]]\nslug = "room"': NIGHTS,
}


def with_few_seats(folder: Path) -> Path:
    """The conference, with room for fewer people than will come."""
    text = SCHOOL_REFUSAL.read_text()
    for place, seats in CAPACITIES.items():
        assert text.count(place) == 1
        text = text.replace(place, f"{place}\ncapacity = {seats}")
    file = folder / "few_seats.toml"
    file.write_text(text)
    return file


@pytest.fixture(scope="module")
def small_house(lasting_houses: Houses, database: str, tmp_path_factory: pytest.TempPathFactory) -> House:
    """A house with few seats, two workers, and a clock on a day when registration is open."""
    return lasting_houses(database, with_few_seats(tmp_path_factory.mktemp("small")), workers=2)


Party = Sequence[Person]


def parties(number: int, size: int = 1) -> list[Party]:
    """People from Sweden, who see the price they pay on the page before anything is typed."""
    return [
        [
            Person(person.name, person.email, person.organisation, "SE")
            for person in (Cast().dag for _ in range(size))
        ]
        for _ in range(number)
    ]


def all_at_once(
    house: House, wanting: Sequence[Party], **choices: str | Sequence[str]
) -> list[httpx.Response]:
    """Let every party fill in a form of its own, and then all of them press the button in the same instant."""
    with house.client() as anybody:
        form = filled_in(anybody, wanting[0], **choices)
    with house.client() as anybody:
        forms = [
            form
            | {name: [value] for name, value in fields_for(*party).items()}
            | {"form_token": [token_in(anybody.get("/register").text)]}
            for party in wanting
        ]

    async def rush() -> list[httpx.Response]:
        doors = httpx.AsyncHTTPTransport(limits=httpx.Limits(max_connections=len(wanting)))

        async def press(form: Values) -> httpx.Response:
            # Cookies of their own for everybody. Not closed: that would close the doors for all.
            browser = httpx.AsyncClient(transport=doors, base_url=house.url, timeout=120)
            return await browser.post("/register", data=form, headers={"Sec-Fetch-Site": "same-origin"})

        async with doors:
            return await asyncio.gather(*map(press, forms))

    return asyncio.run(rush())


def filled_in(browser: httpx.Client, party: Party, **choices: str | Sequence[str]) -> Values:
    page = Registering(browser)
    page.for_delegates(*party)
    for number in range(len(party)):
        page.fill(choices_of(number, **choices))
    page.press("price")
    return page.form.values | {"action": ["book"]}


def token_in(html: str) -> str:
    found = re.search(r'name="form_token" value="([^"]+)"', html)
    assert found
    return unescape(found[1])


def holding(house: House, offer: str) -> set[str]:
    """The addresses of the delegates who have this offer."""
    rows = house.rows(
        "SELECT d.email FROM delegate d JOIN item i ON i.delegate = d.id JOIN offer o ON o.id = i.offer"
        " WHERE o.slug = ?",
        offer,
    )
    assert len(rows) == house.rows("SELECT taken FROM offer WHERE slug = ?", offer)[0]["taken"]
    return {row["email"] for row in rows}


def written_of(house: House, party: Party) -> Mapping[str, int]:
    """How many rows there are that anybody in the party has part in."""
    marks = ", ".join("?" for _ in party)
    emails = [person.email for person in party]
    queries = {
        "person": f"SELECT count(*) AS n FROM person WHERE email IN ({marks})",
        "booking": f"SELECT count(*) AS n FROM booking WHERE payer_email IN ({marks})",
        "delegate": f"SELECT count(*) AS n FROM delegate WHERE email IN ({marks})",
        "item": f"SELECT count(*) AS n FROM item i JOIN delegate d ON d.id = i.delegate WHERE d.email IN ({marks})",
        "sign_in": "SELECT count(*) AS n FROM sign_in s JOIN person p ON p.id = s.person"
        f" WHERE p.email IN ({marks})",
    }
    return {table: house.rows(query, *emails)[0]["n"] for table, query in queries.items()}


NOTHING = {"person": 0, "booking": 0, "delegate": 0, "item": 0, "sign_in": 0}


def of_the_rows(house: House, parties: Sequence[Party]) -> Mapping[str, int]:
    """The rows of all these parties together."""
    return written_of(house, [person for party in parties for person in party])


def who_got_in(
    house: House, wanting: Sequence[Party], answers: Sequence[httpx.Response], field: str, why: str
) -> list[Party]:
    """The parties that booked. Fails unless all others are told so, clearly, and nothing of theirs is written."""
    assert Counter(answer.status_code for answer in answers).keys() <= {303, 409}
    inside = [party for party, answer in zip(wanting, answers, strict=True) if answer.status_code == 303]
    outside = [party for party in wanting if party not in inside]
    assert of_the_rows(house, outside) == NOTHING
    turned_away = [answer for answer in answers if answer.status_code == 409]
    assert all("Nothing is booked yet." in answer.text for answer in turned_away)
    for answer in (turned_away[0], turned_away[-1]):  # to read every page takes longer than the race
        form = Form(answer.text)
        assert re.fullmatch(f"Nothing is booked yet. .*: {why}", form.notice), form.notice
        assert re.fullmatch(f".*: {why} Please choose again.", form.errors[field]), form.errors
        assert form.values["delegates.0.name"] == ["Dag Delås"], "nothing that was typed is lost"
    return inside


def test_twenty_seats_and_two_hundred_people_who_want_one(small_house: House) -> None:
    wanting = parties(200)
    answers = all_at_once(small_house, wanting, seminar_1="seminar-1a")
    inside = who_got_in(small_house, wanting, answers, "delegates-0-seminar-seminar-1", "no seat is left.")
    assert len(inside) == SEATS
    assert holding(small_house, "seminar-1a") == {party[0].email for party in inside}
    assert of_the_rows(small_house, inside) == {
        "person": SEATS,
        "booking": SEATS,
        "delegate": SEATS,
        "item": 2 * SEATS,
        "sign_in": SEATS,
    }
    # Somebody who chooses again comes in, and the page no longer offers what is gone.
    late = parties(1)[0]
    with small_house.client() as browser:
        until(lambda: "seminar-1a" not in Registering(browser).form.offered["delegates.0.seminar.seminar-1"])
        page = Registering(browser)
        assert "1A Gamification Fully booked" in words(page.answer.text)
        page.for_delegates(*late)
        page.fill(choices_of(0, seminar_1="seminar-1b"))
        page.book()
    assert written_of(small_house, late)["booking"] == 1


def test_three_rooms_in_a_night_and_thirty_people_who_want_to_sleep(small_house: House) -> None:
    wanting = parties(30)
    answers = all_at_once(small_house, wanting, nights=["2017-11-05", "2017-11-06"])
    inside = who_got_in(small_house, wanting, answers, "delegates-0-nights", "no seat is left.")
    assert len(inside) == NIGHTS
    for night in ("2017-11-05", "2017-11-06"):
        assert holding(small_house, f"room:{night}") == {party[0].email for party in inside}
    assert not holding(small_house, "room:2017-11-07"), "of the third night there is enough"


def test_four_places_in_the_workshop_and_thirty_people_who_want_one(small_house: House) -> None:
    wanting = parties(30)
    answers = all_at_once(small_house, wanting, workshop="yes")
    inside = who_got_in(small_house, wanting, answers, "delegates-0-workshop", "no seat is left.")
    assert len(inside) == PLACES
    assert holding(small_house, "workshop") == {party[0].email for party in inside}


def test_a_party_of_three_comes_in_together_or_not_at_all(small_house: House) -> None:
    wanting = parties(10, size=3)
    answers = all_at_once(small_house, wanting, seminar_2="seminar-2b")
    inside = who_got_in(
        small_house, wanting, answers, "delegates-2-seminar-seminar-2", "only 2 seats are left."
    )
    assert len(inside) == 1
    assert holding(small_house, "seminar-2b") == {person.email for person in inside[0]}
    # For two of them there is room.
    two = parties(2, size=2)
    assert sorted(answer.status_code for answer in all_at_once(small_house, two, seminar_2="seminar-2b")) == [
        303,
        409,
    ]
    assert len(holding(small_house, "seminar-2b")) == TABLE_FOR


def test_colleagues_who_book_each_other_at_once_wait_for_each_other(small_house: House) -> None:
    """The same people and offers, named in opposite order, so that who locks rows as they come would deadlock."""
    (some,) = parties(1, size=6)
    wanting = [some, some[::-1]] * 10
    answers = all_at_once(small_house, wanting, seminar_1="seminar-1b", seminar_2="seminar-2a")
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == len(wanting)
    assert written_of(small_house, some) == {
        "person": 6,
        "booking": 20,
        "delegate": 120,
        "item": 360,
        "sign_in": 20,
    }


LOOK_FIRST_AND_ACT_THEN = """
    from webapp.tables.booking.offers import Offer, SoldOut
    from webapp.booking import confirming

    confirm = confirming.confirm

    async def look_then_confirm(order, quote, **how):
        left = await Offer.seats_left()
        for line in quote.lines:
            if left.get(line.offer, 1) < 1:
                raise SoldOut(line.offer, line.title, 0)
        return await confirm(order, quote, **how)

    async def take(slug, seats, held=0):
        taken = Offer.update({Offer.taken: Offer.taken + seats}).where(Offer.slug == slug)
        return (await taken.returning(Offer.id))[0]["id"]

    confirming.confirm = look_then_confirm
    Offer.take = take
"""


def test_a_house_that_looks_before_it_takes_a_seat_oversells(
    houses: Houses, database: str, tmp_path: Path
) -> None:
    """What the other tests would say if seats were guarded by a look before, and not by the statement itself."""
    (tmp_path / "sitecustomize.py").write_text(dedent(LOOK_FIRST_AND_ACT_THEN))
    house = houses(database, with_few_seats(tmp_path), workers=2, PYTHONPATH=str(tmp_path))
    wanting = parties(200)
    answers = all_at_once(house, wanting, seminar_1="seminar-1a")
    booked = sum(answer.status_code == 303 for answer in answers)
    assert booked > SEATS
    assert len(holding(house, "seminar-1a")) == booked
