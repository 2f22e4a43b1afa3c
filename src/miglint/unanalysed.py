"""What could not be known without running a migration: said by MIG002, and counted in every summary."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Constraint, Field, Index
from miglint.facts.migration import Migration
from miglint.facts.operations import (
    AddConstraint,
    AddField,
    AddIndex,
    AlterConstraint,
    AlterField,
    AlterModelManagers,
    AlterModelOptions,
    AlterModelTable,
    AlterModelTableComment,
    AlterOrderWithRespectTo,
    AlterTogether,
    CreateCollation,
    CreateExtension,
    CreateModel,
    DeleteModel,
    NamedField,
    Operation,
    RemoveCollation,
    RemoveConstraint,
    RemoveField,
    RemoveIndex,
    RenameField,
    RenameIndex,
    RenameModel,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    UnknownOperation,
    ValidateConstraint,
)
from miglint.facts.source import Location, Span
from miglint.facts.values import Call, Reference, Text, Unresolved, Value, unresolved_in
from miglint.findings import Unanalysed
from miglint.project import Project
from miglint.sql.statement import OpaqueStatement
from miglint.steps import Step

# Options of a field on which its column depends. What a default is is not asked: that there is one is known.
_COLUMN_OPTIONS = frozenset(
    {
        "null",
        "unique",
        "primary_key",
        "db_index",
        "db_column",
        "db_default",
        "max_length",
        "max_digits",
        "decimal_places",
    }
)

_UNPACKED = "a '*' or '**' argument holds what is not written here"


def unanalysed(project: Project) -> tuple[Unanalysed, ...]:
    """What the project's own migrations leave unknown: at most one for each operation and entry of an attribute."""
    return project.once(_all)


def _all(project: Project) -> tuple[Unanalysed, ...]:
    return tuple(_each(project))


def _each(project: Project) -> Iterator[Unanalysed]:
    for key in sorted(project.migrations):
        if key.app_label not in project.layout.linking_only:
            migration = project.migrations[key]
            yield from _attributes(migration)
            opaque = {step.index: step for step in project.steps_of(key) if isinstance(step.operation, RunSQL)}
            for index, operation in migration.operations_within():
                found = _doubt(operation) or (_sql_doubt(opaque[index]) if index in opaque else None)
                if found is not None:
                    subject, reason, span = found
                    yield Unanalysed(
                        key, Location(migration.path, span), reason, subject, index, _is_foreign(operation)
                    )


def _attributes(migration: Migration) -> Iterator[Unanalysed]:
    for name, entries in (
        ("dependencies", migration.dependencies),
        ("run_before", migration.run_before),
        ("replaces", migration.replaces),
        ("atomic", (migration.atomic,)),
    ):
        for entry in entries:
            if isinstance(entry, Unresolved):
                what = "Whether this migration is atomic" if name == "atomic" else f"An entry of {name}"
                reason = f"{what} is not known, because {entry.reason}."
                yield Unanalysed(migration.key, Location(migration.path, entry.span), reason, name)


def _doubt(operation: Operation) -> tuple[str, str, Span] | None:
    """The subject, the sentence and the place of the first thing about an operation that is not known."""
    span = operation.site.span
    if isinstance(operation, UnknownOperation):
        subject = _name(operation.function) or ("operations" if operation.several else "operation")
        return subject, _why_unknown(operation, subject), span
    kind = type(operation).__name__
    own = operation.subclass
    if own is not None and "unknown" in (own.state, own.database):
        subject = own.path.lstrip("#")
        part = "the state" if own.state == "unknown" else "the database"
        return subject, f"'{subject}' changes what {kind} does to {part} in a way that is not known.", span
    for what, unknown in _parts(operation):
        return kind, f"{what} of this {kind} is not known, because {unknown.reason}.", unknown.span
    return None


def _sql_doubt(step: Step) -> tuple[str, str, Span] | None:
    """SQL of which it cannot be read what it does: DO, CALL, a template, what is no SQL."""
    for execution in step.executions:
        for statement in execution.statements:
            if isinstance(statement, OpaqueStatement):
                reason = f"What {statement.kind} does here is not known, because {statement.reason}."
                return "RunSQL", reason, step.operation.site.span
    return None


def _why_unknown(operation: UnknownOperation, subject: str) -> str:
    if operation.several:
        return f"Which operations stand here is not known, because {operation.reason}."
    if _is_foreign(operation):
        return f"'{subject}' is not one of Django's operations: what it does is not known."
    what = "this operation" if operation.function is None else f"'{subject}'"
    return f"What {what} does is not known, because {operation.reason}."


def _is_foreign(operation: Operation) -> bool:
    """Whether a class is called that neither this file nor one beside it defines."""
    if not isinstance(operation, UnknownOperation) or operation.several:
        return False
    match operation.function:
        case Reference(path):
            return not path.startswith(("#", ".", "builtins.")) and path.rpartition(".")[2][:1].isupper()
        case _:
            return False


