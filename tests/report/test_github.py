from __future__ import annotations

import dataclasses

from report.samples import CLEAN, LEAVES, ONE_WAY, REWRITE, RICH, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Finding, Notice, Severity
from miglint.report import Style, render


def lines(*findings: Finding) -> list[str]:
    return render(dataclasses.replace(CLEAN, findings=findings), "github", Style(quiet=True), pages).splitlines()


def test_nothing_found_is_no_annotation():
    assert lines() == []


def test_a_finding_of_one_line_has_columns():
    (line,) = lines(LEAVES)
    assert line == (
        "::error file=shop/migrations/0003_b.py,line=4,endLine=4,col=1,endColumn=38,title=MIG101 multiple-leaf-nodes::"
        "App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops."
        "%0ARun `python manage.py makemigrations --merge`."
    )


def test_a_finding_of_several_lines_has_none():
    assert lines(REWRITE)[0].startswith("::error file=shop/migrations/0003_b.py,line=8,endLine=12,title=MIG301 ")


def test_severities_have_githubs_names_and_the_worst_comes_first():
    info = finding("MIG002", severity=Severity.INFO)
    assert [line.split(" ")[0] for line in lines(info, ONE_WAY, LEAVES)] == ["::error", "::warning", "::notice"]


def test_text_is_escaped():
    odd = finding(
        message="100 % of\r\n'a:b,c' \x1b ##[error]x", hint="", location=Location("a,b:c%.py", Span(1, 1, 1, 2))
    )
    (line,) = lines(odd)
    assert line == (
        "::error file=a%2Cb%3Ac%25.py,line=1,endLine=1,col=1,endColumn=2,title=MIG101 multiple-leaf-nodes::"
        "100 %25 of\\r%0A'a:b,c' \\x1b ## [error]x"
    )


def test_ten_of_a_kind_are_annotated_and_the_rest_is_in_the_log():
    many = [
        finding(subject=str(number), location=Location("a.py", Span(number, 1, number, 2))) for number in range(1, 14)
    ]
    text = lines(*many, ONE_WAY)
    assert [line.split(" ")[0] for line in text[:11]] == ["::error"] * 10 + ["::warning"]
    assert text[11] == "3 more findings in the log:"
    assert text[12].startswith("- a.py:11:1: MIG101 App 'shop'")
    assert len(text) == 15


def test_a_line_of_the_log_cannot_be_a_command():
    many = [finding(subject=str(number), location=Location("::stop.py", Span(1, 1, 1, 2))) for number in range(12)]
    assert [line for line in lines(*many) if "stop.py:1:1" in line] == [
        "- ::stop.py:1:1: MIG101 App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops."
    ] * 2


def test_notices_about_the_run_are_annotations_without_a_place_and_count_among_the_ten():
    report = dataclasses.replace(
        CLEAN,
        findings=tuple(dataclasses.replace(LEAVES, subject=str(number)) for number in range(12)),
        notices=(Notice("No folder."), Notice("It broke.", internal=True)),
    )
    text = render(report, "github", Style(), pages).splitlines()
    assert text[0] == "::error::It broke."
    assert [line.split(" ")[0] for line in text[1:10]] == ["::error"] * 9
    assert text[10] == "::warning::No folder."
    assert text[11] == "3 more findings in the log:"


def test_the_log_ends_in_the_summary():
    assert render(CLEAN, "github", Style(), pages) == (
        "Checked 12 migrations of 3 apps: no findings.\n"
        "Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).\n"
    )


def test_suppressed_findings_are_not_annotated():
    assert "MIG502" not in render(RICH, "github", Style(), pages)
