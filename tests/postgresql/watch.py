"""What one statement does to a server: its locks, and which tables are read or written in full."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import psycopg
from psycopg import pq

from .rows import FEW

# Weakest first.
LOCKS = (
    "ACCESS SHARE",
    "ROW SHARE",
    "ROW EXCLUSIVE",
    "SHARE UPDATE EXCLUSIVE",
    "SHARE",
    "SHARE ROW EXCLUSIVE",
    "EXCLUSIVE",
    "ACCESS EXCLUSIVE",
)
BLOCKING = LOCKS.index("SHARE")

TABLES = """
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END,
       c.oid::regclass::text, c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^(pg_|information_schema)'
"""

# Nothing here locks a table: sizes come from the file, not from pg_relation_size().
SNAPSHOT = """
SELECT c.oid, c.relname, c.relfilenode,
       CASE WHEN c.relfilenode <> 0 THEN (pg_stat_file(pg_relation_filepath(c.oid), true)).size END,
       pg_stat_get_xact_tuples_returned(c.oid),
       pg_stat_get_xact_tuples_inserted(c.oid) + pg_stat_get_xact_tuples_updated(c.oid)
           + pg_stat_get_xact_tuples_deleted(c.oid)
FROM pg_class c WHERE c.oid = ANY(%s)
"""

OWN_LOCKS = """
SELECT relation, mode, granted FROM pg_locks
WHERE pid = %s AND locktype = 'relation' AND relation = ANY(%s)
"""

# DEBUG1 messages: https://github.com/postgres/postgres/blob/master/src/backend/commands/tablecmds.c
VERIFYING = re.compile(r'verifying table "(?P<table>.*)"')
REWRITING = re.compile(r'rewriting table "(?P<table>.*)"')
BUILDING = re.compile(r'building index "(?P<index>.*)" on table "(?P<table>.*)" (serially|with request)')


class UnmeasurableError(Exception):
    pass


@dataclass(slots=True)
class Measured:
    """Tables by the names that they had before the migration."""

    locks: dict[str, str] = field(default_factory=dict)
    scans: set[str] = field(default_factory=set)
    rewrites: set[str] = field(default_factory=set)
    builds_index_on: set[str] = field(default_factory=set)
    writes_rows: dict[str, int] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "rewrite" if self.rewrites else "scan" if self.scans else "catalog"

    @property
    def is_dangerous(self) -> bool:
        return bool(self.scans) and any(LOCKS.index(lock) >= BLOCKING for lock in self.locks.values())


class Table(NamedTuple):
    """`rows` are those that it has itself: a parent's children count for themselves."""

    name: str
    rows: int


def tables_of(connection: psycopg.Connection) -> dict[int, Table]:
    found = {}
    for oid, name, qualified, is_readable in connection.execute(TABLES).fetchall():
        rows = _single(connection, f"SELECT count(*) FROM ONLY {qualified}") if is_readable else 0
        found[oid] = Table(name, rows)
    return found


