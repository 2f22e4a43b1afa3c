"""Django's expressions as SQL: what they call and which columns they read, and their text as far as it can be known.

As Django's PostgreSQL backend compiles them for DEFAULT, GENERATED, CHECK and indexes: columns unqualified, values
merged into the text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from miglint.binding import build_field
from miglint.facts.fields import Field
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
    truth_of,
)
from miglint.records import dataclass
from miglint.schema.column import FOREIGN_KEYS, column_name, column_type, takes_null
from miglint.schema.model import Ground
from miglint.schema.state import ModelState
from miglint.sql.cursor import Cursor
from miglint.sql.keywords import NOT_CALLED
from miglint.sql.statement import LEFT_OUT, Expression
from miglint.sql.tokens import tokens


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression's SQL; `parametrized` says that Django sends values in it apart from the text."""

    expression: Expression
    parametrized: bool = False


def quoted(name: str) -> str:
    """An identifier as Django quotes it: what is quoted already stays."""
    return name if len(name) > 1 and name[0] == name[-1] == '"' else f'"{name}"'


def table_sql(table: str) -> str:
    """A table as Django quotes it, by the name that statements have for it."""
    return ".".join(map(quoted, table.split(".")))


def column_of(model: ModelState, name: str) -> str:
    """The column that a field's name, `pk` or a foreign key's `x_id` stands for in a model's own SQL."""
    held = model.fields.get(name)
    if held is None and name.endswith("_id"):
        related = model.fields.get(name.removesuffix("_id"))
        held = related if related is not None and related.field.kind in FOREIGN_KEYS else None
    if held is None and name == "pk":
        keys = [one for one in model.fields.values() if truth_of(one.field.options.get("primary_key"), False)]
        held = keys[0] if keys else None
        if held is None:
            return "id"
    if held is None:
        return name
    column = column_name(held.field, held.name)
    return held.name if isinstance(column, Unresolved) else column


def columns_named(model: ModelState, names: Iterable[str]) -> tuple[str, ...]:
    """The columns behind the names of fields, in order."""
    return tuple(column_of(model, name) for name in names)


def compiled(value: Value, model: ModelState | None, ground: Ground, field: Field | None = None) -> Compiled:
    """An expression; a bare value becomes what Django stores for `field`, a text is a value and no column's name."""
    part = _Compiler(model, ground, field).value(value)
    return Compiled(part.expression(), part.parametrized)


def expression_of(value: Value, model: ModelState | None, ground: Ground) -> Expression:
    """An index's or constraint's expression, where a bare text is a field's name."""
    return _Compiler(model, ground, None).operand(value).expression()


def condition_of(value: Value, model: ModelState | None, ground: Ground) -> Expression:
    """A `Q`, or an expression that is true or false, as in CHECK and WHERE."""
    return _Compiler(model, ground, None).condition(value).expression()


def raw(sql: str) -> Expression:
    """SQL that somebody wrote: what it calls, and the names in it that may be columns'."""
    return _raw(sql).expression()


def literal_sql(value: Value, field: Field | None) -> str | None:
    """A value as PostgreSQL's literal, as Django and psycopg write it; None where it is not known before it runs."""
    kind = field.kind if field is not None else None
    if kind == "JSONField":
        known = _plain(value)
        if isinstance(known, _Unknown):
            return None
        return f"{_text(json.dumps(known))}::jsonb"
    match value:
        case Literal(None):
            return "NULL"
        case Literal(bool() | int() | float() | str() | bytes() as known):
            return _scalar(known, kind)
        case Sequence(items=items) if not items:
            return "'{}'"
        case Reference("builtins.list"):
            return "'{}'"
        case Reference("builtins.dict") if kind == "HStoreField":
            return "''"
        case Reference("builtins.bool"):
            return "false"
        case Reference("builtins.int"):
            return "0"
        case Reference("builtins.str"):
            return "''"
        case Reference("datetime.timedelta"):
            return "'0 days 0.000000 seconds'::interval"
        case Call(Reference("decimal.Decimal"), (Argument(value=Literal(str() | int() as number)),)):
            return str(number)
        case Call(Reference("datetime.timedelta"), ()):
            return "'0 days 0.000000 seconds'::interval"
        case Call(
            Reference("datetime.date"),
            (
                Argument(value=Literal(int() as year)),
                Argument(value=Literal(int() as month)),
                Argument(value=Literal(int() as day)),
            ),
        ):
            return f"'{year:04}-{month:02}-{day:02}'::date"
        case Call(Reference("uuid.UUID"), (Argument(value=Literal(str(text))),)):
            return f"'{text}'::uuid"
        case _:
            return None


