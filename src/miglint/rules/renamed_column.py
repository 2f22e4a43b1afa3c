"""MIG403: a column gets another name, and the running release asks for the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from miglint.facts.operations import AlterField, RenameField
from miglint.findings import Finding, Related, Severity
from miglint.project import Project, Step
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, has_column
from miglint.schema.state import FieldState


@dataclass(frozen=True)
class RenamedColumn(OperationRule):
    code = "MIG403"
    name = "renamed-column"
    severity = Severity.WARNING

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if step.model is None or step.table is None or step.in_state_alone or not step.existed_before:
            return
        match step.operation:
            case RenameField(old_name=str(old), new_name=str(new), subclass=None) if old in step.model.fields:
                field = step.model.fields[old]
                names = column_name(field.field, old), column_name(field.field, new)
                hint = (
                    f"Keep the column: AlterField('{old}') with db_column='{names[0]}' before the rename, which then "
                    "changes the model alone. Or add a new column, write both, and drop the old one two releases later."
                )
            case AlterField(name=str(old), field=altered, subclass=None) if old in step.model.fields:
                field = step.model.fields[old]
                if has_column(altered) is not True:
                    return
                names = column_name(field.field, old), column_name(altered, old)
                hint = (
                    f"Keep the column with db_column='{names[0]}'. Or add a new column, write both, and drop the old "
                    "one two releases later."
                )
            case _:
                return
        before, after = names
        if not isinstance(before, str) or not isinstance(after, str) or before == after:
            return
        if not _is_live(field, step, project):
            return
        # A name that the migration itself gave, the running release does not know; one that comes back, it finds.
        if before not in project.columns_found(step) or before in project.columns_left(step):
            return
        yield self.finding(
            step.location,
            f"Renaming '{step.table}.{before}' (there since {field.added.migration}) to '{after}' breaks the release "
            "that is still running: each of its queries on the table names the column.",
            hint=hint,
            related=(Related(field.added.location, f"'{old}' was added here"),),
            subject=f"{step.migration.key.app_label}.{step.model.name.lower()}.{old}",
        )


def _is_live(field: FieldState, step: Step, project: Project) -> bool:
    return has_column(field.field) is True and project.was_there(field.added, step) is True
