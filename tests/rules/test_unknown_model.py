import pytest
from factories import app, line, migration, project, site, unknown
from histories import history, said

from miglint.facts.migration import Dependency, MigrationKey
from miglint.facts.operations import AlterModelOptions
from miglint.rules.unknown_model import UnknownModel

BOOK = 'CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())]),'
NOTE = 'AddField("book", "note", models.TextField(null=True)),'


def found(*bodies: str):
    project = history(*bodies)
    return [finding for step in project.steps for finding in UnknownModel().check(step, project)]


@pytest.mark.parametrize(
    "operations",
    [
        'AddField("BOOK", "note", models.TextField(null=True)),',
        'RenameModel("Book", "Volume"), AddField("volume", "note", models.TextField(null=True)),',
        'SeparateDatabaseAndState(state_operations=[CreateModel("Film", [])]), AlterModelOptions("film", {}),',
        'RunSQL("SELECT 1", state_operations=[CreateModel("Film", [])]), AlterModelOptions("film", {}),',
        'CreateModel("Film", []),',
        'RunSQL("DROP TABLE film"), RunPython(len),',
    ],
)
def test_a_model_that_is_there_by_then_is_fine(operations: str):
    assert found(BOOK, operations) == []


def test_what_could_not_be_analysed_may_have_made_the_model():
    assert found(BOOK, 'make_models(), AlterModelOptions("film", {}),') == []
    assert found(BOOK, 'make_model(model_name="film"), AlterModelOptions("film", {}),') == []
    assert found(BOOK, "CreateModel(name(), []), AlterModelOptions('film', {}),") == []


def test_a_model_that_was_never_made_stops_migrate():
    (finding,) = found(BOOK, 'AddField("film", "note", models.TextField(null=True)),')
    assert finding.message == ("'shop' has no model 'film' here: `migrate` fails with KeyError: ('shop', 'film').")
    assert (finding.subject, str(finding.severity)) == ("shop.film", "error")


@pytest.mark.parametrize(
    "operation",
    [
        'DeleteModel("Film"),',
        'RenameModel("Film", "Movie"),',
        'AlterModelTable("Film", "films"),',
        'AlterModelOptions("Film", {}),',
        'AlterUniqueTogether("Film", set()),',
        'RemoveIndex("Film", "by_title"),',
        'SeparateDatabaseAndState(state_operations=[DeleteModel("Film")]),',
        'SeparateDatabaseAndState(database_operations=[DeleteModel("Film")]),',
    ],
)
def test_whatever_the_operation_is(operation: str):
    assert [finding.subject for finding in found(BOOK, operation)] == ["shop.film"]


def test_a_removed_model_is_shown_where_it_is_removed():
    (finding,) = found(BOOK, 'DeleteModel("Book"),', NOTE)
    assert "has no model 'book' here since shop.0002, line " in finding.message
    assert "where it is removed" in finding.message
    assert [place.location.path for place in finding.related] == ["shop/migrations/0002.py"]


def test_a_renamed_model_is_offered_its_new_name():
    (finding,) = found(BOOK, 'RenameModel("Book", "Volume"),', NOTE)
    assert "where it is renamed" in finding.message
    assert finding.hint == "Name it 'Volume', or put this operation before the rename."


def test_a_model_that_comes_later_is_named_with_its_migration():
    (finding,) = found(BOOK, 'AlterModelOptions("film", {}),', 'CreateModel("Film", []),')
    assert finding.hint == "'shop.0003' makes it: depend on that migration, or put this operation after it."


def test_a_misspelt_model_is_offered_the_one_that_was_meant():
    (finding,) = found(BOOK, 'AlterModelOptions("boook", {}),')
    assert finding.hint == "Did you mean 'book'?"


def test_database_operations_do_not_see_what_state_operations_beside_them_make():
    (finding,) = found(
        BOOK,
        'SeparateDatabaseAndState(database_operations=[AddField("film", "x", models.TextField(null=True))], '
        'state_operations=[CreateModel("Film", [])]),',
    )
    assert finding.operation is None
    assert finding.hint.startswith("Operations in database_operations do not see what state_operations")


def test_a_table_dropped_after_its_model_left_the_state_is_not_this_rules_subject():
    assert (
        found(
            BOOK,
            'SeparateDatabaseAndState(state_operations=[DeleteModel("Book")]),',
            'SeparateDatabaseAndState(database_operations=[DeleteModel("Book")]),',
        )
        == []
    )


def test_where_the_order_is_not_certain_nothing_is():
    film = AlterModelOptions(site=site(), name="film", options={})
    first = MigrationKey("shop", "0001_initial")
    for dependency, findings in (
        (Dependency(first, line(1)), 1),
        (Dependency(MigrationKey("shop", "0001_gone"), line(1)), 0),
        (Dependency(MigrationKey("blog", "0001_gone"), line(1)), 1),
        (unknown(), 0),
    ):
        judged = project(
            apps=[app("shop"), app("blog")],
            migrations=[migration(str(first)), migration("shop.0002_x", [film], [dependency])],
        )
        found = [finding for step in judged.steps for finding in UnknownModel().check(step, judged)]
        assert len(found) == findings, dependency


AUTHORED = (
    "CreateModel('Author', [('id', models.BigAutoField(primary_key=True))]),"
    "CreateModel('Book', [('id', models.BigAutoField(primary_key=True)),"
    " ('author', models.ForeignKey('shop.Author', models.CASCADE))]),"
)


def test_a_relation_to_a_model_that_its_app_makes_is_fine() -> None:
    assert said(UnknownModel(), AUTHORED) == []
    assert said(UnknownModel(), AUTHORED, "RemoveField('book', 'author'), DeleteModel('Author'),") == []
    assert said(UnknownModel(), AUTHORED, "DeleteModel('Book'), DeleteModel('Author'),") == []
    assert (
        said(UnknownModel(), AUTHORED, "AddField('book', 'other', models.ForeignKey('auth.User', models.CASCADE)),")
        == []
    )


def test_a_relation_to_a_model_that_nobody_makes_cannot_be_resolved() -> None:
    gone = "AddField('book', 'r', models.ForeignKey('shop.Gone', models.CASCADE, null=True)),"
    assert said(UnknownModel(), AUTHORED, gone) == ["0002 shop.book.r"]
    made = "CreateModel('Line', [('g', models.ManyToManyField('shop.Gone'))]),"
    assert said(UnknownModel(), AUTHORED, made) == ["0002 shop.line.g"]


def test_a_model_that_is_still_referred_to_cannot_go() -> None:
    assert said(UnknownModel(), AUTHORED, "DeleteModel('Author'),") == ["0002 shop.book.author"]
