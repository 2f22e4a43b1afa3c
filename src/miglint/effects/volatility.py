"""Whether PostgreSQL computes a column's default once for all rows, or for each row by itself.

https://www.postgresql.org/docs/current/xfunc-volatility.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from miglint.facts.values import (
    Argument,
    Call,
    Digest,
    Literal,
    Mapping,
    Parameter,
    Reference,
    Sequence,
    Unresolved,
    Value,
    text_of,
)
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


def of_expression(expression: Expression) -> Volatility:
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


def volatility(default: Value) -> Volatility:
    """How a `db_default` is computed: it is volatile where any part of it is."""
    match default:
        case Literal():
            return Steady()
        case Sequence(items=items):
            return _any_of(map(volatility, items))
        case Mapping(items=pairs):
            return _any_of(volatility(part) for pair in pairs for part in pair)
        case Call(Reference(path), arguments):
            return _of_call(path, arguments)
        case Call(Unresolved(reason)) | Unresolved(reason):
            return Unsure(reason)
        case Reference(path):
            return Unsure(f"{path} is defined elsewhere")
        case Call() | Parameter() | Digest():
            return Unsure("the database's default is not known")


# Calls that Python makes before there is any SQL: what they return is a constant to the database.
_PYTHON = ("datetime.", "decimal.", "django.utils.", "fractions.", "uuid.")
_BUILT_IN = frozenset(f"builtins.{name}" for name in ("bool", "bytes", "dict", "float", "int", "list", "str", "tuple"))

_OPERATORS = ("_operator.", "operator.")

# Database functions and expressions; all but the following keep what their arguments are.
_DJANGO = ("django.contrib.gis.db.models.", "django.contrib.postgres.", "django.db.models.")

_VOLATILE_EXPRESSIONS = {
    "Random": "random()",
    "RandomUUID": "gen_random_uuid()",
    "UUID4": "gen_random_uuid()",
    "UUID7": "uuidv7()",
}

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

# Stable or immutable ones that are met in defaults, and words of SQL or types that a bracket may follow.
_STEADY = frozenset(
    {
        *("now", "statement_timestamp", "transaction_timestamp", "current_timestamp"),
        *("current_date", "current_time", "localtime", "localtimestamp"),
        *("age", "date_part", "date_trunc", "extract", "make_date", "make_interval", "make_time"),
        *("make_timestamp", "make_timestamptz", "to_char", "to_date", "to_number", "to_timestamp", "timezone"),
        *("abs", "ceil", "ceiling", "floor", "greatest", "least", "mod", "power", "round", "sqrt", "trunc"),
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
        *("and", "array", "as", "case", "cast", "coalesce", "else", "in", "not", "nullif", "or", "row", "then", "when"),
        *("bit", "char", "character", "decimal", "interval", "numeric", "time", "timestamp", "timestamptz", "varchar"),
        *("varying", "bpchar", "timetz"),
    }
)

_STRING = re.compile(r"'(?:[^']|'')*'")
_CALLED = re.compile(r'([A-Za-z_][\w$.]*|"[^"]+")\s*\(')


def _of_call(path: str, arguments: tuple[Argument, ...]) -> Volatility:
    if path.startswith(_PYTHON) or path in _BUILT_IN:
        return Steady()
    # Whatever it holds, it reaches the database as a parameter.
    if path.startswith(_DJANGO) and path.endswith(".Value"):
        return Steady()
    inner = _any_of(volatility(argument.value) for argument in arguments if argument.name is None)
    if path.startswith(_OPERATORS):
        return inner
    if not path.startswith(_DJANGO):
        return Unsure(f"{path} is defined elsewhere")
    if any(argument.name in ("*", "**") for argument in arguments):
        return Unsure(f"the arguments of {path} are not all known")
    return _any_of((_of_expression(path.rpartition(".")[2], arguments), inner))


def _of_expression(name: str, arguments: tuple[Argument, ...]) -> Volatility:
    """The expression's own SQL, without what its positional arguments are."""
    given = {argument.name: argument.value for argument in arguments if argument.name}
    if name == "RawSQL":
        sql = given.get("sql", arguments[0].value if arguments else None)
        text = text_of(sql)
        return Unsure("the SQL of the database's default is not known") if text is None else _of_sql(text)
    if "template" in given or "function" in given:
        function = text_of(given["function"]) if "function" in given else ""
        template = text_of(given["template"]) if "template" in given else "%(function)s()"
        if function is None or template is None:
            return Unsure("the SQL of the database's default is not known")
        return _of_sql(template.replace("%(function)s", function))
    if name == "Func":
        return Unsure("the function that it calls is not known")
    return Volatile(_VOLATILE_EXPRESSIONS[name]) if name in _VOLATILE_EXPRESSIONS else Steady()


def _of_sql(sql: str) -> Volatility:
    called = [match.strip('"').rpartition(".")[2] for match in _CALLED.findall(_STRING.sub("''", sql))]
    for function in called:
        if function.lower() in _VOLATILE:
            return Volatile(f"{function}()")
    for function in called:
        if function.lower() not in _STEADY:
            return Unsure(f"the function {function} is not known to miglint")
    return Steady()


def _any_of(parts: Iterable[Volatility]) -> Volatility:
    """Volatile if a part is; else unknown if a part is."""
    found = list(parts)
    volatile = next((part for part in found if isinstance(part, Volatile)), None)
    unknown = next((part for part in found if isinstance(part, Unsure)), None)
    return volatile or unknown or Steady()
