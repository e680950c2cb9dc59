"""Reports, and what moderators do about them, over HTTP."""

from __future__ import annotations

from datetime import datetime

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, Place


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


def test_a_moderator_of_the_meeting_place_is_appointed_by_command(place: Place, cast: Cast) -> None:
    olga = place.signed_in(cast.olga)
    assert olga.get(f"{PLACE}/desk").status_code == 403
    place.house.plenum("moderator", "add", cast.olga.email, "--panel", "meeting-place")
    assert olga.get(f"{PLACE}/desk").status_code == 200
    place.house.plenum("moderator", "remove", cast.olga.email, "--panel", "meeting-place")
    assert olga.get(f"{PLACE}/desk").status_code == 403


def instant(house: House, at: datetime) -> object:
    """In the words that the application itself writes an instant in."""
    return at if house.database == "postgresql" else at.isoformat(sep=" ")
