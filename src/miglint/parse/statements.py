"""What a statement binds, changes or leaves, told from its form alone."""

from __future__ import annotations

from collections.abc import Sequence as AnySequence

import libcst as cst

# Methods that change a list, a set or a mapping in place.
CHANGING = frozenset(
    {
        "append",
        "extend",
        "insert",
        "remove",
        "clear",
        "pop",
        "sort",
        "reverse",
        "update",
        "setdefault",
        "add",
        "discard",
    }
)

# Exceptions that catch a module that is not there.
_MISSING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


def body_of(block: cst.BaseSuite) -> AnySequence[cst.BaseStatement | cst.BaseSmallStatement]:
    return block.body


def statements_of(block: cst.BaseSuite) -> list[cst.BaseSmallStatement | cst.BaseCompoundStatement]:
    """A block's statements, those that share a line one by one."""
    found: list[cst.BaseSmallStatement | cst.BaseCompoundStatement] = []
    for statement in block.body:
        if isinstance(statement, cst.SimpleStatementLine):
            found += statement.body
        elif isinstance(statement, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            found.append(statement)
    return found


def is_docstring(statement: cst.CSTNode) -> bool:
    return isinstance(statement, cst.Expr) and isinstance(
        statement.value, cst.SimpleString | cst.ConcatenatedString | cst.Ellipsis
    )


def is_idle(statement: cst.CSTNode) -> bool:
    if isinstance(statement, cst.Return):
        value = statement.value
        return value is None or (isinstance(value, cst.Name) and value.value == "None")
    return isinstance(statement, cst.Pass) or is_docstring(statement)


def sets_own_attribute(statement: cst.Assign) -> bool:
    return all(
        isinstance(target.target, cst.Attribute)
        and isinstance(target.target.value, cst.Name)
        and target.target.value.value == "self"
        for target in statement.targets
    )


def is_super_call(call: cst.Call, method: str) -> bool:
    function = call.func
    return (
        isinstance(function, cst.Attribute)
        and function.attr.value == method
        and isinstance(function.value, cst.Call)
        and isinstance(function.value.func, cst.Name)
        and function.value.func.value == "super"
    )


def imports_something(block: cst.BaseSuite) -> bool:
    return any(isinstance(statement, cst.Import | cst.ImportFrom) for statement in statements_of(block))


def catches_missing_module(handler: cst.ExceptHandler | cst.ExceptStarHandler) -> bool:
    caught = handler.type
    if caught is None:
        return True
    names = [element.value for element in caught.elements] if isinstance(caught, cst.Tuple) else [caught]
    return any(isinstance(name, cst.Name) and name.value in _MISSING for name in names)


def _blocks(node: cst.CSTNode) -> list[cst.BaseSuite]:
    """The blocks of statements within a compound statement, not those of functions and classes in them."""
    blocks: list[cst.BaseSuite] = []
    match node:
        case cst.If() | cst.For() | cst.While():
            rest: cst.If | cst.Else | cst.For | cst.While | None = node
            while rest is not None:
                blocks.append(rest.body)
                rest = None if isinstance(rest, cst.Else) else rest.orelse
        case cst.Try() | cst.TryStar():
            blocks.append(node.body)
            blocks += [handler.body for handler in node.handlers]
            blocks += [part.body for part in (node.orelse, node.finalbody) if part is not None]
        case cst.With():
            blocks.append(node.body)
        case cst.Match():
            blocks += [case.body for case in node.cases]
        case _:
            pass
    return blocks


def _within(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Every statement in a compound statement, itself included, not those of functions and classes in it."""
    found: list[cst.CSTNode] = [node]
    waiting = _blocks(node)
    while waiting:
        for statement in statements_of(waiting.pop()):
            found.append(statement)
            waiting += _blocks(statement)
    return found


def may_return(node: cst.CSTNode) -> bool:
    return any(isinstance(statement, cst.Return) for statement in _within(node))


def returns_something(block: cst.BaseSuite) -> bool:
    return any(
        isinstance(inner, cst.Return) and inner.value is not None
        for statement in statements_of(block)
        for inner in _within(statement)
    )


def names_bound_in(node: cst.CSTNode) -> list[str]:
    names: list[str] = []
    waiting: list[cst.CSTNode] = []
    for statement in _within(node):
        match statement:
            case cst.Assign(targets=targets):
                waiting += [target.target for target in targets]
            case cst.AnnAssign(target=target) | cst.AugAssign(target=target) | cst.For(target=target):
                waiting.append(target)
            case cst.Import(names=aliases):
                names += [
                    alias.asname.name.value
                    if alias.asname and isinstance(alias.asname.name, cst.Name)
                    else dotted_name(alias.name).partition(".")[0]
                    for alias in aliases
                ]
            case cst.ImportFrom(names=aliases) if not isinstance(aliases, cst.ImportStar):
                names += [
                    alias.asname.name.value
                    if alias.asname and isinstance(alias.asname.name, cst.Name)
                    else dotted_name(alias.name)
                    for alias in aliases
                ]
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                names.append(name.value)
            case cst.With(items=items):
                waiting += [item.asname.name for item in items if item.asname is not None]
            case _:
                pass
    while waiting:
        place = waiting.pop()
        if isinstance(place, cst.Name):
            names.append(place.value)
        elif isinstance(place, cst.Tuple | cst.List):
            waiting += [element.value for element in place.elements]
    return names


def places_changed_in(node: cst.CSTNode) -> list[tuple[str, str | None]]:
    """Names whose values a block changes in place, with the attribute that it changes."""
    changed: list[tuple[str, str | None]] = []
    for statement in _within(node):
        places: list[cst.CSTNode] = []
        match statement:
            case cst.Expr(value=cst.Call(func=cst.Attribute(value=place, attr=cst.Name(value=method)))):
                if method in CHANGING:
                    places.append(place)
            case cst.Assign(targets=targets):
                places += [target.target for target in targets]
            case cst.AugAssign(target=target):
                places.append(target)
            case _:
                pass
        for node_changed in places:
            root = node_changed
            attribute: str | None = None
            while isinstance(root, cst.Attribute | cst.Subscript):
                attribute = root.attr.value if isinstance(root, cst.Attribute) else attribute
                root = root.value
            if isinstance(root, cst.Name):
                changed.append((root.value, attribute))
    return changed


def dotted_name(node: cst.BaseExpression) -> str:
    parts: list[str] = []
    while type(node) is cst.Attribute:
        parts.append(node.attr.value)
        node = node.value
    if type(node) is cst.Name:
        parts.append(node.value)
    return ".".join(reversed(parts))
