"""Pictures of the numbers: SVG, the same bytes for the same numbers, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

_STYLE = """\
text { font: 13px -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: #59636e }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.strong { font-weight: 600; fill: #1f2328 }
.grid { stroke: #8c959f; stroke-opacity: .35 }
.a { fill: #0969da } .b { fill: #bf6a02 } .c { fill: #8250df } .d { fill: #1a7f37 }
.line { fill: none; stroke-width: 2.5 } .line.a { stroke: #0969da } .line.b { stroke: #bf6a02 }
@media (prefers-color-scheme: dark) {
  text { fill: #9198a1 } .title, .strong { fill: #f0f6fc }
  .a { fill: #4493f8 } .b { fill: #e3b341 } .c { fill: #ab7df8 } .d { fill: #3fb950 }
  .line { fill: none } .line.a { stroke: #4493f8 } .line.b { stroke: #e3b341 }
}"""
_COLOURS = "abcd"


class Bar(NamedTuple):
    """`share` of the full width; `text` stands at its end."""

    share: float
    text: str


def bars(title: str, rows: Mapping[str, Sequence[Bar]], series: Sequence[str] = (), width: int = 760) -> str:
    """Bars that lie under each other, in groups; the first row is the one that this is about."""
    # As wide as the widest fonts make the longest name, and bold.
    left, thick, gap = 215, 15, 16
    room = width - left - 120
    parts = [_text(4, 20, title, "title")]
    top = 44
    for place, name in enumerate(series):
        x = left + 190 * place
        parts.append(f'<rect class="{_COLOURS[place]}" x="{x}" y="{top - 11}" width="11" height="11" rx="2"/>')
        parts.append(_text(x + 17, top, name))
    top += 14 if series else -10
    for number, (name, group) in enumerate(rows.items()):
        middle = top + (len(group) * thick + (len(group) - 1) * 2) / 2 + 4.5
        parts.append(_text(left - 12, middle, name, "strong" if number == 0 else "", "end"))
        for place, bar in enumerate(group):
            y = top + place * (thick + 2)
            long = max(room * min(bar.share, 1), 1.5)
            colour = _COLOURS[place if series else number % len(_COLOURS)]
            parts.append(f'<rect class="{colour}" x="{left}" y="{y}" width="{long:.1f}" height="{thick}" rx="2"/>')
            parts.append(_text(left + long + 8, y + 12, bar.text, "strong" if number == 0 else ""))
        top += len(group) * (thick + 2) + gap
    return _document(width, int(top), parts, title)


def curve(title: str, points: Sequence[Mapping[str, Any]], lines: Mapping[str, str], width: int = 760) -> str:
    """What each migration costs against how many there are, both in powers of ten. `lines`: key of a point → name."""
    left, right, top, height = 72, 100, 66, 220
    across = width - left - right
    sizes = [point["migrations"] for point in points]
    values = [point[key] for point in points for key in lines]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def x(size: float) -> float:
        return left + across * (math.log10(size) - first) / ((last - first) or 1)

    def y(value: float) -> float:
        return top + height * (high - math.log10(value)) / ((high - low) or 1)

    parts = [_text(4, 20, title, "title")]
    for power in range(low, high + 1):
        level = y(10.0**power)
        parts.append(f'<line class="grid" x1="{left}" x2="{left + across}" y1="{level:.1f}" y2="{level:.1f}"/>')
        parts.append(_text(left - 8, level + 4, f"{10.0**power:g} ms", anchor="end"))
    for size in sizes:
        parts.append(_text(x(size), top + height + 20, f"{size:,}", anchor="middle"))
    parts.append(_text(left + across, top + height + 40, "migrations in the project", anchor="end"))
    for place, (key, name) in enumerate(lines.items()):
        colour = _COLOURS[place]
        line = " ".join(f"{x(point['migrations']):.1f},{y(point[key]):.1f}" for point in points)
        parts.append(f'<polyline class="line {colour}" points="{line}"/>')
        for point in points:
            at = f'cx="{x(point["migrations"]):.1f}" cy="{y(point[key]):.1f}"'
            parts.append(f'<circle class="{colour}" {at} r="3.5"/>')
        end = points[-1]
        parts.append(_text(left + across + 10, y(end[key]) + 4, f"{end[key]:.2g} ms", "strong"))
        mark = left + 170 * place
        parts.append(f'<rect class="{colour}" x="{mark}" y="33" width="11" height="11" rx="2"/>')
        parts.append(_text(mark + 17, 44, name))
    return _document(width, top + height + 50, parts, title)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    more = (f' class="{kind}"' if kind else "") + (f' text-anchor="{anchor}"' if anchor else "")
    return f'<text x="{x:.1f}" y="{y:.1f}"{more}>{escape(text)}</text>'


def _document(width: int, height: int, parts: Sequence[str], title: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="{escape(title)}">\n'
        f"<style>\n{_STYLE}\n</style>\n{inside}\n</svg>\n"
    )
