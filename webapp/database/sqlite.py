"""SQLite made fit for a server.

Piccolo's own engine opens a connection, and a thread, for every query. This one keeps one connection that
writes and two that read, each on a thread of its own, and hands them out in turn:

- a transaction has the writing connection to itself from BEGIN IMMEDIATE until it is over, so that of two
  that read and then write, neither fails;
- a single INSERT, UPDATE or DELETE takes its turn at the same connection;
- a SELECT outside a transaction never waits for a writer.

Processes may share a file: one that wants to write waits `timeout` seconds for the others.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime
from decimal import Decimal
from types import TracebackType
from typing import Any, Literal, NamedTuple, cast

from piccolo.engine.exceptions import TransactionError
from piccolo.engine.sqlite import Atomic, SQLiteEngine, SQLiteTransaction, TransactionType
from piccolo.query.methods.create import Create
from piccolo.querystring import QueryString

Row = dict[str, Any]


PAUSE = 0.001
"""Seconds between two attempts to write while another process does. SQLite's own pauses grow to a tenth of a second."""


def _patiently(
    connection: sqlite3.Connection, timeout: float, sql: str, args: Sequence[Any] = ()
) -> sqlite3.Cursor:
    """Run a statement as soon as other processes let it, within `timeout` seconds.

    Not left to SQLite's own time-out: that one is slow to wake, and switching a new file to WAL does not heed it.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            return connection.execute(sql, args)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether it says that the file is not as SQLite has left it."""
    # Those that Python itself raises have no code.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Connection:
    """A connection on a thread of its own, where statements run in order. The first one opens the file."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], timeout: float) -> None:
        self._connect = connect
        self._timeout = timeout
        self._sqlite: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite")

    async def execute(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        return await asyncio.wrap_future(self._thread.submit(self._execute, sql, args))

    async def begin(self, sql: str) -> None:
        """Begin here and now, or on the thread when that takes waiting for another process."""
        try:
            if self._sqlite is not None:
                self._sqlite.execute(sql).close()
                return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                raise
        await self.execute(sql)

    def execute_at_once(self, sql: str, args: Sequence[Any]) -> list[Row]:
        """Run a statement of an open transaction here and now.

        Between BEGIN and COMMIT it waits for nobody, and takes less than the way to a thread and back.
        """
        return self._execute(sql, args)

    def rollback(self) -> asyncio.Future[None]:
        """Undo what was left unfinished, after the statement that a cancelled task may have left running."""
        return asyncio.wrap_future(self._thread.submit(self._rollback))

    def close(self) -> None:
        """Close the file and end the thread."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _execute(self, sql: str, args: Sequence[Any]) -> list[Row]:
        if self._sqlite is None:
            self._sqlite = self._connect()
        with closing(_patiently(self._sqlite, self._timeout, sql, args)) as cursor:
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def _rollback(self) -> None:
        try:
            if self._sqlite is not None:
                self._sqlite.rollback()
        except sqlite3.Error:
            self._close()

    def _close(self) -> None:
        if self._sqlite is not None:
            self._sqlite.close()
            self._sqlite = None


class Pool:
    """Connections for one task at a time each: first come, first served."""

    def __init__(self, *connections: Connection) -> None:
        self._size = len(connections)
        self._idle = list(connections)
        self._turns = asyncio.Semaphore(self._size)

    @asynccontextmanager
    async def lease(self) -> AsyncIterator[Connection]:
        """A connection with nothing open, whatever became of the task that had it before."""
        await self._turns.acquire()
        connection = self._idle.pop()
        try:
            yield connection
        except BaseException:
            # The statement of a cancelled task runs on: only after it may somebody else have the connection.
            connection.rollback().add_done_callback(lambda _: self._give_back(connection))
            raise
        self._give_back(connection)

    def _give_back(self, connection: Connection) -> None:
        self._idle.append(connection)
        self._turns.release()

    async def drain(self) -> None:
        """Wait until every connection has come back, and keep them."""
        for _ in range(self._size):
            await self._turns.acquire()

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


