"""What Django's schema editor writes for a column: BaseDatabaseSchemaEditor.column_sql."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from miglint.binding import build_field
from miglint.facts.fields import CallSite, Field
from miglint.facts.target import Version
from miglint.facts.values import Call, Literal, Reference, Unresolved, Value, text_of, truth_of
from miglint.schema.alteration import type_in
from miglint.schema.column import (
    AUTOMATIC,
    FOREIGN_KEYS,
    accepts_empty_strings,
    column_name,
    column_type,
    db_default,
    has_column,
    has_effective_default,
    is_checked,
    is_enforced,
    option_of,
    takes_null,
)
from miglint.schema.editor.expressions import Compiled, column_of, compiled, literal_sql, placeholder, quoted
from miglint.schema.field import attributes, is_primary_key
from miglint.schema.model import Ground, concrete, parents_of, table_of
from miglint.schema.names import default_table
from miglint.schema.replay import target_of
from miglint.schema.state import ModelKey, ModelState, SchemaState
from miglint.sql.statement import ColumnDefinition, ColumnType, Constraint, Expression, Generation, Numbering


def column_definition(
    model: ModelState,
    name: str,
    field: Field,
    state: SchemaState,
    ground: Ground,
    django: Version,
    *,
    include_default: bool,
) -> ColumnDefinition | Unresolved | None:
    """A field's column with what is inline in it, REFERENCES left out; None where it has no column.

    `include_default` is what ADD COLUMN gives to the rows that are there already.
    """
    has = has_column(field)
    if has is False:
        return None
    column = column_name(field, name)
    if isinstance(column, Unresolved):
        return column
    type_ = type_of(field, model, state, ground, django)
    null = takes_null(field)
    known = attributes(field)
    hidden = next((option for option in known.unknown if option in ("null", "unique", "primary_key")), None)
    unknown = None
    if isinstance(type_, Unresolved):
        unknown = type_.reason
    elif has is None:
        unknown = f"what {field.path or 'this field'} is in the database is not known"
    elif null is None or hidden is not None:
        unknown = f"its option '{hidden or 'null'}' is not known"
    generation: Generation | None = None
    generated = None
    if field.kind == "GeneratedField":
        generation = "virtual" if truth_of(field.options.get("db_persist"), False) is False else "stored"
        generated = compiled(field.options.get("expression", Literal(None)), model, ground, field).expression
    return ColumnDefinition(
        name=column,
        type=None if isinstance(type_, Unresolved) else type_,
        not_null=generation is None and (known.primary_key or (null is False and not _is_oracles_null(field, ground))),
        default=default_of(field, model, ground, include_default=include_default),
        numbering=numbering_of(field, django),
        generation=generation,
        generated=generated,
        collation=collation_of(field, model, state, ground, django),
        constraints=tuple(inline_constraints(field, column, ground)),
        unknown=unknown,
    )


def local_fields(model: ModelState, ground: Ground) -> Iterator[tuple[str, Field]]:
    """A model's own fields by name in Django's order, with those that nobody wrote: `id`, a link to a parent, `_order`.

    Many-to-many fields are among them.
    """
    fields = [(one.name, one.field) for one in model.fields.values()]
    keyed = any(truth_of(field.options.get("primary_key"), False) is not False for _, field in fields)
    composite = any(field.kind == "CompositePrimaryKey" for _, field in fields)
    linked = {
        target_of(field, model.app_label, model.name, ground.swappable)
        for _, field in fields
        if field.kind == "OneToOneField" and truth_of(field.options.get("parent_link"), False)
    }
    proxy = truth_of(model.options.get("proxy"), False)
    parents = () if proxy else parents_of(model)
    for label, name in parents:
        if (label, name) not in linked:
            options: dict[str, Value] = {"to": Literal(f"{label}.{name}"), "primary_key": Literal(not keyed)}
            yield f"{name}_ptr", _unwritten("OneToOneField", options, model)
    if not keyed and not parents and not composite and not proxy:
        yield "id", _unwritten(ground.auto_field, {"primary_key": Literal(True)}, model)
    yield from fields
    if text_of(model.options.get("order_with_respect_to")):
        yield "_order", order_field(model)


def local_field(model: ModelState, name: str, ground: Ground) -> Field | None:
    """One of `local_fields`, by its name; None where there is none."""
    written = model.fields.get(name)
    if written is not None:
        return written.field
    return next((field for known, field in local_fields(model, ground) if known == name), None)


def order_field(model: ModelState) -> Field:
    """`_order`, which `order_with_respect_to` brings along."""
    return _unwritten("OrderWrt", {}, model)


class Target(NamedTuple):
    """The column that a foreign key refers to; `known` says that its model is one that miglint has seen.

    One that it has not goes by the names that Django gives by default.
    """

    table: str
    column: str
    known: bool


def target_column(field: Field, model: ModelState, state: SchemaState, ground: Ground) -> Target | Unresolved:
    """Where a foreign key of a model points."""
    unknown = Unresolved("the model that it refers to is not known", field.site.span)
    key = target_of(field, model.app_label, model.name, ground.swappable)
    if key is None:
        return unknown
    named = text_of(field.options.get("to_field"))
    # A foreign key to the model that is being made or moved: the state may not have it under this name yet.
    target = model if key == model.key else state.model(*key)
    target = concrete(target, state) if target is not None else None
    if target is None:
        table = CONTRIB_TABLES.get(key) or default_table(*key, ground.vendor)
        return Target(table, named or "id", key in CONTRIB_TABLES)
    table_name = table_of(target, ground)
    if isinstance(table_name, Unresolved):
        return table_name
    if named is not None:
        return Target(table_name, column_of(target, named), True)
    column = primary_key_column(target, ground)
    return unknown if column is None else Target(table_name, column, True)


def primary_key_column(model: ModelState, ground: Ground) -> str | None:
    """The column of a model's primary key; None of a key of several columns."""
    for name, field in local_fields(model, ground):
        if is_primary_key(field) and has_column(field) is not False:
            column = column_name(field, name)
            return None if isinstance(column, Unresolved) else column
    return None


