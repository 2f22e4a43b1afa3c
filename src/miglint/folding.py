"""Operators, built-in functions and methods over values, as far as their outcome is known without running anything.

What is not known stays a `Call` of `operator.add`, `builtins.str`, … so that it can be folded later on, when
other files have said what their names hold.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as AnyMapping
from collections.abc import Sequence as AnySequence
from typing import Any

from miglint.facts.source import Span
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
    truth_of,
)

# Larger results than a real migration has are not worked out, so that no input can fill the memory.
_LONGEST_TEXT = 100_000
_MOST_ITEMS = 10_000
_LARGEST_NUMBER = 10**30
_LARGEST_EXPONENT = 64

_NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "operator.add": operator.add,
    "operator.sub": operator.sub,
    "operator.mul": operator.mul,
    "operator.truediv": operator.truediv,
    "operator.floordiv": operator.floordiv,
    "operator.mod": operator.mod,
    "operator.pow": operator.pow,
    "operator.or_": operator.or_,
    "operator.and_": operator.and_,
    "operator.xor": operator.xor,
    "operator.lshift": operator.lshift,
    "operator.rshift": operator.rshift,
}

_COMPARING: dict[str, Callable[[Any, Any], Any]] = {
    "operator.eq": operator.eq,
    "operator.ne": operator.ne,
    "operator.lt": operator.lt,
    "operator.le": operator.le,
    "operator.gt": operator.gt,
    "operator.ge": operator.ge,
    "operator.is_": operator.eq,
    "operator.is_not": operator.ne,
}

_PLAIN_FIELD = re.compile(r"\{\{|\}\}|\{\w*\}")

# Methods of str whose outcome depends on the text and the arguments alone.
_TEXT_METHODS = frozenset(
    {
        *("capitalize", "casefold", "endswith", "find", "isdigit", "lower", "lstrip", "partition", "removeprefix"),
        *("removesuffix", "replace", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip"),
        *("swapcase", "title", "upper"),
    }
)


def call_of(path: str, arguments: AnySequence[Value], span: Span) -> Call:
    """A call of a built-in or an operator that stands for syntax, which has no spans of its own."""
    return Call(Reference(path), tuple(Argument(None, value, span) for value in arguments), span, span)


def fold_operator(path: str, left: Value, right: Value, span: Span) -> Value:
    """`left <path> right`; a `Call` of `path` where the outcome is not known."""
    for side in (left, right):
        if isinstance(side, Unresolved):
            return _within(path, left, right, span) or side
    folded = _folded(path, left, right, span)
    return folded if folded is not None else call_of(path, (left, right), span)


# Functions of libraries whose answer is known as far as no setting changes it.
WELL_KNOWN = frozenset({"django.utils.module_loading.import_string", "swapper.get_model_name", "swapper.split"})


def fold_call(function: Value, arguments: tuple[Argument, ...], span: Span) -> Value | None:
    """What a call of a built-in or an operator gives; None where that is not known."""
    match function:
        case Reference(path) if path.startswith("operator.") and len(arguments) == 2:
            if any(argument.name is not None for argument in arguments):
                return None
            if path == "operator.getitem":
                return fold_item(arguments[0].value, arguments[1].value)
            folded = _folded(path, arguments[0].value, arguments[1].value, span)
            return folded if folded is not None else fold_comparison(path, arguments[0].value, arguments[1].value)
        case Reference(path) if path.startswith("builtins."):
            return _fold_builtin(path.removeprefix("builtins."), arguments, span)
        case Reference(path):
            return _fold_library(path, tuple(argument.value for argument in arguments), span)
        case Call(Reference("builtins.getattr"), (Argument(None, receiver), Argument(None, Literal(str(name))))):
            return fold_method(receiver, name, arguments, span)
        case _:
            return None


def _fold_library(path: str, arguments: tuple[Value, ...], span: Span) -> Value | None:
    """Functions by which migrations name what a setting may replace; the answer is what holds without the setting."""
    match path, arguments:
        case "django.utils.module_loading.import_string", (Literal(str(dotted)),):
            return Reference(dotted)
        # Django's own default up to 5.2; that of 6.0 differs by its width alone.
        case "django.utils.module_loading.import_string", (Reference("django.conf.settings.DEFAULT_AUTO_FIELD"),):
            return Reference("django.db.models.AutoField")
        case "swapper.get_model_name", (Literal(str(label)), Literal(str(model))):
            return Literal(f"{label}.{model}")
        case "swapper.split", (Literal(str(name)),):
            label, _, model = name.partition(".")
            return Sequence("tuple", (Literal(label), Literal(model)), span)
        case _:
            return None


def fold_item(receiver: Value, key: Value) -> Value | None:
    """`receiver[key]`."""
    match receiver, key:
        case Mapping(items=items), Literal():
            if not all(isinstance(known, Literal) for known, _ in items):
                return None
            return next((item for known, item in reversed(items) if known == key), None)
        case Sequence(kind="list" | "tuple", items=items), Literal(int(index)):
            if any(isinstance(item, Unresolved) for item in items):
                return None
            return items[index] if -len(items) <= index < len(items) else None
        case Literal(str(text)), Literal(int(index)):
            return Literal(text[index]) if -len(text) <= index < len(text) else None
        case _:
            return None


def fold_comparison(path: str, left: Value, right: Value) -> Value | None:
    """`left == right` and the like; `operator.contains` has the container first, as in Python."""
    if path == "operator.contains":
        match left, right:
            case Sequence(items=items), Literal():
                if all(isinstance(item, Literal) for item in items):
                    return Literal(right in items)
            case Mapping(items=pairs), Literal():
                if all(isinstance(key, Literal) for key, _ in pairs):
                    return Literal(any(key == right for key, _ in pairs))
            case Literal(str(text)), Literal(str(part)):
                return Literal(part in text)
            case _:
                pass
        return None
    if path not in _COMPARING or not isinstance(left, Literal) or not isinstance(right, Literal):
        return None
    try:
        return Literal(bool(_COMPARING[path](left.value, right.value)))
    except TypeError:
        return None


def fold_method(receiver: Value, name: str, arguments: tuple[Argument, ...], span: Span) -> Value | None:
    """`receiver.name(*arguments)` where it changes nothing."""
    match receiver:
        case Literal(str(text)):
            return _fold_text_method(text, name, arguments, span)
        case Mapping(items=items):
            return _fold_mapping_method(items, name, arguments, span, receiver)
        case Sequence() if name == "copy" and not arguments:
            return receiver
        case Sequence("list" | "tuple", items) if name == "index" and len(arguments) == 1:
            known = all(isinstance(item, Literal) for item in items)
            return Literal(items.index(arguments[0].value)) if known and arguments[0].value in items else None
        case Sequence("set") if name == "union" and len(arguments) == 1:
            return _folded("operator.or_", receiver, arguments[0].value, span)
        case _:
            return None


def join(parts: AnySequence[Value], span: Span) -> Value:
    """The parts of an f-string, put together."""
    whole: Value = Literal("")
    for part in parts:
        if isinstance(part, Unresolved):
            return Unresolved(part.reason, span)
        whole = part if whole == Literal("") else fold_operator("operator.add", whole, part, span)
    return whole


def items_of(value: Value, span: Span) -> tuple[Value, ...] | None:
    """What a loop over a value meets; None where it is not known. An item may be `Unresolved`, for any number."""
    match value:
        case Sequence(items=items):
            return items
        case Mapping(items=pairs):
            return tuple(key for key, _ in pairs)
        case Literal(str(text)) if len(text) <= _MOST_ITEMS:
            return tuple(Literal(character) for character in text)
        case _:
            return None


def substitute(value: Value, known: AnyMapping[str, Value], at: Span | None = None) -> Value:
    """A template with its `Parameter`s replaced, and folded anew. `at` replaces every span, for another file's."""
    match value:
        case Parameter(name):
            return known.get(name, value)
        case Literal() | Reference() | Digest():
            return value
        case Unresolved(reason, span):
            return Unresolved(reason, at or span)
        case Sequence(kind, items, span):
            return Sequence(kind, tuple(substitute(item, known, at) for item in items), at or span)
        case Mapping(pairs, span):
            return Mapping(
                tuple((substitute(key, known, at), substitute(item, known, at)) for key, item in pairs), at or span
            )
        case Call(function, arguments, span, function_span):
            callee = substitute(function, known, at)
            given = tuple(
                Argument(argument.name, substitute(argument.value, known, at), at or argument.span)
                for argument in arguments
            )
            folded = fold_call(callee, given, at or span)
            return folded if folded is not None else Call(callee, given, at or span, at or function_span)


