"""Every page for everybody: axe finds nothing and nothing scrolls sideways, on telephone and laptop, light and dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Houses, Visit
from tests.support.booking import Registering, book
from tests.support.browser import OF_COLOURS, barriers
from tests.support.cast import Cast, Person
from tests.support.changes import Changing
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.room import PANEL, room_in
from tests.support.waiting import until

PAGES = [
    "/",
    "/programme",
    "/programme?category=gaming",
    "/programme?category=gaming&speaker=trude-havig",
    "/programme/keynote-david-heyne",
    "/speakers",
    "/speakers/trude-havig",
    "/practical",
    "/my-programme",
    "/register",
    "/sign-in",
    "/sign-in/made-up",
    "/styleguide",
    "/nothing-here",
    "/register/price",
    "/ask",
    "/screen",
    f"/panels/{PANEL}",
]
SMALL_PHONE, PHONE, LAPTOP = 320, 390, 1440
HIGH = 8000
"""So that the whole page is in sight, and nothing lies half under the bar at a telephone's foot."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, lasting_houses: Houses) -> House:
    """A house with every page there is, also those for who works on Plenum. Seminar 2B is fully booked."""
    file = tmp_path_factory.mktemp("full") / "conference.toml"
    text = SCHOOL_REFUSAL.read_text()
    file.write_text(text.replace('slug = "seminar-2b"\n', 'slug = "seminar-2b"\ncapacity = 1\n', 1))
    house = lasting_houses(conference=file, PLENUM_DEV="1")
    with house.client() as client:
        book(client, Cast().gia, seminar_2="seminar-2b")
    return house


@pytest.fixture
def come(visit: Visit, house: House) -> Callable[..., Page]:
    """Opens a page as whoever this client is: a new visitor, unless one is given."""

    def come(client: httpx.Client | None = None, **options: Any) -> Page:
        # Between light and dark no colour is on its way when it is looked at.
        page = visit(house, reduced_motion="reduce", **options)
        for cookie in client.cookies.jar if client else ():
            page.context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": house.url}])
        return page

    return come


def assert_open_to_all(page: Page, *, widths: Sequence[int] = (PHONE, LAPTOP)) -> None:
    """Nobody is kept out of the page as it stands: on a telephone or a laptop, by day or by night."""
    assert page.get_by_role("heading", level=1).count() == 1, page.url
    for width in widths:
        page.set_viewport_size({"width": width, "height": HIGH})
        assert fits(page), (page.url, width)
        page.emulate_media(color_scheme="light")
        assert not barriers(page), (page.url, width)
        page.emulate_media(color_scheme="dark")
        assert not barriers(page, OF_COLOURS), (page.url, width, "dark")


