import pytest
from factories import app, migration, project, site
from histories import found as history_found
from histories import said
from written import UNKNOWN, add_field, call, field, run_sql, separately, target

from miglint.facts.operations import CreateModel
from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.rewriting_add_field import RewritingAddField

ORDER = CreateModel(site=site(), name="Order", fields=(), options={}, bases=None, managers=None)
UUID = field("UUIDField", db_default=call("django.contrib.postgres.functions.RandomUUID"))
# Both migrations are of the changeset.
NEW = ("0001", "0002")
POSITIVE = field("PositiveBigIntegerField", null=True)


def found(*operations, first=(ORDER,), **more):
    migrations = (migration("shop.0001_initial", first), migration("shop.0002_x", operations))
    judged = project(apps=[app("shop")], migrations=migrations, **more)
    return [finding for step in judged.steps for finding in RewritingAddField().check(step, judged)]


@pytest.mark.parametrize(
    "added",
    [
        field("IntegerField", default=0),
        field("IntegerField", db_default=0),
        field("DateTimeField", db_default=call("django.db.models.functions.Now")),
        field("IntegerField", null=True, unique=True),
        field("ForeignKey", to="shop.author", null=True),
        field("ForeignKey", to="shop.author", default=1),
        field("IntegerField", db_default=UNKNOWN),
        field("PositiveIntegerField"),
        field(None, path="shop.fields.Odd"),
    ],
)
def test_a_column_that_touches_no_row_or_is_another_rules_is_fine(added):
    assert found(add_field("order", "extra", added)) == []


def test_nobody_waits_for_a_table_of_the_same_migration():
    assert found(ORDER, add_field("order", "extra", UUID), first=()) == []


def test_what_never_reaches_the_database_locks_nothing():
    assert found(separately(state=(add_field("order", "extra", UUID),))) == []


def test_databases_whose_locks_are_not_known_are_left_alone():
    assert found(add_field("order", "extra", UUID), target=target("sqlite", 3, 45)) == []
    assert found(add_field("order", "extra", POSITIVE), target=target("mysql", 8, 0)) == []


