"""From paths to facts: what the disk costs lives here.

`read` finds the trees that the paths lie in, reads and parses the files that are needed (migrations, what labels
and settings are read from, helpers that migrations refer to) and links names across files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from miglint.facts.layout import Layout
from miglint.facts.migration import Failure, Migration, MigrationKey, Module, Unreadable
from miglint.facts.repository import Repository
from miglint.files import Listing
from miglint.findings import Notice

# Bytes by path to facts by path. The default parses one file after the other; a pool or a cache fits here.
Parser: TypeAlias = Callable[[Mapping[str, bytes]], Mapping[str, Module | Failure]]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The table of one `miglint.toml` or `[tool.miglint]` as read: not checked yet (`config.from_mapping` does).

    `path` is the file, relative to the tree's root where it lies inside, else absolute.
    """

    path: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """One Django project of a tree: `migrations` and `unreadable` include those that are there for linking only.

    `migrations` is in order of key. `configuration` is the one nearest to the project's root, None without any.
    """

    layout: Layout
    migrations: Mapping[MigrationKey, Migration]
    unreadable: tuple[Unreadable, ...]
    configuration: Configuration | None


@dataclass(frozen=True, slots=True)
class Tree:
    """Everything that is known of one repository, or of one folder outside of any.

    All paths are relative to `listing.root`. `modules` are the facts of every Python file that was read. `scope`
    are the given paths ("." is the whole tree): a finding is shown if one of its locations is in it. `problems` are
    sentences about settings files that could not be read (exit code 2). `sources` are the bytes that were read.
    """

    listing: Listing
    scope: tuple[str, ...]
    projects: tuple[ProjectFacts, ...]
    modules: Mapping[str, Module | Failure]
    repository: Repository
    sources: Mapping[str, bytes]
    notices: tuple[Notice, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def root(self) -> Path:
        return Path(self.listing.root)

    def source(self, path: str) -> bytes:
        """A file's bytes, read anew where they were not kept (an ignore file, say); empty if that fails."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Reading:
    """`missing` are given paths that are not there (exit code 2), as given; `trees` what the others lie in."""

    trees: tuple[Tree, ...]
    missing: tuple[str, ...] = ()


def read(
    paths: Sequence[str | Path],
    *,
    configuration: Configuration | None = None,
    isolated: bool = False,
    parse: Parser | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Reading:
    """The trees that `paths` lie in, each read whole.

    `configuration` (--config) stands in for every settings file of the trees, `isolated` for none at all; of their
    values only `exclude` and `apps` are used here, and silently left alone where they are not of the right type.
    `progress` is told how many files are parsed, of how many that are known to be needed.
    """
    raise NotImplementedError


def read_configuration(path: str | Path) -> Configuration:
    """The settings in a `miglint.toml`, or in `[tool.miglint]` of a pyproject.toml. Raises OSError, ValueError."""
    raise NotImplementedError
