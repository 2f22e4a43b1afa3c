"""Fields and operations as a migration writes them, with plain Python values for what is plain."""

from factories import site

from miglint.facts.fields import Field
from miglint.facts.operations import AddField, RunPython, RunSQL, SeparateDatabaseAndState
from miglint.facts.source import Span
from miglint.facts.target import Database, Target
from miglint.facts.values import Argument, Call, Literal, Reference, Unresolved, Value

SPAN = Span(1, 1, 1, 1)
UNKNOWN = Unresolved("it is made at run time", SPAN)


def fact(value: object) -> Value:
    return value if isinstance(value, Value) else Literal(value)


def call(path: str, *positional: object, **named: object) -> Call:
    arguments = [(None, value) for value in positional] + list(named.items())
    return Call(Reference(path), tuple(Argument(name, fact(value), SPAN) for name, value in arguments), SPAN, SPAN)


def field(kind: str | None, *, path: str | None = None, opaque: bool = False, **options: object) -> Field:
    given = {name: fact(value) for name, value in options.items()}
    return Field(path or f"django.db.models.{kind}", kind, given, opaque, site())


def add_field(model: str, name: str, added: Field, **more) -> AddField:
    return AddField(site=site(), model_name=model, name=name, field=added, **{"preserve_default": True} | more)


def run_python(code: object, reverse_code: object | None = None, **more) -> RunPython:
    reverse = None if reverse_code is None else fact(reverse_code)
    return RunPython(site=site(), code=fact(code), reverse_code=reverse, atomic=None, **more)


def run_sql(sql: object, reverse_sql: object | None = None, state_operations=(), **more) -> RunSQL:
    reverse = None if reverse_sql is None else fact(reverse_sql)
    return RunSQL(site=site(), sql=fact(sql), reverse_sql=reverse, state_operations=state_operations, **more)


def separately(database=(), state=()) -> SeparateDatabaseAndState:
    return SeparateDatabaseAndState(site=site(), database_operations=database, state_operations=state)


def target(vendor: str = "postgresql", *version: int, django: tuple[int, ...] = (5, 2)) -> Target:
    return Target(django, "the settings", Database(vendor, version), "the settings")
