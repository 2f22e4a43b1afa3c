import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.rewriting_alter_field import RewritingAlterField

MODELS = """
CreateModel("Author", [("id", models.AutoField(primary_key=True))]),
CreateModel("Book", [
    ("id", models.AutoField(primary_key=True)),
    ("n", models.IntegerField()),
    ("title", models.CharField(max_length=50)),
    ("note", models.TextField()),
    ("price", models.DecimalField(max_digits=8, decimal_places=2)),
    ("slug", models.SlugField()),
    ("sku", models.CharField(max_length=10, unique=True)),
    ("shelf", models.CharField(max_length=10)),
    ("code", models.CharField(max_length=10)),
    ("author", models.ForeignKey("Author", models.CASCADE)),
    ("others", models.ManyToManyField("Author", related_name="+")),
],
options={
    "indexes": [Index(fields=["shelf"], name="b_shelf"), Index(fields=["n"], name="b_part", condition=~Q(note=""))],
    "constraints": [CheckConstraint(condition=~Q(code=""), name="b_code")],
}),
"""
BIG = 'AlterField("book", "n", models.BigIntegerField()),'


@pytest.mark.parametrize(
    "operations",
    [
        'AlterField("book", "title", models.CharField(max_length=90)),',
        'AlterField("book", "title", models.TextField()),',
        'AlterField("book", "slug", models.SlugField(max_length=90)),',
        'AlterField("book", "sku", models.CharField(max_length=20, unique=True)),',
        'AlterField("book", "price", models.DecimalField(max_digits=12, decimal_places=2)),',
        'AlterField("book", "title", models.CharField(max_length=50, db_collation="C")),',
        'AlterField("book", "n", models.IntegerField(choices=[(1, "one")], default=1, verbose_name="number")),',
        'AlterField("book", "n", models.IntegerField(null=True)),',
        'AlterField("book", "author", models.ForeignKey("Author", models.PROTECT)),',
        f"SeparateDatabaseAndState(state_operations=[{BIG}]),",
        'CreateModel("Shop", [("n", models.IntegerField())]), AlterField("shop", "n", models.BigIntegerField()),',
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN title TYPE varchar(60)"),',
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN n SET STATISTICS 100, ALTER COLUMN n SET DEFAULT 1"),',
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN code TYPE varchar(20), DROP CONSTRAINT b_code"),',
        # Other rules' findings.
        'AddField("book", "token", models.UUIDField(db_default=RandomUUID())),',
        'AlterField("book", "title", models.CharField(max_length=50, db_index=True)),',
    ],
    ids=lambda text: text[:70],
)
def test_what_touches_no_row_of_a_table_in_use_is_fine(operations):
    assert found(RewritingAlterField(), MODELS, operations) == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(RewritingAlterField(), MODELS, BIG, new=("0001", "0002")) == []


def test_a_table_that_django_does_not_manage_keeps_nobody_waiting():
    legacy = 'CreateModel("Legacy", [("n", models.IntegerField())], options={"managed": False}),'
    assert found(RewritingAlterField(), MODELS + legacy, BIG.replace("book", "legacy")) == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(RewritingAlterField(), MODELS, BIG, target=target(vendor, version)) == []


def test_the_column_and_both_types_are_said():
    (finding,) = found(RewritingAlterField(), MODELS, BIG)
    assert finding.message == (
        "Changing 'n' from integer to bigint writes every row of 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: "
        "reads and writes wait until it is through."
    )
    assert finding.hint == (
        "Add a second column of the new type, which takes NULL, have the application write both, fill the old rows in "
        "batches, and switch over in a later release."
    )
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]
    assert (finding.subject, str(finding.severity)) == ("shop.book.n", "error")


@pytest.mark.parametrize(
    "operation",
    [
        'AlterField("book", "n", models.SmallIntegerField()),',
        'AlterField("book", "n", models.CharField(max_length=9)),',
        'AlterField("book", "price", models.DecimalField(max_digits=8, decimal_places=4)),',
        'AlterField("book", "price", models.DecimalField(max_digits=6, decimal_places=2)),',
        'AlterField("book", "note", models.JSONField()),',
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN n TYPE bigint"),',
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN title TYPE varchar(60) USING lower(title)"),',
    ],
)
def test_whatever_writes_the_rows_is_flagged(operation):
    (finding,) = found(RewritingAlterField(), MODELS, operation)
    assert "writes every row of 'shop_book' under ACCESS EXCLUSIVE" in finding.message


