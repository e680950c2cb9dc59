"""Loading a conference, and loading it again while people read, mark and book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
from icalendar import Calendar

from tests.conftest import Houses
from tests.support.booking import book
from tests.support.cast import Cast
from tests.support.changes import Changing
from tests.support.conference_files import NO_NUMBER, SHIPPED, edited, line_of, without
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.waiting import until
from tests.support.workers import from_each_worker


def events(house: House) -> dict[str, dict[str, str]]:
    """The sessions as calendars read them, by the address they have, or had."""
    calendar = Calendar.from_ical(
        httpx.get(f"{house.url}/programme.ics", trust_env=False, verify=NO_CERTIFICATES).content
    )
    return {
        str(event["UID"]): {key: str(event.get(key, "")) for key in ("SUMMARY", "SEQUENCE", "STATUS", "URL")}
        for event in calendar.walk("VEVENT")
    }


def uid_of(house: House, summary: str) -> str:
    [uid] = [uid for uid, event in events(house).items() if event["SUMMARY"] == summary]
    return uid


def everywhere(house: House, path: str, text: str) -> bool:
    """Whether every worker's page says this."""

    def ask() -> str:
        return httpx.get(f"{house.url}{path}", trust_env=False, verify=NO_CERTIFICATES).text

    return all(text in page for page in from_each_worker(house, ask))


def state_of(house: House) -> list[list[dict[str, object]]]:
    tables = ("conference", "session", "offer", "item")
    return [house.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]


def save(house: House, text: str) -> Path:
    file = house.data / "edited.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_olga_edits_the_conference_while_it_runs(houses: Houses, database: str) -> None:
    house = houses(database, workers=2)
    gamification = uid_of(house, "1A Gamification (order to be announced)")
    keynote = uid_of(house, "Keynote speaker – David Heyne")
    before = events(house)

    # Loading the same again is nothing new.
    state = state_of(house)
    said = house.plenum("conference", "load", SCHOOL_REFUSAL).stdout
    assert "was loaded before and says nothing new" in said
    assert state_of(house) == state

    # A new title is on the pages of every worker, and calendars are told of this session only.
    played = edited(('title = "Gamification"', 'title = "Learning by playing"'))
    house.plenum("conference", "load", save(house, played))
    until(lambda: everywhere(house, "/programme", "Learning by playing"))
    assert everywhere(house, "/programme/seminar-1a", "Learning by playing")
    after = events(house)
    assert after[gamification] == before[gamification] | {
        "SUMMARY": "1A Learning by playing (order to be announced)",
        "SEQUENCE": "1",
    }
    assert {**after, gamification: None} == {**before, gamification: None}

    # A file with mistakes changes nothing, not even what is right in it.
    state = state_of(house)
    wrong = edited(
        ("Learning by playing", "Play"),
        ("amount = 5800", 'amount = "5,800"'),
        ('country = "DK"', 'country = "DEN"'),
        text=played,
    )
    refused = house.plenum("conference", "load", save(house, wrong), check=False)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[:2] == [
        f"  line {line_of('DEN', wrong)}: `country`: This is no country. Write its two letters, such as DK or NO.",
        f"  line {line_of('5,800', wrong)}: {NO_NUMBER}",
    ]
    assert "2 things to put right. Nothing was changed." in refused.stderr
    assert state_of(house) == state

    # A session that is left out is cancelled in calendars, and gone from the pages.
    house.plenum("conference", "load", save(house, without(played, "keynote-david-heyne")))
    until(lambda: not everywhere(house, "/programme", "Keynote speaker"))
    assert events(house)[keynote]["STATUS"] == "CANCELLED"
    assert events(house)[keynote]["SEQUENCE"] == "1"
    assert (
        httpx.get(
            f"{house.url}/programme/keynote-david-heyne", trust_env=False, verify=NO_CERTIFICATES
        ).status_code
        == 404
    )

    # It may come back, and is the same to calendars.
    house.plenum("conference", "load", save(house, played))
    until(lambda: everywhere(house, "/programme/keynote-david-heyne", "David Heyne"))
    assert events(house)[keynote] == before[keynote] | {"SEQUENCE": "2"}

    # One that is cancelled stays on the pages and says so.
    off = edited(
        ('slug = "keynote-david-heyne"', 'slug = "keynote-david-heyne"\ncancelled = true'), text=played
    )
    house.plenum("conference", "load", save(house, off))
    until(lambda: everywhere(house, "/programme/keynote-david-heyne", "This session does not take place."))
    assert events(house)[keynote] == before[keynote] | {"SEQUENCE": "3", "STATUS": "CANCELLED"}


