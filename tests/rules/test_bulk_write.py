import pytest
from histories import found, said

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.bulk_write import BulkWrite

RULE = BulkWrite()
FIRST = """
CreateModel(
    "Order",
    [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, null=True))],
),
"""
PYTHON = "RunPython(work, RunPython.noop),"


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


def work(body: str) -> str:
    return f"""
def work(apps, schema_editor):
    Order = apps.get_model("shop", "Order")
    {body}
"""


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE shop_order SET code = '' WHERE id < 1000",
        "DELETE FROM shop_order WHERE code = 'x'",
        "INSERT INTO shop_order (code) SELECT code FROM shop_order",
        "SELECT * FROM shop_order",
        "TRUNCATE shop_order",
        "UPDATE somebodys SET code = ''; CREATE TABLE mine (id int); UPDATE mine SET id = 1",
    ],
)
def test_some_rows_new_rows_and_new_tables_are_fine(text):
    assert "0002 shop_order" not in said(RULE, FIRST, sql(text))
    assert "0002 mine" not in said(RULE, FIRST, sql(text))


@pytest.mark.parametrize(
    "body",
    [
        'Order.objects.filter(pk=1).update(code="")',
        "Order.objects.filter(code__isnull=True)[:10].delete()",
        'Order.objects.create(code="")',
        'Order.objects.bulk_update(list(Order.objects.all()[:100]), ["code"])',
        "keys = list(Order.objects.values_list('pk', flat=True)[:100]); Order.objects.filter(pk__in=keys).delete()",
        "print(Order.objects.count())",
    ],
)
def test_batches_are_fine(body):
    assert said(RULE, FIRST, PYTHON, code=work(body)) == []


@pytest.mark.parametrize(
    "loop",
    [
        "if order.code == 'x': order.delete()",
        """
        if order.code == "x":
            order.code = "y"
            order.save()
""",
        """
        if order.code == "y":
            continue
        order.code = "y"
        order.save()
""",
    ],
)
def test_a_loop_that_picks_its_rows_writes_some_of_them(loop):
    body = f"for order in Order.objects.all():\n        {loop.lstrip()}"
    assert said(RULE, FIRST, PYTHON, code=work(body)) == []


def test_a_list_that_picks_its_rows_writes_some_of_them():
    body = "Order.objects.bulk_update([order for order in Order.objects.all() if order.code], ['code'])"
    assert said(RULE, FIRST, PYTHON, code=work(body)) == []


@pytest.mark.parametrize(
    "loop",
    [
        """
        if order.code is None:
            order.code = ""
        order.save()
""",
        """
        for letter in "abc":
            if letter == "b":
                continue
        order.save()
""",
    ],
)
def test_a_condition_that_is_about_something_else_picks_no_rows(loop):
    body = f"for order in Order.objects.all():\n        {loop.lstrip()}"
    assert said(RULE, FIRST, PYTHON, code=work(body)) == ["0002 shop_order"]


def test_a_table_of_the_same_migration_has_few_rows():
    assert said(RULE, FIRST + sql("UPDATE shop_order SET code = ''")) == []
    assert said(RULE, FIRST + PYTHON, code=work("Order.objects.all().delete()")) == []


def test_a_field_that_was_not_null_already_or_has_no_default_makes_django_write_nothing():
    filled = 'AlterField("order", "code", models.CharField(max_length=9)),'
    assert said(RULE, FIRST, filled) == []
    assert said(RULE, FIRST, filled, 'AlterField("order", "code", models.CharField(max_length=9, default="x")),') == []


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("UPDATE shop_order SET code = ''", "This updates every row of 'shop_order':"),
        ("DELETE FROM shop_order", "This deletes every row of 'shop_order':"),
    ],
)
def test_sql_says_what_becomes_of_which_rows(text, begins):
    (finding,) = found(RULE, FIRST, sql(text))
    assert finding.message == (
        f"{begins} each stays locked until the migration is through, and all that is written is undone if it fails."
    )
    assert "RunPython in a migration with atomic = False" in finding.hint
    assert str(finding.severity) == "info"
    assert [one.message for one in finding.related] == ["'shop_order' was made in shop.0001"]


@pytest.mark.parametrize("body", ['Order.objects.update(code="")', "Order.objects.all().delete()"])
def test_python_is_read_too(body):
    assert said(RULE, FIRST, PYTHON, code=work(body)) == ["0002 shop_order"]


def test_a_loop_over_all_rows_is_not_said_to_be_one_statement():
    loop = "for order in Order.objects.all(): order.code = 'x'; order.save()"
    (finding,) = found(RULE, FIRST, PYTHON, code=work(loop))
    assert finding.message.startswith("This updates every row of 'shop_order': each stays locked until the migration")


def test_django_itself_writes_where_a_default_takes_the_place_of_null():
    (finding,) = found(RULE, FIRST, 'AlterField("order", "code", models.CharField(max_length=9, default="x")),')
    assert finding.message.startswith(
        "Django updates every row of 'shop_order' that holds NULL, in one statement: each"
    )
    assert finding.hint.startswith("Replace the NULLs in batches in a migration before this one")
    assert finding.subject == "shop.order.code"


def test_the_size_of_the_table_weighs():
    (finding,) = found(RULE, FIRST, sql("DELETE FROM shop_order"), sizes=TableSizes(("shop.Order",)))
    assert "every row of 'shop_order' (listed as large): each" in finding.message
    assert str(finding.severity) == "warning"
    counted = TableSizes(counted={"shop_order": Counted(90, None)}, source="t.csv")
    (finding,) = found(RULE, FIRST, sql("DELETE FROM shop_order"), sizes=counted)
    assert str(finding.severity) == "info"
