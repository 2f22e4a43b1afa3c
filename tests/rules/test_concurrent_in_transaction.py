from dataclasses import replace

import pytest
from factories import app, migration, project, unknown
from histories import HEADER, found, said
from written import run_sql, target

from miglint.facts.migration import Module
from miglint.parse import parse
from miglint.rules.concurrent_in_transaction import ConcurrentInTransaction

RULE = ConcurrentInTransaction()
FIRST = 'CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("code", models.TextField())]),'
ADD = 'AddIndexConcurrently("order", Index(fields=["code"], name="i")),'
SQL = "CREATE INDEX CONCURRENTLY i ON shop_order (code)"


def sql(text: object) -> str:
    return f"RunSQL({text!r}),"


def judged(operations: str, atomic: object = False, code: str = ""):
    """What is found in a migration that sets `atomic`."""
    text = f"{HEADER}{code}\n\nclass Migration(migrations.Migration):\n    operations = [{operations}]\n"
    module = parse(text.encode())
    assert isinstance(module, Module)
    assert module.migration is not None
    made = replace(migration("shop.0001_initial", module.migration.operations, atomic=atomic), module=module)
    one = project(apps=[app("shop")], migrations=(made,), target=target("postgresql", 14))
    return [finding for step in one.steps for finding in RULE.check(step, one)]


@pytest.mark.parametrize(
    "operations",
    [
        FIRST + ADD,
        sql(SQL),
        sql([SQL, "VACUUM shop_order"]),
        sql(f"{SQL};"),
        sql(["SET lock_timeout = '2s'", SQL]),
        sql("VACUUM") + sql("ANALYZE"),
    ],
)
def test_one_statement_to_a_string_without_a_transaction_is_fine(operations):
    assert judged(operations) == []


@pytest.mark.parametrize(
    "operations",
    [
        sql("CREATE INDEX i ON shop_order (code)"),
        sql("ANALYZE shop_order"),
        f"SeparateDatabaseAndState(state_operations=[{ADD}]),",
        sql("REINDEX TABLE shop_order"),
    ],
)
def test_what_may_run_in_a_transaction_is_fine(operations):
    assert said(RULE, FIRST, operations) == []


def test_whether_there_is_a_transaction_has_to_be_known():
    assert judged(sql(SQL), atomic=unknown()) == []


def test_databases_that_know_no_concurrently_are_left_alone():
    assert said(RULE, FIRST, ADD, target=target("sqlite", 3, 45)) == []


def test_an_enum_may_grow_in_a_transaction_since_12():
    added = sql("ALTER TYPE mood ADD VALUE 'fine'")
    assert said(RULE, FIRST, added) == []
    assert said(RULE, FIRST, added, target=target("postgresql", 11)) != []


def test_an_atomic_migration_is_a_transaction():
    (finding,) = found(RULE, FIRST, ADD)
    assert finding.message == (
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction, and this migration is one: it does not set "
        "atomic = False."
    )
    assert finding.hint == "Set atomic = False on the migration, and leave nothing else in it."
    assert (finding.subject, str(finding.severity)) == ("shop.order", "error")


@pytest.mark.parametrize(
    "text",
    [
        "DROP INDEX CONCURRENTLY i",
        "REINDEX TABLE CONCURRENTLY shop_order",
        "VACUUM shop_order",
        "VACUUM FULL",
        "ALTER TABLE shop_order DETACH PARTITION p CONCURRENTLY",
        "COMMIT; " + SQL,
    ],
)
def test_sql_in_an_atomic_migration_is_read(text):
    assert len(found(RULE, FIRST, sql(text))) == 1
    inside = f"SeparateDatabaseAndState(database_operations=[{sql(text)[:-1]}]),"
    assert len(found(RULE, FIRST, inside)) == 1


def test_several_statements_in_one_string_are_a_transaction():
    (finding,) = judged(sql(f"SET lock_timeout = '2s'; {SQL}"))
    assert finding.message == (
        "CREATE INDEX CONCURRENTLY cannot run inside a transaction, and PostgreSQL makes one of several statements in "
        "one string."
    )
    assert finding.hint == "Give RunSQL a list with one statement to a string."


def test_a_string_of_several_has_two_faults_in_an_atomic_migration():
    (finding,) = found(RULE, FIRST, sql(f"SET lock_timeout = '2s'; {SQL}"))
    assert finding.hint == (
        "Set atomic = False on the migration, and leave nothing else in it: one statement to a string of RunSQL's list."
    )


def test_a_begin_opens_a_transaction_too():
    (finding,) = judged(sql("BEGIN") + sql(SQL))
    assert "a BEGIN before it opened one" in finding.message


def test_a_run_python_may_be_a_transaction_of_its_own():
    code = f"""
def work(apps, schema_editor):
    schema_editor.execute("{SQL}")
"""
    assert judged("RunPython(work),", code=code) == []
    (finding,) = judged("RunPython(work, atomic=True),", code=code)
    assert finding.hint == "Leave out atomic=True."


def test_several_refusals_of_one_operation_are_one_finding():
    made = migration("shop.0001_initial", (run_sql(f"{SQL}; VACUUM"),))
    one = project(apps=[app("shop")], migrations=(made,))
    assert len([finding for step in one.steps for finding in RULE.check(step, one)]) == 1
