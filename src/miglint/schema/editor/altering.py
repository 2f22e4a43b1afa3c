"""AlterField, RenameField, RenameModel, AlterModelTable: what Django's schema editor runs for them.

What Django refuses (a column that becomes a many-to-many field, a generated column that becomes another) runs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.facts.fields import Field
from miglint.facts.operations import AlterField, AlterModelTable, RenameField, RenameModel, model_named
from miglint.facts.values import Unresolved, truth_of
from miglint.records import dataclass
from miglint.schema.alteration import same, should_be_altered
from miglint.schema.column import has_column
from miglint.schema.editor.bound import Bound, bound, relations_to, through
from miglint.schema.editor.column_alteration import ColumnAlteration
from miglint.schema.editor.columns import local_field, local_fields
from miglint.schema.editor.execution import Execution, altered, opaque, with_renamed_table
from miglint.schema.editor.introspection import Introspection
from miglint.schema.model import has_table, own_table, parents_of, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import Transition, target_of
from miglint.schema.state import ModelState, SchemaState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import RenameTable

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor


def alter(editor: SchemaEditor, transition: Transition, database: DatabaseState) -> Iterator[Execution]:
    """What runs for an operation that changes a field or a table's name."""
    operation, label = transition.operation, transition.migration.key.app_label
    before, after = transition.before, transition.after
    run = _Run(editor, before, after, Introspection(database, postponed=editor.postponed))
    match operation:
        case AlterField(model_name=str(name), name=str(field_name), field=becomes):
            yield from run.field(before.model(label, name), field_name, after.model(label, name), field_name, becomes)
        case RenameField(model_name=str(name), old_name=str(old), new_name=str(new)):
            yield from run.field(before.model(label, name), old, after.model(label, name), new, None)
        case RenameModel(old_name=str(old), new_name=str(new)):
            yield from run.rename_model(before.model(label, old), after.model(label, new))
        case AlterModelTable(name=str(name)):
            yield from run.alter_table(before.model(label, name), after.model(label, name))
        case _:
            for part in ("model_name", "name", "old_name", "new_name"):
                value = getattr(operation, part, None)
                if isinstance(value, Unresolved):
                    named = model_named(operation)
                    model = before.model(label, named) if named is not None else None
                    yield opaque("ALTER TABLE", value.reason, *(() if model is None else run.names(model)))
                    return


