import re
import subprocess

import pytest
from factories import app, ignored, project

from miglint.facts.source import TOP, Location, Span
from miglint.rules.gitignored_migrations import GitignoredMigrations


def findings(*folders, apps=(), **layout):
    facts = project(apps=apps or [app("shop")], ignored=folders, **layout)
    return list(GitignoredMigrations().check(facts))


def test_a_folder_that_git_does_not_ignore_is_not_spoken_of():
    assert findings() == []


def test_the_message_names_folder_file_line_pattern_and_consequence():
    (finding,) = findings(ignored("shop/migrations", "migrations/", line=3))

    assert finding.message == (
        "git ignores new migrations in 'shop/migrations' (.gitignore:3, pattern 'migrations/'): `git add .` "
        "leaves out '0002_auto.py' without a word, so colleagues and the deploy never get it. "
        "Migrations are code: Django means them to be committed."
    )
    assert finding.location == Location(".gitignore", Span(3, 1, 3, 12))
    assert [related.location.path for related in finding.related] == ["shop/migrations/0001_initial.py"]
    assert (finding.app, finding.subject) == ("shop", "shop/migrations")


def test_files_that_were_added_by_force_are_the_trap_and_said_so():
    (one,) = findings(ignored("shop/migrations", "migrations/", tracked=1))
    (three,) = findings(ignored("shop/migrations", "migrations/", tracked=3))

    assert "One file here is tracked only because it was added by force or earlier." in one.message
    assert "3 files here are tracked only because they were added by force or earlier." in three.message


@pytest.mark.parametrize("source", ["/home/ada/.config/git/ignore", "C:/Users/ada/ignore", ".git/info/exclude"])
def test_an_ignore_file_that_nobody_shares_is_named_and_the_folder_pointed_at(source):
    (finding,) = findings(ignored("shop/migrations", "migrations/", source=source))

    assert f"({source}:1, " in finding.message
    assert finding.location == Location("shop/migrations/0001_initial.py", TOP)
    assert "to the repository's .gitignore" in finding.hint


def test_a_folder_that_does_not_hold_migrations_yet_is_named_after_its_app():
    (finding,) = findings(ignored("blog/migrations", "migrations/", source="/etc/gitignore", present=0))

    assert (finding.app, finding.location) == ("blog", Location("blog/migrations", TOP))


def test_a_folder_of_another_project_is_not_spoken_of():
    assert findings(ignored("shop/blog/migrations", "migrations/"), root="sho") == []
    assert len(findings(ignored("shop/blog/migrations", "migrations/"), root="shop")) == 1


def test_every_folder_of_one_pattern_is_a_finding_of_its_own():
    found = findings(
        ignored("shop/migrations", "migrations/"),
        ignored("blog/migrations", "migrations/"),
        apps=[app("blog"), app("shop")],
    )

    assert [finding.app for finding in found] == ["blog", "shop"]
    assert len({finding.fingerprint for finding in found}) == 2


def test_no_exception_is_offered_where_a_folder_above_is_ignored():
    # git does not look into an ignored folder, so `!…` below it has no effect.
    for pattern in ("shop/", "shop", "/shop/", "*", "sho*/", "shop/**"):
        (finding,) = findings(ignored("shop/migrations", pattern))
        assert finding.hint.startswith("Remove the pattern or narrow it. "), pattern


@pytest.mark.parametrize(
    ("source", "pattern"),
    [
        (".gitignore", "migrations/"),
        (".gitignore", "migrations"),
        (".gitignore", "/apps/shop/migrations/"),
        (".gitignore", "*/*/migrations/"),
        (".gitignore", "**/migrations/**"),
        (".gitignore", "**/migrations/*.py"),
        (".gitignore", "apps/*/migrations/0*.py"),
        (".gitignore", "000*.py"),
        (".gitignore", "*.py"),
        ("apps/.gitignore", "migrations/"),
        ("apps/shop/migrations/.gitignore", "*"),
        (".git/info/exclude", "migrations/"),
    ],
)
def test_the_exceptions_that_the_hint_offers_work_with_git(tmp_path, source, pattern):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    folder = tmp_path / "apps/shop/migrations"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "__pycache__/0001_initial.pyc").touch()
    (folder / "0001_initial.py").touch()
    ignore_file = tmp_path / source
    ignore_file.write_text(f"__pycache__/\n{pattern}\n")
    assert is_ignored(tmp_path, "0002_auto.py")

    (finding,) = findings(ignored("apps/shop/migrations", pattern, source=source), apps=[app("shop", "apps/shop")])
    exceptions = re.findall(r"`(!.+?)`", finding.hint)
    shared = tmp_path / ".gitignore" if source.startswith(".git/") else ignore_file
    with shared.open("a") as lines:
        lines.write("\n".join(exceptions) + "\n")

    assert exceptions
    assert not is_ignored(tmp_path, "0002_auto.py")
    assert is_ignored(tmp_path, "__pycache__/0001_initial.pyc")


def is_ignored(top, name):
    command = ["git", "check-ignore", "-q", "--no-index", f"apps/shop/migrations/{name}"]
    return subprocess.run(command, cwd=top, check=False).returncode == 0
