import pytest
from histories import found, said
from written import target

from miglint.rules.nulls_left_behind import NullsLeftBehind

RULE = NullsLeftBehind()
FIRST = """
    CreateModel("Order", [("note", models.TextField(null=True)), ("qty", models.IntegerField(null=True))]),
    CreateModel("Line", []),
"""
ALTER = 'AlterField("order", "note", models.TextField()),'


@pytest.mark.parametrize(
    "operation",
    [
        'AlterField("order", "note", models.TextField(null=True, blank=True)),',
        'AlterField("order", "note", models.TextField(default="")),',
        'AlterField("order", "note", models.TextField(default=make_note)),',
        'AlterField("order", "note", models.TextField(default=""), preserve_default=False),',
        'AlterField("order", "note", models.TextField(db_default="")),',
        'AlterField("order", "note", models.TextField(null=settings.NULL)),',
        'AlterField("order", "note", shop.fields.Odd()),',
        'AlterField("order", "missing", models.TextField()),',
        f"SeparateDatabaseAndState(state_operations=[{ALTER}]),",
        'CreateModel("New", [("x", models.TextField(null=True))]), AlterField("new", "x", models.TextField()),',
    ],
)
def test_what_leaves_no_null_behind_or_may_not_is_fine(operation):
    assert said(RULE, FIRST, operation) == []


def test_a_column_that_was_not_null_before_stays_what_it_is():
    assert said(RULE, 'CreateModel("Order", [("note", models.TextField())]),', ALTER) == []


def test_models_without_a_table_have_no_rows():
    for options in ({"managed": False}, {"proxy": True}):
        first = f'CreateModel("Order", [("note", models.TextField(null=True))], options={options!r}),'
        assert said(RULE, first, ALTER) == []


@pytest.mark.parametrize(
    "filling",
    [
        "RunPython(fill),",
        "RunSQL(\"UPDATE shop_order SET note = ''\"),",
        "run_everything(),",
        "SeparateDatabaseAndState(database_operations=[RunPython(fill)]),",
    ],
)
def test_what_may_have_filled_the_column_is_believed(filling):
    assert said(RULE, FIRST, filling, ALTER) == []
    assert said(RULE, FIRST, f"{filling} {ALTER}") == []


def test_code_that_does_nothing_or_came_before_the_column_fills_nothing():
    assert said(RULE, FIRST, "RunPython(RunPython.noop), RunSQL(RunSQL.noop),", ALTER) == ["0003 shop.order.note"]
    late = 'AddField("line", "note", models.TextField(null=True)),'
    altered = 'AlterField("line", "note", models.TextField()),'
    assert said(RULE, FIRST, "RunPython(fill),", late, altered) == ["0004 shop.line.note"]


@pytest.mark.parametrize("given", ["default='x', ", "auto_now_add=True, "])
def test_rows_that_django_gave_a_value_when_it_added_the_column_hold_one(given):
    kind = "DateTimeField" if "auto" in given else "TextField"
    add = f'AddField("order", "more", models.{kind}({given}null=True)),'
    alter = f'AlterField("order", "more", models.{kind}()),'
    assert said(RULE, FIRST, add + alter) == []
    assert said(RULE, FIRST, add, alter) == ["0003 shop.order.more"]
    assert said(RULE, FIRST, add.replace(given, "") + alter) == ["0002 shop.order.more"]


CHECK = 'CheckConstraint(condition=Q(note__isnull=False, qty__gte=0), name="note_set")'


def test_a_validated_check_proves_that_there_is_no_null():
    assert said(RULE, FIRST, f'AddConstraint("order", {CHECK}),', ALTER) == []
    late = f'AddConstraintNotValid("order", {CHECK}),'
    assert said(RULE, FIRST, late, 'ValidateConstraint("order", "note_set"),', ALTER) == []


def test_a_check_that_is_not_validated_or_says_something_else_proves_nothing():
    assert said(RULE, FIRST, f'AddConstraintNotValid("order", {CHECK}),', ALTER) == ["0003 shop.order.note"]
    for condition in ("Q(note__isnull=True)", "Q(note__isnull=False) | Q(qty=1)", "~Q(note__isnull=False)"):
        check = f'AddConstraint("order", CheckConstraint(condition={condition}, name="odd")),'
        assert said(RULE, FIRST, check, ALTER) == ["0003 shop.order.note"]


def test_what_happens_and_since_when_is_said():
    (finding,) = found(RULE, FIRST, ALTER)
    assert finding.message == (
        "Making 'shop_order.note' NOT NULL fails if a row still holds NULL in it: it takes NULL since shop.0001, line "
        "21, and no migration fills it."
    )
    assert finding.hint == (
        "Fill it first, in a migration of its own. Or give this AlterField a default=…, with preserve_default=False if "
        "only the old rows need one: Django then fills them, all in one UPDATE."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.note", "warning")
    assert [related.message for related in finding.related] == ["'note' takes NULL here"]


def test_implicit_defaults_and_none_fill_nothing_but_on_sqlite():
    for field in ("models.TextField(blank=True)", "models.DateField(auto_now=True)"):
        altered = f'AlterField("order", "note", {field}),'
        assert said(RULE, FIRST, altered) == ["0002 shop.order.note"]
        assert said(RULE, FIRST, altered, target=target("sqlite")) == []
    assert said(RULE, FIRST, 'AlterField("order", "note", models.TextField(default=None)),') == ["0002 shop.order.note"]


def test_a_foreign_key_is_a_column_too():
    first = FIRST + 'AddField("order", "line", models.ForeignKey("shop.Line", models.CASCADE, null=True)),'
    altered = 'AlterField("order", "line", models.ForeignKey("shop.Line", models.CASCADE)),'
    assert said(RULE, first, altered) == ["0002 shop.order.line"]


CODE = """
def fill(apps, schema_editor):
    for one in apps.get_model("shop", "MODEL").objects.all():
        one.orders.update(note="")
"""


@pytest.mark.parametrize(("model", "says"), [("Order", []), ("Customer", []), ("Line", ["0003 shop.order.note"])])
def test_code_counts_where_it_may_reach_the_model(model, says):
    first = """
        CreateModel("Customer", []), CreateModel("Line", []),
        CreateModel("Order", [
            ("note", models.TextField(null=True)), ("customer", models.ForeignKey("shop.Customer", models.CASCADE)),
        ]),
    """
    code = CODE.replace("MODEL", model)
    assert said(RULE, first, "RunPython(fill),", ALTER, code=code) == says
