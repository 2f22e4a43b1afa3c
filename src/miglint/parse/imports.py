"""What a file needs of other modules before it can be loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import libcst as cst

from miglint.facts.source import Span
from miglint.facts.values import Reference, Value
from miglint.parse.positions import Positions
from miglint.parse.scan import COMMENT, STRING
from miglint.parse.statements import dotted_name, statements_of

# Nobody's project has a package of these names.
_FOREIGN = frozenset({"django", "__future__"})


def needs_of(tree: cst.Module, positions: Positions, names: Mapping[str, Value]) -> dict[str, Span]:
    """Dotted names that the file imports, and those that it reaches through an import, with their first places.

    Absolute, or with leading dots, as a `Reference.path` has them. What stands under a condition, or in a function, is
    left out: it need not be there. `names` are the module's as its last line leaves them.
    """
    needs: dict[str, Span] = {}
    bound: dict[str, str] = {}
    functions: list[tuple[int, int]] = []
    for statement in tree.body:
        if isinstance(statement, cst.FunctionDef):
            functions.append(positions.offsets(statement))
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                for name, path, node in _imported(small):
                    needs.setdefault(path, positions.span(node if node in positions else small))
                    value = names.get(name)
                    # A name that is bound again leads elsewhere; `import a.b` binds `a`.
                    if isinstance(value, Reference) and value.path in (path, path.partition(".")[0]):
                        bound[name] = value.path
    for name, rest, start, end in _uses(positions.text, bound):
        if not any(first <= start < last for first, last in functions):
            needs.setdefault(f"{bound[name]}{rest}", positions.span_of(start, end))
    return needs


def later_needs_of(tree: cst.Module, positions: Positions) -> dict[str, Span]:
    """Dotted names that the file's functions import when they run, whatever the condition they were called under."""
    needs: dict[str, Span] = {}
    for function in tree.body:
        if isinstance(function, cst.FunctionDef):
            for statement in statements_of(function.body):
                if isinstance(statement, cst.Import | cst.ImportFrom):
                    for _, path, node in _imported(statement):
                        needs.setdefault(path, positions.span(node if node in positions else statement))
    return needs


def _imported(statement: cst.BaseSmallStatement) -> Iterator[tuple[str, str, cst.CSTNode]]:
    """The name that each part of an import binds, empty for a star, what it stands for, and where."""
    match statement:
        case cst.Import(names=aliases):
            for alias in aliases:
                dotted = dotted_name(alias.name)
                if dotted.partition(".")[0] not in _FOREIGN:
                    yield _bound(alias) or dotted.partition(".")[0], dotted, alias.name
        case cst.ImportFrom(module=module, relative=dots, names=aliases):
            base = "." * len(dots) + (dotted_name(module) if module is not None else "")
            if base.partition(".")[0] in _FOREIGN:
                return
            if isinstance(aliases, cst.ImportStar):
                yield "", base, statement
                return
            for alias in aliases:
                name = dotted_name(alias.name)
                yield _bound(alias) or name, f"{base}{'' if base.endswith('.') else '.'}{name}", alias.name
        case _:
            return


def _bound(alias: cst.ImportAlias) -> str | None:
    return alias.asname.name.value if alias.asname is not None and isinstance(alias.asname.name, cst.Name) else None


def _uses(text: str, bound: Mapping[str, str]) -> Iterator[tuple[str, str, int, int]]:
    """Each `name.more.of.it` outside strings and comments, for the names that are bound."""
    used = [name for name in bound if f"{name}." in text]
    if not used:
        return
    roots = "|".join(map(re.escape, sorted(used)))
    pattern = re.compile(rf"{STRING}|{COMMENT}|(?<![\w.])(?P<root>{roots})(?P<rest>(?:\.\w+)+)", re.DOTALL)
    for found in pattern.finditer(text):
        if found["root"]:
            yield found["root"], found["rest"], *found.span()
