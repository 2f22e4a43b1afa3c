"""Names across files: what a migration means, once the files that it refers to have been read."""

import pytest
from effort import effort

from miglint.facts.migration import Dependency, MigrationKey, SwappableDependency
from miglint.facts.operations import (
    AddField,
    AddIndex,
    AlterField,
    CreateExtension,
    CreateModel,
    RunPython,
    RunSQL,
    Subclass,
    UnknownOperation,
)
from miglint.facts.values import Literal, Reference, Sequence, Unresolved
from miglint.lookup import External, Found, Lookup, Modules
from miglint.parse import parse
from miglint.resolve import resolve_migration

KEY = MigrationKey("shop", "0001_x")
PATH = "shop/migrations/0001_x.py"


def modules_of(files):
    """What the reader does: parse what is asked for, until nothing more is."""
    return Modules(Lookup(files), {}, texts={})


def settle(files, ask):
    known, texts = {}, {}
    modules = Modules(Lookup(path for path in files if path.endswith(".py")), known, texts=texts)
    while True:
        answer = ask(modules)
        if not modules.wanted | modules.wanted_texts:
            return answer
        known.update({path: parse(files[path].encode()) for path in modules.wanted})
        texts.update({path: files.get(path) for path in modules.wanted_texts})
        modules.wanted.clear()
        modules.wanted_texts.clear()


def resolved(body, **files):
    text = f"from django.db import migrations, models\n{body}"
    files = {name.replace("__", "/") + ".py" if "." not in name else name: source for name, source in files.items()}
    files = {"shop/__init__.py": "", "shop/migrations/__init__.py": "", PATH: text} | files

    def ask(modules):
        module = parse(text.encode())
        return resolve_migration(KEY, PATH, module, modules)

    return settle(files, ask)


def operations(items, imports="", **files):
    body = f"{imports}\nclass Migration(migrations.Migration):\n    operations = {items}\n"
    return resolved(body, **files).operations


def operation(item, imports="", **files):
    (only,) = operations(f"[{item}]", imports, **files)
    return only


class TestLookup:
    FILES = (
        *("manage.py", "src/shop/__init__.py", "src/shop/models.py", "src/shop/sub/__init__.py", "lib/names/x.py"),
        *("src/shop/celery.py", "a/core/__init__.py", "b/core/__init__.py", "b/web/views.py"),
    )

    @pytest.mark.parametrize(
        ("dotted", "near", "path"),
        [
            ("shop", "manage.py", "src/shop/__init__.py"),
            ("shop.models", "manage.py", "src/shop/models.py"),
            ("src.shop.models", "manage.py", "src/shop/models.py"),
            ("shop.sub", "manage.py", "src/shop/sub/__init__.py"),
            ("names.x", "manage.py", "lib/names/x.py"),
            ("core", "b/web/views.py", "b/core/__init__.py"),
            ("core", "manage.py", "a/core/__init__.py"),
            ("shop.views", "manage.py", None),
            ("django.db", "manage.py", None),
            (".", "src/shop/models.py", "src/shop/__init__.py"),
            (".models", "src/shop/__init__.py", "src/shop/models.py"),
            ("..models", "src/shop/sub/__init__.py", "src/shop/models.py"),
            ("....x", "src/shop/models.py", None),
        ],
    )
    def test_module(self, dotted, near, path):
        assert Lookup(self.FILES).module(dotted, near) == path

    def test_a_module_inside_a_package_is_not_the_library_of_that_name(self):
        assert Lookup(self.FILES).module("celery", "src/shop/models.py") is None

    def test_a_folder_need_not_be_a_package(self):
        assert Lookup(self.FILES).folder("lib.names", "manage.py") == "lib/names"

    def test_the_longest_part_that_is_a_module(self):
        lookup = Lookup(self.FILES)

        assert lookup.longest("shop.models.Order.STATES", "manage.py") == ("src/shop/models.py", ("Order", "STATES"))
        assert lookup.longest(".models.Order", "src/shop/x.py") == ("src/shop/models.py", ("Order",))
        assert lookup.longest("django.db.models", "manage.py") is None


