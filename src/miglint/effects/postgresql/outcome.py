"""What one statement does, and what it hangs on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import NamedTuple

from miglint.effects.effect import Cause, Effect, Fails, Lock, RewriteTable, ScanTable
from miglint.facts.target import Version
from miglint.records import dataclass


class Session(NamedTuple):
    """What a statement's outcome hangs on beside the database: the server's version, and the session's own state.

    `utc` says whether its time zone is UTC, as Django sets it unless USE_TZ is off; None is unknown.
    """

    version: Version
    in_transaction: bool
    utc: bool | None = True


@dataclass(slots=True)
class Outcome:
    """`locks` by table, under its present name; `effects` in the order in which the server comes to them."""

    locks: dict[str, Lock] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def lock(self, tables: str | Iterable[str], lock: Lock) -> None:
        for table in (tables,) if isinstance(tables, str) else tables:
            self.locks[table] = max(lock, self.locks.get(table, lock))

    def add(self, *effects: Effect) -> None:
        self.effects.extend(effects)

    def scan(self, tables: Iterable[str], cause: Cause, detail: str) -> None:
        self.effects.extend(ScanTable(table, cause, detail) for table in tables)

    def rewrite(self, tables: Iterable[str], cause: Cause, detail: str) -> None:
        self.effects.extend(RewriteTable(table, cause, detail) for table in tables)

    def needs(self, what: str, major: int, session: Session) -> None:
        """Fail where the server is older than what is asked of it."""
        if session.version < (major,):
            self.add(Fails("needs another PostgreSQL", f"{what} needs PostgreSQL {major}"))

    def outside(self, what: str, session: Session) -> None:
        """Fail where a transaction is open."""
        if session.in_transaction:
            self.add(Fails("concurrently in a transaction", f"{what} cannot run inside a transaction"))
