"""What an AlterField changes: nothing that the database sees, or which aspects of the column.

From BaseDatabaseSchemaEditor._field_should_be_altered and ._alter_field of Django 3.2 to 6.1.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.fields import Field
from miglint.facts.operations import AlterField
from miglint.facts.target import Version
from miglint.facts.values import (
    Call,
    Digest,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Unresolved,
    Value,
    text_of,
)
from miglint.records import dataclass
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    column_name,
    column_type,
    has_column,
    is_checked,
    is_enforced,
    option_of,
    takes_null,
)
from miglint.schema.field import attributes, is_primary_key
from miglint.schema.model import Ground, concrete, parents_of, table_of
from miglint.schema.replay import target_of
from miglint.schema.state import FieldState, ModelState, SchemaState
from miglint.sql.statement import ColumnType

# `default` is Python's own, which reaches the database only to fill rows; `numbering` an identity or a sequence;
# `relation` the table behind a many-to-many field; `definition` what the database does not see, yet Django takes
# for a change: a foreign key's constraint is dropped and made anew for it, an SQLite table is made anew.
Aspect: TypeAlias = OneOf[
    "check",
    "collation",
    "column name",
    "comment",
    "database default",
    "default",
    "definition",
    "foreign key",
    "index",
    "nullability",
    "numbering",
    "primary key",
    "relation",
    "type",
    "unique",
]


@dataclass(frozen=True, slots=True)
class Alteration:
    """An AlterField between the field as it was and as it will be, a one-off default included.

    `reaches_database` is Django's `_field_should_be_altered`: where it is False, nothing is changed. `unknown` are
    aspects that may be changed and may not.
    """

    model: ModelState
    before: FieldState
    after: Field
    reaches_database: bool | None
    changed: frozenset[Aspect]
    unknown: frozenset[Aspect]


class Placed(NamedTuple):
    """A field of a model in a state: what it is called there, and what its options mean."""

    name: str
    field: Field
    model: ModelState
    state: SchemaState


def alteration(
    operation: AlterField, state: SchemaState, app_label: str, ground: Ground, django: Version
) -> Alteration | None:
    """What an AlterField makes of the field in `state`; None where that has no such field, or may have another."""
    if not isinstance(operation.model_name, str) or not isinstance(operation.name, str):
        return None
    model = state.model(app_label, operation.model_name)
    if model is None or model.unknown is not None or operation.name not in model.fields:
        return None
    before = model.fields[operation.name]
    return between(before, operation.field, model, state, ground, django)


def between(
    before: FieldState, after: Field, model: ModelState, state: SchemaState, ground: Ground, django: Version
) -> Alteration:
    """What it takes to turn one definition of a field into another."""
    comparison = _Comparison(
        Placed(before.name, before.field, model, state), Placed(before.name, after, model, state), ground, django
    )
    reaches = comparison.reaches_database()
    answers = {} if reaches is False else comparison.answers()
    return Alteration(
        model=model,
        before=before,
        after=after,
        reaches_database=reaches,
        changed=frozenset(aspect for aspect, answer in answers.items() if answer),
        unknown=frozenset(aspect for aspect, answer in answers.items() if answer is None),
    )


def should_be_altered(
    before: Placed, after: Placed, ground: Ground, django: Version, ignored: frozenset[str] = frozenset()
) -> bool | None:
    """Django's `_field_should_be_altered` between two states; `ignored` are options that do not count."""
    return _Comparison(before, after, ground, django, ignored).reaches_database()


