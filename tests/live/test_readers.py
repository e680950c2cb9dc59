"""Whose streams end, and when: theirs who may not read on, at once, and nobody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from redis import Redis

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Place, place_in
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.valkey import OurValkey
from tests.support.waiting import until
from tests.support.workers import workers
from webapp.live.publishing import CHANNEL
from webapp.running.valkey import running

FOLLOWERS = 6


class Follower:
    """A browser that follows a stream."""

    def __init__(self, opened: ExitStack, client: httpx.Client, path: str) -> None:
        answer = opened.enter_context(client.stream("GET", path, timeout=30))
        assert answer.status_code == 200
        self._lines = answer.iter_lines()
        next(self._lines)

    def hears(self, words: str) -> bool:
        """Whether this is told before the stream ends."""
        return any(words in line for line in self._lines)

    def ends(self) -> bool:
        """Whether the stream ends, which is waited for."""
        list(self._lines)
        return True


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def everybody(opened: ExitStack, place: Place, room: Room, cast: Cast) -> list[Follower]:
    """Delegates at the meeting place, and a moderator at each desk."""
    mona = room.moderator(cast.mona)
    board = [
        Follower(opened, place.delegate(cast.dag).client, f"{PLACE}/live?after={place.revision - 1}")
        for _ in range(FOLLOWERS)
    ]
    mona.client.get(f"{PLACE}/people")
    return [
        *board,
        Follower(opened, mona.client, f"/panels/{PANEL}/desk/live"),
        Follower(opened, mona.client, f"{PLACE}/desk/live?after={place.revision - 1}"),
    ]


def all_read_on(place: Place, room: Room, followers: list[Follower], cast: Cast) -> None:
    """Something new is told to each of them on the stream that they have had all the time."""
    place.delegate(cast.gia).writes("Read on, please")
    room.asked(room.guest(), "Read on, please")
    assert [follower.hears("Read on, please") for follower in followers] == [True] * len(followers)


def test_when_a_worker_dies_those_who_follow_another_read_on(
    houses: Houses, opened: ExitStack, database: str, cast: Cast
) -> None:
    house = houses(database, PLENUM_NOW=DURING_THE_PANEL, workers=2)
    with place_in(house) as place, room_in(house) as room:
        place.delegate(cast.gia).writes("The first note")
        dies, _ = workers(house)
        dies.suspend()
        try:
            followers = everybody(opened, place, room, cast)
        finally:
            dies.resume()
        address = running(house.data)
        assert address
        with Redis.from_url(address) as redis, redis.pubsub() as news:
            news.subscribe(CHANNEL)
            dies.kill()
            # Whoever comes in its place says that anything may have changed.
            until(lambda: (heard := news.get_message()) and heard["data"] == b"people *", within=30)
        for _ in range(2):
            all_read_on(place, room, followers, cast)


def test_when_redis_comes_back_only_those_who_may_not_read_on_any_more_are_sent_away(
    houses: Houses, valkey: OurValkey, opened: ExitStack, cast: Cast
) -> None:
    house = houses(REDIS_URL=valkey.url, PLENUM_NOW=DURING_THE_PANEL)
    with place_in(house) as place, room_in(house) as room:
        place.delegate(cast.gia).writes("The first note")
        followers = everybody(opened, place, room, cast)
        sten, olga = place.delegate(cast.sten), room.moderator(cast.olga)
        signed_out = Follower(opened, sten.client, f"{PLACE}/live?after={place.revision - 1}")
        dismissed = Follower(opened, olga.client, f"/panels/{PANEL}/desk/live")
        valkey.kill()
        person = "(SELECT id FROM person WHERE email = ?)"
        house.rows(f"DELETE FROM sign_in WHERE person = {person}", cast.sten.email)
        house.rows(f"DELETE FROM moderator WHERE person = {person}", cast.olga.email)
        valkey.start()
        assert signed_out.ends()
        assert dismissed.ends()
        all_read_on(place, room, followers, cast)


def test_whoever_organises_or_moderates_no_more_is_out_at_once_and_the_others_read_on(
    houses: Houses, opened: ExitStack, database: str, cast: Cast
) -> None:
    house = houses(database, workers=2, PLENUM_NOW=DURING_THE_PANEL)
    with place_in(house) as place, room_in(house) as room:
        place.delegate(cast.gia).writes("The first note")
        followers = everybody(opened, place, room, cast)
        olga, sten = room.delegate(cast.olga), room.moderator(cast.sten)
        house.plenum("organiser", "add", cast.olga.email)
        streams = [f"/panels/{PANEL}/desk/live", f"{PLACE}/desk/live", f"{PLACE}/live"]
        pages = [f"/panels/{PANEL}/desk", f"{PLACE}/desk", f"{PLACE}/people"]
        for client, role in ((olga.client, "organiser"), (sten.client, "moderator")):
            person = cast.olga if role == "organiser" else cast.sten
            own = [Follower(opened, client, f"{path}?after=0") for path in streams]
            assert [client.get(page).status_code for page in pages] == [200] * len(pages)
            house.plenum(role, "remove", person.email)
            assert all(stream.ends() for stream in own)
            assert [client.get(page).status_code for page in pages] == [403] * len(pages)
            all_read_on(place, room, followers, cast)
