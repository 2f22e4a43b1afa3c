"""Function bodies → which models they look up in what they are given, and whom they hand it on to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import libcst as cst

from miglint.facts.migration import HandedOn, ModelLookup
from miglint.facts.source import Span
from miglint.facts.values import Parameter, Reference, Unresolved, Value, text_of
from miglint.parse.statements import dotted_name
from miglint.parse.values import Evaluator, Scope

# A file without any of these has no function that RunPython calls, and none that such a one would call.
_WORTH_A_LOOK = ("get_model", "RunPython")

# Functions that ask first whether an app or a model is there look it up only where it is.
_ASKS_FIRST = re.compile(
    r"\bis_installed\b|\bINSTALLED_APPS\b|\ball_models\b|\bapp_configs\b|\bLookupError\b|\bif\b[^\n]*\bsettings\b"
)

# Exceptions that a lookup in vain may end in, caught by the function itself.
_CATCHES_ALL = frozenset({"Exception", "BaseException"})

# Attributes of nodes that hold white space, punctuation, or names that are bound or looked up elsewhere.
_LAYOUT = ("whitespace", "leading", "trailing", "lpar", "rpar", "lbracket", "rbracket", "comma", "header", "footer")
_PUNCTUATION = frozenset({"lines_after_decorators", "equal", "dot", "semicolon", "operator", "attr", "keyword", "star"})


def is_worth_a_look(text: str) -> bool:
    return any(word in text for word in _WORTH_A_LOOK)


def uses_of(
    node: cst.FunctionDef | cst.Lambda, parameters: tuple[str, ...], evaluator: Evaluator, outer: Scope
) -> tuple[tuple[ModelLookup, ...], tuple[HandedOn, ...]]:
    """What a function's body does with its parameters, the functions within it included."""
    own = frozenset(name.lstrip("*") for name in parameters)
    code = evaluator.positions.code(node)
    if not own or _ASKS_FIRST.search(code) or not _mentions(code, own):
        return (), ()
    bound: set[str] = set()
    calls: list[_Call] = []
    _gather(node.body, own, bound, calls)
    scope = Scope("function", "", outer)
    scope.values.update({name: Unresolved("it is bound in the function", Span(1, 1, 1, 1)) for name in bound})
    scope.values.update({name: Parameter(name) for name in own - bound})
    lookups: list[ModelLookup] = []
    handed: list[HandedOn] = []
    for call, visible in calls:
        usable = visible - bound
        match call.func:
            case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="get_model")):
                found = _lookup(call, name, evaluator, scope) if name in usable else None
                if found is not None:
                    lookups.append(found)
            case cst.Name() | cst.Attribute():
                given = tuple(_given(call, usable))
                function = evaluator.evaluate(call.func, scope) if given else None
                if isinstance(function, Reference) and not function.path.startswith("builtins."):
                    handed.append(HandedOn(function.path, given, evaluator.positions.span(call)))
            case _:
                pass
    return tuple(lookups), tuple(handed)


def _mentions(code: str, parameters: frozenset[str]) -> bool:
    """Whether any parameter seems to be asked for a model, or to be handed on; strings and comments count too."""
    names = "|".join(map(re.escape, sorted(parameters)))
    return re.search(rf"\b(?:{names})(?:\s*\.\s*get_model\b|\s*[,)])", code) is not None


class _Call(NamedTuple):
    """A call, and the parameters that their names still mean where it stands."""

    call: cst.Call
    visible: frozenset[str]


