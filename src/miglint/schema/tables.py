"""What a database holds: tables with their columns, indexes and constraints, views, domains, and who made each."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.facts.fields import Field
from miglint.facts.target import Vendor
from miglint.records import dataclass
from miglint.schema.names import in_database
from miglint.schema.state import Origin
from miglint.sql.statement import ColumnType, ConstraintKind, Expression, ForeignKey, Generation, Numbering

TableKind: TypeAlias = OneOf["table", "view", "materialized view"]


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column; `field` is the one in Django that gave it its definition, None where SQL or nobody's field did.

    `type` and `nullable` are None where they are not known. `default` is the database's own, None where it has none;
    so is `generated`, the expression of a generated column. `made` is where the column came to be, under whatever
    name, `defined` where it became what it is.
    """

    name: str
    type: ColumnType | None
    nullable: bool | None
    default: Expression | None
    made: Origin
    defined: Origin
    field: Field | None = None
    numbering: Numbering | None = None
    generation: Generation | None = None
    generated: Expression | None = None
    collation: str | None = None


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index that is no constraint's. `columns` are its parts in order, None where expressions may be among them.

    `mentions` are the names in its expressions and its WHERE, among them every column that they use. `by_field`
    says that a field asked for it (`db_index`, its `_like` twin), no entry in the model's options. `part_of` is the
    parent's index, where this one is a partition's share of it.
    """

    name: str | None
    columns: tuple[str, ...] | None
    unique: bool
    made: Origin
    mentions: frozenset[str] = frozenset()
    by_field: bool = False
    where: Expression | None = None
    include: tuple[str, ...] = ()
    method: str = "btree"
    opclasses: tuple[str | None, ...] = ()
    nulls_distinct: bool = True
    part_of: str | None = None


@dataclass(frozen=True, slots=True)
class ConstraintState:
    """A constraint. `name` is PostgreSQL's own where nobody wrote one, None where it is not known.

    `columns` are None where they are not known; of a check they are those that its condition may read. `validated`
    False is NOT VALID: it holds for new rows only; `enforced` False for none. `mentions`, `by_field` and `part_of` are
    as for indexes.
    """

    kind: ConstraintKind
    name: str | None
    columns: tuple[str, ...] | None
    validated: bool
    made: Origin
    mentions: frozenset[str] = frozenset()
    by_field: bool = False
    condition: Expression | None = None
    references: ForeignKey | None = None
    deferrable: bool = False
    nulls_distinct: bool = True
    include: tuple[str, ...] = ()
    part_of: str | None = None
    enforced: bool = True


@dataclass(frozen=True, slots=True)
class TableState:
    """A table or view; `unknown` says why it may be otherwise, or gone, by now. None where it is known.

    `app_label` is that of the migration that made it. `reads` and `names` are a view's tables and the identifiers in
    its query. `partition_of` is the table that it is a part of, `partition_key` the columns by which it has parts
    itself, as far as they are columns. `triggers` are names, each with the columns in UPDATE OF. `unlogged`,
    `tablespace` and `access_method` say how it is kept; None is the database's default.
    """

    name: str
    app_label: str
    columns: Mapping[str, ColumnState]
    indexes: tuple[IndexState, ...]
    constraints: tuple[ConstraintState, ...]
    made: Origin
    unknown: str | None = None
    kind: TableKind = "table"
    reads: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()
    partitioned: bool = False
    partition_of: str | None = None
    default_partition: bool = False
    inherits: tuple[str, ...] = ()
    triggers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    partition_key: tuple[str, ...] = ()
    unlogged: bool = False
    tablespace: str | None = None
    access_method: str | None = None

    def held(self) -> tuple[IndexState | ConstraintState, ...]:
        """Every index and constraint."""
        return (*self.indexes, *self.constraints)


@dataclass(frozen=True, slots=True)
class DomainState:
    """A domain: a type with checks of its own, which adding a column of it verifies."""

    name: str
    type: ColumnType | None
    constrained: bool
    made: Origin
    default: Expression | None = None


@dataclass(frozen=True, slots=True)
class DatabaseHistory:
    """Every version of every table by number, as `schema.state.History` has models; appended to by folding alone.

    `named` maps a name of an index or constraint, as `comparable` has it, to every table that ever had it.
    `referring` maps a table to every table that ever had a foreign key to it, `reading` to every view that ever read
    it, `parts` to every table that ever was a partition or heir of it.
    """

    vendor: Vendor = "postgresql"
    numbers: dict[str, list[int]] = field(default_factory=dict)
    versions: dict[str, list[TableState | None]] = field(default_factory=dict)
    named: dict[str, dict[str, None]] = field(default_factory=dict)
    referring: dict[str, dict[str, None]] = field(default_factory=dict)
    reading: dict[str, dict[str, None]] = field(default_factory=dict)
    parts: dict[str, dict[str, None]] = field(default_factory=dict)
    domains: dict[str, list[tuple[int, DomainState]]] = field(default_factory=dict)
    unknown_apps: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What the database holds between two operations: an index into a history, so it costs nothing to keep."""

    history: DatabaseHistory
    number: int

    def table(self, name: str) -> TableState | None:
        """A table or view by its name as in the database, or as `db_table` has it; None where none is known of."""
        name = in_database(name)
        numbers = self.history.numbers.get(name)
        if not numbers:
            return None
        place = bisect_right(numbers, self.number)
        return self.history.versions[name][place - 1] if place else None

    def tables(self) -> Iterator[TableState]:
        """Every table and view, by name."""
        for name in sorted(self.history.numbers):
            found = self.table(name)
            if found is not None:
                yield found

    def named(self, name: str) -> Iterator[tuple[TableState, IndexState | ConstraintState]]:
        """The tables that have an index or constraint of a name, and it, as the database compares names."""
        wanted = comparable(name, self.history.vendor)
        for table_name in self.history.named.get(wanted, ()):
            table = self.table(table_name)
            if table is None:
                continue
            for one in table.held():
                if one.name is not None and comparable(one.name, self.history.vendor) == wanted:
                    yield table, one

    def referring_to(self, name: str) -> Iterator[tuple[TableState, ConstraintState]]:
        """Each foreign key to a table, with the table that has it; those of the table itself included."""
        for other in self.history.referring.get(name, ()):
            table = self.table(other)
            if table is not None:
                for one in table.constraints:
                    if one.references is not None and one.references.table == name:
                        yield table, one

    def views_of(self, name: str) -> Iterator[TableState]:
        """The views, materialized ones included, that read a table."""
        for other in self.history.reading.get(name, ()):
            view = self.table(other)
            if view is not None and name in view.reads:
                yield view

    def parts_of(self, name: str) -> Iterator[TableState]:
        """The partitions and heirs of a table, one level down."""
        for other in self.history.parts.get(name, ()):
            part = self.table(other)
            if part is not None and (part.partition_of == name or name in part.inherits):
                yield part

    def domain(self, name: str) -> DomainState | None:
        versions = self.history.domains.get(name, ())
        return next((domain for number, domain in reversed(versions) if number <= self.number), None)

    def unknown(self, app_label: str) -> str | None:
        """Why there may be tables of an app, or none, that this state does not know of; None where it is complete."""
        known = self.history.unknown_apps.get(app_label)
        return known[1] if known is not None and known[0] <= self.number else None


def comparable(name: str, vendor: Vendor) -> str:
    """A name of an index or constraint as the database compares it with others.

    PostgreSQL keeps 63 bytes of a longer one and heeds case, since Django quotes; the others do not heed it.
    """
    if vendor == "postgresql":
        if len(name) <= 63 and name.isascii():
            return name
        return name.encode(errors="replace")[:63].decode(errors="ignore")
    return name.casefold()
