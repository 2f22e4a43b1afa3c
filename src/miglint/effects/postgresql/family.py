"""Which tables a statement on one table reaches: its heirs and partitions, of which a partitioned table is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from miglint.schema.tables import DatabaseState


def family(table: str, database: DatabaseState) -> tuple[str, ...]:
    """A table, and all that inherit from it or are parts of it, at any depth."""
    found: dict[str, None] = {table: None}
    waiting = [table]
    while waiting:
        for part in database.parts_of(waiting.pop()):
            if part.name not in found:
                found[part.name] = None
                waiting.append(part.name)
    return tuple(found)


def stored(tables: Iterable[str], database: DatabaseState) -> Iterator[str]:
    """Those that have rows of their own: a partitioned table has none, nor has a view."""
    for name in tables:
        state = database.table(name)
        if state is None or (not state.partitioned and state.kind != "view"):
            yield name
