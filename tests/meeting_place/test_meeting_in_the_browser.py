"""The meeting place with three delegates and a moderator in it at once, each in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, Route, expect

from tests.conftest import Houses, Visit
from tests.support.browser import barriers
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, Place, place_in, shown

SEEN_ON: list[tuple[int, Literal["light", "dark"]]] = [(320, "light"), (1440, "dark")]
LUNCH = "2017-11-06T12:00"


@pytest.fixture(scope="module")
def venue(lasting_houses: Houses) -> Iterator[House]:
    house = lasting_houses(workers=2, PLENUM_NOW=LUNCH)
    yield house
    assert "Traceback" not in "".join(house.log), "".join(house.log)


@pytest.fixture
def place(venue: House) -> Iterator[Place]:
    with place_in(venue) as place:
        yield place


def come(visit: Visit, someone: Guest, path: str = "", **options: object) -> Page:
    """Somebody's browser at a page of the meeting place."""
    page = visit(someone.place.house, **options)
    key = someone.client.cookies["plenum_sign_in"]
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": someone.place.house.url}])
    page.goto(PLACE + path)
    return page


def test_three_delegates_and_a_moderator(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia, sten = (place.delegate(person) for person in (cast.dag, cast.gia, cast.sten))
    mona = place.moderator(cast.mona)
    dags, gias, stens = come(visit, dag), come(visit, gia), come(visit, sten)
    desk = come(visit, mona, "/desk")

    # A note, and a reply that comes by itself
    dags.get_by_text("Put up a note").click()
    dags.get_by_label("I seek").check()
    dags.get_by_label("In a few words").fill("Schools that begin at ten")
    dags.get_by_role("button", name="Put it up").click()
    expect(dags.get_by_role("heading", name="Schools that begin at ten").first).to_be_attached()
    note = gias.locator(".note", has_text="Schools that begin at ten")
    expect(note).to_be_visible()
    note.get_by_role("button", name="Me too").click()
    expect(stens.locator(".note [data-count]").first).to_have_text("1")
    expect(dags.locator("#bell")).to_contain_text("1")
    note.get_by_role("link", name="Schools that begin at ten", exact=True).click()
    gias.get_by_label("Your reply").fill("We did, with nine pupils.")
    gias.get_by_role("button", name="Reply", exact=True).click()
    expect(dags.locator(".reply")).to_contain_text("We did, with nine pupils.")
    expect(gias.locator(".reply")).to_contain_text("We did, with nine pupils.")
    expect(gias.get_by_label("Your reply")).to_have_value("")
    expect(stens.locator(".note-replies").first).to_contain_text("1 reply")

    # The last seat at a table
    dags.get_by_role("link", name="Meet at a table about it").click()
    dags.get_by_label("Where?").select_option(label="Table 4, 8 seats")
    dags.get_by_label("When?").fill("2017-11-06T12:30")
    dags.get_by_role("button", name="Lay the table").click()
    expect(dags.get_by_text("You have a seat at this table")).to_be_visible()
    table = dags.url.rsplit("/", 1)[1]
    place.house.rows("UPDATE round_table SET seats = 2 WHERE id = ?", table)
    for page in (gias, stens):
        page.goto(f"{PLACE}/tables/{table}")
    gias.get_by_role("button", name="Take a seat").click()
    expect(gias.get_by_text("You have a seat at this table")).to_be_visible()
    stens.get_by_role("button", name=re.compile("Take a seat|Wait for a seat")).click()
    expect(stens.get_by_text("You are number 1 in the queue")).to_be_visible()
    expect(dags.get_by_text("All 2 seats taken, 1 waiting")).to_be_visible()
    gias.get_by_role("button", name="Give the seat back").click()
    expect(stens.get_by_text("You have a seat at this table")).to_be_visible()

    # Contacts, by scanning a card
    dags.goto(f"{PLACE}/card")
    expect(dags.get_by_alt_text("The square of my card")).to_be_visible()
    gias.goto(f"{PLACE}/meet/{shown(dag)}")
    gias.get_by_role("button", name="Yes, become contacts").click()
    gias.wait_for_url(f"**{PLACE}/contacts")
    expect(gias.get_by_text(dag.person.email)).to_have_count(0)
    dags.goto(f"{PLACE}/contacts")
    dags.get_by_role("button", name="Yes").click()
    expect(dags.get_by_text(gia.person.email)).to_be_visible()
    expect(gias.get_by_text(dag.person.email)).to_be_visible()  # without a reload
    dags.get_by_label("Write to Gia").fill("See you at ten?")
    gias.goto(f"{PLACE}/contacts/{dag.tag}")
    dags.get_by_role("button", name="Send").click()
    expect(gias.locator(".message")).to_contain_text("See you at ten?")

    # A report, and what is hidden goes from every screen
    number = sten.writes("Something unkind", kind="idea")
    for page in (gias, dags):
        page.goto(PLACE)
        expect(page.locator(f"#note-{number}")).to_be_visible()
    gias.locator(f"#note-{number}").get_by_role("link", name="Report").click()
    gias.get_by_label("What is wrong?").fill("This is about a pupil.")
    gias.get_by_role("button", name="Send").click()
    reported = desk.locator(".report-card", has_text="This is about a pupil.")
    expect(reported).to_contain_text("Something unkind")
    reported.get_by_label(re.compile("in your own words")).fill("No pupils, please.")
    reported.get_by_role("button", name="Hide it").click()
    expect(dags.locator(f"#note-{number}")).to_have_count(0)
    stens.goto(f"{PLACE}/notices")
    expect(stens.get_by_text("No pupils, please.")).to_be_visible()

    # A block, from which on not a word comes
    gias.goto(PLACE)
    stens.goto(PLACE)
    before = sten.writes("Before the block")
    expect(gias.locator(f"#note-{before}")).to_be_visible()
    gia.blocks(sten)
    expect(gias.locator(f"#note-{before}")).to_have_count(0, timeout=15_000)
    sten.writes("Not for Gia")
    last = dag.writes("For everybody")
    expect(gias.locator(f"#note-{last}")).to_be_visible()
    expect(gias.locator(".note", has_text="Not for Gia")).to_have_count(0)
    expect(dags.locator(".note", has_text="Not for Gia")).to_be_visible()


def test_the_page_of_a_contact_closes_by_itself_when_either_blocks(
    place: Place, visit: Visit, cast: Cast
) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    gia.done(f"/people/{dag.tag}/ask")
    dag.done(f"/people/{gia.tag}/accept")
    gia.done(f"/contacts/{dag.tag}/messages", text="See you at ten?")
    page = come(visit, gia, f"/contacts/{dag.tag}")
    expect(page.get_by_text("See you at ten?")).to_be_visible()
    expect(page.locator("[data-connected=yes]")).to_be_attached()
    dag.blocks(gia)
    expect(page.get_by_text("See you at ten?")).to_have_count(0, timeout=15_000)
    expect(page.get_by_text(dag.person.email)).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_new_notes_that_are_not_asked_for_do_not_come(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    page = come(visit, gia, "?kind=offer&theme=gaming")
    dag.writes("Another kind", kind="seek", themes=["gaming"])
    dag.writes("Another theme", kind="offer", themes=["school"])
    dag.writes("Both of it", kind="offer", themes=["gaming", "school"])
    expect(page.locator(".note", has_text="Both of it")).to_be_visible()
    expect(page.locator(".note", has_text="Another kind")).to_have_count(0)
    expect(page.locator(".note", has_text="Another theme")).to_have_count(0)


def test_an_old_note_that_is_replied_to_stays_on_its_page(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    old, profile = dag.writes("The oldest of them"), dag.profile["id"]
    for number in range(40):
        place.house.rows(
            "INSERT INTO note (author, key, kind, title, text, themes, session, state, written_at)"
            " VALUES (?, ?, 'idea', ?, '', '', '', 'open', '2017-05-02 10:00:00+00:00')",
            *(profile, f"old-{number}", f"Note {number}"),
        )
    page = come(visit, gia)
    expect(page.locator("[data-note]")).to_have_count(40)
    dag.replies(old, "Still of interest?")
    dag.writes("And a new one")  # it comes after the reply, and so says that this was heard
    expect(page.get_by_role("heading", name="And a new one")).to_be_attached()
    expect(page.locator(f"#note-{old}")).not_to_be_attached()


def test_the_list_keeps_still_while_it_is_read(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    for number in range(4):
        dag.writes(f"To be read {number}", "line\n" * 6)
    page = come(visit, gia, viewport={"width": 390, "height": 700})
    read = page.locator(".note", has_text="To be read 1")
    read.scroll_into_view_if_needed()
    read.hover()
    before = read.bounding_box()
    dag.writes("While it is read")
    expect(page.get_by_role("button", name="1 change")).to_be_visible()
    assert read.bounding_box() == before
    page.get_by_role("button", name="1 change").click()
    expect(page.locator(".note", has_text="While it is read")).to_be_attached()


def test_over_bad_wifi_nothing_typed_is_lost_and_nothing_is_sent_twice(
    place: Place, visit: Visit, cast: Cast
) -> None:
    dag = place.delegate(cast.dag)
    page = come(visit, dag)
    page.get_by_text("Put up a note").click()
    page.get_by_label("I seek").check()
    page.get_by_label("In a few words").fill("From the cellar")
    page.get_by_label("More about it").fill("There is no net down here.")

    # It does not get through; then it does, and only the answer is lost; then all is well.
    def send(name: str, pattern: str, *, arrives: bool) -> None:
        def lose(route: Route) -> None:
            if arrives:
                route.fetch(max_redirects=0)
            route.abort("connectionfailed")

        page.route(pattern, lose, times=1)
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("#status")).to_contain_text("Nothing typed is lost")
        page.evaluate("document.getElementById('status').textContent = ''")

    for arrives in (False, True):
        send("Put it up", "**/notes", arrives=arrives)
        expect(page.get_by_label("In a few words")).to_have_value("From the cellar")
        expect(page.get_by_label("More about it")).to_have_value("There is no net down here.")
    page.get_by_role("button", name="Put it up").click()
    page.wait_for_url(f"**{PLACE}/notes/*")
    assert len(dag.sees("?q=cellar")) == 1

    page.get_by_label("Your reply").fill("Still none")
    for arrives in (False, True):
        send("Reply", "**/replies", arrives=arrives)
        expect(page.get_by_label("Your reply")).to_have_value("Still none")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_label("Your reply")).to_have_value("")
    expect(page.locator(".reply")).to_have_count(1)

    # Nor is it when one has been signed out meanwhile.
    page.goto(f"{PLACE}/profile")
    page.get_by_label("A line about me").fill("Cellars")
    place.house.rows("DELETE FROM sign_in WHERE person = ?", dag.profile["person"])
    page.get_by_role("button", name="Keep my profile").click()
    expect(page.locator("#status")).to_contain_text("Please sign in")
    expect(page.get_by_label("A line about me")).to_have_value("Cellars")


def test_without_a_script_one_writes_replies_and_asks(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    note = dag.writes("Plain as paper")
    page = come(visit, gia, f"/notes/{note}", java_script_enabled=False)
    page.get_by_label("Your reply").fill("And as kind")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.locator(".reply")).to_contain_text("And as kind")
    page.get_by_role("button", name="Me too").click()
    expect(page.locator("[data-count]").first).to_have_text("1")
    page.get_by_role("link", name=re.compile("become contacts")).click()
    page.get_by_label("A few words").fill("About paper?")
    page.get_by_role("button", name="Ask to become contacts").click()
    expect(page.get_by_text("has not answered yet")).to_be_visible()


def test_no_page_of_the_meeting_place_has_a_barrier(place: Place, visit: Visit, cast: Cast) -> None:
    dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
    mona = place.moderator(cast.mona)
    for someone in (dag, gia):
        someone.tells("organisation", "country", "themes", organisation="Bærum kommune", themes=["gaming"])
    note = dag.writes("Without barriers", "See https://example.org", themes=["school"], tags="late start")
    reply = gia.replies(note, "A reply")
    gia.done(f"/people/{dag.tag}/ask")
    mona.done(f"/people/{dag.tag}/ask", text="Hello")
    dag.done(f"/people/{gia.tag}/accept")
    gia.done(f"/contacts/{dag.tag}/messages", text="Hello")
    table = dag.done("/tables", title="Late", place="table-1", starts="2017-11-06T12:10", minutes="30")
    gia.post(f"/report/reply/{reply}", reason="See whether this fits")
    foyer = re.findall(r"/meeting-place(/foyer/[^\"]+)", mona.get("/tables"))[0]
    paths = {
        dag: ["", f"/notes/{note}", f"/notes/{note}/edit", "?q=nothing+at+all", "/people", f"/people/{gia.tag}",
              f"/people/{mona.tag}/ask", "/profile", "/notices", "/contacts", f"/contacts/{gia.tag}", "/card",
              "/tables", "/tables/new", table.removeprefix(PLACE), f"/report/note/{note}", "/leave", "/figures"],
        mona: ["/desk", "/desk/log", foyer],
    }  # fmt: skip
    for someone, where in paths.items():
        page = come(visit, someone, reduced_motion="reduce")
        for path in where:
            page.goto(PLACE + path)
            assert page.get_by_role("heading", level=1).count() == 1, path
            for width, scheme in SEEN_ON:
                page.set_viewport_size({"width": width, "height": 4000})
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
                    path,
                    width,
                )
                assert not barriers(page), (path, width, scheme, barriers(page))


def test_every_part_is_in_reach_on_a_telephone(place: Place, visit: Visit, cast: Cast) -> None:
    mona = place.moderator(cast.mona)
    mona.writes("Sleep", themes=["school"], tags="late start")
    page = come(visit, mona, viewport={"width": 390, "height": 844})
    parts = page.get_by_role("navigation", name="Parts of the meeting place").get_by_role("link")
    assert parts.count() == 7
    for target in (*parts.all(), *page.locator(".note-themes a").all()):
        box = target.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] >= 24


