"""The Reviewdog Diagnostic Format, as one document.

https://github.com/reviewdog/reviewdog/tree/master/proto/rdf
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from miglint.facts.source import Span
from miglint.findings import Finding, Report, Severity
from miglint.fix import widened
from miglint.report import Pages, Style, shown
from miglint.report.frame import source_lines
from miglint.report.json import dumps
from miglint.report.terminal import visible

_SEVERITY: dict[Severity, str] = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report, pages: Pages, style: Style) -> str:
    """reviewdog refuses a document with a key that its version does not know, so there are the oldest ones alone."""
    lines: dict[str, list[str]] = {path: source_lines(source) for path, source in report.sources.items()}
    diagnostics = [_diagnostic(finding, report, lines) for finding in shown(report, style)]
    return dumps({"source": {"name": "miglint"}, "diagnostics": diagnostics})


def _diagnostic(finding: Finding, report: Report, lines: dict[str, list[str]]) -> dict[str, Any]:
    path = finding.location.path
    hidden = finding.suppressed
    diagnostic: dict[str, Any] = {
        "message": "\n".join(map(visible, _said(finding))),
        # Protocol buffers hold no half of a surrogate pair, which a file name that is no UTF-8 gives.
        "location": {
            "path": path.encode("utf-8", "replace").decode(),
            "range": _range(finding.location.span, lines.get(path, [])),
        },
        "severity": _SEVERITY[Severity.INFO if hidden else finding.severity],
        "code": {"value": finding.code},
    }
    suggestions = list(_suggestions(finding, report, lines.get(path, []))) if hidden is None else []
    if suggestions:
        diagnostic["suggestions"] = suggestions
    return diagnostic


def _said(finding: Finding) -> Iterator[str]:
    yield finding.message
    if finding.hint:
        yield finding.hint
    for related in finding.related:
        yield f"{related.location.path}:{related.location.span.line}: {related.message}"
    if finding.suppressed is not None:
        reason = f": {finding.suppressed.reason}" if finding.suppressed.reason else "."
        yield f"Suppressed by {finding.suppressed.by}{reason}"


def _suggestions(finding: Finding, report: Report, lines: list[str]) -> Iterator[dict[str, Any]]:
    """The safe fixes. Each suggestion stands alone, so a fix of several edits, or of another file, is none."""
    source = report.sources.get(finding.location.path)
    for fix in finding.fixes:
        if source is None or fix.applicability != "safe" or len(fix.edits) != 1:
            continue
        (edit,) = fix.edits
        if edit.location.path == finding.location.path:
            yield {"range": _range(widened(source, edit), lines), "text": edit.text}


def _range(span: Span, lines: list[str]) -> dict[str, Any]:
    return {
        "start": {"line": span.line, "column": _bytes(span.line, span.column, lines)},
        "end": {"line": span.end_line, "column": _bytes(span.end_line, span.end_column, lines)},
    }


def _bytes(line: int, column: int, lines: list[str]) -> int:
    """A column in code points as one in bytes of UTF-8. What lies beyond the known text counts one for one."""
    before = lines[line - 1][: column - 1] if line <= len(lines) else ""
    return column + len(before.encode("utf-8", "replace")) - len(before)
