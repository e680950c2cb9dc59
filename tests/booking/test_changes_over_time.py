"""What time does to a booking: other prices, fees, and when nothing is changed here any more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Houses
from tests.support.booking import Registering, book, choices_of, words
from tests.support.cast import Cast
from tests.support.changes import ORGANISERS, Changing, has, letters_about, said, sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.mailbox import text_of
from tests.support.waiting import until

CLOSED = "The time for changes here is over. Please write to"


@pytest.fixture(scope="module")
def late_house(lasting_houses: Houses, database: str) -> House:
    """A house whose clock we set: in June, when things change for nothing, and in October, when they do not."""
    return lasting_houses(database)


def set_clock(house: House, time: str) -> None:
    house.plenum("clock", time)
    with house.client() as anybody:
        until(lambda: f", {time[11:16]}" in anybody.get("/sign-in").text)


def test_what_was_bought_keeps_its_price_and_what_is_added_pays_the_days_rate(
    late_house: House, cast: Cast
) -> None:
    set_clock(late_house, "2017-06-01T10:01")
    with late_house.client() as browser:
        booking = book(browser, cast.dag, nights=["2017-11-05", "2017-11-06"])
        set_clock(late_house, "2017-07-01T10:02")
        sign_in(late_house, browser, cast.dag)
        page = Changing(browser, f"{booking}/delegates/1")
        page.fill({"workshop": "yes", "nights": ["2017-11-06"]})
        page.press("price")
        said = words(page.answer.text)
        assert "NOK 62.50 more" in said  # the workshop, 1,900, for a night, 1,850, with MVA
        assert "The booking until now NOK 11,875" in said
        assert "The booking then NOK 11,937.50" in said
        assert page.press("save").status_code == 303
        # A colleague who comes now pays what it costs now.
        page = Changing(browser, f"{booking}/delegates/new")
        page.save(name=cast.gia.name, email=cast.gia.email, organisation=cast.gia.organisation, country="IT")
        assert "NOK 18,737.50" in words(browser.get(booking).text)
    assert has(late_house, cast.dag) == {
        "participation": 580_000,
        "room:2017-11-06": 185_000,
        "workshop": 190_000,
    }
    assert has(late_house, cast.gia) == {"participation": 680_000}


def test_what_is_given_back_late_costs_the_fee_that_the_file_says(late_house: House, cast: Cast) -> None:
    set_clock(late_house, "2017-06-01T10:03")
    with late_house.client() as browser:
        registering = Registering(browser)
        registering.for_delegates(cast.dag, cast.gia, cast.sten)
        registering.fill(choices_of(0, workshop="yes", seminar_1="seminar-1a"))
        booking = registering.book()
        set_clock(late_house, "2017-10-05T23:58")
        sign_in(late_house, browser, cast.dag)
        free = Changing(browser, f"{booking}/delegates/3/cancellation")
        assert "NOK 5,800 less" in words(free.answer.text)
        set_clock(late_house, "2017-10-06T00:01")
        # What he saw no longer holds, so he is asked again.
        assert free.press("cancel").status_code == 409
        assert "NOK 2,900 less" in words(free.answer.text)
        assert has(late_house, cast.sten)
        free.cancel()
        assert not has(late_house, cast.sten)
        shown = words(browser.get(booking).text)
        assert "Cancellation fee (50 %): Participation (early bird), Sten Strand NOK 2,900" in shown
        assert "Total NOK 18,325" in shown
        told = until(lambda: mails if len(mails := late_house.outbox(cast.dag.email)) == 3 else [])[-1]
        for said in (text_of(told), words(text_of(told, "html"))):
            assert "Cancellation fee (50 %): Participation (early bird), Sten Strand" in said
            assert "NOK 18,325" in said
        assert "Credit note" in text_of(told)
        page = Changing(browser, f"{booking}/delegates/1")
        page.fill({"workshop": []})
        page.press("price")
        assert "NOK 1,187.50 less" in words(page.answer.text)
        assert page.press("save").status_code == 303
        whole = Changing(browser, f"{booking}/cancellation")
        for person in (cast.dag, cast.gia):
            assert f"Given back: Participation (early bird), {person.name}" in words(whole.answer.text)
        whole.cancel()
        shown = words(browser.get(booking).text)
    assert "This booking is cancelled" in shown
    # Half of 2 × 5,800 and of 1,900 with his MVA, and of 5,800 without.
    assert "Total NOK 10,612.50" in shown
    assert not late_house.rows(
        "SELECT d.id FROM delegate d JOIN booking b ON b.id = d.booking WHERE b.payer_email = ?",
        cast.dag.email,
    )


def test_a_fee_names_nobody_who_was_erased(late_house: House, cast: Cast) -> None:
    set_clock(late_house, "2017-06-01T10:05")
    with late_house.client() as dags, late_house.client() as gias, late_house.client() as stens:
        registering = Registering(dags)
        registering.for_delegates(cast.dag, cast.gia, cast.sten)
        registering.fill(choices_of(2, workshop="yes"))
        booking = registering.book()
        set_clock(late_house, "2017-10-06T00:03")
        sign_in(late_house, dags, cast.dag)
        Changing(dags, f"{booking}/delegates/2/cancellation").cancel()
        Changing(dags, f"{booking}/delegates/3").save(workshop=[])
        shown = words(dags.get(booking).text)
        for person in (cast.gia, cast.sten):
            assert re.search(rf"Cancellation fee \(50 %\): [^:]*, {person.name} NOK", shown)
        for client, person in ((gias, cast.gia), (stens, cast.sten)):
            sign_in(late_house, client, person)
            assert client.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        after = words(dags.get(booking).text)
    for person in (cast.gia, cast.sten):
        assert person.name not in after
    assert after.count(", Erased NOK") == 2
    assert re.findall(r"Total NOK \S+", after) == re.findall(r"Total NOK \S+", shown)


def test_when_the_conference_begins_changes_go_through_the_organisers(late_house: House, cast: Cast) -> None:
    set_clock(late_house, "2017-11-05T23:50")
    with late_house.client() as browser:
        booking = book(browser, cast.gia)
        page = Changing(browser, f"{booking}/delegates/1")
        paying = Changing(browser, f"{booking}/payer")
        assert f"{booking}/delegates/1" in browser.get(booking).text
        page.fill({"diet": "No nuts"})
        paying.form.fill({"payer.reference": "PO 17"})
        set_clock(late_house, "2017-11-06T00:01")
        assert paying.press("save").status_code == 409
        assert f"{CLOSED} {ORGANISERS}." in words(paying.answer.text)
        assert paying.form.values["payer.reference"] == ["PO 17"]
        assert page.press("save").status_code == 409
        assert f"{CLOSED} {ORGANISERS}." in words(page.answer.text)
        assert page.value("diet") == ["No nuts"]
        # Who opens one later is told before they type.
        for path in ("delegates/1", "delegates/1/replacement", "cancellation", "payer"):
            assert f"{CLOSED} {ORGANISERS}." in words(browser.get(f"{booking}/{path}").text), path
        shown = browser.get(booking).text
    assert f"{booking}/delegates/1" not in shown
    assert f"{CLOSED} {ORGANISERS}" in said(shown)


def test_closing_times_do_not_bind_organisers(late_house: House, cast: Cast) -> None:
    late_house.plenum("organiser", "add", cast.olga.email)
    set_clock(late_house, "2017-11-05T20:03")
    with late_house.client() as gias, late_house.client() as olgas:
        booking = book(gias, cast.gia, seminar_1="seminar-1a", nights=["2017-11-06"])
        sign_in(late_house, olgas, cast.olga)
        # On the morning of the conference Gia is ill, and Dag is on the train already.
        set_clock(late_house, "2017-11-06T07:31")
        instead = {
            "name": cast.dag.name,
            "email": cast.dag.email,
            "organisation": "Bærum kommune",
            "country": "NO",
        }
        assert Changing(gias, f"{booking}/delegates/1/replacement").press("save").status_code == 409
        assert f"{booking}/delegates/1/replacement" in olgas.get(booking).text
        Changing(olgas, f"{booking}/delegates/1/replacement").save(**instead)
        assert set(has(late_house, cast.dag)) == {"participation", "seminar-1a", "room:2017-11-06"}
        Changing(olgas, f"{booking}/delegates/1").save(diet="No nuts", seminar_1="seminar-1b")
        paying = Changing(olgas, f"{booking}/payer")
        paying.form.fill({"payer.address": "Storgata 2"})
        assert paying.press("save").status_code == 303
        Changing(olgas, f"{booking}/delegates/new").save(
            name=cast.sten.name, email=cast.sten.email, organisation="Nowhere", country="SE"
        )
        Changing(olgas, f"{booking}/delegates/2/cancellation").cancel()
        assert not has(late_house, cast.sten)


def test_organisers_register_people_after_registration_has_closed(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    file = tmp_path / "closes.toml"
    file.write_text(
        SCHOOL_REFUSAL.read_text().replace(
            "[registration]\n", "[registration]\ncloses = 2017-05-01T00:00:00\n", 1
        )
    )
    house = houses()
    house.plenum("conference", "load", file)
    house.plenum("organiser", "add", cast.olga.email)
    with house.client() as olgas, house.client() as dags:
        until(lambda: "Registration is not open" in dags.get("/register").text)
        assert ORGANISERS in said(dags.get("/register").text)
        sign_in(house, olgas, cast.olga)
        assert book(olgas, cast.dag, workshop="yes")
        page = Registering(olgas)
        page.for_delegates(cast.gia)
        assert page.press("price").status_code == 200
        # What she fills in is hers alone to send: from anybody else's browser it books nothing.
        answer = dags.post("/register", data=page.form.values | {"action": "book"})
        assert answer.status_code == 409
        assert "Registration is not open" in words(answer.text)
    assert "workshop" in has(house, cast.dag)
    assert not has(house, cast.gia)


def test_who_is_sent_to_the_organisers_is_given_their_address() -> None:
    sends = re.compile(
        r"(?:write|speak|turn|ask|through|or)(?: to)?(?: one of)? the organisers", re.IGNORECASE
    )
    said = {
        str(file): sends.findall(file.read_text(encoding="utf-8"))
        for folder in ("controllers", "tables", "templates", ".")
        for file in Path("webapp", folder).rglob("*")
        if file.suffix in (".py", ".html", ".txt") and "given_names" not in file.parts
    }
    assert len(said) > 150
    assert sends.search("Please write to the organisers.")
    assert not {file: found for file, found in said.items() if found}


def test_a_session_that_is_cancelled_is_said_at_the_head_of_a_booking_and_costs_nothing_to_give_back(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    house = houses(PLENUM_NOW="2017-10-20T10:00")
    with house.client() as browser:
        booking = book(browser, cast.dag, seminar_1="seminar-1a", workshop="yes")
        sign_in(house, browser, cast.dag)
        before = words(browser.get(booking).text)
        assert "1A Gamification included" in before
        assert "does not take place" not in before
        file = tmp_path / "cancelled.toml"
        text = SCHOOL_REFUSAL.read_text()
        for slug in ("seminar-1a", "workshop"):
            text = text.replace(
                f'slug = "{slug}"\ntitle = "School', f'slug = "{slug}"\ncancelled = true\ntitle = "School'
            )
            text = text.replace(f'slug = "{slug}"\ncode', f'slug = "{slug}"\ncancelled = true\ncode')
        file.write_text(text)
        house.plenum("conference", "load", file)
        until(lambda: "does not take place" in browser.get(booking).text)
        shown = words(browser.get(booking).text)
        head, _, rest = shown.partition("What is booked")
        assert "1A Gamification does not take place" in head
        assert "Optional workshop (day 3) does not take place" in head
        assert "1A Gamification cancelled" in rest
        assert "Optional workshop (day 3) (cancelled) NOK 1,900" in rest
        assert "1A Gamification included" not in rest
        ticket = re.search(r'href="(/tickets/[^"]+)"', browser.get(booking).text)
        assert ticket
        assert "1A Gamification Cancelled" in words(browser.get(ticket[1]).text)
        page = Changing(browser, f"{booking}/delegates/1")
        assert page.value("seminar.seminar-1") == ["seminar-1a"], "it is given back by nobody but him"
        page.fill({"workshop": []})
        page.press("price")
        assert "NOK 2,375 less" in words(page.answer.text)
        page.save(workshop=[], role="Teacher")
        assert set(has(house, cast.dag)) == {"participation", "seminar-1a"}
        with house.client() as gias:
            assert "Optional workshop" not in said(gias.get("/register").text).split("Where do you work?")[1]
            gia = book(gias, cast.gia)
            assert "Nothing is full" in said(gias.get(f"{gia}/waiting").text), (
                "nobody waits for what is cancelled"
            )
        [letter] = until(lambda: letters_about(house, cast.dag, "changed booking"))
        assert "1A Gamification (cancelled)" in text_of(letter)
