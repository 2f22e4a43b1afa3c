import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.lock_on_hot_table import LockOnHotTable

RULE = LockOnHotTable()
FIRST = """
CreateModel(
    "Order",
    [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, db_index=True))],
    options={"indexes": [Index(fields=["code"], name="by_code")]},
),
CreateModel("Line", [("id", models.BigAutoField(primary_key=True)), ("number", models.IntegerField())]),
"""
HOT = TableSizes(("shop_order",))
ADD = 'AddField("order", "note", models.TextField(null=True)),'
MORE = 'AddField("order", "more", models.TextField(null=True)),'
REFER = 'CreateModel("Item", [("order", models.ForeignKey("shop.Order", models.CASCADE))]),'


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


def test_only_tables_that_are_large_are_spoken_of():
    assert said(RULE, FIRST, ADD) == []
    assert said(RULE, FIRST, ADD, sizes=TableSizes(("shop_line",))) == []
    assert said(RULE, FIRST, ADD, sizes=TableSizes(counted={"shop_order": Counted(9, None)}, source="t.csv")) == []


@pytest.mark.parametrize(
    "body",
    [
        sql("SET lock_timeout = '2s'") + ADD,
        sql("SET LOCAL lock_timeout = '2s'") + ADD,
        sql("SET statement_timeout TO 5000") + ADD,
        sql("SET lock_timeout = '2s'; ALTER TABLE shop_order ADD COLUMN note text"),
        f"SeparateDatabaseAndState(state_operations=[{ADD}]),",
        'AlterField("order", "code", models.CharField(max_length=9, db_index=True, verbose_name="c")),',
        sql("UPDATE shop_order SET code = '' WHERE id = 1"),
        sql("CREATE STATISTICS s ON code, id FROM shop_order"),
        'CreateModel("Big", []), AddField("big", "note", models.TextField(null=True)),',
    ],
)
def test_what_gives_up_waiting_or_blocks_nobody_is_fine(body):
    assert said(RULE, FIRST, body, sizes=TableSizes(("shop_order", "shop_big"))) == []


@pytest.mark.parametrize(
    "body",
    [
        'AddField("order", "token", models.UUIDField(db_default=RandomUUID())),',
        'AddIndex("order", Index(fields=["id"], name="by_id")),',
        'RemoveIndex("order", "by_code"),',
        'AddField("line", "order", models.ForeignKey("shop.Order", models.CASCADE, default=1)),',
        sql("TRUNCATE shop_order"),
        sql("LOCK TABLE shop_order"),
        sql("DROP INDEX by_code"),
    ],
)
def test_a_table_that_another_rule_speaks_of_is_not_told_twice(body):
    assert said(RULE, FIRST, body, sizes=HOT) == []


def test_a_lock_that_is_held_is_not_waited_for_again():
    assert said(RULE, FIRST, ADD + MORE, sizes=HOT) == ["0002 shop.order.note on shop_order"]


def test_a_stronger_lock_is_waited_for_again():
    told = said(RULE, FIRST, sql("CREATE TRIGGER t BEFORE INSERT ON shop_order EXECUTE FUNCTION f()") + ADD, sizes=HOT)
    assert told == ["0002 shop_order", "0002 shop.order.note on shop_order"]


def test_a_timeout_that_ends_with_its_transaction_is_over_in_the_next():
    body = sql("SET LOCAL lock_timeout = '2s'; COMMIT") + ADD
    assert said(RULE, FIRST, body, sizes=HOT) == ["0002 shop.order.note on shop_order"]


def test_databases_whose_locks_are_not_known_are_left_alone():
    assert said(RULE, FIRST, ADD, sizes=HOT, target=target("mysql", 8, 0)) == []


def test_a_short_lock_says_table_evidence_version_and_who_queues():
    (finding,) = found(RULE, FIRST, ADD, sizes=HOT)
    assert finding.message == (
        "This takes ACCESS EXCLUSIVE on 'shop_order' (listed as large) on PostgreSQL 14 without a lock_timeout: while "
        "it waits for a long query to end, reads and writes queue behind it."
    )
    assert finding.hint == (
        "SET LOCAL lock_timeout = '2s' in a RunSQL before it; run the migration again where it gives up."
    )
    assert str(finding.severity) == "warning"


def test_a_table_that_is_counted_as_large_is_one():
    sizes = TableSizes(counted={"shop_order": Counted(12_000_000, None)}, source="tables.csv")
    (finding,) = found(RULE, FIRST, ADD, sizes=sizes)
    assert "'shop_order' (12,000,000 rows by tables.csv)" in finding.message


def test_the_target_of_a_new_foreign_key_is_locked_too():
    (finding,) = found(RULE, FIRST, REFER, sizes=HOT)
    assert "takes SHARE ROW EXCLUSIVE on 'shop_order'" in finding.message
    assert "writes queue behind it" in finding.message


def test_what_django_leaves_for_the_end_waits_only_where_nothing_holds_the_lock():
    assert said(RULE, FIRST, REFER + ADD, sizes=HOT) == ["0002 shop.order.note on shop_order"]


def test_a_danger_to_a_small_table_does_not_speak_for_the_large_one():
    sizes = TableSizes(("shop_order",), counted={"shop_line": Counted(9, None)}, source="t.csv")
    body = ADD + 'AlterField("line", "number", models.BigIntegerField()),'
    assert said(RULE, FIRST, body, sizes=sizes) == ["0002 shop.order.note on shop_order"]
