"""JUnit's XML, for every CI that shows test results: each finding is a test that failed.

There is no one standard; what is written here is what these read:
https://docs.gitlab.com/ci/testing/unit_test_reports/#junit-xml-format-specification
https://learn.microsoft.com/en-us/azure/devops/pipelines/tasks/reference/publish-test-results-v2
https://github.com/testmoapp/junitxml
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Literal as OneOf

from miglint.findings import Finding, Notice, Report, Severity
from miglint.records import dataclass
from miglint.report import Pages, Style, shown
from miglint.report.terminal import visible
from miglint.report.text import brief_summary

# A test that passed may still have said something: a note fails nobody's build.
_OUTCOME: dict[Severity, OneOf["failure", "system-out"]] = {
    Severity.ERROR: "failure",
    Severity.WARNING: "failure",
    Severity.INFO: "system-out",
}


def render(report: Report, pages: Pages, style: Style) -> str:
    """A suite for each file with findings. Without any there is a test that passed, and what broke is an error."""
    named: Counter[tuple[str, str]] = Counter()
    suites = [
        _Suite(path, tuple(_case(finding, named) for finding in findings))
        for path, findings in groupby(shown(report, style), key=lambda finding: finding.location.path)
    ]
    run = [_broken(notice, named) for notice in report.notices if notice.internal or report.exit_code not in (0, 1)]
    if not run and not suites:
        run.append(_Case("miglint", "no findings", "", "system-out", "", _lines(*brief_summary(report, Style()))))
    if run:
        suites.append(_Suite("miglint", tuple(run)))
    cases = [case for suite in suites for case in suite.cases]
    body = "".join(line for suite in suites for line in suite.xml())
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<testsuites name="miglint" {_counts(cases)}>\n{body}</testsuites>\n'


@dataclass(frozen=True, slots=True)
class _Case:
    """One test: `outcome` is the element that says how it went."""

    classname: str
    name: str
    place: str
    outcome: OneOf["failure", "error", "skipped", "system-out"]
    message: str
    text: str
    kind: str = ""

    def xml(self) -> str:
        said = ""
        if self.outcome != "system-out":
            said = f" message={_quoted(self.message)}" + (f" type={_quoted(self.kind)}" if self.kind else "")
        return (
            f"    <testcase classname={_quoted(self.classname)} name={_quoted(self.name)}{self.place}>\n"
            f"      <{self.outcome}{said}>{escape(self.text, quote=False)}</{self.outcome}>\n"
            f"    </testcase>\n"
        )


@dataclass(frozen=True, slots=True)
class _Suite:
    name: str
    cases: tuple[_Case, ...]

    def xml(self) -> Iterator[str]:
        yield f"  <testsuite name={_quoted(self.name)} {_counts(self.cases)}>\n"
        yield from (case.xml() for case in self.cases)
        yield "  </testsuite>\n"


def _counts(cases: list[_Case] | tuple[_Case, ...]) -> str:
    counted = Counter(case.outcome for case in cases)
    return (
        f'tests="{len(cases)}" failures="{counted["failure"]}" errors="{counted["error"]}" '
        f'skipped="{counted["skipped"]}"'
    )


def _case(finding: Finding, named: Counter[tuple[str, str]]) -> _Case:
    location = finding.location
    place = f"{location.path}:{location.span.line}:{location.span.column}"
    related = [
        f"{related.location.path}:{related.location.span.line}:{related.location.span.column}: {related.message}"
        for related in finding.related
    ]
    text = _lines(place, finding.message, *([f"help: {finding.hint}"] if finding.hint else []), *related)
    hidden = finding.suppressed
    return _Case(
        classname := _class(finding),
        _unique(classname, f"{finding.code} {finding.name}: {finding.subject}".rstrip(": "), named),
        f' file={_quoted(location.path)} line="{location.span.line}"',
        "skipped" if hidden is not None else _OUTCOME[finding.severity],
        f"suppressed by {hidden.by}: {hidden.reason}".rstrip(": ") if hidden is not None else finding.message,
        text,
        str(finding.severity) if hidden is None else "",
    )


def _class(finding: Finding) -> str:
    """Jenkins and Azure make a tree of what stands before the last dot: projects and apps, then migrations."""
    project = [] if finding.project == "." else [finding.project.replace(".", "_").replace("/", ".")]
    return ".".join([*project, finding.app or "repository", finding.migration or "migrations"])


def _unique(classname: str, name: str, named: Counter[tuple[str, str]]) -> str:
    """A name without lines, so that it is the same test tomorrow; GitLab drops a second one of the same name."""
    named[classname, name] += 1
    number = named[classname, name]
    return name if number == 1 else f"{name} ({number})"


def _broken(notice: Notice, named: Counter[tuple[str, str]]) -> _Case:
    name = _unique("miglint", "the run is whole", named)
    return _Case("miglint", name, "", "error", notice.message, _lines(notice.message))


def _lines(*lines: str) -> str:
    return "\n".join(map(visible, lines))


def _quoted(text: str) -> str:
    # What `visible` leaves is printable, which is more than XML asks for.
    return f'"{escape(visible(text))}"'
