"""What a house does for a request does not grow with what there is already, and no collection stops it."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Houses
from tests.support.booking import Registering
from tests.support.cast import Cast
from tests.support.changes import Changing, sign_in
from tests.support.house import House
from tests.support.recording import Recording, scanned
from tests.support.room import PANEL, room_in

OF_THE_CONFERENCE = {"conference", "meeting", "moderator", "offer", "panel", "rehearsal", "session"}
"""Tables that are as long as the programme is, or shorter, however many people come and whatever they do."""
OF_THE_MEETING_PLACE = {"block", "note", "notice", "profile", "reply", "round_table"}
"""Of those who are there. Its feeds read what is new in them; its board and its directory are for reading all."""


def visit_everything(house: House, cast: Cast) -> None:
    """Book, change, sign in, ask, vote and moderate, as people do all the time."""
    with house.client() as dags, house.client() as gias, room_in(house) as room:
        page = Registering(dags)
        page.for_delegates(cast.dag, cast.sten)
        dags.post("/register/price", data=page.form.values)
        booking = page.book()
        for path in (booking, "/me", "/my-programme", "/programme", "/register", "/sign-in"):
            assert dags.get(path).status_code == 200, path
        sign_in(house, dags, cast.dag)
        Changing(dags, f"{booking}/delegates/1").save(seminar_1="seminar-1a")
        assert dags.post("/programme/welcome/mark").status_code == 303
        assert dags.get("/me").status_code == 200
        gias.post("/sign-in", data={"email": cast.dag.email})
        assert house.outbox(cast.dag.email)

        mona, gia, dag = room.moderator(cast.mona), room.guest(), room.delegate(cast.dag)
        assert mona.set("by_hand", "open").status_code == 200
        first = room.asked(gia, "What is asked first?")
        assert mona.act(first, "approve").status_code == 200
        assert dag.vote(first).status_code == 200
        assert gia.client.post(f"{gia.path}/questions/{first}/unvote").status_code == 303
        assert first in room.public()
        for someone in (mona, gia, dag):
            assert "What is asked first?" in someone.page()
        with gia.client.stream("GET", f"{gia.path}/live") as live:
            assert live.status_code == 200


def test_no_statement_on_a_hot_path_reads_a_table_that_grows_from_end_to_end(
    database: str, houses: Houses, tmp_path: Path, cast: Cast
) -> None:
    recording = Recording(tmp_path / "recorded")
    house = houses(database, **recording.settings)
    recording.begin()
    visit_everything(house, cast)
    statements = recording.statements
    assert any("outgoing_mail" in statement for statement in statements)
    assert len(statements) > 100
    slow = {
        statement: tables
        for statement, values in statements.items()
        if statement.lstrip()[:6].upper() in ("SELECT", "UPDATE", "DELETE")
        and (tables := scanned(house, statement, values) - OF_THE_CONFERENCE - OF_THE_MEETING_PLACE)
    }
    assert not slow, "\n\n".join(f"{tables}: {statement}" for statement, tables in slow.items())


def test_requests_leave_nothing_for_a_collection_and_start_up_nothing_to_look_through(
    houses: Houses, tmp_path: Path
) -> None:
    """As found: under load a collection stopped the worker for a tenth of a second, twice in each."""
    recording = Recording(tmp_path / "recorded")
    house = houses(**recording.settings)
    pages = ("/programme", "/register", "/sign-in", f"/panels/{PANEL}", "/me", "/health")
    with house.client() as anybody:
        for page in pages:
            anybody.get(page)
        recording.begin()
        for _ in range(100):
            for page in pages:
                assert anybody.get(page).status_code in (200, 303)
        # What goes on beside, such as looking for mail, leaves a little.
        assert recording.collected < 1000, "of some thirty a request"
    house.stop()
    assert recording.frozen > 100_000
