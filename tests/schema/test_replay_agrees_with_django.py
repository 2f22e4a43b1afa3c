"""The replay against Django's own ProjectState: operation by operation, on sequences made up by Hypothesis."""

from __future__ import annotations

import contextlib
from typing import Any

import django
from django.conf import settings as django_settings
from django.core.exceptions import FieldDoesNotExist
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from miglint.facts.migration import Migration, MigrationKey, Module
from miglint.parse import parse
from miglint.schema.replay import name_of, replay
from miglint.schema.state import SchemaState

if not django_settings.configured:
    django_settings.configure(INSTALLED_APPS=[], DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
    django.setup()

from django.db import migrations, models  # noqa: E402
from django.db.migrations.state import ProjectState  # noqa: E402

HEADER = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n"

MODELS = ("Book", "Author", "BOOK", "Shop")
FIELDS = ("title", "Title", "qty", "author")
INDEXES = ("ix_a", "ix_b")


def source(operations: list[str]) -> str:
    return HEADER + "".join(f"        {operation},\n" for operation in operations) + "    ]\n"


def ours(operations: list[str]) -> SchemaState:
    module = parse(source(operations).encode())
    assert isinstance(module, Module), module
    assert module.migration is not None
    facts = module.migration
    migration = Migration(
        key=MigrationKey("app", "0001_initial"),
        path="app/migrations/0001_initial.py",
        span=facts.span,
        dependencies=(),
        run_before=(),
        replaces=(),
        operations=facts.operations,
        attribute_spans=facts.attribute_spans,
        initial=None,
        atomic=True,
        module=module,
    )
    transitions = list(replay([migration], {"AUTH_USER_MODEL": "auth.User"}.get))
    return transitions[-1].after


def djangos(operations: list[str]) -> ProjectState:
    """ProjectState after the operations; one that raises leaves no trace."""
    state = ProjectState()
    for text in operations:
        operation = eval(text, {"migrations": migrations, "models": models})
        tried = state.clone()
        with contextlib.suppress(KeyError, ValueError, FieldDoesNotExist):
            operation.state_forwards("app", tried)
            state = tried
    return state


def described(state: SchemaState) -> dict[str, Any]:
    return {
        f"{model.app_label}.{model.name.lower()}": {
            "name": model.name,
            "fields": [(name, field.field.kind) for name, field in model.fields.items()],
            "indexes": [name_of(index) for index in model.indexes],
            "constraints": [name_of(constraint) for constraint in model.constraints],
            "options": sorted(set(model.options) - {"indexes", "constraints"}),
        }
        for model in state.models()
    }


def described_by_django(state: ProjectState) -> dict[str, Any]:
    return {
        f"{label}.{name}": {
            "name": model.name,
            "fields": [(field_name, type(field).__name__) for field_name, field in model.fields.items()],
            "indexes": [index.name for index in model.options.get("indexes", [])],
            "constraints": [constraint.name for constraint in model.options.get("constraints", [])],
            "options": sorted(set(model.options) - {"indexes", "constraints"}),
        }
        for (label, name), model in sorted(state.models.items())
    }


def agree(*operations: str) -> None:
    listed = list(operations)
    assert described(ours(listed)) == described_by_django(djangos(listed))


model = st.sampled_from(MODELS)
field = st.sampled_from(FIELDS)
index = st.sampled_from(INDEXES)
definition = st.sampled_from(
    [
        "models.IntegerField(null=True)",
        "models.CharField(max_length=20)",
        "models.ForeignKey('Author', models.CASCADE)",
        "models.ForeignKey('app.Book', on_delete=models.CASCADE, to_field='title')",
        "models.ManyToManyField('self')",
    ]
)

operation = st.one_of(
    st.builds(
        "migrations.CreateModel({0!r}, [('id', models.AutoField(primary_key=True)), ({1!r}, {2})], {3})".format,
        model,
        field,
        definition,
        st.sampled_from(
            [
                "{}",
                "{'ordering': ['title'], 'managed': False}",
                "{'unique_together': {('title', 'qty')}, 'db_table': 't'}",
            ]
        ),
    ),
    st.builds("migrations.DeleteModel({0!r})".format, model),
    st.builds("migrations.RenameModel({0!r}, {1!r})".format, model, model),
    st.builds(
        "migrations.AddField({0!r}, {1!r}, {2}, preserve_default={3})".format, model, field, definition, st.booleans()
    ),
    st.builds("migrations.AlterField({0!r}, {1!r}, {2})".format, model, field, definition),
    st.builds("migrations.RemoveField({0!r}, {1!r})".format, model, field),
    st.builds("migrations.RenameField({0!r}, {1!r}, {2!r})".format, model, field, field),
    st.builds("migrations.AlterModelTable({0!r}, {1!r})".format, model, st.sampled_from(["t", "u"])),
    st.builds(
        "migrations.AlterUniqueTogether({0!r}, {1})".format,
        model,
        st.sampled_from(["None", "{('title', 'qty')}", "('title', 'qty')"]),
    ),
    st.builds(
        "migrations.AlterModelOptions({0!r}, {1})".format,
        model,
        st.sampled_from(["{}", "{'ordering': ['qty']}", "{'verbose_name': 'x'}"]),
    ),
    st.builds("migrations.AddIndex({0!r}, models.Index(fields=['title'], name={1!r}))".format, model, index),
    st.builds("migrations.RemoveIndex({0!r}, {1!r})".format, model, index),
    st.builds("migrations.RenameIndex({0!r}, new_name={1!r}, old_name={2!r})".format, model, index, index),
    st.builds(
        "migrations.AddConstraint({0!r}, models.UniqueConstraint(fields=['title'], name={1!r}))".format, model, index
    ),
    st.builds("migrations.RemoveConstraint({0!r}, {1!r})".format, model, index),
    st.builds(
        "migrations.SeparateDatabaseAndState(database_operations=[migrations.RemoveField({0!r}, {1!r})], "
        "state_operations=[migrations.AddField({0!r}, {1!r}, {2})])".format,
        model,
        field,
        definition,
    ),
    st.builds(
        "migrations.RunSQL('SELECT 1', state_operations=[migrations.AddField({0!r}, {1!r}, {2})])".format,
        model,
        field,
        definition,
    ),
)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(operation, min_size=1, max_size=8))
def test_any_sequence_of_operations_gives_the_state_that_django_has(operations: list[str]) -> None:
    agree(*operations)


BOOK = "migrations.CreateModel('Book', [('id', models.AutoField(primary_key=True)), ('title', models.TextField())])"


def test_a_rename_that_changes_the_case_alone_removes_the_model() -> None:
    agree(BOOK, "migrations.RenameModel('Book', 'BOOK')")
    assert described(ours([BOOK, "migrations.RenameModel('Book', 'BOOK')"])) == {}


def test_an_unknown_field_is_silently_added_by_alter_field() -> None:
    agree(BOOK, "migrations.AlterField('Book', 'pages', models.IntegerField())")
