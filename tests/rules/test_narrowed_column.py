import pytest
from histories import found, said
from written import target

from miglint.rules.narrowed_column import NarrowedColumn

RULE = NarrowedColumn()
FIRST = """
    CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
    CreateModel("Editor", [("id", models.BigAutoField(primary_key=True))]),
    CreateModel("Order", [
        ("title", models.CharField(max_length=50)),
        ("note", models.TextField(null=True)),
        ("qty", models.IntegerField()),
        ("price", models.DecimalField(max_digits=8, decimal_places=2)),
        ("tags", ArrayField(models.CharField(max_length=9))),
        ("token", models.UUIDField()),
        ("day", models.DateField()),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("loose", models.ForeignKey("shop.Author", models.CASCADE, db_constraint=False)),
    ], options={"unique_together": {("title", "qty")}}),
"""


def alter(name: str, field: str) -> str:
    return f'AlterField("order", "{name}", {field}),'


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("title", "models.CharField(max_length=51)"),
        ("title", "models.CharField(max_length=50, null=True, choices=[], blank=True, db_index=True)"),
        ("title", "models.SlugField()"),
        ("title", "models.TextField()"),
        ("title", "models.CharField()"),
        ("note", "models.CharField(null=True)"),
        ("note", "models.TextField(null=True, default='')"),
        ("qty", "models.BigIntegerField()"),
        ("qty", "models.IntegerField(default=3)"),
        ("price", "models.DecimalField(max_digits=10, decimal_places=4)"),
        ("price", "models.DecimalField(max_digits=7, decimal_places=1)"),
        ("tags", "ArrayField(models.CharField(max_length=9), size=3)"),
        ("tags", "ArrayField(models.CharField(max_length=12))"),
        ("author", "models.ForeignKey('shop.Author', models.CASCADE, null=True)"),
        ("author", "models.ForeignKey('shop.Author', models.PROTECT, related_name='+', default=1)"),
        ("author", "models.BigIntegerField(db_column='author_id')"),
        ("title", "shop.fields.Odd()"),
        ("title", "models.CharField(max_length=env('LENGTH'))"),
    ],
)
def test_a_column_that_takes_all_that_it_took_is_fine(name, field):
    assert said(RULE, FIRST, alter(name, field)) == []


def test_nobody_writes_to_what_is_new():
    narrow = 'AlterField("new", "x", models.CharField(max_length=1)),'
    assert said(RULE, FIRST, 'CreateModel("New", [("x", models.CharField(max_length=9))]),' + narrow) == []
    added = 'AddField("order", "x", models.CharField(max_length=9, null=True)),'
    narrow = 'AlterField("order", "x", models.CharField(max_length=1, null=True)),'
    assert said(RULE, FIRST, added + narrow) == []
    assert said(RULE, FIRST, added, narrow) == ["0003 shop.order.x"]
    assert said(RULE, FIRST, added, narrow, new=("0002", "0003")) == []


def test_what_never_reaches_the_database_refuses_nothing():
    assert (
        said(RULE, FIRST, f"SeparateDatabaseAndState(state_operations=[{alter('qty', 'models.UUIDField()')}]),") == []
    )
    first = FIRST.replace("options={", 'options={"managed": False, ')
    assert said(RULE, first, alter("title", "models.CharField(max_length=1)")) == []


