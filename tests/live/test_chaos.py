"""Everything fails at once while all ask, vote and moderate: in the end every page shows what the database says.

Valkey is killed and comes back, a worker is killed, some telephones freeze and others lose their connection. Nothing
that was acknowledged is lost, nothing that was not approved is ever seen in public, and nobody is left behind.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Hashable
from html import unescape
from typing import Any

import httpx

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.listeners import SMALL_BUFFER, Listeners
from tests.support.pages import Card, Page
from tests.support.room import DURING_THE_PANEL, HTMX, PANEL, Answer, Desk, Room, Someone, room_in
from tests.support.valkey import OurValkey
from tests.support.workers import workers

LISTENERS = 500
PEOPLE = 30
"""Who ask, and as many who vote."""
STORM = 12.0
"""Seconds that it all lasts, or as long as a slow machine needs for so much to have happened:"""
ENOUGH = 40
"""votes, and half as many acts of moderators."""
SLOWEST = 60.0
VALKEY_AWAY = (2.0, 7.0)
"""From when to when, in seconds after it began."""
WORKER_DIES = 4.0
FROZEN = (1.0, 10.0)
WITHIN = 10
"""Seconds in which every page has to show what the database says, once it is over."""
PUBLIC = {"listed", "next", "on_screen", "answered"}
MARK = re.compile(rb"<(?:p|h1)[^>]*>(Words \d+\.\d+\.\d+[^<]*)</")
"""The text of a question, as streams carry it."""


class Storm:
    """Many people who ask, change, withdraw, vote and moderate, each as fast as they are answered."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._began = time.monotonic()
        self._chance = random.Random(16)  # noqa: S311 - it guards nothing
        self._connections: list[httpx.AsyncClient] = []
        self.asked: dict[str, str] = {}
        """The last text of each question that was acknowledged, by what it is known by."""
        self.votes: dict[tuple[int, int], bool] = {}
        """Whether a voter was told that they vote for a question, by voter and question."""
        self.acts: set[int] = set()
        self.unsure: set[Hashable] = set()
        """What was refused after an answer had been lost, which may have told that it was done."""
        self.listed: list[int] = []
        """Questions that can be voted for, as everybody has seen lately."""
        self.published_at: dict[int, float] = {}
        """When a moderator first sent what makes a question public."""

    def browser(self, someone: Someone) -> httpx.AsyncClient:
        client = httpx.AsyncClient(
            base_url=self._room.house.url,
            headers={"Sec-Fetch-Site": "same-origin", "Accept": "application/json"},
            cookies=someone.client.cookies,
            timeout=20,
            trust_env=False,
        )
        self._connections.append(client)
        return client

    @property
    def rages(self) -> bool:
        lasted = time.monotonic() - self._began
        enough = len(self.votes) > ENOUGH and len(self.acts) > ENOUGH // 2
        return lasted < STORM or not (enough or lasted > SLOWEST)

    async def watch(self) -> None:
        while self.rages:
            rows = await self._rows("SELECT id FROM question WHERE state = 'listed'")
            self.listed = [row["id"] for row in rows]
            await asyncio.sleep(0.2)

    async def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        return await asyncio.to_thread(self._room.house.rows, query, *values)

    async def asker(self, number: int, someone: Someone) -> None:
        browser = self.browser(someone)
        for question in range(4):
            known_as, text = f"{number}.{question}", f"Words {number}.{question}.0, not yet read"
            asked = {"text": text, "key": f"form-{known_as}"}
            if await self._send(browser, f"/panels/{PANEL}/questions", asked, known_as):
                self.asked[known_as] = text
                if question % 2:
                    await self._say_it_better(browser, known_as)
            await asyncio.sleep(self._chance.uniform(0.2, 2))

    async def _say_it_better(self, browser: httpx.AsyncClient, known_as: str) -> None:
        text = f"Words {known_as}.1, better put"
        (row,) = await self._rows("SELECT id FROM question WHERE key = ?", f"form-{known_as}")
        path = f"/panels/{PANEL}/questions/{row['id']}"
        if await self._send(browser, path, {"text": text}, known_as):
            self.asked[known_as] = text

    async def voter(self, number: int, someone: Someone) -> None:
        browser = self.browser(someone)
        while self.rages:
            for question in self._chance.sample(self.listed, min(3, len(self.listed))):
                vote = self._chance.choice(("vote", "vote", "unvote"))
                ballot = number, question
                if await self._send(browser, f"/panels/{PANEL}/questions/{question}/{vote}", {}, ballot):
                    self.votes[ballot] = vote == "vote"
            await asyncio.sleep(self._chance.uniform(0.1, 0.6))

    async def moderator(self, desk: Desk) -> None:
        browser = self.browser(desk)
        likely = {
            "waiting": ("approve", "approve", "decline", "next"),
            "listed": ("next", "return", "answer", "show"),
            "next": ("show", "return", "decline"),
            "on_screen": ("answer", "return"),
            "answered": ("return",),
            "declined": ("return",),
        }
        while self.rages:
            rows = await self._rows(
                "SELECT id, state, revision FROM question WHERE state <> 'withdrawn' ORDER BY id"
            )
            # One in four is never touched, so that something is always waiting and never to be seen.
            open_to = [row for row in rows if row["id"] % 4]
            if open_to:
                row = self._chance.choice(open_to)
                verb = self._chance.choice(likely[row["state"]])
                if verb in ("approve", "next"):
                    self.published_at.setdefault(row["id"], time.monotonic())
                path = f"/panels/{PANEL}/questions/{row['id']}/acts/{verb}"
                if done := await self._send(browser, path, {"seen": str(row["revision"])}):
                    self.acts.add(Answer(done).act)
            await asyncio.sleep(self._chance.uniform(0.02, 0.1))

    async def _send(
        self, browser: httpx.AsyncClient, path: str, fields: dict[str, str], what: Hashable = None
    ) -> httpx.Response | None:
        """Send until it is answered, as our pages do. Returns the answer, or None when it was refused."""
        lost = False
        while True:
            try:
                answer = await browser.post(path, data=fields, headers=HTMX if "/acts/" in path else None)
            except httpx.TransportError:  # its worker was killed
                lost = True
                await asyncio.sleep(0.1)
                continue
            assert answer.status_code in (200, 303, 409, 429), f"{answer.status_code}: {answer.text[:500]}"
            if answer.status_code in (200, 303):
                return answer
            if lost:
                self.unsure.add(what)
            return None

    async def over(self) -> None:
        await asyncio.gather(*(client.aclose() for client in self._connections))


