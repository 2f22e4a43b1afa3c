"""What names mean, across the files of a tree: modules by dotted name, and values as other files bind them.

Nothing is read here. What would have to be read is collected in `Modules.wanted`; whoever reads it asks again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as AnyMapping
from dataclasses import field
from itertools import takewhile
from typing import NamedTuple, TypeAlias, TypeVar

from miglint.facts.migration import (
    Class,
    Failure,
    Function,
    Module,
)
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
    text_of,
)
from miglint.folding import fold_call, substitute
from miglint.records import dataclass

T = TypeVar("T")


class Lookup:
    """Modules and packages of a tree by dotted name, wherever in the tree Python's path may start."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = frozenset(files)
        self._modules: defaultdict[str, list[str]] = defaultdict(list)
        self._folders: defaultdict[str, list[str]] = defaultdict(list)
        folders = set()
        for path in sorted(self.files):
            if path.endswith(".py"):
                folder, _, name = path.rpartition("/")
                folders.add(folder)
                last = folder.rpartition("/")[2] if name == "__init__.py" else name[:-3]
                self._modules[last].append(path)
        for folder in sorted(folders):
            self._folders[folder.rpartition("/")[2]].append(folder)
        self._parts = {part for folder in folders for part in folder.split("/")}
        self._found: dict[tuple[str, str], str | None] = {}

    def may_know(self, dotted: str) -> bool:
        """Whether the first part of a name is that of any module or folder here; cheap."""
        first = dotted.partition(".")[0]
        return not first or first in self._parts or first in self._modules

    def module(self, dotted: str, near: str) -> str | None:
        """The file of a module or package, by its absolute or relative name in the file `near`."""
        if dotted.startswith("."):
            base = _relative(dotted, near)
            if base is None:
                return None
            return next((path for path in (f"{base}.py", _init(base)) if path in self.files), None)
        if not self.may_know(dotted):
            return None
        key = (dotted, near.rpartition("/")[0])
        if key not in self._found:
            last = dotted.rpartition(".")[2]
            # A project that puts a package's inside on Python's path is rarer than a module that is named
            # like a library (`celery.py`).
            strict = "." not in dotted
            self._found[key] = self._nearest(dotted, near, self._modules.get(last, ()), _name_of, strict=strict)
        return self._found[key]

    def folder(self, dotted: str, near: str) -> str | None:
        """The folder of a package by its name, with or without an `__init__.py`."""
        if dotted.startswith("."):
            return None
        return self._nearest(dotted, near, self._folders.get(dotted.rpartition(".")[2], ()), lambda folder: folder)

    def longest(self, dotted: str, near: str) -> tuple[str, tuple[str, ...]] | None:
        """The file that the beginning of a dotted name leads to, as far as it goes, and the rest of the name."""
        dots = dotted[: len(dotted) - len(dotted.lstrip("."))]
        parts = tuple(dotted[len(dots) :].split(".")) if len(dotted) > len(dots) else ()
        for length in range(len(parts), -1 if dots else 0, -1):
            path = self.module(dots + ".".join(parts[:length]), near)
            if path is not None:
                return path, parts[length:]
        return None

    def _nearest(
        self, dotted: str, near: str, paths: Iterable[str], name: Callable[[str], str], *, strict: bool = False
    ) -> str | None:
        suffix = "/" + dotted.replace(".", "/")
        here = near.split("/")[:-1]

        def distance(path: str) -> tuple[bool, int, int, str]:
            start = ("/" + name(path))[: -len(suffix)].strip("/")
            # Python's path starts outside of packages, as a rule.
            inside = bool(start) and f"{start}/__init__.py" in self.files
            parts = path.split("/")
            common = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(parts, here, strict=False))))
            return inside, -common, len(parts), path

        found = min((distance(path) for path in paths if ("/" + name(path)).endswith(suffix)), default=None)
        return None if found is None or (found[0] and strict) else found[3]


class Found(NamedTuple):
    """What a name means: `path` is the file that says so."""

    path: str
    name: str
    what: Value | Class | Function


class External(NamedTuple):
    """A name that leads out of the tree, in full."""

    path: str


Meaning: TypeAlias = Found | External | None