def placeholder(field: Field) -> str:
    """What stands for a field's value that is only known once Python has run."""
    cast = _CASTS.get(field.kind or "")
    return f"{_PLACEHOLDER}::{cast}" if cast is not None else _PLACEHOLDER


_PLACEHOLDER = f"'{LEFT_OUT}'"


@dataclass(frozen=True, slots=True)
class _Part:
    sql: str
    functions: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    unknown: str | None = None
    parametrized: bool = False
    nullable: str | None = None

    def expression(self) -> Expression:
        return Expression(self.sql.strip(), self.functions - NOT_CALLED, self.names, self.unknown)


@dataclass(frozen=True, slots=True)
class _Node:
    """A WHERE as Django's WhereNode has it."""

    children: tuple[_Part | _Node, ...]
    connector: str
    negated: bool


class _Unknown:
    pass


@dataclass(frozen=True, slots=True)
class _Compiler:
    model: ModelState | None
    ground: Ground
    field: Field | None

    def value(self, value: Value) -> _Part:
        """What stands where a value is expected: a literal, or an expression."""
        match value:
            case Call(Reference(path), _) if path.startswith(_DJANGO) or path.startswith(_OPERATORS):
                return self.call(value, path)
            case Unresolved(reason) | Call(Unresolved(reason)):
                return _Part(_PLACEHOLDER, unknown=reason)
            case Parameter() | Digest():
                return _Part(_PLACEHOLDER, unknown="the value is not known")
            case Call(Reference(path)) | Reference(path) if not path.startswith(_PYTHON) and path not in _BUILT_IN:
                known = literal_sql(value, self.field)
                if known is not None:
                    return _Part(known, parametrized=True)
                return _Part(_PLACEHOLDER, unknown=f"{path.lstrip('#')} is defined elsewhere")
            case _:
                # Django gives a boolean field 1 as well as True; what it is given is a parameter in any case.
                return _Part(literal_sql(value, self.field) or _PLACEHOLDER, parametrized=True)

    def operand(self, value: Value) -> _Part:
        """An argument of a function or operator: a bare text is a field's name there."""
        name = text_of(value)
        return self.column(name) if name is not None else self.value(value)

    def column(self, name: str) -> _Part:
        base, *path = name.split("__")
        if self.model is None:
            return _Part(quoted(base), names=frozenset({base.lower()}))
        column = column_of(self.model, base)
        part = _Part(quoted(column), names=frozenset({column}))
        held = self.model.fields.get(base)
        if held is not None and takes_null(held.field) is not False:
            part = replace(part, nullable=part.sql)
        for transform in path:
            part = self.transformed(part, transform, held.field if held is not None else None)
        return part

    def transformed(self, part: _Part, transform: str, field: Field | None) -> _Part:
        if field is not None and field.kind in ("JSONField", "HStoreField"):
            key = transform if transform.lstrip("-").isdigit() else _text(transform)
            return replace(part, sql=f"({part.sql} -> {key})")
        if transform in _TRANSFORMS:
            return _called(_TRANSFORMS[transform], (part,))
        if transform in _EXTRACTED:
            return replace(
                part,
                sql=f"EXTRACT({_EXTRACTED[transform]} FROM {part.sql})",
                functions=part.functions | {"extract"},
            )
        return replace(part, sql=f"{transform}({part.sql})", unknown=f"the lookup '{transform}' is not known")

    def call(self, call: Call, path: str) -> _Part:
        name = path.rpartition(".")[2]
        arguments = call.arguments
        if any(argument.name in ("*", "**") for argument in arguments):
            return self._within(arguments, f"the arguments of {path} are not all known")
        given = {argument.name: argument.value for argument in arguments if argument.name}
        positional = [argument.value for argument in arguments if argument.name is None]
        if path.startswith(_OPERATORS):
            return self.operator(call, name)
        if name == "Q":
            return self.condition(call)
        if name in ("F", "OuterRef"):
            named = text_of(positional[0] if positional else given.get("name"))
            return self.column(named) if named is not None else _Part(LEFT_OUT, unknown="a field's name is not known")
        if name == "Value":
            inner = positional[0] if positional else given.get("value", Literal(None))
            output = given.get("output_field", positional[1] if len(positional) > 1 else None)
            field = build_field(output) if isinstance(output, Call) else self.field
            return _Part(literal_sql(inner, field) or _PLACEHOLDER, parametrized=True)
        if name == "RawSQL":
            text = text_of(positional[0] if positional else given.get("sql"))
            if text is None:
                return _Part(LEFT_OUT, unknown="its SQL is not known")
            part = _raw(text)
            return replace(part, sql=f"({part.sql})")
        if name in ("ExpressionWrapper", "OrderBy", "IndexExpression", "OpClass"):
            inner_value = positional[0] if positional else given.get("expression", Literal(None))
            return self.operand(inner_value)
        if name == "NegatedExpression":
            inner_part = self.condition(positional[0] if positional else given.get("expression", Literal(None)))
            return replace(inner_part, sql=f"NOT ({inner_part.sql})")
        if name == "CombinedExpression" and len(positional) >= 3:
            sign = text_of(positional[1])
            left, right = self.operand(positional[0]), self.operand(positional[2])
            return _joined((left, right), f" {sign} ", "({})")
        if name == "Cast":
            return self.cast(positional, given)
        if name == "Collate":
            part = self.operand(positional[0]) if positional else _Part(LEFT_OUT)
            collation = text_of(positional[1] if len(positional) > 1 else given.get("collation"))
            return replace(part, sql=f"{part.sql} COLLATE {quoted(collation or LEFT_OUT)}")
        if name == "Case":
            return self.case(positional, given.get("default"))
        if name.startswith(("Extract", "Trunc")):
            return self.dated(name, positional, given)
        return self.function(name, path, positional, given)

    def function(self, name: str, path: str, positional: list[Value], given: dict[str, Value]) -> _Part:
        parts = [self.operand(value) for value in positional]
        if name in ("Concat", "ConcatPair"):
            joined = [replace(part, sql=f"COALESCE({part.sql}, '')") for part in parts]
            return _nested(joined)
        if name in _HASHES:
            part = _called("DIGEST", parts)
            return replace(
                part,
                sql=f"ENCODE(DIGEST({_list(parts)}, '{name.lower()}'), 'hex')",
                functions=part.functions | {"encode"},
            )
        if name == "Func" and positional and "function" not in given and "template" not in given:
            return _joined(parts, ", ", "{}", unknown="the function that it calls is not known")
        if "template" in given or "function" in given:
            function = text_of(given["function"]) if "function" in given else _FUNCTIONS.get(name, "")
            template = text_of(given["template"]) if "template" in given else "%(function)s(%(expressions)s)"
            if function is None or template is None:
                return _joined(parts, ", ", "{}", unknown="the function that it calls is not known")
            separator = text_of(given.get("arg_joiner")) or ", "
            sql = template.replace("%(function)s", function)
            inner = _joined(parts, separator, "{}")
            called = _raw(sql.replace("%(expressions)s", "")).functions
            return replace(inner, sql=sql.replace("%(expressions)s", inner.sql), functions=inner.functions | called)
        if name not in _FUNCTIONS:
            if path.startswith("django.contrib.postgres.search."):
                return _called(_SEARCH.get(name, name), parts)
            return _joined(parts, ", ", f"{name.upper()}({{}})", unknown=f"{path} is not known to miglint")
        if name == "Round" and len(parts) == 1:
            parts.append(_Part("0", parametrized=True))
        if name in ("Left", "Right", "Substr", "Repeat", "LPad", "RPad", "Replace") and positional:
            # Only the first of their arguments is a field's name where it is a text.
            parts = [parts[0], *(self.value(value) for value in positional[1:])]
        return _called(_FUNCTIONS[name], parts)

    def cast(self, positional: list[Value], given: dict[str, Value]) -> _Part:
        part = self.operand(positional[0] if positional else given.get("expression", Literal(None)))
        output = given.get("output_field", positional[1] if len(positional) > 1 else None)
        field = build_field(output) if isinstance(output, Call) else None
        kind = column_type(field, self.ground.vendor) if field is not None else None
        return replace(part, sql=f"({part.sql})::{LEFT_OUT if kind is None or isinstance(kind, Unresolved) else kind}")

    def case(self, cases: list[Value], default: Value | None) -> _Part:
        parts = []
        for one in cases:
            match one:
                case Call(Reference(path), arguments) if path.endswith("When"):
                    positional = [argument.value for argument in arguments if argument.name is None]
                    given = {argument.name: argument.value for argument in arguments if argument.name}
                    then = given.pop("then", positional[1] if len(positional) > 1 else None)
                    lookups = [
                        self.lookup(name, value) for name, value in given.items() if name and name != "condition"
                    ]
                    tested = positional[0] if positional else given.get("condition")
                    if tested is not None:
                        lookups.insert(0, self.condition(tested))
                    wanted = self.value(then) if then is not None else _Part("NULL")
                    when = _joined(lookups, " AND ", "WHEN {} THEN ")
                    parts.append(_joined((when, wanted), "", "{}"))
                case _:
                    parts.append(self.value(one))
        if default is not None:
            part = self.value(default)
            parts.append(replace(part, sql=f"ELSE {part.sql}"))
        else:
            parts.append(_Part("ELSE NULL"))
        return _joined(parts, " ", "CASE {} END")

    def dated(self, name: str, positional: list[Value], given: dict[str, Value]) -> _Part:
        """Extract and Trunc, by way of their subclasses or the name of what they take out."""
        kind = "EXTRACT" if name.startswith("Extract") else "DATE_TRUNC"
        what = name.removeprefix("Extract").removeprefix("Trunc").lower()
        part = self.operand(positional[0] if positional else given.get("expression", Literal(None)))
        if not what:
            what = (
                text_of(positional[1] if len(positional) > 1 else given.get("lookup_name", given.get("kind")))
                or LEFT_OUT
            )
        functions = part.functions
        if kind == "DATE_TRUNC" and what in ("date", "time"):
            return replace(part, sql=f"({part.sql})::{what}", functions=functions)
        sql = (
            f"EXTRACT({_EXTRACTED.get(what, what.upper())} FROM {part.sql})"
            if kind == "EXTRACT"
            else f"DATE_TRUNC('{what}', {part.sql})"
        )
        return replace(part, sql=sql, functions=functions | {kind.lower()}, parametrized=True)

    def operator(self, call: Call, name: str) -> _Part:
        if name in ("and_", "or_", "xor", "invert") and _is_condition(call):
            return self.condition(call)
        parts = [self.value(argument.value) for argument in call.arguments]
        if name in _SIGNS and len(parts) == 2:
            return _joined(parts, f" {_SIGNS[name]} ", "({})")
        if name == "neg" and len(parts) == 1:
            return replace(parts[0], sql=f"({parts[0].sql} *  -1)")
        return _joined(parts, ", ", "{}", unknown=f"the operator {name} is not known")

    def condition(self, value: Value) -> _Part:
        node = self.node(value, negated=False)
        return _flat(node)

    def node(self, value: Value, *, negated: bool) -> _Part | _Node:
        match value:
            case Call(Reference(path), arguments) if path.startswith(_DJANGO) and path.endswith(".Q"):
                words = {argument.name: argument.value for argument in arguments if argument.name is not None}
                connector = text_of(words.get("_connector")) or "AND"
                inverted = truth_of(words.get("_negated"), False) is True
                children: list[_Part | _Node] = []
                # Q sorts its keywords.
                keywords = sorted((one for one in arguments if one.name is not None), key=lambda one: one.name or "")
                for argument in (*(one for one in arguments if one.name is None), *keywords):
                    if argument.name in ("_connector", "_negated"):
                        continue
                    if argument.name in ("*", "**"):
                        children.append(_Part(LEFT_OUT, unknown="the condition is not all known"))
                        continue
                    lookup, wanted = _lookup(argument.name, argument.value)
                    if lookup is not None:
                        children.append(self.filter(lookup, wanted, negated=negated != inverted))
                    else:
                        children.append(self.node(argument.value, negated=negated != inverted))
                return _node(children, connector, negated=inverted)
            case Call(Reference(path), arguments) if path.startswith(_OPERATORS):
                name = path.rpartition(".")[2]
                values = [argument.value for argument in arguments]
                if name == "invert" and values:
                    inner = self.node(values[0], negated=not negated)
                    if isinstance(inner, _Node) and not inner.negated:
                        return replace(inner, negated=True)
                    return _node([inner], "AND", negated=True)
                if name in ("and_", "or_", "xor"):
                    connector = {"and_": "AND", "or_": "OR", "xor": "XOR"}[name]
                    return _node([self.node(one, negated=negated) for one in values], connector, negated=False)
                return self.value(value)
            case _:
                return self.value(value)

    def filter(self, lookup: str, wanted: Value, *, negated: bool) -> _Part | _Node:
        part = self.lookup(lookup, wanted)
        # NOT over a column that may be NULL: Django keeps the rows with NULL in it.
        last = lookup.rpartition("__")[2]
        if negated and part.nullable is not None and last != "isnull" and wanted != Literal(None):
            return _Node((part, _Part(f"{part.nullable} IS NOT NULL", names=part.names)), "AND", False)
        return part

    def lookup(self, lookup: str, wanted: Value) -> _Part:
        path, _, last = lookup.rpartition("__")
        if not path or last not in _LOOKUPS:
            path, last = lookup, "exact"
        left = self.column(path)
        field = self._field(path)
        compiler = replace(self, field=field)
        if last in _COMPARED and path.endswith("__year") and isinstance(wanted, Literal):
            return self.year(path.removesuffix("__year"), last)
        if last == "isnull" or wanted == Literal(None):
            null = truth_of(wanted, False) if last == "isnull" else True
            return replace(left, sql=f"{left.sql} IS {'' if null else 'NOT '}NULL")
        if last in ("in", "range") and isinstance(wanted, Sequence):
            parts = [compiler.value(item) for item in wanted.items]
            right = _joined(parts, ", " if last == "in" else " AND ", "({})" if last == "in" else "{}")
            sign = "IN" if last == "in" else "BETWEEN"
            return replace(_joined((left, right), f" {sign} ", "{}"), nullable=left.nullable)
        if last in _LIKE:
            return self.like(left, last, wanted)
        right = compiler.value(wanted)
        if isinstance(wanted, Call) and right.names and not right.sql.startswith("("):
            right = replace(right, sql=f"({right.sql})")
        is_truth = field is not None and field.kind in ("BooleanField", "NullBooleanField")
        if last == "exact" and is_truth and right.sql in ("true", "false"):
            # A boolean column is a condition by itself.
            return replace(left, sql=left.sql if right.sql == "true" else f"NOT {left.sql}", parametrized=True)
        if last == "iexact":
            joined = _joined((left, right), "::text) = UPPER(", "UPPER({})")
            return replace(joined, functions=joined.functions | {"upper"}, nullable=left.nullable)
        return replace(_joined((left, right), f" {_LOOKUPS[last]} ", "{}"), nullable=left.nullable)

    def year(self, path: str, last: str) -> _Part:
        """A year's first and last moments, which stand for `EXTRACT` so that an index will do."""
        left = self.column(path)
        right = f"BETWEEN {_PLACEHOLDER} AND {_PLACEHOLDER}" if last == "exact" else f"{_LOOKUPS[last]} {_PLACEHOLDER}"
        return replace(left, sql=f"{left.sql} {right}", parametrized=True)

    def like(self, left: _Part, kind: str, wanted: Value) -> _Part:
        before, after = _LIKE[kind]
        text = text_of(wanted)
        if text is not None and kind not in ("regex", "iregex"):
            text = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        right = _Part(_PLACEHOLDER if text is None else _text(f"{before}{text}{after}"), parametrized=True)
        if text is None and isinstance(wanted, Call):
            right = self.value(wanted)
        insensitive = kind.startswith("i") and kind != "in"
        shape = "UPPER({}::text) LIKE UPPER({})" if insensitive else "{}::text LIKE {}"
        if kind in ("regex", "iregex"):
            shape = "{}::text ~* {}" if insensitive else "{}::text ~ {}"
        joined = _joined((left, right), "", "{}")
        functions = joined.functions | {"upper"} if insensitive and "regex" not in kind else joined.functions
        return replace(joined, sql=shape.format(left.sql, right.sql), functions=functions, nullable=left.nullable)

    def _field(self, path: str) -> Field | None:
        base, _, rest = path.partition("__")
        held = self.model.fields.get(base) if self.model is not None else None
        if held is None or (rest and held.field.kind != "JSONField"):
            return None
        return held.field

    def _within(self, arguments: tuple[Argument, ...], reason: str) -> _Part:
        parts = [self.operand(argument.value) for argument in arguments if argument.name not in ("*", "**")]
        return _joined(parts, ", ", "{}", unknown=reason)


