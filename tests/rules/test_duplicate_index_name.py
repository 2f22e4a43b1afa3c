import re

import pytest
from histories import history
from written import target

from miglint.rules.duplicate_index_name import DuplicateIndexName

MODELS = "".join(
    f'CreateModel("{name}", [("id", models.BigAutoField(primary_key=True)), ("title", models.TextField())]),'
    for name in ("Book", "Film")
)


def index(model: str, name: str, **more: str) -> str:
    return f'AddIndex("{model}", Index(fields=["title"], name="{name}")),'


def unique(model: str, name: str, more: str = "") -> str:
    return f'AddConstraint("{model}", UniqueConstraint(fields=["title"], name="{name}"{more})),'


def check(model: str, name: str) -> str:
    return f'AddConstraint("{model}", CheckConstraint(condition=Q(title=""), name="{name}")),'


def found(*bodies: str, on: tuple[object, ...] = ("postgresql", 16)):
    project = history(MODELS, *bodies, target=target(*on))
    return [finding for step in project.steps for finding in DuplicateIndexName().check(step, project)]


POSTGRESQL, SQLITE, MYSQL, MARIADB, ORACLE = (
    ("postgresql", 16),
    ("sqlite", 3),
    ("mysql", 8),
    ("mariadb", 11),
    ("oracle", 23),
)


@pytest.mark.parametrize(
    "bodies",
    [
        (index("book", "i") + index("film", "j"),),
        (index("book", "i") + index("film", "I"),),
        (check("book", "i") + check("film", "i"),),
        (check("book", "i") + index("book", "i"),),
        (index("book", "i") + 'RemoveIndex("book", "i"),', index("film", "i")),
        (index("book", "i") + 'DeleteModel("book"),', index("film", "i")),
        (index("book", "i") + 'RemoveField("book", "title"),', index("film", "i")),
        ('AddIndex("book", Index(Lower("title"), name="i")), RemoveField("book", "title"),', index("film", "i")),
        (index("book", "i") + 'migrations.RenameIndex("book", new_name="j", old_name="i"),', index("film", "i")),
        (index("book", "i") + 'RunSQL("DROP INDEX i"),', index("film", "i")),
        (index("book", "i") + 'RenameModel("Book", "Paper"), AlterField("paper", "title", models.CharField()),',),
        (f"SeparateDatabaseAndState(state_operations=[{index('book', 'i')}]),", index("film", "i")),
        (
            'CreateModel("V", [], options={"managed": False, "indexes": [Index(fields=["id"], name="i")]}),',
            index("film", "i"),
        ),
    ],
)
def test_a_name_that_is_free_or_may_be_is_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


def test_an_index_cannot_have_the_name_of_another_tables():
    (finding,) = found(index("book", "by_title"), index("film", "by_title"))
    assert re.sub(r"line \d+", "line …", finding.message) == (
        "The name 'by_title' is that of an index on 'shop_book' already, since shop.0002, line …: indexes and unique "
        "constraints of all tables of a schema share one namespace, so `migrate` fails."
    )
    assert (finding.subject, str(finding.severity)) == ("shop.shop_film.by_title", "error")
    assert [place.location.path for place in finding.related] == ["shop/migrations/0002.py"]


# What PostgreSQL 16 and SQLite were seen to do; MySQL, MariaDB and Oracle as their manuals have it.
@pytest.mark.parametrize(
    ("first", "second", "refusing"),
    [
        (index("book", "i"), index("book", "i"), {POSTGRESQL, SQLITE, MYSQL, MARIADB, ORACLE}),
        (index("book", "i"), index("film", "i"), {POSTGRESQL, SQLITE, ORACLE}),
        (index("book", "i"), index("film", "I"), {SQLITE, ORACLE}),
        (index("book", "i"), unique("book", "i"), {POSTGRESQL, MYSQL, MARIADB, ORACLE}),
        (index("book", "i"), unique("film", "i"), {POSTGRESQL, ORACLE}),
        (unique("book", "i"), unique("film", "i"), {POSTGRESQL, ORACLE}),
        (index("book", "i"), unique("film", "i", ", condition=Q(title='')"), {POSTGRESQL, SQLITE, ORACLE}),
        (check("book", "i"), check("book", "i"), {POSTGRESQL, MYSQL, MARIADB, ORACLE}),
        (check("book", "i"), check("film", "i"), {MYSQL, ORACLE}),
        (check("book", "i"), unique("book", "i"), {POSTGRESQL, ORACLE}),
        (unique("book", "i"), index("film", "shop_book"), {POSTGRESQL, SQLITE}),
    ],
)
def test_each_database_has_namespaces_of_its_own(first: str, second: str, refusing: set[tuple[object, ...]]):
    everywhere = (POSTGRESQL, SQLITE, MYSQL, MARIADB, ORACLE)
    assert {on for on in everywhere if found(first, second, on=on)} == refusing


def test_postgresql_compares_the_first_63_bytes():
    assert len(found(index("book", "i" * 63 + "a"), index("film", "i" * 63 + "b"))) == 1
    assert found(index("book", "i" * 62 + "a"), index("film", "i" * 62 + "b")) == []


def test_two_in_one_operation_are_seen_as_well():
    twice = (
        'CreateModel("V", [], options={"indexes": [Index(fields=["id"], name="i"), Index(fields=["-id"], name="i")]}),'
    )
    assert len(found(twice)) == 1


def test_a_renamed_index_may_meet_another():
    renamed = 'migrations.RenameIndex("film", new_name="i", old_name="j"),'
    assert len(found(index("book", "i") + index("film", "j"), renamed)) == 1


def test_placeholders_are_filled_in_where_create_model_has_them():
    def made(name: str) -> str:
        constraint = 'UniqueConstraint(fields=["id"], name="%(app_label)s_%(class)s_u")'
        return f'CreateModel("{name}", [], options={{"constraints": [{constraint}]}}),'

    assert found(made("V") + made("W")) == []
    assert len(found(made("V"), unique("book", "shop_v_u"))) == 1


def test_placeholders_of_add_constraint_stay_as_they_are():
    assert len(found(unique("book", "%(class)s_u"), unique("film", "%(class)s_u"))) == 1
