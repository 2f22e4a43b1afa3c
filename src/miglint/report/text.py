"""Reports for people: `full` with code frames, `concise` with one line for each finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from miglint.facts.source import TOP, Span
from miglint.findings import Assumption, Finding, Held, Related, Report, Severity
from miglint.report import Pages, Style, shown
from miglint.report.fold import Folded, fold
from miglint.report.frame import Mark, frame, source_lines
from miglint.report.terminal import SEVERITY_PAINT, columns, paint, visible, wrap

# Of places and reasons that may be many, this many are named.
_FEW = 5

_ARROW = "-->"
_UNANALYSED_RULE = "MIG002"

# The lines of each file, split once.
_Lines: TypeAlias = dict[str, list[str]]


def full(report: Report, pages: Pages, style: Style) -> str:
    """Every finding with its code, then what was read and assumed, and what could not be known."""
    folded = fold(shown(report, style), report, style.everything)
    cut: _Lines = {}
    blocks = [_block(group, report, style, cut) for group in folded.blocks]
    blocks.append(list(_counted(folded, report, style)))
    if not style.quiet:
        blocks.append(list(_summary(report, folded, style)))
    return "".join("\n".join(block) + "\n" for block in _spaced(blocks))


def concise(report: Report, pages: Pages, style: Style) -> str:
    """One line for each finding, as compilers print them; then the summary."""
    lines = [concise_line(finding, style) for finding in shown(report, style)]
    if not style.quiet:
        lines += brief_summary(report, style)
    return "".join(f"{line}\n" for line in lines)


def concise_line(finding: Finding, style: Style) -> str:
    """`path:line:column: CODE message`; the hint is left out."""
    code = paint(finding.code, SEVERITY_PAINT[finding.severity], style.colour)
    hidden = f" ({_hidden(finding)})" if finding.suppressed else ""
    return f"{_place(finding, style)}: {code} {visible(finding.message)}{hidden}"


def brief_summary(report: Report, style: Style) -> list[str]:
    """What was found in how much, and the versions assumed."""
    return [
        _verdict(report, style),
        *held_against(report.held, len(report.assumptions), style),
        *assumed(report.assumptions, style),
    ]


def statistics(report: Report, style: Style) -> str:
    """A table of rules by how often they were broken, worst and most frequent first."""
    return "\n".join(_table(shown(report, style), style))


def count_of(number: int, noun: str, many: str | None = None) -> str:
    return f"{number} {noun if number == 1 else many or noun + 's'}"


def from_here(path: str, style: Style) -> str:
    """A path as somebody in the working folder would write it, so that an editor there can open it."""
    if style.way_in:
        return f"{style.way_in}/{path}"
    here = [] if style.here == "." else style.here.split("/")
    parts = path.split("/")
    shared = 0
    while shared < min(len(here), len(parts) - 1) and here[shared] == parts[shared]:
        shared += 1
    return "/".join([*[".."] * (len(here) - shared), *parts[shared:]])


def assumed(assumptions: Sequence[Assumption], style: Style) -> Iterator[str]:
    """The versions that were assumed: one sentence if all projects share them."""
    sentences = [
        (
            assumption.project,
            (
                f"Django {assumption.django} ({assumption.django_from}), "
                f"{assumption.database} ({assumption.database_from})."
            ),
        )
        for assumption in assumptions
    ]
    for sentence, group in groupby(sorted(sentences, key=lambda pair: (pair[1], pair[0])), key=lambda pair: pair[1]):
        projects = [visible(project) for project, _ in group]
        whose = ""
        if len(projects) < len(sentences):
            whose = f" for {_few(projects)}"
        for line in wrap(f"Assumed{whose}: {sentence}", style.width, "", "  "):
            yield paint(line, "dim", style.colour)


def held_against(bases: Sequence[Held], projects: int, style: Style) -> Iterator[str]:
    """What the migrations were held against, who said so, and how many of them are new.

    Whose base it is goes without saying where all `projects` of the report share it.
    """
    for held in bases:
        base = visible(short_ref(held.ref))
        about = f"{held.commit or 'nothing is committed yet'}, {visible(held.told_by)}"
        whose = ""
        if len(bases) > 1 or len(held.projects) < projects:
            whose = f" for {_few(sorted(map(visible, held.projects)))}"
        new = "none" if not held.new else str(held.new)
        is_new = "is new" if held.new <= 1 else "are new"
        sentence = f"Held against {base} ({about}){whose}: {new} of {count_of(held.migrations, 'migration')} {is_new}."
        yield from wrap(sentence, style.width, "", "  ")


def short_ref(ref: str) -> str:
    """A ref as people write it: `origin/main` for `refs/remotes/origin/main`."""
    return ref.removeprefix("refs/remotes/").removeprefix("refs/heads/")


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" if len(names) > _FEW else "")


def _block(group: Sequence[Finding], report: Report, style: Style, cut: _Lines) -> list[str]:
    rows: list[str] = []
    for finding in group:
        rows.append(_header(finding, style))
        rows += wrap(finding.message, style.width, "  ")
        if finding.suppressed is not None:
            rows += wrap(_hidden(finding), style.width, "  ", "    ")
    rows += _spots(group, report, style, cut)
    places = list(dict.fromkeys(related for finding in group for related in finding.related))
    for related in places[:_FEW]:
        rows += _related(related, report, style, cut)
    if len(places) > _FEW:
        rows.append(f"  {_ARROW} and {count_of(len(places) - _FEW, 'more place')}")
    hints: dict[str, list[str]] = {}
    for finding in group:
        if finding.hint:
            hints.setdefault(finding.hint, []).append(finding.code)
    for hint, codes in hints.items():
        word = f"help ({', '.join(dict.fromkeys(codes))}): " if len(hints) > 1 else "help: "
        lines = wrap(hint, style.width, "  " + word, " " * (2 + len("help: ")))
        rows.append("  " + paint(word.rstrip(), "cyan", style.colour) + lines[0][1 + len(word) :])
        rows += lines[1:]
    return rows


def _header(finding: Finding, style: Style) -> str:
    code = paint(f"{finding.code} {finding.name}", SEVERITY_PAINT[finding.severity], style.colour)
    return f"{_place(finding, style)} {code} ({finding.severity}{', suppressed' if finding.suppressed else ''})"


def _hidden(finding: Finding) -> str:
    """What suppressed a finding, and why; empty where nothing did."""
    if finding.suppressed is None:
        return ""
    reason = f": {visible(finding.suppressed.reason)}" if finding.suppressed.reason else ""
    return f"suppressed by {finding.suppressed.by}{reason}"


def _place(finding: Finding, style: Style) -> str:
    span = finding.location.span
    return f"{paint(visible(from_here(finding.location.path, style)), 'bold', style.colour)}:{span.line}:{span.column}"


def _spots(group: Sequence[Finding], report: Report, style: Style, cut: _Lines) -> list[str]:
    path = group[0].location.path
    marks = [Mark(finding.location.span, finding.severity, finding.code if len(group) > 1 else "") for finding in group]
    return frame(_lines(path, report, cut), marks, style)


def _related(related: Related, report: Report, style: Style, cut: _Lines) -> list[str]:
    path, span = related.location
    place = f"{visible(from_here(path, style))}:{span.line}:{span.column}"
    rows = wrap(related.message, style.width, f"  {_ARROW} {place}  ", "      ")
    rows[0] = f"  {paint(_ARROW, 'dim', style.colour)}" + rows[0][2 + len(_ARROW) :]
    if span == TOP:
        # The whole file is meant: its first line would show nothing.
        return rows
    lines = _lines(path, report, cut)
    if span.end_line > span.line <= len(lines):
        span = Span(span.line, span.column, span.line, len(lines[span.line - 1].rstrip()) + 1)
    return rows + frame(lines, [Mark(span, Severity.INFO)], style, context=0, indent="      ")


def _lines(path: str, report: Report, cut: _Lines) -> list[str]:
    if path not in cut:
        source = report.sources.get(path)
        cut[path] = [] if source is None else source_lines(source)
    return cut[path]


def _spaced(blocks: Iterable[list[str]]) -> Iterator[list[str]]:
    """The blocks, each but the first after a blank line."""
    for number, block in enumerate(filter(None, blocks)):
        yield ["", *block] if number else block


def _counted(folded: Folded, report: Report, style: Style) -> Iterator[str]:
    """The findings that are not shown one by one, by rule, and why they are not."""
    if not folded.counted:
        return
    count = len(folded.counted)
    head = count_of(count, "finding" if folded.old else "more finding")
    if folded.old:
        some = "" if folded.old == count else f", {folded.old} of them"
        head = f"{head}{some} about older migrations"
    head += ", by rule with an example:" if count > 1 else ":"
    yield from wrap(head, style.width)
    yield from _table(folded.counted, style, places=True)


def _table(findings: Iterable[Finding], style: Style, places: bool = False) -> Iterator[str]:
    """How often each rule was broken, worst and most frequent first; with `places`, one of them for each."""
    groups: dict[tuple[Severity, str, str, bool], list[Finding]] = {}
    for finding in findings:
        kind = (finding.severity, finding.code, finding.name, finding.suppressed is not None)
        groups.setdefault(kind, []).append(finding)
    rows = sorted(groups.items(), key=lambda row: (row[0][3], -row[0][0], -len(row[1]), row[0][1]))
    digits = max((len(str(len(group))) for _, group in rows), default=1)
    heads = [
        (
            f"{len(group):>{digits}}  {severity!s:<7}  ",
            f"{code} {name}{' (suppressed)' if hidden else ''}",
            SEVERITY_PAINT[severity],
        )
        for (severity, code, name, hidden), group in rows
    ]
    room = max((len(start) + len(rule) for start, rule, _ in heads), default=0) + 2
    if not places:
        yield from (start + paint(rule, how, style.colour) for start, rule, how in heads)
        return
    indent = " " * (digits + 2)
    examples = [_example(group, style.width - room, style) for _, group in rows]
    fitting = [columns(place) <= style.width - room for place in examples]
    # Places stand beside their rules, and few of them below; where there is little room, all below.
    beside = 2 * sum(fitting) > len(fitting)
    for (start, rule, how), place, fits, (_, group) in zip(heads, examples, fitting, rows, strict=True):
        head = start + paint(rule, how, style.colour)
        if beside and fits:
            yield f"{head}{' ' * (room - len(start) - len(rule))}{paint(place, 'dim', style.colour)}"
        else:
            yield head
            yield indent + paint(_example(group, style.width - len(indent), style), "dim", style.colour)


def _example(group: Sequence[Finding], room: int, style: Style) -> str:
    """The place of one of the findings: of those that fit, that of the highest number, as far as names tell."""
    ordered = sorted(group, key=lambda finding: finding.migration or "", reverse=True)
    places = [f"{visible(from_here(finding.location.path, style))}:{finding.location.span.line}" for finding in ordered]
    return next((place for place in places if columns(place) <= room), places[0])


def _summary(report: Report, folded: Folded, style: Style) -> Iterator[str]:
    yield _verdict(report, style)
    yield from held_against(report.held, len(report.assumptions), style)
    yield from _ways_on(report, folded, style)
    if report.unreadable:
        yield f"{count_of(report.unreadable, 'file')} could not be read, so the history has gaps there."
    yield from _not_analysed(report, style)
    yield from assumed(report.assumptions, style)
    fixable = sum(any(fix.applicability == "safe" for fix in finding.fixes) for finding in report.findings)
    if fixable:
        yield f"{fixable} can be fixed with --fix."
    if report.suppressed:
        how = "" if style.show_suppressed else " (--show-suppressed lists them)"
        yield f"Suppressed: {count_of(len(report.suppressed), 'finding')}{how}."


def _ways_on(report: Report, folded: Folded, style: Style) -> Iterator[str]:
    """What was left out, and how to see less, or all."""
    if not any(finding.suppressed is None for finding in folded.counted):
        return
    counted = sum(finding.suppressed is None for finding in folded.counted)
    listed = len(report.findings) - counted
    told = f"{listed or 'None'} of them {_are(listed or 1)} shown, {counted} {_are(counted)} in the table."
    ways = [("--all", "shows every finding with its code")]
    if folded.old:
        told += " What is deployed already needs no change. From here:"
        since = [("--since origin/main", "reports what a branch adds to main")]
        ways = [
            *(since if report.in_repository else []),
            ("--write-baseline FILE", "accepts all that is there today"),
            ("FILE", "shows the findings in one file"),
            ("--all", "shows every finding with its code"),
        ]
    yield from wrap(told, style.width)
    room = max(len(option) for option, _ in ways)
    for option, what in ways:
        yield f"  miglint check {paint(option, 'cyan', style.colour)}{' ' * (room - len(option))}  {what}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _verdict(report: Report, style: Style) -> str:
    if not report.in_scope and not report.findings:
        if not report.paths:
            return "Nothing was checked."
        paths = ", ".join(f"'{visible(path)}'" for path in report.paths)
        others = f" ({count_of(report.migrations, 'migration')} elsewhere in this tree)" if report.migrations else ""
        return paint("warning:", "yellow", style.colour) + f" No migrations found under {paths}{others}."
    where = f"{count_of(report.migrations, 'migration')} of {count_of(report.apps, 'app')}"
    if report.in_scope < report.migrations:
        where = f"{report.in_scope} of {where}"
    if not report.findings:
        return f"Checked {where}: " + paint("no findings", "green", style.colour) + "."
    counted = [
        paint(count_of(report.count(severity), noun, many), SEVERITY_PAINT[severity], style.colour)
        for severity, noun, many in (
            (Severity.ERROR, "error", "errors"),
            (Severity.WARNING, "warning", "warnings"),
            (Severity.INFO, "note", "notes"),
        )
        if report.count(severity)
    ]
    found = " and ".join([", ".join(counted[:-1]), counted[-1]]) if len(counted) > 1 else counted[0]
    return f"Found {found} in {where}."


def _not_analysed(report: Report, style: Style) -> Iterator[str]:
    """How much could not be known. The first few places are named unless findings name them all."""
    if not report.unanalysed:
        return
    operations = sum(unknown.operation is not None for unknown in report.unanalysed)
    attributes = len(report.unanalysed) - operations
    counted = [count_of(operations, "operation")] if operations else []
    counted += [count_of(attributes, "attribute")] if attributes else []
    what = f"Not analysed: {' and '.join(counted)} that only a run of the code could tell"
    if any(finding.code == _UNANALYSED_RULE for finding in report.findings):
        yield f"{what} ({_UNANALYSED_RULE})."
        return
    yield f"{what}."
    for unknown in report.unanalysed[:_FEW]:
        place = f"{visible(from_here(unknown.location.path, style))}:{unknown.location.span.line}"
        yield from wrap(unknown.reason, style.width, f"  {place}  ", "      ")
    if len(report.unanalysed) > _FEW:
        yield f"  and {len(report.unanalysed) - _FEW} more (--select {_UNANALYSED_RULE} lists them)"
