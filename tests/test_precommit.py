"""`.pre-commit-hooks.yaml`, run by pre-commit itself on a scratch repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a command with a home of its own, so that no setting of this machine takes part; pip's are kept."""
    home = tmp_path_factory.mktemp("home")
    # Coverage, git and the CI leave variables that would reach into the scratch repository.
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "CI", "PYTHON"))
    }
    environment = kept | {
        "HOME": str(home),
        "PRE_COMMIT_HOME": str(home / "pre-commit"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@example.org",
    }

    def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )

    return run


@pytest.fixture(scope="module")
def hook(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds this checkout as it is now: what pre-commit clones and installs once for all tests."""
    hook = tmp_path_factory.mktemp("hook") / "miglint"
    hook.mkdir()
    names = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(names, cwd=CHECKOUT, capture_output=True, text=True, encoding="utf-8", check=True)
    for name in listed.stdout.split("\0"):
        source = CHECKOUT / name
        if name and source.is_file():
            target = hook / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    # By force: one sample is a project that ignores its own migrations.
    commit(run, hook, "Everything", "--force")
    return hook


@pytest.fixture
def shop(run: Run, hook: Path, tmp_path: Path) -> Path:
    """A repository with one app, a leaf, and the hook installed for commits and merges."""
    shop = tmp_path / "project"
    write(shop / "manage.py", "import django\n")
    write(shop / "shop/__init__.py", "")
    write(shop / "shop/apps.py", "from django.apps import AppConfig\n\n\nclass Shop(AppConfig):\n    name = 'shop'\n")
    write(shop / "shop/migrations/__init__.py", "")
    write_migration(shop, "0001_initial", parent=None)
    write_migration(shop, "0002_note", parent="0001_initial")
    revision = run(hook, "git", "rev-parse", "HEAD").stdout.strip()
    write(
        shop / ".pre-commit-config.yaml",
        "default_install_hook_types: [pre-commit, pre-merge-commit]\n"
        f"repos:\n- repo: {hook}\n  rev: {revision}\n  hooks:\n  - id: miglint\n",
    )
    commit(run, shop, "Shop")
    installed = run(shop, sys.executable, "-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    return shop


def test_a_commit_of_a_sound_history_passes(run: Run, shop: Path) -> None:
    write_migration(shop, "0003_colour", parent="0002_note")
    done = commit(run, shop, "Colour")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stderr


def test_try_repo_fails_on_two_leaves(run: Run, hook: Path, shop: Path) -> None:
    write_migration(shop, "0002_colour", parent="0001_initial")
    run(shop, "git", "add", "-A")
    done = run(shop, sys.executable, "-m", "pre_commit", "try-repo", str(hook), "miglint", "--all-files")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "MIG101" in done.stdout


def test_a_commit_that_only_deletes_a_migration_is_seen(run: Run, shop: Path) -> None:
    write_migration(shop, "0003_colour", parent="0002_note")
    assert commit(run, shop, "Colour").returncode == 0
    (shop / "shop/migrations/0002_note.py").unlink()
    done = commit(run, shop, "Tidy up")
    assert done.returncode == 1
    assert "MIG102" in done.stderr


def test_a_merge_in_which_two_leaves_meet_is_stopped(run: Run, shop: Path) -> None:
    run(shop, "git", "checkout", "-q", "-b", "colour")
    write_migration(shop, "0003_colour", parent="0002_note")
    assert commit(run, shop, "Colour").returncode == 0
    run(shop, "git", "checkout", "-q", "-")
    write_migration(shop, "0003_size", parent="0002_note")
    assert commit(run, shop, "Size").returncode == 0
    done = run(shop, "git", "merge", "--no-edit", "colour")
    assert done.returncode == 1
    assert "MIG101" in done.stdout + done.stderr


def commit(run: Run, repository: Path, subject: str, *how_to_add: str) -> subprocess.CompletedProcess[str]:
    if not (repository / ".git").exists():
        run(repository, "git", "init", "-q")
    run(repository, "git", "add", "--all", *how_to_add)
    return run(repository, "git", "commit", "-q", "-m", subject)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_migration(project: Path, name: str, parent: str | None) -> None:
    dependencies = f"[('shop', '{parent}')]" if parent else "[]"
    write(
        project / f"shop/migrations/{name}.py",
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = {dependencies}\n    operations = []\n",
    )
