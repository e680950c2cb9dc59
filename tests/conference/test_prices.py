"""What a booking costs, to the second and to the øre."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.house import SCHOOL_REFUSAL
from webapp.conference.file import ConferenceFile
from webapp.conference.prices import Choices, Holding, Quote, Wish, changed, information, quote, tier, vat
from webapp.conference.reading import parse, read
from webapp.conference.registration import ProductKind
from webapp.text.currencies import money

COPENHAGEN = ZoneInfo("Europe/Copenhagen")
FILE = read(SCHOOL_REFUSAL)
SHIPPED = SCHOOL_REFUSAL.read_text()
EARLY = datetime(2017, 6, 1, tzinfo=UTC)
REGULAR = datetime(2017, 9, 1, tzinfo=UTC)
NIGHTS = next(product.nights for product in FILE.product if product.kind == ProductKind.ROOM)

choices = st.builds(
    Choices,
    country=st.sampled_from(["NO", "SE", "DK", "DE", "GB", None]),
    seminars=st.sets(st.sampled_from([s.slug for s in FILE.session if s.slot])).map(tuple),
    workshop=st.booleans(),
    nights=st.sets(st.sampled_from(NIGHTS)).map(tuple),
)


def participation(at: datetime, country: str = "SE") -> Quote:
    return quote(FILE, [Choices(country)], at)


def test_the_early_bird_rate_holds_until_the_last_second_before_20_june_in_copenhagen() -> None:
    boundary = datetime(2017, 6, 20, tzinfo=COPENHAGEN)  # summer time: 22:00 UTC the day before
    assert boundary.astimezone(UTC) == datetime(2017, 6, 19, 22, tzinfo=UTC)
    assert participation(boundary - timedelta(seconds=1)).total == 580_000
    assert participation(boundary - timedelta(microseconds=1)).total == 580_000
    assert participation(boundary).total == 680_000


def test_a_boundary_in_winter_time_is_an_hour_later_in_utc() -> None:
    winter = parse(SHIPPED.replace("2017-06-20T00:00:00", "2017-02-20T00:00:00"))
    product = next(product for product in winter.product if product.kind == ProductKind.PARTICIPATION)
    assert tier(product, datetime(2017, 2, 19, 22, 59, 59, tzinfo=UTC)).minor == 580_000
    assert tier(product, datetime(2017, 2, 19, 23, 0, 0, tzinfo=UTC)).minor == 680_000


def test_a_tier_tells_until_when_it_holds_and_what_comes_after() -> None:
    product = next(product for product in FILE.product if product.kind == ProductKind.PARTICIPATION)
    early, regular = tier(product, EARLY), tier(product, REGULAR)
    assert (early.minor, early.next_minor) == (580_000, 680_000)
    assert early.until == datetime(2017, 6, 20, tzinfo=COPENHAGEN)
    assert (regular.minor, regular.until, regular.next_minor) == (680_000, None, None)


def test_only_participants_from_norway_pay_mva_and_each_line_by_itself() -> None:
    norwegian = Choices("NO", workshop=True, nights=(date(2017, 11, 6),))
    swedish = Choices("SE", workshop=True, nights=(date(2017, 11, 6),))
    priced = quote(FILE, [norwegian, swedish], EARLY)
    mine = [(line.amount, line.vat) for line in priced.lines if line.delegate == 0]
    theirs = [(line.amount, line.vat) for line in priced.lines if line.delegate == 1]
    assert mine == [(580_000, 145_000), (190_000, 47_500), (185_000, 46_250)]
    assert theirs == [(580_000, 0), (190_000, 0), (185_000, 0)]
    assert priced.total == 2 * 955_000 + 238_750


def test_a_seminar_costs_nothing_of_its_own_and_is_still_a_line() -> None:
    seminar = next(session for session in FILE.session if session.slot)
    priced = quote(FILE, [Choices("SE", seminars=(seminar.slug,))], EARLY)
    assert [(line.offer, line.amount) for line in priced.lines][-1] == (seminar.slug, 0)
    assert priced.total == 580_000


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [
        (1, "25", 0),
        (2, "25", 1),
        (3, "25", 1),
        (10, "25", 3),
        (100, "12.5", 13),
        (104, "12.5", 13),
        (99, "0", 0),
    ],
)
def test_tax_is_rounded_half_up_to_whole_oere(amount: int, rate: str, tax: int) -> None:
    assert vat(amount, Decimal(rate)) == tax


def test_euro_are_information_at_the_rate_in_the_file() -> None:
    rate = FILE.registration.information_rate
    assert rate is not None
    assert information(580_000, "NOK", "EUR", rate) == 63_800


@pytest.mark.parametrize(
    ("currency", "amount", "minor", "written"),
    [
        ("ISK", "5800", 5800, "ISK 5,800"),
        ("JPY", "5800.0", 5800, "JPY 5,800"),
        ("KRW", "98000", 98_000, "KRW 98,000"),
        ("KWD", "58.125", 58_125, "KWD 58.125"),
        ("TND", "58", 58_000, "TND 58"),
        ("SEK", "5800.50", 580_050, "SEK 5,800.50"),
        ("RSD", "5800.50", 580_050, "RSD 5,800.50"),
    ],
)
def test_amounts_are_counted_in_the_smallest_part_of_their_own_currency(
    currency: str, amount: str, minor: int, written: str
) -> None:
    text = SHIPPED.replace('currency = "NOK"', f'currency = "{currency}"', 1).replace("5800", amount, 1)
    priced = quote(parse(text), [Choices("SE")], EARLY)
    assert priced.total == minor
    assert money(priced.total, currency) == written
    assert quote(ConferenceFile.from_json(parse(text).to_json()), [Choices("SE")], EARLY) == priced


@pytest.mark.parametrize(
    ("total", "currency", "other", "rate", "about"),
    [
        (5800, "ISK", "EUR", "0.007", 4060),
        (580_000, "NOK", "ISK", "13.1", 75_980),
        (580_000, "NOK", "KWD", "0.03", 174_000),
        (58_125, "KWD", "JPY", "490", 28_481),
    ],
)
def test_what_is_shown_for_information_is_in_the_other_currencys_own_parts(
    total: int, currency: str, other: str, rate: str, about: int
) -> None:
    assert information(total, currency, other, Decimal(rate)) == about


@given(
    st.lists(choices, max_size=8),
    st.datetimes(datetime(2017, 1, 1), datetime(2017, 12, 31), timezones=st.just(UTC)),
)
def test_lines_sum_to_totals_whatever_is_booked(wishes: list[Choices], at: datetime) -> None:
    priced = quote(FILE, wishes, at)
    assert priced.total == priced.net + priced.vat
    assert priced.net == sum(line.amount for line in priced.lines)
    alone = [quote(FILE, [wish], at).total for wish in wishes]
    assert priced.total == sum(alone), "a booking together costs what its delegates cost alone"


@given(choices)
def test_nobody_outside_norway_ever_pays_tax(wish: Choices) -> None:
    taxed = quote(FILE, [wish], REGULAR).vat > 0
    assert taxed == (wish.country == "NO")


def test_every_wish_is_priced_once_however_often_it_is_named() -> None:
    night = NIGHTS[0]
    once, twice = (
        quote(FILE, [Choices("SE", nights=nights)], EARLY) for nights in [(night,), (night, night)]
    )
    assert once == twice


# What changes cost


def held_after(priced: Quote, countries: list[str | None]) -> list[Holding]:
    """What the delegates of a quote have, when it is booked."""
    lines = [replace(line, item=number) for number, line in enumerate(priced.lines)]
    return [
        Holding(
            index, f"Delegate {index}", country or "", tuple(line for line in lines if line.delegate == index)
        )
        for index, country in enumerate(countries)
    ]


@given(st.lists(st.tuples(choices, choices), min_size=1, max_size=4), st.booleans())
def test_a_change_costs_what_is_added_less_what_is_given_back_and_its_fee(
    wishes: list[tuple[Choices, Choices]], late: bool
) -> None:
    before, after = ([pair[which] for pair in wishes] for which in (0, 1))
    # Where somebody works is not what changes here.
    after = [replace(new, country=old.country) for old, new in wishes]
    booked = quote(FILE, before, EARLY)
    held = held_after(booked, [wish.country for wish in before])
    at = datetime(2017, 10, 20 if late else 5, tzinfo=COPENHAGEN)
    priced = changed(FILE, held, (), [Wish(wish, index) for index, wish in enumerate(after)], at)
    added, returned = (sum(line.total for line in lines) for lines in (priced.added, priced.returned))
    fees = sum(fee.total for fee in priced.fees)
    assert priced.before == booked.total
    assert priced.difference == added - returned + fees
    assert priced.total == priced.net + priced.vat
    assert bool(fees) == (late and returned > 0)
    assert all(line.amount in (0, 190_000, 185_000) for line in priced.added), "at the prices of the day"
    kept = {line.item: line for line in priced.lines if line.item is not None}
    assert all(kept[line.item] == line for one in held for line in one.lines if line.item in kept)


@given(st.lists(choices, min_size=1, max_size=4))
def test_what_is_kept_costs_nothing_and_what_is_cancelled_in_time_is_paid_back(wishes: list[Choices]) -> None:
    booked = quote(FILE, wishes, EARLY)
    held = held_after(booked, [wish.country for wish in wishes])
    same = changed(FILE, held, (), [Wish(wish, index) for index, wish in enumerate(wishes)], REGULAR)
    assert (same.difference, same.added, same.returned) == (0, (), ())
    to_the_second = datetime(2017, 10, 6, tzinfo=COPENHAGEN)
    assert changed(FILE, held, (), [], to_the_second - timedelta(seconds=1)).total == 0
    late = changed(FILE, held, (), [], to_the_second)
    assert late.total == sum(vat(line.amount, Decimal(50)) for line in booked.lines) + late.vat
    assert abs(late.total - booked.total // 2) <= len(booked.lines)
