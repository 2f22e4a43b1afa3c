import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.scanning_set_not_null import ScanningSetNotNull

MODELS = """
CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
CreateModel("Book", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField(null=True)),
    ("note", models.TextField(null=True)),
    ("author", models.ForeignKey("Author", models.CASCADE, null=True)),
    ("title", models.TextField()),
]),
"""
REQUIRED = 'AlterField("book", "n", models.IntegerField()),'
NOT_VALID = 'AddConstraintNotValid("book", CheckConstraint(condition=Q(n__isnull=False), name="b_n")),'
VALIDATE = 'ValidateConstraint("book", "b_n"),'


@pytest.mark.parametrize(
    "operations",
    [
        'AlterField("book", "title", models.TextField(default="")),',
        'AlterField("book", "title", models.TextField(null=True)),',
        'AlterField("book", "n", models.IntegerField(null=True, default=1)),',
        'AddField("book", "extra", models.IntegerField(default=0)),',
        'AddField("book", "extra", models.IntegerField(db_default=0)),',
        'CreateModel("Shop", [("n", models.IntegerField(null=True))]), ' + REQUIRED.replace("book", "shop"),
        f"SeparateDatabaseAndState(state_operations=[{REQUIRED}]),",
        'RunSQL("ALTER TABLE shop_book ALTER COLUMN title SET NOT NULL"),',
        # The rows are written anew, which is another rule's finding.
        'AlterField("book", "n", models.BigIntegerField()),',
    ],
    ids=lambda text: text[:70],
)
def test_what_has_no_row_to_look_at_is_fine(operations):
    assert found(ScanningSetNotNull(), MODELS, operations) == []


@pytest.mark.parametrize(
    "check",
    [
        "n IS NOT NULL",
        "(n IS NOT NULL)",
        "n IS NOT NULL AND n > 0",
        '"n" IS NOT NULL',
        "NOT (n IS NULL)",
    ],
)
def test_a_validated_check_proves_it(check):
    add = f"RunSQL('ALTER TABLE shop_book ADD CONSTRAINT b_n CHECK ({check}) NOT VALID'),"
    validate = 'RunSQL("ALTER TABLE shop_book VALIDATE CONSTRAINT b_n"),'
    assert found(ScanningSetNotNull(), MODELS, add, validate, REQUIRED) == []


def test_djangos_own_operations_prove_it():
    assert found(ScanningSetNotNull(), MODELS, NOT_VALID, VALIDATE, REQUIRED) == []
    foreign_key = 'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE)),'
    proof = NOT_VALID.replace("n__isnull", "author__isnull")
    assert found(ScanningSetNotNull(), MODELS, proof, VALIDATE, foreign_key) == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(ScanningSetNotNull(), MODELS, REQUIRED, new=("0001", "0002")) == []


def test_a_table_that_django_does_not_manage_keeps_nobody_waiting():
    legacy = 'CreateModel("Legacy", [("n", models.IntegerField(null=True))], options={"managed": False}),'
    assert found(ScanningSetNotNull(), MODELS + legacy, REQUIRED.replace("book", "legacy")) == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(ScanningSetNotNull(), MODELS, REQUIRED, target=target(vendor, version)) == []


def test_table_lock_version_and_the_way_to_prove_it_are_said():
    (finding,) = found(ScanningSetNotNull(), MODELS, REQUIRED)
    assert finding.message == (
        "Making 'n' NOT NULL reads every row of 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes "
        "wait until it is through, to see that none of them holds NULL."
    )
    assert finding.hint == (
        "First prove it: AddConstraintNotValid with CheckConstraint(condition=Q(n__isnull=False), name=…), and "
        "ValidateConstraint in the next migration, which reads the rows while everybody goes on. Then SET NOT NULL "
        "reads nothing; drop the check after it."
    )
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]
    assert (finding.subject, str(finding.severity)) == ("shop.book.n", "warning")


