"""RunSQL and RunPython."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.facts.migration import ExecutedSQL, Function, Migration, ModelQuery
from miglint.facts.operations import RunPython, RunSQL
from miglint.facts.values import Literal, Reference, Sequence, Unresolved, Value, text_of
from miglint.schema.column import has_column
from miglint.schema.editor.columns import local_fields, primary_key_column
from miglint.schema.editor.execution import Execution, executed, opaque
from miglint.schema.editor.expressions import columns_named
from miglint.schema.model import concrete, table_of
from miglint.schema.names import in_database
from miglint.schema.replay import Transition
from miglint.schema.state import ModelState
from miglint.signatures import RUN_SQL_NOOP
from miglint.sql.statement import Delete, Insert, Select, Update

if TYPE_CHECKING:
    from miglint.schema.editor import SchemaEditor


def run_sql(editor: SchemaEditor, operation: RunSQL) -> Iterator[Execution]:
    """Each string is sent in one go; a list's items are strings of their own, with parameters where they are pairs."""
    match operation.sql:
        case Reference(path) if path == RUN_SQL_NOOP:
            return
        case Sequence("list" | "tuple", items):
            for item in items:
                yield from _string(editor, item)
        case sql:
            yield from _string(editor, sql)


def run_python(editor: SchemaEditor, transition: Transition, operation: RunPython) -> Iterator[Execution]:
    """The row work and the SQL that can be seen in the function; what cannot be seen is not here."""
    vendor = "mysql" if editor.ground.vendor == "mariadb" else editor.ground.vendor
    for function in _functions(transition.migration, operation.code, vendor):
        for query in function.queries:
            if query.vendors is not None and vendor not in query.vendors:
                continue
            match query:
                case ExecutedSQL(sql):
                    yield from _string(editor, sql)
                case ModelQuery():
                    yield from _queried(editor, transition, query)


def _string(editor: SchemaEditor, sql: Value) -> Iterator[Execution]:
    if isinstance(sql, Sequence) and sql.items:
        sql = sql.items[0]
    text = text_of(sql)
    if text is None:
        if sql != Literal(None):
            reason = sql.reason if isinstance(sql, Unresolved) else "the SQL is not written here"
            made = opaque("SQL", reason)
            yield Execution(made.statements, query=editor.next_query())
        return
    # RunSQL.noop is an empty string.
    if not text.strip():
        return
    from miglint.sql.parse import parse

    query = editor.next_query()
    for written in parse(text):
        yield Execution((written.statement,), text=written.sql, query=query)


def _functions(migration: Migration, code: Value, vendor: str) -> Iterator[Function]:
    """The function that RunPython calls, and those of its file that it hands `apps` or the schema editor on to."""
    waiting = [code.path] if isinstance(code, Reference) else []
    seen: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        function = _function(migration, path)
        if path in seen or function is None:
            continue
        seen.add(path)
        yield function
        waiting += [call.function for call in function.calls if call.vendors is None or vendor in call.vendors]


def _function(migration: Migration, path: str) -> Function | None:
    if not path.startswith("#"):
        return None
    name = path.removeprefix("#")
    owner, _, method = name.rpartition(".")
    if owner in migration.module.classes and method in migration.module.classes[owner].methods:
        return migration.module.classes[owner].methods[method]
    return migration.module.functions.get(name)


def _queried(editor: SchemaEditor, transition: Transition, query: ModelQuery) -> Iterator[Execution]:
    found = transition.before.model(query.app_label, query.model)
    model = concrete(found, transition.before) if found is not None else None
    table = table_of(model, editor.ground) if model is not None else None
    if model is None or not isinstance(table, str):
        return
    table = in_database(table)
    columns = columns_named(model, query.fields)
    match query.verb:
        case "select":
            yield executed(Select((table,), locks_rows=query.locks_rows, filtered=query.filtered))
        case "insert":
            yield executed(Insert(table, columns or _all_columns(model, editor)))
        case "update":
            key = primary_key_column(model, editor.ground)
            equals = _equals(model, query)
            yield executed(
                Update(
                    table,
                    # save() writes every column, but what was given no new value stays as it was.
                    columns,
                    filtered=query.filtered,
                    by_key=key in equals,
                    equals=equals,
                    emptied=columns_named(model, query.emptied),
                )
            )
        case "delete":
            equals = _equals(model, query)
            by_key = primary_key_column(model, editor.ground) in equals
            yield executed(Delete(table, filtered=query.filtered, by_key=by_key, equals=equals))


def _all_columns(model: ModelState, editor: SchemaEditor) -> tuple[str, ...]:
    fields = [(name, field) for name, field in local_fields(model, editor.ground) if has_column(field) is not False]
    return columns_named(model, (name for name, _ in fields))


def _equals(model: ModelState, query: ModelQuery) -> tuple[str, ...]:
    """The columns that lookups hold to constants."""
    names = []
    for lookup in query.lookups:
        name, _, kind = lookup.partition("__")
        if kind in ("", "exact", "in", "id", "pk"):
            names.append(name)
    return tuple(dict.fromkeys(columns_named(model, names)))