@pytest.mark.parametrize(
    ("name", "field", "reason"),
    [
        ("title", "models.CharField(max_length=20)", "it goes from varchar(50) to varchar(20)"),
        ("note", "models.TextField()", "it took NULL since shop.0001"),
        ("note", "models.TextField(default='')", "it took NULL since shop.0001"),
        (
            "note",
            "models.CharField(max_length=9)",
            "it took NULL since shop.0001; it goes from text to varchar(9)",
        ),
        ("qty", "models.SmallIntegerField()", "it goes from integer to smallint"),
        ("qty", "models.PositiveIntegerField()", "nothing below 0 goes in any more"),
        ("qty", "models.IntegerField(unique=True)", "no two rows may have the same value any more"),
        ("price", "models.DecimalField(max_digits=8, decimal_places=4)", "it goes from numeric(8, 2) to numeric(8, 4)"),
        ("tags", "ArrayField(models.CharField(max_length=3))", "it goes from varchar(9)[] to varchar(3)[]"),
        ("author", "models.ForeignKey('shop.Editor', models.CASCADE)", "it has to refer to a row that exists"),
        (
            "author",
            "models.OneToOneField('shop.Author', models.CASCADE)",
            "no two rows may have the same value any more",
        ),
        ("loose", "models.ForeignKey('shop.Author', models.CASCADE)", "it has to refer to a row that exists"),
    ],
)
def test_a_column_that_takes_less_than_it_took_is_told(name, field, reason):
    (finding,) = found(RULE, FIRST, alter(name, field))
    assert finding.message == (
        f"'shop_order.{name}' refuses what the release that is still running may write: {reason}."
    )
    assert (finding.subject, str(finding.severity)) == (f"shop.order.{name}", "warning")


@pytest.mark.parametrize(
    ("name", "field", "types"),
    [
        ("qty", "models.CharField(max_length=20)", "integer to varchar(20)"),
        ("token", "models.CharField(max_length=36)", "uuid to varchar(36)"),
        # PostgreSQL takes a date here, and compares with one; but what is read is no date any more.
        ("day", "models.DateTimeField()", "date to timestamp with time zone"),
    ],
)
def test_a_column_of_another_kind_is_not_said_to_refuse_all(name, field, types):
    (finding,) = found(RULE, FIRST, alter(name, field))
    assert finding.message == (
        f"'shop_order.{name}' is no longer what the release that is still running writes and reads: "
        f"it goes from {types}, another kind of value."
    )


def test_numbers_of_another_size_are_one_thing_to_sqlite():
    narrow = alter("title", "models.CharField(max_length=20)")
    assert said(RULE, FIRST, narrow, target=target("sqlite")) == []


@pytest.mark.parametrize(
    "constraint",
    [
        "CheckConstraint(condition=Q(qty__gte=0), name='c')",
        "CheckConstraint(check=Q(qty__gte=0), name='c')",
        "UniqueConstraint(fields=['title'], name='c')",
        "UniqueConstraint(fields=['title', 'qty'], condition=Q(qty=1), name='c')",
        "UniqueConstraint(Lower('title'), name='c')",
        "ExclusionConstraint(name='c', expressions=[('tags', '&&')])",
    ],
)
def test_a_new_constraint_refuses_rows(constraint):
    assert said(RULE, FIRST, f'AddConstraint("order", {constraint}),') == ["0002 shop.order.c"]
    if constraint.startswith("Check"):
        assert said(RULE, FIRST, f'AddConstraintNotValid("order", {constraint}),') == ["0002 shop.order.c"]


def test_a_promise_that_was_given_before_refuses_nothing_new():
    same = "UniqueConstraint(fields=['qty', 'title'], name='c')"
    assert said(RULE, FIRST, f'AddConstraint("order", {same}), AlterUniqueTogether("order", set()),') == []
    wider = "UniqueConstraint(fields=['qty', 'title', 'note'], name='c')"
    assert said(RULE, FIRST, f'AddConstraint("order", {wider}),') == []
    together = 'AlterUniqueTogether("order", {("title", "qty"), ("title", "note")}),'
    (finding,) = found(RULE, FIRST, together)
    assert finding.message.endswith("no two rows may have the same title, note any more.")
    check = 'AddConstraint("order", CheckConstraint(condition=Q(qty__gte=0), name="{}")),'
    renamed = 'RemoveConstraint("order", "a"),' + check.format("b")
    assert said(RULE, FIRST, check.format("a"), renamed) == ["0002 shop.order.a"]


