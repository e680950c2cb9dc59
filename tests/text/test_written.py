"""How dates and numbers of things are written."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from webapp.text.written import counted, date_range, ends_of_range, full_date, moment, short_moment


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2017, 11, 6), date(2017, 11, 6), "6 November 2017"),
        (date(2017, 11, 6), date(2017, 11, 8), "6 to 8 November 2017"),
        (date(2017, 11, 30), date(2017, 12, 2), "30 November to 2 December 2017"),
        (date(2017, 12, 30), date(2018, 1, 2), "30 December 2017 to 2 January 2018"),
    ],
)
def test_a_range_of_dates_says_nothing_twice(first: date, last: date, said: str) -> None:
    assert date_range(first, last) == said
    begins, ends = ends_of_range(first, last)
    assert said == (f"{begins} to {ends}" if begins else ends)
    assert ends == full_date(last)


def test_a_moment_is_said_in_the_zone_it_carries() -> None:
    at = datetime.fromisoformat("2017-11-06T09:05:00+01:00")
    assert moment(at) == "6 November 2017, 09:05"
    assert short_moment(at) == "6 Nov, 09:05"


def test_one_is_one_and_all_else_are_several() -> None:
    assert [counted(number, "seat") for number in (0, 1, 2)] == ["0 seats", "1 seat", "2 seats"]
