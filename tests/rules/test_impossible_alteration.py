import pytest
from histories import history
from written import target

from miglint.rules.impossible_alteration import ImpossibleAlteration

GENERATED = 'models.GeneratedField(expression=F("price") + 1, output_field=models.IntegerField(), db_persist=True)'
MODELS = f"""
CreateModel("Author", [("id", models.BigAutoField(primary_key=True))]),
CreateModel(
    "Book",
    [
        ("price", models.IntegerField()),
        ("isbn", models.TextField()),
        ("more", {GENERATED}),
        ("authors", models.ManyToManyField("shop.Author")),
        ("editors", models.ManyToManyField("shop.Author", through="shop.Editing")),
    ],
    options={{"unique_together": {{("isbn", "price")}}}},
),
CreateModel(
    "Chapter", [("book", models.ForeignKey("shop.Book", models.CASCADE))], options={{"order_with_respect_to": "book"}}
),
"""
PROXY = 'CreateModel("Bestseller", [], options={"proxy": True}, bases=("shop.book",)),'
CHILD = 'CreateModel("Novel", [], bases=("shop.book",)),'


def found(*bodies: str, on: tuple[object, ...] = ("postgresql", 16)):
    project = history(MODELS, *bodies, target=target(*on))
    return [finding for step in project.steps for finding in ImpossibleAlteration().check(step, project)]


def alter(name: str, field: str) -> str:
    return f'AlterField("book", "{name}", {field}),'


def in_state(operations: str) -> str:
    return f"SeparateDatabaseAndState(state_operations=[{operations}]),"


@pytest.mark.parametrize(
    "bodies",
    [
        (alter("isbn", "models.CharField(max_length=99)"),),
        ("RunSQL('CREATE VIEW v AS SELECT price FROM shop_book')," + alter("isbn", "models.CharField(max_length=99)"),),
        ("RunSQL('CREATE VIEW v AS SELECT price FROM shop_book'), RemoveField('chapter', 'id'),",),
        ("RunSQL('DROP TABLE shop_chapter'),",),
        ("RunSQL('CREATE UNIQUE INDEX i ON shop_book (isbn) NULLS NOT DISTINCT'),",),
        ("RunSQL('CREATE VIEW v AS SELECT isbn FROM somewhere')," + alter("isbn", "models.CharField(max_length=99)"),),
        (alter("authors", 'models.ManyToManyField("shop.Author", blank=True)'),),
        (alter("editors", 'models.ManyToManyField("shop.Author", through="shop.Other")'),),
        (in_state(alter("authors", 'models.ManyToManyField("shop.Author", through="shop.Writing")')),),
        (alter("authors", "OwnField()"),),
        (alter("authors", 'models.ManyToManyField("shop.Author", through=which())'),),
        (alter("more", GENERATED.replace("IntegerField", "BigIntegerField")),),
        (alter("more", GENERATED.replace('F("price") + 1', "expression()")),),
        (alter("more", GENERATED.replace('F("price") + 1', 'models.F("price") + models.Value(1)')),),
        (in_state(alter("more", "models.IntegerField()")),),
        ('RenameField("chapter", "id", "number"),',),
        ('AlterOrderWithRespectTo("chapter", None), RenameField("chapter", "book", "volume"),',),
        ('RenameModel("Book", "Volume"),',),
        (PROXY + 'DeleteModel("Bestseller"), RenameModel("Book", "Volume"),',),
        (PROXY + 'RenameModel("Bestseller", "Hit"),',),
        ('RenameModel("Author", "Tmp"), RenameModel("Tmp", "AUTHOR"),',),
        ('AlterUniqueTogether("book", set()), RemoveField("book", "isbn"),',),
        ('RemoveField("book", "isbn"), DeleteModel("Book"),',),
        ('RemoveField("book", "isbn"), AddField("book", "isbn", models.TextField(null=True)),',),
        ("do_something()," + alter("authors", "models.IntegerField()"),),
    ],
)
def test_what_django_can_do_or_may_be_able_to_is_fine(bodies: tuple[str, ...]):
    assert found(*bodies) == []


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        (
            alter("authors", 'models.ForeignKey("shop.Author", models.CASCADE)'),
            "is many-to-many, and is to be a column",
        ),
        (alter("price", 'models.ManyToManyField("shop.Author")'), "is a column, and is to be many-to-many"),
        (alter("editors", "models.IntegerField()"), "is many-to-many, and is to be a column"),
        (
            alter("authors", 'models.ManyToManyField("shop.Author", through="shop.Writing")'),
            "has a table that Django made, and is to get one of its own by through=",
        ),
        (
            alter("editors", 'models.ManyToManyField("shop.Author")'),
            "has a model of its own for its table by through=, and is to lose it",
        ),
        (alter("more", GENERATED.replace("+ 1", "+ 2")), "is a generated column, and its expression changes"),
        (alter("more", GENERATED.replace("True", "False")), "is a generated column, and db_persist changes"),
        (alter("more", "models.IntegerField()"), "is a generated column, and is to be a plain one"),
        (alter("price", GENERATED), "is a plain column, and is to be a generated one"),
    ],
)
def test_alterations_that_the_schema_editor_refuses(operation: str, what: str):
    (finding,) = found(operation)
    assert f" {what} (defined in shop.0001, line " in finding.message
    assert finding.message.endswith("): Django refuses to alter it: `migrate` fails with ValueError.")
    assert [place.location.path for place in finding.related] == ["shop/migrations/0001.py"]