# Models of Django's own apps, whose migrations are not in the tree: their keys are all `id integer`.
CONTRIB_TABLES: dict[ModelKey, str] = {
    ("admin", "logentry"): "django_admin_log",
    ("auth", "group"): "auth_group",
    ("auth", "permission"): "auth_permission",
    ("auth", "user"): "auth_user",
    ("contenttypes", "contenttype"): "django_content_type",
    ("flatpages", "flatpage"): "django_flatpage",
    ("redirects", "redirect"): "django_redirect",
    ("sites", "site"): "django_site",
}


def type_of(
    field: Field, model: ModelState, state: SchemaState, ground: Ground, django: Version
) -> ColumnType | Unresolved:
    """The type of a field's column in CREATE TABLE and ADD COLUMN; a `serial` one is its integer here."""
    if field.kind in FOREIGN_KEYS:
        key = target_of(field, model.app_label, model.name, ground.swappable)
        unseen = key is not None and key in CONTRIB_TABLES and state.model(*key) is None
        if unseen and text_of(field.options.get("to_field")) in (None, "id"):
            return ColumnType("integer")
    plain = _CASE_INSENSITIVE.get(field.kind or "") if django >= (5, 1) else None
    if plain is not None and ground.vendor == "postgresql":
        # The three classes are stubs for old migrations since then.
        return column_type(_as(plain, field), ground.vendor)
    if field.kind == "ArrayField":
        base = field.options.get("base_field")
        built = build_field(base) if isinstance(base, Call) else None
        of = type_of(built, model, state, ground, django) if built is not None else None
        size = field.options.get("size")
        sizes = (size.value,) if isinstance(size, Literal) and isinstance(size.value, int) else ()
        if isinstance(of, ColumnType):
            return ColumnType("array", sizes, of)
    return type_in(field, model, state, ground)


def numbering_of(field: Field, django: Version) -> Numbering | None:
    """How a column numbers its rows."""
    if field.kind not in AUTOMATIC:
        return None
    return "identity" if django >= (4, 1) else "serial"


def default_of(field: Field, model: ModelState, ground: Ground, *, include_default: bool) -> Expression | None:
    """The DEFAULT in a column's definition: `db_default`, else what existing rows get where that is asked for."""
    written = database_default(field, model, ground)
    if written is not None:
        return written.expression
    if not include_default or has_effective_default(field) is False:
        return None
    return effective_default(field)


