import re

import pytest
from histories import history
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
        ('CreateModel("P", [], options={"proxy": True}, bases=("shop.book",)), ' + ADD.replace("book", "p"),),
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
