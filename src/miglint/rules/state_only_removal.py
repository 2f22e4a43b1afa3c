"""MIG210: a NOT NULL column leaves the state and stays in the database: the new code's INSERT says nothing of it."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Field
from miglint.facts.operations import AlterField, RemoveField, RunPython, RunSQL, UnknownOperation
from miglint.facts.values import texts_in
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import AUTOMATIC, column_name, db_default, has_column, takes_null
from miglint.steps import Step


@dataclass(frozen=True)
class StateOnlyRemoval(OperationRule):
    code = "MIG210"
    name = "state-only-removal"
    severity = Severity.ERROR
    operations = (RemoveField,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        match step.operation:
            case RemoveField(name=str(name), subclass=None) if step.in_state_alone and step.model is not None:
                field = step.model.fields.get(name)
                if field is None or step.table is None or _is_filled(field.field):
                    return
                if step.migration.key.app_label in project.unsettled_apps:
                    return
                column = column_name(field.field, name)
                if not isinstance(column, str) or column in project.columns_left(step):
                    return
                if _is_gone(step, project) or _may_be_seen_to(name, column, step, project):
                    return
                yield self.finding(
                    step.location,
                    f"'{step.table}.{column}' leaves the state and stays in the database, NOT NULL and without a "
                    "default there: the code that goes with this migration cannot INSERT into the table.",
                    hint="First make it take NULL, or give it a db_default, with AlterField in a migration before this "
                    "one.",
                    related=(Related(field.defined.location, f"'{name}' is NOT NULL without a database default here"),),
                    subject=f"{step.migration.key.app_label}.{step.model.name.lower()}.{name}",
                )
            case _:
                return


def _is_filled(field: Field) -> bool:
    """Whether an INSERT may leave the column out, as far as is known."""
    if has_column(field) is not True or field.kind in AUTOMATIC or field.kind == "GeneratedField":
        return True
    return takes_null(field) is not False or db_default(field) is not None


def _is_gone(step: Step, project: Project) -> bool:
    """Whether the migration takes the whole model out of the state, as a move to another app does."""
    if step.model is None:
        return False
    end = project.end_of(step)
    models = (end.model(*key) for key in project.names_of(step.model))
    return all(model is None or model.made != step.model.made for model in models)


def _may_be_seen_to(name: str, column: str, step: Step, project: Project) -> bool:
    """Whether something else in the app may drop the column, or let INSERTs leave it out, sooner or later."""
    for other in project.steps_of_app(step.migration.key.app_label):
        here = other.migration is step.migration
        match other.operation:
            case RunSQL(sql=sql):
                texts = list(texts_in(sql))
                if not texts or any(column.casefold() in text.casefold() for text in texts):
                    return True
            case RunPython() | UnknownOperation() if here:
                return True
            case RemoveField(name=other_name) | AlterField(name=other_name) if ".database." in other.index:
                if other_name == name:
                    return True
            case _:
                continue
    return False
