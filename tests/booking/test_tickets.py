"""Tickets: in the mail, at their own address, in the calendar, and where there is no net."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from dataclasses import replace
from email.message import EmailMessage
from io import BytesIO
from typing import Any

import httpx
import pytest
from icalendar import Calendar
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.conftest import Visit
from tests.support.booking import Registering, book, choices_of, words
from tests.support.browser import barriers
from tests.support.cast import Cast, Person
from tests.support.house import NO_CERTIFICATES, House
from tests.support.mailbox import text_of
from tests.support.waiting import until

TICKET = re.compile(r"/tickets/[\w.-]{40,}")


def ticket_of(house: House, person: Person) -> str:
    """The address of a ticket, as its holder's mail has it."""
    [address] = TICKET.findall(text_of(house.outbox(person.email)[0]))
    return str(address)


def calendar_in(mail: EmailMessage) -> Calendar:
    [attached] = [part for part in mail.iter_attachments() if part.get_content_type() == "text/calendar"]
    assert attached.get_filename() == "programme.ics"
    assert attached.get_param("method") == "PUBLISH"
    return Calendar.from_ical(attached.get_content())


def by_title(calendar: Calendar) -> dict[str, Any]:
    return {
        str(event["SUMMARY"]).removesuffix(" (order to be announced)"): event
        for event in calendar.walk("VEVENT")
    }


SWAP = """
import asyncio, sys
from webapp import clock
from webapp.database.connected import connected
from webapp.database.transaction import transaction
from webapp.tables.booking.letters import booking_letters
from webapp.conference.programme import Programme
from webapp.tables import Booking, Delegate, Item, Offer, OutgoingMail

async def swap(email, old, new, change):
    async with connected(), transaction():
        delegate = await Delegate.objects().get(Delegate.email == email)
        for offer in await Offer.objects().where(Offer.slug == new):
            await Item.update({Item.offer: offer.id, Item.title: offer.title}).where(
                Item.delegate == delegate.id, Item.offer.slug == old
            )
        booking = await Booking.objects().get(Booking.id == delegate.booking)
        [booked] = await booking.delegates()
        await Delegate.calendar_changes(delegate.id, booked.offers)
        programme = await Programme.read()
        letters = booking_letters(booking, await booking.delegates(), change, file=programme.file)
        for _ in range(2):  # told twice, and heard once
            await OutgoingMail.put(*letters, now=clock.now())

asyncio.run(swap(*sys.argv[1:]))
"""


def swap(house: House, *words: str) -> None:
    subprocess.run([sys.executable, "-c", SWAP, *words], env=house.environment, check=True)


def test_a_change_raises_the_sequence_and_cancels_what_is_gone(house: House, cast: Cast) -> None:
    with house.client() as browser:
        book(browser, cast.dag, seminar_1="seminar-1a")
    swap(house, cast.dag.email, "seminar-1a", "seminar-1b", "change 1")
    until(lambda: len(house.outbox(cast.dag.email)) == 2)
    swap(house, cast.dag.email, "seminar-1b", "seminar-1a", "change 2")
    until(lambda: len(house.outbox(cast.dag.email)) == 3)
    told = [by_title(calendar_in(mail)) for mail in house.outbox(cast.dag.email)]
    told.sort(key=lambda events: int(events["1A Gamification"]["SEQUENCE"]))
    booked, swapped, back = told
    one, other = "1A Gamification", "1B Prevention, intervention or compensation"
    assert [events[one]["STATUS"] for events in told] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert other not in booked
    assert [events[other]["STATUS"] for events in (swapped, back)] == ["CONFIRMED", "CANCELLED"]
    assert len({events[one]["UID"] for events in told}) == 1
    sequences = [int(events[one]["SEQUENCE"]) for events in told]
    assert sequences == [sequences[0], sequences[0] + 1, sequences[0] + 2]


