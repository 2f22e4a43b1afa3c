"""What migrations leave in the database: the statements of each operation, folded one after another.

It parts from Django's state where SeparateDatabaseAndState makes them: a column that left the state is a column still.
RunPython is taken to move rows alone. Tables that nothing but Django's own apps make are not in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from miglint.facts.fields import Field
from miglint.facts.operations import (
    AddField,
    AlterField,
    AlterModelTable,
    AlterTogether,
    CreateModel,
    Operation,
    RenameField,
    RenameModel,
    UnknownOperation,
    model_named,
)
from miglint.facts.source import Location
from miglint.facts.values import Unresolved
from miglint.schema.column import column_name, has_column
from miglint.schema.database import Cause, Folding
from miglint.schema.editor.execution import Execution
from miglint.schema.model import Ground, columns_of, has_table, interpolated, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import Transition, members_of, name_of, unresolved_name
from miglint.schema.state import ModelState, Origin, SchemaState
from miglint.schema.tables import DatabaseState


class DatabaseReplay:
    """The newest state of the database: one operation after another, with what the schema editor runs for it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._folding = Folding(ground)

    @property
    def state(self) -> DatabaseState:
        return self._folding.state

    def apply(self, transition: Transition, executions: Iterable[Execution]) -> None:
        """Fold in what an operation runs; what it defers counts as run with it."""
        operation, label = transition.operation, transition.migration.key.app_label
        if is_in_state_alone(transition.index):
            return
        subclass = operation.subclass
        if subclass is not None and subclass.database != "same":
            if subclass.database == "unknown":
                self._forget_model(transition, f"{subclass.path} does what it likes with the database")
            return
        if isinstance(operation, UnknownOperation):
            self._folding.forget_app(label, operation.reason)
            return
        if unresolved_name(operation) is not None:
            # It may be any table of the app.
            self._folding.forget_app(label, "an operation's names could not be read")
            return
        name = model_named(operation)
        before = transition.before.model(label, name) if name is not None else None
        after = transition.after.model(label, name) if name is not None else None
        model = after or before
        if model is not None and not self._has_table(model):
            return
        table = self._table(model) if model is not None else None
        here = Origin(
            transition.migration.key, transition.index, Location(transition.migration.path, operation.site.span)
        )
        fields = _fields(operation, after, transition.after, self._ground)
        cause = Cause(here, label, table, fields, _written(operation, after))
        for execution in executions:
            for statement in execution.statements:
                self._folding.fold(statement, cause)
        if table is None:
            return
        for column, field in fields.items() if not isinstance(operation, CreateModel) else ():
            self._folding.describe(table, column, field, here)
        doubt = _doubt(operation, before, after)
        if doubt is not None:
            self._folding.forget_table(table, doubt)

    def _has_table(self, model: ModelState) -> bool:
        """Whether the schema editor touches the model's table; where that is not known, its app is not known either."""
        reaches = has_table(model, self._ground)
        if reaches is None:
            self._folding.forget_app(model.app_label, f"whether '{model}' has a table is not known")
        return reaches is True

    def _table(self, model: ModelState) -> str | None:
        name = table_of(model, self._ground)
        if isinstance(name, Unresolved):
            self._folding.forget_app(model.app_label, name.reason)
            return None
        return in_database(name)

    def _forget_model(self, transition: Transition, reason: str) -> None:
        label = transition.migration.key.app_label
        name = model_named(transition.operation)
        models = [state.model(label, name) for state in (transition.before, transition.after)] if name else []
        tables = {self._table(model): None for model in models if model is not None}
        if not tables or None in tables:
            self._folding.forget_app(label, reason)
        for table in tables:
            if table is not None:
                self._folding.forget_table(table, reason)


def is_in_state_alone(index: str) -> bool:
    """Whether an operation stands in `state_operations`, by its index path: those never reach the database."""
    return ".state." in index


def _fields(operation: Operation, model: ModelState | None, state: SchemaState, ground: Ground) -> Mapping[str, Field]:
    """The fields behind the columns that an operation makes or changes."""
    match operation:
        case CreateModel() if model is not None:
            return {one.name: one.field for one in columns_of(model, state, ground) if one.field is not None}
        case AddField(name=str(name)) | AlterField(name=str(name)) | RenameField(new_name=str(name)) if (
            model is not None and name in model.fields
        ):
            field = model.fields[name].field
            column = column_name(field, name)
            return {} if has_column(field) is False else {column if isinstance(column, str) else name: field}
        case _:
            return {}


def _written(operation: Operation, model: ModelState | None) -> frozenset[str] | None:
    match operation:
        case CreateModel() if model is not None:
            names = (*map(name_of, model.indexes), *map(name_of, model.constraints))
            return frozenset(interpolated(name, model) for name in names if name is not None)
        case AddField() | AlterField() | RenameField() | RenameModel() | AlterModelTable():
            return frozenset()
        case _:
            return None


def _doubt(operation: Operation, before: ModelState | None, after: ModelState | None) -> str | None:
    match operation:
        case CreateModel():
            return after.unknown if after is not None else None
        case AlterTogether(option=option):
            read = [members_of(model.options.get(option)) for model in (before, after) if model is not None]
            return f"its {option} could not be read" if None in read else None
        case _:
            return None
