"""Edits applied to a file's text: pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from miglint.facts.source import Span
from miglint.findings import Edit, Finding


class Fixed(NamedTuple):
    """`text` after the edits of `findings`, the count of findings whose edits were all applied."""

    text: str
    findings: int


def safe_edits(findings: Iterable[Finding]) -> dict[str, list[tuple[Edit, ...]]]:
    """The safe fixes' edits by file; a fix that spans several files goes with its first."""
    by_file: dict[str, list[tuple[Edit, ...]]] = {}
    for finding in findings:
        for fix in finding.fixes:
            if fix.applicability == "safe" and len({edit.location.path for edit in fix.edits}) == 1:
                by_file.setdefault(fix.edits[0].location.path, []).append(fix.edits)
                break
    return by_file


def apply(text: str, fixes: Iterable[tuple[Edit, ...]]) -> Fixed:
    """Apply whole fixes from the end of the text to its start; one that touches an applied one is left out.

    Line ends are kept as they are; a removal that leaves a line blank, or a trailing blank, takes that along.
    """
    starts = _line_starts(text)
    taken: list[tuple[int, int]] = []
    edits: list[tuple[int, int, str]] = []
    count = 0
    for fix in fixes:
        ranges = [(*_widened(text, *_offsets(edit.location.span, starts), edit.text), edit.text) for edit in fix]
        if any(start < end_ and start_ < end for start, end, _ in ranges for start_, end_ in taken):
            continue
        taken += [(start, end) for start, end, _ in ranges]
        edits += ranges
        count += 1
    for start, end, replacement in sorted(edits, reverse=True):
        text = text[:start] + replacement + text[end:]
    return Fixed(text, count)


def widened(text: str, edit: Edit) -> Span:
    """The span that `apply` replaces for one edit: what is left blank by it goes too."""
    starts = _line_starts(text)
    start, end = _widened(text, *_offsets(edit.location.span, starts), edit.text)
    first, last = bisect_right(starts, start), bisect_right(starts, end)
    return Span(first, start - starts[first - 1] + 1, last, end - starts[last - 1] + 1)


def _line_starts(text: str) -> list[int]:
    # Python's own line ends alone: `splitlines` would also split at form feeds and U+2028.
    return [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]


def _offsets(span: Span, starts: list[int]) -> tuple[int, int]:
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def _widened(text: str, start: int, end: int, replacement: str) -> tuple[int, int]:
    if replacement:
        return start, end
    line_start = text.rfind("\n", 0, start) + 1
    while start > line_start and text[start - 1] in " \t":
        start -= 1
    if start == line_start and text[end : end + 2] == "\r\n":
        end += 2
    elif start == line_start and text[end : end + 1] in ("\n", "\r"):
        end += 1
    return start, end
