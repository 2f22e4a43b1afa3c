"""What the database holds, beside Django's state: folded from the operations that reach it.

The two part where SeparateDatabaseAndState makes them: a column that left the state is a column still. SQL is
opaque so far: the tables that it names, or failing that its app's, are no longer known. RunPython is taken to move
rows alone. Tables that nothing but SQL or Django's own apps make are not in here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.facts.fields import Constraint, Field, Index
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
from miglint.facts.source import Location
from miglint.facts.target import Vendor
from miglint.facts.values import Call, Literal, Reference, Sequence, Unresolved, Value, text_of, truth_of
from miglint.schema.column import (
    FOREIGN_KEYS,
    POSITIVE,
    column_name,
    db_default,
    has_column,
    is_enforced,
    takes_null,
)
from miglint.schema.model import Column, Ground, between, columns_of, has_table, table_of
from miglint.schema.names import schema_editor_name
from miglint.schema.replay import Transition, members_of, name_of, strings_of, target_of
from miglint.schema.state import ModelState, Origin, SchemaState
from miglint.signatures import RUN_SQL_NOOP

ConstraintKind: TypeAlias = OneOf["primary key", "unique", "foreign key", "check", "exclusion"]


@dataclass(frozen=True, slots=True)
class ColumnState:
    """A column; `kind` is the class in Django that gives it its type, `field` the field, None where none is written.

    `default` is the database's own, None where it has none. `made` is where the column came to be, under whatever
    name, `defined` where it became what it is.
    """

    name: str
    kind: str | None
    field: Field | None
    nullable: bool | None
    default: Value | None
    made: Origin
    defined: Origin


@dataclass(frozen=True, slots=True)
class IndexState:
    """An index that is no constraint. `name` is None where it is not known, `columns` where expressions may be in it.

    `mentions` are words of its expressions and conditions, among them every field that they use. `by_field` says
    that a field asked for it (`db_index`), no entry in the model's options.
    """

    name: str | None
    columns: tuple[str, ...] | None
    unique: bool
    made: Origin
    mentions: frozenset[str] = frozenset()
    by_field: bool = False


@dataclass(frozen=True, slots=True)
class ConstraintState:
    """A constraint; `name` is None where the server makes it up, `columns` where they are not known.

    `validated` False is NOT VALID: it holds for new rows only. `mentions` and `by_field` as for indexes.
    """

    kind: ConstraintKind
    name: str | None
    columns: tuple[str, ...] | None
    validated: bool
    made: Origin
    mentions: frozenset[str] = frozenset()
    by_field: bool = False


@dataclass(frozen=True, slots=True)
class TableState:
    """A table that migrations made; `unknown` says why it may be otherwise, or gone, by now. None where it is known."""

    name: str
    app_label: str
    columns: Mapping[str, ColumnState]
    indexes: tuple[IndexState, ...]
    constraints: tuple[ConstraintState, ...]
    made: Origin
    unknown: str | None = None

    def held(self) -> tuple[IndexState | ConstraintState, ...]:
        """Every index and constraint."""
        return (*self.indexes, *self.constraints)


@dataclass(frozen=True, slots=True)
class DatabaseHistory:
    """Every version of every table by number, as `schema.state.History` has models; appended to by folding alone.

    `named` maps a name of an index or constraint, as `comparable` has it, to every table that ever had it.
    """

    vendor: Vendor = "postgresql"
    numbers: dict[str, list[int]] = field(default_factory=dict)
    versions: dict[str, list[TableState | None]] = field(default_factory=dict)
    named: dict[str, dict[str, None]] = field(default_factory=dict)
    unknown_apps: dict[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What the database holds between two operations: an index into a history, so it costs nothing to keep."""

    history: DatabaseHistory
    number: int

    def table(self, name: str) -> TableState | None:
        """A table by its name as in the database; None where there is none, or none that is known of."""
        numbers = self.history.numbers.get(name)
        if not numbers:
            return None
        place = bisect_right(numbers, self.number)
        return self.history.versions[name][place - 1] if place else None

    def tables(self) -> Iterator[TableState]:
        """Every table, by name."""
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

    def unknown(self, app_label: str) -> str | None:
        """Why there may be tables of an app, or none, that this state does not know of; None where it is complete."""
        known = self.history.unknown_apps.get(app_label)
        return known[1] if known is not None and known[0] <= self.number else None


