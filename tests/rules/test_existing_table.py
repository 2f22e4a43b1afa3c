import re

import pytest
from histories import history

from miglint.rules.existing_table import ExistingTable

BOOK = 'CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())]),'
FILM = BOOK.replace("Book", "Film")


def found(*bodies: str):
    project = history(BOOK, *bodies)
    return [finding for step in project.steps for finding in ExistingTable().check(step, project)]


def in_state(operations: str) -> str:
    return f"SeparateDatabaseAndState(state_operations=[{operations}]),"


@pytest.mark.parametrize(
    "bodies",
    [
        (FILM,),
        ('DeleteModel("Book"),' + BOOK,),
        ('CreateModel("Film", [], options={"db_table": "shop_book", "managed": False}),',),
        ('CreateModel("Film", [], options={"proxy": True}, bases=("shop.book",)),',),
        (in_state('DeleteModel("Book")'), in_state('CreateModel("Film", [], options={"db_table": "shop_book"})')),
        (f"SeparateDatabaseAndState(database_operations=[{FILM}], state_operations=[{FILM}]),",),
        ('AlterModelTable("Book", "shop_book"),',),
        ('RenameModel("Book", "Film"),' + BOOK,),
        ('RenameModel("Book", "BOOK"),',),
        ('CreateModel("Film", [], options={"managed": False}),', FILM),
        ('RunSQL("DROP TABLE shop_book"),', BOOK),
        ("do_something(),", BOOK),
        (f"CreateModel('Film', [], options={{'db_table': name()}}), {FILM}",),
    ],
)
def test_a_table_that_is_free_or_may_be_is_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


def test_a_model_cannot_be_made_twice():
    (finding,) = found(BOOK)
    assert re.sub(r"line \d+", "line …", finding.message) == (
        "The table 'shop_book' is there since shop.0001, line …: `migrate` fails, since there can be no second one."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.book", "error")
    assert [place.location.path for place in finding.related] == ["shop/migrations/0001.py"]


@pytest.mark.parametrize(
    ("bodies", "table"),
    [
        ((BOOK.replace("Book", "BOOK"),), "shop_book"),
        (('CreateModel("Film", [], options={"db_table": "shop_book"}),',), "shop_book"),
        ((in_state('DeleteModel("Book")'), BOOK), "shop_book"),
        ((FILM + 'RenameModel("Book", "Film"),',), "shop_film"),
        ((FILM + 'AlterModelTable("Book", "shop_film"),',), "shop_film"),
        (
            (
                'CreateModel("Book_Films", []),' + FILM,
                'AddField("book", "films", models.ManyToManyField("shop.Film")),',
            ),
            "shop_book_films",
        ),
        (('RunSQL("UPDATE shop_film SET title = 1"),', BOOK), "shop_book"),
    ],
)
def test_a_table_that_is_there_is_seen_however_it_came_to_be(bodies: tuple[str, ...], table: str):
    assert [finding.message.split("'")[1] for finding in found(*bodies)] == [table]


@pytest.mark.parametrize(
    "bodies",
    [
        ('CreateModel("Book", [], options={"db_table": "books"}),',),
        (in_state(BOOK),),
        (
            'CreateModel("Film", [], options={"db_table": "films"}), AlterModelTable("Book", "books"),',
            'RenameModel("Book", "Film"),',
        ),
    ],
)
def test_a_model_put_in_the_place_of_another_is_an_error_even_where_the_tables_differ(bodies: tuple[str, ...]):
    (finding,) = found(*bodies)
    assert "without a word Django puts this one in its place" in finding.message
