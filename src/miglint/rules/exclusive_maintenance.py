"""MIG311: maintenance that shuts everybody out: VACUUM FULL, CLUSTER, REINDEX, LOCK TABLE, TRUNCATE."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.danger import Danger
from miglint.effects.effect import Lock, Run
from miglint.facts.operations import RunPython, RunSQL
from miglint.facts.sizes import Size
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import LockRule, largest, listed, made_at, named, sized, weighed
from miglint.sql.statement import Cluster, LockTable, Reindex, Truncate, Vacuum
from miglint.steps import Step


@dataclass(frozen=True)
class ExclusiveMaintenance(LockRule):
    code = "MIG311"
    name = "exclusive-maintenance"
    severity = Severity.ERROR
    # No operation of Django's does so by itself. Nor is LOCK TABLE an effect.
    operations = (RunPython, RunSQL)
    looks_at = None
    causes = frozenset({"maintenance"})

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        yield from super().check(step, project)
        for run in project.runs(step):
            for statement in run.statements:
                if isinstance(statement, LockTable | Truncate):
                    yield from self._locked(statement, run, step, project)

    def _locked(self, statement: LockTable | Truncate, run: Run, step: Step, project: Project) -> Iterator[Finding]:
        # A weaker one keeps no writer waiting.
        tables = [table for table, lock in run.takes.items() if lock >= Lock.SHARE]
        if not tables:
            return
        lock = max(run.takes[table] for table in tables)
        words = "LOCK TABLE" if isinstance(statement, LockTable) else "TRUNCATE"
        until = "transaction" if run.transaction else "statement"
        finding = self.finding(
            step.location,
            f"{words} takes {lock} on {listed([sized(table, project) for table in tables])} on "
            f"{named(project.target.database)}: {lock.blocks} wait until the {until} is through.",
            hint=_NO_LOCK if isinstance(statement, LockTable) else _ROWS_ALONE,
            subject=", ".join(tables),
            related=made_at(tables, step),
        )
        size = largest([project.size_of(table) for table in tables])
        # How long LOCK TABLE lasts does not hang on the rows.
        yield weighed(finding, size if isinstance(statement, Truncate) or size.kind == "large" else Size("unknown"))

    def what(self, danger: Danger, step: Step, project: Project) -> str:
        for run in danger.runs:
            for statement in run.statements:
                match statement:
                    case Vacuum():
                        return "VACUUM FULL"
                    case Cluster():
                        return "CLUSTER"
                    case Reindex(kind):
                        return f"REINDEX {kind.upper()}"
                    case _:
                        continue
        return "Maintenance"

    def why(self, danger: Danger, step: Step, project: Project) -> str:
        # https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-NOTES
        return (
            ", and nearly every read with them, since planning one takes a lock on each index"
            if _reindexes(danger)
            else ""
        )

    def hint(self, danger: Danger, step: Step, project: Project) -> str:
        if _reindexes(danger):
            if project.target.database.version < (12,):
                return "Build a second index with CREATE INDEX CONCURRENTLY, then DROP INDEX CONCURRENTLY the old one."
            return "REINDEX … CONCURRENTLY, as the only statement of its string, with atomic = False."
        return (
            "Leave it out of the migration: plain VACUUM blocks nobody, and pg_repack writes a table anew while it is "
            "used."
        )


def _reindexes(danger: Danger) -> bool:
    return any(isinstance(statement, Reindex) for run in danger.runs for statement in run.statements)


_ROWS_ALONE = (
    "DELETE some thousand rows at a time, each batch in a transaction of its own, which blocks no other row: RunPython "
    "in a migration with atomic = False."
)
_NO_LOCK = (
    "Leave it out: each statement takes the lock that it needs. Else take the weakest mode that serves, with a "
    "lock_timeout, and as little as can be after it in the same transaction."
)
