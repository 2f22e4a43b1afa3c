"""A module, the migration that it defines, and the key under which Django knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.operations import (
    IndexedOperation,
    Operation,
    RunSQL,
    SeparateDatabaseAndState,
)
from miglint.facts.source import Span
from miglint.facts.values import Argument, Unresolved, Value
from miglint.records import dataclass


class MigrationKey(NamedTuple):
    app_label: str
    name: str

    def __str__(self) -> str:
        return f"{self.app_label}.{self.name}"


class Dependency(NamedTuple):
    """An entry of `dependencies`, `run_before` or `replaces` as a literal pair; `name` may be `__first__`."""

    key: MigrationKey
    span: Span


class SwappableDependency(NamedTuple):
    """`migrations.swappable_dependency(settings.X)`: `setting` is `X`, or the literal `app.Model` if it was one."""

    setting: str
    span: Span


class MalformedDependency(NamedTuple):
    """An entry that makes Django's loader fail whatever else there is; `why` is the loader's complaint."""

    text: str
    why: str
    span: Span


# An entry that cannot be known is an `Unresolved`.
AnyDependency: TypeAlias = Dependency | SwappableDependency | MalformedDependency | Unresolved


class Suppression(NamedTuple):
    """A comment that hides findings: `# miglint: ignore[…]`, `# miglint: ignore-file[…]`, `# noqa: MIG…`.

    `lines` is the range of lines (first, last) that it speaks for: its own, or, standing alone on its line,
    the statement or list item below it; of a file-wide one it is the whole file. `codes` are as written.
    """

    kind: OneOf["ignore", "ignore-file", "noqa"]
    codes: tuple[str, ...]
    code_spans: tuple[Span, ...]
    reason: str
    span: Span
    lines: tuple[int, int]


class ModelLookup(NamedTuple):
    """A `get_model(…)` of one of a function's parameters; `model` is None where only its app is known."""

    parameter: str
    app_label: str
    model: str | None
    span: Span


class HandedOn(NamedTuple):
    """A call that gets parameters of the function in which it stands.

    `function` is a `Reference.path`; `given` holds, by position or keyword, the name of the parameter; `vendors` is
    as in `ModelQuery`.
    """

    function: str
    given: tuple[tuple[int | str, str], ...]
    span: Span
    vendors: tuple[str, ...] | None = None


# What a query does to a table, in SQL's words.
QueryVerb: TypeAlias = OneOf["select", "insert", "update", "delete"]


class ModelQuery(NamedTuple):
    """What a function does to the rows of a model that it has from `get_model`.

    `fields` are those that get new values (before save(), the attributes that were given any), empty where none is
    known; `emptied` those of them that get NULL in every row. `lookups` are the keywords that narrow the rows, as in
    `filter(…)`; `filtered` says that anything narrows them: a loop over `.all()` with `save()` in it, under no
    condition, is an update that is not filtered. `vendors` are the `connection.vendor` of those databases on which
    it is reached, where conditions ask for that; None where it is reached on any.
    """

    verb: QueryVerb
    app_label: str
    model: str
    fields: tuple[str, ...]
    emptied: tuple[str, ...]
    lookups: tuple[str, ...]
    filtered: bool
    locks_rows: bool
    span: Span
    vendors: tuple[str, ...] | None = None


class ExecutedSQL(NamedTuple):
    """A string that a function hands to a cursor or to the schema editor; `Unresolved` where it is not written out.

    `vendors` is as in `ModelQuery`.
    """

    sql: Value
    span: Span
    vendors: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """A function that a migration may call or hand to RunPython; its name is dotted where nested.

    `returns` is what it returns, with `Parameter`s in it, where its body is simple enough to say; else
    an `Unresolved`. `parameters` carry the stars of `*args` and `**kwargs`; `defaults` are default values.
    `forwards` are the arguments of the only thing that it does, a call of the same method of `super()`,
    with `Parameter`s in them; None where it does anything else. `span` is `def` and the name.
    `lookups` and `calls` are those that nothing in the function guards, whatever conditions they stand under.
    `queries` are what it asks of the database, in order, as far as that can be seen. `strings` are the strings in a
    method `deconstruct`: among them the options that a field takes out of what a migration is told. `sets` are the
    literals that an `__init__` puts into its `**kwargs`, whatever it is given.
    """

    name: str
    span: Span
    parameters: tuple[str, ...]
    defaults: Mapping[str, Value]
    returns: Value
    does_nothing: bool
    forwards: tuple[Argument, ...] | None = None
    lookups: tuple[ModelLookup, ...] = ()
    calls: tuple[HandedOn, ...] = ()
    queries: tuple[ModelQuery | ExecutedSQL, ...] = ()
    strings: tuple[str, ...] = ()
    sets: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Class:
    """A class of a module; `span` is its header, `methods` the functions in its body by name.

    The `operations` of the class `Migration` are left out of `attributes`: its facts hold them.
    """

    name: str
    bases: tuple[Value, ...]
    attributes: Mapping[str, Value]
    methods: Mapping[str, Function]
    span: Span


