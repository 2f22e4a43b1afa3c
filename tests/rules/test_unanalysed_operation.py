from factories import called, field, line, migration, project, site, unknown

from miglint.facts.migration import Dependency, MigrationKey
from miglint.facts.operations import (
    AddField,
    AlterTogether,
    CreateModel,
    NamedField,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    Subclass,
    UnknownOperation,
)
from miglint.facts.values import Literal, Reference, Sequence
from miglint.findings import Severity
from miglint.rules.unanalysed_operation import UnanalysedOperation
from miglint.unanalysed import unanalysed

PARENT = Dependency(MigrationKey("shop", "0001_initial"), line(5))


def findings(*operations, **attributes):
    facts = project(migrations=[migration("shop.0002_x", operations, **attributes)])
    return list(UnanalysedOperation().check(facts))


def add_field(**more):
    arguments = {"model_name": "order", "name": "note", "field": field(), "preserve_default": True} | more
    return AddField(site=site(3), **arguments)


def test_what_is_known_is_not_spoken_of():
    assert findings(add_field(field=field(null=Literal(True))), dependencies=[PARENT]) == []


def test_a_custom_field_is_known_to_be_a_column():
    assert findings(add_field(field=field(kind=None))) == []


def test_a_default_that_cannot_be_evaluated_is_still_a_default():
    assert findings(add_field(field=field(default=unknown("it is a lambda")))) == []


def test_which_function_runs_is_not_asked():
    assert findings(RunPython(site=site(), code=unknown("it is a lambda"), reverse_code=None, atomic=None)) == []


def test_a_subclass_that_does_the_same_or_nothing_is_known():
    assert findings(add_field(subclass=Subclass("#StateOnly", "same", "nothing"))) == []


def test_an_unknown_list_of_operations_is_one_finding():
    (finding,) = findings(called("#build", at=9, several=True, reason="'build' has a loop"))

    assert finding.message == "Which operations stand here is not known, because 'build' has a loop."
    assert (finding.severity, finding.location.span, finding.operation) == (Severity.INFO, line(9), "0")
    assert (finding.app, finding.migration, finding.subject) == ("shop", "0002_x", "shop.0002_x:build")


def test_nested_operations_are_found_with_their_index():
    nested = SeparateDatabaseAndState(
        site=site(), database_operations=(called(".InstallSQL", at=4, reason="its base class is not known"),),
        state_operations=(add_field(name=unknown(at=6)),),
    )  # fmt: skip

    first, second = findings(nested)

    assert (first.operation, first.location.span) == ("0.database.0", line(4))
    assert first.message == "What '.InstallSQL' does is not known, because its base class is not known."
    assert (second.operation, second.location.span) == ("0.state.0", line(6))
    assert second.message == "The name of this AddField is not known, because it is read from the environment."


def test_an_operation_of_another_package_is_said_once_in_each_migration():
    trigger, view = "pgtrigger.migrations.AddTrigger", "views.operations.CreateView"

    first, second = findings(called(trigger, at=3), called(view, at=4), *(called(trigger, at=5) for _ in range(500)))

    assert first.location.span == line(3)
    assert first.message == (
        "'pgtrigger.migrations.AddTrigger' is not one of Django's operations: what it does is not known. "
        "It stands here 501 times."
    )
    assert (
        second.message == "'views.operations.CreateView' is not one of Django's operations: what it does is not known."
    )


def test_every_one_of_them_is_counted_for_the_summary():
    facts = project(migrations=[migration(operations=[called("pgtrigger.migrations.AddTrigger")] * 500)])

    assert [one.operation for one in unanalysed(facts)] == [str(number) for number in range(500)]


def test_something_that_is_no_call_is_still_an_operation():
    (finding,) = findings(
        UnknownOperation(site=site(), function=None, arguments=(), several=False, reason="it is a number")
    )

    assert finding.message == "What this operation does is not known, because it is a number."


def test_unknown_entries_of_attributes_are_found_one_by_one():
    first, second, third, fourth = findings(
        dependencies=[PARENT, unknown("'LATEST' is not known", at=6), unknown("it is a call", at=7)],
        replaces=[unknown("it is a call", at=8)],
        atomic=unknown("it depends on the database", at=9),
    )

    assert first.message == "An entry of dependencies is not known, because 'LATEST' is not known."
    assert (first.location.span, second.location.span, third.location.span) == (line(6), line(7), line(8))
    assert fourth.message == "Whether this migration is atomic is not known, because it depends on the database."
    assert (first.operation, fourth.subject) == (None, "shop.0002_x:atomic")


def test_several_unknown_parts_of_one_operation_are_one_finding():
    (finding,) = findings(add_field(model_name=unknown(at=4), name=unknown(at=5)))

    assert finding.message == "The model of this AddField is not known, because it is read from the environment."


def test_unpacked_options_of_a_field_are_unknown_and_named_by_the_field():
    create = CreateModel(
        site=site(),
        name="Order",
        fields=(NamedField("total", field(null=unknown(at=4))), NamedField("note", field(opaque=True))),
        options={},
        bases=None,
        managers=None,
    )

    (by_name,) = findings(create)
    (unpacked,) = findings(add_field(field=field(opaque=True)))

    assert by_name.message == (
        "The option 'null' of the field 'total' of this CreateModel is not known, "
        "because it is read from the environment."
    )
    assert unpacked.message == (
        "An option of this AddField is not known, because a '*' or '**' argument holds what is not written here."
    )


def test_unknown_parts_deep_in_a_value_are_found():
    fields = Sequence("list", (Sequence("tuple", (Literal("a"), unknown(at=8)), line(8)),), line(7))

    (together,) = findings(AlterTogether(site=site(), name="order", option="unique_together", value=fields))
    (sql,) = findings(
        RunSQL(site=site(), sql=unknown("it is read from a file", at=2), reverse_sql=None, state_operations=())
    )

    assert together.location.span == line(8)
    assert sql.message == "The SQL of this RunSQL is not known, because it is read from a file."


def test_a_subclass_with_a_way_of_its_own_is_unknown():
    (finding,) = findings(add_field(subclass=Subclass("#AddAndFill", "same", "unknown")))

    assert finding.message == ("'AddAndFill' changes what AddField does to the database in a way that is not known.")
    assert finding.subject == "shop.0002_x:AddAndFill"


def test_a_function_of_another_module_is_not_taken_for_a_library_operation():
    one, two = findings(called("project.tools.add", reason="'project.tools' is not there"), called("project.tools.add"))

    assert one.message == "What 'project.tools.add' does is not known, because 'project.tools' is not there."
    assert two.operation == "1"


def test_migrations_that_are_there_for_linking_only_are_not_spoken_of():
    facts = project(migrations=[migration(operations=[called("#build")])], linking_only=frozenset({"shop"}))

    assert list(UnanalysedOperation().check(facts)) == []


def test_references_to_other_modules_are_not_unknown_here():
    assert findings(add_field(field=field(default=Reference("django.utils.timezone.now")))) == []
