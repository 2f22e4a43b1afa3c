import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.validating_foreign_key import ValidatingForeignKey

MODELS = """
CreateModel("Author", [("id", models.AutoField(primary_key=True))]),
CreateModel("Editor", [("id", models.AutoField(primary_key=True))]),
CreateModel("Book", [
    ("id", models.AutoField(primary_key=True)),
    ("n", models.IntegerField()),
    ("author", models.ForeignKey("Author", models.CASCADE)),
    ("editor", models.ForeignKey("Editor", models.CASCADE, null=True, db_constraint=False)),
]),
"""
TAGS = 'CreateModel("Tag", [("id", models.AutoField(primary_key=True)), ("on", models.ManyToManyField("Author"))]),'
CONSTRAINT = 'AlterField("book", "editor", models.ForeignKey("Editor", models.CASCADE, null=True)),'
NULLABLE = 'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE, null=True)),'
FOREIGN_KEY = "ALTER TABLE shop_book ADD CONSTRAINT b_fk FOREIGN KEY (n) REFERENCES shop_author"


@pytest.mark.parametrize(
    "operations",
    [
        'CreateModel("Review", [("book", models.ForeignKey("Book", models.CASCADE))]),',
        (
            'CreateModel("Review", [("n", models.IntegerField())]), '
            'AddField("review", "book", models.ForeignKey("Book", models.CASCADE, default=1)),'
        ),
        'CreateModel("Novel", [], bases=("shop.Book",)),',
        'AddField("book", "reviewer", models.ForeignKey("Author", models.CASCADE, null=True)),',
        'AddField("book", "reviewer", models.OneToOneField("Author", models.CASCADE, null=True)),',
        'AddField("book", "authors", models.ManyToManyField("Author")),',
        'AddField("book", "r", models.ForeignKey("Author", models.CASCADE, default=1, db_constraint=False)),',
        'AlterField("book", "author", models.ForeignKey("Author", models.PROTECT, related_name="+", blank=True)),',
        'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE, verbose_name="writer")),',
        'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE, db_constraint=False)),',
        'AlterField("book", "author", models.IntegerField(db_column="author_id")),',
        'RemoveField("book", "author"),',
        'RenameField("book", "editor", "redactor"),',
        'AlterModelTable("author", "writers"),',
        f"SeparateDatabaseAndState(state_operations=[{NULLABLE}]),",
        f'RunSQL("{FOREIGN_KEY} NOT VALID"),',
        'RunSQL("ALTER TABLE shop_book ADD COLUMN x integer REFERENCES shop_author"),',
    ],
    ids=lambda text: text[:70],
)
def test_what_looks_no_row_up_is_fine(operations):
    assert found(ValidatingForeignKey(), MODELS, operations) == []


def test_nobody_waits_for_a_key_that_is_validated_by_itself():
    validate = 'RunSQL("ALTER TABLE shop_book VALIDATE CONSTRAINT b_fk"),'
    assert found(ValidatingForeignKey(), MODELS, f'RunSQL("{FOREIGN_KEY} NOT VALID"),', validate) == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(ValidatingForeignKey(), MODELS, CONSTRAINT + NULLABLE, new=("0001", "0002")) == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(ValidatingForeignKey(), MODELS, CONSTRAINT, target=target(vendor, version)) == []


def test_a_new_constraint_says_both_tables_and_keeps_writers_waiting():
    (finding,) = found(ValidatingForeignKey(), MODELS, CONSTRAINT)
    assert finding.message == (
        "Validating FOREIGN KEY (editor_id) REFERENCES shop_editor reads every row of 'shop_book' and 'shop_editor' "
        "under SHARE ROW EXCLUSIVE on PostgreSQL 14: writes wait until it is through."
    )
    assert finding.hint == (
        "RunSQL with ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY … NOT VALID, and this operation in its "
        "state_operations, and VALIDATE CONSTRAINT in the next migration, which reads the rows while everybody goes on."
    )
    assert [one.message for one in finding.related] == [
        "'shop_book' was made in shop.0001",
        "'shop_editor' was made in shop.0001",
    ]
    assert (finding.subject, str(finding.severity)) == ("shop.book.editor", "error")


