"""What the database holds after operations, where Django's state says something else included."""

from __future__ import annotations

import pytest
from histories import history
from written import target

from miglint.schema.tables import DatabaseState, TableState

BOOK = """
CreateModel("Author", []),
CreateModel(
    "Book",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=90, unique=True)),
        ("slug", models.SlugField(null=True)),
        ("pages", models.PositiveIntegerField(db_default=0)),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("readers", models.ManyToManyField("shop.Author")),
    ],
    options={
        "indexes": [Index(fields=["-pages", "author"], name="by_pages")],
        "constraints": [
            CheckConstraint(condition=Q(pages__gt=0), name="has_pages"),
            UniqueConstraint(fields=["title"], condition=Q(pages=1), name="leaf"),
        ],
        "unique_together": {("title", "author")},
    },
),
"""


def after(*bodies: str, **more) -> DatabaseState:
    return history(*bodies, **more).steps[-1].database_after


def book(*bodies: str, **more) -> TableState:
    table = after(BOOK, *bodies, **more).table("shop_book")
    assert table is not None
    return table


def in_state(operations: str) -> str:
    return f"SeparateDatabaseAndState(state_operations=[{operations}]),"


def held(table: TableState) -> set[tuple[object, ...]]:
    """Every index and constraint of a table: what it is, and over which columns."""
    return {("unique index" if one.unique else "index", one.columns) for one in table.indexes} | {
        (one.kind, one.columns) for one in table.constraints
    }


def test_a_table_has_its_columns_as_the_database_calls_them():
    table = book()
    columns = {one.name: (str(one.type), one.nullable) for one in table.columns.values()}
    assert columns == {
        "id": ("bigint", False),
        "title": ("varchar(90)", False),
        "slug": ("varchar(50)", True),
        "pages": ("integer", False),
        "author_id": ("integer", False),
    }
    fields = {one.name: one.field.kind for one in table.columns.values() if one.field is not None}
    assert fields["slug"] == "SlugField"
    assert [one.name for one in table.columns.values() if one.default is not None] == ["pages"]
    assert (table.app_label, table.made.migration.name, table.unknown) == ("shop", "0001", None)


def test_an_implicit_key_is_a_column_of_the_settings_class():
    project = history('CreateModel("Author", []),', settings={"DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField"})
    table = project.steps[-1].database_after.table("shop_author")
    assert table is not None
    assert [(one.name, str(one.type), one.nullable) for one in table.columns.values()] == [("id", "bigint", False)]


def test_a_table_has_the_indexes_and_constraints_that_its_fields_and_options_ask_for():
    assert held(book()) == {
        ("primary key", ("id",)),
        ("unique", ("title",)),
        # For LIKE on text.
        ("index", ("title",)),
        ("index", ("slug",)),
        ("check", ("pages",)),
        ("foreign key", ("author_id",)),
        ("index", ("author_id",)),
        ("index", ("pages", "author_id")),
        ("unique index", ("title",)),
        ("unique", ("title", "author_id")),
    }


def test_a_many_to_many_field_has_a_table():
    table = after(BOOK).table("shop_book_readers")
    assert table is not None
    assert list(table.columns) == ["id", "book_id", "author_id"]
    assert held(table) == {
        ("primary key", ("id",)),
        ("unique", ("book_id", "author_id")),
        ("foreign key", ("book_id",)),
        ("foreign key", ("author_id",)),
        ("index", ("book_id",)),
        ("index", ("author_id",)),
    }


def test_what_leaves_the_state_alone_stays_in_the_database():
    table = book(in_state('RemoveField("book", "slug")'))
    assert table.columns["slug"].made.migration.name == "0001"
    assert after(BOOK, in_state('DeleteModel("Book")')).table("shop_book") is not None


def test_what_the_database_alone_does_is_done():
    assert "slug" not in book('SeparateDatabaseAndState(database_operations=[RemoveField("book", "slug")]),').columns


def test_the_steps_inside_carry_the_change():
    body = 'SeparateDatabaseAndState([RemoveField("book", "slug")], [RemoveField("book", "slug")]),'
    seen = []
    for step in history(BOOK, body).steps[-3:]:
        tables = step.database_before.table("shop_book"), step.database_after.table("shop_book")
        seen.append((step.index, *("slug" in table.columns for table in tables if table is not None)))
    assert seen == [("0", True, True), ("0.database.0", True, False), ("0.state.0", False, False)]


@pytest.mark.parametrize(
    ("operation", "gone", "new"),
    [
        ('DeleteModel("Book"),', {"shop_book", "shop_book_readers"}, set()),
        (
            'RenameModel("Book", "Volume"),',
            {"shop_book", "shop_book_readers"},
            {"shop_volume", "shop_volume_readers"},
        ),
        ('AlterModelTable("Book", "books"),', {"shop_book", "shop_book_readers"}, {"books", "books_readers"}),
        ('RenameField("book", "readers", "fans"),', {"shop_book_readers"}, {"shop_book_fans"}),
        ('RemoveField("book", "readers"),', {"shop_book_readers"}, set()),
        ('AddField("author", "books", models.ManyToManyField("shop.Book")),', set(), {"shop_author_books"}),
        ('CreateModel("V", [], options={"managed": False}),', set(), set()),
        ('CreateModel("P", [], options={"proxy": True}, bases=("shop.book",)),', set(), set()),
    ],
)
def test_tables_come_go_and_move(operation: str, gone: set[str], new: set[str]):
    before = {table.name for table in after(BOOK).tables()}
    now = {table.name for table in after(BOOK, operation).tables()}
    assert (before - now, now - before) == (gone, new)


