"""Migrations in the order and shape that Django's loader would give them on an empty database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from typing import Literal as OneOf

from miglint.facts.layout import Layout
from miglint.facts.migration import MalformedDependency, Migration, MigrationKey
from miglint.facts.source import Span
from miglint.facts.target import Version

if TYPE_CHECKING:
    import networkx as nx

Attribute: TypeAlias = OneOf["dependencies", "run_before", "replaces"]


class Entry(NamedTuple):
    """An entry of a migration's `dependencies`, `run_before` or `replaces`."""

    migration: MigrationKey
    attribute: Attribute
    span: Span


# Why a name leads nowhere: the app has migrations but not this one; they are switched off in the settings;
# their folder has no `__init__.py`; there are none; the app goes by another label; `__latest__` of the app itself.
MissingCause: TypeAlias = OneOf["no-migration", "switched-off", "no-init", "no-migrations", "other-label", "own-latest"]


class Missing(NamedTuple):
    """An entry that names a migration which does not exist and which no squash replaces."""

    entry: Entry
    target: MigrationKey
    cause: MissingCause


class Malformed(NamedTuple):
    """An entry that makes Django's loader fail whatever else there is."""

    entry: Entry
    dependency: MalformedDependency


class Symbolic(NamedTuple):
    """A `__first__` or `__latest__` of a first-party app: Django takes the smallest of the candidates."""

    entry: Entry
    target: MigrationKey
    candidates: tuple[MigrationKey, ...]

    @property
    def chosen(self) -> MigrationKey:
        return self.candidates[0]


SquashFault: TypeAlias = OneOf[
    "replaces-itself",
    "replaced-in-turn",
    "depends-on-replaced",
    "overlaps",
    "nested",
    "half-removed",
    "named-though-gone",
]


class SquashProblem(NamedTuple):
    """What is wrong with a squash; `others` are the migrations, `entries` the places that make it so."""

    squash: MigrationKey
    fault: SquashFault
    others: tuple[MigrationKey, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class MigrationGraph:
    """The graph that Django's `MigrationLoader(None)` builds, and why it would refuse to.

    `nodes`, `leaves` and `roots` are first-party migrations, usable squashes in place of what they replace. `edges`
    are (child, parent), parents in external apps included; an external name that cannot be known is
    kept as written (`taggit.__first__`). `plan` is the full forward plan of the first-party
    migrations. `conflicts` are apps whose leaves are several whatever the unknown dependencies may be.
    `replaced` maps every migration that a squash stands for, there or not, to that squash.
    """

    nodes: tuple[MigrationKey, ...]
    edges: tuple[tuple[MigrationKey, MigrationKey], ...]
    leaves: tuple[MigrationKey, ...]
    roots: tuple[MigrationKey, ...]
    plan: tuple[MigrationKey, ...]
    conflicts: Mapping[str, tuple[str, ...]]
    missing: tuple[Missing, ...]
    malformed: tuple[Malformed, ...]
    cycles: tuple[tuple[MigrationKey, ...], ...]
    external: tuple[str, ...]
    replaced: Mapping[MigrationKey, MigrationKey]
    squash_problems: tuple[SquashProblem, ...]
    symbolic: tuple[Symbolic, ...]
    # Migrations whose dependencies are not all known: unreadable files and unresolved entries.
    unknown: frozenset[MigrationKey]

    def parents(self, key: MigrationKey) -> tuple[MigrationKey, ...]:
        """Direct parents, external ones included, in order."""
        raise NotImplementedError

    def ancestors(self, key: MigrationKey) -> frozenset[MigrationKey]:
        """Everything that is applied before a migration because it, or something it needs, says so."""
        raise NotImplementedError

    def path_between(self, child: MigrationKey, ancestor: MigrationKey) -> tuple[MigrationKey, ...]:
        """A shortest path of dependencies, both ends included; empty where there is none."""
        raise NotImplementedError

    def declared(self, child: MigrationKey, parent: MigrationKey) -> Entry | None:
        """The entry that makes an edge, in a replaced migration where a squash inherited it."""
        raise NotImplementedError


def in_dependency_order(
    migrations: Iterable[Migration],
    *,
    layout: Layout,
    django: Version,
    unreadable: Iterable[MigrationKey] = (),
) -> MigrationGraph:
    """Link one project's migrations. What Django's loader would raise is recorded, and the rest linked all the same."""
    raise NotImplementedError
