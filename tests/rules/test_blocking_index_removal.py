import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import TableSizes
from miglint.rules.blocking_index_removal import BlockingIndexRemoval

RULE = BlockingIndexRemoval()
FIRST = """
CreateModel(
    "Order",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("code", models.CharField(max_length=9, db_index=True)),
        ("name", models.CharField(max_length=9, unique=True)),
    ],
    options={"indexes": [Index(fields=["code"], name="by_code")]},
),
"""
REMOVE = 'RemoveIndex("order", "by_code"),'
DROP = 'RunSQL("DROP INDEX by_code"),'


@pytest.mark.parametrize(
    "body",
    [
        'RunSQL("DROP INDEX CONCURRENTLY by_code"),',
        'RunSQL("DROP INDEX no_such_index"),',
        'RemoveField("order", "code"),',
        'DeleteModel("Order"),',
        f"SeparateDatabaseAndState(state_operations=[{REMOVE}]),",
        'AlterField("order", "code", models.CharField(max_length=99, db_index=True)),',
        'CreateModel("Line", [], options={"indexes": [Index(fields=["id"], name="i")]}), RemoveIndex("line", "i"),',
        'RunSQL("CREATE TEMP TABLE t (id int); CREATE INDEX t_i ON t (id); DROP INDEX t_i"),',
    ],
)
def test_an_index_that_stays_or_goes_with_its_table_or_concurrently_is_fine(body):
    assert said(RULE, FIRST, body) == []


@pytest.mark.parametrize(
    "before", ["SET lock_timeout = '2s'", "SET LOCAL lock_timeout TO 500", "SET statement_timeout = 9"]
)
def test_who_gives_up_waiting_holds_nobody_up(before):
    assert said(RULE, FIRST, f'RunSQL("{before}"), {REMOVE}') == []


def test_databases_whose_locks_are_not_known_are_left_alone():
    assert said(RULE, FIRST, REMOVE, target=target("mysql", 8, 0)) == []


def test_removing_an_index_says_table_lock_version_and_who_waits():
    (finding,) = found(RULE, FIRST, REMOVE)
    assert finding.message == (
        "Dropping the index 'by_code' takes ACCESS EXCLUSIVE on 'shop_order' on PostgreSQL 14: for an instant, but "
        "while it waits for a long query to end, reads and writes queue behind it."
    )
    assert finding.hint == "Use RemoveIndexConcurrently, in a migration of its own with atomic = False."
    assert (str(finding.severity), finding.subject) == ("info", "shop.order.by_code")
    assert [one.message for one in finding.related] == ["'shop_order' was made in shop.0001"]


@pytest.mark.parametrize("before", [REMOVE, 'RemoveField("order", "name"),', 'RunSQL("LOCK TABLE shop_order"),'])
def test_a_lock_that_the_transaction_holds_already_is_waited_for_no_more(before):
    drop = 'AlterField("order", "code", models.CharField(max_length=9)),'
    assert said(RULE, FIRST, before + drop) == (["0002 shop.order.by_code"] if before == REMOVE else [])
    assert said(RULE, FIRST, before, drop)[-1] == "0003 shop.order.code"


def test_what_held_the_lock_and_gave_it_back_spares_nothing():
    body = f'RunSQL("ALTER TABLE shop_order ADD n int; COMMIT"), {REMOVE}'
    assert said(RULE, FIRST, body) == ["0002 shop.order.by_code"]


def test_both_indexes_of_a_field_are_one_finding():
    (finding,) = found(RULE, FIRST, 'AlterField("order", "code", models.CharField(max_length=9)),')
    assert finding.message.startswith("Dropping the indexes 'shop_order_code_")
    assert finding.hint.endswith("SET LOCAL lock_timeout = '2s' in a RunSQL before this operation.")


def test_sql_is_read():
    (finding,) = found(RULE, FIRST, DROP)
    assert finding.hint == "DROP INDEX CONCURRENTLY, as the only statement of its string, with atomic = False."
    assert said(RULE, FIRST, f"SeparateDatabaseAndState(database_operations=[{DROP}]),") == ["0002 shop_order"]


def test_a_timeout_that_is_taken_back_is_none():
    body = f'RunSQL("SET lock_timeout = 9; RESET lock_timeout"), {REMOVE}'
    assert said(RULE, FIRST, body) == ["0002 shop.order.by_code"]


def test_a_large_table_makes_it_a_warning():
    (finding,) = found(RULE, FIRST, REMOVE, sizes=TableSizes(("shop_order",)))
    assert "on 'shop_order' (listed as large) on" in finding.message
    assert str(finding.severity) == "warning"
