"""The last report is printed again where nothing has changed, and only there."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

INITIAL = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True)), ("n", models.IntegerField())]),
    ]
"""
INDEX = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.AddIndex("Order", models.Index(fields=["n"], name="order_n"))]
"""
# Files this old are not looked into.
LONG_AGO = time.time() - 1000


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(("git", *who, *arguments), cwd=folder, check=True, capture_output=True)


def write(path: Path, text: str, at: float = LONG_AGO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (at, at))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    for name in ("shop/__init__.py", "shop/migrations/__init__.py"):
        write(tmp_path / name, "")
    write(tmp_path / "shop/migrations/0001_initial.py", INITIAL)
    write(tmp_path / "shop/migrations/0002_index.py", INDEX)
    write(tmp_path / ".gitignore", "build/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    return tmp_path


# What a run that judges cannot do without, and one that prints the last report has no use for.
LOADED = "import sys; from miglint.cli import main; main({!r}); print('miglint.lint' in sys.modules, file=sys.stderr)"


def check(folder: Path, *arguments: str, **environment: str) -> tuple[str, bool]:
    """What is printed, and whether it was worked out anew."""
    code = LOADED.format(["check", ".", "--output-format", "concise", *arguments])
    kept = {name: value for name, value in os.environ.items() if name not in ("GITHUB_BASE_REF", "MIGLINT_NO_CACHE")}
    done = subprocess.run(
        (sys.executable, "-c", code), cwd=folder, capture_output=True, text=True, check=True, env=kept | environment
    )
    return done.stdout, done.stderr.splitlines()[-1] == "True"


def test_where_nothing_has_changed_nothing_is_worked_out(shop: Path) -> None:
    first, anew = check(shop)
    assert "MIG302" in first
    assert anew
    assert check(shop) == (first, False)


def test_a_fresh_checkout_of_the_same_files_is_no_change(shop: Path) -> None:
    first, _ = check(shop)
    for path in shop.rglob("*.py"):
        os.utime(path, (LONG_AGO + 50, LONG_AGO + 50))
    assert check(shop) == (first, False)


def test_a_changed_file_is_seen(shop: Path) -> None:
    check(shop)
    write(shop / "shop/migrations/0002_index.py", INDEX.replace("order_n", "other_n"), LONG_AGO + 50)
    second, anew = check(shop)
    assert anew
    assert "other_n" in second


def test_a_change_of_the_same_size_within_one_tick_of_the_clock_is_seen(shop: Path) -> None:
    path = shop / "shop/migrations/0002_index.py"
    now = time.time()
    write(path, INDEX, now)
    check(shop)
    write(path, INDEX.replace("order_n", "other_n"), now)
    second, anew = check(shop)
    assert anew
    assert "other_n" in second


@pytest.mark.parametrize("tracked", [True, False])
def test_a_file_that_comes_or_goes_is_seen(shop: Path, tracked: bool) -> None:
    check(shop)
    write(
        shop / "shop/migrations/0003_more.py", INDEX.replace("0001_initial", "0002_index").replace("order_n", "more_n")
    )
    if tracked:
        git(shop, "add", "-A")
    second, anew = check(shop)
    assert anew
    assert "more_n" in second
    (shop / "shop/migrations/0003_more.py").unlink()
    third, anew = check(shop)
    assert anew
    assert "more_n" not in third


@pytest.mark.parametrize("name", ["shop/migrations/0001_initial.py", "shop/migrations/__init__.py", "requirements.txt"])
def test_a_file_that_was_gone_and_is_back_is_seen(shop: Path, name: str) -> None:
    write(shop / "requirements.txt", "Django==4.2.1\n")
    git(shop, "add", "-A")
    first, _ = check(shop)
    text = (shop / name).read_text()
    (shop / name).unlink()
    without, anew = check(shop)
    assert anew
    assert without != first
    write(shop / name, text)
    assert check(shop) == (first, True)


def test_settings_and_ignore_files_are_seen(shop: Path) -> None:
    check(shop)
    write(shop / "miglint.toml", 'ignore = ["MIG302"]\n')
    second, anew = check(shop)
    assert anew
    assert "MIG302" not in second
    check(shop)
    write(shop / ".gitignore", "build/\nmigrations/\n", LONG_AGO + 50)
    third, anew = check(shop)
    assert anew
    assert "MIG601" in third


def test_a_base_that_moves_is_seen(shop: Path) -> None:
    git(shop, "branch", "base")
    first, _ = check(shop, "--since", "base")
    assert "MIG302" not in first
    assert check(shop, "--since", "base") == (first, False)
    git(shop, "rm", "-q", "--cached", "shop/migrations/0002_index.py")
    git(shop, "commit", "-qm", "without")
    git(shop, "branch", "-f", "base")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "with")
    second, anew = check(shop, "--since", "base")
    assert anew
    assert "MIG302" in second


def test_a_base_that_was_not_there_is_looked_for_again(shop: Path) -> None:
    first, _ = check(shop, GITHUB_BASE_REF="later")
    assert "MIG302" in first
    git(shop, "branch", "later")
    second, anew = check(shop, GITHUB_BASE_REF="later")
    assert anew
    assert "MIG302" not in second


def test_other_options_are_another_report(shop: Path) -> None:
    check(shop)
    second, anew = check(shop, "--ignore", "MIG302")
    assert anew
    assert "MIG302" not in second


def test_a_damaged_entry_is_no_entry(shop: Path) -> None:
    first, _ = check(shop)
    for damage in (b"", b"{}", b'{"began": 1}', b"\xff", b"[" * 100_000):
        for kept in (shop / ".miglint_cache").glob("last-*"):
            kept.write_bytes(damage)
        assert check(shop) == (first, True)


def test_without_a_cache_nothing_is_kept(shop: Path) -> None:
    first, _ = check(shop, "--no-cache")
    assert check(shop, "--no-cache") == (first, True)
    assert not (shop / ".miglint_cache").exists()


def test_outside_a_repository_folders_tell_what_came_and_went(shop: Path) -> None:
    subprocess.run(("rm", "-rf", shop / ".git"), check=True)
    first, _ = check(shop)
    check(shop)
    assert check(shop) == (first, False)
    (shop / "report.txt").write_text(first)
    check(shop)
    # Written anew, it is the same file to whoever lists the folder.
    (shop / "report.txt").unlink()
    (shop / "report.txt").write_text(first)
    assert check(shop) == (first, False)
    write(shop / "other/migrations/0001_initial.py", INITIAL)
    write(shop / "other/migrations/__init__.py", "")
    second, anew = check(shop)
    assert anew
    assert "of 2 apps" in second


def test_only_a_few_are_kept(shop: Path) -> None:
    for width in range(12):
        check(shop, COLUMNS=str(60 + width))
    assert len(list((shop / ".miglint_cache").glob("last-*"))) == 8
