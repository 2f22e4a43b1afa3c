"""What RunSQL holds, read as statements."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miglint.sql.parse import parse
from miglint.sql.statement import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterEnum,
    AlterSequence,
    AlterTable,
    AttachPartition,
    ColumnDefinition,
    ColumnType,
    Comment,
    Constraint,
    Copy,
    CreateIndex,
    CreateRule,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DropColumn,
    DropIndex,
    DropNotNull,
    DropSequence,
    DropTable,
    Expression,
    ForeignKey,
    IndexPart,
    Insert,
    LockTable,
    Merge,
    OpaqueStatement,
    OtherAction,
    OtherStatement,
    RenameColumn,
    Select,
    SetConstraints,
    SetDefault,
    SetNotNull,
    SetParameter,
    Statement,
    Transaction,
    UnknownAction,
    Update,
    Vacuum,
)


def _one(sql: str) -> Statement:
    (written,) = parse(sql)
    return written.statement


def _action(sql: str) -> object:
    statement = _one(sql)
    assert isinstance(statement, AlterTable)
    (action,) = statement.actions
    return action


def _column(sql: str) -> ColumnDefinition:
    action = _action(f"ALTER TABLE t ADD COLUMN {sql}")
    assert isinstance(action, AddColumn), action
    return action.column


def _type(sql: str) -> ColumnType | None:
    return _column(f"c {sql}").type


# --- texts ---


@pytest.mark.parametrize("sql", ["", "  \n", "\ufeff", ";", ";;", "-- nothing", "/* nothing; */", "-- a\n;\n-- b"])
def test_a_text_without_a_statement_holds_none(sql: str) -> None:
    assert parse(sql) == ()


def test_statements_know_their_text_and_where_it_begins() -> None:
    sql = "-- first\nUPDATE a SET b = 1;\n\n  /* second; */ DROP TABLE c ; "
    assert [(written.sql, written.start) for written in parse(sql)] == [
        ("UPDATE a SET b = 1", 9),
        ("DROP TABLE c", 46),
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "COMMENT ON TABLE t IS 'a; b -- c'",
        "COMMENT ON TABLE t IS E'it\\'s; /* b'",
        "CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN UPDATE a SET b = 1; RETURN NEW; END $$ LANGUAGE plpgsql",
        "CREATE FUNCTION f() RETURNS text AS $body$ SELECT $$;$$; $body$ LANGUAGE sql",
        "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
        "CREATE RULE r AS ON UPDATE TO t DO (DELETE FROM a; DELETE FROM b)",
        "ALTER TABLE t /* a; /* nested; */ b; */ DROP COLUMN c",
        'ALTER TABLE "a;b" DROP COLUMN c',
    ],
)
def test_a_semicolon_inside_something_parts_nothing(sql: str) -> None:
    assert [written.sql for written in parse(f"{sql}; SELECT 1")] == [sql, "SELECT 1"]


@pytest.mark.parametrize(
    "sql", ["SELECT 'open", 'SELECT "open', "SELECT /* open", "DO $$ open", "SELECT (1", "ALTER TABLE", "'", "$", "\\"]
)
def test_broken_sql_is_opaque(sql: str) -> None:
    assert isinstance(_one(sql), OpaqueStatement)


@given(st.text(alphabet="abc;'\"$\\/*-(){}%.,:=[]1 \nASELCTUPDROFWH_é"))
@settings(max_examples=300, deadline=None)
def test_no_text_makes_it_fail(text: str) -> None:
    for written in parse(text):
        assert text[written.start :].startswith(written.sql)


_WORDS = """
    SELECT FROM WHERE WITH AS ( ) , ; . * UPDATE SET INSERT INTO VALUES DELETE USING MERGE ON WHEN CREATE TABLE INDEX
    ALTER ADD COLUMN DROP CONSTRAINT CHECK UNIQUE PRIMARY KEY FOREIGN REFERENCES NOT NULL DEFAULT a b integer varchar
    1 'x' "q" CASCADE IF EXISTS ONLY TYPE :: [ ] CASE END EXCLUDE VIEW RECURSIVE CYCLE COMMENT IS COPY TO EXPLAIN OR
    ANALYZE IN MODE LOCK GRANT VACUUM FULL SEQUENCE OWNED BY DOMAIN GENERATED ALWAYS IDENTITY = AND RENAME
