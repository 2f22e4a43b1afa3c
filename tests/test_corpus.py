"""Real input: migrations of published packages, and Django's own loader on those that install lightly."""

from __future__ import annotations

import ast
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from corpus import download
from corpus.run import miglint
from django.db.migrations import operations

from miglint.facts.migration import Migration
from miglint.facts.operations import UnknownOperation
from miglint.facts.values import Unresolved
from miglint.linking import Options, link

# Package → migrations in its wheel, test apps included. kolibri's `dist` is a build folder and left out.
MIGRATIONS = {
    "wagtail": 299,
    "django-cms": 49,
    "django-oscar": 134,
    "weblate": 123,
    "pretix": 431,
    "mayan-edms": 531,
    "kolibri": 170,
    "nautobot": 384,
    "django-allauth": 23,
    "django-oauth-toolkit": 22,
}

# Those whose graph Django's own loader can tell, since they install without a compiler or a server.
INSTALLABLE = ("wagtail", "django-cms", "django-oscar", "django-allauth", "django-oauth-toolkit")

# Operations that a migration has or has not, by a setting: Django knows it, miglint says that it does not.
DECIDED_BY_SETTINGS = {"django-allauth": 2}

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


@pytest.fixture(scope="module")
def python_of_corpus() -> Path:
    return download.python_with(INSTALLABLE)


def test_there_are_enough_of_them() -> None:
    assert list(MIGRATIONS) == list(download.versions())
    assert len(MIGRATIONS) >= 8
    assert sum(MIGRATIONS.values()) >= 1500


@pytest.mark.parametrize("package", MIGRATIONS)
def test_a_published_package_is_read_to_the_end(package: str) -> None:
    done, report = miglint("check", download.tree(package))
    assert done.returncode in (0, 1), done.stderr
    assert done.stderr == ""
    assert report["summary"]["unreadable"] == 0
    assert report["summary"]["migrations"] == MIGRATIONS[package]


@pytest.mark.parametrize("package", MIGRATIONS)
def test_hardly_an_operation_of_djangos_own_is_left_unread(package: str, python_of_corpus: Path) -> None:
    if package in INSTALLABLE:
        written = loader_truth(package, python_of_corpus)["operations"]
        known = {str(migration.key): known_operations(migration) for migration in migrations(package)}
    else:
        written = built_in_operations(package)
        known = {migration.path: known_operations(migration) for migration in migrations(package)}
    unread = {name: count - known[name] for name, count in written.items() if known[name] < count}
    assert sum(unread.values()) <= max(sum(written.values()) / 100, DECIDED_BY_SETTINGS.get(package, 0)), unread


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
    edges = by_label_outside([edge for edge in graph["edges"] if label_of(edge[0]) in labels], labels)
    # What depends on settings Django knows, having some, and miglint says that it does not.
    open_ended = {str(migration.key) for migration in migrations(package) if has_unknown_dependencies(migration)}
    assert edges <= (truth_edges := by_label_outside(truth["edges"], labels))
    assert {edge for edge in truth_edges - edges if edge[0] not in open_ended} == set()


@pytest.mark.parametrize("package", INSTALLABLE)
def test_as_many_operations_are_read_as_django_counts(package: str, python_of_corpus: Path) -> None:
    truth = loader_truth(package, python_of_corpus)["operations"]
    counted = {str(migration.key): migration for migration in migrations(package)}
    _, report = miglint("check", download.tree(package))
    said = {f"{finding['app']}.{finding['migration']}" for finding in report["findings"] if finding["code"] == "MIG002"}
    assert {name for name, count in truth.items() if len(list(counted[name].operations_within())) != count} <= said


@cache
def migrations(package: str) -> tuple[Migration, ...]:
    """Every migration of a package as miglint reads it, those of its test projects too."""
    projects = link(Options(paths=(str(download.tree(package)),), isolated=True)).projects
    found = {migration.path: migration for project in projects for migration in project.migrations.values()}
    return tuple(found[path] for path in sorted(found))


def known_operations(migration: Migration) -> int:
    return sum(not isinstance(indexed.operation, UnknownOperation) for indexed in migration.operations_within())


def has_unknown_dependencies(migration: Migration) -> bool:
    return any(isinstance(entry, Unresolved) for entry in (*migration.dependencies, *migration.run_before))


@cache
def loader_truth(package: str, python: Path) -> dict[str, Any]:
    script = Path(download.__file__).with_name("loader_truth.py")
    done = subprocess.run([python, "-W", "ignore", script, package], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def label_of(name: str) -> str:
    return name.partition(".")[0]


def by_label_outside(edges: list[list[str]], labels: set[str]) -> set[tuple[str, str]]:
    """Edges, with the label alone of a parent that only an installed third party could name."""
    return {(child, parent if label_of(parent) in labels | CONTRIB else label_of(parent)) for child, parent in edges}


def built_in_operations(package: str) -> dict[str, int]:
    """Path → how often one of Django's own operations is called there: by its name alone, with no help of miglint."""
    names = {*operations.__all__, *POSTGRES_OPERATIONS}
    tree = download.tree(package)
    paths = {migration.path for migration in migrations(package)}
    found = {
        path: sum(
            isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", None)) in names
            for node in ast.walk(ast.parse((tree / path).read_bytes()))
        )
        for path in sorted(paths)
    }
    return {path: count for path, count in found.items() if count}
