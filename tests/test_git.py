"""git is asked, not trusted: what it says, what it runs, and what is left when it refuses."""

import os
import subprocess

import pytest

from miglint import git


def run(folder, *arguments):
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "protocol.file.allow=always")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder, files):
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


@pytest.fixture
def repository(tmp_path):
    top = tmp_path / "top"
    top.mkdir()
    run(top, "init", "-q")
    return top


def ignored(top, *paths):
    found = git.check_ignore([str(top / path) for path in paths])
    return {
        os.path.relpath(path, top): (os.path.relpath(match.source, top), match.line, match.pattern)
        for path, match in found.items()
    }


def test_lists_what_is_tracked_and_what_is_new_but_not_what_is_ignored(repository):
    write(repository, {"a.py": "", "b c.py": "", "é.py": "", "no.py": "", ".gitignore": "no.py\n"})
    run(repository, "add", "a.py", "é.py")

    listed = git.ls_files(str(repository))

    assert listed.tracked == ("a.py", "é.py")
    assert set(listed.untracked) == {"b c.py", ".gitignore"}


def test_a_file_in_conflict_is_listed_once(repository):
    write(repository, {"a.py": "1\n"})
    run(repository, "add", "a.py")
    run(repository, "commit", "-qm", "one")
    run(repository, "checkout", "-qb", "other")
    write(repository, {"a.py": "2\n"})
    run(repository, "commit", "-qam", "two")
    run(repository, "checkout", "-q", "-")
    write(repository, {"a.py": "3\n"})
    run(repository, "commit", "-qam", "three")
    with pytest.raises(subprocess.CalledProcessError):
        run(repository, "merge", "other")

    assert git.ls_files(str(repository)).tracked == ("a.py",)


def test_links_and_nested_repositories_are_told_apart(repository, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    run(library, "init", "-q")
    write(library, {"x.py": ""})
    run(library, "add", ".")
    run(library, "commit", "-qm", "x")
    run(repository, "submodule", "add", "-q", str(library), "module")
    (repository / "nested").mkdir()
    run(repository / "nested", "init", "-q")
    write(repository, {"nested/y.py": ""})
    os.symlink("module", repository / "link")
    run(repository, "add", "link")

    listed = git.ls_files(str(repository))

    assert listed.links == ("link",)
    assert set(listed.repositories) == {"module", "nested"}


def test_the_repositorys_fsmonitor_program_is_not_run(repository):
    hook = repository / "hook"
    write(repository, {"hook": "#!/bin/sh\ntouch ran\n", "a.py": ""})
    hook.chmod(0o755)
    run(repository, "add", "a.py")
    run(repository, "config", "core.fsmonitor", str(hook))

    git.ls_files(str(repository))
    git.check_ignore([str(repository / "b.py")])

    assert not (repository / "ran").exists()


def test_without_git_the_answer_says_so(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")

    assert git.ls_files(str(repository)) == git.Refused("git is not installed")
    assert git.check_ignore([str(repository / "a.py")]) == {}


def test_a_folder_of_another_owner_is_refused_with_the_way_out(repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    assert "safe.directory" in git.ls_files(str(repository)).why


def test_outside_a_repository_git_refuses(tmp_path):
    assert git.toplevel(str(tmp_path)) is None
    assert git.ls_files(str(tmp_path)).why.startswith("git failed (fatal: not a git repository")


def test_variables_of_a_hook_do_not_lead_to_another_repository(repository, tmp_path, monkeypatch):
    other = tmp_path / "other"
    other.mkdir()
    run(other, "init", "-q")
    write(repository, {"a.py": ""})
    run(repository, "add", "a.py")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))

    assert git.ls_files(str(repository)).tracked == ("a.py",)


def test_names_the_file_line_and_pattern_that_ignore_a_path(repository):
    write(repository, {".gitignore": "# ours\nmigrations/\n", "shop/.gitignore": "0*.py\n"})

    assert ignored(repository, "app/migrations/0001_initial.py", "shop/other/0002_x.py", "shop/models.py") == {
        "app/migrations/0001_initial.py": (".gitignore", 2, "migrations/"),
        "shop/other/0002_x.py": ("shop/.gitignore", 1, "0*.py"),
    }


def test_a_pattern_that_takes_a_path_back_does_not_ignore_it(repository):
    write(repository, {".gitignore": "*.py\n!**/migrations/*.py\n"})

    assert ignored(repository, "app/migrations/0001_initial.py", "app/x.py") == {"app/x.py": (".gitignore", 1, "*.py")}


def test_info_exclude_and_the_users_own_ignore_file_are_named(repository, tmp_path, monkeypatch):
    write(repository, {".git/info/exclude": "local_*\n"})
    write(tmp_path, {"mine": "*_auto.py\n", "config": f"[core]\nexcludesFile = {tmp_path}/mine\n"})
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))

    assert ignored(repository, "app/local_x.py", "app/0002_auto.py") == {
        "app/local_x.py": (".git/info/exclude", 1, "local_*"),
        "app/0002_auto.py": ("../mine", 1, "*_auto.py"),
    }


def test_tracked_files_are_judged_as_if_they_were_new(repository):
    write(repository, {".gitignore": "migrations/\n", "app/migrations/0001_initial.py": ""})
    run(repository, "add", "-f", "app/migrations/0001_initial.py")

    assert "app/migrations/0001_initial.py" in ignored(repository, "app/migrations/0001_initial.py")


def test_a_linked_folder_is_asked_about_where_it_really_is(repository):
    write(repository, {".gitignore": "real/\n", "real/x.py": "", "app/models.py": ""})
    os.symlink("../real", repository / "app/migrations")

    assert ignored(repository, "app/migrations/0001_initial.py") == {
        "app/migrations/0001_initial.py": (".gitignore", 1, "real/")
    }


def test_a_path_in_a_submodule_is_asked_about_there(repository, tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    run(library, "init", "-q")
    write(library, {"x.py": "", ".gitignore": "# x\nmigrations/\n"})
    run(library, "add", ".")
    run(library, "commit", "-qm", "x")
    run(repository, "submodule", "add", "-q", str(library), "module")
    write(repository, {".gitignore": "migrations/\n"})

    assert ignored(repository, "module/migrations/0001.py", "app/migrations/0001.py") == {
        "module/migrations/0001.py": ("module/.gitignore", 2, "migrations/"),
        "app/migrations/0001.py": (".gitignore", 1, "migrations/"),
    }


def test_one_path_that_git_refuses_does_not_silence_the_others(repository):
    write(repository, {".gitignore": "migrations/\n"})
    # A line break in NUL-separated input is harmless; an empty path ends the whole batch.
    matches = git._check_ignore(str(repository), ("", "app/migrations/0001.py"))

    assert list(matches) == ["app/migrations/0001.py"]


def test_spaces_quotes_and_other_letters_in_names_survive(repository):
    write(repository, {".gitignore": "*.py\n"})
    name = 'ein "Ordner" é\n/migrations/0001.py'

    assert list(ignored(repository, name)) == [name]
