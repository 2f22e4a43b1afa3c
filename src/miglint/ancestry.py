"""How a project's own class comes from one of Django's, and what its call becomes on the way there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from miglint.facts.migration import Class, Function
from miglint.facts.operations import Behaviour
from miglint.facts.values import Argument, Call, Parameter
from miglint.folding import substitute
from miglint.signatures import known_class


class Ancestry(NamedTuple):
    """How a class comes from one that is known: `path` is the known one's.

    `state` and `database` say what the methods in between make of it, `inits` are their own `__init__`s,
    outermost first. `told` are the strings in their `deconstruct`s: options that a migration may not be told of.
    """

    path: str
    state: Behaviour
    database: Behaviour
    inits: tuple[Function, ...]
    told: frozenset[str] = frozenset()


# What is known of a class that is not Django's: called with a `Reference`'s path; None where nothing is known.
Ancestors: TypeAlias = Callable[[str], Ancestry | None]


def no_ancestors(path: str) -> None:
    """Nothing is known of classes that are not Django's."""
    return


def ancestry(path: str, find: Callable[[str], tuple[Class, Iterable[str]] | None]) -> Ancestry | None:
    """Where a class comes from. `find` gives a class of the project and its bases' paths, None for any other."""
    return _ancestry(path, find, frozenset())


def through(call: Call, inits: tuple[Function, ...]) -> Call | None:
    """The call as the known base class gets it, after every `__init__` in between; None where one does more."""
    for init in inits:
        forwarded = _forwarded(call, init)
        if forwarded is None:
            return None
        call = replace(call, arguments=forwarded)
    return call


def _ancestry(
    path: str, find: Callable[[str], tuple[Class, Iterable[str]] | None], seen: frozenset[str]
) -> Ancestry | None:
    if known_class(path) is not None:
        return Ancestry(path, "same", "same", ())
    found = find(path)
    if found is None or path in seen:
        return None
    own, bases = found
    origin: Ancestry | None = None
    # What the bases before the known one do comes first, as in Python's method resolution order.
    state, database, inits = _behaviours(own)
    told = _strings_told(own)
    unknown = False
    for base in bases:
        inherited = _ancestry(base, find, seen | {path})
        if inherited is not None:
            origin = inherited
            break
        mixin = find(base)
        if mixin is None:
            unknown = unknown or base != "builtins.object"
        else:
            mixed_state, mixed_database, mixed_inits = _behaviours(mixin[0])
            state, database = _first(state, mixed_state), _first(database, mixed_database)
            inits = (*inits, *mixed_inits)
            told |= _strings_told(mixin[0])
    if origin is None:
        return None
    doubt: Behaviour = "unknown" if unknown else "same"
    return Ancestry(
        origin.path,
        _first(state, _first(doubt, origin.state)),
        _first(database, _first(doubt, origin.database)),
        (*inits, *origin.inits),
        told | origin.told,
    )


def _strings_told(own: Class) -> frozenset[str]:
    method = own.methods.get("deconstruct")
    return frozenset(method.strings) if method is not None else frozenset()


def _behaviours(own: Class) -> tuple[Behaviour, Behaviour, tuple[Function, ...]]:
    init = own.methods.get("__init__")
    inits = (init,) if init is not None else ()
    return _behaviour(own, "state_forwards"), _behaviour(own, "database_forwards"), inits


def _behaviour(own: Class, method: str) -> Behaviour:
    function = own.methods.get(method)
    if function is None:
        return "unknown" if method in own.attributes else "same"
    if function.does_nothing:
        return "nothing"
    return "same" if function.forwards is not None else "unknown"


def _first(nearer: Behaviour, farther: Behaviour) -> Behaviour:
    return farther if nearer == "same" else nearer


def _forwarded(call: Call, init: Function) -> tuple[Argument, ...] | None:
    if init.forwards is None or not init.parameters:
        return None
    given = _given(init, call)
    if given is None:
        return None
    arguments: list[Argument] = []
    for argument in init.forwards:
        match argument:
            case Argument("*" | "**" as stars, Parameter(name)) if f"{stars}{name}" in given.rests:
                arguments += given.rests[f"{stars}{name}"]
            case Argument(name, Parameter(parameter)) if parameter in given.known:
                known = given.known[parameter]
                arguments.append(Argument(name, known.value, known.span))
            case Argument(name, value, span):
                filled = {parameter: known.value for parameter, known in given.known.items()}
                arguments.append(Argument(name, substitute(value, filled), span))
    return tuple(arguments)


class _Given(NamedTuple):
    known: dict[str, Argument]
    rests: dict[str, tuple[Argument, ...]]


def _given(init: Function, call: Call) -> _Given | None:
    """A call's arguments by the parameters of a method; None where they do not fit."""
    named = [name for name in init.parameters if not name.startswith("*")][1:]
    starred = {stars: name for name in init.parameters for stars in _stars(name)}
    keyword_only = set(init.parameters[_star_at(init.parameters) :])
    slots = [name for name in named if name not in keyword_only]
    given = _Given({}, dict.fromkeys(starred.values(), ()))
    for argument in call.arguments:
        match argument.name:
            case "*" | "**":
                return None
            case None:
                if slots:
                    given.known[slots.pop(0)] = argument
                elif "*" in starred:
                    given.rests[starred["*"]] += (argument,)
                else:
                    return None
            case name if name in named:
                given.known[name] = argument
                slots = [slot for slot in slots if slot != name]
            case _:
                if "**" not in starred:
                    return None
                given.rests[starred["**"]] += (argument,)
    for name in named:
        if name not in given.known:
            if name not in init.defaults:
                return None
            given.known[name] = Argument(None, init.defaults[name], call.span)
    return given


def _stars(name: str) -> tuple[str, ...]:
    return ("**",) if name.startswith("**") else ("*",) if name.startswith("*") else ()


def _star_at(parameters: tuple[str, ...]) -> int:
    return next((number for number, name in enumerate(parameters) if _stars(name)[:1] == ("*",)), len(parameters))
