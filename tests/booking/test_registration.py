"""Booking, and what the browser that booked may do then."""

from __future__ import annotations

import re

import pytest
from icalendar import Calendar

from tests.support.booking import (
    Registering,
    book,
    bookings_of,
    choices_of,
    items_of,
    words,
)
from tests.support.cast import Cast, Person
from tests.support.changes import taken
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.waiting import until
from webapp.tables.booking.booking import REFERENCE_ALPHABET


def test_dag_books_for_himself_and_finds_everything_on_the_booking(house: House, cast: Cast) -> None:
    before = {slug: taken(house, slug) for slug in ("participation", "seminar-1b", "room:2017-11-06")}
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, reference="PO 4711", organisation_number="974 567 989")
        page.fill(choices_of(0, seminar_1="seminar-1b", workshop="yes", nights=["2017-11-06"]))
        page.fill(
            {"delegates.0.role": "Teacher", "delegates.0.diet": "No nuts", "delegates.0.access_needs": "Loop"}
        )
        booked = words(browser.get(page.book()).text)
    row = bookings_of(house, cast.dag)[0]
    assert row["reference"] in booked
    for said in [
        "Dag Delås",
        "Bærum kommune",
        "Teacher",
        "Norway",
        "No nuts",
        "Loop",
        "PO 4711",
        "974 567 989",
    ]:
        assert said in booked
    for said in ["NOK 5,800 MVA 25 % NOK 1,450", "NOK 1,900 MVA 25 % NOK 475", "Total NOK 11,937.50"]:
        assert said in booked
    assert (row["organisation"], row["address"]) == ("Bærum kommune", "Storgata 1, 0155 Oslo")
    assert (row["country"], row["currency"]) == ("NO", "NOK")
    assert (row["payment_reference"], row["organisation_number"]) == ("PO 4711", "974 567 989")
    assert items_of(house, cast.dag) == [
        ("participation", 580_000, 145_000),
        ("workshop", 190_000, 47_500),
        ("room:2017-11-06", 185_000, 46_250),
        ("seminar-1b", 0, 0),
    ]
    for slug, seats in before.items():
        assert taken(house, slug) == seats + 1


def test_colleagues_on_one_booking_are_taxed_by_where_each_of_them_works(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia, cast.sten, name="Olga Ørsted", email=cast.olga.email)
        page.fill(choices_of(0, seminar_1="seminar-1a"))
        page.fill(choices_of(1, seminar_2="seminar-2b", nights=["2017-11-05", "2017-11-06"]))
        page.fill(choices_of(2, workshop="yes"))
        booked = words(browser.get(page.book()).text)
    assert items_of(house, cast.dag) == [("participation", 580_000, 145_000), ("seminar-1a", 0, 0)]
    assert items_of(house, cast.gia) == [
        ("participation", 580_000, 0),
        ("room:2017-11-05", 185_000, 0),
        ("room:2017-11-06", 185_000, 0),
        ("seminar-2b", 0, 0),
    ]
    assert items_of(house, cast.sten) == [("participation", 580_000, 0), ("workshop", 190_000, 0)]
    rows = house.rows(
        "SELECT d.email, d.country, d.position FROM delegate d JOIN booking b ON b.id = d.booking"
        " WHERE b.payer_email = ? ORDER BY d.position",
        cast.olga.email,
    )
    assert [(row["email"], row["country"]) for row in rows] == [
        (cast.dag.email, "NO"),
        (cast.gia.email, "IT"),
        (cast.sten.email, "SE"),
    ]
    assert booked.count("MVA 25 %") == 1
    assert "Total NOK 24,450" in booked


@pytest.mark.one_database
def test_a_reference_can_be_read_over_the_telephone(house: House, cast: Cast) -> None:
    assert not set("01OI") & set(REFERENCE_ALPHABET)
    with house.client() as browser:
        book(browser, cast.dag)
    [row] = house.rows("SELECT reference FROM booking WHERE payer_email = ?", cast.dag.email)
    assert len(row["reference"]) == 6
    assert set(row["reference"]) <= set(REFERENCE_ALPHABET)


def test_each_delegate_has_a_calendar_with_the_seminars_they_chose(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia)
        page.fill(choices_of(0, seminar_1="seminar-1a"))
        page.fill(choices_of(1, seminar_1="seminar-1b", workshop="yes"))
        booking = page.book()
        shown = browser.get(booking).text
        titles = []
        for number in (1, 2):
            assert f"{booking}/{number}.ics" in shown
            calendar = browser.get(f"{booking}/{number}.ics")
            assert calendar.headers["content-type"].startswith("text/calendar")
            events = Calendar.from_ical(calendar.content).walk("VEVENT")
            titles.append({str(event["SUMMARY"]) for event in events})
        assert browser.get(f"{booking}/3.ics").status_code == 404
    his, hers = titles
    assert "Keynote speaker – David Heyne" in his & hers
    assert his - hers == {"1A Gamification (order to be announced)"}
    assert "1B Prevention, intervention or compensation (order to be announced)" in hers - his
    assert len(hers - his) == 2, "her seminar, and the workshop"


