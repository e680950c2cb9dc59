"""A booking's whole life, in a browser and over a real mail server: from the first click to the last credit note."""

from __future__ import annotations

import re
from email.message import EmailMessage
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.conftest import Houses, Visit
from tests.support.booking import book
from tests.support.cast import Cast, Person
from tests.support.changes import has
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import Mailbox, text_of
from tests.support.waiting import until


def with_two_seats(folder: Path) -> Path:
    """The conference, with two seats in seminar 1A."""
    file = folder / "conference.toml"
    text = SCHOOL_REFUSAL.read_text()
    file.write_text(text.replace('slug = "seminar-1a"\n', 'slug = "seminar-1a"\ncapacity = 2\n', 1))
    return file


def mail_about(box: Mailbox, person: Person, subject: str) -> EmailMessage:
    """The last mail to somebody with this in its subject, once it has come."""
    return until(
        lambda: [mail for mail in box.mails if person.email in mail["To"] and subject in mail["Subject"]]
    )[-1]


def link_in(mail: EmailMessage, path: str) -> str:
    found = re.search(rf"/{path}/[\w.-]+", text_of(mail))
    assert found, text_of(mail)
    return found[0]


def difference(page: Page) -> str:
    return page.locator(".price-total").inner_text()


def confirm(page: Page) -> None:
    page.get_by_role("button", name="Confirm the change").click()
    expect(page.get_by_text("The change is saved.")).to_be_visible()


def test_three_are_booked_and_what_becomes_of_them(
    houses: Houses, visit: Visit, mailbox: Mailbox, tmp_path: Path, cast: Cast
) -> None:
    house: House = houses(SMTP_URL=mailbox.url, PLENUM_NOW="2017-05-02T10:00")
    house.plenum("conference", "load", with_two_seats(tmp_path))
    other, successor = Cast().gia, Cast().olga
    with house.client() as client:
        others_booking = book(client, other, seminar_1="seminar-1a")

        # Dag books for three
        page = visit(house)
        page.goto("/register")
        page.select_option("#country", "NO")
        page.fill("#payer-address", "Storgata 1\n0155 Oslo")
        page.check("#consent")
        for number, person in enumerate((cast.dag, cast.mona, cast.sten)):
            if number:
                page.get_by_role("button", name="Add a colleague").click()
                expect(page.locator(f"#delegates-{number}-name")).to_be_focused()
            page.fill(f"#delegates-{number}-name", person.name)
            page.fill(f"#delegates-{number}-email", person.email)
            page.fill(f"#delegates-{number}-organisation", person.organisation)
        page.select_option("#delegates-2-country", "SE")
        page.locator("#delegate-0").get_by_label("Gamification").check()
        page.locator("#delegate-2").get_by_label("Optional workshop").check()
        expect(page.locator(".price-total")).to_have_text("NOK 22,200")
        page.get_by_role("button", name="Confirm the booking").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("You are booked")

        # His mail leads to the booking, and at another computer he signs in by a link
        booking = link_in(mail_about(mailbox, cast.dag, "Your booking"), "bookings")
        page = visit(house)
        page.goto(booking)
        expect(page.get_by_role("link", name="sign in", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name="Change", exact=True)).to_have_count(0)
        page.goto("/sign-in")
        page.locator("#email").fill(cast.dag.email)
        page.locator("#email").press("Enter")
        page.goto(link_in(mail_about(mailbox, cast.dag, "sign-in link"), "sign-in"))
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name=re.compile("^Booking ")).click()

        # Mona would like 1A, which is full, and waits; after her the other one's colleague does
        page.get_by_role("link", name="Wait for something that is full").click()
        page.get_by_label("1A Gamification").check()
        page.get_by_label(cast.mona.name).check()
        page.get_by_role("button", name="Join the list").click()
        expect(page.get_by_text("You are the next")).to_be_visible()
        third_booking = book(client, cast.gia)
        wish = {"offer": "seminar-1a", "delegates": "1"}
        assert client.post(f"{third_booking}/waiting", data=wish).status_code == 303

        # Dag swaps his seminar; the seat he had is held for her, and she takes it by the link in the mail
        page.goto(f"{booking}/delegates/1")
        page.get_by_label("Prevention, intervention").check()
        expect(page.locator(".price-lines")).to_contain_text("Given back: 1A Gamification")
        expect(page.locator(".price-total")).to_have_text("No change")
        confirm(page)
        page.goto(link_in(mail_about(mailbox, cast.dag, "A seat is held for you in 1A"), "waiting"))
        expect(page.locator(".price-lines")).to_contain_text("New: 1A Gamification")
        page.get_by_role("button", name="Take it").click()
        expect(page.get_by_text("The change is saved.")).to_be_visible()
        assert list(has(house, cast.dag)) == ["participation", "seminar-1b"]
        assert list(has(house, cast.mona)) == ["participation", "seminar-1a"]

        # A colleague comes in Sten's place, and pays MVA as he did not
        page.goto(f"{booking}/delegates/3/replacement")
        page.get_by_label("Name").fill(successor.name)
        page.get_by_label("E-mail").fill(successor.email)
        page.get_by_label("Country of work").select_option("NO")
        expect(page.locator(".price-total")).to_have_text("NOK 1,925 more")
        confirm(page)
        own = link_in(mail_about(mailbox, successor, "booking"), "details")
        assert "no longer on booking" in mail_about(mailbox, cast.sten, "no longer")["Subject"]
        hers = visit(house)
        hers.goto(own)
        hers.get_by_label("Diet and allergies").fill("No nuts")
        hers.get_by_role("button", name="Save").click()
        expect(hers.get_by_text("Your details are saved.")).to_be_visible()
        expect(hers.get_by_label("Diet and allergies")).to_have_value("No nuts")

        # Mona cannot come; her seat goes to the next on the list
        page.goto(f"{booking}/delegates/2/cancellation")
        expect(page.locator(".price-total")).to_have_text("NOK 7,250 less")
        page.get_by_role("button", name="Cancel now").click()
        expect(page.get_by_text("The change is saved.")).to_be_visible()
        expect(page.get_by_role("heading", name=cast.mona.name)).to_have_count(0)
        # What she needs is hers and the organisers’ to read.
        expect(page.get_by_role("main")).not_to_contain_text("No nuts")
        assert mail_about(mailbox, cast.gia, "A seat is held for you in 1A")
        assert client.get(others_booking).status_code == 200

    # Invoices and credit notes add up to what is held
    expect(page.locator(".is-total dd").last).to_have_text("NOK 16,875")
    rows = house.rows(
        "SELECT i.number, i.total, i.credits FROM invoice i JOIN booking b ON b.id = i.booking"
        " WHERE b.payer_email = ? ORDER BY i.number",
        cast.dag.email,
    )
    assert [row["total"] for row in rows] == [2_220_000, -2_220_000, 2_412_500, -2_412_500, 1_687_500]
    assert sum(row["total"] for row in rows) == 1_687_500
    page.get_by_role("link", name=f"Invoice {rows[-1]['number']}", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("To be paid, MVA included")
    expect(page.locator(".is-total dd")).to_have_text("NOK 16,875")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as PDF").click()
    assert download.value.suggested_filename == f"invoice-{rows[-1]['number']}.pdf"
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