class Watch:
    """Watches one connection; `tables` are those that there are before the migration, by oid."""

    def __init__(
        self, connection: psycopg.Connection, connect: Callable[[], psycopg.Connection], tables: dict[int, Table]
    ) -> None:
        self._connection = connection
        self._connect = connect
        self._tables = tables
        self._notices: list[str] = []
        connection.add_notice_handler(lambda notice: self._notices.append(notice.message_primary or ""))
        connection.execute("SET client_min_messages = debug1")

    def statement(self, run: Callable[[], Any], *, in_transaction: bool) -> tuple[Any, Measured]:
        if in_transaction:
            return self._in_transaction(run)
        # What does not mind a transaction keeps its locks until they have been read.
        self._connection.execute("BEGIN")
        try:
            result, measured = self._in_transaction(run)
            self._connection.execute("COMMIT")
            return result, measured
        except Exception as error:
            self._connection.execute("ROLLBACK")
            if not _refuses_transactions(error):
                raise
        return self._by_itself(run)

    def _in_transaction(self, run: Callable[[], Any]) -> tuple[Any, Measured]:
        self._notices.clear()
        before = self._snapshot(self._connection)
        result = run()
        if self._connection.info.transaction_status != pq.TransactionStatus.INTRANS:
            raise UnmeasurableError("a statement that ends its own transaction cannot be measured")
        measured = Measured(locks=self._locks(self._connection))
        self._compare(before, self._snapshot(self._connection), measured)
        return result, measured

    def _by_itself(self, run: Callable[[], Any]) -> tuple[Any, Measured]:
        """Somebody is in its way at each table in turn, so that it waits and its locks can be read."""
        self._notices.clear()
        with self._connect() as observer, self._in_the_way() as blockers:
            before = self._snapshot(observer)
            seen: dict[str, str] = {}
            done = threading.Event()
            pid = self._connection.info.backend_pid
            thread = threading.Thread(target=self._let_through, args=(observer, pid, blockers, seen, done))
            thread.start()
            try:
                result = run()
            finally:
                done.set()
                thread.join()
            measured = Measured(locks=dict(sorted(seen.items())))
            self._compare(before, self._snapshot(observer), measured)
        return result, measured

    @contextmanager
    def _in_the_way(self) -> Iterator[dict[int, tuple[psycopg.Connection, list[bytes]]]]:
        blockers = {}
        try:
            for (name,) in self._connection.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE oid = ANY(%s) AND relkind <> 'm' ORDER BY oid",
                (list(self._tables),),
            ).fetchall():
                blocker = self._connect()
                # First what keeps even weak locks waiting, then what a concurrent build waits for.
                blocker.execute("BEGIN")
                blocker.execute(f"LOCK TABLE ONLY {name} IN ROW EXCLUSIVE MODE".encode())
                blocker.execute("SAVEPOINT first")
                blocker.execute(f"LOCK TABLE ONLY {name} IN SHARE UPDATE EXCLUSIVE MODE".encode())
                blockers[blocker.info.backend_pid] = (blocker, [b"ROLLBACK TO SAVEPOINT first", b"ROLLBACK"])
            yield blockers
        finally:
            for blocker, _ in blockers.values():
                blocker.close()

    def _let_through(
        self,
        observer: psycopg.Connection,
        pid: int,
        blockers: dict[int, tuple[psycopg.Connection, list[bytes]]],
        seen: dict[str, str],
        done: threading.Event,
    ) -> None:
        while not done.is_set():
            waits_for = _single(observer, "SELECT pg_blocking_pids(%s)", (pid,))
            # Locks only while it waits: one that is merely on its way may be seen half.
            if waits_for:
                for name, lock in self._locks(observer, pid).items():
                    seen[name] = _stronger(lock, seen.get(name))
                for one in waits_for:
                    blocker, steps = blockers.get(one, (None, []))
                    if blocker is not None and steps:
                        blocker.execute(steps.pop(0))
            else:
                time.sleep(0.001)

    def _locks(self, connection: psycopg.Connection, pid: int | None = None) -> dict[str, str]:
        found: dict[str, str] = {}
        pid = pid or connection.info.backend_pid
        for oid, mode, _ in connection.execute(OWN_LOCKS, (pid, list(self._tables))):
            name, lock = self._tables[oid].name, _lock(mode)
            found[name] = _stronger(lock, found.get(name))
        return dict(sorted(found.items()))

    def _snapshot(self, connection: psycopg.Connection) -> dict[int, tuple[Any, ...]]:
        return {row[0]: row[1:] for row in connection.execute(SNAPSHOT, (list(self._tables),)).fetchall()}

    def _compare(
        self, before: dict[int, tuple[Any, ...]], after: dict[int, tuple[Any, ...]], measured: Measured
    ) -> None:
        by_name = {row[0]: self._tables[oid].name for snapshot in (before, after) for oid, row in snapshot.items()}
        emptied = {table.name for table in self._tables.values() if not table.rows}
        for oid, (_, file, size, read, written) in after.items():
            name, rows = self._tables[oid]
            _, old_file, _, already_read, already_written = before[oid]
            if rows and read - already_read >= rows:
                measured.scans.add(name)
            if written - already_written >= FEW:
                measured.writes_rows[name] = written - already_written
            # TRUNCATE and WITH NO DATA leave an empty file.
            if file != old_file:
                (measured.rewrites if size else emptied).add(name)
        for notice in self._notices:
            if (match := REWRITING.match(notice)) and match["table"] in by_name:
                measured.rewrites.add(by_name[match["table"]])
            elif (match := VERIFYING.match(notice)) and match["table"] in by_name:
                measured.scans.add(by_name[match["table"]])
            elif (match := BUILDING.match(notice)) and match["table"] in by_name:
                measured.builds_index_on.add(by_name[match["table"]])
        measured.builds_index_on -= emptied
        measured.rewrites -= emptied
        measured.scans |= measured.builds_index_on | measured.rewrites


def _single(connection: psycopg.Connection, query: str, parameters: tuple[Any, ...] = ()) -> Any:
    row = connection.execute(query.encode(), parameters).fetchone()
    assert row is not None
    return row[0]


def _lock(mode: str) -> str:
    """`AccessExclusiveLock` → `ACCESS EXCLUSIVE`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


def _stronger(one: str, other: str | None) -> str:
    return one if other is None or LOCKS.index(one) > LOCKS.index(other) else other


def _refuses_transactions(error: BaseException) -> bool:
    return isinstance(error.__cause__, psycopg.errors.ActiveSqlTransaction)
