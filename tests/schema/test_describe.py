from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import django
import pytest

from miglint.facts.migration import Module
from miglint.parse import parse
from miglint.schema.describe import describe

HEADER = """\
from django.contrib.postgres import operations as postgres
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models import F, Func, Index, Q, Value
from django.db.models.functions import Cast, Coalesce, Length, Lower, Upper


class Migration(migrations.Migration):
    operations = [
"""

OPERATIONS = """\
migrations.CreateModel("Book", [])
migrations.CreateModel("Novel", [], options={"proxy": True}, bases=("shop.book",))
migrations.CreateModel("Note", [], options={"proxy": False})
migrations.DeleteModel("Book")
migrations.RenameModel("Book", "Volume")
migrations.AlterModelTable("book", "books")
migrations.AlterModelTable("book", None)
migrations.AlterModelTableComment("book", "what is read")
migrations.AlterModelOptions("Book", {"ordering": ["id"]})
migrations.AlterModelManagers("book", [])
migrations.AlterUniqueTogether("book", {("a", "b"), ("b", "c")})
migrations.AlterUniqueTogether("book", ("a", "b"))
migrations.AlterUniqueTogether("book", [["a", "b"], ["a", "b"]])
migrations.AlterUniqueTogether("book", set())
migrations.AlterIndexTogether("book", None)
migrations.AlterOrderWithRespectTo("book", "shelf")
migrations.AlterOrderWithRespectTo("book", None)
migrations.AddField("order", "total", models.IntegerField())
migrations.RemoveField("Order", "total")
migrations.AlterField("order", "total", models.IntegerField(null=True))
migrations.RenameField("order", "total", "sum")
migrations.AddIndex("book", Index(fields=["qty"], name="b_idx"))
migrations.AddIndex("book", Index(fields=["-qty", "name"], name="b_idx"))
migrations.AddIndex("book", GinIndex(fields=["tags"], name="b_idx"))
migrations.AddIndex("book", Index(Lower("name"), name="b_idx"))
migrations.AddIndex("book", Index(F("qty").desc(nulls_last=True), "name", name="b_idx"))
migrations.AddIndex("book", Index(Upper(Lower("name")).asc(), Length("name"), name="b_idx"))
migrations.AddIndex("book", Index(Coalesce("qty", 0), Cast("qty", models.TextField()), -F("qty"), name="b_idx"))
migrations.AddIndex("book", Index(F("qty") + 1, F("qty") * F("price"), F("qty") % 2, name="b_idx"))
migrations.AddIndex("book", Index(Coalesce("name", Value("-")), Func("name", function="f"), name="b_idx"))
migrations.AddIndex("book", Index(OpClass(Lower("name"), name="varchar_pattern_ops"), name="b_idx"))
migrations.RemoveIndex("book", "b_idx")
migrations.RenameIndex("book", new_name="new", old_name="old")
migrations.RenameIndex("book", new_name="new", old_fields=("a", "b"))
migrations.AddConstraint("book", models.CheckConstraint(condition=Q(qty__gt=0), name="positive"))
migrations.RemoveConstraint("book", "positive")
migrations.AlterConstraint("book", "positive", models.UniqueConstraint(fields=["qty"], name="positive"))
migrations.RunPython(migrations.RunPython.noop)
migrations.RunSQL("SELECT 1")
migrations.SeparateDatabaseAndState()
postgres.AddIndexConcurrently("book", Index(fields=["qty"], name="b_idx"))
postgres.AddIndexConcurrently("book", Index(Lower("name"), name="b_idx"))
postgres.RemoveIndexConcurrently("book", "b_idx")
postgres.AddConstraintNotValid("book", models.CheckConstraint(condition=Q(qty__gt=0), name="positive"))
postgres.ValidateConstraint("book", "positive")
postgres.CreateExtension("postgis")
postgres.TrigramExtension()
postgres.CreateCollation("german", "de-DE")
postgres.RemoveCollation("german", "de-DE")
""".splitlines()

# `django.contrib.postgres.operations` imports a driver, of which nothing is used here.
ASK = """\
import json, sys, types

class Anything(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})

for name in ("django.db.backends.postgresql.psycopg_any",):
    sys.modules[name] = Anything(name)

namespace = {}
exec(sys.stdin.read(), namespace)
print(json.dumps([operation.describe() for operation in namespace["Migration"].operations]))
"""


def text_of(*operations: str) -> str:
    return HEADER + "".join(f"        {one},\n" for one in operations) + "    ]\n"


def described(*operations: str) -> list[str]:
    module = parse(text_of(*operations).encode())
    assert isinstance(module, Module)
    assert module.migration is not None
    return [describe(operation) for operation in module.migration.operations]


@pytest.mark.skipif(django.VERSION[:2] != (5, 2), reason="the words are those of Django 5.2")
def test_every_operation_is_described_as_django_does(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        input=text_of(*OPERATIONS),
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert list(zip(OPERATIONS, described(*OPERATIONS), strict=True)) == [
        (operation, said) for operation, said in zip(OPERATIONS, json.loads(done.stdout), strict=True)
    ]


def test_what_is_not_known_is_a_question_mark():
    assert described(
        "migrations.AddField(MODEL, NAME, models.IntegerField())",
        "migrations.AddIndex('book', Index(fields=FIELDS, name=NAME))",
        "migrations.AddIndex('book', Index(BY[0], name='i'))",
        "migrations.AlterUniqueTogether('book', PAIRS)",
    ) == [
        "Add field ? to ?",
        "Create index ? on field(s) ? of model book",
        "Create index i on ? on model book",
        "Alter unique_together for book (? constraint(s))",
    ]


def test_an_operation_of_somebody_else_is_called_by_its_name():
    assert described("pgtrigger.AddTrigger(1)", "Own(2)", "*more", "3") == [
        "AddTrigger",
        "Own",
        "Operations that are not known",
        "An operation that is not known",
    ]
