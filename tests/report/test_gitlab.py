from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from report.samples import CLEAN, HIDDEN, LEAVES, ONE_WAY, REWRITE, RICH, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Finding, Report, Severity
from miglint.report import Style, render

# As https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format puts it.
DOCUMENTED = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    # From the repository's root, without `./`.
                    "path": {"type": "string", "pattern": r"^(?!\.?/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "additionalProperties": False,
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}

WHOLE = """\
[
  {
    "description": "MIG301 rewriting-add-field: Adding 'note' rewrites every row of 'shop_order' while nobody can read \
it: Random() is volatile. Add the column without db_default, then fill it in batches.",
    "check_name": "MIG301",
    "fingerprint": "7d9f6fbd7f7b4ec4e9ae7dfaae8d0a2e",
    "severity": "major",
    "location": {
      "path": "shop/migrations/0003_b.py",
      "lines": {
        "begin": 8
      }
    }
  }
]
"""


def issues(report: Report, **style: Any) -> list[dict[str, Any]]:
    """The report's issues, held against the documented shape."""
    document = json.loads(render(report, "gitlab", Style(**style), pages))
    jsonschema.validate(document, DOCUMENTED)
    assert len({issue["fingerprint"] for issue in document}) == len(document)
    return document


def issue(one: Finding, **style: Any) -> dict[str, Any]:
    (only,) = issues(dataclasses.replace(CLEAN, findings=(one,)), **style)
    return only


def test_the_shape_can_refuse():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([{"description": "x"}], DOCUMENTED)


def test_nothing_found_is_an_empty_list():
    assert issues(CLEAN) == []


def test_a_finding_says_what_happens_and_what_to_do():
    report = dataclasses.replace(CLEAN, findings=(REWRITE,))
    assert render(report, "gitlab", Style(), pages) == WHOLE.replace(
        "7d9f6fbd7f7b4ec4e9ae7dfaae8d0a2e", REWRITE.fingerprint
    )


def test_every_finding_is_an_issue():
    assert [issue["check_name"] for issue in issues(RICH)] == [one.code for one in RICH.findings]


def test_severities_have_gitlabs_names():
    note = finding(severity=Severity.INFO)
    assert [issue(one)["severity"] for one in (LEAVES, ONE_WAY, note)] == ["major", "minor", "info"]


def test_a_finding_is_the_same_issue_when_its_lines_move():
    moved = dataclasses.replace(LEAVES, location=Location(LEAVES.location.path, Span(40, 1, 40, 38)))
    assert issue(moved)["fingerprint"] == issue(LEAVES)["fingerprint"]


def test_suppressed_findings_are_left_out_unless_asked_for():
    report = dataclasses.replace(CLEAN, suppressed=(HIDDEN,))
    assert issues(report) == []
    (shown,) = issues(report, show_suppressed=True)
    assert shown["severity"] == "info"
    assert shown["description"].endswith("(Suppressed by comment: agreed with operations)")


def test_names_cannot_break_the_document():
    odd = finding(message='"\x1b\n\u202e\ud800', location=Location("a\udcff/b.py", Span(1, 1, 1, 1)))
    text = render(dataclasses.replace(CLEAN, findings=(odd,)), "gitlab", Style(), pages)
    text.encode("utf-8")
    assert issue(odd)["location"]["path"] == "a?/b.py"
    assert "\\x1b\\n\\u202e\\ud800" in issue(odd)["description"]
