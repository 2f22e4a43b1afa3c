from __future__ import annotations

import dataclasses
import re

import pytest
from report.samples import ASSUMED, CLEAN, DEFAULT, EMPTY, HELD, HIDDEN, LEAVES, ONE_WAY, REWRITE, RICH, finding, pages

from miglint.facts.source import Location, Span
from miglint.findings import Assumption, Related, Report, Severity, Suppressed
from miglint.report import Style, render, statistics
from miglint.report.terminal import columns


def full(report: Report, **style) -> str:
    return render(report, "full", Style(**({"width": 80} | style)), pages)


def concise(report: Report, **style) -> str:
    return render(report, "concise", Style(**style), pages)


def one(*findings) -> Report:
    return dataclasses.replace(RICH, findings=findings, suppressed=(), unanalysed=(), notices=(), unreadable=0)


def test_a_clean_run_says_what_was_checked():
    assert full(CLEAN, width=120) == (
        "Checked 12 migrations of 3 apps: no findings.\n"
        "Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).\n"
    )


def test_nothing_to_check_is_a_warning():
    assert full(EMPTY) == "warning: No migrations found under 'src'.\n"


def test_a_finding_has_a_frame_its_related_places_and_a_hint():
    assert (
        full(one(LEAVES), width=120)
        == """\
shop/migrations/0003_b.py:4:1 MIG101 multiple-leaf-nodes (error)
  App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops.
  4 │ class Migration(migrations.Migration):
    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  5 │     dependencies = [("shop", "0002_order")]
  --> shop/migrations/0003_a.py:4:1  The other leaf, '0003_a'.
      4 │ class Migration(migrations.Migration):
        │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  help: Run `python manage.py makemigrations --merge`.

Found 1 error in 12 migrations of 3 apps.
Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).
"""
    )


def test_findings_about_one_operation_share_a_frame():
    text = full(one(REWRITE, DEFAULT, ONE_WAY), width=120)
    assert text.startswith("""\
shop/migrations/0003_b.py:8:9 MIG301 rewriting-add-field (error)
  Adding 'note' rewrites every row of 'shop_order' while nobody can read it: Random() is volatile.
shop/migrations/0003_b.py:11:13 MIG201 not-null-without-default (error)
  Column 'note' is NOT NULL and has no default.
   7 │       operations = [
   8 │ ╭         migrations.AddField(
   9 │ │             "order",
  10 │ │             "note",
  11 │ │             models.CharField(max_length=20, db_default=Random(), help_text="Größe 尺寸 😀"), 'x',
     │ │             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ MIG201
  12 │ │         ),
     │ ╰ MIG301
  13 │           migrations.RunPython(forwards),
  14 │       ]
  help (MIG301): Add the column without db_default, then fill it in batches.
  help (MIG201): Add null=True, or a default.

shop/migrations/0003_b.py:13:9 MIG501 irreversible-run-python (warning)
""")


def test_findings_about_no_operation_stay_apart():
    twice = one(LEAVES, dataclasses.replace(LEAVES, subject="other"))
    assert full(twice).count("class Migration") == 4


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("colour", [False, True])
def test_no_line_is_wider_than_the_screen(width: int, colour: bool):
    text = re.sub(r"\x1b\[[\d;]*m", "", full(RICH, width=width, colour=colour, show_suppressed=True))
    assert max(columns(line) for line in text.splitlines()) <= width


def test_colour_changes_nothing_but_colour():
    coloured = full(RICH, colour=True)
    assert "\x1b[1;31mMIG101 multiple-leaf-nodes\x1b[0m" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == full(RICH)


def test_nothing_in_the_code_can_command_the_terminal():
    evil = "\x1b]8;;http://evil\x07\u202e\x9b1m\ud800"
    report = dataclasses.replace(
        one(
            finding(
                message=f"Name '{evil}'.",
                hint=evil,
                location=Location(f"shop/{evil}.py", Span(1, 1, 1, 9)),
                related=(Related(Location(evil, Span(1, 1, 1, 2)), evil),),
                suppressed=Suppressed("comment", evil),
            )
        ),
        sources={f"shop/{evil}.py": evil, evil: evil},
        assumptions=(ASSUMED._replace(project=evil, django_from=evil),),
        paths=(evil,),
    )
    for text in (full(report), concise(report), full(dataclasses.replace(EMPTY, paths=(evil,)))):
        assert all(character.isprintable() or character == "\n" for character in text)
        assert "\\x1b]8;;http://evil\\x07\\u202e\\x9b1m\\ud800" in text


def test_the_summary_says_what_is_not_known():
    text = full(RICH, width=120)
    assert (
        text[text.index("Found") :]
        == """\
Found 4 errors and 2 warnings in 12 migrations of 3 apps.
1 file could not be read, so the history has gaps there.
Not analysed: 1 operation that only a run of the code could tell.
  shop/migrations/0002_order.py:9  The operation is built by a function of another package.
Assumed: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).
1 can be fixed with --fix.
Suppressed: 1 finding (--show-suppressed lists them).
"""
    )


def test_a_scope_is_named():
    assert "no findings" in full(dataclasses.replace(CLEAN, in_scope=2))
    assert full(dataclasses.replace(CLEAN, in_scope=2)).startswith("Checked 2 of 12 migrations of 3 apps:")


