"""My programme: marked without an account, booked of itself, private to whoever has its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from icalendar import Calendar

from tests.conftest import Houses
from tests.support.booking import Registering, book, choices_of, words
from tests.support.cast import Cast
from tests.support.changes import sign_in
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.meeting import place_in
from tests.support.waiting import until


@pytest.fixture
def gia(house: House) -> Iterator[httpx.Client]:
    """Gia's browser: she has no account and has never been here."""
    with house.client() as client:
        yield client


@pytest.fixture
def sten(house: House) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


def mark(client: httpx.Client, *slugs: str) -> None:
    for slug in slugs:
        assert client.post(f"/programme/{slug}/mark").status_code == 303


def mine(client: httpx.Client) -> list[str]:
    """The sessions in one's own programme, as the page shows them."""
    html = client.get("/my-programme").text
    return re.findall(r'<article class="session[^"]*" aria-labelledby="session-([^"]+)"', html)


def feed_of(client: httpx.Client) -> str:
    """The secret address of one's own calendar, as the page says it."""
    found = re.search(r"<code>\S+?(/my-programme/[\w-]+\.ics)</code>", client.get("/my-programme").text)
    assert found
    return found[1]


def in_calendar(answer: httpx.Response) -> list[str]:
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]


def planners(house: House) -> list[dict[str, object]]:
    return house.rows("SELECT key FROM planner ORDER BY id") + house.rows(
        "SELECT session FROM mark ORDER BY id"
    )


def test_a_guest_marks_sessions_without_an_account_and_takes_them_out_again(gia: httpx.Client) -> None:
    assert "Nothing here yet" in words(gia.get("/my-programme").text)
    assert not gia.cookies
    came_from = {"Referer": f"{gia.base_url}/programme?category=research"}
    marked = gia.post("/programme/keynote-david-heyne/mark", headers=came_from)
    assert (marked.status_code, marked.headers["location"]) == (303, "/programme?category=research")
    mark(gia, "welcome", "welcome")
    assert mine(gia) == ["welcome", "keynote-david-heyne"], "by time, however they were marked"
    assert gia.post("/programme/welcome/unmark").headers["location"] == "/my-programme"
    assert mine(gia) == ["keynote-david-heyne"]
    gia.post("/programme/keynote-david-heyne/unmark")
    assert "Nothing here yet" in words(gia.get("/my-programme").text)


@pytest.mark.one_database
def test_the_first_mark_sets_two_cookies_of_which_scripts_may_read_the_list_only(gia: httpx.Client) -> None:
    answer = gia.post("/programme/welcome/mark", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.content) == (204, b"")
    cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}
    assert set(cookies) == {"plenum_planner", "plenum_marks"}
    assert all("SameSite=lax" in cookie and "Path=/" in cookie for cookie in cookies.values())
    assert "HttpOnly" in cookies["plenum_planner"]
    assert "HttpOnly" not in cookies["plenum_marks"]
    gia.post("/programme/workshop/mark", headers={"Accept": "application/json"})
    assert gia.cookies["plenum_marks"].strip('"') == "welcome.workshop"


@pytest.mark.one_database
def test_taking_out_what_nobody_marked_is_no_reason_for_a_cookie(gia: httpx.Client, house: House) -> None:
    before = planners(house)
    answer = gia.post("/programme/welcome/unmark")
    assert answer.status_code == 303
    assert "set-cookie" not in answer.headers
    assert planners(house) == before


def test_sessions_at_the_same_time_are_shown_to_clash_and_others_are_not(gia: httpx.Client) -> None:
    mark(gia, "welcome", "keynote-david-heyne", "seminar-1a", "seminar-2a")
    assert "At the same time" not in gia.get("/my-programme").text
    mark(gia, "seminar-1b")
    page = words(gia.get("/my-programme").text)
    assert page.count("At the same time") == 2
    assert "At the same time Prevention, intervention or compensation" in page
    assert "At the same time Gamification" in page


def test_ones_own_calendar_has_what_is_marked_and_follows(gia: httpx.Client, house: House) -> None:
    mark(gia, "keynote-david-heyne", "welcome")
    feed = feed_of(gia)
    calendar_program = {"url": f"{house.url}{feed}", "trust_env": False}
    first = httpx.get(**calendar_program)  # type: ignore[arg-type]
    assert in_calendar(first) == [
        "Conference welcome (time to be announced)",
        "Keynote speaker – David Heyne",
    ]
    known = {"If-None-Match": first.headers["etag"]}
    assert httpx.get(headers=known, **calendar_program).status_code == 304  # type: ignore[arg-type]
    gia.post("/programme/welcome/unmark")
    assert feed_of(gia) == feed
    again = httpx.get(headers=known, **calendar_program)  # type: ignore[arg-type]
    assert in_calendar(again) == ["Keynote speaker – David Heyne"]


