"""Changing what is booked: seats, and what they cost."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from tests.conftest import Houses
from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, details_link, has, leave_seats, taken
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.waiting import until
from webapp.tables.booking.delegate import Details

MORNING = "delegates.0.seminar.seminar-1"


def test_dag_swaps_his_seminar_and_the_seat_he_had_is_free_for_others(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag, seminar_1="seminar-1a")
        before = {slug: taken(house, slug) for slug in ("seminar-1a", "seminar-1b", "participation")}
        page = Changing(browser, f"{booking}/delegates/1")
        assert page.value("seminar.seminar-1") == ["seminar-1a"]
        page.fill({"seminar.seminar-1": "seminar-1b"})
        page.press("price")
        said = words(page.answer.text)
        assert "No change" in said
        assert "New: 1B Prevention, intervention or compensation" in said
        assert "Given back: 1A Gamification" in said
        assert page.press("save").headers["location"] == f"{booking}?saved=1"
        shown = words(browser.get(f"{booking}?saved=1").text)
    assert "The change is saved." in shown
    assert "1B Prevention" in shown
    assert "1A Gamification" not in shown
    assert list(has(house, cast.dag)) == ["participation", "seminar-1b"]
    assert taken(house, "seminar-1a") == before["seminar-1a"] - 1
    assert taken(house, "seminar-1b") == before["seminar-1b"] + 1
    assert taken(house, "participation") == before["participation"]


def test_no_form_loses_what_another_has_asked_of_a_delegate(house: House, cast: Cast) -> None:
    said = {
        name: f"Their {name}" for name in Details.model_fields if name not in ("name", "email", "country")
    }

    def kept() -> dict[str, str]:
        [row] = house.rows(f"SELECT {', '.join(said)} FROM delegate WHERE email = ?", cast.dag.email)
        return row

    with house.client() as payers, house.client() as mailed:
        page = Registering(payers)
        page.for_delegates(cast.dag)
        page.fill({f"delegates.0.{name}": words for name, words in said.items()})
        booking = page.book()
        assert kept() == said
        Changing(payers, f"{booking}/delegates/1").save(name="Dag D.")
        assert kept() == said
        said["diet"] = "Only theirs to read"
        Changing(mailed, details_link(house, cast.dag)).save(diet=said["diet"])
        assert kept() == said
        Changing(payers, f"{booking}/delegates/1").save(name="Dag Delås")
        assert kept() == said


def test_who_swaps_to_a_full_seminar_keeps_the_seat_they_had(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag, seminar_2="seminar-2a")
        page = Changing(browser, f"{booking}/delegates/1")
        page.fill({"seminar.seminar-2": "seminar-2b", "diet": "No nuts"})
        page.press("price")
        before = taken(house, "seminar-2a")
        leave_seats(house, "seminar-2b", 0)
        try:
            answer = page.press("save")
            assert answer.status_code == 409
            assert page.form.notice.startswith("Nothing has been changed. 2B")
            assert "You still have what you had." in page.errors["seminar-seminar-2"]
            assert page.value("diet") == ["No nuts"]
            assert "seminar-2a" in has(house, cast.dag)
            assert taken(house, "seminar-2a") == before
            [row] = house.rows("SELECT diet FROM delegate WHERE email = ?", cast.dag.email)
            assert row["diet"] == "", "nothing is half written"
        finally:
            leave_seats(house, "seminar-2b", None)
        assert page.press("save").status_code == 303
    assert "seminar-2b" in has(house, cast.dag)


def test_two_colleagues_exchange_the_last_seats_of_two_seminars(house: House, cast: Cast) -> None:
    """What one gives back in a change the same change may take, however full it is."""
    with house.client() as browser:
        booking = book(browser, cast.dag, seminar_1="seminar-1a")
        leave_seats(house, "seminar-1a", 0)
        try:
            # His own seat is his to keep, also while the page says that there are no others.
            page = Changing(browser, f"{booking}/delegates/1")
            page.save(role="Teacher")
        finally:
            leave_seats(house, "seminar-1a", None)
    assert "seminar-1a" in has(house, cast.dag)


def test_a_seminar_at_another_time_keeps_its_seats_and_nobody_gets_two_at_once(
    houses: Houses, database: str, tmp_path: Path, cast: Cast
) -> None:
    house = houses(database, workers=2)
    written = SCHOOL_REFUSAL.read_text()

    def load(**slots: str) -> subprocess.CompletedProcess[str]:
        """Load the conference with these seminars in these slots."""
        text = written
        for seminar, slot in slots.items():
            begin, of, rest = text.partition(f'slug = "{seminar.replace("_", "-")}"')
            text = begin + of + re.sub(r'slot = "[^"]+"', f'slot = "{slot}"', rest, count=1)
        file = tmp_path / "moved.toml"
        file.write_text(text)
        return house.plenum("conference", "load", file, check=False)

    with house.client() as dag, house.client() as gia:
        dags = book(dag, cast.dag, seminar_1="seminar-1a")
        gias = book(gia, cast.gia, seminar_1="seminar-1a", seminar_2="seminar-2a")

        # Gia would have two at once: nothing is changed, and who would is said
        refused = load(seminar_1a="seminar-2")
        assert refused.returncode == 1
        assert "puts at one time what somebody has booked both of" in refused.stderr
        assert cast.gia.email in refused.stderr
        assert cast.dag.email not in refused.stderr
        assert Changing(gia, f"{gias}/delegates/1").value("seminar.seminar-1") == ["seminar-1a"]

        # When the two change places she keeps both, and Dag keeps his
        assert load(seminar_1a="seminar-2", seminar_2a="seminar-1").returncode == 0
        until(lambda: "seminar-2a" in Changing(gia, f"{gias}/delegates/1").form.offered[MORNING])
        page = Changing(gia, f"{gias}/delegates/1")
        assert page.value("seminar.seminar-1") == ["seminar-2a"]
        assert page.value("seminar.seminar-2") == ["seminar-1a"]
        page.save(diet="vegetarian")
        assert {"seminar-1a", "seminar-2a"} < set(has(house, cast.gia))

        # and has room for another one where it was
        Changing(dag, f"{dags}/delegates/1").save(seminar_1="seminar-1b")
        assert {"seminar-1a", "seminar-1b"} < set(has(house, cast.dag))
        assert (taken(house, "seminar-1a"), taken(house, "seminar-1b")) == (2, 1)


def test_a_price_that_was_not_seen_is_not_charged_for_a_change(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.gia)
        page = Changing(browser, f"{booking}/delegates/1")
        page.fill({"workshop": "yes"})
        assert page.press("save").status_code == 422
        assert page.form.notice == "Please look at the price, then confirm the change."
        assert "workshop" not in has(house, cast.gia)
        assert page.press("save").status_code == 303
    assert has(house, cast.gia) == {"participation": 580_000, "workshop": 190_000}


def test_mva_follows_the_country_of_whoever_comes(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.gia)
        page = Changing(browser, f"{booking}/delegates/1/replacement")
        page.fill({"name": "Dag Delås", "email": cast.dag.email, "country": "NO"})
        page.press("price")
        said = words(page.answer.text)
        assert "with MVA NOK 7,250" in said
        assert "NOK 1,450 more" in said
        assert page.press("save").status_code == 303
        assert "MVA 25 % NOK 1,450" in words(browser.get(booking).text)


def test_whoever_pays_and_those_concerned_are_told_of_a_change(house: House, cast: Cast) -> None:
    with house.client() as browser:
        page = Registering(browser)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        everybody = (cast.olga, cast.dag, cast.gia)
        for person in everybody:
            house.outbox(person.email)
        Changing(browser, f"{booking}/delegates/1").save(role="Teacher")
        Changing(browser, f"{booking}/delegates/1").save(workshop="yes")
        Changing(browser, f"{booking}/delegates/2/replacement").save(name="Mona", email=cast.mona.email)
        subjects = until(
            lambda: (
                said if len(said := [mail["Subject"] for mail in house.outbox(cast.olga.email)]) == 3 else []
            )
        )
        assert [subject.partition(" booking")[0] for subject in subjects] == [
            "Your",
            "Your changed",
            "Your changed",
        ]
        told = until(lambda: mails if len(mails := house.outbox(cast.dag.email)) == 2 else [])
        text = told[-1].get_body(("plain",))
        assert text
        assert "Optional workshop (day 3): NOK 1,900" in text.get_content()
        assert "Total: NOK 15,425" in text.get_content()
        assert len(house.outbox(cast.mona.email)) == 1
        [_, gone] = until(lambda: mails if len(mails := house.outbox(cast.gia.email)) == 2 else [])
        assert "no longer on booking" in gone["Subject"]


def test_who_pays_can_be_changed(house: House, cast: Cast) -> None:
    with house.client() as browser:
        booking = book(browser, cast.dag)
        page = Changing(browser, f"{booking}/payer")
        page.form.fill({"payer.name": "Mona", "payer.address": "", "payer.reference": "PO 1"})
        assert page.press("save").status_code == 422
        assert page.form.errors["payer-address"] == "Please enter the address for the invoice."
        assert page.form.values["payer.reference"] == ["PO 1"]
        page.form.fill({"payer.address": "Kirkegata 2"})
        assert page.press("save").status_code == 303
        assert "Kirkegata 2" in browser.get(booking).text