@dataclass(slots=True)
class Modules:
    """The files that were read so far, and in `wanted` and `wanted_texts` those that were asked for in vain."""

    lookup: Lookup
    known: AnyMapping[str, Module | Failure]
    wanted: set[str] = field(default_factory=set)
    # Other files' contents, None where there is no such file.
    texts: AnyMapping[str, str | None] = field(default_factory=dict)
    wanted_texts: set[str] = field(default_factory=set)
    # How many times something was asked for in vain: whoever raised it has to ask again.
    asked_in_vain: int = 0
    # What was asked for, in vain or not.
    consulted: set[str] = field(default_factory=set)
    # Steps that are left for one evaluation, so that functions of other files can be no trap.
    steps: int = 0

    def module(self, path: str) -> Module | None:
        module = self.known.get(path)
        self.consulted.add(path)
        if module is None and path in self.lookup.files:
            self.wanted.add(path)
            self.asked_in_vain += 1
        return module if isinstance(module, Module) else None

    def find(self, name: str, near: str) -> Meaning:
        """What a `Reference.path` in the file `near` means, through imports, star imports and aliases."""
        return self._find(name, near, set())

    def builtin(self, name: str, near: str, known: Callable[[str], T | None]) -> T | None:
        """The first of a class's ancestors outside the tree that `known` knows, itself included."""
        return next(self._ancestors(name, near, known, set()), None)

    def attribute(self, name: str, near: str, attribute: str) -> Found | None:
        """An attribute of a class of the tree, its own or inherited from another class of the tree."""
        for found in self.lineage(name, near):
            if isinstance(found.what, Class):
                if attribute in found.what.attributes:
                    return Found(found.path, attribute, found.what.attributes[attribute])
                if attribute in found.what.methods:
                    return Found(found.path, attribute, found.what.methods[attribute])
        return None

    def lineage(self, name: str, near: str) -> Iterator[Found]:
        """A class and the classes of the tree that it inherits from, nearest first."""
        waiting: list[tuple[str, str]] = [(name, near)]
        seen: set[tuple[str, str]] = set()
        while waiting:
            found = self.find(*waiting.pop(0))
            if not isinstance(found, Found) or not isinstance(found.what, Class) or found[:2] in seen:
                continue
            seen.add((found.path, found.name))
            yield found
            waiting += ((base.path, found.path) for base in found.what.bases if isinstance(base, Reference))

    def evaluate(self, value: Value, near: str) -> Value:
        """A value of the file `near` with what other files say filled in, and folded; else as it is.

        Functions of the tree are called where their outcome is known, files beside a module read where it opens
        them. Names that stay are such that they mean the same in any file of the tree.
        """
        return self._bounded(value, near, None)

    def evaluate_for(self, value: Value, near: str, home: str) -> Value:
        """A value of the file `near`, with names that mean in the file `home` what they mean there."""
        return self._bounded(value, near, home)

    def _ancestors(
        self, name: str, near: str, known: Callable[[str], T | None], seen: set[tuple[str, str]]
    ) -> Iterator[T]:
        found = self.find(name, near)
        if isinstance(found, External):
            answer = known(found.path)
            if answer is not None:
                yield answer
        elif found is not None and isinstance(found.what, Class) and (found.path, found.name) not in seen:
            seen.add((found.path, found.name))
            for base in found.what.bases:
                if isinstance(base, Reference):
                    yield from self._ancestors(base.path, found.path, known, seen)

    def _bounded(self, value: Value, near: str, home: str | None) -> Value:
        self.steps = _MOST_STEPS
        outcome = self._evaluate(value, near, home, 0)
        # Half of what it comes to would be a guess.
        return outcome if self.steps > 0 else value

    def _evaluate(self, value: Value, near: str, home: str | None, depth: int) -> Value:
        """`home` is the file whose value this becomes part of, None if it is `near` itself."""
        self.steps -= 1
        if depth > _DEEPEST or self.steps <= 0:
            self.steps = 0
            return value
        match value:
            case Reference(path):
                found = self.find(path, near)
                if isinstance(found, Found) and not isinstance(found.what, (Class, Function)):
                    if isinstance(found.what, Unresolved):
                        return self._moved(value, near, home)
                    return self._evaluate(found.what, found.path, home or near, depth + 1)
                return self._moved(value, near, home)
            case Sequence(kind, items, span):
                return Sequence(kind, tuple(self._evaluate(item, near, home, depth + 1) for item in items), span)
            case Mapping(pairs, span):
                return Mapping(
                    tuple(
                        (self._evaluate(key, near, home, depth + 1), self._evaluate(item, near, home, depth + 1))
                        for key, item in pairs
                    ),
                    span,
                )
            case Call(function, arguments, span, function_span):
                text = self._text_of_file(value, near)
                if text is not None:
                    return Literal(text)
                if isinstance(function, Reference):
                    found = self.find(function.path, near)
                    if isinstance(found, Found) and isinstance(found.what, Function):
                        # The function's names mean what they mean in its file, the arguments' what they mean here.
                        here = self._arguments(arguments, near, _NOWHERE, depth)
                        returned = self._returned(found.what, here, span)
                        if returned is not None:
                            return self._evaluate(returned, found.path, home or near, depth + 1)
                given = self._arguments(arguments, near, home, depth)
                callee = self._evaluate(function, near, home, depth + 1)
                folded = fold_call(callee, given, span)
                return folded if folded is not None else Call(callee, given, span, function_span)
            case Literal() | Parameter() | Digest() | Unresolved():
                return value

    def _arguments(
        self, arguments: tuple[Argument, ...], near: str, home: str | None, depth: int
    ) -> tuple[Argument, ...]:
        return tuple(
            Argument(
                one.name,
                self._moved(one.value, near, home)
                if one.name in _LEFT_ALONE and isinstance(one.value, Reference)
                else self._evaluate(one.value, near, home, depth + 1),
                one.span,
            )
            for one in arguments
        )

    def _moved(self, reference: Reference, near: str, home: str | None) -> Reference:
        """A name that means in the file `home` what it means in `near`."""
        if home is None or home == near:
            return reference
        name = reference.path
        if name.startswith("#"):
            name = f"{_dotted(near)}.{name[1:]}"
        elif name.startswith("."):
            base = _relative(name, near)
            name = name if base is None else base.replace("/", ".")
        prefix = f"{_dotted(home)}."
        return Reference(f"#{name.removeprefix(prefix)}" if name.startswith(prefix) else name)

    def _returned(self, function: Function, given: tuple[Argument, ...], span: Span) -> Value | None:
        """What a function returns for these arguments; None where that is not known. Spans become those of the call."""
        if isinstance(function.returns, Unresolved):
            return None
        known = dict(function.defaults)
        names = [name for name in function.parameters if not name.startswith("*")]
        if len(names) < len(function.parameters):
            return None
        for number, argument in enumerate(given):
            if argument.name is None and number < len(names):
                known[names[number]] = argument.value
            elif argument.name in names:
                known[argument.name] = argument.value
            else:
                return None
        return substitute(function.returns, known, span)

    def _text_of_file(self, call: Call, near: str) -> str | None:
        """The contents of a file that a module opens by a path that starts from its own."""
        match call.function:
            case Call(Reference("builtins.getattr"), (Argument(None, receiver), Argument(None, Literal(name)))):
                match receiver, name:
                    case _, "read_text":
                        path = self._file(receiver, near, 0)
                    case Call(Reference("builtins.open" | "io.open" | "codecs.open"), arguments), "read" if arguments:
                        path = self._file(arguments[0].value, near, 0)
                    case _:
                        return None
            case _:
                return None
        if path is None:
            return None
        if path not in self.texts:
            self.wanted_texts.add(path)
            self.asked_in_vain += 1
        return self.texts.get(path)

    def _file(self, value: Value, near: str, depth: int) -> str | None:
        """The path, from the tree's root on, that an expression around `__file__` comes to."""
        if depth > _DEEPEST:
            return None
        match value:
            case Reference("builtins.__file__"):
                return near
            case Reference(name):
                found = self.find(name, near)
                if isinstance(found, Found) and not isinstance(found.what, (Class, Function)):
                    return self._file(found.what, found.path, depth + 1)
                if name.endswith(".parent"):
                    return _up(self._file(Reference(name.removesuffix(".parent")), near, depth + 1))
                return None
            case Call(Reference("operator.truediv"), (left, right)):
                return _joined(self._file(left.value, near, depth + 1), (right.value,))
            case Call(Reference("pathlib.Path" | "os.path.abspath" | "os.path.realpath"), (only,)):
                return self._file(only.value, near, depth + 1)
            case Call(Reference("os.path.dirname"), (only,)):
                return _up(self._file(only.value, near, depth + 1))
            case Call(Reference("os.path.join" | "pathlib.Path"), (first, *rest)):
                return _joined(self._file(first.value, near, depth + 1), [one.value for one in rest])
            case Call(Reference("builtins.getattr"), (Argument(None, receiver), Argument(None, Literal("parent")))):
                return _up(self._file(receiver, near, depth + 1))
            case Call(
                Call(Reference("builtins.getattr"), (Argument(None, receiver), Argument(None, Literal(str(method))))),
                arguments,
            ):
                here = self._file(receiver, near, depth + 1)
                match method:
                    case "resolve" | "absolute":
                        return here
                    case "joinpath":
                        return _joined(here, [one.value for one in arguments])
                    case "with_name":
                        return _joined(_up(here), [one.value for one in arguments])
                    case "with_suffix" if here is not None and len(arguments) == 1:
                        suffix = text_of(arguments[0].value)
                        return None if suffix is None else here.rpartition(".")[0] + suffix
                    case _:
                        return None
            case _:
                return None

    def _find(self, name: str, near: str, seen: set[tuple[str, str]]) -> Meaning:
        if (name, near) in seen or len(seen) > _MOST_NAMES:
            return None
        seen.add((name, near))
        if name.startswith("#"):
            return self._member(near, tuple(name[1:].split(".")), seen)
        if name.startswith("builtins."):
            return self._starred(near, name.removeprefix("builtins."), seen) or External(name)
        if not self.lookup.may_know(name):
            return External(name)
        place = self.lookup.longest(name, near)
        if place is None:
            # A relative name leads nowhere else.
            return None if name.startswith(".") else External(name)
        path, rest = place
        return self._member(path, rest, seen) if rest else None

    def _member(self, path: str, parts: tuple[str, ...], seen: set[tuple[str, str]]) -> Meaning:
        module = self.module(path)
        if module is None:
            return None
        dotted = ".".join(parts)
        if dotted in module.classes:
            return Found(path, dotted, module.classes[dotted])
        if dotted in module.functions:
            return Found(path, dotted, module.functions[dotted])
        value = module.names.get(parts[0])
        match value:
            case None:
                return self._starred(path, dotted, seen)
            case Reference(target) if target != f"#{parts[0]}":
                return self._find(".".join((target, *parts[1:])), path, seen)
            case _:
                if len(parts) == 1 and not isinstance(value, Reference):
                    return Found(path, dotted, value)
                owner = module.classes.get(".".join(parts[:-1]))
                if owner is None:
                    return None
                what = owner.methods.get(parts[-1]) or owner.attributes.get(parts[-1])
                return None if what is None else Found(path, dotted, what)

    def _starred(self, path: str, name: str, seen: set[tuple[str, str]]) -> Meaning:
        module = self.module(path)
        outside: Meaning = None
        for star in reversed(module.stars if module is not None else ()):
            # A module that is not there is no name of the package that it would be in.
            if self.lookup.module(star, path) is None and self.lookup.longest(star, path) is not None:
                continue
            found = self._find(star + ("" if star.endswith(".") else ".") + name, path, seen)
            if isinstance(found, Found):
                return found
            # It may come from a library's star import as well as be a built-in name.
            outside = outside or found
        return outside