def test_a_session_that_is_left_out_is_cancelled_in_the_calendars_of_those_who_had_it(
    houses: Houses, cast: Cast
) -> None:
    house = houses()
    with house.client() as dags, house.client() as gias:
        dag = book(dags, cast.dag, seminar_1="seminar-1a", workshop="yes")
        gia = book(gias, cast.gia, seminar_1="seminar-1b")
        change = Changing(dags, f"{dag}/delegates/1")
        change.save(seminar_1="seminar-1b")

        def own(booking: str) -> dict[str, tuple[str, str, str]]:
            calendar = Calendar.from_ical(
                httpx.get(f"{house.url}{booking}/1.ics", trust_env=False, verify=NO_CERTIFICATES).content
            )
            events: list[Any] = calendar.walk("VEVENT")
            return {
                str(one["SUMMARY"]): (str(one["UID"]), str(one["SEQUENCE"]), str(one["STATUS"]))
                for one in events
            }

        before = {booking: own(booking) for booking in (dag, gia)}
        name = "Keynote speaker – David Heyne"
        assert before[dag][name][2] == before[gia][name][2] == "CONFIRMED"
        text = without(without(SHIPPED, "keynote-david-heyne"), "seminar-1a")
        house.plenum("conference", "load", save(house, text))
        until(lambda: not everywhere(house, "/programme", "Keynote speaker – David Heyne"))
        for booking in (dag, gia):
            uid, sequence, _ = before[booking][name]
            assert own(booking)[name] == (uid, str(int(sequence) + 1), "CANCELLED")
        # Who never had the seminar is not told of it.
        assert [title for title in own(gia) if "Gamification" in title] == []
        [title] = [title for title in own(dag) if "Gamification" in title]
        assert own(dag)[title][2] == "CANCELLED"
        assert own(dag)[title][0] == before[dag]["1A Gamification (order to be announced)"][0]


def test_a_seminar_that_somebody_chose_cannot_be_left_out_but_may_be_cancelled(
    houses: Houses, database: str, cast: Cast
) -> None:
    house = houses(database)
    with house.client() as client:
        booking = book(
            client, cast.dag, cast.gia, seminar_1="seminar-1a", seminar_2="seminar-2b", workshop="yes"
        )
    state = state_of(house)

    refused = house.plenum("conference", "load", save(house, without(SHIPPED, "seminar-1a")), check=False)
    assert refused.returncode == 1
    for person in (cast.dag, cast.gia):
        assert f"1A Gamification: {person.name} <{person.email}>, booking " in refused.stderr
    assert "Put it back, or move first" in refused.stderr
    assert state_of(house) == state
    with house.client() as client:
        assert "Gamification" in client.get("/programme").text

    # Nor can the workshop; what nobody has may go.
    no_workshop = edited(
        (
            '[[product]]\nslug = "workshop"\nkind = "workshop"',
            '[[product]]\nslug = "day-3"\nkind = "workshop"',
        )
    )
    assert (
        "Optional workshop (day 3): "
        in house.plenum("conference", "load", save(house, no_workshop), check=False).stderr
    )
    assert state_of(house) == state
    house.plenum("conference", "load", save(house, without(SHIPPED, "seminar-1b")))
    until(lambda: not everywhere(house, "/programme", "Prevention, intervention or compensation"))

    # Cancelled, it stays with those who have it, and nobody else can choose it.
    off = edited(('slug = "seminar-1a"', 'slug = "seminar-1a"\ncancelled = true'))
    house.plenum("conference", "load", save(house, off))
    until(lambda: everywhere(house, "/programme/seminar-1a", "This session does not take place."))
    with house.client() as client:
        assert "Gamification" in client.get(booking).text
        form = client.get("/register").text
        assert 'value="seminar-1b"' in form
        assert 'value="seminar-1a"' not in form
    assert house.rows("SELECT count(*) AS held FROM item")[0]["held"] == len(state[3])


def test_what_is_booked_is_not_taken_for_another_conferences_days_or_money(
    houses: Houses, database: str, cast: Cast
) -> None:
    house = houses(database)
    next_year = SHIPPED.replace("2017-11-", "2018-11-")
    other = edited(('slug = "school-refusal-2017"', 'slug = "school-refusal-2018"'), text=next_year)
    in_kronor = edited(('currency = "NOK"', 'currency = "SEK"'))
    # While nobody has booked, everything may become something else.
    for text in (other, in_kronor, SHIPPED):
        house.plenum("conference", "load", save(house, text))
    until(lambda: everywhere(house, "/practical", "All prices are in NOK."))
    with house.client() as client:
        booking = book(client, cast.dag, nights=["2017-11-06"])
        state = state_of(house)

        def refused(text: str) -> str:
            done = house.plenum("conference", "load", save(house, text), check=False)
            assert done.returncode == 1, done.stdout
            assert state_of(house) == state
            return done.stderr

        same_days = edited(('slug = "school-refusal-2017"', 'slug = "school-refusal-2018"'))
        for text in (other, same_days):
            assert "another conference, school-refusal-2018" in (said := refused(text))
            assert "set PLENUM_DATA to a new directory" in said
        assert "is in NOK, and this file says SEK" in refused(in_kronor)
        # The same names on other days: last year's guests are not this year's.
        of_names_only = edited(
            ("nights = [2018-11-05, 2018-11-06, 2018-11-07]", "nights = [2017-11-06]"), text=next_year
        )
        said = refused(of_names_only)
        assert "is for 6 to 8 November 2017, and this file says 6 to 8 November 2018" in said
        assert "--moved" in said
        # Everybody who is booked may come on other days; the money stays what it was even then.
        to_sek = edited(('currency = "NOK"', 'currency = "SEK"'), text=of_names_only)
        moved = house.plenum("conference", "load", save(house, to_sek), "--moved", check=False)
        assert "is in NOK, and this file says SEK" in moved.stderr
        assert "is loaded" in house.plenum("conference", "load", save(house, of_names_only), "--moved").stdout
        until(lambda: everywhere(house, "/programme", "2018"))
        assert "NOK 9,562.50" in client.get(booking).text


def test_a_conference_may_be_loaded_before_the_first_start_and_without_one(tmp_path: Path) -> None:
    house = House(tmp_path)
    assert "is loaded" in house.plenum("conference", "load", SCHOOL_REFUSAL).stdout
    assert house.rows("SELECT revision FROM conference") == [{"revision": 1}]
