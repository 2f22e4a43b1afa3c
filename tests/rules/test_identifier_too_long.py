import pytest
from factories import migration, project, site
from histories import history
from written import target

from miglint.facts.fields import Index
from miglint.facts.operations import AddIndex, CreateModel
from miglint.facts.values import Literal
from miglint.rules.identifier_too_long import IdentifierTooLong

BOOK = 'CreateModel("Book", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())]),'


def index(name: str, kind: str = "Index") -> str:
    return f'AddIndex("book", {kind}(fields=["title"], name="{name}")),'


def unique(name: str) -> str:
    return f'AddConstraint("book", UniqueConstraint(fields=["title"], name="{name}")),'


def found(*bodies: str, on: tuple[object, ...] = ("postgresql", 16)):
    project = history(BOOK, *bodies, target=target(*on))
    return [finding for step in project.steps for finding in IdentifierTooLong().check(step, project)]


@pytest.mark.parametrize(
    "bodies",
    [
        (index("i" * 30),),
        (index("i" * 31, "own_index"),),
        (unique("u" * 63),),
        ('AlterModelTable("Book", "%s"),' % ("t" * 63),),
        ("CreateModel('%s', [('films', models.ManyToManyField('shop.Book'))])," % ("M" * 80),),
        ("CreateModel('Film', [], options={'managed': False, 'db_table': '%s'})," % ("t" * 80),),
        (f"SeparateDatabaseAndState(state_operations=[{unique('u' * 80)}]),",),
        (index("i" * 31), f'RemoveIndex("book", "{"i" * 31}"),'),
        (index("i" * 31), f'migrations.RenameIndex("book", new_name="short", old_name="{"i" * 31}"),'),
        (index("i" * 31), 'DeleteModel("Book"),'),
    ],
)
def test_names_that_fit_or_that_nobody_chose_or_that_are_gone_are_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


def test_postgresql_cuts_names_to_63_bytes():
    (finding,) = found(unique("u" * 64))
    assert finding.message == (
        f"The constraint '{'u' * 64}' has 64 characters: PostgreSQL cuts it to 63 without an error, and two that begin "
        "alike become one."
    )
    assert str(finding.severity) == "warning"
    (finding,) = found(unique("ü" * 40))
    assert "has 80 bytes" in finding.message


@pytest.mark.parametrize(
    "operation",
    [
        'AlterModelTable("Book", "%s"),',
        'CreateModel("Film", [], options={"db_table": "%s"}),',
        'AddField("book", "%s", models.TextField()),',
        'AddField("book", "note", models.TextField(db_column="%s")),',
        'AlterField("book", "title", models.TextField(db_column="%s")),',
        'RenameField("book", "title", "%s"),',
        'CreateModel("Film", [("%s", models.TextField())]),',
        'migrations.RenameIndex("book", new_name="%s", old_fields=("title",)),',
        'CreateModel("Film", [], options={"constraints": [CheckConstraint(condition=Q(id__gt=0), name="%s")]}),',
    ],
)
def test_whatever_it_is_that_has_the_name(operation: str):
    assert len(found(operation % ("n" * 64))) == 1


def test_each_database_has_a_limit_of_its_own():
    assert "the server takes, so `migrate` fails" in found(unique("u" * 65), on=("mysql", 8))[0].message
    assert found(unique("u" * 64), on=("mariadb", 11)) == []
    assert "Django cuts it to 30 for Oracle" in found(unique("u" * 31), on=("oracle", 23))[0].message
    assert found(unique("u" * 200), on=("sqlite", 3)) == []


def test_djangos_own_check_lets_an_index_have_30():
    (finding,) = found(index("i" * 31))
    assert "Django's checks fail (models.E034, at most 30)" in finding.message
    assert finding.hint == "Choose a name of at most 30 characters, in the model too."
    assert len(found(index("i" * 31), on=("sqlite", 3))) == 1


@pytest.mark.parametrize(
    ("kind", "longest"),
    [
        ("BTreeIndex", 32),
        ("BloomIndex", 32),
        ("BrinIndex", 31),
        ("GinIndex", 30),
        ("GistIndex", 31),
        ("HashIndex", 31),
        ("SpGistIndex", 33),
    ],
)
def test_an_index_of_postgresql_may_be_as_much_longer_as_its_suffix(kind: str, longest: int):
    for length, expected in ((longest, 0), (longest + 1, 1)):
        made = Index(f"django.contrib.postgres.indexes.{kind}", kind, {"name": Literal("i" * length)}, False, site())
        operation = AddIndex(site=site(), model_name="book", index=made, concurrently=False)
        book = CreateModel(site=site(), name="Book", fields=(), options={}, bases=None, managers=None)
        judged = project(migrations=[migration("shop.0001_initial", (book, operation))])
        assert sum(len(list(IdentifierTooLong().check(step, judged))) for step in judged.steps) == expected