def test_the_mail_of_each_brings_their_own_ticket_and_calendar(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        page.fill(choices_of(0, seminar_1="seminar-1a"))
        page.fill(choices_of(1, seminar_1="seminar-1b"))
        booking = page.book()
        events = {}
        for number, person in enumerate((cast.dag, cast.gia), start=1):
            [mail] = house.outbox(person.email)
            address = ticket_of(house, person)
            assert person.name in words(browser.get(address).text)
            html = mail.get_body(("html",))
            assert html
            assert f'href="{house.url}{address}"' in html.get_content()
            assert 'src="cid:ticket-1"' in html.get_content()
            [picture] = [part for part in mail.walk() if part["Content-ID"] == "<ticket-1>"]
            assert picture.get_content().startswith(b"\x89PNG")
            events[person] = by_title(calendar_in(mail))
            # The pages give the same calendar, so that nothing stands twice in anybody's.
            for again in (f"{booking}/{number}.ics", f"{address}/programme.ics"):
                same = by_title(Calendar.from_ical(browser.get(again).content))
                assert {e["UID"] for e in same.values()} == {e["UID"] for e in events[person].values()}
        [payers] = house.outbox(cast.olga.email)
        kinds = [part.get_content_type() for part in payers.iter_attachments()]
        assert kinds == ["application/pdf"], "Olga does not come: there is an invoice, and no ticket for her"
    his, hers = events[cast.dag], events[cast.gia]
    assert "1A Gamification" in his
    assert "1A Gamification" not in hers
    common = his.keys() & hers.keys()
    assert len(common) > 5
    assert not {his[title]["UID"] for title in common} & {hers[title]["UID"] for title in common}
    assert {str(event["STATUS"]) for event in his.values()} == {"CONFIRMED"}


def test_only_the_address_we_made_opens_a_ticket(house: House, cast: Cast) -> None:
    with house.client() as browser:
        book(browser, cast.dag)
        book(browser, cast.gia)
        his, hers = ticket_of(house, cast.dag), ticket_of(house, cast.gia)
        assert cast.dag.name in browser.get(his).text
        payload, _, signature = his.removeprefix("/tickets/").partition(".")
        other = hers.removeprefix("/tickets/").partition(".")[0]
        booking = TICKET.sub("", browser.get("/me").text)
        booking = re.findall(r"/bookings/([\w.-]+)", booking)[0]
        for forged in (
            f"{other}.{signature}",
            f"{payload}.",
            payload,
            f"{signature}.{payload}",
            booking,
            "x",
            "%00",
        ):
            for page in ("", "/programme.ics"):
                assert browser.get(f"/tickets/{forged}{page}").status_code == 404, forged
        assert browser.get(f"{his}/other.ics").status_code == 404
        assert browser.post(his).status_code == 405


def test_a_ticket_is_its_holders_and_not_of_who_takes_their_place(house: House, cast: Cast) -> None:
    with house.client() as browser:
        book(browser, cast.dag)
        book(browser, cast.gia)
        his = ticket_of(house, cast.dag)
        assert browser.get(his).status_code == 200
        house.rows(
            "UPDATE delegate SET person = (SELECT id FROM person WHERE email = ?) WHERE email = ?",
            cast.gia.email,
            cast.dag.email,
        )
        for page in ("", "/programme.ics"):
            answer = browser.get(his + page)
            assert answer.status_code == 404
        assert "somebody else has taken this place" in browser.get(his).text


def test_a_ticket_of_which_nothing_is_left_says_so_and_its_calendar_is_cancelled(
    house: House, cast: Cast
) -> None:
    with house.client() as browser:
        book(browser, cast.dag, seminar_1="seminar-1a")
        his = ticket_of(house, cast.dag)
        house.rows(
            "DELETE FROM item WHERE delegate IN (SELECT id FROM delegate WHERE email = ?)", cast.dag.email
        )
        assert "not valid any more" in browser.get(his).text
        events = by_title(Calendar.from_ical(browser.get(f"{his}/programme.ics").content))
        assert "1A Gamification" in events
        assert {str(event["STATUS"]) for event in events.values()} == {"CANCELLED"}


def test_dag_finds_his_ticket_and_shows_it_where_there_is_no_net(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    with sqlite_house.client() as browser:
        booking = book(browser, cast.dag, seminar_1="seminar-1a")
        key = browser.cookies["plenum_sign_in"]
    page = visit(sqlite_house)
    page.goto(booking)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_role("link", name=f"{cast.dag.name}’s ticket")).to_have_count(0)
    page.context.add_cookies([{"name": "plenum_sign_in", "value": key, "url": sqlite_house.url}])
    page.goto(booking)
    page.get_by_role("link", name=f"{cast.dag.name}’s ticket").click()
    heading = page.get_by_role("heading", name=cast.dag.name, exact=True)
    code = page.get_by_role("img", name="QR code of this ticket")
    expect(heading).to_be_visible()
    assert barriers(page) == []
    expect(page.get_by_text("Kept on this device")).to_be_visible()
    address = page.url
    page.context.set_offline(True)
    page.goto("about:blank")
    page.goto(address)
    expect(heading).to_be_visible()
    expect(page.get_by_text("You seem to be offline")).to_be_visible()
    expect(page.get_by_text("1A Gamification").first).to_be_visible()
    assert code.evaluate("image => image.complete && image.naturalWidth > 0")
    assert page.locator(".ticket").evaluate("ticket => getComputedStyle(ticket).display") == "grid"


def test_a_ticket_that_is_no_more_is_forgotten_by_the_device(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    with sqlite_house.client() as browser:
        book(browser, cast.dag)
        book(browser, cast.gia)
    page = visit(sqlite_house)
    address = ticket_of(sqlite_house, cast.dag)
    page.goto(address)
    expect(page.get_by_text("Kept on this device")).to_be_visible()
    sqlite_house.rows(
        "UPDATE delegate SET person = (SELECT id FROM person WHERE email = ?) WHERE email = ?",
        cast.gia.email,
        cast.dag.email,
    )
    page.goto(address)
    expect(page.get_by_text("somebody else has taken this place")).to_be_visible()
    kept = "async () => (await (await caches.open('tickets')).keys()).map((request) => request.url)"
    page.goto("/")
    assert not [url for url in page.evaluate(kept) if url.startswith(f"{sqlite_house.url}/tickets/")]


@pytest.mark.parametrize("width", [390, 820])
def test_a_ticket_fits_the_screen_and_the_paper(
    sqlite_house: House, visit: Visit, cast: Cast, width: int
) -> None:
    with sqlite_house.client() as browser:
        book(browser, cast.dag, workshop="yes", nights=["2017-11-06"])
    page = visit(sqlite_house, viewport={"width": width, "height": 800}, java_script_enabled=False)
    page.goto(ticket_of(sqlite_house, cast.dag))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="QR code of this ticket")).to_be_visible()
    expect(page.get_by_role("link", name="Put it in a calendar")).to_be_hidden()


def test_a_ticket_on_paper_has_the_name_in_any_alphabet(
    sqlite_house: House, visit: Visit, cast: Cast
) -> None:
    names = ["Ελένη Παπαδοπούλου", "Олена Шевченко", "Nguyễn Žižek", "שרה", "محمد"]
    page = visit(sqlite_house)
    for number, name in enumerate(names):
        person = replace(cast.dag, name=name, email=f"{number}.{cast.dag.email}")
        with sqlite_house.client() as browser:
            book(browser, person)
        page.goto(ticket_of(sqlite_house, person))
        [paper, *_] = PdfReader(BytesIO(page.pdf())).pages
        letters = unicodedata.normalize("NFKC", paper.extract_text())
        assert "".join(name.split()) in "".join(letters.split())


def test_the_worker_of_the_tickets_is_served_where_it_may_work(house: House) -> None:
    answer = httpx.get(f"{house.url}/tickets/worker.js", trust_env=False, verify=NO_CERTIFICATES)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