def _within(path: str, left: Value, right: Value, span: Span) -> Value | None:
    """A sum of which one list is not known is a list with an unknown part."""
    if path != "operator.add":
        return None
    match left, right:
        case Sequence(kind, items), Unresolved():
            return Sequence(kind, (*items, right), span)
        case Unresolved(), Sequence(kind, items):
            return Sequence(kind, (left, *items), span)
        case _:
            return None


def _folded(path: str, left: Value, right: Value, span: Span) -> Value | None:
    match left, right:
        case Sequence(kind, items), Sequence(other, more):
            if path == "operator.add" and kind == other != "set" and len(items) + len(more) <= _MOST_ITEMS:
                return Sequence(kind, (*items, *more), span)
            if path == "operator.or_" and kind == other == "set" and len(items) + len(more) <= _MOST_ITEMS:
                return Sequence("set", (*items, *(item for item in more if item not in items)), span)
            return None
        case Mapping(pairs), Mapping(more_pairs):
            return merged(pairs, more_pairs, span) if path == "operator.or_" else None
        case Literal(str(template)), (Literal() | Sequence("tuple") | Mapping()) if path == "operator.mod":
            return _formatted(template, right)
        case Literal(value), Literal(other_value):
            return _computed(path, value, other_value)
        case (Sequence(kind, items), Literal(int(times))) if path == "operator.mul" and kind != "set":
            return Sequence(kind, items * times, span) if len(items) * max(times, 0) <= _MOST_ITEMS else None
        case _:
            return None