class TestNames:
    def find(self, name, near="a.py", **files):
        return settle({f"{path}.py": text for path, text in files.items()}, lambda modules: modules.find(name, near))

    def test_through_imports_and_aliases(self):
        found = self.find("#x", a="from b import y as x\n", b="import c\ny = c.z\n", c="z = 3\n")

        assert found == Found("c.py", "z", Literal(3))

    def test_through_star_imports(self):
        assert self.find("b.x", a="", b="from c import *\n", c="x = 3\n") == Found("c.py", "x", Literal(3))

    def test_out_of_the_tree(self):
        found = self.find("b.Index", a="", b="from django.contrib.postgres.indexes import GinIndex as Index\n")

        assert found == External("django.contrib.postgres.indexes.GinIndex")

    def test_in_circles(self):
        assert self.find("b.x", a="", b="from c import x\n", c="from b import x\n") is None

    def test_star_imports_in_circles(self):
        assert self.find("b.x", a="", b="from c import *\n", c="from b import *\n") is None

    def test_star_imports_of_modules_that_are_not_there(self):
        # Generated, ignored by git, or written in C.
        package = {"a": "", "b/__init__": "from .database import *\nfrom b.extension import *\n"}
        package["b/here"] = "x = 3\n"

        assert self.find("b.x", **package) is None
        assert self.find("b.x", **package | {"b/__init__": "from .database import *\nfrom .here import *\n"}) == Found(
            "b/here.py", "x", Literal(3)
        )

    def test_that_grow(self):
        assert self.find("a.x", a="from b import c\nx = c.d\n", b="from a import x as c\n") is None

    def test_of_files_that_are_not_read_yet_are_asked_for(self):
        modules = modules_of(["a.py", "b.py"])

        assert modules.find("b.x", "a.py") is None
        assert modules.wanted == {"b.py"}


class TestOperations:
    def test_of_a_projects_own_class(self):
        found = operation(
            "ops.Add('order', 'total', models.IntegerField(null=True))",
            "from shop import ops",
            shop__ops="from django.db.migrations import AddField\nclass Base(AddField): pass\nclass Add(Base): pass\n",
        )

        assert isinstance(found, AddField)
        assert (found.name, found.subclass) == ("total", Subclass("shop.ops.Add", "same", "same"))

    def test_of_a_class_that_leaves_the_database_alone(self):
        found = operation(
            "Fake('order', 'total', models.IntegerField())",
            "from ..ops import Fake",
            shop__ops="from django.db.migrations import AlterField\n"
            "class Fake(AlterField):\n    def database_forwards(self, *args): pass\n",
        )

        assert isinstance(found, AlterField)
        assert found.subclass is not None
        assert (found.subclass.state, found.subclass.database) == ("same", "nothing")

    def test_handed_on_by_a_module_of_the_project(self):
        found = operation(
            "ops.TrigramExtension()",
            "from shop import ops",
            shop__ops="from django.contrib.postgres.operations import *\n",
        )

        assert isinstance(found, UnknownOperation | CreateExtension)

        found = operation(
            "ops.Trigrams()",
            "from shop import ops",
            shop__ops="from django.contrib.postgres.operations import TrigramExtension as Trigrams\n",
        )

        assert isinstance(found, CreateExtension)

    def test_from_a_function_of_another_file(self):
        found = operation(
            "add('total', null=True)",
            "from .helpers import add",
            shop__migrations__helpers="from django.db import migrations, models\n"
            "def add(name, null):\n    return migrations.AddField('order', name, models.IntegerField(null=null))\n",
        )

        assert isinstance(found, AddField)
        assert (found.name, found.field.options) == ("total", {"null": Literal(True)})
        assert found.site.span.line == 4

    def test_in_a_list_of_another_file(self):
        found = operations(
            "[migrations.RunSQL('a'), *more]",
            "from .helpers import more",
            shop__migrations__helpers="from django.db import migrations\n"
            "more = [migrations.RunSQL('b'), migrations.RunSQL('c')]\n",
        )

        assert [one.sql for one in found if isinstance(one, RunSQL)] == [Literal("a"), Literal("b"), Literal("c")]

    def test_in_a_sum_of_lists(self):
        found = operations(
            "[migrations.RunSQL('a')] + helpers.more()",
            "from . import helpers",
            shop__migrations__helpers="from django.db import migrations\n"
            "def more():\n    return [migrations.RunSQL('b')]\n",
        )

        assert [one.sql for one in found if isinstance(one, RunSQL)] == [Literal("a"), Literal("b")]

    def test_whose_names_mean_what_they_mean_where_they_stand(self):
        found = operation(
            "run(forwards)",
            "from .helpers import run\ndef forwards(apps, schema_editor): apps.get_model('a', 'B')\n",
            shop__migrations__helpers="from django.db import migrations\n"
            "def back(apps, schema_editor): apps.get_model('a', 'B')\n"
            "def run(code):\n    return migrations.RunPython(code, back)\n",
        )

        assert isinstance(found, RunPython)
        assert found.code == Reference("#forwards")
        assert found.reverse_code == Reference("shop.migrations.helpers.back")

    def test_that_stay_unknown_stay_as_they_were(self):
        assert isinstance(operation("library.Add('x')", "import library"), UnknownOperation)
        assert isinstance(operation("ops.Add('x')", "from shop import ops", shop__ops="x = 1\n"), UnknownOperation)

    def test_with_a_name_from_another_file(self):
        found = operation(
            "migrations.RemoveField(names.MODEL, names.FIELD)",
            "from shop import names",
            shop__names="MODEL = 'order'\nFIELD = MODEL + '_total'\n",
        )

        assert (found.model_name, found.name) == ("order", "order_total")