_DJANGO = ("django.contrib.gis.db.models.", "django.contrib.postgres.", "django.db.models.")
_OPERATORS = ("_operator.", "operator.")

# Calls that Python makes before there is any SQL: what they return is a value to the database.
_BUILT_IN = frozenset(f"builtins.{name}" for name in ("bool", "bytes", "dict", "float", "int", "list", "str", "tuple"))
_PYTHON = ("datetime.", "decimal.", "django.utils.", "fractions.", "uuid.")

_LOOKUPS = {
    "exact": "=",
    "iexact": "=",
    "gt": ">",
    "gte": ">=",
    "lt": "<",
    "lte": "<=",
    "in": "IN",
    "range": "BETWEEN",
    "isnull": "IS NULL",
    "contains": "LIKE",
    "icontains": "LIKE",
    "startswith": "LIKE",
    "istartswith": "LIKE",
    "endswith": "LIKE",
    "iendswith": "LIKE",
    "regex": "~",
    "iregex": "~*",
}

_COMPARED = frozenset({"exact", "gt", "gte", "lt", "lte"})

_LIKE = {
    "contains": ("%", "%"),
    "icontains": ("%", "%"),
    "startswith": ("", "%"),
    "istartswith": ("", "%"),
    "endswith": ("%", ""),
    "iendswith": ("%", ""),
    "regex": ("", ""),
    "iregex": ("", ""),
}

