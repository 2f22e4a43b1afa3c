from __future__ import annotations

import dataclasses
import json
from typing import Any

import jsonschema
import pytest
from report.samples import CLEAN, HIDDEN, LEAF_A, LEAVES, ONE_WAY, RICH, UNUSED, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Edit, Finding, Fix, Report, Severity
from miglint.report import Style, render

_POSITION = {
    "type": "object",
    "required": ["line", "column"],
    "additionalProperties": False,
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer", "minimum": 1}},
}
_RANGE = {
    "type": "object",
    "required": ["start", "end"],
    "additionalProperties": False,
    "properties": {"start": _POSITION, "end": _POSITION},
}
# The messages of reviewdog.proto. reviewdog reads them with a parser that refuses unknown keys, and so does this.
MESSAGES = {
    "type": "object",
    "required": ["source", "diagnostics"],
    "additionalProperties": False,
    "properties": {
        "source": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": {"type": "string"}, "url": {"type": "string"}},
        },
        "diagnostics": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message", "location", "severity", "code"],
                "additionalProperties": False,
                "properties": {
                    "message": {"type": "string", "minLength": 1},
                    "location": {
                        "type": "object",
                        "required": ["path", "range"],
                        "additionalProperties": False,
                        "properties": {"path": {"type": "string"}, "range": _RANGE},
                    },
                    "severity": {"enum": ["ERROR", "WARNING", "INFO"]},
                    "code": {
                        "type": "object",
                        "required": ["value"],
                        "additionalProperties": False,
                        "properties": {"value": {"type": "string"}, "url": {"type": "string"}},
                    },
                    "suggestions": {
                        "type": "array",
                        "minItems": 1,
                        "items": {
                            "type": "object",
                            "required": ["range", "text"],
                            "additionalProperties": False,
                            "properties": {"range": _RANGE, "text": {"type": "string"}},
                        },
                    },
                },
            },
        },
    },
}

# Line 5 of LEAF_A is `    dependencies = […`.
PATH = "shop/migrations/0003_a.py"


def diagnostics(report: Report, **style: Any) -> list[dict[str, Any]]:
    document = json.loads(render(report, "rdjson", Style(**style), pages))
    jsonschema.validate(document, MESSAGES)
    assert document["source"] == {"name": "miglint"}
    return document["diagnostics"]


def diagnostic(one: Finding, **more: Any) -> dict[str, Any]:
    (only,) = diagnostics(dataclasses.replace(RICH, findings=(one,), **more))
    return only


def fixed(*edits: Edit, applicability: Any = "safe") -> Finding:
    return dataclasses.replace(UNUSED, fixes=(Fix("Mend it", edits, applicability),))


def test_the_schema_can_refuse():
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"source": {"name": "x"}, "diagnostics": [], "related": 1}, MESSAGES)


def test_nothing_found_is_no_diagnostic():
    assert diagnostics(CLEAN) == []


def test_a_finding_is_a_diagnostic_with_its_places():
    assert diagnostic(LEAVES) == {
        "message": (
            "App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops.\n"
            "Run `python manage.py makemigrations --merge`.\n"
            "shop/migrations/0003_a.py:4: The other leaf, '0003_a'."
        ),
        "location": {
            "path": "shop/migrations/0003_b.py",
            "range": {"start": {"line": 4, "column": 1}, "end": {"line": 4, "column": 38}},
        },
        "severity": "ERROR",
        "code": {"value": "MIG101"},
    }


def test_every_finding_is_a_diagnostic():
    assert [one["code"]["value"] for one in diagnostics(RICH)] == [one.code for one in RICH.findings]


def test_severities_have_reviewdogs_names():
    note = finding(severity=Severity.INFO)
    assert [diagnostic(one)["severity"] for one in (LEAVES, ONE_WAY, note)] == ["ERROR", "WARNING", "INFO"]


def test_columns_count_bytes():
    # Line 11 of LEAF_B ends in `…help_text="Größe 尺寸 😀"), 'x',`.
    place = finding(location=Location("shop/migrations/0003_b.py", Span(11, 62, 11, 82)))
    line = "            models.CharField(max_length=20, db_default=Random(), help_text=\"Größe 尺寸 😀\"), 'x',"
    assert diagnostic(place)["location"]["range"] == {
        "start": {"line": 11, "column": len(line[:61].encode()) + 1},
        "end": {"line": 11, "column": len(line[:81].encode()) + 1},
    }


def test_a_safe_fix_is_suggested():
    change = Edit(Location(PATH, Span(5, 5, 5, 17)), "requires")
    assert diagnostic(fixed(change))["suggestions"] == [
        {"range": {"start": {"line": 5, "column": 5}, "end": {"line": 5, "column": 17}}, "text": "requires"}
    ]


def test_a_suggestion_takes_a_line_along_that_it_would_leave_blank():
    source = LEAF_A.replace("class", "# note\nclass")
    gone = Edit(Location(PATH, Span(4, 1, 4, 7)), "")
    assert diagnostic(fixed(gone), sources={PATH: source})["suggestions"] == [
        {"range": {"start": {"line": 4, "column": 1}, "end": {"line": 5, "column": 1}}, "text": ""}
    ]


def test_a_fix_that_is_not_safe_or_not_one_edit_is_not_suggested():
    change = Edit(Location(PATH, Span(5, 5, 5, 17)), "requires")
    other = Edit(Location(PATH, Span(1, 1, 1, 5)), "import")
    elsewhere = Edit(Location("shop/migrations/0003_b.py", Span(1, 1, 1, 5)), "import")
    for one in (fixed(change, applicability="unsafe"), fixed(change, other), fixed(elsewhere)):
        assert "suggestions" not in diagnostic(one)
    assert "suggestions" not in diagnostic(fixed(change), sources={})


def test_suppressed_findings_are_left_out_unless_asked_for():
    report = dataclasses.replace(CLEAN, suppressed=(HIDDEN,))
    assert diagnostics(report) == []
    (shown,) = diagnostics(report, show_suppressed=True)
    assert shown["severity"] == "INFO"
    assert shown["message"].endswith("\nSuppressed by comment: agreed with operations")


def test_names_cannot_break_the_document():
    odd = finding(message="\x1b\u202e\ud800", location=Location("a\udcff/b.py", Span(1, 1, 1, 1)))
    only = diagnostic(odd)
    assert only["message"].startswith("\\x1b\\u202e\\ud800\n")
    assert only["location"]["path"] == "a?/b.py"