class Folding:
    """The newest state of the database, and the history that it leaves behind: one transition after another."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._history = DatabaseHistory(ground.vendor)
        self._number = 0
        self._tables: dict[str, TableState] = {}

    @property
    def state(self) -> DatabaseState:
        return DatabaseState(self._history, self._number)

    def apply(self, transition: Transition) -> None:
        """Fold in what an operation does; one that holds others does nothing itself."""
        operation = transition.operation
        if is_in_state_alone(transition.index):
            return
        here = Origin(
            transition.migration.key, transition.index, Location(transition.migration.path, operation.site.span)
        )
        label = transition.migration.key.app_label
        self._number += 1
        if operation.subclass is not None and operation.subclass.database != "same":
            if operation.subclass.database == "unknown":
                self._forget_model(transition, f"{operation.subclass.path} does what it likes with the database")
            return
        match operation:
            case CreateModel(name=str(name)):
                self._create(transition.after.model(label, name), transition.after, here)
            case DeleteModel(name=str(name)):
                self._delete(transition.before.model(label, name))
            case RenameModel(old_name=str(old), new_name=str(new)):
                self._move(transition.before.model(label, old), transition.after.model(label, new), label)
            case AlterModelTable(name=str(name)):
                self._move(transition.before.model(label, name), transition.after.model(label, name), label)
            case AddField(model_name=str(name), name=str(field_name)):
                self._add_field(transition.after.model(label, name), field_name, here)
            case RemoveField(model_name=str(name), name=str(field_name)):
                self._remove_field(transition.before.model(label, name), field_name)
            case AlterField(model_name=str(name), name=str(field_name)):
                before, after = transition.before.model(label, name), transition.after.model(label, name)
                self._alter_field(before, field_name, after, field_name, here)
            case RenameField(model_name=str(name), old_name=str(old), new_name=str(new)):
                before, after = transition.before.model(label, name), transition.after.model(label, name)
                self._alter_field(before, old, after, new, here)
            case AddIndex(model_name=str(name), index=index):
                model = transition.after.model(label, name)
                self._change(model, lambda table: _with_index(table, _index(index, model, here)))
            case (
                RemoveIndex(model_name=str(name), name=str(gone))
                | RemoveConstraint(model_name=str(name), name=str(gone))
            ):
                model = transition.before.model(label, name)
                written = (gone, interpolated(gone, model))
                self._change(model, lambda table: _without(table, lambda one: one.name in written))
            case RenameIndex(model_name=str(name), new_name=str(new)):
                self._rename_index(transition.before.model(label, name), operation, new, here)
            case AddConstraint(model_name=str(name), constraint=constraint, not_valid=not_valid):
                model = transition.after.model(label, name)
                self._change(
                    model,
                    lambda table: _with_constraint(
                        table, constraint, model, here, validated=not not_valid, ground=self._ground
                    ),
                )
            case ValidateConstraint(model_name=str(name), name=str(checked)):
                model = transition.before.model(label, name)
                self._change(model, lambda table: _validated(table, checked))
            case AlterTogether(name=str(name), option=option):
                before, after = transition.before.model(label, name), transition.after.model(label, name)
                self._alter_together(before, after, option, here)
            case AlterOrderWithRespectTo(name=str(name)):
                before, after = transition.before.model(label, name), transition.after.model(label, name)
                self._alter_order(before, after, here)
            case RunSQL(sql=sql):
                self._run_sql(label, sql)
            case UnknownOperation(reason=reason):
                self._forget_app(label, reason)
            case (
                AlterModelOptions()
                | AlterModelManagers()
                | AlterModelTableComment()
                | AlterConstraint()
                | CreateExtension()
                | CreateCollation()
                | RemoveCollation()
                | RunPython()
                | SeparateDatabaseAndState()
            ):
                pass
            case _:
                # A name that could not be read: it may be any table of the app.
                self._forget_app(label, "an operation's names could not be read")

    def _create(self, model: ModelState | None, state: SchemaState, here: Origin) -> None:
        if model is None or not self._reaches(model):
            return
        name = self._table_name(model)
        if name is None:
            return
        columns = {one.name: _column(one, self._ground, here) for one in columns_of(model, state, self._ground)}
        table = TableState(name, model.app_label, columns, (), (), here, model.unknown)
        for one in model.fields.values():
            if has_column(one.field) is not False:
                table = self._with_extras(table, _written_column(one.field, one.name), one.field, here)
        for members in members_of(model.options.get("unique_together")) or ():
            table = self._with_unique(table, model, members, here)
        for members in members_of(model.options.get("index_together")) or ():
            columns_of_it = _columns(model, members)
            made = schema_editor_name(name, columns_of_it, "_idx", self._ground.vendor)
            table = _with_index(table, IndexState(made, columns_of_it, False, here))
        for index in model.indexes:
            table = _with_index(table, _index(index, model, here))
        for constraint in model.constraints:
            table = _with_constraint(table, constraint, model, here, validated=True, ground=self._ground)
        table = _with_names_filled_in(table, model)
        self._put(name, table)
        for one in model.fields.values():
            self._create_between(model, one.name, here)

    def _create_between(self, model: ModelState, field_name: str, here: Origin) -> None:
        held = model.fields.get(field_name)
        name = between(model, held, self._ground) if held is not None else None
        if held is None or name is None:
            return
        target = target_of(held.field, model.app_label, model.name, self._ground.swappable)
        sides: list[str] = []
        if target is not None:
            own, other = model.name.lower(), target[1]
            sides = [f"from_{own}", f"to_{own}"] if own == other else [own, other]
        columns = {"id": ColumnState("id", self._ground.auto_field, None, False, None, here, here)} | {
            f"{side}_id": ColumnState(f"{side}_id", "ForeignKey", None, False, None, here, here) for side in sides
        }
        pair = tuple(f"{side}_id" for side in sides)
        constraints = [ConstraintState("primary key", None, ("id",), True, here, by_field=True)]
        if pair:
            constraints.append(ConstraintState("unique", None, pair, True, here))
        if is_enforced(held.field):
            constraints += [ConstraintState("foreign key", None, (one,), True, here, by_field=True) for one in pair]
        indexes = tuple(
            IndexState(schema_editor_name(name, (one,), "", self._ground.vendor), (one,), False, here, by_field=True)
            for one in pair
        )
        unknown = None if pair else "what its field refers to is not known"
        self._put(name, TableState(name, model.app_label, columns, indexes, tuple(constraints), here, unknown))

    def _delete(self, model: ModelState | None) -> None:
        if model is None or not self._reaches(model):
            return
        for one in model.fields.values():
            name = between(model, one, self._ground)
            if name is not None:
                self._put(name, None)
        table = self._table_name(model)
        if table is not None:
            self._put(table, None)

    def _move(self, old: ModelState | None, new: ModelState | None, label: str) -> None:
        """A table under another name, and with it the tables of its many-to-many fields."""
        if old is None or new is None or not self._reaches(new):
            return
        was, becomes = table_of(old, self._ground), table_of(new, self._ground)
        if isinstance(was, Unresolved) or isinstance(becomes, Unresolved):
            self._forget_app(label, "a table's name could not be read")
            return
        self._rename(was, becomes)
        for one in new.fields.values():
            before = between(old, old.fields[one.name], self._ground) if one.name in old.fields else None
            after = between(new, one, self._ground)
            if before is not None and after is not None:
                self._rename(before, after)
                own = old.name.lower()
                if own != new.name.lower():
                    self._rename_column(after, f"{own}_id", f"{new.name.lower()}_id")

    def _rename(self, was: str, becomes: str) -> None:
        table = self._tables.get(was)
        if table is not None and was != becomes:
            self._put(was, None)
            self._put(becomes, replace(table, name=becomes))

    def _rename_column(self, table_name: str, was: str, becomes: str) -> None:
        table = self._tables.get(table_name)
        if table is not None and was in table.columns:
            self._put(table_name, _with_renamed_column(table, was, becomes))

    def _add_field(self, model: ModelState | None, name: str, here: Origin) -> None:
        held = model.fields.get(name) if model is not None else None
        if model is None or held is None or not self._reaches(model):
            return
        if held.field.kind == "ManyToManyField":
            self._create_between(model, name, here)
        if has_column(held.field) is False:
            return
        column = _column(Column(_written_column(held.field, name), held.field, held), self._ground, here)

        def added(table: TableState) -> TableState:
            table = replace(table, columns={**table.columns, column.name: column})
            return self._with_extras(table, column.name, held.field, here)

        self._change(model, added)

    def _remove_field(self, model: ModelState | None, name: str) -> None:
        held = model.fields.get(name) if model is not None else None
        if model is None or held is None or not self._reaches(model):
            return
        table = between(model, held, self._ground)
        if table is not None:
            self._put(table, None)
        if has_column(held.field) is not False:
            column = _written_column(held.field, name)
            self._change(model, lambda table: _without_column(table, column, name))

    def _alter_field(
        self, old: ModelState | None, old_name: str, new: ModelState | None, new_name: str, here: Origin
    ) -> None:
        if old is None or new is None or not self._reaches(new):
            return
        was, becomes = old.fields.get(old_name), new.fields.get(new_name)
        if was is None or becomes is None:
            return
        before, after = between(old, was, self._ground), between(new, becomes, self._ground)
        if before is not None and after is not None:
            self._rename(before, after)
        if has_column(was.field) is False or has_column(becomes.field) is False:
            return
        old_column, new_column = _written_column(was.field, old_name), _written_column(becomes.field, new_name)
        # A rename keeps the very same definition.
        same = was.field is becomes.field
        altered = _column(Column(new_column, becomes.field, becomes), self._ground, here)

        def changed(table: TableState) -> TableState:
            if old_column != new_column:
                table = _with_renamed_column(table, old_column, new_column)
            known = table.columns.get(new_column)
            if known is None or same:
                return table
            columns = {**table.columns, new_column: replace(altered, made=known.made)}
            return self._with_extras(replace(table, columns=columns), new_column, becomes.field, here)

        self._change(new, changed)

    def _rename_index(self, model: ModelState | None, operation: RenameIndex, new: str, here: Origin) -> None:
        old = operation.old_name
        members = strings_of(operation.old_fields)
        if model is None:
            return

        def renamed(table: TableState) -> TableState:
            columns = _columns(model, members) if members is not None else None
            return replace(
                table,
                indexes=tuple(
                    replace(one, name=new)
                    if (isinstance(old, str) and one.name == old)
                    or (columns is not None and one.columns == columns and not one.by_field and not one.unique)
                    else one
                    for one in table.indexes
                ),
            )

        self._change(model, renamed)

    def _alter_together(self, old: ModelState | None, new: ModelState | None, option: str, here: Origin) -> None:
        if old is None or new is None:
            return
        before, after = members_of(old.options.get(option)), members_of(new.options.get(option))
        if before is None or after is None:
            self._change(new, lambda table: replace(table, unknown=f"its {option} could not be read"))
            return

        def altered(table: TableState) -> TableState:
            for members in before:
                if members not in after:
                    columns = _columns(old, members)
                    table = _without(table, lambda one, gone=columns: one.columns == gone and not one.by_field)  # type: ignore[misc]
            for members in after:
                if members in before:
                    continue
                if option == "unique_together":
                    table = self._with_unique(table, new, members, here)
                else:
                    columns = _columns(new, members)
                    made = schema_editor_name(table.name, columns, "_idx", self._ground.vendor)
                    table = _with_index(table, IndexState(made, columns, False, here))
            return table

        self._change(new, altered)

    def _with_unique(self, table: TableState, model: ModelState, members: tuple[str, ...], here: Origin) -> TableState:
        columns = _columns(model, members)
        name = schema_editor_name(table.name, columns, "_uniq", self._ground.vendor)
        return replace(table, constraints=(*table.constraints, ConstraintState("unique", name, columns, True, here)))

    def _alter_order(self, old: ModelState | None, new: ModelState | None, here: Origin) -> None:
        if old is None or new is None:
            return
        had, has = (text_of(model.options.get("order_with_respect_to")) is not None for model in (old, new))
        if had and not has:
            self._change(new, lambda table: _without_column(table, "_order", "_order"))
        elif has and not had:
            column = _column(Column("_order", None, None), self._ground, here)
            self._change(new, lambda table: replace(table, columns={**table.columns, "_order": column}))

    def _with_extras(self, table: TableState, column: str, field: Field, here: Origin) -> TableState:
        """The indexes and constraints that a field itself asks for; those that it asked for before stay as they are."""

        def own(one: IndexState | ConstraintState) -> bool:
            return one.by_field and one.columns == (column,)

        kept = {(one.kind): one for one in table.constraints if own(one)}
        indexes = tuple(one for one in table.indexes if not own(one))
        old_index = next((one for one in table.indexes if own(one)), None)
        constraints = [one for one in table.constraints if not own(one)]
        for kind in _constraint_kinds(field):
            made = ConstraintState(kind, None, (column,), True, here, by_field=True)
            constraints.append(kept.get(kind, made))
        if _is_indexed(field):
            name = schema_editor_name(table.name, (column,), "", self._ground.vendor)
            indexes = (*indexes, old_index or IndexState(name, (column,), False, here, by_field=True))
        return replace(table, indexes=indexes, constraints=tuple(constraints))

    def _run_sql(self, label: str, sql: Value) -> None:
        texts = tuple(_texts(sql))
        reason = "SQL may have changed it"
        words = {word for text in texts if text is not None for word in re.findall(r"\w+", text.casefold())}
        # What names no table, or may run other SQL than is written here, may touch any of the app's.
        if None in texts or words & _REACHES_FURTHER:
            self._forget_app(label, reason)
        for name, table in tuple(self._tables.items()):
            if table.unknown is None and words.issuperset(re.findall(r"\w+", name.casefold())):
                self._put(name, replace(table, unknown=reason))

    def _forget_app(self, label: str, reason: str) -> None:
        for name, table in tuple(self._tables.items()):
            if table.app_label == label and table.unknown is None:
                self._put(name, replace(table, unknown=reason))
        self._history.unknown_apps.setdefault(label, (self._number, reason))

    def _forget_model(self, transition: Transition, reason: str) -> None:
        label = transition.migration.key.app_label
        name = model_named(transition.operation)
        models = [state.model(label, name) for state in (transition.before, transition.after)] if name else []
        tables = {self._table_name(model): None for model in models if model is not None}
        if not tables or None in tables:
            self._forget_app(label, reason)
        for table_name in tables:
            table = self._tables.get(table_name) if table_name is not None else None
            if table is not None and table.unknown is None:
                self._put(table.name, replace(table, unknown=reason))

    def _reaches(self, model: ModelState) -> bool:
        """Whether the schema editor touches the model's table; where that is not known, its app is not known either."""
        reaches = has_table(model, self._ground)
        if reaches is None:
            self._forget_app(model.app_label, f"whether '{model}' has a table is not known")
        return reaches is True

    def _table_name(self, model: ModelState) -> str | None:
        name = table_of(model, self._ground)
        if isinstance(name, Unresolved):
            self._forget_app(model.app_label, name.reason)
            return None
        return name

    def _change(self, model: ModelState | None, change: Callable[[TableState], TableState]) -> None:
        if model is None or not self._reaches(model):
            return
        name = self._table_name(model)
        table = self._tables.get(name) if name is not None else None
        if table is not None:
            self._put(table.name, change(table))

    def _put(self, name: str, table: TableState | None) -> None:
        if table is None:
            if self._tables.pop(name, None) is None:
                return
        else:
            self._tables[name] = table
            for one in table.held():
                if one.name is not None:
                    self._history.named.setdefault(comparable(one.name, self._ground.vendor), {})[name] = None
        numbers = self._history.numbers.setdefault(name, [])
        versions = self._history.versions.setdefault(name, [])
        if numbers and numbers[-1] == self._number:
            versions[-1] = table
        else:
            numbers.append(self._number)
            versions.append(table)


