"""GitLab's Code Quality report, which its merge requests show beside what the target branch had.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

from miglint.findings import Finding, Report, Severity
from miglint.report import Pages, Style, shown
from miglint.report.json import dumps
from miglint.report.terminal import visible

_SEVERITY: dict[Severity, str] = {
    Severity.ERROR: "major",
    Severity.WARNING: "minor",
    Severity.INFO: "info",
}


def render(report: Report, pages: Pages, style: Style) -> str:
    return dumps([_issue(finding) for finding in shown(report, style)])


def _issue(finding: Finding) -> dict[str, Any]:
    # GitLab shows the description alone, and nothing that was suppressed apart from the rest.
    parts = [f"{finding.code} {finding.name}: {finding.message}", finding.hint]
    hidden = finding.suppressed
    if hidden is not None:
        parts.append(f"(Suppressed by {hidden.by}{f': {hidden.reason}' if hidden.reason else ''})")
    return {
        "description": visible(" ".join(filter(None, parts))),
        "check_name": finding.code,
        "fingerprint": finding.fingerprint,
        "severity": _SEVERITY[Severity.INFO if hidden else finding.severity],
        # GitLab's reader takes no half of a surrogate pair, which a file name that is no UTF-8 holds.
        "location": {
            "path": finding.location.path.encode("utf-8", "replace").decode(),
            "lines": {"begin": finding.location.span.line},
        },
    }
