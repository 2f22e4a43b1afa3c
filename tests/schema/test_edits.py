"""Two versions of one migration: which differences a database could tell, and how they are told."""

from __future__ import annotations

import pytest
from factories import line

from miglint.base import functions_of
from miglint.facts.migration import Dependency, Migration, MigrationKey, Module
from miglint.parse import parse
from miglint.schema.edits import Version, does_the_same, edits

HEADER = """\
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import deletion
import uuid
"""
KEY = MigrationKey("shop", "0002_more")


def version(body: str, code: str = "", dependencies: str = "", **more: object) -> Version:
    """A migration with these operations, below module code."""
    listed = "".join(f"        {one}\n" for one in body.splitlines())
    data = f"{HEADER}{code}\n\nclass Migration(migrations.Migration):\n    operations = [\n{listed}    ]\n".encode()
    module = parse(data)
    assert isinstance(module, Module), module
    assert module.migration is not None
    facts: dict[str, object] = {"run_before": (), "replaces": (), "initial": None, "atomic": True} | more
    named = tuple(Dependency(MigrationKey(*one.split(".")), line(1)) for one in dependencies.split())
    made = Migration(
        key=KEY,
        path="shop/migrations/0002_more.py",
        span=module.migration.span,
        dependencies=named,
        operations=module.migration.operations,
        attribute_spans={},
        module=module,
        **facts,  # type: ignore[arg-type]
    )
    return Version(made, functions_of(data))


def told(then: Version, now: Version) -> list[str]:
    return [edit.what for edit in edits(then, now)]


ADD = 'migrations.AddField("Order", "note", models.CharField({})),'
MODEL = 'migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True)), ("note", models.TextField())]{}),'


@pytest.mark.parametrize(
    ("then", "now"),
    [
        (ADD.format("max_length=9"), ADD.format("max_length=9, null=False, help_text='A', verbose_name='B'")),
        (ADD.format("max_length=9"), ADD.format("'Note', max_length=9, choices=[('a', 'A')]")),
        (ADD.format("max_length=9"),
         "migrations.AddField(model_name='order', name='note', field=models.fields.CharField(max_length=3 * 3)),"),
        (ADD.format("max_length=9, default=uuid.uuid4"), ADD.format("default=uuid.uuid4, max_length=9")),
        (MODEL.format(""), MODEL.format(", options={'verbose_name': 'An order'}, bases=(models.Model,), managers=[]")),
        ("migrations.RunSQL('SELECT  1'),", "migrations.RunSQL('''\n            SELECT 1\n        ''', 'SELECT 2'),"),
        ("migrations.RunSQL('SELECT 1', 'SELECT 2'),", "migrations.RunSQL('SELECT 1', 'SELECT 3', elidable=True),"),
        ("migrations.RunPython(print),", "migrations.RunPython(print, migrations.RunPython.noop),"),
        (ADD.format("max_length=9"), ADD.format("max_length=read_from_somewhere()")),
        (ADD.format("max_length=9"), ADD.format("**options")),
        ("*generated(),", "*generated(), *more(),"),
    ],
)  # fmt: skip
def test_what_no_database_could_tell_is_no_edit(then, now):
    assert told(version(then), version(now)) == []


@pytest.mark.parametrize(
    ("then", "now", "what"),
    [
        (ADD.format("max_length=9"), ADD.format("max_length=10"),
         "'Add field note to Order': max_length=9 became max_length=10"),
        (ADD.format("max_length=9"), ADD.format("max_length=9, null=True"),
         "'Add field note to Order': null=True is new"),
        (ADD.format("max_length=9, default=''"), ADD.format("max_length=9"),
         "'Add field note to Order': default='' is gone"),
        (ADD.format("max_length=9, default=uuid.uuid1"), ADD.format("max_length=9, default=uuid.uuid4"),
         "'Add field note to Order': default=uuid1 became default=uuid4"),
        (ADD.format(""), 'migrations.AddField("Order", "memo", models.CharField()),',
         "'Add field memo to Order': name 'note' became 'memo'"),
        (ADD.format(""), 'migrations.AddField("Order", "note", models.TextField()),',
         "'Add field note to Order': CharField became TextField"),
        (ADD.format(""), ADD.format("") + "\n" + 'migrations.RemoveField("Order", "old"),',
         "'Remove field old from Order' is new"),
        (ADD.format("") + "\n" + 'migrations.RemoveField("Order", "old"),', ADD.format(""),
         "'Remove field old from Order' is gone"),
        (ADD.format(""), 'migrations.RemoveField("Order", "note"),', "'Add field note to Order' is gone"),
        (MODEL.format(""), MODEL.format(", options={'db_table': 'orders'}"),
         "'Create model Order': db_table='orders' is new"),
        (MODEL.format(""), MODEL.replace("TextField()", "TextField(null=True)").format(""),
         "'Create model Order': field 'note': null=True is new"),
        (MODEL.format(""), 'migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True))]),',
         "'Create model Order': field 'note' is gone"),
        ('migrations.AddIndex("Order", models.Index(fields=["a"], name="i")),',
         'AddIndexConcurrently("Order", models.Index(fields=["a"], name="i")),',
         "'Concurrently create index i on field(s) a of model Order': concurrently=False became concurrently=True"),
        ('migrations.AddIndex("Order", models.Index(fields=["a"], name="i")),',
         'migrations.AddIndex("Order", models.Index(fields=["b"], name="i")),',
         "'Create index i on field(s) b of model Order': fields=['a'] became fields=['b']"),
        ("migrations.RunSQL('SELECT 1'),", "migrations.RunSQL('SELECT 2'),",
         "'Raw SQL operation': sql='SELECT 1' became sql='SELECT 2'"),
        ("migrations.RunPython(print, print),", "migrations.RunPython(print),",
         "'Raw Python operation': reverse_code is gone, so it cannot be undone"),
        ("migrations.SeparateDatabaseAndState(state_operations=[" + ADD.format("max_length=1") + "]),",
         "migrations.SeparateDatabaseAndState(state_operations=[" + ADD.format("max_length=2") + "]),",
         "'Add field note to Order': max_length=1 became max_length=2"),
        ('migrations.AddField("Order", "by", models.ForeignKey("shop.User", deletion.CASCADE)),',
         'migrations.AddField("Order", "by", models.ForeignKey("shop.User", models.PROTECT)),',
         "'Add field by to Order': on_delete=CASCADE became on_delete=PROTECT"),
    ],
)  # fmt: skip
def test_what_a_database_could_tell_is_an_edit_with_both_sides(then, now, what):
    assert told(version(then), version(now))[0] == what


