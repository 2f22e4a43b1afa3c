"""What a model's constraints promise about its rows, as far as their conditions can be read."""

from __future__ import annotations

from collections.abc import Iterator

from miglint.facts.fields import Constraint
from miglint.facts.values import Call, Literal, Reference, Sequence, Value, text_of
from miglint.schema.field import attributes
from miglint.schema.replay import members_of, strings_of
from miglint.schema.state import ModelState


def against_null(model: ModelState, name: str) -> Constraint | None:
    """A check that refuses NULL in a field, validated or not; None where there is none that is known."""
    for constraint in model.constraints:
        if constraint.kind == "CheckConstraint" and any(
            lookup == f"{name}__isnull" and value == Literal(False)
            for lookup, value in _demands(condition_of(constraint))
        ):
            return constraint
    return None


def condition_of(constraint: Constraint) -> Value | None:
    """A check's condition, under the name of either Django's time."""
    return constraint.options.get("condition", constraint.options.get("check"))


def unique_sets(model: ModelState) -> Iterator[frozenset[str]]:
    """The sets of fields of which no two rows have the same values, whatever else they hold."""
    for name, state in model.fields.items():
        known = attributes(state.field)
        if known.unique or known.primary_key:
            yield frozenset({name})
    for together in members_of(model.options.get("unique_together")) or ():
        yield frozenset(together)
    for constraint in model.constraints:
        fields = unique_fields(constraint)
        if fields is not None:
            yield fields


def unique_fields(constraint: Constraint) -> frozenset[str] | None:
    """The fields of a unique constraint that holds for every row; None of any other."""
    if constraint.kind != "UniqueConstraint" or constraint.opaque:
        return None
    if constraint.options.get("condition", Literal(None)) != Literal(None) or "expressions" in constraint.options:
        return None
    fields = strings_of(constraint.options.get("fields"))
    return frozenset(fields) if fields else None


def fields_in(value: Value | None) -> frozenset[str] | None:
    """The fields that a condition or an expression reads, by name; None where it cannot all be read."""
    names: set[str] = set()
    return frozenset(names) if value is not None and _collect(value, names) else None


def _collect(value: Value, names: set[str]) -> bool:
    match value:
        case Literal():
            return True
        case Sequence(items=items):
            return all(_collect(item, names) for item in items)
        case Call(Reference(path), arguments):
            kind = path.rpartition(".")[2]
            if kind == "F":
                name = text_of(arguments[0].value) if len(arguments) == 1 else None
                names.add((name or "").partition("__")[0])
                return name is not None
            if kind == "Q":
                for argument in arguments:
                    lookup, wanted = _lookup(argument.name, argument.value)
                    if lookup is None:
                        if argument.name not in ("_connector", "_negated") and not _collect(argument.value, names):
                            return False
                        continue
                    names.add(lookup.partition("__")[0])
                    if not _collect(wanted, names):
                        return False
                return True
            if kind == "Value" or path.startswith(("datetime.", "decimal.", "uuid.")):
                return True
            if path.startswith(("_operator.", "operator.")):
                return all(_collect(argument.value, names) for argument in arguments)
            return False
        case _:
            return False


def _demands(condition: Value | None) -> Iterator[tuple[str, Value]]:
    """Lookups that must all hold for a condition to hold."""
    match condition:
        case Call(Reference(path), arguments) if path.rpartition(".")[2] == "Q":
            words = {argument.name: argument.value for argument in arguments if argument.name is not None}
            if words.get("_negated", Literal(False)) != Literal(False):
                return
            if words.get("_connector", Literal("AND")) != Literal("AND"):
                return
            for argument in arguments:
                lookup, wanted = _lookup(argument.name, argument.value)
                if lookup is not None:
                    yield lookup, wanted
                elif argument.name is None:
                    yield from _demands(argument.value)
        case Call(Reference("_operator.and_" | "operator.and_"), arguments):
            for argument in arguments:
                yield from _demands(argument.value)
        case _:
            return


def _lookup(keyword: str | None, value: Value) -> tuple[str | None, Value]:
    """`note__isnull=False`, or ("note__isnull", False) as `deconstruct` writes it."""
    if keyword is not None and not keyword.startswith(("_", "*")):
        return keyword, value
    if keyword is None and isinstance(value, Sequence) and len(value.items) == 2:
        return text_of(value.items[0]), value.items[1]
    return None, value
