"""Comments that hide findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import libcst as cst

from miglint.facts.migration import Suppression
from miglint.facts.source import Span
from miglint.parse.positions import Positions
from miglint.parse.scan import COMMENT, STRING

# How far down a comment for the whole file is looked for, where no definition ends the file's head before.
_HEAD = 20

_TEXT_OR_COMMENT = re.compile(rf"{STRING}|({COMMENT})", re.DOTALL)
_IGNORE = re.compile(
    r"#+:?[ \t]*miglint[ \t]*:[ \t]*(ignore-file|ignore)(?![\w-])[ \t]*(?:\[([^\]#]*)\])?([^#]*)", re.IGNORECASE
)
# Whatever else is said to miglint in that way is a slip of the pen: it is kept, without codes, and reported.
_DIRECTIVE = re.compile(r"#+:?[ \t]*miglint[ \t]*:(?![ \t]*ignore(?:-file)?(?![\w-]))[ \t]*([^#]*)", re.IGNORECASE)
_NOQA = re.compile(r"#+[ \t]*noqa[ \t]*:[ \t]*([A-Z]+[0-9]+(?:[ \t]*[, \t][ \t]*[A-Z]+[0-9]+)*)([^#]*)", re.IGNORECASE)
_CODE = re.compile(r"[^\s,]+")
_OURS = re.compile(r"MIG\d+\Z", re.IGNORECASE)
_SKIPPED = re.compile(rf"(?:\s|{COMMENT}|\\\r?\n)*")


def suppressions_in(positions: Positions) -> tuple[Suppression, ...]:
    """Every suppression of a file, in order.

    One for the whole file counts before the first class or function and in the first 20 lines; farther down it
    speaks for its own line alone. One without codes is kept, with none: it hides nothing and is reported.
    """
    lowered = positions.text.lower()
    if "miglint" not in lowered and "noqa" not in lowered:
        return ()
    return tuple(_suppressions(positions))


def _suppressions(positions: Positions) -> Iterator[Suppression]:
    text = positions.text
    below = _Below(positions)
    for comment in _TEXT_OR_COMMENT.finditer(text):
        if comment.group(1) is None:
            continue
        end = comment.end()
        for found in _IGNORE.finditer(text, comment.start(), end):
            codes = tuple(_CODE.finditer(text, *found.span(2))) if found.group(2) is not None else ()
            span = _span(positions, found)
            written = "ignore-file" if found.group(1).lower() == "ignore-file" else "ignore"
            for_file = written == "ignore-file" and below.is_at_top(found.start())
            yield Suppression(
                kind="ignore-file" if for_file else "ignore",
                codes=tuple(code.group() for code in codes),
                code_spans=tuple(positions.span_of(*code.span()) for code in codes),
                reason=found.group(3).strip(" \t\f:-–—"),
                span=span,
                lines=_whole(positions) if for_file else below.lines(comment, written == "ignore-file"),
            )
        for found in _DIRECTIVE.finditer(text, comment.start(), end):
            span = _span(positions, found)
            yield Suppression("ignore", (), (), found.group(1).strip(), span, below.lines(comment, True))
        for found in _NOQA.finditer(text, comment.start(), end):
            ours = tuple(code for code in _CODE.finditer(text, *found.span(1)) if _OURS.match(code.group()))
            if ours:
                yield Suppression(
                    kind="noqa",
                    codes=tuple(code.group() for code in ours),
                    code_spans=tuple(positions.span_of(*code.span()) for code in ours),
                    reason=found.group(2).strip(" \t\f:-–—"),
                    span=_span(positions, found),
                    lines=below.lines(comment, False),
                )


def _span(positions: Positions, found: re.Match[str]) -> Span:
    return positions.span_of(found.start(), found.start() + len(found.group().rstrip()))


def _whole(positions: Positions) -> tuple[int, int]:
    return 1, positions.span_of(0, len(positions.text)).end_line


class _Below:
    """What stands below a comment; the tree is looked through once, however many comments there are."""

    def __init__(self, positions: Positions) -> None:
        self.positions = positions

    def is_at_top(self, offset: int) -> bool:
        """Whether a comment may speak for the whole file."""
        return self.positions.span_of(offset, offset).line <= _HEAD or offset < self._first_definition

    def lines(self, comment: re.Match[str], own_alone: bool) -> tuple[int, int]:
        """The lines that a comment speaks for: its own, or those of what stands below it, if it stands alone."""
        positions, text = self.positions, self.positions.text
        line = positions.span_of(comment.start(), comment.start()).line
        if own_alone or text[positions.line_start(line) : comment.start()].strip():
            return line, line
        skipped = _SKIPPED.match(text, comment.end())
        below = skipped.end() if skipped else comment.end()
        if below >= len(text):
            return line, line
        first = positions.span_of(below, below).line
        end = self._ends.get(below)
        return line, first if end is None else positions.span_of(end, end).line

    @cached_property
    def _first_definition(self) -> int:
        places = (
            self.positions.offsets(node)[0]
            for node in self.positions.nodes()
            if isinstance(node, cst.ClassDef | cst.FunctionDef)
        )
        return min(places, default=len(self.positions.text) + 1)

    @cached_property
    def _ends(self) -> dict[int, int]:
        """Where the longest expression or simple statement that starts at an offset ends."""
        ends: dict[int, int] = {}
        for node in self.positions.nodes():
            if isinstance(node, cst.BaseExpression | cst.Arg | cst.SimpleStatementLine | cst.DictElement):
                start, end = self.positions.offsets(node)
                ends[start] = max(end, ends.get(start, 0))
        return ends