def cards_of(room: Room, *, public: bool) -> dict[int, Card]:
    """What a page is to show, as the database says."""
    rows = room.house.rows("SELECT id, state, votes, tally, text FROM question WHERE state <> 'withdrawn'")
    return {
        row["id"]: Card(row["state"], row["votes"], row["tally"], row["text"])
        for row in rows
        if not public or row["state"] in PUBLIC
    }


def shows(cards: dict[int, Card]) -> Callable[[Page], bool]:
    return lambda page: page.cards == cards


def on_the_wall(room: Room) -> Callable[[Page], bool]:
    shown = [card.text for card in cards_of(room, public=True).values() if card.state == "on_screen"]
    return lambda page: re.findall(r">(Words [^<]*)</h1>", page.parts["scene"]) == shown


async def let_it_go_wrong(room: Room, valkey: OurValkey, phones: Listeners) -> None:
    """Valkey dies and comes back, a worker dies, some telephones freeze, others are cut off all the time."""
    began = time.monotonic()
    frozen = phones.all[: len(phones.all) // 5]
    shaky = phones.all[-len(phones.all) // 5 :]

    async def at(seconds: float, act: Callable[[], object]) -> None:
        await asyncio.sleep(began + seconds - time.monotonic())
        await asyncio.to_thread(act)

    async def freeze() -> None:
        await asyncio.sleep(FROZEN[0])
        for listener in frozen:
            listener.freeze()
        await asyncio.sleep(FROZEN[1] - FROZEN[0])
        for listener in frozen:
            listener.thaw()

    async def cut_off() -> None:
        while time.monotonic() < began + STORM:
            random.choice(shaky).hang_up()  # noqa: S311 - it guards nothing
            await asyncio.sleep(0.05)

    victim = workers(room.house)[0]
    await asyncio.gather(
        at(VALKEY_AWAY[0], valkey.kill),
        at(VALKEY_AWAY[1], valkey.start),
        at(WORKER_DIES, victim.kill),
        freeze(),
        cut_off(),
    )


async def test_whatever_fails_in_the_end_every_page_shows_what_the_database_says(
    houses: Houses, valkey: OurValkey, database: str, cast: Cast
) -> None:
    house = houses(database, workers=2, PLENUM_NOW=DURING_THE_PANEL, REDIS_URL=valkey.url)
    with room_in(house) as room:
        moderators = [room.moderator(cast.mona), room.moderator(cast.olga)]
        key = moderators[0].client.cookies["plenum_sign_in"]
        path = f"/panels/{PANEL}"
        async with (
            Listeners(house.url, f"{path}/live", MARK) as phones,
            Listeners(house.url, f"{path}/desk/live") as desks,
            Listeners(house.url, f"{path}/screen/{room.row['screen_code']}/live", MARK) as walls,
        ):
            await phones.open(LISTENERS * 4 // 5, buffer=SMALL_BUFFER)
            await desks.open(LISTENERS // 10, cookie=f"plenum_sign_in={key}")
            await walls.open(LISTENERS // 10)
            askers, voters = ([room.guest() for _ in range(PEOPLE)] for _ in range(2))
            storm = Storm(room)
            await asyncio.gather(
                let_it_go_wrong(room, valkey, phones),
                storm.watch(),
                *(storm.asker(number, someone) for number, someone in enumerate(askers)),
                *(storm.voter(number, someone) for number, someone in enumerate(voters)),
                *(storm.moderator(desk) for desk in moderators),
            )
            await storm.over()

            public = cards_of(room, public=True)
            await asyncio.gather(
                phones.until(shows(public), WITHIN),
                desks.until(shows(cards_of(room, public=False)), WITHIN),
                walls.until(on_the_wall(room), WITHIN),
            )
            assert not [group.went_back for group in (phones, desks, walls) if group.went_back]
            assert phones.lost > LISTENERS // 10, "it was no storm"

            nothing_acknowledged_is_lost(room, storm)
            nothing_unapproved_was_seen(room, storm, [phones, walls])


def nothing_acknowledged_is_lost(room: Room, storm: Storm) -> None:
    rows = room.house.rows("SELECT key, text FROM question WHERE key IS NOT NULL")
    asked = {row["key"].removeprefix("form-"): row["text"] for row in rows}
    assert storm.asked
    for known_as in asked.keys() | storm.asked.keys():
        assert asked.get(known_as) == storm.asked.get(known_as) or known_as in storm.unsure

    assert storm.acts
    assert storm.acts <= {row["id"] for row in room.house.rows("SELECT id FROM act")}

    # Those who asked came first, then those who vote.
    people = [row["id"] for row in room.house.rows("SELECT id FROM participant ORDER BY id")]
    rows = room.house.rows("SELECT participant, question FROM vote")
    votes = {(people.index(row["participant"]) - PEOPLE, row["question"]) for row in rows}
    assert votes
    for ballot in votes | storm.votes.keys():
        assert (ballot in votes) == storm.votes.get(ballot, False) or ballot in storm.unsure
    counted = {
        row["id"]: row["votes"] for row in room.house.rows("SELECT id, votes FROM question WHERE votes <> 0")
    }
    assert counted == Counter(question for _, question in votes)


def nothing_unapproved_was_seen(room: Room, storm: Storm, groups: list[Listeners]) -> None:
    texts = {row["text"]: row["id"] for row in room.house.rows("SELECT id, text FROM question")}
    seen = {unescape(mark.decode()): at for group in groups for mark, at in group.marks.items()}
    assert seen
    for text, at in seen.items():
        assert text in texts, f"“{text}” had been changed before it was approved"
        assert at >= storm.published_at[texts[text]]
    never = [row["id"] for row in room.house.rows("SELECT id FROM question") if row["id"] % 4 == 0]
    assert never
    assert not set(never) & {texts[text] for text in seen}
