"""What a colleague adds that raises the sum waits for the yes of whoever pays, and is held meanwhile."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import httpx

from tests.conftest import Houses
from tests.support.booking import Form, Registering, book, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, has, leave_seats, sign_in, taken
from tests.support.house import House
from tests.support.mailbox import text_of
from tests.support.waiting import until


def booked_by_olga(house: House, olgas: httpx.Client, gias: httpx.Client, cast: Cast) -> str:
    """Olga pays for Dag and Gia, and both she and Gia are signed in. Returns the address of the booking."""
    page = Registering(olgas)
    page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
    booking = page.book()
    sign_in(house, olgas, cast.olga)
    sign_in(house, gias, cast.gia)
    return booking


def press(browser: httpx.Client, booking: str, button: str) -> httpx.Response:
    """Press the button of the one proposal on a booking's page: `acceptance`, `refusal` or `withdrawal`."""
    html = browser.get(booking).text
    [part] = [form for form in html.split("<form")[1:] if f'/{button}"' in form]
    path = part.split('action="')[1].split('"')[0]
    seen = Form(f'<form id="it" {part}', "it").values
    return browser.post(path, data=seen)


def mail_about(house: House, person: Person, subject: str) -> str:
    found = until(lambda: [mail for mail in house.outbox(person.email) if subject in mail["Subject"]])
    return words(text_of(found[-1]))


def total(browser: httpx.Client, booking: str) -> str:
    return words(browser.get(booking).text).split("Total NOK ")[1].split()[0]


