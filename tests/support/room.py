"""A panel as people meet it: who asks, who moderates, what each of them sees."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx

from tests.support.cast import Person
from tests.support.house import House
from tests.support.names import asked_about

PANEL = "questions-and-answers"
DURING_THE_PANEL = "2017-11-06T16:20"
JSON = {"Accept": "application/json"}


class Someone:
    """One browser in the room."""

    def __init__(self, client: httpx.Client, slug: str) -> None:
        self.client = client
        self.path = f"/panels/{slug}"

    def ask(self, text: str, **fields: str) -> httpx.Response:
        return self.client.post(f"{self.path}/questions", data={"text": text, **fields})

    def vote(self, question: int, vote: str = "vote") -> httpx.Response:
        return self.client.post(f"{self.path}/questions/{question}/{vote}", headers=JSON)

    def page(self) -> str:
        return self.client.get(self.path).text


class Desk(Someone):
    """A moderator's browser."""

    def __init__(self, client: httpx.Client, room: Room) -> None:
        super().__init__(client, room.slug)
        self.room = room

    def act(
        self, question: int, verb: str, *, seen: int | None = None, reason: str = "", **also: str
    ) -> httpx.Response:
        """Do something with a question as it is now, or as it was `seen` (its revision)."""
        revision = self.room.question(question)["revision"] if seen is None else seen
        return self.client.post(
            f"{self.path}/questions/{question}/acts/{verb}",
            data={"seen": str(revision), "reason": reason, **also},
            headers=JSON,
        )

    def decline_all(self, questions: list[int], *, newest: int, reason: str = "") -> httpx.Response:
        """Decline all of these that have not changed since the panel was at `newest`."""
        which = " ".join(map(str, questions))
        return self.client.post(
            f"{self.path}/desk/declined",
            data={"questions": which, "newest": str(newest), "reason": reason},
            headers=JSON,
        )

    def undo(self, act: int) -> httpx.Response:
        return self.client.post(f"{self.path}/desk/acts/{act}/undo", headers=JSON)

    def set(self, setting: str, value: str, *, seen: str | None = None) -> httpx.Response:
        """Change a setting. A code is renewed as it stands on the desk now, or as it was `seen`."""
        code = "screen_code" if setting == "screen_code" else "room_code"
        fields = {"value": value, "seen": self.room.row[code] if seen is None else seen}
        return self.client.post(f"{self.path}/desk/settings/{setting}", data=fields, headers=JSON)

    def bring(self, text: str, source: str = "floor", **fields: str) -> httpx.Response:
        return self.client.post(
            f"{self.path}/desk/questions", data={"text": text, "source": source, **fields}, headers=JSON
        )

    def page(self) -> str:
        return self.client.get(f"{self.path}/desk").text


class Room:
    """One panel of a house, and everybody in it."""

    def __init__(self, house: House, slug: str = PANEL) -> None:
        self.house = house
        self.slug = slug
        self._people = ExitStack()

    @property
    def row(self) -> dict[str, Any]:
        return self.house.rows("SELECT * FROM panel WHERE slug = ?", self.slug)[0]

    @property
    def code(self) -> str:
        return str(self.row["room_code"])

    def stranger(self, **options: Any) -> Someone:
        return Someone(self._people.enter_context(self.house.client(**options)), self.slug)

    def guest(self, name: str = "", **options: Any) -> Someone:
        """Somebody who has typed the room code."""
        guest = self.stranger(**options)
        joined = guest.client.post(f"{guest.path}/guests", data={"room_code": self.code, "name": name})
        assert joined.status_code == 303, joined.text
        return guest

    def delegate(self, person: Person) -> Someone:
        """Somebody who has signed in by mail."""
        delegate = self.stranger()
        self.sign_in(delegate.client, person)
        return delegate

    def moderator(self, person: Person, panel: str = "") -> Desk:
        """Somebody who moderates this panel, or all of them."""
        client = self._people.enter_context(self.house.client())
        self.sign_in(client, person)
        self.house.rows(
            "INSERT INTO moderator (person, panel) SELECT id, ? FROM person WHERE email = ? ON CONFLICT DO NOTHING",
            panel,
            person.email,
        )
        return Desk(client, self)

    def sign_in(self, client: httpx.Client, person: Person) -> None:
        """Let a browser be as if its owner had used the link in a mail."""
        self.house.rows(
            "INSERT INTO person (email, name, organiser, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            person.email,
            person.name,
            False,
            "2017-05-02T10:00:00+00:00",
        )
        key = secrets.token_urlsafe(32)
        self.house.rows(
            "INSERT INTO sign_in (person, key_hash, expires_at) SELECT id, ?, ? FROM person WHERE email = ?",
            hashlib.sha256(key.encode()).hexdigest(),
            "2099-01-01 00:00:00+00:00",
            person.email,
        )
        client.cookies.set("plenum_sign_in", key)

    def question(self, number: int) -> dict[str, Any]:
        return self.house.rows("SELECT * FROM question WHERE id = ?", number)[0]

    def last_question(self) -> int:
        return int(self.house.rows("SELECT max(id) AS id FROM question")[0]["id"])

    def asked(self, someone: Someone, text: str, **fields: str) -> int:
        """Ask, whoever it names, and give the question's id."""
        answer = someone.ask(text, **fields)
        if answer.status_code == 422 and (names := asked_about(answer.text)):
            answer = someone.ask(text, **fields, nobody_to_protect=names)
        assert answer.status_code == 303, answer.text
        return self.last_question()

    def listed(self, desk: Desk, text: str = "How do we begin?") -> int:
        """A question that everybody sees."""
        assert desk.bring(text).is_success
        return self.last_question()

    def public(self, someone: Someone | None = None) -> dict[int, dict[str, Any]]:
        """What everybody may know, by question."""
        client = (someone or self.stranger()).client
        state = client.get(f"/panels/{self.slug}/questions.json").json()
        return {question["id"]: question for question in state["questions"]}

    def clear_screen(self) -> None:
        """Let no question be on the screen, whatever a test before has left there."""
        self.house.rows("UPDATE question SET state = 'answered' WHERE state = 'on_screen'")

    def leave(self) -> None:
        self._people.close()


@contextmanager
def room_in(house: House, slug: str = PANEL) -> Iterator[Room]:
    room = Room(house, slug)
    try:
        yield room
    finally:
        room.leave()
