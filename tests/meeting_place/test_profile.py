"""What each says of themselves, and what others see of it, over HTTP."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.changes import Changing
from tests.support.meeting import PLACE, Guest, Place

SHOWABLE: dict[str, Any] = {
    "organisation": "Fjordskolen",
    "role": "Night watch",
    "languages": "suomi",
    "line": "Ask me about owls",
}


def test_nobody_is_listed_who_has_not_said_so(dag: Guest, gia: Guest) -> None:
    assert dag.tag not in gia.finds("?q=Dag")
    assert gia.client.get(f"{PLACE}/people/{dag.tag}").status_code == 404
    dag.tells()
    assert dag.tag in gia.finds("?q=Dag")
    assert gia.client.get(f"{PLACE}/people/{dag.tag}").status_code == 200
    dag.tells(listed=False)
    assert dag.tag not in gia.finds("?q=Dag")
    assert gia.client.get(f"{PLACE}/people/{dag.tag}").status_code == 404


@pytest.mark.parametrize("name", SHOWABLE)
def test_each_field_is_shown_by_its_own_consent_only(dag: Guest, gia: Guest, name: str) -> None:
    dag.tells(name, **SHOWABLE)
    page = words(gia.get(f"/people/{dag.tag}"))
    for field, value in SHOWABLE.items():
        assert (value in page) == (field == name), field
        assert (dag.tag in gia.finds(f"?q={value}")) == (field == name), field


def test_the_country_is_that_of_the_booking_and_cannot_be_made_up(dag: Guest, gia: Guest) -> None:
    dag.tells("country", country="FI")
    assert "Norway" in words(gia.get(f"/people/{dag.tag}"))
    assert dag.tag in gia.finds("?country=NO")
    assert dag.tag not in gia.finds("?country=FI")
    dag.tells()
    assert dag.tag not in gia.finds("?country=NO")
    assert "Norway" not in words(gia.get(f"/people/{dag.tag}"))


def test_a_profile_follows_the_booking_until_its_owner_says_more_and_the_country_always_does(
    gia: Guest, place: Place, cast: Cast
) -> None:
    with place.house.client() as browser:
        booking = book(browser, cast.dag)
        book(browser, replace(cast.gia, email=cast.dag.email))  # anybody may book for an address
    dag = Guest(place.signed_in(cast.dag), place, cast.dag)
    assert dag.client.post("/me/name", data={"name": cast.dag.name}).status_code == 303
    note = dag.writes("Signed with my name")
    change = partial(Changing, dag.client, f"{booking}/delegates/1")
    with gia.listening() as events:
        change().save(name="Dag Delås-Berg", organisation="Asker kommune")
        assert any("Dag Delås-Berg" in data for _, data in events)
    assert dag.profile["organisation"] == "Asker kommune"
    dag.tells("country", name="Dag D.", organisation="Mine to say")
    change().save(organisation="Bærum kommune", country="FI")
    signed = words(gia.get(f"/notes/{note}"))
    assert "Dag D." in signed
    assert "Finland" in signed
    assert (dag.profile["name"], dag.profile["organisation"]) == ("Dag D.", "Mine to say")
    mona = place.moderator(cast.mona)  # who came before she has booked
    with place.house.client() as browser:
        book(browser, replace(cast.mona, name="Somebody Else"))
    assert (mona.profile["name"], mona.profile["country"]) == (cast.mona.name, "NO")


def test_what_anybody_booked_somebody_as_is_shown_to_nobody_before_they_have_said_so(
    place: Place, gia: Guest, cast: Cast
) -> None:
    place.book_for(replace(cast.dag, name="Silly Billy"))
    dag = Guest(place.signed_in(cast.dag), place, cast.dag)
    html = {"Accept": "text/html"}
    assert dag.client.get(f"{PLACE}/people", headers=html).headers["location"] == "/me/name"
    assert dag.post("/notes", title="From whom?", kind="seek").status_code == 409
    asked = dag.client.get("/me/name").text
    assert 'value="Silly Billy"' in asked
    for wrong, why in (
        ("", "enter the name"),
        ("www.example.org", "address of a page"),
        ("x" * 81, "under 80"),
    ):
        refused = dag.client.post("/me/name", data={"name": wrong})
        assert refused.status_code == 422
        assert why in refused.text
    said = dag.client.post("/me/name", data={"name": cast.dag.name})
    assert said.headers["location"] == f"{PLACE}/people", "where he wanted to go"
    note = dag.writes("From whom?")
    dag.tells("organisation")
    assert dag.tag in gia.finds("?q=Delas")
    with gia.listening() as events:
        dag.client.post("/me/name", data={"name": "Dag Berg"})
        assert any("Dag Berg" in data for _, data in events)
    assert "Dag Berg" in words(gia.get(f"/notes/{note}"))
    assert dag.tag in gia.finds("?q=Berg")
    assert dag.tag not in gia.finds("?q=Delas")
    # What he says in his profile is his name in the panels, too.
    dag.tells(name="Dag D. Berg")
    assert "Dag D. Berg" in dag.client.get("/me").text


def test_nobody_takes_the_name_of_a_lecturer_or_of_the_team(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    mona = place.moderator(cast.mona)
    for taken in (
        cast.mona.name,
        "  mona   MAKESTAD.",
        "Måkestad, Mona",
        "Mona\u00adMåke-stad",
        "M\u043ena Måkestad",  # with a Cyrillic letter
        "Mona Måkestad (guest)",
        "Prof. Mona Måkestad, moderator",
        "Lidija Kolouh Söderlund",
    ):
        answer = dag.post("/profile", name=taken, line="Typed with care")
        assert answer.status_code == 422, taken
        assert "has this name" in answer.text
        assert "Typed with care" in answer.text
        assert dag.profile["name"] == dag.name
    mona.tells(name=cast.mona.name)  # it is hers
    dag.tells(name=f"{cast.mona.name} Delås")
    gia.tells(name=f"{cast.mona.name} Delås")  # two delegates may well be called the same
    # Anybody may book under any name: that makes it nobody's.
    place.house.rows("UPDATE delegate SET name = ? WHERE person = ?", cast.mona.name, dag.profile["person"])
    assert dag.post("/profile", name=cast.mona.name).status_code == 422


def test_a_telephone_and_an_address_are_on_no_page_of_others(dag: Guest, gia: Guest) -> None:
    dag.tells(*SHOWABLE, telephone="+47 99 88 77 66", **SHOWABLE)
    note = dag.writes("Where to reach me")
    for path in ("", "/people", f"/people/{dag.tag}", f"/notes/{note}"):
        page = gia.get(path)
        assert "99 88 77 66" not in page
        assert dag.person.email not in page
    assert "99 88 77 66" in dag.get("/profile")


@pytest.mark.one_database
def test_a_profile_with_mistakes_keeps_what_was_typed(dag: Guest) -> None:
    answer = dag.post("/profile", name="", line="x" * 200, telephone="none", role="Teacher of owls")
    assert answer.status_code == 422
    assert "Teacher of owls" in answer.text
    for said in ("enter the name", "under 160 characters", "digits only"):
        assert said in answer.text
    assert dag.profile["role"] == "Teacher"


def test_a_name_is_found_without_accents_and_misspelt(dag: Guest, gia: Guest) -> None:
    dag.tells("line", name="Lidija Kolouh-Söderlund Berg", line="Preventing school dropouts")
    for typed in ("Kolouh", "soderlund", "Sodrelund", "Koluoh", "lidja soderlund"):
        assert dag.tag in gia.finds(f"?q={typed}"), typed
    for typed in ("prevented", "prevention school", "dropout"):
        assert dag.tag in gia.finds(f"?q={typed}"), typed
    assert dag.tag not in gia.finds("?q=Magelungen")


@pytest.mark.one_database
def test_ones_own_entry_in_the_directory_leads_to_ones_profile(dag: Guest, gia: Guest) -> None:
    dag.tells("role")
    assert f"/meeting-place/people/{dag.tag}" in dag.get("/people")
    answer = dag.client.get(f"/meeting-place/people/{dag.tag}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/meeting-place/profile")
    assert gia.client.get(f"/meeting-place/people/{dag.tag}").status_code == 200
