"""Python's defaults, as the schema editor weighs them where NULL goes away."""

from __future__ import annotations

from miglint.facts.fields import Field
from miglint.facts.target import Version
from miglint.facts.values import Call, Reference, Value
from miglint.schema.alteration import same
from miglint.schema.column import has_effective_default, option_of


def has_default(field: Field) -> bool:
    """`Field.has_default()`: any value that is given, None among them."""
    return option_of(field, "default") is not None


def have_equal_defaults(old: Field, new: Field, django: Version) -> bool:
    """Whether `effective_default` is equal for both; what makes a new value each time is not."""
    if has_effective_default(old) is not True:
        return False
    one, other = option_of(old, "default"), option_of(new, "default")
    if one is None or other is None:
        # Both by the clock: a day is the same day, a time is another.
        return one is None and other is None and old.kind == new.kind == "DateField"
    if new.kind == "BinaryField" or (new.kind in _ADAPTED and (django >= (4, 2)) == (new.kind == "JSONField")):
        # Each is wrapped in an adapter of its own, and those are not compared.
        return False
    return same(one, other) is True and not _makes_new_values(one)


# Wrapped for psycopg: JSON since Django 4.2, addresses until 4.1.
_ADAPTED = frozenset({"GenericIPAddressField", "IPAddressField", "JSONField"})

# Callables that return an equal value each time.
_CONSTANT = frozenset({"bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"})


def _makes_new_values(default: Value) -> bool:
    match default:
        case Reference(path):
            return path.removeprefix("builtins.") not in _CONSTANT
        case Call(Reference(path)):
            # `functools.partial(…)` is called; `Decimal(…)`, `datetime(…)` are values already.
            return path.rpartition(".")[2] == "partial"
        case _:
            return False