"""


@given(st.lists(st.sampled_from(_WORDS.split()), max_size=14).map(" ".join))
@settings(max_examples=500, deadline=None)
def test_no_words_make_it_fail(text: str) -> None:
    parse(text)
    parse(text, "mysql")


def test_a_deep_nest_is_opaque_and_no_failure() -> None:
    assert isinstance(_one("SELECT " + "(" * 20_000 + "1" + ")" * 20_000), OpaqueStatement | Select)


# --- names ---


@pytest.mark.parametrize(
    ("written", "table"),
    [
        ("Book", "book"),
        ('"Book"', "Book"),
        ("public.book", "book"),
        ('"public"."book"', "book"),
        ("library.book", "library.book"),
        ("db.library.book", "library.book"),
        ('"a""b"', 'a"b'),
        ("x" * 70, "x" * 63),
        ('"' + "é" * 40 + '"', "é" * 31),
        ('U&"d\\0061ta"', "data"),
    ],
)
def test_a_table_goes_by_the_name_that_the_server_has(written: str, table: str) -> None:
    assert _one(f"DROP TABLE {written}") == DropTable((table,))


def test_a_word_that_is_reserved_is_no_name() -> None:
    assert isinstance(_one("DROP TABLE select"), OpaqueStatement)
    assert _action("ALTER TABLE t ALTER COLUMN at DROP NOT NULL") == DropNotNull("at")


# --- types ---


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("int", ColumnType("integer")),
        ("int4", ColumnType("integer")),
        ("INTEGER", ColumnType("integer")),
        ("pg_catalog.int8", ColumnType("bigint")),
        ("int2", ColumnType("smallint")),
        ("character varying(20)", ColumnType("varchar", (20,))),
        ("varchar", ColumnType("varchar")),
        ("char varying (5)", ColumnType("varchar", (5,))),
        ("char(3)", ColumnType("char", (3,))),
        ("character", ColumnType("char", (1,))),
        ("bpchar", ColumnType("char")),
        ('"char"', ColumnType('"char"')),
        ("timestamptz", ColumnType("timestamp with time zone")),
        ("timestamp(3) with time zone", ColumnType("timestamp with time zone", (3,))),
        ("timestamptz(3)", ColumnType("timestamp with time zone", (3,))),
        ("timestamp without time zone", ColumnType("timestamp")),
        ("timetz", ColumnType("time with time zone")),
        ("decimal(8, 2)", ColumnType("numeric", (8, 2))),
        ("numeric(8)", ColumnType("numeric", (8, 0))),
        ("float8", ColumnType("double precision")),
        ("float", ColumnType("double precision")),
        ("float(10)", ColumnType("real")),
        ("bool", ColumnType("boolean")),
        ("bit varying(8)", ColumnType("bit varying", (8,))),
        ("interval", ColumnType("interval")),
        ("interval day to second(3)", ColumnType("interval day to second", (3,))),
        ("integer[]", ColumnType("array", (), ColumnType("integer"))),
        ("text ARRAY", ColumnType("array", (), ColumnType("text"))),
        ("varchar(20)[5]", ColumnType("array", (5,), ColumnType("varchar", (20,)))),
        ("int[][]", ColumnType("array", (), ColumnType("array", (), ColumnType("integer")))),
        ("geometry(Point, 4326)", ColumnType("geometry(point, 4326)")),
        ("other.mood", ColumnType("other.mood")),
        ("public.citext", ColumnType("citext")),
    ],
)
def test_a_type_goes_by_one_name(written: str, expected: ColumnType) -> None:
    assert _type(written) == expected


def test_serial_is_an_integer_with_a_sequence() -> None:
    assert _column("id bigserial") == ColumnDefinition("id", ColumnType("bigint"), numbering="serial")


# --- columns and constraints ---


def test_a_column_s_constraints_come_in_any_order() -> None:
    column = _column("a integer CHECK (a > 0) UNIQUE DEFAULT 1 + 2 NOT NULL REFERENCES u (id) ON DELETE SET NULL")
    assert column == ColumnDefinition(
        "a",
        ColumnType("integer"),
        not_null=True,
        default=Expression("1 + 2"),
        constraints=(
            Constraint("check", None, ("a",), Expression("a > 0", names=frozenset({"a"}))),
            Constraint("unique", None, ("a",)),
            Constraint("foreign key", None, ("a",), references=ForeignKey("u", ("id",), "SET NULL")),
        ),
    )


def test_a_default_ends_where_a_constraint_begins() -> None:
    column = _column("a timestamptz DEFAULT pg_catalog.now() NOT NULL")
    assert column.default == Expression("pg_catalog.now()", frozenset({"now"}))
    assert column.not_null
    assert _column("a text DEFAULT NULL NOT NULL").default == Expression("NULL")
    case = _column("a int DEFAULT CASE WHEN b IS NOT NULL THEN 1 ELSE 2 END NOT NULL")
    assert case.default is not None
    assert case.default.sql == "CASE WHEN b IS NOT NULL THEN 1 ELSE 2 END"


def test_functions_without_parentheses_are_called_all_the_same() -> None:
    default = _column("a date DEFAULT CURRENT_DATE").default
    assert default is not None
    assert default.functions == {"current_date"}


def test_the_words_of_an_expression_are_no_columns() -> None:
    action = _action(
        "ALTER TABLE t ADD CHECK (a::text ~ 'x' AND t.b AT TIME ZONE 'utc' > date '2020-01-01' OR f(\"C\"))"
    )
    assert isinstance(action, AddConstraint)
    condition = action.constraint.condition
    assert condition is not None
    assert condition.names == {"a", "b", "C"}
    assert condition.functions == {"f"}


def test_identity_and_generated_columns() -> None:
    assert _column("id int GENERATED ALWAYS AS IDENTITY (START 5)").numbering == "identity"
    column = _column("b int GENERATED ALWAYS AS (a * 2) STORED")
    assert (column.generation, column.generated) == ("stored", Expression("a * 2", names=frozenset({"a"})))
    assert _column("b int GENERATED ALWAYS AS (a * 2)").generation == "virtual"


def test_a_foreign_key_that_is_not_valid_and_one_that_is_deferred() -> None:
    assert _action("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a, b) REFERENCES u NOT VALID") == AddConstraint(
        Constraint("foreign key", "f", ("a", "b"), references=ForeignKey("u"), not_valid=True)
    )
    action = _action("ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED")
    assert isinstance(action, AddConstraint)
    assert action.constraint.deferrable
    assert action.constraint.references == ForeignKey("u", ("id",), deferrable=True)


def test_constraints_from_an_index() -> None:
    assert _action("ALTER TABLE t ADD PRIMARY KEY USING INDEX i") == AddConstraint(Constraint("primary key", index="i"))


def test_an_exclusion_keeps_its_list() -> None:
    action = _action("ALTER TABLE t ADD CONSTRAINT e EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (NOT gone)")
    assert isinstance(action, AddConstraint)
    assert action.constraint == Constraint(
        "exclusion",
        "e",
        ("room", "during"),
        Expression("NOT gone", names=frozenset({"gone"})),
        method="gist",
        elements="room WITH =, during WITH &&",
    )


# --- ALTER TABLE ---


def test_actions_are_read_one_by_one_and_one_that_cannot_be_leaves_the_others() -> None:
    statement = _one(
        "ALTER TABLE IF EXISTS ONLY s.t ADD a int, FROBNICATE b (1, 2), DROP c CASCADE, ALTER d SET NOT NULL"
    )
    assert statement == AlterTable(
        "s.t",
        (
            AddColumn(ColumnDefinition("a", ColumnType("integer"))),
            UnknownAction("FROBNICATE b (1, 2)"),
            DropColumn("c", cascade=True),
            SetNotNull("d"),
        ),
        if_exists=True,
        only=True,
    )


@pytest.mark.parametrize(
    ("using", "is_cast"),
    [
        ("a::bigint", True),
        ('"a"::int8', True),
        ("CAST(a AS bigint)", True),
        ("(a)::bigint", True),
        ("(a::bigint)", True),
        ("a::integer", False),
        ("b::bigint", False),
        ("a::bigint + 1", False),
        ("f(a)", False),
    ],
)
def test_using_that_only_casts_is_told_from_others(using: str, is_cast: bool) -> None:
    action = _action(f"ALTER TABLE t ALTER a SET DATA TYPE bigint USING {using}")
    assert isinstance(action, AlterColumnType)
    assert action.using is not None
    assert (action.using.sql, action.using_is_cast) == (using, is_cast)


def test_renames_partitions_and_what_touches_no_rows() -> None:
    assert _action("ALTER TABLE t RENAME a TO b") == RenameColumn("a", "b")
    assert _action("ALTER TABLE t ALTER a SET DEFAULT now()") == SetDefault(
        "a", Expression("now()", frozenset({"now"}))
    )
    assert _action("ALTER TABLE t ATTACH PARTITION p DEFAULT") == AttachPartition("p", default=True)
    assert _action("ALTER TABLE t ENABLE ROW LEVEL SECURITY") == OtherAction("row security")
    assert _action("ALTER TABLE t OWNER TO CURRENT_USER") == OtherAction("owner")
    assert _action("ALTER TABLE t SET (fillfactor = 70)") == OtherAction("set parameters")


# --- tables, indexes, views ---


def test_tables_and_what_they_take_from_others() -> None:
    assert _one("CREATE TABLE IF NOT EXISTS t (LIKE u INCLUDING ALL, a int, PRIMARY KEY (a))") == CreateTable(
        "t",
        (ColumnDefinition("a", ColumnType("integer")),),
        (Constraint("primary key", None, ("a",)),),
        if_not_exists=True,
        like=("u",),
    )
    assert _one("CREATE TEMP TABLE t AS SELECT * FROM u JOIN v USING (id)") == CreateTable(
        "t", temporary=True, as_select=True, reads=("u", "v")
    )
    assert _one("CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2) PARTITION BY LIST (a)") == CreateTable(
        "p", partition_of="t", partitioned=True, partition_key=("a",)
    )


def test_an_index_s_parts() -> None:
    statement = _one(
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY s.t USING btree "
        '(a DESC, lower(b) text_pattern_ops, (c || d) COLLATE "C", e) INCLUDE (f) NULLS NOT DISTINCT WHERE g IS NULL'
    )
    assert statement == CreateIndex(
        "i",
        "s.t",
        (
            IndexPart("a", descending=True),
            IndexPart(None, Expression("lower(b)", frozenset({"lower"}), frozenset({"b"})), opclass="text_pattern_ops"),
            IndexPart(None, Expression("c || d", names=frozenset({"c", "d"})), collation="C"),
            IndexPart("e"),
        ),
        unique=True,
        concurrently=True,
        method="btree",
        where=Expression("g IS NULL", names=frozenset({"g"})),
        include=("f",),
        nulls_distinct=False,
        if_not_exists=True,
        only=True,
    )
    assert _one("CREATE INDEX ON t (a)") == CreateIndex(None, "t", (IndexPart("a"),))
    assert _one("DROP INDEX CONCURRENTLY IF EXISTS a, s.b CASCADE") == DropIndex(("a", "s.b"), True, True, True)


def test_a_view_knows_what_it_reads_and_every_name_in_it() -> None:
    view = _one("CREATE OR REPLACE VIEW v AS WITH x AS (SELECT a FROM t) SELECT x.a, u.b AS c FROM x, u")
    assert isinstance(view, CreateView)
    assert (view.reads, view.or_replace) == (("t", "u"), True)
    assert {"a", "b", "c"} <= view.names
    materialized = _one("CREATE MATERIALIZED VIEW v AS SELECT 1 WITH NO DATA")
    assert isinstance(materialized, CreateView)
    assert (materialized.materialized, materialized.with_data) == (True, False)


def test_what_stands_beside_tables() -> None:
    assert _one("CREATE TRIGGER r BEFORE UPDATE OF a ON t FOR EACH ROW EXECUTE FUNCTION f()") == CreateTrigger(
        "r", "t", columns=("a",)
    )
    assert _one("CREATE TRIGGER r INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION f()") == CreateTrigger("r", "v")
    assert _one("CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING") == CreateRule("r", "t")
    assert _one("COMMENT ON COLUMN s.t.c IS 'x'") == Comment("column", "s.t", "c")
    assert _one("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'c' BEFORE 'a'") == AlterEnum("mood", adds=True)
    assert _one("ALTER SEQUENCE s OWNED BY t.c") == AlterSequence("s", "t", "c")
    assert _one("DROP SEQUENCE IF EXISTS s CASCADE") == DropSequence(("s",), True, True)
    assert _one("CREATE EXTENSION IF NOT EXISTS hstore") == OtherStatement("CREATE EXTENSION")
    assert _one("CREATE OR REPLACE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql") == OtherStatement(
        "CREATE FUNCTION"
    )
    assert _one("GRANT SELECT ON t, u TO me") == OtherStatement("GRANT", ("t", "u"))


# --- rows ---


@pytest.mark.parametrize(
    ("where", "by_key", "equals"),
    [
        ("id = 1", True, ("id",)),
        ("id=-1", True, ("id",)),
        ("t.id = %s", True, ("id",)),
        ("(id = %(pk)s)", True, ("id",)),
        ("id = '5'::uuid AND b > 2", True, ("id",)),
        ("author_id IN (1, 2, $3)", True, ("author_id",)),
        ("a = 'x'", False, ("a",)),
        ("id = 1 OR a", False, ()),
        ("id > 1", False, ()),
        ("id = other_id", False, ()),
        ("id IN (SELECT id FROM u)", False, ()),
        ("id = (SELECT 1)", False, ()),
        ("NOT id = 1", False, ()),
        ("a IS NULL", False, ()),
    ],
)
def test_a_where_that_holds_a_key_to_constants_is_told_from_others(
    where: str, by_key: bool, equals: tuple[str, ...]
) -> None:
    update = _one(f"UPDATE t SET a = 1 WHERE {where}")
    assert isinstance(update, Update)
    assert (update.filtered, update.by_key, update.equals) == (True, by_key, equals)


def test_updates_and_deletes_know_the_other_tables() -> None:
    assert _one("UPDATE ONLY t AS x SET a = 1, (b, c) = (SELECT d, e FROM v) FROM u WHERE x.id = u.id") == Update(
        "t", ("a", "b", "c"), True, reads=("v", "u")
    )
    assert _one("UPDATE t SET a = b IS DISTINCT FROM c, d = extract(year FROM e)") == Update("t", ("a", "d"), False)
    assert _one("DELETE FROM t USING u, v WHERE t.id = u.id") == Delete("t", True, reads=("u", "v"))
    assert _one("DELETE FROM t") == Delete("t", False)
    assert _one("MERGE INTO t USING u ON t.id = u.id WHEN MATCHED THEN DELETE") == Merge("t", ("u",))


def test_inserts_copy_rows_or_bring_their_own() -> None:
    assert _one(
        "INSERT INTO t (a, b) VALUES (1, 2), (%s, DEFAULT) ON CONFLICT (a) DO UPDATE SET b = 1, c = 2"
    ) == Insert("t", ("a", "b"), updates=True)
    assert _one("INSERT INTO t SELECT a FROM u") == Insert("t", reads=("u",))
    assert _one("INSERT INTO t (a) SELECT a FROM u WHERE b") == Insert("t", ("a",), ("u",), filtered=True)
    assert _one("INSERT INTO t DEFAULT VALUES") == Insert("t")


def test_a_name_of_a_with_is_no_table() -> None:
    assert _one("WITH x AS (SELECT id FROM t), y AS (SELECT id FROM x) SELECT * FROM y, u") == Select(("t", "u"))
    assert _one("WITH t AS (SELECT * FROM t) SELECT * FROM t") == Select(("t",))
    assert _one("WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT a FROM x) SELECT * FROM x") == Select(())


def test_what_a_with_writes_is_known() -> None:
    assert _one("WITH x AS (UPDATE t SET a = 1 RETURNING id) SELECT * FROM x") == Select(
        (), writes=(Update("t", ("a",), False),)
    )
    assert _one("WITH gone AS (DELETE FROM t WHERE a RETURNING *) INSERT INTO u SELECT * FROM gone") == Insert(
        "u", writes=(Delete("t", True),)
    )


def test_reads_are_found_wherever_they_stand() -> None:
    statement = _one(
        "SELECT a, (SELECT max(b) FROM c), f(d) FROM e LEFT JOIN (g CROSS JOIN h) ON e.x = g.x, "
        "LATERAL (SELECT 1 FROM i WHERE EXISTS (SELECT FROM j)) k, generate_series(1, 2) AS n (o) "
        "UNION ALL (TABLE l) ORDER BY 1"
    )
    assert statement == Select(
        ("c", "e", "g", "h", "i", "j", "l"), functions=frozenset({"max", "f", "generate_series"})
    )
    assert _one("SELECT setval('s', 1)") == Select((), functions=frozenset({"setval"}))
    assert _one("SELECT trim(both FROM a), substring(b FROM 2 FOR 3) FROM t") == Select(
        ("t",), functions=frozenset({"trim", "substring"})
    )
    assert _one("SELECT 1 FROM t WHERE id = 1 FOR NO KEY UPDATE SKIP LOCKED") == Select(("t",), True, filtered=True)
    assert _one("SELECT * FROM t LIMIT 1") == Select(("t",), filtered=True)
    assert _one("SELECT * INTO u FROM t") == CreateTable("u", as_select=True, reads=("t",))


def test_copy_says_which_way() -> None:
    assert _one("COPY t (a, b) FROM STDIN") == Copy("t", True)
    assert _one("COPY (SELECT * FROM t) TO STDOUT") == Copy(None, False, ("t",))


# --- the session ---


def test_what_sets_the_session() -> None:
    assert _one("SET LOCAL lock_timeout = '2s'") == SetParameter("lock_timeout", "'2s'", local=True)
    assert _one("SET search_path TO a, b") == SetParameter("search_path", "a, b")
    assert _one("SET statement_timeout TO DEFAULT") == SetParameter("statement_timeout")
    assert _one("SET ROLE TO owner") == _one("SET ROLE owner") == SetParameter("role", "owner")
    assert _one("RESET ALL") == SetParameter("all")
    assert _one('SET CONSTRAINTS "a", b IMMEDIATE') == SetConstraints(("a", "b"), True)
    assert _one("ROLLBACK TO SAVEPOINT s") == Transaction("savepoint")
    assert _one("LOCK TABLE t, u IN SHARE ROW EXCLUSIVE MODE NOWAIT") == LockTable(("t", "u"), "SHARE ROW EXCLUSIVE")
    assert _one("VACUUM (FULL, VERBOSE off) t") == Vacuum(("t",), full=True)
    assert _one("EXPLAIN ANALYZE DELETE FROM t") == Delete("t", False)
    assert _one("EXPLAIN DELETE FROM t") == OtherStatement("EXPLAIN")


# --- what cannot be read ---


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("DO $$ BEGIN EXECUTE 'ALTER TABLE library.book ADD x int'; END $$", {"library.book", "book", "x"}),
        ("CALL rebuild('book')", {"rebuild", "book"}),
        ("EXECUTE plan(1)", {"plan"}),
        ("ALTER TABLE {table} ADD COLUMN x int", {"x"}),
        ('ALTER TABLE "{schema}"."book" ADD COLUMN x int', {"book", "x"}),
        ("{% if x %} DROP TABLE book {% endif %}", {"book"}),
        ("UPDATE %s SET a = 1", {"a"}),
        ("\\i other.sql", {"other"}),
        ("please look at book", {"book"}),
        ("DROP TABLE book CASCADE NOW", {"book"}),
    ],
)
def test_what_cannot_be_read_is_opaque_and_names_what_it_may_touch(sql: str, names: set[str]) -> None:
    statement = _one(sql)
    assert isinstance(statement, OpaqueStatement)
    assert statement.reason
    assert names <= statement.names


def test_braces_in_strings_and_aliases_are_no_templates() -> None:
    assert isinstance(_one("UPDATE t SET a = '{}'"), Update)
    assert isinstance(_one('SELECT 1 AS "{1,2}"'), Select)


def test_a_command_of_psql_ends_with_its_line() -> None:
    first, second = parse("\\set x 1; 2\nDROP TABLE t")
    assert isinstance(first.statement, OpaqueStatement)
    assert second.statement == DropTable(("t",))


# --- other databases ---


def test_a_trigger_s_body_in_sqlite_is_part_of_it() -> None:
    sql = "CREATE TRIGGER r AFTER DELETE ON t BEGIN DELETE FROM u; DELETE FROM v; END"
    assert [written.sql for written in parse(f"{sql}; DROP TABLE u", "sqlite")] == [sql, "DROP TABLE u"]


def test_mysql_s_quotes_and_comments() -> None:
    written = parse("# one;\nUPDATE `Book` SET a = 'it\\'s; \"' -- two;\n; DELETE FROM b WHERE c = \"d;\"", "mysql")
    assert [entry.statement for entry in written] == [
        Update("Book", ("a",), False),
        Delete("b", True, equals=("c",)),
    ]
