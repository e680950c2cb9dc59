"""The conference file: what is in the one we ship, what is said of one with mistakes, and what loading one changes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.changes import Changing
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until
from tests.support.workers import from_each_worker
from webapp.conference.file import ConferenceFile
from webapp.conference.problems import ConferenceFileError
from webapp.conference.reading import check, parse, read
from webapp.web.rendering import environment

SHIPPED = SCHOOL_REFUSAL.read_text(encoding="utf-8")
COPENHAGEN = ZoneInfo("Europe/Copenhagen")

NO_NUMBER = "`amount` must be a number, without quotation marks and with a point: 1450.50."
NORDIC_BEST_PRACTICE = "Nordic best practice on school refusal with examples on cross-sectoral collaboration"


def edited(*changes: tuple[str, str], text: str = SHIPPED) -> str:
    """The file we ship after somebody edited it: each passage, which has to be there, becomes another."""
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return text


def without(text: str, slug: str) -> str:
    """The file without the session of this slug, and without asking about it."""
    parts = text.split("\n[[session]]\n")
    kept = [part for part in parts if not part.startswith(f'slug = "{slug}"\n')]
    assert len(kept) == len(parts) - 1, slug
    return "\n[[session]]\n".join(kept).replace(f'"{slug}", "', '"')


def problems(text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(ConferenceFileError) as refusal:
        parse(text)
    return [(problem.line, problem.reason) for problem in refusal.value.problems]


def test_a_panel_asks_about_sessions_there_are_and_no_two_panels_about_one() -> None:
    text = SCHOOL_REFUSAL.read_text()
    misspelt = text.replace('about = ["keynote-david-heyne"', 'about = ["keynote-david-hayne"')
    [(line, reason)] = problems(misspelt)
    assert line is not None
    assert misspelt.split("\n")[line - 1].startswith("about = ")
    assert "Did you mean “keynote-david-heyne”?" in reason
    twice = text.replace(
        "[session.panel]\n\n[[session]]", '[session.panel]\nabout = ["school-factors"]\n\n[[session]]', 1
    )
    assert {reason for _, reason in problems(twice)} == {
        "Questions about “school-factors” go to more than one panel. Name it in one only."
    }
    unknown = text.replace("opens_before = 495", "opens_befor = 495")
    assert problems(unknown)[0][1] == "`opens_befor` is not known here. Did you mean “opens_before”?"


# The school refusal conference of 2017, as it was announced


@pytest.fixture(scope="module")
def announced() -> ConferenceFile:
    return read(SCHOOL_REFUSAL)


def test_the_conference_says_what_where_and_for_whom(announced: ConferenceFile) -> None:
    conference = announced.conference
    assert conference.title == "International School-refusal conference"
    assert conference.tagline == "A two-day practical conference, with optional workshop day 3!"
    assert conference.about == (
        "School refusal is a massive problem throughout Europe. Early intervention and the right course of action is "
        "crucial to success. The conference focuses on current research and examples from some of the best speakers "
        "and practitioners in the field."
    )
    assert conference.venue
    assert conference.venue.name == "Radisson Blu Scandinavia Hotel, Copenhagen"
    assert conference.venue.address == "Amager Boulevard, København S, Danmark"
    assert conference.timezone == "Europe/Copenhagen"
    assert [organiser.name for organiser in conference.organiser] == ["JobbAktiv", "Magelungen AB"]
    assert conference.meeting_place == (
        "A conference is an important arena to meet others working with the same challenges. Don’t miss the "
        "opportunity to increase your professional network. We will facilitate this throughout the conference, and "
        "there will be a special meeting-place for exchanging ideas and information."
    )


@pytest.mark.parametrize(
    ("day", "starts", "ends", "title"),
    [
        (6, None, None, "Conference welcome"),
        (6, time(10, 15), time(10, 30), "Nordic/international network"),
        (6, time(10, 45), time(12), "Keynote speaker – David Heyne"),
        (6, time(13, 15), time(14), "A good relation – the foundation of all intervention"),
        (6, time(14, 15), time(15), "Are schools ready for their students? On drop out and push out"),
        (6, None, None, "The role of school-factors in school refusal"),
        (6, time(16, 15), time(17), "Questions and answers"),
        (7, time(9), time(12), "1A Gamification"),
        (7, time(9), time(12), "1B Prevention, intervention or compensation"),
        (7, time(9), time(12), "2A Nordic good practice – prevention and intervention"),
        (7, time(9), time(12), "2B The correlation between gaming and personal development"),
        (7, None, None, NORDIC_BEST_PRACTICE),
        (7, None, None, "A CBT-based treatment approach to school refusal"),
        (
            8,
            time(9),
            time(15),
            "School refusal – Workshop regarding assessment and gradual approach to school",
        ),
    ],
)
def test_every_session_stands_at_its_announced_time_and_at_no_invented_one(
    announced: ConferenceFile, day: int, starts: time | None, ends: time | None, title: str
) -> None:
    [session] = [session for session in announced.session if session.name == title]
    assert (session.day, session.starts, session.ends) == (date(2017, 11, day), starts, ends)


def test_the_sessions_are_those_announced_in_their_order_and_nothing_else(announced: ConferenceFile) -> None:
    assert [session.slug for session in announced.session] == [
        "welcome",
        "nordic-international-network",
        "keynote-david-heyne",
        "a-good-relation",
        "are-schools-ready",
        "school-factors",
        "questions-and-answers",
        "seminar-1a",
        "seminar-1b",
        "seminar-2a",
        "seminar-2b",
        "nordic-best-practice",
        "cbt-based-treatment",
        "workshop",
    ]
    assert not any(session.room or session.capacity or session.language for session in announced.session)


@pytest.mark.parametrize(
    ("slug", "begins", "ends"),
    [
        (
            "welcome",
            "As Mayor for Children and Youth in the City of Copenhagen, Pia",
            "warm welcome to Copenhagen.",
        ),
        (
            "nordic-international-network",
            "How can we establish a network for collaboration,",
            "across the borders?",
        ),
        (
            "keynote-david-heyne",
            "Even when using our best treatments, there is",
            "severe difficulty attending.",
        ),
        (
            "a-good-relation",
            "To succeed in helping kids overcome problems",
            "suffering from school refusal.",
        ),
        (
            "are-schools-ready",
            "This contribution builds on Pan-European research",
            "push-out oriented approaches.",
        ),
        (
            "school-factors",
            "Trude Havig (PhD), Norwegian Centre for Learning",
            "advice based on her research.",
        ),
        ("questions-and-answers", "The delegates are given an opportunity", "All lecturers join in!"),
        (
            "seminar-1a",
            "How can we use the world of gaming, to engage students",
            "towards lifelong learning?",
        ),
        ("seminar-1b", "«Timing is everything»", "which approaches work best and when"),
        ("seminar-2a", "Jenny Tägtström and Lidija Kolouh-Söderlund present", "actors in Hikikomori."),
        ("seminar-2b", "What do we know about the correlation between", "develop problems with gaming?"),
        (
            "nordic-best-practice",
            "Lidija Kolouh-Söderlund highlights early school",
            "to providing systems of support.",
        ),
        (
            "cbt-based-treatment",
            "This lecture provides a description of a systematic",
            "and parents is discussed.",
        ),
        (
            "workshop",
            "Optional Day 3 – hands-on workshop",
            "opportunity to put your theory into practice!",
        ),
    ],
)
def test_every_abstract_is_there_from_its_first_words_to_its_last(
    announced: ConferenceFile, slug: str, begins: str, ends: str
) -> None:
    [session] = [session for session in announced.session if session.slug == slug]
    assert session.abstract.startswith(begins)
    assert session.abstract.endswith(ends)


def test_longer_abstracts_keep_their_paragraphs(announced: ConferenceFile) -> None:
    paragraphs = {
        session.slug: session.abstract.count("\n\n") + 1
        for session in announced.session
        if "\n\n" in session.abstract
    }
    assert paragraphs == {"nordic-best-practice": 2, "workshop": 5}
    assert not any("\n" in session.abstract.replace("\n\n", "") for session in announced.session)


def test_speakers_are_those_named_with_what_is_said_of_them(announced: ConferenceFile) -> None:
    assert {speaker.name: (speaker.role, speaker.affiliation) for speaker in announced.speaker} == {
        "Pia Allerslev": ("Mayor for Children and Youth", "City of Copenhagen"),
        "David Heyne": ("", ""),
        "Trude Havig": (
            "PhD",
            "Norwegian Centre for Learning Environment and Behavioural Research in Education",
        ),
        "Jenny Tägtström": ("", ""),
        "Lidija Kolouh-Söderlund": ("", ""),
        "Anna Liljeström": (
            "Project manager",
            "Plug In, the Swedish nation-wide project on preventing school dropout",
        ),
        "Diana Gustafsson": ("Project manager", "Hikikomori"),
    }
    assert not any(speaker.biography for speaker in announced.speaker)


def test_a_speaker_spelt_in_two_ways_is_one_person_in_both_sessions(announced: ConferenceFile) -> None:
    [lidija] = [speaker for speaker in announced.speaker if "Kolouh" in speaker.name]
    assert lidija.also_written == ("Lidija Kolouh Söderlund",)
    assert [session.slug for session in announced.session if lidija.slug in session.speakers] == [
        "seminar-2a",
        "nordic-best-practice",
    ]


def test_who_speaks_where(announced: ConferenceFile) -> None:
    assert {session.slug: session.speakers for session in announced.session if session.speakers} == {
        "welcome": ("pia-allerslev",),
        "keynote-david-heyne": ("david-heyne",),
        "school-factors": ("trude-havig",),
        "seminar-2a": (
            "jenny-tagtstrom",
            "lidija-kolouh-soderlund",
            "anna-liljestrom",
            "diana-gustafsson",
        ),
        "nordic-best-practice": ("lidija-kolouh-soderlund", "anna-liljestrom"),
    }


def test_one_of_1a_and_1b_and_one_of_2a_and_2b_may_be_chosen(announced: ConferenceFile) -> None:
    assert {
        slot.slug: [session.code for session in announced.session if session.slot == slot.slug]
        for slot in announced.slot
    } == {"seminar-1": ["1A", "1B"], "seminar-2": ["2A", "2B"]}


def test_prices_are_those_announced(announced: ConferenceFile) -> None:
    midnight = datetime(2017, 6, 20, tzinfo=COPENHAGEN)
    assert {
        product.slug: [(price.title, price.minor, price.until) for price in product.price]
        for product in announced.product
    } == {
        "participation": [("Early bird", 580_000, midnight), ("Regular", 680_000, None)],
        "workshop": [("Workshop", 190_000, None)],
        "room": [("Single room", 185_000, None)],
    }
    assert {product.vat_rate for product in announced.product} == {25}
    assert {product.capacity for product in announced.product} == {None}
    registration = announced.registration
    assert registration.currency == "NOK"
    assert (registration.information_currency, str(registration.information_rate)) == ("EUR", "0.11")
    assert (registration.vat_name, registration.vat_country) == ("MVA", "NO")
    assert registration.vat_note == (
        "No additional VAT for participants outside Norway. For Norwegian participants, MVA is additional."
    )


def test_what_the_database_keeps_is_the_whole_file(announced: ConferenceFile) -> None:
    kept = ConferenceFile.from_json(announced.to_json())
    assert kept == announced
    assert kept.to_json() == announced.to_json()
    assert [s.starts_at for s in kept.session] == [s.starts_at for s in announced.session]


def a_conference_with(**times: object) -> ConferenceFile:
    day = {"starts": date(2027, 5, 1), "ends": date(2027, 5, 1), "timezone": "Europe/Oslo"}
    session = {"slug": "dinner", "title": "Dinner", "day": date(2027, 5, 1), **times}
    return check({"conference": {"slug": "c", "title": "C", **day}, "session": [session]})


@pytest.mark.parametrize(
    ("starts", "ends", "on", "length"),
    [
        (time(19), time(0), None, timedelta(hours=5)),
        (time(22), time(3), None, timedelta(hours=5)),
        (time(9), time(17), date(2027, 5, 3), timedelta(hours=56)),
    ],
)
def test_a_session_may_go_on_past_midnight(
    starts: time, ends: time, on: date | None, length: timedelta
) -> None:
    [session] = a_conference_with(starts=starts, ends=ends, ends_on=on).session
    assert session.starts_at
    assert session.ends_at == session.starts_at + length


def test_what_goes_on_for_more_than_a_day_says_on_which_day_it_ends() -> None:
    shown: Any = environment.get_template("_components.html").module
    [night] = a_conference_with(starts=time(22), ends=time(1)).session
    [days] = a_conference_with(starts=time(9), ends=time(10), ends_on=date(2027, 5, 2)).session
    assert words(shown.session_times(night)) == "22:00 – 01:00"
    assert words(shown.session_times(days)) == "09:00 – Sunday 2 May, 10:00"


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"starts": time(13), "ends": time(12)}, "ends before it starts. If it goes on to the next day"),
        ({"starts": time(13), "ends": time(12), "ends_on": date(2027, 5, 1)}, "ends before it starts."),
        ({"starts": time(13), "ends_on": date(2027, 5, 2)}, "Give `ends` too, or neither."),
        ({"ends": time(13)}, "an end and no start"),
        ({"day": date(2027, 5, 2), "starts": time(9)}, "This day is not one of the conference’s."),
    ],
)
def test_an_end_that_is_a_slip_of_the_pen_is_told(times: dict[str, object], reason: str) -> None:
    with pytest.raises(ConferenceFileError, match="session 1 “Dinner”") as refused:
        a_conference_with(**times)
    assert reason in refused.value.problems[0].reason


# Mistakes


def line_of(passage: str, text: str = SHIPPED) -> int:
    return text[: text.index(passage)].count("\n") + 1


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (
            'timezone = "Europe/Copenhagen"',
            'timezone = "Copenhagen"',
            "This time zone does not exist. Write it like Europe/Copenhagen.",
        ),
        (
            'timezone = "Europe/Copenhagen"',
            'timezone = ["Europe"]',
            '`timezone` must be text in quotation marks: timezone = "…".',
        ),
        ("starts = 2017-11-06", "starts = 0217-11-06", "`starts` must be at least 1970-01-01."),
        ("ends = 2017-11-08", "ends = 2017-11-05", "The conference ends before it starts."),
        (
            'country = "DK"',
            'country = "Denmark"',
            "This is no country. Write its two letters, such as DK or NO.",
        ),
        (
            'currency = "NOK"',
            'currency = "kroner"',
            "`currency`: “kroner” is no currency. Write its three letters, such as NOK.",
        ),
        ("information_rate = 0.11", "information_rate = 0", "`information_rate` must be more than 0."),
        ("quote_minutes = 30", "quote_minutes = 3000", "`quote_minutes` must be at most 1440."),
        (
            "amount = 5800",
            'amount = "5800,-"',
            "`amount` must be a number, without quotation marks and with a point: 1450.50.",
        ),
        (
            "amount = 5800",
            "amount = nan",
            "`amount` must be a number",
        ),
        ("amount = 5800", "amount = -1", "`amount` must be at least 0."),
        ("amount = 5800", "amount = 5800.005", "`amount` may have two decimals at most in NOK."),
        (
            'currency = "NOK"',
            'currency = "NKO"',
            "`currency`: “NKO” is no currency. Write its three letters, such as NOK. Did you mean NOK?",
        ),
        ("amount = 5800", "amount = 58000000000000", "`amount` is too large."),
        (
            "until = 2017-06-20T00:00:00",
            "until = 2017-06-20",
            "`until` must be a date and time: 2017-06-20T00:00:00.",
        ),
        (
            "until = 2017-06-20T00:00:00",
            'until = "2017-06-20T00:00:00"',
            "`until` must be a date and time: 2017-06-20T00:00:00.",
        ),
        (
            "until = 2017-06-20T00:00:00",
            "until = 2017-03-26T02:30:00",
            "On this day the clocks change in Europe/Copenhagen, and this time does not exist. Choose another.",
        ),
        (
            "until = 2017-06-20T00:00:00",
            "until = 2017-10-29T02:30:00",
            "On this day the clocks change in Europe/Copenhagen, and this time comes twice. Choose another.",
        ),
        ('kind = "room"', 'kind = "bed"', "`kind` must be one of 'participation', 'workshop' or 'room'."),
        (
            'session = "workshop"',
            'session = "work-shop"',
            "There is no session with the slug “work-shop”. Did you mean “workshop”?",
        ),
        (
            "nights = [2017-11-05, 2017-11-06, 2017-11-07]",
            "nights = [2017-11-05, 2017-11-05]",
            "A night is named twice.",
        ),
        ('name = "Pia Allerslev"', 'nmae = "Pia Allerslev"', "`nmae` is not known here."),
        ('name = "David Heyne"', 'name = ""', "`name` is empty."),
        ('name = "David Heyne"', 'name = "David\\u0000Heyne"', "This has a character that cannot be shown."),
        (
            'slug = "david-heyne"',
            'slug = "David Heyne"',
            "`slug` may have only small letters a to z, digits, and hyphens between them: pia-allerslev.",
        ),
        (
            'speakers = ["pia-allerslev"]',
            'speakers = ["pia-allerslv"]',
            "There is no speaker with the slug “pia-allerslv”. Did you mean “pia-allerslev”?",
        ),
        (
            'speakers = ["pia-allerslev"]',
            'speakers = "pia-allerslev"',
            "`speakers` must be a list in square brackets: [ … ].",
        ),
        (
            'categories = ["treatment"]',
            'categories = ["cures"]',
            "There is no category with the slug “cures”.",
        ),
        ('slot = "seminar-1"', 'slot = "seminar-3"', "There is no slot with the slug “seminar-3”."),
        (
            'title = "Nordic/international network"',
            "title = 5",
            '`title` must be text in quotation marks: title = "…".',
        ),
        ("day = 2017-11-08", "day = 2017-11-09", "This day is not one of the conference’s."),
        ("day = 2017-11-08", 'day = "8 November"', "`day` must be a date: 2017-11-06."),
        ("starts = 10:45:00", 'starts = "10:45"', "`starts` must be a time: 10:15:00."),
        ("starts = 10:45:00", "starts = 10", "`starts` must be a time: 10:15:00."),
        (
            "starts = 10:45:00",
            "starts = 10:45",
            "Write a time with two digits each for hour, minute and second: 09:30:00.",
        ),
        ("starts = 10:45:00", "starts = 10:45:0", "This cannot be read: "),
        (
            "amount = 5800",
            "amount = 5800,50",
            "Write decimals with a point, and nothing between thousands: 5800.50.",
        ),
        ("amount = 5800", "amount = 5 800", "Write nothing between thousands: 5800."),
        (
            "information_rate = 0.11",
            "information_rate = 0,11",
            "Write decimals with a point, and nothing between thousands: 5800.50.",
        ),
        (
            "day = 2017-11-08",
            "day = 08.11.2017",
            "Write a date as year, month and day: 2017-11-08. With a time it is 2017-11-08T09:30:00.",
        ),
        (
            "nights = [2017-11-05, 2017-11-06, 2017-11-07]",
            "nights = [22.04.2027]",
            "Write a date as year, month and day: 2027-04-22. With a time it is 2027-04-22T09:30:00.",
        ),
        (
            "day = 2017-11-08",
            "day = 2017-11-8",
            "Write a date with two digits each for month and day: 2017-11-08.",
        ),
        ("amount = 5800", "amount = 5800 kr", "Write a number alone, without “kr”: 5800."),
        ("vat_rate = 25", "vat_rate = 25 %", "Write a number alone, without “%”: 25."),
        ("day = 2017-11-08", "day = 8 November 2017", "Write a date as year, month and day: 2017-11-06."),
        (
            "until = 2017-06-20T00:00:00",
            "until = 2017-06-20 00:00",
            "Write a time with its seconds, too: 2017-06-20T00:00:00.",
        ),
        (
            'name = "David Heyne"',
            "name = “David Heyne”",
            'Text stands in straight quotation marks, ", and not in curly ones.',
        ),
        (
            'name = "David Heyne"',
            'name = "David Heyne”',
            'Text stands in straight quotation marks, ", and not in curly ones.',
        ),
        ('name = "David Heyne"', "name = David Heyne", 'Text stands in quotation marks: title = "…".'),
        ('name = "David Heyne"', 'name: "David Heyne"', "Write = between a name and its value: name = …"),
        (
            "example = true",
            "example = yes",
            "Write true or false, in small letters and without quotation marks.",
        ),
        (
            '[[product]]\nslug = "workshop"',
            '[product]\nslug = "workshop"',
            "Write [[product]] in double brackets: there may be several.",
        ),
        (
            "[[product.price]]",
            "[product.price]",
            "Write [[product.price]] in double brackets: there may be several.",
        ),
        (
            "[conference.venue]",
            "[[conference.venue]]",
            "Write `venue` in single brackets, [ … ]: there is only one.",
        ),
        (
            "[registration]",
            "[registration]\ncloses = 2018-11-01T00:00:00",
            "The conference is over on 8 November 2017, and registration closes after that.",
        ),
        (
            "[registration.changes]",
            "[registration.changes]\nclose = 2018-11-01T00:00:00",
            "The conference is over on 8 November 2017, and changes close after that.",
        ),
        (
            'abstract = """\nThis lecture provides',
            'abstract = """\nThis \\lecture provides',
            "This cannot be read: ",
        ),
        ("starts = 16:15:00", "starts = 17:15:00", "This session ends before it starts."),
    ],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write_instead(
    before: str, after: str, reason: str
) -> None:
    [line] = [line for line, said in problems(edited((before, after))) if reason in said]
    assert line is not None
    assert abs(line - line_of(before)) <= 2, "on the line, or the one beside it that contradicts"