def database_default(field: Field, model: ModelState, ground: Ground) -> Compiled | None:
    """`db_default` as SQL, in brackets unless it is a value; None where there is none."""
    value = db_default(field)
    if value is None:
        return None
    made = compiled(value, model, ground, field)
    if _is_value(value):
        return made
    expression = made.expression
    return Compiled(
        Expression(f"({expression.sql})", expression.functions, expression.names, expression.unknown),
        made.parametrized,
    )


def effective_default(field: Field) -> Expression:
    """The value that Django computes once, as text where it is written out: `effective_default` is no None."""
    given = option_of(field, "default")
    if given is not None:
        unknown = given.reason if isinstance(given, Unresolved) else None
        return Expression((literal_sql(given, field) or placeholder(field)).strip(), unknown=unknown)
    blank = truth_of(field.options.get("blank"), False) is True and accepts_empty_strings(field) is True
    if blank and takes_null(field) is False:
        return Expression("'\\x'::bytea" if field.kind == "BinaryField" else "''")
    # The clock, read by Python.
    dated = field.kind in ("DateField", "DateTimeField", "TimeField")
    return Expression(placeholder(field), unknown=None if dated else "its default is not known")


def collation_of(field: Field, model: ModelState, state: SchemaState, ground: Ground, django: Version) -> str | None:
    """A column's COLLATE; since Django 4.1 a foreign key has that of the column that it refers to."""
    seen: set[ModelKey] = set()
    while field.kind in FOREIGN_KEYS:
        key = target_of(field, model.app_label, model.name, ground.swappable)
        found = None if key is None else model if key == model.key else state.model(*key)
        target = concrete(found, state) if found is not None else None
        if django < (4, 1) or target is None or target.key in seen:
            return None
        seen.add(target.key)
        named = text_of(field.options.get("to_field"))
        pointed = (
            other
            for name, other in local_fields(target, ground)
            if name == named or (named is None and is_primary_key(other))
        )
        found_field = next(pointed, None)
        if found_field is None:
            return None
        field, model = found_field, target
    if field.kind == "ArrayField" and django >= (4, 2):
        base = field.options.get("base_field")
        built = build_field(base) if isinstance(base, Call) else None
        return None if built is None else text_of(built.options.get("db_collation"))
    return text_of(field.options.get("db_collation"))


def inline_constraints(field: Field, column: str, ground: Ground) -> Iterator[Constraint]:
    """What a column's definition has of PRIMARY KEY, UNIQUE and CHECK: the server makes up their names."""
    known = attributes(field)
    if known.primary_key:
        yield Constraint("primary key", None, (column,))
    elif known.unique:
        yield Constraint("unique", None, (column,))
    output = field.options.get("output_field") if field.kind == "GeneratedField" else None
    # A generated column takes its check from its output field.
    checked = build_field(output) if isinstance(output, Call) else field
    if checked is not None and is_checked(checked, ground.vendor):
        name = quoted(column)
        # Only other databases than PostgreSQL check that a text is JSON.
        condition = f"(JSON_VALID({name}) OR {name} IS NULL)" if checked.kind == "JSONField" else f"{name} >= 0"
        yield Constraint("check", None, (column,), condition=Expression(condition, names=frozenset({column})))


def _is_oracles_null(field: Field, ground: Ground) -> bool:
    """To Oracle an empty string is NULL, so Django leaves out NOT NULL where a field may hold one."""
    return ground.vendor == "oracle" and accepts_empty_strings(field) is True


def is_foreign_key(field: Field) -> bool:
    """Whether the database has a constraint for it; one that may be none counts."""
    return field.kind in FOREIGN_KEYS and is_enforced(field) is not False


_CASE_INSENSITIVE = {"CICharField": "CharField", "CIEmailField": "EmailField", "CITextField": "TextField"}


def _is_value(value: Value) -> bool:
    """Whether Django wraps it in `Value`, or it is one."""
    match value:
        case Call(Reference(path)):
            return path.rpartition(".")[2] == "Value" or not path.startswith(
                ("django.db.", "django.contrib.", "operator.")
            )
        case _:
            return True


def _as(kind: str, field: Field) -> Field:
    return Field(f"django.db.models.{kind}", kind, field.options, field.opaque, field.site)


def _unwritten(kind: str, options: dict[str, Value], model: ModelState) -> Field:
    """A field that nobody wrote, standing where its model was made."""
    span = model.made.location.span
    return Field(f"django.db.models.{kind}", kind, options, False, CallSite(span, span, {}))
