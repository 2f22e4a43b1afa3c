"""Answers what Django's own MigrationLoader makes of a history: one JSON question per line, one answer per line.

A question maps app labels to migrations by name; `unmigrated` lists apps that are installed without
migrations, `first` the migrations that Django happens to meet before the others. Django's contrib apps
are installed as well. Runs on its own: python loader.py
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django
from django.conf import settings
from django.db import migrations
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.loader import MigrationLoader

CONTRIB = ["admin", "auth", "contenttypes", "flatpages", "messages", "redirects", "sessions", "sites"]


class HistoryLoader(MigrationLoader):
    """The loader with a history in memory in place of the disk."""

    def __init__(self, question: dict[str, Any]) -> None:
        self.question = question
        super().__init__(None, ignore_no_migrations=question.get("ignore_no_migrations", False))

    def load_disk(self) -> None:
        super().load_disk()
        self.unmigrated_apps |= set(self.question.get("unmigrated", ()))
        for label, history in self.question["apps"].items():
            self.migrated_apps.add(label)
            for name, attributes in history.items():
                values = {attribute: list(map(entry, written)) for attribute, written in attributes.items()}
                cls = type("Migration", (migrations.Migration,), values)
                self.disk_migrations[label, name] = cls(name, label)
        first = list(map(tuple, self.question.get("first", ())))
        self.disk_migrations = {
            **{key: self.disk_migrations[key] for key in first},
            **{key: value for key, value in self.disk_migrations.items() if key not in first},
        }


def entry(written: Any) -> Any:
    """A pair as Django wants it; `{"swappable": "users.User"}` as its own function gives it."""
    if isinstance(written, dict):
        return migrations.swappable_dependency(written["swappable"])
    return tuple(written)


def answer(question: dict[str, Any]) -> dict[str, Any]:
    try:
        loader = HistoryLoader(question)
    except NodeNotFoundError as error:
        return {"error": "missing", "node": dotted(error.node)}
    except CircularDependencyError as error:
        return {"error": "cycle", "nodes": sorted(str(error).split(", "))}
    except ValueError as error:
        return {"error": "value", "message": str(error)}
    graph = loader.graph
    own = {key for key in graph.nodes if key[0] in question["apps"]}
    plan: dict[Any, None] = {}
    for leaf in graph.leaf_nodes():
        plan |= dict.fromkeys(graph.forwards_plan(leaf))
    return {
        "nodes": sorted(map(dotted, own)),
        "edges": sorted([dotted(key), dotted(parent.key)] for key in own for parent in graph.node_map[key].parents),
        "leaves": [dotted(key) for key in graph.leaf_nodes() if key in own],
        "roots": [dotted(key) for key in graph.root_nodes() if key in own],
        "conflicts": {label: sorted(names) for label, names in sorted(loader.detect_conflicts().items())},
        "plan": [dotted(key) for key in plan if key in own],
    }


def dotted(key: Any) -> str:
    return f"{key[0]}.{key[1]}"


if __name__ == "__main__":
    settings.configure(INSTALLED_APPS=[f"django.contrib.{label}" for label in CONTRIB])
    django.setup()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
