"""Effects: what one operation does to a live database."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias


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


# What of a new column makes the server touch every row.
Cause: TypeAlias = OneOf["volatile default", "stored generation", "numbering", "constant default", "check"]


@dataclass(frozen=True, slots=True)
class RewriteTable:
    """The server writes every row of `table` anew while `lock` is held; `detail` is the `cause` in SQL."""

    table: str
    lock: Lock
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class ScanTable:
    """The server reads every row of `table` while `lock` is held; `detail` is the `cause` in SQL."""

    table: str
    lock: Lock
    cause: Cause
    detail: str


@dataclass(frozen=True, slots=True)
class ValidateForeignKey:
    """The server looks up every row of `table` in the table that it refers to, while `lock` is held on `table`."""

    table: str
    lock: Lock


@dataclass(frozen=True, slots=True)
class NoValueForRows:
    """A new column of `table` is NOT NULL, and nothing says what the rows that are there hold in it.

    PostgreSQL, SQLite and Oracle refuse as soon as there is one. MySQL and MariaDB put in the implicit default
    of its type (0, '') where it has one: https://dev.mysql.com/doc/refman/8.4/en/data-type-defaults.html
    """

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The server refuses the statement, rows or none; `why` is its complaint."""

    table: str
    why: str


@dataclass(frozen=True, slots=True)
class UnknownEffect:
    """What the operation does cannot be known; `reason` ends the sentence "unknown because …"."""

    reason: str


Effect: TypeAlias = RewriteTable | ScanTable | ValidateForeignKey | NoValueForRows | Refused | UnknownEffect