def merged(pairs: tuple[tuple[Value, Value], ...], more: tuple[tuple[Value, Value], ...], span: Span) -> Mapping | None:
    """One mapping updated by another, in Python's order; None where a key is not known."""
    merged_pairs: dict[Value, Value] = {}
    for key, item in (*pairs, *more):
        if not isinstance(key, Literal):
            return None
        merged_pairs[key] = item
    return Mapping(tuple(merged_pairs.items()), span) if len(merged_pairs) <= _MOST_ITEMS else None


def _computed(path: str, left: Any, right: Any) -> Value | None:
    function = _NUMERIC.get(path)
    if function is None or left is None or right is None:
        return None
    if path in ("operator.pow", "operator.lshift") and not (isinstance(right, int) and 0 <= right <= _LARGEST_EXPONENT):
        return None
    sized = [side for side in (left, right) if isinstance(side, str | bytes)]
    if path == "operator.mul" and sized and not _product_fits(left, right):
        return None
    try:
        outcome = function(left, right)
    except (TypeError, ValueError, ArithmeticError):
        return None
    if isinstance(outcome, str | bytes) and len(outcome) > _LONGEST_TEXT:
        return None
    if isinstance(outcome, int) and abs(outcome) > _LARGEST_NUMBER:
        return None
    return Literal(outcome)


def _product_fits(left: Any, right: Any) -> bool:
    text, times = (left, right) if isinstance(left, str | bytes) else (right, left)
    return isinstance(times, int) and len(text) * max(times, 0) <= _LONGEST_TEXT


