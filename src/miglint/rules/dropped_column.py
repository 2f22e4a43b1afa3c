"""MIG401: a column is dropped that the models of the running release still select."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.facts.operations import AlterOrderWithRespectTo, RemoveField
from miglint.facts.values import text_of
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, has_column


@dataclass(frozen=True)
class DroppedColumn(OperationRule):
    code = "MIG401"
    name = "dropped-column"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        app = f"{step.migration.key.app_label}.{step.model.name.lower()}"
        match step.operation:
            case RemoveField(name=str(name), subclass=None) if name in step.model.fields:
                field = step.model.fields[name]
                column = column_name(field.field, name)
                if has_column(field.field) is not True or not project.was_there(field.added, step):
                    return
                # A name that the migration gave, nobody reads; a column that comes again is MIG407's.
                if not isinstance(column, str) or column not in project.columns_found(step) - project.columns_left(
                    step
                ):
                    return
                yield self.finding(
                    step.location,
                    f"Dropping '{step.table}.{column}' (there since {field.added.migration}) breaks the release that "
                    "is still running: each of its queries on the table names the column.",
                    hint="Take it out of the models and the state first: SeparateDatabaseAndState with this "
                    "RemoveField among its state_operations, once the column takes NULL or has a db_default. Drop the "
                    "column in the release after that one, with RunSQL.",
                    related=(Related(field.added.location, f"'{name}' was added here"),),
                    subject=f"{app}.{name}",
                )
            case AlterOrderWithRespectTo(order_with_respect_to=None, subclass=None):
                if text_of(step.model.options.get("order_with_respect_to")) is not None:
                    yield self.finding(
                        step.location,
                        f"Dropping '{step.table}._order' breaks the release that is still running: each of its queries "
                        "on the table names the column.",
                        hint="Do it in the state alone first, with SeparateDatabaseAndState, once a RunSQL has given "
                        "the column a default; drop it in the release after that one.",
                        subject=f"{app}._order",
                    )
            case _:
                return
