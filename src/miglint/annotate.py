"""Comments that hide findings, written into a file's text. Pure."""

from __future__ import annotations

import ast
import re
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.facts.migration import Suppression
from miglint.facts.source import Span
from miglint.findings import Finding
from miglint.parse.scan import COMMENT, STRING

_LINE_END = re.compile(r"\r\n|\r|\n")
_TEXT_OR_COMMENT = re.compile(rf"{STRING}|({COMMENT})", re.DOTALL)
_WRITTEN = re.compile(r"(#[^\[]*\[)[^\]]*(\])([^#]*)")
_FILE_WIDE = re.compile(r"#+:?[ \t]*miglint[ \t]*:[ \t]*ignore-file", re.IGNORECASE)
# https://peps.python.org/pep-0263/
_COOKIE = re.compile(r"[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")
_SAYS_NOTHING = " \t\f:-–—"


def wrong_with(reason: str) -> str | None:
    """Why a reason cannot stand in a comment, as the end of a sentence; None where it can."""
    if not reason.strip(_SAYS_NOTHING):
        return "says nothing"
    if len(reason.splitlines()) > 1 or not reason.strip().isprintable():
        return "has to be one line of text that can be printed"
    if "#" in reason:
        return "has a '#', where a comment of miglint ends"
    if _COOKIE.match(f"# {reason}"):
        return "would be read as the declaration of the file's encoding"
    return None


def annotate(
    text: str,
    findings: Iterable[Finding],
    operations: Iterable[Span],
    suppressions: Sequence[Suppression],
    reason: str,
    *,
    file_wide: bool = False,
) -> str:
    """`text` with comments that hide `findings`, and that are no part of the code.

    A finding about one of the `operations` gets its comment there, any other one for the whole file, with `file_wide`
    all of them. A comment that is there already takes further codes. Raises ValueError where no comment can stand.
    """
    page = _Page(text)
    spans = {} if file_wide else dict.fromkeys(operations)
    by_operation: defaultdict[Span, set[str]] = defaultdict(set)
    elsewhere: set[str] = set()
    for finding in findings:
        operation = _operation_of(finding, spans)
        if operation is not None:
            by_operation[operation].add(finding.code)
        else:
            elsewhere.add(finding.code)
    owned = _owned(suppressions, spans, page)
    edits: list[_Edit] = []
    for line_or_comment, codes in _by_place(by_operation, owned, page).items():
        match line_or_comment:
            case Suppression():
                edits.append(page.extended(line_or_comment, codes, reason))
            case _Above(line, indent):
                edits.append(page.inserted(line, f"{indent}{_comment('ignore', codes, reason)}"))
            case _Behind(line):
                edits.append(page.appended(line, _comment("ignore", codes, reason)))
            case None:
                elsewhere |= codes
    if elsewhere:
        edits.append(_for_file(page, suppressions, elsewhere, reason))
    commented = page.edited(edits)
    if not _is_same_code(text, commented):
        raise ValueError("a comment would become part of the code")
    return commented


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


class _Above(NamedTuple):
    """A line of its own above `line`."""

    line: int
    indent: str


class _Behind(NamedTuple):
    """The end of `line`."""

    line: int