def type_in(
    field: Field, model: ModelState, state: SchemaState, ground: Ground, seen: frozenset[str] = frozenset()
) -> ColumnType | Unresolved:
    """The type of a field's column; a foreign key's is that of the column at the end of the chain."""
    if field.kind not in FOREIGN_KEYS:
        plain = _PLAIN.get(field.kind or "") if seen else None
        return column_type(field if plain is None else _written(plain, {}, field), ground.vendor)
    unknown = Unresolved("the model that it refers to is not known", field.site.span)
    key = target_of(field, model.app_label, model.name, ground.swappable)
    target = state.model(*key) if key is not None else None
    target = concrete(target, state) if target is not None else None
    if target is None or target.unknown is not None or str(target) in seen:
        return unknown
    seen |= {str(target)}
    named = field.options.get("to_field")
    if named is not None and named != Literal(None):
        pointed = field_named(target, text_of(named))
        return type_in(pointed.field, target, state, ground, seen) if pointed is not None else unknown
    for one in target.fields.values():
        if is_primary_key(one.field):
            return type_in(one.field, target, state, ground, seen)
    parents = parents_of(target)
    if parents:
        link = _written("ForeignKey", {"to": Literal(".".join(parents[0]))}, field)
        return type_in(link, target, state, ground, seen)
    return type_in(_written(ground.auto_field, {}, field), target, state, ground, seen)


def field_named(model: ModelState, name: str | None) -> FieldState | None:
    """A field by its name, or a foreign key by that of its attribute, which has `_id` at its end."""
    if name is None or name in model.fields:
        return model.fields.get(name or "")
    related = model.fields.get(name.removesuffix("_id")) if name.endswith("_id") else None
    return related if related is not None and related.field.kind in FOREIGN_KEYS else None


def same(one: Value | None, other: Value | None) -> bool | None:
    """Whether two values are equal in Python, wherever they stand; None where that needs running them."""
    match one, other:
        case (Unresolved() | Parameter(), _) | (_, Unresolved() | Parameter()):
            return None
        case Literal(left), Literal(right):
            return left == right
        case Reference(left), Reference(right):
            # A function of the migration's own file: another file's of that name may be another.
            return None if "#" in left + right else left == right
        case Digest(left), Digest(right):
            return left == right
        case Sequence("set", items), Sequence("set", others):
            return _all(any(same(item, wanted) for item in items) for wanted in others) and len(items) == len(others)
        case Sequence(kind, items), Sequence(other_kind, others):
            if kind != other_kind or len(items) != len(others):
                return False
            return _all(same(item, wanted) for item, wanted in zip(items, others, strict=True))
        case Mapping(pairs), Mapping(others):
            if len(pairs) != len(others):
                return False
            return _all(
                same(part, wanted)
                for pair, other_pair in zip(pairs, others, strict=True)
                for part, wanted in zip(pair, other_pair, strict=True)
            )
        case Call(function, arguments), Call(other_function, others):
            if [argument.name for argument in arguments] != [argument.name for argument in others]:
                return False
            return _all(
                (
                    same(function, other_function),
                    *(same(a.value, b.value) for a, b in zip(arguments, others, strict=True)),
                )
            )
        case (Reference() | Call(), _) | (_, Reference() | Call()):
            # A constant or the outcome of a call may well equal something that is written out; None never does.
            return False if one is None or other is None else None
        case _:
            return one is other


def _written(kind: str, options: dict[str, Value], place: Field) -> Field:
    """A field that nobody wrote."""
    return Field(f"django.db.models.{kind}", kind, options, False, place.site)


# AutoFieldMixin.rel_db_type: what refers to a number that counts by itself is a plain number.
_PLAIN = {
    "AutoField": "IntegerField",
    "BigAutoField": "BigIntegerField",
    "SmallAutoField": "SmallIntegerField",
}

# Field.non_db_attrs; `choices` joined them in Django 4.1.
_NOT_OF_THE_DATABASE = frozenset(
    {
        *("blank", "db_column", "editable", "error_messages", "help_text", "limit_choices_to", "on_delete"),
        *("related_name", "related_query_name", "validators", "verbose_name"),
    }
)

# `on_delete` that the database itself heeds: DatabaseOnDelete of Django 6.1, and its SQL.
DATABASE_ON_DELETE = {"DB_CASCADE": "CASCADE", "DB_SET_DEFAULT": "SET DEFAULT", "DB_SET_NULL": "SET NULL"}

# Arguments that `deconstruct` does not give back.
_NOT_DECONSTRUCTED = frozenset({"name", "rel", "swappable", "symmetrical"})

