"""Real Django's answers, and ours, to the same small histories."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from miglint.facts.layout import App, Layout, Settings
from miglint.facts.migration import (
    AnyDependency,
    Dependency,
    Migration,
    MigrationKey,
    Module,
    SwappableDependency,
)
from miglint.facts.source import TOP, Span
from miglint.facts.values import Literal, Sequence, Value
from miglint.graph import MigrationGraph, in_dependency_order

History = dict[str, dict[str, dict[str, Any]]]

INSTALLED = ("admin", "auth", "contenttypes", "flatpages", "messages", "redirects", "sessions", "sites")


class DjangosLoader:
    """One process of Django, asked again and again."""

    def __init__(self) -> None:
        script = Path(__file__).parent / "loader.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, apps: History, **more: Any) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"apps": apps, **more}) + "\n")
        self._process.stdin.flush()
        return dict(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        self._process.communicate()


def linked(
    apps: History,
    *,
    unmigrated: tuple[str, ...] = (),
    without_init: tuple[str, ...] = (),
    unreadable: tuple[str, ...] = (),
    packages: dict[str, str] | None = None,
    settings: dict[str, Value] | None = None,
    django: tuple[int, ...] = (5, 2),
) -> MigrationGraph:
    """The graph of a history; entries are (label, name), `{"swappable": …}`, or a fact."""
    folders = (packages or {}).items()
    layout = Layout(
        root=".",
        apps=tuple(
            App(
                label=label,
                path=f"{dict(folders).get(label, label)}/migrations",
                package=dict(folders).get(label, label),
                files=tuple(f"{label}/migrations/{name}.py" for name in history),
                has_init=label not in without_init,
                installed=None,
                owner=".",
            )
            for label, history in apps.items()
        ),
        duplicates=(),
        settings=Settings(None, {"INSTALLED_APPS": installed(*apps, *unmigrated)} | (settings or {})),
        unmigrated=frozenset(unmigrated),
    )
    return in_dependency_order(
        [migration(label, name, **attributes) for label, app in apps.items() for name, attributes in app.items()],
        layout=layout,
        django=django,
        unreadable=[key(text) for text in unreadable],
    )


def migration(label: str, name: str, **attributes: Any) -> Migration:
    written = {
        attribute: tuple(entry(value, line) for line, value in enumerate(attributes.get(attribute, ()), start))
        for start, attribute in ((10, "dependencies"), (30, "run_before"), (50, "replaces"))
    }
    return Migration(
        key=MigrationKey(label, name),
        path=f"{label}/migrations/{name}.py",
        span=Span(5, 1, 5, 37),
        operations=(),
        attribute_spans={},
        initial=None,
        atomic=True,
        module=Module({}, (), {}, {}, None, ()),
        **written,
    )


def entry(value: Any, line: int) -> AnyDependency:
    span = Span(line, 9, line, 40)
    if isinstance(value, dict):
        return SwappableDependency(value["swappable"], span)
    if type(value) in (tuple, list):
        return Dependency(MigrationKey(*value), span)
    fact: AnyDependency = value
    return fact


def installed(*labels: str) -> Value:
    entries = (*(f"django.contrib.{label}" for label in INSTALLED), *labels)
    return Sequence("list", tuple(Literal(entry) for entry in entries), TOP)


def key(text: str) -> MigrationKey:
    return MigrationKey(*text.split(".", 1))


def as_answer(graph: MigrationGraph) -> dict[str, Any]:
    """What a graph says, in the shape of Django's answer."""
    return {
        "nodes": list(map(str, graph.nodes)),
        "edges": [[str(child), str(parent)] for child, parent in graph.edges],
        "leaves": list(map(str, graph.leaves)),
        "roots": list(map(str, graph.roots)),
        "conflicts": {label: list(names) for label, names in graph.conflicts.items()},
        "plan": list(map(str, graph.plan)),
    }
