import pytest
from histories import found, said

from miglint.rules.renamed_column import RenamedColumn

RULE = RenamedColumn()
FIRST = """
    CreateModel("Author", []),
    CreateModel("Order", [
        ("count", models.IntegerField()),
        ("pinned", models.IntegerField(db_column="fixed")),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("authors", models.ManyToManyField("shop.Author")),
    ]),
"""
RENAME = 'RenameField("order", "count", "quantity"),'


@pytest.mark.parametrize(
    "operation",
    [
        'RenameField("order", "pinned", "other"),',
        'RenameField("order", "authors", "writers"),',
        'RenameField("order", "missing", "other"),',
        f'AlterField("order", "count", models.IntegerField(db_column="count")), {RENAME}',
        f'{RENAME} AlterField("order", "quantity", models.IntegerField(db_column="count")),',
        f'{RENAME} RenameField("order", "quantity", "count"),',
        f"SeparateDatabaseAndState(state_operations=[{RENAME}]),",
        'AddField("order", "x", models.IntegerField(null=True)), RenameField("order", "x", "y"),',
        'CreateModel("New", [("x", models.IntegerField())]), RenameField("new", "x", "y"),',
        'AlterField("order", "count", models.BigIntegerField()),',
        'AlterField("order", "count", models.IntegerField(db_column=env("COLUMN"))),',
        'AlterField("order", "author", models.IntegerField(db_column="author_id")),',
    ],
)
def test_a_column_that_keeps_its_name_or_that_nobody_reads_is_fine(operation):
    assert said(RULE, FIRST, operation) == []


def test_models_without_a_table_have_no_column():
    for options in ({"managed": False}, {"proxy": True}):
        first = f'CreateModel("Order", [("count", models.IntegerField())], options={options!r}),'
        assert said(RULE, first, RENAME) == []


def test_a_renamed_field_is_told_with_its_history():
    (finding,) = found(RULE, FIRST, RENAME)
    assert finding.message == (
        "Renaming 'shop_order.count' (there since shop.0001) to 'quantity' breaks the release that is still running: "
        "each of its queries on the table names the column."
    )
    assert finding.hint == (
        "Keep the column: AlterField('count') with db_column='count' before the rename, which then changes the model "
        "alone. Or add a new column, write both, and drop the old one two releases later."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.count", "warning")


@pytest.mark.parametrize(
    ("operation", "names"),
    [
        ('RenameField("order", "author", "writer"),', ("author_id", "writer_id")),
        ('AlterField("order", "count", models.IntegerField(db_column="n")),', ("count", "n")),
        ('AlterField("order", "pinned", models.IntegerField()),', ("fixed", "pinned")),
        ('AlterField("order", "author", models.IntegerField()),', ("author_id", "author")),
        (
            f"SeparateDatabaseAndState(database_operations=[{RENAME}], state_operations=[{RENAME}]),",
            ("count", "quantity"),
        ),
    ],
)
def test_what_counts_is_the_columns_name(operation, names):
    (finding,) = found(RULE, FIRST, operation)
    assert finding.message.startswith(
        f"Renaming 'shop_order.{names[0]}' (there since shop.0001) to '{names[1]}' breaks"
    )


def test_a_column_of_the_changeset_is_read_by_nobody():
    added, renamed = 'AddField("order", "x", models.IntegerField(null=True)),', 'RenameField("order", "x", "y"),'
    assert said(RULE, FIRST, added, renamed) == ["0003 shop.order.x"]
    assert said(RULE, FIRST, added, renamed, new=("0002", "0003")) == []


def test_a_column_that_sql_renames_is_told_with_the_statement():
    first = 'CreateModel("Order", [("note", models.TextField(null=True))]),'
    (finding,) = found(RULE, first, "RunSQL('ALTER TABLE shop_order RENAME note TO remark'),")
    assert finding.message == (
        "Renaming 'shop_order.note' (there since shop.0001) to 'remark' with RENAME COLUMN breaks the release that is "
        "still running: each of its queries on the table names the column."
    )
    assert finding.hint.startswith("Keep the column with db_column='note'.")
