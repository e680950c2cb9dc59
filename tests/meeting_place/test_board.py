"""The board, over HTTP and live."""

from __future__ import annotations

import pytest

from tests.support.booking import words
from tests.support.meeting import PLACE, Guest, Place, heard_until, next_cards


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


def test_notes_replies_and_me_toos_come_to_those_who_look(dag: Guest, gia: Guest) -> None:
    with gia.listening() as events:
        note = dag.writes("Comes by itself")
        assert f'data-note="{note}"' in next_cards(events)
        reply = dag.replies(note, "And a word")
        assert f'data-reply="{reply}"' in heard_until(events, f'data-reply="{reply}"')
        dag.done(f"/notes/{note}/close")
        assert 'data-state="closed"' in heard_until(events, 'data-state="closed"')
        dag.done(f"/notes/{note}/withdraw")
        assert "data-gone" in heard_until(events, "data-gone")


def test_everybody_is_sent_the_same_bytes(dag: Guest, gia: Guest, sten: Guest) -> None:
    with gia.listening() as to_gia, sten.listening() as to_sten, dag.listening() as to_dag:
        dag.writes("The same for all")
        assert next_cards(to_gia) == next_cards(to_sten) == next_cards(to_dag)


def test_what_was_missed_is_made_good_and_too_much_is_read_anew(dag: Guest, gia: Guest, place: Place) -> None:
    before = place.revision
    note = dag.writes("While Gia was in the lift")
    assert note in gia.sees()
    with gia.listening(after=before) as events:
        assert f'data-note="{note}"' in next_cards(events)
    with gia.listening(after=999_999_999) as events:
        assert next(events)[0] == "stale"
