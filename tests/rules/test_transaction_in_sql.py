import pytest
from factories import app, migration, project, unknown
from histories import found, said
from written import run_sql

from miglint.rules.transaction_in_sql import TransactionInSql

RULE = TransactionInSql()


def sql(text: object) -> str:
    return f"RunSQL({text!r}),"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "SAVEPOINT a; SELECT 1; RELEASE SAVEPOINT a",
        "SAVEPOINT a; ROLLBACK TO SAVEPOINT a",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$",
        "INSERT INTO t VALUES ('COMMIT')",
        "-- COMMIT",
        "COMMENT ON TABLE t IS 'x'",
    ],
)
def test_other_sql_and_savepoints_are_fine(text):
    assert said(RULE, sql(text)) == []


@pytest.mark.parametrize("atomic", [False, unknown()])
def test_a_migration_that_is_no_transaction_or_may_be_none_is_fine(atomic):
    made = migration("shop.0001_initial", (run_sql("BEGIN; SELECT 1; COMMIT"),), atomic=atomic)
    one = project(apps=[app("shop")], migrations=(made,))
    assert [finding for step in one.steps for finding in RULE.check(step, one)] == []


def test_the_way_back_is_no_way_forward():
    assert said(RULE, "RunSQL('SELECT 1', 'ROLLBACK'),") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "COMMIT",
            (
                "COMMIT in an atomic migration: it ends Django's own transaction, so what stands before it stays done "
                "where something after it fails, and the migration can neither be undone nor run again."
            ),
        ),
        (
            "ROLLBACK",
            (
                "ROLLBACK in an atomic migration: what this migration did before it is undone, and Django records the "
                "migration as applied."
            ),
        ),
        (
            "BEGIN",
            (
                "BEGIN in an atomic migration: Django's own transaction is open already, so PostgreSQL does nothing "
                "but warn."
            ),
        ),
        (
            "PREPARE TRANSACTION 'a'",
            (
                "PREPARE TRANSACTION in an atomic migration: it ends Django's own transaction, and what stands before "
                "it waits for COMMIT PREPARED, with all of its locks."
            ),
        ),
    ],
)
def test_each_says_what_becomes_of_djangos_transaction(text, message):
    (finding,) = found(RULE, sql(text))
    assert finding.message == message
    assert str(finding.severity) == "error"


def test_whoever_begins_and_commits_means_the_commit():
    (finding,) = found(RULE, sql("START TRANSACTION; SELECT 1; END;"))
    assert finding.message.startswith("COMMIT in an atomic migration")


def test_a_list_and_database_operations_are_read_too():
    assert len(found(RULE, sql(["SELECT 1", "COMMIT"]))) == 1
    assert len(found(RULE, f"SeparateDatabaseAndState(database_operations=[{sql('COMMIT')}]),")) == 1