def test_a_volatile_default_says_table_lock_version_and_reason():
    (finding,) = found(add_field("order", "extra", UUID))
    assert finding.message == (
        "Adding 'extra' writes every row of 'shop_order' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes "
        "wait until it is through, because gen_random_uuid() is another value for each row."
    )
    assert finding.hint == (
        "Add it with null=True and no default, set db_default with AlterField in the next migration (which holds for "
        "new rows only), and fill the old rows in batches in a third."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.extra", "error")


def test_a_check_is_offered_as_a_constraint_that_is_validated_later():
    (finding,) = found(separately(database=(add_field("order", "extra", POSITIVE),)))
    assert finding.message == (
        "Adding 'extra' reads every row of 'shop_order' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes wait "
        'until it is through, because CHECK ("extra" >= 0) is verified for each row.'
    )
    assert finding.hint == (
        "Make it a plain BigIntegerField, with the check as a CheckConstraint: AddConstraintNotValid in this "
        "migration, ValidateConstraint in the next, which blocks nobody."
    )


def test_a_django_without_not_valid_is_offered_sql():
    (finding,) = found(add_field("order", "extra", POSITIVE), target=target("postgresql", 11, django=(3, 2)))
    assert "RunSQL with ADD CONSTRAINT … NOT VALID in this migration" in finding.hint


@pytest.mark.parametrize("listed", ["shop_order", "Shop_Order", "shop.Order", "shop.order"])
def test_a_table_that_is_listed_as_large_gets_the_advice_for_large_ones(listed):
    (finding,) = found(add_field("order", "extra", UUID), sizes=TableSizes((listed,)))
    assert "every row of 'shop_order' (listed as large) under ACCESS EXCLUSIVE" in finding.message
    assert "in batches of some thousand rows" in finding.hint
    assert "lock_timeout" in finding.hint


def test_a_table_that_is_not_listed_gets_no_advice_for_large_ones():
    (finding,) = found(add_field("order", "extra", UUID), sizes=TableSizes(("shop_orderline", "other.Order")))
    assert "large" not in finding.message + finding.hint


def test_who_has_set_a_lock_timeout_is_not_told_to():
    limited = run_sql("SET LOCAL lock_timeout = '2s'")
    (finding,) = found(limited, add_field("order", "extra", UUID), sizes=TableSizes(("shop_order",)))
    assert "in batches of some thousand rows" in finding.hint
    assert "lock_timeout" not in finding.hint


def test_a_table_that_the_statistics_know_as_large_is_said_with_its_rows():
    sizes = TableSizes(counted={"shop_order": Counted(12_000_000, None)}, source="tables.csv")
    (finding,) = found(add_field("order", "extra", UUID), sizes=sizes)
    assert "every row of 'shop_order' (12,000,000 rows by tables.csv) under ACCESS EXCLUSIVE" in finding.message
    assert "lock_timeout" in finding.hint
    assert str(finding.severity) == "error"


def test_nobody_notices_a_small_table():
    sizes = TableSizes(counted={"shop_order": Counted(5_000, 400_000)}, source="tables.csv")
    (finding,) = found(add_field("order", "extra", UUID), sizes=sizes)
    assert "every row of 'shop_order' (5,000 rows by tables.csv) under ACCESS EXCLUSIVE" in finding.message
    assert "large" not in finding.hint
    assert str(finding.severity) == "info"


def test_a_table_in_between_is_an_error_as_one_that_nobody_counted_is():
    sizes = TableSizes(counted={"shop_order": Counted(50_000, None)}, source="tables.csv")
    (finding,) = found(add_field("order", "extra", UUID), sizes=sizes)
    assert str(finding.severity) == "error"


@pytest.mark.parametrize(
    ("added", "version", "reason"),
    [
        (field("GeneratedField", db_persist=True), 16, "a stored generated column is computed and kept for each row"),
        (field("BigAutoField", primary_key=True), 16, "each row takes a number from a sequence"),
        (field("IntegerField", default=1), 10, "before PostgreSQL 11 a default is written into each row"),
        (field("CharField", max_length=9, blank=True), 10, "before PostgreSQL 11 a default is written into each row"),
    ],
)
def test_each_cause_has_its_reason(added, version, reason):
    (finding,) = found(add_field("order", "extra", added), target=target("postgresql", version))
    assert finding.message.endswith(f"because {reason}.")
    assert f"on PostgreSQL {version}:" in finding.message


BOOKS = (
    """CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField(null=True))]),"""
)


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE shop_book ADD COLUMN x integer",
        "ALTER TABLE shop_book ADD COLUMN x integer NOT NULL DEFAULT 1",
        "ALTER TABLE shop_book ADD COLUMN x timestamptz DEFAULT now()",
        "ALTER TABLE shop_book ADD COLUMN IF NOT EXISTS n integer CHECK (n > 0)",
        "ALTER TABLE shop_book ADD COLUMN x uuid; ALTER TABLE shop_book ALTER COLUMN x SET DEFAULT gen_random_uuid()",
        "CREATE TABLE shop_new (id bigserial); ALTER TABLE shop_new ADD COLUMN x uuid DEFAULT gen_random_uuid()",
    ],
)
def test_sql_that_touches_no_row_is_fine(sql):
    assert history_found(RewritingAddField(), BOOKS, f"RunSQL({sql!r}),") == []


def test_a_table_of_the_changeset_is_empty():
    assert history_found(RewritingAddField(), BOOKS, 'RunSQL("ALTER TABLE shop_book ADD x serial"),', new=NEW) == []


def test_sql_is_judged_as_an_operation_is():
    (finding,) = history_found(
        RewritingAddField(), BOOKS, 'RunSQL("ALTER TABLE shop_book ADD COLUMN x uuid DEFAULT gen_random_uuid()"),'
    )
    assert finding.message == (
        "Adding 'x' writes every row of 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: reads and writes wait "
        "until it is through, because gen_random_uuid() is another value for each row."
    )
    assert finding.hint == (
        "ADD COLUMN without DEFAULT, then ALTER COLUMN … SET DEFAULT (which holds for new rows only), and fill the old "
        "rows in batches in a later migration."
    )
    assert finding.subject == "shop_book"
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]


@pytest.mark.parametrize(
    ("added", "advice"),
    [
        ("x integer CHECK (x > 0)", "ADD COLUMN without the check, then ADD CONSTRAINT … CHECK … NOT VALID"),
        ("x serial", "CREATE SEQUENCE … OWNED BY it"),
        ("x integer GENERATED ALWAYS AS (n * 2) STORED", "VIRTUAL in place of STORED"),
    ],
)
def test_sql_is_offered_sql(added, advice):
    (finding,) = history_found(RewritingAddField(), BOOKS, f'RunSQL("ALTER TABLE shop_book ADD COLUMN {added}"),')
    assert advice in finding.hint


def test_each_table_of_a_script_has_a_finding_of_its_own():
    sql = "ALTER TABLE shop_book ADD x serial; ALTER TABLE shop_shelf ADD y serial"
    shelf = 'CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True))]),'
    assert said(RewritingAddField(), BOOKS + shelf, f'RunSQL("{sql}"),') == ["0002 shop_book", "0002 shop_shelf"]
