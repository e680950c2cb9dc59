"""The door of the meeting place, its directory and its board, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.conftest import Houses
from tests.support.booking import book, words
from tests.support.cast import Cast
from tests.support.changes import Changing, sign_in
from tests.support.house import SCHOOL_REFUSAL, House
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.room import Room, room_in

SHOWABLE: dict[str, Any] = {
    "organisation": "Fjordskolen",
    "role": "Night watch",
    "languages": "suomi",
    "line": "Ask me about owls",
}


# Who may come in


def test_a_stranger_is_led_to_signing_in_and_a_delegate_comes_in(place: Place, dag: Guest) -> None:
    with place.house.client() as stranger:
        for path in ("", "/people", "/profile", "/live"):
            assert stranger.get(PLACE + path).headers["location"] == "/sign-in"
        assert stranger.post(f"{PLACE}/notes", data={"title": "Let me in"}).status_code == 401
    assert "Put up a note" in dag.get()


def test_a_lecturer_without_a_booking_signs_in_and_is_marked(
    houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    house = houses()
    file = tmp_path / "conference.toml"
    heyne = f'slug = "david-heyne"\nemail = "{cast.sten.email}"'
    file.write_text(SCHOOL_REFUSAL.read_text().replace('slug = "david-heyne"', heyne, 1))
    house.plenum("conference", "load", file)
    with place_in(house) as place, house.client(headers={"Accept": "text/html"}) as browser:
        dag = place.delegate(cast.dag)
        assert browser.get(f"{PLACE}/people").headers["location"] == "/sign-in"
        assert "opens no other door" in browser.get("/sign-in").text
        # Back to where one wanted to go, not to an empty page of bookings
        assert sign_in(house, browser, cast.sten) == f"{PLACE}/people"
        assert "As a lecturer you need no booking" in browser.get("/me").text
        assert 'value="David Heyne"' in browser.get(f"{PLACE}/profile").text
        browser.post(f"{PLACE}/profile", data={"name": "David Heyne", "listed": "yes"})
        [tag] = dag.finds("?lecturers=yes")
        assert 'href="/speakers/david-heyne">Lecturer' in dag.get(f"/people/{tag}")
        browser.post(f"{PLACE}/notes", data={"kind": "offer", "title": "My slides"})
        assert '<span class="badge">Lecturer</span>' in dag.get()


@pytest.mark.one_database
def test_signing_in_leads_to_pages_of_ours_only(house: House, cast: Cast, dag: Guest) -> None:
    for path in ("//example.org/", "/\\example.org", "https://example.org"):
        with house.client() as browser:
            browser.cookies.set("plenum_goal", quote(path, safe=""))
            assert sign_in(house, browser, cast.dag) == "/me"


def test_a_guest_of_the_questions_is_told_what_the_meeting_place_asks_for(house: House) -> None:
    with room_in(house) as room:
        browser = room.guest("Gia").client
        answer = browser.get(PLACE, headers={"Accept": "text/html"})
        assert answer.headers["location"] == "/sign-in"
        told = browser.get(answer.headers["location"]).text
        assert "A room code is for the questions alone" in told
        assert "/register" in told


def test_whoever_has_signed_in_but_is_no_delegate_is_told_for_whom_it_is(place: Place, cast: Cast) -> None:
    answer = place.signed_in(cast.sten).get(PLACE)
    assert answer.status_code == 403
    assert "for delegates, lecturers and the team" in answer.text


def test_a_booking_alone_proves_nobody(place: Place, cast: Cast, dag: Guest) -> None:
    """The cookie that a booking leaves shows that booking and opens no other door."""
    place.house.rows(
        "UPDATE sign_in SET booking = (SELECT max(id) FROM booking) WHERE person = ?", dag.profile["person"]
    )
    assert dag.client.get(PLACE).headers["location"] == "/sign-in"


def test_moderators_and_organisers_come_in_without_a_booking(place: Place, cast: Cast) -> None:
    assert "Put up a note" in place.moderator(cast.mona).get()
    olga = place.signed_in(cast.olga)
    place.house.rows("UPDATE person SET organiser = ? WHERE email = ?", True, cast.olga.email)
    assert olga.get(PLACE).status_code == 200


def test_whoever_gives_their_place_back_comes_in_no_more_and_is_not_listed(dag: Guest, gia: Guest) -> None:
    dag.tells()
    assert dag.tag in gia.finds("?q=Dag")
    dag.place.house.rows("DELETE FROM delegate WHERE person = ?", dag.profile["person"])
    assert dag.client.get(PLACE).status_code == 403
    assert dag.tag not in gia.finds("?q=Dag")
    assert gia.post(f"/people/{dag.tag}/ask").status_code == 404


# What is shown


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


# The board


@pytest.mark.one_database
def test_ones_own_entry_in_the_directory_leads_to_ones_profile(dag: Guest, gia: Guest) -> None:
    dag.tells("role")
    assert f"/meeting-place/people/{dag.tag}" in dag.get("/people")
    answer = dag.client.get(f"/meeting-place/people/{dag.tag}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/meeting-place/profile")
    assert gia.client.get(f"/meeting-place/people/{dag.tag}").status_code == 200


def test_words_of_ones_own_are_few_however_long_what_is_typed(dag: Guest) -> None:
    assert dag.writes("With long words", tags="a very long word of mine, " * 4 + "and another one")
    for tags in (", ".join("abcdef"), "a," * 20_000):
        answer = dag.post("/notes", title="With many", kind="seek", tags=tags)
        assert answer.status_code == 422
        assert "Please keep it to 5 words of your own." in answer.text


def test_a_note_stands_on_the_board_with_who_wrote_it(dag: Guest, gia: Guest) -> None:
    note = dag.writes(
        "A late start",
        "See https://example.org/late <b>now</b>.",
        "offer",
        themes=["school"],
        tags="Late Start, naps",
    )
    page = gia.get(f"/notes/{note}")
    assert 'href="https://example.org/late"' in page
    assert "&lt;b&gt;" in page
    assert dag.name in page
    assert gia.sees()[0] == note
    assert f'/people/{dag.tag}"' not in page  # not listed, so there is no page to lead to
    assert note in gia.sees("?theme=late-start")


@pytest.mark.parametrize(
    "query", ["kind=offer", "theme=gaming", "country=NO", "session=workshop", "q=hedgehogs"]
)
def test_filters_stand_in_the_address(dag: Guest, gia: Guest, query: str) -> None:
    dag.tells("country")
    fits = dag.writes("Hedgehog in class", "", "offer", themes=["gaming"], session="workshop")
    other = gia.writes("Something else", "", "idea", themes=["school"])
    found = gia.sees(f"?{query}")
    assert fits in found
    assert other not in found
    assert gia.sees("?whose=mine")[0] == other
    assert fits not in gia.sees("?whose=mine")


def test_notes_are_found_by_forms_of_words_slips_and_listed_names(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Returning pupils", "Parents worry about psychologists")
    for typed in ("returned pupil", "worrying", "psycholgist", "parent"):
        assert note in gia.sees(f"?q={typed}"), typed
    dag.tells(listed=False, name="Ragnfrid Ullensaker")
    assert note not in gia.sees("?q=Ullensaker")
    dag.tells(name="Ragnfrid Ullensaker")
    assert note in gia.sees("?q=Ulensaker")


def test_a_slip_is_known_in_another_form_of_the_word(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Orchards for gardeners", "They planted and gathered")
    for typed in ("orhcard", "orchrads", "gardner", "gardeneers", "gahter"):
        assert note in gia.sees(f"?q={typed}"), typed
    for typed in ("archery", "garment", "blanket"):
        assert note not in gia.sees(f"?q={typed}"), typed


def test_words_that_are_everywhere_do_not_count_but_names_do(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Ponies for schools", "They don’t mind")
    for typed in ("the ponies", "ponies and the schools", "a pony of yours", "don't ponies"):
        assert note in gia.sees(f"?q={typed}"), typed
    assert note not in gia.sees("?q=the ponies of Iceland")
    dag.tells(name="Will Do")
    for typed in ("will", "do", "Will Do", "wil"):
        assert dag.tag in gia.finds(f"?q={typed}"), typed


def test_words_that_are_everywhere_are_known_in_a_slip_and_told_to_say_little(dag: Guest, gia: Guest) -> None:
    note, other = dag.writes("Herself and zebras"), dag.writes("Herself, too")
    dag.done(f"/notes/{other}/withdraw")  # with which the word is not forgotten
    for typed in ("hersefl zebras", "herslef", "herself", "zebra"):
        assert note in gia.sees(f"?q={typed}"), typed
    dag.tells(name="Will Zebra")
    assert dag.tag in gia.finds("?q=willl")
    told = "says little by itself"
    for path in ("", "/people"):
        for typed in ("ourselves yourselves themselves", "???"):
            assert told in words(gia.get(f"{path}?q={typed}")), (path, typed)
        assert told not in words(gia.get(f"{path}?q=zzebrazz"))


def test_one_letter_is_a_word_and_two_begin_one(dag: Guest, gia: Guest) -> None:
    plan, fruit = dag.writes("Plan Q for absence"), dag.writes("Quinces in class")
    assert plan in gia.sees("?q=q")
    assert fruit not in gia.sees("?q=q")
    assert fruit in gia.sees("?q=qu")


@pytest.mark.one_database
def test_a_note_with_mistakes_keeps_what_was_typed_and_writes_nothing(dag: Guest) -> None:
    before = dag.sees()
    answer = dag.post(
        "/notes", title="", text="All of this", tags="a,b,c,d,e,f", session="no-such", kind="shout"
    )
    assert answer.status_code == 422
    assert "All of this" in answer.text
    for said in ("give it a title", "5 words", "session from the list", "what kind"):
        assert said in answer.text
    assert dag.sees() == before


def test_the_same_form_sent_twice_is_one_note_and_one_reply(dag: Guest, gia: Guest) -> None:
    assert dag.writes("Once", key="a-form") == dag.writes("Once", key="a-form")
    note = dag.sees()[0]
    for _ in range(2):
        gia.done(f"/notes/{note}/replies", text="Yes", key="another-form")
    assert "1 reply" in words(dag.get(f"/notes/{note}"))


def test_me_too_counts_each_once_and_can_be_taken_back(dag: Guest, gia: Guest, sten: Guest) -> None:
    note = dag.writes("Who else?")
    for someone in (gia, gia, sten):
        someone.done(f"/notes/{note}/me-too")
    assert 'data-votes="2"' in dag.get(f"/notes/{note}")
    sten.done(f"/notes/{note}/not-me-too")
    assert 'data-votes="1"' in dag.get(f"/notes/{note}")
    assert dag.post(f"/notes/{note}/me-too").status_code == 409  # to one's own


def test_only_the_author_changes_closes_and_takes_down(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Mine")
    assert gia.client.get(f"{PLACE}/notes/{note}/edit").status_code == 404
    assert gia.post(f"/notes/{note}", title="Taken over", kind="seek").status_code == 404
    for act in ("close", "open", "withdraw"):
        assert gia.post(f"/notes/{note}/{act}").status_code == 409
    dag.done(f"/notes/{note}", title="Still mine", kind="idea")
    assert "Still mine" in gia.get(f"/notes/{note}")
    dag.done(f"/notes/{note}/close")
    assert "Found each other" in gia.get(f"/notes/{note}")
    assert gia.post(f"/notes/{note}/replies", text="Too late?").status_code == 409
    dag.done(f"/notes/{note}/open")
    reply = gia.replies(note, "In time")
    assert dag.post(f"/replies/{reply}/withdrawal").status_code == 409
    gia.done(f"/replies/{reply}/withdrawal")
    assert "In time" not in dag.get(f"/notes/{note}")
    dag.done(f"/notes/{note}/withdraw")
    assert gia.client.get(f"{PLACE}/notes/{note}").status_code == 404
    assert note not in gia.sees()


def test_older_notes_are_a_page_away(dag: Guest, gia: Guest) -> None:
    first = dag.writes("The very first of many")
    profile = dag.profile["id"]
    for number in range(45):
        dag.place.house.rows(
            "INSERT INTO note (author, key, kind, title, text, themes, session, state, written_at)"
            " VALUES (?, ?, 'idea', ?, '', '', '', 'open', '2017-05-02 10:00:00+00:00')",
            *(profile, f"{profile}-{number}", f"Note {number}"),
        )
    newest = gia.sees("?kind=idea")
    assert first not in gia.sees()
    older = gia.sees(f"?before={gia.sees()[-1]}")
    assert first in older
    assert not set(older) & set(newest[:5])


def test_too_many_notes_at_once_are_kept_in_the_form(dag: Guest) -> None:
    for number in range(6):
        dag.writes(f"Note {number}")
    answer = dag.post("/notes", title="The seventh", kind="seek")
    assert answer.status_code == 429
    assert "The seventh" in answer.text
    assert "send it later" in answer.text


# From a question


def answered(house: House, text: str) -> int:
    """A question that everybody may read."""
    house.rows(
        "INSERT INTO question (panel, text, lecture, lecturer, name, source, author, link, state, reason, asked_at)"
        " SELECT id, ?, '', '', '', 'floor', '', '', 'answered', '', '2017-05-02 10:00:00+00:00'"
        " FROM panel WHERE slug = 'questions-and-answers'",
        text,
    )
    return int(house.rows("SELECT max(id) AS id FROM question")[0]["id"])


def test_a_question_becomes_a_note_and_each_steps_forward(
    place: Place, dag: Guest, gia: Guest, cast: Cast
) -> None:
    house = place.house
    question = answered(house, "What of sleep")
    assert "It does not say who asked" in dag.get(f"/from-question/{question}")
    first = dag.done(f"/from-question/{question}")
    assert gia.done(f"/from-question/{question}") == first
    dag.done(f"/from-question/{question}")
    page = gia.get(first.removeprefix(PLACE))
    assert "What of sleep" in page
    assert page.count('class="reply"') == 2
    house.rows("UPDATE question SET state = 'withdrawn' WHERE id = ?", question)
    assert dag.post(f"/from-question/{question}").status_code == 409


def test_a_question_that_is_not_taken_any_more_is_not_talked_about_either(
    place: Place, dag: Guest, gia: Guest, cast: Cast
) -> None:
    with room_in(place.house) as room:
        mona = room.moderator(cast.mona)
        question = room.listed(mona, f"About somebody’s child {dag.tag}")
        with gia.listening() as events:
            note = int(dag.done(f"/from-question/{question}").rsplit("/", 1)[1])
            next(data for name, data in events if name == "cards" and dag.tag in data)
            dag.done(
                "/tables",
                title=f"About somebody’s child {dag.tag}",
                note=str(note),
                place="table-2",
                starts="2017-11-08T19:20",
                minutes="15",
            )
            assert dag.tag in gia.get("/tables")
            assert mona.act(question, "next").is_success
            assert note in gia.sees(), "it is still read by everybody"
            declined = mona.act(question, "decline")
            gone = f'id="note-{note}" data-gone'
            next(data for name, data in events if name == "cards" and gone in data)
        assert note not in gia.sees()
        assert gia.client.get(f"{PLACE}/notes/{note}").status_code == 404
        assert dag.tag not in gia.get("/tables")
        assert gia.post(f"/from-question/{question}").status_code == 409
        assert mona.undo(declined.act).is_success
        assert note in gia.sees()
        assert dag.tag in gia.get("/tables")
        many = mona.decline_all([question], newest=room.row["revision"])
        assert note not in gia.sees()
        assert mona.undo(many.act).is_success
        assert note in gia.sees()
        for verb, is_there in (("return", True), ("return", False), ("approve", True)):
            assert mona.act(question, verb).is_success
            assert (note in gia.sees()) == is_there, verb


def test_words_that_were_returned_to_their_asker_are_not_talked_about_when_it_asks_in_others(
    room: Room, cast: Cast
) -> None:
    mona, asker = room.moderator(cast.mona), room.delegate(cast.sten)
    with place_in(room.house) as place:
        dag, gia = place.delegate(cast.dag), place.delegate(cast.gia)
        question = room.asked(asker, f"Unkind words {dag.tag}")
        assert mona.act(question, "approve").is_success
        note = int(dag.done(f"/from-question/{question}").rsplit("/", 1)[1])
        assert f"Unkind words {dag.tag}" in gia.get(f"/notes/{note}")
        assert mona.act(question, "return").is_success
        kinder = {"text": f"Kinder ones {gia.tag}"}
        assert asker.client.post(f"{asker.path}/questions/{question}", data=kinder).status_code == 303
        assert mona.act(question, "approve").is_success
        page = gia.get(f"/notes/{note}")
        assert f"Kinder ones {gia.tag}" in page
        assert f"Unkind words {dag.tag}" not in page
        assert gia.sees(f"?q={gia.tag}") == [note]
        assert gia.sees(f"?q={dag.tag}") == []


def test_whoever_may_not_speak_puts_up_no_note_from_a_question(place: Place, dag: Guest, cast: Cast) -> None:
    mona, question = place.moderator(cast.mona), answered(place.house, "What of breakfast")
    profile = dag.profile["id"]
    mona.done(f"/desk/person/{profile}/mute")
    assert dag.post(f"/from-question/{question}").status_code == 409
    assert place.house.rows("SELECT id FROM note WHERE question = ?", question) == []
    mona.done(f"/desk/person/{profile}/unmute")
    note = dag.done(f"/from-question/{question}").removeprefix(PLACE)
    mona.done(f"/desk{note.replace('notes', 'note')}/hide")
    assert dag.post(f"/from-question/{question}").status_code == 409


def test_whoever_has_stepped_back_can_step_forward_again(place: Place, dag: Guest, gia: Guest) -> None:
    question = answered(place.house, "What of lunch")
    note = dag.done(f"/from-question/{question}").removeprefix(PLACE)
    mine = place.house.rows("SELECT max(id) AS id FROM reply")[0]["id"]
    dag.done(f"/replies/{mine}/withdrawal")
    assert 'class="reply"' not in gia.get(note)
    for _ in range(2):
        dag.done(f"/from-question/{question}")
        page = gia.get(note)
        assert page.count('class="reply"') == 1
        assert "1 reply" in page


# Blocks


def test_blocked_people_do_not_see_or_reach_each_other_in_either_direction(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    for someone in (dag, gia):
        someone.tells()
    by_dag, by_gia, by_sten = dag.writes("By Dag"), gia.writes("By Gia"), sten.writes("By Sten")
    said = dag.replies(by_sten, "Dag was here"), gia.replies(by_sten, "Gia was here")
    dag.blocks(gia)
    for one, other, own, others in ((dag, gia, by_dag, by_gia), (gia, dag, by_gia, by_dag)):
        assert own in one.sees()
        assert others not in one.sees()
        assert others not in one.sees("?q=By")
        assert other.tag not in one.finds(f"?q={other.name}")
        assert one.client.get(f"{PLACE}/people/{other.tag}").status_code == 404
        assert one.client.get(f"{PLACE}/notes/{others}").status_code == 404
        assert one.post(f"/notes/{others}/replies", text="Hello?").status_code == 404
        assert one.post(f"/notes/{others}/me-too").status_code == 404
        page = words(one.get(f"/notes/{by_sten}"))
        assert f"{other.name.split()[0]} was here" not in page
        assert f"{one.name.split()[0]} was here" in page
        assert "1 reply" in page
    assert "2 replies" in words(sten.get(f"/notes/{by_sten}"))
    assert said[0] != said[1]
    assert gia.post(f"/people/{dag.tag}/unblock").status_code == 404  # it is Dag's to take back
    assert dag.name not in gia.get("/profile")
    dag.done(f"/people/{gia.tag}/unblock")
    assert by_dag in gia.sees()
    assert by_gia in dag.sees()


def test_the_me_too_of_the_blocked_is_counted_for_others_only(dag: Guest, gia: Guest, sten: Guest) -> None:
    note = sten.writes("Which both want")
    for one in (dag, gia):
        one.done(f"/notes/{note}/me-too")
    assert "Me too 2" in words(dag.get(f"/notes/{note}"))
    dag.blocks(gia)
    for one in (dag, gia):
        assert "Me too 1" in words(one.get(f"/notes/{note}"))
        assert f'data-note="{note}" data-state="open" data-votes="1"' in one.get()
    assert "Me too 2" in words(sten.get(f"/notes/{note}"))
    with gia.listening() as events, sten.listening() as to_sten:
        sten.replies(note, "Drawn anew")
        assert 'data-votes="1"' in _until(events, "Drawn anew")
        assert 'data-votes="2"' in _until(to_sten, "Drawn anew")


# Live


def test_notes_replies_and_me_toos_come_to_those_who_look(dag: Guest, gia: Guest) -> None:
    with gia.listening() as events:
        note = dag.writes("Comes by itself")
        assert f'data-note="{note}"' in _next_cards(events)
        reply = dag.replies(note, "And a word")
        assert f'data-reply="{reply}"' in _until(events, f'data-reply="{reply}"')
        dag.done(f"/notes/{note}/close")
        assert 'data-state="closed"' in _until(events, 'data-state="closed"')
        dag.done(f"/notes/{note}/withdraw")
        assert "data-gone" in _until(events, "data-gone")


def test_everybody_is_sent_the_same_bytes(dag: Guest, gia: Guest, sten: Guest) -> None:
    with gia.listening() as to_gia, sten.listening() as to_sten, dag.listening() as to_dag:
        dag.writes("The same for all")
        assert _next_cards(to_gia) == _next_cards(to_sten) == _next_cards(to_dag)


def test_what_was_missed_is_made_good_and_too_much_is_read_anew(dag: Guest, gia: Guest, place: Place) -> None:
    before = place.revision
    note = dag.writes("While Gia was in the lift")
    assert note in gia.sees()
    with gia.listening(after=before) as events:
        assert f'data-note="{note}"' in _next_cards(events)
    with gia.listening(after=999_999_999) as events:
        assert next(events)[0] == "stale"


def test_not_a_word_of_the_blocked_is_sent_from_the_moment_on(dag: Guest, gia: Guest, sten: Guest) -> None:
    note = sten.writes("Under which both write")
    with gia.listening() as events:
        dag.blocks(gia)
        assert "cards" not in [name for name, _ in events]  # her stream ends
    for one, other in ((dag, gia), (gia, dag)):
        with one.listening(after=0) as events:
            assert next(events)[0] == "stale"
            other.replies(note, f"Unheard by {one.name}")
            other.writes(f"Unseen by {one.name}")
            end = sten.writes(f"The end for {one.name}")
            heard = _until(events, f'data-note="{end}"')
            assert f"Unheard by {one.name}" not in heard
            assert f"Unseen by {one.name}" not in heard
            assert other.name not in heard


def _next_cards(events: Iterator[tuple[str, str]]) -> str:
    return next(data for name, data in events if name == "cards")


def _until(events: Iterator[tuple[str, str]], wanted: str) -> str:
    """Everything that comes until this does."""
    heard = ""
    for _, data in events:
        heard += data
        if wanted in heard:
            return heard
    raise AssertionError(f"The stream ended without {wanted}: {heard}")