# An index is dropped or renamed without its table's name; the others run SQL that is written elsewhere, or drop tables
# by a name that stands above them.
_REACHES_FURTHER = frozenset({"index", "do", "execute", "call", "schema", "function", "procedure"})


_CONSTRAINT_KINDS: dict[str, ConstraintKind] = {
    "CheckConstraint": "check",
    "ExclusionConstraint": "exclusion",
    "UniqueConstraint": "unique",
}


def is_in_state_alone(index: str) -> bool:
    """Whether an operation stands in `state_operations`, by its index path: those never reach the database."""
    return ".state." in index


def interpolated(name: str, model: ModelState | None) -> str:
    """A name with `%(app_label)s` and `%(class)s` filled in: CreateModel does so, AddIndex and AddConstraint do not."""
    if model is None:
        return name
    return name.replace("%(app_label)s", model.app_label.lower()).replace("%(class)s", model.name.lower())


def comparable(name: str, vendor: Vendor) -> str:
    """A name of an index or constraint as the database compares it with others.

    PostgreSQL keeps 63 bytes of a longer one and heeds case, since Django quotes; the others do not heed it.
    """
    if vendor == "postgresql":
        return name.encode()[:63].decode(errors="ignore")
    return name.casefold()


def is_index_in_database(constraint: Constraint) -> bool:
    """Whether a UniqueConstraint is made by CREATE UNIQUE INDEX, since no constraint can have what it has."""
    given = constraint.options
    return constraint.kind == "UniqueConstraint" and any(
        option in given and truth_of(given[option], False) is not False
        for option in ("condition", "include", "opclasses", "expressions")
    )


