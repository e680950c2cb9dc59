"""Reports, moderators and news of the meeting place, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.conftest import Houses
from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.house import NO_CERTIFICATES, SCHOOL_REFUSAL, House
from tests.support.mailbox import Servers, text_of
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.waiting import until


def unread(someone: Guest) -> int:
    found = re.search(r'data-unread="(\d+)"', someone.get("/people"))
    assert found
    return int(found[1])


def test_a_report_reaches_the_desk_with_what_it_is_about_live(dag: Guest, gia: Guest, mona: Guest) -> None:
    note = dag.writes("About Peter in my class", "He is eight")
    with mona.listening(path="/desk/live") as events:
        assert gia.post(f"/report/note/{note}", reason="This names a pupil.").status_code == 200
        heard = next(data for name, data in events if name == "reports" and "This names a pupil." in data)
    assert "He is eight" in heard
    dag.done(f"/notes/{note}", title="Changed quickly", kind="seek")
    page = words(mona.get("/desk"))
    assert "He is eight" in page  # as it was when it was reported
    assert gia.name in page


def test_the_desk_is_for_moderators(dag: Guest, mona: Guest) -> None:
    note = dag.writes("Stays")
    profile = dag.profile["id"]
    for path in ("/desk", "/desk/log", "/desk/live"):
        assert dag.client.get(PLACE + path).status_code == 403
    for path in (f"/desk/note/{note}/hide", f"/desk/person/{profile}/mute"):
        assert dag.post(path).status_code == 403
    assert mona.client.get(f"{PLACE}/desk").status_code == 200
    assert note in mona.sees()


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
        assert "More of Sten" in _until(to_mona, f'data-reply="{more}"')
        mona.done(f"/desk/note/{note}/hide")
        hidden = place.revision
        end = sten.writes("The end")
        heard = _until(to_dag, f'data-note="{end}"')
        assert "More of Sten" not in heard
        assert f'<li id="reply-{more}" data-gone>' in heard
    assert mona.client.get(f"{PLACE}/report/reply/{reply}").status_code == 404
    with mona.listening(after=hidden) as events:
        sten.tells()  # with a name, what one has written changes
        end = sten.writes("The very end")
        assert "Words of Sten" not in _until(events, f'data-note="{end}"')
    mona.done(f"/desk/note/{note}/show")
    assert "Words of Sten" in mona.get(f"/report/reply/{reply}")


def _until(events: Iterator[tuple[str, str]], wanted: str) -> str:
    """Everything that comes until this does."""
    heard = ""
    for _, data in events:
        heard += data
        if wanted in heard:
            return heard
    raise AssertionError(f"The stream ended without {wanted}: {heard}")


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


def test_the_muted_read_and_say_nothing_until_they_may_again(dag: Guest, gia: Guest, mona: Guest) -> None:
    note = gia.writes("Say something")
    profile = dag.profile["id"]
    for verb in ("mute-hour", "mute"):
        mona.done(f"/desk/person/{profile}/{verb}", says="A pause, please.")
        refused = dag.post(f"/notes/{note}/replies", text="This is kept")
        assert refused.status_code == 409
        assert "This is kept" in refused.text
        assert "asked you to pause" in refused.text
        assert dag.post("/notes", title="Neither", kind="seek").status_code == 409
        assert note in dag.sees()
    mona.done(f"/desk/person/{profile}/unmute")
    dag.replies(note, "Here again")


def test_closing_opening_and_being_in_the_hall_are_said_to_others(
    dag: Guest, gia: Guest, mona: Guest
) -> None:
    note, profile = dag.writes("Does anybody know"), dag.profile["id"]
    gia.done(f"/notes/{note}/follow")
    mona.done(f"/desk/person/{profile}/mute")
    assert dag.post(f"/notes/{note}/close").status_code == 409
    assert "has closed" not in words(gia.get("/notices"))
    assert dag.post("/here", here="yes").status_code == 409
    dag.done("/here", here="no")
    mona.done(f"/desk/person/{profile}/unmute")
    dag.done(f"/notes/{note}/close")
    assert "has closed" in words(gia.get("/notices"))
    dag.done("/here", here="yes")
    mona.done(f"/desk/person/{profile}/mute")
    assert dag.post(f"/notes/{note}/open").status_code == 409
    dag.done("/here", here="no")  # taken back at any time
    mona.done(f"/desk/person/{profile}/unmute")
    dag.done(f"/notes/{note}/open")


def test_whoever_may_not_speak_can_still_take_back_what_is_shown(dag: Guest, gia: Guest, mona: Guest) -> None:
    dag.tells("role", "line", role="Teacher", line="Mornings", telephone="+47 11 22 33 44")
    mona.done(f"/desk/person/{dag.profile['id']}/mute")
    refused = dag.post("/profile", name=dag.name, listed="yes", shown=["line"], role="", line="Evenings")
    assert refused.status_code == 409
    assert "asked you to pause" in refused.text
    assert "Evenings" in refused.text  # what was typed is kept
    kept = dag.profile
    assert (kept["line"], kept["role"], kept["telephone"]) == ("Mornings", "", "")
    assert (bool(kept["shows_line"]), bool(kept["shows_role"])) == (True, False)
    dag.tells(listed=False, line="Mornings")
    assert dag.tag not in gia.finds()
    assert dag.post("/profile", name=dag.name, listed="yes", line="Mornings").status_code == 409
    mona.done(f"/desk/person/{dag.profile['id']}/unmute")
    dag.tells()
    assert dag.tag in gia.finds()


def test_nothing_is_done_to_somebody_who_is_not_there(dag: Guest, mona: Guest) -> None:
    profile = dag.profile["id"]
    for verb in ("warn", "mute", "mute-hour", "unmute"):
        for nobody in (0, 999_999, 2**31 - 1, 2**31, 10**30):
            answer = mona.post(f"/desk/person/{nobody}/{verb}", says="To nobody")
            assert answer.status_code == 409, (verb, nobody)
            assert "not at the meeting place any more" in answer.text
        mona.done(f"/desk/person/{profile}/{verb}", says="To Dag")
    assert "To nobody" not in mona.get("/desk/log")


def test_an_hours_pause_ends_by_itself(dag: Guest, mona: Guest) -> None:
    profile = dag.profile["id"]
    mona.done(f"/desk/person/{profile}/mute-hour")
    assert dag.post("/notes", title="Too soon", kind="seek").status_code == 409
    mona.place.house.rows(
        "UPDATE profile SET muted_until = ? WHERE id = ?", "2017-05-02 07:00:00+00:00", profile
    )
    dag.writes("An hour later")


def test_a_warning_is_read_by_whom_it_is_for_and_by_nobody_else(dag: Guest, gia: Guest, mona: Guest) -> None:
    assert mona.post(f"/desk/person/{dag.profile['id']}/warn", says=" ").status_code == 409
    mona.done(f"/desk/person/{dag.profile['id']}/warn", says="No names of pupils, please.")
    assert "No names of pupils, please." in dag.get("/notices")
    assert "No names of pupils, please." not in gia.get("/notices")


def test_a_report_keeps_no_words_of_whoever_has_erased_themselves(
    dag: Guest, gia: Guest, mona: Guest, place: Place, cast: Cast
) -> None:
    sten, house = place.delegate(cast.sten), place.house
    note, other = dag.writes("Words of Dag"), sten.writes("Words of Sten")
    said = f"Dag {dag.tag} wrote this"
    gia.post(f"/report/note/{note}", reason=said)
    gia.post(f"/report/note/{other}", reason="Said by Gia of Sten")
    gia.post(f"/report/person/{dag.tag}", reason="And more of Dag")
    numbers = [row["id"] for row in house.rows("SELECT id FROM report ORDER BY id DESC LIMIT 3")][::-1]

    def kept() -> list[tuple[str, str]]:
        rows = house.rows("SELECT * FROM report WHERE id >= ? ORDER BY id", numbers[0])
        return [(row["reason"], row["context"]) for row in rows if row["id"] in numbers]

    assert kept()[1] == ("Said by Gia of Sten", "Words of Sten")
    with mona.listening(path="/desk/live") as events:
        next(data for name, data in events if name == "reports" and "And more of Dag" in data)
        dag.done("/leave", sure="yes")
        desk = next(data for name, data in events if name == "reports" and "And more of Dag" not in data)
    assert "Words of Dag" not in desk
    assert said not in desk
    assert "Said by Gia of Sten" in desk
    assert kept() == [("", ""), ("Said by Gia of Sten", "Words of Sten"), ("", "")]
    assert gia.client.post("/me/erasure", data={"sure": "yes"}).status_code == 200
    assert kept() == [("", ""), ("", "Words of Sten"), ("", "")]
    desk = mona.get("/desk")
    for number in numbers:
        assert f'id="report-{number}"' in desk  # that something was reported stays
        mona.done(f"/desk/report/{number}/close")


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


def test_a_request_is_reported_with_its_words(dag: Guest, gia: Guest, mona: Guest) -> None:
    gia.done(f"/people/{dag.tag}/ask", text="Words of a request")
    path = f"/report/request/{gia.tag}"
    assert f'href="{PLACE}{path}"' in dag.get("/contacts")
    assert "Words of a request" in dag.get(path)
    assert dag.post(path, reason="This is unkind").status_code == 200
    assert "A request to become contacts: Words of a request" in mona.get("/desk")
    for tag in (mona.tag, "x" * 16, "1"):
        assert dag.client.get(f"{PLACE}/report/request/{tag}").status_code == 404
    assert mona.client.get(f"{PLACE}{path}").status_code == 404
    assert dag.post(path, block="yes").status_code == 200
    assert dag.client.get(f"{PLACE}{path}").status_code == 404


def test_what_was_reported_is_read_whole_at_the_desk(dag: Guest, gia: Guest, mona: Guest) -> None:
    note = dag.writes("Long", "word " * 300 + "and the end of it")
    gia.post(f"/report/note/{note}", reason="Read it to its end")
    dag.done(f"/notes/{note}/withdraw")
    card = mona.get("/desk").partition("Read it to its end")[2].partition("</section>")[0]
    shortened, _, whole = card.partition("Read all of it")
    assert "and the end of it" not in shortened
    assert "and the end of it" in whole
    assert mona.client.get(f"{PLACE}/desk/notes/{note}").status_code == 404  # taken down


def test_moderators_read_from_the_desk_what_is_hidden_and_by_whoever_has_blocked_them(
    dag: Guest, gia: Guest, mona: Guest
) -> None:
    note = dag.writes("Words of Dag")
    reply = gia.replies(note, "Words of Gia")
    leads = dag.done(
        "/tables", title="Table of Dag", place="table-6", starts="2017-11-08T06:30", minutes="15"
    )
    table = int(leads.rsplit("/", 1)[1])
    gia.done(f"/tables/{table}/seat")
    for path in (f"/report/note/{note}", f"/report/table/{table}"):
        assert gia.post(path, reason="Look").status_code == 200
    dag.blocks(mona)
    gia.blocks(mona)
    mona.done(f"/desk/reply/{reply}/hide")
    for path in (f"/notes/{note}", f"/tables/{table}"):
        assert mona.client.get(PLACE + path).status_code == 404
    desk = mona.get("/desk")
    of_note, of_table = f"/desk/notes/{note}", f"/desk/tables/{table}"
    for path in (of_note, of_table):
        assert f'href="{PLACE}{path}"' in desk
        assert dag.client.get(PLACE + path).status_code == 403
    page = mona.get(of_note)
    assert "Words of Dag" in page
    assert "Words of Gia" in page
    assert f'action="{PLACE}/desk/reply/{reply}/show"' in page
    mona.done(f"/desk/note/{note}/hide")
    assert f'action="{PLACE}/desk/note/{note}/show"' in mona.get(of_note)
    page = mona.get(of_table)
    for said in ("Table of Dag", gia.name):
        assert said in page
    for path in ("/desk/notes/", "/desk/tables/"):
        for nothing in (0, 2**31 - 1, 2**31, 10**30):
            assert mona.client.get(f"{PLACE}{path}{nothing}").status_code == 404
    mona.done(f"/desk/table/{table}/hide")


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


def test_two_moderators_close_a_report_once(dag: Guest, gia: Guest, mona: Guest) -> None:
    note = dag.writes("Reported once")
    gia.post(f"/report/note/{note}", reason="Only once")
    report = mona.place.house.rows("SELECT max(id) AS id FROM report")[0]["id"]
    assert f'id="report-{report}"' in mona.get("/desk")
    mona.done(f"/desk/report/{report}/close")
    assert mona.post(f"/desk/report/{report}/close").status_code == 409
    assert f'id="report-{report}"' not in mona.get("/desk")


def test_one_can_report_and_block_at_once_and_has_to_say_either(dag: Guest, gia: Guest) -> None:
    note = dag.writes("To be blocked for")
    assert gia.post(f"/report/note/{note}", reason="").status_code == 422
    assert note in gia.sees()
    assert gia.post(f"/report/note/{note}", reason="", block="yes").status_code == 200
    assert note not in gia.sees()
    assert gia.client.get(f"{PLACE}/report/note/{note}").status_code == 404
    assert gia.client.get(f"{PLACE}/report/person/{dag.tag}").status_code == 404


def test_an_open_stream_ends_with_the_right_to_it(
    dag: Guest, gia: Guest, mona: Guest, place: Place, cast: Cast
) -> None:
    gia.done(f"/people/{dag.tag}/ask")
    dag.done(f"/people/{gia.tag}/accept")
    for path in ("/live", "/tables/live", f"/contacts/{gia.tag}/live"):
        with dag.listening(path=path) as his, gia.listening() as hers:
            assert dag.client.post("/sign-out").status_code == 303
            list(his)  # to its end
            gia.writes("For who is still signed in")
            next(data for name, data in hers if name == "cards" and "For who is still" in data)
        assert dag.client.get(PLACE + path).headers["location"].startswith("/sign-in")
        dag.client = place.signed_in(cast.dag)
    with mona.listening(path="/desk/live") as hers:
        place.house.plenum("moderator", "remove", cast.mona.email, "--panel", "meeting-place")
        list(hers)
    assert mona.client.get(f"{PLACE}/live").status_code == 403


def test_followers_are_told_of_replies_and_closings_and_the_bell_rings_live(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Tell me more")
    assert unread(dag) == 0
    with dag.listening() as events:
        gia.replies(note, "More")
        assert any(name == "bell" and 'data-unread="1"' in data for name, data in events)
    gia.done(f"/notes/{note}/me-too")
    assert unread(dag) == 2
    news = words(dag.get("/notices"))
    assert f"{gia.name} has replied" in news
    assert f"{gia.name} says “me too”" in news
    number = re.findall(r"/notices/(\d+)/read", dag.get("/notices"))[0]
    assert gia.post(f"/notices/{number}/read").status_code == 404
    assert dag.done(f"/notices/{number}/read") == f"{PLACE}/notes/{note}"
    assert unread(dag) == 1
    dag.done("/notices/read")
    assert unread(dag) == 0
    dag.done(f"/notes/{note}/close")
    assert "they found each other" in gia.get("/notices")
    assert unread(dag) == 0  # one is not told what one has done


def test_who_does_not_follow_is_told_nothing(dag: Guest, gia: Guest, place: Place, cast: Cast) -> None:
    note = dag.writes("Quiet please")
    dag.done(f"/notes/{note}/unfollow")
    gia.replies(note, "Hello?")
    assert unread(dag) == 0


def test_news_of_somebody_blocked_is_withdrawn_and_none_comes(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    sten = place.delegate(cast.sten)
    note = sten.writes("Under which both write")
    dag.done(f"/notes/{note}/follow")
    gia.replies(note, "Before")
    assert unread(dag) == 1
    gia.blocks(dag)
    assert unread(dag) == 0
    gia.replies(note, "After")
    assert unread(dag) == 0
    assert gia.name not in dag.get("/notices")
    assert unread(sten) == 2


def test_a_note_of_somebody_blocked_is_news_no_more_whoever_replies(
    dag: Guest, gia: Guest, place: Place, cast: Cast
) -> None:
    sten = place.delegate(cast.sten)
    note, by_sten = gia.writes("Words of Gia"), sten.writes("Words of Sten")
    for followed in (note, by_sten):
        dag.done(f"/notes/{followed}/follow")
    sten.replies(note, "Before")
    assert unread(dag) == 1
    assert "Words of Gia" in dag.get("/notices")
    dag.blocks(gia)
    assert unread(dag) == 0
    sten.replies(note, "After")
    assert unread(dag) == 0
    assert "Words of Gia" not in dag.get("/notices")
    dag.done(f"/people/{gia.tag}/unblock")
    sten.replies(note, "Once more")
    assert unread(dag) == 0  # whoever wants to follow again says so again
    sten.done(f"/notes/{by_sten}/close")
    assert unread(dag) == 1


def test_a_moderator_of_the_meeting_place_is_appointed_by_command(place: Place, cast: Cast) -> None:
    olga = place.signed_in(cast.olga)
    assert olga.get(f"{PLACE}/desk").status_code == 403
    place.house.plenum("moderator", "add", cast.olga.email, "--panel", "meeting-place")
    assert olga.get(f"{PLACE}/desk").status_code == 200
    place.house.plenum("moderator", "remove", cast.olga.email, "--panel", "meeting-place")
    assert olga.get(f"{PLACE}/desk").status_code == 403


def test_in_the_morning_each_is_written_what_they_have_not_read(
    houses: Houses, servers: Servers, database: str, cast: Cast, tmp_path: Path
) -> None:
    server = servers()
    house = houses(database, workers=2, PLENUM_NOW="2017-05-02T06:30", SMTP_URL=server.url)
    with place_in(house) as place:
        mona = place.moderator(cast.mona)
        dag, gia, sten, bea, away = (
            place.delegate(person) for person in (cast.dag, cast.gia, cast.sten, Cast().dag, Cast().dag)
        )
        sten.tells()  # without “write to me once a day”
        for author in (dag, sten, gia, mona, bea, away):
            note = author.writes("Owls & larks")
            if author is not gia:
                gia.replies(note, "Not for the mail")
        hidden = dag.writes("Not kind at all")
        gia.replies(hidden, "Indeed")
        mona.done(f"/desk/note/{hidden}/hide")
        late = dag.writes("Hidden on the way")
        gia.replies(late, "Indeed")
        bea.blocks(gia)
        house.rows("DELETE FROM delegate WHERE person = ?", away.profile["person"])

        # A rehearsal writes to the team alone, however often, and leaves nothing behind.
        for rehearsed in ([mona.person.email], [mona.person.email] * 2):
            house.plenum("clock", f"2017-05-02T07:0{len(rehearsed)}")
            until(partial(lambda expected: letters(house) == expected, rehearsed))
        assert house.rows("SELECT news_sent_at FROM meeting") == [{"news_sent_at": None}]

        # The real morning, also after a clock that was wrong, and days without any mail.
        house.plenum("conference", "load", where_it_is_noon(tmp_path))
        now = datetime.now(UTC)
        house.rows("UPDATE meeting SET news_sent_at = ?", instant(house, now + timedelta(days=400)))
        house.rows("UPDATE notice SET at = ?", instant(house, now - timedelta(days=3)))
        server.puts_off = [dag.person.email] * 2
        house.plenum("clock", "real")
        until(lambda: not server.puts_off)
        mona.done(f"/desk/note/{late}/hide")  # before the third attempt, five seconds later
        [mail] = server.to(dag.person.email)
        assert sorted(letters(house)[2:]) == sorted([dag.person.email, mona.person.email])
        said = text_of(mail)
        assert f"{gia.name} has replied to “Owls & larks”" in said
        assert "/meeting-place/notices" in said
        for unsaid in ("Not for the mail", "Not kind at all", "Hidden on the way", "Indeed"):
            assert unsaid not in said + text_of(mail, "html")

        # Mail programs stop it with one request; whoever only looks stops nothing.
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = re.sub(r"^<https?://[^/]+|>$", "", mail["List-Unsubscribe"])
        assert link in said
        with httpx.Client(base_url=house.url, trust_env=False, verify=NO_CERTIFICATES) as program:
            assert "Stop these mails?" in program.get(link).text
            assert dag.profile["by_mail"]
            assert program.post(f"{link}x", data={"List-Unsubscribe": "One-Click"}).status_code == 404
            assert dag.profile["by_mail"]
            for stopped in (
                program.post(link, data={"List-Unsubscribe": "One-Click"}),
                program.post(link, files={"List-Unsubscribe": "One-Click"}),
            ):
                assert stopped.status_code == 200
                assert "No more mails with news" in stopped.text
                assert not dag.profile["by_mail"]


def letters(house: House) -> list[str]:
    """To whom news was mailed, in their order."""
    rows = house.rows("SELECT recipient FROM outgoing_mail WHERE template = 'news' ORDER BY id")
    return [row["recipient"] for row in rows]


def instant(house: House, at: datetime) -> object:
    """In the words that the application itself writes an instant in."""
    return at if house.database == "postgresql" else at.isoformat(sep=" ")


def where_it_is_noon(folder: Path) -> Path:
    """The conference in a zone where it is about noon at this moment, so that this morning is over."""
    ahead = 12 - datetime.now(UTC).hour
    file = folder / "noon.toml"
    zone = f"Etc/GMT{-ahead:+d}"  # whose signs are the other way round
    file.write_text(SCHOOL_REFUSAL.read_text().replace("Europe/Copenhagen", zone if ahead else "Etc/GMT"))
    return file
