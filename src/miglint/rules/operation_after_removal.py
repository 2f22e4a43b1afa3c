"""MIG211: the database's part of a removal comes when the state has lost already what it is about."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import DeleteModel, RemoveConstraint, RemoveField, RemoveIndex
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.missing import Missing, missing_from
from miglint.steps import Step


@dataclass(frozen=True)
class OperationAfterRemoval(OperationRule):
    code = "MIG211"
    name = "operation-after-removal"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if not step.in_database_alone:
            return
        label = step.migration.key.app_label
        if label in project.unsettled_apps:
            return
        missing = missing_from(step.before, label, step.operation, project.ground)
        if missing is None or project.is_opaque_before(step):
            return
        removal = project.removal(missing, step)
        if removal is None:
            return
        subject = f"{label}.{missing.model.lower()}"
        if missing.kind != "model":
            subject = f"{subject}.{missing.name}"
        yield self.finding(
            step.location,
            f"'{subject}' left the state in {removal.migration.key}, line {removal.location.span.line}, so Django does "
            f"not find it for this operation: `migrate` fails with {_complaint(missing, step, label)}.",
            hint=_hint(missing, removal, step),
            subject=subject,
            related=(Related(removal.location, f"'{subject}' leaves the state here"),),
        )


def _complaint(missing: Missing, step: Step, label: str) -> str:
    match missing.kind:
        case "model":
            return f"KeyError: ('{label}', '{missing.name.lower()}')"
        case "field":
            return f"KeyError: '{missing.name}'" if isinstance(step.operation, RemoveField) else "FieldDoesNotExist"
        case "index" | "constraint":
            return f"ValueError: No {missing.kind} named {missing.name}"


def _hint(missing: Missing, removal: Step, step: Step) -> str:
    if not isinstance(step.operation, DeleteModel | RemoveField | RemoveIndex | RemoveConstraint):
        return "Write it as RunSQL, or put it before the operation that takes it out of the state."
    statement = _statement(missing, removal, step)
    return (
        f"Drop it with RunSQL({statement}, reverse_sql=…), or keep both sides of the removal in one "
        "SeparateDatabaseAndState."
    )


def _statement(missing: Missing, removal: Step, step: Step) -> str:
    # As the removal saw it, the model still had a table.
    table = removal.table or "…"
    match missing.kind:
        case "model":
            return f"'DROP TABLE {table}'"
        case "field":
            known = step.database_before.table(table)
            column = f"{missing.name}_id" if known and f"{missing.name}_id" in known.columns else missing.name
            return f"'ALTER TABLE {table} DROP COLUMN {column}'"
        case "index":
            return f"'DROP INDEX {missing.name}'"
        case "constraint":
            return f"'ALTER TABLE {table} DROP CONSTRAINT {missing.name}'"
