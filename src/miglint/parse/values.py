"""Expressions → values, as far as they can be known without running them."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

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
from miglint.folding import (
    WELL_KNOWN,
    call_of,
    fold_call,
    fold_comparison,
    fold_item,
    fold_operator,
    items_of,
    join,
    merged,
)
from miglint.parse.positions import Positions
from miglint.parse.scan import COMMENT, STRING
from miglint.signatures import DIGESTED, takes_verbose_name_first

# Steps through loops and calls of the file's own functions; reading it once costs none.
_BUDGET = 20_000
# A value that holds itself many times over is a small graph and a huge tree.
_LARGEST_VALUE = 50_000
_LONGEST_NUMBER = 1000
# What keeps, reads and compares values calls itself some six times for each level.
_DEEPEST_VALUE = 100
# From here on, it is looked at how deep a value is.
_DEEP = 20

_TRUTHS: dict[str, Literal] = {"True": Literal(True), "False": Literal(False), "None": Literal(None)}

_BINARY = {
    cst.Add: "operator.add",
    cst.Subtract: "operator.sub",
    cst.Multiply: "operator.mul",
    cst.Divide: "operator.truediv",
    cst.FloorDivide: "operator.floordiv",
    cst.Modulo: "operator.mod",
    cst.Power: "operator.pow",
    cst.BitOr: "operator.or_",
    cst.BitAnd: "operator.and_",
    cst.BitXor: "operator.xor",
    cst.LeftShift: "operator.lshift",
    cst.RightShift: "operator.rshift",
    cst.MatrixMultiply: "operator.matmul",
}
_UNARY = {
    cst.Minus: "operator.neg",
    cst.Plus: "operator.pos",
    cst.BitInvert: "operator.invert",
    cst.Not: "operator.not_",
}
_COMPARISON = {
    cst.Equal: "operator.eq",
    cst.NotEqual: "operator.ne",
    cst.LessThan: "operator.lt",
    cst.LessThanEqual: "operator.le",
    cst.GreaterThan: "operator.gt",
    cst.GreaterThanEqual: "operator.ge",
    cst.Is: "operator.is_",
    cst.IsNot: "operator.is_not",
    cst.In: "operator.contains",
    cst.NotIn: "operator.contains",
}

_LAYOUT = re.compile(rf"({STRING})|{COMMENT}|\\?[\s]+|,\s*(?=[)\]}}])", re.DOTALL)
_PLAIN_STRING = re.compile(r"[uU]?(['\"])([^'\"\\\r\n]*)\1\Z")


class TooMuchError(Exception):
    """Working something out takes more steps than any real migration needs, or is not possible; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Scope:
    """Names of a module, a class or a function; `name` is how its members' names begin."""

    __slots__ = ("kind", "name", "outer", "values")

    def __init__(self, kind: str, name: str = "", outer: Scope | None = None) -> None:
        self.kind = kind
        self.name = name
        self.outer = outer
        self.values: dict[str, Value] = {}

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.values:
                return scope.values[name]
            scope = scope.outer
            # A function in a class does not see the class's names.
            while scope is not None and scope.kind == "class":
                scope = scope.outer
        return None


