import pytest
from histories import found, said
from written import target

from miglint.rules.pending_trigger_events import PendingTriggerEvents

RULE = PendingTriggerEvents()
AUTHOR = 'CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),'
KEY = 'models.ForeignKey("shop.Author", models.CASCADE, null=True)'
BOOK = f"""
CreateModel(
    "Book",
    [
        ("id", models.BigAutoField(primary_key=True)),
        ("author", {KEY}),
        ("loose", models.ForeignKey("shop.Author", models.CASCADE, db_constraint=False, null=True, related_name="+")),
        ("title", models.CharField(max_length=99)),
    ],
),
"""
FIRST = AUTHOR + BOOK
ADD = 'AddField("book", "pages", models.IntegerField(null=True)),'
PYTHON = "RunPython(work, RunPython.noop),"


def sql(text: str) -> str:
    return f'RunSQL("{text}"),'


FILL = sql("UPDATE shop_book SET author_id = 1")


def work(body: str) -> str:
    return f"""
def work(apps, schema_editor):
    Author = apps.get_model("shop", "Author")
    Book = apps.get_model("shop", "Book")
    {body}
"""


@pytest.mark.parametrize(
    "bodies",
    [
        (FILL,),
        (FILL, ADD),
        (ADD + FILL,),
        (FILL + sql("COMMIT") + ADD,),
        (FILL + sql("SET CONSTRAINTS ALL IMMEDIATE") + ADD,),
        (sql("SET CONSTRAINTS ALL IMMEDIATE") + FILL + ADD,),
        (sql("UPDATE shop_book SET title = ''") + ADD,),
        (sql("UPDATE shop_book SET loose_id = 1") + ADD,),
        (sql("UPDATE shop_book SET author_id = NULL WHERE id > 3") + ADD,),
        (sql("DELETE FROM shop_book") + ADD,),
        (FILL + 'RenameField("book", "title", "name"),',),
        (FILL + f'AlterField("book", "author", {KEY.replace(", null=True", "")}),',),
        (FILL + 'AddField("author", "more", models.IntegerField(null=True)),',),
        (f'AddField("book", "second", {KEY}),' + sql("UPDATE shop_book SET second_id = 1") + ADD,),
    ],
)
def test_what_leaves_no_event_or_has_none_looked_at_is_fine(bodies):
    assert said(RULE, FIRST, *bodies) == []


def test_a_foreign_key_that_comes_at_the_end_of_the_migration_waits_for_nothing():
    assert said(RULE, AUTHOR, BOOK + FILL + ADD) == []


def test_databases_whose_triggers_are_not_known_are_left_alone():
    assert said(RULE, FIRST, FILL + ADD, target=target("sqlite", 3, 45)) == []


def test_a_filled_foreign_key_and_an_altered_table_say_what_the_server_says():
    (finding,) = found(RULE, FIRST, FILL + ADD)
    assert finding.message == (
        "This fails where 'shop_book' has rows; PostgreSQL 14 says: cannot ALTER TABLE \"shop_book\" because it has "
        "pending trigger events. Rows are written before it in the same transaction, and the foreign keys that look at "
        "them wait for its end."
    )
    assert "SET CONSTRAINTS ALL IMMEDIATE" in finding.hint
    assert (finding.subject, str(finding.severity)) == ("shop.book.pages", "error")
    assert [one.message for one in finding.related] == ["rows are written here, and their foreign keys wait"]


def test_rows_that_are_new_fail_an_empty_table_too():
    (finding,) = found(RULE, FIRST, sql("INSERT INTO shop_book (title) VALUES ('')") + ADD)
    assert "This fails where 'shop_book' has rows, and those that were just written are some; " in finding.message


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (FILL + sql("CREATE INDEX i ON shop_book (title)"), "shop_book"),
        (FILL + sql("TRUNCATE shop_book"), "shop_book"),
        (FILL + 'RemoveField("book", "title"),', "shop.book.title"),
        (sql("INSERT INTO shop_book (title) VALUES ('')") + ADD, "shop.book.pages"),
        (sql("DELETE FROM shop_author") + 'AddField("author", "n", models.IntegerField(null=True)),', "shop.author.n"),
        (sql("UPDATE shop_book SET author_id = 1; ALTER TABLE shop_book ADD COLUMN n int"), "shop_book"),
        (sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED") + FILL + ADD, "shop.book.pages"),
        (FILL + ADD + ADD.replace("pages", "more"), "shop.book.pages"),
    ],
)
def test_each_statement_that_needs_the_table_for_itself_is_refused(body, subject):
    assert said(RULE, FIRST, body)[0] == f"0002 {subject}"


