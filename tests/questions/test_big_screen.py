"""The big screen over HTTP: opened by a code, told nothing that is not public."""

from __future__ import annotations

import json
import time

import httpx
import pytest

from tests.support.cast import Cast
from tests.support.room import PANEL, Room
from tests.support.waiting import until


def test_the_screen_opens_by_its_link_and_by_typing_the_code(room: Room) -> None:
    stranger = room.stranger().client
    code = room.row["screen_code"]
    typed = stranger.post("/screen", data={"code": f" {code[:4].lower()} {code[4:]} "})
    assert typed.headers["location"] == f"/panels/{PANEL}/screen/{code}"
    assert stranger.get(typed.headers["location"]).status_code == 200
    wrong = stranger.post("/screen", data={"code": "ABCDEFGH"})
    assert wrong.status_code == 422
    assert "ABCDEFGH" in wrong.text
    assert stranger.get(f"/panels/{PANEL}/screen/ABCDEFGH").status_code == 404


def test_a_renewed_code_ends_what_the_old_one_opened(room: Room, cast: Cast) -> None:
    mona, screen = room.moderator(cast.mona), room.stranger().client
    old = room.row["screen_code"]
    with screen.stream("GET", f"/panels/{PANEL}/screen/{old}/live") as stream:
        lines = stream.iter_lines()
        assert next(lines).startswith('data: <hx-partial hx-target="#scene"')
        assert mona.set("screen_code", "renew").status_code == 200
        for _ in lines:  # the stream ends of itself
            pass
    for path in ("", "/live", "/qr.svg"):
        assert screen.get(f"/panels/{PANEL}/screen/{old}{path}").status_code == 404
    assert screen.post(f"/panels/{PANEL}/screen/{old}/shown", json={"screen": "a"}).status_code == 404
    assert screen.get(f"/panels/{PANEL}/screen/{room.row['screen_code']}").status_code == 200


def test_the_screen_shows_what_moderators_put_on_it_and_no_word_before(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona)
    address = f"/panels/{PANEL}/screen/{room.row['screen_code']}"
    question = room.asked(room.guest(), "A sentence for the wall")

    def wall() -> str:
        return room.stranger().client.get(address).text

    assert "A sentence for the wall" not in wall()
    mona.act(question, "approve")
    assert "A sentence for the wall" not in wall()
    mona.act(question, "next")
    until(lambda: "A sentence for the wall" in wall())
    mona.set("show_next", "no")
    until(lambda: "A sentence for the wall" not in wall())
    mona.set("show_next", "yes")
    mona.act(question, "show")
    until(lambda: "A sentence for the wall" in wall())
    mona.set("blackout", "yes")
    until(lambda: "A sentence for the wall" not in wall())
    mona.set("blackout", "no")
    mona.act(question, "answer")
    until(lambda: "A sentence for the wall" not in wall())


def test_what_a_screen_says_it_shows_reaches_the_desk(room: Room, cast: Cast) -> None:
    mona, screen = room.moderator(cast.mona), room.stranger().client
    address = f"/panels/{PANEL}/screen/{room.row['screen_code']}"
    with mona.client.stream("GET", f"{mona.path}/desk/live") as desk:
        said = {"screen": "a-screen", "name": "1920×1080 <b>", "question": 0, "cursor": 1, "ms": 300}
        assert screen.post(f"{address}/shown", json=said).status_code == 204
        heard = ""
        end = time.monotonic() + 10
        for line in desk.iter_lines():
            heard += line
            if "1920×1080" in line:
                break
            assert time.monotonic() < end
    assert "1920×1080 &lt;b&gt;" in heard


@pytest.mark.one_database
def test_nonsense_from_a_screen_is_passed_over(room: Room) -> None:
    screen = room.stranger().client
    address = f"/panels/{PANEL}/screen/{room.row['screen_code']}/shown"
    for said in (b"", b"{", b"[]", b'{"screen": 1}', json.dumps({"screen": "x" * 500}).encode(), b"\0\xff"):
        assert screen.post(address, content=said).status_code == 204


@pytest.mark.one_database
def test_the_code_in_the_picture_leads_into_the_room(room: Room) -> None:
    stranger = room.stranger().client
    svg = stranger.get(f"/panels/{PANEL}/screen/{room.row['screen_code']}/qr.svg")
    assert svg.headers["content-type"].startswith("image/svg+xml")
    assert svg.text.startswith("<svg")
    way_in: httpx.Response = stranger.get(f"/panels/{PANEL}?room={room.code}")
    assert f'value="{room.code}"' in way_in.text
