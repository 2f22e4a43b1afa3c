"""What Django's schema editor runs for an operation."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    UnknownOperation,
    ValidateConstraint,
    model_named,
)
from miglint.facts.target import Version
from miglint.facts.values import Text, text_of
from miglint.schema.editor.creating import (
    add_field,
    alter_order,
    create_model,
    delete_model,
    remove_field,
    table_comment,
)
from miglint.schema.editor.execution import Deferred, Execution, executed, names_made, opaque
from miglint.schema.editor.expressions import quoted
from miglint.schema.editor.indexing import (
    add_constraint,
    add_index,
    alter_together,
    remove_constraint,
    remove_index,
    rename_index,
    validate_constraint,
)
from miglint.schema.editor.scripts import run_python, run_sql
from miglint.schema.model import Ground, has_table, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import Transition
from miglint.schema.state import ModelState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import LEFT_OUT, OtherStatement

__all__ = ["Deferred", "Execution", "SchemaEditor"]


class SchemaEditor:
    """Django's schema editor during one migration: what is deferred outlives an operation.

    `place` is the index path of the operation that is running. `postponed` are the names, as they were first, of
    the indexes and constraints that wait for the end of the migration.
    """

    def __init__(self, ground: Ground, django: Version, database_version: Version) -> None:
        self.ground = ground
        self.django = django
        self.database_version = database_version
        self.deferred: list[Deferred] = []
        self.postponed: set[str] = set()
        self.place = ""
        self._queries = 0

    def run(self, transition: Transition, database: DatabaseState) -> tuple[Execution, ...]:
        """What an operation makes the server execute, deferred executions included, in order of creation."""
        self.place = transition.index
        if ".state." in transition.index:
            return ()
        return tuple(self._executions(transition, database))

    def close(self) -> tuple[tuple[str, Execution], ...]:
        """What is deferred, as it is at the end of the migration, with the index path of the operation that asked."""
        left, self.deferred = self.deferred, []
        self.postponed.clear()
        return tuple((one.place, one.execution) for one in left)

    def defer(self, *executions: Execution) -> Iterator[Execution]:
        """Keep executions for the end of the migration."""
        for one in executions:
            kept = Execution(one.statements, deferred=True, text=one.text, query=one.query)
            self.deferred.append(Deferred(self.place, kept))
            self.postponed.update(names_made(kept))
            yield kept

    def next_query(self) -> int:
        """A number for a string that is sent to the server."""
        self._queries += 1
        return self._queries

    def table(self, model: ModelState) -> str | Execution | None:
        """A model's table; None where the schema editor leaves it alone, what may happen where that is not known."""
        reaches = has_table(model, self.ground)
        if reaches is False:
            return None
        name = table_of(model, self.ground)
        if not isinstance(name, str):
            return opaque("table", name.reason)
        if reaches is None:
            return opaque("table", f"whether '{model}' has a table is not known", in_database(name))
        return in_database(name)

    def _executions(self, transition: Transition, database: DatabaseState) -> Iterator[Execution]:
        operation = transition.operation
        if operation.subclass is not None and operation.subclass.database != "same":
            if operation.subclass.database == "unknown":
                yield self._unknown(transition, f"{operation.subclass.path} does what it likes with the database")
            return
        match operation:
            case CreateModel():
                yield from create_model(self, transition, operation)
            case DeleteModel():
                yield from delete_model(self, transition, operation)
            case AddField():
                yield from add_field(self, transition, operation)
            case RemoveField():
                yield from remove_field(self, transition, operation, database)
            case AlterOrderWithRespectTo():
                yield from alter_order(self, transition, operation, database)
            case AlterField() | RenameField() | RenameModel() | AlterModelTable():
                from miglint.schema.editor.altering import alter

                yield from alter(self, transition, database)
            case AddIndex():
                yield from add_index(self, transition, operation)
            case RemoveIndex():
                yield from remove_index(self, transition, operation)
            case RenameIndex():
                yield from rename_index(self, transition, operation, database)
            case AddConstraint():
                yield from add_constraint(self, transition, operation)
            case RemoveConstraint():
                yield from remove_constraint(self, transition, operation, database)
            case ValidateConstraint():
                yield from validate_constraint(self, transition, operation)
            case AlterTogether():
                yield from alter_together(self, transition, operation, database)
            case AlterModelTableComment():
                yield from self._comment(transition, operation)
            case CreateExtension(name=name):
                yield _other("CREATE EXTENSION", "IF NOT EXISTS ", name)
            case CreateCollation(name=name):
                yield _other("CREATE COLLATION", "", name)
            case RemoveCollation(name=name):
                yield _other("DROP COLLATION", "", name)
            case RunSQL():
                yield from run_sql(self, operation)
            case RunPython():
                yield from run_python(self, transition, operation)
            case UnknownOperation(reason=reason):
                yield self._unknown(transition, reason)
            case AlterModelOptions() | AlterModelManagers() | AlterConstraint() | SeparateDatabaseAndState():
                return

    def _comment(self, transition: Transition, operation: AlterModelTableComment) -> Iterator[Execution]:
        model = self.model(transition, operation.name)
        table = self.table(model) if model is not None else None
        if isinstance(table, str):
            yield table_comment(table, text_of(operation.table_comment) or "")
        elif table is not None:
            yield table

    def model(self, transition: Transition, name: object, *, before: bool = False) -> ModelState | None:
        state = transition.before if before else transition.after
        return state.model(transition.migration.key.app_label, name) if isinstance(name, str) else None

    def _unknown(self, transition: Transition, reason: str) -> Execution:
        """An operation of which nothing is known; the tables of the model that it names are."""
        name = model_named(transition.operation)
        models = [self.model(transition, name, before=before) for before in (True, False)]
        tables = {table_of(model, self.ground) for model in models if model is not None}
        return opaque("operation", reason, *(in_database(table) for table in tables if isinstance(table, str)))


def _other(kind: str, between: str, name: Text) -> Execution:
    written = quoted(name) if isinstance(name, str) else LEFT_OUT
    return executed(OtherStatement(kind, text=f"{kind} {between}{written}"))
