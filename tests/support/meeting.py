"""The meeting place as people meet it: who comes in, what each of them sees and does."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from itsdangerous import URLSafeSerializer

from tests.support.cast import Person
from tests.support.house import House
from tests.support.names import asked_about

PLACE = "/meeting-place"
LONGEST = 10
"""Seconds that a stream is listened to."""


class Guest:
    """One browser at the meeting place."""

    def __init__(self, client: httpx.Client, place: Place, person: Person) -> None:
        self.client = client
        self.place = place
        self.person = person
        self.name = person.name

    @property
    def profile(self) -> dict[str, Any]:
        """As the database has it."""
        return self.place.house.rows(
            "SELECT profile.* FROM profile JOIN person ON person.id = profile.person WHERE person.email = ?",
            self.person.email,
        )[0]

    @property
    def tag(self) -> str:
        return str(self.profile["tag"])

    def get(self, path: str = "") -> str:
        answer = self.client.get(PLACE + path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def post(self, path: str, **fields: str | Sequence[str]) -> httpx.Response:
        return self.client.post(PLACE + path, data=fields)

    def done(self, path: str, **fields: str | Sequence[str]) -> str:
        """Send a form, which has to be taken, whoever it names. Returns where it leads."""
        answer = self.post(path, **fields)
        if answer.status_code == 422 and (names := asked_about(answer.text)):
            answer = self.post(path, **fields, nobody_to_protect=names)
        assert answer.status_code == 303, f"{path}: {answer.status_code} {answer.text}"
        return str(answer.headers["location"])

    def tells(self, *shown: str, listed: bool = True, **fields: Any) -> None:
        """Keep a profile in which these fields are shown."""
        said: dict[str, Any] = {"name": self.name, "shown": shown, **fields}
        self.done("/profile", **said, **({"listed": "yes"} if listed else {}))

    def writes(self, title: str, text: str = "", kind: str = "seek", **fields: str | Sequence[str]) -> int:
        """Put a note up. Returns its id."""
        leads = self.done("/notes", title=title, text=text, kind=kind, **fields)
        return int(leads.rsplit("/", 1)[1])

    def replies(self, note: int, text: str) -> int:
        return int(self.done(f"/notes/{note}/replies", text=text).rsplit("-", 1)[1])

    def blocks(self, other: Guest) -> None:
        self.done(f"/people/{other.tag}/block")

    def sees(self, query: str = "") -> list[int]:
        """The notes on the board, in their order."""
        return [int(number) for number in re.findall(r' data-note="(\d+)"', self.get(query))]

    def finds(self, query: str = "") -> list[str]:
        """The tags of those in the directory, in their order."""
        return re.findall(r'class="person-name"><a href="[^"]*/([^"/]*)"', self.get(f"/people{query}"))

    @contextmanager
    def listening(self, after: int | None = None, path: str = "/live") -> Iterator[Iterator[tuple[str, str]]]:
        """The events of a live stream: name and data. A part of the page is called as the element it is for."""
        since = self.place.revision if after is None else after
        with self.client.stream("GET", f"{PLACE}{path}?after={since}", timeout=LONGEST) as answer:
            assert answer.status_code == 200
            yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[tuple[str, str]]:
    name, data = "", []
    end = time.monotonic() + LONGEST
    for line in answer.iter_lines():
        assert time.monotonic() < end, f"Still nothing else after {LONGEST} seconds."
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            data.append(line[6:])
        elif not line and (name or data):
            part = re.match(r'<hx-partial hx-target="#([\w-]+)"', data[0]) if data else None
            if name != "beat":
                yield part[1] if part else name, "\n".join(data)
            name, data = "", []


def next_cards(events: Iterator[tuple[str, str]]) -> str:
    """What is new on the board next."""
    return next(data for name, data in events if name == "cards")


def heard_until(events: Iterator[tuple[str, str]], wanted: str) -> str:
    """Everything that comes until this does."""
    heard = ""
    for _, data in events:
        heard += data
        if wanted in heard:
            return heard
    raise AssertionError(f"The stream ended without {wanted}: {heard}")


def unread(someone: Guest) -> int:
    """How much of the news somebody has not read."""
    found = re.search(r'data-unread="(\d+)"', someone.get("/people"))
    assert found
    return int(found[1])


class Place:
    """The meeting place of a house, and everybody in it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._people = ExitStack()

    @property
    def revision(self) -> int:
        return int(self.house.rows("SELECT revision FROM meeting")[0]["revision"])

    def signed_in(self, person: Person) -> httpx.Client:
        """A browser as if its owner had used the link in a mail."""
        self._known(person)
        client = self._people.enter_context(self.house.client())
        key = secrets.token_urlsafe(32)
        self.house.rows(
            "INSERT INTO sign_in (person, key_hash, expires_at) SELECT id, ?, ? FROM person WHERE email = ?",
            hashlib.sha256(key.encode()).hexdigest(),
            "2099-01-01 00:00:00+00:00",
            person.email,
        )
        client.cookies.set("plenum_sign_in", key)
        return client

    def book_for(self, person: Person) -> None:
        """Somebody books for a person who has never been here, under whatever name they like."""
        self._known(person)
        self._book(person)
        self.house.rows("UPDATE person SET name = '' WHERE email = ?", person.email)

    def delegate(self, person: Person) -> Guest:
        """Somebody who has booked and signed in by mail."""
        self._known(person)
        self._book(person)
        guest = Guest(self.signed_in(person), self, person)
        guest.get("/people")  # who comes in is known from then on
        return guest

    def moderator(self, person: Person) -> Guest:
        """Somebody who moderates the meeting place."""
        self._known(person)
        self.house.rows(
            "INSERT INTO moderator (person, panel) SELECT id, 'meeting-place' FROM person WHERE email = ?"
            " ON CONFLICT DO NOTHING",
            person.email,
        )
        guest = Guest(self.signed_in(person), self, person)
        guest.get("/people")
        return guest

    def leave(self) -> None:
        self._people.close()

    def _known(self, person: Person) -> None:
        self.house.rows(
            "INSERT INTO person (email, name, organiser, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            person.email,
            person.name,
            False,
            "2017-05-02T10:00:00+00:00",
        )

    def _book(self, person: Person) -> None:
        instant = "2017-05-02T10:00:00+00:00"
        key = secrets.token_hex(8)
        self.house.rows(
            "INSERT INTO booking (reference, form_key, payer, payer_name, payer_email, organisation, address, country,"
            " organisation_number, payment_reference, currency, booked_at, priced_at, consented_at)"
            " SELECT ?, ?, id, name, email, ?, '', ?, '', '', 'NOK', ?, ?, ? FROM person WHERE email = ?",
            key[:6],
            key,
            person.organisation,
            person.country,
            *(instant, instant, instant),
            person.email,
        )
        self.house.rows(
            "INSERT INTO delegate"
            " (booking, person, position, name, email, organisation, role, country, diet, access_needs)"
            " SELECT booking.id, person.id, 0, person.name, person.email, booking.organisation, 'Teacher', ?, '', ''"
            " FROM booking JOIN person ON person.id = booking.payer WHERE booking.form_key = ?",
            person.country,
            key,
        )


@contextmanager
def place_in(house: House) -> Iterator[Place]:
    place = Place(house)
    try:
        yield place
    finally:
        place.leave()


def become_contacts(one: Guest, other: Guest) -> None:
    one.done(f"/people/{other.tag}/ask", text="Shall we?")
    other.done(f"/people/{one.tag}/accept")


def shown(someone: Guest, ago: timedelta = timedelta()) -> str:
    """What the square on somebody's card says."""
    house = someone.place.house
    assert someone.client.get(f"{PLACE}/card/qr.svg").status_code == 200  # with the first, the key is made
    key = (house.data / "secret").read_text().strip()
    signer = URLSafeSerializer(key, salt="plenum.card", signer_kwargs={"digest_method": hashlib.sha256})
    now = datetime.fromisoformat(house.environment["PLENUM_NOW"]).replace(tzinfo=UTC) - timedelta(hours=2)
    return str(signer.dumps([someone.tag, (now - ago).isoformat()]))
