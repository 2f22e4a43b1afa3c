from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report.samples import CLEAN, EMPTY, HELD, HIDDEN, LEAF_A, LEAVES, REWRITE, RICH, UNUSED, finding, pages

from miglint.facts.source import TOP, Location, Span
from miglint.findings import Edit, Fix, Notice, Related, Report, Severity, Suppressed
from miglint.report import Style, render
from miglint.report.line_hashes import line_hashes

SCHEMA = json.loads((Path(__file__).parent / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def run(report: Report, **style: Any) -> dict[str, Any]:
    """The one run of a report; every document that the tests make is held against the schema."""
    document = json.loads(render(report, "sarif", Style(**style), pages))
    VALIDATOR.validate(document)
    (only,) = document["runs"]
    return only


def result(*findings: Any, **more: Any) -> dict[str, Any]:
    return run(dataclasses.replace(RICH, findings=findings, **more))["results"][0]


def region(found: dict[str, Any]) -> dict[str, Any]:
    return found["locations"][0]["physicalLocation"]["region"]


def test_the_schema_can_refuse():
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({"version": "2.1.0", "runs": [{"tool": {}}]})


@pytest.mark.parametrize("report", [RICH, CLEAN, EMPTY])
def test_every_kind_of_report_is_valid(report: Report):
    assert run(report)["columnKind"] == "utf16CodeUnits"


def test_rules_are_sorted_and_described_from_their_pages():
    rules = run(RICH)["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(rule.code for rule in RICH.rules)
    leaves = rules[3]
    assert leaves["name"] == "MultipleLeafNodes"
    assert leaves["shortDescription"] == {"text": "Says what is wrong."}
    assert leaves["fullDescription"] == {"text": "Says what is wrong. More of it."}
    assert leaves["help"]["markdown"].startswith("# MIG101 multiple-leaf-nodes\n")
    assert leaves["defaultConfiguration"] == {"level": "error"}
    assert leaves["properties"] == {
        "tags": ["django", "migrations", "history"],
        "precision": "high",
        "problem.severity": "error",
    }


def test_levels_are_the_formats_own_words():
    levels = {rule["id"]: rule["defaultConfiguration"]["level"] for rule in run(RICH)["tool"]["driver"]["rules"]}
    assert (levels["MIG101"], levels["MIG501"], levels["MIG002"]) == ("error", "warning", "note")
    assert result(finding("MIG002", severity=Severity.INFO))["level"] == "note"


def test_a_result_points_at_its_rule():
    only = run(RICH)
    rules = only["tool"]["driver"]["rules"]
    assert [rules[found["ruleIndex"]]["id"] for found in only["results"]] == [
        found["ruleId"] for found in only["results"]
    ]


def test_a_rule_that_is_not_listed_is_added():
    rules = run(dataclasses.replace(RICH, rules=()))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MIG001", "MIG003", "MIG101", "MIG201", "MIG301", "MIG501"]


def test_both_leaves_are_linked_and_related():
    found = result(LEAVES)
    assert found["message"]["text"] == (
        "App 'shop' has two leaf nodes, '[0003_a](2)' and '[0003_b](1)': migrate stops. "
        "Run `python manage.py makemigrations --merge`."
    )
    assert [
        (place["id"], place["physicalLocation"]["artifactLocation"]["uri"], place["message"]["text"])
        for place in found["relatedLocations"]
    ] == [
        (1, "shop/migrations/0003_b.py", "The migration '0003_b'."),
        (2, "shop/migrations/0003_a.py", "The other leaf, '0003_a'."),
    ]


def test_a_name_is_linked_with_its_app_and_not_inside_another_name():
    other = Related(Location("shop/migrations/0003_a.py", TOP), "Here.")
    assert result(finding(message="See 0003_ab, x0003_a, shop.0003_a.", hint="", related=(other,)))["message"] == {
        "text": "See 0003_ab, x0003_a, [shop.0003_a](1)."
    }


def test_a_place_that_is_not_named_is_linked_at_the_end():
    other = Related(Location("shop/models.py", Span(3, 1, 3, 5)), "Here.")
    found = result(finding(message="It is gone", hint="", related=(other,)))
    assert found["message"]["text"] == "It is gone. See [shop/models.py:3](1)."


def test_brackets_in_a_message_are_no_links():
    found = result(finding(message="The list [0](1) \\ here.", hint="Write ignore[MIG101]."))
    assert found["message"]["text"] == "The list \\[0\\](1) \\\\ here. Write ignore\\[MIG101\\]."


def test_columns_count_utf16_units():
    source = '["é", "😀", target]\n'
    found = result(finding(location=Location("a.py", Span(1, 12, 1, 18))), sources={"a.py": source})
    assert region(found) == {
        "startLine": 1,
        "startColumn": 13,
        "endLine": 1,
        "endColumn": 19,
        "snippet": {"text": "target"},
    }


def test_a_span_of_several_lines_is_shown_by_its_first():
    physical = result(REWRITE)["locations"][0]["physicalLocation"]
    assert physical["region"] == {
        "startLine": 8,
        "startColumn": 9,
        "endLine": 8,
        "endColumn": 29,
        "snippet": {"text": "migrations.AddField("},
    }
    assert (physical["contextRegion"]["startLine"], physical["contextRegion"]["endLine"]) == (8, 12)


def test_a_file_without_text_has_a_place_all_the_same():
    found = result(finding(location=Location("blog/0001.py", TOP)))
    assert region(found) == {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1}
    assert list(found["partialFingerprints"]) == ["miglint/v1"]


def test_addresses_are_relative_and_encoded():
    found = result(finding(location=Location("my app/ä#1%:x.py", TOP)))
    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == {
        "uri": "my%20app/%C3%A4%231%25%3Ax.py",
        "uriBaseId": "%SRCROOT%",
    }
    undecodable = result(finding(location=Location("\udcff.py", TOP)))
    assert undecodable["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "%FF.py"
    assert run(RICH)["originalUriBaseIds"] == {"%SRCROOT%": {"description": {"text": "The root of the repository."}}}


def test_fingerprints_are_githubs_and_our_own():
    found = next(found for found in run(RICH)["results"] if found["ruleId"] == "MIG003")
    assert found["partialFingerprints"] == {
        "miglint/v1": UNUSED.fingerprint,
        "primaryLocationLineHash": line_hashes(LEAF_A)[4],
    }


def test_a_deletion_says_so():
    assert result(UNUSED)["fixes"] == [
        {
            "description": {"text": "Remove the comment."},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "shop/migrations/0003_a.py", "uriBaseId": "%SRCROOT%"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 5, "startColumn": 5, "endLine": 5, "endColumn": 17},
                            "insertedContent": {"text": ""},
                        }
                    ],
                }
            ],
        }
    ]


