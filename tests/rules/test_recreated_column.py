import pytest
from histories import found, said

from miglint.rules.recreated_column import RecreatedColumn

RULE = RecreatedColumn()
FIRST = """
    CreateModel("Tag", []),
    CreateModel("Order", [
        ("total", models.IntegerField()),
        ("buyer", models.ForeignKey("shop.Tag", models.CASCADE)),
        ("tags", models.ManyToManyField("shop.Tag")),
        ("marks", models.ManyToManyField("shop.Tag", through="shop.Mark")),
    ]),
    CreateModel("Mark", []),
"""
REMOVE, ADD = 'RemoveField("order", "total"),', 'AddField("order", "total", models.TextField(null=True)),'


@pytest.mark.parametrize(
    "operations",
    [
        f'{REMOVE} AddField("order", "amount", models.TextField(null=True)),',
        f'{REMOVE} AddField("tag", "total", models.TextField(null=True)),',
        f'AddField("order", "new", models.TextField(null=True)), {REMOVE} RenameField("order", "new", "total"),',
        f"RunPython(save), {REMOVE} {ADD} RunPython(restore),",
        f'RunSQL("CREATE TABLE …"), {REMOVE} {ADD} RunSQL("UPDATE …"),',
        f"SeparateDatabaseAndState(state_operations=[{REMOVE} {ADD}]),",
        f"SeparateDatabaseAndState(state_operations=[{REMOVE}]), {ADD}",
        'RemoveField("order", "marks"), AddField("order", "marks", models.ManyToManyField("shop.Tag")),',
        'AddField("order", "x", models.TextField()), RemoveField("order", "x"), AddField("order", "x", Text()),',
        'CreateModel("New", [("x", models.TextField())]), RemoveField("new", "x"), AddField("new", "x", Text()),',
    ],
)
def test_data_that_is_kept_or_never_was_is_not_lost(operations):
    assert said(RULE, FIRST, operations) == []


def test_a_name_may_be_taken_again_in_another_deployment():
    assert said(RULE, FIRST, REMOVE, ADD) == []
    assert said(RULE, FIRST, REMOVE, ADD, new=("0003",)) == []
    assert said(RULE, FIRST, REMOVE, ADD, new=("0002", "0003")) == ["0003 shop.order.total"]


def test_a_column_that_is_made_anew_is_told_with_its_history():
    (finding,) = found(RULE, FIRST, REMOVE + ADD)
    assert finding.message == (
        "'shop_order' loses what it holds in 'total': the column is dropped and made anew, empty."
    )
    assert [related.message for related in finding.related] == ["'total' is removed here", "'total' was added here"]
    assert (finding.subject, str(finding.severity)) == ("shop.order.total", "error")


def test_a_column_that_is_made_anew_for_a_field_of_another_name_is_told_too():
    remove = 'RemoveField("order", "buyer"),'
    (finding,) = found(RULE, FIRST, f'{remove} AddField("order", "buyer_id", models.IntegerField(null=True)),')
    assert finding.message == (
        "'shop_order' loses what it holds in 'buyer': the column is dropped and made anew, empty."
    )
    assert [related.message for related in finding.related] == ["'buyer' is removed here", "'buyer' was added here"]
    assert said(RULE, FIRST, f'{remove} AddField("order", "x", models.TextField(db_column="buyer_id")),') == [
        "0002 shop.order.x"
    ]
    assert said(RULE, FIRST, f'{remove} AddField("order", "buyer_id", models.IntegerField(db_column="x")),') == []


def test_a_many_to_many_field_loses_its_table():
    again = 'AddField("order", "tags", models.ManyToManyField("shop.Tag", through="shop.Mark")),'
    (finding,) = found(RULE, FIRST, f'RemoveField("order", "tags"), {again}')
    assert finding.message == "'shop_order' loses what it holds in 'tags': the table is dropped and made anew, empty."


def test_code_on_one_side_alone_brings_nothing_back():
    assert said(RULE, FIRST, f"RunPython(save), {REMOVE} {ADD}") == ["0002 shop.order.total"]
    assert said(RULE, FIRST, f"{REMOVE} {ADD} RunPython(restore),") == ["0002 shop.order.total"]
