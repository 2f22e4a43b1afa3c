import pytest
from histories import found, said
from written import target

from miglint.rules.required_column import RequiredColumn

RULE = RequiredColumn()
FIRST = """
    CreateModel("Author", []),
    CreateModel("Order", [
        ("kept", models.IntegerField(db_default=1)),
        ("told", models.IntegerField(db_default=1, default=1)),
        ("note", models.TextField(null=True)),
        ("both", models.TextField(null=True, db_default="x")),
    ]),
"""


def add(field: str, name: str = "x") -> str:
    return f'AddField("order", "{name}", {field}),'


def alter(name: str, field: str) -> str:
    return f'AlterField("order", "{name}", {field}),'


@pytest.mark.parametrize(
    "field",
    [
        "models.IntegerField(null=True, default=3)",
        "models.IntegerField(db_default=3)",
        "models.IntegerField(db_default=3, default=4)",
        "models.DateTimeField(db_default=Now())",
        "models.IntegerField()",
        "models.ManyToManyField('shop.Author')",
        "models.BigAutoField(primary_key=True)",
        "models.GeneratedField(expression=F('kept'), output_field=models.IntegerField(), db_persist=True)",
        "models.IntegerField(null=env('NULL'), default=1)",
        "models.IntegerField(default=1, **options)",
        "shop.fields.Odd(default=1)",
    ],
)
def test_an_insert_that_leaves_the_column_out_works_or_may(field):
    assert said(RULE, FIRST, add(field)) == []


def test_nobody_writes_to_a_new_table_or_one_without_rows_of_its_own():
    added = add("models.IntegerField(default=1)")
    assert said(RULE, FIRST + added) == []
    assert said(RULE, FIRST, added, new=("0001", "0002")) == []
    assert said(RULE, FIRST, f"SeparateDatabaseAndState(state_operations=[{added}]),") == []
    assert (
        said(RULE, FIRST.replace("]),\n    Cr", "]), Cr") + 'AlterModelOptions("order", {"managed": False}),', added)
        == []
    )


@pytest.mark.parametrize(
    "field",
    [
        "models.IntegerField(default=3)",
        "models.UUIDField(default=uuid.uuid4)",
        "models.CharField(max_length=9, blank=True)",
        "models.DateTimeField(auto_now_add=True)",
        "models.IntegerField(default=env('DEFAULT'), null=False)",
        "models.ForeignKey('shop.Author', models.CASCADE, default=1)",
    ],
)
def test_a_default_in_python_alone_is_none_for_the_old_release(field):
    for added in (add(field), add(field)[:-2] + ", preserve_default=False),"):
        assert said(RULE, FIRST, added) == ["0002 shop.order.x"]


