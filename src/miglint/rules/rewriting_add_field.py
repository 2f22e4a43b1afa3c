"""MIG301: adding a column makes the server write or read every row while the table is locked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.effects.added import Cause, RewriteTable, ScanTable
from miglint.facts.fields import Field
from miglint.facts.operations import AddField
from miglint.facts.target import Database, Target, written
from miglint.facts.values import Unresolved
from miglint.findings import Finding, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule, weighed
from miglint.schema.column import POSITIVE


@dataclass(frozen=True)
class RewritingAddField(OperationRule):
    code = "MIG301"
    name = "rewriting-add-field"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        operation = step.operation
        if not isinstance(operation, AddField) or isinstance(operation.model_name, Unresolved):
            return
        model = f"{step.migration.key.app_label}.{operation.model_name.lower()}"
        for effect in step.effects:
            match effect:
                # A table of this same migration is empty: nobody waits for it.
                case RewriteTable(table, lock, cause, detail) | ScanTable(table, lock, cause, detail) if (
                    step.existed_before
                ):
                    does = "writes" if isinstance(effect, RewriteTable) else "reads"
                    size = project.sizes.size_of(table, model)
                    rows = f"row of '{table}'" + (f", {size.evidence}," if size.evidence else "")
                    advice = _ADVICE_FOR_LARGE if size.kind == "large" else ""
                    finding = self.finding(
                        step.location,
                        f"Adding '{operation.name}' {does} every {rows} under {lock} on "
                        f"{_named(project.target.database)}: {lock.blocks} wait until it is through, "
                        f"because {_reason(cause, detail)}.",
                        hint=_recipe(cause, operation.field, project.target) + advice,
                        subject=f"{model}.{operation.name}",
                    )
                    yield weighed(finding, size)


_ADVICE_FOR_LARGE = (
    " The table is large: fill it in batches of some thousand rows, each in a transaction of its own, and set a "
    "lock_timeout before each ALTER TABLE, so that one which has to wait gives up and does not hold up all others."
)


def _named(database: Database) -> str:
    vendor = {"postgresql": "PostgreSQL"}.get(database.vendor, database.vendor)
    return f"{vendor} {written(database.version)}".rstrip()


def _reason(cause: Cause, detail: str) -> str:
    match cause:
        case "volatile default":
            return f"{detail} is another value for each row"
        case "stored generation":
            return "a stored generated column is computed and kept for each row"
        case "numbering":
            return "each row takes a number from a sequence"
        case "constant default":
            return "before PostgreSQL 11 a default is written into each row"
        case "check":
            return f"{detail} is verified for each row"


def _recipe(cause: Cause, field: Field, target: Target) -> str:
    match cause:
        case "volatile default":
            return (
                "Add it with null=True and no default, set db_default with AlterField in the next migration (which "
                "holds for new rows only), and fill the old rows in batches in a third."
            )
        case "stored generation":
            return (
                "On PostgreSQL 18, db_persist=False costs nothing. Before, add a plain column with null=True, have the "
                "application or a trigger fill it, and fill the old rows in batches."
            )
        case "numbering":
            return (
                "Add a BigIntegerField with null=True, number the old rows in batches, and only then make a "
                "sequence its default."
            )
        case "constant default":
            return (
                "Add it with null=True and no default, set the default with AlterField in the next migration, and "
                "fill the old rows in batches in a third."
            )
        case "check":
            plain = field.kind.removeprefix("Positive") if field.kind in POSITIVE else "IntegerField"
            if target.django < (4,):
                add, validate = "RunSQL with ADD CONSTRAINT … NOT VALID", "RunSQL with VALIDATE CONSTRAINT"
            else:
                add, validate = "AddConstraintNotValid", "ValidateConstraint"
            return (
                f"Make it a plain {plain}, with the check as a CheckConstraint: {add} in this migration, {validate} in "
                "the next, which blocks nobody."
            )
