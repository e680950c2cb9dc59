"""The list of those who wait for a place at the conference, and whose its links are."""

from __future__ import annotations

import re

import pytest

from tests.support.booking import Form, Registering, book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, has, sign_in
from tests.support.sources import a_source
from tests.support.waiting import until
from tests.support.waiting_list import (
    WAITS,
    FullHouse,
    ask_to_wait,
    news,
    says,
    seats,
    wait_for,
)


def test_whoever_waits_for_the_conference_registers_with_the_seat_that_is_held(
    full: FullHouse, cast: Cast
) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias, house.client() as stens:
        booking = book(dags, cast.dag)
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(stens, "/register"))
        form = Form(gias.get("/waiting").text, "waiting")
        form.fill({"name": "Gia", "email": "gia@nowhere", "seats": "0"})
        answer = gias.post("/waiting", data=form.values)
        assert answer.status_code == 422
        again = Form(answer.text, "waiting")
        assert again.errors.keys() == {"email", "seats"}
        assert again.values["name"] == ["Gia"]
        again.fill({"email": cast.gia.email, "seats": "1"})
        sent = gias.post("/waiting", data=again.values)
        assert f"A link is on its way to {cast.gia.email}" in words(sent.text)
        assert not house.rows(WAITS, cast.gia.email), "first she says that it is her"
        link = news(house, cast.gia, "Your place on the waiting list")
        assert "Join the list" in says(gias, link)
        assert not house.rows(WAITS, cast.gia.email), "a link alone does nothing: mail scanners open them"
        gia = gias.post(link).headers["location"]
        assert gias.post(link).status_code == 409, "once is enough"
        assert ask_to_wait(stens, cast.gia).text == sent.text, "who is on the list is nobody's business"
        assert gias.get(f"/register?waiting={gia.split('/')[-1]}").headers["location"] == gia, "not yet"
        Changing(dags, f"{booking}/cancellation").cancel()
        assert news(house, cast.gia, "A seat is held for you in Participation") == gia
        sten = Registering(stens)
        sten.for_delegates(cast.sten)
        sten.press("price")
        assert sten.press("book").status_code == 409
        with house.client() as mailed:
            page = Registering(mailed)
            page._look_at(mailed.get(f"/register?waiting={gia.split('/')[-1]}"))
            assert page.form.values["delegates.0.email"] == [cast.gia.email]
            assert "The conference is full" not in page.answer.text
            page.for_delegates(cast.gia)
            page.book()
            assert "You have what you waited for" in says(mailed, gia)
            # The same seat is not there for another form.
            late = Registering(mailed)
            late.for_delegates(cast.mona)
            late.press("price")
            late.form.values["waiting"] = [gia.split("/")[-1]]
            assert late.press("book").status_code == 409
        assert has(house, cast.gia) == {"participation": 580_000}


def test_the_list_is_no_means_to_write_to_strangers(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as stens:
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(stens, "/register"))
        refused = ask_to_wait(stens, cast.gia, name="Buy at https://example.com")
        assert refused.status_code == 422
        assert "Please enter a name." in refused.text
        answers = [ask_to_wait(stens, cast.gia, name="Buy now") for _ in range(8)]
        assert [answer.status_code for answer in answers] == [200] * 5 + [429] * 3
        assert "so no other one was sent" in answers[-1].text
        # One that is written after them has come: so have they.
        assert ask_to_wait(stens, cast.dag).status_code == 200
        link = news(house, cast.dag, "Your place on the waiting list")
        waiting = "SELECT id FROM outgoing_mail WHERE state = 'waiting' AND recipient = ?"
        until(lambda: not house.rows(waiting, cast.gia.email))
        mails = house.outbox(cast.gia.email)
        assert len(mails) == 5
        assert "Buy now" not in mails[0].as_string()
        assert stens.get(link[:-3] + "AAA").status_code == 404
        assert stens.get(link).status_code == 200
        full.set_clock("2017-05-03T10:05")
        assert stens.get(link).status_code == 404, "a day is over"
        assert stens.post(link).status_code == 404


