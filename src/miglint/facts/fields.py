"""Fields, indexes and constraints: calls whose class and parameters are known."""

from __future__ import annotations

from collections.abc import Mapping

from miglint.facts.source import Span
from miglint.facts.values import Argument, Value
from miglint.records import dataclass


@dataclass(frozen=True, slots=True)
class CallSite:
    """Where a call stands; `arguments` maps a parameter's name to the whole argument, keyword included."""

    span: Span
    callee: Span
    arguments: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class _Built:
    """`path` is the class as imported; `kind` the built-in class that it is or inherits from, None if unknown.

    `options` are arguments by parameter name, positional ones too; `opaque` says that a `*` or `**`
    argument, or one too many, or a class with an `__init__` of its own, may hold options that are not listed.
    While `kind` is None, `arguments` are the call's own, for whoever finds out what class it is.
    """

    path: str
    kind: str | None
    options: Mapping[str, Value]
    opaque: bool
    site: CallSite
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True)
class Field(_Built):
    """A model field: `kind` is its class's name in Django (`django.db.models`, `django.contrib.postgres.fields`, gis).

    `path` is empty where an operation is given something that is not a call.
    """


@dataclass(frozen=True, slots=True)
class Index(_Built):
    """An index; positional expressions are in `options["expressions"]`, a tuple `Sequence`."""


@dataclass(frozen=True, slots=True)
class Constraint(_Built):
    """A constraint: `CheckConstraint`, `UniqueConstraint` or `ExclusionConstraint`."""
