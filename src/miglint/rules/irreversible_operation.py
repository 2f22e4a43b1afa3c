"""MIG507: an operation, other than RunPython and RunSQL, whose way back fails."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import DeleteModel, RemoveField, UnknownOperation
from miglint.facts.values import Literal, Reference
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import lacks_value
from miglint.steps import Step


@dataclass(frozen=True)
class IrreversibleOperation(OperationRule):
    code = "MIG507"
    name = "irreversible-operation"
    severity = Severity.WARNING
    operations = (RemoveField, UnknownOperation)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.in_state_alone:
            return
        match step.operation:
            # A subclass may have a way back of its own. And only a table that was there before, and is there after, can
            # have got rows by the time that somebody goes back.
            case RemoveField(name=str(name), subclass=None) if step.model is not None and step.table is not None:
                field = step.model.fields.get(name)
                kept = step.existed_before and not _is_dropped_too(step, project)
                if kept and field is not None and lacks_value(field.field):
                    yield self.finding(
                        step.location,
                        f"'{step.migration.key}' cannot be rolled back once '{step.table}' has rows: undoing this adds "
                        f"'{name}' again, NOT NULL and without a value for them.",
                        hint="Give the field a default with AlterField first (null=True does not help: its own way "
                        "back meets the NULLs).",
                        related=(Related(field.defined.location, f"'{name}' is NOT NULL without a default here"),),
                        subject=f"{step.migration.key.app_label}.{step.model.name.lower()}.{name}",
                    )
            case UnknownOperation(function=Reference(path)) if _says_so(step, path):
                yield self.finding(
                    step.location,
                    f"'{step.migration.key}' cannot be rolled back: {path.lstrip('#')} says that it is not reversible.",
                    hint="Write its database_backwards, or make a backup part of the release.",
                    subject=f"{step.migration.key}:{path.lstrip('#')}",
                )
            case _:
                return


def _is_dropped_too(step: Step, project: Project) -> bool:
    """Whether the same migration drops the table, which then comes back empty."""
    return any(
        isinstance(other.operation, DeleteModel)
        and other.operation.subclass is None
        and not other.in_state_alone
        and other.model is not None
        and step.model is not None
        and other.model.made == step.model.made
        for other in project.around(step)
    )


def _says_so(step: Step, path: str) -> bool:
    """Whether a class of the migration's own file sets `reversible = False`, which is what Django asks."""
    own = step.migration.module.classes.get(path.removeprefix("#")) if path.startswith("#") else None
    return own is not None and own.attributes.get("reversible") == Literal(False)