def test_what_raises_the_sum_is_held_until_whoever_pays_says_yes(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        before, sum_before = (
            {slug: taken(house, slug) for slug in ("workshop", "room:2017-11-06")},
            total(olgas, booking),
        )
        page = Changing(gias, f"{booking}/delegates/2")
        page.fill(
            {
                "workshop": "yes",
                "nights": ["2017-11-06"],
                "seminar.seminar-1": "seminar-1a",
                "role": "Teacher",
            }
        )
        page.press("price")
        assert "It raises what Olga Ørsted pays, so it waits for their yes." in words(page.answer.text)
        assert page.press("save").status_code == 303
        # What is free is hers at once; what costs is held, booked nowhere and invoiced to nobody.
        assert list(has(house, cast.gia)) == ["participation", "seminar-1a"]
        assert house.rows("SELECT role FROM delegate WHERE email = ?", cast.gia.email) == [
            {"role": "Teacher"}
        ]
        assert {slug: taken(house, slug) - count for slug, count in before.items()} == dict.fromkeys(
            before, 1
        )
        assert total(olgas, booking) == sum_before
        assert (
            len(
                house.rows(
                    "SELECT i.id FROM invoice i JOIN booking b ON b.id = i.booking WHERE b.payer_email = ?",
                    cast.olga.email,
                )
            )
            == 1
        )
        said = mail_about(house, cast.olga, "asks for your yes")
        assert f"{cast.gia.name} would like to add to your booking: Optional workshop" in said
        assert "NOK 3,750" in said
        # Both see how it stands, others do not.
        assert "It raises what you pay by NOK 3,750" in words(olgas.get(booking).text)
        assert "so it waits for their yes. It is held for you until" in words(gias.get(booking).text)
        with house.client() as anybody:
            assert "Asked for" not in words(anybody.get(booking).text)
        # She cannot say yes for Olga.
        proposal = olgas.get(booking).text.split("/proposals/")[1].split("/")[0]
        assert (
            gias.post(f"{booking}/proposals/{proposal}/acceptance", data={"price_seen": "375000"}).status_code
            == 404
        )
        assert gias.post(f"{booking}/proposals/{proposal}/refusal").status_code == 404

        stale = olgas.post(f"{booking}/proposals/{proposal}/acceptance", data={"price_seen": "1"})
        assert stale.status_code == 409
        assert press(olgas, booking, "acceptance").status_code == 303
        assert set(has(house, cast.gia)) == {"participation", "seminar-1a", "workshop", "room:2017-11-06"}
        assert {slug: taken(house, slug) - count for slug, count in before.items()} == dict.fromkeys(
            before, 1
        )
        assert total(olgas, booking) != sum_before
        assert "Asked for" not in words(olgas.get(booking).text)
        assert mail_about(house, cast.gia, "Your changed booking")
        assert olgas.post(f"{booking}/proposals/{proposal}/refusal").status_code == 409


def test_a_no_gives_back_what_was_held_and_says_so(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        before = taken(house, "workshop")
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        assert taken(house, "workshop") == before + 1
        assert press(olgas, booking, "refusal").status_code == 303
        assert taken(house, "workshop") == before
        assert "You have declined it." in words(olgas.get(booking).text)
        assert "Olga Ørsted has declined it." in words(gias.get(booking).text)
        assert "was declined by whoever pays: Optional workshop" in mail_about(
            house, cast.gia, "was declined"
        )
        [place] = gias.get("/me/data.json").json()["places"]
        assert [(one["adds"], one["state"]) for one in place["asked_for"]] == [("workshop", "declined")]
        # Asked again, and not any more.
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        Changing(gias, f"{booking}/delegates/2").save(nights=["2017-11-06"])
        nights = taken(house, "room:2017-11-06")
        assert press(gias, booking, "withdrawal").status_code == 303
        assert (taken(house, "workshop"), taken(house, "room:2017-11-06")) == (before, nights - 1)
        assert list(has(house, cast.gia)) == ["participation"]
        # Whoever pays adds what they like at once, and so is what was asked for answered.
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        Changing(olgas, f"{booking}/delegates/2").save(workshop="yes")
        assert taken(house, "workshop") == before + 1
        assert "Asked for" not in words(olgas.get(booking).text)
        # Who comes no more asks for nothing more.
        Changing(gias, f"{booking}/delegates/2").save(nights=["2017-11-06"])
        asked = olgas.get(booking).text.split("/proposals/")[1].split("/")[0]
        Changing(olgas, f"{booking}/delegates/2/cancellation").cancel()
        assert (taken(house, "workshop"), taken(house, "room:2017-11-06")) == (before, nights - 1)
        late = olgas.post(f"{booking}/proposals/{asked}/acceptance", data={"price_seen": "231250"})
        assert (late.status_code, "has run out meanwhile" in late.text) == (409, True)


def test_what_costs_nothing_more_is_a_colleagues_own_to_choose(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        Changing(olgas, f"{booking}/delegates/2").save(workshop="yes")
        Changing(gias, f"{booking}/delegates/2").save(seminar_1="seminar-1b")
        # A night for the workshop costs less; giving back costs nothing.
        Changing(gias, f"{booking}/delegates/2").save(workshop=[], nights=["2017-11-06"])
        assert list(has(house, cast.gia)) == ["participation", "seminar-1b", "room:2017-11-06"]
        # Back again is dearer: the night is kept until there is a yes.
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes", nights=[])
        assert list(has(house, cast.gia)) == ["participation", "seminar-1b", "room:2017-11-06"]
        assert press(olgas, booking, "acceptance").status_code == 303
        assert list(has(house, cast.gia)) == ["participation", "seminar-1b", "workshop"]
        # So is tax, wherever somebody says they work.
        Changing(gias, f"{booking}/delegates/2").save(country="NO", role="Teacher")
        [row] = house.rows("SELECT country, role FROM delegate WHERE email = ?", cast.gia.email)
        assert row == {"country": "IT", "role": "Teacher"}
        assert press(olgas, booking, "acceptance").status_code == 303
        [row] = house.rows("SELECT country FROM delegate WHERE email = ?", cast.gia.email)
        assert row["country"] == "NO"
        instead = Changing(gias, f"{booking}/delegates/2/replacement")
        instead.fill({"name": "Mona", "email": cast.mona.email, "country": "SE"})
        instead.press("price")
        assert instead.press("save").status_code == 303, "somebody without tax costs less"


def test_a_colleague_does_not_put_somebody_dearer_in_their_place(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        for browser, status in ((gias, 409), (olgas, 303)):
            page = Changing(browser, f"{booking}/delegates/2/replacement")
            page.fill({"name": "Mona", "email": cast.mona.email, "country": "NO"})
            page.press("price")
            assert page.press("save").status_code == status
            if status == 409:
                assert "that is for whoever pays to decide" in page.form.notice
                assert page.value("name") == ["Mona"]


def test_a_yes_and_a_no_at_once_count_once(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        before = taken(house, "workshop")
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        there = f"{booking}/proposals/{olgas.get(booking).text.split('/proposals/')[1].split('/')[0]}"

        def answer(button: str) -> int:
            with house.client(cookies=olgas.cookies) as window:
                return window.post(f"{there}/{button}", data={"price_seen": "190000"}).status_code

        with ThreadPoolExecutor(8) as windows:
            answers = list(windows.map(answer, ["acceptance", "refusal"] * 4))
        assert sorted(answers) == [303, *[409] * 7], answers
        assert taken(house, "workshop") - before == ("workshop" in has(house, cast.gia))


def test_the_last_seat_is_held_for_a_yes_and_free_when_nobody_answers(
    houses: Houses, database: str, cast: Cast
) -> None:
    house = houses(database)
    with house.client() as olgas, house.client() as gias, house.client() as stens:
        booking = booked_by_olga(house, olgas, gias, cast)
        leave_seats(house, "workshop", 1)
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        until(lambda: "Fully booked" in words(stens.get("/register").text))
        house.plenum("clock", "2017-05-04T10:00")
        until(lambda: ", 10:0" in stens.get("/sign-in").text)
        assert "Fully booked" in words(stens.get("/register").text)
        house.plenum("clock", "2017-05-05T10:30")
        until(lambda: "Fully booked" not in words(stens.get("/register").text), within=30)
        assert "Nobody answered in time" in words(gias.get(booking).text)
        assert "Nobody answered in time" in words(olgas.get(booking).text)
        assert "nobody answered in time, so this is not booked" in mail_about(
            house, cast.gia, "Nobody answered"
        )
        assert mail_about(house, cast.olga, "Nobody answered")
        page = Registering(stens)
        page.for_delegates(cast.sten)
        page.fill({"delegates.0.workshop": "yes"})
        page.book()


def test_what_a_colleague_waits_for_and_costs_is_for_whoever_pays_to_take(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias, house.client() as stens:
        booking = booked_by_olga(house, olgas, gias, cast)
        leave_seats(house, "workshop", 0)
        book(stens, cast.sten)  # with which all see how many are left
        try:
            until(lambda: 'value="workshop"' in gias.get(f"{booking}/waiting").text)
            wish = {"offer": "workshop", "delegates": ["2"]}
            answer = gias.post(f"{booking}/waiting", data=wish)
            assert answer.headers["location"] == f"{booking}#waiting"
            assert "(for Olga Ørsted to take)" in words(gias.get(booking).text)
            assert "/waiting/" not in gias.get(booking).text
        finally:
            leave_seats(house, "workshop", 5)
        # The seat that comes free is offered to Olga, who takes it.
        leave = Changing(olgas, f"{booking}/delegates/1")
        leave.save(workshop="yes")
        Changing(olgas, f"{booking}/delegates/1").save(workshop=[])
        letter = mail_about(house, cast.olga, "A seat is held for you")
        assert "Optional workshop" in letter
        link = "/waiting/" + letter.split("/waiting/")[1].split()[0]
        taking = Changing(olgas, link)
        assert "waits for their yes" not in words(taking.answer.text)
        assert taking.press("save").status_code == 303
        assert "workshop" in has(house, cast.gia)
        leave_seats(house, "workshop", None)


def test_who_is_erased_asks_for_nothing_more(house: House, cast: Cast) -> None:
    gia = replace(cast.gia, name=f"Gia {secrets.token_hex(6)}")
    cast = replace(cast, gia=gia)
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        before = taken(house, "workshop")
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        assert gia.name in mail_about(house, cast.olga, "asks for your yes")
        assert gias.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        assert taken(house, "workshop") == before
        assert "Asked for" not in words(olgas.get(booking).text)
        # Nor do the mails in which it was asked name her any more.
        assert not [mail for mail in house.outbox(cast.olga.email) if gia.name in text_of(mail)]
        subjects = house.rows("SELECT subject FROM outgoing_mail WHERE recipient = ?", cast.olga.email)
        assert not [row for row in subjects if gia.name in row["subject"]]


def test_a_colleague_who_asks_for_more_asks_for_what_they_asked_before_too(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        workshops, nights = taken(house, "workshop"), taken(house, "room:2017-11-05")
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        Changing(gias, f"{booking}/delegates/2").save(nights=["2017-11-05"])
        asked = words(gias.get(booking).text)
        assert "Optional workshop (day 3), Single room" in asked
        # 1,900 and 1,850 without tax: Gia works in Italy.
        assert "It raises what Olga Ørsted pays by NOK 3,750" in asked
        assert (taken(house, "workshop"), taken(house, "room:2017-11-05")) == (workshops + 1, nights + 1)
        assert press(olgas, booking, "acceptance").status_code == 303
        assert list(has(house, cast.gia)) == ["participation", "workshop", "room:2017-11-05"]
        assert (taken(house, "workshop"), taken(house, "room:2017-11-05")) == (workshops + 1, nights + 1)


def test_whoever_comes_instead_has_not_asked_for_what_the_one_before_did(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        before = taken(house, "workshop")
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        assert "Gia Giannini: Optional workshop" in words(olgas.get(booking).text)
        instead = Changing(olgas, f"{booking}/delegates/2/replacement")
        instead.save(name=cast.sten.name, email=cast.sten.email, organisation="Skola", country="SE")
        assert "Optional workshop" not in words(olgas.get(booking).text).split("What is booked")[0]
        assert taken(house, "workshop") == before


def test_a_yes_leaves_where_somebody_works_as_it_was_corrected_meanwhile(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        Changing(gias, f"{booking}/delegates/2").save(workshop="yes")
        Changing(olgas, f"{booking}/delegates/2").save(country="NO")
        assert press(olgas, booking, "acceptance").status_code == 303
        assert house.rows("SELECT country FROM delegate WHERE email = ?", cast.gia.email) == [
            {"country": "NO"}
        ]


def test_whoever_names_somebody_to_come_instead_keeps_their_own_name(house: House, cast: Cast) -> None:
    with house.client() as olgas, house.client() as gias:
        booking = booked_by_olga(house, olgas, gias, cast)
        gias.post("/me/name", data={"name": cast.gia.name})
        instead = Changing(gias, f"{booking}/delegates/2/replacement")
        instead.save(name=cast.sten.name, email=cast.sten.email, organisation="Skola", country="SE")
        assert "Gia Giannini" in words(gias.get("/me").text)
        names = house.rows(
            "SELECT name FROM person WHERE email IN (?, ?) ORDER BY name", cast.gia.email, cast.sten.email
        )
        assert [row["name"] for row in names] == ["", cast.gia.name]
