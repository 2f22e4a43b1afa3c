"""PostgreSQL's catalog in small: what the database holds, folded from the statements that were executed.

Tables, views, indexes and constraints come, go and change their names as the server has it, the names that it makes
up included. Nothing is invented: a table that no statement made is not in here, and what cannot be read from a
statement leaves what it may touch unknown. Rows are nobody's subject here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from typing import TypeAlias

from miglint.facts.fields import Field
from miglint.records import dataclass
from miglint.schema.model import Ground
from miglint.schema.names import in_database, schema_of, server_name
from miglint.schema.state import Origin
from miglint.schema.tables import (
    ColumnState,
    ConstraintState,
    DatabaseHistory,
    DatabaseState,
    DomainState,
    IndexState,
    TableState,
    comparable,
)
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterEnum,
    AlterPolicy,
    AlterSequence,
    AlterTable,
    AlterTableAction,
    Analyze,
    AttachPartition,
    Cluster,
    ColumnDefinition,
    Comment,
    Constraint,
    ConstraintKind,
    Copy,
    CreateDomain,
    CreateIndex,
    CreateRule,
    CreateSequence,
    CreateStatistics,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropSequence,
    DropTable,
    DropTrigger,
    DropView,
    Expression,
    Insert,
    LockTable,
    Merge,
    OpaqueStatement,
    OtherAction,
    OtherStatement,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameIndex,
    RenameTable,
    Select,
    SetConstraints,
    SetDefault,
    SetExpression,
    SetNotNull,
    SetParameter,
    SetSchema,
    Statement,
    Transaction,
    Truncate,
    UnknownAction,
    Update,
    Vacuum,
    ValidateConstraint,
)


@dataclass(frozen=True, slots=True)
class Cause:
    """Whose statement it is: where it stands, the app of the migration, and what Django's models say of it.

    `fields` are the fields behind the columns of `table`. `written` are the names of indexes and constraints that
    somebody wrote down; what has another name and one column is a field's own. None where nothing is a field's.
    """

    here: Origin
    app_label: str
    table: str | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)
    written: frozenset[str] | None = None

    def field_of(self, table: str, column: str) -> Field | None:
        return self.fields.get(column) if table == self.table else None

    def by_field(self, name: str | None, columns: tuple[str, ...] | None) -> bool:
        return self.written is not None and columns is not None and len(columns) == 1 and name not in self.written


class Folding:
    """The newest state of the database, and the history that it leaves behind: one statement after another."""

    def __init__(self, ground: Ground) -> None:
        self._vendor = ground.vendor
        self._history = DatabaseHistory(ground.vendor)
        self._number = 0
        self._tables: dict[str, TableState] = {}
        # The tables that ever were, by one of the words in their names.
        self._named_with: dict[str, dict[str, None]] = {}

    @property
    def state(self) -> DatabaseState:
        return DatabaseState(self._history, self._number)

    def fold(self, statement: Statement, cause: Cause) -> None:
        """Fold in one statement that was executed, and so did not fail."""
        self._number += 1
        match statement:
            case AlterTable(actions=actions):
                self._alter_table(statement, actions, cause)
            case CreateTable():
                self._create_table(statement, cause)
            case DropTable(tables=names, cascade=cascade) | DropView(names=names, cascade=cascade):
                for name in names:
                    self._drop_table(name, cascade)
            case CreateIndex():
                self._create_index(statement, cause)
            case DropIndex(names=names):
                for name in names:
                    self._drop_index(name, cause)
            case RenameIndex(old=old, new=new):
                self._rename_index(old, new, cause)
            case CreateView():
                self._create_view(statement, cause)
            case CreateTrigger(name=name, table=on, columns=columns):
                self._change(on, lambda table: replace(table, triggers={**table.triggers, name: columns}))
            case DropTrigger(name=name, table=on):
                self._change(on, lambda table: replace(table, triggers=_left_out(table.triggers, name)))
            case CreateDomain(name=name, type=type_, constrained=constrained, default=default):
                self._put_domain(DomainState(name, type_, constrained, cause.here, default))
            case AlterDomain(name=name, verb=verb):
                domain = self.state.domain(name)
                if domain is not None and verb in ("add constraint", "set not null"):
                    self._put_domain(replace(domain, constrained=True))
            case DropSequence(names=names, cascade=True):
                for table in tuple(self._tables.values()):
                    self._put(table.name, _without_sequences(table, names))
            case SetParameter(name="search_path", value=str(), local=_):
                # From here on an unqualified name may be another schema's.
                self._forget_app(cause.app_label, "SET search_path may have led SQL to other tables")
            case OtherStatement(kind=kind, text=text):
                if kind.startswith(_BY_OTHER_NAMES) or (kind.startswith("DROP") and "cascade" in text.casefold()):
                    self._forget_app(cause.app_label, "SQL may have changed it")
            case OpaqueStatement(kind=kind, names=names):
                self._forget_opaque(kind, names, cause.app_label)
            case (
                Truncate()
                | LockTable()
                | Reindex()
                | Update()
                | Delete()
                | Insert()
                | Merge()
                | Select()
                | Copy()
                | Vacuum()
                | Analyze()
                | Cluster()
                | RefreshMaterializedView()
                | CreateRule()
                | AlterPolicy()
                | CreateStatistics()
                | Comment()
                | AlterEnum()
                | CreateSequence()
                | AlterSequence()
                | DropSequence()
                | Transaction()
                | SetParameter()
                | SetConstraints()
            ):
                pass

    def forget_app(self, app_label: str, reason: str) -> None:
        """Any table of an app may be otherwise, or gone, and there may be others."""
        self._number += 1
        self._forget_app(app_label, reason)

    def forget_table(self, name: str, reason: str) -> None:
        """One table may be otherwise, or gone."""
        self._number += 1
        self._forget_table(in_database(name), reason)

    def describe(self, table_name: str, column: str, field: Field, here: Origin) -> None:
        """Say which field is behind a column from here on, whether or not a statement was needed for it."""

        def described(table: TableState) -> TableState:
            known = table.columns.get(column)
            if known is None or known.field is field:
                return table
            return _with_column(table, replace(known, field=field, defined=here))

        self._number += 1
        self._change(in_database(table_name), described)

    # --- tables ---

    def _create_table(self, statement: CreateTable, cause: Cause) -> None:
        name = statement.table
        # A temporary table goes with its session, and lives in a schema of its own.
        if statement.temporary or (statement.if_not_exists and name in self._tables):
            return
        table = TableState(
            name,
            cause.app_label,
            {},
            (),
            (),
            cause.here,
            unknown=self._unknown_columns(statement),
            partitioned=statement.partitioned,
            partition_of=statement.partition_of,
            default_partition=statement.default_partition,
            partition_key=statement.partition_key,
            unlogged=statement.unlogged,
            inherits=statement.inherits,
        )
        columns = {}
        parents = (*([statement.partition_of] if statement.partition_of else []), *statement.inherits)
        for source in (*parents, *statement.like):
            for column in self._tables[source].columns.values() if source in self._tables else ():
                copied = column if source in parents else replace(column, default=None, numbering=None)
                columns[column.name] = replace(copied, made=cause.here, defined=cause.here, field=None)
        for definition in statement.columns:
            known = columns.get(definition.name) if definition.type is None else None
            if known is None:
                columns[definition.name] = _column(definition, name, cause)
            else:
                # A partition's column: its type is the parent's, NOT NULL and DEFAULT its own.
                nullable = False if definition.not_null else known.nullable
                columns[definition.name] = replace(
                    known, nullable=nullable, default=definition.default or known.default
                )
        table = replace(table, columns=columns)
        written = [(one, column.name) for column in statement.columns for one in column.constraints]
        # The server's own order, which its numbering of names follows.
        for constraint, inline in _in_order((*written, *((one, None) for one in statement.constraints))):
            table = self._with_constraint(table, constraint, inline, cause)
        self._put(name, table)
        for parent in parents:
            if parent in self._tables:
                self._share(parent, name, cause)

    def _unknown_columns(self, statement: CreateTable) -> str | None:
        if statement.as_select:
            return "its columns are those of a query"
        if statement.like:
            return f"it is made like '{statement.like[0]}'"
        for parent in (*([statement.partition_of] if statement.partition_of else []), *statement.inherits):
            known = self._tables.get(parent)
            if known is None or known.unknown is not None:
                return f"not everything about '{parent}', from which it has its columns, is known"
        return None

    def _create_view(self, statement: CreateView, cause: Cause) -> None:
        if statement.temporary or (statement.if_not_exists and statement.name in self._tables):
            return
        old = self._tables.get(statement.name)
        view = TableState(
            statement.name,
            cause.app_label,
            {},
            (),
            (),
            old.made if old is not None and statement.or_replace else cause.here,
            kind="materialized view" if statement.materialized else "view",
            reads=statement.reads,
            names=statement.names,
        )
        self._put(statement.name, view)

    def _drop_table(self, name: str, cascade: bool) -> None:
        if name not in self._tables:
            return
        for part in tuple(self.state.parts_of(name)):
            # Partitions go with their parent; heirs have to be asked for.
            if part.partition_of == name or cascade:
                self._drop_table(part.name, cascade)
        if cascade:
            for other, key in tuple(self.state.referring_to(name)):
                if other.name != name:
                    self._drop_held(other.name, key)
            self._drop_views_of(name, None)
        self._put(name, None)

    def _drop_views_of(self, name: str, column: str | None) -> None:
        """What CASCADE takes: every view over a table, or over one of its columns."""
        for view in tuple(self.state.views_of(name)):
            if column is None or column in view.names:
                self._drop_views_of(view.name, None)
                self._put(view.name, None)
            elif "*" in view.names or not view.names:
                self._forget_table(view.name, f"it may have read '{name}.{column}', which was dropped")

    def _rename_table(self, old: str, new: str) -> None:
        table = self._tables.get(old)
        if table is None or old == new:
            return
        referring = tuple(self.state.referring_to(old))
        views, parts = tuple(self.state.views_of(old)), tuple(self.state.parts_of(old))
        self._put(old, None)
        self._put(new, replace(table, name=new))
        for other in dict.fromkeys(new if other.name == old else other.name for other, _ in referring):
            self._change(other, lambda one: _with_foreign_keys(one, lambda held: _retargeted(held, old, new)))
        for view in views:
            self._change(view.name, lambda one: replace(one, reads=_renamed(one.reads, old, new)))
        for part in parts:
            self._change(
                part.name,
                lambda one: replace(
                    one,
                    partition_of=new if one.partition_of == old else one.partition_of,
                    inherits=_renamed(one.inherits, old, new),
                ),
            )

    # --- ALTER TABLE ---

    def _alter_table(self, statement: AlterTable, actions: tuple[AlterTableAction, ...], cause: Cause) -> None:
        name = statement.table
        if name not in self._tables:
            # ALTER TABLE renames an index too.
            for action in actions:
                if isinstance(action, RenameTable):
                    self._rename_index(name, action.new, cause)
            return
        # The server takes the actions of one statement in passes of its own.
        for action in sorted(actions, key=_turn) if len(actions) > 1 else actions:
            self._act(name, action, not statement.only, cause)

    def _act(self, name: str, action: AlterTableAction, recurse: bool, cause: Cause) -> None:
        here = cause.here
        match action:
            case AddColumn(column=definition, if_not_exists=if_not_exists):
                self._add_column(name, definition, if_not_exists, cause)
            case DropColumn(name=column, cascade=cascade):
                self._drop_column(name, column, cascade)
            case RenameColumn(old=old, new=new):
                self._rename_column(name, old, new)
            case RenameTable(new=new):
                schema = schema_of(name)
                self._rename_table(name, f"{schema}.{new}" if schema else new)
            case RenameConstraint(old=old, new=new):
                self._rename_held(name, old, new, indexes=False)
            case SetSchema(schema=schema):
                own = name.rpartition(".")[2]
                self._rename_table(name, own if schema == "public" else f"{schema}.{own}")
            case AlterColumnType(column=column, type=type_, collation=collation):
                self._alter(
                    name, column, lambda one: replace(one, type=type_, collation=collation, defined=here), recurse
                )
                self._rebuild_shares(name, column)
            case SetDefault(column=column, default=default):
                self._alter(name, column, lambda one: replace(one, default=default, defined=here), recurse)
            case DropDefault(column=column):
                self._alter(
                    name,
                    column,
                    lambda one: replace(
                        one,
                        default=None,
                        numbering=None if one.numbering == "serial" else one.numbering,
                        defined=here,
                    ),
                    recurse,
                )
            case SetNotNull(column=column):
                self._alter(name, column, lambda one: replace(one, nullable=False, defined=here), recurse)
            case DropNotNull(column=column):
                self._alter(name, column, lambda one: replace(one, nullable=True, defined=here), recurse)
            case SetExpression(column=column, expression=expression):
                self._alter(name, column, lambda one: replace(one, generated=expression, defined=here), recurse)
            case DropExpression(column=column):
                self._alter(
                    name, column, lambda one: replace(one, generated=None, generation=None, defined=here), recurse
                )
            case AddIdentity(column=column):
                self._alter(name, column, lambda one: replace(one, numbering="identity", defined=here), recurse)
            case DropIdentity(column=column):
                self._alter(
                    name,
                    column,
                    lambda one: replace(one, numbering=None if one.numbering == "identity" else one.numbering),
                    recurse,
                )
            case AddConstraint(constraint=constraint):
                self._add_constraint(name, constraint, recurse, cause)
            case DropConstraint(name=gone, cascade=cascade):
                self._drop_constraint(name, gone, cascade, cause)
            case ValidateConstraint(name=checked):
                self._validate(name, checked)
            case AttachPartition(partition=partition, default=takes_rest):
                if partition in self._tables:
                    self._change(partition, lambda one: replace(one, partition_of=name, default_partition=takes_rest))
                    self._share(name, partition, cause)
            case DetachPartition(partition=partition):
                self._change(partition, _detached)
            case OtherAction(kind="inherit", table=str(parent)):
                self._change(name, lambda one: replace(one, inherits=(*_other(one.inherits, parent), parent)))
            case OtherAction(kind="no inherit", table=str(parent)):
                self._change(name, lambda one: replace(one, inherits=_other(one.inherits, parent)))
            case OtherAction(kind="set logged" | "set unlogged" as kept):
                self._change(name, lambda one: replace(one, unlogged=kept == "set unlogged"))
            case OtherAction(kind="set tablespace", name=place):
                self._change(name, lambda one: replace(one, tablespace=place))
            case OtherAction(kind="set access method", name=method):
                self._change(name, lambda one: replace(one, access_method=method))
            case AlterConstraint(name=altered, enforced=bool(enforced)):
                self._change(name, lambda one: self._enforced(one, altered, enforced=enforced))
            case AlterConstraint() | OtherAction():
                pass
            case UnknownAction():
                self._forget_table(name, "SQL that could not be read changed it")

    def _enforced(self, table: TableState, name: str, *, enforced: bool) -> TableState:
        return replace(
            table,
            constraints=tuple(
                replace(one, enforced=enforced, validated=enforced) if self._is_called(one, name) else one
                for one in table.constraints
            ),
        )

    def _add_column(self, name: str, definition: ColumnDefinition, if_not_exists: bool, cause: Cause) -> None:
        table = self._tables[name]
        if if_not_exists and definition.name in table.columns:
            return
        table = _with_column(table, _column(definition, name, cause))
        for constraint in sorted(definition.constraints, key=lambda one: one.kind == "foreign key"):
            table = self._with_constraint(table, constraint, definition.name, cause)
        self._put(name, table)
        for part in tuple(self.state.parts_of(name)):
            if definition.name not in part.columns:
                self._add_column(part.name, replace(definition, constraints=()), True, cause)
            self._share(name, part.name, cause)

    def _drop_column(self, name: str, column: str, cascade: bool) -> None:
        table = self._tables.get(name)
        if table is None:
            return
        for part in tuple(self.state.parts_of(name)):
            self._drop_column(part.name, column, cascade)
        if column not in table.columns:
            return
        if cascade:
            key = next((one.columns for one in table.constraints if one.kind == "primary key"), None)
            self._drop_keys_to(name, lambda pointed: column in (pointed or key or ()))
            self._drop_views_of(name, column)
            for other in tuple(table.columns.values()):
                if other.generated is not None and column in other.generated.names and other.name != column:
                    self._drop_column(name, other.name, cascade)
        self._change(name, lambda one: _without_column(one, column))

    def _drop_keys_to(self, name: str, gone: Callable[[tuple[str, ...]], bool]) -> None:
        """Drop the foreign keys to a table whose target columns, empty for its primary key, are such."""
        for other, key in tuple(self.state.referring_to(name)):
            if key.references is not None and gone(key.references.columns):
                self._drop_held(other.name, key)

    def _rename_column(self, name: str, old: str, new: str) -> None:
        table = self._tables.get(name)
        if table is None or old not in table.columns:
            return
        parts = tuple(self.state.parts_of(name))
        self._put(name, _with_renamed_column(table, old, new))
        for other in dict.fromkeys(
            other.name
            for other, key in self.state.referring_to(name)
            if key.references is not None and old in key.references.columns
        ):
            self._change(other, lambda one: _with_foreign_keys(one, lambda held: _repointed(held, name, old, new)))
        for view in tuple(self.state.views_of(name)):
            if old in view.names:
                self._change(view.name, lambda one: replace(one, names=one.names | {new}))
        for part in parts:
            self._rename_column(part.name, old, new)

    def _alter(self, name: str, column: str, change: Callable[[ColumnState], ColumnState], recurse: bool) -> None:
        table = self._tables.get(name)
        known = table.columns.get(column) if table is not None else None
        if table is None or known is None:
            return
        self._put(name, _with_column(table, change(known)))
        if recurse:
            for part in tuple(self.state.parts_of(name)):
                self._alter(part.name, column, change, recurse)

    def _add_constraint(self, name: str, constraint: Constraint, recurse: bool, cause: Cause) -> None:
        table = self._tables.get(name)
        if table is None:
            return
        self._put(name, self._with_constraint(table, constraint, None, cause))
        if recurse:
            for part in tuple(self.state.parts_of(name)):
                self._share(name, part.name, cause)

    def _drop_constraint(self, name: str, gone: str, cascade: bool, cause: Cause) -> None:
        table = self._tables.get(name)
        if table is None:
            return
        dropped = next((one for one in table.constraints if self._is_called(one, gone)), None)
        if dropped is None:
            return
        if cascade and dropped.kind in ("primary key", "unique"):
            own = dropped
            self._drop_keys_to(
                name,
                lambda pointed: set(pointed) == set(own.columns or ()) if pointed else own.kind == "primary key",
            )
        if dropped.kind == "not null":
            for column in dropped.columns or ():
                self._alter(name, column, lambda one: replace(one, nullable=True, defined=cause.here), False)
        self._drop_held(name, dropped)
        for part in tuple(self.state.parts_of(name)):
            for one in part.constraints:
                if one.part_of is not None and self._same_name(one.part_of, gone) and one.name is not None:
                    self._drop_constraint(part.name, one.name, cascade, cause)

    def _validate(self, name: str, checked: str) -> None:
        table = self._tables.get(name)
        if table is None:
            return
        constraints = []
        for one in table.constraints:
            if self._is_called(one, checked) and not one.validated:
                one = replace(one, validated=True)
                if one.kind == "not null":
                    for column in one.columns or ():
                        known = table.columns.get(column)
                        if known is not None:
                            table = _with_column(table, replace(known, nullable=False))
            constraints.append(one)
        self._put(name, replace(table, constraints=tuple(constraints)))
        for part in tuple(self.state.parts_of(name)):
            self._validate(part.name, checked)

    def _rebuild_shares(self, name: str, column: str) -> None:
        """With a column's type a partitioned index is made anew, and its partitions' shares with it, names included."""
        for part in tuple(self.state.parts_of(name)):
            table = part
            for index in part.indexes:
                if index.part_of is not None and index.columns is not None and column in index.columns:
                    table = _without(table, index)
                    made = self._made_up(table, (*index.columns, *index.include), "idx")
                    table = replace(table, indexes=(*table.indexes, replace(index, name=made)))
            for one in part.constraints:
                if one.part_of is not None and column in (one.columns or ()) and one.kind in _KEPT_BY_INDEX:
                    table = _without(table, one)
                    made = self._constraint_name(table, one.kind, one.columns, one.include)
                    table = replace(table, constraints=(*table.constraints, replace(one, name=made)))
            self._put(part.name, table)
            self._rebuild_shares(part.name, column)

    # --- indexes and constraints ---

    def _create_index(self, statement: CreateIndex, cause: Cause) -> None:
        table = self._tables.get(statement.table)
        if table is None:
            return
        schema = schema_of(statement.table)
        if statement.if_not_exists and statement.name is not None and self._is_relation(schema, statement.name):
            return
        columns = [part.column for part in statement.parts]
        plain = tuple(column for column in columns if column is not None)
        expressions = [part.expression for part in statement.parts if part.expression is not None]
        if statement.where is not None:
            expressions.append(statement.where)
        known = plain if len(plain) == len(columns) else None
        name = statement.name
        if name is None and known is not None:
            name = self._made_up(table, (*known, *statement.include), "idx")
        index = IndexState(
            name=name,
            columns=known,
            unique=statement.unique,
            made=cause.here,
            mentions=frozenset().union(*(one.names for one in expressions), () if known is not None else plain),
            by_field=cause.by_field(name, known),
            where=statement.where,
            include=statement.include,
            method=statement.method or "btree",
            opclasses=tuple(part.opclass for part in statement.parts),
            nulls_distinct=statement.nulls_distinct,
        )
        self._put(table.name, replace(table, indexes=(*table.indexes, index)))
        if not statement.only:
            for part in tuple(self.state.parts_of(table.name)):
                self._share(table.name, part.name, cause)

    def _drop_index(self, name: str, cause: Cause) -> None:
        for table, one in self._held(name, cause):
            self._drop_held(table.name, one)
            if one.name is not None:
                self._drop_shares(table.name, one.name)
            return

    def _drop_shares(self, name: str, gone: str) -> None:
        for part in tuple(self.state.parts_of(name)):
            for one in part.indexes:
                if one.part_of is not None and self._same_name(one.part_of, gone):
                    self._drop_held(part.name, one)
                    if one.name is not None:
                        self._drop_shares(part.name, one.name)

    def _rename_index(self, old: str, new: str, cause: Cause) -> None:
        if old in self._tables:
            schema = schema_of(old)
            self._rename_table(old, f"{schema}.{new}" if schema else new)
            return
        for table, one in self._held(old, cause):
            if one.name is not None:
                self._rename_held(table.name, one.name, new, indexes=True)
            return

    def _rename_held(self, name: str, old: str, new: str, *, indexes: bool) -> None:
        """Rename a constraint of a table, or where `indexes` an index, be it a constraint's."""
        table = self._tables.get(name)
        if table is None:
            return
        self._put(
            name,
            replace(
                table,
                # Whoever names an index anew says so in the model's options.
                indexes=tuple(
                    replace(one, name=new, by_field=False) if indexes and self._is_called(one, old) else one
                    for one in table.indexes
                ),
                constraints=tuple(
                    replace(one, name=new) if self._is_called(one, old) else one for one in table.constraints
                ),
            ),
        )
        for part in tuple(self.state.parts_of(name)):
            shares = [one for one in part.constraints if one.part_of is not None and self._same_name(one.part_of, old)]
            # A check has one name in all of them.
            if any(one.kind == "check" for one in shares):
                self._rename_held(part.name, old, new, indexes=False)
            self._change(part.name, lambda other: self._with_new_share(other, old, new))

    def _with_new_share(self, table: TableState, old: str, new: str) -> TableState:
        return replace(
            table,
            indexes=tuple(
                replace(one, part_of=new) if one.part_of is not None and self._same_name(one.part_of, old) else one
                for one in table.indexes
            ),
            constraints=tuple(
                replace(one, part_of=new) if one.part_of is not None and self._same_name(one.part_of, old) else one
                for one in table.constraints
            ),
        )

    def _held(self, name: str, cause: Cause) -> Iterator[tuple[TableState, IndexState | ConstraintState]]:
        """What an index's name means: on MySQL each table has its own, so the operation's own table is asked first."""
        schema, own = schema_of(name), name.rpartition(".")[2]
        found = [
            (table, one)
            for table, one in self.state.named(own)
            if schema_of(table.name) == schema and (isinstance(one, IndexState) or one.kind in _KEPT_BY_INDEX)
        ]
        yield from sorted(found, key=lambda pair: pair[0].name != cause.table)

    def _with_constraint(
        self, table: TableState, constraint: Constraint, inline: str | None, cause: Cause
    ) -> TableState:
        """A table with one more; `inline` is the column in whose definition it stands."""
        kind, name = constraint.kind, constraint.name
        columns = _columns((constraint, inline))
        mentions: frozenset[str] = frozenset()
        index = None
        if constraint.index is not None:
            wanted = constraint.index
            index = next((one for one in table.indexes if self._is_called(one, wanted)), None)
            name = name or constraint.index
            columns = index.columns if index is not None else None
            if index is not None:
                table = _without(table, index)
        elif kind == "check" and constraint.condition is not None:
            mentions = constraint.condition.names
            columns = tuple(column for column in table.columns if column in mentions)
            if constraint.condition.unknown is not None and not columns:
                columns = None
        elif constraint.condition is not None:
            mentions = constraint.condition.names
        if name is None:
            name = self._constraint_name(table, kind, columns, constraint.include)
        if kind == "primary key" or (kind == "not null" and not constraint.not_valid):
            for column in columns or ():
                known = table.columns.get(column)
                if known is not None and known.nullable is not False:
                    table = _with_column(table, replace(known, nullable=False))
        made = ConstraintState(
            kind=kind,
            name=name,
            columns=columns,
            validated=not constraint.not_valid,
            made=cause.here,
            mentions=mentions,
            by_field=(inline is not None and cause.written is not None) or cause.by_field(name, columns),
            condition=constraint.condition,
            references=constraint.references,
            deferrable=constraint.deferrable,
            nulls_distinct=constraint.nulls_distinct if index is None else index.nulls_distinct,
            include=constraint.include if index is None else index.include,
            enforced=constraint.enforced,
        )
        return replace(table, constraints=(*table.constraints, made))

    def _constraint_name(
        self, table: TableState, kind: ConstraintKind, columns: tuple[str, ...] | None, include: tuple[str, ...]
    ) -> str | None:
        if columns is None and kind != "primary key":
            return None
        named = columns or ()
        match kind:
            case "primary key":
                return self._made_up(table, (), "pkey")
            case "unique":
                return self._made_up(table, (*named, *include), "key")
            case "exclusion":
                return self._made_up(table, named, "excl")
            case "foreign key":
                return self._made_up(table, named, "fkey")
            case "check":
                # One column is named, several are not.
                return self._made_up(table, named if len(named) == 1 else (), "check")
            case "not null":
                return self._made_up(table, named, "not_null")

    def _made_up(self, table: TableState, columns: tuple[str, ...], label: str) -> str | None:
        """A name as PostgreSQL makes it up: numbered where it is taken, by any table of the schema."""
        if self._vendor != "postgresql":
            return None
        taken = {one.name for one in table.held()}
        schema, columns = schema_of(table.name), _distinct(columns)
        number = 0
        while True:
            name = server_name(table.name, columns, f"{label}{number or ''}")
            if name not in taken and not self._is_taken(schema, name, label):
                return name
            number += 1

    def _is_taken(self, schema: str, name: str, label: str) -> bool:
        if label in ("pkey", "key", "excl", "idx") and self._is_relation(schema, name):
            return True
        return label != "idx" and any(
            schema_of(table.name) == schema and isinstance(one, ConstraintState)
            for table, one in self.state.named(name)
        )

    def _is_relation(self, schema: str, name: str) -> bool:
        if (f"{schema}.{name}" if schema else name) in self._tables:
            return True
        return any(
            schema_of(table.name) == schema and (isinstance(one, IndexState) or one.kind in _KEPT_BY_INDEX)
            for table, one in self.state.named(name)
        )

    def _share(self, parent_name: str, name: str, cause: Cause) -> None:
        """Give a partition, or heir, what its parent has: an index or constraint that it lacks is made, one like it
        becomes the parent's."""
        parent, table = self._tables[parent_name], self._tables[name]
        is_partition = table.partition_of == parent_name
        for constraint in parent.constraints:
            if constraint.kind != "check" and not is_partition:
                continue
            if any(one.part_of == constraint.name for one in table.constraints if constraint.name is not None):
                continue
            like = next((one for one in table.constraints if _is_like(one, constraint)), None)
            if like is not None:
                table = replace(
                    table,
                    constraints=tuple(
                        replace(one, part_of=constraint.name) if one is like else one for one in table.constraints
                    ),
                )
                continue
            for column in constraint.columns or () if constraint.kind == "primary key" else ():
                if column in table.columns:
                    table = _with_column(table, replace(table.columns[column], nullable=False))
            own = constraint.name
            if constraint.kind in _KEPT_BY_INDEX:
                own = self._constraint_name(table, constraint.kind, constraint.columns, constraint.include)
            elif constraint.kind == "foreign key" and any(one.name == own for one in table.constraints):
                own = self._made_up(table, constraint.columns or (), "fkey")
            share = replace(constraint, name=own, part_of=constraint.name, made=cause.here)
            table = replace(table, constraints=(*table.constraints, share))
        for index in parent.indexes if is_partition else ():
            if any(one.part_of == index.name for one in table.indexes if index.name is not None):
                continue
            match = next((one for one in table.indexes if _is_like(one, index)), None)
            if match is not None:
                table = replace(
                    table,
                    indexes=tuple(replace(one, part_of=index.name) if one is match else one for one in table.indexes),
                )
                continue
            own = self._made_up(table, (*index.columns, *index.include), "idx") if index.columns is not None else None
            table = replace(
                table, indexes=(*table.indexes, replace(index, name=own, part_of=index.name, made=cause.here))
            )
        self._put(name, table)
        for part in tuple(self.state.parts_of(name)):
            self._share(name, part.name, cause)

    def _is_called(self, one: IndexState | ConstraintState, name: str) -> bool:
        return one.name is not None and self._same_name(one.name, name)

    def _same_name(self, one: str, other: str) -> bool:
        return one == other or comparable(one, self._vendor) == comparable(other, self._vendor)

    # --- what is not known ---

    def _forget_opaque(self, kind: str, names: frozenset[str], app_label: str) -> None:
        reason = "SQL may have changed it"
        # What names no table, or may run other SQL than is written here, may touch any of the app's.
        if not names or _reaches_further(kind.casefold().split()) or _reaches_further(names):
            self._forget_app(app_label, reason)
        # `schema.name` is two names, and so is one with a space in it.
        spoken_of = {table for name in names for table in self._named_with.get(name, ()) if names >= _words(table)}
        for name in sorted(spoken_of | (names & self._tables.keys())):
            self._forget_table(name, reason)

    def _forget_app(self, label: str, reason: str) -> None:
        for name, table in tuple(self._tables.items()):
            if table.app_label == label:
                self._forget_table(name, reason)
        self._history.unknown_apps.setdefault(label, (self._number, reason))

    def _forget_table(self, name: str, reason: str) -> None:
        self._change(name, lambda table: replace(table, unknown=reason) if table.unknown is None else table)

    # --- versions ---

    def _drop_held(self, name: str, gone: IndexState | ConstraintState) -> None:
        table = self._tables.get(name)
        if table is not None:
            self._put(name, _without(table, gone))

    def _change(self, name: str, change: Callable[[TableState], TableState]) -> None:
        table = self._tables.get(name)
        if table is not None:
            self._put(name, change(table))

    def _put(self, name: str, table: TableState | None) -> None:
        old = self._tables.get(name)
        if table is old:
            return
        if table is None:
            del self._tables[name]
        else:
            self._tables[name] = table
            self._register(name, table, old)
            if old is None:
                self._named_with.setdefault(min(_words(name), default=""), {})[name] = None
        numbers = self._history.numbers.setdefault(name, [])
        versions = self._history.versions.setdefault(name, [])
        if numbers and numbers[-1] == self._number:
            versions[-1] = table
        else:
            numbers.append(self._number)
            versions.append(table)

    def _register(self, name: str, table: TableState, old: TableState | None) -> None:
        """Keep up the ways back: from a name, a target, a table that is read, a parent."""
        history = self._history
        if old is None or table.indexes is not old.indexes:
            for index in table.indexes:
                if index.name is not None:
                    history.named.setdefault(comparable(index.name, self._vendor), {})[name] = None
        if old is None or table.constraints is not old.constraints:
            for constraint in table.constraints:
                if constraint.name is not None:
                    history.named.setdefault(comparable(constraint.name, self._vendor), {})[name] = None
                if constraint.references is not None:
                    history.referring.setdefault(constraint.references.table, {})[name] = None
        for source in table.reads:
            history.reading.setdefault(source, {})[name] = None
        for parent in table.inherits:
            history.parts.setdefault(parent, {})[name] = None
        if table.partition_of is not None:
            history.parts.setdefault(table.partition_of, {})[name] = None

    def _put_domain(self, domain: DomainState) -> None:
        self._history.domains.setdefault(domain.name, []).append((self._number, domain))


