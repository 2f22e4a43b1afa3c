"""Whole runs in real repositories: what is found on a branch, what is said where git cannot help, and what is run."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from corpus import download

from miglint.cli import main

MIGRATION = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [{dependencies}]

    operations = [
{operations}
    ]
"""
ORDER = '        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),'
HISTORY = {"GIT_AUTHOR_DATE": "2026-11-20T12:00:00+0000", "GIT_COMMITTER_DATE": "2026-11-20T12:00:00+0000"}


class Outcome(NamedTuple):
    code: int
    findings: list[dict[str, Any]]
    told: str

    @property
    def codes(self) -> list[str]:
        return [one["code"] for one in self.findings]

    def one(self, code: str) -> dict[str, Any]:
        (found,) = [one for one in self.findings if one["code"] == code]
        return found


class Shop:
    """A repository with one app, worked on as people do."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self._capsys, self._monkeypatch = root, capsys, monkeypatch

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=folder or self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, path: str, text: str = "") -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def migration(self, name: str, parent: str | None, *operations: str, app: str = "shop", more: str = "") -> None:
        dependencies = ", ".join([f'("{app}", "{parent}")'] * (parent is not None) + [more] * bool(more))
        listed = "\n".join(f"        {one}," for one in operations)
        self.write(f"{app}/migrations/{name}.py", MIGRATION.format(dependencies=dependencies, operations=listed))

    def add_field(self, name: str, parent: str, field: str, kind: str = "models.TextField(null=True)") -> None:
        self.migration(name, parent, f'migrations.AddField("Order", "{field}", {kind})')

    def commit(self, subject: str = "Work") -> None:
        self.git("add", "--all")
        self.git("commit", "-q", "-m", subject)

    def check(self, *arguments: str, folder: Path | None = None, paths: Sequence[str] = (".",)) -> Outcome:
        self._monkeypatch.chdir(folder or self.root)
        self._capsys.readouterr()
        code = main(["check", *paths, "--no-cache", "--jobs", "1", "--output-format", "json", *arguments])
        printed = self._capsys.readouterr()
        return Outcome(code, json.loads(printed.out)["findings"], printed.err)


@pytest.fixture
def shop(tmp_path, capsys, monkeypatch) -> Shop:
    """`main` has 0001_initial and 0002_note; the branch `topic` starts there and is checked out."""
    for name in [name for name in os.environ if name.startswith(("GIT_", "GITHUB_", "CI_"))]:
        monkeypatch.delenv(name)
    settings = {"HOME": str(tmp_path / "home"), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, **HISTORY}
    for who in ("AUTHOR", "COMMITTER"):
        settings |= {f"GIT_{who}_NAME": "Ada", f"GIT_{who}_EMAIL": "ada@example.org"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "project"
    root.mkdir()
    made = Shop(root, capsys, monkeypatch)
    made.git("init", "-q", "-b", "main")
    made.write("shop/__init__.py")
    made.write("shop/models.py")
    made.write("shop/migrations/__init__.py")
    made.write("shop/migrations/0001_initial.py", MIGRATION.format(dependencies="", operations=ORDER))
    made.add_field("0002_note", "0001_initial", "note")
    made.commit("Start the shop")
    made.git("checkout", "-q", "-b", "topic")
    return made


def on_main(shop: Shop, name: str, parent: str, field: str, subject: str) -> None:
    """Somebody merges a migration into `main` meanwhile."""
    shop.git("checkout", "-q", "main")
    shop.add_field(name, parent, field)
    shop.commit(subject)
    shop.git("checkout", "-q", "topic")


# Two branches.


def test_a_branch_that_is_up_to_date_is_clean(shop):
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main") == (0, [], "")


def test_what_main_has_more_is_no_harm_without_a_migration_of_ones_own(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    assert shop.check("--since", "main").findings == []


def test_two_branches_with_a_leaf_each_meet_before_they_are_merged(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.add_field("0004_town", "0003_city", "town")
    shop.commit()
    commit = shop.git("rev-parse", "--short", "main").strip()

    outcome = shop.check("--since", "main")

    assert outcome.code == 1
    assert outcome.codes == ["MIG106"]
    found = outcome.one("MIG106")
    assert (found["path"], found["line"], found["migration"]) == ("shop/migrations/0003_city.py", 5, "0003_city")
    assert "follows '0002_note'" in found["message"]
    assert "'0003_size'" in found["message"]
    assert f"shop/migrations/0003_size.py, since 'Add sizes' by Ada, 2026-11-20, {commit}" in found["message"]
    assert '`dependencies = [("shop", "0003_size")]` and rename it to \'0004_city\'' in found["hint"]
    assert "makemigrations --merge shop" in found["hint"]


def test_the_hint_is_the_way_out(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.git("merge", "-q", "main")
    shop.add_field("0004_city", "0003_size", "city")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_merged_branches_are_two_leaves_and_nothing_else(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.git("merge", "-q", "--no-edit", "main")
    assert shop.check("--since", "main").codes == ["MIG101"]


def test_another_apps_migrations_on_main_are_no_harm(shop):
    shop.git("checkout", "-q", "main")
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.migration("0001_initial", None, app="cart", more='("shop", "0002_note")')
    shop.commit("Carts")
    shop.git("checkout", "-q", "topic")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_a_dependency_by_way_of_another_app_hides_no_leaf(shop):
    shop.git("checkout", "-q", "main")
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.migration("0001_initial", None, app="cart", more='("shop", "0002_note")')
    shop.migration("0003_size", "0002_note", more='("cart", "0001_initial")')
    shop.commit("Carts")
    shop.git("checkout", "-q", "topic")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main").codes == ["MIG106"]


def test_a_dependency_added_to_an_old_migration_is_about_the_order_alone(shop):
    shop.write("blog/__init__.py")
    shop.write("blog/migrations/__init__.py")
    shop.migration("0001_initial", None, "migrations.RunSQL('SELECT 1', '')", app="blog")
    shop.commit("Blog")
    shop.git("checkout", "-q", "main")
    shop.git("merge", "-q", "topic")
    shop.git("checkout", "-q", "topic")
    note = 'migrations.AddField("Order", "note", models.TextField(null=True))'
    shop.migration("0002_note", "0001_initial", note, more='("blog", "0001_initial")')
    [old] = shop.check("--since", "main").findings
    assert (old["code"], old["severity"], old["line"]) == ("MIG604", "warning", 5)
    assert old["message"] == (
        "'shop.0002_note' is on 'main' and depends on 'blog.0001_initial' besides: where that is not applied though "
        "'shop.0002_note' is, `migrate` stops with InconsistentMigrationHistory. Elsewhere nothing changes."
    )
    shop.migration("0002_more", "0001_initial", "migrations.RunSQL('SELECT 1', '')", app="blog")
    shop.migration("0002_note", "0001_initial", note, more='("blog", "0002_more")')
    [new] = [found for found in shop.check("--since", "main").findings if found["code"] == "MIG604"]
    assert new["severity"] == "error"
    assert new["message"] == (
        "'shop.0002_note' is on 'main' and depends on 'blog.0002_more' besides, which is not: `migrate` stops with "
        "InconsistentMigrationHistory wherever 'shop.0002_note' is applied."
    )
    shop.migration("0002_note", "0001_initial", note, note.replace("note", "more"), more='("blog", "0001_initial")')
    [both] = shop.check("--since", "main", "--select", "MIG604").findings
    assert both["severity"] == "error"
    assert "databases made before and after come apart" in both["message"]


@pytest.mark.parametrize("applied", [["shop.0001"], ["blog.0001", "shop.0001"], ["blog.0001"], []])
def test_django_asks_that_what_an_applied_migration_depends_on_is_applied(applied):
    program = f"""
