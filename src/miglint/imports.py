"""Whether what a migration's file imports from its own tree is there.

Told from the text of the modules: they are many and large, and parsing them all would cost more than the migrations
do. Only where a name occurs in a module and no line plainly binds it is the module parsed. What may bind names at run
time makes the answer unknown, which counts as being there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from miglint.facts.migration import Absent, Module
from miglint.parse.scan import COMMENT, STRING

_TEXTS = re.compile(rf"{STRING}|{COMMENT}", re.DOTALL)

# What may bind any name of a module, or find modules elsewhere.
_DYNAMIC = re.compile(
    r"^def[ \t]+__getattr__\b|^__getattr__\b|\b(?:globals|vars|locals)\(\)|\bexec\(|\bsys\.modules\b|\b__path__\b",
    re.MULTILINE,
)
_STAR = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*\*", re.MULTILINE)


class _Source(NamedTuple):
    """A module's text without strings and comments, and the modules of its star imports."""

    bare: str
    stars: tuple[str, ...]


class Imports:
    """The modules of one tree, as far as imports have to know them.

    `text` gives a file's text, None where it cannot be read, `facts` what it says, None where that is not known.
    """

    def __init__(
        self,
        files: frozenset[str],
        exists: Callable[[str], bool],
        text: Callable[[str], str | None],
        facts: Callable[[str], Module | None],
    ) -> None:
        self.files = files
        self.exists = exists
        self.text = text
        self.facts = facts
        self._folders = {""}
        self._compiled: set[str] = set()
        for path in files:
            folder, _, name = path.rpartition("/")
            while folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
            if name.endswith((".so", ".pyd", ".pyx", ".pyc")):
                self._compiled.add(_join(path.rpartition("/")[0], name.partition(".")[0]))
        self._texts: dict[str, str | None] = {}
        self._sources: dict[str, _Source | None] = {}
        self._known: dict[tuple[str, str], tuple[str, str] | None] = {}

    def absent(self, module: Module, path: str) -> Iterator[Absent]:
        """What a file needs and the tree does not have."""
        folder = path.rpartition("/")[0]
        for needs, later in ((module.needs, False), (module.later_needs, True)):
            for needed, span in needs.items():
                key = (folder, needed)
                if key not in self._known:
                    self._known[key] = self._missing(needed, folder)
                missing = self._known[key]
                if missing is not None:
                    yield Absent(needed, missing[0], missing[1], span, later)

    def _missing(self, needed: str, folder: str) -> tuple[str, str] | None:
        """The part of a name that is not there, and the module that lacks it; None where it is, or nobody knows."""
        name = needed.lstrip(".")
        dots = len(needed) - len(name)
        parts = name.split(".") if name else []
        if dots:
            start = folder
            for _ in range(dots - 1):
                if not start:
                    return None
                start = start.rpartition("/")[0]
            return self._walk(start, parts) if self._package(start) else None
        found = [self._walk(start, parts) for start in self._starts(folder, parts[0])]
        # Which of several comes first on Python's path is not known: it has to be missing in all.
        return found[0] if found and all(found) else None

    def _starts(self, folder: str, first: str) -> Iterator[str]:
        """Folders above a file that Python's path may hold, and in which a package of that name lies."""
        start = folder
        while True:
            if not self._package(start) and self._package(_join(start, first)):
                yield start
            if not start:
                return
            start = start.rpartition("/")[0]

    def _walk(self, start: str, parts: list[str]) -> tuple[str, str] | None:
        here = start
        for number, part in enumerate(parts, 1):
            below = _join(here, part)
            if self._package(below) or (below in self._folders and not self.exists(f"{below}.py")):
                here = below
                continue
            package = self._package(here)
            if self.exists(f"{below}.py"):
                return self._unbound(f"{below}.py", parts[number]) if number < len(parts) else None
            if below in self._compiled or package is None:
                return None
            return self._unbound(package, part)
        return None

    def _package(self, folder: str) -> str | None:
        path = _join(folder, "__init__.py")
        return path if self.exists(path) else None

    def _unbound(self, path: str, name: str) -> tuple[str, str] | None:
        bound = self._binds(path, name, set(), closely=False)
        if bound is None:
            bound = self._binds(path, name, set(), closely=True)
        return (name, path) if bound is False else None

    def _binds(self, path: str, name: str, seen: set[str], *, closely: bool) -> bool | None:
        """Whether a module binds a name; None where that is not known. Only a close look parses it, where need be."""
        if path in seen:
            return False
        seen.add(path)
        text = self._text(path)
        if text is None or name.startswith("__"):
            return None
        if name in text and re.search(_plainly(name), text, re.MULTILINE):
            return True
        source = self._source(path, text)
        if source is None:
            return None
        answers = {self._binds_in_other_ways(source, path, name, closely=closely) if name in text else False}
        for star in source.stars:
            module = self._module(star, path)
            answers.add(None if module is None else self._binds(module, name, seen, closely=closely))
        return True if True in answers else None if None in answers else False

    def _binds_in_other_ways(self, source: _Source, path: str, name: str, *, closely: bool) -> bool | None:
        if not re.search(rf"\b{name}\b", source.bare):
            return False
        facts = self.facts(path) if closely else None
        if facts is None:
            return None
        if name in facts.names:
            return True
        # Statements of these kinds bind names that the facts do not have.
        others = rf"\bglobal\b.*\b{name}\b|\b{name}[ \t]*:=|^(?:match|while)\b"
        return None if re.search(others, source.bare, re.MULTILINE) else False

    def _text(self, path: str) -> str | None:
        if path not in self._texts:
            self._texts[path] = self.text(path)
        return self._texts[path]

    def _source(self, path: str, text: str) -> _Source | None:
        """What a close look at a module's text sees; None where the module may bind any name."""
        if path not in self._sources:
            if _DYNAMIC.search(text):
                self._sources[path] = None
            else:
                bare = _TEXTS.sub("", text)
                self._sources[path] = _Source(bare, tuple(_STAR.findall(bare)))
        return self._sources[path]

    def _module(self, dotted: str, near: str) -> str | None:
        """The file of a module by its name in the file `near`; None where the tree has none."""
        name = dotted.lstrip(".")
        parts = name.split(".") if name else []
        start = near.rpartition("/")[0]
        if dotted == name:
            starts = list(self._starts(start, parts[0]))
        else:
            for _ in range(len(dotted) - len(name) - 1):
                start = start.rpartition("/")[0]
            starts = [start]
        for folder in starts:
            below = "/".join(part for part in (folder, *parts) if part)
            path = self._package(below) or f"{below}.py"
            if self.exists(path):
                return path
        return None


def _plainly(name: str) -> str:
    """What a line that binds a name looks like, where it is not indented."""
    return rf"^(?:class|def|async[ \t]+def)[ \t]+{name}\b|^{name}[ \t]*[:=]"


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
