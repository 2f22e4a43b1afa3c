"""MIG402: a table is dropped that the models of the running release still use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.facts.operations import DeleteModel, RemoveField
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.model import between


@dataclass(frozen=True)
class DroppedTable(OperationRule):
    code = "MIG402"
    name = "dropped-table"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        model = step.model
        key = f"{step.migration.key.app_label}.{model.name.lower()}"
        match step.operation:
            case DeleteModel(subclass=None):
                yield self.finding(
                    step.location,
                    f"Dropping '{step.table}' (there since {model.made.migration}) breaks the release that is still "
                    f"running, wherever it uses {model.name}, deletions of what it refers to included.",
                    hint="Delete the model from the state alone first, with SeparateDatabaseAndState; drop the table "
                    "in the release after that one, with RunSQL.",
                    related=(Related(model.made.location, f"{model.name} was created here"),),
                    subject=key,
                )
            case RemoveField(name=str(name), subclass=None) if name in model.fields:
                field = model.fields[name]
                table = between(model, field, project.ground)
                # One that comes again is MIG407's.
                if table is None or not project.was_there(field.added, step) or _comes_again(name, step, project):
                    return
                yield self.finding(
                    step.location,
                    f"Removing the many-to-many field '{name}' drops '{table}' (there since {field.added.migration}), "
                    "which breaks the release that is still running.",
                    hint="Remove it from the state alone first, with SeparateDatabaseAndState; drop the table in the "
                    "release after that one, with RunSQL.",
                    related=(Related(field.added.location, f"'{name}' was added here"),),
                    subject=f"{key}.{name}",
                )
            case _:
                return


def _comes_again(name: str, step: Step, project: Project) -> bool:
    model = project.end_of(step).model(*step.model.key) if step.model is not None else None
    field = model.fields.get(name) if model is not None else None
    return field is not None and field.field.kind == "ManyToManyField"