class TestFields:
    FIELDS = "from django.db import models\nclass Base(models.CharField): pass\nclass Code(Base): pass\n"

    def test_of_a_projects_own_class(self):
        found = operation(
            "migrations.AddField('order', 'code', shop.fields.Code(max_length=3))",
            "import shop.fields",
            shop__fields=self.FIELDS,
        )

        assert isinstance(found, AddField)
        assert (found.field.path, found.field.kind) == ("shop.fields.Code", "CharField")

    def test_from_a_function_of_another_file(self):
        found = operation(
            "migrations.AddField('order', 'code', code(3))",
            "from shop.fields import code",
            shop__fields="from django.db import models\ndef code(n):\n    return models.CharField(max_length=n)\n",
        )

        assert isinstance(found, AddField)
        assert (found.field.kind, found.field.options) == ("CharField", {"max_length": Literal(3)})

    def test_inside_a_new_model(self):
        found = operation(
            "migrations.CreateModel('Order', [('code', Code(max_length=3))])",
            "from shop.fields import Code",
            shop__fields=self.FIELDS,
        )

        assert isinstance(found, CreateModel)
        assert [item.field.kind for item in found.fields] == ["CharField"]

    def test_with_an_option_from_another_file(self):
        found = operation(
            "migrations.AddField('order', 'code', models.CharField(max_length=LENGTH, default=shop.models.code))",
            "import shop.models\nfrom shop.constants import LENGTH",
            shop__constants="LENGTH = 12\n",
            shop__models="raise NotImplementedError('nobody reads this')\n",
        )

        assert isinstance(found, AddField)
        assert found.field.options == {"max_length": Literal(12), "default": Reference("shop.models.code")}

    def test_of_a_class_that_inherits_from_itself(self):
        found = operation(
            "migrations.AddField('order', 'code', A())",
            "from shop.fields import A",
            shop__fields="class A(B): pass\nclass B(A): pass\n",
        )

        assert isinstance(found, AddField)
        assert found.field.kind is None

    def test_an_index_handed_on_by_a_module_of_the_project(self):
        """Case 124."""
        found = operation(
            "migrations.AddIndex('recipe', Index(fields=['a'], name='i'))",
            "from shop.models import Index",
            shop__models="from django.contrib.postgres.indexes import GinIndex as Index\n",
        )

        assert isinstance(found, AddIndex)
        assert found.index.kind == "GinIndex"