def test_the_file_without_mistakes_is_taken() -> None:
    assert parse(SHIPPED) == read(SCHOOL_REFUSAL)


def test_every_mistake_is_told_at_once_each_on_its_own_line() -> None:
    wrong = edited(
        ('country = "DK"', 'country = "XX"'),
        ("amount = 5800", 'amount = "much"'),
        ('name = "Trude Havig"', 'nmae = "Trude Havig"'),
        ('speakers = ["david-heyne"]', 'speakers = ["david-hayne"]'),
        ("day = 2017-11-08", "day = 2017-12-08"),
    )
    assert [line for line, _ in problems(wrong)] == [
        line_of('country = "XX"', wrong),
        line_of('amount = "much"', wrong),
        line_of('slug = "trude-havig"', wrong) - 1,  # where `name` is missing: the speaker as a whole
        line_of('nmae = "Trude Havig"', wrong),
        line_of('speakers = ["david-hayne"]', wrong),
        line_of("day = 2017-12-08", wrong),
    ]


def test_two_that_are_called_the_same_are_both_told() -> None:
    wrong = edited(('slug = "diana-gustafsson"', 'slug = "anna-liljestrom"'))
    first = line_of('slug = "anna-liljestrom"', wrong)
    said = "“anna-liljestrom” is the slug of another speaker too. Each needs its own."
    assert problems(wrong)[:2] == [(first, said), (line_of('name = "Diana', wrong) - 1, said)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "The part [conference] is missing."),
        ("conference = 3", "`conference` must be a part of its own, under a line with [ … ]."),
        ("[session]\nslug = 'a'", "Write [[session]] in double brackets: there may be several."),
        ("session = [1]", "`session` must be a part of its own, under a line with [ … ]."),
        ("[conferences]", "`conferences` is not known here. Did you mean “conference”?"),
        ("a = " + "[" * 5000, "This cannot be read: "),
        ("a = " + "9" * 5000, "This cannot be read: "),
        ("[conference\n", "This cannot be read: "),
        ("\x00", "This cannot be read: "),
    ],
    ids=range(9),
)
def test_what_is_no_conference_file_is_told_too(text: str, reason: str) -> None:
    assert any(said.startswith(reason) for _, said in problems(text)), problems(text)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ([('slot = "seminar-1"', "")], "The seminar “Gamification” needs a slot: the choice it belongs to."),
        ([("starts = 16:15:00", "")], "This session has an end and no start. Give both, or neither."),
        (
            [('kind = "workshop"\nday', 'kind = "workshop"\nslot = "seminar-1"\nday')],
            "A product is called “workshop” too. Both can be booked, so name one differently.",
        ),
        (
            [("nights = [2017-11-05, 2017-11-06, 2017-11-07]", "")],
            "A room needs `nights`: the evenings of arrival that are offered, [2017-11-05, 2017-11-06].",
        ),
        (
            [('kind = "room"', 'kind = "workshop"')],
            "There is more than one product of the kind workshop. Only one can be booked.",
        ),
        (
            [("amount = 6800", "amount = 6800\nuntil = 2017-07-01T00:00:00")],
            "The last price holds to the end, so it has no `until`.",
        ),
        (
            [
                ("amount = 6800", "amount = 6800\nuntil = 2017-05-01T00:00:00"),
                (
                    '[[product]]\nslug = "workshop"',
                    '[[product.price]]\ntitle = "Last"\namount = 1\n\n[[product]]\nslug = "workshop"',
                ),
            ],
            "Prices follow each other: this one ends before the one above.",
        ),
        (
            [("[registration]", "[registration]\nopens = 2017-05-02T00:00:00\ncloses = 2017-05-01T00:00:00")],
            "Registration closes before it opens.",
        ),
        (
            [('"999 999 999 MVA"', '"999 999 998 MVA"')],
            "This number cannot be right in the seller’s country: a digit of it is wrong.",
        ),
        (
            [("free_until = 2017", "# free_until = 2017")],
            "A fee needs `free_until`: the time up to which it costs nothing to give something back.",
        ),
        (
            [("fee_percent = 50", "close = 2017-10-01T00:00:00\nfee_percent = 50")],
            "Changes close before they cost anything.",
        ),
        (
            [("free_until = 2017-10-06T00:00:00", "free_until = 2017-03-26T02:30:00")],
            "On this day the clocks change in Europe/Copenhagen, and this time does not exist. Choose another.",
        ),
        (
            [("information_rate = 0.11", "# information_rate = 0.11")],
            "information_currency and information_rate belong together: give both, or none.",
        ),
        (
            [('kind = "participation"', 'kind = "workshop"')],
            "There is no product of the kind participation, so nobody could register.",
        ),
    ],
)
def test_parts_that_contradict_each_other_are_told(changes: list[tuple[str, str]], reason: str) -> None:
    assert reason in [said for _, said in problems(edited(*changes))]


