"""Reports: findings in, text out. Nothing here prints, reads a file or asks the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TypeAlias

from miglint.findings import Finding, Report, RulePage
from miglint.records import dataclass

# A rule's page by its code; None where there is none.
Pages: TypeAlias = Callable[[str], RulePage | None]

# Each format's function, imported when the format is asked for.
RENDERERS: Mapping[str, str] = {
    "full": "miglint.report.text:full",
    "concise": "miglint.report.text:concise",
    "json": "miglint.report.json:render",
    "sarif": "miglint.report.sarif:render",
    "github": "miglint.report.github:render",
    "gitlab": "miglint.report.gitlab:render",
    "junit": "miglint.report.junit:render",
    "rdjson": "miglint.report.rdjson:render",
    "markdown": "miglint.report.markdown:render",
}


@dataclass(frozen=True, slots=True)
class Style:
    """How to show a report. `colour` allows terminal escapes, `unicode` line-drawing characters; `width` is in columns.

    `quiet` leaves out all but findings; formats for programs know `show_suppressed` alone.
    """

    colour: bool = False
    width: int = 100
    unicode: bool = True
    quiet: bool = False
    verbose: int = 0
    show_suppressed: bool = False
    # `full` shows the code of every finding, however many and however old they are.
    everything: bool = False
    # For people, paths are as from the working folder: `here` is where that lies in the tree; where it lies outside,
    # `way_in` leads from it to the tree's root.
    here: str = "."
    way_in: str = ""


def render(report: Report, format_: str, style: Style, pages: Pages) -> str:
    """The report in one of `RENDERERS`; it ends with a newline unless it is empty."""
    module, _, function = RENDERERS[format_].partition(":")
    text: str = getattr(import_module(module), function)(report, pages, style)
    return text


def statistics(report: Report, style: Style) -> str:
    """A table of rules by how often they were broken, worst and most frequent first."""
    from miglint.report.text import statistics

    return statistics(report, style)


def shown(report: Report, style: Style) -> tuple[Finding, ...]:
    """The findings to list: suppressed ones, in their places, only where the style asks for them."""
    if not style.show_suppressed or not report.suppressed:
        return report.findings
    return tuple(sorted((*report.findings, *report.suppressed), key=by_place))


def by_place(finding: Finding) -> tuple[str, int, int, str, str]:
    """Sort key: path, line, column, code, subject."""
    span = finding.location.span
    return (finding.location.path, span.line, span.column, finding.code, finding.subject)
