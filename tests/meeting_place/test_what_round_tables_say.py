"""Round tables say no more than may be read, over HTTP."""

from __future__ import annotations

import re

from tests.support.booking import words
from tests.support.cast import Cast
from tests.support.meeting import PLACE, Guest, Place
from tests.support.round_tables import free_time, invites, invites_few, row_of
from tests.support.waiting import until


def test_a_table_does_not_say_what_a_hidden_note_said(
    place: Place, cast: Cast, dag: Guest, gia: Guest
) -> None:
    mona = place.moderator(cast.mona)
    title = f"Words to hide {dag.tag}"
    note = dag.writes(title)
    table = invites(dag, title, note=str(note))
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
    before, after = invites(dag, title, note=str(note)), invites(dag, title, note=str(note))
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
        more = invites(dag, title, note=str(note))
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
    table = invites(gia, title, note=str(note), starts="2017-11-06T00:03", place="table-3")
    own = invites(dag, f"Still {title}", note=str(note))
    address = re.findall(r'/meeting-place/foyer/[^"]+', place.moderator(cast.mona).get("/tables"))[0]
    calendar = re.findall(r"/meeting-place/tables/calendar/[\w.:-]+", gia.get("/tables"))[0]
    sequence = int(str(row_of(gia, table)["sequence"]))
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
    assert row_of(gia, table)["sequence"] == sequence + 1
    assert f"Still {title}" in gia.get(f"/tables/{own}")  # which are the words of who invites


def test_moderators_take_a_table_away_with_its_title(
    place: Place, cast: Cast, dag: Guest, gia: Guest, sten: Guest
) -> None:
    table, off = invites(dag, "Something unkind"), invites(dag, "Called off before")
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
    table = invites_few(dag, 1, title=title, note=str(note))
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
    table = invites_few(sten, 1, title=title)
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
    tables = [invites(dag), invites(dag)]
    for table in tables:
        sten.done(f"/tables/{table}/seat")
        mona.done(f"/desk/table/{table}/hide")
    assert sten.get("/notices").count("is called off") == 2
    for table in (invites(dag), invites(dag)):
        gia.done(f"/tables/{table}/seat")
    gia.blocks(dag)
    assert gia.get("/notices").count("Your place at a table is not yours any more") == 2
