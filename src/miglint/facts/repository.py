"""What git says of the tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


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


@dataclass(frozen=True, slots=True)
class Repository:
    """`known` is False outside a git checkout, or where git could not be asked."""

    known: bool
    ignored: tuple[IgnoredFolder, ...] = ()
    untracked: frozenset[str] = frozenset()
