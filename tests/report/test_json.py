from __future__ import annotations

import dataclasses
import json

from report.samples import ASSUMED, CLEAN, HELD, HIDDEN, LEAVES, RICH, finding, pages

from miglint.findings import Report
from miglint.report import Style, render


def rendered(report: Report, **style) -> dict:
    return json.loads(render(report, "json", Style(**style), pages))


def test_a_finding_has_the_keys_of_the_contract_in_its_order():
    found = rendered(dataclasses.replace(RICH, findings=(LEAVES,)))["findings"]
    assert list(found[0].items()) == [
        ("code", "MIG101"),
        ("name", "multiple-leaf-nodes"),
        ("severity", "error"),
        ("message", "App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops."),
        ("hint", "Run `python manage.py makemigrations --merge`."),
        ("path", "shop/migrations/0003_b.py"),
        ("line", 4),
        ("column", 1),
        ("end_line", 4),
        ("end_column", 38),
        ("project", "."),
        ("app", "shop"),
        ("migration", "0003_b"),
        ("operation", None),
        ("subject", "shop"),
        ("fingerprint", LEAVES.fingerprint),
        (
            "related",
            [
                {
                    "path": "shop/migrations/0003_a.py",
                    "line": 4,
                    "column": 1,
                    "message": "The other leaf, '0003_a'.",
                }
            ],
        ),
        ("fixable", False),
        ("suppressed", None),
    ]


def test_the_summary_counts():
    document = rendered(RICH)
    assert list(document)[:3] == ["version", "findings", "summary"]
    assert document["version"] == 1
    assert list(document["summary"].items()) == [
        ("migrations", 12),
        ("apps", 3),
        ("in_scope", 12),
        ("findings", {"error": 4, "warning": 2, "info": 0}),
        ("unreadable", 1),
        ("unanalysed_operations", 1),
        ("suppressed", 1),
        ("base", None),
        ("new", None),
    ]
    assert document["bases"] == []


def test_the_base_is_named_with_how_much_is_new():
    document = rendered(dataclasses.replace(RICH, held=(HELD,), new=2))
    assert (document["summary"]["base"], document["summary"]["new"]) == (
        {"ref": "origin/main", "commit": "a1b2c3d4e5", "told_by": "--since"},
        2,
    )
    assert document["bases"] == [
        {
            "ref": "origin/main",
            "commit": "a1b2c3d4e5",
            "told_by": "--since",
            "projects": ["."],
            "migrations": 12,
            "new": 2,
        }
    ]


def test_of_a_tree_in_which_one_project_has_another_base_or_none_there_is_no_single_one():
    other = HELD._replace(ref="v1", told_by="base-ref in site/pyproject.toml", projects=("site",))
    for held in ((HELD, other), (HELD,)):
        report = dataclasses.replace(RICH, held=held, new=2, assumptions=(ASSUMED, ASSUMED._replace(project="site")))
        document = rendered(report)
        assert document["summary"]["base"] is None
        assert [one["ref"] for one in document["bases"]] == [one.ref for one in held]


def test_versions_assumed_and_notices_are_said():
    document = rendered(RICH)
    assert document["assumptions"] == [
        {
            "project": ".",
            "django": "5.2",
            "django_from": "the default",
            "database": "postgresql:14",
            "database_from": "the oldest that Django 5.2 supports",
        }
    ]
    assert document["notices"] == [
        {"message": "The folder 'private' could not be read: permission denied.", "internal": False}
    ]


def test_suppressed_findings_are_there_when_asked_for_and_not_counted():
    assert all(found["suppressed"] is None for found in rendered(RICH)["findings"])
    shown = rendered(RICH, show_suppressed=True)
    assert [found["suppressed"] for found in shown["findings"] if found["code"] == HIDDEN.code] == [
        {"by": "comment", "reason": "agreed with operations"}
    ]
    assert shown["summary"]["findings"] == {"error": 4, "warning": 2, "info": 0}


def test_a_safe_fix_makes_a_finding_fixable():
    assert [found["code"] for found in rendered(RICH)["findings"] if found["fixable"]] == ["MIG003"]


def test_no_findings_are_an_empty_list():
    assert rendered(CLEAN)["findings"] == []


def test_any_string_of_python_survives():
    odd = "größe 尺寸 😀 \ud800 \x1b \x9b \u202e"
    text = render(dataclasses.replace(CLEAN, findings=(finding(message=odd),)), "json", Style(), pages)
    assert "größe 尺寸 😀 \\ud800 \\u001b \\u009b \\u202e" in text
    assert text.encode("utf-8")
    assert json.loads(text)["findings"][0]["message"] == odd
