"""Migrations as text, and the models that the replay has after them."""

from __future__ import annotations

from collections.abc import Iterable

from miglint.facts.migration import Migration, MigrationKey, Module
from miglint.parse import parse
from miglint.schema.replay import replay
from miglint.schema.state import ModelState, SchemaState

HEADER = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n    operations = [\n"

USER = {"AUTH_USER_MODEL": "auth.User"}


def source(operations: Iterable[str]) -> str:
    return HEADER + "".join(f"        {operation},\n" for operation in operations) + "    ]\n"


def migration(text: str, app: str = "app", name: str = "0001_initial") -> Migration:
    module = parse(text.encode())
    assert isinstance(module, Module), module
    assert module.migration is not None
    facts = module.migration
    return Migration(
        key=MigrationKey(app, name),
        path=f"{app}/migrations/{name}.py",
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


def state_after(*migrations: Migration) -> SchemaState:
    state = SchemaState.empty()
    for transition in replay(migrations, USER.get):
        # What stands inside of another operation comes after it, with states that may lead nowhere.
        if "." not in transition.index:
            state = transition.after
    return state


def models_after(text: str) -> list[ModelState]:
    return list(state_after(migration(text)).models())
