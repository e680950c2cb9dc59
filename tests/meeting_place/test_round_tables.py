"""Tables in the venue: seats, queues, calendars and the foyer's screen, over HTTP."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest
from icalendar import Calendar

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.house import House
from tests.support.meeting import PLACE, Guest, Place, place_in
from tests.support.waiting import until

MINUTE = count()
"""So that no two tests lay the same table at the same time."""


def free_time() -> str:
    hours, minutes = divmod(20 * next(MINUTE), 60)
    return f"2017-11-0{6 + hours // 24}T{hours % 24:02}:{minutes:02}"


def lays(host: Guest, title: str = "Late start", **fields: str) -> int:
    said = {"title": title, "place": "table-4", "starts": free_time(), "minutes": "15"} | fields
    return int(host.done("/tables", **said).rsplit("/", 1)[1])


def small(host: Guest, seats: int, **fields: str) -> int:
    """A table with fewer seats than the venue's have."""
    table = lays(host, **fields)
    host.place.house.rows("UPDATE round_table SET seats = ? WHERE id = ?", seats, table)
    return table


def row(someone: Guest, table: int) -> dict[str, object]:
    return someone.place.house.rows("SELECT * FROM round_table WHERE id = ?", table)[0]


def test_fifty_delegates_race_for_a_table_of_eight(place: Place, dag: Guest) -> None:
    table = lays(dag)
    dag.done(f"/tables/{table}/leave")
    people = [place.delegate(Cast().gia) for _ in range(50)]
    with ThreadPoolExecutor(25) as pool:
        list(pool.map(lambda one: one.done(f"/tables/{table}/seat"), [*people, *people[:10]]))
    seats = place.house.rows("SELECT * FROM seat WHERE round_table = ? ORDER BY id", table)
    assert len(seats) == 50
    assert [bool(seat["seated"]) for seat in seats] == [True] * 8 + [False] * 42
    assert (row(dag, table)["taken"], row(dag, table)["waiting"]) == (8, 42)
    by_profile = {one.profile["id"]: one for one in people}
    ninth = by_profile[seats[8]["profile"]]
    assert "You are number 1 in the queue" in words(ninth.get(f"/tables/{table}"))
    # Those who sit leave while those who wait give up: the queue moves up in its order, and nobody is lost.
    leaving = [by_profile[seat["profile"]] for seat in (*seats[:4], *seats[20:30])]
    with ThreadPoolExecutor(14) as pool:
        list(pool.map(lambda one: one.done(f"/tables/{table}/leave"), leaving))
    left = place.house.rows("SELECT * FROM seat WHERE round_table = ? ORDER BY id", table)
    assert [bool(seat["seated"]) for seat in left] == [True] * 8 + [False] * 28
    assert (row(dag, table)["taken"], row(dag, table)["waiting"]) == (8, 28)
    assert "A seat has become free, and it is yours" in ninth.get("/notices")


def test_a_table_is_laid_with_the_first_seat_for_its_host(dag: Guest, gia: Guest) -> None:
    note = dag.writes("Schools that begin at ten")
    assert "Schools that begin at ten" in dag.get(f"/tables/new?note={note}")
    table = lays(dag, "Over a coffee", note=str(note))
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
    lays(dag, starts=starts, place="table-2")
    answer = gia.post("/tables", title="There too", place="table-2", starts=starts, minutes="15")
    assert answer.status_code == 409
    assert "taken at that time" in answer.text
    lays(gia, starts=starts, place="table-3")


def test_whoever_takes_a_seat_is_told_before_who_reads_their_name(dag: Guest, gia: Guest) -> None:
    table = lays(dag)
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
    table = lays(dag)
    with gia.listening(path="/tables/live") as events:
        gia.done(f"/tables/{table}/seat")
        assert any(
            name == "tables" and re.search(rf'id="table-{table}".*?6 of 8', data, re.DOTALL)
            for name, data in events
        )


def test_a_clash_is_a_warning_and_no_wall(dag: Guest, gia: Guest) -> None:
    gia.client.post("/programme/keynote-david-heyne/mark")
    table = lays(dag, starts="2017-11-06T11:00", place="table-6")
    assert "At the same time" not in dag.get(f"/tables/{table}")
    other = lays(gia, starts="2017-11-06T11:05", place="table-5")
    assert "Late start" in words(gia.get(f"/tables/{table}")).partition("At the same time")[2]
    gia.done(f"/tables/{table}/seat")
    assert "You have a seat" in gia.get(f"/tables/{table}")
    assert other != table


