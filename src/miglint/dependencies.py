"""Values → entries of `dependencies`, `run_before` and `replaces`, as Django's loader takes them."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.migration import (
    AnyDependency,
    Dependency,
    MalformedDependency,
    MigrationKey,
    SwappableDependency,
)
from miglint.facts.source import Span
from miglint.facts.values import Argument, Call, Literal, Reference, Sequence, Unresolved, Value


def dependencies_of(value: Value, span: Span) -> tuple[AnyDependency, ...]:
    """Every entry that is known, and an `Unresolved` for each that is not; `span` is for those without a place."""
    return tuple(_entries(value, span))


def _entries(value: Value, span: Span) -> Iterator[AnyDependency]:
    match value:
        case Sequence("tuple", (Literal(str()), Literal(str()))):
            yield _entry(value, span)
        case Sequence(items=items, span=place):
            for item in items:
                if isinstance(item, Unresolved):
                    yield from _entries(item, place)
                else:
                    yield _entry(item, place)
        case Call(Reference("operator.add"), (Argument(None, left), Argument(None, right)), place):
            yield from _entries(left, place)
            yield from _entries(right, place)
        case Unresolved(either=either):
            # Whatever the condition is about is there when it is installed: the order holds in either case.
            yield from dict.fromkeys(entry for one in either for entry in _entries(one, span))
            yield value
        case Call(Reference(path), _, place):
            yield Unresolved(f"what '{path.lstrip('#').removeprefix('builtins.')}' returns is not known", place)
        case Reference(path):
            yield Unresolved(f"'{path.lstrip('#').removeprefix('builtins.')}' is not known from this file alone", span)
        case _:
            yield Unresolved("it is no list", span)


def _entry(item: Value, span: Span) -> AnyDependency:
    match item:
        case Sequence("tuple", (Literal(str(label)), Literal(str(name))), place):
            return Dependency(MigrationKey(label, name), place)
        case Sequence("tuple" | "list", items, place) if all(isinstance(part, Literal) for part in items):
            return _malformed(item, items, place)
        case Call(Reference(path), (Argument(None | "value", setting),), place) if path.startswith(
            "django.db.migrations."
        ) and path.endswith(".swappable_dependency"):
            return _swappable(setting, place)
        case Call(Reference(path), _, place):
            return Unresolved(f"what '{path.lstrip('#').removeprefix('builtins.')}' returns is not known", place)
        case Unresolved():
            return item
        case Literal(value):
            if isinstance(value, str):
                return MalformedDependency(repr(value), f"NodeNotFoundError: no migration has the key {value!r}", span)
            kind = type(value).__name__
            return MalformedDependency(repr(value), f"TypeError: '{kind}' object is not subscriptable", span)
        case Reference(path):
            return Unresolved(f"'{path.lstrip('#').removeprefix('builtins.')}' is not known from this file alone", span)
        case _:
            return Unresolved("it is no pair of an app label and a migration's name", getattr(item, "span", span))


def _malformed(item: Sequence, items: tuple[Value, ...], place: Span) -> MalformedDependency:
    parts = tuple(part.value for part in items if isinstance(part, Literal))
    if len(parts) < 2:
        written = repr(list(parts) if item.kind == "list" else parts)
        return MalformedDependency(written, f"IndexError: {item.kind} index out of range", place)
    if item.kind == "list":
        return MalformedDependency(repr(list(parts)), "TypeError: unhashable type: 'list'", place)
    return MalformedDependency(repr(parts), f"NodeNotFoundError: no migration has the key {parts!r}", place)


def _swappable(setting: Value, place: Span) -> AnyDependency:
    match setting:
        case Literal(str(model)):
            return SwappableDependency(model, place)
        case Reference(path) if path.startswith("django.conf.settings."):
            return SwappableDependency(path.removeprefix("django.conf.settings."), place)
        case Call(
            Reference("builtins.getattr"),
            (Argument(value=Reference("django.conf.settings")), Argument(value=Literal(str(name))), *_),
        ):
            return SwappableDependency(name, place)
        case _:
            return Unresolved("which model is swapped in is not known", place)
