"""Prints what Django makes of histories. It reads JSON, {case: [[app label, operation's source], …]}, from stdin.

Run as a script, with any Django from 3.2 on, since Django is one version and one set of settings in a process. An
answer holds the models of ProjectState, the tables and columns that they render to (None where they do not), and which
operations raised what. One that raises leaves no trace in the state.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import django
from django.conf import settings

# What a model's options are compared by; of all others, that they are there.
VALUES = ("db_table", "managed", "ordering", "order_with_respect_to", "proxy", "swappable")


def configure() -> None:
    if settings.configured:
        return
    settings.configure(
        INSTALLED_APPS=[],
        AUTH_USER_MODEL="auth.User",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        DATABASES={"default": {"ENGINE": "django.db.backends.dummy"}},
        USE_TZ=True,
    )
    django.setup()


def answer(case: list[list[str]]) -> dict[str, Any]:
    state, raised = state_after(case)
    return {"models": models_of(state), "tables": tables_of(state), "raised": raised}


def state_after(case: list[list[str]]) -> tuple[Any, list[str]]:
    from django.core.exceptions import FieldDoesNotExist
    from django.db import migrations, models
    from django.db.migrations.state import ProjectState

    names = {"migrations": migrations, "models": models, "settings": settings}
    state, raised = ProjectState(), []
    for label, source in case:
        tried = state.clone()
        try:
            eval(source, names).state_forwards(label, tried)
        except (KeyError, ValueError, TypeError, FieldDoesNotExist) as error:
            raised.append(type(error).__name__)
        else:
            state = tried
            raised.append("")
    return state, raised


def models_of(state: Any) -> dict[str, Any]:
    return {f"{label}.{name}": model_of(model) for (label, name), model in sorted(state.models.items())}


def model_of(model: Any) -> dict[str, Any]:
    options = {name: value for name, value in model.options.items() if name not in ("indexes", "constraints")}
    return {
        "name": model.name,
        "fields": [field_of(name, field, model) for name, field in fields_of(model)],
        "indexes": [index.name for index in model.options.get("indexes", [])],
        "constraints": [constraint.name for constraint in model.options.get("constraints", [])],
        "options": sorted(options),
        "values": {name: options[name] for name in VALUES if name in options},
        "together": {name: together(options[name]) for name in sorted(options) if name.endswith("_together")},
        "bases": [base if isinstance(base, str) else base.__name__ for base in model.bases],
    }


def fields_of(model: Any) -> list[tuple[str, Any]]:
    return list(model.fields.items())


def field_of(name: str, field: Any, model: Any) -> dict[str, Any]:
    related = field.remote_field
    return {
        "name": name,
        "type": type(field).__name__,
        "null": bool(field.null),
        "unique": bool(field._unique),
        "db_index": bool(field.db_index),
        "primary_key": bool(field.primary_key),
        "max_length": field.max_length,
        "to": resolved(related.model, model) if related else None,
        "through": resolved(getattr(related, "through", None), model) if related else None,
        "to_field": getattr(field, "to_fields", [None])[0],
    }


def resolved(target: Any, model: Any) -> str | None:
    if target is None or not isinstance(target, str):
        return None
    if target == "self":
        return f"{model.app_label}.{model.name.lower()}"
    label, dot, name = target.partition(".")
    return f"{label}.{name.lower()}" if dot else f"{model.app_label}.{target.lower()}"


def together(value: Any) -> list[list[str]]:
    from django.db.models.options import normalize_together

    return sorted([list(members) for members in normalize_together(value)])


def tables_of(state: Any) -> dict[str, Any] | None:
    """What the schema editor would touch: tables, their columns, the tables of many-to-many fields."""
    from django.core.exceptions import FieldDoesNotExist, FieldError

    try:
        rendered = state.apps.get_models(include_swapped=True)
    except (ValueError, LookupError, AttributeError, TypeError, FieldError, FieldDoesNotExist):
        return None
    return {
        f"{model._meta.app_label}.{model._meta.model_name}": {
            "table": model._meta.db_table,
            "columns": sorted(field.column for field in model._meta.local_concrete_fields if field.column),
            "between": sorted(
                field.remote_field.through._meta.db_table
                for field in model._meta.local_many_to_many
                if field.remote_field.through._meta.auto_created
            ),
        }
        for model in rendered
        if model._meta.managed and not model._meta.proxy and not model._meta.swapped
    }


def auto_field() -> str:
    """The class of an `id` where the settings do not say."""
    from django.conf import global_settings

    return global_settings.DEFAULT_AUTO_FIELD.rpartition(".")[2]


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    configure()
    cases = json.load(sys.stdin)
    answers = {name: answer(cases[name]) for name in cases}
    print(json.dumps({"django": django.get_version(), "auto_field": auto_field(), "answers": answers}))
