"""One migration as it runs: its statements in order, in which transactions, what stays locked while they do.

An atomic migration keeps every lock to its end, and Django leaves some statements for that end:
https://docs.djangoproject.com/en/stable/howto/writing-migrations/#non-atomic-migrations
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field, replace
from typing import NamedTuple

from miglint.effects.effect import (
    BuildIndex,
    DropIndexOf,
    Effect,
    Fails,
    Lock,
    RewriteTable,
    Run,
    ScanTable,
    UnknownEffect,
    WriteRows,
    blocking,
)
from miglint.effects.postgresql import Outcome, Session, outcome
from miglint.effects.postgresql.names import misnamed
from miglint.effects.postgresql.pending import EVERY, events_of, needs_none, rows_of
from miglint.effects.timeouts import TIMEOUTS, is_limit
from miglint.effects.unmeasured import unmeasured
from miglint.facts.target import Database
from miglint.records import dataclass
from miglint.schema.editor import Execution
from miglint.schema.state import Origin
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import (
    AddConstraint,
    AlterTable,
    CreateTable,
    Insert,
    RenameTable,
    SetConstraints,
    SetParameter,
    SetSchema,
    Statement,
    Transaction,
    Update,
)


class Executed(NamedTuple):
    """An execution, the operation that asked for it, and what the database held before each of its statements.

    `own_transaction` says that the operation runs in a transaction of its own where the migration has none.
    """

    operation: str
    execution: Execution
    found: tuple[DatabaseState, ...]
    own_transaction: bool = False


def run(
    executed: Iterable[Executed],
    *,
    atomic: bool,
    database: Database,
    is_old: Callable[[Origin], bool],
    gives_up: bool = False,
) -> dict[str, tuple[Run, ...]]:
    """What a migration's executions do, by operation; they come in the order in which they run, deferred ones last.

    `is_old` says whether what an operation made was there for the running release: nobody waits for other tables.
    `gives_up` says that the session has a lock_timeout from the start. Only PostgreSQL's locks are known.
    """
    everything = tuple(executed)
    strings: Counter[tuple[str, int | None]] = Counter(
        (one.operation, one.execution.query) for one in everything if one.execution.query is not None
    )
    running = _Running(atomic, database, is_old, _made_at_the_end(everything), strings, gives_up)
    runs: dict[str, list[Run]] = {}
    for one in everything:
        runs.setdefault(one.operation, []).append(running.execute(one))
    return {operation: tuple(done) for operation, done in runs.items()}


def _made_at_the_end(executed: Iterable[Executed]) -> set[str]:
    """The names of the constraints that are not there before the migration's end."""
    return {
        action.constraint.name
        for one in executed
        if one.execution.deferred
        for statement in one.execution.statements
        if isinstance(statement, AlterTable)
        for action in statement.actions
        if isinstance(action, AddConstraint) and action.constraint.name is not None
    }


@dataclass(slots=True)
class _Open:
    """A transaction; 0 is none. `held` are the locks so far, by the names of before the migration.

    `pending` are tables with events to come: deferred foreign keys look at rows at the end, or once they are told to
    be immediate, which `immediate` names; None is all. `written` are the rows of each table that were written, as
    `rows_of` has them.
    """

    number: int
    held: dict[str, Lock] = field(default_factory=dict)
    pending: dict[str, set[str]] = field(default_factory=dict)
    written: dict[str, set[str]] = field(default_factory=dict)
    immediate: set[str] | None = field(default_factory=set)
    # What SET LOCAL said; None where it said nothing.
    utc: bool | None = None
    gives_up: bool | None = None
    # The locks by name, and those that keep writers waiting: long transactions take few new ones.
    shown: Mapping[str, Lock] = field(default_factory=dict)
    blocking: tuple[tuple[str, Lock], ...] = ()

    def hold(self, takes: Mapping[str, Lock]) -> None:
        new = {table: lock for table, lock in takes.items() if lock > self.held.get(table, 0)}
        if new:
            self.held |= new
            self.shown = dict(sorted(self.held.items()))
            if max(new.values()) >= Lock.SHARE:
                self.blocking = blocking(self.held)


