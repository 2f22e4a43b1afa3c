import pytest
from factories import app, migration, project, site
from written import UNKNOWN, add_field, field, run_sql, separately, target

from miglint.facts.operations import CreateModel, RenameModel
from miglint.facts.values import Literal, Reference
from miglint.rules.not_null_without_default import NotNullWithoutDefault


def create(name: str, **options) -> CreateModel:
    given = {key: Literal(value) for key, value in options.items()}
    return CreateModel(site=site(), name=name, fields=(), options=given, bases=None, managers=None)


ORDER = create("Order")


def found(*operations, first=(ORDER,), **more):
    migrations = (migration("shop.0001_initial", first), migration("shop.0002_x", operations))
    judged = project(apps=[app("shop")], migrations=migrations, **more)
    return [finding for step in judged.steps for finding in NotNullWithoutDefault().check(step, judged)]


@pytest.mark.parametrize(
    "added",
    [
        field("IntegerField", null=True),
        field("IntegerField", null="True"),
        field("IntegerField", default=0),
        field("IntegerField", db_default=0),
        field("CharField", max_length=9, blank=True),
        field("DateTimeField", auto_now_add=True),
        field("JSONField", default=Reference("builtins.dict")),
        field("ManyToManyField", to="shop.author"),
        field("GeneratedField", db_persist=True),
        field("BigAutoField", primary_key=True),
        field("IntegerField", null=UNKNOWN),
        field("IntegerField", opaque=True),
        field(None, path="taggit.managers.TaggableManager"),
    ],
)
def test_a_column_that_has_a_value_or_may_have_one_is_fine(added):
    assert found(add_field("order", "total", added)) == []


def test_a_one_off_default_is_a_default():
    assert found(add_field("order", "total", field("IntegerField", default=0), preserve_default=False)) == []


def test_a_table_of_the_same_migration_has_no_rows():
    assert found(create("Line"), add_field("line", "total", field("IntegerField"))) == []
    renamed = RenameModel(site=site(), old_name="Line", new_name="Item")
    assert found(create("Line"), renamed, add_field("item", "total", field("IntegerField"))) == []


def test_what_never_reaches_the_database_cannot_fail():
    added = add_field("order", "total", field("IntegerField"))
    assert found(separately(state=(added,))) == []
    assert found(added, first=(create("Order", managed=False),)) == []
    assert found(added, first=(create("Order", proxy=True),)) == []


def test_a_not_null_column_without_a_default_fails_on_the_first_row():
    (finding,) = found(add_field("order", "total", field("IntegerField")))
    assert (
        finding.message
        == "Adding 'shop_order.total' NOT NULL without a default fails as soon as 'shop_order' has a row."
    )
    assert finding.hint == (
        "Give it db_default=… (which also serves the release that is still running) or default=…, with "
        "preserve_default=False if only the old rows need one. Or: add it with null=True, fill it in a migration of "
        "its own, then make it NOT NULL with AlterField."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.total", "error")


def test_it_is_found_among_database_operations_too():
    (finding,) = found(separately(database=(add_field("Order", "total", field("IntegerField")),)))
    assert finding.subject == "shop.order.total"


def test_the_column_and_table_are_called_as_in_the_database():
    (finding,) = found(
        add_field("order", "author", field("ForeignKey", to="shop.author")), first=(create("Order", db_table="orders"),)
    )
    assert finding.message.startswith("Adding 'orders.author_id' NOT NULL")


def test_none_is_no_default():
    (finding,) = found(add_field("order", "total", field("IntegerField", default=None)))
    assert "NOT NULL with None for a default" in finding.message


def test_a_unique_column_is_not_offered_one_default_for_all_rows():
    for added in (field("OneToOneField", to="shop.author"), field("UUIDField", unique=True)):
        (finding,) = found(add_field("order", "extra", added))
        assert finding.hint == (
            "Add it with null=True, fill it in a migration of its own, then make it NOT NULL with AlterField."
        )


def test_a_django_without_db_default_is_not_offered_one():
    (finding,) = found(
        add_field("order", "total", field("IntegerField")), target=target("postgresql", 12, django=(4, 2))
    )
    assert finding.hint.startswith("Give it default=…, with preserve_default=False")


def test_mysql_fills_in_what_nobody_chose():
    (finding,) = found(add_field("order", "total", field("IntegerField")), target=target("mysql", 8, 0))
    assert finding.message == (
        "Adding 'shop_order.total' NOT NULL without a default gives every row of 'shop_order' a value that nobody "
        "chose (0, ''), or fails where its type has none."
    )


def test_a_table_that_the_initial_migrations_make_between_them_has_no_rows_yet():
    first = migration("shop.0001_initial", (ORDER,), initial=True)
    second = migration("shop.0002_initial", (add_field("order", "total", field("IntegerField")),), initial=True)
    later = migration("shop.0003_x", (add_field("order", "tax", field("IntegerField")),))
    judged = project(apps=[app("shop")], migrations=(first, second, later))
    findings = [finding for step in judged.steps for finding in NotNullWithoutDefault().check(step, judged)]
    assert [finding.subject for finding in findings] == ["shop.order.tax"]


@pytest.mark.parametrize(
    "column",
    [
        "integer",
        "integer NOT NULL DEFAULT 0",
        "bigserial NOT NULL",
        "bigint NOT NULL GENERATED ALWAYS AS IDENTITY",
        "integer NOT NULL GENERATED ALWAYS AS (1) STORED",
    ],
)
def test_sql_that_gives_the_rows_a_value_or_null_is_fine(column):
    assert found(run_sql(f"ALTER TABLE shop_order ADD COLUMN total {column}")) == []


@pytest.mark.parametrize("column", ["integer NOT NULL", "integer DEFAULT NULL NOT NULL", "bigint PRIMARY KEY"])
def test_sql_that_gives_the_rows_nothing_fails(column):
    (finding,) = found(run_sql(f"ALTER TABLE shop_order ADD COLUMN total {column}"))
    assert (
        finding.message
        == "Adding 'shop_order.total' NOT NULL without a default fails as soon as 'shop_order' has a row."
    )
    assert finding.hint.startswith("Give the column a DEFAULT; or add it without NOT NULL")
    assert finding.subject == "shop_order.total"
