"""Findings as JSON for programs. Its keys are a promise: they may grow, none may change or go."""

from __future__ import annotations

import json
import re
from typing import Any

from miglint.findings import Finding, Held, Report, Severity
from miglint.report import Pages, Style, shown

VERSION = 1

# What `json` lets through and a terminal or an encoder would not: C1 controls, bidirectional marks, lone surrogates.
_HARMFUL = re.compile("[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render(report: Report, pages: Pages, style: Style) -> str:
    document = {
        "version": VERSION,
        "findings": [_finding(finding) for finding in shown(report, style)],
        "summary": {
            "migrations": report.migrations,
            "apps": report.apps,
            "in_scope": report.in_scope,
            "findings": {str(severity): report.count(severity) for severity in sorted(Severity, reverse=True)},
            "unreadable": report.unreadable,
            "unanalysed_operations": sum(unknown.operation is not None for unknown in report.unanalysed),
            "suppressed": len(report.suppressed),
            "base": _base(report),
            "new": report.new,
        },
        "bases": [held._asdict() for held in report.held],
        "assumptions": [assumption._asdict() for assumption in report.assumptions],
        "notices": [notice._asdict() for notice in report.notices],
    }
    return dumps(document)


def dumps(document: object) -> str:
    """JSON that people can read, any string of Python can be in, and every terminal survives."""
    text = json.dumps(document, indent=2, ensure_ascii=False)
    # Such characters stand inside strings only, where an escape means the same.
    return _HARMFUL.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _base(report: Report) -> dict[str, str] | None:
    """The base that all projects are held against; None where they have none, or several."""
    projects = {assumption.project for assumption in report.assumptions}
    match report.held:
        case [Held(ref, commit, told_by, of)] if projects <= {*of}:
            return {"ref": ref, "commit": commit, "told_by": told_by}
    return None


def _finding(finding: Finding) -> dict[str, Any]:
    span = finding.location.span
    hidden = finding.suppressed
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": str(finding.severity),
        "message": finding.message,
        "hint": finding.hint,
        "path": finding.location.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "project": finding.project,
        "app": finding.app,
        "migration": finding.migration,
        "operation": finding.operation,
        "subject": finding.subject,
        "fingerprint": finding.fingerprint,
        "related": [
            {
                "path": related.location.path,
                "line": related.location.span.line,
                "column": related.location.span.column,
                "message": related.message,
            }
            for related in finding.related
        ],
        "fixable": any(fix.applicability == "safe" for fix in finding.fixes),
        "suppressed": None if hidden is None else {"by": hidden.by, "reason": hidden.reason},
    }
