"""The command line over `sample_migrations/`, as the README shows it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

STORIES = [
    ("broken_squash", "MIG104", "catalog/migrations/0001_squashed_0003_product_weight.py"),
    ("dangling_parent", "MIG102", "invoices/migrations/0002_creditnote.py"),
    ("gitignored_app", "MIG601", ".gitignore"),
    ("irreversible_run_python", "MIG501", "taxes/migrations/0002_first_tax_rates.py"),
    ("not_null_without_default", "MIG201", "invoices/migrations/0002_invoice_due_on.py"),
    ("two_leaves", "MIG101", "shop/migrations/0002_order_shipped_at.py"),
    (
        "volatile_default_on_large_table",
        "MIG301",
        "analytics/migrations/0002_pageview_stored_at_and_visit.py",
    ),
]


def miglint(*arguments: str) -> subprocess.CompletedProcess[str]:
    # A CI that runs these tests names its own target branch and width; the samples have none.
    own = ("GITHUB_", "CI", "COLUMNS", "FORCE_COLOR", "MIGLINT_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return subprocess.run(
        [sys.executable, "-m", "miglint", *arguments],
        cwd=CHECKOUT,
        env=environment | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def findings() -> list[dict[str, object]]:
    """Every finding at warning or above, over all samples at once."""
    done = miglint("check", "sample_migrations", "--output-format", "json", "--no-cache")
    assert done.returncode == 1, done.stderr
    return [finding for finding in json.loads(done.stdout)["findings"] if finding["severity"] != "info"]


def test_good_practice_and_a_finished_squash_are_not_flagged(findings: list[dict[str, object]]) -> None:
    assert [finding for finding in findings if finding["project"] in by_path("clean", "finished_squash")] == []


def test_a_clean_project_exits_with_0() -> None:
    done = miglint("check", "sample_migrations/clean", "--no-cache")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_every_story_is_told_once_and_nothing_else_is(findings: list[dict[str, object]]) -> None:
    told = sorted((finding["project"], finding["code"]) for finding in findings)
    assert told == [(f"sample_migrations/{project}", code) for project, code, _ in STORIES]


@pytest.mark.parametrize(("project", "code", "path"), STORIES)
def test_a_story_points_at_its_file(findings: list[dict[str, object]], project: str, code: str, path: str) -> None:
    assert [finding["path"] for finding in findings if finding["code"] == code] == [
        f"sample_migrations/{project}/{path}"
    ]


def test_the_six_headlines_are_seen_at_a_glance_in_the_text() -> None:
    done = miglint("check", "sample_migrations", "--no-cache")
    assert done.returncode == 1, done.stderr
    for code in ("MIG101", "MIG102", "MIG201", "MIG301", "MIG501", "MIG601"):
        assert done.stdout.count(code) >= 1
    assert len(done.stdout.splitlines()) < 150


def test_the_readme_shows_what_is_really_said() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    said = miglint("check", "sample_migrations", "--no-cache").stdout
    parts = [part.strip("\n") for part in shown.split("[…]\n") if part.strip()]
    assert len(parts) >= 2
    assert [part for part in parts if part not in said] == []


def test_the_readme_shows_a_plan_as_it_is() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    [command, shown] = re.findall(r"^```console\n\$ miglint (plan .*)\n((?:.*\n)*?)^```$", readme, re.MULTILINE)[0]
    assert miglint(*command.split(), "--no-cache").stdout.strip() == shown.strip()


def by_path(*projects: str) -> set[str]:
    return {f"sample_migrations/{project}" for project in projects}


def test_the_samples_sarif_is_valid() -> None:
    schema = json.loads((CHECKOUT / "tests" / "report" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    document = json.loads(miglint("check", "sample_migrations", "--no-cache", "--output-format", "sarif").stdout)
    jsonschema.validate(document, schema)
    assert len(document["runs"][0]["results"]) >= 7
