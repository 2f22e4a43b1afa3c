"""Tables and columns that come and go: CreateModel, DeleteModel, AddField, RemoveField, AlterOrderWithRespectTo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from miglint.facts.fields import Constraint as WrittenConstraint
from miglint.facts.fields import Field
from miglint.facts.operations import AddField, AlterOrderWithRespectTo, CreateModel, DeleteModel, RemoveField
from miglint.facts.values import Literal, Unresolved, text_of
from miglint.schema.column import has_column, has_effective_default
from miglint.schema.editor.bound import bound, through, through_names
from miglint.schema.editor.columns import column_definition, database_default, is_foreign_key, local_fields, order_field
from miglint.schema.editor.execution import (
    Execution,
    altered,
    executed,
    opaque,
    without_column,
    without_table,
)
from miglint.schema.editor.expressions import columns_named, compiled, literal_sql, quoted, table_sql
from miglint.schema.editor.indexing import (
    created_constraint,
    field_indexes,
    index_together,
    made_index,
    under_its_name,
    unique_together,
)
from miglint.schema.editor.introspection import Introspection
from miglint.schema.model import own_table
from miglint.schema.names import in_database
from miglint.schema.replay import Transition, members_of, strings_of, target_of
from miglint.schema.state import FieldState, ModelState, SchemaState
from miglint.schema.tables import DatabaseState
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AlterTable,
    ColumnDefinition,
    Comment,
    Constraint,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropTable,
    SetConstraints,
    Statement,
)

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor


def create_model(editor: SchemaEditor, transition: Transition, operation: CreateModel) -> Iterator[Execution]:
    """CREATE TABLE, with foreign keys and indexes at the end of the migration, and its many-to-many tables."""
    if not isinstance(operation.name, str):
        yield opaque("CREATE TABLE", operation.name.reason)
        return
    model = editor.model(transition, operation.name)
    if model is None:
        return
    table = editor.table(model)
    if not isinstance(table, str):
        if table is not None:
            yield table
        return
    yield from _created(editor, model, table, transition.after)
    if model.unknown is not None:
        yield opaque("CREATE TABLE", model.unknown, table)
    if editor.django >= (5, 1):
        yield from index_together(editor, model, table, members_of(model.options.get("index_together")) or ())


def delete_model(editor: SchemaEditor, transition: Transition, operation: DeleteModel) -> Iterator[Execution]:
    """DROP TABLE, of the many-to-many tables first; what waits for one of them is forgotten."""
    if not isinstance(operation.name, str):
        yield opaque("DROP TABLE", operation.name.reason)
        return
    model = editor.model(transition, operation.name, before=True)
    table = editor.table(model) if model is not None else None
    if model is None or not isinstance(table, str):
        if isinstance(table, Execution):
            yield table
        return
    for held in model.fields.values():
        yield from drop_between(editor, model, held)
    yield from _dropped(editor, table)


def add_field(editor: SchemaEditor, transition: Transition, operation: AddField) -> Iterator[Execution]:
    """ADD COLUMN, or the table of a many-to-many field."""
    model = editor.model(transition, operation.model_name)
    if not isinstance(operation.name, str) or not isinstance(operation.model_name, str):
        yield opaque("ADD COLUMN", _why(operation.name, operation.model_name))
        return
    table = editor.table(model) if model is not None else None
    if model is None or not isinstance(table, str):
        if isinstance(table, Execution):
            yield table
        return
    yield from _added(editor, model, table, operation.name, operation.field, transition.after)


def remove_field(
    editor: SchemaEditor, transition: Transition, operation: RemoveField, database: DatabaseState
) -> Iterator[Execution]:
    """DROP COLUMN, after the foreign key of the column, or the table of a many-to-many field."""
    if not isinstance(operation.name, str) or not isinstance(operation.model_name, str):
        yield opaque("DROP COLUMN", _why(operation.name, operation.model_name))
        return
    model = editor.model(transition, operation.model_name, before=True)
    table = editor.table(model) if model is not None else None
    if model is None or not isinstance(table, str):
        if isinstance(table, Execution):
            yield table
        return
    held = model.fields.get(operation.name)
    if held is None:
        if model.unknown is not None:
            yield opaque("DROP COLUMN", model.unknown, table)
        return
    if held.field.kind == "ManyToManyField":
        yield from drop_between(editor, model, held)
        return
    yield from _removed(editor, model, table, held.name, held.field, transition.before, database)


def alter_order(
    editor: SchemaEditor, transition: Transition, operation: AlterOrderWithRespectTo, database: DatabaseState
) -> Iterator[Execution]:
    """The column `_order` comes with 0 in every row, or goes."""
    before = editor.model(transition, operation.name, before=True)
    after = editor.model(transition, operation.name)
    table = editor.table(after) if after is not None else None
    if before is None or after is None or not isinstance(table, str):
        if isinstance(table, Execution):
            yield table
        return
    had, has = (text_of(one.options.get("order_with_respect_to")) is not None for one in (before, after))
    if has and not had:
        field = order_field(after)
        field = replace(field, options={**field.options, "default": Literal(0)})
        yield from _added(editor, after, table, "_order", field, transition.after)
    elif had and not has:
        yield from _removed(editor, before, table, "_order", order_field(before), transition.before, database)


def create_between(
    editor: SchemaEditor, model: ModelState, held: FieldState, state: SchemaState
) -> Iterator[Execution]:
    """The table of a many-to-many field, unless a model of the project stands for it."""
    made = through(model, held, editor.ground)
    if made is None:
        if held.field.kind == "ManyToManyField" and "through" not in held.field.options:
            yield opaque("CREATE TABLE", "what its field refers to is not known")
        return
    target = target_of(held.field, model.app_label, model.name, editor.ground.swappable)
    table = in_database(own_table(made, editor.ground) or "")
    sides = through_names(model, target) if target is not None else ()
    yield from _created(editor, made, table, state, pair=sides)


def drop_between(editor: SchemaEditor, model: ModelState, held: FieldState) -> Iterator[Execution]:
    """The table of a many-to-many field goes, unless a model of the project stands for it."""
    made = through(model, held, editor.ground)
    if made is not None:
        yield from _dropped(editor, in_database(own_table(made, editor.ground) or ""))


def _created(
    editor: SchemaEditor, model: ModelState, table: str, state: SchemaState, pair: tuple[str, ...] = ()
) -> Iterator[Execution]:
    """BaseDatabaseSchemaEditor.create_model; `pair` are the fields of a many-to-many table, unique together."""
    ground, django = editor.ground, editor.django
    fields = list(local_fields(model, ground))
    together = (pair,) if pair else members_of(model.options.get("unique_together")) or ()
    waiting = [unique_together(editor, model, table, members) for members in together]
    columns: list[ColumnDefinition] = []
    parametrized = False
    key: tuple[str, ...] | None = None
    unknown = None
    for name, field in fields:
        if field.kind == "CompositePrimaryKey":
            names = _composite(field)
            key = columns_named(model, names) if names is not None else ()
        column = column_definition(model, name, field, state, ground, django, include_default=False)
        if isinstance(column, Unresolved):
            unknown = column.reason
        if not isinstance(column, ColumnDefinition):
            continue
        columns.append(column)
        parametrized = parametrized or _is_parametrized(field, model, editor)
        if is_foreign_key(field):
            one = bound(model, name, field, state, ground, django)
            waiting.append(altered(table, AddConstraint(one.foreign_key(one.table))))
    constraints: list[Constraint] = []
    for written in model.constraints:
        made = created_constraint(editor, under_its_name(written, model), model, table)
        if made is None:
            continue
        match made.statements:
            # Where values are sent apart from the text of CREATE TABLE, what has values in its text waits.
            case (AlterTable(_, (AddConstraint(constraint),)),) if not (parametrized and django >= (5,)) and not _waits(
                written
            ):
                constraints.append(constraint)
            case _:
                waiting.append(made)
    if key is not None:
        constraints.append(Constraint("primary key", None, key))
    yield executed(CreateTable(table, tuple(columns), tuple(constraints)))
    if unknown is not None:
        yield opaque("CREATE TABLE", unknown, table)
    if django >= (4, 2):
        comment = text_of(model.options.get("db_table_comment"))
        if comment:
            yield table_comment(table, comment)
        for name, field in fields:
            comment = text_of(field.options.get("db_comment"))
            if comment and has_column(field) is not False:
                one = bound(model, name, field, state, ground, django)
                yield column_comment(table, one.column, comment)
    for name, field in fields:
        waiting += field_indexes(editor, bound(model, name, field, state, ground, django), table)
    if django < (5, 1):
        waiting += index_together(editor, model, table, members_of(model.options.get("index_together")) or ())
    for index in model.indexes:
        waiting.append(made_index(editor, under_its_name(index, model), model, table, concurrently=False))
    yield from editor.defer(*waiting)
    for held in model.fields.values():
        if held.field.kind == "ManyToManyField":
            yield from create_between(editor, model, held, state)


def table_comment(table: str, comment: str) -> Execution:
    text = f"COMMENT ON TABLE {table_sql(table)} IS {literal_sql(Literal(comment), None)}"
    return executed(Comment("table", table, text=text))


def column_comment(table: str, column: str, comment: str) -> Execution:
    text = f"COMMENT ON COLUMN {table_sql(table)}.{quoted(column)} IS {literal_sql(Literal(comment), None)}"
    return executed(Comment("column", table, column, text))


def _dropped(editor: SchemaEditor, table: str) -> Iterator[Execution]:
    yield executed(DropTable((table,), cascade=True))
    editor.deferred = without_table(editor.deferred, table)


def _added(
    editor: SchemaEditor, model: ModelState, table: str, name: str, field: Field, state: SchemaState
) -> Iterator[Execution]:
    """BaseDatabaseSchemaEditor.add_field."""
    if field.kind == "ManyToManyField":
        held = model.fields.get(name)
        if held is not None:
            yield from create_between(editor, model, replace(held, field=field), state)
        return
    column = column_definition(model, name, field, state, editor.ground, editor.django, include_default=True)
    if isinstance(column, Unresolved):
        yield opaque("ADD COLUMN", column.reason, table)
    if not isinstance(column, ColumnDefinition):
        return
    statements: list[Statement] = []
    one = bound(model, name, field, state, editor.ground, editor.django)
    if is_foreign_key(field):
        constraint = one.foreign_key(one.table)
        column = replace(column, constraints=(*column.constraints, constraint))
        if constraint.name is not None:
            statements.append(SetConstraints((constraint.name,), immediate=True))
    yield executed(AlterTable(table, (AddColumn(column),)), *statements)
    written = database_default(field, model, editor.ground)
    if written is None and has_effective_default(field) is not False:
        yield altered(table, DropDefault(column.name))
    comment = text_of(field.options.get("db_comment"))
    if editor.django >= (4, 2) and comment:
        yield column_comment(table, column.name, comment)
    yield from editor.defer(*field_indexes(editor, one, table))


def _removed(
    editor: SchemaEditor,
    model: ModelState,
    table: str,
    name: str,
    field: Field,
    state: SchemaState,
    database: DatabaseState,
) -> Iterator[Execution]:
    """BaseDatabaseSchemaEditor.remove_field."""
    has = has_column(field)
    if has is False:
        return
    if has is None:
        yield opaque("DROP COLUMN", f"what {field.path or 'the field'} is in the database is not known", table)
        return
    one = bound(model, name, field, state, editor.ground, editor.django)
    if one.is_foreign_key:
        expected = one.foreign_key(one.table).name if is_foreign_key(field) else None
        introspection = Introspection(database, postponed=editor.postponed)
        found = introspection.constraints(table, "foreign key", (one.column,), expected)
        for constraint in found:
            yield executed(
                SetConstraints((constraint,), immediate=True), AlterTable(table, (DropConstraint(constraint),))
            )
    yield altered(table, DropColumn(one.column, cascade=editor.django < (6,)))
    editor.deferred = without_column(editor.deferred, table, one.column)


def _is_parametrized(field: Field, model: ModelState, editor: SchemaEditor) -> bool:
    """Whether the column's definition has values that Django sends apart from its text."""
    default = database_default(field, model, editor.ground)
    if default is not None and default.parametrized:
        return True
    expression = field.options.get("expression") if field.kind == "GeneratedField" else None
    return expression is not None and compiled(expression, model, editor.ground, field).parametrized


def _waits(written: WrittenConstraint) -> bool:
    """Whether CREATE TABLE leaves a constraint for the end of the migration."""
    nulls_distinct = written.options.get("nulls_distinct", Literal(None))
    return written.kind == "UniqueConstraint" and nulls_distinct != Literal(None)


def _composite(field: Field) -> tuple[str, ...] | None:
    return strings_of(field.options.get("field_names"))


def _why(*names: object) -> str:
    return next((name.reason for name in names if isinstance(name, Unresolved)), "a name could not be read")