def _name(function: Value | None) -> str:
    match function:
        case Reference(path):
            return path.removeprefix("builtins.").lstrip("#")
        case Call(function=inner):
            return _name(inner)
        case _:
            return ""


def _parts(operation: Operation) -> Iterator[tuple[str, Unresolved]]:
    """What judgement needs of an operation and does not have."""
    match operation:
        case CreateModel(name=name, fields=fields, options=options, bases=bases):
            yield from _text("The name", name)
            for field in fields:
                match field:
                    case Unresolved():
                        yield "A field", field
                    case NamedField(Unresolved() as field_name, built):
                        yield "The name of a field", field_name
                        yield from _field("", built)
                    case NamedField(field_name, built):
                        yield from _field(f"of the field '{field_name}'", built)
            if isinstance(options, Unresolved):
                yield "The options", options
            else:
                yield from _text("The table", options.get("db_table"))
            yield from _value("The bases", bases)
        case DeleteModel(name=name) | AlterModelManagers(name=name) | AlterModelTableComment(name=name):
            yield from _text("The model", name)
        case RenameModel(old_name=old, new_name=new):
            yield from _text("The old name", old)
            yield from _text("The new name", new)
        case AlterModelTable(name=name, table=table):
            yield from _text("The model", name)
            yield from _text("The table", table)
        case AlterModelOptions(name=name, options=options):
            yield from _text("The model", name)
            if isinstance(options, Unresolved):
                yield "The options", options
        case AlterTogether(name=name, value=value):
            yield from _text("The model", name)
            yield from _value("The value", value)
        case AlterOrderWithRespectTo(name=name, order_with_respect_to=field_name):
            yield from _text("The model", name)
            yield from _text("The field", field_name)
        case AddField(model_name=model, name=name, field=built) | AlterField(model_name=model, name=name, field=built):
            yield from _text("The model", model)
            yield from _text("The name", name)
            yield from _field("", built)
        case RemoveField(model_name=model, name=name):
            yield from _text("The model", model)
            yield from _text("The name", name)
        case RenameField(model_name=model, old_name=old, new_name=new):
            yield from _text("The model", model)
            yield from _text("The old name", old)
            yield from _text("The new name", new)
        case AddIndex(model_name=model, index=index):
            yield from _text("The model", model)
            yield from _built("the index", index)
        case RenameIndex(model_name=model, new_name=new, old_name=old, old_fields=old_fields):
            yield from _text("The model", model)
            yield from _text("The new name", new)
            yield from _text("The old name", old)
            yield from _value("The fields", old_fields)
        case AddConstraint(model_name=model, constraint=constraint):
            yield from _text("The model", model)
            yield from _built("the constraint", constraint)
        case AlterConstraint(model_name=model, name=name, constraint=constraint):
            yield from _text("The model", model)
            yield from _text("The name", name)
            yield from _built("the constraint", constraint)
        case (
            RemoveIndex(model_name=model, name=name)
            | RemoveConstraint(model_name=model, name=name)
            | ValidateConstraint(model_name=model, name=name)
        ):
            yield from _text("The model", model)
            yield from _text("The name", name)
        case CreateExtension(name=name) | CreateCollation(name=name) | RemoveCollation(name=name):
            yield from _text("The name", name)
        case RunSQL(sql=sql):
            yield from _value("The SQL", sql)
        case RunPython() | SeparateDatabaseAndState() | UnknownOperation():
            # Which function it is says nothing that a schema needs; what the others hold is walked by itself.
            return


def _text(what: str, text: Text | Value | None) -> Iterator[tuple[str, Unresolved]]:
    if isinstance(text, Unresolved):
        yield what, text


def _value(what: str, value: Value | None) -> Iterator[tuple[str, Unresolved]]:
    if value is not None:
        for unknown in unresolved_in(value):
            yield what, unknown


def _field(whose: str, field: Field) -> Iterator[tuple[str, Unresolved]]:
    unknown = {
        option: value
        for option, value in field.options.items()
        if option in _COLUMN_OPTIONS and isinstance(value, Unresolved)
    }
    for option, value in sorted(unknown.items()):
        yield f"The option '{option}' {whose}".rstrip(), value
    # What a project's or a library's own class makes of its arguments is not for the migration to say.
    if field.opaque and field.path.startswith("django."):
        yield (
            f"An option {whose}".rstrip(),
            Unresolved(_UNPACKED, field.site.span),
        )


def _built(what: str, built: Index | Constraint) -> Iterator[tuple[str, Unresolved]]:
    for option, value in sorted(built.options.items()):
        for unknown in unresolved_in(value):
            yield f"The option '{option}' of {what}", unknown
    if built.opaque:
        yield (
            f"An option of {what}",
            Unresolved(_UNPACKED, built.site.span),
        )
