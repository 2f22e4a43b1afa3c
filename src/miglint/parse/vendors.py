"""Conditions that ask which database it is: `if schema_editor.connection.vendor == "postgresql":`."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import libcst as cst

from miglint.facts.values import Literal, Sequence, Value, text_of

# What `connection.vendor` is for the databases that Django brings; MariaDB's is MySQL's.
Vendors: TypeAlias = frozenset[str]
ANY: Vendors = frozenset({"mysql", "oracle", "postgresql", "sqlite"})
NONE: Vendors = frozenset()


class Decided(NamedTuple):
    """For which databases a condition may hold, and for which it may not."""

    yes: Vendors = ANY
    no: Vendors = ANY


UNDECIDED = Decided()


class Conditions:
    """What a function's conditions say of the vendor, and the names that it has given to the vendor or to them."""

    def __init__(self, evaluate: Callable[[cst.BaseExpression], Value]) -> None:
        self._evaluate = evaluate
        self._named: dict[str, Decided] = {}
        self._vendors: set[str] = set()

    def assign(self, name: str, value: cst.BaseExpression) -> None:
        """Follow an assignment to a plain name."""
        self._vendors.discard(name)
        self._named.pop(name, None)
        if self._is_vendor(value):
            self._vendors.add(name)
        else:
            decided = self.decide(value)
            if decided != UNDECIDED:
                self._named[name] = decided

    def decide(self, test: cst.BaseExpression) -> Decided:
        match test:
            case cst.Name(value=name):
                return self._named.get(name, UNDECIDED)
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                yes, no = self.decide(inner)
                return Decided(no, yes)
            case cst.BooleanOperation(left=left, operator=operator, right=right):
                one, other = self.decide(left), self.decide(right)
                if isinstance(operator, cst.And):
                    return Decided(one.yes & other.yes, one.no | other.no)
                return Decided(one.yes | other.yes, one.no & other.no)
            case cst.Comparison(left=left, comparisons=[cst.ComparisonTarget(operator=operator, comparator=right)]):
                return self._compared(left, operator, right)
            case cst.Call(func=cst.Attribute(value=asked, attr=cst.Name(value="startswith")), args=[argument]):
                start = text_of(self._evaluate(argument.value))
                if start is None or not self._is_vendor(asked):
                    return UNDECIDED
                named = frozenset(vendor for vendor in ANY if vendor.startswith(start))
                return Decided(named, ANY - named)
            case _:
                return UNDECIDED

    def _compared(self, left: cst.BaseExpression, operator: cst.BaseCompOp, right: cst.BaseExpression) -> Decided:
        if self._is_vendor(right) and isinstance(operator, cst.Equal | cst.NotEqual):
            left, right = right, left
        if not self._is_vendor(left):
            return UNDECIDED
        named = _texts(self._evaluate(right))
        if named is None:
            return UNDECIDED
        match operator:
            case cst.Equal() | cst.In():
                return Decided(named, ANY - named)
            case cst.NotEqual() | cst.NotIn():
                return Decided(ANY - named, named)
            case _:
                return UNDECIDED

    def _is_vendor(self, node: cst.BaseExpression) -> bool:
        """`connection.vendor`, however the connection is come by; a row may have a vendor too."""
        match node:
            case cst.Name(value=name):
                return name in self._vendors
            case cst.Attribute(value=holder, attr=cst.Name(value="vendor")):
                return _is_connection(holder)
            case _:
                return False


def _is_connection(node: cst.BaseExpression) -> bool:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return "conn" in name
        case cst.Subscript(value=inner):
            return _is_connection(inner)
        case _:
            return False


def _texts(value: Value) -> Vendors | None:
    """The vendors that a string or a collection of strings names; None where it is neither."""
    match value:
        case Literal(str(text)):
            return ANY & {text}
        case Sequence(items=items):
            texts = [text_of(item) for item in items]
            return ANY & {text for text in texts if text is not None} if None not in texts else None
        case _:
            return None
