"""MIG212: rows with deferred foreign keys are written, and the table is altered in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails, Run, WriteRows
from miglint.facts.operations import RunPython, RunSQL
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule, named
from miglint.sql.statement import AlterTable, Cluster, CreateIndex, DropTable, Truncate
from miglint.steps import Step


@dataclass(frozen=True)
class PendingTriggerEvents(OperationRule):
    code = "MIG212"
    name = "pending-trigger-events"
    severity = Severity.ERROR
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for run in project.runs(step):
            for effect in run.effects:
                if isinstance(effect, Fails) and effect.kind == "pending trigger events":
                    yield self._finding(effect.table or "", run, step, project)
                    return

    def _finding(self, table: str, run: Run, step: Step, project: Project) -> Finding:
        writer = _writer(table, run, step, project)
        by_django = writer is step and not isinstance(step.operation, RunSQL | RunPython)
        if by_django:
            who = "Django itself writes rows before it"
            hint = "Fill the column in a migration of its own before this one, so that Django finds no NULL to replace."
        else:
            who = "Rows are written before it in the same transaction"
            hint = (
                "Write the rows in a migration of its own. Or have the foreign keys checked in between: RunSQL with "
                "SET CONSTRAINTS ALL IMMEDIATE."
            )
        inserted = writer is not None and _inserts(writer, project)
        new = ", and those that were just written are some" if inserted else ""
        return self.finding(
            step.location,
            f"This fails where '{table}' has rows{new}; {named(project.target.database)} says: cannot {_word(run)} "
            f"because it has pending trigger events. {who}, and the foreign keys that look at them wait for its end.",
            hint=hint,
            subject=step.subject or table,
            related=()
            if writer is None or writer is step
            else (Related(writer.location, "rows are written here, and their foreign keys wait"),),
        )


def _inserts(step: Step, project: Project) -> bool:
    """Whether it writes rows that were not there before."""
    effects = (effect for run in project.runs(step) for effect in run.effects)
    return any(isinstance(effect, WriteRows) and effect.verb == "insert" for effect in effects)


def _writer(table: str, run: Run, step: Step, project: Project) -> Step | None:
    """The last step before a statement that wrote rows in its transaction, of the table or of one that refers to it."""
    found = None
    for one in project.around(step):
        for earlier in project.runs(one):
            if earlier is run:
                return found
            if earlier.transaction == run.transaction and not earlier.deferred:
                written = {effect.table for effect in earlier.effects if isinstance(effect, WriteRows)}
                if table in written:
                    found = one
        if one is step and not run.deferred:
            return found
    return found


def _word(run: Run) -> str:
    for statement in run.statements:
        match statement:
            case AlterTable(table):
                return f'ALTER TABLE "{table}"'
            case CreateIndex(table=table):
                return f'CREATE INDEX "{table}"'
            case DropTable(tables):
                return f'DROP TABLE "{tables[0]}"'
            case Truncate(tables):
                return f'TRUNCATE TABLE "{tables[0]}"'
            case Cluster(table):
                return f'CLUSTER "{table}"'
            case _:
                continue
    return "ALTER TABLE"
