"""MIG205: a field or column is added, or renamed, to where one is already, in the model or in one that it inherits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from miglint.facts.fields import Field
from miglint.facts.operations import AddField, AlterField, CreateModel, RenameField
from miglint.facts.values import Unresolved
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.column import column_name, has_column
from miglint.schema.database_replay import is_in_state_alone
from miglint.schema.replay import parents_of
from miglint.schema.state import FieldState, ModelState
from miglint.schema.tables import ColumnState, TableState
from miglint.steps import Step


@dataclass(frozen=True)
class ExistingColumn(OperationRule):
    code = "MIG205"
    name = "existing-column"
    severity = Severity.ERROR
    operations = (AddField, AlterField, CreateModel, RenameField)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        subclass = step.operation.subclass
        if subclass is not None and (subclass.state, subclass.database) != ("same", "same"):
            return
        clash = next(_inherited_twice(step, project), None)
        if clash is not None:
            yield self._clash(clash, step)
            return
        model = step.model
        if model is None or model.unknown is not None or model.app_label in project.unsettled_apps:
            return
        match step.operation:
            case AddField(name=str(name), field=field):
                old_name = None
            case RenameField(old_name=str(old_name), new_name=str(name)) if old_name in model.fields:
                field = model.fields[old_name].field
            case AlterField(name=str(name), field=field) if name in model.fields:
                old_name = name
            case _:
                return
        subject = f"{model.app_label}.{model.name.lower()}.{name}"
        table = step.database_before.table(step.table) if step.table is not None and not step.in_state_alone else None
        taken = _taken(table, field, name, old_name, step, project)
        if table is not None and taken is not None:
            yield self.finding(
                step.location,
                f"The column '{table.name}.{taken.name}' is there since {taken.made.migration}, line "
                f"{taken.made.location.span.line}: {_outcome(step, project)}.",
                hint=_hint(step, name),
                subject=subject,
                related=(Related(taken.made.location, f"'{taken.name}' is made here"),),
            )
            return
        known = model.fields.get(name)
        if known is None or name == old_name or (table is not None and _made_room(table, known)):
            return
        yield self.finding(
            step.location,
            f"'{model}' has a field '{name}' since {known.added.migration}, line {known.added.location.span.line}: "
            "without a word Django puts this one in its place, and forgets the old.",
            hint=_hint(step, name),
            subject=subject,
            related=(Related(known.added.location, f"'{name}' is made here"),),
        )

    def _clash(self, clash: _Clash, step: Step) -> Finding:
        parent, child, field, other = clash
        return self.finding(
            step.location,
            f"'{child}' inherits '{field.name}' from '{parent}' and has a field of that name itself: Django refuses "
            "to make such a model, and `migrate` fails.",
            hint=f"Take one of the two out first, or choose another name. To move a field between '{parent}' and "
            f"'{child}', remove it here and add it there, in this order; what it holds has to be carried over.",
            subject=f"{child.app_label}.{child.name.lower()}.{field.name}",
            related=(Related(other.added.location, f"'{other.name}' is made here"),),
        )


class _Clash(NamedTuple):
    parent: ModelState
    child: ModelState
    field: FieldState
    # The one of the two that was there first.
    other: FieldState


def _inherited_twice(step: Step, project: Project) -> Iterator[_Clash]:
    """Fields that the operation gives a model although its parent has one, or one of its children."""
    state, label = step.after, step.migration.key.app_label
    match step.operation:
        case CreateModel(name=str(name)):
            fresh = None
        case AddField(model_name=str(name), name=str(fresh)) | RenameField(model_name=str(name), new_name=str(fresh)):
            pass
        case _:
            return
    model = state.model(label, name)
    if model is None:
        return
    for child in (model, *(one for one in state.relating_to(model.key) if model.key in parents_of(one))):
        parents = [state.model(*key) for key in parents_of(child)] if child is model else [model]
        for parent in parents:
            # Of a grandparent's field Django knows nothing here; nor does anybody of a class that is not known.
            if parent is None or parent.unknown is not None or child.unknown is not None:
                continue
            # One may have lost the field in a migration that comes at another time, or that nobody can read.
            if not project.unsettled_apps.isdisjoint((parent.app_label, child.app_label)):
                continue
            for mine in child.fields.values():
                theirs = parent.fields.get(mine.name)
                if theirs is not None and fresh in (None, mine.name):
                    yield _Clash(parent, child, mine, theirs if child is model else mine)


def _taken(
    table: TableState | None, field: Field, name: str, old_name: str | None, step: Step, project: Project
) -> ColumnState | None:
    """The column that has the name of the one to be made, as the database compares names."""
    if table is None or table.unknown is not None or has_column(field) is not True:
        return None
    wanted = column_name(field, name)
    old = _column_of(step.model.fields.get(old_name) if step.model is not None and old_name is not None else None)
    if isinstance(wanted, Unresolved) or (old_name is not None and old is None):
        return None
    exact = project.target.database.vendor in ("postgresql", "oracle")
    for column in table.columns.values():
        same = column.name == wanted if exact else column.name.casefold() == wanted.casefold()
        mine = old is not None and (column.name == old if exact else column.name.casefold() == old.casefold())
        # Whether a class that is not known has a column is not known either.
        if same and not mine and (column.field is None or column.field.kind is not None):
            return column
    return None


def _made_room(table: TableState, known: FieldState) -> bool:
    """Whether SQL took the column of a field out of the database, or may have."""
    if table.unknown is not None:
        return True
    column = _column_of(known)
    return column is not None and column not in table.columns and not is_in_state_alone(known.added.operation)


def _column_of(field: FieldState | None) -> str | None:
    if field is None or has_column(field.field) is not True:
        return None
    name = column_name(field.field, field.name)
    return name if isinstance(name, str) else None


def _outcome(step: Step, project: Project) -> str:
    if isinstance(step.operation, AddField) and project.target.database.vendor == "sqlite":
        return "`migrate` fails, or makes the table anew with this one in its place, and what it holds is lost"
    return "`migrate` fails, since there can be no second one"


def _hint(step: Step, name: str) -> str:
    match step.operation:
        case AddField():
            return (
                f"Take this operation out if it is the same field added twice (two branches, merged); to change the "
                f"field, use AlterField. To take over a column that the state has lost, put AddField of '{name}' in "
                "state_operations of SeparateDatabaseAndState."
            )
        case _:
            return "Choose another name, or remove or rename what has it first."
