"""Takes the README's pictures: `bin/screenshots`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.support.browser import browser, visit
from tests.support.house import SCHOOL_REFUSAL, WHILE_REGISTRATION_IS_OPEN, House

HERE = Path(__file__).parent
PHONE, LAPTOP = {"width": 390, "height": 780}, {"width": 1280, "height": 800}
PICTURES = [
    ("programme-laptop-light", "/programme", LAPTOP, "light"),
    ("home-phone-light", "/", PHONE, "light"),
    ("register-phone-light", "/register", PHONE, "light"),
    ("register-phone-dark", "/register", PHONE, "dark"),
]


def main() -> None:
    with tempfile.TemporaryDirectory() as data:
        house = House(Path(data), PLENUM_NOW=WHILE_REGISTRATION_IS_OPEN)
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        house.start()
        house.plenum("clock", "real")
        try:
            with browser() as chromium:
                for name, path, viewport, scheme in PICTURES:
                    options = {
                        "viewport": viewport,
                        "color_scheme": scheme,
                        "timezone_id": "Europe/Copenhagen",
                    }
                    with visit(chromium, house.url, **options) as page:
                        page.goto(path)
                        page.screenshot(path=HERE / f"{name}.png")
                        print(f"docs/screenshots/{name}.png", flush=True)
        finally:
            house.stop()


if __name__ == "__main__":
    main()