_TRANSFORMS = {
    "abs": "ABS",
    "ceil": "CEILING",
    "floor": "FLOOR",
    "length": "LENGTH",
    "len": "ARRAY_LENGTH",
    "lower": "LOWER",
    "trim": "TRIM",
    "unaccent": "UNACCENT",
    "upper": "UPPER",
}

_EXTRACTED = {
    "day": "DAY",
    "hour": "HOUR",
    "iso_week_day": "ISODOW",
    "iso_year": "ISOYEAR",
    "isoweekday": "ISODOW",
    "isoyear": "ISOYEAR",
    "minute": "MINUTE",
    "month": "MONTH",
    "quarter": "QUARTER",
    "second": "SECOND",
    "week": "WEEK",
    "week_day": "DOW",
    "weekday": "DOW",
    "year": "YEAR",
}

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/", "mod": "%", "pow": "^"}

_HASHES = frozenset({"SHA1", "SHA224", "SHA256", "SHA384", "SHA512"})

# `function` of django.db.models.functions and django.contrib.postgres.functions, as the PostgreSQL backend has it.
_FUNCTIONS = {
    **{
        name: name.upper()
        for name in (
            *("ACos", "ASin", "ATan", "ATan2", "Abs", "Avg", "Chr", "Coalesce", "Cos", "Cot", "Count", "Degrees"),
            *("Exp", "Floor", "Greatest", "LPad", "LTrim", "Least", "Left", "Length", "Ln", "Log", "Lower", "MD5"),
            *("Max", "Min", "Mod", "NullIf", "Pi", "Power", "RPad", "RTrim", "Radians", "Random", "Repeat"),
            *("Replace", "Reverse", "Right", "Round", "Sign", "Sin", "Sqrt", "Sum", "Tan", "Trim", "Upper"),
        )
    },
    "Ceil": "CEILING",
    "JSONArray": "JSONB_BUILD_ARRAY",
    "JSONObject": "JSONB_BUILD_OBJECT",
    "Now": "STATEMENT_TIMESTAMP",
    "Ord": "ASCII",
    "RandomUUID": "GEN_RANDOM_UUID",
    "StrIndex": "STRPOS",
    "Substr": "SUBSTRING",
    "TransactionNow": "CURRENT_TIMESTAMP",
    "UUID4": "GEN_RANDOM_UUID",
    "UUID7": "UUIDV7",
}

