import pytest
from histories import found, said
from written import target

from miglint.facts.sizes import Counted, TableSizes
from miglint.rules.blocking_unique import BlockingUnique

MODELS = """
CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
CreateModel("Book", [
    ("id", models.BigAutoField(primary_key=True)),
    ("title", models.CharField(max_length=100)),
    ("n", models.IntegerField()),
    ("sku", models.CharField(max_length=20, unique=True)),
]),
"""
CONSTRAINT = 'AddConstraint("book", UniqueConstraint(fields=["n"], name="b_uq")),'
CODE = 'AddField("book", "code", models.CharField(max_length=9, null=True, unique=True)),'


@pytest.mark.parametrize(
    "operations",
    [
        'CreateModel("Shop", [("n", models.IntegerField(unique=True))]),',
        'CreateModel("Shop", [("n", models.TextField())]), AlterUniqueTogether("shop", {("n",)}),',
        'AddField("book", "authors", models.ManyToManyField("Author")),',
        'AddField("book", "author", models.ForeignKey("Author", models.CASCADE, null=True)),',
        'AlterField("book", "sku", models.CharField(max_length=40, unique=True)),',
        'AlterField("book", "sku", models.CharField(max_length=20)),',
        # These are CREATE UNIQUE INDEX.
        'AddConstraint("book", UniqueConstraint(fields=["n"], condition=Q(n__gt=0), name="b_uq")),',
        'AddConstraint("book", UniqueConstraint(Lower("title"), name="b_uq")),',
        'RunSQL("CREATE UNIQUE INDEX CONCURRENTLY b_uq ON shop_book (n)"),',
        f"SeparateDatabaseAndState(state_operations=[{CONSTRAINT}]),",
        'RunSQL("CREATE TABLE t (n integer); ALTER TABLE t ADD UNIQUE (n)"),',
    ],
    ids=lambda text: text[:60],
)
def test_what_builds_no_such_index_on_a_table_in_use_is_fine(operations):
    assert found(BlockingUnique(), MODELS, operations) == []


def test_a_constraint_that_takes_an_index_reads_nothing():
    index = 'RunSQL("CREATE UNIQUE INDEX CONCURRENTLY b_uq ON shop_book (n)"),'
    attach = 'RunSQL("ALTER TABLE shop_book ADD CONSTRAINT b_uq UNIQUE USING INDEX b_uq"),'
    assert found(BlockingUnique(), MODELS, index, attach) == []


def test_a_table_of_the_same_changeset_is_empty():
    assert found(BlockingUnique(), MODELS, CONSTRAINT, new=("0001", "0002")) == []


def test_a_table_that_django_does_not_manage_keeps_nobody_waiting():
    legacy = 'CreateModel("Legacy", [("n", models.IntegerField())], options={"managed": False}),'
    constraint = 'AddConstraint("legacy", UniqueConstraint(fields=["n"], name="l_uq")),'
    assert found(BlockingUnique(), MODELS + legacy, constraint) == []


@pytest.mark.parametrize(("vendor", "version"), [("mysql", 8), ("sqlite", 3)])
def test_databases_whose_locks_are_not_known_are_left_alone(vendor, version):
    assert found(BlockingUnique(), MODELS, CONSTRAINT, target=target(vendor, version)) == []


