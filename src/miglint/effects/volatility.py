"""Whether PostgreSQL computes a column's default once for all rows, or for each row by itself.

https://www.postgresql.org/docs/current/xfunc-volatility.html
"""

from __future__ import annotations

from typing import TypeAlias

from miglint.records import dataclass
from miglint.sql.statement import Expression


@dataclass(frozen=True, slots=True)
class Volatile:
    """The function that has to be called for each row, in SQL."""

    sql: str


@dataclass(frozen=True, slots=True)
class Steady:
    """One value serves all rows."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """It may be either; `reason` ends the sentence "unknown because …"."""

    reason: str


Volatility: TypeAlias = Volatile | Steady | Unsure


def volatility(expression: Expression) -> Volatility:
    """How an expression is computed: it is volatile where a function is that it calls."""
    called = sorted(expression.functions)
    for function in called:
        if function.rpartition(".")[2] in _VOLATILE:
            return Volatile(f"{function}()")
    if expression.unknown is not None:
        return Unsure(expression.unknown)
    for function in called:
        if function.removeprefix("pg_catalog.") not in _STEADY:
            return Unsure(f"the function {function} is not known to miglint")
    return Steady()


# provolatile = 'v' in pg_proc, of PostgreSQL 18 and of the extensions pgcrypto, tablefunc and uuid-ossp:
# those that can stand in a default.
_VOLATILE = frozenset(
    {
        "clock_timestamp",
        "currval",
        "gen_random_bytes",
        "gen_random_uuid",
        "gen_salt",
        "lastval",
        "nextval",
        "normal_rand",
        "random",
        "random_normal",
        "setval",
        "timeofday",
        "uuid_generate_v1",
        "uuid_generate_v1mc",
        "uuid_generate_v4",
        "uuidv4",
        "uuidv7",
    }
)

# Stable or immutable ones that are met in defaults.
_STEADY = frozenset(
    {
        *("now", "statement_timestamp", "transaction_timestamp", "current_timestamp"),
        *("current_date", "current_time", "localtime", "localtimestamp"),
        *("age", "date_part", "date_trunc", "extract", "make_date", "make_interval", "make_time"),
        *("make_timestamp", "make_timestamptz", "to_char", "to_date", "to_number", "to_timestamp", "timezone"),
        *("abs", "ceil", "ceiling", "floor", "mod", "power", "round", "sqrt", "trunc"),
        *("btrim", "chr", "concat", "concat_ws", "format", "initcap", "left", "length", "lower", "lpad", "ltrim"),
        *(
            "md5",
            "overlay",
            "position",
            "repeat",
            "replace",
            "reverse",
            "right",
            "rpad",
            "rtrim",
            "sha256",
            "split_part",
        ),
        *("substr", "substring", "to_tsvector", "translate", "trim", "upper", "decode", "encode"),
        *("current_setting", "current_user", "session_user", "current_database", "txid_current", "version"),
        *("array_append", "array_cat", "array_fill", "json_build_array", "json_build_object", "jsonb_build_array"),
        *("jsonb_build_object", "to_json", "to_jsonb", "row_to_json", "string_to_array", "int4range", "int8range"),
        *("numrange", "daterange", "tsrange", "tstzrange"),
        # Types, which are functions too.
        *("bpchar", "timestamptz", "timetz"),
    }
)
