"""What the running release meets: nothing, values that no longer go in, rows that do not, queries that fail."""

import pytest
from histories import history
from written import target

FIRST = """
    CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
    CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("slug", models.SlugField(unique=True))]),
    CreateModel("Order", [
        ("id", models.BigAutoField(primary_key=True)),
        ("title", models.CharField(max_length=100)),
        ("qty", models.IntegerField()),
        ("note", models.TextField(null=True)),
        ("price", models.DecimalField(max_digits=10, decimal_places=2)),
        ("rate", models.FloatField()),
        ("day", models.DateField()),
        ("at", models.DateTimeField()),
        ("token", models.UUIDField()),
        ("data", models.JSONField()),
        ("state", models.CharField(max_length=10, db_default="new")),
        ("author", models.ForeignKey("shop.Author", models.CASCADE)),
        ("loose", models.ForeignKey("shop.Author", models.CASCADE, db_constraint=False, related_name="+")),
        ("tags", models.ManyToManyField("shop.Tag")),
    ]),
    CreateModel("Summary", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())],
        options={"managed": False, "db_table": "summary"}),
    RunSQL("CREATE VIEW summary AS SELECT id, title FROM shop_order"),
"""


def run_sql(sql: str) -> str:
    return f"RunSQL({sql!r}),"


def met(*bodies: str, **more) -> tuple[str, list[str], list[str]]:
    """The worst level, what breaks and what is unknown of the last of several migrations."""
    project = history(*bodies, **more)
    last = project.steps[-1].migration.key
    found = [project.breaks_of(step) for step in project.steps if step.migration.key == last]
    levels = ["none", "tightens", "writes", "reads"]
    return (
        max((one.level for one in found), key=levels.index),
        [str(broken) for one in found for broken in one.breaks],
        [one.unknown for one in found if one.unknown is not None],
    )


def level(sql: str, before: str = "", **more) -> str:
    first = FIRST + (run_sql(before) if before else "")
    worst, _, unknown = met(first, run_sql(sql), **more)
    assert unknown == []
    return worst


