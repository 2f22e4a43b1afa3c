"""Statements that the server refuses for a name: what they make is there already, what they name is not.

Only where the history tells: of a table that is known in full, and of one that was there and is gone.
"""

from __future__ import annotations

from collections.abc import Iterator

from miglint.effects.effect import Fails
from miglint.schema.names import schema_of
from miglint.schema.tables import ConstraintState, DatabaseState, TableState, comparable
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterConstraint,
    AlterTable,
    Constraint,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropNotNull,
    DropTable,
    DropView,
    Insert,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    SetDefault,
    SetNotNull,
    Statement,
    Truncate,
    Update,
    ValidateConstraint,
)


def misnamed(statement: Statement, database: DatabaseState) -> Iterator[Fails]:
    """Why a statement fails for a name in it."""
    match statement:
        case AlterTable(table, if_exists=if_exists):
            state = database.table(table)
            if state is not None and state.unknown is None:
                yield from _altered(statement, state, database)
            elif not if_exists:
                yield from _not_there((table,), database)
        case CreateTable(table, if_not_exists=False, temporary=False):
            yield from _taken(table, database)
        case CreateView(name, or_replace=False, if_not_exists=False, temporary=False):
            yield from _taken(name, database)
        case CreateIndex(table=table):
            if statement.name is not None and not statement.if_not_exists:
                yield from _taken(_beside(table, statement.name), database)
            state = database.table(table)
            if state is None:
                yield from _not_there((table,), database)
            elif state.kind == "table" and state.unknown is None:
                parts = (part.column for part in statement.parts if part.column is not None)
                yield from _no_columns((*parts, *statement.include), state)
        case DropTable(tables, if_exists=False) | DropView(tables, if_exists=False):
            yield from _not_there(tables, database)
        case Truncate(tables):
            yield from _not_there(tables, database)
        case Update(table) | Delete(table) | Insert(table):
            yield from _not_there((table,), database)
        case _:
            return


def _not_there(tables: tuple[str, ...], database: DatabaseState) -> Iterator[Fails]:
    """Tables that were there, and are gone."""
    for table in tables:
        if database.table(table) is None and table in database.history.numbers and not database.history.unknown_apps:
            yield Fails("not found", f"there is no '{table}' any more", table)


def _taken(name: str, database: DatabaseState) -> Iterator[Fails]:
    """A table, view or index has the name: to the server they are of one kind."""
    state = database.table(name)
    if state is not None and state.unknown is None:
        yield Fails("exists already", f"there is a {state.kind} '{name}' already", name)
    schema = schema_of(name)
    for table, one in database.named(name.rpartition(".")[2]):
        indexed = not isinstance(one, ConstraintState) or one.kind in ("exclusion", "primary key", "unique")
        if indexed and table.unknown is None and schema_of(table.name) == schema:
            yield Fails("exists already", f"'{table.name}' has an index '{one.name}' already", table.name)
            return


def _beside(table: str, name: str) -> str:
    """A name in the schema of a table."""
    schema = schema_of(table)
    return f"{schema}.{name}" if schema and "." not in name else name


def _altered(statement: AlterTable, table: TableState, database: DatabaseState) -> Iterator[Fails]:
    columns = set(table.columns)
    held = {comparable(one.name, "postgresql") for one in table.constraints if one.name is not None}
    # Names that the server made up may not be known, nor those that it gives to NOT NULL since 18.
    all_named = all(one.name is not None for one in table.constraints)
    for action in statement.actions:
        match action:
            case DropColumn(name, _, if_exists):
                if not if_exists:
                    yield from _no_columns((name,), table, columns)
                columns.discard(name)
            case DropConstraint(name, _, if_exists):
                if not if_exists and all_named:
                    yield from _no_constraint(name, table, held)
                held.discard(comparable(name, "postgresql"))
            case _:
                continue
    for action in statement.actions:
        match action:
            case AddColumn(column, if_not_exists):
                if column.name in columns and not if_not_exists and table.kind == "table":
                    why = f"'{table.name}' has a column '{column.name}' already"
                    yield Fails("exists already", why, table.name, column.name)
                columns.add(column.name)
            case AddConstraint(constraint):
                yield from _constraint(constraint, table, held, database)
            case RenameColumn(old, new):
                yield from _no_columns((old,), table, columns)
                if new in columns:
                    yield Fails("exists already", f"'{table.name}' has a column '{new}' already", table.name, new)
            case RenameTable(new):
                if new != table.name.rpartition(".")[2]:
                    yield from _taken(_beside(table.name, new), database)
            case RenameConstraint(old, new):
                if all_named:
                    yield from _no_constraint(old, table, held)
                if comparable(new, "postgresql") in held:
                    yield Fails("exists already", f"'{table.name}' has a constraint '{new}' already", table.name)
            case ValidateConstraint(name) | AlterConstraint(name):
                made = any(isinstance(one, AddConstraint) and one.constraint.name == name for one in statement.actions)
                if all_named and not made:
                    yield from _no_constraint(name, table, held)
            case (
                AlterColumnType(column=name)
                | SetDefault(column=name)
                | DropDefault(column=name)
                | SetNotNull(column=name)
                | DropNotNull(column=name)
            ):
                yield from _no_columns((name,), table, columns)
            case _:
                continue


def _constraint(constraint: Constraint, table: TableState, held: set[str], database: DatabaseState) -> Iterator[Fails]:
    name = constraint.name
    if name is not None and comparable(name, "postgresql") in held:
        yield Fails("exists already", f"'{table.name}' has a constraint '{name}' already", table.name)
    elif name is not None and constraint.kind in ("exclusion", "primary key", "unique") and constraint.index is None:
        yield from _taken(_beside(table.name, name), database)
    key = next((one.name for one in table.constraints if one.kind == "primary key" and one.name is not None), None)
    if constraint.kind == "primary key" and key is not None and comparable(key, "postgresql") in held:
        yield Fails("exists already", f"'{table.name}' has a primary key already, '{key}'", table.name)


def _no_columns(names: tuple[str, ...], table: TableState, columns: set[str] | None = None) -> Iterator[Fails]:
    for name in names:
        if table.kind == "table" and name not in (table.columns if columns is None else columns):
            yield Fails("not found", f"'{table.name}' has no column '{name}'", table.name, name)


def _no_constraint(name: str, table: TableState, held: set[str]) -> Iterator[Fails]:
    if comparable(name, "postgresql") not in held and not name.endswith("_not_null"):
        yield Fails("not found", f"'{table.name}' has no constraint '{name}'", table.name)
