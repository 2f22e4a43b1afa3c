"""`_alter_field` of Django's schema editor: a column becomes another, statement by statement.

From BaseDatabaseSchemaEditor and postgresql.DatabaseSchemaEditor of Django 3.2 to 6.1; the order is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from miglint.facts.fields import Constraint as FactsConstraint
from miglint.facts.fields import Index
from miglint.records import dataclass
from miglint.schema.alteration import same, should_be_altered
from miglint.schema.column import db_default, has_effective_default, takes_null
from miglint.schema.editor.bound import Bound, Relation, related_pairs, relevant_relations
from miglint.schema.editor.columns import database_default, effective_default
from miglint.schema.editor.defaults import has_default, have_equal_defaults
from miglint.schema.editor.execution import Execution, altered, executed, opaque, with_renamed_column
from miglint.schema.editor.expressions import quoted
from miglint.schema.editor.indexing import like_opclass
from miglint.schema.editor.introspection import Introspection
from miglint.schema.editor.retyping import changes_family, is_retyped, retype
from miglint.schema.field import Attribute
from miglint.schema.model import own_table
from miglint.schema.names import in_database, schema_editor_name, server_name, split
from miglint.schema.replay import name_of
from miglint.schema.state import ModelState
from miglint.sql.statement import (
    AddConstraint,
    AlterTable,
    AlterTableAction,
    Constraint,
    CreateIndex,
    DropConstraint,
    DropDefault,
    DropIndex,
    DropNotNull,
    Expression,
    IndexPart,
    RenameColumn,
    SetConstraints,
    SetDefault,
    SetNotNull,
    Statement,
    Update,
)

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor


@dataclass(frozen=True, slots=True)
class ColumnAlteration:
    """A field with a column, as it was and as it will be; `model` is the one whose table and options count."""

    editor: SchemaEditor
    introspection: Introspection
    model: ModelState
    old: Bound
    new: Bound

    def executions(self) -> Iterator[Execution]:
        old, new, django = self.old, self.new, self.editor.django
        keyed, indexed = self._knows("unique", "primary_key"), self._knows("unique", "primary_key", "db_index")
        if not indexed:
            yield self._opaque("which of its indexes it gains or loses is not known")
        retyped = is_retyped(old, new)
        if django < (4, 2) and indexed and retyped is not False and changes_family(old, new):
            yield self.drop_index(schema_editor_name(self.table, (old.column,), "_like", "postgresql"))
        dropped = list(self._drop_foreign_key())
        yield from dropped
        if keyed and old.unique and (not new.unique or self._becomes_primary_key):
            yield from self._drop_unique()
        rekeyed = keyed and self._changes_a_key(retyped)
        related = list(related_pairs(old, new)) if rekeyed else []
        for relation in related:
            yield from self._drop_incoming(relation)
        was_indexed, is_indexed = old.attributes.db_index, new.attributes.db_index
        if indexed and was_indexed and not old.unique and (not is_indexed or new.unique):
            yield from self._drop_indexes()
        if self._changes_check and old.is_checked:
            yield from self._drop_check()
        if old.column != new.column:
            yield self.alter(RenameColumn(old.column, new.column))
            self.editor.deferred = with_renamed_column(
                self.editor.deferred, self.in_database, old.column, new.column, "postgresql"
            )
        yield from self._alter_column(retyped)
        if keyed and old.attributes.primary_key and not new.attributes.primary_key:
            name = server_name(self.in_database, (), "pkey")
            for found in self.introspection.constraints(self.table, "primary key", None, name):
                yield self.alter(DropConstraint(found))
        if keyed and self._becomes_unique:
            yield self.alter(AddConstraint(Constraint("unique", self._named("_uniq"), (new.column,))))
        if indexed and (not was_indexed or old.unique) and is_indexed and not new.unique:
            yield self._create_index(None)
        if keyed and self._becomes_primary_key:
            yield self.alter(AddConstraint(Constraint("primary key", self._named("_pk"), (new.column,))))
            related += related_pairs(old, new)
        for relation in related:
            yield from self._retype_relation(relation)
        yield from self._add_foreign_key(bool(dropped))
        if rekeyed:
            yield from self._add_incoming(related)
        if self._changes_check and new.is_checked:
            condition = Expression(f"{quoted(new.column)} >= 0", names=frozenset({new.column}))
            name = self._named("_check")
            yield self.alter(AddConstraint(Constraint("check", name, (new.column,), condition=condition)))
        if self._has_one_off_default:
            yield self.alter(DropDefault(new.column))
        if indexed:
            yield from self._finish_like_indexes(retyped)

    # --- the questions that several steps ask ---

    @property
    def table(self) -> str:
        """`db_table`."""
        return own_table(self.model, self.editor.ground) or ""

    @property
    def in_database(self) -> str:
        return in_database(self.table)

    @property
    def _becomes_primary_key(self) -> bool:
        return not self.old.attributes.primary_key and self.new.attributes.primary_key

    @property
    def _becomes_unique(self) -> bool:
        old, new = self.old, self.new
        if new.attributes.primary_key:
            # Until 4.0 a new primary key is made unique besides.
            return self.editor.django < (4, 1) and not old.unique
        return new.unique and (not old.unique or old.attributes.primary_key)

    def _knows(self, *options: Attribute) -> bool:
        """Whether options are known, or at least as they were."""
        hidden = {*self.old.attributes.unknown, *self.new.attributes.unknown} & {*options}
        if not hidden:
            return True
        one, other = self.old.field, self.new.field
        return one.path == other.path and not hidden & {*one.options, *other.options}

    def _changes_a_key(self, retyped: bool | None) -> bool:
        """Whether what refers to the column has to follow."""
        old, new = self.old, self.new
        both = (old.attributes.primary_key and new.attributes.primary_key) or (old.unique and new.unique)
        if not both:
            return False
        recollated = self.editor.django >= (4, 1) and old.collation != new.collation
        numbered = self.editor.django < (4, 1) and old.is_automatic != new.is_automatic
        return retyped is True or recollated or numbered

    @property
    def _changes_check(self) -> bool:
        old, new = self.old, self.new
        if old.is_checked and new.is_checked:
            # Since 5.0 the column's name does not count as part of it.
            return self.editor.django < (5,) and old.column != new.column
        return old.is_checked != new.is_checked

    @property
    def _has_one_off_default(self) -> bool:
        """Whether the column gets a default for the time in which NULL goes away."""
        old, new = self.old, self.new
        if takes_null(old.field) is not True or takes_null(new.field) is not False or self._has_database_default(new):
            return False
        return has_effective_default(new.field) is True and not have_equal_defaults(
            old.field, new.field, self.editor.django
        )

    def _has_database_default(self, one: Bound) -> bool:
        return self.editor.django >= (5,) and db_default(one.field) is not None

    def _named(self, suffix: str) -> str:
        return schema_editor_name(self.table, (self.new.column,), suffix, "postgresql")

    def alter(self, *actions: AlterTableAction) -> Execution:
        return altered(self.in_database, *actions)

    def _opaque(self, reason: str) -> Execution:
        return opaque("ALTER TABLE", reason, self.in_database, self.old.column, self.new.column)

    # --- the steps ---

    def _drop_foreign_key(self) -> Iterator[Execution]:
        old = self.old
        if not old.is_foreign_key or old.is_enforced is False:
            return
        ignored = frozenset({"db_comment"}) if self.editor.django >= (4, 2) else frozenset[str]()
        counts = should_be_altered(old.placed, self.new.placed, self.editor.ground, self.editor.django, ignored)
        if counts is False:
            return
        if counts is None or old.is_enforced is None:
            yield self._opaque("whether its foreign key is dropped and made anew is not known")
            return
        yield from self._drop_foreign_keys(self.table, old)

    def _drop_foreign_keys(self, table: str, one: Bound) -> Iterator[Execution]:
        """The foreign keys of a column, by the names that they have."""
        expected = one.foreign_key(one.table).name if one.is_enforced is not False else None
        for name in self.introspection.constraints(table, "foreign key", (one.column,), expected):
            yield executed(
                SetConstraints((name,), immediate=True), AlterTable(in_database(table), (DropConstraint(name),))
            )

    def _drop_unique(self) -> Iterator[Execution]:
        old = self.old
        expected = None
        if not old.attributes.primary_key:
            expected = server_name(self.in_database, (old.column,), "key")
        named = _names(self.model.constraints)
        for name in self.introspection.constraints(self.table, "unique", (old.column,), expected, named):
            yield self.alter(DropConstraint(name))

    def _drop_incoming(self, relation: Relation) -> Iterator[Execution]:
        yield from self._drop_foreign_keys(relation.new.table, relation.new)

    def _drop_indexes(self) -> Iterator[Execution]:
        old = self.old
        expected = [schema_editor_name(self.table, (old.column,), "", "postgresql")]
        if like_opclass(old) is not None:
            expected.append(schema_editor_name(self.table, (old.column,), "_like", "postgresql"))
        for name in self.introspection.indexes(self.table, old.column, expected, _names(self.model.indexes)):
            yield self.drop_index(name)

    def _drop_check(self) -> Iterator[Execution]:
        expected = server_name(self.in_database, (self.old.column,), "check")
        named = _names(self.model.constraints)
        for name in self.introspection.constraints(self.table, "check", (self.old.column,), expected, named):
            yield self.alter(DropConstraint(name))

    def drop_index(self, name: str) -> Execution:
        self.introspection.dropped.add(name)
        if self.editor.django >= (5, 1):
            # What would have made it at the end of the migration is taken out.
            self.editor.deferred = [
                one
                for one in self.editor.deferred
                if not any(_makes(statement, self.in_database, name) for statement in one.execution.statements)
            ]
        return executed(DropIndex((name,), if_exists=True))

    def _alter_column(self, retyped: bool | None) -> Iterator[Execution]:
        old, new = self.old, self.new
        first: list[AlterTableAction] = []
        afterwards: list[Execution] = []
        change = retype(self, self.table, old, new, retyped)
        yield from change.before
        first += change.actions
        afterwards += change.afterwards
        first += self._database_default()
        if self._has_one_off_default:
            first.append(SetDefault(new.column, effective_default(new.field)))
        was_null, is_null = takes_null(old.field), takes_null(new.field)
        null: list[AlterTableAction] = []
        if was_null is None or is_null is None:
            if not self._knows("null"):
                yield self._opaque("whether it takes NULL is not known")
        elif was_null != is_null:
            null.append(DropNotNull(new.column) if is_null else SetNotNull(new.column))
        fills = bool(null) and is_null is False and (has_default(new.field) or self._has_database_default(new))
        if not fills:
            first += null
        if first:
            yield self.alter(*first)
        if fills:
            yield self._fill()
            yield self.alter(*null)
        yield from afterwards

    def _database_default(self) -> Iterator[AlterTableAction]:
        old, new, ground = self.old, self.new, self.editor.ground
        if self._has_database_default(new):
            kept = self._has_database_default(old) and same(db_default(old.field), db_default(new.field)) is True
            made = database_default(new.field, new.model, ground)
            if not kept and made is not None:
                yield SetDefault(new.column, made.expression)
        elif self._has_database_default(old):
            yield DropDefault(new.column)

    def _fill(self) -> Execution:
        """Rows that hold NULL get the default; the constraints that wait for it are checked, since 4.1."""
        new = self.new
        made = database_default(new.field, new.model, self.editor.ground) if self._has_database_default(new) else None
        value = made.expression if made is not None else effective_default(new.field)
        column = quoted(new.column)
        table = ".".join(quoted(part) for part in split(self.table) if part)
        text = f"UPDATE {table} SET {column} = {value.sql} WHERE {column} IS NULL"
        update = Update(self.in_database, (new.column,), filtered=True, text=text)
        return executed(*((update,) if self.editor.django < (4, 1) else (update, SetConstraints((), immediate=True))))

    def _create_index(self, opclass: str | None) -> Execution:
        name = self._named("" if opclass is None else "_like")
        return executed(CreateIndex(name, self.in_database, (IndexPart(self.new.column, opclass=opclass),)))

    def _retype_relation(self, relation: Relation) -> Iterator[Execution]:
        old, new = relation.old, relation.new
        change = retype(self, new.table, old, new, True, referring=True)
        yield from change.before
        if change.actions:
            yield altered(in_database(new.table), *change.actions)
        yield from change.afterwards

    def _add_foreign_key(self, was_dropped: bool) -> Iterator[Execution]:
        old, new = self.old, self.new
        if not new.is_foreign_key or new.is_enforced is False:
            return
        if was_dropped or not old.is_foreign_key or old.is_enforced is False:
            yield add_foreign_key(self.table, new, None)

    def _add_incoming(self, related: list[Relation]) -> Iterator[Execution]:
        if self.editor.django < (4,):
            # 3.2 forgets those that go by no name: related_name="+", the tables of many-to-many fields.
            seen = [one for one in relevant_relations(self.new, hidden=False) if one.is_enforced is not False]
        else:
            seen = [one.new for one in related if one.new.is_enforced is not False]
        for one in seen:
            yield add_foreign_key(one.table, one, "_fk")

    def _finish_like_indexes(self, retyped: bool | None) -> Iterator[Execution]:
        old, new = self.old, self.new
        was_indexed, is_indexed = old.attributes.db_index, new.attributes.db_index
        if (
            (not (was_indexed or old.unique) and is_indexed)
            or (not old.unique and new.unique)
            or (self.editor.django >= (5, 2) and retyped is not False and changes_family(old, new))
        ):
            opclass = like_opclass(new)
            if opclass is not None:
                yield self._create_index(opclass)
        if old.unique and not (is_indexed or new.unique):
            yield self.drop_index(schema_editor_name(self.table, (old.column,), "_like", "postgresql"))


def add_foreign_key(table: str, one: Bound, suffix: str | None) -> Execution:
    constraint = one.foreign_key(table, suffix)
    if constraint.references is None:
        return opaque("ALTER TABLE", "the model that it refers to is not known", in_database(table), one.column)
    return altered(in_database(table), AddConstraint(constraint))


def _names(built: Iterable[Index | FactsConstraint]) -> frozenset[str]:
    return frozenset(name for one in built if (name := name_of(one)) is not None)


def _makes(statement: Statement, table: str, name: str) -> bool:
    match statement:
        case CreateIndex():
            return statement.table == table and statement.name == name
        case AlterTable(actions=actions):
            return statement.table == table and any(
                isinstance(action, AddConstraint) and action.constraint.name == name for action in actions
            )
        case _:
            return False
