"""RunSQL and RunPython."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.facts.operations import RunPython, RunSQL
from miglint.facts.values import Literal, Reference, Sequence, Unresolved, Value, text_of
from miglint.schema.editor.execution import Execution, opaque
from miglint.schema.replay import Transition
from miglint.signatures import RUN_SQL_NOOP

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
    """The row work that can be seen in the function; what cannot be seen is not here."""
    return
    yield


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
