"""Indexes and constraints: AddIndex, AddConstraint, AlterUniqueTogether and their like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from miglint.facts.fields import Constraint as WrittenConstraint
from miglint.facts.fields import Index
from miglint.facts.operations import (
    AddConstraint,
    AddIndex,
    AlterTogether,
    RemoveConstraint,
    RemoveIndex,
    RenameIndex,
    ValidateConstraint,
)
from miglint.facts.values import Call, Literal, Reference, Sequence, Unresolved, Value, text_of, truth_of
from miglint.schema.constraint import condition_of as check_of
from miglint.schema.editor.bound import Bound
from miglint.schema.editor.execution import Execution, altered, executed, opaque
from miglint.schema.editor.expressions import columns_named, condition_of, expression_of, quoted
from miglint.schema.model import interpolated, own_table
from miglint.schema.names import schema_editor_name
from miglint.schema.replay import Transition, members_of, name_of, strings_of
from miglint.schema.state import ModelState
from miglint.schema.tables import ConstraintState, DatabaseState, IndexState, TableState
from miglint.sql.statement import (
    LEFT_OUT,
    AlterTable,
    Constraint,
    CreateIndex,
    DropConstraint,
    DropIndex,
    Expression,
    IndexPart,
)
from miglint.sql.statement import (
    AddConstraint as AddedConstraint,
)
from miglint.sql.statement import RenameIndex as RenamedIndex
from miglint.sql.statement import ValidateConstraint as ValidatedConstraint

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor

BuiltT = TypeVar("BuiltT", Index, WrittenConstraint)


def add_index(editor: SchemaEditor, transition: Transition, operation: AddIndex) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name)
    table = _table(editor, model, operation.model_name, "CREATE INDEX")
    if isinstance(table, str) and model is not None:
        yield made_index(editor, operation.index, model, table, concurrently=operation.concurrently)
    elif isinstance(table, Execution):
        yield table


def remove_index(editor: SchemaEditor, transition: Transition, operation: RemoveIndex) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name, before=True)
    table = _table(editor, model, operation.model_name, "DROP INDEX")
    if isinstance(table, Execution):
        yield table
    elif table is not None and not isinstance(operation.name, str):
        yield opaque("DROP INDEX", operation.name.reason, table)
    elif table is not None and isinstance(operation.name, str):
        name = interpolated(operation.name, model)
        yield executed(DropIndex((name,), concurrently=operation.concurrently, if_exists=True))


def rename_index(
    editor: SchemaEditor, transition: Transition, operation: RenameIndex, database: DatabaseState
) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name, before=True)
    table = _table(editor, model, operation.model_name, "ALTER INDEX")
    if not isinstance(table, str) or model is None:
        if isinstance(table, Execution):
            yield table
        return
    old, new = operation.old_name, operation.new_name
    members = strings_of(operation.old_fields)
    if operation.old_fields is not None and members is not None:
        columns = columns_named(model, members)
        name = schema_editor_name(own_table(model, editor.ground) or "", columns, "_idx", editor.ground.vendor)
        known = database.table(table)
        found = [
            one.name for one in (known.indexes if known is not None else ()) if one.columns == columns and one.name
        ]
        old = name if name in found or not found else found[0]
    if not isinstance(old, str) or not isinstance(new, str):
        yield opaque("ALTER INDEX", "the name of an index could not be read", table)
    elif old != new:
        yield executed(RenamedIndex(old, new))


def add_constraint(editor: SchemaEditor, transition: Transition, operation: AddConstraint) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name)
    table = _table(editor, model, operation.model_name, "ADD CONSTRAINT")
    if not isinstance(table, str) or model is None:
        if isinstance(table, Execution):
            yield table
        return
    made = created_constraint(editor, operation.constraint, model, table, not_valid=operation.not_valid)
    if made is not None:
        yield made


def remove_constraint(
    editor: SchemaEditor, transition: Transition, operation: RemoveConstraint, database: DatabaseState
) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name, before=True)
    table = _table(editor, model, operation.model_name, "DROP CONSTRAINT")
    if not isinstance(table, str) or model is None:
        if isinstance(table, Execution):
            yield table
        return
    if not isinstance(operation.name, str):
        yield opaque("DROP CONSTRAINT", operation.name.reason, table)
        return
    name = interpolated(operation.name, model)
    written = next((one for one in model.constraints if name_of(one) == operation.name), None)
    if written is None:
        known = database.table(table)
        is_index = known is not None and any(one.name == name for one in known.indexes)
    else:
        is_index = is_unique_index(written)
        if _given(written.options.get("nulls_distinct")) is not None and lacks_nulls_distinct(editor):
            return
    if is_index:
        yield executed(DropIndex((name,), if_exists=True))
    else:
        yield altered(table, DropConstraint(name))


def validate_constraint(
    editor: SchemaEditor, transition: Transition, operation: ValidateConstraint
) -> Iterator[Execution]:
    model = editor.model(transition, operation.model_name, before=True)
    table = _table(editor, model, operation.model_name, "VALIDATE CONSTRAINT")
    if isinstance(table, Execution):
        yield table
    elif table is not None and not isinstance(operation.name, str):
        yield opaque("VALIDATE CONSTRAINT", operation.name.reason, table)
    elif table is not None and isinstance(operation.name, str):
        yield altered(table, ValidatedConstraint(operation.name))


def alter_together(
    editor: SchemaEditor, transition: Transition, operation: AlterTogether, database: DatabaseState
) -> Iterator[Execution]:
    """Constraints or indexes on several columns: those that are no longer listed go, new ones come."""
    old = editor.model(transition, operation.name, before=True)
    new = editor.model(transition, operation.name)
    table = _table(editor, new, operation.name, "ALTER TABLE")
    if not isinstance(table, str) or old is None or new is None:
        if isinstance(table, Execution):
            yield table
        return
    before, after = (members_of(one.options.get(operation.option)) for one in (old, new))
    if before is None or after is None:
        yield opaque("ALTER TABLE", f"its {operation.option} could not be read", table)
        return
    unique = operation.option == "unique_together"
    for members in before:
        if members not in after:
            yield from _dropped_together(editor, old, table, members, database.table(table), unique=unique)
    added = tuple(dict.fromkeys(members for members in after if members not in before))
    if unique:
        for members in added:
            yield unique_together(editor, new, table, members)
    else:
        yield from index_together(editor, new, table, added)


def unique_together(editor: SchemaEditor, model: ModelState, table: str, members: tuple[str, ...]) -> Execution:
    columns = columns_named(model, members)
    name = schema_editor_name(own_table(model, editor.ground) or "", columns, "_uniq", editor.ground.vendor)
    return altered(table, AddedConstraint(Constraint("unique", name, columns)))


def index_together(
    editor: SchemaEditor, model: ModelState, table: str, together: tuple[tuple[str, ...], ...]
) -> Iterator[Execution]:
    for members in together:
        columns = columns_named(model, members)
        name = schema_editor_name(own_table(model, editor.ground) or "", columns, "_idx", editor.ground.vendor)
        yield executed(CreateIndex(name, table, tuple(map(IndexPart, columns))))


def field_indexes(editor: SchemaEditor, one: Bound, table: str) -> Iterator[Execution]:
    """The indexes that a field itself asks for: its own, and one for LIKE beside it or beside its unique constraint."""
    known = one.attributes
    if one.is_many_to_many or not known.type:
        return
    if known.db_index and not one.unique:
        yield field_index(editor, one, table)
    like = like_index(editor, one, table)
    if like is not None:
        yield like


def field_index(editor: SchemaEditor, one: Bound, table: str) -> Execution:
    name = schema_editor_name(one.table, (one.column,), "", editor.ground.vendor)
    return executed(CreateIndex(name, table, (IndexPart(one.column),)))


def like_index(editor: SchemaEditor, one: Bound, table: str) -> Execution | None:
    """The index that LIKE uses outside the C locale, which PostgreSQL's schema editor makes for texts."""
    opclass = like_opclass(one) if editor.ground.vendor == "postgresql" else None
    if opclass is None:
        return None
    name = schema_editor_name(one.table, (one.column,), "_like", editor.ground.vendor)
    return executed(CreateIndex(name, table, (IndexPart(one.column, opclass=opclass),)))