def test_two_operations_in_another_order_are_an_edit():
    first, second = 'migrations.DeleteModel("A"),', 'migrations.DeleteModel("B"),'
    assert told(version(f"{first}\n{second}"), version(f"{second}\n{first}"))


FILL = "def fill(apps, schema_editor):\n    {}\n"
RUN = "migrations.RunPython({}),"


def test_a_function_is_what_its_code_does():
    then = version(RUN.format("fill"), FILL.format("pass"))
    assert told(then, version(RUN.format("fill"), FILL.format("'''Fill.'''\n    pass  # later"))) == []
    assert told(then, version(RUN.format("filled"), FILL.replace("fill", "filled").format("pass"))) == []
    assert told(then, version(RUN.format("fill"), FILL.format("print(1)"))) != []


def test_what_a_function_uses_of_its_file_is_part_of_it():
    code = FILL.format("batch(SIZE)") + "def batch(size):\n    print(size)\n\n\nSIZE = {}\nOTHER = {}\n"
    then = version(RUN.format("fill"), code.format(1, 1))
    assert told(then, version(RUN.format("fill"), code.format(1, 2))) == []
    assert told(then, version(RUN.format("fill"), code.format(2, 1))) != []


def test_a_way_back_that_is_mended_is_no_edit():
    then = version("migrations.RunPython(print, fill),", FILL.format("pass"))
    assert told(then, version("migrations.RunPython(print, fill),", FILL.format("print(1)"))) == []


def test_functions_of_a_file_that_this_python_cannot_read_are_not_compared():
    assert functions_of(b"def broken(:\n") == {}
    assert functions_of(b"\xff\xfe\x00") == {}


def test_the_order_of_dependencies_is_no_matter():
    then = version("", dependencies="shop.0001_initial auth.0001_initial")
    assert told(then, version("", dependencies="auth.0001_initial shop.0001_initial")) == []
    assert told(then, version("", dependencies="shop.0001_initial")) == [
        "dependencies no longer names ('auth', '0001_initial')"
    ]


def test_a_dependency_on_what_was_renamed_is_the_same():
    then, now = version("", dependencies="shop.0001_initial"), version("", dependencies="shop.0001_start")
    names = {MigrationKey("shop", "0001_initial"): MigrationKey("shop", "0001_start")}
    assert edits(then, now, lambda key: names.get(key, key)) == ()
    assert told(then, now) == [
        "dependencies no longer names ('shop', '0001_initial')",
        "dependencies names ('shop', '0001_start') besides",
    ]


def test_atomic_and_initial_count_as_django_takes_them():
    assert told(version(""), version("", initial=True)) == []
    assert told(version("", dependencies="shop.0001"), version("", dependencies="shop.0001", initial=True)) == [
        "it is an initial migration"
    ]
    assert told(version(""), version("", atomic=False)) == ["atomic=True became atomic=False"]


def test_replaces_may_go_once_the_files_have_gone():
    replaced = (Dependency(MigrationKey("shop", "0001"), line(1)),)
    then, now = version("", replaces=replaced), version("")
    assert edits(then, now, gone=lambda key: True) == ()
    assert told(then, now) == ["replaces no longer names ('shop', '0001')"]


def test_migrations_without_operations_are_not_taken_for_each_other():
    assert not does_the_same(version(""), version(""))
    assert does_the_same(version(ADD.format("max_length=9")), version(ADD.format("max_length=9, help_text='A'")))