class Pools(NamedTuple):
    """The connections of one event loop."""

    writer: Pool
    readers: Pool

    async def drain(self) -> None:
        await self.writer.drain()
        await self.readers.drain()

    def close(self) -> None:
        # The writer goes last: closing the last connection folds the write-ahead log into the file.
        self.readers.close()
        self.writer.close()


class Transaction(SQLiteTransaction):
    """The writing connection from BEGIN until COMMIT or ROLLBACK. One inside another is part of it."""

    engine: SQLite
    over = False

    async def __aenter__(self) -> SQLiteTransaction:
        if self._parent is not None:
            return self._parent
        current = self.engine.current_transaction
        async with AsyncExitStack() as entered:
            self.connection = await entered.enter_async_context(self.engine.pools.writer.lease())
            await self.connection.begin(f"BEGIN {self.transaction_type.value}")
            entered.callback(current.reset, current.set(self))
            entered.push_async_exit(self._commit_unless_failed)
            self._entered = entered.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]:
        if self._parent is None:
            self.over = True
            await self._entered.__aexit__(kind, error, traceback)
        return False

    async def _commit_unless_failed(self, _kind: object, error: object, _traceback: object) -> None:
        if error is None and not (self._committed or self._rolled_back):
            await self.connection.execute("COMMIT")


