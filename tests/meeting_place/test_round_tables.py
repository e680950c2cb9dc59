"""Round tables: seats, queues, calendars and the screen in the foyer, over HTTP."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from icalendar import Calendar

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place
from tests.support.round_tables import free_time, invites, invites_few, row_of


def test_fifty_delegates_race_for_a_table_of_eight(place: Place, dag: Guest) -> None:
    table = invites(dag)
    dag.done(f"/tables/{table}/leave")
    people = [place.delegate(Cast().gia) for _ in range(50)]
    with ThreadPoolExecutor(25) as pool:
        list(pool.map(lambda one: one.done(f"/tables/{table}/seat"), [*people, *people[:10]]))
    seats = place.house.rows("SELECT * FROM seat WHERE round_table = ? ORDER BY id", table)
    assert len(seats) == 50
    assert [bool(seat["seated"]) for seat in seats] == [True] * 8 + [False] * 42
    assert (row_of(dag, table)["taken"], row_of(dag, table)["waiting"]) == (8, 42)
    by_profile = {one.profile["id"]: one for one in people}
    ninth = by_profile[seats[8]["profile"]]
    assert "You are number 1 in the queue" in words(ninth.get(f"/tables/{table}"))
    # Those who sit leave while those who wait give up: the queue moves up in its order, and nobody is lost.
    leaving = [by_profile[seat["profile"]] for seat in (*seats[:4], *seats[20:30])]
    with ThreadPoolExecutor(14) as pool:
        list(pool.map(lambda one: one.done(f"/tables/{table}/leave"), leaving))
    left = place.house.rows("SELECT * FROM seat WHERE round_table = ? ORDER BY id", table)
    assert [bool(seat["seated"]) for seat in left] == [True] * 8 + [False] * 28
    assert (row_of(dag, table)["taken"], row_of(dag, table)["waiting"]) == (8, 28)
    assert "A seat has become free, and it is yours" in ninth.get("/notices")


def test_a_table_is_laid_with_the_first_seat_for_its_host(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Schools that begin at ten")
    assert "Schools that begin at ten" in dag.get(f"/tables/new?note={note}")
    table = invites(dag, "Over a coffee", note=str(note))
    page = words(gia.get(f"/tables/{table}"))
    assert "Table 4" in page
    assert "7 of 8 seats left" in page
    assert f"{dag.name} invites" in page
    assert f'/meeting-place/notes/{note}"' in gia.get(f"/tables/{table}")
    assert gia.post(f"/tables/{table}/cancel").status_code == 409


@pytest.mark.one_database
def test_a_table_with_mistakes_keeps_what_was_typed(dag: Guest) -> None:
    answer = dag.post("/tables", title="Kept as typed", place="table-99", starts="soon", minutes="7")
    assert answer.status_code == 422
    for said in ("Kept as typed", "one of the tables", "day and a time", "how long"):
        assert said in answer.text
    for starts, said in (
        ("2017-12-24T12:00", "conference’s days"),
        ("2017-05-01T12:00", "conference’s days"),
    ):
        refused = dag.post("/tables", title="When", place="table-4", starts=starts, minutes="15")
        assert refused.status_code == 422
        assert said in refused.text


def test_one_table_is_not_laid_twice_at_a_time(dag: Guest, gia: Guest) -> None:
    starts = free_time()
    invites(dag, starts=starts, place="table-2")
    answer = gia.post("/tables", title="There too", place="table-2", starts=starts, minutes="15")
    assert answer.status_code == 409
    assert "taken at that time" in answer.text
    invites(gia, starts=starts, place="table-3")


def test_whoever_takes_a_seat_is_told_before_who_reads_their_name(dag: Guest, gia: Guest) -> None:
    table = invites(dag)
    dag.done(f"/tables/{table}/leave")
    assert gia.name not in dag.get(f"/tables/{table}")
    said = f"You would be there as {gia.name}, though you are not in the directory."
    assert said in words(gia.get(f"/tables/{table}"))
    assert f"everybody reads that {gia.name} invites, though" in words(gia.get("/tables/new"))
    gia.done(f"/tables/{table}/seat")
    assert gia.name in dag.get(f"/tables/{table}")
    assert said not in words(gia.get(f"/tables/{table}"))
    dag.tells()  # and is listed
    assert f"You would be there as {dag.name}." in words(dag.get(f"/tables/{table}"))


def test_seats_left_come_live(dag: Guest, gia: Guest) -> None:
    table = invites(dag)
    with gia.listening(path="/tables/live") as events:
        gia.done(f"/tables/{table}/seat")
        assert any(
            name == "tables" and re.search(rf'id="table-{table}".*?6 of 8', data, re.DOTALL)
            for name, data in events
        )


def test_a_clash_is_a_warning_and_no_wall(dag: Guest, gia: Guest) -> None:
    gia.client.post("/programme/keynote-david-heyne/mark")
    table = invites(dag, starts="2017-11-06T11:00", place="table-6")
    assert "At the same time" not in dag.get(f"/tables/{table}")
    other = invites(gia, starts="2017-11-06T11:05", place="table-5")
    assert "Late start" in words(gia.get(f"/tables/{table}")).partition("At the same time")[2]
    gia.done(f"/tables/{table}/seat")
    assert "You have a seat" in gia.get(f"/tables/{table}")
    assert other != table


def test_a_table_called_off_is_told_to_those_who_sit_and_to_their_calendars(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    table = invites(dag, "To be called off")
    gia.done(f"/tables/{table}/seat")
    subscribed = re.findall(r"/meeting-place/tables/calendar/[^\"]+\.ics", gia.get("/tables"))[0]

    def event(downloaded: bool = False) -> dict[str, str]:
        # A calendar program signs in nowhere.
        with gia.place.house.client() as program:
            path = f"{PLACE}/tables/{table}/table.ics" if downloaded else subscribed
            answer = (gia.client if downloaded else program).get(path)
        assert answer.headers["content-type"].startswith("text/calendar")
        [event] = Calendar.from_ical(answer.content).walk("VEVENT")
        return {name: str(event[name]) for name in ("STATUS", "SEQUENCE", "SUMMARY", "UID")}

    before = event()
    assert (before["STATUS"], before["SUMMARY"]) == ("CONFIRMED", "To be called off")
    assert event(downloaded=True) == before  # so that programs know the one for the other
    dag.done(f"/tables/{table}/cancel")
    after = event()
    assert (after["STATUS"], after["UID"]) == ("CANCELLED", before["UID"])
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 1
    assert event(downloaded=True) == after
    assert "is called off" in gia.get("/notices")
    assert sten.post(f"/tables/{table}/seat").status_code == 409


def test_nobody_gets_a_seat_at_a_table_that_is_over_or_called_off(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    house = dag.place.house
    on, off, over = (invites_few(dag, 2) for _ in range(3))
    for table in (on, off, over):
        gia.done(f"/tables/{table}/seat")
        sten.done(f"/tables/{table}/seat")  # and waits
    dag.done(f"/tables/{off}/cancel")
    house.rows("UPDATE round_table SET ends_at = ? WHERE id = ?", "2017-05-02 07:00:00+00:00", over)
    gia.done(f"/tables/{off}/leave")
    assert (row_of(sten, off)["taken"], row_of(sten, off)["waiting"]) == (1, 1)
    assert "it is yours" not in sten.get("/notices")
    gia.done("/leave", sure="yes")  # which gives all of her seats back
    assert (row_of(sten, over)["taken"], row_of(sten, over)["waiting"]) == (1, 1)
    assert (row_of(sten, on)["taken"], row_of(sten, on)["waiting"]) == (2, 0)
    assert sten.get("/notices").count("it is yours") == 1


def test_blocked_people_do_not_meet_at_tables(dag: Guest, gia: Guest, sten: Guest) -> None:
    hosted, where_dag_sits = invites(dag), invites(sten)
    dag.done(f"/tables/{where_dag_sits}/seat")
    assert gia.client.get(f"{PLACE}/tables/{hosted}").status_code == 200
    dag.blocks(gia)
    for table in (hosted, where_dag_sits):
        assert gia.client.get(f"{PLACE}/tables/{table}").status_code == 404
        assert gia.post(f"/tables/{table}/seat").status_code == 404
        assert f'id="table-{table}"' not in gia.get("/tables")
        assert f'id="table-{table}"' in sten.get("/tables")
    with gia.listening(path="/tables/live") as events:
        seen = next(data for name, data in events if name == "tables")
        assert f'id="table-{hosted}"' not in seen
        mine = invites(sten)
        assert any(name == "tables" and f'id="table-{mine}"' in data for name, data in events)


def test_whoever_is_blocked_leaves_the_tables_of_the_other(dag: Guest, gia: Guest, sten: Guest) -> None:
    hosted, where_both_sit, of_gia = (invites_few(dag, 2, title="Dag’s"), invites(sten), invites(gia))
    sten.done(f"/tables/{hosted}/seat")
    gia.done(f"/tables/{hosted}/seat")  # and waits
    for guest in (dag, gia):
        guest.done(f"/tables/{where_both_sit}/seat")
    dag.done(f"/tables/{of_gia}/seat")
    assert "invites" in gia.get(f"/tables/{hosted}")
    dag.blocks(gia)
    for table in (hosted, where_both_sit):
        assert gia.client.get(f"{PLACE}/tables/{table}").status_code == 404
        assert gia.client.get(f"{PLACE}/report/table/{table}").status_code == 404
        assert dag.client.get(f"{PLACE}/tables/{table}").status_code == 200
        assert f'id="table-{table}"' not in gia.get("/tables")
    assert dag.client.get(f"{PLACE}/tables/{of_gia}").status_code == 404
    assert gia.name in gia.get(f"/tables/{of_gia}")
    assert "Your place at a table is not yours any more" in dag.get("/notices")
    assert "Your place at a table" not in gia.get("/notices"), "nobody is told of a block"
    assert 'data-unread="0"' in gia.get("/people")
    # A seat that gets free goes to nobody who is not there any more.
    sten.done(f"/tables/{hosted}/leave")
    assert (row_of(dag, hosted)["taken"], row_of(dag, hosted)["waiting"]) == (1, 0)
    assert (row_of(sten, where_both_sit)["taken"], row_of(gia, of_gia)["taken"]) == (2, 1)


def test_the_screen_in_the_foyer_shows_no_names_and_follows(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    address = re.findall(r'/meeting-place/foyer/[^"]+', place.moderator(cast.mona).get("/tables"))[0]
    assert "/meeting-place/foyer/" not in dag.get("/tables")
    with place.house.client() as wall:
        assert wall.get(f"{PLACE}/foyer/made-up").status_code == 404
        page = wall.get(address)
        assert page.status_code == 200
        with wall.stream("GET", f"{address}/live", timeout=10) as answer:
            lines = answer.iter_lines()
            title = f"Shown on the wall {dag.tag}"
            invites(dag, title, starts="2017-11-06T00:01", place="table-1")
            heard = ""
            while title not in heard:
                heard += next(lines)
    assert dag.name not in page.text + heard


def test_addresses_that_went_too_far_are_renewed_and_open_nothing_more(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    mona = place.moderator(cast.mona)
    invites(dag, "To be followed")

    def foyer() -> str:
        return str(re.findall(r'/meeting-place/foyer/[^"]+', mona.get("/tables"))[0])

    def calendar() -> str:
        return str(re.findall(r"/meeting-place/tables/calendar/[^\"]+\.ics", dag.get("/tables"))[0])

    old_foyer, old_calendar = foyer(), calendar()
    with place.house.client() as wall, wall.stream("GET", f"{old_foyer}/live", timeout=10) as followed:
        assert followed.status_code == 200
        lines = followed.iter_lines()
        next(lines)
        refused = dag.client.post(f"{PLACE}/foyer/renewal")
        assert refused.status_code == 404
        assert wall.get(old_foyer).status_code == 200
        mona.done("/foyer/renewal")
        for _ in lines:
            pass  # the stream ends by itself, in whichever worker it is
        assert wall.get(old_foyer).status_code == 404
        assert wall.get(f"{old_foyer}/live").status_code == 404
        assert wall.get(foyer()).status_code == 200
        assert wall.get(old_calendar).status_code == 200
        dag.done("/tables/calendar/renewal")
        assert wall.get(old_calendar).status_code == 404
        assert "To be followed" in wall.get(calendar()).text