def test_a_file_that_is_not_text_or_far_too_large_is_refused(tmp_path: Path) -> None:
    latin, large, marked = (tmp_path / name for name in ("latin.toml", "large.toml", "marked.toml"))
    latin.write_bytes(SHIPPED.encode("latin-1", errors="replace"))
    large.write_text("#" * 3_000_000)
    marked.write_text(SHIPPED, encoding="utf-8-sig")
    with pytest.raises(ConferenceFileError, match="not saved as UTF-8 text"):
        read(latin)
    with pytest.raises(ConferenceFileError, match="larger than 2 MB"):
        read(large)
    assert read(marked) == read(SCHOOL_REFUSAL)  # Windows' editors put a mark at the beginning


def test_line_ends_of_windows_and_separators_from_a_word_processor_do_not_shift_the_lines(
    tmp_path: Path,
) -> None:
    wrong = edited(
        ("crucial to\nsuccess.", "crucial to\u2028\nsuccess."), ('country = "DK"', 'country = "XX"')
    )
    assert [line for line, _ in problems(wrong)] == [line_of('country = "XX"', wrong)]
    file = tmp_path / "windows.toml"
    file.write_bytes(wrong.replace("\n", "\r\n").encode())
    with pytest.raises(ConferenceFileError) as refusal:
        read(file)
    assert [problem.line for problem in refusal.value.problems] == [line_of('country = "XX"', wrong)]


