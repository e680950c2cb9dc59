"""The programme: its days in order, what is on now, and what clashes; on the pages, too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until
from webapp.conference.file import ConferenceFile
from webapp.conference.programme import Programme, clashes
from webapp.conference.reading import check, read

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def programme_of(file: ConferenceFile) -> Programme:
    return Programme(file, 1, datetime(2017, 1, 1, tzinfo=UTC), (), {})


@pytest.fixture(scope="module")
def programme() -> Programme:
    return programme_of(read(SCHOOL_REFUSAL))


def planned(*sessions: tuple[str, str | None, str | None], **more: str) -> Programme:
    """A conference of one day with sessions from one time to another, in the order of the file.

    `more`: the slot of a session, and its block: `a="first morning"`.
    """
    venue = {"name": "The old school", "address": "Skolegata 1", "city": "Oslo", "country": "NO"}
    day = date(2017, 11, 6)
    conference = {
        "slug": "c", "title": "C", "tagline": "C", "about": "C", "timezone": "Europe/Oslo",
        "starts": day, "ends": day, "venue": venue,
    }  # fmt: skip
    slots = [{"slug": slug, "title": slug} for slug in sorted(set(more.values()))]
    for slot in slots:
        slot["slug"], _, block = slot["title"].partition(" ")
        slot |= {"title": slot["slug"]} | ({"block": block} if block else {})
    items = [
        {"slug": slug, "title": slug, "day": day}
        | ({"starts": datetime.fromisoformat(f"{day}T{starts}").time()} if starts else {})
        | ({"ends": datetime.fromisoformat(f"{day}T{ends}").time()} if ends else {})
        | ({"slot": more[slug].split()[0]} if slug in more else {})
        for slug, starts, ends in sessions
    ]
    return programme_of(check({"conference": conference, "slot": slots, "session": items}))


# Order


def test_days_stand_in_order_with_untimed_sessions_where_the_announcement_has_them(
    programme: Programme,
) -> None:
    assert [
        (day.number, day.date.day, [session.slug for session in day.sessions]) for day in programme.days
    ] == [
        (
            1,
            6,
            [
                "welcome",
                "nordic-international-network",
                "keynote-david-heyne",
                "a-good-relation",
                "are-schools-ready",
                "school-factors",
                "questions-and-answers",
            ],
        ),
        (
            2,
            7,
            [
                "seminar-1a",
                "seminar-1b",
                "seminar-2a",
                "seminar-2b",
                "nordic-best-practice",
                "cbt-based-treatment",
            ],
        ),
        (3, 8, ["workshop"]),
    ]


def test_sessions_written_in_any_order_stand_by_time_and_untimed_ones_stay_behind_their_neighbour() -> None:
    programme = planned(
        ("opening", None, None),
        ("late", "15:00", "16:00"),
        ("after-late", None, None),
        ("early", "09:00", "10:00"),
        ("after-early", None, None),
        ("also-early", "09:00", "11:00"),
    )
    assert [session.slug for session in programme.sessions] == [
        "opening", "early", "after-early", "also-early", "late", "after-late",
    ]  # fmt: skip


@given(st.lists(st.one_of(st.none(), st.integers(0, 22)), min_size=1, max_size=8))
def test_whatever_is_known_every_session_has_one_place_and_times_never_run_backwards(
    hours: list[int | None],
) -> None:
    programme = planned(
        *(
            (
                f"s{n}",
                None if hour is None else f"{hour:02}:00",
                None if hour is None else f"{hour + 1:02}:00",
            )
            for n, hour in enumerate(hours)
        )
    )
    times = [session.starts for session in programme.sessions if session.starts]
    assert times == sorted(times)
    assert sorted(session.slug for session in programme.sessions) == sorted(
        f"s{n}" for n in range(len(hours))
    )


# Now and next


def at(hour: int, minute: int = 0, day: int = 6) -> datetime:
    return datetime(2017, 11, day, hour, minute, tzinfo=COPENHAGEN).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "on", "coming"),
    [
        (at(12, day=5), [], []),
        (at(0), [], ["nordic-international-network"]),
        (at(10, 14), [], ["nordic-international-network"]),
        (at(10, 15), ["nordic-international-network"], ["keynote-david-heyne"]),
        (at(10, 30), [], ["keynote-david-heyne"]),
        (at(11, 59), ["keynote-david-heyne"], ["a-good-relation"]),
        (at(12, 0), [], ["a-good-relation"]),
        (at(16, 59), ["questions-and-answers"], []),
        (at(17, 0), [], []),
        (at(8, day=7), [], ["seminar-1a", "seminar-1b", "seminar-2a", "seminar-2b"]),
        (at(9, day=7), ["seminar-1a", "seminar-1b", "seminar-2a", "seminar-2b"], []),
        (at(12, day=8), ["workshop"], []),
        (at(12, day=9), [], []),
    ],
)
def test_what_is_on_now_and_what_comes_next(
    programme: Programme, now: datetime, on: list[str], coming: list[str]
) -> None:
    found = programme.now_and_next(now)
    assert ([s.slug for s in found.now], [s.slug for s in found.next]) == (on, coming)


def test_what_goes_on_past_midnight_is_still_on() -> None:
    party = planned(("party", "22:00", "02:00"), ("talk", "09:00", "10:00"))
    after_midnight = datetime(2017, 11, 7, 1, tzinfo=COPENHAGEN)
    assert [session.slug for session in party.now_and_next(after_midnight).now] == ["party"]


@pytest.fixture(scope="module")
def on_the_day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("day"), PLENUM_NOW="2017-11-06T10:20", workers=1)
    house.plenum("conference", "load", SCHOOL_REFUSAL)
    house.start()
    yield house
    house.stop()


def get(house: House, path: str) -> str:
    return httpx.get(f"{house.url}{path}", trust_env=False).text


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


# Clashes


def test_sessions_that_are_on_at_the_same_time_clash(programme: Programme) -> None:
    both = planned(("one", "09:00", "10:00"), ("other", "09:30", "11:00"), ("later", "10:00", "11:00"))
    found = clashes(both.sessions)
    assert {slug: {other.slug for other in others} for slug, others in found.items()} == {
        "one": {"other"},
        "other": {"one", "later"},
        "later": {"other"},
    }


def test_seminars_of_one_choice_clash_and_those_of_two_choices_that_share_a_time_do_not(
    programme: Programme,
) -> None:
    seminars = [programme.session(f"seminar-{code}") for code in ("1a", "1b", "2a")]
    found = clashes([seminar for seminar in seminars if seminar])
    assert {slug: [other.slug for other in others] for slug, others in found.items()} == {
        "seminar-1a": ["seminar-1b"],
        "seminar-1b": ["seminar-1a"],
    }


def test_seminars_of_two_choices_at_times_of_their_own_clash_where_these_overlap() -> None:
    programme = planned(("a", "09:00", "10:30"), ("b", "10:00", "11:00"), a="first", b="second")
    assert set(clashes(programme.sessions)) == {"a", "b"}
    apart = planned(("a", "09:00", "10:00"), ("b", "10:00", "11:00"), a="first", b="second")
    assert not clashes(apart.sessions)


def test_only_slots_whose_order_is_said_to_be_open_share_a_time() -> None:
    at_once = planned(("a", "09:00", "12:00"), ("b", "09:00", "12:00"), a="first", b="second")
    assert set(clashes(at_once.sessions)) == {"a", "b"}
    in_turn = planned(("a", "09:00", "12:00"), ("b", "09:00", "12:00"), a="first morning", b="second morning")
    assert not clashes(in_turn.sessions)
    note = "first and second share the time from 09:00 to 12:00. Which comes first is to be announced."
    assert [in_turn.order_note(session) for session in in_turn.sessions] == [note, note]
    assert [at_once.order_note(session) for session in at_once.sessions] == ["", ""]


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
    house = houses(workers=1)
    house.plenum("conference", "load", file)
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


def test_what_has_no_time_clashes_with_nothing(programme: Programme) -> None:
    monday = [session for session in programme.sessions if session.day.day == 6]
    assert any(session.starts is None for session in monday)
    assert not clashes(monday)


# What pages say of sessions, speakers, the venue and prices


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
    house = houses(workers=1, PLENUM_NOW="2017-06-19T23:00")
    assert "Early bird NOK 5,800 until 19 June 23:59" in words(get(house, "/"))
    house.plenum("clock", "2017-06-20T00:00")
    until(lambda: "Tuesday 20 June 2017, 00:0" in get(house, "/"))
    assert "Regular NOK 6,800" in words(get(house, "/"))
    assert "5,800" not in words(get(house, "/"))


def test_a_session_keeps_its_identity_in_calendars_after_a_fresh_installation(houses: Houses) -> None:
    found = [
        {row["slug"]: UUID(str(row["uid"])) for row in house.rows("SELECT slug, uid FROM session")}
        for house in (houses(workers=1), houses(workers=1))
    ]
    assert found[0] == found[1]
    assert len(set(found[0].values())) == 14
