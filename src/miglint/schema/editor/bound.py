"""A field in its model, as Django's schema editor asks about it, and the relations that lead to a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from miglint.binding import build_field
from miglint.facts.fields import Field
from miglint.facts.target import Version
from miglint.facts.values import Call, Literal, Reference, Unresolved, Value, text_of, truth_of
from miglint.records import dataclass
from miglint.schema.alteration import DATABASE_ON_DELETE, Placed, field_named
from miglint.schema.column import AUTOMATIC, FOREIGN_KEYS, column_name, is_checked, is_enforced
from miglint.schema.editor.columns import Target, local_fields, target_column, type_of
from miglint.schema.field import Attributes, attributes, is_primary_key
from miglint.schema.model import Ground, between, concrete, own_table
from miglint.schema.names import foreign_key_suffix, in_database, schema_editor_name, split
from miglint.schema.replay import target_of
from miglint.schema.state import FieldState, ModelKey, ModelState, SchemaState
from miglint.sql.statement import ColumnType, Constraint, ForeignKey


@dataclass(frozen=True, slots=True)
class Bound:
    """A field of a model in a state, under the names and options that Django has for it."""

    placed: Placed
    ground: Ground
    django: Version

    @property
    def attributes(self) -> Attributes:
        return attributes(self.field)

    @property
    def field(self) -> Field:
        return self.placed.field

    @property
    def model(self) -> ModelState:
        return self.placed.model

    @property
    def table(self) -> str:
        """`db_table`, as long as it is written."""
        return own_table(self.model, self.ground) or ""

    @property
    def column(self) -> str:
        column = column_name(self.field, self.placed.name)
        return self.placed.name if isinstance(column, Unresolved) else column

    @property
    def unique(self) -> bool:
        """`Field.unique`: a primary key is too."""
        known = self.attributes
        return known.unique or known.primary_key

    @property
    def is_foreign_key(self) -> bool:
        return self.field.kind in FOREIGN_KEYS

    @property
    def is_enforced(self) -> bool | None:
        """Whether it is a foreign key to the database too."""
        return is_enforced(self.field) if self.is_foreign_key else False

    @property
    def is_many_to_many(self) -> bool:
        return self.field.kind == "ManyToManyField"

    @property
    def is_automatic(self) -> bool:
        return self.field.kind in AUTOMATIC

    @property
    def is_checked(self) -> bool:
        return is_checked(self.field, self.ground.vendor)

    @property
    def type(self) -> ColumnType | Unresolved:
        """The type that an ALTER names: an integer for a `serial`."""
        return type_of(self.field, self.model, self.placed.state, self.ground, self.django)

    @property
    def collation(self) -> str | None:
        """`db_parameters()["collation"]`; before Django 4.1 a field's own `db_collation` alone."""
        if self.is_foreign_key and self.django >= (4, 1):
            # The column at the end of the chain has it.
            pointed, seen = self.pointed, {(self.model.key, self.placed.name)}
            while pointed is not None and pointed.is_foreign_key:
                if (pointed.model.key, pointed.placed.name) in seen:
                    return None
                seen.add((pointed.model.key, pointed.placed.name))
                pointed = pointed.pointed
            return None if pointed is None else pointed.collation
        if self.field.kind == "ArrayField" and self.django >= (4, 2):
            base = self.field.options.get("base_field")
            built = build_field(base) if isinstance(base, Call) else None
            return None if built is None else text_of(built.options.get("db_collation"))
        return text_of(self.field.options.get("db_collation"))

    @property
    def pointed(self) -> Bound | None:
        """The field that a foreign key refers to; None where that is not known."""
        model, state = self.model, self.placed.state
        key = target_of(self.field, model.app_label, model.name, self.ground.swappable)
        found = state.model(*key) if key is not None else None
        target = concrete(found, state) if found is not None else None
        if target is None:
            return None
        named = text_of(self.field.options.get("to_field"))
        given = field_named(target, named)
        for name, field in local_fields(target, self.ground):
            if (given is not None and name == given.name) or (named is None and is_primary_key(field)):
                return bound(target, name, field, state, self.ground, self.django)
        return None

    @property
    def comment(self) -> str | None:
        return text_of(self.field.options.get("db_comment"))

    @property
    def target(self) -> Target | Unresolved:
        return target_column(self.field, self.model, self.placed.state, self.ground)

    def references(self) -> ForeignKey | None:
        """What its REFERENCES says; None where that is not known."""
        target = self.target
        if isinstance(target, Unresolved):
            return None
        value = self.field.options.get("on_delete")
        name = value.path.rpartition(".")[2] if isinstance(value, Reference) else ""
        on_delete = DATABASE_ON_DELETE.get(name) if self.django >= (6, 1) else None
        return ForeignKey(in_database(target.table), (target.column,), on_delete, deferrable=True)

    def foreign_key(self, table: str, suffix: str | None = None) -> Constraint:
        """Its constraint on a table of that name, without name and REFERENCES where its target is not known.

        `suffix` stands at the end of the name in place of the target.
        """
        target = self.target
        name = None
        if not isinstance(target, Unresolved):
            ending = foreign_key_suffix(split(target.table)[1], (target.column,)) if suffix is None else suffix
            name = schema_editor_name(table, (self.column,), ending, self.ground.vendor)
        return Constraint("foreign key", name, (self.column,), references=self.references(), deferrable=True)


def bound(model: ModelState, name: str, field: Field, state: SchemaState, ground: Ground, django: Version) -> Bound:
    return Bound(Placed(name, field, model, state), ground, django)