_SEARCH = {"SearchVector": "to_tsvector", "SearchQuery": "plainto_tsquery", "SearchRank": "ts_rank"}


def _called(function: str, parts: Iterable[_Part]) -> _Part:
    parts = tuple(parts)
    part = _joined(parts, ", ", f"{function}({{}})")
    if function == "CURRENT_TIMESTAMP":
        part = replace(part, sql=function)
    return replace(part, functions=part.functions | {function.lower()})


def _nested(parts: list[_Part]) -> _Part:
    """`||` between pairs, as Concat nests them."""
    if len(parts) < 2:
        return parts[0] if parts else _Part("''")
    last = parts[-1]
    for number, part in enumerate(reversed(parts[:-1])):
        if number:
            last = replace(last, sql=f"COALESCE({last.sql}, '')")
        last = _joined((part, last), " || ", "({})")
    return last


def _list(parts: Iterable[_Part]) -> str:
    return ", ".join(part.sql for part in parts)


def _joined(parts: Iterable[_Part], separator: str, template: str, unknown: str | None = None) -> _Part:
    parts = tuple(parts)
    return _Part(
        template.replace("{}", separator.join(part.sql for part in parts)),
        functions=frozenset().union(*(part.functions for part in parts)),
        names=frozenset().union(*(part.names for part in parts)),
        unknown=next((part.unknown for part in parts if part.unknown is not None), unknown),
        parametrized=any(part.parametrized for part in parts),
    )