def _gather(node: cst.CSTNode, visible: frozenset[str], bound: set[str], calls: list[_Call]) -> None:
    """Note every call below a node, in order, and in `bound` the names that the function binds itself."""
    kind = type(node)
    if kind in _OF_INTEREST:
        match node:
            case cst.Call():
                calls.append(_Call(node, visible))
            case cst.AssignTarget(target=cst.Name(value=name)) | cst.AnnAssign(target=cst.Name(value=name)):
                bound.add(name)
            case cst.For(target=target) | cst.CompFor(target=target):
                bound.update(part.value for part in _names(target))
            case cst.AsName(name=cst.Name(value=name)) | cst.NamedExpr(target=cst.Name(value=name)):
                bound.add(name)
            case cst.ImportAlias(name=name, asname=None):
                bound.add(dotted_name(name).partition(".")[0])
            case cst.FunctionDef(params=parameters) | cst.Lambda(params=parameters):
                shadowed = {part.name.value for part in _parameters(parameters)}
                _gather(node.body, visible - shadowed, bound, calls)
                return
            case cst.Try(body=body) if any(_catches(handler) for handler in node.handlers):
                # What is tried there may fail, and what stands in for it was not asked for.
                for part in (body, *node.handlers):
                    _gather(part, visible, bound, [])
                for rest in (node.orelse, node.finalbody):
                    if rest is not None:
                        _gather(rest, visible, bound, calls)
                return
            case _:
                pass
    for name in _parts(kind):
        value = getattr(node, name)
        if isinstance(value, list | tuple):
            for item in value:
                if type(item) not in _LEAVES:
                    _gather(item, visible, bound, calls)
        elif type(value) not in _LEAVES and isinstance(value, cst.CSTNode):
            _gather(value, visible, bound, calls)


_OF_INTEREST = frozenset(
    {
        cst.AnnAssign,
        cst.AsName,
        cst.AssignTarget,
        cst.Call,
        cst.CompFor,
        cst.For,
        cst.FunctionDef,
        cst.ImportAlias,
        cst.Lambda,
        cst.NamedExpr,
        cst.Try,
    }
)
# Most of a tree: nothing stands below them.
_LEAVES = frozenset((cst.Name, cst.SimpleString, cst.Integer, cst.Pass, str, type(None), cst.MaybeSentinel))


@cache
def _parts(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The attributes of a kind of node that hold other nodes, in the order in which they are written."""
    return tuple(name for name in kind.__dataclass_fields__ if not (name.startswith(_LAYOUT) or name in _PUNCTUATION))


def _names(target: cst.BaseExpression) -> Iterator[cst.Name]:
    match target:
        case cst.Name():
            yield target
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from _names(element.value)
        case _:
            pass


def _parameters(parameters: cst.Parameters) -> Iterator[cst.Param]:
    yield from (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    for star in (parameters.star_arg, parameters.star_kwarg):
        if isinstance(star, cst.Param):
            yield star


def _catches(handler: cst.ExceptHandler) -> bool:
    return handler.type is None or any(
        isinstance(part, cst.Name) and part.value in _CATCHES_ALL for part in _names(handler.type)
    )


def _lookup(call: cst.Call, parameter: str, evaluator: Evaluator, scope: Scope) -> ModelLookup | None:
    """A call of `get_model(app_label, model_name=None)`; None where it is not known which app it asks."""
    values: dict[str, Value] = {}
    for number, argument in enumerate(call.args):
        if argument.star or number > 1:
            return None
        name = argument.keyword.value if argument.keyword is not None else ("app_label", "model_name")[number]
        values[name] = evaluator.evaluate(argument.value, scope)
    label = text_of(values.get("app_label"))
    if label is None:
        return None
    model = text_of(values.get("model_name"))
    if "model_name" not in values:
        label, dot, model = label.partition(".")
        if not dot:
            return None
    return ModelLookup(parameter, label, model, evaluator.positions.span(call))


def _given(call: cst.Call, parameters: frozenset[str]) -> Iterator[tuple[int | str, str]]:
    """The arguments that are a parameter, by position or keyword."""
    for number, argument in enumerate(call.args):
        if argument.star:
            return
        if isinstance(argument.value, cst.Name) and argument.value.value in parameters:
            yield (argument.keyword.value if argument.keyword is not None else number), argument.value.value
