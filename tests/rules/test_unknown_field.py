import pytest
from histories import history

from miglint.rules.unknown_field import UnknownField

MODELS = """
CreateModel("Author", [("name", models.TextField())]),
CreateModel(
    "Book",
    [("title", models.TextField()), ("author", models.ForeignKey("shop.Author", models.CASCADE))],
    options={"indexes": [Index(fields=["title"], name="by_title")]},
),
CreateModel("Novel", [], bases=("shop.book",)),
"""


def found(*bodies: str):
    project = history(MODELS, *bodies)
    return [finding for step in project.steps for finding in UnknownField().check(step, project)]


@pytest.mark.parametrize(
    "operation",
    [
        'AlterField("BOOK", "title", models.CharField(max_length=90)),',
        'AlterField("book", "id", models.AutoField(primary_key=True)),',
        'AddIndex("book", Index(fields=["-title", "id"], name="i")),',
        'AddIndex("book", Index(fields=["author_id"], name="i")),',
        'AddIndex("novel", Index(fields=["title", "book_ptr"], name="i")),',
        'AddConstraint("book", CheckConstraint(condition=~Q(author__isnull=True) & Q(pk__gt=0), name="c")),',
        'AddConstraint("author", CheckConstraint(condition=Q(book__isnull=True), name="c")),',
        'AlterUniqueTogether("book", {("title", "author")}),',
        'RemoveIndex("book", "by_title"),',
        (
            'CreateModel("P", [], options={"proxy": True}, bases=("shop.book",)), '
            'AddIndex("p", Index(fields=["nothing"], name="i")),'
        ),
        'SeparateDatabaseAndState(state_operations=[AddIndex("book", Index(fields=["nothing"], name="i"))]),',
        'AlterField("film", "nothing", models.TextField()),',
    ],
)
def test_what_django_finds_or_does_not_look_for_is_fine(operation: str):
    assert found(operation) == []


def test_what_is_not_all_known_is_not_judged():
    assert found("read_models(), AlterField('book', 'nothing', models.TextField()),") == []
    assert found("CreateModel('Film', fields()), RemoveField('film', 'nothing'),") == []
    assert found("CreateModel('Film', [], bases=(Base,)), AddIndex('film', Index(fields=['x'], name='i')),") == []
    assert found("CreateModel('Film', [], bases=('tv.show',)), AddIndex('film', Index(fields=['x'], name='i')),") == []
    assert found("CreateModel('Film', [], options={'indexes': made()}), RemoveIndex('film', 'i'),") == []


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ('RemoveField("book", "note"),', "KeyError: 'note'"),
        ('RenameField("book", "note", "remark"),', "FieldDoesNotExist"),
        ('AlterField("book", "note", models.TextField()),', "FieldDoesNotExist"),
        ('SeparateDatabaseAndState(state_operations=[RemoveField("book", "note")]),', "KeyError: 'note'"),
        ('RemoveIndex("book", "note"),', "ValueError"),
        ('RemoveConstraint("book", "note"),', "ValueError"),
        ('migrations.RenameIndex("book", new_name="i", old_name="note"),', "ValueError"),
        ('AddIndex("book", Index(fields=["title", "-note"], name="i")),', "FieldDoesNotExist"),
        ('AddIndex("book", Index(fields=["title"], include=["note"], name="i")),', "FieldDoesNotExist"),
        ('AddIndex("book", Index(fields=["title"], condition=Q(note=""), name="i")),', "FieldError"),
        ('AddConstraint("book", UniqueConstraint(fields=["note"], name="i")),', "FieldDoesNotExist"),
        ('AddConstraint("book", CheckConstraint(condition=Q(title="") | ~Q(note__gt=""), name="i")),', "FieldError"),
        ('AlterUniqueTogether("book", {("title", "note")}),', "FieldDoesNotExist"),
        ('AlterOrderWithRespectTo("book", "note"),', "FieldDoesNotExist"),
        ('CreateModel("Film", [], options={"unique_together": {("id", "note")}}),', "FieldDoesNotExist"),
        ('CreateModel("Film", [], options={"indexes": [Index(fields=["note"], name="i")]}),', "FieldDoesNotExist"),
    ],
)
def test_what_django_does_not_find_stops_migrate(operation: str, error: str):
    (finding,) = found(operation)
    assert finding.message.endswith(f": `migrate` fails with {error}.")
    assert finding.subject.endswith(".note")


def test_a_field_altered_in_the_state_alone_is_one_that_the_database_lacks():
    (finding,) = found('SeparateDatabaseAndState(state_operations=[AlterField("book", "note", models.TextField())]),')
    assert finding.message == (
        "'shop.Book' has no field 'note' here: Django takes it for a new field, and the database has no column for it."
    )


def test_names_of_fields_are_case_sensitive():
    (finding,) = found('RemoveField("book", "Title"),')
    assert finding.hint == "Names of fields are case-sensitive: write 'title'."


def test_a_renamed_field_is_offered_its_new_name():
    (finding,) = found('RenameField("book", "title", "name"),', 'AlterField("book", "title", models.TextField()),')
    assert "since shop.0002, line " in finding.message
    assert finding.hint == "Name it 'name', or put this operation before the rename."


def test_a_removed_field_is_shown_where_it_is_removed():
    (finding,) = found('RemoveField("book", "title"),', 'RemoveField("book", "title"),')
    assert [place.location.path for place in finding.related] == ["shop/migrations/0002.py"]


def test_a_stale_member_of_unique_together_is_not_looked_at_while_it_stays():
    assert found('AlterUniqueTogether("book", {("title", "author")}), RemoveField("book", "title"),') == []


@pytest.mark.parametrize("option", ['"managed": False', '"proxy": True'])
def test_a_model_without_a_table_of_its_own_just_gains_the_field_that_is_altered(option: str):
    create = f'CreateModel("Report", [], {{{option}}}),'
    assert found(create, 'AlterField("report", "note", models.TextField()),') == []
    assert len(found(create, 'RemoveField("report", "note"),')) == 1
