"""What the programme's pages say: of sessions, speakers, the venue and prices, and on the day itself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from icalendar import Calendar

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.waiting import until
from webapp.conference.programme import Programme
from webapp.conference.reading import read


@pytest.fixture(scope="module")
def on_the_day(lasting_houses: Houses) -> House:
    return lasting_houses(PLENUM_NOW="2017-11-06T10:20")


def get(house: House, path: str) -> str:
    return httpx.get(f"{house.url}{path}", trust_env=False, verify=NO_CERTIFICATES).text


@pytest.mark.parametrize("path", ["/", "/programme"])
def test_on_the_day_pages_say_what_is_on_now_and_next(on_the_day: House, path: str) -> None:
    page = get(on_the_day, path)
    section = words(re.findall(r'<section class="now".*?</section>', page, re.DOTALL)[0])
    assert section == (
        "Now 10:15 – 10:30 Nordic/international network Next 10:45 – 12:00 Keynote speaker – David Heyne"
    )


def test_pages_say_that_the_time_is_rehearsed_and_go_on_with_it(on_the_day: House) -> None:
    for path in ("/", "/programme/welcome", "/register", "/nothing"):
        assert re.search(r"Rehearsal: it is Monday 6 November 2017, 10:2\d", words(get(on_the_day, path))), (
            path
        )
    on_the_day.plenum("clock", "2017-11-07T11:00")
    until(lambda: "it is Tuesday 7 November 2017, 11:0" in get(on_the_day, "/programme"))
    assert "Now 09:00 – 12:00 order to be announced Gamification 09:00 – 12:00 order" in words(
        get(on_the_day, "/programme")
    )
    on_the_day.plenum("clock", "real")
    until(lambda: "Rehearsal" not in get(on_the_day, "/programme"))
    assert '<section class="now"' not in get(on_the_day, "/")


def test_that_the_order_of_two_seminars_is_open_is_said_wherever_their_time_stands(
    sqlite_house: House, cast: Cast
) -> None:
    note = (
        "Optional seminar 1 and Optional seminar 2 share the time from 09:00 to 12:00. Which comes first is to be "
        "announced."
    )
    with sqlite_house.client() as browser:
        for path in ("/programme", "/programme/seminar-1a", "/programme/seminar-2b", "/register"):
            assert note in words(browser.get(path).text), path
        booking = book(browser, cast.dag, seminar_1="seminar-1a", seminar_2="seminar-2b")
        for path in ("/", "/programme", booking, "/my-programme"):
            assert "09:00 – 12:00 order to be announced" in words(browser.get(path).text), path
        assert "At the same time" not in browser.get("/my-programme").text
        for calendar in ("/programme.ics", f"{booking}/1.ics"):
            events = Calendar.from_ical(browser.get(calendar).content).walk("VEVENT")
            said = {
                str(one["SUMMARY"]): str(one["DESCRIPTION"]) for one in events if "seminar" in str(one["URL"])
            }
            assert "1A Gamification (order to be announced)" in said
            assert all(title.endswith("(order to be announced)") for title in said)
            assert all(description.startswith(note) for description in said.values())
        assert browser.get("/programme/schedule.json").text.count(note) == 4
        assert browser.get("/programme/schedule.xml").text.count(note) == 4


def test_the_page_of_what_is_booked_says_its_price_and_seats_and_leads_to_booking(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    file = tmp_path / "few.toml"
    text = SCHOOL_REFUSAL.read_text()
    text = text.replace('slug = "seminar-1a"\n', 'slug = "seminar-1a"\ncapacity = 2\n')
    file.write_text(
        text.replace('[[product]]\nslug = "workshop"\n', '[[product]]\nslug = "workshop"\ncapacity = 1\n')
    )
    house = houses(conference=file)
    with house.client() as browser:
        until(lambda: "2 seats left" in browser.get("/programme/seminar-1a").text)
        seminar = browser.get("/programme/seminar-1a").text
        said = "Included in participation, NOK 5,800 until 19 June 23:59 , then NOK 6,800 Seats 2 seats left"
        assert said in words(seminar)
        assert '<a class="button button-primary" href="/register">Book</a>' in seminar
        workshop = words(browser.get("/programme/workshop").text)
        assert "Price NOK 1,900, on top of participation Seats 1 seat left" in workshop
        assert "Seats" not in words(browser.get("/programme/seminar-2b").text)
        assert "Price" not in words(browser.get("/programme/keynote-david-heyne").text)
        book(browser, cast.dag, seminar_1="seminar-1a", workshop="yes")
        until(lambda: "1 seat left" in browser.get("/programme/seminar-1a").text)
        assert "Fully booked Once you are registered, you can wait for one." in words(
            browser.get("/programme/workshop").text
        )
        house.plenum("clock", "2017-07-01T10:00")
        until(
            lambda: (
                "Included in participation, NOK 6,800 Seats"
                in words(browser.get("/programme/seminar-1a").text)
            )
        )


def test_a_session_without_a_published_time_says_so_in_its_place_of_the_day(sqlite_house: House) -> None:
    page = words(get(sqlite_house, "/programme"))
    monday, tuesday = page.index("Monday 6 November"), page.index("Tuesday 7 November")
    workshop = page.index("Wednesday 8 November")
    assert page.count("Time to be announced") == 4
    for title, after, before in [
        ("Conference welcome", monday, page.index("10:15", monday)),  # not the rehearsal’s clock
        ("The role of school-factors", page.index("14:15", monday), page.index("16:15", monday)),
        ("Nordic best practice on school refusal", page.index("2B The correlation"), workshop),
        ("A CBT-based treatment approach", page.index("Nordic best practice on"), workshop),
    ]:
        place = page.index(f"Time to be announced {title}")
        assert after < place < before, title
    assert monday < tuesday < workshop


@pytest.fixture(scope="module")
def programme() -> Programme:
    return Programme(read(SCHOOL_REFUSAL), 1, datetime(2017, 1, 1, tzinfo=UTC), (), {})


@pytest.mark.parametrize("slug", [session.slug for session in read(SCHOOL_REFUSAL).session])
def test_a_session_has_its_whole_text_its_time_its_speakers_and_the_way_back(
    sqlite_house: House, programme: Programme, slug: str
) -> None:
    session = programme.session(slug)
    assert session
    page = words(get(sqlite_house, f"/programme/{slug}").replace("&#39;", "'"))
    assert session.title in page
    assert " ".join(session.abstract.split()) in page
    for speaker in programme.speakers_of(session):
        assert f"{speaker.name} {speaker.role}".strip() in page
    if session.starts and session.ends:
        assert f"{session.starts:%H:%M} – {session.ends:%H:%M}" in page
    else:
        assert "Time to be announced" in page


def test_a_speaker_in_two_sessions_has_both_on_their_page(sqlite_house: House) -> None:
    page = words(get(sqlite_house, "/speakers/lidija-kolouh-soderlund"))
    assert "Nordic good practice" in page
    assert "Nordic best practice" in page
    assert "Tuesday 7 November" in page
    assert words(get(sqlite_house, "/speakers")).count("Kolouh") == 1


def test_the_first_page_says_what_when_where_what_it_costs_now_and_how_to_register(
    sqlite_house: House,
) -> None:
    html = get(sqlite_house, "/")
    page = words(html)
    assert "International School-refusal conference A two-day practical conference" in page
    assert "6 – 7 November 2017 Optional workshop (day 3): Wednesday 8 November Radisson Blu" in page
    assert "Early bird NOK 5,800 until 19 June 23:59 , then NOK 6,800" in page
    assert '<a class="button button-primary" href="/register">' in html
    assert "is a collaboration between JobbAktiv and Magelungen AB." in page
    assert "there will be a special meeting-place for exchanging ideas and information." in page
    assert "Pia Allerslev Mayor for Children and Youth, City of Copenhagen" in page


def test_the_practical_page_has_venue_map_accommodation_prices_and_the_note_on_tax(
    sqlite_house: House,
) -> None:
    html = get(sqlite_house, "/practical")
    page = words(html)
    assert "Radisson Blu Scandinavia Hotel, Copenhagen Amager Boulevard, København S, Danmark" in page
    assert 'href="https://www.openstreetmap.org/search?query=Amager%20Boulevard' in html
    assert "Single room at the Radisson Blu Scandinavia, Copenhagen NOK 1,850 a night" in page
    assert "NOK 5,800 until 19 June 23:59 , then NOK 6,800 Now NOK 5,800, about EUR 638" in page
    assert "Optional workshop (day 3) NOK 1,900 About EUR 209" in page
    assert (
        "No additional VAT for participants outside Norway. For Norwegian participants, MVA is additional."
        in page
    )
    assert "at 0.11 EUR for 1 NOK; you are charged in NOK." in page


def test_the_price_on_the_first_page_rises_at_midnight_in_copenhagen(houses: Houses) -> None:
    house = houses(PLENUM_NOW="2017-06-19T23:00")
    assert "Early bird NOK 5,800 until 19 June 23:59" in words(get(house, "/"))
    house.plenum("clock", "2017-06-20T00:00")
    until(lambda: "Tuesday 20 June 2017, 00:0" in get(house, "/"))
    assert "Regular NOK 6,800" in words(get(house, "/"))
    assert "5,800" not in words(get(house, "/"))
