"""MIG507 beyond its page."""

from dataclasses import replace

from factories import app, migration, project, site
from written import field, run_sql, separately

from miglint.facts.operations import (
    AddField,
    AlterField,
    CreateModel,
    DeleteModel,
    NamedField,
    RemoveField,
    RenameModel,
    Subclass,
)
from miglint.rules.irreversible_operation import IrreversibleOperation

REMOVE = RemoveField(site=site(), model_name="order", name="total")


def create(total, **options) -> CreateModel:
    named = (NamedField("total", total),)
    return CreateModel(site=site(), name="Order", fields=named, options=options, bases=None, managers=None)


def subjects(first, *operations):
    migrations = [migration("shop.0001_initial", (first,)), migration("shop.0002_x", operations)]
    judged = project(apps=[app("shop")], migrations=migrations)
    return [finding.subject for step in judged.steps for finding in IrreversibleOperation().check(step, judged)]


def test_a_column_that_the_way_back_can_fill_is_left_alone():
    for filled in (
        field("IntegerField", null=True),
        field("IntegerField", default=0),
        field("IntegerField", db_default=0),
        field("TextField", blank=True),
        field("ManyToManyField", to="shop.Order"),
        field(None, path="shop.fields.Money"),
    ):
        assert subjects(create(filled), REMOVE) == []


def test_a_default_given_in_the_same_migration_is_enough():
    alter = AlterField(
        site=site(), model_name="order", name="total", field=field("IntegerField", default=0), preserve_default=True
    )
    assert subjects(create(field("IntegerField")), alter, REMOVE) == []


def test_what_leaves_the_state_alone_or_never_met_a_row_is_left_alone():
    first = create(field("IntegerField"))
    assert subjects(first, separately(state=(REMOVE,))) == []
    assert subjects(run_sql("SELECT 1"), first, REMOVE) == []


def test_a_column_that_goes_with_its_table_comes_back_to_an_empty_one():
    first = create(field("IntegerField"))
    drop = DeleteModel(site=site(), name="Order")
    rename = RenameModel(site=site(), old_name="Order", new_name="Purchase")
    assert subjects(first, REMOVE, drop) == []
    assert subjects(first, REMOVE, rename, DeleteModel(site=site(), name="Purchase")) == []
    assert subjects(first, REMOVE, separately(database=(drop,), state=(drop,))) == []

    assert subjects(first, REMOVE, separately(state=(drop,))) == ["shop.order.total"]


def test_a_subclass_may_have_a_way_back_of_its_own():
    own = replace(REMOVE, subclass=Subclass("#RemoveCounter", state="same", database="same"))
    assert subjects(create(field("IntegerField")), own) == []


def test_a_required_column_that_goes_cannot_come_back():
    assert subjects(create(field("IntegerField")), REMOVE) == ["shop.order.total"]


def test_a_one_off_default_is_none_for_the_way_back():
    add = AddField(
        site=site(), model_name="order", name="tax", field=field("IntegerField", default=0), preserve_default=False
    )
    gone = RemoveField(site=site(), model_name="order", name="tax")
    assert subjects(create(field("IntegerField")), add, gone) == ["shop.order.tax"]
