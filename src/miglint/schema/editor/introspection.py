"""What Django's introspection finds on a column, or would: the names in a DROP are the database's own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field

from miglint.records import dataclass
from miglint.schema.names import in_database
from miglint.schema.tables import DatabaseState, TableState
from miglint.sql.statement import ConstraintKind, Numbering


@dataclass(frozen=True, slots=True)
class Introspection:
    """The database before an operation, seen while it runs.

    `moved` has tables' old names by their new ones, `dropped` the indexes that are gone by now. `postponed` is what
    waits for the end of the migration, though the database has it already. Of a table that is not known, what Django
    and PostgreSQL would have made is taken to be there.
    """

    database: DatabaseState
    moved: dict[str, str] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    postponed: Collection[str] = ()

    def constraints(
        self,
        table: str,
        kind: ConstraintKind,
        columns: tuple[str, ...] | None,
        expected: str | None,
        excluded: Collection[str] = (),
    ) -> list[str]:
        """The names of constraints on exactly these columns, or on any; `expected` is None where none is."""
        known = self._table(table)
        found = []
        for one in known.constraints if known is not None else ():
            if one.kind == kind and (columns is None or one.columns == columns) and one.name not in excluded:
                name = one.name or expected
                if name is not None:
                    found.append(name)
        if not found and _is_doubtful(known) and expected is not None:
            found = [expected]
        return [name for name in found if name not in self.postponed]

    def indexes(self, table: str, column: str, expected: Collection[str], excluded: Collection[str]) -> list[str]:
        """The names of B-tree indexes on exactly one column that are no constraint's, unique ones included."""
        known = self._table(table)
        found = [
            one.name
            for one in (known.indexes if known is not None else ())
            if one.columns == (column,) and not one.include and one.method == "btree"
            if one.name is not None and one.name not in excluded
        ]
        if not found and _is_doubtful(known):
            found = list(expected)
        # Django's query groups by name.
        return sorted(name for name in found if name not in self.dropped and name not in self.postponed)

    def numbering(self, table: str, column: str, expected: Numbering | None) -> Numbering | None:
        """How a column numbers its rows."""
        known = self._table(table)
        found = known.columns.get(column) if known is not None else None
        return expected if found is None else found.numbering

    def _table(self, name: str) -> TableState | None:
        return self.database.table(self.moved.get(in_database(name), name))


def _is_doubtful(table: TableState | None) -> bool:
    return table is None or table.unknown is not None
