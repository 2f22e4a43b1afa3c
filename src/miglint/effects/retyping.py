"""What becomes of values when a column gets another type: those that the models still write, and those they read."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from miglint.facts.target import Vendor
from miglint.sql.statement import ColumnType
from miglint.sql.type_names import BUILT_IN, TEXTS

# Every value goes in and comes out as before; some do not go in; what comes out is of another kind, or a comparison
# with a value of the old kind fails.
Retyping: TypeAlias = OneOf["same", "narrower", "other"]


def retyping(old: ColumnType, new: ColumnType, vendor: Vendor) -> Retyping:
    """How a column of the new type meets those who take it for one of the old."""
    if new == old:
        return "same"
    # What SQLite keeps has the length that it has.
    if vendor == "sqlite" and new.name == old.name:
        return "same"
    if new.of is not None and old.of is not None:
        # The server counts no dimensions, and knows no operator between arrays of unlike items, wider ones included.
        if new.item == old.item:
            return "same"
        return retyping(old.of, new.of, vendor) if new.of.name == old.of.name else "other"
    if new.name in _TEXTS and old.name in _TEXTS:
        return "same" if _is_as_long(old, new) else "narrower"
    if new.name in _RANGES and old.name in _RANGES:
        (low, high), (old_low, old_high) = _RANGES[new.name], _RANGES[old.name]
        return "same" if low <= old_low and high >= old_high else "narrower"
    if new.name in _FLOATS and old.name in _FLOATS:
        return "same" if _FLOATS.index(new.name) >= _FLOATS.index(old.name) else "narrower"
    if new.name == old.name == "numeric":
        # Digits too many behind the point are rounded away, those before it are refused.
        return "same" if _room(new) >= _room(old) else "narrower"
    # An interval's fields are a part of the type's name: only digits are lost.
    if new.name.startswith("interval") and old.name.startswith("interval"):
        return "same"
    if any(new.name in kind and old.name in kind for kind in _ALIKE) or (new.name == old.name and new.of == old.of):
        return "same"
    if (old.name, new.name) == ("inet", "cidr"):
        return "narrower"
    if vendor == "postgresql" and old.name in _TEXTS and (new.name in _READ_AS_TEXT or new.name not in _KNOWN):
        return "narrower"
    return "other"


# `char` pads with blanks, which changes what is read, yet not its kind.
_TEXTS = TEXTS | {"longtext"}

_RANGES = {
    "smallint": (-(2**15), 2**15 - 1),
    "integer": (-(2**31), 2**31 - 1),
    "bigint": (-(2**63), 2**63 - 1),
    "smallint unsigned": (0, 2**16 - 1),
    "integer unsigned": (0, 2**32 - 1),
    "bigint unsigned": (0, 2**64 - 1),
}

_FLOATS = ("real", "double precision")

# One kind of value in Python, and operators between them: only digits of seconds, or a time zone, are lost or gained.
_ALIKE = (
    frozenset({"timestamp", "timestamp with time zone"}),
    frozenset({"time", "time with time zone"}),
    frozenset({"cidr", "inet"}),
)

# Types that Django has the driver hand out as text, or that the driver knows nothing of; a literal of the old kind is
# taken for one of the new, as far as it can be read as one.
_READ_AS_TEXT = frozenset(
    {"bit", "bit varying", "cidr", "inet", "jsonb", "macaddr", "macaddr8", "money", "tsquery", "tsvector"}
)

# Any other type is a project's own, whose values come as text too: an enum, a domain.
_KNOWN = BUILT_IN | {
    *("array", "geography", "geometry", "vector"),
    *("int4multirange", "int8multirange", "nummultirange", "tsmultirange", "tstzmultirange", "datemultirange"),
}


def _is_as_long(old: ColumnType, new: ColumnType) -> bool:
    longest, was = (_length(one) for one in (new, old))
    return longest is None or (was is not None and longest >= was)


def _length(kind: ColumnType) -> int | None:
    # A `char` without one is written `bpchar`; CHAR alone is char(1).
    return kind.sizes[0] if kind.sizes else None


def _room(kind: ColumnType) -> float:
    """How many digits go before the point."""
    if not kind.sizes:
        return float("inf")
    return kind.sizes[0] - (kind.sizes[1] if len(kind.sizes) > 1 else 0)
