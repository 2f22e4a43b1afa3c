from factories import app, migration, project
from written import SPAN, UNKNOWN, fact, run_sql, separately

from miglint.facts.operations import Subclass
from miglint.facts.values import Literal, Reference, Sequence
from miglint.rules.irreversible_run_sql import IrreversibleRunSQL

NOOP = Reference("django.db.migrations.RunSQL.noop")


def found(*operations):
    judged = project(apps=[app("shop")], migrations=[migration("shop.0002_x", operations)])
    return [finding for step in judged.steps for finding in IrreversibleRunSQL().check(step, judged)]


def listed(*items) -> Sequence:
    return Sequence("list", tuple(map(fact, items)), SPAN)


def test_sql_that_can_be_undone_is_fine():
    assert found(run_sql("CREATE VIEW v AS SELECT 1", "DROP VIEW v")) == []
    assert found(run_sql("UPDATE shop_order SET note = ''", NOOP)) == []


def test_an_empty_reverse_is_a_reverse_to_django():
    assert found(run_sql("SELECT 1", "")) == []
    assert found(run_sql("SELECT 1", listed())) == []


def test_a_reverse_that_is_not_known_may_be_one():
    assert found(run_sql("SELECT 1", UNKNOWN)) == []


def test_what_stands_in_state_operations_never_runs():
    assert found(separately(state=(run_sql("SELECT 1"),))) == []


def test_a_subclass_with_a_method_of_its_own_may_undo_it_its_own_way():
    assert found(run_sql("SELECT 1", subclass=Subclass("shop.ops.Run", "same", "unknown"))) == []


def test_sql_without_a_reverse_stops_the_way_back():
    (finding,) = found(run_sql("CREATE VIEW v AS SELECT 1"))
    assert finding.message == (
        "'shop.0002_x' cannot be rolled back: RunSQL(CREATE VIEW v AS SELECT 1) has no reverse_sql, so migrating "
        "backwards fails here."
    )
    assert finding.hint == (
        "Give it a reverse_sql that undoes the change, or migrations.RunSQL.noop where nothing has to be undone."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.0002_x:RunSQL:CREATE VIEW v AS SELECT 1", "warning")


def test_none_is_no_reverse():
    assert len(found(run_sql("SELECT 1", Literal(None)))) == 1


def test_it_is_found_among_database_operations():
    assert len(found(separately(database=(run_sql("SELECT 1"),)))) == 1


def test_a_message_shows_the_first_words_on_one_line():
    sql = "\n    UPDATE shop_order\n    SET note = 'a long one'\n    WHERE note IS NULL"
    shown = [
        run_sql(sql),
        run_sql(listed(sql, "SELECT 2")),
        run_sql(listed(Sequence("tuple", (fact(sql), listed(1)), SPAN))),
    ]
    assert [finding.subject for one in shown for finding in found(one)] == [
        "shop.0002_x:RunSQL:UPDATE shop_order SET note = 'a long …"
    ] * 3
    (finding,) = found(run_sql(NOOP))
    assert "RunSQL(noop)" in finding.message
    (finding,) = found(run_sql(UNKNOWN))
    assert "RunSQL(…)" in finding.message
