"""What is hidden, erased or taken back goes from every screen, and is told to nobody again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place, heard_until
from tests.support.waiting import until


def test_what_is_hidden_goes_from_every_screen_and_its_author_is_told(
    dag: Guest, gia: Guest, mona: Guest
) -> None:
    note = gia.writes("A kind note")
    reply = dag.replies(note, "An unkind word")
    with gia.listening() as events:
        mona.done(f"/desk/reply/{reply}/hide", says="Please stay kind.")
        data = next(data for name, data in events if name == "cards")
        assert f'<li id="reply-{reply}" data-gone>' in data
    assert "An unkind word" not in gia.get(f"/notes/{note}")
    assert "0 replies" in words(gia.get(f"/notes/{note}"))
    assert "Please stay kind." in dag.get("/notices")
    assert mona.post(f"/desk/reply/{reply}/hide").status_code == 409
    mona.done(f"/desk/reply/{reply}/show")
    assert "An unkind word" in gia.get(f"/notes/{note}")
    mona.done(f"/desk/note/{note}/hide")
    assert dag.client.get(f"{PLACE}/notes/{note}").status_code == 404
    assert gia.post(f"/notes/{note}/open").status_code == 404
    log = words(mona.get("/desk/log"))
    assert f"{mona.name} has hidden what was written by {dag.name}" in log
    assert f"{mona.name} has shown again what was written by {dag.name}" in log


def test_a_reply_is_read_by_those_only_who_may_read_its_note(
    dag: Guest, gia: Guest, mona: Guest, place: Place, cast: Cast
) -> None:
    sten = place.delegate(cast.sten)
    note = gia.writes("Words of Gia")
    reply = sten.replies(note, "Words of Sten")
    assert "Words of Sten" in dag.get(f"/report/reply/{reply}")
    dag.blocks(gia)
    assert dag.client.get(f"{PLACE}/report/reply/{reply}").status_code == 404
    assert "Words of Sten" in mona.get(f"/report/reply/{reply}")
    with dag.listening() as to_dag, mona.listening() as to_mona:
        more = sten.replies(note, "More of Sten")
        assert "More of Sten" in heard_until(to_mona, f'data-reply="{more}"')
        mona.done(f"/desk/note/{note}/hide")
        hidden = place.revision
        end = sten.writes("The end")
        heard = heard_until(to_dag, f'data-note="{end}"')
        assert "More of Sten" not in heard
        assert f'<li id="reply-{more}" data-gone>' in heard
    assert mona.client.get(f"{PLACE}/report/reply/{reply}").status_code == 404
    with mona.listening(after=hidden) as events:
        sten.tells()  # with a name, what one has written changes
        end = sten.writes("The very end")
        assert "Words of Sten" not in heard_until(events, f'data-note="{end}"')
    mona.done(f"/desk/note/{note}/show")
    assert "Words of Sten" in mona.get(f"/report/reply/{reply}")


def test_what_is_hidden_or_erased_is_not_told_to_those_who_come_back(
    dag: Guest, gia: Guest, mona: Guest, place: Place, cast: Cast
) -> None:
    before = place.revision
    with gia.listening() as events:
        note = dag.writes("Words to be hidden")
        next(data for name, data in events if name == "cards" and "Words to be hidden" in data)
        with gia.listening(after=before) as again:
            assert "Words to be hidden" in _of_the_board(again), (
                "as long as it is there, who was away is told"
            )
        shown = place.revision
        mona.done(f"/desk/note/{note}/hide")
        next(data for name, data in events if name == "cards" and "data-gone" in data)

    def told(after: int) -> str:
        with gia.listening(after=after) as again:
            return _of_the_board(again)

    # Whichever worker answers: each hears of it in a moment.
    until(lambda: "Words to be hidden" not in told(before))
    until(lambda: f'id="note-{note}" data-gone' in told(shown))

    sten, before = place.delegate(cast.sten), place.revision
    with gia.listening() as events:
        sten.replies(dag.writes("Stays"), "Under a name")
        next(data for name, data in events if name == "cards" and sten.name in data)
        sten.done("/leave", sure="yes")
        next(data for name, data in events if name == "cards" and "A delegate" in data)
    until(lambda: sten.name not in told(before))


@pytest.mark.parametrize("unlisted", [False, True])
def test_what_somebody_has_taken_back_of_themselves_is_not_told_to_those_who_come_back(
    dag: Guest, gia: Guest, place: Place, unlisted: bool
) -> None:
    said = 'data-country="NO"' if not unlisted else f'href="/meeting-place/people/{dag.tag}"'
    dag.tells("country")
    before = place.revision
    with gia.listening() as events:
        note = dag.writes("What I say of myself")
        next(data for name, data in events if name == "cards" and said in data)
        gia.done(f"/notes/{note}/me-too")
        next(data for name, data in events if name == "cards" and 'data-votes="1"' in data)
        with gia.listening(after=before) as again:
            assert said in _of_the_board(again), "another card of the same is no reason to forget"
        dag.tells(*(["country"] if unlisted else []), listed=not unlisted)
        next(data for name, data in events if name == "cards" and said not in data)

    def told() -> str:
        with gia.listening(after=before) as again:
            return _of_the_board(again)

    assert until(lambda: said not in told()), "another worker hears of it a moment later"


def test_the_list_of_tables_follows_the_name_of_who_invites(dag: Guest, gia: Guest) -> None:
    dag.done("/tables", title="By another name", place="table-5", starts="2017-11-08T05:00", minutes="15")
    with gia.listening(path="/tables/live") as events:
        next(data for name, data in events if name == "tables" and f"{dag.name} invites" in data)
        dag.done("/profile", name="Dag D.")
        next(data for name, data in events if name == "tables" and "Dag D. invites" in data)


def _of_the_board(events: Iterator[tuple[str, str]]) -> str:
    """The first that a page is told of the board: another worker may hear of it a moment later."""
    return next(data for name, data in events if name in ("cards", "stale"))


def test_moderators_hide_a_profile_until_it_may_be_shown_again(
    dag: Guest, gia: Guest, mona: Guest, place: Place
) -> None:
    gia.tells("line", "country", line="Zzunkind to everybody")
    profile, note = gia.profile["id"], gia.writes("Of Gia")
    assert dag.post(f"/report/person/{gia.tag}", reason="Look at this line").status_code == 200
    hide, show = (f"/desk/person/{profile}/{verb}" for verb in ("hide", "show"))
    assert f'formaction="{PLACE}{hide}"' in mona.get("/desk")
    assert dag.post(hide).status_code == 403
    with dag.listening() as events:
        mona.done(hide, says="Please stay kind.")
        card = next(data for name, data in events if name == "cards" and f'data-note="{note}"' in data)
    assert 'data-country="IT"' not in card
    assert f"/people/{gia.tag}" not in card
    assert mona.post(hide).status_code == 409
    assert f'formaction="{PLACE}{show}"' in mona.get("/desk")
    assert f"{mona.name} has hidden the profile of {gia.name}" in words(mona.get("/desk/log"))
    for query in ("", "?q=zzunkind"):
        assert gia.tag not in dag.finds(query)
    assert dag.client.get(f"{PLACE}/people/{gia.tag}").status_code == 404
    assert "A moderator has hidden your profile" in words(gia.get("/notices"))
    assert "Please stay kind." in gia.get("/notices")
    refused = gia.post("/profile", name=gia.name, listed="yes", shown=["line"], line="Zzkind now")
    assert refused.status_code == 409
    assert "shown to nobody" in refused.text
    assert gia.profile["line"] == "Zzkind now"  # is kept
    assert gia.tag not in dag.finds()
    gia.done("/leave", sure="yes")
    assert gia.post("/profile", name=gia.name, listed="yes").status_code == 409, "leaving lifts nothing"
    assert not place.house.rows("SELECT id FROM spelling WHERE word LIKE ?", "zzkind%")
    show = f"/desk/person/{gia.profile['id']}/show"
    mona.done(show)
    assert mona.post(show).status_code == 409
    gia.tells("line", line="Kind now")
    assert gia.tag in dag.finds()
    assert "You may show your profile again" in words(gia.get("/notices"))


def test_what_is_shown_again_is_as_it_was_before(dag: Guest, gia: Guest, mona: Guest) -> None:
    notes = {"closed": dag.writes("Found each other"), "open": dag.writes("Still looking")}
    dag.done(f"/notes/{notes['closed']}/close")
    for state, note in notes.items():
        for _ in range(2):
            mona.done(f"/desk/note/{note}/hide")
            assert gia.client.get(f"{PLACE}/notes/{note}").status_code == 404
            mona.done(f"/desk/note/{note}/show")
            assert f'data-state="{state}"' in gia.get(f"/notes/{note}")
    assert gia.post(f"/notes/{notes['closed']}/replies", text="Too late").status_code == 409
    dag.done(f"/notes/{notes['closed']}/open")
    mona.done(f"/desk/note/{notes['closed']}/hide")
    mona.done(f"/desk/note/{notes['closed']}/show")
    gia.replies(notes["closed"], "In time")
