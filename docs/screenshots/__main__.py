"""Takes the README's pictures: `bin/screenshots`, or some of them: `bin/screenshots board booking`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.booking import book
from tests.support.browser import browser, visit
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.meeting import PLACE, Place, place_in
from tests.support.room import PANEL, Desk, Someone, room_in

HERE = Path(__file__).parent
PHONE, LAPTOP = {"width": 390, "height": 780}, {"width": 1280, "height": 800}
PICTURES = [
    ("programme-laptop-light", "/programme", LAPTOP, "nobody"),
    ("home-phone-light", "/", PHONE, "nobody"),
    ("register-phone-light", "/register", PHONE, "nobody"),
    ("panel-phone-light", f"/panels/{PANEL}", PHONE, "guest"),
    ("desk-laptop-light", f"/panels/{PANEL}/desk", LAPTOP, "moderator"),
]
"""What it is called, its address, its size, and whose browser it is."""
AT_LUNCH = "2017-11-06T11:40"

ASKED = [
    "How do we reach the parents who have given up on us?",
    "What would you do in the first week of absence?",
    "Is gaming a cause or a refuge?",
    "When the school is the problem, who should move: the pupil or the school?",
]
WAITING = [
    "How long may a gradual return take?",
    "Which of your findings would you not use any more?",
    "Who tells the class why somebody is away?",
    "Do you see the same in upper secondary school?",
]


def fill(desk: Desk, guests: list[Someone]) -> None:
    """A panel in the middle of its hour."""
    desk.set("by_hand", "open")
    for text in ASKED:
        desk.bring(text)
    for number, guest in enumerate(guests):
        guest.ask(WAITING[number])
        for question in range(1, 1 + len(ASKED) - number):
            guest.vote(question)
    desk.act(2, "next")
    desk.act(1, "show")


def meet(place: Place, cast: Cast) -> str:
    """The meeting place at lunch. Returns Dag's key to it."""
    mona = place.moderator(cast.mona)
    dag, gia, sten = (place.delegate(person) for person in (cast.dag, cast.gia, cast.sten))
    for someone in (dag, gia, sten, mona):
        someone.tells("organisation", "country", organisation=someone.person.organisation)
    visits = dag.writes(
        "Home visits before eight: who has tried?",
        "We are three teachers in Bærum, and would like to compare notes.",
        "seek",
        themes=["school"],
    )
    gia.writes(
        "A checklist for the first week of absence",
        "Four pages, in English and Italian, free to use: https://example.org/checklist",
        "offer",
        themes=["treatment"],
    )
    timetable = mona.writes(
        "What if the timetable is the problem?", "Schools that begin at ten.", "idea", themes=["school"]
    )
    for someone in (gia, sten, mona):
        someone.done(f"/notes/{visits}/me-too")
    dag.done(f"/notes/{timetable}/me-too")
    gia.replies(visits, "We have, in Bologna. Shall we meet at lunch?")
    dag.replies(visits, "Gladly: table 4.")
    return dag.client.cookies["plenum_sign_in"]


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        house = House(Path(data), PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        house.start()
        try:
            with room_in(house) as room, place_in(house) as place, house.client() as buyer:
                cast = Cast()
                booking = book(buyer, cast.olga, cast.dag, seminar_1="seminar-1a", workshop="yes")
                desk = room.moderator(cast.mona)
                guests = [room.guest() for _ in WAITING]
                fill(desk, guests)
                house.plenum("clock", AT_LUNCH)
                dag = meet(place, cast)
                house.plenum("clock", "real")
                keys = {
                    "moderator": ("plenum_sign_in", desk.client.cookies["plenum_sign_in"]),
                    "guest": ("plenum_voice", guests[0].client.cookies["plenum_voice"]),
                    "buyer": ("plenum_sign_in", buyer.cookies["plenum_sign_in"]),
                    "delegate": ("plenum_sign_in", dag),
                }
                pictures = [
                    *PICTURES,
                    ("booking-phone-light", booking, PHONE, "buyer"),
                    ("board-laptop-light", PLACE, LAPTOP, "delegate"),
                ]
                take(
                    house,
                    [one for one in pictures if not sys.argv[1:] or one[0].split("-")[0] in sys.argv],
                    keys,
                )
        finally:
            house.stop()


def take(
    house: House, pictures: list[tuple[str, str, dict[str, int], str]], keys: dict[str, tuple[str, str]]
) -> None:
    with browser() as chromium:
        for name, path, viewport, whose in pictures:
            zone = {"timezone_id": "Europe/Copenhagen", "color_scheme": "light"}
            with visit(chromium, house.url, viewport=viewport, **zone) as page:
                if whose in keys:
                    cookie, value = keys[whose]
                    page.context.add_cookies([{"name": cookie, "value": value, "url": house.url}])
                page.goto(path)
                page.wait_for_timeout(500)
                page.screenshot(path=HERE / f"{name}.png")
                print(f"docs/screenshots/{name}.png", flush=True)


if __name__ == "__main__":
    main()
