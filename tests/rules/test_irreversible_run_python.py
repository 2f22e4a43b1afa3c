from factories import app, migration, project
from written import UNKNOWN, call, run_python, run_sql, separately

from miglint.facts.operations import Subclass
from miglint.facts.values import Literal, Reference
from miglint.rules.irreversible_run_python import IrreversibleRunPython

FORWARDS = Reference("#forwards")
NOOP = Reference("django.db.migrations.RunPython.noop")


def found(*operations):
    judged = project(apps=[app("shop")], migrations=[migration("shop.0002_x", operations)])
    return [finding for step in judged.steps for finding in IrreversibleRunPython().check(step, judged)]


def test_code_that_can_be_undone_is_fine():
    assert found(run_python(FORWARDS, Reference("#backwards"))) == []
    assert found(run_python(FORWARDS, NOOP)) == []


def test_a_reverse_that_is_not_known_may_be_one():
    assert found(run_python(FORWARDS, UNKNOWN)) == []


def test_what_stands_in_state_operations_never_runs():
    assert found(separately(state=(run_python(FORWARDS),))) == []
    assert found(run_sql("SELECT 1", "", state_operations=(run_python(FORWARDS),))) == []


def test_a_subclass_with_a_method_of_its_own_may_undo_it_its_own_way():
    assert found(run_python(FORWARDS, subclass=Subclass("shop.ops.Run", "same", "unknown"))) == []


def test_code_without_a_reverse_stops_the_way_back():
    (finding,) = found(run_python(FORWARDS))
    assert finding.message == (
        "'shop.0002_x' cannot be rolled back: RunPython(forwards) has no reverse_code, so migrating backwards "
        "fails here."
    )
    assert finding.hint == (
        "Give it a reverse_code that undoes the change, or migrations.RunPython.noop where nothing has to be undone."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.0002_x:RunPython:forwards", "warning")


def test_none_is_no_reverse():
    assert len(found(run_python(FORWARDS, Literal(None)))) == 1


def test_it_is_found_among_database_operations_and_in_subclasses():
    assert len(found(separately(database=(run_python(FORWARDS),)))) == 1
    assert len(found(separately(database=(separately(database=(run_python(FORWARDS),)),)))) == 1
    assert len(found(run_python(FORWARDS, subclass=Subclass("shop.ops.Run", "same", "same")))) == 1


def test_code_that_does_nothing_cannot_be_undone_either():
    (finding,) = found(run_python(NOOP))
    assert "RunPython(noop)" in finding.message


def test_code_is_called_by_its_name_where_it_has_one():
    named = [Reference("#Migration.fill"), Reference("..helpers.fill"), Reference("shop.data.fill"), call("#fill", 1)]
    assert [finding.subject for code in named for finding in found(run_python(code))] == [
        "shop.0002_x:RunPython:fill"
    ] * 4
    (finding,) = found(run_python(UNKNOWN))
    assert "RunPython(…)" in finding.message