def test_nobody_elses_programme_can_be_found_or_taken(
    gia: httpx.Client, sten: httpx.Client, house: House
) -> None:
    mark(gia, "keynote-david-heyne")
    feed = feed_of(gia)
    secret = feed.removeprefix("/my-programme/").removesuffix(".ics")
    assert len(secret) == 32
    mark(sten, "welcome")
    assert feed_of(sten) != feed
    assert mine(sten) == ["welcome"]
    for guess in (
        secret[:-1],
        secret.swapcase(),
        secret + "A",
        "1",
        "%00",
        "x" * 32,
        "*",
        "%25",
        secret + "%00",
    ):
        assert sten.get(f"/my-programme/{guess}.ics").status_code == 404, guess
    assert sten.get(f"/my-programme/{secret}").status_code == 404, "the key alone is no address"
    assert in_calendar(sten.get(feed)) == ["Keynote speaker – David Heyne"], "who was given it may read it"


@pytest.mark.one_database
@pytest.mark.parametrize("made_up", ["x" * 32, "1", "", "a.b", '"; DROP TABLE planner', "%00", "é" * 32])
def test_a_cookie_that_somebody_made_up_is_nobodys_programme(house: House, made_up: str) -> None:
    cookie = [(b"Cookie", f"plenum_planner={made_up}".encode())]
    with house.client() as sten:
        assert "Nothing here yet" in words(sten.get("/my-programme", headers=cookie).text)
        assert sten.post("/programme/welcome/mark", headers=cookie).status_code == 303
        assert sten.cookies["plenum_planner"] != made_up
        assert len(sten.cookies["plenum_planner"]) == 32


@pytest.mark.one_database
def test_no_other_site_can_mark_for_a_visitor(gia: httpx.Client, house: House) -> None:
    mark(gia, "workshop")
    before = planners(house)
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": house.url},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
    ):
        answer = httpx.post(
            f"{house.url}/programme/welcome/mark",
            headers=headers,
            cookies=dict(gia.cookies),
            trust_env=False,
            verify=NO_CERTIFICATES,
        )
        assert answer.status_code == 403, headers
        assert "nothing was changed" in words(answer.text)
    assert planners(house) == before
    own = httpx.post(
        f"{house.url}/programme/welcome/mark",
        headers={"Origin": house.url},
        cookies=dict(gia.cookies),
        trust_env=False,
        verify=NO_CERTIFICATES,
    )
    assert own.status_code == 303
    assert mine(gia) == ["welcome", "workshop"]


@pytest.mark.one_database
def test_what_does_not_exist_cannot_be_marked(gia: httpx.Client, house: House) -> None:
    before = planners(house)
    for slug in ("nothing", "%00", "a" * 3000, "welcome.ics"):
        assert gia.post(f"/programme/{slug}/mark").status_code == 404
    assert planners(house) == before
    mark(gia, "welcome")
    assert len(planners(house)) == len(before) + 2


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("referer", "location"),
    [
        ("{own}/speakers/david-heyne", "/speakers/david-heyne"),
        ("https://evil.example/programme", "/my-programme"),
        ("{own}//evil.example/programme", "/evil.example/programme"),
        ("{own}@evil.example/programme", "/my-programme"),
        ("javascript:alert(1)", "/my-programme"),
        ("", "/my-programme"),
    ],
)
def test_whoever_marks_goes_back_to_where_they_were_and_never_to_another_site(
    gia: httpx.Client, house: House, referer: str, location: str
) -> None:
    answer = gia.post("/programme/welcome/mark", headers={"Referer": referer.format(own=house.url)})
    assert answer.headers["location"] == location


def test_what_a_delegate_has_booked_is_in_it_of_itself(house: House, cast: Cast) -> None:
    with house.client() as dag:
        mark(dag, "keynote-david-heyne")
        book(dag, cast.dag, seminar_1="seminar-1a", seminar_2="seminar-2b", workshop="yes")
        his = mine(dag)
        assert [slug for slug in his if slug.startswith(("seminar-", "workshop"))] == [
            "seminar-1a",
            "seminar-2b",
            "workshop",
        ]
        # And what everybody attends who has a place, marked or not.
        assert {"welcome", "keynote-david-heyne", "questions-and-answers"} <= set(his)
        page = dag.get("/my-programme").text
        assert words(page).count("Booked") == 3
        assert words(page).count("For everybody") == len(his) - 3
        assert "/unmark" not in page, "what is booked is not taken out by a press of a button"
        calendar = in_calendar(dag.get(feed_of(dag)))
        assert (
            "2B The correlation between gaming and personal development (order to be announced)" in calendar
        )
        assert "Keynote speaker – David Heyne" in calendar
        assert not [title for title in calendar if title.startswith(("1B", "2A"))]
        mark(dag, "seminar-1b")
        assert "At the same time Gamification" in words(dag.get("/my-programme").text)


