"""Python values as written in a migration, evaluated as far as that needs no running.

A name that is bound in the same file has been replaced by its value already; what remains is what
only another file, or a running Django, could tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal as OneOf
from typing import TypeAlias

from miglint.facts.source import Span
from miglint.records import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    value: str | bytes | int | float | complex | bool | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that the file does not evaluate.

    `path` is dotted and absolute where an import says so (`django.utils.timezone.now`), starts with
    dots for a relative import (`..models.status`), with `#` for what this file defines
    (`#forwards`, `#Migration.forwards`, `#<lambda:3:5>`), and is `builtins.x` for a built-in or unbound
    name, which a star import may bind.
    """

    path: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter inside `Function.returns`, to be replaced by the call's argument."""

    name: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a call: `name` is None for a positional one, `*` or `**` for an unpacked one."""

    name: str | None
    value: Value
    span: Span


@dataclass(frozen=True, slots=True)
class Call:
    """A call; operators are calls of `operator.add`, `operator.or_`, … and `getattr`/`getitem` likewise."""

    function: Value
    arguments: tuple[Argument, ...]
    span: Span
    function_span: Span


@dataclass(frozen=True, slots=True)
class Sequence:
    kind: OneOf["list", "tuple", "set"]
    items: tuple[Value, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Mapping:
    items: tuple[tuple[Value, Value], ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Digest:
    """A value that no rule reads (`choices`, `help_text`, …): only whether two of them are the same."""

    of: str


@dataclass(frozen=True, slots=True)
class Unresolved:
    """What could not be known without running the file, and why, as the end of "unknown because …".

    `either` holds the values that it may be, where a condition decides between values that are known.
    """

    reason: str
    span: Span
    either: tuple[Value, ...] = ()


Value: TypeAlias = Literal | Reference | Parameter | Call | Sequence | Mapping | Digest | Unresolved

# A string that an operation needs, where it could be read.
Text: TypeAlias = str | Unresolved


def text_of(value: Value | None) -> str | None:
    """The string that a value is, else None."""
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else None


def truth_of(value: Value | None, default: bool) -> bool | None:
    """The truth value as Python sees it; None where unknown. `null='True'` is true, as in Django."""
    match value:
        case None:
            return default
        case Literal(known):
            return bool(known)
        case Sequence(items=items):
            return bool(items)
        case Mapping(items=pairs):
            return bool(pairs)
        case Reference(path):
            # A class or a function is true; a setting or a project's constant may be anything.
            return True if path.startswith(("#", "builtins.")) else None
        case Call() | Digest() | Unresolved() | Parameter():
            return None


def unresolved_in(value: Value) -> Iterator[Unresolved]:
    """Every part of a value that could not be known, outermost first."""
    match value:
        case Unresolved():
            yield value
        case Sequence(items=items):
            for item in items:
                yield from unresolved_in(item)
        case Mapping(items=pairs):
            for key, item in pairs:
                yield from unresolved_in(key)
                yield from unresolved_in(item)
        case Call(function, arguments):
            yield from unresolved_in(function)
            for argument in arguments:
                yield from unresolved_in(argument.value)
        case Literal() | Reference() | Parameter() | Digest():
            return


def texts_in(value: Value) -> Iterator[str]:
    """The strings that a value is or lists, at any depth, in order."""
    match value:
        case Literal(str(text)):
            yield text
        case Sequence(items=items):
            for item in items:
                yield from texts_in(item)
        case _:
            return
