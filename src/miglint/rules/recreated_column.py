"""MIG407: a field is removed, then added again under its name: what the rows held in it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

from miglint.facts.fields import Field
from miglint.facts.operations import AddField, RemoveField, RunPython, RunSQL, UnknownOperation
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, has_column
from miglint.schema.state import FieldState
from miglint.steps import Step


@dataclass(frozen=True)
class RecreatedColumn(OperationRule):
    code = "MIG407"
    name = "recreated-column"
    severity = Severity.ERROR
    operations = (AddField,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            case AddField(name=str(name), field=added, subclass=None) if step.model is not None:
                if not step.existed_before or step.table is None or step.in_state_alone:
                    return
                gone = _removal(name, added, step, project)
                if gone is None:
                    return
                field = gone.field
                what = "table" if field.field.kind == "ManyToManyField" else "column"
                yield self.finding(
                    step.location,
                    f"'{step.table}' loses what it holds in '{field.name}': "
                    f"the {what} is dropped and made anew, empty.",
                    hint="AlterField changes a field and keeps its data. Where the database has no way from the one "
                    "type to the other, add a field of another name, copy the data with RunPython, and remove the old "
                    "one.",
                    related=(
                        Related(gone.step.location, f"'{field.name}' is removed here"),
                        Related(field.added.location, f"'{field.name}' was added here"),
                    ),
                    subject=f"{step.migration.key.app_label}.{step.model.name.lower()}.{name}",
                )
            case _:
                return


class _Removal(NamedTuple):
    step: Step
    field: FieldState


def _removal(name: str, added: Field, step: Step, project: Project) -> _Removal | None:
    """The removal of a field of that name or column before the step, in one deployment with it.

    None where the data may be kept.

    Without a known changeset, one migration is one deployment. Code that runs before the removal and after the
    addition may have put the data aside and back.
    """
    changeset = project.changeset or ()
    together = changeset if step.migration.key in changeset else (step.migration.key,)

    def is_near(one: Step) -> bool:
        return one.migration.key in together

    # The steps of one migration follow each other.
    near = filter if together is changeset else takewhile
    for other in near(is_near, project.earlier_of_app(step)):
        match other.operation:
            case RemoveField(name=str(removed)) if other.model is not None and removed in other.model.fields:
                field = other.model.fields[removed]
                is_it = removed == name or _is_same_column(field, name, added)
                if is_it and _is_live(other, field, step, project):
                    kept = all(
                        any(is_near(one) and _may_keep(one) for one in steps)
                        for steps in (project.earlier(other), project.later(step))
                    )
                    return None if kept else _Removal(other, field)
            case _:
                continue
    return None


def _is_same_column(gone: FieldState, name: str, added: Field) -> bool:
    """Whether a field of another name gets the column of the one that went, as `user_id` that of a key `user`."""
    if has_column(gone.field) is not True or has_column(added) is not True:
        return False
    column = column_name(added, name)
    return isinstance(column, str) and column == column_name(gone.field, gone.name)


def _is_live(removal: Step, field: FieldState, step: Step, project: Project) -> bool:
    """Whether the removal is one from the same table, of a column with data."""
    if removal.model is None or step.model is None or removal.in_state_alone or removal.table is None:
        return False
    if removal.model.made != step.model.made or not project.was_there(field.added, removal):
        return False
    return has_column(field.field) is True or (
        field.field.kind == "ManyToManyField" and "through" not in field.field.options
    )


def _may_keep(step: Step) -> bool:
    return isinstance(step.operation, RunPython | RunSQL | UnknownOperation)