# How deep names may lead to names, and calls to calls, before it is taken for a circle.
_DEEPEST = 30
# Names that one name may lead to, each in another place: what imports what for ever ends here.
_MOST_NAMES = 200
# A list of a thousand operations takes some ten thousand.
_MOST_STEPS = 200_000
# No file: every name is written out in full.
_NOWHERE = "/"
# Arguments that hold a function or class as a rule: whole modules of models would be read only to find that out.
_LEFT_ALONE = frozenset({"default", "upload_to", "storage", "validators", "on_delete", "code", "reverse_code"})


def _relative(dotted: str, near: str) -> str | None:
    """The path, without its ending, that a relative name means in the file `near`; None above the tree."""
    name = dotted.lstrip(".")
    parts = near.split("/")[:-1]
    up = len(dotted) - len(name) - 1
    if up > len(parts):
        return None
    return "/".join((*parts[: len(parts) - up], *(name.split(".") if name else ())))


def _up(path: str | None) -> str | None:
    return None if not path else path.rpartition("/")[0]


def _joined(folder: str | None, names: Iterable[Value]) -> str | None:
    """A path below a folder; None where a part is not known, or it leads out of the tree."""
    if folder is None:
        return None
    parts = folder.split("/") if folder else []
    for name in names:
        text = text_of(name)
        if text is None or text.startswith("/"):
            return None
        for part in text.split("/"):
            if part == "..":
                if not parts:
                    return None
                parts.pop()
            elif part not in ("", "."):
                parts.append(part)
    return "/".join(parts)


def _dotted(path: str) -> str:
    return _name_of(path).replace("/", ".")


def _init(folder: str) -> str:
    return f"{folder}/__init__.py" if folder else "__init__.py"


def _name_of(path: str) -> str:
    """`a/b` for `a/b.py` and for `a/b/__init__.py`."""
    return path[: -len("/__init__.py")] if path.endswith("/__init__.py") else path[: -len(".py")]
