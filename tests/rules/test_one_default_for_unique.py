import pytest
from histories import found, said

from miglint.rules.one_default_for_unique import OneDefaultForUnique

RULE = OneDefaultForUnique()
FIRST = 'CreateModel("Order", []), CreateModel("Line", []),'


def add(field: str) -> str:
    return f'AddField("order", "token", {field}),'


@pytest.mark.parametrize(
    "field",
    [
        "models.UUIDField(default=uuid.uuid4)",
        "models.UUIDField(unique=True, null=True)",
        "models.UUIDField(unique=True)",
        "models.UUIDField(unique=True, default=None, null=True)",
        "models.UUIDField(unique=True, db_default=RandomUUID())",
        "models.UUIDField(unique=True, db_default=shop.functions.Token())",
        "models.IntegerField(unique=True, db_default=None, default=1, null=True)",
        "models.IntegerField(unique=True, db_default=models.Value(None), null=True)",
        "models.CharField(max_length=9, unique=True, blank=True, null=True)",
        "models.CharField(max_length=9, unique=env('UNIQUE'), default='')",
        "models.ManyToManyField('shop.Line')",
        "models.BigAutoField(primary_key=True)",
        "shop.fields.Odd(unique=True, default=1)",
        "models.UUIDField(default=uuid.uuid4, **options)",
    ],
)
def test_rows_that_get_their_own_value_or_none_do_not_collide(field):
    assert said(RULE, FIRST, add(field)) == []


def test_a_table_without_rows_has_nothing_to_collide():
    added = add("models.UUIDField(unique=True, default=uuid.uuid4)")
    assert said(RULE, FIRST + added) == []
    assert said(RULE, FIRST, f"SeparateDatabaseAndState(state_operations=[{added}]),") == []
    assert said(RULE, 'CreateModel("Order", [], options={"managed": False}),', added) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (
            "models.UUIDField(default=uuid.uuid4, unique=True)",
            "the same value: Django calls uuid4 once, not for each row",
        ),
        ("models.IntegerField(default=0, unique=True)", "0"),
        ("models.IntegerField(default=0, unique=True, null=True)", "0"),
        ("models.IntegerField(default=0, primary_key=True)", "0"),
        ("models.SlugField(blank=True, unique=True)", "the one value that Django makes up for it"),
        ("models.DateField(auto_now_add=True, unique=True)", "the one value that Django makes up for it"),
        ("models.IntegerField(db_default=0, unique=True)", "the database's one default"),
        ("models.DateTimeField(db_default=Now(), unique=True)", "the database's one default"),
    ],
)
def test_one_default_for_all_rows_collides(field, value):
    (finding,) = found(RULE, FIRST, add(field))
    assert finding.message == (
        "Adding 'shop_order.token' fails as soon as 'shop_order' has two rows: the column is unique, and both get "
        f"{value}."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.token", "error")


def test_a_one_to_one_field_is_unique():
    (finding,) = found(RULE, FIRST, add("models.OneToOneField('shop.Line', models.CASCADE, default=1)"))
    assert finding.message.startswith("Adding 'shop_order.token_id' fails")
    assert finding.hint == (
        "Add it with null=True and neither unique nor a default, give each row a value of its own in a migration of "
        "its own, then make it unique, and NOT NULL, with AlterField."
    )


def test_sql_adds_columns_too():
    (finding,) = found(RULE, FIRST, "RunSQL(\"ALTER TABLE shop_order ADD COLUMN token text DEFAULT 'x' UNIQUE\"),")
    assert finding.message == (
        "Adding 'shop_order.token' fails as soon as 'shop_order' has two rows: the column is unique, and both get the "
        "database's one default."
    )
    assert finding.subject == "shop_order.token"
    own = "uuid DEFAULT gen_random_uuid() UNIQUE"
    for fine in ("text UNIQUE", "text DEFAULT 'x'", own, "text DEFAULT NULL UNIQUE"):
        assert said(RULE, FIRST, f'RunSQL("ALTER TABLE shop_order ADD COLUMN token {fine}"),') == []
