"""Whose a booking is to read and to change."""

from __future__ import annotations

import contextlib
import re

from tests.support.booking import Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, details_link, has, leave_seats, sign_in
from tests.support.house import House
from tests.support.waiting import until


def test_each_delegate_changes_what_is_theirs_and_strangers_find_nothing(house: House, cast: Cast) -> None:
    with house.client() as payers, house.client() as gias, house.client() as stens:
        page = Registering(payers)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        book(stens, cast.sten)
        sign_in(house, gias, cast.gia)
        sign_in(house, stens, cast.sten)
        everything = [
            *(
                f"/delegates/{number}{what}"
                for number in (1, 2)
                for what in ("", "/replacement", "/cancellation")
            ),
            "/delegates/new",
            "/cancellation",
            "/payer",
        ]
        hers = everything[3:6]
        for path in everything:
            assert payers.get(booking + path).status_code == 200, path
            assert gias.get(booking + path).status_code == (200 if path in hers else 404), path
            assert stens.get(booking + path).status_code == 404, path
            assert stens.post(booking + path, data={"action": "save"}).status_code == 404, path
        for number in ("0", "3", "-1", "99999999999", "%00", "1.0", "١"):
            assert payers.get(f"{booking}/delegates/{number}").status_code == 404, number
        theirs = gias.get(booking).text
        assert f"{booking}/delegates/2/cancellation" in theirs
        assert f"{booking}/delegates/1" not in theirs
        assert f"{booking}/cancellation" not in theirs
        assert "/delegates/" not in stens.get(booking).text
        before = has(house, cast.dag)
        assert gias.post(f"{booking}/delegates/1", data={"action": "save"}).status_code == 404
        assert has(house, cast.dag) == before
        Changing(gias, f"{booking}/delegates/2").save(seminar_1="seminar-1b", diet="Vegetarian")
        assert "seminar-1b" in has(house, cast.gia)
        # Cancelled, she has nothing more to change there.
        Changing(gias, f"{booking}/delegates/2/cancellation").cancel()
        assert gias.get(f"{booking}/delegates/2").status_code == 404
        assert payers.get(f"{booking}/2.ics").status_code == 404
        assert payers.get(f"{booking}/1.ics").status_code == 200


def test_what_one_told_the_kitchen_is_shown_to_those_it_concerns(house: House, cast: Cast) -> None:
    with house.client() as browser, house.client() as stranger:
        booking = book(browser, cast.dag)
        Changing(browser, f"{booking}/delegates/1").save(diet="No nuts")
        assert "No nuts" in browser.get(booking).text
        assert stranger.get(booking).status_code == 200
        assert "No nuts" not in stranger.get(booking).text


def test_what_a_colleague_says_of_their_health_is_read_by_them_and_the_organisers_alone(
    house: House, cast: Cast
) -> None:
    with contextlib.ExitStack() as opened:
        booker, payer, gia, linked, olga = (opened.enter_context(house.client()) for _ in range(5))
        page = Registering(booker)
        page.for_delegates(cast.dag, cast.gia)
        page.fill({"delegates.1.diet": "Eats everything"})
        booking = page.book()
        hers = f"{booking}/delegates/2"
        assert "Eats everything" in booker.get(booking).text, "whoever typed it may mend it"
        old = Changing(booker, hers)
        Changing(linked, details_link(house, cast.gia)).save(diet="Coeliac disease", access_needs="Epilepsy")
        sign_in(house, payer, cast.dag)
        for client in (booker, payer):
            pages = [booking, hers, f"{hers}/replacement", f"{hers}/cancellation", "/me", "/me/data.json"]
            for path in pages:
                said = client.get(path).text
                assert "Coeliac" not in said, path
                assert "Epilepsy" not in said, path
        # Nor does what is changed there, or in a page from before, show it or write over it.
        old.fill({"role": "Teacher", "diet": "Nothing special"})
        for answer in (old.press("price"), old.press("save"), payer.get(hers), payer.get(booking)):
            assert "Coeliac" not in answer.text
        Changing(payer, hers).save(role="Head teacher", workshop="yes")
        [row] = house.rows("SELECT diet, access_needs, role FROM delegate WHERE email = ?", cast.gia.email)
        assert row == {"diet": "Coeliac disease", "access_needs": "Epilepsy", "role": "Head teacher"}
        for mail in house.outbox():
            assert "Coeliac" not in str(mail)
        sign_in(house, gia, cast.gia)
        house.plenum("organiser", "add", cast.olga.email)
        sign_in(house, olga, cast.olga)
        for client in (gia, olga):
            assert "Coeliac disease" in client.get(booking).text
            assert Changing(client, hers).value("access_needs") == ["Epilepsy"]
        assert "Coeliac disease" in gia.get("/me/data.json").text
        # Whoever comes in her place begins anew.
        Changing(payer, f"{hers}/replacement").save(name=cast.sten.name, email=cast.sten.email)
        [row] = house.rows("SELECT diet, access_needs FROM delegate WHERE email = ?", cast.sten.email)
        assert row == {"diet": "", "access_needs": ""}
        Changing(payer, hers).save(diet="Says he eats fish")
        assert "Says he eats fish" in payer.get(booking).text


def test_health_is_private_also_where_what_costs_more_waits_for_whoever_pays(
    house: House, cast: Cast
) -> None:
    with house.client() as booker, house.client() as gia:
        booking = book(booker, cast.dag, cast.gia)
        sign_in(house, gia, cast.gia)
        Changing(gia, f"{booking}/delegates/2").save(diet="Coeliac disease", workshop="yes")
        assert "Coeliac disease" in gia.get(booking).text
        for path in (booking, f"{booking}/delegates/2"):
            assert "Coeliac disease" not in booker.get(path).text