def _texts(sql: Value) -> Iterator[str | None]:
    """The statements of a RunSQL; None for each that is not known."""
    match sql:
        case Sequence(items=items):
            for item in items:
                yield text_of(item.items[0]) if isinstance(item, Sequence) and item.items else text_of(item)
        case Reference(path) if path == RUN_SQL_NOOP:
            pass
        case _:
            yield text_of(sql)


def _column(column: Column, ground: Ground, here: Origin) -> ColumnState:
    written = column.field
    if written is None:
        kind = {"id": ground.auto_field, "_order": "OrderWrt"}.get(column.name, "OneToOneField")
        return ColumnState(column.name, kind, None, False, None, here, here)
    nullable = False if truth_of(written.options.get("primary_key"), False) else takes_null(written)
    return ColumnState(column.name, written.kind, written, nullable, db_default(written), here, here)


def _written_column(written: Field, name: str) -> str:
    column = column_name(written, name)
    return name if isinstance(column, Unresolved) else column


def _columns(model: ModelState, names: Iterable[str]) -> tuple[str, ...]:
    fields = model.fields
    return tuple(_written_column(fields[name].field, name) if name in fields else name for name in names)


def _index(index: Index, model: ModelState | None, here: Origin) -> IndexState:
    name = name_of(index)
    members = strings_of(index.options.get("fields"))
    columns = None
    if members and model is not None:
        columns = _columns(model, (member.lstrip("-") for member in members))
    return IndexState(name, columns, False, here, _mentions(index))


