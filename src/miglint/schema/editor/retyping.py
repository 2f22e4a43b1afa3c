"""ALTER COLUMN … TYPE, as Django's PostgreSQL schema editor writes it: `_alter_column_type_sql`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from miglint.binding import build_field
from miglint.facts.fields import Field
from miglint.facts.values import Call, Unresolved
from miglint.schema.alteration import Placed, should_be_altered
from miglint.schema.editor.bound import Bound
from miglint.schema.editor.columns import numbering_of, type_of
from miglint.schema.editor.execution import Execution, altered, executed, opaque
from miglint.schema.editor.expressions import quoted
from miglint.schema.editor.introspection import Introspection
from miglint.schema.names import in_database, schema_editor_name, server_name, split
from miglint.sql.statement import (
    AddIdentity,
    AlterColumnType,
    AlterSequence,
    AlterTableAction,
    Comment,
    CreateSequence,
    DropIdentity,
    DropSequence,
    Expression,
    Select,
    SetDefault,
)

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor


class _Altering(Protocol):
    @property
    def editor(self) -> SchemaEditor: ...
    @property
    def introspection(self) -> Introspection: ...
    def drop_index(self, name: str) -> Execution: ...


class Retyping(NamedTuple):
    """What runs before the ALTER TABLE, its actions, and what runs after it."""

    before: tuple[Execution, ...] = ()
    actions: tuple[AlterTableAction, ...] = ()
    afterwards: tuple[Execution, ...] = ()


def is_retyped(old: Bound, new: Bound) -> bool | None:
    """Whether the type is another one; None where that is not known."""
    one, other = old.type, new.type
    if not isinstance(one, Unresolved) and not isinstance(other, Unresolved):
        return one != other
    # A class that is not known makes the same of the same options.
    names = {*old.field.options, *new.field.options} & _NOT_OF_THE_TYPE
    before, after = (_without(bound.placed, names, old.placed.name) for bound in (old, new))
    altered_ = should_be_altered(before, after, old.ground, old.django)
    return False if altered_ is False else None


def changes_family(old: Bound, new: Bound) -> bool:
    """Whether an indexed text becomes something else, for which its index for LIKE is no good."""
    if not (old.attributes.db_index or old.unique):
        return False
    one, other = str(old.type), str(new.type)
    if isinstance(old.type, Unresolved) or isinstance(new.type, Unresolved):
        return False
    return any(one.startswith(name) and not other.startswith(name) for name in ("varchar", "text", "citext"))


def retype(
    altering: _Altering, table: str, old: Bound, new: Bound, retyped: bool | None, *, referring: bool = False
) -> Retyping:
    """`referring` is a foreign key that follows the column that it refers to: it is altered whatever changes."""
    django = new.django
    recollated, recommented = old.collation != new.collation, old.comment != new.comment
    renumbered = old.is_automatic != new.is_automatic
    if isinstance(new.type, Unresolved):
        if retyped is False and not recommented and not recollated:
            return Retyping()
        reason = f"the type of {new.field.path or 'the field'} is not known"
        return Retyping(before=(opaque("ALTER TABLE", reason, in_database(table), new.column),))
    if django < (4, 2):
        if recollated and (django >= (4, 1) or not referring):
            # Without USING, and an identity is left alone.
            return Retyping(actions=(AlterColumnType(new.column, new.type, collation=new.collation),))
        if not (retyped is not False or renumbered or referring or _is_serial_of_another_size(old, new)):
            return Retyping()
    elif not (retyped is not False or renumbered or recollated or recommented or referring):
        return Retyping()
    before: list[Execution] = []
    if django >= (4, 2) and changes_family(old, new):
        before.append(altering.drop_index(schema_editor_name(table, (old.column,), "_like", "postgresql")))
    casts = _casts(old, new)
    name = quoted(new.column)
    using = Expression(f"{name}::{new.type}", names=frozenset({new.column})) if casts else None
    collation = new.collation if django >= (4, 2) and not (new.is_automatic and not old.is_automatic) else None
    action = AlterColumnType(new.column, new.type, using=using, using_is_cast=casts, collation=collation)
    if django < (4, 1):
        return Retyping(tuple(before), (action,), tuple(_serial(altering, table, old, new)))
    afterwards: list[Execution] = []
    # The server's name for it, from when the column was made.
    sequence = server_name(in_database(old.table), (old.column,), "seq")
    if new.is_automatic and not old.is_automatic:
        afterwards.append(altered(in_database(table), AddIdentity(new.column)))
    elif old.is_automatic and not new.is_automatic:
        before.append(altered(in_database(table), DropIdentity(new.column, if_exists=True)))
        if altering.introspection.numbering(table, old.column, "identity") == "serial":
            afterwards.append(executed(DropSequence((sequence,), cascade=True, if_exists=True)))
    elif new.is_automatic and old.field.kind != new.field.kind:
        if altering.introspection.numbering(table, old.column, "identity") is not None:
            afterwards.append(executed(AlterSequence(sequence, type=new.type, if_exists=True)))
    elif recommented and django >= (4, 2):
        said = "'" + (new.comment or "").replace("'", "''") + "'"
        text = f"COMMENT ON COLUMN {_quoted_table(table)}.{name} IS {said}"
        afterwards.append(executed(Comment("column", in_database(table), new.column, text)))
    return Retyping(tuple(before), (action,), tuple(afterwards))


# Options that do not make a column's type.
_NOT_OF_THE_TYPE = frozenset(
    {
        *("auto_created", "auto_now", "auto_now_add", "db_column", "db_comment", "db_default", "db_index", "default"),
        *("null", "primary_key", "serialize", "unique", "choices"),
    }
)

# data_types of Django's PostgreSQL backend, where it is another than the class's own name says: templates are
# compared, so a varchar is a varchar whatever its length.
_INTERNAL_TYPES = {
    **dict.fromkeys(("CommaSeparatedIntegerField", "EmailField", "URLField"), "CharField"),
    "ImageField": "FileField",
    "NullBooleanField": "BooleanField",
}


def _without(placed: Placed, options: frozenset[str] | set[str], name: str) -> Placed:
    kept = {key: value for key, value in placed.field.options.items() if key not in options}
    return placed._replace(name=name, field=replace(placed.field, options=kept))


def _is_serial_of_another_size(old: Bound, new: Bound) -> bool:
    return old.django < (4, 1) and new.is_automatic and old.field.kind != new.field.kind


def _casts(old: Bound, new: Bound) -> bool:
    """Whether USING is written: where the two classes do not share a template for their type."""
    if new.field.kind == "GeneratedField" and new.django >= (5, 2):
        return False
    if old.field.kind == new.field.kind == "ArrayField":
        return _base_types(old.field, old) != _base_types(new.field, new)
    return _data_type(old.field, old) != _data_type(new.field, new)


def _base_types(field: Field, one: Bound) -> tuple[str, ...]:
    base = field.options.get("base_field")
    built = build_field(base) if isinstance(base, Call) else None
    if built is None:
        return ("?",)
    return _base_types(built, one) if built.kind == "ArrayField" else (_data_type(built, one),)


def _data_type(field: Field, one: Bound) -> str:
    """What `_field_data_type` returns: a template where the class has one, a type else."""
    made = type_of(field, one.model, one.placed.state, one.ground, one.django)
    if isinstance(made, Unresolved):
        return field.path
    if one.is_foreign_key and field is one.field:
        return str(made)
    kind = field.kind or ""
    output = field.options.get("output_field") if kind == "GeneratedField" else None
    if isinstance(output, Call):
        built = build_field(output)
        kind = (built.kind if built is not None else None) or kind
    kind = _INTERNAL_TYPES.get(kind, kind)
    if made.name == "varchar" and kind in ("CharField", "FileField", "FilePathField", "SlugField"):
        # Since 4.2 that of a CharField is a function, and no text.
        return "varchar, perhaps without a length" if kind == "CharField" and one.django >= (4, 2) else "varchar"
    if kind == "DecimalField":
        return "numeric"
    return "serial " + str(made) if numbering_of(field, one.django) == "serial" else str(made)


def _serial(altering: _Altering, table: str, old: Bound, new: Bound) -> list[Execution]:
    """Until Django 4.0 a number that counts by itself is a default with a sequence of its own."""
    sequence, name = f"{split(table)[1]}_{new.column}_seq", in_database(table)
    drop = executed(DropSequence((sequence,), cascade=True, if_exists=True))
    if not new.is_automatic:
        return [drop] if old.is_automatic else []
    following = Expression(f"nextval('\"{sequence}\"')", functions=frozenset({"nextval"}))
    setting = f"SELECT setval('\"{sequence}\"', MAX({quoted(new.column)})) FROM {_quoted_table(table)}"
    return [
        drop,
        executed(CreateSequence(sequence)),
        altered(name, SetDefault(new.column, following)),
        executed(Select((name,), functions=frozenset({"setval", "max"}), text=setting)),
        executed(AlterSequence(sequence, owner=name, owner_column=new.column)),
    ]


def _quoted_table(table: str) -> str:
    return ".".join(quoted(part) for part in split(table) if part)
