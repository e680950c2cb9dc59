"""The programme: its days in order, what is on now, and what clashes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Houses
from tests.support.house import SCHOOL_REFUSAL
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


def test_what_has_no_time_clashes_with_nothing(programme: Programme) -> None:
    monday = [session for session in programme.sessions if session.day.day == 6]
    assert any(session.starts is None for session in monday)
    assert not clashes(monday)


def test_a_session_keeps_its_identity_in_calendars_after_a_fresh_installation(houses: Houses) -> None:
    found = [
        {row["slug"]: UUID(str(row["uid"])) for row in house.rows("SELECT slug, uid FROM session")}
        for house in (houses(), houses())
    ]
    assert found[0] == found[1]
    assert len(set(found[0].values())) == 14
