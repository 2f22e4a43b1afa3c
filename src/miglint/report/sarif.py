"""SARIF 2.1.0, in the shape that GitHub, GitLab and the viewers in editors each understand.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from miglint import __version__
from miglint.facts.source import Location, Span
from miglint.findings import Finding, Fix, Report, RuleInfo, RulePage, Severity
from miglint.report import Pages, Style, shown
from miglint.report.frame import source_lines
from miglint.report.json import dumps
from miglint.report.line_hashes import line_hashes

# What GitHub takes of a description.
_LONGEST = 1024

_LEVEL: dict[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEM: dict[Severity, str] = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "recommendation",
}
_FAMILY = {
    "0": "reading",
    "1": "history",
    "2": "schema",
    "3": "locks",
    "4": "compatibility",
    "5": "rollback",
    "6": "repository",
    "9": "conventions",
}

# Notifications are about the run. GitHub does not show them, so a file that cannot be read is a result too.
_UNREADABLE, _INTERNAL, _NOTICE = range(3)
_NOTIFICATIONS = (
    ("unreadable-file", "UnreadableFile", "A migration file could not be read, so the history has a gap there."),
    ("internal-error", "InternalError", "A part of miglint failed; everything else was still checked."),
    ("run-notice", "RunNotice", "Something about this run that its settings or its surroundings should mend."),
)
_UNREADABLE_RULE = "MIG001"


def render(report: Report, pages: Pages, style: Style) -> str:
    findings = shown(report, style)
    rules = _rules(report, findings)
    index = {rule.code: number for number, rule in enumerate(rules)}
    texts = _Texts(report)
    run: dict[str, Any] = {
        "tool": {"driver": _driver(rules, pages)},
        "invocations": [_invocation(report, texts)],
        # Without an address the same tree gives the same bytes wherever it is checked out.
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository."}}},
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding, index[finding.code], texts) for finding in findings],
        # Not `versionControlProvenance`: that wants the repository's address, and says what was checked.
        "properties": {
            "assumptions": [assumption._asdict() for assumption in report.assumptions],
            "bases": [held._asdict() for held in report.held],
        },
    }
    return dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


class _Texts:
    """The sources of a report, each split and hashed once."""

    def __init__(self, report: Report) -> None:
        self._sources = report.sources
        self._lines: dict[str, list[str]] = {}
        self._hashes: dict[str, list[str]] = {}

    def line(self, path: str, number: int) -> str | None:
        """One line of a file; None where it is not known."""
        if path not in self._lines:
            source = self._sources.get(path)
            self._lines[path] = [] if source is None else source_lines(source)
        lines = self._lines[path]
        return lines[number - 1] if 0 < number <= len(lines) else None

    def hash(self, path: str, number: int) -> str | None:
        if path not in self._hashes:
            source = self._sources.get(path)
            self._hashes[path] = [] if source is None else line_hashes(source)
        hashes = self._hashes[path]
        return hashes[number - 1] if 0 < number <= len(hashes) else None

    def slice(self, path: str, span: Span) -> str:
        """The text of a span; empty where it is not known."""
        lines = [self.line(path, number) for number in range(span.line, span.end_line + 1)]
        known = [line for line in lines if line is not None]
        if not known or len(known) < len(lines):
            return ""
        known[-1] = known[-1][: span.end_column - 1]
        known[0] = known[0][span.column - 1 :]
        return "\n".join(known)


def _rules(report: Report, findings: Iterable[Finding]) -> list[RuleInfo]:
    """The rules that took part, and any other that has a finding, by code."""
    rules = {finding.code: RuleInfo(finding.code, finding.name, finding.severity) for finding in findings}
    rules |= {rule.code: rule for rule in report.rules}
    return [rules[code] for code in sorted(rules)]


def _driver(rules: list[RuleInfo], pages: Pages) -> dict[str, Any]:
    return {
        "name": "miglint",
        "fullName": f"miglint {__version__}",
        "organization": "miglint",
        "version": __version__,
        "semanticVersion": __version__,
        # Viewers want an address; miglint has none on the web, and its pages travel with each rule's help.
        "informationUri": "urn:miglint",
        "shortDescription": {"text": "Static analysis of Django migrations."},
        "rules": [_rule(rule, pages(rule.code)) for rule in rules],
        "notifications": [_notification(*notification) for notification in _NOTIFICATIONS],
    }


def _rule(rule: RuleInfo, page: RulePage | None) -> dict[str, Any]:
    summary = _plain(page.summary) if page else _sentence(f"{rule.code} {rule.name}")
    text = page.text if page else summary
    return {
        "id": rule.code,
        "name": rule.name.title().replace("-", ""),
        "shortDescription": {"text": _short(_first_sentence(summary))},
        "fullDescription": {"text": _short(summary)},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVEL[rule.severity]},
        "properties": {
            "tags": ["django", "migrations", _FAMILY.get(rule.code[3:4], "other")],
            "precision": "high",
            "problem.severity": _PROBLEM[rule.severity],
        },
    }


def _notification(identity: str, name: str, text: str) -> dict[str, Any]:
    return {
        "id": identity,
        "name": name,
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "warning"},
    }


def _invocation(report: Report, texts: _Texts) -> dict[str, Any]:
    unreadable = [finding for finding in report.findings if finding.code == _UNREADABLE_RULE]
    execution = [
        _noted(_UNREADABLE, "error", finding.message) | {"locations": [_location(finding.location, texts)]}
        for finding in unreadable
    ]
    internal = [notice for notice in report.notices if notice.internal]
    execution += [_noted(_INTERNAL, "error", notice.message) for notice in internal]
    return {
        "executionSuccessful": report.exit_code in (0, 1),
        "exitCode": report.exit_code,
        "toolExecutionNotifications": execution,
        "toolConfigurationNotifications": [
            _noted(_NOTICE, "warning", notice.message) for notice in report.notices if not notice.internal
        ],
    }


def _noted(number: int, level: str, message: str) -> dict[str, Any]:
    return {
        "descriptor": {"id": _NOTIFICATIONS[number][0], "index": number},
        "level": level,
        "message": {"text": _sentence(_literal(message))},
    }


def _result(finding: Finding, rule_index: int, texts: _Texts) -> dict[str, Any]:
    message, related = _message(finding, texts)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule_index,
        "kind": "fail",
        "level": _LEVEL[finding.severity],
        "message": {"text": message},
        "locations": [_location(finding.location, texts)],
    }
    if related:
        result["relatedLocations"] = related
    fingerprints = {"miglint/v1": finding.fingerprint}
    line_hash = texts.hash(finding.location.path, finding.location.span.line)
    if line_hash is not None:
        fingerprints["primaryLocationLineHash"] = line_hash
    result["partialFingerprints"] = fingerprints
    fixes = [_fix(fix, texts) for fix in finding.fixes if fix.applicability != "display"]
    if fixes:
        result["fixes"] = fixes
    if finding.suppressed is not None:
        hidden = finding.suppressed
        suppression: dict[str, Any] = {
            "kind": "inSource" if hidden.by == "comment" else "external",
            "status": "accepted",
            "justification": hidden.reason,
        }
        if hidden.location is not None:
            suppression["location"] = _location(hidden.location, texts)
        result["suppressions"] = [suppression]
    return result


def _message(finding: Finding, texts: _Texts) -> tuple[str, list[dict[str, Any]]]:
    """The message with a link to every place that it speaks of, and those places.

    GitHub shows a place only if the message links it; a place whose migration is not named gets a link at the end.
    """
    text = _literal(finding.message)
    related: list[dict[str, Any]] = []
    unnamed: list[str] = []
    places = [(place.location, place.message) for place in finding.related]
    # Where the places are named, the finding's own is one of them: two leaves are two links.
    if places and finding.migration is not None and _naming(finding.location.path).search(text):
        places.insert(0, (finding.location, f"The migration '{finding.migration}'."))
    links: list[tuple[int, int, str]] = []
    for number, (location, said) in enumerate(places, start=1):
        related.append({"id": number} | _location(location, texts) | {"message": {"text": _sentence(_literal(said))}})
        for named in _naming(location.path).finditer(text):
            if all(named.end() <= start or named.start() >= end for start, end, _ in links):
                links.append((named.start(), named.end(), f"[{named[0]}]({number})"))
                break
        else:
            unnamed.append(f"[{_literal(location.path)}:{location.span.line}]({number})")
    for start, end, link in sorted(links, reverse=True):
        text = text[:start] + link + text[end:]
    parts = [_sentence(text)]
    if unnamed:
        parts.append(f"See {', '.join(unnamed)}.")
    if finding.hint:
        parts.append(_sentence(_literal(finding.hint)))
    return " ".join(parts), related


def _naming(path: str) -> re.Pattern[str]:
    """Finds the name of a path's module in a message, with its app if that stands before it."""
    stem = path.rpartition("/")[2].removesuffix(".py")
    return re.compile(rf"(?<![\w.])(?:\w+\.)?{re.escape(_literal(stem))}(?!\w)")