def like_opclass(one: Bound) -> str | None:
    """The operator class of that index; None where Django makes none."""
    if not (one.attributes.db_index or one.unique) or isinstance(one.type, Unresolved):
        return None
    return {"varchar": "varchar_pattern_ops", "text": "text_pattern_ops"}.get(one.type.name)


def made_index(editor: SchemaEditor, index: Index, model: ModelState, table: str, *, concurrently: bool) -> Execution:
    """CREATE INDEX for an entry of the model's indexes."""
    name = name_of(index)
    parts = _parts(editor, index, model)
    if parts is None or index.kind is None:
        reason = "the index could not be read" if index.kind is not None else f"{index.path} is defined elsewhere"
        return executed(_unread_index(name, table, reason, concurrently=concurrently))
    condition = _given(index.options.get("condition"))
    return executed(
        CreateIndex(
            name,
            table,
            parts,
            concurrently=concurrently,
            method=_METHODS.get(index.kind),
            where=condition_of(condition, model, editor.ground) if condition is not None else None,
            include=columns_named(model, strings_of(index.options.get("include")) or ()),
        )
    )


def created_constraint(
    editor: SchemaEditor,
    written: WrittenConstraint,
    model: ModelState,
    table: str,
    *,
    not_valid: bool = False,
) -> Execution | None:
    """ADD CONSTRAINT, or CREATE UNIQUE INDEX where no constraint can be what is asked for; None where it is nothing."""
    name = name_of(written)
    options = written.options
    if written.kind == "CheckConstraint":
        given = check_of(written)
        if given is None:
            return opaque("ADD CONSTRAINT", "the condition could not be read", table)
        condition = condition_of(given, model, editor.ground)
        made = Constraint("check", name, condition=condition, not_valid=not_valid)
        return altered(table, AddedConstraint(made))
    if written.kind == "UniqueConstraint":
        return _unique(editor, written, model, table)
    if written.kind == "ExclusionConstraint":
        condition_value = _given(options.get("condition"))
        made = Constraint(
            "exclusion",
            name,
            _excluded(options.get("expressions"), model),
            condition=condition_of(condition_value, model, editor.ground) if condition_value is not None else None,
            deferrable=truth_of(_given(options.get("deferrable")), False) is not False,
            include=columns_named(model, strings_of(options.get("include")) or ()),
            method=(text_of(options.get("index_type")) or "gist").lower(),
            elements=_elements(options.get("expressions"), model, editor),
        )
        return altered(table, AddedConstraint(made))
    return opaque("ADD CONSTRAINT", f"{written.path or 'the constraint'} is defined elsewhere", table)