class Evaluator:
    """Expressions of one file; what its own functions and classes say is up to who runs its statements."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.budget = _BUDGET
        # Whether a value was used again, or is deep, since the last look: only such values can be too much.
        self.reused = False
        self.depth = 0
        self._span = positions.span

    def evaluate(self, node: cst.BaseExpression, scope: Scope) -> Value:
        case = _CASES.get(type(node))
        if case is None:
            return Unresolved("it has to be run", self._span(node))
        if self.depth > _DEEPEST_VALUE:
            return Unresolved("it is nested too deep", self._span(node))
        self.depth += 1
        if self.depth > _DEEP:
            self.reused = True
        try:
            return case(self, node, scope)
        finally:
            self.depth -= 1

    def digest(self, node: cst.CSTNode) -> Digest:
        """The same for the same code, however it is laid out."""
        code = _LAYOUT.sub(_without_layout, self.positions.code(node))
        if len(code) <= 32:
            return Digest(code)
        from hashlib import blake2b  # imported where used: few files need it

        return Digest(blake2b(code.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest())

    def spend(self, steps: int = 1) -> None:
        self.budget -= steps
        if self.budget < 0:
            raise TooMuchError("working it out takes too many steps")

    def bounded(self, value: Value, span: Span) -> Value:
        """The value, unless it is larger than a file can be."""
        if not self.reused:
            return value
        self.reused = False
        size, depth = _size(value, {})
        fits = size <= _LARGEST_VALUE and depth <= _DEEPEST_VALUE
        return value if fits else Unresolved("it is too large", span)

    def call_function(self, path: str, arguments: tuple[Argument, ...], span: Span) -> Value | None:
        """What a call of one of the file's own functions returns; None where that is not known."""
        raise NotImplementedError

    def member(self, path: str, name: str) -> Value | None:
        """An attribute of one of the file's own classes."""
        raise NotImplementedError

    def function_of_lambda(self, node: cst.Lambda, scope: Scope) -> Value:
        raise NotImplementedError

    def bind(self, target: cst.BaseExpression, value: Value, scope: Scope) -> None:
        raise NotImplementedError

    def _simple_string(self, node: cst.SimpleString, scope: Scope) -> Value:
        raw = node.value
        plain = _PLAIN_STRING.match(raw)
        return Literal(plain.group(2)) if plain is not None else self._written_string(raw, node)

    def _written_string(self, raw: str, node: cst.CSTNode) -> Value:
        # Python reads every line end in a string as \n.
        if "\r" in raw:
            raw = raw.replace("\r\n", "\n").replace("\r", "\n")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                value = ast.literal_eval(raw)
        except (SyntaxError, ValueError):
            return Unresolved("it is no string that Python reads", self._span(node))
        return Literal(value)

    def _concatenated_string(self, node: cst.ConcatenatedString, scope: Scope) -> Value:
        parts: list[Value] = []
        rest: cst.BaseExpression = node
        while isinstance(rest, cst.ConcatenatedString):
            parts.append(self.evaluate(rest.left, scope))
            rest = rest.right
        parts.append(self.evaluate(rest, scope))
        if all(isinstance(part, Literal) and isinstance(part.value, str) for part in parts):
            return Literal("".join(str(part.value) for part in parts if isinstance(part, Literal)))
        if all(isinstance(part, Literal) and isinstance(part.value, bytes) for part in parts):
            return Literal(
                b"".join(part.value for part in parts if isinstance(part, Literal) and isinstance(part.value, bytes))
            )
        self.reused = self.reused or len(parts) > _DEEP
        return join(parts, self._span(node))

    def _formatted_string(self, node: cst.FormattedString, scope: Scope) -> Value:
        span = self._span(node)
        start = node.start.rstrip("'\"").lower().replace("f", "")
        parts: list[Value] = []
        for part in node.parts:
            if isinstance(part, cst.FormattedStringText):
                text = part.value.replace("{{", "{").replace("}}", "}")
                if "\\" in text and "r" not in start:
                    quote = node.end
                    parts.append(self._written_string(f"{quote}{text}{quote}", node))
                else:
                    parts.append(Literal(text.replace("\r\n", "\n").replace("\r", "\n")))
            elif isinstance(part, cst.FormattedStringExpression):
                parts.append(self._hole(part, scope, span))
        self.reused = self.reused or len(parts) > _DEEP
        return join(parts, span)

    def _hole(self, part: cst.FormattedStringExpression, scope: Scope, span: Span) -> Value:
        value = self.evaluate(part.expression, scope)
        if part.equal is not None or part.conversion not in (None, "s"):
            return Unresolved("a part of the string has to be run", span)
        spec = part.format_spec
        if spec:
            texts = [piece.value for piece in spec if isinstance(piece, cst.FormattedStringText)]
            if len(texts) != len(spec):
                return Unresolved("a part of the string has to be run", span)
            return self._folded(call_of("builtins.format", (value, Literal("".join(texts))), span))
        return value if isinstance(value, Unresolved) else self._folded(call_of("builtins.str", (value,), span))

    def _folded(self, call: Call) -> Value:
        folded = fold_call(call.function, call.arguments, call.span)
        return call if folded is None else folded

    def _integer(self, node: cst.Integer, scope: Scope) -> Value:
        # Python reads any number in hexadecimal, and writes none that is very long.
        if len(node.value) > _LONGEST_NUMBER:
            return Unresolved(f"it is a number of more than {_LONGEST_NUMBER} digits", self._span(node))
        try:
            return Literal(int(node.value, 0))
        except ValueError:
            return Unresolved("it is no number that Python reads", self._span(node))

    def _float(self, node: cst.Float | cst.Imaginary, scope: Scope) -> Value:
        try:
            value = ast.literal_eval(node.value)
        except (ValueError, SyntaxError):
            return Unresolved("it is no number that Python reads", self._span(node))
        return Literal(value)

    def _name(self, node: cst.Name, scope: Scope) -> Value:
        name = node.value
        value = scope.find(name)
        if value is not None:
            if not isinstance(value, Literal | Reference):
                self.reused = True
            return value
        return _TRUTHS.get(name) or Reference(f"builtins.{name}")

    def _attribute(self, node: cst.Attribute, scope: Scope) -> Value:
        names: list[str] = []
        base: cst.BaseExpression = node
        while type(base) is cst.Attribute:
            names.append(base.attr.value)
            base = base.value
        value = self.evaluate(base, scope)
        for name in reversed(names):
            value = self._attribute_of(value, name, node)
        self.reused = self.reused or len(names) > _DEEP
        return value

    def _attribute_of(self, value: Value, name: str, node: cst.CSTNode) -> Value:
        match value:
            case Reference(path):
                if path.startswith("#"):
                    found = self.member(path, name)
                    if found is not None:
                        self.reused = True
                        return found
                return Reference(f"{path}.{name}")
            case Unresolved(reason):
                return Unresolved(reason, self._span(node))
            case _:
                return call_of("builtins.getattr", (value, Literal(name)), self._span(node))

    def _call(self, node: cst.Call, scope: Scope) -> Value:
        # A chain of calls is walked, not recursed into: it may be long.
        chain: list[cst.Call | str] = []
        base: cst.BaseExpression = node
        while True:
            if type(base) is cst.Call:
                chain.append(base)
                base = base.func
            elif chain and type(base) is cst.Attribute:
                chain.append(base.attr.value)
                base = base.value
            else:
                break
        value = self.evaluate(base, scope)
        for link in reversed(chain):
            match link:
                case str():
                    value = self._attribute_of(value, link, base)
                case cst.Call():
                    value = self._called(value, link, scope)
        self.reused = self.reused or len(chain) > _DEEP
        return value

    def _called(self, function: Value, node: cst.Call, scope: Scope) -> Value:
        path = function.path if isinstance(function, Reference) else ""
        local = path.startswith(("#", "builtins."))
        arguments = self._arguments(node, path, local, scope)
        span = self._span(node)
        if isinstance(function, Unresolved):
            return Unresolved(function.reason, span)
        if local or not path or path in WELL_KNOWN:
            outcome = (
                self.call_function(path, arguments, span)
                if path.startswith("#")
                else fold_call(function, arguments, span)
            )
            if outcome is not None:
                return self.bounded(outcome, span)
        return Call(function, arguments, span, self._span(node.func))

    def _arguments(self, node: cst.Call, path: str, local: bool, scope: Scope) -> tuple[Argument, ...]:
        arguments: list[Argument] = []
        evaluate, position = self.evaluate, self._span
        for number, argument in enumerate(node.args):
            keyword = argument.keyword
            value_node = argument.value
            if keyword is not None:
                name: str | None = keyword.value
                value = self.digest(value_node) if name in DIGESTED and not local else evaluate(value_node, scope)
            elif argument.star:
                name = argument.star
                value = evaluate(value_node, scope)
            else:
                name = None
                verbose = number == 0 and path != "" and not local and takes_verbose_name_first(path)
                value = self.digest(value_node) if verbose else evaluate(value_node, scope)
            arguments.append(Argument(name, value, position(argument)))
        return tuple(arguments)

    def _list(self, node: cst.List, scope: Scope) -> Value:
        return self._sequence("list", node, scope)

    def _tuple(self, node: cst.Tuple, scope: Scope) -> Value:
        return self._sequence("tuple", node, scope)

    def _set(self, node: cst.Set, scope: Scope) -> Value:
        return self._sequence("set", node, scope)

    def _sequence(self, kind: Any, node: cst.List | cst.Tuple | cst.Set, scope: Scope) -> Value:
        span = self._span(node)
        items: list[Value] = []
        whole: Value | None = None
        for element in node.elements:
            if type(element) is cst.StarredElement:
                value = self.evaluate(element.value, scope)
                more = items_of(value, span)
                if more is not None:
                    items += more
                elif isinstance(value, Unresolved) or kind == "set":
                    items.append(Unresolved("an unpacked part of it is not known", self._span(element)))
                else:
                    # Another file may know it: the list is a sum until then.
                    so_far = Sequence(kind, tuple(items), span)
                    whole = so_far if whole is None else fold_operator("operator.add", whole, so_far, span)
                    whole = fold_operator("operator.add", whole, value, span)
                    items = []
            else:
                items.append(self.evaluate(element.value, scope))
        rest = Sequence(kind, tuple(items), span)
        if whole is None:
            return rest
        return fold_operator("operator.add", whole, rest, span) if items else whole

    def _dict(self, node: cst.Dict, scope: Scope) -> Value:
        span = self._span(node)
        pairs: list[tuple[Value, Value]] = []
        starred: list[Value] = []
        for element in node.elements:
            if isinstance(element, cst.StarredDictElement):
                value = self.evaluate(element.value, scope)
                if not starred and isinstance(value, Mapping):
                    known = merged(tuple(pairs), value.items, span)
                    if known is not None:
                        pairs = list(known.items)
                        continue
                starred += (Mapping(tuple(pairs), span), value)
                pairs = []
            elif isinstance(element, cst.DictElement):
                key = self.evaluate(element.key, scope)
                digested = isinstance(key, Literal) and key.value in ("verbose_name", "verbose_name_plural")
                pairs.append((key, self.digest(element.value) if digested else self.evaluate(element.value, scope)))
        if not starred:
            return Mapping(tuple(pairs), span)
        whole = starred[0]
        for part in (*starred[1:], Mapping(tuple(pairs), span)):
            whole = fold_operator("operator.or_", whole, part, span)
        return whole

    def _comprehension(self, node: cst.ListComp | cst.SetComp | cst.GeneratorExp, scope: Scope) -> Value:
        span = self._span(node)
        items: list[Value] = []
        inner = Scope("function", "", scope if scope.kind != "class" else _open(scope))
        try:
            items += (self.evaluate(node.elt, inner) for _ in self._rounds(node.for_in, inner))
        except TooMuchError as error:
            return Unresolved(error.reason, span)
        self.reused = True
        return self.bounded(Sequence("set" if isinstance(node, cst.SetComp) else "list", tuple(items), span), span)

    def _dict_comprehension(self, node: cst.DictComp, scope: Scope) -> Value:
        span = self._span(node)
        pairs: list[tuple[Value, Value]] = []
        inner = Scope("function", "", scope if scope.kind != "class" else _open(scope))
        try:
            pairs += (
                (self.evaluate(node.key, inner), self.evaluate(node.value, inner))
                for _ in self._rounds(node.for_in, inner)
            )
        except TooMuchError as error:
            return Unresolved(error.reason, span)
        self.reused = True
        known = merged(tuple(pairs), (), span)
        return Unresolved("its keys are not known", span) if known is None else self.bounded(known, span)

    def _rounds(self, comprehension: cst.CompFor, scope: Scope) -> Iterator[None]:
        iterated = self.evaluate(comprehension.iter, scope)
        items = items_of(iterated, self._span(comprehension.iter))
        if items is None or any(isinstance(item, Unresolved) for item in items):
            raise TooMuchError("what it loops over is not known")
        for item in items:
            self.spend()
            self.bind(comprehension.target, item, scope)
            tests = [self.truth(condition.test, scope) for condition in comprehension.ifs]
            if None in tests and False not in tests:
                raise TooMuchError("it depends on a condition")
            if False in tests:
                continue
            if comprehension.inner_for_in is not None:
                yield from self._rounds(comprehension.inner_for_in, scope)
            else:
                yield

    def truth(self, node: cst.BaseExpression, scope: Scope) -> bool | None:
        """Whether a test holds; None where that is not known."""
        return truth_of(self.evaluate(node, scope), False)

    def _unary(self, node: cst.UnaryOperation, scope: Scope) -> Value:
        operand: cst.BaseExpression = node
        operators: list[str] = []
        while isinstance(operand, cst.UnaryOperation):
            operators.append(_UNARY[type(operand.operator)])
            operand = operand.expression
        value = self.evaluate(operand, scope)
        for operator in reversed(operators):
            value = self._unary_of(operator, value, node)
        self.reused = self.reused or len(operators) > _DEEP
        return value

    def _unary_of(self, operator: str, value: Value, node: cst.CSTNode) -> Value:
        truth = truth_of(value, False) if operator == "operator.not_" else None
        match operator, value:
            case _, Unresolved():
                return value
            case "operator.not_", _ if truth is not None:
                return Literal(not truth)
            case "operator.neg", Literal(int() | float() | complex() as number):
                return Literal(-number)
            case "operator.pos", Literal(int() | float() | complex() as number):
                return Literal(+number)
            case "operator.invert", Literal(int() as number) if not isinstance(number, bool):
                return Literal(~number)
            case _:
                return call_of(operator, (value,), self._span(node))

    def _binary(self, node: cst.BinaryOperation, scope: Scope) -> Value:
        # Sums lean to the left, and may be long.
        chain: list[cst.BinaryOperation] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BinaryOperation):
            chain.append(left)
            left = left.left
        value = self.evaluate(left, scope)
        for link in reversed(chain):
            right = self.evaluate(link.right, scope)
            value = fold_operator(_BINARY[type(link.operator)], value, right, self._span(link))
        self.reused = self.reused or len(chain) > _DEEP
        return value

    def _boolean(self, node: cst.BooleanOperation, scope: Scope) -> Value:
        chain: list[cst.BooleanOperation] = []
        left: cst.BaseExpression = node
        while isinstance(left, cst.BooleanOperation):
            chain.append(left)
            left = left.left
        value = self.evaluate(left, scope)
        for link in reversed(chain):
            truth = truth_of(value, False)
            either = isinstance(link.operator, cst.Or)
            if truth is None:
                return Unresolved("it depends on a condition", self._span(node))
            if truth is not either:
                value = self.evaluate(link.right, scope)
        return value

    def _comparison(self, node: cst.Comparison, scope: Scope) -> Value:
        if len(node.comparisons) != 1:
            return Unresolved("it depends on a condition", self._span(node))
        target = node.comparisons[0]
        left, right = self.evaluate(node.left, scope), self.evaluate(target.comparator, scope)
        path = _COMPARISON[type(target.operator)]
        if path == "operator.contains":
            left, right = right, left
        outcome = fold_comparison(path, left, right)
        if isinstance(target.operator, cst.NotIn) and isinstance(outcome, Literal):
            return Literal(not outcome.value)
        return outcome or Unresolved("it depends on a condition", self._span(node))

    def _conditional(self, node: cst.IfExp, scope: Scope) -> Value:
        rest: cst.BaseExpression = node
        possible: list[Value] = []
        while isinstance(rest, cst.IfExp):
            truth = self.truth(rest.test, scope)
            if truth:
                rest = rest.body
                break
            if truth is None:
                possible.append(self.evaluate(rest.body, scope))
            rest = rest.orelse
        last = self.evaluate(rest, scope)
        if not possible:
            return last
        return Unresolved("it depends on a condition", self._span(node), (*possible, last))

    def _subscript(self, node: cst.Subscript, scope: Scope) -> Value:
        base: cst.BaseExpression = node
        chain: list[cst.Subscript] = []
        while isinstance(base, cst.Subscript):
            chain.append(base)
            base = base.value
        value = self.evaluate(base, scope)
        for link in reversed(chain):
            value = self._item_of(value, link, scope)
        self.reused = self.reused or len(chain) > _DEEP
        return value

    def _item_of(self, value: Value, node: cst.Subscript, scope: Scope) -> Value:
        span = self._span(node)
        if isinstance(value, Unresolved):
            return Unresolved(value.reason, span)
        if len(node.slice) != 1:
            return Unresolved("it has to be run", span)
        inside = node.slice[0].slice
        if isinstance(inside, cst.Slice):
            return self._slice_of(value, inside, scope, span)
        if not isinstance(inside, cst.Index):
            return Unresolved("it has to be run", span)
        key = self.evaluate(inside.value, scope)
        found = fold_item(value, key)
        if found is not None:
            return found
        if isinstance(value, Reference | Parameter | Call) or isinstance(key, Reference | Parameter | Call):
            return call_of("operator.getitem", (value, key), span)
        return Unresolved("the item is not known", span)

    def _slice_of(self, value: Value, inside: cst.Slice, scope: Scope, span: Span) -> Value:
        bounds: list[int | None] = []
        for bound in (inside.lower, inside.upper, inside.step):
            known = Literal(None) if bound is None else self.evaluate(bound, scope)
            if not isinstance(known, Literal) or not isinstance(known.value, int | None):
                return Unresolved("which part of it is taken is not known", span)
            bounds.append(known.value)
        if bounds[2] == 0:
            return Unresolved("which part of it is taken is not known", span)
        part = slice(*bounds)
        match value:
            case Sequence(kind, items) if not any(isinstance(item, Unresolved) for item in items):
                return Sequence(kind, items[part], span)
            case Literal(str(text)):
                return Literal(text[part])
            case _:
                return Unresolved("which part of it is taken is not known", span)