def test_a_renamed_table_is_the_one_that_was_made_before():
    table = after(BOOK, 'RenameModel("Book", "Volume"),').table("shop_volume")
    assert table is not None
    assert table.made.migration.name == "0001"
    between = after(BOOK, 'RenameModel("Book", "Volume"),').table("shop_volume_readers")
    assert between is not None
    assert list(between.columns) == ["id", "volume_id", "author_id"]


def test_an_added_column_brings_what_its_field_asks_for():
    new = held(book('AddField("book", "next", models.OneToOneField("self", models.CASCADE, null=True)),')) - held(
        book()
    )
    assert new == {("unique", ("next_id",)), ("foreign key", ("next_id",))}


def test_a_removed_column_takes_along_what_uses_it():
    gone = held(book()) - held(book('AlterUniqueTogether("book", set()), RemoveField("book", "title"),'))
    assert gone == {
        ("unique", ("title",)),
        ("index", ("title",)),
        ("unique index", ("title",)),
        ("unique", ("title", "author_id")),
    }
    gone = held(book()) - held(book('RemoveField("book", "pages"),'))
    # The condition of the partial index is over it.
    assert gone == {
        ("check", ("pages",)),
        ("index", ("pages", "author_id")),
        ("unique index", ("title",)),
    }


def test_an_altered_column_keeps_its_origin_and_what_it_still_asks_for():
    table = book('AlterField("book", "slug", models.CharField(max_length=9, unique=True, db_column="s")),')
    column = table.columns["s"]
    assert (str(column.type), column.nullable) == ("varchar(9)", False)
    assert (column.made.migration.name, column.defined.migration.name) == ("0001", "0002")
    assert ("unique", ("s",)) in held(table)
    # What is left is for LIKE.
    assert [one.opclasses for one in table.indexes if one.columns == ("s",)] == [("varchar_pattern_ops",)]
    kept = book('AlterField("book", "slug", models.SlugField(max_length=99, null=True)),')
    assert {one.made.migration.name for one in kept.indexes if one.columns == ("slug",)} == {"0001"}


def test_a_renamed_column_is_renamed_in_what_uses_it():
    table = book('RenameField("book", "pages", "length"),')
    assert table.columns["length"].made.migration.name == table.columns["length"].defined.migration.name == "0001"
    assert ("index", ("length", "author_id")) in held(table)


def test_a_constraint_holds_for_new_rows_only_until_it_is_validated():
    added = 'AddConstraintNotValid("book", CheckConstraint(condition=Q(pages__lt=9), name="short")),'
    answers = []
    for bodies in ((added,), (added, 'ValidateConstraint("book", "short"),')):
        answers += [one.validated for one in book(*bodies).constraints if one.name == "short"]
    assert answers == [False, True]


def test_indexes_and_constraints_go_by_their_names():
    table = book(
        'RemoveIndex("book", "by_pages"), RemoveConstraint("book", "leaf"), '
        'RemoveConstraint("book", "has_pages"),'
        'AddIndex("book", Index(fields=["slug"], name="i")),'
        'migrations.RenameIndex("book", new_name="j", old_name="i"),'
    )
    names = {one.name for one in table.held() if not one.by_field}
    assert names & {"by_pages", "leaf", "has_pages", "i", "j"} == {"j"}


def test_unique_together_follows_its_operation():
    gone = book('AlterUniqueTogether("book", {("slug", "title")}),')
    assert ("unique", ("slug", "title")) in held(gone)
    assert ("unique", ("title", "author_id")) not in held(gone)


def test_an_order_has_a_column():
    table = book('AlterOrderWithRespectTo("book", "author"),')
    assert str(table.columns["_order"].type) == "integer"
    ordered = 'AlterOrderWithRespectTo("book", "author"),'
    assert "_order" not in book(ordered, 'AlterOrderWithRespectTo("book", None),').columns


def test_mysql_has_no_partial_indexes():
    assert not any(one.unique for one in book(target=target("mysql", 8)).indexes)


