"""MIG209: a unique column is added with a default, which is the same for every row that is there."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails
from miglint.facts.fields import Field
from miglint.facts.operations import AddField
from miglint.facts.values import Literal, Reference
from miglint.findings import Finding, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import db_default
from miglint.steps import Step


@dataclass(frozen=True)
class OneDefaultForUnique(OperationRule):
    code = "MIG209"
    name = "one-default-for-unique"
    severity = Severity.ERROR
    looks_at = "effects"

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        for run in project.runs(step):
            for effect in run.effects:
                if isinstance(effect, Fails) and effect.kind == "one value for all rows":
                    field = step.operation.field if isinstance(step.operation, AddField) else None
                    yield self.finding(
                        step.location,
                        f"Adding '{effect.table}.{effect.column}' fails as soon as '{effect.table}' has two rows: "
                        f"the column is unique, and both get {_value_for_all(field)}.",
                        hint="Add it with null=True and neither unique nor a default, give each row a value of its own "
                        "in a migration of its own, then make it unique, and NOT NULL, with AlterField.",
                        subject=step.subject or f"{effect.table}.{effect.column}",
                    )


def _value_for_all(field: Field | None) -> str:
    """What every row gets, in words."""
    if field is None or db_default(field) is not None:
        return "the database's one default"
    match field.options.get("default"):
        case None:
            return "the one value that Django makes up for it"
        case Reference(path):
            return f"the same value: Django calls {path.rpartition('.')[2].lstrip('#')} once, not for each row"
        case Literal(str() | int() | float() as value):
            return f"{value!r}"
        case _:
            return "the one default"
