import pytest
from histories import found, said

from miglint.rules.dropped_column import DroppedColumn

RULE = DroppedColumn()
FIRST = """
    CreateModel("Author", []),
    CreateModel("Order", [
        ("note", models.TextField(null=True)),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("authors", models.ManyToManyField("shop.Author")),
        ("odd", shop.fields.Odd()),
    ], options={"order_with_respect_to": "author"}),
"""
REMOVE = 'RemoveField("order", "note"),'


@pytest.mark.parametrize(
    "operation",
    [
        f"SeparateDatabaseAndState(state_operations=[{REMOVE}]),",
        'RemoveField("order", "authors"),',
        'RemoveField("order", "odd"),',
        'RemoveField("order", "missing"),',
        'RemoveField("missing", "note"),',
        'AddField("order", "x", models.TextField(null=True)), RemoveField("order", "x"),',
        'CreateModel("New", [("x", models.TextField())]), RemoveField("new", "x"),',
        f'{REMOVE} AddField("order", "note", models.IntegerField(null=True)),',
        f'AddField("order", "x", models.TextField(null=True)), {REMOVE} RenameField("order", "x", "note"),',
    ],
)
def test_what_the_running_release_does_not_read_or_finds_again_may_go(operation):
    assert said(RULE, FIRST, operation) == []


def test_models_without_a_table_have_no_column():
    for options in ({"managed": False}, {"proxy": True}):
        first = f'CreateModel("Order", [("note", models.TextField(null=True))], options={options!r}),'
        assert said(RULE, first, REMOVE) == []


def test_a_column_of_the_changeset_is_read_by_nobody():
    added, removed = 'AddField("order", "x", models.TextField(null=True)),', 'RemoveField("order", "x"),'
    assert said(RULE, FIRST, added, removed) == ["0003 shop.order.x"]
    assert said(RULE, FIRST, added, removed, new=("0003",)) == ["0003 shop.order.x"]
    assert said(RULE, FIRST, added, removed, new=("0002", "0003")) == []


def test_a_dropped_column_is_told_with_its_history():
    renamed = 'RenameField("order", "note", "remark"),'
    (finding,) = found(RULE, FIRST, renamed, 'RemoveField("order", "remark"),')
    assert finding.message == (
        "Dropping 'shop_order.remark' (there since shop.0001) breaks the release that is still running: each of its "
        "queries on the table names the column."
    )
    assert [(related.location.path, related.message) for related in finding.related] == [
        ("shop/migrations/0001.py", "'remark' was added here")
    ]
    assert (finding.subject, str(finding.severity)) == ("shop.order.remark", "warning")


def test_a_foreign_key_is_its_column():
    (finding,) = found(RULE, FIRST, 'RemoveField("Order", "author"),')
    assert "Dropping 'shop_order.author_id'" in finding.message


def test_database_operations_count():
    apart = f"SeparateDatabaseAndState(database_operations=[{REMOVE}], state_operations=[{REMOVE}]),"
    assert said(RULE, FIRST, apart) == ["0002 shop.order.note"]


def test_a_table_that_is_renamed_meanwhile_is_the_same():
    moved = 'RenameModel("Order", "Purchase"), RemoveField("purchase", "note"),'
    assert said(RULE, FIRST, moved) == ["0002 shop.purchase.note"]


def test_an_order_that_goes_takes_its_column_along():
    assert said(RULE, FIRST, 'AlterOrderWithRespectTo("order", None),') == ["0002 shop.order._order"]
    assert said(RULE, FIRST, 'AlterOrderWithRespectTo("author", None),') == []


def test_a_column_that_sql_drops_is_told_with_the_statement():
    sql = "RunSQL('ALTER TABLE shop_order DROP COLUMN note, DROP COLUMN legacy'),"
    (finding,) = found(RULE, FIRST, sql)
    assert finding.message == (
        "Dropping 'shop_order.note' (there since shop.0001) with DROP COLUMN breaks the release that is still running: "
        "each of its queries on the table names the column."
    )
    assert finding.subject == "shop_order.note"
    assert said(RULE, FIRST, f"SeparateDatabaseAndState(state_operations=[{REMOVE}]),", sql) == []
    assert said(RULE, FIRST, f"SeparateDatabaseAndState(database_operations=[{sql}]),") == ["0002 shop_order.note"]
