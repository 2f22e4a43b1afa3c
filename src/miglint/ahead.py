"""Migrations replayed while others are still being parsed: their order is guessed from their text.

Nothing rests on the guess. `project.analyse` goes on from what was replayed where it turns out to be how the history
begins, and begins again where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from miglint.facts.layout import Layout
from miglint.facts.migration import (
    AnyDependency,
    Dependency,
    Failure,
    Migration,
    MigrationKey,
    Module,
    SwappableDependency,
)
from miglint.facts.source import TOP
from miglint.facts.target import Target
from miglint.graph import in_dependency_order
from miglint.layout import is_south
from miglint.lookup import Modules
from miglint.resolve import Resolving
from miglint.steps import Replaying

_LISTS = {
    attribute: re.compile(rb"^[ \t]+%b\b[^=\n]{0,100}=\s{0,100}[\[(]" % attribute, re.MULTILINE)
    for attribute in (b"dependencies", b"run_before", b"replaces")
}
# Bytes of a list, to its bracket.
_LONGEST = 20_000
_ENTRY = re.compile(
    rb"""\(\s*["']([^"'\n]+)["']\s*,\s*["']([^"'\n]+)["']\s*,?\s*\)|swappable_dependency\(\s*settings\.(\w+)"""
)
_NOTHING = Module({}, (), {}, {}, None, ())


class Ahead:
    """One project's migrations: `begun` is what came of it.

    What fails here fails again where it can be reported: nothing is raised, and nothing has begun.
    """

    def __init__(self, layout: Layout, target: Target) -> None:
        self.layout = layout
        self.begun: Replaying | None = Replaying(layout, target, {})
        self._target = target
        self._order: tuple[MigrationKey, ...] = ()
        self._files: Mapping[MigrationKey, tuple[str, bytes]] = {}
        self._resolving: Resolving | None = None
        self._ask: Callable[[str], bool] = lambda path: False
        self._asked: set[str] = set()

    def begin(
        self, files: Mapping[MigrationKey, tuple[str, bytes]], resolving: Resolving, ask: Callable[[str], bool]
    ) -> Iterator[str]:
        """The paths in the order in which their migrations will be needed, as far as their text tells.

        `ask` has another file parsed, where that is possible.
        """
        guesses = {key: _guessed(key, path, data) for key, (path, data) in files.items()}
        try:
            graph = in_dependency_order(guesses.values(), layout=self.layout, django=self._target.django)
        except Exception:  # noqa: BLE001  # a fault of ours, said in its place
            return iter(())
        self._order = tuple(key for key in graph.plan if key in guesses)
        self._files, self._resolving, self._ask = files, resolving, ask
        return (guesses[key].path for key in self._order)

    def go_on(self) -> None:
        """Replay what is there by now, up to the first migration that is not."""
        while self._resolving is not None and self.begun is not None and len(self.begun.plan) < len(self._order):
            key = self._order[len(self.begun.plan)]
            path, data = self._files[key]
            known = self._resolving.modules.known
            if path not in known or not self._asked <= known.keys():
                return
            module = known[path]
            if isinstance(module, Failure) or is_south(data):
                self._order = ()
            # Several projects may share an app.
            elif (key, path) in self._resolving.migrations or self._resolving.resolve(key, path, module):
                self._apply(self._resolving.migrations[key, path])
            else:
                self._wait(self._resolving.modules)

    def _apply(self, migration: Migration | None) -> None:
        if migration is None or self.begun is None:
            self._order = ()
            return
        try:
            self.begun.apply(migration)
        except Exception:  # noqa: BLE001  # likewise
            self.begun = None

    def _wait(self, modules: Modules) -> None:
        """Have parsed what a migration refers to."""
        self._asked |= modules.wanted
        there = all(path in modules.known or self._ask(path) for path in sorted(modules.wanted))
        if modules.wanted_texts or not there:
            self._order = ()


def _guessed(key: MigrationKey, path: str, data: bytes) -> Migration:
    entries: dict[bytes, tuple[AnyDependency, ...]] = {}
    for attribute, pattern in _LISTS.items():
        begins = pattern.search(data) if attribute in data else None
        if begins is not None:
            entries[attribute] = tuple(_entries(data[begins.end() :][:_LONGEST].partition(b"]")[0]))
    return Migration(
        key=key,
        path=path,
        span=TOP,
        dependencies=entries.get(b"dependencies", ()),
        run_before=entries.get(b"run_before", ()),
        replaces=entries.get(b"replaces", ()),
        operations=(),
        attribute_spans={},
        initial=None,
        atomic=True,
        module=_NOTHING,
    )


def _entries(listed: bytes) -> Iterator[AnyDependency]:
    for label, name, setting in _ENTRY.findall(listed):
        if setting:
            yield SwappableDependency(setting.decode(), TOP)
        else:
            yield Dependency(MigrationKey(label.decode("utf-8", "replace"), name.decode("utf-8", "replace")), TOP)