def _node(children: list[_Part | _Node], connector: str, *, negated: bool) -> _Node:
    """Nodes of the same connector, and those with one child, are one, as Node.add has it."""
    flat: list[_Part | _Node] = []
    for child in children:
        if (
            isinstance(child, _Node)
            and not child.negated
            and (child.connector == connector or len(child.children) == 1)
        ):
            flat += child.children
        else:
            flat.append(child)
    return _Node(tuple(flat), connector, negated)


def _flat(node: _Part | _Node) -> _Part:
    if isinstance(node, _Part):
        return node
    parts = tuple(_flat(child) for child in node.children)
    if node.connector == "XOR" and len(parts) > 1:
        # PostgreSQL has no XOR: one of them holds, and an odd number does.
        parts = (
            _joined(parts, " OR ", "({})"),
            _joined((_joined((part,), "", "CASE WHEN {} THEN 1 ELSE 0 END") for part in parts), " + ", "1 = ({})"),
        )
        node = replace(node, connector="AND")
    if node.negated:
        return _joined(parts, f" {node.connector} ", "NOT ({})")
    return _joined(parts, f" {node.connector} ", "({})" if len(parts) > 1 else "{}")


def _is_condition(value: Value) -> bool:
    match value:
        case Call(Reference(path), arguments):
            if path.startswith(_OPERATORS):
                return any(_is_condition(argument.value) for argument in arguments)
            return path.rpartition(".")[2] in ("Q", "Exists")
        case _:
            return False


