import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.validating_check import ValidatingCheck

MODELS = """
CreateModel("Book", [
    ("id", models.BigAutoField(primary_key=True)),
    ("n", models.IntegerField()),
    ("pages", models.PositiveIntegerField()),
]),
"""
CHECK = 'CheckConstraint(condition=Q(n__gt=0), name="b_ck")'
ADD = f'AddConstraint("book", {CHECK}),'
NOT_VALID = f'AddConstraintNotValid("book", {CHECK}),'
VALIDATE = 'ValidateConstraint("book", "b_ck"),'
DJANGO_3 = target("postgresql", 12, django=(3, 2))


@pytest.mark.parametrize(
    "operations",
    [
        f'CreateModel("Shop", [("n", models.IntegerField())]), AddConstraint("shop", {CHECK}),',
        'CreateModel("Shop", [("n", models.PositiveIntegerField())]),',
        f"SeparateDatabaseAndState(state_operations=[{ADD}]),",
        NOT_VALID,
        'RunSQL("ALTER TABLE shop_book ADD CONSTRAINT b_ck CHECK (n > 0) NOT VALID"),',
        'RunSQL("CREATE TABLE t (n integer); ALTER TABLE t ADD CHECK (n > 0)"),',
        'RunSQL("ALTER TABLE shop_book DROP CONSTRAINT shop_book_pages_check"),',
        'AlterField("book", "pages", models.IntegerField()),',
        'AlterField("book", "pages", models.PositiveIntegerField(default=1)),',
        # Other rules' findings.
        'AddConstraint("book", UniqueConstraint(fields=["n"], name="b_uq")),',
        'AddField("book", "extra", models.PositiveIntegerField(null=True)),',
    ],
)
def test_what_verifies_no_row_of_a_table_in_use_is_fine(operations):
    assert found(ValidatingCheck(), MODELS, operations) == []


def test_nobody_waits_for_a_check_that_is_validated_by_itself():
    assert found(ValidatingCheck(), MODELS, NOT_VALID, VALIDATE) == []
    script = 'RunSQL("ALTER TABLE shop_book VALIDATE CONSTRAINT b_ck"),'
    assert found(ValidatingCheck(), MODELS, NOT_VALID, script) == []


def test_what_was_validated_before_is_not_read_again():
    assert found(ValidatingCheck(), MODELS, NOT_VALID, VALIDATE, NOT_VALID.replace("b_ck", "c_ck") + VALIDATE) == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(ValidatingCheck(), MODELS, ADD, new=("0001", "0002")) == []


def test_a_table_that_django_does_not_manage_keeps_nobody_waiting():
    legacy = 'CreateModel("Legacy", [("n", models.IntegerField())], options={"managed": False}),'
    assert found(ValidatingCheck(), MODELS + legacy, f'AddConstraint("legacy", {CHECK}),') == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(ValidatingCheck(), MODELS, ADD, target=target(vendor, version)) == []


def test_a_check_says_what_it_is_and_who_waits():
    (finding,) = found(ValidatingCheck(), MODELS, ADD)
    assert finding.message == (
        "Verifying CHECK (\"n\" > 0) of 'b_ck' reads every row of 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: "
        "reads and writes wait until it is through."
    )
    assert finding.hint == (
        "Use AddConstraintNotValid here, and ValidateConstraint in the next migration, which reads the rows while "
        "everybody goes on."
    )
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]
    assert (finding.subject, str(finding.severity)) == ("shop.book", "error")


def test_a_long_check_goes_by_its_name():
    long = ADD.replace("Q(n__gt=0)", "Q(n__gt=0) & Q(pages__lt=1000000) & Q(pages__gt=100) | Q(n=-1)")
    (finding,) = found(ValidatingCheck(), MODELS, long)
    assert finding.message.startswith("Verifying the check 'b_ck' reads every row")


def test_validation_in_the_same_transaction_says_where_the_lock_is_from():
    (finding,) = found(ValidatingCheck(), MODELS, NOT_VALID + "\n" + VALIDATE)
    line = finding.location.span.line
    assert finding.message == (
        f"Validating 'b_ck' reads every row of 'shop_book' under ACCESS EXCLUSIVE, held since line {line - 1}, on "
        "PostgreSQL 14: reads and writes wait until it is through."
    )
    assert finding.hint.startswith("Validate it in a migration of its own")
    assert finding.subject == "shop.book.b_ck"


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        (
            'AlterField("book", "n", models.PositiveSmallIntegerField()),',
            (
                "Leave the check out of the field (a plain SmallIntegerField), and make it a CheckConstraint: "
                "AddConstraintNotValid here"
            ),
        ),
        (
            'RunSQL("ALTER TABLE shop_book ADD CHECK (n > 0)"),',
            "ADD CONSTRAINT … NOT VALID here, and VALIDATE CONSTRAINT in the next migration",
        ),
        (
            (
                'RunSQL("ALTER TABLE shop_book ADD CONSTRAINT c CHECK (n > 0) NOT VALID; '
                'ALTER TABLE shop_book VALIDATE CONSTRAINT c"),'
            ),
            "Validate it in a migration of its own",
        ),
    ],
)
def test_each_operation_is_offered_what_fits_it(operation, advice):
    assert any(finding.hint.startswith(advice) for finding in found(ValidatingCheck(), MODELS, operation))


def test_a_django_without_the_operations_is_offered_sql():
    (finding,) = found(ValidatingCheck(), MODELS, ADD.replace("condition", "check"), target=DJANGO_3)
    assert finding.hint.startswith("RunSQL with ADD CONSTRAINT … NOT VALID, and this operation in its state_operations")


def test_an_old_django_takes_a_fields_check_off_and_on_as_it_renames_the_column():
    rename = 'RenameField("book", "pages", "leaves"),'
    assert found(ValidatingCheck(), MODELS, rename) == []
    (finding,) = found(ValidatingCheck(), MODELS, rename, target=target("postgresql", 14, django=(4, 2)))
    assert finding.hint == (
        'Leave the check alone: run just ALTER TABLE "shop_book" RENAME COLUMN "pages" TO "leaves" by RunSQL, with '
        "this operation in its state_operations."
    )


def test_a_script_has_one_finding_for_a_table():
    script = "ALTER TABLE shop_book ADD CHECK (n > 0), ADD CHECK (n < 9); ALTER TABLE shop_book ADD CHECK (pages < 9)"
    assert said(ValidatingCheck(), MODELS, f'RunSQL("{script}"),') == ["0002 shop_book"]


def test_the_larger_the_table_the_worse():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000)}, source="tables.csv")
    (finding,) = found(ValidatingCheck(), MODELS, ADD, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(ValidatingCheck(), MODELS, ADD, sizes=TableSizes(("shop_book",)))
    assert "'shop_book' (listed as large)" in finding.message
    assert str(finding.severity) == "error"
