"""What a migration file says: the oddities of a census of real ones, each as somebody wrote it."""

from __future__ import annotations

from miglint.facts.migration import (
    Dependency,
    Failure,
    MalformedDependency,
    MigrationClass,
    MigrationKey,
    Module,
    SwappableDependency,
)
from miglint.facts.operations import (
    AddField,
    AddIndex,
    AlterField,
    AlterTogether,
    CreateExtension,
    CreateModel,
    DeleteModel,
    NamedField,
    Operation,
    RunPython,
    RunSQL,
    SeparateDatabaseAndState,
    Subclass,
    UnknownOperation,
)
from miglint.facts.source import Span
from miglint.facts.values import Call, Digest, Literal, Reference, Sequence, Unresolved, truth_of
from miglint.parse import parse
from miglint.signatures import RUN_PYTHON_NOOP, RUN_SQL_NOOP


def module_of(source: str) -> Module:
    module = parse(source.encode())
    assert isinstance(module, Module), module
    return module


def migration_of(source: str) -> MigrationClass:
    migration = module_of(source).migration
    assert migration is not None
    return migration


def operations_of(body: str, before: str = "") -> tuple[Operation, ...]:
    """The operations of a migration whose class has this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return migration_of(
        f"from django.db import migrations, models\n{before}\nclass Migration(migrations.Migration):\n{lines}\n"
    ).operations


def names_of(operations: tuple[Operation, ...]) -> list[str]:
    return [type(operation).__name__ for operation in operations]


def test_operations_are_known_through_any_import() -> None:
    for imported, written in (
        ("from django.db import migrations", "migrations.DeleteModel"),
        ("from django.db import migrations as m", "m.DeleteModel"),
        ("import django.db.migrations", "django.db.migrations.DeleteModel"),
        ("import django.db.migrations as m", "m.DeleteModel"),
        ("from django.db.migrations import DeleteModel", "DeleteModel"),
        ("from django.db.migrations import DeleteModel as Gone", "Gone"),
        ("from django.db.migrations.operations import DeleteModel", "DeleteModel"),
        ("from django.db.migrations.operations.models import DeleteModel", "DeleteModel"),
    ):
        migration = migration_of(f"{imported}\nclass Migration:\n    operations = [{written}('Order')]\n")
        assert [type(one) for one in migration.operations] == [DeleteModel], imported
        assert isinstance(migration.operations[0], DeleteModel)
        assert migration.operations[0].name == "Order"


def test_postgres_operations_are_known_by_a_bare_name() -> None:
    (added, extension) = operations_of(
        "operations = [AddIndexConcurrently('order', models.Index(fields=['a'], name='i')), TrigramExtension()]",
        "from django.contrib.postgres.operations import AddIndexConcurrently, TrigramExtension",
    )
    assert isinstance(added, AddIndex)
    assert added.concurrently
    assert added.index.kind == "Index"
    assert isinstance(extension, CreateExtension)
    assert extension.name == "pg_trgm"


def test_a_class_scope_name_holds_operations() -> None:
    (operation,) = operations_of(
        "state = [migrations.DeleteModel('A')]\n"
        "operations = [migrations.SeparateDatabaseAndState(state_operations=state)]"
    )
    assert isinstance(operation, SeparateDatabaseAndState)
    assert names_of(operation.state_operations) == ["DeleteModel"]
    assert operation.database_operations == ()


def test_a_function_in_the_class_body_is_named_through_the_class() -> None:
    (operation,) = operations_of(
        "def forwards(apps, schema_editor):\n    pass\noperations = [migrations.RunPython(forwards)]"
    )
    assert isinstance(operation, RunPython)
    assert operation.code == Reference("#Migration.forwards")
    assert operation.reverse_code is None


def test_a_base_class_from_elsewhere_is_a_reference() -> None:
    migration = migration_of("from . import Base\nclass Migration(Base):\n    operations = []\n")
    assert migration.bases == (Reference(".Base"),)
    assert migration.declared == {"operations"}


def test_a_base_class_of_the_same_file_gives_what_the_migration_does_not_set() -> None:
    migration = migration_of(
        "from django.db import migrations\n"
        "class Base(migrations.Migration):\n"
        "    atomic = False\n"
        "    dependencies = [('shop', '0001')]\n"
        "class Migration(Base):\n"
        "    operations = [migrations.DeleteModel('A')]\n"
    )
    assert migration.atomic == Literal(False)
    assert [entry.key for entry in migration.dependencies if isinstance(entry, Dependency)] == [("shop", "0001")]


def test_sums_of_module_lists_are_one_list() -> None:
    operations = operations_of(
        "operations = A + B + [migrations.DeleteModel('C')]",
        "A = [migrations.DeleteModel('A')]\nB = [migrations.DeleteModel('B')]",
    )
    assert [one.name for one in operations if isinstance(one, DeleteModel)] == ["A", "B", "C"]


def test_unpacked_lists_are_part_of_the_list() -> None:
    operations = operations_of(
        "operations = [*A, migrations.DeleteModel('B'), *(migrations.DeleteModel(n) for n in ('C', 'D'))]",
        "A = (migrations.DeleteModel('A'),)",
    )
    assert [one.name for one in operations if isinstance(one, DeleteModel)] == ["A", "B", "C", "D"]


def test_a_list_that_another_file_holds_stands_for_several_operations() -> None:
    known, unknown = operations_of(
        "operations = [migrations.DeleteModel('A'), *helpers.OPERATIONS]", "from shop import helpers"
    )
    assert isinstance(known, DeleteModel)
    assert isinstance(unknown, UnknownOperation)
    assert unknown.several
    assert unknown.value == Reference("shop.helpers.OPERATIONS")


def test_a_helper_of_the_file_builds_the_list() -> None:
    operations = operations_of(
        "operations = build('order', 'line')",
        """
