"""What cannot be true together in a conference file."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from tests.support.booking import words
from tests.support.conference_files import SHIPPED, edited, line_of, problems
from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.file import ConferenceFile
from webapp.conference.problems import ConferenceFileError
from webapp.conference.reading import check, parse
from webapp.web.rendering import environment


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
