"""From paths to facts, on real folders and real repositories."""

import gc
import os
import subprocess

import pytest

from miglint.facts.migration import MigrationKey
from miglint.facts.repository import IgnoredFolder
from miglint.read import Configuration, read, read_configuration

MIGRATION = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [{dependencies}]
    operations = []
"""
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n"
SETTINGS = "INSTALLED_APPS = {apps}\nROOT_URLCONF = 'config.urls'\n"


def run(folder, *arguments):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder, files):
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def app(folder, *names):
    files = {f"{folder}/__init__.py": "", f"{folder}/models.py": "from django.db import models\n"}
    files[f"{folder}/migrations/__init__.py"] = ""
    return files | {f"{folder}/migrations/{name}.py": MIGRATION.format(dependencies="") for name in names}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    top = tmp_path / "top"
    top.mkdir()
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def repository(folder):
    run(folder, "init", "-q")
    return folder


def only_tree(*paths, **options):
    (tree,) = read(paths or (".",), **options).trees
    return tree


def only_project(*paths, **options):
    (project,) = only_tree(*paths, **options).projects
    return project


class TestPaths:
    def test_one_that_is_not_there_is_reported_and_the_others_are_read(self, folder):
        write(folder, app("shop", "0001_initial"))

        reading = read(["nowhere", "shop"])

        assert reading.missing == ("nowhere",)
        assert len(reading.trees) == 1

    def test_the_whole_project_is_read_and_the_path_is_the_scope(self, repository):
        write(repository, {"one/manage.py": ""} | app("one/shop", "0001_initial") | app("one/cart", "0001_initial"))

        tree = only_tree("one/shop/migrations/0001_initial.py")

        assert tree.scope == ("one/shop/migrations/0001_initial.py",)
        assert tree.root == repository
        assert list(tree.projects[0].migrations) == [
            MigrationKey("cart", "0001_initial"),
            MigrationKey("shop", "0001_initial"),
        ]

    def test_everything_is_the_scope_of_a_dot(self, folder):
        assert only_tree(".").scope == (".",)

    def test_two_repositories_are_two_trees(self, folder):
        for name in ("a", "b"):
            write(folder, app(f"{name}/shop", "0001_initial"))
            run(folder / name, "init", "-q")

        reading = read(["b", "a"])

        assert [tree.root for tree in reading.trees] == [folder / "a", folder / "b"]

    def test_a_migration_that_git_ignores_is_read_when_it_is_given(self, repository):
        write(repository, {".gitignore": "junk/\n"} | app("junk", "0001_initial"))

        assert only_project("junk").migrations.keys() == {("junk", "0001_initial")}


class TestMigrations:
    def test_facts_are_under_the_label_and_name(self, folder):
        write(folder, app("shop", "0001_initial"))
        write(folder, {"shop/migrations/0002_x.py": MIGRATION.format(dependencies="('shop', '0001_initial')")})

        migration = only_project().migrations[MigrationKey("shop", "0002_x")]

        assert migration.path == "shop/migrations/0002_x.py"
        assert [dependency.key for dependency in migration.dependencies] == [("shop", "0001_initial")]

    def test_one_that_cannot_be_parsed_is_a_value(self, folder):
        write(folder, app("shop", "0001_initial"))
        write(folder, {"shop/migrations/0002_x.py": "class Migration(:\n"})

        project = only_project()

        assert [unreadable.path for unreadable in project.unreadable] == ["shop/migrations/0002_x.py"]
        assert list(project.migrations) == [("shop", "0001_initial")]

    def test_folders_without_an_init_file_are_not_read(self, folder):
        write(folder, app("shop", "0001_initial"))
        (folder / "shop/migrations/__init__.py").unlink()

        project = only_project()

        assert project.migrations == {}
        assert [app.has_init for app in project.layout.apps] == [False]

    def test_a_module_without_a_migration_is_unreadable_as_it_is_to_django(self, folder):
        write(folder, app("shop", "0001_initial") | {"shop/migrations/helper.py": "X = 1\n"})

        tree = only_tree()

        assert list(tree.projects[0].migrations) == [("shop", "0001_initial")]
        assert [one.path for one in tree.projects[0].unreadable] == ["shop/migrations/helper.py"]

    def test_a_broken_file_beside_the_migrations_is_a_notice(self, folder):
        write(folder, app("shop", "0001_initial") | {"manage.py": MANAGE, "config/settings.py": "INSTALLED_APPS = [\n"})

        tree = only_tree()

        assert len(tree.notices) == 1
        assert "config/settings.py" in tree.notices[0].message
        assert tree.projects[0].unreadable == ()

    def test_a_folder_named_like_a_migration_is_none(self, folder):
        write(folder, app("shop", "0001_initial") | {"shop/migrations/0002_x.py/readme.txt": ""})

        assert list(only_project().migrations) == [("shop", "0001_initial")]

    def test_sources_are_kept_for_frames_and_read_anew_where_they_were_not(self, folder):
        write(folder, app("shop", "0001_initial") | {".gitignore": "x\n"})

        tree = only_tree()

        assert tree.source("shop/migrations/0001_initial.py").startswith(b"from django.db")
        assert tree.source(".gitignore") == b"x\n"
        assert tree.source("nowhere.py") == b""

    def test_models_are_not_parsed(self, folder):
        write(folder, app("shop", "0001_initial"))

        assert list(only_tree().modules) == ["shop/migrations/0001_initial.py"]

    def test_the_collector_is_left_as_it_was(self, folder):
        write(folder, app("shop", "0001_initial"))
        assert gc.isenabled()

        only_tree()

        assert gc.isenabled()

    def test_progress_is_told(self, folder):
        write(folder, app("shop", "0001_initial", "0002_x"))
        told = []

        only_tree(progress=lambda done, needed: told.append((done, needed)))

        assert told == [(1, 2), (2, 2)]


class TestConfigurations:
    def test_the_nearest_to_the_project_counts_up_to_the_repository(self, repository):
        write(
            repository,
            app("one/shop", "0001_initial")
            | {"one/manage.py": "", "pyproject.toml": "[tool.miglint]\nlarge-tables = ['a']\n"},
        )

        assert only_project("one").configuration == Configuration("pyproject.toml", {"large-tables": ["a"]})

        write(repository, {"one/miglint.toml": "large-tables = ['b']\n", "one/pyproject.toml": "[tool.miglint]\n"})
        assert only_project("one").configuration == Configuration("one/miglint.toml", {"large-tables": ["b"]})

    def test_a_pyproject_without_a_table_of_ours_is_none(self, folder):
        write(folder, app("shop", "0001_initial") | {"pyproject.toml": "[tool.other]\n"})

        assert only_project().configuration is None

    def test_one_that_cannot_be_read_is_a_problem(self, folder):
        write(folder, app("shop", "0001_initial") | {"miglint.toml": "x = [\n"})

        tree = only_tree()

        assert len(tree.problems) == 1
        assert tree.problems[0].startswith("miglint.toml: ")
        assert len(tree.projects[0].migrations) == 1

    def test_isolated_reads_none(self, folder):
        write(folder, app("shop", "0001_initial") | {"miglint.toml": "x = [\n"})

        assert only_tree(isolated=True).problems == ()

    def test_a_given_one_stands_in_for_all(self, folder):
        write(folder, app("shop", "0001_initial") | app("old", "0001_initial") | {"miglint.toml": "x = [\n"})

        project = only_project(configuration=Configuration("other.toml", {"exclude": ["old"]}))

        assert project.configuration.path == "other.toml"
        assert project.migrations.keys() == {("shop", "0001_initial")}

    def test_exclusions_speak_of_the_folder_they_are_in(self, folder):
        write(folder, {"one/miglint.toml": "exclude = ['old']\n", "one/manage.py": ""})
        write(folder, app("one/old", "0001_initial") | app("one/new", "0001_initial") | app("old", "0001_initial"))

        tree = only_tree()

        assert {
            project.layout.root: [(app.label, app.path) for app in project.layout.apps] for project in tree.projects
        } == {"one": [("new", "one/new/migrations"), ("old", "old/migrations")]}

    def test_are_read_as_they_are(self, folder):
        write(folder, {"miglint.toml": "apps = 3\n", "pyproject.toml": "[tool.miglint]\ndjango = '4.2'\n"})

        assert read_configuration("miglint.toml") == Configuration("miglint.toml", {"apps": 3})
        assert read_configuration("pyproject.toml") == Configuration("pyproject.toml", {"django": "4.2"})
        with pytest.raises(OSError, match="nowhere"):
            read_configuration("nowhere.toml")


class TestIgnoredFolders:
    def ignored(self):
        return [
            (found.folder, found.candidate.rpartition("/")[2], found.source, found.line, found.tracked, found.present)
            for found in only_tree().repository.ignored
        ]

    def test_are_named_with_the_rule_that_ignores_the_next_migration(self, repository):
        write(repository, {".gitignore": "# ours\nmigrations/\n"} | app("shop", "0001_initial", "0002_x"))

        assert self.ignored() == [("shop/migrations", "0003_auto.py", ".gitignore", 2, 0, 2)]

    def test_are_found_where_todays_files_were_added_by_force(self, repository):
        write(repository, {".gitignore": "migrations/\n"} | app("shop", "0001_initial"))
        run(repository, "add", "-f", "shop/migrations")

        assert self.ignored() == [("shop/migrations", "0002_auto.py", ".gitignore", 1, 2, 1)]

    def test_are_found_where_there_is_no_migration_yet(self, repository):
        write(repository, {".gitignore": "migrations/\n", "a/__init__.py": "", "a/models.py": "import django\n"})

        assert self.ignored() == [("a/migrations", "0001_initial.py", ".gitignore", 1, 0, 0)]

    def test_are_not_looked_for_beside_models_of_something_else(self, repository):
        write(repository, {".gitignore": "migrations/\n", "a/__init__.py": "", "a/models.py": "import torch\n"})

        assert self.ignored() == []

    def test_are_not_looked_for_in_junk(self, repository):
        write(repository, {".gitignore": "junk/\n"} | app("junk/shop", "0001_initial") | app("shop", "0001_initial"))

        assert self.ignored() == []

    def test_are_found_where_an_installed_app_is_ignored_as_a_whole(self, repository):
        write(repository, {".gitignore": "shop/\n", "manage.py": MANAGE} | app("shop", "0001_initial"))
        write(repository, {"config/__init__.py": "", "config/settings.py": SETTINGS.format(apps=["shop.apps.Shop"])})

        assert self.ignored() == [("shop/migrations", "0002_auto.py", ".gitignore", 1, 0, 1)]
        assert only_project().migrations.keys() == {("shop", "0001_initial")}

    def test_a_rule_that_takes_migrations_back_is_no_finding(self, repository):
        write(repository, {".gitignore": "*.py\n!*/\n!**/migrations/*.py\n!models.py\n"} | app("shop", "0001_initial"))

        assert self.ignored() == []

    def test_a_rule_for_some_names_counts_if_it_takes_the_next_one(self, repository):
        write(repository, {"shop/.gitignore": "*_auto*.py\n"} | app("shop", "0001_initial"))

        assert self.ignored() == [("shop/migrations", "0002_auto.py", "shop/.gitignore", 1, 0, 1)]

    def test_rules_outside_the_tree_are_named_by_their_whole_path(self, repository, tmp_path, monkeypatch):
        write(tmp_path, {"mine": "migrations/\n", "config": f"[core]\nexcludesFile = {tmp_path}/mine\n"})
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
        write(repository, app("shop", "0001_initial"))

        assert self.ignored() == [("shop/migrations", "0002_auto.py", f"{tmp_path}/mine", 1, 0, 1)]

    def test_linked_folders_are_asked_about_where_they_are(self, repository):
        write(repository, {".gitignore": "data/\n"} | app("shop"))
        write(repository, {"data/x/__init__.py": "", "data/x/0001_initial.py": MIGRATION.format(dependencies="")})
        (repository / "shop/migrations/__init__.py").unlink()
        (repository / "shop/migrations").rmdir()
        os.symlink("../data/x", repository / "shop/migrations")

        assert self.ignored() == [("shop/migrations", "0002_auto.py", ".gitignore", 1, 0, 1)]

    def test_rules_are_named_from_the_root_on_when_it_was_reached_through_a_link(self, repository, tmp_path):
        write(repository, {".gitignore": "migrations/\n"} | app("shop", "0001_initial"))
        os.symlink("top", tmp_path / "link")

        (found,) = only_tree(tmp_path / "link").repository.ignored

        assert (found.folder, found.source) == ("shop/migrations", ".gitignore")

    def test_outside_a_repository_the_ignore_files_are_read(self, folder):
        write(folder, {".gitignore": "migrations/\n"} | app("shop", "0001_initial"))

        tree = only_tree()

        assert not tree.repository.known
        assert tree.repository.ignored == (
            IgnoredFolder("shop/migrations", "shop/migrations/0002_auto.py", ".gitignore", 1, "migrations/", 0, 1),
        )


def test_says_which_migrations_git_does_not_track(repository):
    write(repository, app("shop", "0001_initial", "0002_x"))
    run(repository, "add", "shop/migrations/0001_initial.py")

    assert only_tree().repository.untracked == {"shop/migrations/0002_x.py"}


def test_without_git_the_tree_is_read_all_the_same(repository, monkeypatch):
    write(repository, app("shop", "0001_initial"))
    monkeypatch.setenv("PATH", "")

    tree = only_tree()

    assert list(tree.projects[0].migrations) == [("shop", "0001_initial")]
    assert len(tree.notices) == 1


def test_the_same_tree_gives_the_same_facts(repository):
    write(repository, app("shop", "0001_initial", "0002_x") | app("cart", "0001_initial"))

    assert only_tree() == only_tree()


def test_an_app_that_is_the_whole_tree_is_called_as_its_folder(tmp_path, monkeypatch):
    write(tmp_path, app("shop", "0001_initial"))
    monkeypatch.chdir(tmp_path / "shop")

    assert list(only_project().migrations) == [("shop", "0001_initial")]


def test_migrations_of_south_are_left_alone(folder):
    south = "from south.v2 import SchemaMigration\n\n\nclass Migration(SchemaMigration):\n    pass\n"
    write(folder, app("shop", "0001_initial") | {"shop/migrations/0002_x.py": south})

    tree = only_tree()

    assert list(tree.projects[0].migrations) == [("shop", "0001_initial")]
    assert tree.notices == ()
