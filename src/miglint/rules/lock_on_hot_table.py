"""MIG309: a lock on a large or busy table, however short, without a limit on how long to wait for it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import DropIndexOf, Lock, Run
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, is_held, made_at, named, sized
from miglint.sql.statement import LockTable, Truncate
from miglint.steps import Step


@dataclass(frozen=True)
class LockOnHotTable(OperationRule):
    code = "MIG309"
    name = "lock-on-hot-table"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        runs = project.runs(step)
        taken: dict[str, tuple[Lock, Run]] = {}
        for run in runs:
            for table, lock in run.takes.items() if not run.lock_timeout else ():
                # SHARE is an index's, or LOCK TABLE's: both are told of by rules of their own.
                if lock >= Lock.SHARE_ROW_EXCLUSIVE and lock > taken.get(table, (0,))[0]:
                    taken[table] = lock, run
        large = [table for table in taken if project.size_of(table).kind == "large"]
        told = {table for run in runs for table in _told(run, project)} if large else set()
        for table in large:
            lock, run = taken[table]
            if table not in told and not is_held(table, lock, run, step, project):
                yield self._finding(table, lock, step, project)

    def _finding(self, table: str, lock: Lock, step: Step, project: Project) -> Finding:
        alone = "LOCAL " if step.migration.atomic is not False else ""
        return self.finding(
            step.location,
            f"This takes {lock} on {sized(table, project)} on {named(project.target.database)} without a "
            f"lock_timeout: while it waits for a long query to end, {lock.blocks} queue behind it.",
            hint=f"SET {alone}lock_timeout = '2s' in a RunSQL before it; run the migration again where it gives up.",
            subject=f"{step.subject} on {table}" if step.subject else table,
            related=made_at((table,), step),
        )


def _told(run: Run, project: Project) -> Iterator[str]:
    """The tables of which other rules say as much, or more."""
    if run.is_dangerous and any(project.size_of(table).kind != "small" for table in run.scans):
        yield from run.scans
        yield from (table for table, _ in run.blocking)
    if any(isinstance(statement, LockTable | Truncate) for statement in run.statements):
        yield from run.takes
    yield from (effect.table for effect in run.effects if isinstance(effect, DropIndexOf) and not effect.concurrently)
