"""What git says of the tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from miglint.facts.migration import Migration, MigrationKey


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
    that the tree lacks.
    """

    ref: str
    told_by: str
    commit: str
    migrations: Mapping[MigrationKey, Migration]
    fork: str | None = None
    forked: Mapping[MigrationKey, Migration] = field(default_factory=dict)
    commits: Mapping[MigrationKey, Commit] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Repository:
    """`known` is False outside a git checkout, or where git could not be asked."""

    known: bool
    ignored: tuple[IgnoredFolder, ...] = ()
    untracked: frozenset[str] = frozenset()