@pytest.mark.parametrize(
    "body",
    [
        "Book.objects.update(author=1)",
        "Book.objects.filter(author=None).update(author=Author.objects.first())",
        "Book.objects.create(title='')",
        "Book.objects.bulk_create([Book(title='')])",
    ],
)
def test_what_python_writes_counts(body):
    assert said(RULE, FIRST, PYTHON + ADD, code=work(body)) == ["0002 shop.book.pages"]


@pytest.mark.parametrize(("value", "flagged"), [("None", []), ("Author.objects.first()", ["0002 shop.book.pages"])])
@pytest.mark.parametrize(
    "body",
    [
        "Book.objects.filter(title='').update(author={})",
        """
    for book in Book.objects.all():
        book.author = {}
        book.save()
""",
        """
    books = []
    for book in Book.objects.all():
        book.author = {}
        books.append(book)
    Book.objects.bulk_update(books, ["author"])
""",
    ],
)
def test_none_refers_to_nothing(body, value, flagged):
    assert said(RULE, FIRST, PYTHON + ADD, code=work(body.format(value))) == flagged


def test_what_is_none_in_some_rows_only_refers_to_something():
    body = """
    for book in Book.objects.all():
        book.author = None
        if book.title:
            book.author = Author.objects.first()
        book.save()
"""
    assert said(RULE, FIRST, PYTHON + ADD, code=work(body)) == ["0002 shop.book.pages"]


def test_a_python_function_that_writes_nothing_of_the_kind_is_fine():
    assert said(RULE, FIRST, PYTHON + ADD, code=work("Book.objects.update(title='')")) == []


REQUIRED = KEY.replace("null=True", "default=1")
TWO = f"""
AlterField("book", "author", {REQUIRED}),
AlterField("book", "second", {REQUIRED.replace("default=1", "default=1, related_name='+'")}),
"""
WITH_TWO = FIRST.replace("loose", "second").replace("db_constraint=False, ", "")


def test_one_default_in_place_of_null_runs_into_nothing():
    only = f'AlterField("book", "author", {REQUIRED}),'
    assert said(RULE, FIRST, only, target=target("postgresql", 12, django=(4, 0))) == []


def test_since_4_1_django_has_foreign_keys_checked_after_each():
    assert said(RULE, WITH_TWO, TWO, target=target("postgresql", 12, django=(4, 1))) == []


def test_up_to_4_0_django_runs_into_it_by_itself_at_the_second():
    (finding,) = found(RULE, WITH_TWO, TWO, target=target("postgresql", 12, django=(4, 0)))
    assert "Django itself writes rows before it" in finding.message
    assert finding.hint.startswith("Fill the column in a migration of its own")
    assert finding.subject == "shop.book.second"


@pytest.mark.parametrize(
    "first",
    [
        sql("UPDATE shop_book SET title = 'x'"),
        'AlterField("book", "title", models.IntegerField()),',
        sql("UPDATE shop_book SET author_id = 1 WHERE author_id IS NULL; SET CONSTRAINTS ALL IMMEDIATE")
        + sql("SET CONSTRAINTS ALL DEFERRED"),
    ],
)
def test_rows_that_are_written_twice_are_looked_at_again(first):
    assert said(RULE, FIRST, first + sql("UPDATE shop_book SET title = 'y'") + ADD) == ["0002 shop.book.pages"]


@pytest.mark.parametrize(
    "first",
    [
        sql("UPDATE shop_book SET title = 'x' WHERE id = 1"),
        'AddField("book", "size", models.IntegerField(db_default=1)),',
        'AddField("book", "token", models.UUIDField(db_default=RandomUUID())),' + sql("COMMIT"),
    ],
)
def test_rows_that_are_written_once_are_not(first):
    assert said(RULE, FIRST, first + sql("UPDATE shop_book SET title = 'y' WHERE id = 2") + ADD) == []
