"""Migrations replayed while others are still being parsed: their order is guessed from their text.

Nothing rests on the guess. `project.analyse` goes on from what was replayed where it turns out to be how the history
begins, and begins again where it does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from miglint.facts.layout import Layout
from miglint.facts.migration import AnyDependency, Dependency, Migration, MigrationKey, Module, SwappableDependency
from miglint.facts.source import TOP
from miglint.facts.target import Target
from miglint.graph import in_dependency_order
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
    """One project's migrations, of which `apply` takes one after the other; `next` is the one that it waits for.

    `begun` is what came of it. What fails here fails again where it can be reported: nothing is raised, and nothing
    has begun.
    """

    def __init__(self, layout: Layout, target: Target) -> None:
        self.layout = layout
        self.begun: Replaying | None = Replaying(layout, target, {})
        self._target = target
        self._order: tuple[MigrationKey, ...] = ()

    def guess(self, files: Mapping[MigrationKey, tuple[str, bytes]]) -> Iterator[str]:
        """The paths in the order in which their migrations will be asked for, as far as their text tells."""
        guesses = {key: _guessed(key, path, data) for key, (path, data) in files.items()}
        try:
            graph = in_dependency_order(guesses.values(), layout=self.layout, django=self._target.django)
        except Exception:  # noqa: BLE001  # a fault of ours, said in its place
            return iter(())
        self._order = tuple(key for key in graph.plan if key in guesses)
        return (guesses[key].path for key in self._order)

    @property
    def next(self) -> MigrationKey | None:
        """None where there is none left, or it makes no sense to go on."""
        done = len(self.begun.plan) if self.begun is not None else len(self._order)
        return self._order[done] if done < len(self._order) else None

    def apply(self, migration: Migration) -> None:
        if self.begun is not None:
            try:
                self.begun.apply(migration)
            except Exception:  # noqa: BLE001  # a fault of ours, said in its place
                self.begun = None

    def give_up(self) -> None:
        """Stop here: what comes next is not to be known yet."""
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