def is_unique_index(written: WrittenConstraint) -> bool:
    """Whether a UniqueConstraint is made by CREATE UNIQUE INDEX, since no constraint can have what it has."""
    return written.kind == "UniqueConstraint" and any(
        truth_of(_given(written.options.get(option)), False) is not False
        for option in ("condition", "include", "opclasses", "expressions")
    )


def under_its_name(written: BuiltT, model: ModelState) -> BuiltT:
    """With `%(app_label)s` and `%(class)s` of its name filled in, as a rendered model has it."""
    name = name_of(written)
    if name is None or "%(" not in name:
        return written
    return replace(written, options={**written.options, "name": Literal(interpolated(name, model))})


# `suffix` of the classes in django.contrib.postgres.indexes: what stands behind USING.
_METHODS = {
    "BloomIndex": "bloom",
    "BrinIndex": "brin",
    "BTreeIndex": "btree",
    "GinIndex": "gin",
    "GistIndex": "gist",
    "HashIndex": "hash",
    "SpGistIndex": "spgist",
}


def _table(editor: SchemaEditor, model: ModelState | None, name: object, kind: str) -> str | Execution | None:
    if isinstance(name, Unresolved):
        return opaque(kind, name.reason)
    return editor.table(model) if model is not None else None


def _given(value: Value | None) -> Value | None:
    return None if value is None or value == Literal(None) else value


