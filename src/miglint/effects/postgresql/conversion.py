"""What ALTER COLUMN … TYPE does to rows and indexes: most of it is known from the two types.

From ATColumnChangeRequiresRewrite and CheckIndexCompatible of the server, measured on 11 to 18.
"""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from miglint.effects.postgresql.outcome import Session
from miglint.sql.statement import ColumnType

# `rows`: the table is written anew, and its indexes with it. `indexes`: the rows stay as they are, the indexes on
# the column are built anew, since they sort or compare otherwise. `nothing`: the catalog alone.
Conversion: TypeAlias = OneOf["rows", "indexes", "nothing", "unknown"]


def conversion(old: ColumnType, new: ColumnType, session: Session) -> Conversion:
    """What a cast that the server makes by itself does to the rows that are there."""
    if old == new:
        return "nothing"
    if old.of is not None or new.of is not None:
        return _of_arrays(old, new)
    if old.name == new.name:
        return _of_sizes(old, new)
    # Text of any length: only a length that may be too small makes the server look at the rows.
    if old.name in _TEXTS and new.name in _TEXTS:
        if new.sizes:
            return "rows"
        return "nothing" if "citext" not in (old.name, new.name) else "indexes"
    if {old.name, new.name} == _STAMPS and not old.sizes and not new.sizes:
        # https://www.postgresql.org/docs/12/release-12.html: free where the session's time zone is UTC.
        if session.version < (12,) or session.utc is False:
            return "rows"
        return "indexes" if session.utc else "unknown"
    if (old.name, new.name) in _SAME_BYTES:
        return "nothing" if (old.name, new.name) == ("cidr", "inet") else "indexes"
    if old.name in _BUILT_IN and new.name in _BUILT_IN:
        return "rows"
    # A domain over the same type, an extension's type: the server knows, the migrations may not say.
    return "unknown"


_TEXTS = frozenset({"citext", "text", "varchar"})
_STAMPS = {"timestamp", "timestamp with time zone"}

# pg_cast.castmethod = 'b': the bytes are the same.
_SAME_BYTES = frozenset(
    {("cidr", "inet"), ("xml", "text"), ("integer", "oid"), ("oid", "integer"), ("xml", "varchar"), ("bit", "varbit")}
)

# What a length or precision may grow to without a look at the rows, by how many of the sizes must stay as they are.
_GROWING = frozenset(
    {"bit varying", "interval", "time", "time with time zone", "timestamp", "timestamp with time zone"}
)

_BUILT_IN = frozenset(
    {
        *("bigint", "bit", "bit varying", "boolean", "box", "bytea", "char", "cidr", "circle", "citext", "date"),
        *("daterange", "double precision", "hstore", "inet", "int4range", "int8range", "integer", "interval", "json"),
        *("jsonb", "line", "lseg", "macaddr", "macaddr8", "money", "numeric", "numrange", "oid", "path", "point"),
        *("polygon", "real", "smallint", "text", "time", "time with time zone", "timestamp"),
        *("timestamp with time zone", "tsquery", "tsrange", "tstzrange", "tsvector", "uuid", "varchar", "xml"),
    }
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
            return "nothing" if not new.sizes or (old.sizes and new.sizes[0] >= old.sizes[0]) else "rows"
        case _:
            # Padded to its length (char, bit), or a type whose sizes mean something else.
            return "rows" if new.name in _BUILT_IN else "unknown"


def _numeric(kind: ColumnType) -> tuple[int, int]:
    return kind.sizes[0], kind.sizes[1] if len(kind.sizes) > 1 else 0


def _of_arrays(old: ColumnType, new: ColumnType) -> Conversion:
    """Items are cast one by one, unless they are of one type and no length is asked of them that they lacked."""
    if old.of is None or new.of is None:
        return "rows"
    if old.of == new.of or (old.of.name == new.of.name and old.of.of is None and not new.of.sizes):
        return "nothing"
    # The server counts no dimensions: integer[][] is integer[].
    if _item(old) == _item(new):
        return "nothing"
    return "rows"


def _item(kind: ColumnType) -> ColumnType:
    while kind.of is not None:
        kind = kind.of
    return kind
