"""Which tables a statement on one table reaches: its heirs and partitions, of which a partitioned table is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miglint.schema.tables import DatabaseState, TableState


def family(table: str, database: DatabaseState) -> tuple[str, ...]:
    """A table, and all that inherit from it or are parts of it, at any depth."""
    if table not in database.history.parts:
        return (table,)
    found: dict[str, None] = {table: None}
    waiting = [table]
    while waiting:
        for part in database.parts_of(waiting.pop()):
            if part.name not in found:
                found[part.name] = None
                waiting.append(part.name)
    return tuple(found)


def partitions(table: str, database: DatabaseState) -> tuple[str, ...]:
    """A table and its partitions, at any depth: those that an index reaches. Heirs have indexes of their own."""
    if table not in database.history.parts:
        return (table,)
    found: dict[str, None] = {table: None}
    waiting = [table]
    while waiting:
        name = waiting.pop()
        for part in database.parts_of(name):
            if part.partition_of == name and part.name not in found:
                found[part.name] = None
                waiting.append(part.name)
    return tuple(found)


def dependent_views(table: str, column: str | None, database: DatabaseState) -> Iterator[TableState]:
    """The views that read a table, or one of its columns, and the views of those views."""
    waiting = [view for view in database.views_of(table) if column is None or {column, "*"} & view.names]
    seen: set[str] = set()
    while waiting:
        view = waiting.pop(0)
        if view.name not in seen:
            seen.add(view.name)
            yield view
            waiting += database.views_of(view.name)


def stored(tables: Iterable[str], database: DatabaseState) -> Iterator[str]:
    """Those that have rows of their own: a partitioned table has none, nor has a view."""
    for name in tables:
        state = database.table(name)
        if state is None or (not state.partitioned and state.kind != "view"):
            yield name
