"""What the squares on our pages say, read from the screen as a telephone reads them."""

from __future__ import annotations

import re
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.conftest import Houses, Visit
from tests.support.booking import book
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, place_in
from tests.support.room import PANEL, room_in

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def venue(lasting_houses: Houses) -> House:
    return lasting_houses(PLENUM_NOW="2017-11-06T12:00")


def scanned(square: Locator) -> str:
    """The address, without the host, that a telephone finds in this square."""
    square.scroll_into_view_if_needed()
    square.evaluate("it => it.decode()")
    picture = square.screenshot()
    [found] = zxingcpp.read_barcodes(Image.open(BytesIO(picture)))
    address = urlsplit(found.text)
    return f"{address.path}?{address.query}" if address.query else address.path


def phone_of(visit: Visit, house: House, someone: Guest, path: str, *, hours: bool = False) -> Page:
    """Somebody's telephone. `hours`: on which hours can pass at once."""
    page = visit(house, viewport=PHONE)
    if hours:
        page.clock.install()
    key = someone.client.cookies["plenum_sign_in"]
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": house.url}])
    page.goto(path)
    return page


def test_a_card_is_scanned_while_its_telephone_is_offline(venue: House, visit: Visit, cast: Cast) -> None:
    with place_in(venue) as place:
        dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
        dags = phone_of(visit, venue, dag, f"{PLACE}/card", hours=True)
        square = dags.get_by_alt_text("The square of my card")
        first = scanned(square)
        drawn = square.get_attribute("src")
        dags.clock.fast_forward("01:01")
        expect(square).not_to_have_attribute("src", drawn or "")
        assert scanned(square) != first

        # Down in the cellar
        dags.context.set_offline(True)
        expect(dags.get_by_text("You are offline. This square can be scanned until")).to_be_visible()
        dags.clock.fast_forward("05:00")
        address = scanned(square)
        gias = phone_of(visit, venue, gia, address)
        expect(gias.get_by_role("heading", level=1)).to_contain_text(dag.name)
        gias.get_by_role("button", name="Yes, become contacts").click()
        gias.wait_for_url(f"**{PLACE}/contacts")
        expect(gias.get_by_text(dag.person.email)).to_have_count(0)
        dags.clock.fast_forward("01:59:00")
        expect(dags.get_by_text("This square is too old now.")).to_be_visible()

        # And up again: it renews itself, says who has scanned it, and both have each other
        old = square.get_attribute("src")
        dags.context.set_offline(False)
        expect(square).not_to_have_attribute("src", old or "")
        expect(dags.get_by_text("This square is too old now.")).to_have_count(0)
        dags.clock.run_for(10_000)  # in which the connection comes back
        expect(dags.get_by_text(f"{gia.name} has scanned your card")).to_be_visible()
        dags.get_by_role("button", name="Yes, become contacts").click()
        expect(dags.get_by_text(gia.person.email)).to_be_visible()
        expect(gias.get_by_text(dag.person.email)).to_be_visible()


def test_a_ticket_and_the_way_into_a_room_can_be_scanned(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    house = sqlite_house
    with house.client() as client, room_in(house) as room:
        book(client, cast.dag)
        [ticket] = set(re.findall(r"/tickets/[\w.-]{40,}", client.get("/me").text))
        shown = visit(house, viewport=PHONE)
        shown.goto(ticket)
        assert scanned(shown.locator(".ticket-code")) == ticket

        mona = room.moderator(cast.mona, PANEL)
        mona.set("by_hand", "open")
        screen = visit(house, viewport={"width": 1920, "height": 1080})
        screen.goto(f"{mona.path}/screen/{room.row['screen_code']}")
        guest = visit(house, viewport=PHONE)
        guest.goto(scanned(screen.locator(".qr")))
        guest.get_by_role("button", name="Join").click()
        expect(guest.get_by_text("Ask a question").first).to_be_visible()
        poster = visit(house)
        poster.set_viewport_size({"width": 600, "height": 600})
        poster.goto(f"{mona.path}/qr.svg")
        [found] = zxingcpp.read_barcodes(Image.open(BytesIO(poster.screenshot())))
        assert urlsplit(found.text).path == "/ask"
        mona.set("by_hand", "")
