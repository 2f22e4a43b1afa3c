import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.blocking_index import BlockingIndex

MODELS = """
CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
CreateModel("Book", [
    ("id", models.BigAutoField(primary_key=True)),
    ("title", models.CharField(max_length=100)),
    ("n", models.IntegerField()),
    ("author", models.OneToOneField("Author", models.CASCADE)),
]),
"""
ADD_INDEX = 'AddIndex("book", Index(fields=["n"], name="b_idx")),'
INDEX = "CREATE INDEX b_idx ON shop_book (n)"


@pytest.mark.parametrize(
    "operations",
    [
        'CreateModel("Shop", [("n", models.IntegerField(db_index=True))]),',
        'CreateModel("Shop", [("n", models.TextField())]), AddIndex("shop", Index(fields=["n"], name="s_idx")),',
        'AddField("book", "authors", models.ManyToManyField("Author")),',
        'AddField("book", "extra", models.IntegerField(null=True)),',
        'AddField("book", "editor", models.ForeignKey("Author", models.CASCADE, null=True, db_index=False)),',
        'AddField("book", "slug", models.SlugField(db_index=False, null=True)),',
        f"SeparateDatabaseAndState(state_operations=[{ADD_INDEX}]),",
        'AlterField("book", "title", models.CharField(max_length=200)),',
        'AlterField("book", "n", models.IntegerField(verbose_name="number")),',
        'RunSQL("CREATE TABLE t (n integer); CREATE INDEX t_idx ON t (n)"),',
        'RunSQL("CREATE INDEX IF NOT EXISTS shop_book_pkey ON shop_book (n)"),',
        'migrations.RenameIndex("book", "a", "b"),',
    ],
)
def test_what_builds_no_index_on_a_table_in_use_is_fine(operations):
    assert found(BlockingIndex(), MODELS, operations) == []


@pytest.mark.parametrize(
    "model",
    [
        'CreateModel("Other", [], options={"proxy": True}, bases=("shop.Book",)),',
        'CreateModel("Other", [("n", models.IntegerField())], options={"managed": False}),',
    ],
)
def test_a_model_without_a_table_of_its_own_keeps_nobody_waiting(model):
    assert found(BlockingIndex(), MODELS + model, 'AddIndex("other", Index(fields=["n"], name="o_idx")),') == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(BlockingIndex(), MODELS, ADD_INDEX, new=("0001", "0002")) == []


def test_nobody_waits_for_an_index_that_is_built_concurrently():
    assert found(BlockingIndex(), MODELS, f'RunSQL("{INDEX.replace("INDEX", "INDEX CONCURRENTLY", 1)}"),') == []
    assert found(BlockingIndex(), MODELS, 'AddIndexConcurrently("book", Index(fields=["n"], name="b_idx")),') == []


def test_the_twin_of_a_unique_index_is_said_with_it():
    unique = 'AlterField("book", "title", models.CharField(max_length=100, unique=True)),'
    assert found(BlockingIndex(), MODELS, unique) == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3), ("mariadb", 10), ("oracle", 19)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(BlockingIndex(), MODELS, ADD_INDEX, target=target(vendor, version)) == []


def test_an_index_says_table_lock_version_and_where_the_table_was_made():
    (finding,) = found(BlockingIndex(), MODELS, ADD_INDEX)
    assert finding.message == (
        "Building the index 'b_idx' reads every row of 'shop_book' under SHARE on PostgreSQL 14: writes wait until it "
        "is through."
    )
    assert finding.hint == "Use AddIndexConcurrently, in a migration of its own with atomic = False."
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]
    assert (finding.subject, str(finding.severity)) == ("shop.book", "error")


def test_the_two_indexes_of_a_text_are_one_finding_and_the_lock_is_the_columns():
    (finding,) = found(BlockingIndex(), MODELS, 'AddField("book", "slug", models.SlugField(null=True)),')
    assert finding.message.startswith(
        "Building the indexes 'shop_book_slug_284cf2fa' and 'shop_book_slug_284cf2fa_like' reads every row of "
        "'shop_book' under ACCESS EXCLUSIVE, which an earlier statement of this operation took, on PostgreSQL 14: "
        "reads and writes wait"
    )
    assert finding.hint == (
        "Add the field with db_index=False, name the index in the model's Meta.indexes, and make it with "
        "AddIndexConcurrently, in a migration of its own with atomic = False. The index for startswith and LIKE is an "
        "Index of its own, with opclasses=['varchar_pattern_ops'], where it is needed at all."
    )


def test_a_lock_that_another_operation_took_is_said_with_its_line():
    operations = 'AddField("book", "extra", models.IntegerField(null=True)),\n' + ADD_INDEX
    (finding,) = found(BlockingIndex(), MODELS, operations)
    (_, taken) = finding.related
    assert f"under ACCESS EXCLUSIVE, held since line {taken.location.span.line}, on PostgreSQL 14" in finding.message
    assert finding.location.span.line == taken.location.span.line + 1
    assert taken.message == "ACCESS EXCLUSIVE is taken here, and held to the end of the transaction"


