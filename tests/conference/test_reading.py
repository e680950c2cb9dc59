"""How a conference file with mistakes is read: each is told with its line, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.conference_files import SHIPPED, edited, line_of, problems
from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.file import ConferenceFile
from webapp.conference.problems import ConferenceFileError
from webapp.conference.reading import parse, read


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


@pytest.mark.parametrize("slug", ["david-heyne", "seminar-1"])
def test_a_slug_that_is_no_text_is_told(slug: str) -> None:
    with pytest.raises(ConferenceFileError, match="slug"):
        parse(SHIPPED.replace(f'slug = "{slug}"', "slug = [1, 2]", 1))


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
