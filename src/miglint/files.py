"""The disk: which files a tree holds, and their bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of one tree that may matter, sorted, relative to the absolute `root`, with `/`.

    `reading_roots` are the folders that were read whole ("." is the root). `repository` says that git listed the
    files; then `untracked` are those that it does not track, and `ignored` those that it ignores and that Django
    would load all the same, or that were given by hand. `notices` say what could not be read.
    """

    root: str
    reading_roots: tuple[str, ...]
    files: tuple[str, ...]
    repository: bool
    untracked: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()
    notices: tuple[str, ...] = ()
