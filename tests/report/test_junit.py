from __future__ import annotations

import dataclasses
from typing import Any
from xml.etree import ElementTree

import junitparser
from report.samples import CLEAN, EMPTY, HIDDEN, LEAVES, ONE_WAY, REWRITE, RICH, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Finding, Notice, Report, Severity
from miglint.report import Style, render

WHOLE = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="miglint" tests="2" failures="2" errors="0" skipped="0">
  <testsuite name="shop/migrations/0003_b.py" tests="2" failures="2" errors="0" skipped="0">
    <testcase classname="shop.0003_b" name="MIG101 multiple-leaf-nodes: shop" file="shop/migrations/0003_b.py" line="4">
      <failure message="App &#x27;shop&#x27; has two leaf nodes, &#x27;0003_a&#x27; and &#x27;0003_b&#x27;: \
migrate stops." \
type="error">shop/migrations/0003_b.py:4:1
App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops.
help: Run `python manage.py makemigrations --merge`.
shop/migrations/0003_a.py:4:1: The other leaf, '0003_a'.</failure>
    </testcase>
    <testcase classname="shop.0003_b" name="MIG501 irreversible-run-python: shop.0003_b.1" \
file="shop/migrations/0003_b.py" line="13">
      <failure message="RunPython(forwards) has no reverse_code, so migrating backwards stops here." \
type="warning">shop/migrations/0003_b.py:13:9
RunPython(forwards) has no reverse_code, so migrating backwards stops here.
help: Pass reverse_code, or RunPython.noop if there is nothing to undo.</failure>
    </testcase>
  </testsuite>
</testsuites>
"""


def suites(report: Report, **style: Any) -> list[junitparser.TestSuite]:
    """The report as another reader has it; the counts are held against what is there."""
    text = render(report, "junit", Style(**style), pages)
    document = junitparser.JUnitXml.fromstring(text.encode())
    said = (document.tests, document.failures, document.errors, document.skipped)
    document.update_statistics()
    assert said == (document.tests, document.failures, document.errors, document.skipped)
    cases = [(case.classname, case.name) for suite in document for case in suite]
    assert len(set(cases)) == len(cases) > 0
    return list(document)


def case(*findings: Finding, **style: Any) -> junitparser.TestCase:
    (suite,) = suites(dataclasses.replace(CLEAN, findings=findings), **style)
    return next(iter(suite))


def test_nothing_found_is_one_test_that_passed():
    (suite,) = suites(CLEAN)
    (only,) = suite
    assert (only.classname, only.name, only.is_passed) == ("miglint", "no findings", True)
    assert only.system_out.startswith("Checked 12 migrations of 3 apps: no findings.\n")


def test_nothing_checked_says_so():
    (suite,) = suites(EMPTY)
    assert "No migrations found" in next(iter(suite)).system_out


def test_a_file_is_a_suite_and_a_finding_a_test_that_failed():
    report = dataclasses.replace(CLEAN, findings=(LEAVES, ONE_WAY), exit_code=1)
    assert render(report, "junit", Style(), pages) == WHOLE


def test_every_finding_is_a_test_in_the_suite_of_its_file():
    assert [(suite.name, len(suite)) for suite in suites(RICH)] == [
        ("blog/migrations/0001_initial.py", 1),
        ("shop/migrations/0003_a.py", 1),
        ("shop/migrations/0003_b.py", 4),
    ]


def test_errors_and_warnings_fail_and_notes_pass():
    outcomes = [[type(one).__name__ for one in case(found).result] for found in (LEAVES, ONE_WAY)]
    assert outcomes == [["Failure"], ["Failure"]]
    note = case(finding(severity=Severity.INFO))
    assert note.is_passed
    assert "migrate stops." in note.system_out


def test_a_suppressed_finding_is_a_test_that_was_skipped_where_it_is_asked_for():
    report = dataclasses.replace(CLEAN, suppressed=(HIDDEN,))
    assert [one.name for one in suites(report)] == ["miglint"]
    (suite,) = suites(report, show_suppressed=True)
    (only,) = suite
    assert only.is_skipped
    assert only.result[0].message == "suppressed by comment: agreed with operations"


def test_the_name_of_a_test_stays_when_lines_move_and_a_second_one_is_told_apart():
    moved = dataclasses.replace(REWRITE, location=Location(REWRITE.location.path, Span(80, 1, 80, 2)), ordinal=1)
    (suite,) = suites(dataclasses.replace(CLEAN, findings=(REWRITE, moved)))
    assert [one.name for one in suite] == [
        "MIG301 rewriting-add-field: shop.order.note",
        "MIG301 rewriting-add-field: shop.order.note (2)",
    ]


def test_classes_are_projects_apps_and_migrations():
    ignored = finding(project="back.end/site", app="shop", migration=None)
    nowhere = finding(app=None, migration=None)
    assert [case(one).classname for one in (LEAVES, ignored, nowhere)] == [
        "shop.0003_b",
        "back_end.site.shop.migrations",
        "repository.migrations",
    ]


def test_a_run_that_is_not_whole_is_an_error_and_no_success():
    report = dataclasses.replace(CLEAN, notices=(Notice("'nowhere' does not exist."),), exit_code=2)
    (suite,) = suites(report)
    (only,) = suite
    assert [type(one).__name__ for one in only.result] == ["Error"]
    assert only.result[0].message == "'nowhere' does not exist."


def test_what_a_run_could_not_read_is_no_failure_where_it_went_on():
    report = dataclasses.replace(CLEAN, notices=(Notice("The folder 'private' could not be read."),))
    (suite,) = suites(report)
    assert [one.is_passed for one in suite] == [True]


def test_what_xml_forbids_is_made_visible():
    odd = finding(
        message="<b>]]>&\x00\x1b\ud800\ufffe \u202e'\"",
        location=Location('a\udcff"<.py', Span(1, 1, 1, 1)),
        subject="\x0b",
    )
    text = render(dataclasses.replace(CLEAN, findings=(odd,)), "junit", Style(), pages)
    failure = ElementTree.fromstring(text.encode()).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "<b>]]>&\\x00\\x1b\\ud800\\ufffe \\u202e'\""
    assert (failure.text or "").startswith('a\\udcff"<.py:1:1\n<b>]]>&\\x00')
