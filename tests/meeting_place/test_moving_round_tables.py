"""Round tables that are moved, over HTTP."""

from __future__ import annotations

import re
from typing import Any

from icalendar import Calendar

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.round_tables import invites, invites_few, row_of
from tests.support.waiting import until


def test_a_table_is_moved_with_all_who_sit_and_wait(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    title = f"On the move {dag.tag}"
    table = invites_few(dag, 2, title=title, starts="2017-11-08T01:00", place="table-5")
    for guest in (gia, sten):
        guest.done(f"/tables/{table}/seat")  # and Sten waits
    subscribed = re.findall(r"/meeting-place/tables/calendar/[^\"]+\.ics", gia.get("/tables"))[0]
    foyer = re.findall(r'/meeting-place/foyer/[^"]+', place.moderator(cast.mona).get("/tables"))[0]

    def event() -> dict[str, str]:
        event: Any
        [event] = Calendar.from_ical(gia.client.get(subscribed).content).walk("VEVENT")
        names = ("STATUS", "SEQUENCE", "UID", "LOCATION")
        return {name: str(event[name]) for name in names} | {"DTSTART": f"{event['DTSTART'].dt:%d %H:%M}"}

    before = event()
    assert f'href="{PLACE}/tables/{table}/edit"' in dag.get(f"/tables/{table}")
    assert f"{PLACE}/tables/{table}/edit" not in gia.get(f"/tables/{table}")
    form = dag.get(f"/tables/{table}/edit")
    assert 'value="2017-11-08T01:00"' in form
    assert 'value="table-5" selected' in form
    moved = {"place": "table-6", "starts": "2017-11-06T00:02", "minutes": "30", "seats": "3"}
    with gia.listening(path="/tables/live") as events, place.house.client() as wall:
        dag.done(f"/tables/{table}", **moved)
        assert any(
            name == "tables" and re.search(rf'id="table-{table}".*?00:02', data, re.DOTALL)
            for name, data in events
        )
        there = re.compile(rf"Table 6</strong>.*?{title}.*?00:02–00:32", re.DOTALL)
        until(lambda: there.search(wall.get(foyer).text))  # whichever worker answers
    after = event()
    assert (after["STATUS"], after["UID"], after["DTSTART"]) == ("CONFIRMED", before["UID"], "06 00:02")
    assert int(after["SEQUENCE"]) == int(before["SEQUENCE"]) + 1
    assert after["LOCATION"].startswith("Table 6")
    for guest in (gia, sten):
        assert "has moved to Monday 6 November, 00:02–00:32, Table 6" in words(guest.get("/notices"))
    assert "has moved" not in dag.get("/notices")  # one is not told what one has done
    assert "A seat has become free, and it is yours" in words(sten.get("/notices"))
    assert "You have a seat" in sten.get(f"/tables/{table}")
    assert (row_of(dag, table)["taken"], row_of(dag, table)["waiting"]) == (3, 0)


def test_a_table_is_moved_by_the_rules_by_which_it_is_laid(dag: Guest, gia: Guest, sten: Guest) -> None:
    table = invites(dag, starts="2017-11-08T04:00", place="table-5")
    other = invites(gia, starts="2017-11-08T04:30", place="table-5")
    for guest in (gia, sten):
        guest.done(f"/tables/{table}/seat")
    as_it_is = {"place": "table-5", "starts": "2017-11-08T04:00", "minutes": "15", "seats": "8"}
    for change, status, said in (
        ({"minutes": "45"}, 409, "taken at that time"),
        ({"seats": "2"}, 422, "3 seats are taken already"),
        ({"seats": "9"}, 422, "has 8 seats"),
        ({"seats": "many"}, 422, "how many seats"),
        ({"seats": str(2**40)}, 422, "how many seats"),
        ({"place": "table-99"}, 422, "one of the tables"),
        ({"starts": "2017-12-24T12:00"}, 422, "conference’s days"),
        ({"starts": "soon"}, 422, "day and a time"),
    ):
        refused = dag.post(f"/tables/{table}", **(as_it_is | change))
        assert refused.status_code == status, change
        assert said in refused.text
        for typed in change.values():
            assert typed in refused.text or typed not in ("soon", "many")
    assert row_of(dag, table)["sequence"] == 0
    for guest in (gia, sten):
        assert guest.post(f"/tables/{table}", **as_it_is).status_code == 404
        assert guest.client.get(f"{PLACE}/tables/{table}/edit").status_code == 404
    assert dag.post(f"/tables/{2**31}", **as_it_is).status_code == 404
    dag.done(f"/tables/{table}", **(as_it_is | {"seats": "3"}))
    assert "has moved" not in gia.get("/notices")  # it stays where and when it is
    dag.done(f"/tables/{table}", **(as_it_is | {"minutes": "30"}))
    assert "04:00–04:30" in words(gia.get("/notices"))
    gia.done(f"/tables/{other}/cancel")
    dag.done(f"/tables/{table}", **(as_it_is | {"minutes": "45"}))
    dag.done(f"/tables/{table}/cancel")
    assert dag.post(f"/tables/{table}", **as_it_is).status_code == 409


def test_a_clash_after_a_move_is_a_warning(dag: Guest, gia: Guest) -> None:
    house = dag.place.house
    assert gia.client.post("/programme/keynote-david-heyne/mark").status_code == 303
    latest = "(SELECT max(id) FROM planner)"  # signing in by a mail makes it hers
    house.rows(f"UPDATE planner SET person = ? WHERE id = {latest}", gia.profile["person"])
    table = invites(dag, starts="2017-11-08T06:00", place="table-5")
    gia.done(f"/tables/{table}/seat")
    assert "At the same time" not in gia.get(f"/tables/{table}")
    dag.done(f"/tables/{table}", place="table-1", starts="2017-11-06T11:10", minutes="15", seats="8")
    assert "Keynote speaker" in words(gia.get(f"/tables/{table}")).partition("At the same time")[2]


def test_a_table_that_is_on_goes_on_longer_without_beginning_anew(panel_house: House, cast: Cast) -> None:
    with place_in(panel_house) as place:
        dag = place.delegate(cast.dag)
        table = invites(dag, starts="2017-11-06T23:00", place="table-5")
        panel_house.rows(
            "UPDATE round_table SET starts_at = ? WHERE id = ?", "2017-11-06 07:00:00+00:00", table
        )
        as_it_is = {"place": "table-5", "starts": "2017-11-06T08:00", "minutes": "90", "seats": "8"}
        assert 'value="2017-11-06T08:00"' in dag.get(f"/tables/{table}/edit")
        over = dag.post(f"/tables/{table}", **(as_it_is | {"starts": "2017-11-06T08:01"}))
        assert "This time is over" in over.text
        dag.done(f"/tables/{table}", **as_it_is)
