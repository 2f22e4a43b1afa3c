"""Real input: migrations of published packages, and Django's own loader on those that install lightly."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from corpus import download
from django.db.migrations import operations

from miglint.lint import Options, link

# Package → migrations in its wheel, vendored apps and test apps included.
MIGRATIONS = {
    "wagtail": 0,
    "django-cms": 0,
    "django-oscar": 0,
    "weblate": 0,
    "pretix": 0,
    "mayan-edms": 0,
    "kolibri": 0,
    "nautobot": 0,
    "django-allauth": 0,
    "django-oauth-toolkit": 0,
}

# Those whose graph Django's own loader can tell, since they install without a compiler or a server.
INSTALLABLE = ("wagtail", "django-cms", "django-oscar", "django-allauth", "django-oauth-toolkit")

# Labels under which Django's own apps are known by name; another app that is not there is known by its label alone.
CONTRIB = {"admin", "auth", "contenttypes", "flatpages", "redirects", "sessions", "sites"}

# `django.contrib.postgres.operations` cannot be imported without a driver.
POSTGRES_OPERATIONS = (
    "AddConstraintNotValid",
    "AddIndexConcurrently",
    "BloomExtension",
    "BtreeGinExtension",
    "BtreeGistExtension",
    "CITextExtension",
    "CreateCollation",
    "CreateExtension",
    "CryptoExtension",
    "HStoreExtension",
    "RemoveCollation",
    "RemoveIndexConcurrently",
    "TrigramExtension",
    "UnaccentExtension",
    "ValidateConstraint",
)


def test_there_are_enough_of_them() -> None:
    assert list(MIGRATIONS) == list(download.versions())
    assert len(MIGRATIONS) >= 8
    assert sum(MIGRATIONS.values()) >= 1500


@pytest.mark.parametrize("package", MIGRATIONS)
def test_a_published_package_is_read_to_the_end(package: str) -> None:
    tree = download.tree(package)
    done, report = miglint("check", tree)
    summary = report["summary"]
    built_in = sum(len(lines) for lines in built_in_operations(tree).values())
    unknown = unanalysed_built_in(tree, report)

    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    assert summary["unreadable"] == 0
    assert summary["migrations"] == MIGRATIONS[package]
    assert len(unknown) < built_in / 100, unknown


@pytest.fixture(scope="module")
def python_of_corpus() -> Path:
    return download.python_with(INSTALLABLE)


@pytest.mark.parametrize("package", INSTALLABLE)
def test_the_graph_is_the_one_that_django_itself_builds(package: str, python_of_corpus: Path) -> None:
    truth = loader_truth(package, python_of_corpus)
    labels = set(truth["labels"])
    done, answer = miglint("graph", download.tree(package))
    assert done.returncode == 0, done.stderr
    [graph] = [project for project in answer["projects"] if project["root"] == "."]

    assert labels <= set(graph["apps"])
    for part in ("nodes", "leaves", "roots"):
        assert [name for name in graph[part] if label_of(name) in labels] == truth[part], part
    edges = [edge for edge in graph["edges"] if label_of(edge[0]) in labels]
    assert by_label_outside(edges, labels) == by_label_outside(truth["edges"], labels)


@pytest.mark.parametrize("package", INSTALLABLE)
def test_as_many_operations_are_read_as_django_counts(package: str, python_of_corpus: Path) -> None:
    [project] = [
        project
        for project in link(Options(paths=(str(download.tree(package)),), isolated=True)).projects
        if project.root == "."
    ]
    truth = loader_truth(package, python_of_corpus)["operations"]
    counted = {str(key): len(list(migration.operations_within())) for key, migration in project.migrations.items()}
    assert {name: counted.get(name) for name in truth} == truth


def miglint(command: str, tree: Path) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    # A CI that runs these tests names a target branch; the packages have none.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "CI"))}
    done = subprocess.run(
        [sys.executable, "-m", "miglint", command, ".", "--isolated", "--no-cache", "--output-format", "json"],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)


def loader_truth(package: str, python: Path) -> dict[str, Any]:
    script = Path(download.__file__).with_name("loader_truth.py")
    done = subprocess.run([python, "-W", "ignore", script, package], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def label_of(name: str) -> str:
    return name.partition(".")[0]


def by_label_outside(edges: list[list[str]], labels: set[str]) -> list[tuple[str, str]]:
    """Edges, with the label alone of a parent that only an installed third party could name."""
    return sorted(
        {(child, parent if label_of(parent) in labels | CONTRIB else label_of(parent)) for child, parent in edges}
    )


def unanalysed_built_in(tree: Path, report: dict[str, Any]) -> list[str]:
    """Places of MIG002 findings at which one of Django's own operations is called."""
    lines = built_in_operations(tree)
    places = [(finding["path"], finding["line"]) for finding in report["findings"] if finding["code"] == "MIG002"]
    return [f"{path}:{line}" for path, line in places if line in lines.get(path, ())]


def built_in_operations(tree: Path) -> dict[str, list[int]]:
    """Path → the lines on which one of Django's own operations is called, by name alone and with no help of miglint."""
    names = {*operations.__all__, *POSTGRES_OPERATIONS}
    found: dict[str, list[int]] = {}
    for path in sorted(tree.rglob("*migrations/*.py")):
        module = ast.parse(path.read_bytes())
        lines = [
            node.lineno
            for node in ast.walk(module)
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in names
        ]
        if lines:
            found[path.relative_to(tree).as_posix()] = lines
    return found
