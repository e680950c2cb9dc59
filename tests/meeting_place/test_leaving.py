"""Who does not come any more, or takes themselves out: what becomes of their seats, their contacts and their streams,
and what others do at that moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.support.booking import book, words
from tests.support.cast import Cast, Person
from tests.support.changes import Changing, sign_in
from tests.support.meeting import PLACE, Guest, Place


@pytest.fixture
def booked(place: Place) -> Iterator[tuple[Guest, str]]:
    """Somebody who has really booked and signed in, and where their booking is."""
    person = replace(Cast().olga, name="Olga Booked")
    with place.house.client() as client:
        path = book(client, person)
        sign_in(place.house, client, person)
        guest = Guest(client, place, person)
        guest.get("/people")
        yield guest, path


def invites(host: Guest, minute: int, seats: int = 8) -> int:
    leads = host.done(
        "/tables", title="A table", place="table-1", starts=f"2017-11-08T05:{minute:02}", minutes="15"
    )
    table = int(leads.rsplit("/", 1)[1])
    host.place.house.rows("UPDATE round_table SET seats = ? WHERE id = ?", seats, table)
    return table


def row(someone: Guest, table: int) -> dict[str, Any]:
    return someone.place.house.rows("SELECT * FROM round_table WHERE id = ?", table)[0]


def become_contacts(one: Guest, other: Guest) -> None:
    one.done(f"/people/{other.tag}/ask")
    other.done(f"/people/{one.tag}/accept")


@pytest.mark.parametrize("how", ["cancellation", "delegates/1/cancellation", "delegates/1/replacement"])
def test_who_does_not_come_any_more_reads_no_more_and_keeps_no_seat(
    booked: tuple[Guest, str], dag: Guest, gia: Guest, how: str
) -> None:
    olga, booking = booked
    hosted, shared = invites(olga, 0), invites(dag, 15, seats=2)
    gia.done(f"/tables/{hosted}/seat")
    olga.done(f"/tables/{shared}/seat")
    gia.done(f"/tables/{shared}/seat")  # and waits
    paths = ("/live", "/tables/live")
    with olga.listening() as hers, olga.listening(path=paths[1]) as her_tables, dag.listening() as his:
        changing = Changing(olga.client, f"{booking}/{how}")
        if how.endswith("replacement"):
            other = Cast().sten
            changing.save(name=other.name, email=other.email)
        else:
            changing.cancel()
        list(hers), list(her_tables)  # to their end
        note = dag.writes("For those who come")
        assert any(name == "cards" and f'data-note="{note}"' in data for name, data in his)
    for path in paths:
        assert olga.client.get(PLACE + path).status_code == 403
    assert row(dag, hosted)["cancelled"]
    assert "is called off" in words(gia.get("/notices"))
    assert (row(dag, shared)["taken"], row(dag, shared)["waiting"]) == (2, 0)
    assert "A seat has become free, and it is yours" in words(gia.get("/notices"))
    assert olga.name not in dag.get(f"/tables/{shared}")
    for table in (hosted, shared):
        gia.client.post(f"{PLACE}/tables/{table}/leave")
        dag.client.post(f"{PLACE}/tables/{table}/cancel")


def test_who_comes_on_another_booking_keeps_what_they_have(booked: tuple[Guest, str], dag: Guest) -> None:
    olga, booking = booked
    place = olga.place
    place.delegate(olga.person)  # booked once more
    table = invites(olga, 30)
    Changing(olga.client, f"{booking}/cancellation").cancel()
    assert not row(dag, table)["cancelled"]
    assert row(dag, table)["taken"] == 1
    olga.writes("Still here")
    olga.done(f"/tables/{table}/cancel")


def test_who_moderates_no_more_and_does_not_come_keeps_no_seat(place: Place, cast: Cast, dag: Guest) -> None:
    mona, table = place.moderator(cast.mona), invites(dag, 45)
    mona.done(f"/tables/{table}/seat")
    assert row(dag, table)["taken"] == 2
    with mona.listening(path="/tables/live") as hers:
        place.house.plenum("moderator", "remove", cast.mona.email, "--panel", "meeting-place")
        list(hers)
    assert row(dag, table)["taken"] == 1
    dag.done(f"/tables/{table}/cancel")


@pytest.mark.parametrize("how", ["part", "leave"])
def test_contacts_who_part_or_leave_go_from_the_others_open_page(dag: Guest, gia: Guest, how: str) -> None:
    become_contacts(dag, gia)
    gia.done(f"/contacts/{dag.tag}/messages", text="For as long as we are contacts")
    path, tag = f"/contacts/{gia.tag}", gia.tag
    assert gia.person.email in dag.get(path)
    with dag.listening(path=f"{path}/live") as page, dag.listening() as elsewhere:
        next(data for name, data in elsewhere if name == "bell" and 'data-known="1"' in data)
        assert any(name == "thread" and "For as long" in data for name, data in page)
        if how == "part":
            gia.done(f"/contacts/{dag.tag}/part")
        else:
            gia.done("/leave", sure="yes")
        list(page)  # to its end
        next(data for name, data in elsewhere if name == "bell" and 'data-known="0"' in data)
    assert dag.client.get(f"{PLACE}/contacts/{tag}/live").status_code == 404
    assert gia.person.email not in dag.get("/contacts")


def test_a_note_is_followed_and_a_request_accepted_only_while_one_may_speak(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    mona, note = place.moderator(cast.mona), dag.writes("To be followed")
    dag.done(f"/people/{gia.tag}/ask")
    mona.done(f"/desk/person/{gia.profile['id']}/mute")
    for path in (f"/notes/{note}/follow", f"/people/{dag.tag}/accept"):
        refused = gia.post(path)
        assert refused.status_code == 409
        assert "asked you to pause" in refused.text
    gia.done(f"/notes/{note}/unfollow")
    mona.done(f"/desk/person/{gia.profile['id']}/unmute")
    gia.done(f"/notes/{note}/follow")
    gia.done(f"/people/{dag.tag}/accept")


def test_the_directory_offers_no_country_that_nobody_comes_from(place: Place, dag: Guest) -> None:
    someone = place.delegate(replace(Cast().gia, country="MT"))
    someone.tells("country")
    assert '"MT"' in dag.get("/people")
    place.house.rows("DELETE FROM delegate WHERE person = ?", someone.profile["person"])
    assert '"MT"' not in dag.get("/people")


ROUNDS = 6


def test_whoever_is_erased_while_others_act_breaks_nothing(place: Place, dag: Guest, gia: Guest) -> None:
    """Each of these refers to somebody, who goes at that very moment."""
    for _ in range(ROUNDS):
        goes = place.delegate(Cast().sten)
        tag = goes.tag
        note, hers = goes.writes("Of whoever goes"), gia.writes("Of Gia")
        table = invites(gia, 50, seats=2)
        gia.done(f"/people/{tag}/ask")

        def acts(
            person: Person, *paths: str, **fields: str
        ) -> list[tuple[httpx.Client, str, dict[str, str]]]:
            return [(place.signed_in(person), path, fields) for path in paths]

        goings = [
            *acts(goes.person, "/leave", sure="yes"),
            *acts(goes.person, "/profile", name="Goes", listed="yes", line="Mornings"),
            *acts(goes.person, f"/notes/{hers}/follow", f"/notes/{hers}/me-too", f"/tables/{table}/seat"),
            *acts(goes.person, f"/notes/{hers}/replies", text="Once more"),
            *acts(goes.person, f"/people/{gia.tag}/accept"),
            *acts(dag.person, f"/people/{tag}/block"),
            *acts(dag.person, f"/report/person/{tag}", f"/report/note/{note}", reason="Look", block="yes"),
            *acts(gia.person, f"/notes/{note}/follow", f"/notes/{note}/me-too", f"/people/{tag}/ask"),
        ]
        with ThreadPoolExecutor(len(goings)) as pool:
            answers = list(pool.map(lambda act: act[0].post(PLACE + act[1], data=act[2]), goings))
        said = {path: answer.status_code for (_, path, _), answer in zip(goings, answers, strict=True)}
        assert all(status < 500 for status in said.values()), said
        assert said["/leave"] == 303
        assert not place.house.rows("SELECT id FROM profile WHERE tag = ?", tag)
        gia.done(f"/tables/{table}/cancel")
        assert not re.search(rf'"[^"]*{tag}[^"]*"', gia.get("/contacts"))
