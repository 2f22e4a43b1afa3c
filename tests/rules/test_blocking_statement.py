from typing import get_args

import pytest
from histories import found, said
from written import target

from miglint.effects.effect import Cause
from miglint.facts.sizes import Counted, TableSizes
from miglint.rules import ALL_RULES
from miglint.rules.base import LockRule
from miglint.rules.blocking_statement import BlockingStatement

RULE = BlockingStatement()
FIRST = """
CreateModel(
    "Order",
    [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, null=True))],
),
CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())]),
RunSQL("CREATE DOMAIN code AS text; CREATE TABLE coded (code code)"),
RunSQL("CREATE MATERIALIZED VIEW codes AS SELECT DISTINCT code FROM shop_order"),
RunSQL("CREATE TABLE event (day date) PARTITION BY RANGE (day); CREATE TABLE old (day date)"),
"""
ADD = 'AddField("order", "note", models.TextField(null=True)),'
FILL = "RunSQL(\"UPDATE shop_order SET code = ''\"),"
NOT_NULL = 'AlterField("order", "code", models.CharField(max_length=9, default="x")),'
ATTACH = "ALTER TABLE event ATTACH PARTITION old FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')"
BOUNDS = "CHECK (day IS NOT NULL AND day >= '2020-01-01' AND day < '2021-01-01')"


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


def test_each_cause_is_one_rules():
    claimed = [cause for rule in ALL_RULES if issubclass(rule, LockRule) for cause in rule.causes]
    assert sorted(claimed) == sorted(get_args(Cause))


@pytest.mark.parametrize(
    "bodies",
    [
        (FILL,),
        (FILL + ADD,),
        (ADD, FILL),
        (ADD + sql("SELECT 1"),),
        (ADD + sql("UPDATE shop_order SET code = '' WHERE id = 1"),),
        (ADD + "RunPython(RunPython.noop),",),
        (sql("CREATE INDEX CONCURRENTLY i ON shop_order (code)"),),
        (sql("ALTER DOMAIN code ADD CONSTRAINT c CHECK (VALUE > '') NOT VALID"),),
        (sql("ALTER TABLE shop_order SET (fillfactor = 70)"),),
        (
            sql(f"ALTER TABLE old ADD CONSTRAINT b {BOUNDS} NOT VALID"),
            sql("ALTER TABLE old VALIDATE CONSTRAINT b; " + ATTACH),
        ),
        ('CreateModel("New", [("n", models.IntegerField())]),' + sql("UPDATE shop_new SET n = 1"),),
    ],
)
def test_what_keeps_nobody_waiting_for_rows_is_fine(bodies):
    assert said(RULE, FIRST, *bodies) == []


def test_what_other_rules_claim_is_left_to_them():
    assert said(RULE, FIRST, 'AddIndex("order", Index(fields=["code"], name="i")),') == []
    assert said(RULE, FIRST, 'AlterField("line", "number", models.BigIntegerField()),') == []
    assert said(RULE, FIRST, sql("ALTER TABLE shop_order ALTER COLUMN code SET NOT NULL")) == []


def test_databases_whose_locks_are_not_known_are_left_alone():
    assert said(RULE, FIRST, ADD + FILL, target=target("mysql", 8, 0)) == []


def test_a_table_that_is_read_while_another_is_locked_says_which():
    (finding,) = found(RULE, FIRST, ADD + "\n" + sql("SELECT * FROM shop_line"))
    line = finding.location.span.line - 1
    assert finding.message == (
        f"SELECT reads every row of 'shop_line' under ACCESS EXCLUSIVE of 'shop_order', held since line {line}, on "
        "PostgreSQL 14: reads and writes of 'shop_order' wait until it is through."
    )


def test_rows_written_under_an_earlier_lock_say_where_it_was_taken():
    (finding,) = found(RULE, FIRST, ADD + "\n" + FILL)
    assert finding.message.startswith("UPDATE reads every row of 'shop_order' under ACCESS EXCLUSIVE, held since line ")
    assert finding.message.endswith(", on PostgreSQL 14: reads and writes wait until it is through.")
    assert finding.hint.startswith("Move it to a migration of its own")
    assert (finding.subject, str(finding.severity)) == ("shop_order", "error")
    assert [one.message for one in finding.related] == [
        "'shop_order' was made in shop.0001",
        "ACCESS EXCLUSIVE is taken here, and held to the end of the transaction",
    ]


def test_rows_that_python_reads_or_writes_count_too():
    code = """
def work(apps, schema_editor):
    apps.get_model("shop", "Order").objects.update(code="")
"""
    assert said(RULE, FIRST, ADD + "RunPython(work),", code=code) == ["0002 shop_order"]
    assert said(RULE, FIRST, "RunPython(work)," + ADD, code=code) == []


def test_the_default_that_django_puts_in_place_of_null_counts_too():
    (finding,) = found(RULE, FIRST, NOT_NULL)
    assert finding.message.startswith(
        "The UPDATE that Django runs for the default reads every row of 'shop_order' under"
    )
    assert "this operation among its state_operations" in finding.hint


@pytest.mark.parametrize(
    ("text", "begins", "severity"),
    [
        ("REFRESH MATERIALIZED VIEW codes", "REFRESH MATERIALIZED VIEW writes every row of 'codes' and reads", "error"),
        (
            "REFRESH MATERIALIZED VIEW CONCURRENTLY codes",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY reads every row of 'codes' and 'shop_order' under EXCLUSIVE",
            "warning",
        ),
        (ATTACH, "Verifying the bounds reads every row of 'old' under ACCESS EXCLUSIVE", "error"),
        (
            "ALTER DOMAIN code ADD CONSTRAINT c CHECK (VALUE > '')",
            "Verifying the domain 'code' reads every row of 'coded' under SHARE",
            "error",
        ),
        ("ALTER TABLE shop_order SET UNLOGGED", "SET UNLOGGED writes every row of 'shop_order'", "error"),
    ],
)
def test_each_statement_says_what_it_does_to_which_rows(text, begins, severity):
    (finding,) = found(RULE, FIRST, sql(text))
    assert finding.message.startswith(begins)
    assert str(finding.severity) == severity
    assert finding.hint


def test_a_check_that_is_not_validated_proves_nothing():
    assert said(RULE, FIRST, sql(f"ALTER TABLE old ADD CONSTRAINT b {BOUNDS} NOT VALID"), sql(ATTACH)) == ["0003 old"]


def test_nobody_notices_a_small_table():
    small = TableSizes(counted={"shop_order": Counted(9, None)}, source="t.csv")
    assert [str(one.severity) for one in found(RULE, FIRST, ADD + FILL, sizes=small)] == ["info"]
