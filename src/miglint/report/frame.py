"""Code frames: the lines that findings point at, with carets below or a bar beside them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from miglint.facts.source import Span
from miglint.findings import Severity
from miglint.report import Style
from miglint.report.terminal import SEVERITY_PAINT, TAB, columns, paint, visible_character

# Of a span that is longer, the middle is left out.
_WHOLE = 9
_HEAD, _TAIL = 4, 2


class Mark(NamedTuple):
    """A span to point at; `label` stands beside it."""

    span: Span
    severity: Severity
    label: str = ""


def source_lines(text: str) -> list[str]:
    """Lines as Python counts them: a form feed or U+2028 ends none."""
    return re.split(r"\r\n|\r|\n", text)


def frame(lines: Sequence[str], marks: Iterable[Mark], style: Style, context: int = 2, indent: str = "  ") -> list[str]:
    """The frame's rows. Marks outside the text are left out: nothing to point at gives no rows."""
    within = [mark for mark in _merged(marks) if 1 <= mark.span.line <= len(lines)]
    if not within:
        return []
    bar = max(within, key=lambda mark: mark.span.end_line - mark.span.line)
    barred = bar if bar.span.end_line > bar.span.line else None
    if barred is not None:
        barred = barred._replace(span=barred.span._replace(end_line=min(barred.span.end_line, len(lines))))
    carets = [_on_one_line(mark, lines[mark.span.line - 1]) for mark in within if mark is not bar or barred is None]
    numbers = _numbers(lines, carets, barred, context)
    digits = len(str(numbers[-1]))
    drawing = _Drawing(style, indent, digits, barred)
    rows: list[str] = []
    previous = numbers[0] - 1
    for number in numbers:
        if number != previous + 1:
            rows.append(drawing.gap(number))
        here = sorted((mark for mark in carets if mark.span.line == number), key=lambda mark: mark.span[1::2])
        rows += drawing.line(number, lines[number - 1], here)
        previous = number
    return rows


class _Drawing:
    """Draws one frame's rows, all with one gutter."""

    def __init__(self, style: Style, indent: str, digits: int, bar: Mark | None) -> None:
        self.style = style
        self.indent = indent
        self.digits = digits
        self.bar = bar
        self.edge, self.cut, self.gap_sign = ("│", "…", "⋮") if style.unicode else ("|", "~", ":")
        self.top, self.side, self.foot = ("╭", "│", "╰") if style.unicode else ("/", "|", "\\")

    def line(self, number: int, text: str, marks: list[Mark]) -> list[str]:
        room = max(20, self.style.width - len(self.indent) - self.digits - 3 - (2 if self.bar else 0))
        source = _laid_out(text)
        window = _window(source, [mark.span for mark in marks], room)
        shown = "".join(cell.text for cell in source.cells[window.first : window.last])
        if window.first:
            shown = self.cut + shown
        if window.last < len(source.cells):
            shown += self.cut
        rows = [self._row(str(number), number, shown)]
        for mark in marks:
            how = SEVERITY_PAINT[mark.severity]
            start, end = window.columns_of(source, mark.span)
            pointer = "^" * max(1, end - start)
            beside = f"{pointer} {mark.label}" if mark.label else pointer
            if start + len(beside) <= room:
                rows.append(self._row("", number, " " * start + paint(beside, how, self.style.colour)))
                continue
            rows.append(self._row("", number, " " * start + paint(pointer, how, self.style.colour)))
            if mark.label:
                left = " " * max(0, min(start, room - len(mark.label)))
                rows.append(self._row("", number, left + paint(mark.label, how, self.style.colour)))
        if self.bar is not None and number == self.bar.span.end_line and self.bar.label:
            sign = f"{self.foot} {self.bar.label}"
            rows.append(self._row("", None, paint(sign, SEVERITY_PAINT[self.bar.severity], self.style.colour)))
        return rows

    def gap(self, number: int) -> str:
        gutter = paint(f"{self.gap_sign:>{self.digits}}", "dim", self.style.colour)
        # The number is the next line's; the gap is barred where the line before that would be.
        side = self._side(number - 1, last=False) if self.bar else ""
        return f"{self.indent}{gutter} {' ' + ' ' + side if side.strip() else ''}".rstrip()

    def _row(self, name: str, number: int | None, text: str) -> str:
        gutter = paint(f"{name:>{self.digits}} {self.edge}", "dim", self.style.colour)
        side = self._side(number, last=bool(name)) if self.bar and number is not None else ""
        return f"{self.indent}{gutter} {side}{text}".rstrip()

    def _side(self, number: int, last: bool) -> str:
        assert self.bar is not None
        span = self.bar.span
        if not span.line <= number <= span.end_line:
            return "  "
        if number == span.line and last:
            sign = self.top
        elif number == span.end_line and last and not self.bar.label:
            sign = self.foot
        elif number == span.end_line and not last and not self.bar.label:
            return "  "
        else:
            sign = self.side
        return paint(sign, SEVERITY_PAINT[self.bar.severity], self.style.colour) + " "