def _formatted(template: str, right: Value) -> Value | None:
    given: object
    match right:
        case Literal(value):
            given = value
        case Sequence(items=items):
            if not all(isinstance(item, Literal) for item in items):
                return None
            given = tuple(item.value for item in items if isinstance(item, Literal))
        case Mapping(items=pairs):
            if not all(isinstance(part, Literal) for pair in pairs for part in pair):
                return None
            given = {
                key.value: item.value for key, item in pairs if isinstance(key, Literal) and isinstance(item, Literal)
            }
        case _:
            return None
    # A width or precision may ask for gigabytes.
    if any(character.isdigit() or character == "*" for character in template.partition("%")[2]) and _is_wide(template):
        return None
    try:
        outcome = template % given
    except (TypeError, ValueError, KeyError, ArithmeticError):
        return None
    return Literal(outcome) if len(outcome) <= _LONGEST_TEXT else None


def _is_wide(template: str) -> bool:
    """Whether a conversion's width has more than three digits, or is itself an argument."""
    for part in template.split("%")[1:]:
        spec = part.rpartition(")")[2] if part.startswith("(") else part
        width = spec.lstrip("#0- +")
        digits = len(width) - len(width.lstrip("0123456789."))
        if digits > 3 or width.startswith("*"):
            return True
    return False


def _fold_builtin(name: str, arguments: tuple[Argument, ...], span: Span) -> Value | None:
    if name == "dict":
        return _dict(arguments, span)
    if any(argument.name is not None for argument in arguments):
        return None
    values = [argument.value for argument in arguments]
    match name, values:
        case (("list" | "tuple" | "set" | "frozenset"), _):
            kind = name.removeprefix("frozen")
            items = () if not values else items_of(values[0], span) if len(values) == 1 else None
            if items is None:
                return None
            return Sequence("list" if kind == "list" else "tuple" if kind == "tuple" else "set", items, span)
        case "str", [Literal(str() | int() | None as text)]:
            return Literal(str(text))
        case "int", [Literal(int() | bool() as number)]:
            return Literal(int(number))
        case "int", [Literal(str(digits))] if digits.isdecimal() and len(digits) < 30:
            return Literal(int(digits))
        case "bool", [value]:
            truth = truth_of(value, False)
            return None if truth is None else Literal(truth)
        case "len", [Sequence(items=items)] if not any(isinstance(item, Unresolved) for item in items):
            return Literal(len(items))
        case "format", [Literal(str() | int() as value), Literal(str(spec))] if len(spec) < 5:
            try:
                return Literal(format(value, spec))
            except (ValueError, TypeError):
                return None
        case (("reversed"), [Sequence(items=items)]):
            return Sequence("list", items[::-1], span)
        case "sorted", [Sequence(items=items)] if all(
            isinstance(item, Literal) and isinstance(item.value, str) for item in items
        ):
            return Sequence("list", tuple(sorted(items, key=lambda item: str(getattr(item, "value", "")))), span)
        case "range", _:
            return _range(values, span)
        case "zip", _ if values and all(isinstance(value, Sequence) for value in values):
            rows = zip(*(value.items for value in values if isinstance(value, Sequence)), strict=False)
            return Sequence("list", tuple(Sequence("tuple", row, span) for row in rows), span)
        case "enumerate", [Sequence(items=items)]:
            numbered = (Sequence("tuple", (Literal(number), item), span) for number, item in enumerate(items))
            return Sequence("list", tuple(numbered), span)
        case _:
            return None


def _range(values: list[Value], span: Span) -> Value | None:
    bounds: list[int] = []
    for value in values:
        if not (isinstance(value, Literal) and isinstance(value.value, int)):
            return None
        bounds.append(value.value)
    if not 1 <= len(bounds) <= 3 or (len(bounds) == 3 and bounds[2] == 0):
        return None
    numbers = range(*bounds)
    # len() of a range may itself overflow.
    if abs(numbers.stop - numbers.start) > _MOST_ITEMS * max(abs(numbers.step), 1) or abs(numbers.step) > 10**9:
        return None
    return Sequence("list", tuple(Literal(number) for number in numbers), span)


