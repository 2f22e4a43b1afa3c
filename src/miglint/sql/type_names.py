"""Types that PostgreSQL takes for kin, by the names that `ColumnType` has for them."""

from __future__ import annotations

# The same bytes, and the same operators: `varchar` has none of its own.
PLAIN_TEXTS = frozenset({"text", "varchar"})

# `char` pads with blanks, `citext` compares otherwise.
TEXTS = PLAIN_TEXTS | {"char", "citext"}

# What the server brings, and the two types of contrib that Django has fields for; any other may be a project's own.
BUILT_IN = TEXTS | {
    *("bigint", "bit", "bit varying", "boolean", "box", "bytea", "cidr", "circle", "date", "daterange"),
    *("double precision", "hstore", "inet", "int4range", "int8range", "integer", "interval", "json", "jsonb", "line"),
    *("lseg", "macaddr", "macaddr8", "money", "numeric", "numrange", "oid", "path", "point", "polygon", "real"),
    *("smallint", "time", "time with time zone", "timestamp", "timestamp with time zone", "tsquery", "tsrange"),
    *("tstzrange", "tsvector", "uuid", "xml"),
}
