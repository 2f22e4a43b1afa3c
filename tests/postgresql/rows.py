"""Fills every table of a database with rows, whatever its columns are."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

# Enough that reading all of them is told apart from reading some.
ROWS = 2_000
# A history that writes fewer rows than these has more in mind than a table's size.
FEW = 100

# By type: an expression over the row's number `g`, another value for each row where the type has that many.
VALUES = {
    "bool": "g % 2 = 0",
    "date": "date '2000-01-01' + (g % 3000)::int",
    "timestamp": "timestamp '2000-01-01' + g * interval '1 hour'",
    "timestamptz": "timestamptz '2000-01-01 00:00Z' + g * interval '1 hour'",
    "time": "time '00:00' + g * interval '1 second'",
    "interval": "g * interval '1 second'",
    "uuid": "md5(g::text)::uuid",
    "json": "json_build_object('n', g)",
    "jsonb": "jsonb_build_object('n', g)",
    "bytea": "decode(lpad(to_hex(g), 8, '0'), 'hex')",
    "inet": "inet '10.0.0.0' + g",
    "cidr": "(inet '10.0.0.0' + g)::cidr",
    "macaddr": "('08002b' || lpad(to_hex(g), 6, '0'))::macaddr",
    "int4range": "int4range(g, g + 1)",
    "int8range": "int8range(g, g + 1)",
    "numrange": "numrange(g, g + 1)",
    "daterange": "daterange(date '2000-01-01' + g, date '2000-01-01' + g + 1)",
    "tsrange": (
        "tsrange(timestamp '2000-01-01' + g * interval '1 h', timestamp '2000-01-01 01:00' + g * interval '1 h')"
    ),
    "tstzrange": (
        "tstzrange(timestamptz '2000-01-01 00:00Z' + g * interval '1 h', "
        "timestamptz '2000-01-01 01:00Z' + g * interval '1 h')"
    ),
    "hstore": "hstore('n', g::text)",
    "tsvector": "to_tsvector('simple', g::text)",
    "xml": "'<n/>'::xml",
    "bit": "1::bit(1)",
    "point": "point(g, g)",
}

COLUMNS = """
WITH RECURSIVE base(oid, type, typmod) AS (
    SELECT oid, oid, -1 FROM pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT d.oid, base.type, d.typtypmod FROM pg_type d JOIN base ON base.oid = d.typbasetype WHERE d.typtype = 'd'
)
SELECT a.attrelid, a.attname, format_type(a.atttypid, a.atttypmod), t.typname, t.typtype, e.typname,
       CASE WHEN a.atttypmod > -1 THEN a.atttypmod ELSE base.typmod END, base.type::regtype::text
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN base ON base.oid = a.atttypid
JOIN pg_type t ON t.oid = base.type
LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema)' AND a.attnum > 0
  AND NOT a.attisdropped AND a.attgenerated = '' AND NOT EXISTS (SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY a.attrelid, a.attnum
"""

# What a row must be to be let in: CHECKs (valid or not) and the bounds of a partition.
CONDITIONS = """
SELECT conrelid, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
UNION ALL
SELECT oid, pg_get_partition_constraintdef(oid) FROM pg_class WHERE relispartition AND relkind = 'r'
ORDER BY 1, 2
"""

TABLES = """
SELECT c.oid, format('%I.%I', n.nspname, c.relname), c.relkind = 'm' AND c.relispopulated
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^(pg_|information_schema)'
ORDER BY c.oid
"""


def fill(connection: psycopg.Connection, rows: int = ROWS) -> None:
    """Adds rows to each table that has none; keys are numbers from 1 in all of them, so nothing refers to nowhere."""
    columns: dict[int, list[tuple[str, str]]] = {}
    for table, name, full_type, base, kind, item, modifier, regtype in connection.execute(COLUMNS):
        columns.setdefault(table, []).append((name, f"({_value(base, kind, item, modifier, regtype)})::{full_type}"))
    conditions: dict[int, list[str]] = {}
    for table, condition in connection.execute(CONDITIONS):
        if condition is not None:
            conditions.setdefault(table, []).append(condition)
    tables = connection.execute(TABLES).fetchall()
    # Neither foreign keys nor triggers have a say.
    connection.execute("SET session_replication_role = replica")
    for table, name, _ in tables:
        if table in columns and not _has_rows(connection, name):
            _fill_table(connection, name, dict(columns[table]), conditions.get(table, []), rows)
    connection.execute("RESET session_replication_role")
    for _, name, is_populated_view in tables:
        if is_populated_view:
            connection.execute(f"REFRESH MATERIALIZED VIEW {name}".encode())
    connection.execute(SEQUENCES.encode())


SEQUENCES = f"""
SELECT setval(c.oid, {10 * ROWS}) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname !~ '^(pg_|information_schema)'
"""


def _fill_table(
    connection: psycopg.Connection, table: str, columns: Mapping[str, str], conditions: list[str], rows: int
) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns)).as_string(connection)
    values = ", ".join(f"{value} AS {sql.Identifier(name).as_string(connection)}" for name, value in columns.items())
    where = " AND ".join(f"({condition}) IS NOT FALSE" for condition in conditions) or "true"
    insert = (
        f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE "
        f"SELECT {names} FROM (SELECT {values} FROM generate_series(1, {rows}) g) new WHERE {where}"
    )
    # A table with rules takes no ON CONFLICT; one whose columns nobody foresaw stays as it is.
    for statement in (f"{insert} ON CONFLICT DO NOTHING", insert):
        try:
            with connection.transaction():
                connection.execute(statement.encode())
            return
        except psycopg.Error:
            continue


def _has_rows(connection: psycopg.Connection, table: str) -> bool:
    row = connection.execute(f"SELECT count(*) >= {FEW} FROM ONLY {table}".encode()).fetchone()
    return row is not None and bool(row[0])


def _value(base: str, kind: str, item: str | None, modifier: int, regtype: str) -> str:
    if item is not None:
        return f"ARRAY[{_value(item.lstrip('_'), 'b', None, -1, item)}]"
    if kind == "e":
        return f"(enum_range(NULL::{regtype}))[1]"
    if kind == "c":
        return "NULL"
    if base == "numeric" and modifier > -1:
        precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
        return f"g % {10 ** (precision - scale)}"
    if base in {"varchar", "bpchar"} and modifier > -1:
        return f"left(g::text, {modifier - 4})"
    return VALUES.get(base, "g::text" if base in {"varchar", "bpchar", "text", "citext", "name"} else "g")
