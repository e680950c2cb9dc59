"""Nothing typed is lost when a sign-in has ended: after signing in one is back in the same form."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.conftest import Visit
from tests.support.booking import Form, book, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, has, sign_in, sign_in_links
from tests.support.house import House
from tests.support.meeting import Place
from tests.support.waiting import until


def sign_out(house: House, person: Person) -> None:
    """End every sign-in of somebody, as time does."""
    house.rows("DELETE FROM sign_in WHERE person = (SELECT id FROM person WHERE email = ?)", person.email)


def go_on(browser: httpx.Client) -> httpx.Response:
    """Press the button on the page that follows signing in, and go where it leads, as browsers do."""
    form = Form(
        browser.get("/sign-in/kept").text.replace('<form class="flow narrow"', '<form id="kept"'), "kept"
    )
    answer = browser.post("/sign-in/kept", data=form.values)
    assert answer.status_code == 307, "it is sent on as it is"
    return browser.post(answer.headers["location"], data=form.values)


def test_who_is_signed_out_while_changing_a_booking_is_back_in_the_form(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        page = Changing(browser, f"{booking}/delegates/1")
        paying = Changing(browser, f"{booking}/payer")
        sign_out(house, cast.dag)
        page.fill({"role": "Teacher", "workshop": "yes", "diet": 'No nuts\nno "shellfish"'})
        answer = page.client.post(page.path, data=page.form.values | {"action": "save"})
        assert answer.status_code == 401
        assert "What you typed is kept" in words(answer.text)
        assert 'href="/sign-in"' in answer.text
        assert "workshop" not in has(house, cast.dag)
        assert sign_in(house, browser, cast.dag) == "/sign-in/kept"
        shown = go_on(browser)
        assert shown.status_code == 200
        page.form = Form(shown.text, "change")
        assert (page.value("role"), page.value("workshop")) == (["Teacher"], ["yes"])
        assert page.value("diet") == ['No nuts\nno "shellfish"']
        assert "NOK 2,375 more" in words(shown.text)
        assert "workshop" not in has(house, cast.dag), "nothing is saved before it is confirmed"
        assert page.press("save").status_code == 303
        assert "workshop" in has(house, cast.dag)
        assert browser.get("/sign-in/kept").headers["location"] == "/me", "it was for once"

        sign_out(house, cast.dag)
        paying.form.fill({"payer.reference": "PO 17"})
        assert (
            paying.client.post(paying.path, data=paying.form.values | {"action": "save"}).status_code == 401
        )
        sign_in(house, browser, cast.dag)
        paying.form = Form(go_on(browser).text, "change")
        assert paying.form.values["payer.reference"] == ["PO 17"]
        assert paying.press("save").status_code == 303
        assert "PO 17" in words(browser.get(booking).text)


def test_a_page_that_needs_a_sign_in_asks_for_it_and_leads_back(house: House, cast: Cast) -> None:
    with house.client() as browser, house.client() as stranger:
        booking = book(browser, cast.dag)
        sign_out(house, cast.dag)
        for path in ("/delegates/1", "/delegates/1/replacement", "/cancellation", "/payer", "/waiting"):
            answer = browser.get(booking + path, headers={"Accept": "text/html"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path
        # A button that was pressed with nothing typed is pressed again by whoever wants it.
        cancel = {"action": "cancel", "revision": "0", "price_seen": "0"}
        assert browser.post(f"{booking}/cancellation", data=cancel).status_code == 401
        assert sign_in(house, browser, cast.dag) == f"{booking}/cancellation"
        assert browser.get(f"{booking}/cancellation").status_code == 200
        # Nor is a tick sent again from a page that does not say what it is for.
        sign_out(house, cast.dag)
        assert "is kept" not in words(browser.post("/me/erasure", data={"sure": "yes"}).text)
        assert sign_in(house, browser, cast.dag) == "/me/erasure"
        # Somebody else who signs in has nothing of his there, and no way to it.
        sign_in(house, stranger, cast.dag)
        assert stranger.get("/sign-in/kept").headers["location"] == "/me"
        stranger.cookies.set("plenum_kept", "x" * 32)
        assert stranger.get("/sign-in/kept").headers["location"] == "/me"


def test_what_dag_typed_is_not_shown_to_a_colleague_who_signs_in_at_the_same_computer(
    house: House, cast: Cast
) -> None:
    with house.client() as browser, house.client() as her_own:
        book(her_own, cast.gia)
        booking = book(browser, cast.dag)
        sign_in(house, browser, cast.dag)
        sign_out(house, cast.dag)
        typed = {"delegates.0.diet": "Only what his doctor allows", "action": "save"}
        assert browser.post(f"{booking}/delegates/1", data=typed).status_code == 401
        assert sign_in(house, browser, cast.gia) != "/sign-in/kept"
        answer = browser.get("/sign-in/kept")
        assert (answer.status_code, answer.headers["location"]) == (303, "/me")
        assert browser.post("/sign-in/kept").headers["location"] == "/me"
        # It is his, as before, when he comes back.
        assert browser.post(f"{booking}/delegates/1", data=typed).status_code in (401, 404)
        sign_out(house, cast.gia)
        sign_in(house, browser, cast.dag)
        sign_out(house, cast.dag)
        assert browser.post(f"{booking}/delegates/1", data=typed).status_code == 401
        assert sign_in(house, browser, cast.dag) == "/sign-in/kept"
        assert "Only what his doctor allows" in browser.get("/sign-in/kept").text


@pytest.mark.one_database
def test_a_price_asked_for_when_signed_out_takes_nothing_from_the_page(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        page = Changing(browser, f"{booking}/delegates/1")
        sign_out(house, cast.dag)
        answer = browser.post(page.path, data=page.form.values, headers={"HX-Request": "true"})
        assert (answer.status_code, answer.headers["HX-Reswap"]) == (401, "none")


@pytest.mark.one_database
def test_what_is_too_long_to_be_kept_is_not_said_to_be(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        sign_out(house, cast.dag)
        for typed, kept in (("x" * 1000, True), ("x" * 70_000, False)):
            answer = browser.post(f"{booking}/payer", data={"payer.address": typed})
            assert answer.status_code == 401
            assert ("What you typed is kept" in words(answer.text)) is kept


def test_dag_is_back_in_his_form_with_or_without_a_script(
    visit: Visit, sqlite_house: House, cast: Cast
) -> None:
    for scripts in (False, True):
        with sqlite_house.client() as client:
            booking = book(client, cast.dag)
            page = visit(sqlite_house, java_script_enabled=scripts)
            cookies = [{"name": n, "value": v, "url": sqlite_house.url} for n, v in client.cookies.items()]
            page.context.add_cookies(cookies)  # type: ignore[arg-type]
            page.goto(f"{booking}/delegates/1")
            sign_out(sqlite_house, cast.dag)
            page.get_by_label("Diet and allergies").fill("No nuts")
            page.get_by_label("Optional workshop").check()
            if scripts:
                expect(page.locator("#status")).to_contain_text(
                    "You have been signed out. Nothing typed is lost"
                )
                expect(page.get_by_label("Diet and allergies")).to_have_value("No nuts")
            page.get_by_role("button", name="Confirm the change").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("Please sign in first")
            page.get_by_role("main").get_by_role("link", name="Sign in").click()
            page.locator("#email").fill(cast.dag.email)
            before = len(sign_in_links(sqlite_house, cast.dag))
            page.get_by_role("button", name="Send me a link").click()
            page.goto(until(lambda: sign_in_links(sqlite_house, cast.dag)[before:])[-1])  # noqa: B023
            page.get_by_role("main").get_by_role("button", name="Sign in here").click()
            if not scripts:
                expect(page.get_by_role("heading", level=1)).to_have_text("You are signed in")
                page.get_by_role("button", name="Back to the form").click()
            expect(page.get_by_label("Diet and allergies")).to_have_value("No nuts")
            expect(page.get_by_label("Optional workshop")).to_be_checked()
            page.get_by_role("button", name="Confirm the change").click()
            expect(page.get_by_text("The change is saved.")).to_be_visible()


def test_what_was_written_for_the_meeting_place_is_sent_after_signing_in(place: Place, cast: Cast) -> None:
    dag = place.delegate(cast.dag)
    sign_out(place.house, cast.dag)
    typed = {"title": "Late breakfast clubs", "text": "Who runs one?", "kind": "seek", "key": "k" * 22}
    answer = dag.client.post("/meeting-place/notes", data=typed)
    assert answer.status_code == 401
    assert sign_in(place.house, dag.client, cast.dag) == "/sign-in/kept"
    said = words(dag.client.get("/sign-in/kept").text)
    assert "Late breakfast clubs" in said
    assert "Send it" in said
    assert not dag.sees("?q=Late+breakfast")
    assert go_on(dag.client).status_code == 303
    assert len(dag.sees("?q=Late+breakfast")) == 1