def _with_index(table: TableState, index: IndexState) -> TableState:
    return replace(table, indexes=(*table.indexes, index))


def _with_constraint(
    table: TableState,
    constraint: Constraint,
    model: ModelState | None,
    here: Origin,
    *,
    validated: bool,
    ground: Ground,
) -> TableState:
    name = name_of(constraint)
    members = strings_of(constraint.options.get("fields"))
    columns = _columns(model, members) if members and model is not None else None
    if is_index_in_database(constraint):
        # MySQL has no partial indexes: Django leaves such a constraint out.
        if ground.vendor in ("mysql", "mariadb") and "condition" in constraint.options:
            return table
        return _with_index(table, IndexState(name, columns, True, here, _mentions(constraint)))
    kind = _CONSTRAINT_KINDS.get(constraint.kind or "")
    if kind is None:
        return replace(table, unknown=table.unknown or f"{constraint.path} is not a constraint that miglint knows")
    made = ConstraintState(kind, name, columns, validated, here, _mentions(constraint))
    return replace(table, constraints=(*table.constraints, made))


def _mentions(built: Index | Constraint) -> frozenset[str]:
    return frozenset(word for name, value in built.options.items() if name != "name" for word in _words(value))


def _words(value: Value) -> Iterator[str]:
    match value:
        case Literal(str(text)):
            yield text.removeprefix("-").partition("__")[0]
        case Sequence(items=items):
            for item in items:
                yield from _words(item)
        case Call(arguments=arguments):
            for argument in arguments:
                if argument.name is not None:
                    yield argument.name.partition("__")[0]
                yield from _words(argument.value)
        case _:
            pass