from django.conf import settings
settings.configure(DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}})
import django; django.setup()
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.exceptions import InconsistentMigrationHistory
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(connection)
for label in ("blog", "shop"):
    loader.graph.add_node((label, "0001"), Migration("0001", label))
loader.graph.add_dependency(None, ("shop", "0001"), ("blog", "0001"))
from django.db.migrations.recorder import MigrationRecorder
for key in {applied!r}:
    MigrationRecorder(connection).record_applied(*key.split("."))
try:
    loader.check_consistent_history(connection)
except InconsistentMigrationHistory:
    print("stops")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert bool(done.stdout) == (applied == ["shop.0001"])


def test_main_that_has_two_leaves_itself_is_not_the_branchs_fault(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    on_main(shop, "0003_tint", "0002_note", "tint", "Add tints")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_a_squash_on_main_takes_the_place_of_the_parent(shop):
    shop.git("checkout", "-q", "main")
    shop.write(
        "shop/migrations/0001_squashed_0002_note.py",
        MIGRATION.format(dependencies="", operations=ORDER).replace(
            "    dependencies", '    replaces = [("shop", "0001_initial"), ("shop", "0002_note")]\n    dependencies'
        ),
    )
    shop.commit("Squash")
    shop.git("checkout", "-q", "topic")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_a_squash_on_main_that_is_finished_leaves_the_branch_without_its_parent(shop):
    shop.git("checkout", "-q", "main")
    shop.write("shop/migrations/0001_start.py", MIGRATION.format(dependencies="", operations=ORDER))
    shop.git("rm", "-q", "shop/migrations/0001_initial.py", "shop/migrations/0002_note.py")
    shop.commit("Start again")
    shop.git("checkout", "-q", "topic")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    found = shop.check("--since", "main").one("MIG106")
    assert "'shop.0002_note', which is gone on 'main'" in found["message"]
    assert found["line"] == 5


def test_a_squash_of_the_branch_leaves_mains_newest_where_it_is(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.write(
        "shop/migrations/0001_squashed_0002_note.py",
        MIGRATION.format(dependencies="", operations=ORDER).replace(
            "    dependencies", '    replaces = [("shop", "0001_initial"), ("shop", "0002_note")]\n    dependencies'
        ),
    )
    shop.commit("Squash")
    assert shop.check("--since", "main", "--select", "MIG1,MIG6", "--ignore", "MIG107").findings == []
    shop.add_field("0003_city", "0001_squashed_0002_note", "city")
    shop.commit()
    found = shop.check("--since", "main", "--select", "MIG106").one("MIG106")
    assert found["migration"] == "0003_city"


def test_an_app_that_both_branches_begin_is_told_too(shop):
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.migration("0001_initial", None, app="cart")
    shop.commit()
    shop.git("checkout", "-q", "main")
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.migration("0001_start", None, app="cart")
    shop.commit("Carts")
    shop.git("checkout", "-q", "topic")
    found = shop.check("--since", "main").one("MIG106")
    assert (found["app"], found["migration"]) == ("cart", "0001_initial")
    assert "follows none of its app" in found["message"]


# Edits of what is released.


def test_an_edit_that_nobodys_database_notices_is_allowed(shop):
    (shop.root / "shop/migrations/0002_note.py").write_text(
        '"""Notes."""\n'
        "from django.db.migrations import AddField, Migration as Base\n"
        "from django.db.models import TextField\n\n\n"
        "class Migration(Base):  # for the back office\n"
        "    dependencies = (('shop', '0001_initial'),)\n"
        "    operations = [\n"
        "        AddField(model_name='order', name='note', field=TextField(\n"
        "            verbose_name='Note', help_text='What the customer says', null=True, blank=False)),\n"
        "    ]\n"
    )
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_an_edit_of_an_old_migration_is_told_with_old_and_new(shop):
    shop.add_field("0002_note", "0001_initial", "note", "models.CharField(max_length=80, null=True)")
    shop.commit()
    found = shop.check("--since", "main").one("MIG604")
    assert (found["path"], found["line"], found["migration"]) == ("shop/migrations/0002_note.py", 8, "0002_note")
    assert "'Add field note to Order': TextField became CharField" in found["message"]
    assert "`git checkout main -- shop/migrations/0002_note.py`" in found["hint"]


def test_what_the_branch_made_itself_may_be_edited(shop):
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.add_field("0003_city", "0002_note", "town")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_an_edit_on_main_is_not_the_branchs(shop):
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.git("checkout", "-q", "main")
    shop.add_field("0002_note", "0001_initial", "note", 'models.TextField(null=True, default="")')
    shop.commit("Mend")
    shop.git("checkout", "-q", "topic")
    assert shop.check("--since", "main").findings == []
    shop.git("merge", "-q", "--no-edit", "main")
    assert shop.check("--since", "main").findings == []


def test_a_function_of_a_data_migration_is_part_of_it(shop):
    body = (
        "from django.db import migrations\n\n\ndef forwards(apps, schema_editor):\n    {}\n\n\n"
        "class Migration(migrations.Migration):\n    dependencies = [('shop', '0002_note')]\n"
        "    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]\n"
    )
    shop.git("checkout", "-q", "main")
    shop.write("shop/migrations/0003_fill.py", body.format("apps.get_model('shop', 'Order')"))
    shop.commit("Fill")
    shop.git("checkout", "-q", "-b", "later")
    shop.write(
        "shop/migrations/0003_fill.py", body.format("'''Fill.'''\n    apps.get_model(\"shop\", \"Order\")  # all")
    )
    shop.commit()
    assert shop.check("--since", "main").findings == []
    shop.write("shop/migrations/0003_fill.py", body.format("apps.get_model('shop', 'Order').objects.all().delete()"))
    shop.commit()
    found = shop.check("--since", "main", "--select", "MIG604").one("MIG604")
    assert "code" in found["message"]
    assert found["line"] == 10


def test_a_deleted_migration_of_main_is_told(shop):
    (shop.root / "shop/migrations/0002_note.py").unlink()
    shop.commit()
    outcome = shop.check("--since", "main")
    found = outcome.one("MIG604")
    assert outcome.codes == ["MIG604"]
    assert (found["path"], found["migration"]) == ("shop/migrations/0002_note.py", "0002_note")
    assert "'shop.0002_note' is on 'main' and deleted here" in found["message"]


def test_an_app_that_is_taken_out_as_a_whole_is_no_edit(shop):
    shop.git("rm", "-rq", "shop")
    shop.commit()
    assert shop.check("--since", "main").findings == []


def test_a_renamed_migration_is_told_with_both_names_and_those_that_follow_it_are_not(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.git("merge", "-q", "main")
    shop.git("mv", "shop/migrations/0002_note.py", "shop/migrations/0002_order_note.py")
    shop.add_field("0003_size", "0002_order_note", "size")
    shop.commit()
    outcome = shop.check("--since", "main")
    assert outcome.codes == ["MIG604"]
    found = outcome.one("MIG604")
    assert found["path"] == "shop/migrations/0002_order_note.py"
    assert "'shop.0002_order_note' is 'shop.0002_note' of 'main' under a new name" in found["message"]
    assert "`git mv shop/migrations/0002_order_note.py shop/migrations/0002_note.py`" in found["hint"]


def test_the_newest_migration_of_main_renamed_is_no_second_leaf(shop):
    shop.git("mv", "shop/migrations/0002_note.py", "shop/migrations/0002_order_note.py")
    shop.add_field("0003_city", "0002_order_note", "city")
    shop.commit()
    assert shop.check("--since", "main").codes == ["MIG604"]


def test_a_squash_is_made_and_finished_without_complaint(shop):
    squash = MIGRATION.format(dependencies="", operations=ORDER)
    replaces = '    replaces = [("shop", "0001_initial"), ("shop", "0002_note")]\n    dependencies'
    shop.add_field("0003_city", "0002_note", "city")
    shop.write("shop/migrations/0001_squashed_0002_note.py", squash.replace("    dependencies", replaces))
    shop.commit()
    assert shop.check("--since", "main", "--select", "MIG1,MIG6", "--ignore", "MIG107").findings == []
    shop.git("branch", "-f", "main")
    shop.git("rm", "-q", "shop/migrations/0001_initial.py", "shop/migrations/0002_note.py")
    shop.add_field("0003_city", "0001_squashed_0002_note", "city")
    shop.write("shop/migrations/0001_squashed_0002_note.py", squash)
    shop.commit()
    assert shop.check("--since", "main").findings == []


# What git does not have.


def test_an_untracked_leaf_and_an_untracked_parent_are_told_once_each(shop):
    shop.add_field("0004_town", "0003_city", "town")
    shop.commit()
    shop.add_field("0003_city", "0002_note", "city")
    outcome = shop.check()
    assert outcome.codes == ["MIG602"]
    assert "on which 'shop.0004_town', tracked, depends" in outcome.one("MIG602")["message"]
    shop.add_field("0005_gate", "0004_town", "gate")
    assert shop.check().codes == ["MIG602", "MIG602"]


def test_a_repository_that_tracks_nothing_yet_is_left_alone(shop, tmp_path):
    shutil.rmtree(shop.root / ".git")
    shop.git("init", "-q")
    assert shop.check().findings == []


def test_an_ignored_migration_is_told_of_once_as_ignored(shop):
    shop.write(".gitignore", "migrations/\n")
    shop.git("add", ".gitignore")
    shop.add_field("0003_city", "0002_note", "city")
    assert shop.check("--select", "MIG6").codes == ["MIG601"]


def test_an_ignored_app_is_found_and_its_migrations_are_new(shop):
    shop.write("manage.py", 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config")\n')
    shop.write("config.py", 'INSTALLED_APPS = ["shop", "cart"]\nROOT_URLCONF = "urls"\n')
    shop.write(".gitignore", "cart/\n")
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.migration("0001_initial", None, "migrations.RunPython(print)", app="cart")
    shop.commit()
    outcome = shop.check("--since", "main", "--select", "MIG5,MIG6")
    assert outcome.codes == ["MIG601", "MIG501"]


# Before a commit.


def test_only_what_is_staged_is_judged(shop):
    shop.migration("0003_fill", "0002_note", "migrations.RunPython(print)")
    assert "MIG501" in shop.check().codes
    outcome = shop.check("--staged")
    assert outcome.codes == ["MIG602"]
    assert "the commit goes without it" in outcome.one("MIG602")["message"]
    shop.git("add", "shop/migrations/0003_fill.py")
    assert shop.check("--staged").codes == ["MIG501"]


def test_an_edit_counts_once_it_is_staged(shop):
    shop.add_field("0002_note", "0001_initial", "memo")
    assert shop.check("--staged").findings == []
    shop.git("add", "shop")
    assert shop.check("--staged").codes == ["MIG604"]


def test_what_only_the_branch_has_may_be_edited_where_the_settings_name_its_base(shop):
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.add_field("0003_city", "0002_note", "town")
    shop.git("add", "shop")
    assert shop.check("--staged").codes == ["MIG604"]
    shop.write("miglint.toml", 'base-ref = "main"\n')
    assert shop.check("--staged").findings == []
    shop.add_field("0002_note", "0001_initial", "memo")
    shop.git("add", "shop")
    assert shop.check("--staged").codes == ["MIG604"]


def test_the_first_commit_of_all_can_be_checked(shop):
    shutil.rmtree(shop.root / ".git")
    shop.git("init", "-q")
    shop.migration("0003_fill", "0002_note", "migrations.RunPython(print)")
    shop.git("add", "--all")
    outcome = shop.check("--staged")
    assert (outcome.code, outcome.codes) == (1, ["MIG501"])


def test_what_a_merge_brings_in_is_no_news_to_the_hook(shop):
    shop.git("checkout", "-q", "main")
    shop.migration("0003_fill", "0002_note", "migrations.RunPython(print)")
    shop.add_field("0002_note", "0001_initial", "note", 'models.TextField(null=True, default="")')
    shop.commit("Theirs")
    shop.git("checkout", "-q", "topic")
    shop.migration("0001_initial", None, "migrations.RunPython(print)", app="cart")
    shop.write("cart/__init__.py")
    shop.write("cart/migrations/__init__.py")
    shop.commit("Ours")
    shop.git("merge", "-q", "--no-commit", "--no-ff", "main")
    assert shop.check("--staged").findings == []


def test_two_leaves_that_meet_in_a_merge_stop_its_hook(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    hook = shop.root / ".git/hooks/pre-merge-commit"
    hook.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m miglint check --staged --no-cache --output-format concise\n'
    )
    hook.chmod(0o755)
    done = subprocess.run(
        ["git", "merge", "--no-edit", "main"], cwd=shop.root, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "MIG101" in done.stdout + done.stderr
    assert "MIG106" not in done.stdout + done.stderr


def test_a_hook_of_git_judges_the_repository_that_it_is_in(shop):
    hook = shop.root / ".git/hooks/pre-commit"
    hook.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -m miglint check --staged --no-cache --output-format concise\n'
    )
    hook.chmod(0o755)
    shop.add_field("0002_note", "0001_initial", "memo")
    done = subprocess.run(["git", "commit", "-qam", "Edit"], cwd=shop.root, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "MIG604" in done.stdout + done.stderr


# Where the base is.


def test_a_ref_that_is_not_there_ends_with_2_and_the_rest_is_reported(shop):
    shop.add_field("0003_a", "0002_note", "a")
    shop.add_field("0003_b", "0002_note", "b")
    shop.commit()
    outcome = shop.check("--since", "origin/mian")
    assert outcome.code == 2
    assert "--since: there is no 'origin/mian' here" in outcome.told
    assert outcome.codes == ["MIG101"]


def test_a_ref_cannot_be_an_option(shop):
    outcome = shop.check("--since=--help")
    assert outcome.code == 2
    assert "there is no '--help' here" in outcome.told


def test_a_detached_head_is_a_branch_like_any_other(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.git("checkout", "-q", "--detach")
    assert shop.check("--since", "main").codes == ["MIG106"]


def test_a_worktree_asks_the_same_repository(shop, tmp_path):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    shop.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "topic")
    assert shop.check("--since", "main", folder=tmp_path / "tree").codes == ["MIG106"]


def test_a_submodule_is_a_repository_of_its_own(shop, tmp_path):
    outer = tmp_path / "outer"
    outer.mkdir()
    shop.git("checkout", "-q", "main")
    shop.git("init", "-q", "-b", "main", folder=outer)
    shop.git("submodule", "add", "-q", str(shop.root), "parts/shop", folder=outer)
    shop.git("commit", "-q", "-m", "Parts", folder=outer)
    inner = Shop(outer / "parts/shop", shop._capsys, shop._monkeypatch)
    inner.add_field("0002_note", "0001_initial", "memo")
    assert inner.check("--since", "main").codes == ["MIG604"]
    # From outside it is read without a word of its history.
    assert shop.check("--since", "main", folder=outer).code == 0


def shallow(shop: Shop, tmp_path: Path, *how: str) -> Shop:
    clone = tmp_path / "clone"
    shop.git("clone", "-q", *how, "--branch", "topic", f"file://{shop.root}", str(clone))
    return Shop(clone, shop._capsys, shop._monkeypatch)


def test_a_shallow_clone_says_what_to_fetch(shop, tmp_path):
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    outcome = shallow(shop, tmp_path, "--depth", "1").check("--since", "origin/main")
    assert outcome.code == 2
    assert "there is no 'origin/main' here; the clone is shallow" in outcome.told
    assert "fetch-depth: 0" in outcome.told


def test_a_shallow_clone_with_the_base_but_no_fork_tells_the_leaves_and_says_what_it_cannot(shop, tmp_path):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.add_field("0002_note", "0001_initial", "memo")
    shop.commit()
    clone = shallow(shop, tmp_path, "--depth", "1", "--no-single-branch")
    outcome = clone.check("--since", "origin/main")
    assert (outcome.code, outcome.codes) == (1, ["MIG106"])
    assert "what 'origin/main' and HEAD have in common is not known: the clone is shallow" in outcome.told


def test_a_rename_without_a_known_fork_is_no_second_leaf(shop, tmp_path):
    shop.git("mv", "shop/migrations/0002_note.py", "shop/migrations/0002_order_note.py")
    shop.commit()
    clone = shallow(shop, tmp_path, "--depth", "1", "--no-single-branch")
    assert clone.check("--since", "origin/main").findings == []


def test_a_partial_clone_fetches_nothing_and_says_what_it_lacks(shop, tmp_path):
    shop.git("config", "uploadpack.allowFilter", "true")
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    clone = shallow(shop, tmp_path, "--filter=blob:none")
    before = clone.git("count-objects", "-v")
    outcome = clone.check("--since", "origin/main")
    assert "git has no contents for shop/migrations/0003_size.py: the clone is partial" in outcome.told
    assert clone.git("count-objects", "-v") == before
    assert outcome.findings == []


def test_a_checkout_of_somebody_else_is_read_without_git(shop, monkeypatch):
    if os.geteuid() == 0:
        for folder in (shop.root, shop.root / ".git"):
            os.chown(folder, 12345, 12345)
    else:
        # Nobody else can give files away.
        monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    outcome = shop.check("--since", "main")
    assert outcome.code == 2
    assert "git does not trust this folder's owner" in outcome.told
    assert outcome.findings == []


def test_a_bare_mirror_has_nothing_to_check(shop, tmp_path):
    shop.git("clone", "-q", "--mirror", str(shop.root), str(tmp_path / "mirror.git"))
    outcome = shop.check("--since", "main", folder=tmp_path / "mirror.git")
    assert outcome.code == 2
    assert "this is no git repository" in outcome.told


def test_without_a_repository_there_is_no_base(shop):
    shutil.rmtree(shop.root / ".git")
    outcome = shop.check("--since", "main")
    assert outcome.code == 2
    assert "--since: this is no git repository; every migration counts as new." in outcome.told


def test_without_git_itself_the_disk_is_read(shop, monkeypatch, tmp_path):
    shop.add_field("0003_a", "0002_note", "a")
    shop.add_field("0003_b", "0002_note", "b")
    monkeypatch.setenv("PATH", str(tmp_path))
    outcome = shop.check("--since", "main")
    assert (outcome.code, outcome.codes) == (2, ["MIG101"])
    assert "git is not installed" in outcome.told


def test_a_folder_below_the_repositorys_root_has_the_same_base(shop):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    assert shop.check("--since", "main", folder=shop.root / "shop").codes == ["MIG106"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_BASE_REF", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
        ("CHANGE_TARGET", "main"),
    ],
)
def test_a_ci_names_its_target_branch(shop, tmp_path, monkeypatch, name, value):
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.commit()
    clone = shallow(shop, tmp_path)
    monkeypatch.setenv(name, value)
    found = clone.check().one("MIG106")
    assert "on 'origin/main'" in found["message"]


def test_a_target_branch_that_was_not_fetched_is_a_word_and_no_failure(shop, monkeypatch):
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    outcome = shop.check()
    assert outcome.code == 0
    assert "GITHUB_BASE_REF: there is no 'release' here; every migration counts as new." in outcome.told


def test_the_settings_name_the_base_and_the_command_line_wins(shop):
    shop.write("miglint.toml", 'base-ref = "main"\n')
    shop.migration("0003_fill", "0002_note", "migrations.RunPython(print)")
    shop.commit()
    shop.add_field("0002_note", "0001_initial", "memo")
    shop.commit()
    assert shop.check("--select", "MIG5,MIG6").codes == ["MIG604", "MIG501"]
    assert shop.check("--select", "MIG5,MIG6", "--since", "HEAD").findings == []


# What is run.


def test_nothing_that_a_repository_names_is_run(shop, tmp_path):
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\necho $0 >> {ran}\nexit 0\n")
    trap.chmod(trap.stat().st_mode | stat.S_IXUSR)
    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.write(".gitattributes", "*.py diff=trap filter=trap\n")
    shop.add_field("0003_city", "0002_note", "city")
    shop.add_field("0002_note", "0001_initial", "memo")
    shop.commit()
    for key in (
        *("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.askPass", "diff.external"),
        *("diff.trap.textconv", "diff.trap.command", "filter.trap.smudge", "filter.trap.clean", "filter.trap.process"),
        *("gpg.program", "gpg.ssh.program", "pager.log", "pager.ls-files", "uploadpack.packObjectsHook"),
    ):
        shop.git("config", key, str(trap))
    shop.git("config", "log.showSignature", "true")
    for hook in ("pre-commit", "post-checkout", "post-index-change", "fsmonitor-watchman", "reference-transaction"):
        shutil.copy(trap, shop.root / ".git/hooks" / hook)
    ran.unlink(missing_ok=True)

    outcome = shop.check("--since", "main")

    assert sorted(outcome.codes) == ["MIG106", "MIG604"]
    shop.check("--staged")
    assert not ran.exists(), ran.read_text()


def test_git_is_asked_as_often_for_many_migrations_as_for_few(shop, tmp_path, monkeypatch):
    calls = tmp_path / "calls"
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >> {calls}\nexec {shutil.which("git")} "$@"\n')
    wrapper.chmod(0o755)

    def asked() -> int:
        calls.write_text("")
        with monkeypatch.context() as patch:
            patch.setenv("PATH", f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}")
            shop.check("--since", "main")
        return len(calls.read_text().splitlines())

    on_main(shop, "0003_size", "0002_note", "size", "Add sizes")
    shop.add_field("0003_city", "0002_note", "city")
    shop.add_field("0002_note", "0001_initial", "memo")
    shop.commit()
    few = asked()
    shop.git("checkout", "-q", "main")
    for number in range(4, 40):
        shop.add_field(f"{number:04d}_more", "0003_size" if number == 4 else f"{number - 1:04d}_more", f"f{number}")
        shop.commit(f"Add f{number}")
    shop.git("checkout", "-q", "topic")
    for number in range(4, 40):
        shop.add_field(f"{number:04d}_mine", "0003_city" if number == 4 else f"{number - 1:04d}_mine", f"g{number}")
    shop.commit()
    assert asked() == few
    assert few <= 9


def test_a_released_package_is_silent_about_deploying_while_a_new_migration_is_judged(shop):
    shop.git("checkout", "-q", "--orphan", "packages")
    shop.git("rm", "-rfq", ".")
    for file in download.tree("django-oscar").rglob("*.py"):
        shop.write(file.relative_to(download.tree("django-oscar")).as_posix(), file.read_text("utf-8"))
    shop.commit("Release")
    assert {code[3] for code in shop.check().codes} & set("345")
    shop.git("checkout", "-q", "-b", "later")
    shop.write(
        "oscar/apps/order/migrations/0999_more.py",
        MIGRATION.format(
            dependencies=f'("order", "{newest(shop.root / "oscar/apps/order/migrations")}")',
            operations='        migrations.RunPython(print),\n        migrations.RemoveField("Order", "guest_email"),',
        ),
    )
    shop.commit("More")
    deploying = [one for one in shop.check("--since", "packages").findings if one["code"][3] in "345"]
    assert {one["migration"] for one in deploying} == {"0999_more"}
    assert [one["code"] for one in deploying] == ["MIG501", "MIG401"]


def newest(folder: Path) -> str:
    return max(file.stem for file in folder.glob("0*.py"))
