"""One file's bytes → its facts."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping

import libcst as cst

from miglint.ancestry import Ancestry, ancestry
from miglint.binding import build_operations
from miglint.dependencies import dependencies_of
from miglint.facts.migration import (
    AnyDependency,
    Class,
    Failure,
    MigrationClass,
    Module,
)
from miglint.facts.source import TOP, Span
from miglint.facts.values import Reference, Unresolved, Value
from miglint.parse.comments import suppressions_in
from miglint.parse.imports import later_needs_of, needs_of
from miglint.parse.names import Draft, Interpreter
from miglint.parse.positions import LINE_END, Positions
from miglint.parse.scan import refused, scan
from miglint.parse.text import UndecodableError, decode

_CONFLICT = re.compile(r"^<<<<<<< [^\r\n]*", re.MULTILINE)
_PARSER_PLACE = re.compile(r"error at (\d+):(\d+)")


def parse_module(data: bytes) -> Module | Failure:
    failure = refused(data)
    if failure is not None:
        return failure
    try:
        text = decode(data).text
    except UndecodableError as error:
        return error.failure
    failure = scan(text)
    if failure is not None:
        return failure
    tree = _tree(text)
    if isinstance(tree, Failure):
        return tree
    try:
        return _module(tree, text)
    except RecursionError:
        return Failure("its statements or expressions are nested too deep", TOP, limit=True)


_check = cst.CSTNode.__post_init__


def _check_strings(self: cst.CSTNode) -> None:
    """In place of libcst's check of every node that it makes.

    What its parser takes is right, but for `'a' b'b'`; to check it all takes an eighth of the time, and fails on
    `else(lambda: x)`.
    """
    if type(self) is cst.ConcatenatedString:
        _check(self)


def _tree(text: str) -> cst.Module | Failure:
    cst.CSTNode.__post_init__ = _check_strings  # type: ignore[method-assign]
    try:
        return cst.parse_module(text)
    except cst.ParserSyntaxError as error:
        return _syntax_failure(text, error)
    except (KeyboardInterrupt, SystemExit):
        raise
    # A panic of libcst's parser is no Exception; which errors it raises beside syntax errors is nowhere written.
    except BaseException as error:  # noqa: BLE001
        return _by_python(text) or Failure(f"it is no Python that can be read ({_first_line(error)})", TOP)
    finally:
        cst.CSTNode.__post_init__ = _check  # type: ignore[method-assign]


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0][:200].rstrip(".") or type(error).__name__


def _syntax_failure(text: str, error: cst.ParserSyntaxError) -> Failure:
    """Python's own complaint where it has one at that place: libcst often knows only where it gave up."""
    conflict = _CONFLICT.search(text)
    if conflict is not None:
        line = len(LINE_END.findall(text, 0, conflict.start())) + 1
        width = len(conflict.group())
        return Failure("it holds a merge conflict that nobody has resolved", Span(line, 1, line, width + 1))
    python = _by_python(text)
    place = _PARSER_PLACE.search(error.message)
    if place is None:
        return python or Failure(f"it is no valid Python: {error.message.partition(': ')[2]}", TOP)
    line, column = int(place.group(1)), int(place.group(2))
    unclosed = python is not None and "never closed" in python.reason
    if python is not None and (unclosed or abs(python.span.line - line) <= 1):
        return python
    lines = LINE_END.split(text)
    width = len(lines[line - 1]) if 0 < line <= len(lines) else 0
    column = min(column, width) + 1
    return Failure("it is no valid Python", Span(line, column, line, column + 1))


def _by_python(text: str) -> Failure | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max(error.offset or 1, 1)
        return Failure(f"it is no valid Python: {error.msg}", Span(line, column, line, column + 1))
    except (ValueError, RecursionError, MemoryError):
        return None
    return None


def _module(tree: cst.Module, text: str) -> Module:
    positions = Positions(tree, text)
    interpreter = Interpreter(positions)
    interpreter.run(tree)
    classes = interpreter.class_facts()
    migration: MigrationClass | None = None
    match interpreter.module.values.get("Migration"):
        case Reference(path) if path.startswith("#") and path[1:] in classes:
            draft = interpreter.classes[path[1:]]
            migration = _migration(draft, interpreter, classes)
            classes[draft.name] = _without_facts(classes[draft.name], migration)
        case _:
            pass
    return Module(
        names=interpreter.module.values,
        stars=tuple(interpreter.stars),
        functions=interpreter.functions,
        classes=classes,
        migration=migration,
        suppressions=suppressions_in(positions),
        needs={} if migration is None else needs_of(tree, positions, interpreter.module.values),
        later_needs={} if migration is None else later_needs_of(tree, positions),
    )


def _migration(draft: Draft, interpreter: Interpreter, classes: Mapping[str, Class]) -> MigrationClass:
    attributes: dict[str, Value] = {}
    places: dict[str, Span] = {}
    declared: set[str] = set()
    for own in _lineage(draft, interpreter):
        for name in (*own.attributes, *own.methods):
            if name not in declared:
                declared.add(name)
                if name in own.attributes:
                    attributes[name] = own.attributes[name]
                if name in own.places:
                    places[name] = own.places[name]

    def find(path: str) -> tuple[Class, list[str]] | None:
        found = classes.get(path[1:]) if path.startswith("#") else None
        if found is None:
            return None
        return found, [base.path if isinstance(base, Reference) else "" for base in found.bases]

    known: dict[str, Ancestry | None] = {}

    def ancestors(path: str) -> Ancestry | None:
        if path not in known:
            known[path] = ancestry(path, find) if path.startswith("#") else None
        return known[path]

    def entries(name: str) -> tuple[AnyDependency, ...]:
        value = attributes.get(name)
        return () if value is None else dependencies_of(value, places.get(name, draft.span))

    operations = attributes.get("operations")
    return MigrationClass(
        span=draft.span,
        bases=draft.bases,
        declared=frozenset(declared),
        attribute_spans=places,
        dependencies=entries("dependencies"),
        run_before=entries("run_before"),
        replaces=entries("replaces"),
        operations=()
        if operations is None
        else build_operations(operations, places.get("operations", draft.span), ancestors),
        initial=attributes.get("initial"),
        atomic=attributes.get("atomic"),
    )


def _lineage(draft: Draft, interpreter: Interpreter) -> Iterator[Draft]:
    """A class and those of this file that it inherits from, nearest first."""
    waiting = [draft]
    seen: set[str] = set()
    while waiting:
        own = waiting.pop(0)
        if own.name in seen:
            continue
        seen.add(own.name)
        yield own
        for base in own.bases:
            if isinstance(base, Reference) and base.path[1:] in interpreter.classes and base.path.startswith("#"):
                waiting += (interpreter.classes[base.path[1:]],)


def _without_facts(own: Class, migration: MigrationClass) -> Class:
    """A migration's class without what its facts say already, so that it is not kept twice."""
    said = {"operations"}
    for name, entries in (
        ("dependencies", migration.dependencies),
        ("run_before", migration.run_before),
        ("replaces", migration.replaces),
    ):
        if not any(isinstance(entry, Unresolved) for entry in entries):
            said.add(name)
    attributes = {name: value for name, value in own.attributes.items() if name not in said}
    return Class(own.name, own.bases, attributes, own.methods, own.span)