def test_a_check_against_another_year_is_another_check():
    check = 'AddConstraint("order", CheckConstraint(condition=Q(day__year={}), name="{}")),'
    first = FIRST + check.format(2025, "a")
    assert said(RULE, first, 'RemoveConstraint("order", "a"),' + check.format(2025, "a")) == []
    assert said(RULE, first, 'RemoveConstraint("order", "a"),' + check.format(2026, "b")) == ["0002 shop.order.b"]


def test_a_promise_follows_a_renamed_field():
    renamed = 'RenameField("order", "qty", "count"), AlterUniqueTogether("order", {("title", "count")}),'
    assert said(RULE, FIRST, renamed) == []


def test_a_constraint_on_columns_that_the_running_release_leaves_null_refuses_nothing():
    added = 'AddField("order", "code", models.CharField(max_length=9, null=True)),'
    for constraint in (
        "UniqueConstraint(fields=['code'], name='c')",
        "UniqueConstraint(fields=['title', 'code'], condition=Q(qty=1), name='c')",
        "UniqueConstraint(F('title'), F('code'), name='c')",
        "CheckConstraint(condition=Q(code__gte='a') | Q(code='', code__lt='b'), name='c')",
    ):
        assert said(RULE, FIRST, f'{added} AddConstraint("order", {constraint}),') == []
    kept = 'AddField("order", "code", models.IntegerField(db_default=1)),'
    check = "CheckConstraint(condition=Q(code__gte=0), name='c')"
    assert said(RULE, FIRST, f'{kept} AddConstraint("order", {check}),') == []
    for constraint in (
        "CheckConstraint(condition=Q(code__gte=F('title')), name='c')",
        "UniqueConstraint(F('title'), Coalesce('code', Value('')), name='c')",
        "UniqueConstraint(fields=['title', 'code'], nulls_distinct=False, name='c')",
    ):
        assert said(RULE, FIRST, f'{added} AddConstraint("order", {constraint}),') == ["0002 shop.order.c"]


def test_a_check_that_refuses_null_already_leaves_nothing_to_refuse():
    check = 'AddConstraintNotValid("order", CheckConstraint(condition=Q(note__isnull=False), name="c")),'
    altered = alter("note", "models.TextField()")
    assert said(RULE, FIRST, check, altered) == ["0002 shop.order.c"]


def test_what_the_migration_itself_had_loosened_may_be_tightened_again():
    loosened = alter("author", "models.ForeignKey('shop.Author', models.CASCADE, db_constraint=False)")
    assert said(RULE, FIRST, loosened + alter("author", "models.ForeignKey('shop.Author', models.CASCADE)")) == []


def test_a_stored_calculation_may_overflow():
    field = "models.GeneratedField(expression={}, output_field={}, db_persist={})"
    number, text = "models.IntegerField()", "models.CharField(max_length=9)"
    for expression, output, persist, says in (
        ("F('qty') * 2", number, True, ["0002 shop.order.g"]),
        ("Concat('title', 'note')", text, True, ["0002 shop.order.g"]),
        ("F('qty') * 2", number, False, []),
        ("F('qty')", number, True, []),
    ):
        added = f'AddField("order", "g", {field.format(expression, output, persist)}),'
        assert said(RULE, FIRST, added) == says


def test_what_sql_narrows_is_told_with_the_statement():
    actions = "ALTER title TYPE varchar(20), ADD CONSTRAINT c CHECK (qty > 0), ALTER note SET NOT NULL"
    refuses = "refuses what the release that is still running may write"
    assert [finding.message for finding in found(RULE, FIRST, f"RunSQL('ALTER TABLE shop_order {actions}'),")] == [
        f"After ALTER COLUMN … TYPE, 'shop_order.title' {refuses}: it goes from varchar(50) to varchar(20).",
        f"After ADD CHECK, 'shop_order' {refuses}: 'c' checks each row that is written.",
        f"After SET NOT NULL, 'shop_order.note' {refuses}: it took NULL since shop.0001.",
    ]