def fits(page: Page) -> bool:
    """Whether nothing lies beside the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def link_for(house: House, person: Person) -> str:
    """The path of the sign-in link this person was sent, once there is one."""

    def links() -> list[str]:
        return [
            link
            for mail in house.outbox(person.email)
            if (body := mail.get_body(("plain",)))
            for link in re.findall(r"/sign-in/\S+", body.get_content())
        ]

    return until(links)[-1]


def test_no_page_has_a_barrier(come: Callable[..., Page]) -> None:
    page = come()
    for path in PAGES:
        page.goto(path)
        assert_open_to_all(page)


def test_no_page_is_wider_than_a_small_telephone(visit: Visit, house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, cast.mona, seminar_1="seminar-1a", workshop="yes")
    page = visit(house, viewport={"width": SMALL_PHONE, "height": 600})
    for path in [*PAGES, booking, "/outbox"]:
        page.goto(path)
        assert fits(page), path


def test_the_menu_of_a_telephone_has_no_barrier(come: Callable[..., Page]) -> None:
    page = come(viewport={"width": PHONE, "height": 844})
    page.goto("/programme")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Practical")).to_be_visible()
    assert_open_to_all(page, widths=[PHONE])


def test_the_form_has_no_barrier_while_it_is_filled_in(
    come: Callable[..., Page], house: House, cast: Cast
) -> None:
    page = come(viewport={"width": PHONE, "height": HIGH})
    page.goto("/register")
    page.get_by_role("button", name="Add a colleague").click()
    page.get_by_role("group", name="Delegate 2").wait_for()
    page.select_option("#country", "NO")
    page.get_by_label("Gamification").first.check()
    page.get_by_label("Monday 6 November").first.check()
    expect(page.locator(".price-total")).to_contain_text("NOK 16,812.50")
    page.locator(".price-panel > summary").click()
    expect(page.locator(".price-body")).to_be_visible()
    expect(page.get_by_text("Fully booked").first).to_be_visible()
    assert_open_to_all(page)
    page.get_by_role("button", name="Confirm the booking").click()
    expect(page.locator("#error-summary")).to_be_visible()
    assert_open_to_all(page)


def test_a_seat_that_went_meanwhile_is_told_without_a_barrier(
    come: Callable[..., Page], house: House, cast: Cast
) -> None:
    with house.client() as client:
        at_the_page = Registering(client)
        at_the_page.for_delegates(cast.dag)
        at_the_page.fill({"delegates.0.seminar.seminar-2": "seminar-2a"})
        at_the_page.press("price")
        page = come(client)
    page.goto("/register")
    house.rows("UPDATE offer SET capacity = taken WHERE slug = 'seminar-2a'")
    page.get_by_role("button", name="Confirm the booking").click()
    expect(page.locator("#error-summary")).to_contain_text("no seat is left. Please choose again.")
    assert_open_to_all(page)
    house.rows("UPDATE offer SET capacity = NULL WHERE slug = 'seminar-2a'")


def test_a_press_reaches_its_button_though_the_price_stands_open(visit: Visit, house: House) -> None:
    page = visit(house, viewport={"width": PHONE, "height": 844}, has_touch=True, is_mobile=True)
    page.goto("/register")
    body = page.locator(".price-body")
    for press in ("click", "tap"):
        page.locator(".price-panel > summary").click()
        expect(body).to_be_visible()
        page.get_by_label("I agree").click()
        expect(page.get_by_label("I agree")).to_be_checked(checked=press == "click")
        expect(body).to_be_visible()
        getattr(page.get_by_role("button", name="Confirm the booking"), press)()
        expect(page.locator("#error-summary")).to_be_focused()
        # What is typed is not hidden, whoever led there.
        page.get_by_role("link", name="e-mail").first.click()
        expect(body).to_be_hidden()


def test_forms_with_mistakes_fit_also_without_javascript(come: Callable[..., Page]) -> None:
    """What axe would find is in the same parts as with it; axe itself is JavaScript."""
    page = come(java_script_enabled=False)
    page.goto("/register")
    page.get_by_role("button", name="Confirm the booking").click()
    expect(page.locator("#error-summary")).to_be_visible()
    assert fits(page)
    # The price stands open then: below what is filled in, and not over it.
    page.set_viewport_size({"width": PHONE, "height": 800})
    page.goto("/register")
    price, consent = page.locator(".price-column").bounding_box(), page.locator("#consent").bounding_box()
    assert price
    assert consent
    assert price["y"] > consent["y"]
    page.goto("/sign-in")
    page.locator("#email").fill("dag@")
    page.get_by_role("button", name="Send me a link").click()
    expect(page.locator("#error-email")).to_contain_text("does not look like an e-mail address")
    assert fits(page)


def test_whoever_has_booked_and_marked_meets_no_barrier(
    come: Callable[..., Page], house: House, cast: Cast
) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, seminar_1="seminar-1a", workshop="yes", nights=["2017-11-06"])
        # At the time of the seminar, so that they clash.
        client.post("/programme/seminar-1b/mark")
        client.post("/programme/keynote-david-heyne/mark")
        page = come(client)
    for path in (booking, "/me", "/my-programme", "/programme"):
        page.goto(path)
        assert_open_to_all(page)
    page.goto("/my-programme")
    expect(page.get_by_text("Booked", exact=True)).to_have_count(2)
    expect(page.get_by_text("At the same time").first).to_be_visible()


def test_a_booking_for_colleagues_has_no_barrier(come: Callable[..., Page], house: House, cast: Cast) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, cast.gia, cast.mona, workshop="yes")
    page = come()
    page.goto(booking)
    for programme in page.locator("summary").all():
        programme.click()
    assert_open_to_all(page)


def test_signing_in_has_no_barrier(come: Callable[..., Page], house: House, cast: Cast) -> None:
    house.plenum("organiser", "add", cast.olga.email)
    page = come()
    page.goto("/sign-in")
    page.locator("#email").fill("olga@")
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_text("does not look like an e-mail address").wait_for()
    assert_open_to_all(page)
    page.get_by_text("I moderate and have a password").click()
    page.locator("#address").fill(cast.olga.email)
    page.locator("#password").fill("a guess")
    page.locator("#password").press("Enter")
    page.get_by_text("do not belong together").wait_for()
    assert_open_to_all(page)
    page.locator("#email").fill(cast.olga.email)
    page.get_by_role("button", name="Send me a link").click()
    page.get_by_role("heading", name="Look at your mail").wait_for()
    assert_open_to_all(page)
    link = link_for(house, cast.olga)
    page.goto(link)
    assert_open_to_all(page)
    page.get_by_role("button", name="Sign in here").click()
    page.get_by_text("There is no booking for this address").wait_for()
    assert_open_to_all(page)
    with house.client() as client:
        book(client, cast.dag, cast.mona, workshop="yes")
    page.goto("/organise")
    assert_open_to_all(page)
    page.set_viewport_size({"width": PHONE, "height": HIGH})
    number = page.get_by_role("row", name="Bærum kommune").first.locator("[data-label=Total]")
    expect(number).to_be_in_viewport(ratio=1)  # without scrolling sideways
    page.goto(link)
    page.get_by_role("heading", name="This link does not work any more").wait_for()
    assert_open_to_all(page)


def test_asking_in_an_open_panel_has_no_barrier(come: Callable[..., Page], house: House, cast: Cast) -> None:
    with room_in(house) as room:
        mona, gia = room.moderator(cast.mona), room.guest("Gia")
        mona.set("by_hand", "open")
        for text in ("How do we begin?", "And how do we go on?"):
            room.listed(mona, text)
        gia.vote(room.last_question())
        asked = room.asked(gia, "What about the parents?", signed="named")
        stranger, guest, moderator = come(), come(gia.client), come(mona.client)
        stranger.goto(gia.path)
        assert_open_to_all(stranger)
        stranger.get_by_label("code").first.fill("WRONG1")
        stranger.get_by_label("code").first.press("Enter")
        expect(stranger.get_by_text("This is not the room’s code.")).to_be_visible()
        assert_open_to_all(stranger)
        for path in ("/ask", gia.path, f"{gia.path}/questions/{asked}/edit"):
            guest.goto(path)
            assert_open_to_all(guest)
        guest.get_by_label("Your question").fill("What about Kasper Holm and his parents?")
        guest.get_by_role("button", name="Save the change").click()
        expect(guest.get_by_role("checkbox", name="It names nobody")).to_be_visible()
        assert_open_to_all(guest)
        moderator.goto("/me")
        assert_open_to_all(moderator)
        mona.set("by_hand", "closed")
        guest.goto(gia.path)
        assert_open_to_all(guest)


def test_the_desk_and_the_screen_have_no_barrier(come: Callable[..., Page], house: House, cast: Cast) -> None:
    with room_in(house) as room:
        mona = room.moderator(cast.mona, PANEL)
        mona.set("by_hand", "open")
        room.asked(room.guest(), "Does Kasper Holm wait?")
        mona.act(room.listed(mona, "What is on the screen?"), "show")
        moderator, screen = come(mona.client), come()
        for path in (f"{mona.path}/desk", f"{mona.path}/desk/log"):
            moderator.goto(path)
            assert_open_to_all(moderator)
        screen.goto(f"{mona.path}/screen/{room.row['screen_code']}")
        expect(screen.get_by_text("What is on the screen?")).to_be_visible()
        assert_open_to_all(screen, widths=[LAPTOP])
        mona.set("by_hand", "")


def test_mails_have_no_barrier(come: Callable[..., Page], house: House, cast: Cast) -> None:
    with house.client() as client:
        book(client, cast.dag, seminar_1="seminar-1a", nights=["2017-11-06"])
        client.post("/sign-in", data={"email": cast.dag.email})
        link_for(house, cast.dag)
        page = come()
        page.goto("/outbox")
        assert_open_to_all(page)
        for address in re.findall(r'href="(/outbox/[^"]+)"', client.get("/outbox").text)[:2]:
            # In the outbox no script may run in a mail, and axe is one.
            mail = come()
            mail.set_content(client.get(address).text)
            assert mail.locator("h1").count() == 1
            for scheme in ("light", "dark"):
                mail.emulate_media(color_scheme=scheme)
                # A mail is a part of the page of whoever shows it, which has the landmarks.
                assert not [found for found in barriers(mail) if not re.match("landmark|region", found)]


def test_on_the_day_no_page_has_a_barrier(houses: Houses, visit: Visit) -> None:
    page = visit(houses(PLENUM_NOW="2017-11-06T10:20"), reduced_motion="reduce")
    for path in ("/", "/programme"):
        page.goto(path)
        expect(page.get_by_label("Now and next")).to_be_visible()
        assert_open_to_all(page)


def test_what_cancels_and_erases_does_not_look_like_what_saves(
    come: Callable[..., Page], house: House, cast: Cast
) -> None:
    with house.client() as client:
        booking = book(client, cast.dag)
        page = come(client)
    looks: dict[str, set[str]] = {}
    look = "button => getComputedStyle(button).color + getComputedStyle(button).backgroundColor"
    for path, name in ((f"{booking}/payer", "Save"), (f"{booking}/cancellation", "Cancel now")):
        page.goto(path)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            looks.setdefault(scheme, set()).add(page.get_by_role("button", name=name).evaluate(look))
    assert {scheme: len(two) for scheme, two in looks.items()} == {"light": 2, "dark": 2}


def test_the_pages_on_which_a_booking_is_changed_have_no_barrier(
    come: Callable[..., Page], house: House, cast: Cast
) -> None:
    with house.client() as client:
        booking = book(client, cast.dag, cast.mona, workshop="yes")
        Changing(client, f"{booking}/delegates/2").save(workshop=[])
        wish = {"offer": "seminar-2b", "delegates": "1"}
        place = client.post(f"{booking}/waiting", data=wish).headers["location"]
        page = come(client)
        invoices = client.get(booking).text.split("/invoices/")[1].partition('"')[0]
        for path in (
            "",
            "/delegates/1",
            "/delegates/2/replacement",
            "/delegates/1/cancellation",
            "/payer",
            "/waiting",
        ):
            page.goto(booking + path)
            assert_open_to_all(page)
        for path in (f"{booking}/invoices/{invoices}", place, "/waiting"):
            page.goto(path)
            assert_open_to_all(page)
        page.goto(f"{booking}/delegates/1/replacement")
        page.get_by_role("button", name="Confirm the change").click()
        page.locator("#error-summary").wait_for()
        assert_open_to_all(page)