def test_the_base_is_named_with_who_told_it():
    held = dataclasses.replace(CLEAN, held=(HELD,), new=2)
    for text in (full(held, width=120), concise(held)):
        assert text.splitlines()[:2] == [
            "Checked 12 migrations of 3 apps: no findings.",
            "Held against origin/main (a1b2c3d4e5, --since): 2 of 12 migrations are new.",
        ]


@pytest.mark.parametrize(
    ("ref", "commit", "new", "said"),
    [
        ("HEAD", "a1b2c3d4e5", 0, "HEAD (a1b2c3d4e5, --since): none of 12 migrations is new."),
        ("HEAD", "", 12, "HEAD (nothing is committed yet, --since): 12 of 12 migrations are new."),
        ("refs/remotes/origin/main", "a1b2c3d4e5", 1, "origin/main (a1b2c3d4e5, --since): 1 of 12 migrations is new."),
    ],
)
def test_how_much_is_new_is_said(ref: str, commit: str, new: int, said: str):
    held = HELD._replace(ref=ref, commit=commit, new=new)
    assert f"Held against {said}" in full(dataclasses.replace(CLEAN, held=(held,), new=new), width=120)


def test_projects_with_other_bases_are_told_apart():
    other = HELD._replace(ref="v1", told_by="base-ref in site/miglint.toml", projects=("site",), migrations=3, new=0)
    both = (ASSUMED, ASSUMED._replace(project="site"))
    assert full(dataclasses.replace(CLEAN, held=(HELD, other), assumptions=both), width=120).splitlines()[1:3] == [
        "Held against origin/main (a1b2c3d4e5, --since) for .: 2 of 12 migrations are new.",
        "Held against v1 (a1b2c3d4e5, base-ref in site/miglint.toml) for site: none of 3 migrations is new.",
    ]


def test_every_severity_is_counted():
    note = finding("MIG002", severity=Severity.INFO)
    assert "Found 1 error, 1 warning and 1 note in" in full(one(note, LEAVES, ONE_WAY))


def test_many_unanalysed_operations_are_not_all_listed():
    many = dataclasses.replace(CLEAN, unanalysed=RICH.unanalysed * 8)
    assert "Not analysed: 8 operations" in full(many)
    assert full(many).count("0002_order.py:9") == 5
    assert "  and 3 more (--select MIG002 lists them)\n" in full(many)


def test_unanalysed_operations_are_only_counted_where_findings_name_them():
    unknown = RICH.unanalysed[0]
    report = dataclasses.replace(
        one(finding("MIG002", severity=Severity.INFO)), unanalysed=(unknown, unknown._replace(operation=None))
    )
    assert (
        "Not analysed: 1 operation and 1 attribute that only a run of the code could tell (MIG002).\nAssumed"
    ) in full(report)


def test_projects_with_other_versions_are_told_apart():
    report = dataclasses.replace(
        CLEAN, assumptions=(ASSUMED, Assumption("site", "4.2", "pyproject.toml", "postgresql:16", "--database"))
    )
    assert full(report, width=120).splitlines()[1:] == [
        "Assumed for site: Django 4.2 (pyproject.toml), postgresql:16 (--database).",
        "Assumed for .: Django 5.2 (the default), postgresql:14 (the oldest that Django 5.2 supports).",
    ]


def test_suppressed_findings_are_listed_when_asked_for():
    assert "MIG502" not in full(RICH)
    assert (
        "shop/migrations/0003_a.py:5:1 MIG502 irreversible-run-sql (warning, suppressed)\n"
        "  RunSQL has no reverse_sql.\n"
        "  suppressed by comment: agreed with operations\n"
    ) in full(RICH, show_suppressed=True)


def test_quiet_prints_findings_only():
    assert full(CLEAN, quiet=True) == ""
    assert concise(CLEAN, quiet=True) == ""
    assert full(one(LEAVES), quiet=True).endswith("--merge`.\n")


def test_a_file_without_text_has_no_frame():
    text = full(dataclasses.replace(one(LEAVES), sources={}))
    assert "│" not in text
    assert "--> shop/migrations/0003_a.py:4:1  The other leaf" in text


def test_concise_is_what_editors_parse():
    lines = concise(RICH).splitlines()
    assert lines[2] == (
        "shop/migrations/0003_b.py:4:1: MIG101 App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops."
    )
    assert lines[6] == "Found 4 errors and 2 warnings in 12 migrations of 3 apps."
    assert all(re.fullmatch(r"[^:]+:\d+:\d+: MIG\d{3} .+", line) for line in lines[:6])


def test_concise_says_what_is_suppressed_when_asked():
    assert (
        "shop/migrations/0003_a.py:5:1: MIG502 RunSQL has no reverse_sql. "
        "(suppressed by comment: agreed with operations)\n"
    ) in concise(RICH, show_suppressed=True)


def test_statistics_count_by_rule_worst_first():
    report = dataclasses.replace(one(LEAVES, ONE_WAY, ONE_WAY, HIDDEN))
    assert statistics(report, Style()) == (
        "1  error    MIG101 multiple-leaf-nodes\n"
        "2  warning  MIG501 irreversible-run-python\n"
        "1  warning  MIG502 irreversible-run-sql (suppressed)"
    )