def test_a_fix_that_is_for_display_is_not_offered():
    edit = Edit(Location("shop/migrations/0003_a.py", TOP), "x")
    assert "fixes" not in result(finding(fixes=(Fix("Like this", (edit,), "display"),)))


def test_suppressed_findings_are_there_only_when_asked_for():
    assert all("suppressions" not in found for found in run(RICH)["results"])
    shown = [found for found in run(RICH, show_suppressed=True)["results"] if "suppressions" in found]
    assert [found["ruleId"] for found in shown] == ["MIG502"]
    (suppression,) = shown[0]["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("inSource", "accepted")
    assert suppression["justification"] == "agreed with operations"
    assert suppression["location"]["physicalLocation"]["region"]["startLine"] == 5


def test_settings_and_baselines_suppress_from_outside():
    hidden = dataclasses.replace(HIDDEN, suppressed=Suppressed("settings", "per-file-ignores"))
    found = run(dataclasses.replace(RICH, findings=(), suppressed=(hidden,)), show_suppressed=True)["results"]
    assert found[0]["suppressions"] == [{"kind": "external", "status": "accepted", "justification": "per-file-ignores"}]


def test_the_invocation_tells_of_the_run():
    report = dataclasses.replace(RICH, notices=(*RICH.notices, Notice("MIG301 failed", internal=True)), exit_code=2)
    (invocation,) = run(report)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert [
        (noted["descriptor"]["id"], noted["message"]["text"]) for noted in invocation["toolExecutionNotifications"]
    ] == [
        ("unreadable-file", "This file cannot be parsed: invalid syntax."),
        ("internal-error", "MIG301 failed."),
    ]
    assert [noted["descriptor"]["id"] for noted in invocation["toolConfigurationNotifications"]] == ["run-notice"]


def test_the_versions_assumed_are_named():
    assert run(CLEAN)["properties"]["bases"] == []
    (held,) = run(dataclasses.replace(CLEAN, held=(HELD,), new=2))["properties"]["bases"]
    assert (held["ref"], held["commit"], held["told_by"], held["new"]) == ("origin/main", "a1b2c3d4e5", "--since", 2)
    (assumed,) = run(CLEAN)["properties"]["assumptions"]
    assert (assumed["django"], assumed["database"]) == ("5.2", "postgresql:14")


def test_findings_are_no_failure_of_the_run():
    assert run(RICH)["invocations"][0]["executionSuccessful"] is True


def test_the_category_is_left_to_whoever_uploads():
    assert "automationDetails" not in run(RICH)


def test_the_same_report_gives_the_same_bytes():
    assert render(RICH, "sarif", Style(), pages) == render(RICH, "sarif", Style(width=40, colour=True), pages)


def test_any_string_of_python_survives():
    odd = finding(message="\ud800 \x1b", location=Location("\ud800.py", TOP))
    text = render(dataclasses.replace(RICH, findings=(odd,)), "sarif", Style(), pages)
    assert text.encode("utf-8")
    assert json.loads(text)["runs"][0]["results"][0]["message"]["text"].startswith("\ud800 \x1b.")