@pytest.mark.parametrize(
    ("sql", "unknown"),
    [
        ('"DO $$ BEGIN END $$"', {"shop_author", "shop_book", "shop_book_readers"}),
        ("statements()", {"shop_author", "shop_book", "shop_book_readers"}),
        ('"EXECUTE prepared"', {"shop_author", "shop_book", "shop_book_readers"}),
        ('"ALTER TABLE shop_author FROBNICATE"', {"shop_author"}),
        ('"DROP SCHEMA public CASCADE"', {"shop_author", "shop_book", "shop_book_readers"}),
        ('"DROP TYPE x CASCADE"', {"shop_author", "shop_book", "shop_book_readers"}),
        ('"SET search_path TO elsewhere"', {"shop_author", "shop_book", "shop_book_readers"}),
        ('"DROP TYPE x"', set()),
        ('"DROP INDEX by_pages"', set()),
        ('"UPDATE shop_author SET x = 1"', set()),
        ("migrations.RunSQL.noop", set()),
        ('"CREATE EXTENSION citext"', set()),
    ],
)
def test_of_tables_that_sql_may_touch_nothing_is_certain(sql: str, unknown: set[str]):
    state = after(BOOK, f"RunSQL({sql}),")
    assert {table.name for table in state.tables() if table.unknown is not None} == unknown
    before = history(BOOK, f"RunSQL({sql}),").steps[-1].database_before
    assert all(table.unknown is None for table in before.tables())


def test_sql_that_can_be_read_is_done():
    table = book("""RunSQL(["ALTER TABLE shop_book ADD x int NOT NULL DEFAULT 3", ("DROP INDEX by_pages", None)]),""")
    assert (str(table.columns["x"].type), table.columns["x"].nullable) == ("integer", False)
    assert "by_pages" not in {one.name for one in table.held()}
    assert after(BOOK, 'RunSQL("DROP TABLE shop_author CASCADE"),').table("shop_author") is None


def test_what_hangs_on_a_table_follows_its_name_and_those_of_its_columns():
    view = 'RunSQL("CREATE VIEW titles AS SELECT title FROM shop_book"),'
    state = after(BOOK, view, 'RenameModel("Book", "Volume"), RenameField("volume", "title", "name"),')
    assert [(one.name, one.reads, "name" in one.names) for one in state.views_of("shop_volume")] == [
        ("titles", ("shop_volume",), True)
    ]
    assert list(state.views_of("shop_book")) == []
    assert {table.name for table, _ in state.referring_to("shop_volume")} == {"shop_volume_readers"}
    before = history(BOOK, view, 'RenameModel("Book", "Volume"),').steps[-1].database_before
    assert [one.name for one in before.views_of("shop_book")] == ["titles"]


def test_partitions_are_found_by_their_parent():
    sql = (
        "CREATE TABLE log (at date NOT NULL, n int) PARTITION BY RANGE (at); CREATE INDEX by_n ON log (n); "
        "CREATE TABLE log_new PARTITION OF log DEFAULT"
    )
    state = after(f'RunSQL("{sql}"),')
    (part,) = state.parts_of("log")
    assert (part.name, part.default_partition, list(part.columns)) == ("log_new", True, ["at", "n"])
    assert [(one.name, one.part_of) for one in part.indexes] == [("log_new_n_idx", "by_n")]


def test_a_table_that_no_migration_made_is_not_invented():
    assert (
        after('RunSQL("ALTER TABLE elsewhere ADD x int; CREATE INDEX i ON elsewhere (x)"),').table("elsewhere") is None
    )
    made = after('RunSQL("CREATE TABLE elsewhere (x int)"),').table("elsewhere")
    assert made is not None
    assert (made.app_label, list(made.columns), made.unknown) == ("shop", ["x"], None)
    copied = after('RunSQL("CREATE TABLE copied AS SELECT * FROM elsewhere"),').table("copied")
    assert copied is not None
    assert copied.unknown == "its columns are those of a query"


def test_a_domain_is_what_it_was_at_the_time():
    bodies = ('RunSQL("CREATE DOMAIN d AS int"),', 'RunSQL("ALTER DOMAIN d ADD CHECK (value > 0)"),')
    seen = [step.database_after.domain("d") for step in history(*bodies).steps]
    assert [one.constrained for one in seen if one is not None] == [False, True]


def test_a_schema_in_db_table_is_a_schema():
    state = after("""CreateModel("Log", [], options={"db_table": 'audit"."log'}),""")
    assert [table.name for table in state.tables()] == ["audit.log"]
    assert state.table('audit"."log') is state.table("audit.log")


def test_each_statement_of_an_operation_has_a_state_of_its_own():
    step = history(BOOK, 'RunSQL("ALTER TABLE shop_book ADD x int; ALTER TABLE shop_book DROP x"),').steps[-1]
    number = step.database_before.number
    between = DatabaseState(step.database_before.history, number + 1).table("shop_book")
    assert between is not None
    assert "x" in between.columns
    assert step.database_after.number == number + 2


def test_an_operation_that_could_not_be_analysed_leaves_its_app_unknown():
    state = after(BOOK, "do_something(),")
    assert state.unknown("shop") is not None
    assert state.unknown("blog") is None
    assert all(table.unknown is not None for table in state.tables())


def test_every_version_stays_as_it_was():
    seen = [
        "slug" in table.columns
        for step in history(BOOK, 'RemoveField("book", "slug"),', "RunPython(len),").steps
        if (table := step.database_after.table("shop_book")) is not None
    ]
    assert seen == [True, False, False]