# Functions, not an instance's methods: a cycle would keep each file's tree until the collector comes.
_CASES: dict[type[cst.CSTNode], Callable[[Evaluator, Any, Scope], Value]] = {
    cst.SimpleString: Evaluator._simple_string,
    cst.ConcatenatedString: Evaluator._concatenated_string,
    cst.FormattedString: Evaluator._formatted_string,
    cst.Integer: Evaluator._integer,
    cst.Float: Evaluator._float,
    cst.Imaginary: Evaluator._float,
    cst.Ellipsis: lambda evaluator, node, scope: Reference("builtins.Ellipsis"),
    cst.Name: Evaluator._name,
    cst.Attribute: Evaluator._attribute,
    cst.Call: Evaluator._call,
    cst.List: Evaluator._list,
    cst.Tuple: Evaluator._tuple,
    cst.Set: Evaluator._set,
    cst.Dict: Evaluator._dict,
    cst.ListComp: Evaluator._comprehension,
    cst.SetComp: Evaluator._comprehension,
    cst.GeneratorExp: Evaluator._comprehension,
    cst.DictComp: Evaluator._dict_comprehension,
    cst.UnaryOperation: Evaluator._unary,
    cst.BinaryOperation: Evaluator._binary,
    cst.BooleanOperation: Evaluator._boolean,
    cst.Comparison: Evaluator._comparison,
    cst.IfExp: Evaluator._conditional,
    cst.Subscript: Evaluator._subscript,
    cst.Lambda: lambda evaluator, node, scope: evaluator.function_of_lambda(node, scope),
}


def _open(scope: Scope) -> Scope:
    """A class's names as a comprehension in its body is meant to see them, though Python shows it only the first."""
    opened = Scope("function", scope.name, scope.outer)
    opened.values = scope.values
    return opened


def _without_layout(found: re.Match[str]) -> str:
    text = found.group(1)
    if text is None:
        return ""
    plain = _PLAIN_STRING.match(text)
    return f'"{plain.group(2)}"' if plain is not None else text


def _size(value: Value, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """How many parts a value has as a tree, and how deep they nest; more than the most is not counted on."""
    match value:
        case Literal(str() | bytes() as text):
            return 1 + len(text) // 100, 1
        case Sequence(items=items):
            parts: tuple[Value, ...] = items
        case Mapping(items=pairs):
            parts = tuple(part for pair in pairs for part in pair)
        case Call(function, arguments):
            parts = (function, *(argument.value for argument in arguments))
        case _:
            return 1, 1
    if id(value) not in known:
        total, deepest = 1, 0
        for part in parts:
            size, depth = _size(part, known)
            total, deepest = total + size, max(deepest, depth)
            if total > _LARGEST_VALUE or deepest > _DEEPEST_VALUE:
                break
        known[id(value)] = total, deepest + 1
    return known[id(value)]