@pytest.mark.parametrize(
    "sql",
    [
        # Rows, locks and what no query names.
        "TRUNCATE shop_order; DELETE FROM shop_order; UPDATE shop_order SET note = ''; INSERT INTO shop_tag VALUES (1)",
        "LOCK TABLE shop_order; VACUUM FULL shop_order; ANALYZE shop_order; REINDEX TABLE shop_order",
        "CREATE INDEX CONCURRENTLY i ON shop_order (qty); DROP INDEX i",
        "CREATE TABLE other (id bigint PRIMARY KEY, order_id bigint REFERENCES shop_order (id)); DROP TABLE other",
        "DROP TABLE legacy",
        "ALTER TABLE legacy DROP COLUMN x, RENAME TO y",
        "COMMENT ON TABLE shop_order IS 'x'; CREATE TYPE mood AS ENUM ('a')",
        "CREATE TRIGGER t BEFORE UPDATE ON shop_order FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE shop_order ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE shop_order RENAME CONSTRAINT a TO b",
        # What makes room.
        "ALTER TABLE shop_order ALTER qty DROP NOT NULL, ALTER qty SET DEFAULT 3, ALTER qty DROP DEFAULT",
        "ALTER TABLE shop_order ALTER qty TYPE bigint",
        "ALTER TABLE shop_order ALTER title TYPE text",
        "ALTER TABLE shop_order ALTER title TYPE varchar(200)",
        "ALTER TABLE shop_order ALTER title TYPE char(100)",
        "ALTER TABLE shop_order ALTER title TYPE bpchar",
        "ALTER TABLE shop_order ALTER note TYPE varchar",
        "ALTER TABLE shop_order ALTER price TYPE numeric",
        "ALTER TABLE shop_order ALTER price TYPE numeric(12, 4)",
        "ALTER TABLE shop_order ALTER at TYPE timestamp",
        # Columns that fill themselves, or take NULL.
        "ALTER TABLE shop_order ADD x integer",
        "ALTER TABLE shop_order ADD x integer NOT NULL DEFAULT 1",
        "ALTER TABLE shop_order ADD x bigserial",
        "ALTER TABLE shop_order ADD x bigint GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE shop_order ADD x text GENERATED ALWAYS AS (lower(title)) STORED",
        "ALTER TABLE shop_order ADD x integer CHECK (x > 0), ADD CONSTRAINT u UNIQUE (x)",
        "ALTER TABLE shop_order ADD x bigint, ADD FOREIGN KEY (x) REFERENCES shop_author (id) NOT VALID",
        # What was so before.
        "ALTER TABLE shop_order ALTER qty SET NOT NULL",
        "ALTER TABLE shop_order ADD CONSTRAINT u UNIQUE (id, qty)",
        "CREATE UNIQUE INDEX u ON shop_tag (slug)",
        "CREATE UNIQUE INDEX u ON shop_order_tags (order_id, tag_id)",
        "ALTER TABLE shop_order ADD FOREIGN KEY (author_id) REFERENCES shop_author (id)",
        # What the migration gives back.
        "ALTER TABLE shop_order RENAME note TO remark; ALTER TABLE shop_order RENAME remark TO note",
        "ALTER TABLE shop_order RENAME TO purchase; CREATE VIEW shop_order AS SELECT * FROM purchase",
        "ALTER TABLE shop_order ADD q bigint; ALTER TABLE shop_order DROP qty; ALTER TABLE shop_order RENAME q TO qty",
        "DROP VIEW summary; CREATE VIEW summary AS SELECT id, title FROM shop_order WHERE qty > 0",
    ],
)
def test_what_the_running_release_does_not_miss(sql):
    assert level(sql) == "none"


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE shop_order ALTER note SET NOT NULL",
        "ALTER TABLE shop_order ADD CONSTRAINT n NOT NULL note NOT VALID",
        "ALTER TABLE shop_order ADD CONSTRAINT c CHECK (qty > 0) NOT VALID",
        "ALTER TABLE shop_order ADD CONSTRAINT u UNIQUE (qty)",
        "CREATE UNIQUE INDEX CONCURRENTLY u ON shop_order (qty) WHERE qty > 1",
        "CREATE UNIQUE INDEX u ON shop_order (lower(title))",
        "ALTER TABLE shop_order ADD CONSTRAINT e EXCLUDE USING gist (qty WITH =)",
        "ALTER TABLE shop_order ADD FOREIGN KEY (loose_id) REFERENCES shop_author (id) NOT VALID",
        "ALTER TABLE shop_order ALTER title TYPE varchar(50)",
        "ALTER TABLE shop_order ALTER title TYPE char",
        "ALTER TABLE shop_order ALTER qty TYPE smallint",
        "ALTER TABLE shop_order ALTER price TYPE numeric(8, 2)",
        "ALTER TABLE shop_order ALTER rate TYPE real",
        "ALTER TABLE shop_order ALTER note TYPE jsonb USING to_jsonb(note)",
        "ALTER TABLE shop_order ADD x integer GENERATED ALWAYS AS (qty * 2) STORED",
        "ALTER TABLE shop_order DROP COLUMN note, ADD COLUMN note text NOT NULL DEFAULT ''",
        "CREATE DOMAIN d AS text CHECK (VALUE <> ''); ALTER TABLE shop_order ALTER note TYPE mood",
    ],
)
def test_some_values_no_longer_go_in(sql):
    assert level(sql) == "tightens"


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE shop_order ADD x integer NOT NULL",
        "ALTER TABLE shop_order ADD x integer NOT NULL DEFAULT NULL",
        "ALTER TABLE shop_order ADD x integer NOT NULL DEFAULT 1; ALTER TABLE shop_order ALTER x DROP DEFAULT",
        "ALTER TABLE shop_order ADD x integer; ALTER TABLE shop_order ALTER x SET NOT NULL",
        "ALTER TABLE shop_order ALTER id DROP IDENTITY",
        "ALTER TABLE shop_order ALTER state DROP DEFAULT",
    ],
)
def test_no_row_can_be_written(sql):
    assert level(sql) == "writes"


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE shop_order DROP COLUMN note",
        'ALTER TABLE "public"."shop_order" DROP IF EXISTS "note" CASCADE',
        "ALTER TABLE shop_order_tags DROP COLUMN tag_id",
        "ALTER TABLE shop_order RENAME COLUMN note TO remark",
        "ALTER TABLE shop_order RENAME TO purchase",
        "ALTER TABLE shop_order SET SCHEMA archive",
        "ALTER TABLE shop_order_tags RENAME TO x",
        "DROP TABLE shop_order_tags",
        "DROP TABLE shop_order_tags; CREATE TABLE shop_order_tags (id bigserial PRIMARY KEY, order_id bigint)",
        "DROP VIEW summary",
        "ALTER TABLE shop_order ALTER qty TYPE text",
        "ALTER TABLE shop_order ALTER day TYPE timestamptz",
        "ALTER TABLE shop_order ALTER token TYPE char(36)",
        "ALTER TABLE shop_order ALTER data TYPE json",
        "ALTER TABLE shop_order ADD q text; ALTER TABLE shop_order DROP qty; ALTER TABLE shop_order RENAME q TO qty",
    ],
)
def test_nothing_can_be_read(sql):
    assert level(sql) == "reads"


