import pytest
from histories import found, said

from miglint.rules.state_only_removal import StateOnlyRemoval

RULE = StateOnlyRemoval()
FIRST = """
    CreateModel("Author", []),
    CreateModel("Order", [
        ("number", models.BigAutoField(primary_key=True)),
        ("fax", models.CharField(max_length=20, default="")),
        ("note", models.TextField(null=True)),
        ("state", models.TextField(db_default="new")),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("authors", models.ManyToManyField("shop.Author")),
        ("odd", shop.fields.Odd()),
    ]),
"""


def forget(name: str, more: str = "", database: str = "") -> str:
    removal = f'RemoveField("order", "{name}")'
    return f"SeparateDatabaseAndState(database_operations=[{database}], state_operations=[{removal}, {more}]),"


@pytest.mark.parametrize("name", ["number", "note", "state", "authors", "odd", "missing"])
def test_a_column_that_an_insert_may_leave_out_can_stay(name):
    assert said(RULE, FIRST, forget(name)) == []


@pytest.mark.parametrize(
    "operations",
    [
        'RemoveField("order", "fax"),',
        forget("fax", 'AddField("order", "telefax", models.CharField(max_length=20, db_column="fax"))'),
        forget("fax", 'DeleteModel("Order")'),
        forget("fax", database='RemoveField("order", "fax")'),
        forget("fax", database='RunSQL("ALTER TABLE shop_order DROP COLUMN fax")'),
        forget("fax", database="RunPython(drop)"),
        'RunSQL("ALTER TABLE shop_order DROP fax", state_operations=[RemoveField("order", "fax")]),',
        "RunSQL(\"ALTER TABLE shop_order ALTER fax SET DEFAULT ''\")," + forget("fax"),
        'RunSQL(read("drop.sql")),' + forget("fax"),
    ],
)
def test_a_column_that_something_sees_to_is_fine(operations):
    assert said(RULE, FIRST, operations) == []


def test_a_column_that_is_seen_to_before_or_dropped_later_is_fine():
    nullable = 'AlterField("order", "fax", models.CharField(max_length=20, null=True)),'
    assert said(RULE, FIRST, nullable, forget("fax")) == []
    assert said(RULE, FIRST, forget("fax"), 'RunSQL(["SELECT 1", "ALTER TABLE shop_order DROP COLUMN fax"]),') == []


def test_models_without_a_table_have_no_column():
    first = FIRST + 'AlterModelOptions("order", {"managed": False}),'
    assert said(RULE, first, forget("fax")) == []


def test_a_required_column_that_is_forgotten_is_told_with_its_history():
    (finding,) = found(RULE, FIRST, forget("fax"))
    assert finding.message == (
        "'shop_order.fax' leaves the state and stays in the database, NOT NULL and without a default there: the code "
        "that goes with this migration cannot INSERT into the table."
    )
    assert finding.hint == (
        "First make it take NULL, or give it a db_default, with AlterField in a migration before this one."
    )
    assert [related.message for related in finding.related] == ["'fax' is NOT NULL without a database default here"]
    assert (finding.subject, str(finding.severity)) == ("shop.order.fax", "error")


def test_sql_that_speaks_of_something_else_sees_to_nothing():
    assert said(RULE, FIRST, 'RunSQL("ANALYZE"),', forget("fax")) == ["0003 shop.order.fax"]


def test_a_foreign_key_is_its_column():
    (finding,) = found(RULE, FIRST, forget("author"))
    assert finding.message.startswith("'shop_order.author_id' leaves the state")