@pytest.mark.parametrize(("length", "status"), [(200, 200), (201, 422), (300, 422)])
def test_a_name_too_long_for_the_list_is_told_beside_its_field(
    full: FullHouse, cast: Cast, length: int, status: int
) -> None:
    with full.house.client() as client:
        seats(full, participation=0)
        until(lambda: "The conference is full" in says(client, "/register"))
        answer = ask_to_wait(client, cast.gia, name="G" * length)
        assert answer.status_code == status
        if status == 422:
            form = Form(answer.text, "waiting")
            assert form.errors == {"name": "Please keep this under 200 characters."}
            assert form.values["name"] == ["G" * length]
        else:
            link = news(full.house, cast.gia, "Your place on the waiting list")
            assert client.post(link).status_code == 303


def test_links_of_the_waiting_list_are_whose_they_are(full: FullHouse, cast: Cast) -> None:
    house = full.house
    with house.client() as dags, house.client() as gias, house.client() as stens:
        page = Registering(dags)
        page.for_delegates(cast.dag, cast.gia, name="Olga Ørsted", email=cast.olga.email)
        booking = page.book()
        foreign = book(stens, cast.sten)
        seats(full, seminar_1b=0)
        until(lambda: 'value="seminar-1b"' in dags.get(f"{booking}/waiting").text)
        sign_in(house, gias, cast.gia)
        sign_in(house, stens, cast.sten)
        wish = {"offer": "seminar-1b", "delegates": ["1"]}
        assert stens.get(f"{booking}/waiting").status_code == 404
        assert stens.post(f"{booking}/waiting", data=wish).status_code == 404
        assert gias.post(f"{booking}/waiting", data=wish).status_code == 422, "he is not hers to put there"
        faults: list[dict[str, str | list[str]]] = [
            {"offer": "nothing"},
            {"offer": ""},
            {"delegates": ["3"]},
            {"delegates": []},
            {"delegates": ["1", "x"]},
        ]
        for wrong in faults:
            assert dags.post(f"{booking}/waiting", data=wish | wrong).status_code == 422, wrong
        party = wait_for(gias, booking, "seminar-1b", "2")
        assert gias.post(f"{booking}/waiting", data=wish | {"delegates": ["2"]}).status_code == 409
        assert party in dags.get(booking).text
        assert party not in stens.get(booking).text
        token = party.split("/")[-1]
        for forged in (
            token[:-3] + "AAA",
            booking.split("/")[-1],
            foreign.split("/")[-1],
            "made-up",
            "%00",
            "9" * 40,
        ):
            for path in (f"/waiting/{forged}", f"/waiting/{forged}/departure"):
                assert stens.post(path, data={"action": "save"}).status_code == 404, path
            assert stens.get(f"/waiting/{forged}").status_code == 404
            assert stens.get(f"/register?waiting={forged}").status_code == 303
        assert stens.get(f"/register?waiting={token}").headers["location"] == f"/waiting/{token}"
        # Cancelled, she waits no more.
        Changing(dags, f"{booking}/delegates/2/cancellation").cancel()
        assert "You are the next" not in says(gias, party)
        assert not house.rows(WAITS, cast.gia.email)


def test_who_asks_for_very_many_places_takes_none_of_what_is_everybodys(full: FullHouse, cast: Cast) -> None:
    """As found: one address asked 300 times in six seconds, and everybody else was refused for an hour."""
    house, here = full.house, a_source()
    seats(full, participation=0)
    with house.client(headers=here) as sten, house.client(headers=a_source()) as gias:
        until(lambda: "The conference is full" in says(sten, "/register"))
        people = [Cast().sten for _ in range(160)]
        answers = [ask_to_wait(sten, person) for person in people]
        assert [answer.status_code for answer in answers[:30]] == [200] * 30
        assert "A link is on its way to" in answers[0].text
        assert re.search(r"leaves in \d+ minutes", answers[40].text)
        assert answers[-1].status_code == 429
        assert re.search(r"Many places have been asked for from your network.*minutes?\.", answers[-1].text)
        assert f'value="{people[-1].email}"' in answers[-1].text
        assert "A link is on its way to" in ask_to_wait(gias, cast.gia).text
        assert news(house, cast.gia, "Your place on the waiting list")
