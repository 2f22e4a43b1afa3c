"""Workflow commands that GitHub shows as annotations beside the lines of a pull request.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from miglint.findings import Finding, Notice, Report, Severity
from miglint.report import Pages, Style, by_place, shown
from miglint.report.terminal import visible
from miglint.report.text import brief_summary, concise_line, count_of

# What GitHub shows of one step, of each kind: the rest it drops without a word.
PER_KIND = 10

_COMMAND: dict[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
}


def render(report: Report, pages: Pages, style: Style) -> str:
    """Annotations, the worst first, as many as GitHub shows; the others are lines of the log."""
    findings = sorted(shown(report, style), key=lambda finding: (-finding.severity, by_place(finding)))
    annotated: list[str] = []
    others: list[Finding] = []
    for severity in sorted(Severity, reverse=True):
        # What is said of the run itself counts among the ten, and comes first: the rest may hang on it.
        alike = [f"::{_COMMAND[severity]}::{_data(notice.message)}" for notice in _of(report.notices, severity)]
        about = [finding for finding in findings if finding.severity is severity]
        room = max(0, PER_KIND - len(alike))
        annotated += alike + [_annotation(finding) for finding in about[:room]]
        others += about[room:]
    lines = annotated + _rest(others)
    if not style.quiet:
        lines += [_uncommanded(line) for line in brief_summary(report, Style())]
    return "".join(f"{line}\n" for line in lines)


def _of(notices: Iterable[Notice], severity: Severity) -> list[Notice]:
    """The notices about the run that are annotated at a severity."""
    return [notice for notice in notices if severity is (Severity.ERROR if notice.internal else Severity.WARNING)]


def _annotation(finding: Finding) -> str:
    span = finding.location.span
    properties = {"file": finding.location.path, "line": str(span.line), "endLine": str(span.end_line)}
    # Columns of a span of several lines make GitHub reject the annotation.
    if span.line == span.end_line:
        properties |= {"col": str(span.column), "endColumn": str(span.end_column)}
    properties["title"] = f"{finding.code} {finding.name}"
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    text = f"{finding.message}\n{finding.hint}" if finding.hint else finding.message
    return f"::{_COMMAND[finding.severity]} {listed}::{_data(text)}"


def _rest(findings: Sequence[Finding]) -> list[str]:
    if not findings:
        return []
    # The bullet keeps a path that starts with `::` from being a command.
    lines = [f"- {_uncommanded(concise_line(finding, Style()))}" for finding in findings]
    return [f"{count_of(len(findings), 'more finding')} in the log:", *lines]


def _uncommanded(line: str) -> str:
    """A line for the log without the older sign of a command, which works anywhere in it."""
    return line.replace("##[", "## [")


def _data(text: str) -> str:
    """Line ends stay, escaped; every other control character is made visible."""
    safe = "\n".join(visible(line) for line in text.split("\n"))
    return _uncommanded(safe).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