# What `deconstruct` leaves out, since it is the default.
_DEFAULTS: dict[str, Value] = {
    **dict.fromkeys(
        (
            *("allow_folders", "allow_unicode", "auto_created", "auto_now", "auto_now_add", "db_index", "null"),
            *("parent_link", "primary_key", "recursive", "unique", "unpack_ipv4"),
        ),
        Literal(False),
    ),
    **dict.fromkeys(("allow_files", "db_constraint", "serialize"), Literal(True)),
    **dict.fromkeys(
        (
            *("db_collation", "db_comment", "db_table", "db_tablespace", "decoder", "encoder", "match", "max_length"),
            *("size", "through", "through_fields", "to_field", "unique_for_date", "unique_for_month"),
            "unique_for_year",
        ),
        Literal(None),
    ),
    "height_field": Literal(None),
    "width_field": Literal(None),
    "path": Literal(""),
    "protocol": Literal("both"),
    "upload_to": Literal(""),
}


@dataclass(frozen=True, slots=True)
class _Comparison:
    old: Placed
    new: Placed
    ground: Ground
    django: Version
    ignored: frozenset[str] = frozenset()

    @property
    def before(self) -> Field:
        return self.old.field

    @property
    def after(self) -> Field:
        return self.new.field

    def reaches_database(self) -> bool | None:
        if _class(self.before) != _class(self.after):
            return True
        doubt = self.before.opaque or self.after.opaque
        answers = [same(_column(self.old), _column(self.new))]
        ignored = _NOT_OF_THE_DATABASE | _NOT_DECONSTRUCTED | ({"choices"} if self.django >= (4, 1) else set())
        ignored |= self.ignored
        if self.django >= (6, 1):
            answers.append(_on_delete(self.before) == _on_delete(self.after))
        options = sorted((self.before.options.keys() | self.after.options.keys()) - ignored)
        answers += [self._is_kept(option) for option in options]
        if False in answers:
            return True
        return None if None in answers or doubt else False

    def answers(self) -> dict[Aspect, bool | None]:
        """Each aspect, and whether it changes: None where it is not known."""
        if self.before.kind == "ManyToManyField" or self.after.kind == "ManyToManyField":
            kept = [self._is_kept(option) for option in ("to", "through", "db_table")]
            alike = self.before.kind == self.after.kind
            return {"relation": _not(_all(kept)) if alike else True, "definition": True}
        if has_column(self.before) is not True or has_column(self.after) is not True:
            return dict.fromkeys(("type", "nullability", "unique", "foreign key", "definition"))
        before, after = attributes(self.before), attributes(self.after)
        hidden = {*before.unknown, *after.unknown}

        def known(answer: bool, *options: str) -> bool | None:
            return None if hidden & {*options} else answer

        return {
            "check": is_checked(self.before, self.ground.vendor) != is_checked(self.after, self.ground.vendor),
            "collation": _not(self._is_kept("db_collation")),
            "column name": _not(same(_column(self.old), _column(self.new))),
            "comment": _not(self._is_kept("db_comment")),
            "database default": _not(self._is_kept("db_default")),
            "default": _not(self._is_kept("default")),
            "definition": True,
            "foreign key": self._foreign_key(),
            "index": known(
                (before.db_index and not before.unique and not before.primary_key)
                != (after.db_index and not after.unique and not after.primary_key),
                *("db_index", "unique", "primary_key"),
            ),
            "nullability": _differ(takes_null(self.before), takes_null(self.after)),
            "numbering": (self.before.kind in AUTOMATIC) != (self.after.kind in AUTOMATIC),
            "primary key": known(before.primary_key != after.primary_key, "primary_key"),
            "type": self._type(),
            "unique": known(
                (before.unique or before.primary_key) != (after.unique or after.primary_key), "unique", "primary_key"
            ),
        }

    def _is_kept(self, option: str) -> bool | None:
        if option == "to":
            return self._has_kept_target()
        one, other = self._option(self.before, option), self._option(self.after, option)
        if option == "db_default" and self.django >= (5,):
            one, other = _unwrapped(one), _unwrapped(other)
        return same(one, other)

    def _option(self, field: Field, option: str) -> Value | None:
        value = field.options.get(option)
        if option in ("null", "unique", "db_index", "primary_key", "max_length") and field.kind is not None:
            known = attributes(field)
            if option not in known.unknown:
                return Literal(getattr(known, option))
        if option in ("default", "db_default"):
            return option_of(field, option)
        return value if value is not None else _DEFAULTS.get(option)

    def _has_kept_target(self) -> bool | None:
        keys = [
            target_of(one.field, one.model.app_label, one.model.name, self.ground.swappable)
            for one in (self.old, self.new)
        ]
        if None in keys:
            return same(self.before.options.get("to"), self.after.options.get("to"))
        if keys[0] == keys[1]:
            return True
        if self.django < (5,) or "ManyToManyField" in (self.before.kind, self.after.kind):
            return False
        # Since 5.0 a foreign key that goes to a proxy of its old target, or back, is the same.
        tables = []
        for key, state in zip(keys, (self.old.state, self.new.state), strict=True):
            target = state.model(*key) if key is not None else None
            target = concrete(target, state) if target is not None else None
            tables.append(table_of(target, self.ground) if target is not None else None)
        return None if None in tables else tables[0] == tables[1]

    def _foreign_key(self) -> bool | None:
        enforced = [
            field.kind in FOREIGN_KEYS and is_enforced(field) is not False for field in (self.before, self.after)
        ]
        if enforced[0] != enforced[1]:
            return True
        if not enforced[0]:
            return False
        return _not(_all((self._has_kept_target(), self._is_kept("to_field"))))

    def _type(self) -> bool | None:
        both = {self.before.kind, self.after.kind}
        # Where a foreign key goes to the same column as before its type is the same, known or not.
        if both <= FOREIGN_KEYS and _all((self._has_kept_target(), self._is_kept("to_field"))):
            return False
        old, new = (type_in(one.field, one.model, one.state, self.ground) for one in (self.old, self.new))
        if isinstance(old, Unresolved) or isinstance(new, Unresolved):
            return False if _class(self.before) == _class(self.after) and self._is_alike() else None
        return old != new

    def _is_alike(self) -> bool:
        """Whether all that may make up the type of a class that is not known is written alike."""
        options = (self.before.options.keys() | self.after.options.keys()) - {"null", "default", "unique", "db_index"}
        return not (self.before.opaque or self.after.opaque) and all(
            self._is_kept(option) for option in options - _NOT_OF_THE_DATABASE
        )


