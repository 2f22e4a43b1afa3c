"""Rows that deferred foreign keys have still to look at, and the statements that cannot wait for them.

Measured on PostgreSQL 18, and the same on those before it: an INSERT, or an UPDATE of a foreign key's column, queues
an event on its table; a DELETE, or an UPDATE of the key, queues one on the table that is referred to. An UPDATE of any
column does, for each foreign key of the row, where the same transaction has written the row before. While there is
one, ALTER TABLE (renames aside), CREATE INDEX, DROP TABLE, TRUNCATE and CLUSTER are refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from miglint.schema.tables import DatabaseState, TableState
from miglint.sql.statement import (
    AlterTable,
    Cluster,
    Copy,
    CreateIndex,
    Delete,
    DropConstraint,
    DropTable,
    Insert,
    Merge,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Select,
    Statement,
    Truncate,
    Update,
)


def events_of(
    statement: Statement, found: DatabaseState, written: Collection[str] = ()
) -> Iterator[tuple[str, str | None]]:
    """The tables whose rows get events that are deferred, each with the foreign key that waits (None: unnamed).

    `written` are the rows of the statement's table that the transaction has written before, as `rows_of` has them.
    """
    if isinstance(statement, Copy | Delete | Insert | Merge | Select | Update):
        # What stands in WITH queues its own.
        for one in statement.writes:
            yield from events_of(one, found)
    match statement:
        case Insert(table):
            yield from _own(found.table(table), None)
        case Update(table, columns):
            if _meets(statement, written):
                yield from _own(found.table(table), None)
            elif not _empties(statement):
                yield from _own(found.table(table), tuple(one for one in columns if one not in statement.emptied))
            # Nothing refers to a key that is NULL.
            if _filled(statement) is None:
                yield from _others(table, columns, found)
        case Merge(table):
            yield from _own(found.table(table), None)
            yield from _others(table, None, found)
        case Delete(table):
            yield from _others(table, None, found)
        case _:
            return


# All of them.
EVERY = "*"


def rows_of(update: Update) -> str | None:
    """The rows that an UPDATE writes: EVERY, or the column that is NULL in them; None where they are others."""
    return _filled(update) if update.filtered else EVERY


def needs_none(statement: Statement, found: DatabaseState, pending: Collection[str]) -> str | None:
    """The table with pending events for which a statement is refused; None where it goes through."""
    if not pending:
        return None
    return next((table for table in _asked(statement, found) if table in pending), None)


def _meets(update: Update, written: Collection[str]) -> bool:
    """Whether rows are among them that the transaction has written: each of their foreign keys is looked at then."""
    if EVERY in written:
        return True
    rows = rows_of(update)
    return rows is not None and any(one != rows for one in written)


def _filled(update: Update) -> str | None:
    """The column to which an UPDATE gives a value where it has none, where that is all that it does."""
    words = update.text.rstrip("; ").upper().rpartition(" WHERE ")[2].replace('"', "").split()
    is_it = len(update.columns) == 1 and words == [update.columns[0].upper(), "IS", "NULL"]
    return update.columns[0] if is_it else None


def _empties(update: Update) -> bool:
    """Whether it sets one column to NULL, which refers to nothing."""
    words = update.text.upper().partition(" SET ")[2].partition(" WHERE ")[0].strip("; ").replace('"', "")
    name, _, value = words.partition("=")
    return len(update.columns) == 1 and name.strip() == update.columns[0].upper() and value.strip() == "NULL"


def _own(table: TableState | None, columns: tuple[str, ...] | None) -> Iterator[tuple[str, str | None]]:
    for one in table.constraints if table is not None else ():
        if one.references is not None and one.deferrable and (columns is None or {*columns} & {*(one.columns or ())}):
            yield table.name if table is not None else "", one.name


def _others(table: str, columns: tuple[str, ...] | None, found: DatabaseState) -> Iterator[tuple[str, str | None]]:
    state = found.table(table)
    key: tuple[str, ...] = ()
    for constraint in state.constraints if state is not None else ():
        if constraint.kind == "primary key":
            key = constraint.columns or ()
    for _, one in found.referring_to(table):
        references = one.references
        if (
            references is not None
            and one.deferrable
            and (columns is None or {*columns} & {*(references.columns or key)})
        ):
            yield table, one.name


def _asked(statement: Statement, found: DatabaseState) -> Iterator[str]:
    """The tables that a statement has to have for itself."""
    match statement:
        case AlterTable(table, actions):
            if not all(isinstance(one, RenameColumn | RenameConstraint | RenameTable) for one in actions):
                yield table
            state = found.table(table)
            for action in actions:
                # It takes the triggers of the other table away too.
                if isinstance(action, DropConstraint):
                    for one in state.constraints if state is not None else ():
                        if one.name == action.name and one.references is not None:
                            yield one.references.table
        case CreateIndex(table=table):
            yield table
        case DropTable(tables) | Truncate(tables):
            yield from tables
        case Cluster(str(table)):
            yield table
        case _:
            return
