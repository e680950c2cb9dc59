"""A panel as people meet it: who asks, who moderates, what each of them sees."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from html import unescape
from typing import Any

import httpx

from tests.support.cast import Person
from tests.support.house import House
from tests.support.names import asked_about

PANEL = "questions-and-answers"
DURING_THE_PANEL = "2017-11-06T16:20"
JSON = {"Accept": "application/json"}
HTMX = {"HX-Request": "true"}


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


class Answer:
    """What the desk is told of an act."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.is_success = response.is_success
        self.text = response.text

    @property
    def says(self) -> str:
        return self._found(r'id="says"[^>]*>([^<]*)<')

    @property
    def warns(self) -> bool:
        """Whether its moderator could not know what is said, or it was not done."""
        return 'data-kind="warning"' in self.text

    @property
    def did(self) -> str:
        """What can be undone, in words."""
        return self._found(r'<p id="deed-\d+">([^<]*)<')

    @property
    def act(self) -> int:
        """The number of the act, to undo it."""
        return int(self._found(r'action="[^"]*/desk/acts/(\d+)/undo"'))

    @property
    def is_undone_with(self) -> bool:
        return "/undo" in self.text

    @property
    def brought(self) -> int:
        """The question that has come with it."""
        return int(self._found(r'data-brought="(\d+)"'))

    @property
    def wrong(self) -> list[str]:
        """The fields of the form that are to be mended."""
        return re.findall(r'id="error-(\w+)"[^>]*>\s*[^<\s]', self.text)

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.text)
        assert found, self.text
        return unescape(found[1])


class Desk(Someone):
    """A moderator's browser."""

    def __init__(self, client: httpx.Client, room: Room) -> None:
        super().__init__(client, room.slug)
        self.room = room

    def act(
        self, question: int, verb: str, *, seen: int | None = None, reason: str = "", **also: str
    ) -> Answer:
        """Do something with a question as it is now, or as it was `seen` (its revision)."""
        revision = self.room.question(question)["revision"] if seen is None else seen
        return self._post(
            f"{self.path}/questions/{question}/acts/{verb}",
            {"seen": str(revision), "reason": reason, **also},
        )

    def decline_all(self, questions: list[int], *, newest: int, reason: str = "") -> Answer:
        """Decline all of these that have not changed since the panel was at `newest`."""
        which = " ".join(map(str, questions))
        return self._post(
            f"{self.path}/desk/declined",
            {"questions": which, "newest": str(newest), "reason": reason},
        )

    def undo(self, act: int) -> Answer:
        return self._post(f"{self.path}/desk/acts/{act}/undo")

    def set(self, setting: str, value: str, *, seen: str | None = None) -> Answer:
        """Change a setting. A code is renewed as it stands on the desk now, or as it was `seen`."""
        code = "screen_code" if setting == "screen_code" else "room_code"
        fields = {"value": value, "seen": self.room.row[code] if seen is None else seen}
        return self._post(f"{self.path}/desk/settings/{setting}", fields)

    def bring(self, text: str, source: str = "floor", **fields: str) -> Answer:
        return self._post(
            f"{self.path}/desk/questions",
            {"text": text, "source": source, **fields},
        )

    def page(self) -> str:
        return self.client.get(f"{self.path}/desk").text

    def _post(self, address: str, fields: dict[str, str] | None = None) -> Answer:
        return Answer(self.client.post(address, data=fields, headers=HTMX))


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