def _location(location: Location, texts: _Texts) -> dict[str, Any]:
    """A location by its first line: GitHub shows an alert in a pull request only if all its lines were changed."""
    path, span = location
    region_span = span
    if span.end_line > span.line:
        line = texts.line(path, span.line)
        end = span.column if line is None else max(span.column, len(line.rstrip()) + 1)
        region_span = Span(span.line, span.column, span.line, end)
    physical: dict[str, Any] = {
        "artifactLocation": _artifact(path),
        "region": _region(path, region_span, texts),
    }
    if region_span != span:
        physical["contextRegion"] = _region(path, span, texts)
    return {"physicalLocation": physical}


def _artifact(path: str) -> dict[str, Any]:
    try:
        # As Python holds the bytes of a file name that are no UTF-8.
        name = path.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        name = path.encode("utf-8", "surrogatepass")
    return {"uri": quote(name, safe="/"), "uriBaseId": "%SRCROOT%"}


def _region(path: str, span: Span, texts: _Texts) -> dict[str, Any]:
    region: dict[str, Any] = {
        "startLine": span.line,
        "startColumn": _utf16(texts.line(path, span.line), span.column),
        "endLine": span.end_line,
        "endColumn": _utf16(texts.line(path, span.end_line), span.end_column),
    }
    snippet = texts.slice(path, span)
    if snippet:
        region["snippet"] = {"text": snippet}
    return region


def _utf16(line: str | None, column: int) -> int:
    """A column in code points as one in UTF-16 units. What lies beyond the known text counts one for one."""
    before = (line or "")[: column - 1]
    return column + sum(character > "\uffff" for character in before)


def _fix(fix: Fix, texts: _Texts) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        region = _region(edit.location.path, edit.location.span, texts)
        region.pop("snippet", None)
        # A deletion says so too: readers of the format have crashed without it.
        replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
        changes.setdefault(edit.location.path, []).append(replacement)
    return {
        "description": {"text": _sentence(fix.title)},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": replacements,
            }
            for path, replacements in sorted(changes.items())
        ],
    }


def _literal(text: str) -> str:
    """Text in which no bracket makes a link."""
    return re.sub(r"([\\\[\]])", r"\\\1", text)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _plain(markdown: str) -> str:
    """A paragraph of Markdown without its marks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    return _sentence(" ".join(text.replace("`", "").replace("**", "").split()))


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.!?])\s+(?=[^a-z])", text, maxsplit=1)[0]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"