def test_a_constraint_says_table_lock_version_and_where_the_table_was_made():
    (finding,) = found(BlockingUnique(), MODELS, CONSTRAINT)
    assert finding.message == (
        "Building the unique index 'b_uq' reads every row of 'shop_book' under ACCESS EXCLUSIVE on PostgreSQL 14: "
        "reads and writes wait until it is through."
    )
    assert finding.hint == (
        "Build it beside the traffic: CREATE UNIQUE INDEX CONCURRENTLY in RunSQL, in a migration of its own with "
        "atomic = False. In the next one RunSQL with ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX, which reads "
        "nothing, and this operation among its state_operations."
    )
    assert [one.message for one in finding.related] == ["'shop_book' was made in shop.0001"]
    assert (finding.subject, str(finding.severity)) == ("shop.book", "error")


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        (CODE, "Building the unique index of 'code' reads every row of 'shop_book' under ACCESS EXCLUSIVE"),
        (
            'AddField("book", "author", models.OneToOneField("Author", models.CASCADE, null=True)),',
            "Building the unique index of 'author' reads every row of 'shop_book' under ACCESS EXCLUSIVE",
        ),
        (
            'AlterUniqueTogether("book", {("n", "title")}),',
            "Building the unique index 'shop_book_n_title_462d93ea_uniq' reads every row of 'shop_book'",
        ),
        ('RunSQL("ALTER TABLE shop_book ADD UNIQUE (n)"),', "Building the unique index reads every row of 'shop_book'"),
        (
            'RunSQL("ALTER TABLE shop_book DROP CONSTRAINT shop_book_pkey, ADD CONSTRAINT pk PRIMARY KEY (n)"),',
            "Building the primary key's index 'pk' reads every row of 'shop_book'",
        ),
        (
            'AddConstraint("book", ExclusionConstraint(name="b_ex", expressions=[("n", "=")])),',
            "Building the exclusion constraint's index 'b_ex' reads every row of 'shop_book'",
        ),
    ],
)
def test_whatever_builds_it_is_named(operation, message):
    (finding,) = found(BlockingUnique(), MODELS, operation)
    assert finding.message.startswith(message)


@pytest.mark.parametrize(
    ("operation", "advice"),
    [
        (
            CODE,
            "Add the field without unique=True and with null=True. Build the index beside the traffic: CREATE UNIQUE",
        ),
        (CODE, "an AlterField to what the field is here among its state_operations"),
        (
            'AddField("book", "author", models.OneToOneField("Author", models.CASCADE, null=True)),',
            "Add the field as a ForeignKey with db_index=False and with null=True.",
        ),
        (
            'AlterField("book", "title", models.CharField(max_length=200, unique=True)),',
            "Make the rest of the change first, without unique=True.",
        ),
        ('AlterField("book", "title", models.CharField(max_length=100, unique=True)),', "Build it beside the traffic"),
        (
            'RunSQL("ALTER TABLE shop_book DROP CONSTRAINT shop_book_pkey, ADD PRIMARY KEY (n)"),',
            "PRIMARY KEY USING INDEX, which reads nothing. Its columns have to be NOT NULL before",
        ),
        (
            'AddConstraint("book", ExclusionConstraint(name="b_ex", expressions=[("n", "=")])),',
            "No exclusion constraint can be built beside the traffic",
        ),
    ],
)
def test_each_operation_is_offered_what_fits_it(operation, advice):
    (finding,) = found(BlockingUnique(), MODELS, operation)
    assert advice in finding.hint


def test_who_waits_at_which_table_is_said():
    author = 'AddField("book", "author", models.OneToOneField("Author", models.CASCADE, null=True)),'
    (finding,) = found(BlockingUnique(), MODELS, author)
    assert "reads and writes of 'shop_book', writes of 'shop_author' wait until it is through" in finding.message


def test_a_unique_text_and_its_twin_are_one_finding():
    assert said(BlockingUnique(), MODELS, CODE) == ["0002 shop.book.code"]


def test_a_script_is_judged_table_by_table():
    script = "ALTER TABLE shop_book ADD UNIQUE (n), ADD UNIQUE (title); ALTER TABLE shop_author ADD UNIQUE (id)"
    assert said(BlockingUnique(), MODELS, f'RunSQL("{script}"),') == ["0002 shop_book", "0002 shop_author"]


def test_the_larger_the_table_the_worse():
    small = TableSizes(counted={"shop_book": Counted(500, 40_000)}, source="tables.csv")
    (finding,) = found(BlockingUnique(), MODELS, CONSTRAINT, sizes=small)
    assert str(finding.severity) == "info"
    (finding,) = found(BlockingUnique(), MODELS, CONSTRAINT, sizes=TableSizes(("shop_book",)))
    assert "'shop_book' (listed as large)" in finding.message
    assert str(finding.severity) == "error"