def test_a_key_that_stays_what_it_is_says_that_django_makes_it_anew():
    (finding,) = found(ValidatingForeignKey(), MODELS, NULLABLE)
    assert finding.message == (
        "Validating FOREIGN KEY (author_id) REFERENCES shop_author reads every row of 'shop_book' and 'shop_author' "
        "under ACCESS EXCLUSIVE, which an earlier statement of this operation took, on PostgreSQL 14: reads and writes "
        "wait until it is through. The key itself stays: Django drops the constraint and adds it anew."
    )
    assert finding.hint == (
        'Leave the constraint alone: run just ALTER TABLE "shop_book" ALTER COLUMN "author_id" DROP NOT NULL by '
        "RunSQL, with this operation in its state_operations."
    )


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        (
            'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE, default=1)),',
            "Nothing in the database has to change: put this operation into the state_operations",
        ),
        (
            'RenameField("book", "author", "writer"),',
            'run just ALTER TABLE "shop_book" RENAME COLUMN "author_id" TO "writer_id" by RunSQL',
        ),
        (
            'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE, db_index=False)),',
            "run just DROP INDEX IF EXISTS",
        ),
        # The index that it builds, too, has a finding and a way of its own.
        (
            'AlterField("book", "author", models.OneToOneField("Author", models.CASCADE)),',
            "run just what else this operation does by RunSQL",
        ),
        # It refers to something else from now on.
        (
            'AlterField("book", "author", models.ForeignKey("Editor", models.CASCADE)),',
            "RunSQL with ALTER TABLE … DROP CONSTRAINT …, ADD CONSTRAINT … FOREIGN KEY … NOT VALID",
        ),
        (
            'AlterField("book", "n", models.ForeignKey("Author", models.CASCADE, db_column="n")),',
            "RunSQL with ALTER TABLE … ADD CONSTRAINT … FOREIGN KEY … NOT VALID",
        ),
        (
            'AddField("book", "r", models.ForeignKey("Author", models.CASCADE, default=1)),',
            "Add it with null=True and without a default",
        ),
        (f'RunSQL("{FOREIGN_KEY}"),', "ADD CONSTRAINT … FOREIGN KEY … NOT VALID here"),
        (
            'RunSQL("ALTER TABLE shop_book ADD COLUMN x integer DEFAULT 1 REFERENCES shop_author"),',
            "ADD COLUMN without REFERENCES, then ADD CONSTRAINT … FOREIGN KEY … NOT VALID here",
        ),
        (
            f'RunSQL("{FOREIGN_KEY} NOT VALID; ALTER TABLE shop_book VALIDATE CONSTRAINT b_fk"),',
            "Validate it in a migration of its own",
        ),
        (
            'AlterField("author", "id", models.BigAutoField(primary_key=True)),',
            "its column gets another type",
        ),
    ],
)
def test_each_operation_is_offered_what_fits_it(operation, advice):
    (finding,) = found(ValidatingForeignKey(), MODELS, operation)
    assert advice in finding.hint


def test_a_renamed_model_is_one_finding_for_all_that_refers_to_it():
    (finding,) = found(ValidatingForeignKey(), MODELS + TAGS, 'RenameModel("Author", "Writer"),')
    assert finding.message.startswith(
        "Validating FOREIGN KEY (author_id) REFERENCES shop_writer and FOREIGN KEY (writer_id) REFERENCES shop_writer "
        "reads every row of 'shop_book', 'shop_author' and 'shop_tag_on' under ACCESS EXCLUSIVE"
    )
    assert "Django drops the constraints and adds them anew" in finding.message
    assert 'ALTER TABLE "shop_author" RENAME TO "shop_writer"; ALTER TABLE "shop_tag_on" RENAME COLUMN' in finding.hint


def test_many_keys_are_counted():
    fields = ", ".join(f'("f{n}", models.ForeignKey("Author", models.CASCADE, related_name="r{n}"))' for n in range(5))
    many = f'CreateModel("Many", [{fields}]),'
    (finding,) = found(ValidatingForeignKey(), MODELS + many, 'RenameModel("Author", "Writer"),')
    assert finding.message.startswith("Validating 6 foreign keys reads every row of 'shop_book', 'shop_author' and ")


def test_a_many_to_many_field_that_refers_to_something_else_is_one():
    alter = 'AlterField("tag", "on", models.ManyToManyField("Editor")),'
    assert said(ValidatingForeignKey(), MODELS + TAGS, alter) == ["0002 shop.tag.on"]


def test_a_script_is_judged_key_by_key():
    script = f"{FOREIGN_KEY}; ALTER TABLE shop_book ADD FOREIGN KEY (editor_id) REFERENCES shop_editor"
    assert said(ValidatingForeignKey(), MODELS, f'RunSQL("{script}"),') == [
        "0002 shop_book, shop_author",
        "0002 shop_book, shop_editor",
    ]


def test_the_larger_table_counts():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000), "shop_author": Counted(5, 8_000)}, source="t.csv")
    (finding,) = found(ValidatingForeignKey(), MODELS, NULLABLE, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(ValidatingForeignKey(), MODELS, NULLABLE, sizes=TableSizes(("shop_author",)))
    assert "every row of 'shop_book' and 'shop_author' (listed as large) under" in finding.message
    assert str(finding.severity) == "error"


def test_of_many_tables_three_are_named_the_large_ones_first():
    key = '("author", models.ForeignKey("Author", models.CASCADE))'
    many = "".join(f'CreateModel("M{number}", [{key}]),\n' for number in range(6))
    rename = 'RenameModel("Author", "Writer"),'
    (finding,) = found(ValidatingForeignKey(), MODELS + many, rename, sizes=TableSizes(("shop_m5",)))
    assert (
        "reads every row of 'shop_m5' (listed as large), 'shop_book', 'shop_author' and 5 more under" in finding.message
    )
    assert len(finding.message) < 450
    assert len(finding.related) == 4
