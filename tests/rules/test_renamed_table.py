import pytest
from histories import found, said

from miglint.rules.renamed_table import RenamedTable

RULE = RenamedTable()
FIRST = """
    CreateModel("Tag", []),
    CreateModel("Order", [
        ("note", models.TextField()),
        ("tags", models.ManyToManyField("shop.Tag")),
        ("held", models.ManyToManyField("shop.Tag", db_table="held")),
        ("marks", models.ManyToManyField("shop.Tag", through="shop.Mark")),
    ]),
    CreateModel("Mark", []),
    CreateModel("Plain", []),
    CreateModel("Pinned", [], options={"db_table": "pinned"}),
    CreateModel("Stand", [], options={"proxy": True}, bases=("shop.order",)),
    CreateModel("Elsewhere", [], options={"managed": False}),
"""


@pytest.mark.parametrize(
    "operation",
    [
        'RenameModel("Pinned", "Other"),',
        'RenameModel("Stand", "Other"),',
        'RenameModel("Elsewhere", "Other"),',
        'RenameModel("Missing", "Other"),',
        'SeparateDatabaseAndState(state_operations=[RenameModel("Order", "Other")]),',
        'RenameModel("Plain", "Other"), AlterModelTable("other", "shop_plain"),',
        'AlterModelTable("plain", "shop_plain"),',
        'AlterModelTable("plain", None),',
        'AlterModelTable("plain", env("TABLE")),',
        'RenameField("order", "note", "remark"),',
        'RenameField("order", "held", "kept"),',
        'RenameField("order", "marks", "signs"),',
        'AlterField("order", "tags", models.ManyToManyField("shop.Tag", blank=True, db_table="shop_order_tags")),',
        'CreateModel("New", []), RenameModel("New", "Newer"),',
        'AddField("plain", "tags", models.ManyToManyField("shop.Tag")), RenameField("plain", "tags", "labels"),',
    ],
)
def test_a_table_that_keeps_its_name_or_that_nobody_uses_is_fine(operation):
    assert said(RULE, FIRST, operation) == []


def test_a_table_of_the_changeset_is_used_by_nobody():
    made, renamed = 'CreateModel("New", []),', 'RenameModel("New", "Newer"),'
    assert said(RULE, FIRST, made, renamed) == ["0003 shop.new"]
    assert said(RULE, FIRST, made, renamed, new=("0002", "0003")) == []


def test_a_renamed_model_is_told_with_its_history():
    (finding,) = found(RULE, FIRST, 'RenameModel("Plain", "Other"),')
    assert finding.message == (
        "'shop_plain' (there since shop.0001) becomes 'shop_other': this breaks the release that is still running, "
        "which asks for the old name."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.plain", "warning")


def test_a_renamed_model_takes_its_many_to_many_tables_along():
    (finding,) = found(RULE, FIRST, 'RenameModel("Order", "Other"),')
    assert finding.message == (
        "'shop_order' (there since shop.0001) becomes 'shop_other'; the many-to-many table 'shop_order_tags' becomes "
        "'shop_other_tags'; the column of the many-to-many table 'held' that refers to Order is renamed: this breaks "
        "the release that is still running, which asks for the old names."
    )


def test_a_renamed_model_renames_a_column_in_the_many_to_many_tables_of_others():
    (finding,) = found(RULE, FIRST + 'AlterModelTable("tag", "tags"),', 'RenameModel("Tag", "Label"),')
    assert finding.message == (
        "The column of the many-to-many table 'shop_order_tags' that refers to Tag is renamed; the column of the "
        "many-to-many table 'held' that refers to Tag is renamed: this breaks the release that is still running, which "
        "asks for the old names."
    )


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ('AlterModelTable("plain", "plains"),', "'shop_plain' (there since shop.0001) becomes 'plains'"),
        ('AlterModelTable("pinned", None),', "'pinned' (there since shop.0001) becomes 'shop_pinned'"),
        (
            'RenameField("order", "tags", "labels"),',
            "The many-to-many table 'shop_order_tags' becomes 'shop_order_labels'",
        ),
        (
            'AlterField("order", "tags", models.ManyToManyField("shop.Tag", db_table="t")),',
            "The many-to-many table 'shop_order_tags' becomes 't'",
        ),
        (
            'AlterField("order", "tags", models.ManyToManyField("shop.Plain")),',
            "The column of the many-to-many table 'shop_order_tags' that refers to the other model is renamed",
        ),
        (
            'SeparateDatabaseAndState(database_operations=[AlterModelTable("plain", "plains")]),',
            "'shop_plain' (there since shop.0001) becomes 'plains'",
        ),
    ],
)
def test_every_way_to_rename_a_table_is_told(operation, change):
    (finding,) = found(RULE, FIRST, operation)
    assert finding.message == (f"{change}: this breaks the release that is still running, which asks for the old name.")


def test_a_table_that_sql_renames_or_moves_is_told_with_the_statement():
    (finding,) = found(RULE, FIRST, "RunSQL('ALTER TABLE shop_plain RENAME TO other'),")
    assert finding.message == (
        "'shop_plain' (there since shop.0001) becomes 'other' with RENAME TO: this breaks the release that is still "
        "running, which asks for the old name."
    )
    assert finding.subject == "shop_plain"
    assert said(RULE, FIRST, "RunSQL('ALTER TABLE shop_plain SET SCHEMA archive'),") == ["0002 shop_plain"]


def test_a_view_of_the_old_name_is_enough():
    view = "RunSQL('CREATE VIEW shop_plain AS SELECT * FROM shop_other'),"
    assert said(RULE, FIRST, f'RenameModel("Plain", "Other"), {view}') == []
    assert said(RULE, FIRST, f"RunSQL('ALTER TABLE shop_plain RENAME TO shop_other'), {view}") == []
