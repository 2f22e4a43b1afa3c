"""Conditions that ask which database it is: `if schema_editor.connection.vendor == "postgresql":`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, TypeAlias

import libcst as cst

from miglint.facts.values import Literal, Reference, Sequence, Value, text_of

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
    """What a function's conditions say of the vendor, and the names that it has given to what they ask.

    `editors` are its names for the schema editor. A name counts from where the function gives it a meaning on every
    path, to where it may get another.
    """

    def __init__(self, evaluate: Callable[[cst.BaseExpression], Value], editors: Collection[str]) -> None:
        self._evaluate = evaluate
        self._editors = frozenset(editors)
        self._named: dict[str, Decided] = {}
        self._vendors: set[str] = set()
        self._connections: set[str] = set()

    def assign(self, name: str, value: cst.BaseExpression) -> None:
        """Follow an assignment to a plain name."""
        is_vendor, is_connection, decided = self._is_vendor(value), self._is_connection(value), self.decide(value)
        self.forget(name)
        if is_vendor:
            self._vendors.add(name)
        elif is_connection:
            self._connections.add(name)
        elif decided != UNDECIDED:
            self._named[name] = decided

    def forget(self, name: str) -> None:
        """A name may mean something else from here on."""
        self._vendors.discard(name)
        self._connections.discard(name)
        self._named.pop(name, None)
        self._editors -= {name}

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
        match operator, self._evaluate(right):
            case cst.Equal(), Literal(str(text)):
                return Decided(ANY & {text}, ANY - {text})
            case cst.NotEqual(), Literal(str(text)):
                return Decided(ANY - {text}, ANY & {text})
            case cst.In() | cst.NotIn(), Sequence(items=items):
                texts = [text_of(item) for item in items]
                if None in texts:
                    return UNDECIDED
                yes, no = ANY.intersection(texts), ANY.difference(texts)
                return Decided(yes, no) if isinstance(operator, cst.In) else Decided(no, yes)
            case _:
                return UNDECIDED

    def _is_vendor(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Name(value=name):
                return name in self._vendors
            case cst.Attribute(value=holder, attr=cst.Name(value="vendor")):
                return self._is_connection(holder)
            case _:
                return False

    def _is_connection(self, node: cst.BaseExpression) -> bool:
        """Whether it is the connection to the database that is migrated; a row may be called so too."""
        match node:
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="connection")) if name in self._editors:
                return True
            case cst.Name(value=name) if name in self._connections:
                return True
            case cst.Name() | cst.Attribute():
                return self._evaluate(node) in _CONNECTIONS
            case cst.Subscript(value=several, slice=[cst.SubscriptElement(slice=cst.Index(value=alias))]):
                return self._evaluate(several) in _ALL_CONNECTIONS and self._is_its_alias(alias)
            case _:
                return False

    def _is_its_alias(self, node: cst.BaseExpression) -> bool:
        match node:
            case cst.Attribute(value=holder, attr=cst.Name(value="alias")):
                return self._is_connection(holder)
            case _:
                return self._evaluate(node) in _DEFAULT_ALIAS


_CONNECTIONS = (Reference("django.db.connection"),)
_ALL_CONNECTIONS = (Reference("django.db.connections"), Reference("django.db.utils.connections"))
_DEFAULT_ALIAS = (
    Literal("default"),
    Reference("django.db.DEFAULT_DB_ALIAS"),
    Reference("django.db.utils.DEFAULT_DB_ALIAS"),
)
