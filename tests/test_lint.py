"""The run as a whole: what becomes of rules that fail, of what several projects share, of traps in the input."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from miglint import linking, lint, rules
from miglint.cli import main
from miglint.facts.source import Location
from miglint.findings import Finding, Severity
from miglint.linking import Options
from miglint.project import Project
from miglint.rules.base import OperationRule, ProjectRule
from miglint.steps import Step

HEAD = "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"


def write(root: Path, **files: str) -> None:
    """Migrations by `folder__name`, bodies of class Migration; folders get their `__init__.py`."""
    for name, body in files.items():
        *folders, stem = name.split("__")
        folder = root.joinpath(*folders, "migrations")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").touch()
        (folder / f"{stem}.py").write_text(HEAD + "".join(f"    {line}\n" for line in body.splitlines()))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@dataclass(frozen=True)
class Failing(OperationRule):
    code = "MIG999"
    name = "failing"
    severity = Severity.ERROR

    def check(self, step: Step, project: Project) -> Iterator[Finding]:
        raise ZeroDivisionError("one by none")
        yield


@dataclass(frozen=True)
class Milder(ProjectRule):
    code = "MIG998"
    name = "milder"
    severity = Severity.ERROR

    def check(self, project: Project) -> Iterator[Finding]:
        for migration in project.planned():
            for number in (1, 2):
                location = Location(migration.path, migration.span)
                yield self.finding(location, f"No {number}.", severity=Severity.INFO, subject="s", app="shop")


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_rule_that_fails_is_said_once_as_ours_and_the_others_go_on(
    jobs: int, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "_WORTH_SHARING", 1)
    write(
        root,
        shop__0001_initial="operations = [migrations.RunSQL('SELECT 1')]",
        shop__0002_x="dependencies = [('shop', '0001_initial')]\noperations = [migrations.RunSQL('SELECT 2')]",
    )
    monkeypatch.setattr(lint.settings, "ALL_RULES", (*rules.ALL_RULES, Failing))
    report = lint.check(Options(jobs=jobs))
    assert [finding.code for finding in report.findings if finding.code == "MIG502"] == ["MIG502"] * 2
    (notice,) = report.notices
    assert notice.internal
    assert notice.message.startswith(
        "rule MIG999 failed on shop.0001_initial, operation 0: ZeroDivisionError: one by none. It failed 1 more times."
    )
    assert report.exit_code == 2


def test_a_fault_outside_of_the_rules_is_said_with_its_project_and_exits_2(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, shop__0001_initial="operations = []")

    def broken(**facts: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(linking, "analyse", broken)
    assert main(["check"]) == 2
    assert "project '.' could not be replayed: KeyError: 'lost'" in capsys.readouterr().err


@pytest.mark.parametrize("collecting", [True, False])
def test_a_run_leaves_the_collector_as_it_was(root: Path, collecting: bool) -> None:
    write(root, shop__0001_initial="operations = []")
    (gc.enable if collecting else gc.disable)()
    try:
        main(["check"])
        assert gc.isenabled() is collecting
    finally:
        gc.enable()


def test_an_interruption_exits_130(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(lint, "check", interrupted)
    assert main(["check"]) == 130


def test_what_nobody_foresaw_exits_2_in_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def surprised(*arguments: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(lint, "check", surprised)
    assert main(["check"]) == 2
    err = capsys.readouterr().err
    assert "internal error: RuntimeError: surprise" in err
    assert "Traceback" not in err


def test_findings_that_are_alike_are_numbered_and_a_rules_own_severity_stands(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, shop__0001_initial="operations = []")
    monkeypatch.setattr(lint.settings, "ALL_RULES", (Milder,))
    report = lint.check(Options())
    assert [(finding.message, finding.ordinal) for finding in report.findings] == [("No 1.", 0), ("No 2.", 1)]
    assert {finding.severity for finding in report.findings} == {Severity.INFO}
    assert len({finding.fingerprint for finding in report.findings}) == 2


def test_apps_that_several_projects_share_are_reported_once(root: Path) -> None:
    write(
        root,
        common__0001_initial="operations = [migrations.RunSQL('SELECT 1')]",
        one__shop__0001_initial="dependencies = [('common', '0001_initial')]\noperations = []",
        two__shop__0001_initial="dependencies = [('common', '0001_initial')]\noperations = []",
    )
    for name in ("one", "two"):
        (root / name / "manage.py").touch()
    report = lint.check(Options())
    assert [(finding.code, finding.project) for finding in report.findings] == [("MIG502", ".")]
    assert report.migrations == 3


def test_an_example_project_is_linked_with_the_shared_apps_and_reports_only_its_own(root: Path) -> None:
    write(
        root,
        common__0001_initial="operations = [migrations.RunSQL('SELECT 1')]",
        example__shop__0001_initial="dependencies = [('common', '0002_gone')]\noperations = []",
    )
    (root / "example" / "manage.py").touch()
    report = lint.check(Options())
    assert [(finding.code, finding.project) for finding in report.findings] == [("MIG502", "."), ("MIG102", "example")]


def test_a_comment_in_a_file_that_a_squash_replaces_is_not_called_useless(root: Path) -> None:
    write(
        root,
        shop__0001_initial="operations = [\n    migrations.RunSQL('SELECT 1'),  # miglint: ignore[MIG502] once\n]",
        shop__0001_squashed="replaces = [('shop', '0001_initial')]\noperations = []",
    )
    assert [finding.code for finding in lint.check(Options()).findings if finding.severity > Severity.INFO] == []


def test_settings_that_cannot_be_used_are_not_called_an_empty_project(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, shop__0001_initial="operations = []")
    (root / "miglint.toml").write_text("selct = []\n")
    assert main(["check"]) == 2
    captured = capsys.readouterr()
    assert captured.out == "Nothing was checked.\n"
    assert "selct" in captured.err


def test_one_output_that_cannot_be_written_does_not_lose_the_others(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, shop__0001_initial="operations = [migrations.RunSQL('SELECT 1')]")
    assert main(["check", "--output-format", "json:/no/such/folder/x", "--output-format", "concise"]) == 2
    captured = capsys.readouterr()
    assert "MIG502" in captured.out
    assert "'/no/such/folder/x' cannot be written" in captured.err


def test_statistics_do_not_spoil_a_programs_input(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, shop__0001_initial="operations = [migrations.RunSQL('SELECT 1')]")
    main(["check", "--output-format", "json", "--statistics"])
    captured = capsys.readouterr()
    assert captured.out.rstrip().endswith("}")
    assert captured.err == "1  warning  MIG502 irreversible-run-sql\n"


def test_functions_that_multiply_are_no_trap_in_one_file_or_across_files(root: Path) -> None:
    write(
        root,
        shop__0001_initial="operations = twice(twice(twice(1)))",
        shop__0002_x="dependencies = [('shop', '0001_initial')]\noperations = ops(5)",
        shop__0003_x="dependencies = [('shop', '0002_x')]\noperations = walk(1)",
    )
    folder = root / "shop" / "migrations"
    doubling = "".join(f"def f{n + 1}(x): return f{n}(f{n}(x))\n" for n in range(5))
    (root / "shop" / "__init__.py").touch()
    (root / "shop" / "helpers.py").write_text(
        f"def f0(x): return [x, x]\n{doubling}def twice(x): return f5(f5(x))\n"
        "def walk(n): return walk(n.left) + walk(n.right)\n"
    )
    for name in ("0001_initial", "0003_x"):
        path = folder / f"{name}.py"
        path.write_text("from shop.helpers import twice, walk\n" + path.read_text())
    path = folder / "0002_x.py"
    path.write_text("def ops(n): return [migrations.RunSQL('SELECT 1')] + ops(n - 1) + ops(n - 2)\n" + path.read_text())
    started = time.monotonic()
    report = lint.check(Options())
    assert [finding.code for finding in report.findings] == ["MIG002"] * 3
    # Without a bound this would not end: no measure of speed.
    assert time.monotonic() - started < 60


def test_a_comment_on_every_line_costs_no_more_than_the_lines(root: Path) -> None:
    lines = "".join(f"    # miglint: ignore[MIG502] r\n    migrations.RunSQL('SELECT {n}'),\n" for n in range(1500))
    write(root, shop__0001_initial=f"operations = [\n{lines}]")
    started = time.monotonic()
    report = lint.check(Options())
    assert (len(report.findings), len(report.suppressed)) == (0, 1500)
    assert time.monotonic() - started < 60


def test_labels_follow_the_django_of_the_command_line(root: Path) -> None:
    write(root, shop__0001_initial="operations = []")
    (root / "shop" / "__init__.py").write_text("default_app_config = 'shop.apps.StoreConfig'\n")
    (root / "shop" / "apps.py").write_text(
        "from django.apps import AppConfig\n\n\nclass StoreConfig(AppConfig):\n    name = 'shop'\n    label = 'store'\n"
        "    default = False\n\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n"
    )
    (old,) = linking.link(Options(django=(3, 2))).projects
    (new,) = linking.link(Options()).projects
    assert ([app.label for app in old.layout.apps], [app.label for app in new.layout.apps]) == (["store"], ["shop"])


@pytest.mark.parametrize("where", ["__init__.py", "config.py"])
def test_an_app_config_outside_of_apps_gives_the_label_too(root: Path, where: str) -> None:
    write(root, shop__0001_initial="operations = []")
    (root / "shop" / where).write_text(
        "from shop.base import BaseConfig\n\n\n"
        "class ShopAppConfig(BaseConfig):\n    name = 'shop'\n    label = 'store'\n"
    )
    (root / "shop" / "base.py").write_text(
        "from django.apps import AppConfig\n\n\nclass BaseConfig(AppConfig):\n    pass\n"
    )
    (project,) = linking.link(Options()).projects
    assert [app.label for app in project.layout.apps] == ["store"]


def test_a_migration_that_the_settings_exclude_is_there_all_the_same(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        root,
        shop__0001_initial="operations = [migrations.CreateModel('A', [('id', models.AutoField(primary_key=True))])]",
        shop__0002_x="dependencies = [('shop', '0001_initial')]\n"
        "operations = [migrations.AddField('a', 'b', models.TextField())]",
        blog__0001_initial="dependencies = [('shop', '0001_initial')]",
        blog__0002_no_migration="",
    )
    (root / "blog" / "migrations" / "0002_no_migration.py").write_text("class (")
    (root / "miglint.toml").write_text("exclude = ['shop/migrations/0001*', 'blog/migrations/0002*']\n")
    report = lint.check(Options())
    assert report.findings == ()
    assert (report.migrations, report.unreadable) == (2, 0)
    assert [notice.message for notice in report.notices] == [
        "'shop/migrations/0001_initial.py' is left out by 'exclude': what it does is not known."
    ]
    assert main(["plan", "shop"]) == 0
    assert "0001" not in capsys.readouterr().out
    (root / "miglint.toml").write_text("exclude = ['shop/migrations/*.py', 'blog/migrations/0002*']\n")
    assert lint.check(Options()).findings == ()
