"""`miglint plan` as its users and other programs meet it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from miglint.cli import main

MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n"

MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = [
        {operations}
    ]
"""

MODEL = 'migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),'
FIELD = 'migrations.AddField("order", "note", models.TextField(null=True)),'


def write(folder: Path, app: str, *migrations: tuple[str, str]) -> None:
    """An app whose migrations, each after the one before, are a name and operations."""
    home = folder / app / "migrations"
    home.mkdir(parents=True)
    (folder / app / "__init__.py").touch()
    (home / "__init__.py").touch()
    before = ""
    for name, operations in migrations:
        dependencies = f'("{app}", "{before}")' if before else ""
        (home / f"{name}.py").write_text(MIGRATION.format(dependencies=dependencies, operations=operations))
        before = name


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manage.py").write_text(MANAGE)
    write(tmp_path, "shop", ("0001_initial", MODEL), ("0002_note", FIELD), ("0002_zone", FIELD), ("0003_gone", ""))
    write(tmp_path, "stock", ("0001_initial", MODEL))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def planned(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The migrations in a plan."""
    assert main(["plan", "--output-format", "json", *arguments]) == 0
    document = json.loads(capsys.readouterr().out)
    return [f"{one['app']}.{one['name']}" for project in document["projects"] for one in project["migrations"]]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["plan", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_the_newest_migration_of_each_app_is_planned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(capsys) == ["shop.0003_gone", "stock.0001_initial"]


def test_of_an_app_that_is_named_all_are(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(capsys, "-m", "shop") == ["shop.0001_initial", "shop.0002_note", "shop.0002_zone", "shop.0003_gone"]


def test_several_are_planned_once_and_in_the_order_in_which_django_applies_them(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("-m", "stock", "-m", "shop.0003", "-m", "shop.0001_initial", "--migration", "shop.0001")
    assert planned(capsys, *named) == ["shop.0001_initial", "shop.0003_gone", "stock.0001_initial"]


def test_paths_restrict_what_is_planned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert planned(capsys, "stock") == ["stock.0001_initial"]
    assert planned(capsys, "-m", "shop", "shop/migrations/0001_initial.py") == ["shop.0001_initial"]
    assert planned(capsys, "shop/migrations/0001_initial.py") == []


def test_a_beginning_that_fits_two_is_refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "-m", "shop.0002") == (
        "Error: --migration: 'shop.0002' may be any of shop.0002_note, shop.0002_zone.\n"
    )


def test_what_is_not_there_is_refused_all_at_once_with_what_may_be_meant(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, "-m", "shpo", "-m", "shop.0002_zonf", "-m", "shop") == (
        "Error: --migration: there is no app with migrations 'shpo' (did you mean 'shop'?).\n"
        "--migration: there is no migration 'shop.0002_zonf' (did you mean 'shop.0002_zone'?).\n"
    )


def test_a_migration_that_a_squash_replaces_is_refused(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    squash = MIGRATION.format(dependencies="", operations="").replace(
        "dependencies", 'replaces = [("stock", "0001_initial")]\n    dependencies'
    )
    (shop / "stock/migrations/0001_squashed.py").write_text(squash)
    assert planned(capsys, "-m", "stock") == ["stock.0001_squashed"]
    assert "stock.0001_initial is replaced by stock.0001_squashed, which Django loads" in refused(
        capsys, "-m", "stock.0001_initial"
    )


def test_one_project_of_several_may_have_what_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manage.py").write_text(MANAGE)
        write(tmp_path / name, "shop", ("0001_initial", MODEL), *([("0002_note", FIELD)] if name == "b" else []))
    monkeypatch.chdir(tmp_path)
    assert planned(capsys, "-m", "shop.0002") == ["shop.0002_note"]
    assert main(["plan", "--output-format", "json"]) == 0
    projects = json.loads(capsys.readouterr().out)["projects"]
    assert [(one["root"], one["migrations"][0]["path"]) for one in projects] == [
        ("a", "a/shop/migrations/0001_initial.py"),
        ("b", "b/shop/migrations/0002_note.py"),
    ]


def test_nested_operations_stand_for_the_one_that_holds_them(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nested = f"""migrations.SeparateDatabaseAndState([{FIELD}], [{FIELD}]),
        migrations.SeparateDatabaseAndState(),
        migrations.RunSQL("SELECT 1", state_operations=[{FIELD}]),"""
    write(shop, "post", ("0001_initial", MODEL), ("0002_nested", nested))
    assert main(["plan", "-m", "post.0002", "--output-format", "json"]) == 0
    [migration] = json.loads(capsys.readouterr().out)["projects"][0]["migrations"]
    assert [(one["index"], one["describe"]) for one in migration["operations"]] == [
        ("0.database.0", "Add field note to order"),
        ("0.state.0", "Add field note to order"),
        ("1", "Custom state/database change combination"),
        ("2", "Raw SQL operation"),
        ("2.state.0", "Add field note to order"),
    ]


def test_versions_are_named_with_where_they_are_from(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--django", "4.2", "--database", "postgresql:17"]) == 0
    assert "Assumed: Django 4.2 (the command line), postgresql:17 (the command line)." in capsys.readouterr().out


def test_paths_are_as_from_the_working_folder(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop / "shop")
    assert main(["plan", "-m", "shop.0003"]) == 0
    assert "shop.0003_gone  atomic, migrations/0003_gone.py\n" in capsys.readouterr().out


def test_the_plan_goes_to_a_file_without_colours(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "-m", "shop.0003", "--output-format", "markdown", "-o", "plan.md", "--color", "always"]) == 0
    assert capsys.readouterr().out == ""
    assert (shop / "plan.md").read_text(encoding="utf-8").startswith("### ✅ `shop.0003_gone`\n")
    assert "cannot be written" in refused(capsys, "-o", "no/such/folder/plan.md")


def test_what_cannot_be_read_is_said_and_the_rest_planned(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "stock/migrations/0002_bad.py").write_text("class Migration(:\n")
    assert main(["plan", "-m", "shop.0003"]) == 0
    captured = capsys.readouterr()
    assert "shop.0003_gone" in captured.out
    assert "miglint: 'stock/migrations/0002_bad.py' cannot be read, so it is not in the plan: " in captured.err


def test_a_path_that_is_not_there_exits_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "nowhere"]) == 2
    assert "'nowhere' does not exist" in capsys.readouterr().err


def test_the_same_input_gives_the_same_bytes(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outputs = []
    for jobs in ("1", "2"):
        assert main(["plan", "-m", "shop", "-v", "--no-cache", "--jobs", jobs]) == 0
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_what_blocks_traffic_is_shown_beside_what_does_not(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = 'migrations.AddIndex("order", models.Index(fields=["note"], name="order_note")),'
    write(shop, "post", ("0001_initial", MODEL), ("0002_note", f"{FIELD}\n        {index}"))
    assert main(["plan", "-m", "post.0002", "--color", "never"]) == 0
    assert capsys.readouterr().out.startswith(
        """\
post.0002_note  atomic, post/migrations/0002_note.py
  Blocks traffic: reads and writes of post_order wait while operation 1 reads every row of it.

  ✓ 0  Add field note to order
  ✗ 1  Create index order_note on field(s) note of model order
       CREATE INDEX "order_note" ON "post_order" ("note")
         reads every row of post_order to build index order_note
         while reads and writes of post_order wait (locked since operation 0)
"""
    )


def test_sizes_of_tables_are_named_with_where_they_are_from(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, "post", ("0001_initial", MODEL), ("0002_note", FIELD))
    (shop / "tables.csv").write_text("table_name,rows,bytes\npost_order,12000000,3000000000\nshop_order,5,8192\n")
    assert main(["plan", "-m", "post.0002", "--table-statistics", "tables.csv"]) == 0
    assert "\n  Sizes: post_order (12,000,000 rows by tables.csv).\n\n  ✓ 0  Add field" in capsys.readouterr().out
    assert main(["plan", "-m", "post.0002", "--table-statistics", "tables.csv", "--output-format", "json"]) == 0
    [migration] = json.loads(capsys.readouterr().out)["projects"][0]["migrations"]
    assert migration["sizes"] == {"post_order": {"kind": "large", "evidence": "12,000,000 rows by tables.csv"}}


def test_the_settings_name_statistics_and_large_tables_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(shop, "post", ("0001_initial", MODEL), ("0002_note", FIELD))
    (shop / "miglint.toml").write_text('large-tables = ["post.Order"]\n')
    assert main(["plan", "-m", "post.0002"]) == 0
    assert "  Sizes: post_order (listed as large).\n" in capsys.readouterr().out
    (shop / "miglint.toml").write_text('table-statistics = "tables.csv"\n')
    (shop / "tables.csv").write_text("post_order,7,8192\n")
    assert main(["plan", "-m", "post.0002"]) == 0
    assert "  Sizes: post_order (7 rows by tables.csv).\n" in capsys.readouterr().out


def test_statistics_that_cannot_be_read_exit_2(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--table-statistics: 'gone.csv' cannot be read" in refused(capsys, "--table-statistics", "gone.csv")
    (shop / "miglint.toml").write_text('table-statistics = "gone.csv"\n')
    assert main(["plan"]) == 2
    captured = capsys.readouterr()
    assert "'gone.csv' cannot be read" in captured.err
    assert "shop.0003_gone" in captured.out


def test_what_is_new_against_a_base_is_planned_and_the_base_is_named(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["init", "-qb", "main"], ["add", "-A"], ["commit", "-qm", "as it is"]):
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *command], check=True)
    commit = subprocess.check_output(["git", "rev-parse", "--short=10", "HEAD"], text=True).strip()
    assert main(["plan", "--since", "main"]) == 0
    assert capsys.readouterr().out.startswith(
        f"No migrations to plan.\nHeld against main ({commit}, --since): none of 5 migrations is new.\n"
    )
    write(shop, "post", ("0001_initial", MODEL))
    assert planned(capsys, "--since", "main") == ["post.0001_initial"]
    assert main(["plan", "--since", "main"]) == 0
    assert f"\nHeld against main ({commit}, --since): 1 of 6 migrations is new.\nAssumed" in capsys.readouterr().out
    assert main(["plan", "--since", "main", "--output-format", "json"]) == 0
    [base] = json.loads(capsys.readouterr().out)["bases"]
    assert (base["ref"], base["commit"], base["told_by"], base["new"]) == ("main", commit, "--since", 1)