# Constraints that have an index of their own name.
_KEPT_BY_INDEX = frozenset({"primary key", "unique", "exclusion"})

# An index is dropped or renamed without its table's name; the others run SQL that is written elsewhere, or drop tables
# by a name that stands above them.
_REACHES_FURTHER = frozenset({"index", "do", "execute", "call", "schema", "function", "procedure"})


def _words(name: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", name))


def _turn(action: AlterTableAction) -> int:
    """The pass in which ALTER TABLE takes an action: ATPrepCmd of the server's tablecmds.c."""
    match action:
        case DropColumn() | DropConstraint() | DropNotNull() | DropDefault() | DropExpression() | DropIdentity():
            return 0
        case AlterColumnType():
            return 1
        case AddColumn():
            return 2
        case SetDefault() | SetNotNull() | SetExpression() | AddIdentity():
            return 3
        case AddConstraint():
            return 4
        case _:
            return 5


def _column(definition: ColumnDefinition, table: str, cause: Cause) -> ColumnState:
    required = definition.not_null or definition.numbering is not None
    unread = definition.type is None and definition.unknown is not None
    return ColumnState(
        name=definition.name,
        type=definition.type,
        nullable=False if required else None if unread else True,
        default=definition.default,
        made=cause.here,
        defined=cause.here,
        field=cause.field_of(table, definition.name),
        numbering=definition.numbering,
        generation=definition.generation,
        generated=definition.generated,
        collation=definition.collation,
    )


def _with_column(table: TableState, column: ColumnState) -> TableState:
    return replace(table, columns={**table.columns, column.name: column})


def _without(table: TableState, gone: IndexState | ConstraintState) -> TableState:
    return replace(
        table,
        indexes=tuple(one for one in table.indexes if one is not gone),
        constraints=tuple(one for one in table.constraints if one is not gone),
    )


def _without_sequences(table: TableState, sequences: tuple[str, ...]) -> TableState:
    """DROP SEQUENCE … CASCADE takes the defaults along that count by it."""
    schema = schema_of(table.name)
    columns = dict(table.columns)
    for name, one in table.columns.items():
        own = server_name(table.name, (name,), "seq")
        counted = one.numbering == "serial" and (f"{schema}.{own}" if schema else own) in sequences
        words = re.findall(r"[\w.]+", one.default.sql) if one.default is not None else ()
        if counted or not set(words).isdisjoint(sequences):
            columns[name] = replace(one, default=None, numbering=None if counted else one.numbering)
    return replace(table, columns=columns) if columns != table.columns else table


def _without_column(table: TableState, column: str) -> TableState:
    """A dropped column takes every index and constraint that uses it with it."""

    def uses(one: IndexState | ConstraintState) -> bool:
        return column in (one.columns or ()) or column in one.mentions or column in one.include

    return replace(
        table,
        columns={name: one for name, one in table.columns.items() if name != column},
        triggers={name: on for name, on in table.triggers.items() if column not in on},
        indexes=tuple(one for one in table.indexes if not uses(one)),
        constraints=tuple(one for one in table.constraints if not uses(one)),
    )


def _with_renamed_column(table: TableState, old: str, new: str) -> TableState:
    columns = {}
    for name, one in table.columns.items():
        if one.generated is not None and old in one.generated.names:
            one = replace(one, generated=_renamed_in(one.generated, old, new))
        columns[new if name == old else name] = replace(one, name=new) if name == old else one
    return replace(
        table,
        columns=columns,
        triggers={one: _renamed(on, old, new) for one, on in table.triggers.items()},
        partition_key=_renamed(table.partition_key, old, new),
        indexes=tuple(
            replace(
                one,
                columns=None if one.columns is None else _renamed(one.columns, old, new),
                include=_renamed(one.include, old, new),
                mentions=_renamed_among(one.mentions, old, new),
                where=None if one.where is None else _renamed_in(one.where, old, new),
            )
            if _uses(one, old)
            else one
            for one in table.indexes
        ),
        constraints=tuple(
            replace(
                one,
                columns=None if one.columns is None else _renamed(one.columns, old, new),
                include=_renamed(one.include, old, new),
                mentions=_renamed_among(one.mentions, old, new),
                condition=None if one.condition is None else _renamed_in(one.condition, old, new),
            )
            if _uses(one, old)
            else one
            for one in table.constraints
        ),
    )


def _uses(one: IndexState | ConstraintState, column: str) -> bool:
    return column in (one.columns or ()) or column in one.mentions or column in one.include


def _renamed(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def _renamed_among(names: frozenset[str], old: str, new: str) -> frozenset[str]:
    return names - {old} | {new} if old in names else names


def _renamed_in(expression: Expression, old: str, new: str) -> Expression:
    """The server keeps columns by number, so that an expression follows the name."""
    if old not in expression.names:
        return expression
    quoted = f'"{new}"'
    pattern = rf'"{re.escape(old)}"|(?<![\w"\'.$]){re.escape(old)}(?![\w"\'.$(])'
    return replace(
        expression,
        sql=re.sub(pattern, lambda found: quoted if found[0][0] == '"' else new, expression.sql),
        names=_renamed_among(expression.names, old, new),
    )


def _other(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(one for one in names if one != name)


def _left_out(triggers: Mapping[str, tuple[str, ...]], name: str) -> Mapping[str, tuple[str, ...]]:
    return {one: columns for one, columns in triggers.items() if one != name}


def _with_foreign_keys(table: TableState, change: Callable[[ConstraintState], ConstraintState]) -> TableState:
    return replace(
        table,
        constraints=tuple(change(one) if one.references is not None else one for one in table.constraints),
    )


def _retargeted(key: ConstraintState, old: str, new: str) -> ConstraintState:
    if key.references is None or key.references.table != old:
        return key
    return replace(key, references=replace(key.references, table=new))


def _repointed(key: ConstraintState, table: str, old: str, new: str) -> ConstraintState:
    if key.references is None or key.references.table != table:
        return key
    return replace(key, references=replace(key.references, columns=_renamed(key.references.columns, old, new)))


def _detached(table: TableState) -> TableState:
    return replace(
        table,
        partition_of=None,
        default_partition=False,
        indexes=tuple(replace(one, part_of=None) if one.part_of is not None else one for one in table.indexes),
        constraints=tuple(replace(one, part_of=None) if one.part_of is not None else one for one in table.constraints),
    )


_Written: TypeAlias = tuple[Constraint, str | None]

_ORDER: dict[ConstraintKind, int] = {
    "check": 0,
    "not null": 0,
    "primary key": 1,
    "unique": 2,
    "exclusion": 2,
    "foreign key": 3,
}


def _in_order(written: Iterable[_Written]) -> list[_Written]:
    """A new table's constraints as the server makes them: of two unique ones over the same it makes one.

    transformIndexConstraints of its parse_utilcmd.c.
    """
    kept: list[_Written] = []
    for constraint, inline in sorted(written, key=lambda one: _ORDER[one[0].kind]):
        place = next((number for number, one in enumerate(kept) if _is_same_key(one, (constraint, inline))), None)
        if place is None:
            kept.append((constraint, inline))
        elif kept[place][0].name is None:
            kept[place] = (replace(kept[place][0], name=constraint.name), kept[place][1])
    return kept


def _is_same_key(one: _Written, other: _Written) -> bool:
    (first, _), (second, _) = one, other
    return (
        first.kind in ("primary key", "unique")
        and second.kind == "unique"
        and (_columns(one), first.include, first.deferrable, first.nulls_distinct)
        == (_columns(other), second.include, second.deferrable, second.nulls_distinct)
    )


def _columns(written: _Written) -> tuple[str, ...] | None:
    constraint, inline = written
    return (inline,) if inline is not None and not constraint.columns else constraint.columns


def _is_like(one: IndexState | ConstraintState, parents: IndexState | ConstraintState) -> bool:
    """Whether a partition's own may stand for its parent's."""
    if one.part_of is not None:
        return False
    match one, parents:
        case IndexState(), IndexState():
            return (
                one.columns is not None
                and (one.columns, one.unique, one.method, one.include, one.opclasses)
                == (parents.columns, parents.unique, parents.method, parents.include, parents.opclasses)
                and one.where == parents.where
            )
        case ConstraintState(kind="check"), ConstraintState(kind="check"):
            return one.name == parents.name
        case ConstraintState(), ConstraintState():
            return (
                one.columns is not None
                and (one.kind, one.columns, one.references) == (parents.kind, parents.columns, parents.references)
                and one.validated == parents.validated
            )
        case _:
            return False


def _distinct(columns: tuple[str, ...]) -> tuple[str, ...]:
    """ChooseIndexColumnNames: a column that is there twice gets a number."""
    seen: list[str] = []
    for column in columns:
        name, number = column, 0
        while name in seen:
            number += 1
            name = f"{column}{number}"
        seen.append(name)
    return tuple(seen)


# Tables change their schema, or go, without being named.
_BY_OTHER_NAMES = ("ALTER SCHEMA", "DROP OWNED", "DROP SCHEMA")


def _reaches_further(words: Iterable[str]) -> bool:
    return not _REACHES_FURTHER.isdisjoint(words)
