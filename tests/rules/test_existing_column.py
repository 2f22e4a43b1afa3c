import re

import pytest
from django.core.exceptions import FieldError
from django.db import migrations, models
from django.db.migrations.state import ProjectState
from histories import history
from state_truth import answers
from written import target

from miglint.rules.existing_column import ExistingColumn

BOOK = """
CreateModel(
    "Book",
    [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField()), ("note", models.TextField())],
),
"""


def found(*bodies: str, **more):
    project = history(BOOK, *bodies, **more)
    return [finding for step in project.steps for finding in ExistingColumn().check(step, project)]


def in_state(operations: str) -> str:
    return f"SeparateDatabaseAndState(state_operations=[{operations}]),"


ADD = 'AddField("book", "note", models.TextField(null=True)),'


@pytest.mark.parametrize(
    "bodies",
    [
        (ADD.replace("note", "remark"),),
        (ADD.replace("note", "Note"),),
        ('RemoveField("book", "note"),', ADD),
        ('RenameField("book", "note", "remark"),', ADD),
        ('AddField("book", "author", models.ForeignKey("self", models.CASCADE)),',),
        (in_state('RemoveField("book", "note")'), in_state(ADD)),
        (in_state('RenameField("book", "note", "remark")'), in_state(ADD)),
        (
            (
                f"SeparateDatabaseAndState(database_operations=[{ADD[:-1].replace('note', 'x')}], "
                f"state_operations=[{ADD[:-1].replace('note', 'x')}]),"
            ),
        ),
        ('RunSQL("ALTER TABLE shop_book DROP COLUMN note"),', ADD),
        ("do_something(),", ADD),
        ('AlterField("book", "note", models.CharField(max_length=9)),',),
        ('AlterField("book", "note", models.TextField(db_column="remark")),', ADD.replace("note", "other")),
        ('AddField("book", "films", models.ManyToManyField("self")),',),
        (ADD.replace("models.TextField(null=True)", "OwnField()").replace("note", "x"),),
    ],
)
def test_a_column_that_is_free_or_may_be_is_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


def test_a_field_cannot_be_added_twice():
    (finding,) = found(ADD)
    assert re.sub(r"line \d+", "line …", finding.message) == (
        "The column 'shop_book.note' is there since shop.0001, line …: `migrate` fails, since there can be no "
        "second one."
    )
    assert finding.subject == "shop.book.note"


@pytest.mark.parametrize(
    ("bodies", "column"),
    [
        (('AddField("book", "remark", models.TextField(db_column="note")),',), "shop_book.note"),
        ((in_state('RemoveField("book", "note")'), ADD), "shop_book.note"),
        (('RenameField("book", "title", "note"),',), "shop_book.note"),
        (('AlterField("book", "title", models.TextField(db_column="note")),',), "shop_book.note"),
        (
            (
                'AddField("book", "author_id", models.IntegerField()),',
                'AddField("book", "author", models.ForeignKey("self", models.CASCADE)),',
            ),
            "shop_book.author_id",
        ),
        (('CreateModel("Film", []),', 'AddField("film", "id", models.IntegerField()),'), "shop_film.id"),
        (('AlterModelTable("Book", "books"),', ADD), "books.note"),
        (('RunSQL("UPDATE shop_film SET note = 1"),', ADD), "shop_book.note"),
    ],
)
def test_a_column_that_is_there_is_seen_however_it_came_to_be(bodies: tuple[str, ...], column: str):
    assert [finding.message.split("'")[1] for finding in found(*bodies)] == [column]


@pytest.mark.parametrize(
    "bodies",
    [
        ('AddField("book", "note", models.ManyToManyField("self")),',),
        (in_state('AddField("book", "note", models.TextField())'),),
        (
            'AlterField("book", "title", models.TextField(db_column="t")),',
            'AlterField("book", "note", models.TextField(db_column="n")),',
            'RenameField("book", "title", "note"),',
        ),
    ],
)
def test_a_field_put_in_the_place_of_another_is_an_error_even_without_a_clash_of_columns(bodies: tuple[str, ...]):
    (finding,) = found(*bodies)
    assert "without a word Django puts this one in its place" in finding.message


def test_databases_that_do_not_heed_case_take_two_names_for_one():
    other_case = ADD.replace("note", "Note")
    assert found(other_case, target=target("postgresql", 16)) == []
    for vendor in ("sqlite", "mysql", "mariadb"):
        assert len(found(other_case, target=target(vendor, 8))) == 1