def _unread_index(name: str | None, table: str, reason: str, *, concurrently: bool) -> CreateIndex:
    return CreateIndex(name, table, (IndexPart(None, Expression(LEFT_OUT, unknown=reason)),), concurrently=concurrently)


def _parts(editor: SchemaEditor, built: Index | WrittenConstraint, model: ModelState) -> tuple[IndexPart, ...] | None:
    """The columns and expressions of an index; None where they are not known."""
    classes = strings_of(built.options.get("opclasses")) or ()
    fields = strings_of(built.options.get("fields"))
    expressions = built.options.get("expressions")
    if fields:
        columns = columns_named(model, (name.removeprefix("-") for name in fields))
        opclasses = (*classes, *(None for _ in columns[len(classes) :]))
        return tuple(
            IndexPart(column, opclass=opclass, descending=name.startswith("-"))
            for column, name, opclass in zip(columns, fields, opclasses, strict=True)
        )
    if isinstance(expressions, Sequence) and expressions.items:
        return tuple(_part(editor, value, model) for value in expressions.items)
    return None


def _part(editor: SchemaEditor, value: Value, model: ModelState) -> IndexPart:
    """An expression of an index; `desc()`, OrderBy, Collate and OpClass stand around it, in any order."""
    match value:
        case Call(Call(Reference("builtins.getattr"), (inner, order)), _) if order.value in _ORDERS:
            part = _part(editor, inner.value, model)
            return replace(part, descending=order.value == Literal("desc"))
        case Call(Reference(path), arguments) if path.startswith("django.") and arguments:
            kind = path.rpartition(".")[2]
            positional = [argument.value for argument in arguments if argument.name is None]
            given = {argument.name: argument.value for argument in arguments if argument.name}
            inner_value = positional[0] if positional else given.get("expression")
            second = positional[1] if len(positional) > 1 else None
            if inner_value is not None and kind == "OrderBy":
                descending = truth_of(given.get("descending", second), False) is True
                return replace(_part(editor, inner_value, model), descending=descending)
            if inner_value is not None and kind == "OpClass":
                return replace(_part(editor, inner_value, model), opclass=text_of(given.get("name", second)))
            if inner_value is not None and kind == "Collate":
                return replace(_part(editor, inner_value, model), collation=text_of(given.get("collation", second)))
            if inner_value is not None and kind == "F":
                name = text_of(inner_value)
                if name is not None and "__" not in name:
                    return IndexPart(columns_named(model, (name,))[0])
        case Literal(str(name)) if "__" not in name:
            return IndexPart(columns_named(model, (name,))[0])
        case _:
            pass
    return IndexPart(None, expression_of(value, model, editor.ground))


_ORDERS = (Literal("desc"), Literal("asc"))


def _unique(editor: SchemaEditor, written: WrittenConstraint, model: ModelState, table: str) -> Execution | None:
    name, options = name_of(written), written.options
    condition = _given(options.get("condition"))
    # MySQL has no partial indexes: Django leaves such a constraint out.
    if condition is not None and editor.ground.vendor in ("mysql", "mariadb"):
        return None
    nulls = _given(options.get("nulls_distinct"))
    if nulls is not None and lacks_nulls_distinct(editor):
        return None
    parts = _parts(editor, written, model)
    include = columns_named(model, strings_of(options.get("include")) or ())
    if is_unique_index(written):
        if parts is None:
            unread = _unread_index(name, table, "the constraint could not be read", concurrently=False)
            return executed(replace(unread, unique=True))
        return executed(
            CreateIndex(
                name,
                table,
                parts,
                unique=True,
                where=condition_of(condition, model, editor.ground) if condition is not None else None,
                include=include,
                nulls_distinct=nulls != Literal(False),
            )
        )
    columns = tuple(part.column for part in parts or () if part.column is not None)
    made = Constraint(
        "unique",
        name,
        columns if parts is not None else None,
        deferrable=truth_of(_given(options.get("deferrable")), False) is not False,
        nulls_distinct=nulls != Literal(False),
    )
    return altered(table, AddedConstraint(made))