@dataclass(frozen=True, slots=True)
class _Run:
    """One operation between two states."""

    editor: SchemaEditor
    before: SchemaState
    after: SchemaState
    introspection: Introspection

    def field(
        self, old_model: ModelState | None, old_name: str, model: ModelState | None, name: str, becomes: Field | None
    ) -> Iterator[Execution]:
        """AlterField and RenameField; `becomes` has the one-off default that the state lacks."""
        if old_model is None or model is None or has_table(model, self.editor.ground) is False:
            return
        reason = self._doubt(old_model, model)
        if reason is not None:
            yield opaque("ALTER TABLE", reason, *self.names(old_model))
            return
        field, new_field = (
            local_field(old_model, old_name, self.editor.ground),
            local_field(model, name, self.editor.ground),
        )
        if field is None or new_field is None:
            return
        old = self._old(old_model, old_name, field)
        new = self._new(model, name, becomes if becomes is not None else new_field)
        yield from self.alter_field(old_model, old, new)

    def alter_field(self, model: ModelState, old: Bound, new: Bound) -> Iterator[Execution]:
        """Django's `alter_field`, on the table of `model`."""
        if should_be_altered(old.placed, new.placed, self.editor.ground, self.editor.django) is False:
            return
        if old.is_many_to_many or new.is_many_to_many:
            if old.is_many_to_many and new.is_many_to_many:
                yield from self.alter_many_to_many(old, new)
            return
        if has_column(old.field) is False or has_column(new.field) is False:
            return
        if "GeneratedField" in (old.field.kind, new.field.kind):
            kept = self._keeps_generation(old.field, new.field)
            if kept is None:
                yield opaque("ALTER TABLE", "its expression could not be read", *self.names(model))
            if kept is not True:
                return
        yield from ColumnAlteration(self.editor, self.introspection, model, old, new).executions()

    def alter_many_to_many(self, old: Bound, new: Bound) -> Iterator[Execution]:
        """The table between two models is renamed, its foreign keys follow; nothing where a model stands for it."""
        was, becomes = self._between(old), self._between(new)
        if was is None or becomes is None:
            return
        yield from self.rename_table(was, becomes)
        for own in (False, True):
            sides = self._side(old, was, own=own), self._side(new, becomes, own=own)
            yield from self.alter_field(becomes, *sides)

    def rename_table(self, was: ModelState, becomes: ModelState) -> Iterator[Execution]:
        ground = self.editor.ground
        old, new = own_table(was, ground), own_table(becomes, ground)
        if old is None or new is None:
            yield opaque("ALTER TABLE", "its option 'db_table' could not be read", *self.names(was))
        elif old != new:
            old_name, new_name = in_database(old), in_database(new)
            yield altered(old_name, RenameTable(new_name))
            self.introspection.moved[new_name] = old_name
            self.editor.deferred = with_renamed_table(self.editor.deferred, old_name, new_name, ground.vendor)

    def alter_table(self, old: ModelState | None, new: ModelState | None) -> Iterator[Execution]:
        """AlterModelTable: tables of many-to-many fields that take their name from it go along."""
        if old is None or new is None or has_table(new, self.editor.ground) is False:
            return
        yield from self.rename_table(old, new)
        for name, held in old.fields.items():
            if held.field.kind == "ManyToManyField" and name in new.fields:
                was, becomes = (through(one, one.fields[name], self.editor.ground) for one in (old, new))
                if was is not None and becomes is not None:
                    yield from self.rename_table(was, becomes)

    def rename_model(self, old: ModelState | None, new: ModelState | None) -> Iterator[Execution]:
        """RenameModel: what refers to the model is altered, and the columns that have its name."""
        ground, django = self.editor.ground, self.editor.django
        if old is None or new is None or old.key == new.key or has_table(new, ground) is False:
            return
        if any(old.key in parents_of(child) and not _is_proxy(child) for child in self._relating(old)):
            # The child's bases keep the old name: FieldError.
            return
        yield from self.rename_table(old, new)
        for relation in relations_to(old, self.before, ground, django, hidden=False):
            is_own = relation.model.key == old.key
            becomes = new if is_own else self.after.model(*relation.model.key)
            fields = dict(local_fields(becomes, ground)) if becomes is not None else {}
            if becomes is not None and relation.placed.name in fields:
                altered_ = self._new(becomes, relation.placed.name, fields[relation.placed.name])
                yield from self.alter_field(becomes, relation, altered_)
        for name, held in old.fields.items():
            if held.field.kind != "ManyToManyField" or name not in new.fields:
                continue
            was, becomes_ = self._old(old, name, held.field), self._new(new, name, new.fields[name].field)
            target = target_of(becomes_.field, new.app_label, new.name, ground.swappable)
            if target != new.key:
                yield from self._rename_side(was, becomes_)

    def _rename_side(self, old: Bound, new: Bound) -> Iterator[Execution]:
        if self.editor.django >= (4, 2):
            yield from self.alter_many_to_many(old, new)
            return
        was, becomes = self._between(old), self._between(new)
        if was is None or becomes is None:
            return
        yield from self.rename_table(was, becomes)
        yield from self.alter_field(becomes, self._side(old, was, own=True), self._side(new, becomes, own=True))

    # --- what is asked for ---

    def _relating(self, model: ModelState) -> Iterator[ModelState]:
        """The models that name one in a field or as their base."""
        for key in self.after.history.relating.get(model.key, ()):
            other = self.after.model(*key)
            if other is not None:
                yield other

    def names(self, model: ModelState) -> tuple[str, ...]:
        """The model's table, for what may touch it."""
        name = table_of(model, self.editor.ground)
        return (in_database(name),) if isinstance(name, str) else ()

    def _doubt(self, old: ModelState, new: ModelState) -> str | None:
        for model in (old, new):
            if own_table(model, self.editor.ground) is None:
                return "its option 'db_table' could not be read"
        if has_table(new, self.editor.ground) is None:
            return f"whether '{new}' has a table is not known"
        return None

    def _old(self, model: ModelState, name: str, field: Field) -> Bound:
        return bound(model, name, field, self.before, self.editor.ground, self.editor.django)

    def _new(self, model: ModelState, name: str, field: Field) -> Bound:
        return bound(model, name, field, self.after, self.editor.ground, self.editor.django)

    def _between(self, one: Bound) -> ModelState | None:
        held = one.model.fields.get(one.placed.name)
        return None if held is None else through(one.model, held, self.editor.ground)

    def _side(self, one: Bound, between: ModelState, *, own: bool) -> Bound:
        """The foreign key of a many-to-many table that refers to the field's own model, or to the other one."""
        sides = tuple(between.fields.values())
        side = sides[0] if own else sides[1]
        return bound(between, side.name, side.field, one.placed.state, self.editor.ground, self.editor.django)

    def _keeps_generation(self, old: Field, new: Field) -> bool | None:
        """Whether Django lets a generated column be altered: its expression stays, and how it is kept."""
        if old.kind != new.kind:
            return False
        stored = [truth_of(one.options.get("db_persist"), False) for one in (old, new)]
        return False if stored[0] != stored[1] else same(old.options.get("expression"), new.options.get("expression"))


def _is_proxy(model: ModelState) -> bool:
    return truth_of(model.options.get("proxy"), False) is True
