"""Reports by hand, for the tests of every format."""

from __future__ import annotations

from typing import Any

from miglint.facts.migration import MigrationKey
from miglint.facts.source import TOP, Location, Span
from miglint.findings import (
    Assumption,
    Edit,
    Finding,
    Fix,
    Held,
    Notice,
    Related,
    Report,
    RuleInfo,
    RulePage,
    Severity,
    Suppressed,
    Unanalysed,
)

LEAF_A = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order")]
"""

LEAF_B = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_order")]

    operations = [
        migrations.AddField(
            "order",
            "note",
            models.CharField(max_length=20, db_default=Random(), help_text="Größe 尺寸 😀"), 'x',
        ),
        migrations.RunPython(forwards),
    ]
"""

ASSUMED = Assumption(".", "5.2", "the default", "postgresql:14", "the oldest that Django 5.2 supports")

HELD = Held("origin/main", "a1b2c3d4e5", "--since", (".",), 12, 2)


def finding(code: str = "MIG101", **more: Any) -> Finding:
    given = {
        "code": code,
        "name": "multiple-leaf-nodes",
        "severity": Severity.ERROR,
        "message": "App 'shop' has two leaf nodes, '0003_a' and '0003_b': migrate stops.",
        "location": Location("shop/migrations/0003_b.py", Span(4, 1, 4, 38)),
        "hint": "Run `python manage.py makemigrations --merge`.",
        "app": "shop",
        "migration": "0003_b",
        "subject": "shop",
    }
    return Finding(**(given | more))


LEAVES = finding(
    related=(Related(Location("shop/migrations/0003_a.py", Span(4, 1, 4, 38)), "The other leaf, '0003_a'."),),
)
REWRITE = finding(
    "MIG301",
    name="rewriting-add-field",
    message="Adding 'note' rewrites every row of 'shop_order' while nobody can read it: Random() is volatile.",
    hint="Add the column without db_default, then fill it in batches.",
    location=Location("shop/migrations/0003_b.py", Span(8, 9, 12, 10)),
    operation="0",
    subject="shop.order.note",
)
DEFAULT = finding(
    "MIG201",
    name="not-null-without-default",
    message="Column 'note' is NOT NULL and has no default.",
    hint="Add null=True, or a default.",
    location=Location("shop/migrations/0003_b.py", Span(11, 13, 11, 76)),
    operation="0",
    subject="shop.order.note",
)
ONE_WAY = finding(
    "MIG501",
    name="irreversible-run-python",
    severity=Severity.WARNING,
    message="RunPython(forwards) has no reverse_code, so migrating backwards stops here.",
    hint="Pass reverse_code, or RunPython.noop if there is nothing to undo.",
    location=Location("shop/migrations/0003_b.py", Span(13, 9, 13, 39)),
    operation="1",
    subject="shop.0003_b.1",
)
UNREADABLE = finding(
    "MIG001",
    name="unreadable-migration",
    message="This file cannot be parsed: invalid syntax.",
    hint="",
    location=Location("blog/migrations/0001_initial.py", TOP),
    app="blog",
    migration="0001_initial",
    subject="blog.0001_initial",
)
UNUSED = finding(
    "MIG003",
    name="unused-suppression",
    severity=Severity.WARNING,
    message="This comment hides nothing.",
    hint="Remove it.",
    location=Location("shop/migrations/0003_a.py", Span(5, 5, 5, 17)),
    migration="0003_a",
    subject="comment",
    fixes=(Fix("Remove the comment", (Edit(Location("shop/migrations/0003_a.py", Span(5, 5, 5, 17)), ""),), "safe"),),
)
HIDDEN = finding(
    "MIG502",
    name="irreversible-run-sql",
    severity=Severity.WARNING,
    message="RunSQL has no reverse_sql.",
    hint="",
    location=Location("shop/migrations/0003_a.py", Span(5, 1, 5, 5)),
    migration="0003_a",
    operation="0",
    subject="shop.0003_a.0",
    suppressed=Suppressed(
        "comment", "agreed with operations", Location("shop/migrations/0003_a.py", Span(5, 1, 5, 20))
    ),
)

RICH = Report(
    findings=(UNREADABLE, UNUSED, LEAVES, REWRITE, DEFAULT, ONE_WAY),
    suppressed=(HIDDEN,),
    rules=(
        RuleInfo("MIG501", "irreversible-run-python", Severity.WARNING),
        RuleInfo("MIG001", "unreadable-migration", Severity.ERROR),
        RuleInfo("MIG002", "unanalysed-operation", Severity.INFO),
        RuleInfo("MIG003", "unused-suppression", Severity.WARNING),
        RuleInfo("MIG101", "multiple-leaf-nodes", Severity.ERROR),
        RuleInfo("MIG201", "not-null-without-default", Severity.ERROR),
        RuleInfo("MIG301", "rewriting-add-field", Severity.ERROR),
        RuleInfo("MIG502", "irreversible-run-sql", Severity.WARNING),
    ),
    migrations=12,
    apps=3,
    in_scope=12,
    unreadable=1,
    unanalysed=(
        Unanalysed(
            MigrationKey("shop", "0002_order"),
            Location("shop/migrations/0002_order.py", Span(9, 9, 9, 40)),
            "The operation is built by a function of another package.",
            operation="0",
        ),
    ),
    notices=(Notice("The folder 'private' could not be read: permission denied."),),
    assumptions=(ASSUMED,),
    sources={"shop/migrations/0003_a.py": LEAF_A, "shop/migrations/0003_b.py": LEAF_B},
    exit_code=1,
)

CLEAN = Report(findings=(), migrations=12, apps=3, in_scope=12, assumptions=(ASSUMED,))
EMPTY = Report(findings=(), paths=("src",))

_PAGES = {
    rule.code: RulePage(
        rule.code,
        rule.name,
        "Says `what` is **wrong**. More of it.",
        f"# {rule.code} {rule.name}\n\nSays `what` is **wrong**. More of it.\n\n## Why\n\nBecause.\n",
    )
    for rule in RICH.rules
}


def pages(code: str) -> RulePage | None:
    return _PAGES.get(code)
