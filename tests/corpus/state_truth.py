"""What Django's ProjectState holds after an installed package's migrations, as JSON: `python state_truth.py PACKAGE`.

`end` is the state after all of them, `at` the state after some of them, each with what it needs.

Run with a Python that has Django and the package; it needs neither miglint nor a database.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from loader_truth import TOP, configure

# MySQL and PostgreSQL both leave this much room for the table's default name, give or take one.
LONGEST = 63

# Of so many migrations, one is asked for its own state.
EVERY = 30


def main(package: str) -> None:
    configure(package)
    from django.apps import apps
    from django.db.migrations.loader import MigrationLoader

    labels = {config.label for config in apps.get_app_configs() if config.name.split(".")[0] in TOP[package]}
    loader = MigrationLoader(None, ignore_no_migrations=True)
    own = sorted(key for key in loader.graph.nodes if key[0] in labels)

    def models(state: Any) -> dict[str, Any]:
        return {name: model for name, model in described(state).items() if name.split(".")[0] in labels}

    at = {".".join(key): models(loader.project_state(key)) for key in own[::EVERY]}
    print(json.dumps({"end": models(loader.project_state()), "at": at}))


def described(state: Any) -> dict[str, Any]:
    """Every model of a ProjectState, in the words of `miglint schema --output-format json`."""
    from django.db.backends.utils import truncate_name

    return {
        f"{label}.{name}": {
            "db_table": model.options.get("db_table") or truncate_name(f"{label}_{name}", LONGEST),
            "managed": model.options.get("managed", True),
            "proxy": bool(model.options.get("proxy")),
            "fields": {
                field_name: {
                    "type": type(field).__name__,
                    "null": bool(field.null),
                    "unique": bool(field._unique),
                    "db_index": bool(field.db_index),
                    "primary_key": bool(field.primary_key),
                    "max_length": field.max_length,
                }
                for field_name, field in model.fields.items()
            },
            "indexes": [index.name for index in model.options.get("indexes", [])],
            "constraints": [constraint.name for constraint in model.options.get("constraints", [])],
        }
        for (label, name), model in sorted(state.models.items())
    }


if __name__ == "__main__":
    main(sys.argv[1])
