"""Findings for a job's summary or a comment on a pull request, in GitHub's Markdown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

from miglint.findings import Finding, Notice, Report, Severity
from miglint.report import Pages, Style, by_place, shown
from miglint.report.fold import Folded, fold
from miglint.report.terminal import visible
from miglint.report.text import brief_summary, count_of

# GitHub refuses a comment of more than 65,536 characters; there must be room for what a bot puts around it.
LONGEST = 60_000
# A message may quote a name of any length.
_LONGEST_CELL = 1_000
# So many findings are open to the eye; the files of all others are folded.
_OPEN = 20
# Of related places that may be many, this many are named.
_FEW = 5

_SIGN: Mapping[Severity, str] = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
_NOUN: Mapping[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}

_TABLE = "| | Line | Rule | What happens, and what to do |\n|---|---:|---|---|\n"


def render(report: Report, pages: Pages, style: Style) -> str:
    """The verdict, then a table for each file, the worst or newest first; what else there is is counted by rule."""
    findings = shown(report, style)
    if style.quiet and not findings:
        return ""
    folded = fold(findings, report, style.everything)
    notices = [f"{_notice(notice, report)}\n\n" for notice in report.notices]
    said = [] if style.quiet else _about(report)
    # Whatever is left out, no more rules than these can be in it.
    room = LONGEST - sum(map(len, (*notices, *said, _counted(findings, len(findings)))))
    files, left = _files(folded, room)
    counted = _counted([*left, *folded.counted], folded.old)
    return "".join([*notices, *said[:1], *files, counted, *said[1:]]).rstrip("\n") + "\n"


def literal(text: str) -> str:
    """A text that Markdown shows as it is, in a table too."""
    return _MENTION.sub(r"\1<!-- -->", _SPECIAL.sub(r"\\\1", visible(text)))


def code(text: str) -> str:
    """A text as code; not for a table, where a bar still ends the cell."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{visible(text)}{space}{ticks}"


# Between letters or digits an underscore is one.
_SPECIAL = re.compile(r"([\\`*\[\]<|~$&]|(?<![^\W_])_|_(?![^\W_]))")
# GitHub would call somebody, or point at an issue.
_MENTION = re.compile(r"([@#])(?=\w)")


def _notice(notice: Notice, report: Report) -> str:
    sign = _SIGN[Severity.ERROR if notice.internal or report.exit_code not in (0, 1) else Severity.WARNING]
    return f"{sign} {_prose(notice.message)}"


def _about(report: Report) -> list[str]:
    """The heading, then what stands below the findings."""
    verdict, *assumed = brief_summary(report, Style(width=10_000))
    verdict = f"miglint: {verdict[:1].lower()}{verdict[1:]}"
    worst = max((finding.severity for finding in report.findings), default=None)
    whole = report.exit_code in (0, 1) and bool(report.in_scope)
    sign = _SIGN[worst] if worst is not None else "✅" if whole else _SIGN[Severity.WARNING]
    operations = sum(unknown.operation is not None for unknown in report.unanalysed)
    below = [f"Not analysed: {count_of(operations, 'operation')} that only a run of the code could tell."]
    hidden = [f"Suppressed: {count_of(len(report.suppressed), 'finding')}."]
    lines = [*assumed, *(below if operations else []), *(hidden if report.suppressed else [])]
    return [f"### {sign} {literal(verdict)}\n\n", *(f"<sub>{literal(line)}</sub>\n\n" for line in lines)]


def _files(folded: Folded, room: int) -> tuple[list[str], list[Finding]]:
    """A folding block for each file, as many rows as there is room for, and the findings for which there is none."""
    files: dict[str, list[Finding]] = {}
    for block in folded.blocks:
        for finding in block:
            files.setdefault(finding.location.path, []).append(finding)
    groups = list(files.values())
    if not folded.counted:
        groups.sort(key=lambda group: (-max(finding.severity for finding in group), group[0].location.path))
    texts: list[str] = []
    left: list[Finding] = []
    opened = 0
    for group in groups:
        state = " open" if opened < _OPEN else ""
        head = f"<details{state}>\n<summary>{_title(group)}</summary>\n\n{_TABLE}"
        foot = "\n</details>\n\n"
        rows: list[str] = []
        room -= len(head) + len(foot)
        for finding in sorted(group, key=by_place):
            row = _row(finding)
            if len(row) > room:
                room = 0
                left.append(finding)
            else:
                room -= len(row)
                rows.append(row)
        if rows:
            texts.append("".join([head, *rows, foot]))
            opened += len(rows)
    return texts, left


def _counted(findings: Sequence[Finding], old: int) -> str:
    """The findings that have no row, by rule; `old` of them are about migrations that may be released."""
    if not findings:
        return ""
    rules = Counter((finding.severity, finding.code, finding.name) for finding in findings)
    head = f"**{count_of(len(findings), 'more finding')}**, by rule"
    if old:
        head += f", {old} about older migrations (`miglint check --since origin/main` leaves those out)"
    rows = [
        f"| {_SIGN[severity]} | {count} | {literal(code)} {literal(_cut(name))} |\n"
        for (severity, code, name), count in sorted(rules.items(), key=lambda row: (-row[0][0], -row[1], row[0][1]))
    ]
    return "".join([f"{head}:\n\n| | Findings | Rule |\n|---|---:|---|\n", *rows, "\n"])


def _title(group: Sequence[Finding]) -> str:
    # Markdown is not read in a summary, so this is HTML; in code nobody is called.
    counted = [
        count_of(count, _NOUN[severity])
        for severity in sorted(Severity, reverse=True)
        if (count := sum(finding.severity is severity for finding in group))
    ]
    return f"<code>{escape(visible(_cut(group[0].location.path)))}</code>: {', '.join(counted)}"


def _row(finding: Finding) -> str:
    parts = [_prose(finding.message)]
    if finding.hint:
        parts.append(f"**Help:** {_prose(finding.hint)}")
    parts += [
        f"→ {literal(_cut(f'{related.location.path}:{related.location.span.line}'))} {_prose(related.message)}"
        for related in finding.related[:_FEW]
    ]
    if len(finding.related) > _FEW:
        parts.append(f"→ and {count_of(len(finding.related) - _FEW, 'more place')}")
    hidden = finding.suppressed
    if hidden is not None:
        parts.append(f"Suppressed by {hidden.by}{': ' + _prose(hidden.reason) if hidden.reason else ''}")
    sign = "🔇" if hidden is not None else _SIGN[finding.severity]
    rule = f"{literal(finding.code)} {literal(finding.name)}"
    return f"| {sign} | {finding.location.span.line} | {rule} | {'<br>'.join(parts)} |\n"


def _prose(text: str) -> str:
    """A sentence for a cell of a table. What it holds between backticks is code; one without a partner is itself."""
    parts = _cut(text).split("`")
    last = len(parts) - 1
    said = ""
    for number, part in enumerate(parts):
        if number % 2 == 0:
            said += literal(part)
        elif number < last and part:
            # A bar ends the cell in code that is marked by backticks, too.
            said += f"<code>{literal(part)}</code>"
        else:
            said += "\\`" + literal(part) + ("\\`" if number < last else "")
    return said


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