def through(model: ModelState, held: FieldState, ground: Ground) -> ModelState | None:
    """The model that Django makes for a many-to-many field; None where a project's own stands for it."""
    table = between(model, held, ground)
    target = target_of(held.field, model.app_label, model.name, ground.swappable)
    if table is None or target is None:
        return None
    sides = through_names(model, target)
    name = f"{model.name}_{held.name}"
    shared: dict[str, Value] = {
        option: held.field.options[option]
        for option in ("db_constraint", "db_tablespace")
        if option in held.field.options
    }
    shared |= {"on_delete": Reference("django.db.models.CASCADE"), "related_name": Literal(f"{name}+")}
    labels = (f"{model.app_label}.{model.name}", ".".join(target))
    fields = {}
    for side, label in zip(sides, labels, strict=True):
        key = Field(
            "django.db.models.ForeignKey", "ForeignKey", {"to": Literal(label), **shared}, False, held.field.site
        )
        fields[side] = FieldState(side, key, held.added, held.defined)
    options: dict[str, Value] = {"db_table": Literal(table)}
    return ModelState(model.app_label, name, fields, options, (), (), None, held.added)


def through_names(model: ModelState, target: ModelKey) -> tuple[str, str]:
    """The two foreign keys of a many-to-many table: the model's own side, and the other one."""
    own, other = model.name.lower(), target[1]
    return (f"from_{own}", f"to_{own}") if own == other else (own, other)


class Relation(NamedTuple):
    """A foreign key that refers to a column: as it was, and as it will be."""

    old: Bound
    new: Bound


def related_pairs(old: Bound, new: Bound) -> Iterator[Relation]:
    """The foreign keys that refer to a column, and since Django 4.0 those that refer to them, and so on."""
    yield from _related_pairs(old, new, frozenset())


def relevant_relations(one: Bound, *, hidden: bool = True) -> list[Bound]:
    """The foreign keys that refer to a column."""
    found = relations_to(one.model, one.placed.state, one.ground, one.django, hidden=hidden)
    relevant = [other for other in found if not other.is_many_to_many and _refers(other, one)]
    return sorted(relevant, key=query_name) if one.django >= (4, 1) and hidden else relevant


def relations_to(
    model: ModelState, state: SchemaState, ground: Ground, django: Version, *, hidden: bool = True
) -> list[Bound]:
    """Every relation to a model or one of its proxies, in Django's order as far as that is settled.

    With `hidden`, the foreign keys of many-to-many tables are among them, and those whose related_name ends in "+".
    """
    keys = _stand_ins(model, state)
    relating = {other for key in keys for other in state.history.relating.get(key, ())}
    found = []
    for key in sorted(relating | keys):
        other = state.model(*key)
        if other is None:
            continue
        own, between_them = [], []
        for name, field in local_fields(other, ground):
            if "to" not in field.options:
                continue
            target = target_of(field, other.app_label, other.name, ground.swappable)
            if target is None or not (target in keys or other.key in keys):
                continue
            one = bound(other, name, field, state, ground, django)
            if target in keys and (hidden or not _is_hidden(one)):
                own.append(one)
            if hidden and one.is_many_to_many:
                between_them += [side for side in _sides(other, name, state, ground, django) if _target(side) in keys]
        # A model's many-to-many tables are made known before it is.
        found += between_them + own
    return found


def query_name(one: Bound) -> str:
    """`related_query_name()`: what relations are sorted by since Django 4.1."""
    named = text_of(one.field.options.get("related_query_name")) or related_name(one)
    return named or one.model.name.lower()


def related_name(one: Bound) -> str | None:
    named = text_of(one.field.options.get("related_name")) or text_of(one.model.options.get("default_related_name"))
    if named is None or "%(" not in named:
        return named
    own = one.model.name.lower()
    for placeholder, value in (("class", own), ("model_name", own), ("app_label", one.model.app_label)):
        named = named.replace(f"%({placeholder})s", value)
    return named


def _related_pairs(old: Bound, new: Bound, above: frozenset[tuple[ModelKey, str]]) -> Iterator[Relation]:
    here = (old.model.key, old.placed.name)
    if here in above:
        return
    for was, becomes in zip(relevant_relations(old), relevant_relations(new), strict=False):
        yield Relation(was, becomes)
        if old.django >= (4,):
            yield from _related_pairs(was, becomes, above | {here})


def _refers(relation: Bound, one: Bound) -> bool:
    named = text_of(relation.field.options.get("to_field"))
    if named is None:
        return one.attributes.primary_key
    return named == one.placed.name or (
        one.django >= (6, 1) and one.is_foreign_key and named == f"{one.placed.name}_id"
    )


def _is_hidden(one: Bound) -> bool:
    return not one.is_many_to_many and (related_name(one) or "").endswith("+")


def _target(one: Bound) -> ModelKey | None:
    return target_of(one.field, one.model.app_label, one.model.name, one.ground.swappable)


def _stand_ins(model: ModelState, state: SchemaState) -> set[ModelKey]:
    """A model and its proxies."""
    keys, waiting = {model.key}, [model.key]
    while waiting:
        for key in state.history.relating.get(waiting.pop(), ()):
            other = state.model(*key)
            if key in keys or other is None or not truth_of(other.options.get("proxy"), False):
                continue
            shared = concrete(other, state)
            if shared is not None and shared.key == model.key:
                keys.add(key)
                waiting.append(key)
    return keys


def _sides(model: ModelState, name: str, state: SchemaState, ground: Ground, django: Version) -> Iterator[Bound]:
    held = model.fields.get(name)
    made = through(model, held, ground) if held is not None else None
    if made is not None:
        for side in made.fields.values():
            yield bound(made, side.name, side.field, state, ground, django)
