"""Django's migration operations, one class each, in Django's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import NamedTuple, TypeAlias

from miglint.facts.fields import CallSite, Constraint, Field, Index
from miglint.facts.source import Span
from miglint.facts.values import Argument, Call, Text, Unresolved, Value
from miglint.records import dataclass

# What a subclass's own method does, beside the base class's: the same, nothing (`pass`), or unknown.
Behaviour: TypeAlias = OneOf["same", "nothing", "unknown"]


class Subclass(NamedTuple):
    """A project's or a library's own subclass of a built-in operation."""

    path: str
    state: Behaviour
    database: Behaviour


@dataclass(frozen=True, slots=True, kw_only=True)
class _Operation:
    """`site` is the call; `subclass` is set where the class called is not Django's own.

    `call` is the whole call, kept where a part that has to be known (a name, a list of fields) is not known
    from this file alone, so that it can be built anew once other files have answered.
    """

    site: CallSite
    subclass: Subclass | None = None
    call: Call | None = None


class NamedField(NamedTuple):
    """An item of `CreateModel.fields`."""

    name: Text
    field: Field


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateModel(_Operation):
    """`fields` holds an `Unresolved` in place of items that are not known; `bases` and `managers` are as given."""

    name: Text
    fields: tuple[NamedField | Unresolved, ...]
    options: Mapping[str, Value] | Unresolved
    bases: Value | None
    managers: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteModel(_Operation):
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameModel(_Operation):
    old_name: Text
    new_name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterModelTable(_Operation):
    """`table` None is the default name."""

    name: Text
    table: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterModelTableComment(_Operation):
    name: Text
    table_comment: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterModelOptions(_Operation):
    name: Text
    options: Mapping[str, Value] | Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterModelManagers(_Operation):
    name: Text
    managers: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterTogether(_Operation):
    """AlterUniqueTogether and AlterIndexTogether: `value` as given."""

    name: Text
    option: OneOf["unique_together", "index_together"]
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterOrderWithRespectTo(_Operation):
    name: Text
    order_with_respect_to: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddField(_Operation):
    model_name: Text
    name: Text
    field: Field
    preserve_default: bool | Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveField(_Operation):
    model_name: Text
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterField(_Operation):
    model_name: Text
    name: Text
    field: Field
    preserve_default: bool | Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameField(_Operation):
    model_name: Text
    old_name: Text
    new_name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AddIndex(_Operation):
    """AddIndex, and AddIndexConcurrently where `concurrently`."""

    model_name: Text
    index: Index
    concurrently: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveIndex(_Operation):
    """RemoveIndex, and RemoveIndexConcurrently where `concurrently`."""

    model_name: Text
    name: Text
    concurrently: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameIndex(_Operation):
    model_name: Text
    new_name: Text
    old_name: Text | None
    old_fields: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddConstraint(_Operation):
    """AddConstraint, and AddConstraintNotValid where `not_valid`."""

    model_name: Text
    constraint: Constraint
    not_valid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveConstraint(_Operation):
    model_name: Text
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class AlterConstraint(_Operation):
    model_name: Text
    name: Text
    constraint: Constraint


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateConstraint(_Operation):
    model_name: Text
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExtension(_Operation):
    """CreateExtension and its named subclasses (TrigramExtension, …): `name` is PostgreSQL's."""

    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCollation(_Operation):
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveCollation(_Operation):
    name: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPython(_Operation):
    """`code` as given; `reverse_code` None where it is absent or `None`, so that the operation cannot be undone.

    `noop` is a `Reference` to `signatures.RUN_PYTHON_NOOP`, however it was imported; RunSQL's likewise.
    """

    code: Value
    reverse_code: Value | None
    atomic: Value | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSQL(_Operation):
    """`sql` as given; `reverse_sql` None where it is absent or `None`, so that the operation cannot be undone."""

    sql: Value
    reverse_sql: Value | None
    state_operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeparateDatabaseAndState(_Operation):
    database_operations: tuple[Operation, ...]
    state_operations: tuple[Operation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownOperation(_Operation):
    """Something in `operations` that is not known to be a built-in operation.

    `function` is what is called (None where it is no call), `several` says that it stands for an unknown
    number of operations (an unpacked or summed list), `reason` ends the sentence "unknown because …".
    `value` is what stands there, calls included. `state` is "nothing" where what is called is known to leave
    Django's state alone.
    """

    function: Value | None
    arguments: tuple[Argument, ...]
    several: bool
    reason: str
    value: Value | None = None
    state: Behaviour = "unknown"


Operation: TypeAlias = (
    CreateModel
    | DeleteModel
    | RenameModel
    | AlterModelTable
    | AlterModelTableComment
    | AlterModelOptions
    | AlterModelManagers
    | AlterTogether
    | AlterOrderWithRespectTo
    | AddField
    | RemoveField
    | AlterField
    | RenameField
    | AddIndex
    | RemoveIndex
    | RenameIndex
    | AddConstraint
    | RemoveConstraint
    | AlterConstraint
    | ValidateConstraint
    | CreateExtension
    | CreateCollation
    | RemoveCollation
    | RunPython
    | RunSQL
    | SeparateDatabaseAndState
    | UnknownOperation
)


class IndexedOperation(NamedTuple):
    """An operation with its place in `operations`, a dotted index path: `3`, `3.database.0`, `3.state.1`."""

    place: str
    operation: Operation


def span_of(operation: Operation, argument: str | None = None) -> Span:
    """The span of an operation's argument, else of the whole call."""
    if argument is not None and argument in operation.site.arguments:
        return operation.site.arguments[argument]
    return operation.site.span


def model_named(operation: Operation) -> str | None:
    """The model that an operation is about, as written: `model_name`, or the model's own `name`; None where unknown."""
    match operation:
        case (
            AddField()
            | RemoveField()
            | AlterField()
            | RenameField()
            | AddIndex()
            | RemoveIndex()
            | RenameIndex()
            | AddConstraint()
            | RemoveConstraint()
            | AlterConstraint()
            | ValidateConstraint()
        ):
            named: Text = operation.model_name
        case (
            CreateModel()
            | DeleteModel()
            | AlterModelTable()
            | AlterModelTableComment()
            | AlterModelOptions()
            | AlterModelManagers()
            | AlterTogether()
            | AlterOrderWithRespectTo()
        ):
            named = operation.name
        case RenameModel(old_name=old_name):
            named = old_name
        case (
            CreateExtension()
            | CreateCollation()
            | RemoveCollation()
            | RunPython()
            | RunSQL()
            | SeparateDatabaseAndState()
            | UnknownOperation()
        ):
            return None
    return named if isinstance(named, str) else None