def test_the_lock_of_the_table_that_is_read_is_the_one_that_is_told():
    others = """AddField("author", "extra", models.IntegerField(null=True)),
AddField("book", "extra", models.IntegerField(null=True)),
"""
    (finding,) = found(BlockingIndex(), MODELS, others + ADD_INDEX)
    (_, taken) = finding.related
    assert taken.location.span.line == finding.location.span.line - 1


def test_who_waits_at_which_table_is_said():
    editor = 'AddField("book", "editor", models.ForeignKey("Author", models.CASCADE, null=True)),'
    (finding,) = found(BlockingIndex(), MODELS, editor)
    assert "reads and writes of 'shop_book', writes of 'shop_author' wait until it is through" in finding.message


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        (
            'AlterField("book", "n", models.IntegerField(db_index=True)),',
            "Leave the field with db_index=False, name the index in the model's Meta.indexes",
        ),
        (
            'AlterField("book", "author", models.ForeignKey("Author", models.CASCADE)),',
            "Leave the field with db_index=False, name the index in the model's Meta.indexes",
        ),
        (
            'migrations.AlterIndexTogether("book", {("n", "title")}),',
            "Put the index into the model's Meta.indexes instead, and make it with AddIndexConcurrently",
        ),
        (
            'AddConstraint("book", UniqueConstraint(fields=["n"], condition=Q(n__gt=0), name="b_uq")),',
            "Build it with CREATE UNIQUE INDEX CONCURRENTLY in RunSQL, under the same name",
        ),
        (
            'AddConstraint("book", UniqueConstraint(Lower("title"), name="b_uq")),',
            "Build it with CREATE UNIQUE INDEX CONCURRENTLY in RunSQL, under the same name",
        ),
        (f'RunSQL("{INDEX}"),', "CREATE INDEX CONCURRENTLY, as the only statement of its string"),
        ('RunSQL("CREATE UNIQUE INDEX ON shop_book (n)"),', "CREATE UNIQUE INDEX CONCURRENTLY, as the only statement"),
    ],
)
def test_each_operation_is_offered_what_fits_it(operation, advice):
    (finding,) = found(BlockingIndex(), MODELS, operation)
    assert finding.hint.startswith(advice)


def test_a_django_without_the_operation_is_offered_sql():
    (finding,) = found(BlockingIndex(), MODELS, ADD_INDEX, target=target("postgresql", 11, django=(2, 2)))
    assert finding.hint.startswith("Build it with CREATE INDEX CONCURRENTLY in RunSQL")


def test_three_of_many_tables_are_named_and_the_one_that_is_read_comes_first():
    tables = "; ".join(f"CREATE TABLE t{number} (id int)" for number in range(6))
    locks = "; ".join(f"ALTER TABLE t{number} ADD n int" for number in (1, 2, 3, 4, 5, 0))
    (finding,) = found(BlockingIndex(), f'RunSQL("{tables}"),', f'RunSQL("{locks}; CREATE INDEX ON t5 (n)"),')
    assert finding.message.endswith("reads and writes of 't5', 't0', 't1' and 3 more wait until it is through.")


def test_a_partitioned_table_is_built_part_by_part():
    parted = (
        "CREATE TABLE p (n integer) PARTITION BY RANGE (n); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (2)"
    )
    (finding,) = found(BlockingIndex(), f'RunSQL("{parted}"),', 'RunSQL("CREATE INDEX ON p (n)"),')
    assert "every row of 'p1' under SHARE" in finding.message
    assert "writes of 'p1' and 'p' wait" in finding.message
    assert "ON ONLY" in finding.hint
    (finding,) = found(BlockingIndex(), f'RunSQL("{parted}"),', 'RunSQL("CREATE INDEX ON p1 (n)"),')
    assert "CONCURRENTLY, as the only statement" in finding.hint


def test_each_operation_and_each_table_of_a_script_has_a_finding():
    script = "CREATE INDEX c_idx ON shop_book (n); CREATE INDEX a_idx ON shop_author (id)"
    assert said(BlockingIndex(), MODELS, ADD_INDEX + f'RunSQL("{script}"),') == [
        "0002 shop.book",
        "0002 shop_book",
        "0002 shop_author",
    ]


def test_the_larger_the_table_the_worse():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000)}, source="tables.csv")
    (finding,) = found(BlockingIndex(), MODELS, ADD_INDEX, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(BlockingIndex(), MODELS, ADD_INDEX, sizes=TableSizes(("shop.Book",)))
    assert "every row of 'shop_book' (listed as large) under SHARE" in finding.message
    assert str(finding.severity) == "error"
