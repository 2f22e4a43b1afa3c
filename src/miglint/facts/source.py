"""Places in files."""

from __future__ import annotations

from typing import NamedTuple


class Span(NamedTuple):
    """A range of a file's text. Lines and columns start at 1, columns count code points, the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class Location(NamedTuple):
    """A span of one file; `path` is relative to the tree's root, with `/`."""

    path: str
    span: Span


# Where a finding about a whole file points.
TOP = Span(1, 1, 1, 1)
