"""The conference file that we ship: the school refusal conference of 2017, as it was announced."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.file import ConferenceFile
from webapp.conference.reading import read

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
NORDIC_BEST_PRACTICE = "Nordic best practice on school refusal with examples on cross-sectoral collaboration"


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