def test_the_payer_and_each_colleague_get_a_mail_that_leads_to_the_booking(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
    reference = bookings_of(house, cast.olga)[0]["reference"]
    for person in (cast.olga, cast.dag, cast.gia):
        (mail,) = house.outbox(person.email)
        assert reference in mail["Subject"]
        plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert plain
        assert html
        assert f"Hello {person.name}," in plain.get_content()
        assert f"{house.url}{booking}" in plain.get_content()
        assert f"{house.url}{booking}" in html.get_content()
        assert "NOK 13,050" in plain.get_content()
    with house.client() as elsewhere:
        assert reference in elsewhere.get(booking).text


def test_the_browser_that_booked_is_signed_in_and_sees_this_booking(house: House, cast: Cast) -> None:
    with house.client() as browser:
        assert browser.get("/me").headers["location"] == "/sign-in"
        booking = book(browser, cast.dag, seminar_1="seminar-1a")
        mine = browser.get("/me")
        assert mine.status_code == 200
        assert booking in mine.text
        assert cast.dag.email in mine.text
        assert "1A" in browser.get("/my-programme").text


def test_a_booking_with_somebody_elses_address_opens_nothing_of_theirs(house: House, cast: Cast) -> None:
    with house.client() as dags, house.client() as stens:
        dags_booking = book(dags, cast.dag, seminar_1="seminar-1a")
        dags.post("/programme/seminar-2a/mark")
        assert "2A Nordic good practice" in words(dags.get("/my-programme").text)
        sten = Person("Sten Strand", cast.dag.email.upper(), "Nowhere", "SE")
        stens_booking = book(stens, sten, seminar_1="seminar-1b")
        assert stens_booking in stens.get("/me").text
        assert dags_booking not in stens.get("/me").text
        stens_programme = words(stens.get("/my-programme").text)
        assert "1B Prevention" in stens_programme
        assert "1A Gamification" not in stens_programme
        assert "2A Nordic good practice" not in stens_programme
        # Dag, who can open his mail, is told of both.
        dags.post("/sign-out")
        dags.post("/sign-in", data={"email": cast.dag.email})
        link = until(lambda: sign_in_links(house, cast.dag))[-1]
        assert dags.post(link).headers["location"] == "/me"
        both = dags.get("/me").text
        assert dags_booking in both
        assert stens_booking in both


def sign_in_links(house: House, person: Person) -> list[str]:
    """The paths of the sign-in links that were mailed to somebody."""
    texts = (mail.get_body(("plain",)) for mail in house.outbox(person.email))
    return [path for text in texts if text for path in re.findall(r"/sign-in/[\w-]+", text.get_content())]


def test_somebody_signed_in_by_mail_stays_who_they_are_when_they_book_for_others(
    house: House, cast: Cast
) -> None:
    with house.client() as browser:
        book(browser, cast.olga)
        browser.post("/sign-out")
        browser.post("/sign-in", data={"email": cast.olga.email})
        browser.post(until(lambda: sign_in_links(house, cast.olga))[-1])
        booking = book(browser, cast.dag)
        assert browser.get(booking).status_code == 200
        assert f"Signed in as {cast.olga.email}" in words(browser.get("/me").text)


def test_only_the_whole_signed_address_opens_a_booking(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        token = Registering(browser).form.values["form_token"][0]
    reference = bookings_of(house, cast.dag)[0]["reference"]
    path, _, signature = booking.rpartition(".")
    other = "A" if signature[0] != "A" else "B"
    with house.client() as stranger:
        for forged in [
            f"/bookings/{reference}",
            f"{path}.{other}{signature[1:]}",
            f"{path}.",
            path,
            f"/bookings/{token}",
            "/bookings/%00",
            "/bookings/%ED%A0%80",
            "/bookings/%FF.%FE",
            f"/bookings/{'A' * 5000}",
        ]:
            answer = stranger.get(forged)
            assert answer.status_code == 404, forged
            assert cast.dag.email not in answer.text
            assert stranger.get(f"{forged}/1.ics").status_code == 404
        assert stranger.get(booking).status_code == 200
        assert stranger.get(f"{booking}/1.ics").status_code == 200


def test_a_mail_says_who_is_expected_and_on_which_days(house: House, cast: Cast) -> None:
    with house.client() as client:
        page = Registering(client)
        page.for_delegates(cast.dag, cast.mona, name=cast.gia.name, email=cast.gia.email)
        page.fill(choices_of(0, workshop="yes"))
        page.book()
    payers, dags, monas = (
        words(text_of(house.outbox(one.email)[0])) for one in (cast.gia, cast.dag, cast.mona)
    )
    assert "looks forward to seeing those you booked for." in payers
    assert "looks forward to seeing you and your colleagues." in dags
    assert "6 to 8 November 2017" in payers
    assert "6 to 8 November 2017" in dags
    assert "6 to 7 November 2017" in monas


def test_the_confirmation_is_told_of_while_it_is_news(house: House, cast: Cast) -> None:
    with house.client() as dag:
        booking = book(dag, cast.dag)
        until(lambda: f"A confirmation was sent to {cast.dag.email}. Keep" in words(dag.get(booking).text))
        house.rows(
            "UPDATE booking SET booked_at = ? WHERE payer_email = ?",
            "2017-05-01 07:00:00+00:00",
            cast.dag.email,
        )
        later = words(dag.get(booking).text)
        assert "A confirmation" not in later
        assert "Keep the address of this page" in later
        put_off = "UPDATE outgoing_mail SET state = 'waiting', due_at = ? WHERE recipient = ?"
        house.rows(put_off, "2099-01-01 00:00:00+00:00", cast.dag.email)
        assert f"A confirmation is on its way to {cast.dag.email}" in words(dag.get(booking).text)
        house.rows("UPDATE outgoing_mail SET state = 'failed' WHERE recipient = ?", cast.dag.email)
        assert "A confirmation" not in words(dag.get(booking).text)