def lacks_nulls_distinct(editor: SchemaEditor) -> bool:
    """Whether Django leaves a constraint with `nulls_distinct` out, with no more than a warning of its checks.

    supports_nulls_distinct_unique_constraints of its backends: PostgreSQL 15 brought it.
    """
    return editor.ground.vendor != "postgresql" or editor.database_version < (15,)


def _excluded(expressions: Value | None, model: ModelState) -> tuple[str, ...] | None:
    """The columns of an exclusion; None where it is about expressions."""
    if not isinstance(expressions, Sequence):
        return None
    names = []
    for item in expressions.items:
        first = item.items[0] if isinstance(item, Sequence) and item.items else None
        match first:
            case Literal(str(name)):
                names.append(name)
            case Call(Reference(path), (only,)) if path.endswith(".F") and text_of(only.value) is not None:
                names.append(text_of(only.value) or "")
            case _:
                return None
    return columns_named(model, names)


def _elements(expressions: Value | None, model: ModelState, editor: SchemaEditor) -> str:
    """What stands in the brackets of EXCLUDE."""
    elements = []
    for item in expressions.items if isinstance(expressions, Sequence) else ():
        if not isinstance(item, Sequence) or len(item.items) != 2:
            return ""
        part = _part(editor, item.items[0], model)
        written = (
            quoted(part.column)
            if part.column is not None
            else f"({part.expression.sql if part.expression else LEFT_OUT})"
        )
        match item.items[1]:
            case Literal(str(operator)):
                pass
            case Reference(path):
                operator = _RANGE_OPERATORS.get(path.rpartition(".")[2], LEFT_OUT)
            case _:
                operator = LEFT_OUT
        elements.append(f"{written} {part.opclass} WITH {operator}" if part.opclass else f"{written} WITH {operator}")
    return ", ".join(elements)


# django.contrib.postgres.fields.RangeOperators.
_RANGE_OPERATORS = {
    "ADJACENT_TO": "-|-",
    "CONTAINED_BY": "<@",
    "CONTAINS": "@>",
    "EQUAL": "=",
    "FULLY_GT": ">>",
    "FULLY_LT": "<<",
    "NOT_EQUAL": "<>",
    "NOT_GT": "&<",
    "NOT_LT": "&>",
    "OVERLAPS": "&&",
}


def _dropped_together(
    editor: SchemaEditor,
    model: ModelState,
    table: str,
    members: tuple[str, ...],
    known: TableState | None,
    *,
    unique: bool,
) -> Iterator[Execution]:
    """BaseDatabaseSchemaEditor._delete_composed_index."""
    columns = columns_named(model, members)
    suffix = "_uniq" if unique else "_idx"
    name = schema_editor_name(own_table(model, editor.ground) or "", columns, suffix, editor.ground.vendor)
    kept = {*map(name_of, model.constraints), *map(name_of, model.indexes)}
    held: list[IndexState | ConstraintState] = []
    if known is not None:
        held += [one for one in known.indexes if one.unique == unique]
        held += [one for one in known.constraints if unique and one.kind == "unique"]
    found = [
        one.name for one in held if one.columns == columns and one.name and one.name not in kept | editor.postponed
    ]
    waiting = [one for one in editor.deferred if _makes(one.execution, table, columns)]
    if unique and waiting and editor.django >= (6, 1):
        editor.deferred = [one for one in editor.deferred if one is not waiting[0]]
        return
    gone = name if name in found or not found else found[0]
    if unique:
        yield altered(table, DropConstraint(gone))
    else:
        yield executed(DropIndex((gone,), if_exists=True))


def _makes(execution: Execution, table: str, columns: tuple[str, ...]) -> bool:
    """Whether an execution makes a unique constraint on a table's columns."""
    match execution.statements:
        case (AlterTable(on, (AddedConstraint(constraint),)),):
            return on == table and constraint.columns == columns and constraint.kind == "unique"
        case _:
            return False
