import pytest
from histories import found, said

from miglint.rules.state_drift import StateDrift

RULE = StateDrift()
FIRST = """
CreateModel(
    "Order",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("code", models.CharField(max_length=9)),
        ("note", models.TextField(null=True)),
        ("number", models.IntegerField(db_index=True)),
        ("tags", models.ManyToManyField("shop.Tag")),
    ],
),
CreateModel("Tag", [("id", models.BigAutoField(primary_key=True))]),
CreateModel("Old", [("id", models.BigAutoField(primary_key=True))], options={"managed": False}),
RunSQL("CREATE TABLE nobodys (id int)"),
"""
ADD = "ALTER TABLE shop_order ADD COLUMN extra int"
IN_STATE = 'AddField("order", "extra", models.IntegerField(null=True)),'


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


def state(operations: str) -> str:
    return f"SeparateDatabaseAndState(state_operations=[{operations}]),"


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX i ON shop_order (code)",
        "DROP INDEX CONCURRENTLY i",
        "ALTER TABLE shop_order ADD CONSTRAINT c CHECK (number > 0) NOT VALID",
        "ALTER TABLE shop_order ADD FOREIGN KEY (number) REFERENCES nobodys (id)",
        "CREATE TRIGGER t BEFORE INSERT ON shop_order EXECUTE FUNCTION f()",
        "CREATE VIEW v AS SELECT code FROM shop_order",
        "COMMENT ON TABLE shop_order IS 'x'",
        "ALTER TABLE shop_order SET (fillfactor = 70)",
        "ALTER TABLE shop_order ALTER COLUMN code SET DEFAULT ''",
        "UPDATE shop_order SET code = ''",
        "TRUNCATE shop_order",
        "CREATE TABLE more (id int)",
        "ALTER TABLE nobodys ADD COLUMN n int",
        "DROP TABLE nobodys",
        "ALTER TABLE shop_order_tags ADD COLUMN since date",
        "ALTER TABLE shop_old ADD COLUMN since date",
        "ALTER TABLE shop_order ALTER COLUMN code SET STATISTICS 500",
        "ALTER TABLE shop_order ALTER COLUMN code SET NOT NULL",
        "ALTER TABLE shop_order ALTER COLUMN number TYPE integer",
        "ALTER TABLE shop_order ADD COLUMN a int; ALTER TABLE shop_order DROP COLUMN a",
        "ALTER TABLE shop_order RENAME TO tmp; CREATE VIEW shop_order AS SELECT * FROM tmp",
        "DROP TABLE shop_tag; CREATE TABLE shop_tag (id bigint)",
    ],
)
def test_what_the_state_does_not_have_or_has_already_is_fine(text):
    assert said(RULE, FIRST, sql(text)) == []


@pytest.mark.parametrize(
    "bodies",
    [
        (f'RunSQL("{ADD}", state_operations=[{IN_STATE}]),',),
        (f"SeparateDatabaseAndState(database_operations=[{sql(ADD)}], state_operations=[{IN_STATE}]),",),
        (sql(ADD) + state(IN_STATE),),
        (state(IN_STATE) + sql(ADD),),
        (state(IN_STATE), sql(ADD)),
        (sql(ADD), state(IN_STATE)),
        (state('RemoveField("order", "note"),'), sql("ALTER TABLE shop_order DROP COLUMN note")),
        (sql("ALTER TABLE shop_order ALTER COLUMN code DROP NOT NULL"), state('RemoveField("order", "code"),')),
        (state('DeleteModel("Tag"),'), sql("DROP TABLE shop_tag CASCADE")),
        (sql("ALTER TABLE shop_order RENAME TO orders") + state('AlterModelTable("order", "orders"),'),),
        (
            sql("ALTER TABLE shop_order ALTER COLUMN number TYPE bigint")
            + state('AlterField("order", "number", models.BigIntegerField(db_index=True)),'),
        ),
        (state(sql(ADD)),),
    ],
)
def test_what_the_state_is_told_in_one_way_or_another_is_fine(bodies):
    assert said(RULE, FIRST, *bodies) == []


