import pytest
from histories import found, said

from miglint.rules.dropped_table import DroppedTable

RULE = DroppedTable()
FIRST = """
    CreateModel("Tag", []),
    CreateModel("Order", [
        ("note", models.TextField()),
        ("tags", models.ManyToManyField("shop.Tag")),
        ("marks", models.ManyToManyField("shop.Tag", through="shop.Mark")),
    ]),
    CreateModel("Mark", []),
    CreateModel("Stand", [], options={"proxy": True}, bases=("shop.order",)),
    CreateModel("Elsewhere", [], options={"managed": False}),
"""


@pytest.mark.parametrize(
    "operation",
    [
        'DeleteModel("Stand"),',
        'DeleteModel("Elsewhere"),',
        'DeleteModel("Missing"),',
        'SeparateDatabaseAndState(state_operations=[DeleteModel("Order")]),',
        'RemoveField("order", "note"),',
        'RemoveField("order", "marks"),',
        'SeparateDatabaseAndState(state_operations=[RemoveField("order", "tags")]),',
        'CreateModel("New", []), DeleteModel("New"),',
        'AddField("tag", "orders", models.ManyToManyField("shop.Order")), RemoveField("tag", "orders"),',
        'RemoveField("order", "tags"), AddField("order", "tags", models.ManyToManyField("shop.Mark")),',
    ],
)
def test_what_drops_no_table_that_is_used_is_fine(operation):
    assert said(RULE, FIRST, operation) == []


def test_a_table_of_the_changeset_is_used_by_nobody():
    made, deleted = 'CreateModel("New", []),', 'DeleteModel("New"),'
    assert said(RULE, FIRST, made, deleted) == ["0003 shop.new"]
    assert said(RULE, FIRST, made, deleted, new=("0002", "0003")) == []


def test_a_dropped_table_is_told_with_its_history():
    (finding,) = found(RULE, FIRST, 'DeleteModel("Order"),')
    assert finding.message == (
        "Dropping 'shop_order' (there since shop.0001) breaks the release that is still running, wherever it uses "
        "Order, deletions of what it refers to included."
    )
    assert [related.message for related in finding.related] == ["Order was created here"]
    assert (finding.subject, str(finding.severity)) == ("shop.order", "warning")


def test_a_many_to_many_field_is_a_table():
    (finding,) = found(RULE, FIRST, 'RemoveField("order", "tags"),')
    assert finding.message == (
        "Removing the many-to-many field 'tags' drops 'shop_order_tags' (there since shop.0001), which breaks the "
        "release that is still running."
    )
    assert finding.subject == "shop.order.tags"


def test_a_model_that_was_unmanaged_at_first_has_the_table_that_it_is_said_to_have():
    managed = 'AlterModelOptions("elsewhere", {}),'
    assert said(RULE, FIRST, managed, 'DeleteModel("Elsewhere"),') == ["0003 shop.elsewhere"]


def test_a_table_that_sql_drops_is_told_with_the_statement():
    first = 'CreateModel("Tag", []), CreateModel("Order", [("tags", models.ManyToManyField("shop.Tag"))]),'
    both = found(RULE, first, "RunSQL('DROP TABLE IF EXISTS shop_order, shop_order_tags, legacy CASCADE'),")
    assert [finding.subject for finding in both] == ["shop_order", "shop_order_tags"]
    assert both[0].message == (
        "Dropping 'shop_order' (there since shop.0001) with DROP TABLE breaks the release that is still running: its "
        "queries name the table."
    )
    assert found(RULE, first, "RunSQL('TRUNCATE shop_order_tags'),") == []
