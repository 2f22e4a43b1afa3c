from dataclasses import replace

import pytest
from factories import app, migration, project, unknown
from histories import HEADER
from written import target

from miglint.facts.migration import Module
from miglint.parse import parse
from miglint.rules.half_applied import HalfApplied

FIRST = 'CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("code", models.TextField())]),'
ADD = 'AddField("order", "note", models.TextField(null=True)),'
INDEX = 'AddIndexConcurrently("order", Index(fields=["code"], name="i")),'
CODE = """
def work(apps, schema_editor):
    apps.get_model("shop", "Order").objects.filter(pk=1).update(code="x")
"""


def sql(text: object) -> str:
    return f"RunSQL({text!r}),"


def found(operations: str, atomic: object = False, on: tuple[object, ...] = ("postgresql", 14), **more):
    made = []
    for name, body, attributes in (("0001_initial", FIRST, {}), ("0002_x", operations, {"atomic": atomic} | more)):
        module = parse(
            f"{HEADER}{CODE}\n\nclass Migration(migrations.Migration):\n    operations = [\n{body}\n]\n".encode()
        )
        assert isinstance(module, Module)
        assert module.migration is not None
        made.append(replace(migration(f"shop.{name}", module.migration.operations, **attributes), module=module))
    one = project(apps=[app("shop", files=("0001_initial.py", "0002_x.py"))], migrations=made, target=target(*on))
    return [finding for each in made[1:] for finding in HalfApplied().check(each, one)]


@pytest.mark.parametrize(
    "operations",
    [
        "",
        INDEX,
        sql("SET lock_timeout = '2s'") + INDEX,
        sql("SELECT 1") + INDEX,
        sql("BEGIN; UPDATE shop_order SET code = ''; COMMIT"),
        f"SeparateDatabaseAndState(state_operations=[{ADD}])," + INDEX,
        'AlterModelOptions("order", {"ordering": ["code"]}),' + INDEX,
        'AlterField("order", "code", models.TextField(help_text="x")),' + INDEX,
        "RunPython(RunPython.noop)," + INDEX,
        sql("DROP INDEX CONCURRENTLY IF EXISTS i") + INDEX,
        sql("CREATE INDEX CONCURRENTLY IF NOT EXISTS j ON shop_order (code)") + INDEX,
        sql("ALTER TABLE shop_order ADD COLUMN IF NOT EXISTS n int, DROP CONSTRAINT IF EXISTS c") + INDEX,
        sql("ALTER TABLE shop_order ALTER COLUMN code DROP NOT NULL") + ADD,
        sql("ANALYZE shop_order") + INDEX,
    ],
)
def test_one_operation_or_what_may_run_twice_before_it_is_fine(operations):
    assert found(operations) == []


@pytest.mark.parametrize("atomic", [True, unknown()])
def test_a_transaction_undoes_all_of_it(atomic):
    assert found(ADD + INDEX, atomic=atomic) == []


def test_nobody_uses_the_tables_of_an_initial_migration():
    assert found(ADD + INDEX, initial=True) == []


def test_the_second_operation_is_pointed_at_and_the_first_is_related():
    (finding,) = found(ADD + "\n" + INDEX)
    assert finding.message.startswith(
        "2 operations of this migration change the database without a transaction around them, since it sets atomic = "
        "False: if this one fails, what line "
    )
    assert finding.message.endswith(" does stays done, and running the migration again fails there.")
    assert finding.hint == "One operation to a migration, so that each is done or not done."
    assert (finding.operation, finding.subject, str(finding.severity)) == ("1", "shop.0002_x", "warning")
    assert [one.message for one in finding.related] == ["this stays done"]


@pytest.mark.parametrize(
    ("operations", "place"),
    [
        (sql("SET lock_timeout = '2s'") + ADD + INDEX, "2"),
        (INDEX + "RunPython(work),", "1"),
        ("RunPython(work)," + INDEX, "1"),
        (sql("DROP INDEX CONCURRENTLY IF EXISTS j") + ADD + INDEX, "2"),
        (f"SeparateDatabaseAndState(database_operations=[{ADD}{INDEX}]),", "0.database.1"),
        (sql("CREATE TABLE t (id int)") + sql("CREATE INDEX CONCURRENTLY j ON shop_order (code)"), "1"),
    ],
)
def test_what_cannot_run_twice_counts_from_where_it_stands(operations, place):
    assert [finding.operation for finding in found(operations)] == [place]


def test_python_is_said_to_run_once_more_rather_than_to_fail():
    (finding,) = found("RunPython(work)," + INDEX)
    assert finding.message.endswith(" does stays done, and running the migration again does it once more.")


def test_what_surely_fails_the_second_time_comes_before_python():
    (finding,) = found("RunPython(work)," + ADD + INDEX)
    assert finding.message.endswith(" does stays done, and running the migration again fails there.")
    assert finding.operation == "2"


def test_mysql_commits_each_schema_statement():
    (finding,) = found(ADD + 'RemoveField("order", "code"),', atomic=True, on=("mysql", 8, 4))
    assert "since MySQL 8.4 commits each of them" in finding.message
    assert found(ADD, atomic=True, on=("mysql", 8, 4)) == []
    assert found(ADD + 'RemoveField("order", "code"),', atomic=True, on=("sqlite", 3, 45)) == []