def test_a_model_that_is_not_known_is_left_alone():
    assert said(RULE, FIRST, "make_fields('order')," + sql(ADD)) == []


def test_a_nullable_column_says_what_comes_of_it():
    (finding,) = found(RULE, FIRST, sql(ADD))
    assert finding.message == (
        "SQL adds 'shop_order.extra', and Django's state does not hear of it: whoever gives the model such a field "
        "later adds the column again, which fails."
    )
    assert finding.hint == "Say the same to the state: state_operations with AddField."
    assert (finding.subject, str(finding.severity)) == ("shop.order.extra", "info")


@pytest.mark.parametrize(
    ("text", "subject", "severity", "message"),
    [
        ("ADD COLUMN n int NOT NULL DEFAULT 0", "n", "info", "adds 'shop_order.n'"),
        ("ADD COLUMN n int; ALTER TABLE shop_order ALTER COLUMN n SET NOT NULL", "n", "info", "cannot INSERT"),
        ("DROP COLUMN note", "note", "info", "the models still select it by this name"),
        ("RENAME COLUMN note TO remark", "note", "info", "renames 'shop_order.note' to 'remark'"),
        ("ALTER COLUMN number TYPE bigint", "number", "info", "the next AlterField starts from integer"),
        ("ALTER COLUMN number TYPE smallint", "number", "info", "the models take it for integer"),
        ("ALTER COLUMN code DROP NOT NULL", "code", "info", "makes 'shop_order.code' take NULL"),
        ("ALTER COLUMN note SET NOT NULL", "note", "info", "the models may still write NULL"),
    ],
)
def test_columns_are_told_about_and_what_breaks_the_running_release_is_said_elsewhere(text, subject, severity, message):
    (finding,) = found(RULE, FIRST, sql(f"ALTER TABLE shop_order {text}"))
    assert message in finding.message
    assert (finding.subject, str(finding.severity)) == (f"shop.order.{subject}", severity)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("DROP TABLE shop_order CASCADE", "shop.order"),
        ("ALTER TABLE shop_order RENAME TO orders", "shop.order"),
        ("ALTER TABLE shop_order SET SCHEMA audit", "shop.order"),
    ],
)
def test_tables_are_told_about(text, subject):
    (finding,) = found(RULE, FIRST, sql(text))
    assert "the models still query it by this name" in finding.message
    assert (finding.subject, str(finding.severity)) == (subject, "info")


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("DROP COLUMN note", "warning"),
        ("RENAME COLUMN note TO remark", "warning"),
        ("ADD COLUMN n int NOT NULL", "warning"),
        ("ADD COLUMN n int", "info"),
        ("ALTER COLUMN note SET NOT NULL", "warning"),
        ("ALTER COLUMN note DROP NOT NULL", None),
        ("ALTER COLUMN code TYPE integer USING 0", "warning"),
        ("ALTER COLUMN code TYPE text", "info"),
        ("RENAME TO orders", "warning"),
    ],
)
def test_what_nobody_else_says_is_a_warning_where_the_models_no_longer_fit(text, severity):
    # No release runs yet that knows the table.
    told = [str(one.severity) for one in found(RULE, FIRST + sql(f"ALTER TABLE shop_order {text}"))]
    assert told == ([] if severity is None else [severity])


def test_sql_among_database_operations_has_to_be_told_to_the_state_too():
    inside = f"SeparateDatabaseAndState(database_operations=[{sql(ADD)}]),"
    assert said(RULE, FIRST, inside) == ["0002 shop.order.extra"]


def test_the_field_that_the_state_has_is_shown():
    (finding,) = found(RULE, FIRST, sql("ALTER TABLE shop_order DROP COLUMN note"))
    assert [one.message for one in finding.related] == ["the state has 'note' as it is here"]


def test_each_action_is_a_finding_of_its_own():
    text = "ALTER TABLE shop_order ADD COLUMN a int, ADD COLUMN b int, DROP COLUMN note"
    assert [one.subject for one in found(RULE, FIRST, sql(text))] == [
        "shop.order.a",
        "shop.order.b",
        "shop.order.note",
    ]
