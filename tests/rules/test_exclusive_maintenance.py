import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.exclusive_maintenance import ExclusiveMaintenance

RULE = ExclusiveMaintenance()
FIRST = """
CreateModel(
    "Order",
    [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9))],
    options={"indexes": [Index(fields=["code"], name="by_code")]},
),
CreateModel("Line", [("order", models.ForeignKey("shop.Order", models.CASCADE))]),
"""


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


@pytest.mark.parametrize(
    "text",
    [
        "VACUUM shop_order",
        "ANALYZE shop_order",
        "REINDEX TABLE CONCURRENTLY shop_order",
        "LOCK TABLE shop_order IN SHARE UPDATE EXCLUSIVE MODE",
        "LOCK shop_order IN ROW EXCLUSIVE MODE",
        "DELETE FROM shop_order",
        "CREATE TABLE mine (id int); LOCK TABLE mine; TRUNCATE mine",
        "CREATE INDEX more ON shop_order (code)",
    ],
)
def test_what_keeps_no_writer_waiting_or_is_another_rules_is_fine(text):
    assert said(RULE, FIRST, sql(text)) == []


def test_a_table_of_the_same_migration_is_nobodys_yet():
    assert said(RULE, FIRST + sql("TRUNCATE shop_line")) == []


def test_databases_whose_locks_are_not_known_are_left_alone():
    assert said(RULE, FIRST, sql("TRUNCATE shop_line"), target=target("mysql", 8, 0)) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "VACUUM (FULL) shop_order",
            (
                "VACUUM FULL writes every row of 'shop_order' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and "
                "writes wait until it is through."
            ),
        ),
        (
            "CLUSTER shop_order USING by_code",
            (
                "CLUSTER writes every row of 'shop_order' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes "
                "wait until it is through."
            ),
        ),
        (
            "REINDEX INDEX by_code",
            (
                "REINDEX INDEX reads every row of 'shop_order' under SHARE on PostgreSQL 14: writes wait until it is "
                "through, and nearly every read with them, since planning one takes a lock on each index."
            ),
        ),
        (
            "LOCK TABLE shop_order",
            (
                "LOCK TABLE takes ACCESS EXCLUSIVE on 'shop_order' on PostgreSQL 14: reads and writes wait until the "
                "transaction is through."
            ),
        ),
        (
            "LOCK TABLE shop_order IN SHARE MODE",
            "LOCK TABLE takes SHARE on 'shop_order' on PostgreSQL 14: writes wait until the transaction is through.",
        ),
        (
            "TRUNCATE shop_order CASCADE",
            (
                "TRUNCATE takes ACCESS EXCLUSIVE on 'shop_line' and 'shop_order' on PostgreSQL 14: reads and writes "
                "wait until the transaction is through."
            ),
        ),
    ],
)
def test_each_says_what_it_takes_and_who_waits(text, message):
    (finding,) = found(RULE, FIRST, sql(text))
    assert finding.message == message
    assert str(finding.severity) == "error"
    assert finding.hint


def test_a_server_that_cannot_reindex_concurrently_is_not_offered_it():
    (finding,) = found(RULE, FIRST, sql("REINDEX TABLE shop_order"), target=target("postgresql", 11))
    assert finding.hint == (
        "Build a second index with CREATE INDEX CONCURRENTLY, then DROP INDEX CONCURRENTLY the old one."
    )


def test_a_small_table_is_through_at_once_but_a_lock_lasts_as_long_as_the_transaction():
    small = TableSizes(counted={name: Counted(9, None) for name in ("shop_order", "shop_line")}, source="t.csv")
    assert [str(one.severity) for one in found(RULE, FIRST, sql("TRUNCATE shop_line"), sizes=small)] == ["info"]
    assert [str(one.severity) for one in found(RULE, FIRST, sql("LOCK shop_line"), sizes=small)] == ["error"]
