from __future__ import annotations

import dataclasses
import re

import pytest
from report.samples import CLEAN, HELD, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Finding, Report, RuleInfo, Severity, Suppressed
from miglint.report import Style, render
from miglint.report.fold import FEW, MOST, fold

DEPLOYING = RuleInfo("MIG302", "blocking-index", Severity.ERROR, of_deploying=True)
BREAKING = RuleInfo("MIG401", "dropped-column", Severity.WARNING, of_deploying=True)
LEAVES = RuleInfo("MIG101", "multiple-leaf-nodes", Severity.ERROR)
UNKNOWN = RuleInfo("MIG002", "unanalysed-operation", Severity.INFO)


def one(rule: RuleInfo, number: int, line: int = 9, **more) -> Finding:
    name = f"{number:04}_x"
    return finding(
        rule.code,
        name=rule.name,
        severity=rule.severity,
        message="It waits.",
        hint="",
        location=Location(f"shop/migrations/{name}.py", Span(line, 1, line, 5)),
        migration=name,
        subject=f"{name}.{line}",
        **more,
    )


def report(*findings: Finding, newest: int = 99, **more) -> Report:
    return dataclasses.replace(
        CLEAN,
        findings=findings,
        rules=(UNKNOWN, LEAVES, DEPLOYING, BREAKING),
        migrations=99,
        in_scope=99,
        apps=1,
        current=frozenset({(".", "shop", f"{newest:04}_x")}),
        **more,
    )


def many(rule: RuleInfo, count: int, start: int = 1) -> tuple[Finding, ...]:
    return tuple(one(rule, number) for number in range(start, start + count))


def shown(report: Report, everything: bool = False) -> list[Finding]:
    return [finding for block in fold(report.findings, report, everything).blocks for finding in block]


def full(report: Report, **style) -> str:
    return render(report, "full", Style(**({"width": 100} | style)), pages)


def test_a_few_findings_are_all_shown_however_old():
    few = report(*many(DEPLOYING, FEW))
    assert shown(few) == [*few.findings]
    assert "table" not in full(few)


def test_what_is_wrong_today_and_the_newest_migration_are_shown_and_the_rest_is_counted():
    old, new = many(DEPLOYING, 20), one(DEPLOYING, 99)
    leaves, note = one(LEAVES, 3), one(UNKNOWN, 2)
    folded = fold((note, *old, leaves, new), report(*old), everything=False)
    assert folded.blocks == [[leaves], [new], [note]]
    assert (folded.counted, folded.old) == ([*old], 20)


def test_a_frame_of_several_findings_is_shown_for_the_one_that_has_to_be():
    required = one(RuleInfo("MIG201", "not-null-without-default", Severity.ERROR), 3, operation="0")
    index = one(DEPLOYING, 3, operation="0")
    assert shown(report(*many(DEPLOYING, 20), required, index)) == [required, index]


def test_all_shows_everything_in_the_order_of_places():
    old = report(*many(DEPLOYING, 70), one(LEAVES, 99))
    assert shown(old, everything=True) == [*old.findings]
    assert full(old, everything=True).count("It waits.") == 71
    assert "table" not in full(old, everything=True)


def test_there_are_never_more_than_50_frames():
    folded = fold(many(LEAVES, 70), report(), everything=False)
    assert len(folded.blocks) == MOST == 50
    assert (len(folded.counted), folded.old) == (20, 0)


def test_of_too_many_the_worst_are_shown_and_each_rule_before_any_one_twice():
    warnings = many(RuleInfo("MIG104", "broken-squash", Severity.WARNING), 60)
    errors = many(LEAVES, 60)
    other = one(RuleInfo("MIG102", "dangling-dependency", Severity.ERROR), 98)
    assert shown(report(*warnings, *errors, other)) == [*errors[:49], other]


def test_where_a_base_is_known_what_is_new_goes_before_what_was_wrong_already():
    new = tuple(one(BREAKING, 99, line) for line in range(1, 31))
    assert shown(report(*many(LEAVES, 60), *new, held=(HELD,), new=1)) == [*new, *many(LEAVES, 20)]


def test_without_a_base_what_is_wrong_already_goes_first():
    new = tuple(one(BREAKING, 99, line) for line in range(1, 31))
    assert shown(report(*new, *many(LEAVES, 40))) == [*many(LEAVES, 40), *new[:10]]