def test_a_check_that_waits_for_its_validation_is_named():
    (finding,) = found(ScanningSetNotNull(), MODELS, NOT_VALID, REQUIRED)
    assert finding.hint == (
        "The check 'b_n' proves nothing while it is NOT VALID: ValidateConstraint('b_n') in a migration before. Then "
        "SET NOT NULL reads nothing; drop the check after it."
    )


def test_a_proof_that_goes_with_the_same_statement_is_gone_before():
    one = "ALTER TABLE shop_book ALTER COLUMN n SET NOT NULL, DROP CONSTRAINT b_n"
    assert said(ScanningSetNotNull(), MODELS, NOT_VALID, VALIDATE, f'RunSQL("{one}"),') == ["0004 shop_book"]
    two = "ALTER TABLE shop_book ALTER COLUMN n SET NOT NULL; ALTER TABLE shop_book DROP CONSTRAINT b_n"
    assert said(ScanningSetNotNull(), MODELS, NOT_VALID, VALIDATE, f'RunSQL("{two}"),') == []


@pytest.mark.parametrize("check", ["n > 0", "n IS NOT NULL OR note IS NOT NULL"])
def test_another_check_proves_nothing(check):
    add = f'RunSQL("ALTER TABLE shop_book ADD CONSTRAINT b_n CHECK ({check})"),'
    assert said(ScanningSetNotNull(), MODELS, add, REQUIRED) == ["0003 shop.book.n"]


@pytest.mark.parametrize(
    ("version", "django", "advice"),
    [
        (11, (4, 2), "PostgreSQL 11 reads the rows whatever is known of them"),
        (12, (3, 2), "First prove it: RunSQL with ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID"),
        (14, (4, 2), "First prove it: AddConstraintNotValid with CheckConstraint(check=Q(n__isnull=False), name=…)"),
    ],
)
def test_each_version_is_offered_what_it_has(version, django, advice):
    (finding,) = found(ScanningSetNotNull(), MODELS, REQUIRED, target=target("postgresql", version, django=django))
    assert finding.hint.startswith(advice)


def test_postgresql_11_believes_no_check():
    old = target("postgresql", 11, django=(4, 2))
    check = NOT_VALID.replace("condition", "check")
    assert said(ScanningSetNotNull(), MODELS, check, VALIDATE, REQUIRED, target=old) == ["0004 shop.book.n"]


def test_a_default_that_django_fills_in_is_better_left_to_sql():
    (finding,) = found(ScanningSetNotNull(), MODELS, 'AlterField("book", "n", models.IntegerField(default=0)),')
    assert finding.hint.endswith(
        "Then ALTER COLUMN … SET NOT NULL by RunSQL, with this operation in its state_operations, reads nothing: the "
        "UPDATE with which Django fills in the default would read every row all the same."
    )


def test_a_script_says_all_columns_of_a_table_at_once():
    script = "ALTER TABLE shop_book ALTER n SET NOT NULL; ALTER TABLE shop_book ALTER note SET NOT NULL"
    (finding,) = found(ScanningSetNotNull(), MODELS, f'RunSQL("{script}"),')
    assert finding.message.startswith("Making 'n' and 'note' NOT NULL reads every row of 'shop_book'")
    assert finding.hint.startswith("First prove it: RunSQL with ADD CONSTRAINT … CHECK (… IS NOT NULL) NOT VALID")


def test_a_primary_key_over_a_column_that_takes_null_reads_the_rows():
    index = 'RunSQL("CREATE UNIQUE INDEX CONCURRENTLY b_pk ON shop_book (n)"),'
    key = 'RunSQL("ALTER TABLE shop_book DROP CONSTRAINT shop_book_pkey, ADD PRIMARY KEY USING INDEX b_pk"),'
    assert said(ScanningSetNotNull(), MODELS, index, key) == ["0003 shop_book"]


def test_the_larger_the_table_the_worse():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000)}, source="tables.csv")
    (finding,) = found(ScanningSetNotNull(), MODELS, REQUIRED, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(ScanningSetNotNull(), MODELS, REQUIRED, sizes=TableSizes(("shop_book",)))
    assert "'shop_book' (listed as large)" in finding.message
    assert str(finding.severity) == "error"