def test_what_happens_and_what_to_do_is_said():
    (finding,) = found(RULE, FIRST, add("models.IntegerField(default=3)"))
    assert finding.message == (
        "'shop_order.x' is NOT NULL, and its default lives in Python only: an INSERT of the release that is still "
        "running, which does not know the column, fails."
    )
    assert finding.hint == (
        "Give it a db_default=…, which stays in the database. Or add it with null=True, and make it NOT NULL once the "
        "release that writes it is everywhere."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.order.x", "warning")


def test_a_django_without_db_default_is_offered_sql():
    (finding,) = found(
        RULE, FIRST, add("models.IntegerField(default=3)"), target=target("postgresql", 13, django=(4, 2))
    )
    assert finding.hint == (
        "Add it with null=True, and make it NOT NULL once the release that writes it is everywhere. Or keep the "
        "default in the database: RunSQL with ALTER COLUMN … SET DEFAULT."
    )


def test_what_counts_is_the_end_of_the_migration():
    added = add("models.IntegerField(default=3)")
    assert said(RULE, FIRST, added + alter("x", "models.IntegerField(db_default=3)")) == []
    assert said(RULE, FIRST, added + alter("x", "models.IntegerField(null=True)")) == []
    assert said(RULE, FIRST, added + 'RunSQL("ALTER TABLE shop_order ALTER x SET DEFAULT 3"),') == []
    assert said(RULE, FIRST, 'RunSQL("ALTER TABLE t ALTER y SET DEFAULT 3"),' + added) == ["0002 shop.order.x"]
    assert said(RULE, FIRST, added, alter("x", "models.IntegerField(db_default=3)")) == ["0002 shop.order.x"]


def test_a_column_that_was_there_a_moment_ago_is_written_by_the_running_release():
    again = 'RemoveField("order", "kept"),' + add("models.IntegerField(default=3)", "kept")
    assert said(RULE, FIRST, again) == []


def test_a_column_that_no_release_knows_becomes_required():
    added, required = add("models.IntegerField(null=True)"), alter("x", "models.IntegerField()")
    (finding,) = found(RULE, FIRST, f"{added} RunPython(fill), {required}")
    assert finding.message == (
        "'shop_order.x' becomes required: the running release does not know it, and the database has no default for "
        "it, so an INSERT of the release that is still running fails."
    )
    assert said(RULE, FIRST, added, required) == []
    assert said(RULE, FIRST, added, required, new=("0002", "0003")) == ["0003 shop.order.x"]
    assert said(RULE, FIRST, added, required, new=("0003",)) == []


def test_a_database_default_that_goes_is_missed_by_those_who_rely_on_it():
    (finding,) = found(RULE, FIRST, alter("kept", "models.IntegerField()"))
    assert finding.message == (
        "'shop_order.kept' becomes required: the database loses the default on which INSERTs rely, so an INSERT of the "
        "release that is still running fails."
    )
    assert said(RULE, FIRST, alter("kept", "models.IntegerField()"), target=target("sqlite")) == []
    assert said(RULE, FIRST, alter("both", "models.TextField()")) == ["0002 shop.order.both"]
    assert said(RULE, FIRST, alter("told", "models.IntegerField(default=1)")) == []
    assert said(RULE, FIRST, alter("kept", "models.IntegerField(null=True)")) == []
    assert said(RULE, FIRST, alter("kept", "models.IntegerField(db_default=2)")) == []


def test_null_to_not_null_is_another_rules():
    assert said(RULE, FIRST, alter("note", "models.TextField(default='')")) == []


def test_an_order_of_its_own_is_a_required_column():
    ordered = 'AlterOrderWithRespectTo("order", "author"),'
    first = FIRST + add("models.ForeignKey('shop.Author', models.CASCADE)", "author")
    assert said(RULE, first, ordered) == ["0002 shop.order._order"]
    assert said(RULE, first + ordered, ordered) == []
    assert said(RULE, first + ordered, 'AlterOrderWithRespectTo("order", None),') == []


def test_mysql_keeps_the_default_of_a_text_and_oracle_takes_empty_for_null():
    text, number = add("models.TextField(default='')"), add("models.IntegerField(default=1)")
    assert said(RULE, FIRST, text, target=target("mysql", 8, 0)) == []
    assert said(RULE, FIRST, text, target=target("oracle", 19)) == []
    for vendor in ("mysql", "mariadb", "oracle", "sqlite"):
        assert said(RULE, FIRST, number, target=target(vendor)) == ["0002 shop.order.x"]


def test_a_column_that_sql_makes_required_is_told_with_the_statement():
    (finding,) = found(RULE, FIRST, "RunSQL('ALTER TABLE shop_order ADD COLUMN x integer NOT NULL'),")
    assert finding.message == (
        "'shop_order.x' becomes required with ADD COLUMN: it is NOT NULL without a default in the database, so an "
        "INSERT of the release that is still running fails."
    )
    assert finding.hint.startswith("Give the column a DEFAULT in the same migration")
    assert said(RULE, FIRST, "RunSQL('ALTER TABLE shop_order ALTER kept DROP DEFAULT'),") == ["0002 shop_order.kept"]
    assert said(RULE, FIRST, "RunSQL('ALTER TABLE shop_order ALTER told DROP DEFAULT'),") == []
