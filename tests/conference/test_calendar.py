"""Calendars: what calendar programs are given, as RFC 5545 has it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from icalendar import Calendar

from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from webapp.conference.calendar import programme_calendar
from webapp.conference.calendar_zone import calendar_zone
from webapp.conference.programme import IcsState, Programme, WithdrawnSession
from webapp.conference.reading import read

LOADED = datetime(2017, 1, 31, 12, tzinfo=UTC)
ADDRESSES = ["/programme.ics", "/programme/keynote-david-heyne.ics", "/programme/welcome.ics"]


def programme_like(*withdrawn: WithdrawnSession, **changes: str) -> Programme:
    """The school refusal conference, with what was withdrawn and other words in its first session."""
    file = read(SCHOOL_REFUSAL)
    first, *others = file.session
    file = file.model_copy(update={"session": (first.model_copy(update=changes), *others)})
    slugs = [session.slug for session in file.session] + [session.slug for session in withdrawn]
    known = {slug: IcsState(uuid4(), number, LOADED) for number, slug in enumerate(slugs)}
    return Programme(file, 1, LOADED, withdrawn, known)


def drawn(programme: Programme) -> bytes:
    return programme_calendar(programme, name="C", base_url="https://example.org")


def events_in(content: bytes) -> list[Any]:
    return list(Calendar.from_ical(content).walk("VEVENT"))


def fetch(house: House, path: str) -> httpx.Response:
    return httpx.get(f"{house.url}{path}", trust_env=False, verify=NO_CERTIFICATES)


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_calendar_is_one_that_every_calendar_program_reads(sqlite_house: House, path: str) -> None:
    answer = fetch(sqlite_house, path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    content = answer.content
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r")
    assert max(map(len, content.split(b"\r\n"))) <= 75
    calendar: Any = Calendar.from_ical(content)
    assert (calendar["VERSION"], calendar["PRODID"]) == ("2.0", "-//Plenum//plenum//EN")
    assert not [part for part in calendar.walk() if part.errors]
    [zone] = calendar.walk("VTIMEZONE")
    assert zone["TZID"] == "Europe/Copenhagen"
    assert {part.name for part in zone.subcomponents} == {"STANDARD", "DAYLIGHT"}
    for event in calendar.walk("VEVENT"):
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY", "SEQUENCE", "LAST-MODIFIED", "STATUS"} <= set(event)


ZONES = [
    *(
        "Europe/Copenhagen",
        "Europe/Dublin",
        "Europe/London",
        "Europe/Istanbul",
        "Europe/Moscow",
        "Atlantic/Azores",
    ),
    *("America/New_York", "America/St_Johns", "America/Sao_Paulo", "America/Santiago", "America/Caracas"),
    *("Africa/Casablanca", "Africa/Cairo", "Africa/Lagos", "Asia/Kolkata", "Asia/Tehran", "Asia/Gaza"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Etc/GMT-2", "UTC"),
]


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("year", [2007, 2011, 2016, 2017, 2022, 2027])
def test_the_clocks_of_a_calendar_change_when_those_of_the_zone_do(name: str, year: int) -> None:
    zone = ZoneInfo(name)
    rules = [
        ((part.DTSTART - part.TZOFFSETFROM).replace(tzinfo=UTC), part.TZOFFSETTO)
        for part in calendar_zone(zone, year - 1, year + 1).subcomponents
    ]
    assert rules == sorted(rules, key=lambda rule: rule[0])
    moments = {datetime(year, 1, 1, tzinfo=UTC) + timedelta(hours=3 * step) for step in range(366 * 8)}
    moments |= {begins + timedelta(seconds=more) for begins, _ in rules[1:] for more in (-1, 0)}
    for moment in moments:
        offset = [offset for begins, offset in rules if begins <= moment][-1]
        assert offset == moment.astimezone(zone).utcoffset(), moment


def test_calendar_programs_are_told_how_often_to_look_in_the_form_that_they_read(sqlite_house: House) -> None:
    for path in ADDRESSES:
        assert "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in fetch(sqlite_house, path).text


@pytest.mark.parametrize("path", ADDRESSES)
def test_the_same_programme_gives_the_same_bytes(sqlite_house: House, path: str) -> None:
    first, second = fetch(sqlite_house, path), fetch(sqlite_house, path)
    assert first.content == second.content
    again = httpx.get(
        f"{sqlite_house.url}{path}",
        headers={"If-None-Match": first.headers["etag"]},
        trust_env=False,
        verify=NO_CERTIFICATES,
    )
    assert again.status_code == 304


def test_times_are_the_conferences_and_the_venue_is_where_it_is(sqlite_house: House) -> None:
    [keynote] = events_in(fetch(sqlite_house, "/programme/keynote-david-heyne.ics").content)
    assert keynote["DTSTART"].params["TZID"] == "Europe/Copenhagen"
    assert keynote["DTSTART"].dt.isoformat() == "2017-11-06T10:45:00+01:00"
    assert keynote["DTEND"].dt.isoformat() == "2017-11-06T12:00:00+01:00"
    assert keynote["SUMMARY"] == "Keynote speaker – David Heyne"
    assert keynote["LOCATION"] == (
        "Radisson Blu Scandinavia Hotel, Copenhagen, Amager Boulevard, København S, Danmark"
    )
    assert keynote["DESCRIPTION"].startswith("David Heyne\n\nEven when using our best treatments")
    assert keynote["URL"] == f"{sqlite_house.url}/programme/keynote-david-heyne"
    assert (keynote["STATUS"], keynote["TRANSP"]) == ("CONFIRMED", "OPAQUE")


def test_the_whole_programme_is_in_the_calendar(sqlite_house: House) -> None:
    events = events_in(fetch(sqlite_house, "/programme.ics").content)
    assert len(events) == 14
    assert len({event["UID"] for event in events}) == 14


def test_a_session_without_a_time_stands_on_its_day_and_takes_up_no_time(sqlite_house: House) -> None:
    [welcome] = events_in(fetch(sqlite_house, "/programme/welcome.ics").content)
    assert welcome["DTSTART"].dt == date(2017, 11, 6)
    assert welcome["DTEND"].dt == date(2017, 11, 7)
    assert welcome["DTSTART"].params["VALUE"] == "DATE"
    assert welcome["SUMMARY"] == "Conference welcome (time to be announced)"
    assert welcome["TRANSP"] == "TRANSPARENT"


def test_what_was_taken_out_of_the_programme_is_cancelled_with_its_time() -> None:
    start = datetime(2017, 11, 6, 8, tzinfo=UTC)
    gone = WithdrawnSession("yoga", "Morning yoga", start, start + timedelta(hours=1))
    never_timed = WithdrawnSession("walk", "A walk", None, None)
    events = {str(event["SUMMARY"]): event for event in events_in(drawn(programme_like(gone, never_timed)))}
    yoga = events["Morning yoga"]
    assert (yoga["STATUS"], yoga["SEQUENCE"]) == ("CANCELLED", 14)
    assert yoga["DTSTART"].dt.isoformat() == "2017-11-06T09:00:00+01:00"
    assert events["A walk (time to be announced)"]["STATUS"] == "CANCELLED"
    assert events["Questions and answers"]["STATUS"] == "CONFIRMED"


@pytest.mark.parametrize(
    "text",
    [
        "Commas, semicolons; and a back\\slash",
        "A new\n\nparagraph that says BEGIN:VEVENT",
        "🎮 " * 60,
        "é" * 250,
        "END:VCALENDAR",
        '"quoted": a=b',
    ],
)
def test_whatever_an_organiser_writes_arrives_as_it_was_written(text: str) -> None:
    title = " ".join(text.split())
    content = drawn(programme_like(title=title, abstract=text))
    assert max(map(len, content.split(b"\r\n"))) <= 75
    [event, *others] = events_in(content)
    assert len(others) == 13
    assert event["SUMMARY"] == f"{title} (time to be announced)"
    assert event["DESCRIPTION"].split() == ["Pia", "Allerslev", *text.split()]