def _with_names_filled_in(table: TableState, model: ModelState) -> TableState:
    return replace(
        table,
        indexes=tuple(replace(one, name=one.name and interpolated(one.name, model)) for one in table.indexes),
        constraints=tuple(replace(one, name=one.name and interpolated(one.name, model)) for one in table.constraints),
    )


def _validated(table: TableState, name: str) -> TableState:
    constraints = tuple(replace(one, validated=True) if one.name == name else one for one in table.constraints)
    return replace(table, constraints=constraints)


def _without(table: TableState, gone: Callable[[IndexState | ConstraintState], bool]) -> TableState:
    return replace(
        table,
        indexes=tuple(one for one in table.indexes if not gone(one)),
        constraints=tuple(one for one in table.constraints if not gone(one)),
    )


def _without_column(table: TableState, column: str, field_name: str) -> TableState:
    """A dropped column takes every index and constraint that uses it with it."""
    columns = {name: one for name, one in table.columns.items() if name != column}
    return _without(
        replace(table, columns=columns), lambda one: column in (one.columns or ()) or field_name in one.mentions
    )


def _with_renamed_column(table: TableState, was: str, becomes: str) -> TableState:
    columns = {
        becomes if name == was else name: replace(one, name=becomes) if name == was else one
        for name, one in table.columns.items()
    }

    def followed(columns: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return None if columns is None else tuple(becomes if one == was else one for one in columns)

    return replace(
        table,
        columns=columns,
        indexes=tuple(replace(one, columns=followed(one.columns)) for one in table.indexes),
        constraints=tuple(replace(one, columns=followed(one.columns)) for one in table.constraints),
    )


def _constraint_kinds(field: Field) -> Iterator[ConstraintKind]:
    if truth_of(field.options.get("primary_key"), False):
        yield "primary key"
    elif field.kind == "OneToOneField" or truth_of(field.options.get("unique"), False):
        yield "unique"
    if field.kind in FOREIGN_KEYS and is_enforced(field):
        yield "foreign key"
    if field.kind in POSITIVE:
        yield "check"


def _is_indexed(field: Field) -> bool:
    if "primary key" in _constraint_kinds(field) or "unique" in _constraint_kinds(field):
        return False
    return truth_of(field.options.get("db_index"), field.kind in ("ForeignKey", "SlugField")) is True
