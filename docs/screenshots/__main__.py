"""Takes the README's pictures: `bin/screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.browser import browser, visit
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House
from tests.support.room import PANEL, Desk, Someone, room_in

HERE = Path(__file__).parent
PHONE, LAPTOP = {"width": 390, "height": 780}, {"width": 1280, "height": 800}
PICTURES = [
    ("programme-laptop-light", "/programme", LAPTOP, "light"),
    ("home-phone-light", "/", PHONE, "light"),
    ("register-phone-light", "/register", PHONE, "light"),
    ("panel-phone-light", f"/panels/{PANEL}", PHONE, "light"),
    ("desk-laptop-light", f"/panels/{PANEL}/desk", LAPTOP, "light"),
]


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


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        house = House(Path(data), PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        house.start()
        house.plenum("clock", "real")
        try:
            with room_in(house) as room, browser() as chromium:
                desk = room.moderator(Cast().mona)
                guests = [room.guest() for _ in WAITING]
                fill(desk, guests)
                signed_in = [
                    {"name": name, "value": client.cookies[name], "url": house.url}
                    for name, client in [("plenum_sign_in", desk.client), ("plenum_voice", guests[0].client)]
                ]
                for name, path, viewport, scheme in PICTURES:
                    options = {
                        "viewport": viewport,
                        "color_scheme": scheme,
                        "timezone_id": "Europe/Copenhagen",
                    }
                    with visit(chromium, house.url, **options) as page:
                        if path.startswith("/panels"):
                            page.context.add_cookies(
                                signed_in[:1] if path.endswith("/desk") else signed_in[1:]
                            )
                        page.goto(path)
                        page.wait_for_timeout(500)
                        page.screenshot(path=HERE / f"{name}.png")
                        print(f"docs/screenshots/{name}.png", flush=True)
        finally:
            house.stop()


if __name__ == "__main__":
    main()
