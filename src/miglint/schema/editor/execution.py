"""What Django's schema editor hands to the database, at once or at the end of the migration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from miglint.facts.target import Vendor
from miglint.records import dataclass
from miglint.schema.names import foreign_key_suffix, schema_editor_name
from miglint.sql.statement import (
    AddConstraint,
    AlterTable,
    AlterTableAction,
    Constraint,
    CreateIndex,
    IndexPart,
    OpaqueStatement,
    Statement,
)


@dataclass(frozen=True, slots=True)
class Execution:
    """One execute() of Django's: usually one statement, two where SET CONSTRAINTS goes along.

    `deferred` says that Django keeps it for the end of the migration. `text` is as written, where somebody wrote it.
    Executions of a RunSQL that reach the server in one string, an implicit transaction, share the number `query`.
    """

    statements: tuple[Statement, ...]
    deferred: bool = False
    text: str | None = None
    query: int | None = None


class Deferred(NamedTuple):
    """An execution that waits for the end of the migration, and the index path of the operation that asked for it."""

    place: str
    execution: Execution


def executed(*statements: Statement) -> Execution:
    return Execution(statements)


def altered(table: str, *actions: AlterTableAction) -> Execution:
    return Execution((AlterTable(table, actions),))


def opaque(kind: str, reason: str, *names: str) -> Execution:
    return Execution((OpaqueStatement(kind, reason, frozenset(names)),))


def names_made(execution: Execution) -> Iterator[str]:
    """The names of the indexes and constraints that an execution makes."""
    for statement in execution.statements:
        match statement:
            case AlterTable(_, (AddConstraint(Constraint(name=str(name))),)) | CreateIndex(str(name)):
                yield name
            case _:
                pass


def with_renamed_table(deferred: Iterable[Deferred], old: str, new: str, vendor: Vendor) -> list[Deferred]:
    """What waits, once a table has another name: names that Django made up follow it."""
    return [_changed(one, _Renaming(old, new, None, None, vendor)) for one in deferred]


def with_renamed_column(deferred: Iterable[Deferred], table: str, old: str, new: str, vendor: Vendor) -> list[Deferred]:
    """What waits, once a column has another name."""
    return [_changed(one, _Renaming(table, table, old, new, vendor)) for one in deferred]


def without_table(deferred: Iterable[Deferred], table: str) -> list[Deferred]:
    """What waits, less what names a table that is gone."""
    return [one for one in deferred if table not in _tables(one.execution)]


def without_column(deferred: Iterable[Deferred], table: str, column: str) -> list[Deferred]:
    """What waits, less what names a column that is gone."""
    return [one for one in deferred if (table, column) not in _columns(one.execution)]


def _tables(execution: Execution) -> set[str]:
    found = set()
    for statement in execution.statements:
        match statement:
            case AlterTable(table, (AddConstraint(constraint),)):
                found.add(table)
                if constraint.references is not None:
                    found.add(constraint.references.table)
            case AlterTable(table) | CreateIndex(_, table):
                found.add(table)
            case _:
                pass
    return found


def _columns(execution: Execution) -> set[tuple[str, str]]:
    found = set()
    for statement in execution.statements:
        match statement:
            case AlterTable(table, (AddConstraint(constraint),)):
                found |= {(table, column) for column in constraint.columns or ()}
                if constraint.references is not None:
                    found |= {(constraint.references.table, column) for column in constraint.references.columns}
            case CreateIndex(_, table, parts):
                for part in parts:
                    named = part.expression.names if part.expression is not None else {part.column}
                    found |= {(table, column) for column in named if column is not None}
            case _:
                pass
    return found


class _Renaming(NamedTuple):
    """A table's new name, or that of a column of the table."""

    table: str
    new_table: str
    column: str | None
    new_column: str | None
    vendor: Vendor

    def of_table(self, table: str) -> str:
        return self.new_table if table == self.table else table

    def of_columns(self, table: str, columns: tuple[str, ...]) -> tuple[str, ...]:
        if table != self.table or self.column is None or self.new_column is None:
            return columns
        return tuple(self.new_column if one == self.column else one for one in columns)


def _changed(one: Deferred, renaming: _Renaming) -> Deferred:
    statements = tuple(_renamed(statement, renaming) for statement in one.execution.statements)
    if statements == one.execution.statements:
        return one
    return Deferred(one.place, replace(one.execution, statements=statements))


def _renamed(statement: Statement, renaming: _Renaming) -> Statement:
    match statement:
        case AlterTable(table, (AddConstraint(constraint),)):
            return AlterTable(
                renaming.of_table(table), (AddConstraint(_renamed_constraint(table, constraint, renaming)),)
            )
        case CreateIndex(name, table, parts):
            columns = tuple(part.column for part in parts if part.column is not None)
            becomes = renaming.of_columns(table, columns)
            suffix = _suffix(name, table, columns, renaming.vendor) if len(columns) == len(parts) else None
            if suffix is not None:
                name = schema_editor_name(renaming.of_table(table), becomes, suffix, renaming.vendor)
            return replace(
                statement,
                name=name,
                table=renaming.of_table(table),
                parts=tuple(_renamed_part(table, part, renaming) for part in parts),
                include=renaming.of_columns(table, statement.include),
            )
        case _:
            return statement


def _renamed_part(table: str, part: IndexPart, renaming: _Renaming) -> IndexPart:
    return part if part.column is None else replace(part, column=renaming.of_columns(table, (part.column,))[0])


def _renamed_constraint(table: str, constraint: Constraint, renaming: _Renaming) -> Constraint:
    columns = constraint.columns or ()
    becomes = renaming.of_columns(table, columns)
    references, name = constraint.references, constraint.name
    suffix = "_uniq" if constraint.kind == "unique" else None
    new_suffix = suffix
    if references is not None:
        suffix = foreign_key_suffix(references.table.rpartition(".")[2], references.columns)
        references = replace(
            references,
            table=renaming.of_table(references.table),
            columns=renaming.of_columns(references.table, references.columns),
        )
        new_suffix = foreign_key_suffix(references.table.rpartition(".")[2], references.columns)
    is_made_up = suffix is not None and name == schema_editor_name(table, columns, suffix, renaming.vendor)
    if is_made_up and new_suffix is not None:
        name = schema_editor_name(renaming.of_table(table), becomes, new_suffix, renaming.vendor)
    return replace(
        constraint,
        name=name,
        columns=None if constraint.columns is None else becomes,
        references=references,
        include=renaming.of_columns(table, constraint.include),
    )


def _suffix(name: str | None, table: str, columns: tuple[str, ...], vendor: Vendor) -> str | None:
    """The suffix with which Django made an index's name up; None where somebody else gave it."""
    for suffix in ("", "_like", "_idx"):
        if name == schema_editor_name(table, columns, suffix, vendor):
            return suffix
    return None
