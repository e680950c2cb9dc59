"""The SQLite engine under the load of a server. Piccolo's own tables and runner, real files, real processes."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from piccolo.columns import ForeignKey, Integer, Serial, Varchar
from piccolo.constraints import Check, Unique
from piccolo.engine.exceptions import TransactionError
from piccolo.table import Table

from webapp.database.columns import Instant
from webapp.database.sqlite import SQLite


class Room(Table):
    """Somewhere with seats."""

    id: Serial
    name = Varchar(unique=True)
    taken = Integer(default=0)


class Vote(Table):
    """One a person and room."""

    id: Serial
    room = ForeignKey(Room, null=False)
    voter = Varchar(index=True)
    weight = Integer(default=1)
    cast_at = Instant(null=True)

    one_vote_per_voter = Unique([room, voter])
    weight_is_positive = Check(weight > 0)


class Held(sqlite3.Connection):
    """Knows the SQL function hold(): 1, but not before the test lets go."""

    running = threading.Event()
    let_go = threading.Event()

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self.create_function("hold", 0, self.hold)

    @classmethod
    def hold(cls) -> int:
        cls.running.set()
        cls.let_go.wait(10)
        return 1


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SQLite]:
    Held.running.clear()
    Held.let_go.clear()
    engine = SQLite(path=str(tmp_path / "plenum.sqlite"), factory=Held)

    async def prepare() -> None:
        for table in (Room, Vote):
            table._meta.db = engine
            await table.create_table()
        await Room.insert(Room(name="Panel"))
        await engine.close_connection_pool()

    asyncio.run(prepare())
    yield engine
    asyncio.run(engine.close_connection_pool())


async def take_a_seat() -> None:
    """Reads, thinks, and writes: the pattern that loses seats when two do it at once."""
    async with Room._meta.db.transaction():
        taken = await seats_taken()
        await asyncio.sleep(0)
        await Room.update({Room.taken: taken + 1}, force=True)


async def seats_taken() -> int:
    room = await Room.select(Room.taken).first()
    assert room is not None
    return int(room["taken"])


def test_two_hundred_transactions_at_once_all_count(engine: SQLite) -> None:
    async def rush() -> int:
        await asyncio.gather(*(take_a_seat() for _ in range(200)))
        return await seats_taken()

    assert asyncio.run(rush()) == 200


def test_two_processes_may_write_at_once(engine: SQLite) -> None:
    worker = (
        "import asyncio, sys; from tests.database.test_sqlite import *\n"
        "Room._meta.db = SQLite(path=sys.argv[1])\n"
        "async def work():\n"
        "    await asyncio.gather(*(take_a_seat() for _ in range(100)))\n"
        "    await Room._meta.db.close_connection_pool()\n"
        "asyncio.run(work())"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", worker, engine.path], cwd=Path(__file__).parents[2])
        for _ in range(2)
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    assert asyncio.run(seats_taken()) == 200


def test_a_new_file_that_another_process_is_setting_up_is_waited_for(tmp_path: Path) -> None:
    engine = SQLite(path=str(tmp_path / "new.sqlite"))

    async def start() -> None:
        other = sqlite3.connect(engine.path, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        starting = asyncio.create_task(engine.start_connection_pool())
        await asyncio.wait([starting], timeout=0.1)
        assert not starting.done()
        other.close()
        await starting
        await engine.close_connection_pool()

    asyncio.run(start())


def test_a_cancelled_transaction_leaves_nothing_and_the_next_waits_for_it(engine: SQLite) -> None:
    async def cancel_one() -> int:
        inside = asyncio.Event()

        async def hang() -> None:
            async with engine.transaction():
                await Room.update({Room.taken: 50}, force=True)
                inside.set()
                await asyncio.Event().wait()

        hanging = asyncio.create_task(hang())
        await inside.wait()
        following = asyncio.create_task(take_a_seat())
        assert await seats_taken() == 0
        assert not following.done()
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await following
        return await seats_taken()

    assert asyncio.run(cancel_one()) == 1


def test_a_cancelled_statement_runs_on_and_the_next_waits_for_it(engine: SQLite) -> None:
    async def cancel_one() -> int:
        holding = asyncio.create_task(Room.raw("UPDATE room SET taken = taken + hold()").run())
        await asyncio.to_thread(Held.running.wait, 10)
        holding.cancel()
        following = asyncio.create_task(take_a_seat())
        assert await seats_taken() == 0
        assert not following.done()
        Held.let_go.set()
        await following
        return await seats_taken()

    assert asyncio.run(cancel_one()) == 2


def test_whoever_stops_waiting_for_a_turn_does_not_block_the_others(engine: SQLite) -> None:
    async def stop_waiting() -> int:
        holding = asyncio.create_task(Room.raw("UPDATE room SET taken = taken + hold()").run())
        await asyncio.to_thread(Held.running.wait, 10)
        impatient, patient = asyncio.create_task(take_a_seat()), asyncio.create_task(take_a_seat())
        await asyncio.sleep(0)
        impatient.cancel()
        Held.let_go.set()
        await asyncio.gather(holding, patient)
        assert impatient.cancelled()
        return await seats_taken()

    assert asyncio.run(stop_waiting()) == 2


def test_reads_go_on_during_a_transaction_and_see_it_when_it_is_committed(engine: SQLite) -> None:
    async def read_meanwhile() -> None:
        holding = asyncio.create_task(Room.raw("UPDATE room SET taken = taken + hold()").run())
        await asyncio.to_thread(Held.running.wait, 10)
        assert await asyncio.gather(*(seats_taken() for _ in range(20))) == [0] * 20
        Held.let_go.set()
        await holding
        assert await seats_taken() == 1

    asyncio.run(read_meanwhile())


def test_a_transaction_reads_its_own_writes_and_others_do_not(engine: SQLite) -> None:
    async def look_from_both_sides() -> None:
        outside = asyncio.Event()

        async def look() -> int:
            await outside.wait()
            return await seats_taken()

        looking = asyncio.create_task(look())
        async with engine.transaction():
            await Room.update({Room.taken: 7}, force=True)
            assert await seats_taken() == 7
            outside.set()
            assert await looking == 0
        assert await seats_taken() == 7

    asyncio.run(look_from_both_sides())


def test_what_was_written_is_read_at_once(engine: SQLite) -> None:
    async def write_and_read() -> None:
        for taken in range(1, 51):
            [row] = await Room.update({Room.taken: taken}, force=True).returning(Room.taken)
            assert row == {"taken": taken}
            assert await seats_taken() == taken

    asyncio.run(write_and_read())


def test_when_the_file_is_busy_a_transaction_fails_plainly_and_the_next_succeeds(engine: SQLite) -> None:
    hasty = Room._meta.db = SQLite(path=engine.path, timeout=0)

    async def try_twice() -> int:
        await hasty.start_connection_pool()
        other = sqlite3.connect(engine.path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await take_a_seat()
        other.close()
        await take_a_seat()
        taken = await seats_taken()
        await hasty.close_connection_pool()
        return taken

    assert asyncio.run(try_twice()) == 1


def test_while_somebody_reads_from_the_log_that_is_to_be_emptied_others_write_on(engine: SQLite) -> None:
    other = sqlite3.connect(engine.path, isolation_level=None)

    async def scenario() -> None:
        await Room.update({Room.taken: 1}).where(Room.name == "Panel")
        other.execute("BEGIN")
        other.execute("SELECT * FROM room").fetchall()
        await Room.update({Room.taken: 2}).where(Room.name == "Panel")  # which the other does not see yet
        checkpoint = asyncio.create_task(engine.checkpoint())
        async with asyncio.timeout(5):  # half as long as it is tried
            for taken in (3, 4):
                await Room.update({Room.taken: taken}).where(Room.name == "Panel")
        assert not checkpoint.done()
        other.execute("COMMIT")
        await checkpoint

    asyncio.run(scenario())
    assert Path(f"{engine.path}-wal").stat().st_size == 0


def test_when_commit_fails_nothing_is_left_of_the_transaction(engine: SQLite) -> None:
    async def vote(room: int) -> None:
        async with engine.transaction():
            await Room.raw("PRAGMA defer_foreign_keys = ON")
            await Vote.insert(Vote(room=room, voter="Dag"))

    async def vote_twice() -> int:
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            await vote(room=404)
        await vote(room=1)
        return int(await Vote.count())

    assert asyncio.run(vote_twice()) == 1


def test_a_transaction_inside_another_is_part_of_it(engine: SQLite) -> None:
    async def nest(fail: bool) -> int:
        with pytest.raises(ZeroDivisionError) if fail else pytest.MonkeyPatch.context():
            async with engine.transaction():
                await take_a_seat()
                await take_a_seat()
                1 / (not fail)
        return await seats_taken()

    assert asyncio.run(nest(fail=True)) == 0
    assert asyncio.run(nest(fail=False)) == 2


def test_a_task_that_outlives_its_transaction_cannot_use_it(engine: SQLite) -> None:
    async def outlive() -> None:
        over = asyncio.Event()

        async def linger() -> None:
            assert await seats_taken() == 0
            await over.wait()
            await seats_taken()

        async with engine.transaction():
            task = asyncio.create_task(linger())
            await seats_taken()
        over.set()
        with pytest.raises(TransactionError, match="over"):
            await task
        assert await seats_taken() == 0

    asyncio.run(outlive())


def test_no_thread_outlives_the_pool(engine: SQLite) -> None:
    others = set(threading.enumerate())

    async def serve() -> None:
        await engine.start_connection_pool()
        await asyncio.gather(take_a_seat(), seats_taken(), seats_taken())
        assert set(threading.enumerate()) - others
        await engine.close_connection_pool()

    asyncio.run(serve())
    assert not set(threading.enumerate()) - others
    assert not Path(f"{engine.path}-wal").exists()


def test_commands_need_no_pool_and_do_not_pile_up_threads(engine: SQLite) -> None:
    others = set(threading.enumerate())
    for taken in range(1, 6):
        asyncio.run(take_a_seat())
        assert asyncio.run(seats_taken()) == taken
    assert len(set(threading.enumerate()) - others) <= 3


def test_a_file_that_cannot_be_opened_is_reported_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="unable to open"):
        asyncio.run(SQLite(path=str(tmp_path / "missing" / "plenum.sqlite")).start_connection_pool())


def test_constraints_hold_under_their_names(engine: SQLite) -> None:
    async def break_them() -> None:
        await Vote.insert(Vote(room=1, voter="Dag"))
        with pytest.raises(sqlite3.IntegrityError, match="weight_is_positive"):
            await Vote.insert(Vote(room=1, voter="Gia", weight=0))
        with pytest.raises(sqlite3.IntegrityError, match=r"vote\.room, vote\.voter"):
            await Vote.insert(Vote(room=1, voter="Dag"))
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            await Vote.insert(Vote(room=404, voter="Gia"))
        again = Vote.insert(Vote(room=1, voter="Dag")).on_conflict((Vote.room, Vote.voter), "DO NOTHING")
        assert await again.returning(Vote.id) == []
        await Vote.insert(Vote(room=1, voter="Gia"))

    asyncio.run(break_them())


def test_a_moment_comes_back_as_the_same_moment_in_utc(engine: SQLite) -> None:
    in_oslo = datetime(2026, 11, 24, 9, 30, tzinfo=timezone(timedelta(hours=1)))

    async def store() -> None:
        await Vote.insert(Vote(room=1, voter="Dag", cast_at=in_oslo))
        await Vote.raw("UPDATE vote SET cast_at = '2026-11-24 09:30:00+01:00'")
        await Vote.insert(Vote(room=1, voter="Gia", cast_at=in_oslo))
        stored = await Vote.select(Vote.cast_at).where(Vote.voter.is_in(["Dag", "Gia"]))
        assert [vote["cast_at"] for vote in stored] == [in_oslo, in_oslo]
        assert {vote["cast_at"].tzinfo for vote in stored} == {UTC}
        assert await Vote.count().where(Vote.voter == "Gia", Vote.cast_at <= in_oslo) == 1
        assert await Vote.count().where(Vote.voter == "Gia", Vote.cast_at < in_oslo) == 0

    asyncio.run(store())


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 11, 24, 9, 30)
    with pytest.raises(ValueError, match="no time zone"):
        Vote(room=1, voter="Dag", cast_at=naive)
    with pytest.raises(ValueError, match="no time zone"):
        Vote.cast_at < naive  # noqa: B015
    vote = Vote(room=1, voter="Dag", cast_at=naive.replace(tzinfo=UTC))
    assert vote.cast_at.hour == 9