@dataclass(slots=True)
class _Running:
    atomic: bool
    database: Database
    is_old: Callable[[Origin], bool]
    # Constraints that wait for the migration's end.
    awaited: set[str]
    # How many executions of an operation reach the server in one string: more than one are a transaction.
    in_one_string: Counter[tuple[str, int | None]]
    # Whether the session gives up waiting for locks: unless a statement says otherwise, and now.
    gave_up: bool
    gives_up: bool = field(init=False)
    # Present names of tables that the migration renamed → their names before it.
    names: dict[str, str] = field(default_factory=dict)
    created: set[str] = field(default_factory=set)
    # Those of them that got rows of other tables.
    filled: set[str] = field(default_factory=set)
    opened: int = 0
    current: _Open | None = None
    # What keeps `current` open from one execution to the next: the migration, a BEGIN, a string of several
    # statements, an operation's own transaction. None where nothing does.
    reason: tuple[str, object] | None = None
    utc: bool | None = True

    def __post_init__(self) -> None:
        self.gives_up = self.gave_up

    def execute(self, executed: Executed) -> Run:
        execution = executed.execution
        transaction = self._transaction(executed)
        takes: dict[str, Lock] = {}
        effects: list[Effect] = []
        for statement, found in zip(execution.statements, executed.found, strict=True):
            if execution.deferred:
                self._comes_into_being(statement)
            done = self._outcome(statement, found, transaction, execution)
            for table, lock in done.locks.items():
                name = self._name_before(table, found)
                if name is not None and lock > takes.get(name, 0):
                    takes[name] = lock
            for effect in done.effects:
                told = self._told(effect, found)
                if told is not None:
                    effects.append(told)
                if isinstance(effect, RewriteTable):
                    transaction.written.setdefault(effect.table, set()).add(EVERY)
            self._follow(statement, found, transaction)
        if takes:
            transaction.hold(takes)
        return Run(
            statements=execution.statements,
            takes=dict(sorted(takes.items())),
            held=transaction.shown,
            effects=tuple(dict.fromkeys(effects)) if effects else (),
            transaction=transaction.number,
            blocking=transaction.blocking,
            deferred=execution.deferred,
            lock_timeout=self.gives_up if transaction.gives_up is None else transaction.gives_up,
            text=execution.text,
        )

    def _transaction(self, executed: Executed) -> _Open:
        """The transaction that an execution runs in; 0, which keeps no lock, where nothing opened one."""
        wanted: tuple[str, object] | None = None
        if self.reason is not None and self.reason[0] == "begin":
            wanted = self.reason
        elif self.atomic:
            wanted = ("migration", None)
        elif executed.own_transaction:
            wanted = ("operation", executed.operation)
        elif self.in_one_string[executed.operation, executed.execution.query] > 1:
            wanted = ("string", (executed.operation, executed.execution.query))
        if self.current is not None and wanted is not None and wanted == self.reason:
            return self.current
        self.reason = wanted
        self.current = self._open(0 if wanted is None else self.opened + 1)
        return self.current

    def _open(self, number: int) -> _Open:
        self.opened = max(self.opened, number)
        return _Open(number)

    def _outcome(self, statement: Statement, found: DatabaseState, transaction: _Open, execution: Execution) -> Outcome:
        utc = self.utc if transaction.utc is None else transaction.utc
        session = Session(self.database.version, transaction.number > 0, utc)
        if self.database.vendor != "postgresql":
            return unmeasured(statement, self.database.vendor)
        done = outcome(statement, found, session)
        # What waits for the end counts as there since it was asked for.
        refused = () if execution.deferred else tuple(misnamed(statement, found))
        if refused:
            done.effects[:] = refused
            return done
        table = needs_none(statement, found, transaction.pending.keys())
        if table is not None:
            why = (
                f"'{table}' has pending trigger events: rows written in this transaction wait for deferred foreign keys"
            )
            done.effects[:] = [Fails("pending trigger events", why, table)]
        elif done.effects and isinstance(statement, AlterTable) and self._is_empty(statement.table, found):
            # There is nothing to look up in the other table either.
            done.effects[:] = [one for one in done.effects if not isinstance(one, ScanTable)]
        return done

    def _is_empty(self, table: str, found: DatabaseState) -> bool:
        return self._name_before(table, found) is None and table not in self.filled

    def _follow(self, statement: Statement, found: DatabaseState, transaction: _Open) -> None:
        """Keep what a statement leaves behind for those that come after it."""
        match statement:
            case Transaction("begin") if transaction.number == 0:
                self.reason = ("begin", None)
                self.current = self._open(self.opened + 1)
            case Transaction("commit" | "rollback" | "prepare"):
                # In an atomic migration the driver opens another one for whatever comes next.
                self.reason, self.current = None, None
            case SetParameter("timezone" | "time zone", value, local):
                utc = None if value is None else value.strip("'\"").upper() in ("UTC", "GMT", "ETC/UTC", "0")
                if local:
                    transaction.utc = utc
                else:
                    self.utc = utc
            case SetParameter(name, value, local) if name in TIMEOUTS:
                gives_up = self.gave_up if value is None else is_limit(value)
                if local:
                    transaction.gives_up = gives_up
                else:
                    self.gives_up = gives_up
            case SetConstraints(names, immediate):
                self._set_constraints(names, transaction, immediate=immediate)
            case AlterTable(table, actions):
                for action in actions:
                    if isinstance(action, RenameTable):
                        self._rename(table, action.new)
                        if table in transaction.pending:
                            transaction.pending[action.new] = transaction.pending.pop(table)
                    elif isinstance(action, SetSchema):
                        own = table.rpartition(".")[2]
                        self._rename(table, own if action.schema == "public" else f"{action.schema}.{own}")
                    elif isinstance(action, AddConstraint) and transaction.immediate is not None:
                        # What SET CONSTRAINTS said was said of another one of the name.
                        transaction.immediate.discard(action.constraint.name or "")
            case CreateTable(table):
                self.created.add(table)
                if statement.reads:
                    self.filled.add(table)
            case _:
                if isinstance(statement, Insert) and statement.reads:
                    self.filled.add(statement.table)
                written = transaction.written.get(statement.table, ()) if isinstance(statement, Update) else ()
                for name, constraint in events_of(statement, found, written):
                    waits = constraint is None or constraint not in self.awaited
                    fires = transaction.immediate is None or constraint in transaction.immediate
                    if transaction.number > 0 and waits and not fires:
                        transaction.pending.setdefault(name, set()).add(constraint or "")
                rows = rows_of(statement) if isinstance(statement, Update) else None
                if isinstance(statement, Update) and rows is not None:
                    transaction.written.setdefault(statement.table, set()).add(rows)

    def _comes_into_being(self, statement: Statement) -> None:
        if isinstance(statement, AlterTable):
            for action in statement.actions:
                if isinstance(action, AddConstraint) and action.constraint.name is not None:
                    self.awaited.discard(action.constraint.name)

    def _set_constraints(self, names: tuple[str, ...], transaction: _Open, *, immediate: bool) -> None:
        if not immediate:
            transaction.immediate = set() if not names else (transaction.immediate or set()) - {*names}
        elif not names:
            transaction.immediate = None
            transaction.pending.clear()
        else:
            if transaction.immediate is not None:
                transaction.immediate |= {*names}
            for table, waiting in tuple(transaction.pending.items()):
                waiting -= {*names}
                if not waiting:
                    del transaction.pending[table]

    def _rename(self, was: str, becomes: str) -> None:
        self.names[becomes] = self.names.pop(was, was)
        if was in self.created:
            self.created.discard(was)
            self.created.add(becomes)
        if was in self.filled:
            self.filled.add(becomes)

    def _name_before(self, table: str, found: DatabaseState) -> str | None:
        """What a table was called before the migration; None where the running release has none of it."""
        state = found.table(table)
        if state is None:
            return None if table in self.created else self.names.get(table, table)
        if state.kind == "view" or not self.is_old(state.made):
            return None
        return self.names.get(table, table)

    def _told(self, effect: Effect, found: DatabaseState) -> Effect | None:
        """An effect on a table that was there, by the name of then; None for one that nobody notices."""
        match effect:
            case UnknownEffect():
                return effect
            case Fails(table=table):
                # What fails for its rows alone does not fail on a table that has none.
                name = self._name_before(table, found) if table is not None else None
                if (
                    table is not None
                    and name is None
                    and effect.kind in ("no value for rows", "one value for all rows")
                ):
                    return None
                return effect
            case RewriteTable() | ScanTable() | BuildIndex() | WriteRows() | DropIndexOf():
                name = self._name_before(effect.table, found)
                if name is None or name == effect.table:
                    return None if name is None else effect
                return replace(effect, table=name)