# What an organiser's hand, or a cat on the keyboard, may do to a file

BITS = [
    *(
        "[",
        "]",
        "[[",
        "]]",
        "=",
        '"',
        "'",
        '"""',
        "\\",
        "\n",
        "#",
        ",",
        ".",
        "{",
        "}",
        "\x00",
        "\x7f",
        "\u2028",
        "é",
    ),
    *("true", "0", "-1", "1e9", "nan", "inf", "9" * 30, "2017-11-06", "10:15:00", "0001-01-01T00:00:00"),
    *(
        "9999-12-31T23:59:59",
        "2017-06-20T00:00:00Z",
        "[1, 2]",
        "{ a = 1 }",
        "[[session]]",
        "[product]",
        "slug",
    ),
]
LINES = SHIPPED.split("\n")


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        bit = draw(st.sampled_from(BITS))
        match draw(st.sampled_from(["delete", "repeat", "move", "value", "insert", "cut"])):
            case "delete":
                del lines[at]
            case "repeat":
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "move":
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "value":
                key, equals, _ = lines[at].partition("=")
                lines[at] = f"{key}{equals} {bit}"
            case "insert":
                place = draw(st.integers(0, len(lines[at])))
                lines[at] = lines[at][:place] + bit + lines[at][place:]
            case _:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
    return "\n".join(lines)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutilated())