def test_a_view_goes_with_its_table():
    _, breaks, _ = met(FIRST, run_sql("ALTER TABLE shop_order DROP COLUMN title CASCADE"))
    assert breaks == ["'shop_order.title' is dropped", "'summary' is dropped"]


def test_what_the_release_does_not_know_it_does_not_miss():
    column = "ALTER TABLE shop_order ADD x integer"
    assert level("ALTER TABLE shop_order DROP COLUMN x", column) == "none"
    assert level("ALTER TABLE shop_order RENAME x TO y", column) == "none"
    assert level("ALTER TABLE shop_order ADD CONSTRAINT u UNIQUE (x)", column) == "none"
    assert level("ALTER TABLE shop_order ADD CONSTRAINT c CHECK (x > 0)", column) == "none"
    assert level("ALTER TABLE shop_order ALTER x SET NOT NULL", f"{column} DEFAULT 1") == "none"
    assert level("ALTER TABLE shop_order ALTER x DROP DEFAULT", f"{column} DEFAULT 1") == "none"


def test_what_the_release_does_not_know_it_does_not_fill():
    column = "ALTER TABLE shop_order ADD x integer"
    assert level("ALTER TABLE shop_order ALTER x SET NOT NULL", column) == "writes"
    assert level("ALTER TABLE shop_order ADD CONSTRAINT c CHECK (x IS NOT NULL)", column) == "writes"
    assert level("ALTER TABLE shop_order ALTER x DROP DEFAULT", f"{column} NOT NULL DEFAULT 1") == "writes"
    counted = f"CREATE SEQUENCE s; {column} NOT NULL DEFAULT nextval('s')"
    assert level("DROP SEQUENCE s CASCADE", counted) == "writes"


def test_what_was_so_before_the_migration_refuses_nothing_new():
    for before, after in (
        ("ALTER TABLE shop_order ADD CONSTRAINT a CHECK (qty > 0)", "ALTER TABLE shop_order ADD CHECK (qty>0)"),
        (
            "ALTER TABLE shop_order ADD CHECK (note IS NOT NULL) NOT VALID",
            "ALTER TABLE shop_order ALTER note SET NOT NULL",
        ),
        ("CREATE UNIQUE INDEX a ON shop_order (qty)", "DROP INDEX a; CREATE UNIQUE INDEX b ON shop_order (qty)"),
        ("CREATE UNIQUE INDEX a ON shop_order (qty)", "ALTER TABLE shop_order ADD CONSTRAINT b UNIQUE USING INDEX a"),
        (
            "ALTER TABLE shop_order ADD CONSTRAINT f FOREIGN KEY (loose_id) REFERENCES shop_author (id)",
            "ALTER TABLE shop_order DROP CONSTRAINT f, ADD FOREIGN KEY (loose_id) REFERENCES shop_author (id)",
        ),
    ):
        assert level(after, before) == "none"


