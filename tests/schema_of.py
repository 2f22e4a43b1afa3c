"""Migrations as text, and what the replay has after them, in the words in which Django's answers come."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from state_truth.answers import VALUES

from miglint.facts.fields import Field
from miglint.facts.migration import Migration, MigrationKey, Module
from miglint.facts.values import Literal, Reference, Sequence, Value, text_of
from miglint.parse import parse
from miglint.schema.field import attributes
from miglint.schema.model import Ground, between, columns_of, has_table, table_of
from miglint.schema.replay import members_of, name_of, replay, target_of
from miglint.schema.state import ModelState, SchemaState

HEADER = """\
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    operations = [
"""

USER = {"AUTH_USER_MODEL": "auth.User"}
GROUND = Ground(vendor="sqlite", auto_field="BigAutoField", swappable=USER.get)


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


def state_of(case: Iterable[tuple[str, str]]) -> SchemaState:
    """The state after operations, each given with the label of the app whose migration holds it."""
    migrations = [
        migration(source([operation]), label, f"{number:04}") for number, (label, operation) in enumerate(case, 1)
    ]
    return state_after(*migrations)


def models_after(text: str) -> list[ModelState]:
    return list(state_after(migration(text)).models())


def described(state: SchemaState) -> dict[str, Any]:
    """The models of a state, in the words of `state_truth.answers.models_of`."""
    return {f"{model.app_label}.{model.name.lower()}": _model(model) for model in state.models()}


def tables(state: SchemaState, ground: Ground = GROUND) -> dict[str, Any]:
    """The tables of a state, in the words of `state_truth.answers.tables_of`."""
    return {
        f"{model.app_label}.{model.name.lower()}": {
            "table": table_of(model, ground),
            "columns": sorted(column.name for column in columns_of(model, state, ground)),
            "between": sorted(filter(None, (between(model, field, ground) for field in model.fields.values()))),
        }
        for model in state.models()
        if has_table(model, ground)
    }


def _model(model: ModelState) -> dict[str, Any]:
    bases = model.bases.items if isinstance(model.bases, Sequence) else ()
    return {
        "name": model.name,
        "fields": [_field(name, state.field, model) for name, state in model.fields.items()],
        "indexes": [name_of(index) for index in model.indexes],
        "constraints": [name_of(constraint) for constraint in model.constraints],
        "options": sorted(model.options),
        "values": {name: _plain(model.options[name]) for name in VALUES if name in model.options},
        "together": {
            name: sorted(map(list, members_of(model.options[name]) or ()))
            for name in sorted(model.options)
            if name.endswith("_together")
        },
        "bases": [_base(base) for base in bases] or ["Model"],
    }


def _field(name: str, field: Field, model: ModelState) -> dict[str, Any]:
    made = attributes(field)
    assert made.unknown == ()
    to, through = (target_of(field, model.app_label, model.name, USER.get, option) for option in ("to", "through"))
    return {
        "name": name,
        **{key: value for key, value in made._asdict().items() if key != "unknown"},
        "to": None if to is None else ".".join(to),
        "through": None if through is None else ".".join(through),
        "to_field": text_of(field.options.get("to_field")),
    }


def _plain(value: Value) -> Any:
    match value:
        case Literal(plain):
            return plain
        case Sequence(items=items):
            return [_plain(item) for item in items]
        case _:
            return value


def _base(base: Value) -> str:
    return text_of(base) or (base.path.rpartition(".")[2] if isinstance(base, Reference) else "?")