def test_whatever_becomes_of_the_file_it_is_taken_or_refused_in_plain_words(text: str) -> None:
    try:
        file = parse(text)
    except ConferenceFileError as refusal:
        found = refusal.problems
    else:
        assert ConferenceFile.from_json(file.to_json()) == file
        return
    assert found
    assert all(problem.line is None or 1 <= problem.line <= text.count("\n") + 1 for problem in found)
    assert not any("something else" in problem.reason for problem in found), found


# Loading


def events(house: House) -> dict[str, dict[str, str]]:
    """The sessions as calendars read them, by the address they have, or had."""
    calendar = Calendar.from_ical(httpx.get(f"{house.url}/programme.ics", trust_env=False).content)
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
        return httpx.get(f"{house.url}{path}", trust_env=False).text

    return all(text in page for page in from_each_worker(house, ask))


def state_of(house: House) -> list[list[dict[str, object]]]:
    tables = ("conference", "session", "offer", "item")
    return [house.rows(f"SELECT * FROM {table} ORDER BY id") for table in tables]


def save(house: House, text: str) -> Path:
    file = house.data / "edited.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_olga_edits_the_conference_while_it_runs(houses: Houses, database: str) -> None:
    house = houses(database)
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
    assert httpx.get(f"{house.url}/programme/keynote-david-heyne", trust_env=False).status_code == 404

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
            calendar = Calendar.from_ical(httpx.get(f"{house.url}{booking}/1.ics", trust_env=False).content)
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


