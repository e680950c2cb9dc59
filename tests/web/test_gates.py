"""What holds at every address, unless one says otherwise."""

from __future__ import annotations

import re

from tests.support.booking import Registering
from tests.support.house import House
from webapp.app import create_app

FORMS = sorted(
    re.sub(r"\{\w+:\w+\}", "1", route.path)
    for route in create_app().routes
    if "POST" in getattr(route, "methods", ())
)
OF_MAIL_PROGRAMS = "/no-more-mail/1"
"""They send to it of themselves, and RFC 8058 lets them send in parts."""


def test_forms_in_parts_are_taken_at_one_address_only(sqlite_house: House) -> None:
    assert len(FORMS) > 50
    with sqlite_house.client() as client:
        for path in FORMS:
            in_parts = client.post(path, files={"email": "dag@example.org"})
            assert (in_parts.status_code == 400) == (path != OF_MAIL_PROGRAMS), path
        assert client.post("/sign-in", data={"email": "dag@example.org"}).status_code == 200


def test_a_number_that_is_too_long_to_be_one_breaks_nothing(sqlite_house: House) -> None:
    with sqlite_house.client() as client:
        at_the_page = Registering(client)
        at_the_page.press("add")
        for number, left in (("9" * 5000, 2), ("1", 1)):
            answer = client.post("/register", data=at_the_page.form.values | {"action": f"remove:{number}"})
            assert answer.status_code == 200
            assert len(re.findall(r'name="delegates\.\d\.name"', answer.text)) == left
