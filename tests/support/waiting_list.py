"""A house whose seats are counted and whose clock is set, and how people wait in it."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from tests.support.booking import Form, words
from tests.support.cast import Person
from tests.support.changes import taken
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until

WAITS = "SELECT id FROM waiting WHERE state = 'waiting' AND email = ?"


def with_capacities(folder: Path, **capacities: int) -> Path:
    text = SCHOOL_REFUSAL.read_text()
    for slug, seats in capacities.items():
        text, found = re.subn(
            rf'(\n\[\[(?:product|session)\]\]\nslug = "{slug.replace("_", "-")}"\n)',
            rf"\1capacity = {seats}\n",
            text,
        )
        assert found, slug
    file = folder / "full.toml"
    file.write_text(text)
    return file


class FullHouse:
    """A house whose seats we count and whose clock we set."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self._folder = folder

    def offer(self, **capacities: int) -> None:
        """Load the conference with so many seats, and wait until the pages know."""
        self.house.plenum("conference", "load", with_capacities(self._folder, **capacities))

    def set_clock(self, time: str) -> None:
        self.house.plenum("clock", time)
        with self.house.client() as anybody:
            until(lambda: f", {time[11:16]}" in anybody.get("/sign-in").text)


def seats(full: FullHouse, **left: int) -> None:
    """Let there be so many seats left of each."""
    full.offer(**{slug: taken(full.house, slug.replace("_", "-")) + more for slug, more in left.items()})


def wait_for(client: httpx.Client, booking: str, offer: str, *numbers: str, lets_pass: bool = False) -> str:
    """Join the list for something full, for these delegates of a booking. Returns the party's own page."""
    until(lambda: f'value="{offer}"' in client.get(f"{booking}/waiting").text)
    form = Form(client.get(f"{booking}/waiting").text, "waiting")
    form.fill({"offer": offer, "delegates": list(numbers), "lets_pass": ["yes"] if lets_pass else []})
    answer = client.post(f"{booking}/waiting", data=form.values)
    assert answer.status_code == 303, Form(answer.text, "waiting").errors
    return answer.headers["location"]


def says(client: httpx.Client, page: str) -> str:
    return words(client.get(page).text)


def ask_to_wait(client: httpx.Client, person: Person, **fields: str) -> httpx.Response:
    """Ask for a place on the list of the conference."""
    return client.post("/waiting", data={"name": person.name, "email": person.email, "seats": "1"} | fields)


def news(house: House, person: Person, subject: str) -> str:
    """The link in the mail about the waiting list with this subject, once it has come."""
    mail = until(lambda: [m for m in house.outbox() if person.email in m["To"] and subject in m["Subject"]])[
        -1
    ]
    text = mail.get_body(("plain",))
    assert text
    found = re.search(r"/waiting/[\w./-]+", text.get_content())
    assert found
    return found[0]