def test_slots_that_take_turns_are_two_and_share_one_time() -> None:
    alone = edited(('title = "Optional seminar 2"\nblock = "seminars"', 'title = "Optional seminar 2"'))
    assert problems(alone) == [
        (
            line_of('block = "seminars"', alone),
            "No other slot has this block, so there is nothing to share its time with.",
        )
    ]
    later = edited(('title = "Gamification"', 'title = "Gamification"\n#'))
    before, begins, after = later.partition("\n#")
    later = before + begins + after.replace("starts = 09:00:00", "starts = 09:30:00", 1)
    assert {reason[:46] for _, reason in problems(later)} == {
        "Sessions of one block share one day and time, "
    }


def test_nobody_and_no_room_is_in_two_sessions_at_once_but_in_two_that_take_turns() -> None:
    hall = ("starts = 10:15:00\nends = 10:30:00", 'starts = 10:15:00\nends = 10:30:00\nroom = "Hall"')
    then = ("starts = 10:45:00\nends = 12:00:00", 'starts = 10:30:00\nends = 12:00:00\nroom = "Hall"')
    assert parse(edited(hall, then)), "one after the other"
    at_once = edited(hall, (then[0], then[1].replace("10:30", "10:29")))
    said = (
        "The room Hall is in “Nordic/international network” and in “Keynote speaker – David Heyne” at the same time, "
        "6 November, 10:29."
    )
    assert problems(at_once) == [(line_of('ends = 12:00:00\nroom = "Hall"', at_once) + 1, said)]
    # An organisation may well be in two rooms; and who is in 1B and 2B is in one after the other.
    twice = [('code = "1B"', 'code = "1B"\nspeakers = ["david-heyne"]')]
    assert parse(edited(*twice, ('code = "2B"', 'code = "2B"\nspeakers = ["david-heyne"]')))
    twice.append(('code = "1A"', 'code = "1A"\nspeakers = ["david-heyne"]'))
    assert len(problems(edited(*twice))) == 1
    assert parse(edited(*twice, ('name = "David Heyne"', 'name = "Magelungen"\norganisation = true')))


def test_where_people_register_the_file_says_whom_they_can_ask() -> None:
    text = SHIPPED.replace("contact_email =", "# contact_email =")
    assert problems(text) == [
        (
            line_of("[conference]", text),
            "`contact_email` is missing: whoever registers has to know whom to write to, and pages and mails say it.",
        )
    ]
    before, _, after = text.partition("\n[registration]")
    programme_only = before + "\n" + after[after.index("# ── Themes") :]
    assert parse(programme_only).conference.contact_email is None


@pytest.mark.parametrize(
    ("currency", "amount", "reason"),
    [
        ("ISK", "1450.5", "`amount` may have no decimals in ISK."),
        ("JPY", "0.01", "`amount` may have no decimals in JPY."),
        ("KWD", "1450.1234", "`amount` may have three decimals at most in KWD."),
    ],
)
def test_a_price_has_no_smaller_parts_than_its_currency(currency: str, amount: str, reason: str) -> None:
    text = edited(('currency = "NOK"', f'currency = "{currency}"'), ("amount = 1850", f"amount = {amount}"))
    assert problems(text) == [(line_of(f"amount = {amount}", text), reason)]
    assert parse(edited(('currency = "NOK"', f'currency = "{currency}"')))


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