def test_a_shorter_text_may_have_a_check_instead():
    (finding,) = found(RewritingAlterField(), MODELS, 'AlterField("book", "title", models.CharField(max_length=20)),')
    assert finding.message.startswith("Changing 'title' from varchar(50) to varchar(20) writes every row")
    assert "let a CHECK keep the length, NOT VALID first" in finding.hint


def test_a_key_lists_every_table_that_refers_to_it():
    key = 'AlterField("author", "id", models.BigAutoField(primary_key=True)),'
    (finding,) = found(RewritingAlterField(), MODELS, key)
    assert finding.message == (
        "Changing 'id' from integer to bigint, and the columns that refer to it, writes every row of 'shop_author', "
        "'shop_book_others' and 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes wait until it is "
        "through."
    )
    assert finding.hint.startswith("All 3 tables stay locked until the last one is written.")
    assert len(finding.related) == 3


def test_another_collation_builds_the_indexes_of_a_field_anew():
    collation = 'AlterField("book", "slug", models.SlugField(db_collation="C")),'
    (finding,) = found(RewritingAlterField(), MODELS, collation)
    assert finding.message == (
        "Building 'shop_book_slug_284cf2fa' and 'shop_book_slug_284cf2fa_like' anew reads every row of 'shop_book' "
        "under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes wait until it is through, because 'slug' becomes "
        "another type or collation."
    )
    assert finding.hint == (
        "Change the field with db_index=False here, which drops its index, and make one that stands in the model's "
        "Meta.indexes with AddIndexConcurrently in the next migration, with atomic = False."
    )


@pytest.mark.parametrize(
    ("operation", "message", "advice"),
    [
        (
            'AlterField("book", "shelf", models.CharField(max_length=10, db_collation="C")),',
            "Building 'b_shelf' anew",
            "Drop the index before (RemoveIndexConcurrently), change the column, and build the index again",
        ),
        (
            'AlterField("book", "sku", models.CharField(max_length=10, unique=True, db_collation="C")),',
            "Building 'shop_book_sku_cfa209c8_like' and 'shop_book_sku_key' anew",
            "Drop the constraint before, change the column, and make it again as MIG303 has it",
        ),
        (
            'AlterField("book", "code", models.CharField(max_length=20)),',
            "Verifying the check b_code on code anew",
            "RemoveConstraint, this operation, and AddConstraintNotValid with the same check, all in this migration",
        ),
        (
            'RunSQL("ALTER TABLE shop_book ALTER COLUMN code TYPE varchar(20)"),',
            "Verifying the check b_code on code anew",
            "DROP CONSTRAINT, this change, and ADD CONSTRAINT … NOT VALID with the same check",
        ),
        (
            'AlterField("book", "note", models.CharField()),',
            "Building 'b_part' anew",
            "Drop the index before",
        ),
    ],
)
def test_what_hangs_on_the_column_has_a_way_of_its_own(operation, message, advice):
    (finding,) = found(RewritingAlterField(), MODELS, operation)
    assert finding.message.startswith(f"{message} reads every row of 'shop_book'")
    assert finding.hint.startswith(advice)


def test_a_script_is_judged_table_by_table():
    author = "ALTER TABLE shop_author ALTER id TYPE bigint"
    script = f"ALTER TABLE shop_book ALTER n TYPE bigint, ALTER id TYPE bigint; {author}"
    (book, author) = found(RewritingAlterField(), MODELS, f'RunSQL("{script}"),')
    assert book.message.startswith("Changing 'n' and 'id' from integer to bigint writes every row of 'shop_book'")
    assert author.message.startswith("Changing 'id' from integer to bigint writes every row of 'shop_author'")
    assert said(RewritingAlterField(), MODELS, f'RunSQL("{script}"),') == ["0002 shop_book", "0002 shop_author"]


def test_the_largest_table_counts():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000)}, source="tables.csv")
    (finding,) = found(RewritingAlterField(), MODELS, BIG, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(RewritingAlterField(), MODELS, BIG, sizes=TableSizes(("shop_book",)))
    assert "'shop_book' (listed as large)" in finding.message
    assert str(finding.severity) == "error"