def test_sqlite_may_lose_what_the_column_holds_instead():
    (finding,) = found(ADD, target=target("sqlite", 3))
    assert finding.message.endswith(
        "`migrate` fails, or makes the table anew with this one in its place, and what it holds is lost."
    )


POINTER = "models.OneToOneField('shop.book', models.CASCADE, parent_link=True, primary_key=True)"
NOVEL = f"CreateModel('Novel', [('book_ptr', {POINTER}), ('plot', models.TextField())], bases=('shop.book',)),"
FILM = "CreateModel('Film', [('film_id', models.AutoField(primary_key=True)), ('title', models.TextField())]),"
PROXY = "CreateModel('Proxy', [], options={'proxy': True}, bases=('shop.book',)),"
OF_NOVEL = "models.OneToOneField('shop.novel', models.CASCADE, parent_link=True, primary_key=True)"

INHERITING = {
    "a child with a name of its own": (NOVEL,),
    "a child with its parent's name": (NOVEL.replace("'plot'", "'title'"),),
    "a child with its parent's key": (NOVEL.replace("'plot'", "'id'"),),
    "a child with its parent's many-to-many": (
        "AddField('book', 'plot', models.ManyToManyField('self')),",
        NOVEL,
    ),
    "another case": (NOVEL.replace("'plot'", "'Title'"),),
    "unmanaged": (NOVEL.replace("bases=", "options={'managed': False}, bases=").replace("'plot'", "'title'"),),
    "added to the child": (NOVEL, "AddField('novel', 'title', models.TextField(default='')),"),
    "added to the parent": (NOVEL, "AddField('book', 'plot', models.TextField(default='')),"),
    "another added to both": (
        NOVEL,
        "AddField('book', 'one', models.TextField(null=True)), AddField('novel', 'two', models.TextField(null=True)),",
    ),
    "renamed in the child": (NOVEL, "RenameField('novel', 'plot', 'title'),"),
    "renamed in the parent": (NOVEL, "RenameField('book', 'title', 'plot'),"),
    "moved up": (NOVEL, "RemoveField('novel', 'plot'),", "AddField('book', 'plot', models.TextField(default='')),"),
    "in the state alone": (NOVEL, in_state("AddField('novel', 'title', models.TextField(default=''))")),
    "a grandparent's": (
        NOVEL,
        f"CreateModel('Saga', [('novel_ptr', {OF_NOVEL}), ('title', models.TextField())], bases=('shop.novel',)),",
    ),
    "a proxy's own": (PROXY.replace("[]", "[('title', models.TextField())]"),),
    "added to a proxy": (PROXY, "AddField('proxy', 'note', models.TextField(default='')),"),
    "a new one added to a proxy": (PROXY, "AddField('proxy', 'fresh', models.TextField(default='')),"),
    "added to the parent of a proxy": (PROXY, "AddField('book', 'fresh', models.TextField(default='')),"),
    "two parents with one name": (
        FILM,
        (
            f"CreateModel('Both', [('book_ptr', {POINTER}), "
            "('film_ptr', models.OneToOneField('shop.film', models.CASCADE, parent_link=True))], "
            "bases=('shop.book', 'shop.film')),"
        ),
    ),
    "a mixin": (NOVEL.replace("'shop.book',)", "'shop.book', models.Model)").replace("'plot'", "'title'"),),
}


def refused(bodies: tuple[str, ...]) -> bool:
    """Whether Django itself cannot make the models."""
    names = {**vars(migrations), "models": models}
    state = ProjectState()
    for body in (BOOK, *bodies):
        for operation in eval(f"[{body}]", names):
            operation.state_forwards("shop", state)
    try:
        return not state.apps.get_models()
    except FieldError:
        return True


@pytest.mark.parametrize("name", INHERITING)
def test_what_a_model_inherits_it_cannot_have_itself_as_in_django(name: str) -> None:
    answers.configure()
    bodies = INHERITING[name]
    inherits = [finding.message for finding in found(*bodies) if "inherits" in finding.message]
    assert len(inherits) == refused(bodies)


def test_who_inherits_what_is_said() -> None:
    (finding,) = found(NOVEL, "AddField('book', 'plot', models.TextField(default='')),")
    assert finding.message.startswith("'shop.Novel' inherits 'plot' from 'shop.Book' and has a field of that name")
    assert finding.subject == "shop.novel.plot"
    assert [related.message for related in finding.related] == ["'plot' is made here"]