def test_the_field_that_orders_a_model_keeps_its_name():
    (finding,) = found('RenameField("chapter", "book", "volume"),')
    assert "renaming that field does not rename it there: `migrate` fails with FieldDoesNotExist." in finding.message
    assert finding.subject == "shop.chapter.book"
    (finding,) = found('RemoveField("chapter", "book"),')
    assert finding.hint == "Put AlterOrderWithRespectTo('chapter', None) before it."


@pytest.mark.parametrize(("child", "error"), [(PROXY, "InvalidBasesError"), (CHILD, "FieldError")])
def test_the_base_of_another_model_keeps_its_name(child: str, error: str):
    for rename in ('RenameModel("Book", "Volume"),', in_state('RenameModel("Book", "Volume")')):
        (finding,) = found(child, rename)
        assert finding.message.endswith(f"leaves the old name in its bases: `migrate` fails with {error}.")
        assert [place.location.path for place in finding.related] == ["shop/migrations/0002.py"]


def test_a_change_of_case_alone_loses_the_model():
    (finding,) = found('RenameModel("Author", "AUTHOR"),')
    assert "the model is gone from it after this: `migrate` fails with KeyError: ('shop', 'author')." in finding.message


def test_unique_together_must_not_outlive_its_field():
    (finding,) = found('RemoveField("book", "isbn"), AlterUniqueTogether("book", set()),')
    assert finding.message.startswith("unique_together of 'shop.Book' still names 'isbn' when the field is gone")
    assert len(found('RemoveField("book", "isbn"),')) == 1


def test_sqlite_does_not_drop_such_a_column_even_if_the_model_goes():
    assert len(found('RemoveField("book", "isbn"), DeleteModel("Book"),', on=("sqlite", 3))) == 1


VIEW = "RunSQL('CREATE VIEW v AS SELECT isbn FROM shop_book'),"


@pytest.mark.parametrize(
    ("operations", "why"),
    [
        (alter("price", "models.BigIntegerField()"), "the generated column 'more' is computed from 'price'"),
        (VIEW + alter("isbn", "models.CharField(max_length=99)"), "the view 'v' uses the column 'isbn'"),
        (
            VIEW + "RunSQL('ALTER TABLE shop_book DROP COLUMN isbn'),",
            "the view 'v' needs the column 'isbn', and there is no CASCADE",
        ),
        ("RunSQL('DROP TABLE shop_book'),", "'shop_chapter' has a foreign key to 'shop_book', and there is no CASCADE"),
        ("RunSQL('TRUNCATE shop_book'),", "'shop_chapter' has a foreign key to 'shop_book'"),
        (
            "RunSQL('ALTER TABLE shop_book ALTER COLUMN more SET EXPRESSION AS (1)'),",
            "SET EXPRESSION needs PostgreSQL 17",
        ),
    ],
)
def test_what_the_server_refuses_is_told_with_its_version(operations: str, why: str):
    told = {finding.message: finding.hint for finding in found(operations)}
    assert told[f"PostgreSQL 16 refuses this: {why}."]


def test_a_server_that_can_do_more_refuses_less():
    newer = "RunSQL('CREATE UNIQUE INDEX i ON shop_book (isbn) NULLS NOT DISTINCT'),"
    assert [one.message for one in found(newer, on=("postgresql", 14))] == [
        "PostgreSQL 14 refuses this: NULLS NOT DISTINCT needs PostgreSQL 15."
    ]


def test_what_other_servers_refuse_is_not_known():
    assert found(alter("price", "models.BigIntegerField()"), on=("mysql", 8, 0)) == []


CHECK = 'AddConstraint("book", CheckConstraint(condition=Q(price__gt=0), name="priced")),'
TOGETHER = 'AlterUniqueTogether("book", set()),'
REMOVE = 'RemoveField("book", "{}"),'


@pytest.mark.parametrize(
    "bodies",
    [
        (CHECK + TOGETHER, 'RemoveConstraint("book", "priced"),' + REMOVE.format("more") + REMOVE.format("price")),
        (CHECK + TOGETHER, REMOVE.format("price") + in_state('RemoveConstraint("book", "priced")')),
        (TOGETHER + "RunSQL('ALTER TABLE shop_book DROP COLUMN isbn')," + in_state('RemoveField("book", "isbn")'),),
        # MIG203 tells that the state has no such constraint either.
        ('RemoveConstraint("book", "nowhere"),',),
    ],
)
def test_what_is_in_the_database_may_be_taken_out_of_it(bodies):
    assert [one for one in found(*bodies) if "PostgreSQL 16 refuses" in one.message] == []


@pytest.mark.parametrize(
    ("bodies", "why"),
    [
        ((CHECK + TOGETHER, REMOVE.format("price") + 'RemoveConstraint("book", "priced"),'), "constraint 'priced'"),
        ((TOGETHER, REMOVE.format("price") + REMOVE.format("more")), "column 'more'"),
        ((TOGETHER + "RunSQL('ALTER TABLE shop_book DROP COLUMN isbn'),", REMOVE.format("isbn")), "column 'isbn'"),
    ],
)
def test_what_something_else_took_out_of_the_database_cannot_go_again(bodies, why):
    (finding,) = [one for one in found(*bodies) if "PostgreSQL 16 refuses" in one.message]
    assert finding.message == f"PostgreSQL 16 refuses this: 'shop_book' has no {why}."
    assert [one.message for one in finding.related] == ["this takes it out of the database"]