def _lookup(keyword: str | None, value: Value) -> tuple[str | None, Value]:
    """`note__isnull=False`, or ("note__isnull", False) as `deconstruct` writes it."""
    if keyword is not None:
        return keyword, value
    if isinstance(value, Sequence) and value.kind == "tuple" and len(value.items) == 2:
        return text_of(value.items[0]), value.items[1]
    return None, value


def _raw(sql: str) -> _Part:
    written = tokens(sql)
    functions, names = Cursor(sql, written, "postgresql").uses(0, len(written))
    return _Part(sql, functions, names)


def _scalar(value: str | bytes | int | float | bool | None, kind: str | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if kind in ("BooleanField", "NullBooleanField") and isinstance(value, int):
        return str(bool(value)).lower()
    if kind == "FloatField" and isinstance(value, int):
        return str(float(value))
    if isinstance(value, (int, float)):
        if kind in _TEXTUAL:
            return _text(str(value))
        # psycopg keeps a minus apart from what stands before it.
        return str(value) if value >= 0 else f" {value}"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    text = value or ""
    if kind == "BinaryField":
        return f"'\\x{text.encode(errors='replace').hex()}'::bytea"
    if kind in ("IntegerField", "BigIntegerField", "SmallIntegerField", "DecimalField", "FloatField") and text:
        return text
    return f"{_text(text)}::{_CASTS[kind]}" if kind in _READ_FROM_TEXT else _text(text)


# How psycopg writes a value of the kind.
_CASTS = {
    "DateField": "date",
    "DateTimeField": "timestamptz",
    "DurationField": "interval",
    "JSONField": "jsonb",
    "TimeField": "time",
    "UUIDField": "uuid",
}

# Where Django makes such a value of a text; a text given to another stays one.
_READ_FROM_TEXT = frozenset({"DateField", "DateTimeField", "TimeField", "UUIDField"})

_TEXTUAL = frozenset(
    {"CharField", "EmailField", "FileField", "FilePathField", "ImageField", "SlugField", "TextField", "URLField"}
)


def _text(text: str) -> str:
    escaped = text.replace("'", "''")
    return f" E'{escaped}'".replace("\\", "\\\\") if "\\" in text else f"'{escaped}'"


def _plain(value: Value) -> object:
    """A value as Python has it; `_Unknown` where it is not written out."""
    match value:
        case Literal(known) if not isinstance(known, (bytes, complex)):
            return known
        case Sequence(items=items):
            listed = [_plain(item) for item in items]
            return _Unknown() if any(isinstance(one, _Unknown) for one in listed) else listed
        case Mapping(items=pairs):
            held = [(_plain(key), _plain(item)) for key, item in pairs]
            if any(isinstance(one, _Unknown) or not isinstance(key, str) for key, one in held):
                return _Unknown()
            return dict(held)
        case Reference("builtins.dict"):
            return {}
        case Reference("builtins.list"):
            return []
        case _:
            return _Unknown()
