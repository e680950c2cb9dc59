"""Words of 25 letters and more, of which other languages are fond, on the smallest telephone there is."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page

from tests.booking.test_tickets import ticket_of
from tests.conftest import Houses, Visit
from tests.support.booking import Registering, choices_of
from tests.support.cast import Cast
from tests.support.changes import sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from webapp.conference.reading import read

WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
FILE = read(SCHOOL_REFUSAL)
PUBLIC = ["/", "/programme", "/speakers", "/practical", "/my-programme", "/register", "/sign-in", "/waiting"]
PUBLIC += [f"/programme/{session.slug}" for session in FILE.session]
PUBLIC += [f"/speakers/{speaker.slug}" for speaker in FILE.speaker]
PUBLIC += ["/ask", "/panels/questions-and-answers"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, lasting_houses: Houses) -> House:
    """A German conference of which every title, name and room is a long word."""
    file = tmp_path_factory.mktemp("long") / "conference.toml"
    said = r'^((?:title|name|role|affiliation|room|tagline|address|city|description|unit) = ")(?!")'
    text = re.sub(said, rf"\g<1>{WORD} ", SCHOOL_REFUSAL.read_text(), flags=re.MULTILINE)
    text = re.sub(
        r'^((?:abstract|biography|about|vat_note) = """\n)', rf"\g<1>{WORD} ", text, flags=re.MULTILINE
    )
    file.write_text(text.replace('timezone = "', 'language = "de"\ntimezone = "', 1))
    return lasting_houses(conference=file)


def beside(page: Page) -> list[str]:
    """What lies beside the window."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= window.innerWidth ? [] :
          [...document.querySelectorAll("body *")]
            .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1)
            .map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`).slice(0, 8)"""
    )
    return found


def test_long_words_push_no_page_out_of_a_small_telephone(house: House, visit: Visit, cast: Cast) -> None:
    dag, gia = (replace(person, name=WORD, organisation=WORD) for person in (cast.dag, cast.gia))
    with house.client() as client:
        form = Registering(client)
        form.for_delegates(dag, gia, reference=WORD, address=f"{WORD}\n{WORD}")
        form.fill(choices_of(0, seminar_1="seminar-1a", workshop="yes", nights=["2017-11-06"]))
        booking = form.book()
        client.post("/programme/seminar-1b/mark")
        sign_in(house, client, cast.dag)
        invoice = client.get(booking).text.split("/invoices/")[1].partition('"')[0]
        changes = ["", "/delegates/1", "/delegates/2/replacement", "/delegates/1/cancellation"]
        changes += ["/payer", "/waiting", f"/invoices/{invoice}"]
        page = visit(house, viewport={"width": 320, "height": 640}, reduced_motion="reduce")
        for cookie in client.cookies.jar:
            page.context.add_cookies([{"name": cookie.name, "value": cookie.value or "", "url": house.url}])
        wide = {}
        for path in [*PUBLIC, *(booking + part for part in changes), ticket_of(house, dag), "/me"]:
            page.goto(path)
            if lies := beside(page):
                wide[path] = lies
            if path == "/register":
                page.locator(".price-panel > summary").click()
                wide |= {"the price": lies} if (lies := beside(page)) else {}
    assert not wide, "\n".join(f"{path}: {lies}" for path, lies in wide.items())