OLD = report(*many(DEPLOYING, 12), *many(BREAKING, 30), one(LEAVES, 5))


def test_the_table_counts_each_rule_with_an_example_and_says_how_to_go_on():
    text = full(OLD)
    assert (
        text[text.index("42 findings") :]
        == """\
42 findings about older migrations, by rule with an example:
12  error    MIG302 blocking-index  shop/migrations/0012_x.py:9
30  warning  MIG401 dropped-column  shop/migrations/0030_x.py:9

Found 13 errors and 30 warnings in 99 migrations of 1 app.
1 of them is shown, 42 are in the table. What is deployed already needs no change. From here:
  miglint check --since origin/main    reports what a branch adds to main
  miglint check --write-baseline FILE  accepts all that is there today
  miglint check FILE                   shows the findings in one file
  miglint check --all                  shows every finding with its code
Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).
"""
    )


def test_a_table_that_is_too_wide_has_each_place_below_its_rule():
    assert "\n12  error    MIG302 blocking-index\n    shop/migrations/0012_x.py:9\n" in full(OLD, width=55)


def test_where_nothing_is_shown_one_by_one_the_table_says_it_all():
    text = full(report(*many(DEPLOYING, 12)))
    assert text.startswith("12 findings about older migrations, by rule with an example:\n")
    assert "\nNone of them is shown, 12 are in the table." in text


def test_what_is_only_too_much_is_not_called_old():
    text = full(report(*many(LEAVES, 61)))
    assert "\n11 more findings, by rule with an example:\n11  error    MIG101 multiple-leaf-nodes  " in text
    assert "50 of them are shown, 11 are in the table.\n  miglint check --all  shows every finding" in text
    assert "--since" not in text


def test_old_and_too_much_are_told_apart():
    assert "\n30 findings, 20 of them about older migrations, by rule with an example:\n" in full(
        report(*many(LEAVES, 60), *many(DEPLOYING, 20))
    )


def test_outside_of_a_repository_nothing_can_be_since():
    text = full(dataclasses.replace(OLD, in_repository=False))
    assert "--since" not in text
    assert "From here:\n  miglint check --write-baseline FILE  accepts" in text


def test_quiet_keeps_the_table_and_drops_the_advice():
    assert full(OLD, quiet=True).endswith("30  warning  MIG401 dropped-column  shop/migrations/0030_x.py:9\n")


@pytest.mark.parametrize("findings", [OLD.findings, (*many(LEAVES, 77), *many(DEPLOYING, 31)), many(UNKNOWN, 13)])
@pytest.mark.parametrize("width", [60, 120])
def test_what_is_shown_and_what_is_counted_add_up(findings: tuple[Finding, ...], width: int):
    text = full(report(*findings), width=width)
    counted = sum(int(number) for number in re.findall(r"^ *(\d+)  (?:error|warning|info) ", text, re.MULTILINE))
    assert text.count("It waits.") + counted == len(findings)


def test_suppressed_findings_that_are_asked_for_are_counted_apart():
    hidden = tuple(
        dataclasses.replace(each, suppressed=Suppressed("baseline", "")) for each in many(BREAKING, 30, start=40)
    )
    text = full(dataclasses.replace(OLD, suppressed=hidden), show_suppressed=True)
    assert "\n30  warning  MIG401 dropped-column (suppressed)  shop/migrations/0069_x.py:9\n" in text
    assert "1 of them is shown, 42 are in the table." in text


def test_programs_get_all_of_it():
    for format_ in ("concise", "json", "sarif", "rdjson", "gitlab"):
        assert render(OLD, format_, Style(), pages).count("It waits.") >= 43


def test_a_place_that_alone_is_too_long_stands_below_its_rule():
    far = dataclasses.replace(one(BREAKING, 5), location=Location(f"shop/{'a' * 50}/0005_x.py", Span(9, 1, 9, 5)))
    text = full(report(*many(DEPLOYING, 12), *many(LEAVES, 60), far), width=80)
    assert "\n12  error    MIG302 blocking-index       shop/migrations/0012_x.py:9\n" in text
    assert f"\n 1  warning  MIG401 dropped-column\n    shop/{'a' * 50}/0005_x.py:9\n" in text
