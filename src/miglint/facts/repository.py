"""What git says of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import NamedTuple, TypeAlias

from miglint.facts.migration import Migration, MigrationKey
from miglint.records import dataclass

# By name, dotted where a class holds it.
Functions: TypeAlias = Mapping[str, str]


class IgnoredFolder(NamedTuple):
    """A migrations folder in which a new migration would be ignored.

    `candidate` is the made-up next migration that was asked about; `source` the ignore file (relative to the
    tree's root where it lies inside, else absolute), `line` and `pattern` the rule that matched. `tracked`
    counts files of the folder that git tracks all the same: they were added by force. `present` counts
    the migrations there are on disk.
    """

    folder: str
    candidate: str
    source: str
    line: int
    pattern: str
    tracked: int
    present: int


class Commit(NamedTuple):
    """A commit, as a person looks it up: `id` is abbreviated, `date` is the author's day, `2026-11-21`."""

    id: str
    author: str
    date: str
    subject: str


@dataclass(frozen=True, slots=True)
class Base:
    """The state of the history that the tree's own is held against: what is on it counts as released.

    `ref` is what was asked for, `told_by` who asked (`--since`, `base-ref in pyproject.toml`, `GITHUB_BASE_REF`),
    `commit` its abbreviated id. `migrations` are those of the base as it is now. `forked` are those of the commit
    that the tree's history and the base have in common, as far as the tree has changed them since, or lacks them; it
    is empty where no such commit is known, and `fork` is None. `commits` are who brought those migrations to the base
    that the tree lacks. `released` are the names of all that is on the base, whether it could be read or not, and of
    what was: `dropped` are those that the tree still has unchanged, and the base no longer.
    `forked_functions` and `functions` tell what the functions of a migration's own file do, then and now: by
    migration and name, a digest of the code without its layout.
    """

    ref: str
    told_by: str
    commit: str
    migrations: Mapping[MigrationKey, Migration]
    fork: str | None = None
    forked: Mapping[MigrationKey, Migration] = field(default_factory=dict)
    commits: Mapping[MigrationKey, Commit] = field(default_factory=dict)
    released: frozenset[MigrationKey] = frozenset()
    dropped: frozenset[MigrationKey] = frozenset()
    forked_functions: Mapping[MigrationKey, Functions] = field(default_factory=dict)
    functions: Mapping[MigrationKey, Functions] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The ref as people say it: `origin/main`."""
        return self.ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")

    def without(self, labels: frozenset[str]) -> Base:
        """What it says of all but some apps."""
        if not labels:
            return self
        migrations = {key: one for key, one in self.migrations.items() if key.app_label not in labels}
        forked = {key: one for key, one in self.forked.items() if key.app_label not in labels}
        return replace(self, migrations=migrations, forked=forked)


@dataclass(frozen=True, slots=True)
class Repository:
    """`known` is False outside a git checkout, or where git could not be asked.

    `untracked` are migrations that git does not track, ignored ones included; `forgotten` are those that `git add`
    would take, empty where the repository tracks nothing at all yet.
    """

    known: bool
    ignored: tuple[IgnoredFolder, ...] = ()
    untracked: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