def test_a_page_says_that_one_is_signed_out_and_loses_nothing_typed(
    place: Place, visit: Visit, cast: Cast
) -> None:
    dag = place.delegate(cast.dag)
    board = come(visit, dag)
    note = dag.writes("Typed into when it happens")
    typing, reading = board.context.new_page(), board.context.new_page()
    typing.goto(f"{PLACE}/notes/{note}")
    reading.goto(f"{PLACE}/people")
    for page in (board, typing, reading):
        expect(page.locator(".meeting")).to_have_attribute("data-connected", "yes")
    typing.get_by_label("Your reply").fill("Half a thought")
    assert dag.client.post("/sign-out").status_code == 303
    for page in (board, reading):
        page.wait_for_url("**/sign-in")
    said = typing.locator("[data-connection]")
    expect(said).to_contain_text("You are signed out. What you have typed is still here.")
    typing.get_by_role("button", name="Reply", exact=True).click()
    expect(typing.get_by_label("Your reply")).to_have_value("Half a thought")
    with typing.expect_popup() as popup:
        said.get_by_role("link").click()
    expect(popup.value.get_by_role("heading", level=1)).to_be_visible()
    key = place.signed_in(cast.dag).cookies["plenum_sign_in"]
    typing.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": place.house.url}])
    expect(said).to_be_empty(timeout=15_000)
    typing.get_by_role("button", name="Reply", exact=True).click()
    expect(typing.locator(".reply")).to_contain_text("Half a thought")