class SQLite(SQLiteEngine):
    """Piccolo's engine for one SQLite file, with the same life cycle as its PostgreSQL engine.

    Connections belong to the event loop that uses them, and open when first used: a pool need not be started.
    """

    def __init__(self, path: str, readers: int = 2, timeout: float = 10, **options: Any) -> None:
        if sqlite3.sqlite_version_info < (3, 35):
            raise RuntimeError(f"Plenum needs SQLite 3.35; this Python has {sqlite3.sqlite_version}.")
        # SQLite itself does not wait: we do, with shorter pauses.
        super().__init__(path=path, timeout=0, check_same_thread=False, **options)
        self._readers = readers
        self._timeout = timeout
        self._pools: dict[asyncio.AbstractEventLoop, Pools] = {}

    @property
    def pools(self) -> Pools:
        """The connections of the running event loop."""
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            self._close_those_of_ended_loops()
            readers = (Connection(self._connect_reader, self._timeout) for _ in range(self._readers))
            writer = Connection(self._connect_writer, self._timeout)
            self._pools[loop] = Pools(Pool(writer), Pool(*readers))
        return self._pools[loop]

    def _close_those_of_ended_loops(self) -> None:
        for loop in [loop for loop in self._pools if loop.is_closed()]:
            self._pools.pop(loop).close()

    def _connect_writer(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(**self.connection_kwargs)
        _patiently(connection, self._timeout, "PRAGMA journal_mode = WAL").close()
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        # What is deleted is overwritten, and not only forgotten.
        connection.execute("PRAGMA secure_delete = ON")
        return connection

    def _connect_reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = sqlite3.connect(**self.connection_kwargs)
        connection.execute("PRAGMA query_only = ON")
        return connection

    async def start_connection_pool(self) -> None:
        """Open the file. Raises OSError when that is not possible."""
        try:
            async with self.pools.writer.lease() as connection:
                await connection.execute("SELECT 1")
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path}: {error}") from error

    async def examine(self) -> None:
        """Look at every page. Raises sqlite3.DatabaseError when one is damaged."""
        async with self.pools.readers.lease() as connection:
            found = await connection.execute("PRAGMA quick_check(1)")
        if found != [{"quick_check": "ok"}]:
            error = sqlite3.DatabaseError(
                " ".join(str(*found[0].values()).split())
            )  # it may be of several lines
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    async def close_connection_pool(self) -> None:
        """Close the connections of the running event loop, once what is under way is done, and those of ended loops."""
        self._close_those_of_ended_loops()
        if pools := self._pools.pop(asyncio.get_running_loop(), None):
            await pools.drain()
            pools.close()

    async def checkpoint(self) -> None:
        """Put what is in the write-ahead log into the file and empty the log, which holds what was deleted since.

        Raises OSError when others read from the log all the time.
        """
        deadline = time.monotonic() + self._timeout
        while await self._log_is_in_use():
            if time.monotonic() > deadline:
                raise OSError(f"{self.path}: the write-ahead log is in use, and cannot be emptied.")
            await asyncio.sleep(PAUSE)

    async def _log_is_in_use(self) -> bool:
        """Try to empty the log. Returns whether somebody still reads from it; writers are not kept waiting."""
        async with self.pools.writer.lease() as connection:
            return bool((await connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))[0]["busy"])

    async def leave_no_trace(self) -> None:
        """Write the file anew: in spite of `secure_delete`, rearranged pages still hold some of what was deleted.

        Raises OSError when that is not possible now.
        """
        try:
            async with self.pools.writer.lease() as connection:
                await connection.execute("VACUUM")
        except sqlite3.OperationalError as error:
            raise OSError(f"{self.path}: {error}") from error
        await self.checkpoint()

    def transaction(
        self, transaction_type: TransactionType = TransactionType.immediate, allow_nested: bool = True
    ) -> Transaction:
        return Transaction(engine=self, transaction_type=transaction_type, allow_nested=allow_nested)

    def atomic(self, transaction_type: TransactionType = TransactionType.immediate) -> Atomic:
        return Atomic(engine=self, transaction_type=transaction_type)

    async def run_querystring(self, querystring: QueryString, in_pool: bool = True) -> list[Row]:  # noqa: ARG002
        return await self._run(*querystring.compile_string(engine_type=self.engine_type))

    async def run_ddl(self, ddl: str, in_pool: bool = True) -> list[Row]:  # noqa: ARG002
        return await self._run(ddl)

    async def _run(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        query_id = self.get_query_id()
        if self.log_queries:
            self.print_query(query_id=query_id, query=f"{sql} {args}")
        rows = await self._execute(sql, args)
        if self.log_responses:
            self.print_response(query_id=query_id, response=rows)
        return rows

    async def _execute(self, sql: str, args: Sequence[Any]) -> list[Row]:
        transaction = cast(Transaction | None, self.current_transaction.get())
        if transaction is None:
            reads = sql.lstrip()[:6].upper() == "SELECT"
            async with (self.pools.readers if reads else self.pools.writer).lease() as connection:
                return await connection.execute(sql, args)
        if transaction.over:
            # By now the connection is somebody else's.
            raise TransactionError("The transaction that this task was started in is over.")
        return cast(Connection, transaction.connection).execute_at_once(sql, args)


def _create_table_with_constraints(create: Create) -> list[str]:
    """Piccolo adds constraints by ALTER TABLE after CREATE TABLE. SQLite cannot: put them inside it."""
    constraints = create.table._meta.constraints
    statements = list(create.default_ddl)
    create_table, *indexes = statements[: len(statements) - len(constraints)]
    inside = "".join(f", CONSTRAINT {constraint._meta.name} {constraint.ddl}" for constraint in constraints)
    return [create_table.removesuffix(")") + inside + ")", *indexes]


def _integer(value: bytes) -> int:
    try:
        return int(value)
    except ValueError:
        return int(Decimal(value.decode()))


def _instant(value: bytes) -> datetime:
    instant = datetime.fromisoformat(value.decode())
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


# Piccolo prefers a statement's `sqlite_ddl` to its `default_ddl`. Create has none; migrations use Create too.
Create.sqlite_ddl = property(_create_table_with_constraints)  # type: ignore[assignment]
# Piccolo's converters are slow (a Decimal for every integer) and take any stored offset for UTC.
sqlite3.register_converter("INTEGER", _integer)
sqlite3.register_converter("TIMESTAMPTZ", _instant)