class _Cell(NamedTuple):
    """One character of the source as it is shown, and the columns that it takes."""

    text: str
    width: int


class _Line(NamedTuple):
    """A line as it is shown; `taken` are the columns of its first 0, 1, 2 … cells together."""

    cells: tuple[_Cell, ...]
    taken: tuple[int, ...]

    def width(self, first: int, last: int) -> int:
        """The columns of the cells in between, as a slice counts them."""
        end = len(self.cells)
        return self.taken[min(last, end)] - self.taken[min(first, last, end)]


class _Window(NamedTuple):
    """The cells of a line that fit the screen; `lead` counts the columns of the sign of a cut before them."""

    first: int
    last: int
    lead: int

    def columns_of(self, line: _Line, span: Span) -> tuple[int, int]:
        """Where a span's carets go. A span that the window cuts is clipped at its edge."""

        def column(index: int) -> int:
            clipped = min(max(index, self.first), self.last)
            beyond = max(0, index - len(line.cells)) if self.last == len(line.cells) else 0
            return self.lead + line.width(self.first, clipped) + beyond

        return column(span.column - 1), column(span.end_column - 1)


def _merged(marks: Iterable[Mark]) -> list[Mark]:
    """One mark for each span: the worst severity, every label."""
    by_span: dict[Span, Mark] = {}
    for mark in marks:
        known = by_span.get(mark.span)
        if known is None:
            by_span[mark.span] = mark
            continue
        labels = [label for label in (known.label, mark.label) if label]
        by_span[mark.span] = Mark(mark.span, max(known.severity, mark.severity), ", ".join(dict.fromkeys(labels)))
    return list(by_span.values())


def _on_one_line(mark: Mark, text: str) -> Mark:
    """A frame has room for one bar: any other span of several lines is shown by its first."""
    if mark.span.end_line <= mark.span.line:
        return mark
    return mark._replace(span=Span(mark.span.line, mark.span.column, mark.span.line, len(text.rstrip()) + 1))


def _numbers(lines: Sequence[str], carets: list[Mark], bar: Mark | None, context: int) -> list[int]:
    """The lines to show, in order, without blank ones at either end."""
    pointed = {mark.span.line for mark in carets}
    if bar is not None:
        first, last = bar.span.line, bar.span.end_line
        whole = last - first < _WHOLE
        pointed |= (
            set(range(first, last + 1)) if whole else {*range(first, first + _HEAD), *range(last - _TAIL + 1, last + 1)}
        )
    near = {line + step for line in pointed for step in range(-context, context + 1)}
    if bar is not None and bar.span.end_line - bar.span.line >= _WHOLE:
        inside = set(range(bar.span.line + _HEAD, bar.span.end_line - _TAIL + 1))
        near -= inside - pointed - {mark.span.line + step for mark in carets for step in range(-context, context + 1)}
    numbers = sorted(number for number in near if 1 <= number <= len(lines))
    while numbers[0] not in pointed and not lines[numbers[0] - 1].strip():
        numbers.pop(0)
    while numbers[-1] not in pointed and not lines[numbers[-1] - 1].strip():
        numbers.pop()
    return numbers


# One line may be as long as a file may be large, and as many findings as it has room for may be on it.
@lru_cache(maxsize=8)
def _laid_out(text: str) -> _Line:
    cells: list[_Cell] = []
    column = 0
    for character in text:
        shown = " " * (TAB - column % TAB) if character == "\t" else visible_character(character)
        cell = _Cell(shown, columns(shown))
        cells.append(cell)
        column += cell.width
    return _Line(tuple(cells), tuple(accumulate((cell.width for cell in cells), initial=0)))


def _window(line: _Line, spans: list[Span], room: int) -> _Window:
    """The part of a line that fits: from its start if the first span lies there, else around that span."""
    cells = line.cells
    if line.width(0, len(cells)) <= room:
        return _Window(0, len(cells), 0)
    first = 0
    if spans:
        start, end = spans[0].column - 1, spans[0].end_column - 1
        if line.width(0, end) > room - 1:
            # As much of the text before the span as a quarter of the room holds.
            before = room // 4
            first = min(start, len(cells))
            while first > 0 and before >= cells[first - 1].width:
                first -= 1
                before -= cells[first].width
    lead = 1 if first else 0
    left = room - lead - 1
    last = first
    while last < len(cells) and left >= cells[last].width:
        left -= cells[last].width
        last += 1
    return _Window(first, last, lead)