def build(*models_, extra=('x',)):
    built = []
    for model in models_:
        name = f"{model}_idx"
        if model == "line":
            built.append(migrations.RemoveIndex(model_name=model, name=name))
        else:
            built += [migrations.DeleteModel(model.title())]
    for value in extra:
        built.extend([migrations.RunSQL("SELECT '%s'" % value)])
    return [migrations.DeleteModel("First"), *built]
""",
    )
    assert names_of(operations) == ["DeleteModel", "DeleteModel", "RemoveIndex", "RunSQL"]
    assert isinstance(operations[3], RunSQL)
    assert operations[3].sql == Literal("SELECT 'x'")


def test_a_comprehension_over_a_known_list_is_worked_out() -> None:
    operations = operations_of(
        "operations = [migrations.DeleteModel(n) for n in NAMES if n != 'B']", "NAMES = ['A', 'B']"
    )
    assert [one.name for one in operations if isinstance(one, DeleteModel)] == ["A"]


def test_a_comprehension_over_what_is_not_known_is_not() -> None:
    (operation,) = operations_of("operations = [migrations.DeleteModel(n) for n in names()]", "from shop import names")
    assert isinstance(operation, UnknownOperation)
    assert operation.several
    assert operation.reason == "what it loops over is not known"


def test_a_class_beside_the_file_keeps_its_arguments() -> None:
    (operation,) = operations_of("operations = [InstallSQL('0006_functions')]", "from . import InstallSQL")
    assert isinstance(operation, UnknownOperation)
    assert operation.function == Reference(".InstallSQL")
    assert [argument.value for argument in operation.arguments] == [Literal("0006_functions")]
    assert not operation.several


def test_an_operation_of_an_instance_is_unknown() -> None:
    (operation,) = operations_of(
        "operations = [aware.RunSQL('SELECT 1')]", "from awx import Aware\naware = Aware('postgresql')"
    )
    assert isinstance(operation, UnknownOperation)
    assert isinstance(operation.function, Call)


def test_a_local_subclass_says_what_it_does_not_do() -> None:
    (operation,) = operations_of(
        "operations = [FakeAlterField('order', 'total', models.IntegerField())]",
        """
class FakeAlterField(migrations.AlterField):
    def database_forwards(self, *args):
        "The column is right already."
        pass
    def state_forwards(self, app_label, state):
        super().state_forwards(app_label, state)
""",
    )
    assert isinstance(operation, AlterField)
    assert operation.subclass == Subclass("#FakeAlterField", state="same", database="nothing")


def test_a_local_subclass_that_does_more_says_so() -> None:
    (operation,) = operations_of(
        "operations = [Mine('A')]",
        """
class Mine(migrations.DeleteModel):
    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        print("gone")
