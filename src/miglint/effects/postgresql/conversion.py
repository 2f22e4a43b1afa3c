"""What ALTER COLUMN … TYPE does to rows and indexes: most of it is known from the two types.

From ATColumnChangeRequiresRewrite and CheckIndexCompatible of the server, measured on 11 to 18.
"""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from miglint.effects.postgresql.outcome import Session
from miglint.sql.statement import ColumnType
from miglint.sql.type_names import BUILT_IN, PLAIN_TEXTS, TEXTS

# `rows`: the table is written anew, and its indexes with it. `indexes`: the rows stay as they are, the indexes on
# the column are built anew, since they sort or compare otherwise. `nothing`: the catalog alone.
Conversion: TypeAlias = OneOf["rows", "indexes", "nothing", "unknown"]


def is_castable(old: ColumnType, new: ColumnType, *, explicitly: bool) -> bool:
    """Whether the server has a cast at all: for an assignment, or where somebody writes `::`. True where unknown."""
    if old.of is not None and new.of is not None:
        return is_castable(old.item, new.item, explicitly=explicitly)
    # Anything becomes text; text is read as anything, if somebody asks for it.
    if (new.name in TEXTS and new.of is None) or old.name == new.name == "array":
        return True
    if old.name in TEXTS and old.of is None:
        return explicitly or (new.of is None and new.name not in BUILT_IN)
    if (old.of is not None) != (new.of is not None):
        return (new if old.of is not None else old).name not in BUILT_IN
    if old.name == new.name or not {old.name, new.name} <= BUILT_IN - {"citext", "hstore"}:
        return True
    assigned = new.name in _ASSIGNED.get(old.name, ())
    return assigned or (explicitly and new.name in _EXPLICIT.get(old.name, ()))


def conversion(old: ColumnType, new: ColumnType, session: Session) -> Conversion:
    """What a cast that the server makes by itself does to the rows that are there."""
    if old == new:
        return "nothing"
    if old.of is not None or new.of is not None:
        return _of_arrays(old, new)
    if old.name == new.name:
        return _of_sizes(old, new)
    # Text of any length: only a length that may be too small makes the server look at the rows.
    if {old.name, new.name} <= TEXTS - {"char"}:
        if new.sizes:
            return "rows"
        return "nothing" if {old.name, new.name} <= PLAIN_TEXTS else "indexes"
    if {old.name, new.name} == _STAMPS and (not new.sizes or new.sizes[0] >= _MOST_DIGITS):
        # https://www.postgresql.org/docs/12/release-12.html: free where the session's time zone is UTC.
        if session.version < (12,) or session.utc is False:
            return "rows"
        return "indexes" if session.utc else "unknown"
    if (old.name, new.name) == ("bit", "bit varying") and not new.sizes:
        return "indexes"
    if (old.name, new.name) in _SAME_BYTES:
        return "nothing" if (old.name, new.name) == ("cidr", "inet") else "indexes"
    if old.name in BUILT_IN and new.name in BUILT_IN:
        return "rows"
    # A domain over the same type, an extension's type: the server knows, the migrations may not say.
    return "unknown"


# pg_cast, as ALTER COLUMN … TYPE takes it: measured on 14 and 18, pair by pair.
_NUMBERS = ("bigint", "double precision", "integer", "numeric", "real", "smallint")
_ASSIGNED: dict[str, tuple[str, ...]] = {
    "bigint": (*_NUMBERS, "money", "oid"),
    "bit": ("bit varying",),
    "bit varying": ("bit",),
    "box": ("polygon",),
    "cidr": ("inet",),
    "date": ("timestamp", "timestamp with time zone"),
    "double precision": _NUMBERS,
    "inet": ("cidr",),
    "integer": (*_NUMBERS, "money", "oid"),
    "interval": ("time",),
    "json": ("jsonb",),
    "jsonb": ("json",),
    "macaddr": ("macaddr8",),
    "macaddr8": ("macaddr",),
    "money": ("numeric",),
    "numeric": (*_NUMBERS, "money"),
    "oid": ("bigint", "integer"),
    "path": ("polygon",),
    "point": ("box",),
    "polygon": ("path",),
    "real": _NUMBERS,
    "smallint": (*_NUMBERS, "oid"),
    "time": ("interval", "time with time zone"),
    "time with time zone": ("time",),
    "timestamp": ("date", "time", "timestamp with time zone"),
    "timestamp with time zone": ("date", "time", "time with time zone", "timestamp"),
}
_EXPLICIT: dict[str, tuple[str, ...]] = {
    "bigint": ("bit", "bytea"),
    "bit": ("bigint", "integer"),
    "boolean": ("integer",),
    "box": ("circle", "lseg", "point"),
    "bytea": ("bigint", "integer", "smallint"),
    "circle": ("box", "point", "polygon"),
    "integer": ("bit", "boolean", "bytea"),
    "jsonb": ("boolean", *_NUMBERS),
    "lseg": ("point",),
    "path": ("point",),
    "polygon": ("box", "circle", "point"),
    "smallint": ("bytea",),
}

_STAMPS = {"timestamp", "timestamp with time zone"}

# Of a second, behind the point: what a time has where no precision is written.
_MOST_DIGITS = 6

# pg_cast.castmethod = 'b': the bytes are the same.
_SAME_BYTES = frozenset({("cidr", "inet"), ("xml", "text"), ("integer", "oid"), ("oid", "integer"), ("xml", "varchar")})

# What a length or precision may grow to without a look at the rows, by how many of the sizes must stay as they are.
_GROWING = frozenset(
    {"bit varying", "interval", "time", "time with time zone", "timestamp", "timestamp with time zone"}
)


def _of_sizes(old: ColumnType, new: ColumnType) -> Conversion:
    """Two lengths or precisions of one type."""
    match new.name:
        case "varchar":
            return "nothing" if not new.sizes or (old.sizes and new.sizes[0] >= old.sizes[0]) else "rows"
        case "numeric":
            if not new.sizes:
                return "nothing"
            if not old.sizes:
                return "rows"
            (digits, scale), (had, old_scale) = _numeric(new), _numeric(old)
            return "nothing" if digits >= had and scale == old_scale else "rows"
        case name if name in _GROWING:
            whole = name != "bit varying" and bool(new.sizes) and new.sizes[0] >= _MOST_DIGITS
            return "nothing" if not new.sizes or whole or (old.sizes and new.sizes[0] >= old.sizes[0]) else "rows"
        case _:
            # Padded to its length (char, bit), or a type whose sizes mean something else.
            return "rows" if new.name in BUILT_IN else "unknown"


def _numeric(kind: ColumnType) -> tuple[int, int]:
    return kind.sizes[0], kind.sizes[1] if len(kind.sizes) > 1 else 0


def _of_arrays(old: ColumnType, new: ColumnType) -> Conversion:
    """Items are cast one by one, unless they are of one type and no length is asked of them that they lacked."""
    if old.of is None or new.of is None:
        return "rows"
    if old.of == new.of or (old.of.name == new.of.name and old.of.of is None and not new.of.sizes):
        return "nothing"
    # The server counts no dimensions: integer[][] is integer[].
    if old.item == new.item:
        return "nothing"
    return "rows"