def _column(one: Placed) -> Value:
    column = column_name(one.field, one.name)
    return column if isinstance(column, Unresolved) else Literal(column)


def _on_delete(field: Field) -> str | None:
    """What the database does as a row goes that others refer to: part of a column's definition since Django 6.1."""
    value = field.options.get("on_delete")
    name = value.path.rpartition(".")[2] if isinstance(value, Reference) else ""
    return name if name in DATABASE_ON_DELETE else None


def _class(field: Field) -> str:
    """The class as `deconstruct` names it, whichever module it was imported from."""
    package, _, name = field.path.rpartition(".")
    for public in ("django.db.models", "django.contrib.postgres.fields", "django.contrib.gis.db.models"):
        if package == public or package.startswith(f"{public}."):
            return f"{public}.{name}"
    return field.path


def _unwrapped(default: Value | None) -> Value | None:
    match default:
        case Call(Reference(path), (only,)) if path.rpartition(".")[2] == "Value":
            return only.value
        case _:
            return default


def _all(answers: Iterable[bool | None]) -> bool | None:
    known = list(answers)
    if False in known:
        return False
    return None if None in known else True


def _not(answer: bool | None) -> bool | None:
    return None if answer is None else not answer


def _differ(one: bool | None, other: bool | None) -> bool | None:
    return None if one is None or other is None else one != other
