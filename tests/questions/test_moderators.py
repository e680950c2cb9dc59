"""Who moderates: appointed and dismissed, signed in, and at their own panel's desk only."""

from __future__ import annotations

from tests.conftest import Houses
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.room import DURING_THE_PANEL, PANEL, Room, room_in
from tests.support.waiting import until


def test_only_moderators_and_organisers_come_to_the_desk(room: Room, cast: Cast) -> None:
    question = room.asked(room.guest(), "For the desk only")
    seen = str(room.question(question)["revision"])
    paths = [f"/panels/{PANEL}/desk", f"/panels/{PANEL}/desk/live", f"/panels/{PANEL}/desk/log"]
    acts = [
        (f"/panels/{PANEL}/questions/{question}/acts/approve", {"seen": seen}),
        (f"/panels/{PANEL}/desk/questions", {"text": "Let me in", "source": "floor"}),
        (f"/panels/{PANEL}/desk/settings/blackout", {"value": "yes"}),
        (f"/panels/{PANEL}/desk/acts/1/undo", {}),
    ]
    for who, refusal in ((room.stranger(), 303), (room.guest(), 303), (room.delegate(cast.dag), 403)):
        for path in paths:
            answer = who.client.get(path)
            assert answer.status_code == refusal
            assert "For the desk only" not in answer.text
        for path, fields in acts:
            assert who.client.post(path, data=fields).status_code in (401, 403)
    assert room.question(question)["state"] == "waiting"
    assert not room.row["blackout"]
    assert room.moderator(cast.mona).client.get(paths[0]).status_code == 200


def test_a_moderator_of_one_panel_is_nobody_at_another(room: Room, cast: Cast) -> None:
    mona = room.moderator(cast.mona, "seminar-1a")
    assert mona.client.get(f"/panels/{PANEL}/desk").status_code == 403
    assert mona.client.get("/panels/seminar-1a/desk").status_code == 200
    question = room.asked(room.guest(), "Not hers to approve")
    assert mona.act(question, "approve").status_code == 403
    elsewhere = mona.client.post(
        f"/panels/seminar-1a/questions/{question}/acts/approve",
        data={"seen": str(room.question(question)["revision"])},
        headers={"Accept": "application/json"},
    )
    assert elsewhere.status_code == 409
    assert room.question(question)["state"] == "waiting"


def test_a_moderator_who_is_dismissed_hears_no_more_of_what_is_asked(houses: Houses, cast: Cast) -> None:
    house = houses(PLENUM_NOW=DURING_THE_PANEL)
    with room_in(house) as room:
        mona, olga = room.moderator(cast.mona), room.moderator(cast.olga)
        live = f"/panels/{PANEL}/desk/live"
        with mona.client.stream("GET", live) as hers, olga.client.stream("GET", live) as others:
            heard, said = hers.iter_lines(), others.iter_lines()
            next(heard), next(said)
            house.plenum("moderator", "remove", cast.mona.email)
            room.asked(room.guest(), "Not for her any more")
            assert not any("Not for her any more" in line for line in heard), "and the stream ends"
            assert any("Not for her any more" in line for line in said), "and nobody else's does"
        assert mona.client.get(live).status_code == 403


def test_a_delegate_who_signs_out_ends_no_moderators_stream(room: Room, cast: Cast) -> None:
    mona, dag = room.moderator(cast.mona), room.delegate(cast.dag)
    with mona.client.stream("GET", f"{mona.path}/desk/live", timeout=10) as answer:
        told = answer.iter_lines()
        next(told)
        assert dag.client.post("/sign-out").status_code == 303
        for text in ("Asked when he had gone", "And one more"):
            room.asked(room.guest(), text)
            assert any(text in line for line in told)
        assert mona.client.post("/sign-out").status_code == 303
        list(told)  # hers ends


def test_a_moderator_is_appointed_and_dismissed_on_the_command_line(houses: Houses, cast: Cast) -> None:
    house = houses(PLENUM_NOW=DURING_THE_PANEL)
    with room_in(house) as room:
        mona = room.delegate(cast.mona)
        desk = f"/panels/{PANEL}/desk"
        assert mona.client.get(desk).status_code == 403
        wrong = house.plenum("moderator", "add", cast.mona.email, "--panel", "no-such-panel", check=False)
        assert wrong.returncode == 1
        assert "no-such-panel" in wrong.stderr
        assert PANEL in wrong.stderr
        house.plenum("moderator", "add", cast.mona.email, "--panel", PANEL)
        assert mona.client.get(desk).status_code == 200
        assert desk in mona.client.get("/me").text
        house.plenum("moderator", "remove", cast.mona.email, "--panel", PANEL)
        assert mona.client.get(desk).status_code == 403
        again = house.plenum("moderator", "remove", cast.mona.email, "--panel", PANEL, check=False)
        assert again.returncode == 1
        house.plenum("organiser", "add", cast.mona.email)
        assert mona.client.get(desk).status_code == 200


def test_a_password_signs_a_moderator_in_and_nobody_else(houses: Houses, cast: Cast) -> None:
    house: House = houses(PLENUM_NOW=DURING_THE_PANEL)
    words = "three plain words\nthree plain words\n"
    done = house.plenum("moderator", "add", cast.mona.email, "--password", check=True, typed=words)
    assert "moderates every panel" in done.stdout
    with room_in(house) as room:
        mona = room.stranger()
        for address, password in (
            (cast.mona.email, "three plain word"),
            (cast.mona.email, ""),
            (cast.dag.email, "three plain words"),
            ("\0", "\0"),
        ):
            wrong = mona.client.post("/sign-in/password", data={"address": address, "password": password})
            assert wrong.status_code == 422
            assert "do not belong together" in wrong.text
        fields = {"address": cast.mona.email.upper(), "password": "three plain words"}
        assert mona.client.post("/sign-in/password", data=fields).headers["location"] == "/me"
        assert mona.client.get(f"/panels/{PANEL}/desk").status_code == 200
        tries = (
            room.stranger().client.post("/sign-in/password", data=fields | {"password": "x"})
            for _ in range(12)
        )
        until(lambda: any(answer.status_code == 429 for answer in tries))


def test_a_password_that_is_too_short_is_refused(tmp_path: object, houses: Houses, cast: Cast) -> None:
    house = houses()
    done = house.plenum(
        "moderator", "add", cast.mona.email, "--password", check=False, typed="short\nshort\n"
    )
    assert done.returncode == 1
    assert "12 characters" in done.stderr
