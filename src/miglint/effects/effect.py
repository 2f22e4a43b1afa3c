"""Effects: what one statement, one operation and one migration do to a live database."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.records import dataclass
from miglint.sql.statement import Statement


class Lock(enum.IntEnum):
    """PostgreSQL's table locks, weakest first: https://www.postgresql.org/docs/current/explicit-locking.html"""

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    @property
    def blocks(self) -> str:
        """What has to wait while the lock is held, for people; empty where ordinary work goes on."""
        if self is Lock.ACCESS_EXCLUSIVE:
            return "reads and writes"
        return "writes" if self >= Lock.SHARE else ""


# What makes the server read or write every row of a table.
Cause: TypeAlias = OneOf[
    # A new column.
    "volatile default",
    "stored generation",
    "numbering",
    "constant default",
    "column check",
    "domain",
    # An index, and what is kept by one.
    "index",
    "unique",
    "primary key",
    "exclusion",
    # What is true of each row.
    "check",
    "foreign key",
    "not null",
    # A column that becomes something else; "index rebuild" leaves its rows alone.
    "type",
    "index rebuild",
    # VACUUM FULL, CLUSTER, REINDEX.
    "maintenance",
    # All else.
    "domain check",
    "expression",
    "partition",
    "refresh",
    "rows",
    "storage",
]


@dataclass(frozen=True, slots=True)
class RewriteTable:
    """The server writes every row of `table` anew; `detail` is the `cause` in SQL, or what of it is."""

    table: str
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class ScanTable:
    """The server reads every row of `table`; `detail` is the `cause` in SQL, or what of it is."""

    table: str
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class BuildIndex:
    """The server reads every row of `table` to build an index; `index` is its name, None where the server makes it up.

    `cause` is "index" for CREATE INDEX, `unique` or not, "unique", "primary key" and "exclusion" for what a
    constraint builds, "index rebuild" where a change of a column's type or collation makes an old one anew.
    """

    table: str
    index: str | None
    cause: Cause
    unique: bool = False
    concurrently: bool = False

    @property
    def detail(self) -> str:
        return f"the index '{self.index}'" if self.index is not None else "an index"


@dataclass(frozen=True, slots=True)
class WriteRows:
    """Rows of `table` are written one by one; `whole` says that it may be all of them, and they stay locked."""

    table: str
    verb: OneOf["update", "delete", "insert"]
    whole: bool


@dataclass(frozen=True, slots=True)
class DropIndexOf:
    """An index of `table` is dropped, under ACCESS EXCLUSIVE on the table unless `concurrently`."""

    table: str
    index: str
    concurrently: bool


# Why a statement fails on a table with rows.
Failing: TypeAlias = OneOf[
    "no value for rows",
    "one value for all rows",
    "pending trigger events",
    "concurrently in a transaction",
    "needs another PostgreSQL",
    "view in the way",
    "not found",
    "exists already",
    "other",
]


@dataclass(frozen=True, slots=True)
class Fails:
    """The server, or Django, refuses the statement on a table with rows; `why` is its complaint, a whole clause.

    `column` is set where one is at fault.
    """

    kind: Failing
    why: str
    table: str | None = None
    column: str | None = None


@dataclass(frozen=True, slots=True)
class UnknownEffect:
    """What is done cannot be known; `reason` ends the sentence "unknown because …"."""

    reason: str


Effect: TypeAlias = RewriteTable | ScanTable | BuildIndex | WriteRows | DropIndexOf | Fails | UnknownEffect


@dataclass(frozen=True, slots=True)
class Run:
    """One `execute()` as it runs: usually one statement, two where Django sends SET CONSTRAINTS along.

    `takes` are the locks that it takes itself, `held` those that its transaction holds when it is through, by
    table: tables that were there before the migration (and are not of the changeset), by the names of then. So are
    the tables of its effects. `transaction` numbers the migration's transactions; 0 is none: autocommit.
    `deferred` is what Django keeps for the end of the migration. `lock_timeout` says that the session gives up
    waiting for locks after a while. `sql` is as written where somebody wrote it.
    """

    statements: tuple[Statement, ...]
    takes: Mapping[str, Lock]
    held: Mapping[str, Lock]
    effects: tuple[Effect, ...]
    transaction: int
    # The locks held that make writers wait, strongest first: `blocking(held)`.
    blocking: tuple[tuple[str, Lock], ...]
    deferred: bool = False
    lock_timeout: bool = False
    text: str | None = None

    @property
    def sql(self) -> str:
        from miglint.sql.render import rendered

        return self.text if self.text is not None else "; ".join(map(rendered, self.statements))

    @property
    def scans(self) -> tuple[str, ...]:
        """The tables of which every row is read, those that are rewritten or indexed included; sorted."""
        return tuple(
            sorted({one.table for one in self.effects if isinstance(one, RewriteTable | ScanTable | BuildIndex)})
        )

    @property
    def rewrites(self) -> tuple[str, ...]:
        return tuple(sorted({one.table for one in self.effects if isinstance(one, RewriteTable)}))

    @property
    def is_dangerous(self) -> bool:
        """Whether a table is read or written in full while writers wait."""
        return bool(self.blocking) and any(
            isinstance(one, RewriteTable | ScanTable | BuildIndex) for one in self.effects
        )


def blocking(held: Mapping[str, Lock]) -> tuple[tuple[str, Lock], ...]:
    """The locks that make writers wait, strongest first."""
    return tuple(
        sorted(((table, lock) for table, lock in held.items() if lock >= Lock.SHARE), key=lambda one: (-one[1], one[0]))
    )


def strongest(runs: tuple[Run, ...]) -> dict[str, Lock]:
    """The strongest lock that statements take on each table, by name."""
    found: dict[str, Lock] = {}
    for run in runs:
        for table, lock in run.takes.items():
            found[table] = max(lock, found.get(table, lock))
    return dict(sorted(found.items()))
