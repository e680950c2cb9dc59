"""Registering as a browser without JavaScript does it: what stands in the form is sent, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from typing import Any

import httpx

from tests.support.cast import Person
from tests.support.house import House

Values = dict[str, list[str]]
"""What a form holds, by the name of the field."""

ALONE = {"payer.address": "Storgata 1, 0155 Oslo", "consent": "yes"}
"""What has to be said beside who comes."""


class Form(HTMLParser):
    """A form on a page: what it holds, what it offers, and what is said beside its fields."""

    def __init__(self, html: str, id: str = "registration") -> None:  # noqa: A002
        super().__init__()
        self._id = id
        self._inside = False
        self._select = ""
        self._reading: list[str] | None = None
        self.values: Values = {}
        self.offered: dict[str, set[str]] = {}
        """Of each field one chooses in: what could be chosen now."""
        self.buttons: set[str] = set()
        self._messages: dict[str, list[str]] = {}
        self._notice: list[str] = []
        self.feed(html)

    @property
    def there(self) -> bool:
        """Whether the page has this form."""
        return bool(self.values)

    @property
    def errors(self) -> dict[str, str]:
        """What is said beside each field that is not in order, by the id of the field."""
        said = {name: "".join(words).strip() for name, words in self._messages.items()}
        return {name: words for name, words in said.items() if words}

    @property
    def notice(self) -> str:
        """What is said above all fields."""
        return "".join(self._notice).strip()

    def fill(self, fields: Mapping[str, str | Sequence[str]]) -> None:
        """Type and choose. Fails when the form has no such field, or does not offer this to choose."""
        for name, value in fields.items():
            values = [value] if isinstance(value, str) else list(value)
            offered = self.offered.get(name)
            assert name in self.values, f"The form has no field {name}."
            assert offered is None or offered.issuperset(values), f"{name} offers {offered}, not {values}."
            self.values[name] = values

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        name = has.get("name", "")
        match tag:
            case "form":
                self._inside = has.get("id") == self._id
            case "p" if has.get("id", "").startswith("error-") and has.get("class") == "error":
                self._reading = self._messages.setdefault(has["id"].removeprefix("error-"), [])
            case "p" if has.get("class") == "notice-title":
                self._reading = self._notice
            case _ if not self._inside:
                pass
            case "button":
                self.buttons.add(has.get("value", ""))
            case "input" if has.get("type") in ("radio", "checkbox"):
                chosen = self.values.setdefault(name, [])
                if "disabled" not in has:
                    self.offered.setdefault(name, set()).add(has["value"])
                if "checked" in has:
                    chosen.append(has["value"])
            case "input":
                self.values.setdefault(name, []).append(has.get("value", ""))
            case "select":
                self._select = name
                self.values[name] = [""]
            case "option" if self._select:
                self.offered.setdefault(self._select, set()).add(has["value"])
                if "selected" in has:
                    self.values[self._select] = [has["value"]]
            case "textarea":
                self._reading = self.values.setdefault(name, [""])

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._inside = False
            case "select":
                self._select = ""
            case "textarea" if self._reading is not None:
                # A browser leaves out the line break that a text area begins with.
                self._reading[:] = ["".join(self._reading).removeprefix("\n")]
                self._reading = None
            case "p":
                self._reading = None

    def handle_data(self, data: str) -> None:
        if self._reading is not None:
            self._reading.append(data)


class Registering:
    """Somebody at the registration page."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.open()

    def open(self) -> None:
        """Open the page, or load it again."""
        self._look_at(self.client.get("/register"))

    def fill(self, fields: Mapping[str, str | Sequence[str]]) -> None:
        self.form.fill(fields)

    def press(self, button: str) -> httpx.Response:
        """Press the button with this value: `price`, `add`, `remove:1` or `book`. The page that answers is next."""
        assert button in self.form.buttons, f"There is no button {button}: {self.form.buttons}"
        answer = self.client.post("/register", data=self.form.values | {"action": button})
        self._look_at(answer)
        return answer

    def for_delegates(self, *people: Person, **payer: str) -> None:
        """Fill in these colleagues with what is asked of everybody. `payer`: fields of whoever pays."""
        for _ in people[1:]:
            self.press("add")
        self.fill(fields_for(*people) | {f"payer.{name}": value for name, value in payer.items()})

    def book(self) -> str:
        """Look at the price, then book. Returns the address of the booking."""
        assert self.press("price").status_code == 200
        answer = self.press("book")
        assert answer.status_code == 303, f"{answer.status_code}: {self.form.notice} {self.form.errors}"
        return answer.headers["location"]

    def _look_at(self, answer: httpx.Response) -> None:
        self.answer = answer
        if answer.status_code != 303:
            self.form = Form(answer.text)


def fields_for(*people: Person) -> dict[str, str]:
    """Who comes, from where, and what is asked of everybody. The first one's country is the booking's."""
    country = people[0].country
    fields = {"country": country} | ALONE
    for number, person in enumerate(people):
        name = f"delegates.{number}"
        fields[f"{name}.name"] = person.name
        fields[f"{name}.email"] = person.email
        fields[f"{name}.organisation"] = person.organisation
        if person.country != country:
            fields[f"{name}.country"] = person.country
    return fields


def book(client: httpx.Client, *people: Person, **choices: str | Sequence[str]) -> str:
    """Book for these people, all with the same `choices`: `seminar_1="seminar-1a"`, `workshop="yes"`, `nights=[…]`.

    Returns the address of the booking.
    """
    at_the_page = Registering(client)
    at_the_page.for_delegates(*people)
    for number in range(len(people)):
        at_the_page.fill(choices_of(number, **choices))
    return at_the_page.book()


def choices_of(number: int, **choices: str | Sequence[str]) -> dict[str, str | Sequence[str]]:
    """The fields in which a delegate chooses."""
    names = {"seminar_1": "seminar.seminar-1", "seminar_2": "seminar.seminar-2"}
    return {f"delegates.{number}.{names.get(name, name)}": value for name, value in choices.items()}


def words(html: str) -> str:
    """What a page says, without its tags, in one line."""
    return " ".join(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", html, flags=re.DOTALL).split())


WRITTEN = ("booking", "delegate", "item", "person")
"""The tables a booking is written to."""


def count(house: House) -> dict[str, int]:
    """How many rows there are of everything that a booking writes."""
    return {table: house.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in WRITTEN}


def bookings_of(house: House, person: Person) -> list[dict[str, Any]]:
    return house.rows("SELECT * FROM booking WHERE payer_email = ? ORDER BY id", person.email)


def items_of(house: House, person: Person) -> list[tuple[str, int, int]]:
    """What a delegate has: the offer, its price and the tax on it, in øre."""
    rows = house.rows(
        "SELECT o.slug, i.amount, i.vat FROM item i JOIN offer o ON o.id = i.offer"
        " JOIN delegate d ON d.id = i.delegate WHERE d.email = ? ORDER BY i.id",
        person.email,
    )
    return [(row["slug"], row["amount"], row["vat"]) for row in rows]


def filled_in(browser: httpx.Client, *people: Person, **choices: str) -> dict[str, list[str]]:
    """A form whose price was seen, ready to be sent to `/register`, time and again."""
    page = Registering(browser)
    page.for_delegates(*people)
    for number in range(len(people)):
        page.fill(choices_of(number, **choices))
    page.press("price")
    return page.form.values | {"action": ["book"]}
