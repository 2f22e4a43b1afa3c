"""The schema of published packages against Django's own ProjectState, on real histories from end to end."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from corpus import download
from test_corpus import INSTALLABLE

from miglint.facts.operations import AlterField
from miglint.linking import Options, link
from miglint.project import Project
from miglint.report.schema import render_json
from miglint.showing import schemas
from miglint.steps import Step

# Package → models, in a truth that Django computed once by tests/corpus/state_truth_without_dependencies.py.
HEAVY = {"weblate": 51, "pretix": 115, "mayan-edms": 115, "kolibri": 60, "nautobot": 165}

# Models that hang on something outside of the migrations, and what it is.
HANG_ON_SETTINGS = {
    "wagtail": {"wagtailsearch.indexentry": "connection.vendor"},
    "django-cms": {"cms.pageuser": "the name of AUTH_USER_MODEL"},
    "django-allauth": {
        "account.emailaddress": "ACCOUNT_UNIQUE_EMAIL",
        "socialaccount.socialapp": "whether django.contrib.sites is installed",
    },
}

Model = dict[str, Any]


@pytest.fixture(scope="module")
def python_of_corpus() -> Path:
    return download.python_with(INSTALLABLE)


@pytest.mark.parametrize("package", INSTALLABLE)
def test_the_schema_is_the_one_that_django_itself_has(package: str, python_of_corpus: Path) -> None:
    truth = state_truth(package, python_of_corpus)["end"]
    labels = {label_of(name) for name in truth}
    models = {name: model for name, model in schema(package).items() if label_of(name) in labels}

    assert {name for name, model in models.items() if not model["known"]} == set(HANG_ON_SETTINGS.get(package, ()))
    assert list(models) == sorted(truth)
    for name, model in models.items():
        if model["known"]:
            assert ours(model) == theirs(truth[name], model), name


@pytest.mark.parametrize("package", INSTALLABLE)
def test_the_schema_at_a_migration_is_the_one_that_django_has_there(package: str, python_of_corpus: Path) -> None:
    truth = state_truth(package, python_of_corpus)
    labels = {label_of(name) for name in truth["end"]}
    assert truth["at"]
    for key, expected in truth["at"].items():
        models = {name: model for name, model in schema(package, key).items() if label_of(name) in labels}
        assert list(models) == sorted(expected), key
        for name, model in models.items():
            if model["known"]:
                assert ours(model) == theirs(expected[name], model), (key, name)


@pytest.mark.parametrize("package", HEAVY)
def test_the_schema_is_the_one_that_django_had_without_the_packages_dependencies(package: str) -> None:
    truth = computed_once(package)
    assert len(truth) == HEAVY[package]
    labels = {label_of(name) for name in truth}
    models = {name: model for name, model in schema(package).items() if label_of(name) in labels}

    unknown = {name: model["unknown"] for name, model in models.items() if not model["known"]}
    assert len(unknown) <= len(models) / 50, unknown
    assert list(models) == sorted(truth)
    for name, model in models.items():
        if model["known"]:
            assert ours(model) == theirs(truth[name], model), name


def test_hardly_an_altered_field_has_a_past_that_is_not_known() -> None:
    steps = [step for package in (*INSTALLABLE, *HEAVY) for project in projects(package) for step in project.steps]
    altered = {(step.migration.path, step.index): step for step in steps if isinstance(step.operation, AlterField)}
    unknown = [f"{path}, operation {index}" for (path, index), step in altered.items() if not is_past_known(step)]
    assert len(altered) > 1500
    assert len(unknown) <= len(altered) / 200, unknown


def is_past_known(step: Step) -> bool:
    assert isinstance(step.operation, AlterField)
    past = step.model.fields.get(str(step.operation.name)) if step.model is not None else None
    return past is not None and past.field.path != ""


def ours(model: Model) -> Model:
    """A model without what is not compared: options of a field that miglint says it does not know."""
    fields = {
        name: {key: value for key, value in field.items() if key not in (*field.get("unknown", ()), "unknown")}
        for name, field in model["fields"].items()
    }
    return {**{key: model[key] for key in COMPARED}, "fields": fields, "order": list(fields)}


def theirs(truth: Model, model: Model) -> Model:
    """The truth of what miglint says it knows; where neither is sure, miglint's word stands."""
    fields = {}
    for name, field in truth["fields"].items():
        said = model["fields"].get(name, {})
        sure = {key: value for key, value in said.items() if key != "unknown"} | field
        fields[name] = {key: sure[key] for key in said if key not in (*said.get("unknown", ()), "unknown")}
    return {**{key: truth[key] for key in COMPARED}, "fields": fields, "order": list(fields)}


COMPARED = ("db_table", "managed", "proxy", "indexes", "constraints")


def computed_once(package: str) -> dict[str, Model]:
    text = (Path(download.__file__).parent / "states" / f"{package}.json").read_text(encoding="utf-8")
    return {name: unfolded(model) for name, model in json.loads(text)["models"].items()}


def unfolded(model: Model) -> Model:
    return {
        "db_table": model["db_table"],
        "managed": not model.get("unmanaged", False),
        "proxy": model.get("proxy", False),
        "fields": {name: unfolded_field(text) for name, text in model.get("fields", {}).items()},
        "indexes": model.get("indexes", []),
        "constraints": model.get("constraints", []),
    }


def unfolded_field(text: str) -> dict[str, Any]:
    """`CharField max_length=20` and what it does not say; of a `?MoneyField` what it says, and no more."""
    kind, *words = text.split()
    said: dict[str, Any] = {name: int(value) for name, _, value in (word.partition("=") for word in words)}
    said = {name: value if name == "max_length" else bool(value) for name, value in said.items()}
    if kind.startswith("?"):
        return {"type": kind[1:], **said}
    flags = dict.fromkeys(("null", "unique", "db_index", "primary_key"), False)
    return {"type": kind, **flags, "max_length": None, **said}


@cache
def schema(package: str, at: str | None = None) -> dict[str, Model]:
    answer = json.loads(render_json(schemas(projects(package), at)))
    return {name: model for project in answer["projects"] for name, model in project["models"].items()}


@cache
def projects(package: str) -> tuple[Project, ...]:
    return link(Options(paths=(str(download.tree(package)),), isolated=True)).projects


@cache
def state_truth(package: str, python: Path) -> dict[str, Any]:
    script = Path(download.__file__).with_name("state_truth.py")
    done = subprocess.run([python, "-W", "ignore", script, package], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def label_of(name: str) -> str:
    return name.partition(".")[0]