""",
    )
    assert operation.subclass == Subclass("#Mine", state="same", database="unknown")


def test_an_init_that_hands_its_arguments_on_is_followed() -> None:
    (operation,) = operations_of(
        "operations = [Note('shop_order', text='paid orders')]",
        """
class Note(migrations.RunSQL):
    def __init__(self, table, text, **kwargs):
        self.table = table
        super().__init__(sql=f"COMMENT ON TABLE {table} IS '{text}'", reverse_sql=migrations.RunSQL.noop, **kwargs)
""",
    )
    assert isinstance(operation, RunSQL)
    assert operation.sql == Literal("COMMENT ON TABLE shop_order IS 'paid orders'")
    assert operation.reverse_sql == Reference(RUN_SQL_NOOP)


def test_an_init_that_does_more_leaves_the_operation_unknown() -> None:
    (operation,) = operations_of(
        "operations = [Note('a')]",
        "class Note(migrations.RunSQL):\n"
        "    def __init__(self, name):\n"
        "        text = open(name).read()\n"
        "        super().__init__(text)\n",
    )
    assert isinstance(operation, UnknownOperation)
    assert operation.reason == "'Note' has an '__init__' of its own"


def test_texts_for_truth_values_are_read_as_python_reads_them() -> None:
    (operation,) = operations_of(
        "operations = [migrations.AddField('a', 'b', models.CharField(null='True'), preserve_default='False')]"
    )
    assert isinstance(operation, AddField)
    assert operation.preserve_default is True
    assert truth_of(operation.field.options["null"], False) is True


def test_an_index_class_of_the_project_keeps_its_options_and_arguments() -> None:
    (operation,) = operations_of(
        "operations = [migrations.AddIndex('a', Index(fields=['b'], name='i'))]", "from cookbook.models import Index"
    )
    assert isinstance(operation, AddIndex)
    assert operation.index.kind is None
    assert operation.index.path == "cookbook.models.Index"
    assert operation.index.options["name"] == Literal("i")
    assert len(operation.index.arguments) == 2


def test_bases_may_be_calls() -> None:
    (operation,) = operations_of(
        "operations = [migrations.CreateModel('A', [], bases=(Metrics('a'), models.Model))]",
        "from prom import Metrics",
    )
    assert isinstance(operation, CreateModel)
    assert isinstance(operation.bases, Sequence)
    first, second = operation.bases.items
    assert isinstance(first, Call)
    assert first.function == Reference("prom.Metrics")
    assert second == Reference("django.db.models.Model")


def test_syntax_newer_than_this_python_is_read() -> None:
    operations = operations_of(
        "operations = [migrations.RunPython(f)]",
        "type Name = str\n"
        "def f(apps, editor):\n    try:\n        pass\n    except SyntaxError, ValueError:\n        pass\n",
    )
    assert names_of(operations) == ["RunPython"]


def test_bytes_settings_and_environment_are_values() -> None:
    (operation,) = operations_of(
        "operations = [migrations.AddField('a', 'b', models.CharField(default=b'', max_length=settings.LENGTH,"
        " db_default=os.environ.get('X', 'y')))]",
        "import os\nfrom django.conf import settings",
    )
    assert isinstance(operation, AddField)
    assert operation.field.options["default"] == Literal(b"")
    assert operation.field.options["max_length"] == Reference("django.conf.settings.LENGTH")
    assert isinstance(operation.field.options["db_default"], Call)


def test_what_no_rule_reads_is_a_digest_that_layout_does_not_change() -> None:
    def choices(written: str) -> object:
        (operation,) = operations_of(
            f"operations = [migrations.AddField('a', 'b', models.CharField(choices={written}))]"
        )
        assert isinstance(operation, AddField)
        return operation.field.options["choices"]

    one = choices("[('a', 'A'), ('b', 'B b')]")
    assert isinstance(one, Digest)
    assert one == choices('[\n  ("a",\n    "A"),  # first\n    ("b", "B b"),\n]')
    assert one != choices("[('a', 'A'), ('b', 'Bb')]")


def test_a_positional_verbose_name_is_a_digest() -> None:
    (operation,) = operations_of("operations = [migrations.AddField('a', 'b', models.CharField(_('name'), null=True))]")
    assert isinstance(operation, AddField)
    assert operation.field.options == {"verbose_name": Digest('_("name")'), "null": Literal(True)}


def test_noop_has_one_name_however_it_was_imported() -> None:
    (first, second) = operations_of(
        "operations = [migrations.RunPython(f, migrations.RunPython.noop), RunPython(f, RunPython.noop)]",
        "from django.db.migrations.operations import RunPython\ndef f(apps, editor): ...",
    )
    assert isinstance(first, RunPython)
    assert isinstance(second, RunPython)
    assert first.reverse_code == second.reverse_code == Reference(RUN_PYTHON_NOOP)


def test_a_literal_none_is_no_reverse_code() -> None:
    (operation,) = operations_of("operations = [migrations.RunPython(lambda apps, editor: None, None, atomic=None)]")
    assert isinstance(operation, RunPython)
    assert operation.code == Reference("#<lambda:4:40>")
    assert operation.reverse_code is None
    assert operation.atomic is None


def test_a_noop_through_a_local_subclass_is_djangos() -> None:
    (operation,) = operations_of(
        "operations = [Mine(f, Mine.noop)]",
        "class Mine(migrations.RunPython): pass\ndef f(apps, editor): ...",
    )
    assert isinstance(operation, RunPython)
    assert operation.reverse_code == Reference(RUN_PYTHON_NOOP)
    assert operation.subclass == Subclass("#Mine", "same", "same")


def test_what_is_no_operation_does_no_harm() -> None:
    operations = operations_of("operations = [None, [migrations.DeleteModel('A')], 'x', ...]")
    assert [type(one) for one in operations] == [UnknownOperation] * 4


def test_a_wrong_call_of_a_built_in_is_unknown() -> None:
    missing, strange, many = operations_of(
        "operations = [migrations.AddField('a', 'b'), migrations.DeleteModel('A', nme='x'),"
        " migrations.DeleteModel('a', 'b')]"
    )
    assert isinstance(missing, UnknownOperation)
    assert missing.reason == "AddField lacks its argument 'field'"
    assert isinstance(strange, UnknownOperation)
    assert strange.reason == "DeleteModel takes no argument 'nme'"
    assert isinstance(many, UnknownOperation)


def test_unpacked_arguments_are_read_where_they_are_known() -> None:
    known, unknown = operations_of(
        "operations = [migrations.AddField(**{**COMMON, 'name': 'b'}), migrations.DeleteModel(**ELSEWHERE)]",
        "from shop import ELSEWHERE\nCOMMON = dict(model_name='a', field=models.TextField())",
    )
    assert isinstance(known, AddField)
    assert (known.model_name, known.name, known.field.kind) == ("a", "b", "TextField")
    assert isinstance(unknown, DeleteModel)
    assert isinstance(unknown.name, Unresolved)
    assert unknown.call is not None


def test_a_name_that_another_file_holds_keeps_the_call_for_later() -> None:
    (operation,) = operations_of("operations = [migrations.DeleteModel(NAME)]", "from shop.names import NAME")
    assert isinstance(operation, DeleteModel)
    assert operation.name == Unresolved("the value of 'shop.names.NAME' is not known", Span(4, 42, 4, 46))
    assert operation.call is not None
    assert operation.call.arguments[0].value == Reference("shop.names.NAME")


def test_operations_may_be_changed_after_the_class() -> None:
    operations = migration_of(
        "from django.db import migrations\n"
        "class Migration(migrations.Migration):\n"
        "    operations = [migrations.DeleteModel('A')]\n"
        "Migration.operations += [migrations.DeleteModel('B')]\n"
        "Migration.operations.append(migrations.DeleteModel('C'))\n"
        "Migration.operations.insert(0, migrations.DeleteModel('D'))\n"
    ).operations
    assert [one.name for one in operations if isinstance(one, DeleteModel)] == ["D", "A", "B", "C"]


def test_attributes_may_be_set_after_the_class() -> None:
    migration = migration_of(
        "class Migration:\n    pass\nMigration.atomic = False\nMigration.dependencies = [('a', '1')]\n"
    )
    assert migration.atomic == Literal(False)
    assert migration.dependencies == (Dependency(MigrationKey("a", "1"), Span(4, 27, 4, 37)),)
    assert migration.declared == {"atomic", "dependencies"}


def test_the_last_of_two_classes_counts() -> None:
    migration = migration_of("class Migration:\n    atomic = False\nclass Migration:\n    atomic = True\n")
    assert migration.atomic == Literal(True)
    assert migration.span.line == 3


def test_another_class_may_be_called_migration() -> None:
    module = module_of("class Other:\n    initial = True\nMigration = Other\n")
    assert module.migration is not None
    assert module.migration.initial == Literal(True)


def test_an_imported_migration_is_a_reference_for_later() -> None:
    module = module_of("from shop.migrations.base import Migration\n")
    assert module.migration is None
    assert module.names["Migration"] == Reference("shop.migrations.base.Migration")


def test_annotated_attributes_count() -> None:
    migration = migration_of(
        "class Migration:\n    dependencies: list[tuple[str, str]] = [('a', '1')]\n    initial: bool\n"
    )
    assert len(migration.dependencies) == 1
    assert migration.declared == {"dependencies"}


def test_a_class_under_a_condition_is_found() -> None:
    for condition in ("if X:", "try:", "with x():", "if True:"):
        tail = "except ImportError:\n    pass\n" if condition == "try:" else ""
        module = module_of(f"{condition}\n    class Migration:\n        atomic = False\n{tail}")
        assert module.migration is not None, condition
        assert module.migration.atomic == Literal(False), condition


def test_two_classes_under_a_condition_agree_on_what_both_say() -> None:
    migration = migration_of(
        "import x\nif x.y:\n    class Migration:\n        atomic = False\n        initial = True\n"
        "else:\n    class Migration:\n        atomic = True\n        initial = True\n"
    )
    assert isinstance(migration.atomic, Unresolved)
    assert migration.initial == Literal(True)


def test_operations_under_a_condition_are_not_known() -> None:
    known, unknown = operations_of(
        "operations = [migrations.DeleteModel('A')]\nif flag():\n    operations += [migrations.DeleteModel('B')]",
        "from shop import flag",
    )
    assert isinstance(known, DeleteModel)
    assert isinstance(unknown, UnknownOperation)
    assert unknown.several
    assert unknown.reason == "some items are added under a condition"


def test_operations_added_in_a_loop_that_has_to_be_run_are_not_known() -> None:
    (unknown,) = operations_of(
        "operations = []\nfor name in names():\n    operations.append(migrations.DeleteModel(name))",
        "from shop import names",
    )
    assert isinstance(unknown, UnknownOperation)
    assert unknown.several


def test_dependencies_of_every_form() -> None:
    migration = migration_of(
        "from django.conf import settings\nfrom django.db import migrations\nfrom shop import LAST\n"
        "class Migration:\n"
        "    dependencies = [\n"
        "        ('shop', '0001_initial'),\n"
        "        migrations.swappable_dependency(settings.AUTH_USER_MODEL),\n"
        "        migrations.swappable_dependency('people.Person'),\n"
        "        ('auth', '__first__'),\n"
        "        ['shop', '0002'],\n"
        "        ('shop', '0002', 'x'),\n"
        "        ('shop', 2),\n"
        "        'shop',\n"
        "        None,\n"
        "        LAST,\n"
        "    ]\n"
        "    run_before = (('a', '1'),)\n"
        "    replaces = {('a', '2')}\n"
    )
    assert migration.dependencies[:4] == (
        Dependency(MigrationKey("shop", "0001_initial"), Span(6, 9, 6, 33)),
        SwappableDependency("AUTH_USER_MODEL", Span(7, 9, 7, 66)),
        SwappableDependency("people.Person", Span(8, 9, 8, 57)),
        Dependency(MigrationKey("auth", "__first__"), Span(9, 9, 9, 30)),
    )
    malformed = [entry for entry in migration.dependencies if isinstance(entry, MalformedDependency)]
    assert [(entry.text, entry.why) for entry in malformed] == [
        ("['shop', '0002']", "TypeError: unhashable type: 'list'"),
        ("('shop', '0002', 'x')", "NodeNotFoundError: no migration has the key ('shop', '0002', 'x')"),
        ("('shop', 2)", "NodeNotFoundError: no migration has the key ('shop', 2)"),
        ("'shop'", "NodeNotFoundError: no migration has the key 'shop'"),
        ("None", "TypeError: 'NoneType' object is not subscriptable"),
    ]
    assert isinstance(migration.dependencies[-1], Unresolved)
    assert len(migration.run_before) == len(migration.replaces) == 1


def test_a_sum_with_an_unknown_part_keeps_the_known_entries() -> None:
    migration = migration_of(
        "from awx import squashed\nclass Migration:\n    replaces = [('a', '1')] + squashed.replaces(applied=True)\n"
    )
    known, unknown = migration.replaces
    assert isinstance(known, Dependency)
    assert isinstance(unknown, Unresolved)


def test_fields_of_a_new_model_may_be_a_sum_and_hold_unknown_items() -> None:
    (operation,) = operations_of(
        "operations = [migrations.CreateModel('A', fields=[('id', models.AutoField()), x, ('b', make())] + MORE)]",
        "from shop import MORE, make, x",
    )
    assert isinstance(operation, CreateModel)
    kinds = [field.field.kind if isinstance(field, NamedField) else None for field in operation.fields]
    assert kinds == ["AutoField", None, None, None]
    assert isinstance(operation.fields[2], NamedField)
    assert operation.fields[2].field.path == "shop.make"
    assert operation.call is not None


def test_a_field_class_of_the_file_has_its_base_classs_kind() -> None:
    (operation,) = operations_of(
        "operations = [migrations.AddField('a', 'b', Code(max_length=3)), migrations.AddField('a', 'c', Short())][:1]",
        "class Code(models.CharField): pass",
    )
    assert isinstance(operation, AddField)
    assert (operation.field.path, operation.field.kind, operation.field.opaque) == ("#Code", "CharField", False)


def test_what_a_field_class_sets_by_itself_is_told_unless_it_takes_it_out_again() -> None:
    code = (
        "class Code(models.CharField):\n"
        "    def __init__(self, *args, **kwargs):\n"
        "        kwargs.setdefault('max_length', 3)\n"
        "        super().__init__(*args, **kwargs)\n"
    )
    taken_out = (
        "    def deconstruct(self):\n"
        "        name, path, args, kwargs = super().deconstruct()\n"
        "        del kwargs['max_length']\n"
        "        return name, path, args, kwargs\n"
    )
    told, hidden = (
        operations_of("operations = [migrations.AddField('a', 'b', Code())]", text)[0]
        for text in (code, code + taken_out)
    )
    assert isinstance(told, AddField)
    assert isinstance(hidden, AddField)
    assert (told.field.kind, told.field.opaque, dict(told.field.options)) == ("CharField", False, {})
    assert isinstance(hidden.field.options["max_length"], Unresolved)


def test_what_a_field_class_sets_whatever_it_is_given_is_set() -> None:
    (operation,) = operations_of(
        "operations = [migrations.AddField('a', 'b', Code(null=False))]",
        "class Code(models.CharField):\n"
        "    def __init__(self, *args, **kwargs):\n"
        "        if 'x' in kwargs:\n"
        "            kwargs['unique'] = True\n"
        "        kwargs['null'] = kwargs['blank'] = True\n"
        "        super().__init__(*args, **kwargs)\n",
    )
    assert isinstance(operation, AddField)
    assert operation.field.options == {"null": Literal(True), "blank": Literal(True)}


def test_together_options_keep_their_form() -> None:
    (unique, index) = operations_of(
        "operations = [migrations.AlterUniqueTogether(name='A', unique_together=set([('a', 'b')])),"
        " migrations.AlterIndexTogether('A', None)]"
    )
    assert isinstance(unique, AlterTogether)
    assert unique.option == "unique_together"
    assert isinstance(unique.value, Sequence)
    assert unique.value.kind == "set"
    assert isinstance(index, AlterTogether)
    assert (index.option, index.value) == ("index_together", Literal(None))


def test_spans_point_at_the_call_its_callee_and_each_argument() -> None:
    (operation,) = operations_of("operations = [\n    migrations.DeleteModel(\n        name='A',  # gone\n    ),\n]")
    assert operation.site.span == Span(5, 9, 7, 10)
    assert operation.site.callee == Span(5, 9, 5, 31)
    assert operation.site.arguments == {"name": Span(6, 13, 6, 21)}


def test_a_class_that_calls_itself_does_no_harm() -> None:
    operations = operations_of(
        "operations = again(3)",
        "def again(n):\n    return again(n) + [migrations.DeleteModel('A')]\nclass Loop(Loop): pass\n",
    )
    assert all(isinstance(operation, UnknownOperation | DeleteModel) for operation in operations)


def test_a_file_without_a_migration_is_a_module_too() -> None:
    module = parse(b"")
    assert module == Module({}, (), {}, {}, None, ())
    assert not isinstance(parse(b"\n\n# only a comment"), Failure)
