import pytest
from histories import history

from miglint.rules.operation_after_removal import OperationAfterRemoval

BOOK = """
CreateModel(
    "Book",
    [("id", models.BigAutoField(primary_key=True)), ("note", models.TextField()),
     ("author", models.ForeignKey("self", models.CASCADE))],
    options={"indexes": [Index(fields=["note"], name="by_note")]},
),
"""


def separately(database: str = "", state: str = "") -> str:
    return f"SeparateDatabaseAndState(database_operations=[{database}], state_operations=[{state}]),"


def found(*bodies: str):
    project = history(BOOK, *bodies)
    return [finding for step in project.steps for finding in OperationAfterRemoval().check(step, project)]


NOTE = 'RemoveField("book", "note")'


@pytest.mark.parametrize(
    "bodies",
    [
        (separately(NOTE, NOTE),),
        (separately(state=NOTE), 'RunSQL("ALTER TABLE shop_book DROP COLUMN note"),'),
        (separately(state=NOTE), separately('AddField("book", "note", models.TextField(null=True))')),
        (separately(NOTE), separately(state=NOTE)),
        ("do_something(),", separately(state=NOTE), separately(NOTE)),
    ],
)
def test_both_sides_in_order_are_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


def test_a_field_that_never_was_is_not_this_rules_subject():
    assert found(separately('RemoveField("book", "other")')) == []


def test_a_column_cannot_be_dropped_by_a_field_that_the_state_has_lost():
    (finding,) = found(separately(state=NOTE), separately(NOTE))
    assert finding.message.startswith("'shop.book.note' left the state in shop.0002, line ")
    assert finding.message.endswith("`migrate` fails with KeyError: 'note'.")
    assert finding.hint == (
        "Drop it with RunSQL('ALTER TABLE shop_book DROP COLUMN note', reverse_sql=…), or keep both sides of the "
        "removal in one SeparateDatabaseAndState."
    )
    assert [place.location.path for place in finding.related] == ["shop/migrations/0002.py"]


def test_the_column_of_a_foreign_key_is_called_as_in_the_database():
    author = 'RemoveField("book", "author")'
    (finding,) = found(separately(state=author), separately(author))
    assert "DROP COLUMN author_id" in finding.hint


@pytest.mark.parametrize(
    ("operation", "error", "statement"),
    [
        ('DeleteModel("Book")', "KeyError: ('shop', 'book')", "'DROP TABLE shop_book'"),
        ('RemoveIndex("book", "by_note")', "ValueError: No index named by_note", "'DROP INDEX by_note'"),
    ],
)
def test_likewise_a_table_and_an_index(operation: str, error: str, statement: str):
    (finding,) = found(separately(state=operation), separately(operation))
    assert finding.message.endswith(f"`migrate` fails with {error}.")
    assert statement in finding.hint


def test_altering_what_the_state_has_lost_or_renamed_fails_too():
    for lost in (NOTE, 'RenameField("book", "note", "remark")'):
        (finding,) = found(separately(state=lost), separately('AlterField("book", "note", models.TextField())'))
        assert finding.message.endswith("`migrate` fails with FieldDoesNotExist.")


def test_one_migration_is_no_better_than_two():
    assert len(found(separately(state=NOTE) + separately(NOTE))) == 1
