"""Changing a booking as a browser without JavaScript does it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.message import EmailMessage

import httpx

from tests.support.booking import Form, words
from tests.support.cast import Person
from tests.support.house import House
from tests.support.waiting import until


class Changing:
    """Somebody at a page on which something of a booking is changed."""

    def __init__(self, client: httpx.Client, path: str) -> None:
        self.client = client
        self.path = path
        answer = client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        self._look_at(answer)

    def fill(self, fields: Mapping[str, str | Sequence[str]]) -> None:
        """Type and choose. `fields` by their name without the delegate: `{"seminar.seminar-1": "seminar-1b"}`."""
        self.form.fill({self._whole(name): value for name, value in fields.items()})

    def press(self, button: str) -> httpx.Response:
        """Press the button with this value: `price`, `save` or `cancel`. The page that answers is next."""
        answer = self.client.post(self.path, data=self.form.values | {"action": button})
        self._look_at(answer)
        return answer

    def save(self, **fields: str | Sequence[str]) -> None:
        """Fill in, look at the difference, and confirm it."""
        self.fill({name.replace("seminar_", "seminar.seminar-"): value for name, value in fields.items()})
        assert self.press("price").status_code == 200
        answer = self.press("save")
        assert answer.status_code == 303, f"{answer.status_code}: {self.form.notice} {self.form.errors}"

    def cancel(self) -> None:
        answer = self.press("cancel")
        assert answer.status_code == 303, f"{answer.status_code}: {self.form.notice}"

    @property
    def errors(self) -> dict[str, str]:
        return {name.removeprefix("delegates-0-"): said for name, said in self.form.errors.items()}

    def value(self, name: str) -> list[str]:
        return self.form.values[self._whole(name)]

    def _whole(self, name: str) -> str:
        return name if "." in name and not name.startswith("seminar") else f"delegates.0.{name}"

    def _look_at(self, answer: httpx.Response) -> None:
        self.answer = answer
        if answer.status_code != 303:
            self.form = Form(answer.text, "change")


def sign_in(house: House, client: httpx.Client, person: Person) -> str:
    """Sign in by the link that is mailed, as somebody who opens their mail. Returns where it leads."""
    before = len(sign_in_links(house, person))
    client.post("/sign-in", data={"email": person.email})
    links = until(lambda: found if len(found := sign_in_links(house, person)) > before else [])
    answer = use_link(client, links[-1])
    assert answer.status_code == 303
    return str(answer.headers["location"])


def use_link(client: httpx.Client, link: str) -> httpx.Response:
    """Open the link of a mail, and press its button, with the name that is proposed."""
    return client.post(link, data=Form(client.get(link).text, "sign-in").values)


def sign_in_links(house: House, person: Person) -> list[str]:
    texts = (mail.get_body(("plain",)) for mail in house.outbox() if person.email in mail["To"])
    return [path for text in texts if text for path in re.findall(r"/sign-in/[\w-]{20,}", text.get_content())]


def leave_seats(house: House, offer: str, left: int | None) -> None:
    """Let there be so many seats left of an offer (slug); None: as many as come."""
    house.rows("UPDATE offer SET capacity = taken + ? WHERE slug = ?", left, offer)


def taken(house: House, offer: str) -> int:
    return int(house.rows("SELECT taken FROM offer WHERE slug = ?", offer)[0]["taken"])


def has(house: House, person: Person) -> dict[str, int]:
    """What somebody has, and what it cost without tax, in øre."""
    rows = house.rows(
        "SELECT o.slug, i.amount FROM item i JOIN offer o ON o.id = i.offer JOIN delegate d ON d.id = i.delegate"
        " WHERE d.email = ? ORDER BY i.id",
        person.email,
    )
    return {row["slug"]: row["amount"] for row in rows}


ORGANISERS = "the organisers (conference@example.org, an example)"


def said(html: str) -> str:
    """What a page says, with punctuation where it belongs."""
    return words(re.sub(r"</?a\b[^>]*>", "", html))


def details_link(house: House, person: Person) -> str:
    """The link in somebody's mail by which they complete their own details."""
    text = house.outbox(person.email)[-1].get_body(("plain",))
    assert text
    found = re.search(r"/details/\S+", text.get_content())
    assert found
    return found[0]


def letters_about(house: House, person: Person, subject: str) -> list[EmailMessage]:
    """The letters to somebody with this subject."""
    return [mail for mail in house.outbox(person.email) if subject in mail["Subject"]]