def test_the_key_that_takes_an_index_wants_a_value_in_each_row():
    sql = "ALTER TABLE shop_order DROP CONSTRAINT shop_order_pkey, ADD PRIMARY KEY USING INDEX a"
    assert level(sql, "CREATE UNIQUE INDEX a ON shop_order (note)") == "tightens"
    assert level(sql, "CREATE UNIQUE INDEX a ON shop_order (qty)") == "none"


def test_a_table_of_the_changeset_is_used_by_nobody():
    made, dropped = (
        'CreateModel("New", [("id", models.BigAutoField(primary_key=True))]),',
        run_sql("DROP TABLE shop_new"),
    )
    assert met(FIRST, made + dropped)[0] == "none"
    assert met(FIRST, made, dropped)[0] == "reads"
    assert met(FIRST, made, dropped, new=("0002", "0003"))[0] == "none"


def test_a_field_that_only_the_changeset_took_out_of_the_state_is_selected_still():
    forgotten = 'SeparateDatabaseAndState(state_operations=[RemoveField("order", "note")]),'
    dropped = run_sql("ALTER TABLE shop_order DROP COLUMN note")
    assert met(FIRST, forgotten, dropped)[0] == "none"
    assert met(FIRST, forgotten, dropped, new=("0003",))[0] == "none"
    assert met(FIRST, forgotten, dropped, new=("0002", "0003"))[0] == "reads"


def test_sql_beside_its_state_operations_breaks_as_the_operation_would():
    removed = 'RemoveField("order", "note")'
    dropped = 'RunSQL("ALTER TABLE shop_order DROP COLUMN note")'
    for both in (
        f"{dropped[:-1]}, state_operations=[{removed}]),",
        f"SeparateDatabaseAndState(database_operations=[{dropped}], state_operations=[{removed}]),",
    ):
        assert met(FIRST, both)[:2] == ("reads", ["'shop_order.note' is dropped"])


def test_a_view_of_the_old_name_keeps_a_renamed_model_at_work():
    renamed = 'RenameModel("Author", "Writer"),'
    assert met(FIRST, renamed)[0] == "reads"
    assert met(FIRST, renamed + run_sql("CREATE VIEW shop_author AS SELECT * FROM shop_writer"))[0] == "none"


def test_a_default_that_sql_gives_counts_whatever_the_operation_does():
    added = 'AddField("order", "x", models.IntegerField(default=1)),'
    assert met(FIRST, added)[0] == "writes"
    assert met(FIRST, added + run_sql("ALTER TABLE shop_order ALTER x SET DEFAULT 1"))[0] == "none"
    assert met(FIRST, added + run_sql("ALTER TABLE shop_order ALTER x DROP NOT NULL"))[0] == "none"
    assert met(FIRST, added + run_sql("ALTER TABLE shop_order ALTER qty SET DEFAULT 1"))[0] == "writes"


def test_what_cannot_be_read_is_said_to_be_unknown():
    for sql in ("DO $$ BEGIN PERFORM 1; END $$", "CALL tidy()", "DROP TYPE mood CASCADE"):
        worst, breaks, unknown = met(FIRST, run_sql(sql))
        assert (worst, breaks, len(unknown)) == ("none", [], 1)
    assert met(FIRST, 'RunSQL(env("SQL")),')[2] != []
    assert met(FIRST, "shop.operations.Odd(),")[2] != []


def test_lengths_are_one_thing_to_sqlite():
    narrow = 'AlterField("order", "title", models.CharField(max_length=20)),'
    assert met(FIRST, narrow)[0] == "tightens"
    assert met(FIRST, narrow, target=target("sqlite"))[0] == "none"


def test_a_table_that_another_replaces_is_there():
    swapped = (
        "CREATE TABLE new (LIKE shop_tag INCLUDING ALL); ALTER TABLE shop_tag RENAME TO old; "
        "ALTER TABLE new RENAME TO shop_tag"
    )
    assert level(swapped) == "none"


def test_a_column_that_goes_again_was_never_required():
    added = 'AddField("order", "x", models.IntegerField(default=1)),'
    assert met(FIRST, added + 'RemoveField("order", "x"),')[0] == "none"
    assert met(FIRST, added + 'RenameField("order", "x", "y"),')[0] == "writes"