class _Page:
    """A text by its lines, which count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        ends = list(_LINE_END.finditer(text))
        self.starts = [0, *(end.end() for end in ends)]
        self.stops = [*(end.start() for end in ends), len(text)]
        self.line_end = ends[0].group() if ends else "\n"
        self.closed = self._closed()

    def line(self, number: int) -> str:
        return self.text[self.starts[number - 1] : self.stops[number - 1]]

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def inserted(self, line: int, text: str) -> _Edit:
        """`text` as a line of its own above `line`, ended as its neighbours are."""
        at = self.starts[line - 1]
        end = self.text[self.stops[line - 1] : self.starts[line]] if line < len(self.starts) else self.line_end
        return _Edit(at, at, text + end)

    def appended(self, line: int, text: str) -> _Edit:
        at = self.stops[line - 1]
        return _Edit(at, at, f"  {text}")

    def edited(self, edits: Iterable[_Edit]) -> str:
        pieces: list[str] = []
        done = 0
        for start, end, replacement in sorted(edits):
            pieces += self.text[done:start], replacement
            done = end
        return "".join([*pieces, self.text[done:]])

    def extended(self, comment: Suppression, codes: set[str], reason: str) -> _Edit:
        """A comment with further codes, and the reason for them beside its own."""
        span = comment.span
        start, end = self.offset(span.line, span.column), self.offset(span.end_line, span.end_column)
        all_codes = sorted({code.upper() for code in comment.codes} | codes)
        found = _WRITTEN.match(self.text, start, end)
        assert found is not None  # a comment with codes has brackets
        said = found[3].rstrip()
        if not comment.reason:
            said = f" {reason}"
        elif reason not in comment.reason:
            said = f"{said}; {reason}"
        return _Edit(start, end, f"{found[1]}{', '.join(all_codes)}{found[2]}{said}")

    def _closed(self) -> frozenset[int]:
        """Lines behind which no comment can stand: they end within a string, or go on behind a backslash."""
        found = {number for number, stop in enumerate(self.stops, 1) if self.text[max(stop - 1, 0) : stop] == "\\"}
        number = 1
        for token in _TEXT_OR_COMMENT.finditer(self.text):
            if token.group(1) is None and _LINE_END.search(self.text, *token.span()):
                while self.stops[number - 1] < token.start():
                    number += 1
                while self.stops[number - 1] < token.end():
                    found.add(number)
                    number += 1
        return frozenset(found)


def _operation_of(finding: Finding, operations: Collection[Span]) -> Span | None:
    """The operation that a finding is about, else the innermost one around its place."""
    if finding.extent is not None and finding.extent in operations:
        return finding.extent
    return _innermost(finding.location.span, operations) if finding.operation is not None else None


def _innermost(span: Span, operations: Iterable[Span]) -> Span | None:
    around = [one for one in operations if one.line <= span.line and span.end_line <= one.end_line]
    return min(around, key=lambda one: one.end_line - one.line, default=None)


def _owned(suppressions: Iterable[Suppression], operations: Collection[Span], page: _Page) -> dict[Span, Suppression]:
    """The comment of each operation that has one: above it, or on one of its lines."""
    owned: dict[Span, Suppression] = {}
    by_end = defaultdict(list)
    for operation in operations:
        by_end[operation.end_line].append(operation)
    for comment in suppressions:
        if comment.kind != "ignore" or not comment.codes or _FILE_WIDE.match(page.text, page.offset(*comment.span[:2])):
            continue
        first, last = comment.lines
        below = [one for one in by_end[last] if first < one.line] if first < last else []
        owner = max(below, key=lambda one: one.line, default=None) or _innermost(comment.span, operations)
        if owner is not None:
            owned[owner] = comment
    return owned


def _by_place(
    by_operation: dict[Span, set[str]], owned: dict[Span, Suppression], page: _Page
) -> dict[Suppression | _Above | _Behind | None, set[str]]:
    """Where the codes of each operation go; None is nowhere near it. Operations of one line share a comment."""
    places: dict[Suppression | _Above | _Behind | None, set[str]] = {}
    for operation, codes in by_operation.items():
        comment = owned.get(operation)
        places.setdefault(comment if comment is not None else _place_for(operation, page), set()).update(codes)
    return places


def _place_for(operation: Span, page: _Page) -> _Above | _Behind | None:
    before = page.line(operation.line)[: operation.column - 1]
    if not before.strip() and operation.line - 1 not in page.closed:
        return _Above(operation.line, before)
    # A comment above would speak for all that starts on this line.
    return next((_Behind(line) for line in (operation.line, operation.end_line) if line not in page.closed), None)


def _for_file(page: _Page, suppressions: Iterable[Suppression], codes: set[str], reason: str) -> _Edit:
    there = next((one for one in suppressions if one.kind == "ignore-file" and one.codes), None)
    if there is not None:
        return page.extended(there, codes, reason)
    line = 1 + sum(1 for _ in _head(page))
    comment = _comment("ignore-file", codes, reason)
    if line <= len(page.starts):
        return page.inserted(line, comment)
    return _Edit(len(page.text), len(page.text), page.line_end + comment)


def _head(page: _Page) -> Iterator[int]:
    """The lines that come first: a shebang, an encoding, a licence."""
    # Python looks for the encoding in the first two lines, of which the first may be blank.
    declared = 2 if len(page.starts) > 1 and _COOKIE.match(page.line(2)) else 0
    for number in range(1, len(page.starts) + 1):
        if number > declared and not page.line(number).lstrip().startswith("#"):
            return
        yield number


def _comment(kind: str, codes: Iterable[str], reason: str) -> str:
    return f"# miglint: {kind}[{', '.join(sorted(codes))}] {reason}"


def _is_same_code(before: str, after: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = ast.dump(ast.parse(before))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            # Newer than the Python that runs here: then there is nothing to compare.
            return True
        try:
            return ast.dump(ast.parse(after)) == code
        except (SyntaxError, ValueError):
            return False