def test_a_table_called_off_is_told_to_those_who_sit_and_to_their_calendars(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    table = lays(dag, "To be called off")
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
    on, off, over = (small(dag, 2) for _ in range(3))
    for table in (on, off, over):
        gia.done(f"/tables/{table}/seat")
        sten.done(f"/tables/{table}/seat")  # and waits
    dag.done(f"/tables/{off}/cancel")
    house.rows("UPDATE round_table SET ends_at = ? WHERE id = ?", "2017-05-02 07:00:00+00:00", over)
    gia.done(f"/tables/{off}/leave")
    assert (row(sten, off)["taken"], row(sten, off)["waiting"]) == (1, 1)
    assert "it is yours" not in sten.get("/notices")
    gia.done("/leave", sure="yes")  # which gives all of her seats back
    assert (row(sten, over)["taken"], row(sten, over)["waiting"]) == (1, 1)
    assert (row(sten, on)["taken"], row(sten, on)["waiting"]) == (2, 0)
    assert sten.get("/notices").count("it is yours") == 1


def test_blocked_people_do_not_meet_at_tables(dag: Guest, gia: Guest, sten: Guest) -> None:
    hosted, where_dag_sits = lays(dag), lays(sten)
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
        mine = lays(sten)
        assert any(name == "tables" and f'id="table-{mine}"' in data for name, data in events)


def test_whoever_is_blocked_leaves_the_tables_of_the_other(dag: Guest, gia: Guest, sten: Guest) -> None:
    hosted, where_both_sit, of_gia = (small(dag, 2, title="Dag’s"), lays(sten), lays(gia))
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
    assert (row(dag, hosted)["taken"], row(dag, hosted)["waiting"]) == (1, 0)
    assert (row(sten, where_both_sit)["taken"], row(gia, of_gia)["taken"]) == (2, 1)


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
            lays(dag, title, starts="2017-11-06T00:01", place="table-1")
            heard = ""
            while title not in heard:
                heard += next(lines)
    assert dag.name not in page.text + heard


def test_addresses_that_went_too_far_are_renewed_and_open_nothing_more(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    mona = place.moderator(cast.mona)
    lays(dag, "To be followed")

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


def test_a_table_does_not_say_what_a_hidden_note_said(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    mona = place.moderator(cast.mona)
    title = f"Words to hide {dag.tag}"
    note = dag.writes(title)
    table = lays(dag, title, note=str(note))
    gia.done(f"/tables/{table}/seat")
    address = re.findall(r'/meeting-place/foyer/[^"]+', mona.get("/tables"))[0]
    calendar = re.findall(r"/meeting-place/tables/calendar/[\w.:-]+", gia.get("/tables"))[0]
    paths = (
        "/tables",
        f"/tables/{table}",
        f"/report/table/{table}",
        f"/tables/{table}/table.ics",
        "/mine.json",
    )

    def read() -> list[str]:
        return [gia.get(path) for path in paths] + [gia.client.get(calendar).text.replace("\r\n ", "")]

    assert all(title in page.replace("\r\n ", "") for page in read())
    with gia.listening(path="/tables/live") as events:
        next(data for name, data in events if name == "tables" and title in data)
        mona.done(f"/desk/note/{note}/hide")
        next(data for name, data in events if name == "tables" and title not in data)
    assert not any(title in page.replace("\r\n ", "") for page in read())
    assert title not in gia.client.get(address).text
    mona.done(f"/desk/note/{note}/show")
    assert title in gia.get("/tables")


def test_a_table_says_nothing_of_a_note_to_those_who_do_not_meet_its_author(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    title = f"Words of Sten {sten.tag}"
    note = sten.writes(title)
    before, after = lays(dag, title, note=str(note)), lays(dag, title, note=str(note))
    gia.done(f"/tables/{before}/seat")
    calendar = re.findall(r"/meeting-place/tables/calendar/[\w.:-]+", gia.get("/tables"))[0]
    dag.done(f"/tables/{before}", place="table-5", starts=free_time(), minutes="15", seats="8")

    def read(someone: Guest) -> list[str]:
        paths = ["/tables", f"/report/table/{before}", "/notices", "/mine.json"]
        paths += [f"/tables/{table}{more}" for table in (before, after) for more in ("", "/table.ics")]
        return [someone.get(path).replace("\r\n ", "") for path in paths]

    def subscribed() -> str:
        return gia.client.get(calendar).text.replace("\r\n ", "")

    assert all(title in page for page in (*read(gia), subscribed()))
    gia.blocks(sten)
    pages = [*read(gia), subscribed()]
    assert not any(title in page or f"/notes/{note}" in page for page in pages)
    assert all("A table to talk at" in page for page in pages)
    for someone in (dag, sten):
        page = someone.get(f"/tables/{after}")  # at which nobody else sits
        assert title in page
        assert f"{PLACE}/notes/{note}" in page
    with gia.listening(path="/tables/live") as hers, dag.listening(path="/tables/live") as his:
        assert title not in next(data for name, data in hers if name == "tables")
        assert title in next(data for name, data in his if name == "tables")
        more = lays(dag, title, note=str(note))
        seen = next(data for name, data in hers if name == "tables" and f'id="table-{more}"' in data)
        assert title not in seen
        assert any(name == "tables" and f'id="table-{more}"' in data for name, data in his)
    gia.done(f"/people/{sten.tag}/unblock")
    assert title in gia.get("/tables")


def test_a_table_of_somebody_else_does_not_say_what_a_note_said_that_is_taken_down(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    title = f"Words to take back {dag.tag}"
    note = dag.writes(title)
    table = lays(gia, title, note=str(note), starts="2017-11-06T00:03", place="table-3")
    own = lays(dag, f"Still {title}", note=str(note))
    address = re.findall(r'/meeting-place/foyer/[^"]+', place.moderator(cast.mona).get("/tables"))[0]
    calendar = re.findall(r"/meeting-place/tables/calendar/[\w.:-]+", gia.get("/tables"))[0]
    sequence = int(str(row(gia, table)["sequence"]))
    assert until(lambda: f">{title}" in gia.client.get(address).text)
    with gia.listening(path="/tables/live") as events:
        next(data for name, data in events if name == "tables" and f">{title}" in data)
        dag.done(f"/notes/{note}/withdraw")
        next(data for name, data in events if name == "tables" and f">{title}" not in data)
    # Another worker may hear of it a moment later.
    assert until(lambda: f">{title}" not in gia.client.get(address).text)
    for path in ("/tables", f"/tables/{table}", f"/tables/{table}/table.ics"):
        page = gia.get(path).replace("\r\n ", "")
        assert f"/notes/{note}" not in page
        assert "A table to talk at" in page
    assert title not in gia.client.get(calendar).text.replace("\r\n ", "")
    assert row(gia, table)["sequence"] == sequence + 1
    assert f"Still {title}" in gia.get(f"/tables/{own}")  # which are the words of who invites


def test_moderators_take_a_table_away_with_its_title(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    table, off = lays(dag, "Something unkind"), lays(dag, "Called off before")
    for taken in (table, off):
        sten.done(f"/tables/{taken}/seat")
    dag.done(f"/tables/{off}/cancel")
    assert gia.post(f"/report/table/{table}", reason="Look at this").status_code == 200
    mona = place.moderator(cast.mona)
    desk = mona.get("/desk")
    assert "A table: Something unkind" in desk
    assert f'href="{PLACE}/desk/tables/{table}"' in desk
    assert f'formaction="{PLACE}/desk/table/{table}/hide"' in desk
    assert gia.post(f"/desk/table/{table}/hide").status_code == 403
    mona.done(f"/desk/table/{table}/hide", says="Please stay kind.")
    assert f'formaction="{PLACE}/desk/table/{table}/hide"' not in mona.get("/desk")
    assert "Something unkind" not in gia.get("/tables")
    assert "Called off by the moderators" in gia.get(f"/tables/{table}")
    assert "Please stay kind." in dag.get("/notices")
    news = sten.get("/notices")
    assert "Something unkind" not in news
    assert news.count("Called off by the moderators") == 1
    sten.done("/notices/read")
    mona.done(f"/desk/table/{off}/hide")
    assert sten.get("/notices").count("is called off") == 2  # of which they were told before
    assert "Please stay kind." not in news


def test_news_of_a_table_says_no_more_than_may_be_read(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    mona, title = place.moderator(cast.mona), f"Words of Dag {dag.tag}"
    note = dag.writes(title)
    table = small(dag, 1, title=title, note=str(note))
    for guest in (gia, sten):
        guest.done(f"/tables/{table}/seat")  # and wait
    dag.done(f"/tables/{table}/leave")
    dag.done(f"/tables/{table}/cancel")
    news = words(gia.get("/notices"))
    assert "A seat has become free, and it is yours" in news
    assert news.count(title) == 2
    assert "is called off" in words(sten.get("/notices"))
    number = re.findall(r"/notices/(\d+)/read", gia.get("/notices"))[-1]
    assert gia.done(f"/notices/{number}/read") == f"{PLACE}/tables#table-{table}"
    mona.done(f"/desk/note/{note}/hide")
    for guest in (gia, sten):
        assert title not in guest.get("/notices")
        assert "is called off" in words(guest.get("/notices"))
    mona.done(f"/desk/note/{note}/show")
    assert title in gia.get("/notices")
    gia.blocks(dag)
    assert title not in gia.get("/notices")
    assert "is called off" not in gia.get("/notices")
    assert 'data-unread="0"' in gia.get("/people")
    assert title in sten.get("/notices")


def test_of_a_table_of_others_one_is_told_no_more_where_somebody_blocked_sits(
    dag: Guest, gia: Guest, sten: Guest
) -> None:
    title = f"Of Sten {sten.tag}"
    table = small(sten, 1, title=title)
    for guest in (dag, gia):
        guest.done(f"/tables/{table}/seat")
    sten.done(f"/tables/{table}/leave")  # so it is Dag’s, and Gia waits
    assert title in dag.get("/notices")
    gia.blocks(dag)  # who leaves it to her
    assert title not in dag.get("/notices")
    assert "Your place at a table" not in dag.get("/notices"), "nobody is told of a block"
    assert title in gia.get("/notices")


def test_whatever_is_taken_away_is_told_each_time(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    mona, note = place.moderator(cast.mona), gia.writes("Hidden twice")
    for _ in range(2):
        mona.done(f"/desk/note/{note}/hide", says="Please stay kind.")
        mona.done(f"/desk/note/{note}/show")
    assert gia.get("/notices").count("A moderator has hidden something") == 2
    tables = [lays(dag), lays(dag)]
    for table in tables:
        sten.done(f"/tables/{table}/seat")
        mona.done(f"/desk/table/{table}/hide")
    assert sten.get("/notices").count("is called off") == 2
    for table in (lays(dag), lays(dag)):
        gia.done(f"/tables/{table}/seat")
    gia.blocks(dag)
    assert gia.get("/notices").count("Your place at a table is not yours any more") == 2


def test_a_table_is_moved_with_all_who_sit_and_wait(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    title = f"On the move {dag.tag}"
    table = small(dag, 2, title=title, starts="2017-11-08T01:00", place="table-5")
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
    assert (row(dag, table)["taken"], row(dag, table)["waiting"]) == (3, 0)


def test_a_table_is_moved_by_the_rules_by_which_it_is_laid(dag: Guest, gia: Guest, sten: Guest) -> None:
    table = lays(dag, starts="2017-11-08T04:00", place="table-5")
    other = lays(gia, starts="2017-11-08T04:30", place="table-5")
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
    assert row(dag, table)["sequence"] == 0
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
    table = lays(dag, starts="2017-11-08T06:00", place="table-5")
    gia.done(f"/tables/{table}/seat")
    assert "At the same time" not in gia.get(f"/tables/{table}")
    dag.done(f"/tables/{table}", place="table-1", starts="2017-11-06T11:10", minutes="15", seats="8")
    assert "Keynote speaker" in words(gia.get(f"/tables/{table}")).partition("At the same time")[2]


def test_a_table_that_is_on_goes_on_longer_without_beginning_anew(panel_house: House, cast: Cast) -> None:
    with place_in(panel_house) as place:
        dag = place.delegate(cast.dag)
        table = lays(dag, starts="2017-11-06T23:00", place="table-5")
        panel_house.rows(
            "UPDATE round_table SET starts_at = ? WHERE id = ?", "2017-11-06 07:00:00+00:00", table
        )
        as_it_is = {"place": "table-5", "starts": "2017-11-06T08:00", "minutes": "90", "seats": "8"}
        assert 'value="2017-11-06T08:00"' in dag.get(f"/tables/{table}/edit")
        over = dag.post(f"/tables/{table}", **(as_it_is | {"starts": "2017-11-06T08:01"}))
        assert "This time is over" in over.text
        dag.done(f"/tables/{table}", **as_it_is)