@dataclass(frozen=True, slots=True)
class MigrationClass:
    """The class `Migration` of a module.

    `declared` names the attributes that its own body sets, or that it inherits from a class of this file.
    What cannot be known of `dependencies`, `run_before` and `replaces` is an `Unresolved` entry.
    """

    span: Span
    bases: tuple[Value, ...]
    declared: frozenset[str]
    attribute_spans: Mapping[str, Span]
    dependencies: tuple[AnyDependency, ...]
    run_before: tuple[AnyDependency, ...]
    replaces: tuple[AnyDependency, ...]
    operations: tuple[Operation, ...]
    initial: Value | None
    atomic: Value | None


@dataclass(frozen=True, slots=True)
class Module:
    """What one Python file says, whoever it belongs to.

    `names` are the module's names as its last line leaves them: an imported one is a `Reference`, a class or
    function of its own a `Reference("#name")`. `stars` are the modules of its star imports, in order.
    `migration` is set where the file itself defines the class that is called `Migration`. `needs` are the dotted names
    without which a file that defines a migration cannot be loaded, in the form of `Reference.path`; `later_needs` are
    those that its functions import when they run.
    """

    names: Mapping[str, Value]
    stars: tuple[str, ...]
    functions: Mapping[str, Function]
    classes: Mapping[str, Class]
    migration: MigrationClass | None
    suppressions: tuple[Suppression, ...]
    needs: Mapping[str, Span] = field(default_factory=dict)
    later_needs: Mapping[str, Span] = field(default_factory=dict)


class Failure(NamedTuple):
    """Why a file's bytes gave no facts, and where; `limit` says that it is miglint that stops there, and not Python."""

    reason: str
    span: Span
    limit: bool = False


class Absent(NamedTuple):
    """A name that a migration's file needs, and that the tree does not have.

    `needed` is the dotted name as the file has it, `name` the part of it that is not there, `module` the file of the
    tree that would have to bind it, or to lie beside it. `later` says that only a function needs it, when it runs.
    """

    needed: str
    name: str
    module: str
    span: Span
    later: bool = False


@dataclass(frozen=True, slots=True)
class Migration:
    """A migration under its key, with every name that the project can answer answered.

    `path` is relative to the tree's root. `helpers` are functions of other files of the tree that RunPython calls, or
    that the module's functions hand their parameters on to: path and name by the `Reference.path` here.
    """

    key: MigrationKey
    path: str
    span: Span
    dependencies: tuple[AnyDependency, ...]
    run_before: tuple[AnyDependency, ...]
    replaces: tuple[AnyDependency, ...]
    operations: tuple[Operation, ...]
    attribute_spans: Mapping[str, Span]
    initial: bool | None
    atomic: bool | Unresolved
    module: Module
    helpers: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def operations_within(self) -> Iterator[IndexedOperation]:
        """Every operation, nested ones after the one that holds them, with its index path."""
        yield from _walk(self.operations, "")


class Unreadable(NamedTuple):
    """A migration file that could not be read: `path` is relative to the tree's root.

    `excluded` says that the settings leave it out, though not its app: it is there, and nobody asks what is in it.
    """

    key: MigrationKey
    path: str
    failure: Failure
    excluded: bool = False


def _walk(operations: tuple[Operation, ...], prefix: str) -> Iterator[IndexedOperation]:
    for number, operation in enumerate(operations):
        index = f"{prefix}{number}"
        yield IndexedOperation(index, operation)
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _walk(operation.database_operations, f"{index}.database.")
            yield from _walk(operation.state_operations, f"{index}.state.")
        elif isinstance(operation, RunSQL):
            yield from _walk(operation.state_operations, f"{index}.state.")
