"""MIG219: SQL changes a model's table, and Django's state does not hear of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from miglint.effects.retyping import retyping
from miglint.facts.fields import Field
from miglint.facts.operations import RunSQL
from miglint.facts.values import Unresolved
from miglint.findings import Finding, Related, Severity
from miglint.project import Project
from miglint.records import dataclass
from miglint.rules.base import OperationRule
from miglint.schema.alteration import type_in
from miglint.schema.column import column_name, has_column, takes_null
from miglint.schema.editor.columns import local_fields
from miglint.schema.model import Ground
from miglint.schema.state import ModelState, SchemaState
from miglint.schema.tables import ColumnState, DatabaseState
from miglint.sql.statement import (
    AddColumn,
    AlterColumnType,
    AlterTable,
    AlterTableAction,
    ColumnType,
    DropColumn,
    DropNotNull,
    DropTable,
    RenameColumn,
    RenameTable,
    SetNotNull,
    SetSchema,
)
from miglint.steps import Step


class Drift(NamedTuple):
    """Where the database is not as the state has it, of a model's table or one of its columns.

    `does` and `but` are clauses, `operation` is what would tell the state. `fits` says that the models go on working.
    `is_over` says of another state whether it knows.
    """

    table: str
    column: str | None
    does: str
    but: str
    operation: str
    fits: bool
    is_over: Callable[[SchemaState], bool]


@dataclass(frozen=True)
class StateDrift(OperationRule):
    code = "MIG219"
    name = "state-drift"
    severity = Severity.WARNING
    operations = (RunSQL,)

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        if not isinstance(step.operation, RunSQL) or step.in_state_alone:
            return
        # In what order migrations are applied has to be known.
        if step.migration.key.app_label in project.unsettled_apps:
            return
        for drift in _drifts(step, project):
            if not any(one.in_state_alone and drift.is_over(one.after) for one in project.later(step)):
                yield self._finding(drift, step, project)

    def _finding(self, drift: Drift, step: Step, project: Project) -> Finding:
        around = project.around(step)
        model = project.model_of(drift.table, project.end_of(around[0]))
        known = _columns(model, project.ground).get(drift.column or "") if model is not None else None
        state = model.fields.get(known.name) if model is not None and known is not None else None
        finding = self.finding(
            step.location,
            f"SQL {drift.does}, and Django's state does not hear of it: {drift.but}.",
            hint=f"Say the same to the state: state_operations with {drift.operation}.",
            subject=f"{model}".lower() + (f".{drift.column}" if drift.column is not None else ""),
            related=(Related(state.defined.location, f"the state has '{state.name}' as it is here"),)
            if state is not None
            else (),
        )
        if drift.fits or _is_said(drift, step, project):
            return replace(finding, severity=Severity.INFO)
        return finding


def _is_said(drift: Drift, step: Step, project: Project) -> bool:
    """Whether a rule about the release that is still running says what breaks."""
    return any(
        broken.table == drift.table and broken.column in (drift.column, None)
        for broken in project.breaks_of(step).breaks
    )


def _drifts(step: Step, project: Project) -> Iterator[Drift]:
    around = project.around(step)
    state, database = project.end_of(around[0]), around[-1].database_after
    for execution in step.executions:
        for statement in execution.statements:
            match statement:
                case AlterTable(table, actions):
                    model = _known(table, state, project)
                    for action in actions if model is not None else ():
                        yield from _altered(action, table, state, database, project)
                case DropTable(tables):
                    for table in tables:
                        if _known(table, state, project) is not None and database.table(table) is None:
                            yield _without_table(table, f"drops '{table}'", "DeleteModel", project)
                case _:
                    continue


def _altered(
    action: AlterTableAction, table: str, state: SchemaState, database: DatabaseState, project: Project
) -> Iterator[Drift]:
    match action:
        case RenameTable(new) if database.table(table) is None:
            yield _without_table(table, f"renames '{table}' to '{new}'", "AlterModelTable", project)
        case SetSchema(schema) if database.table(table) is None:
            yield _without_table(table, f"moves '{table}' to the schema '{schema}'", "AlterModelTable", project)
        case AddColumn() | DropColumn() | RenameColumn() | AlterColumnType() | SetNotNull() | DropNotNull():
            held = database.table(table)
            if held is not None and held.unknown is None and held.kind == "table":
                yield from _changed(action, table, held.columns.get, state, project)
        case _:
            return


ColumnAction: TypeAlias = AddColumn | DropColumn | RenameColumn | AlterColumnType | SetNotNull | DropNotNull


def _changed(
    action: ColumnAction,
    table: str,
    held: Callable[[str], ColumnState | None],
    state: SchemaState,
    project: Project,
) -> Iterator[Drift]:
    """What the migration leaves, beside what the state has: neither need be what one action makes of it."""

    def fields(one: SchemaState) -> dict[str, Known]:
        return _columns(_known(table, one, project), project.ground)

    known = fields(state)
    match action:
        case AddColumn(column):
            name = column.name
            left = held(name)
            if left is None or name in known:
                return
            yield Drift(
                table,
                name,
                f"adds '{table}.{name}'",
                "whoever gives the model such a field later adds the column again, which fails"
                if _may_be_left_out(left)
                else "it is NOT NULL and has no default, so the models cannot INSERT into the table",
                "AddField",
                _may_be_left_out(left),
                lambda one: name in fields(one),
            )
        case DropColumn(name):
            if held(name) is None and name in known:
                yield _without_column(
                    table, name, f"drops '{table}.{name}'", "RemoveField", lambda one: name not in fields(one)
                )
        case RenameColumn(old, new):
            if held(old) is None and old in known:
                does = f"renames '{table}.{old}' to '{new}'"
                yield _without_column(table, old, does, "RenameField", lambda one: old not in fields(one))
        case SetNotNull(name) | DropNotNull(name):
            left = held(name)
            if left is None or left.nullable is None or name not in known:
                return
            nullable = left.nullable
            if takes_null(known[name].field) in (nullable, None):
                return
            yield Drift(
                table,
                name,
                f"makes '{table}.{name}' {'take NULL' if nullable else 'NOT NULL'}",
                "the next AlterField starts from NOT NULL" if nullable else "the models may still write NULL",
                f"AlterField, null={nullable}",
                nullable,
                lambda one: name not in fields(one) or takes_null(fields(one)[name].field) is nullable,
            )
        case AlterColumnType(name):
            left = held(name)
            if left is None or left.type is None or name not in known:
                return
            kind = left.type
            wanted = _type(known[name], state, project)
            if wanted is None or wanted == kind:
                return
            fits = retyping(wanted, kind, project.target.database.vendor) == "same"
            yield Drift(
                table,
                name,
                f"makes '{table}.{name}' {kind}",
                f"the next AlterField starts from {wanted}" if fits else f"the models take it for {wanted}",
                "AlterField",
                fits,
                lambda one: name not in fields(one) or _type(fields(one)[name], one, project) == kind,
            )


def _without_table(table: str, does: str, operation: str, project: Project) -> Drift:
    but = "the models still query it by this name"
    return Drift(table, None, does, but, operation, False, lambda one: _known(table, one, project) is None)


def _without_column(
    table: str, column: str, does: str, operation: str, is_over: Callable[[SchemaState], bool]
) -> Drift:
    return Drift(table, column, does, "the models still select it by this name", operation, False, is_over)


def _may_be_left_out(column: ColumnState) -> bool:
    """Whether an INSERT need not name it, as far as is known."""
    filled = column.default is not None or column.numbering is not None or column.generation is not None
    return column.nullable is not False or filled


class Known(NamedTuple):
    """A column as the state has it, by its field."""

    name: str
    field: Field
    model: ModelState


def _known(table: str, state: SchemaState, project: Project) -> ModelState | None:
    """The model of a table, where all of its columns are known."""
    model = project.model_of(table, state)
    if model is None or model.unknown is not None or state.unknown(model.app_label) is not None:
        return None
    names = (column_name(field, name) for name, field in local_fields(model, project.ground))
    return None if any(isinstance(name, Unresolved) for name in names) else model


def _columns(model: ModelState | None, ground: Ground) -> dict[str, Known]:
    found = {}
    for name, field in local_fields(model, ground) if model is not None else ():
        column = column_name(field, name)
        if model is not None and has_column(field) is not False:
            found[name if isinstance(column, Unresolved) else column] = Known(name, field, model)
    return found


def _type(known: Known, state: SchemaState, project: Project) -> ColumnType | None:
    kind = type_in(known.field, known.model, state, project.ground)
    return None if isinstance(kind, Unresolved) else kind