class TestTheClassItself:
    def test_inherits_from_a_base_class_in_the_package(self):
        found = resolved(
            "from . import Base\nclass Migration(Base):\n    operations = []\n",
            **{
                "shop/migrations/__init__.py": "from django.db import migrations\n"
                "class Base(migrations.Migration):\n"
                "    atomic = False\n    initial = True\n    dependencies = [('auth', '0001_initial')]\n"
            },
        )

        assert (found.atomic, found.initial) == (False, True)
        assert [entry.key for entry in found.dependencies if isinstance(entry, Dependency)] == [
            ("auth", "0001_initial")
        ]

    def test_may_inherit_its_operations(self):
        found = resolved(
            "from . import Base\nclass Migration(Base):\n    pass\n",
            **{
                "shop/migrations/__init__.py": "from django.db import migrations\n"
                "class Base(migrations.Migration):\n    operations = [migrations.RunSQL('a')]\n"
            },
        )

        assert [one.sql for one in found.operations if isinstance(one, RunSQL)] == [Literal("a")]

    def test_may_name_dependencies_of_another_file(self):
        found = resolved(
            "from .common import FIRST\nclass Migration(migrations.Migration):\n    dependencies = FIRST\n",
            shop__migrations__common="from django.conf import settings\nfrom django.db import migrations\n"
            "FIRST = [('auth', '0001_initial'), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]\n",
        )

        first, second = found.dependencies
        assert isinstance(first, Dependency)
        assert isinstance(second, SwappableDependency)
        assert (first.key, second.setting) == (("auth", "0001_initial"), "AUTH_USER_MODEL")

    def test_may_be_imported(self):
        found = resolved(
            "from .other import Migration\n",
            shop__migrations__other="from django.db import migrations\n"
            "class Migration(migrations.Migration):\n    dependencies = [('a', '0001_b')]\n",
        )

        assert (found.key, found.path) == (KEY, PATH)
        assert [entry.key for entry in found.dependencies if isinstance(entry, Dependency)] == [("a", "0001_b")]

    def test_may_be_imported_from_a_library(self):
        found = resolved("from library import Migration\n")

        assert [type(entry) for entry in found.dependencies] == [Unresolved]
        assert [type(one) for one in found.operations] == [UnknownOperation]

    def test_is_none_where_there_is_none(self):
        assert resolved("X = 1\n") is None


class TestFilesBesideAMigration:
    @pytest.mark.parametrize(
        ("imports", "expression"),
        [
            ("from pathlib import Path", "(Path(__file__).parent / 'x.sql').read_text()"),
            (
                "from pathlib import Path",
                "Path(__file__).resolve().parent.joinpath('x.sql').read_text(encoding='utf-8')",
            ),
            ("from pathlib import Path", "Path(__file__).with_name('x.sql').read_text()"),
            ("import pathlib\nHERE = pathlib.Path(__file__).parent", "HERE.joinpath('x.sql').read_text()"),
            ("import os", "open(os.path.join(os.path.dirname(__file__), 'x.sql')).read()"),
            ("import os", "open(os.path.join(os.path.dirname(__file__), '..', 'migrations', 'x.sql')).read()"),
            ("from os.path import dirname, join", "open(join(dirname(__file__), 'x.sql'), 'r').read()"),
        ],
    )
    def test_are_read(self, imports, expression):
        found = operation(f"migrations.RunSQL({expression})", imports, **{"shop/migrations/x.sql": "SELECT 1;\n"})

        assert isinstance(found, RunSQL)
        assert found.sql == Literal("SELECT 1;\n")

    def test_that_are_not_there_stay_unknown(self):
        found = operation(
            "migrations.RunSQL((Path(__file__).parent / 'x.sql').read_text())", "from pathlib import Path"
        )

        assert isinstance(found, RunSQL)
        assert not isinstance(found.sql, Literal | Sequence)

    def test_elsewhere_on_the_disk_are_not_asked_for(self):
        found = operation("migrations.RunSQL(open('/etc/passwd').read())", "import os")

        assert isinstance(found, RunSQL)
        assert not isinstance(found.sql, Literal)


def test_files_that_refer_to_django_alone_pass_through():
    source = b"from django.db import migrations, models\nclass Migration(migrations.Migration):\n    operations = ["
    source += b"migrations.AddField('a', 'b', models.IntegerField(null=True)), " * 10 + b"]\n"
    module = parse(source)
    modules = modules_of([PATH])

    assert effort(lambda: resolve_migration(KEY, PATH, module, modules)) < 100
    assert modules.wanted == set()


def test_each_that_asks_for_the_same_file_in_vain_is_known_to_have_asked():
    modules = Modules(Lookup(("shop/helpers.py", "shop/__init__.py")), {})
    for asked in (1, 2):
        assert modules.find("shop.helpers.make", "shop/migrations/0001_a.py") is None
        assert (modules.wanted, modules.asked_in_vain) == ({"shop/helpers.py"}, asked)