def _dict(arguments: tuple[Argument, ...], span: Span) -> Value | None:
    pairs: tuple[tuple[Value, Value], ...] = ()
    for argument in arguments:
        match argument:
            case Argument(None | "**", Mapping(items=items)):
                pairs = (*pairs, *items)
            case Argument(None, Sequence(items=items)):
                for item in items:
                    match item:
                        case Sequence(items=(key, value)):
                            pairs = (*pairs, (key, value))
                        case _:
                            return None
            case Argument(None | "*" | "**"):
                return None
            case Argument(name, value):
                pairs = (*pairs, (Literal(name), value))
    return merged(pairs, (), span)


def _fold_text_method(text: str, name: str, arguments: tuple[Argument, ...], span: Span) -> Value | None:
    if name == "join" and len(arguments) == 1 and arguments[0].name is None:
        items = items_of(arguments[0].value, span)
        parts = list(_texts(items or ()))
        if items is None or len(parts) != len(items) or sum(map(len, parts)) > _LONGEST_TEXT:
            return None
        return Literal(text.join(parts))
    given: list[Any] = []
    named: dict[str, Any] = {}
    for argument in arguments:
        if argument.name in ("*", "**") or not isinstance(argument.value, Literal):
            return None
        if argument.name is None:
            given.append(argument.value.value)
        else:
            named[argument.name] = argument.value.value
    if name == "format":
        return _format(text, given, named)
    if name == "zfill" and len(given) == 1 and isinstance(given[0], int) and given[0] < 1000:
        return Literal(text.zfill(given[0]))
    if name not in _TEXT_METHODS or named:
        return None
    if name == "replace" and len(given) >= 2 and len(text) * (len(str(given[1])) + 1) > _LONGEST_TEXT:
        return None
    try:
        return _from_python(getattr(text, name)(*given), span)
    except (TypeError, ValueError):
        return None


def _format(text: str, given: list[Any], named: dict[str, Any]) -> Value | None:
    # A width may ask for gigabytes, and an attribute or an item has to be looked up: only plain fields are filled in.
    if set("{}") & set(_PLAIN_FIELD.sub("", text)):
        return None
    try:
        outcome = text.format(*given, **named)
    except (ValueError, KeyError, IndexError, AttributeError, TypeError):
        return None
    return Literal(outcome) if len(outcome) <= _LONGEST_TEXT else None


def _from_python(value: object, span: Span) -> Value | None:
    match value:
        case str() | int() | bool():
            return Literal(value)
        case list() | tuple():
            items = tuple(Literal(item) for item in value if isinstance(item, str))
            return Sequence("list" if isinstance(value, list) else "tuple", items, span)
        case _:
            return None


def _texts(items: tuple[Value, ...]) -> Iterator[str]:
    for item in items:
        if isinstance(item, Literal) and isinstance(item.value, str):
            yield item.value


def _fold_mapping_method(
    pairs: tuple[tuple[Value, Value], ...], name: str, arguments: tuple[Argument, ...], span: Span, whole: Mapping
) -> Value | None:
    match name, [argument.value for argument in arguments if argument.name is None]:
        case "copy", []:
            return whole
        case "items", []:
            return Sequence("list", tuple(Sequence("tuple", pair, span) for pair in pairs), span)
        case "keys", []:
            return Sequence("list", tuple(key for key, _ in pairs), span)
        case "values", []:
            return Sequence("list", tuple(item for _, item in pairs), span)
        case "get", [Literal() as key, *default]:
            if not all(isinstance(known, Literal) for known, _ in pairs):
                return None
            found = fold_item(whole, key)
            return found if found is not None else default[0] if default else Literal(None)
        case _:
            return None
