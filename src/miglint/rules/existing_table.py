"""MIG204: a model or table is made, or renamed, to where one is already."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import AddField, AlterModelTable, CreateModel, RenameModel
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.model import between, has_table, table_of
from miglint.schema.state import ModelState
from miglint.schema.tables import TableState
from miglint.steps import Step


@dataclass(frozen=True)
class ExistingTable(OperationRule):
    code = "MIG204"
    name = "existing-table"
    severity = Severity.ERROR
    operations = (AddField, AlterModelTable, CreateModel, RenameModel)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        model = _model_after(step)
        if model is None or model.app_label in project.unsettled_apps:
            return
        subject = f"{model.app_label}.{model.name.lower()}"
        for table in () if step.in_state_alone else _tables_taken(step, model, project):
            yield self.finding(
                step.location,
                f"The table '{table.name}' is there since {table.made.migration}, line "
                f"{table.made.location.span.line}: `migrate` fails, since there can be no second one.",
                hint=_hint(step),
                subject=subject,
                related=(Related(table.made.location, f"'{table.name}' is made here"),),
            )
            return
        old = _overwritten(step, project)
        if old is not None:
            yield self.finding(
                step.location,
                f"The state has a model '{old}' already, made in {old.made.migration}, line "
                f"{old.made.location.span.line}: without a word Django puts this one in its place, and forgets the "
                "fields of the old.",
                hint=_hint(step),
                subject=subject,
                related=(Related(old.made.location, f"'{old}' is made here"),),
            )


def _model_after(step: Step) -> ModelState | None:
    if step.operation.subclass is not None and "same" not in (
        step.operation.subclass.state,
        step.operation.subclass.database,
    ):
        return None
    label = step.migration.key.app_label
    match step.operation:
        case (
            CreateModel(name=str(name))
            | RenameModel(new_name=str(name))
            | AlterModelTable(name=str(name))
            | AddField(model_name=str(name))
        ):
            return step.after.model(label, name)
        case _:
            return None


def _tables_taken(step: Step, model: ModelState, project: Project) -> Iterator[TableState]:
    """The tables that an operation would make, and that are certainly there."""
    if has_table(model, project.ground) is not True:
        return
    if step.operation.subclass is not None and step.operation.subclass.database != "same":
        return
    moved = isinstance(step.operation, RenameModel | AlterModelTable)
    for name in _tables_made(step, model, project):
        # A table that stays what it is.
        if moved and (step.table is None or step.table == name):
            continue
        held = step.database_before.table(name)
        if held is not None and held.unknown is None:
            yield held


def _tables_made(step: Step, model: ModelState, project: Project) -> Iterator[str]:
    operation = step.operation
    if isinstance(operation, AddField):
        # A field that is there already is another rule's subject: MIG205.
        known = step.model is not None and operation.name in step.model.fields
        field = model.fields.get(operation.name) if isinstance(operation.name, str) and not known else None
        table = between(model, field, project.ground) if field is not None else None
        if table is not None:
            yield table
        return
    own = table_of(model, project.ground)
    if isinstance(own, str):
        yield own
    if isinstance(operation, CreateModel):
        for field in model.fields.values():
            table = between(model, field, project.ground)
            if table is not None:
                yield table


def _overwritten(step: Step, project: Project) -> ModelState | None:
    """The model that an operation takes the name of; None where SQL may have made room for it."""
    label = step.migration.key.app_label
    match step.operation:
        case CreateModel(name=str(name)):
            old = step.before.model(label, name)
        case RenameModel(new_name=str(name), old_name=str(was)) if name.lower() != was.lower() and step.model:
            old = step.before.model(label, name)
        case _:
            return None
    if old is None or old.unknown is not None or step.before.unknown(label) is not None:
        return None
    if step.in_state_alone:
        return old
    # A model without a table of its own is made anew to get one.
    table = table_of(old, project.ground)
    if has_table(old, project.ground) is not True or not isinstance(table, str):
        return None
    held = step.database_before.table(table)
    return old if held is not None and held.unknown is None else None


def _hint(step: Step) -> str:
    match step.operation:
        case CreateModel():
            return (
                "Take this operation out if it is the same model made twice (two branches, merged). If the table is to "
                "be taken over, put CreateModel in state_operations of SeparateDatabaseAndState."
            )
        case _:
            return "Choose another name, or remove or rename what has it first."