def test_an_organiser_helps_with_any_booking(house: House, cast: Cast) -> None:
    house.plenum("organiser", "add", cast.olga.email)
    with house.client() as dags, house.client() as olgas:
        booking = book(dags, cast.dag)
        assert olgas.get(f"{booking}/delegates/1").headers["location"] == "/sign-in"
        sign_in(house, olgas, cast.olga)
        Changing(olgas, f"{booking}/delegates/1").save(workshop="yes")
        assert "workshop" in has(house, cast.dag)
        # And sees who waits, and what has been invoiced.
        assert 'href="/organise"' in olgas.get("/me").text
        overview = olgas.get("/organise")
        assert f"{booking}/invoices/" in overview.text
        assert "Who waits for what" in overview.text or "Nobody waits for anything." in overview.text
        # The latest invoices; those before are a page further, and all are counted.
        number = int(re.findall(r"/invoices/(\d+)", overview.text)[0])
        before = olgas.get(f"/organise?before={number}").text
        assert f"/invoices/{number}<" not in before
        assert ">The latest</a>" in before or "The latest" in words(before)
        assert (
            words(overview.text).split("All together")[1][:20] == words(before).split("All together")[1][:20]
        )
        for odd in ("0", "x", "9" * 40, "-1"):
            assert olgas.get("/organise", params={"before": odd}).status_code == 200
        assert dags.get("/organise").status_code == 404
        assert 'href="/organise"' not in dags.get("/me").text
    with house.client() as stranger:
        assert stranger.get("/organise").status_code == 404


def test_where_whoever_paid_is_erased_an_organiser_says_who_pays_now(house: House, cast: Cast) -> None:
    house.plenum("organiser", "add", cast.olga.email)
    with house.client() as dags, house.client() as olgas, house.client() as monas, house.client() as stens:
        page = Registering(dags)
        page.for_delegates(cast.gia, name=cast.dag.name, email=cast.dag.email)
        booking = page.book()
        sign_in(house, dags, cast.dag)
        assert 'name="payer.email"' not in dags.get(f"{booking}/payer").text
        assert dags.post("/me/erasure", data={"sure": "yes"}).status_code == 200
        sign_in(house, olgas, cast.olga)
        # Whoever would wait is written to, since nobody else can be.
        leave_seats(house, "seminar-1b", 0)
        book(stens, cast.sten)  # with which all see how many are left
        until(lambda: 'value="seminar-1b"' in olgas.get(f"{booking}/waiting").text)
        waits = {"offer": "seminar-1b", "delegates": ["1"]}
        assert olgas.post(f"{booking}/waiting", data=waits).status_code == 303
        assert house.rows("SELECT name FROM waiting WHERE email = ?", cast.gia.email) == [
            {"name": cast.gia.name}
        ]
        leave_seats(house, "seminar-1b", None)
        payer = Changing(olgas, f"{booking}/payer")
        payer.form.fill({"payer.name": "Marit Moe"})
        assert payer.press("save").status_code == 422
        assert payer.form.errors == {"payer-email": "Please enter an e-mail address."}
        payer.form.fill({"payer.email": cast.mona.email})
        assert payer.press("save").status_code == 303
        [row] = house.rows("SELECT * FROM booking WHERE payer_email = ?", cast.mona.email)
        assert row["payer_name"] == "Marit Moe"
        sign_in(house, monas, cast.mona)
        assert booking in monas.get("/me").text
        assert 'name="payer.email"' not in monas.get(f"{booking}/payer").text
        taken_over = {"payer.email": cast.sten.email, "payer.name": "Marit Moe"}
        again = Changing(monas, f"{booking}/payer")
        assert monas.post(f"{booking}/payer", data=again.form.values | taken_over).status_code == 303
        [row] = house.rows("SELECT payer_email FROM booking WHERE id = ?", row["id"])
        assert row["payer_email"] == cast.mona.email  # an address is confirmed before it is another


def test_a_colleague_completes_their_own_details_by_a_link(house: House, cast: Cast) -> None:
    with house.client() as browser, house.client() as mailed:
        booking = book(browser, cast.dag)
        link = details_link(house, cast.dag)
        page = Changing(mailed, link)
        page.fill({"diet": "Fish\nno shellfish", "name": ""})
        assert page.press("save").status_code == 422
        assert page.errors["name"] == "Please enter the delegate’s name."
        assert page.value("diet") == ["Fish\nno shellfish"]
        page.fill({"name": "Dag D. Delås"})
        assert page.press("save").status_code == 303
        assert "Dag D. Delås" in browser.get(booking).text
        # It changes details, and nothing that costs or seats anybody.
        mailed.post(link, data=page.form.values | {"action": "save", "delegates.0.workshop": "yes"})
        assert list(has(house, cast.dag)) == ["participation"]
        forged = f"{link[:-4]}{'AAAA' if link[-4:] != 'AAAA' else 'BBBB'}"
        for wrong in (forged, "/details/made-up", "/details/%00", f"/details/{booking.split('/')[-1]}"):
            assert mailed.get(wrong).status_code == 404
            assert mailed.post(wrong, data=page.form.values).status_code == 404
        # It was for him, and not for whoever comes instead.
        Changing(browser, f"{booking}/delegates/1/replacement").save(name="Gia", email=cast.gia.email)
        assert mailed.get(link).status_code == 404
        assert mailed.get(details_link(house, cast.gia)).status_code == 200