def test_whoever_books_for_colleagues_does_not_get_their_seminars(house: House, cast: Cast) -> None:
    with house.client() as olga:
        form = Registering(olga)
        form.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        form.fill(choices_of(0, seminar_1="seminar-1a"))
        form.book()
        assert mine(olga) == []


def booked_by_a_colleague(house: House, cast: Cast) -> None:
    """Olga books for Dag and Gia, who have never been here."""
    with house.client() as olga:
        form = Registering(olga)
        form.for_delegates(cast.dag, cast.gia, name=cast.olga.name, email=cast.olga.email)
        form.fill(choices_of(0, seminar_1="seminar-1a"))
        form.book()


def test_a_colleague_who_signs_in_by_mail_has_a_programme_the_same_on_every_device(
    house: House, cast: Cast
) -> None:
    booked_by_a_colleague(house, cast)
    with house.client() as phone, house.client() as laptop, house.client() as sten:
        for device in (phone, laptop):
            sign_in(house, device, cast.dag)
            assert {"welcome", "seminar-1a"} <= set(mine(device))
        mark(phone, "seminar-1b")
        assert "seminar-1b" in mine(phone)
        assert "seminar-1b" in mine(laptop)
        assert laptop.cookies["plenum_marks"].strip('"') == "seminar-1b", "for the pages that scripts mark"
        assert feed_of(phone) == feed_of(laptop)
        laptop.post("/programme/seminar-1b/unmark")
        assert "seminar-1b" not in mine(phone)
        # On a shared computer nothing of it is left, and whoever has no place has no sessions of itself.
        laptop.post("/sign-out")
        assert mine(laptop) == mine(sten) == []


def test_what_is_marked_before_signing_in_goes_along_also_to_a_planner_that_is_there(
    house: House, cast: Cast
) -> None:
    booked_by_a_colleague(house, cast)
    with house.client() as phone, house.client() as laptop:
        mark(phone, "workshop")
        before = feed_of(phone)
        sign_in(house, phone, cast.dag)
        assert feed_of(phone) == before, "a calendar that follows it goes on doing so"
        mark(laptop, "seminar-2b")
        sign_in(house, laptop, cast.dag)
        assert {"workshop", "seminar-2b"} <= set(mine(phone))
        assert mine(phone) == mine(laptop)
        assert (
            len(
                house.rows(
                    "SELECT p.id FROM planner p JOIN person ON person.id = p.person WHERE person.email = ?",
                    cast.dag.email,
                )
            )
            == 1
        )


def test_ten_devices_that_open_it_at_once_have_one_programme(house: House, cast: Cast) -> None:
    with place_in(house) as place, ThreadPoolExecutor(10) as hands:
        devices = [place.signed_in(cast.dag) for _ in range(10)]
        answers = list(hands.map(lambda device: device.get("/my-programme").status_code, devices))
    assert answers == [200] * 10
    planners = house.rows(
        "SELECT p.id FROM planner p JOIN person ON person.id = p.person WHERE person.email = ?",
        cast.dag.email,
    )
    assert len(planners) == 1


def test_what_one_device_marks_the_others_are_told_at_once_and_nobody_else(house: House, cast: Cast) -> None:
    with place_in(house) as place, house.client() as stranger:
        phone, laptop = place.signed_in(cast.dag), place.signed_in(cast.dag)
        with laptop.stream("GET", "/my-programme/live", timeout=10) as answer:
            told = (line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data: "))
            assert next(told) == "."
            mark(phone, "welcome")
            assert next(one for one in told if one) == ".welcome"
            phone.post("/programme/welcome/unmark")
            assert next(one for one in told if one) == "."
            # Until it is signed in no more: then its streams end, whoever ends them.
            phone.post("/me/sign-ins/end-others")
            assert list(told) == []
        with stranger.stream("GET", "/my-programme/live", timeout=10) as answer:
            assert next(answer.iter_lines()) == "event: nobody"


def test_a_mark_outlives_its_session_without_harm(houses: Houses) -> None:
    house = houses()
    text = SCHOOL_REFUSAL.read_text()
    start = text.index('[[session]]\nslug = "cbt-based-treatment"')
    shorter = house.data / "shorter.toml"
    shorter.write_text(text[:start] + text[text.index("# Day 3") :])
    with house.client() as gia:
        mark(gia, "cbt-based-treatment", "welcome")
        house.plenum("conference", "load", shorter)
        until(lambda: mine(gia) == ["welcome"])
        assert in_calendar(gia.get(feed_of(gia))) == ["Conference welcome (time to be announced)"]
        house.plenum("conference", "load", SCHOOL_REFUSAL)
        until(lambda: mine(gia) == ["welcome", "cbt-based-treatment"])
