"""Schedules in the field's exchange format: what others planned loads here, and what is here loads elsewhere."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.schedules import COPENHAGEN, breaches, event, programme_of, schedule, xml_breaches
from tests.support.waiting import until
from webapp.conference.problems import ConferenceFileError
from webapp.conference.reading import read
from webapp.conference.schedule_export import schedule_json, schedule_xml
from webapp.conference.schedule_import import read_schedule


@pytest.mark.parametrize("name", ["schedule.json", "schedule.xml"])
def test_what_goes_out_comes_in_again_with_its_times_and_speakers(
    house: House, tmp_path: Path, name: str
) -> None:
    with house.client() as client:
        (tmp_path / name).write_bytes(client.get(f"/programme/{name}").content)
    file = read_schedule(tmp_path / name).file
    keynote = next(session for session in file.session if "David Heyne" in session.title)
    assert keynote.starts_at
    assert keynote.ends_at
    assert keynote.starts_at.isoformat() == "2017-11-06T10:45:00+01:00"
    assert keynote.ends_at.isoformat() == "2017-11-06T12:00:00+01:00"
    names = {speaker.slug: speaker.name for speaker in file.speaker}
    assert [names[slug] for slug in keynote.speakers] == ["David Heyne"]
    assert not any("welcome" in session.title for session in file.session), "no time is invented for it"
    assert not file.product


def test_several_hundred_talks_load_and_are_served(houses: Houses, tmp_path: Path) -> None:
    start = datetime.fromisoformat("2027-05-01T09:00:00+02:00")
    talks = [
        {
            "id": number + 1,
            "guid": str(uuid5(NAMESPACE_URL, str(number))),
            "date": (start + timedelta(minutes=30 * (number // 25))).isoformat(),
            "start": (start + timedelta(minutes=30 * (number // 25))).strftime("%H:%M"),
            "duration": "00:30",
            "room": f"Room {number % 25}",
            "title": f"Talk {number}",
            "persons": [{"id": number % 90, "public_name": f"Person {number % 90}"}],
            "track": f"Track {number % 6}",
        }
        for number in range(500)
    ]
    rooms = {f"Room {room}": [t for t in talks if t["room"] == f"Room {room}"] for room in range(25)}
    conference = {
        "acronym": "large",
        "title": "A large conference",
        "start": "2027-05-01",
        "end": "2027-05-01",
        "time_zone_name": "Europe/Copenhagen",
        "days": [{"index": 1, "date": "2027-05-01", "rooms": rooms}],
    }
    file = tmp_path / "schedule.json"
    file.write_text(json.dumps({"schedule": {"version": "1", "conference": conference}}))
    house = houses(conference=file)
    assert house.rows("SELECT count(*) AS talks FROM session WHERE title LIKE 'Talk %'") == [{"talks": 500}]
    # It has no prices, no venue, no organisers and nothing to register for, and does not pretend to.
    with house.client() as client:
        until(lambda: "A large conference" in client.get("/").text)
        for path in ("/", "/programme", "/programme/session-1", "/speakers", "/practical", "/my-programme"):
            page = client.get(path)
            assert page.status_code == 200, path
            main = words(page.text)
            assert "A large conference" in main
            for empty in (
                "Register",
                "NOK",
                "Prices",
                "Venue",
                "to be announced",
                "None",
                "What it is about",
            ):
                assert empty not in main, (path, empty)
        assert "does not take registrations" in client.get("/register").text


def test_a_file_that_is_no_schedule_is_refused_in_plain_words(tmp_path: Path) -> None:
    for name, content in {
        "a.json": "{}",
        "b.json": "[",
        "c.xml": "<a>",
        "d.xml": "<html/>",
        "e.xml": "---",
    }.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(ConferenceFileError) as refused:
            read_schedule(tmp_path / name)
        assert refused.value.problems[0].reason
    assert "neither with < as XML does" in refused.value.problems[0].reason


# Nights


def test_a_session_that_ends_at_or_after_midnight_keeps_its_end_and_goes_out_again() -> None:
    file, left_out = read_schedule(
        schedule(
            event(1, "Dinner", "2027-05-01T21:00:00+02:00", "03:00"),
            event(2, "Party", "2027-05-01T22:00:00+02:00", "03:00"),
            event(3, "Exhibition", "2027-05-01T10:00:00+02:00", "30:00"),
        )
    )
    assert not left_out
    ends = {session.title: session.ends_at and session.ends_at.isoformat() for session in file.session}
    assert ends == {
        "Dinner": "2027-05-02T00:00:00+02:00",
        "Party": "2027-05-02T01:00:00+02:00",
        "Exhibition": "2027-05-02T16:00:00+02:00",
    }
    again = read_schedule(schedule_xml(programme_of(file), "https://example.org")).file
    assert {s.slug: s.ends_at for s in again.session} == {s.slug: s.ends_at for s in file.session}


def test_what_has_no_date_of_its_own_and_is_before_the_change_of_day_is_in_the_night_that_follows() -> None:
    change = f"{COPENHAGEN}<day_change>06:00:00</day_change>"
    night, morning = event(1, "Night", "00:30"), event(2, "Morning", "09:00")
    file = read_schedule(schedule(night, morning, conference=change)).file
    assert [session.starts_at and session.starts_at.isoformat() for session in file.session] == [
        "2027-05-02T00:30:00+02:00",
        "2027-05-01T09:00:00+02:00",
    ]
    frab = 'date="2027-05-01" start="2027-05-01T09:00:00+02:00" end="2027-05-02T04:00:00+02:00"'
    assert read_schedule(schedule(night, day=frab)).file.session[0].day.day == 2
    assert read_schedule(schedule(night)).file.session[0].day.day == 1


def test_the_last_night_makes_no_further_day_of_the_conference() -> None:
    file = read_schedule(schedule(event(1, "Last dance", "2027-05-03T00:30:00+02:00"))).file
    assert (file.conference.starts.day, file.conference.ends.day) == (1, 2)
    programme = programme_of(file)
    assert read_schedule(schedule_json(programme, "https://example.org")).file.session[0].day.day == 3


# What others rely on


def test_a_wish_not_to_be_recorded_licence_links_and_the_rest_are_kept_and_go_out_again() -> None:
    wishes = (
        "<recording><license>CC BY 4.0</license><optout>true</optout></recording>"
        '<links><link href="https://example.org/a" type="web">A</link><link href="http://">x</link></links>'
        '<attachments><attachment href="/files/slides.pdf">Slides</attachment></attachments>'
    )
    told = event(1, "T", "2027-05-01T09:00:00+02:00", more=wishes, type="Lightning talk", subtitle="Below")
    silent = event(2, "S", "2027-05-01T11:00:00+02:00")
    base = f"{COPENHAGEN}<base_url>https://example.org/</base_url>"
    file, left_out = read_schedule(schedule(told, silent, conference=base))
    assert left_out == ("1 link: no address on the web",)
    for name, write in (("json", schedule_json), ("xml", schedule_xml)):
        first, second = read_schedule(write(programme_of(file), "https://plenum.example")).file.session
        assert (first.do_not_record, second.do_not_record) == (True, False), name
        assert (first.licence, first.subtitle, first.type) == ("CC BY 4.0", "Below", "Lightning talk")
        assert str(first.guid) == "00000001-0000-4000-8000-000000000000"
        assert [(link.url, link.title) for link in first.link] == [("https://example.org/a", "A")]
        assert [link.url for link in first.attachment] == ["https://example.org/files/slides.pdf"]


@pytest.mark.parametrize(
    ("flag", "recorded"),
    [(None, True), (False, True), ("false", True), ("", True), (True, False), ("true", False), ("x", False)],
)
def test_only_a_flag_that_is_missing_or_says_no_lets_a_talk_be_recorded(flag: object, recorded: bool) -> None:
    talk = {"id": 1, "title": "T", "date": "2027-05-01T09:00:00+02:00", "duration": "01:00"}
    if flag is not None:
        talk["do_not_record"] = flag
    day = {"date": "2027-05-01", "rooms": {"Hall": [talk]}}
    conference = {"title": "C", "time_zone_name": "Europe/Copenhagen", "days": [day]}
    file = read_schedule(json.dumps({"schedule": {"conference": conference}}).encode()).file
    assert file.session[0].do_not_record is not recorded


def test_a_room_that_stands_twice_in_a_day_keeps_the_sessions_of_both() -> None:
    second = f'<room name="Hall">{event(2, "Second", "2027-05-01T13:00:00+02:00")}</room>'
    file = read_schedule(schedule(event(1, "First", "2027-05-01T09:00:00+02:00"), rooms=second)).file
    assert [(session.title, session.room) for session in file.session] == [
        ("First", "Hall"),
        ("Second", "Hall"),
    ]
    talk = '{"id": %d, "title": "T", "date": "2027-05-01T09:00:00+02:00", "duration": "01:00"}'
    rooms = f'{{"Hall": [{talk % 1}], "Hall": [{talk % 2}]}}'
    twice = f'{{"schedule": {{"conference": {{"title": "C", "days": [{{"date": "2027-05-01", "rooms": {rooms}}}]}}}}}}'
    assert len(read_schedule(twice.encode()).file.session) == 2


def test_title_venue_city_and_dates_are_those_of_the_file() -> None:
    told = f"{COPENHAGEN}<subtitle>Flow</subtitle><venue>Town Hall</venue><city>Aarhus</city>"
    conference = read_schedule(
        schedule(event(1, "T", "2027-05-01T09:00:00+02:00"), conference=told)
    ).file.conference
    assert conference.venue
    assert (conference.title, conference.tagline) == ("Case", "Flow")
    assert (conference.venue.name, conference.venue.city) == ("Town Hall", "Aarhus")
    assert (conference.starts.day, conference.ends.day) == (1, 2)


# Times


@pytest.mark.parametrize(
    ("offset", "name"),
    [("+02:00", "UTC+2"), ("-05:00", "UTC−5"), ("Z", "UTC")],
)
def test_a_zone_that_is_only_a_distance_from_utc_has_the_sign_that_people_read(
    offset: str, name: str
) -> None:
    file = read_schedule(schedule(event(1, "T", f"2027-05-01T09:00:00{offset}"), conference="")).file
    assert file.conference.clock_name == name
    starts = file.session[0].starts_at
    assert starts
    assert starts == datetime.fromisoformat(f"2027-05-01T09:00:00{offset}")
    document = json.loads(schedule_json(programme_of(file), "https://example.org"))
    assert not breaches(document)


def test_an_old_schedule_without_dates_and_zone_says_so_and_is_read_with_its_zone() -> None:
    old = "<release>0.13</release><day_change>06:00</day_change><timeslot_duration>00:30</timeslot_duration>"
    content = schedule(event(1, "We suck", "00:00"), event(2, "Opening", "12:00", "00:30"), conference=old)
    with pytest.raises(ConferenceFileError) as refused:
        read_schedule(content)
    assert "does not say its time zone" in refused.value.problems[0].reason
    assert "--timezone" in refused.value.problems[0].reason
    file, left_out = read_schedule(content, "Europe/Berlin")
    assert left_out == ("1 conference: release",)
    assert [session.day.day for session in file.session] == [2, 1]
    with pytest.raises(ConferenceFileError) as refused:
        read_schedule(content, "Berlin")
    assert "“Berlin” does not exist" in refused.value.problems[0].reason
    half = schedule(event(1, "T", "2027-05-01T09:00:00+05:30"), conference="")
    with pytest.raises(ConferenceFileError) as refused:
        read_schedule(half)
    assert "+5.5 hours" in refused.value.problems[0].reason


@pytest.mark.parametrize(
    ("said", "minutes"),
    [("01:30", 90), ("1:30", 90), ("01:30:00", 90), ("90", 90), ("PT1H30M", 90), ("PT1H", 60), ("P1DT1H", 1500)],
)  # fmt: skip
def test_a_duration_is_read_however_it_is_written(said: str, minutes: int) -> None:
    file, left_out = read_schedule(schedule(event(1, "T", "2027-05-01T09:00:00+02:00", said)))
    [session] = file.session
    assert session.starts_at
    assert session.ends_at == session.starts_at + timedelta(minutes=minutes)
    assert not left_out


def test_an_end_is_read_as_a_time_of_day_where_no_duration_is_given() -> None:
    when = "2027-05-01T22:00:00+02:00"
    known = schedule(
        event(1, "Talk", when, "", end="22:45"),
        event(2, "Party", when, "", end="01:00"),
        event(3, "Open", when, "", end="late"),
        event(4, "Gone", when, "00:00"),
    )
    file, left_out = read_schedule(known)
    ends = [session.ends_at and f"{session.ends_at:%d %H:%M}" for session in file.session]
    assert ends == ["01 22:45", "02 01:00", None, None]
    assert left_out == (
        "1 session: the end, since nobody can read its end “late”",
        "1 session: the end, which is not after the start by its duration “00:00”",
    )


def test_a_session_that_does_not_say_its_language_goes_out_without_one() -> None:
    when = "2027-05-01T09:00:00+02:00"
    file, _ = read_schedule(schedule(event(1, "Offen", when), event(2, "Tale", when, language="da")))
    out = schedule_json(programme_of(file), "https://example.org")
    [day, _] = json.loads(out)["schedule"]["conference"]["days"]
    assert [said["language"] for said in day["rooms"]["Hall"]] == ["", "da"]
    assert not breaches(json.loads(out))
    again, _ = read_schedule(out)
    assert [session.language for session in again.session] == ["", "da"]


# What is left out


def test_whatever_is_left_out_is_counted_and_strict_makes_it_an_error(tmp_path: Path) -> None:
    desk = House(tmp_path)
    talks = [event(n, f"T{n}", "2027-05-01T09:00:00+02:00", more="<logo>/a.png</logo>") for n in (1, 2)]
    unread = event(3, "U", "2027-05-01T12:00:00+02:00", "an hour or so")
    file, clean = tmp_path / "schedule.xml", tmp_path / "clean.xml"
    file.write_bytes(schedule(*talks, unread))
    clean.write_bytes(schedule(event(1, "T", "2027-05-01T09:00:00+02:00")))
    strict = desk.plenum("conference", "load", "--strict", file, check=False)
    assert strict.returncode == 1
    assert "2 sessions: logo" in strict.stderr
    assert "Nothing was changed." in strict.stderr
    loaded = desk.plenum("conference", "load", file).stdout
    assert "2 sessions: logo" in loaded
    assert "1 session: the end, since nobody can read its duration “an hour or so”" in loaded
    assert "1 session has no published time" in loaded
    # What in a file of ours is refused is a question here: real schedules mean it so at times.
    assert "The room Hall is in “T1” and in “T2” at the same time, 1 May, 09:00." in loaded
    cleanly = desk.plenum("conference", "load", "--strict", clean).stdout
    assert "“Case” is loaded" in cleanly
    assert "Is this meant so?" not in cleanly


# Schemas


def test_what_goes_out_passes_the_schemas_that_it_names(tmp_path: Path) -> None:
    imported = read_schedule(
        schedule(
            event(1, "T", "2027-05-01T22:00:00+02:00", "03:00", track="Theme", type="Talk"),
            event(2, "Roomless", "2027-05-03T02:00:00+02:00", language="de"),
        )
    ).file
    for programme in (programme_of(read(SCHOOL_REFUSAL)), programme_of(imported)):
        document = json.loads(schedule_json(programme, "https://example.org"))
        assert document["$schema"] == "https://c3voc.de/schedule/schema.json"
        assert breaches(document) == []
        assert xml_breaches(schedule_xml(programme, "https://example.org")) == []
        hall = next(iter(document["schedule"]["conference"]["days"][0]["rooms"].values()))
        hall[0]["answers"] = []
        assert breaches(document) == ["answers is not in the schema"]


def test_affiliations_and_all_themes_go_out() -> None:
    file = read(SCHOOL_REFUSAL)
    session = next(s for s in file.session if len(s.categories) > 1 and s.starts_at and s.speakers)
    titles = [category.title for category in file.category if category.slug in session.categories]
    published = {slug for s in file.session if s.ends_at for slug in s.speakers}
    known = {s.name: s.affiliation for s in file.speaker if s.affiliation and s.slug in published}
    assert known
    programme = programme_of(file)
    for write in (schedule_json, schedule_xml):
        again = read_schedule(write(programme, "https://example.org")).file
        names = {category.slug: category.title for category in again.category}
        found = next(s for s in again.session if s.slug == session.slug)
        assert [names[slug] for slug in found.categories] == titles
        assert all(known[s.name] in s.affiliation for s in again.speaker if s.name in known)


@pytest.mark.one_database
def test_the_page_says_how_many_sessions_are_not_in_the_files(house: House) -> None:
    with house.client() as client:
        page = " ".join(client.get("/programme").text.split())
    assert "leave out 4 sessions without a published time" in page
