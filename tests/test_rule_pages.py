"""Every page's examples, run: *Bad* gives exactly the marked findings, *Good* gives none of any rule."""

from __future__ import annotations

import json
import subprocess
from itertools import product
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import pytest

from miglint import rulebook
from miglint.cli import main
from miglint.config import Config, Selection
from miglint.findings import Example
from miglint.linking import Options, link
from miglint.rules.base import OperationRule, has


class History(NamedTuple):
    """What a story's branch started from, and the files of the main branch that are otherwise by now."""

    started_from: tuple[Example, ...] = ()
    main: tuple[Example, ...] = ()


_NO_HISTORY = History()


def stories(section: str) -> list[object]:
    listed = []
    for code in rulebook.codes():
        page = rulebook.page(code)
        assert page is not None
        for number, story in enumerate(page.bad if section == "Bad" else page.good, start=1):
            history = History(page.given, tuple(one for one in story if one.git == "main"))
            listed.append(pytest.param(code, rulebook.project(page, story), history, id=f"{code}-{number}"))
    return listed


@pytest.mark.parametrize(("code", "examples", "history"), stories("Bad"))
def test_bad_examples_are_flagged_where_they_are_marked(
    code: str, examples: tuple[Example, ...], history: History, tmp_path: Path, monkeypatch, capsys
):
    since = lay_out(examples, tmp_path, history)
    marked = {(example.path, line, code) for example in examples for line, code in example.marks}
    assert marked, "a bad example marks what is bad about it"
    assert findings_of(tmp_path, code, monkeypatch, capsys, since) == marked


@pytest.mark.parametrize(("code", "examples", "history"), stories("Good"))
def test_good_examples_are_clean_for_every_default_rule(
    code: str, examples: tuple[Example, ...], history: History, tmp_path: Path, monkeypatch, capsys
):
    since = lay_out(examples, tmp_path, history)
    assert findings_of(tmp_path, None, monkeypatch, capsys, since) == set()


@pytest.mark.parametrize(("code", "examples", "history"), stories("Bad"))
def test_a_rule_says_nothing_where_it_says_that_there_is_nothing_to_find(
    code: str, examples: tuple[Example, ...], history: History, tmp_path: Path
):
    write(examples, tmp_path)
    rules = [one for one in Config(selections=(Selection(("ALL",)),)).build_rules() if isinstance(one, OperationRule)]
    for project in link(Options(paths=(str(tmp_path),), isolated=True)).projects:
        for rule, step in product(rules, project.steps):
            named = rule.operations is None or type(step.operation) in rule.operations
            if not named or not (rule.looks_at is None or has(rule.looks_at, step, project)):
                assert list(rule.check(step, project)) == []


def lay_out(examples: tuple[Example, ...], folder: Path, history: History = _NO_HISTORY) -> str | None:
    """Write a project; folders of Python files become packages, and git is there to be asked where a story needs it.

    Returns the ref of the main branch, where there is one.
    """
    with_git = any(example.git for example in (*examples, *history.main))
    if with_git or any(PurePosixPath(example.path).name == ".gitignore" for example in examples):
        git(folder, "init", "-q", "-b", "main")
    if with_git:
        there = {example.path for example in examples}
        before = {example.path: example for example in (*history.started_from, *history.main) if example.path in there}
        write(tuple(before.values()), folder)
        commit(folder)
        git(folder, "branch", "topic")
        write(history.main, folder)
        commit(folder)
        git(folder, "checkout", "-q", "topic")
    write(tuple(example for example in examples if example.git != "untracked"), folder)
    if with_git:
        commit(folder)
    write(examples, folder)
    return "main" if history.main else None


def write(examples: tuple[Example, ...], folder: Path) -> None:
    bare = {PurePosixPath(example.path).parent for example in examples if not example.packaged}
    for example in examples:
        file = folder / example.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(example.text, encoding="utf-8")
    for example in examples:
        if example.path.endswith(".py"):
            for package in PurePosixPath(example.path).parents:
                if package.name and package not in bare:
                    (folder / package / "__init__.py").touch()


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Work")


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def findings_of(
    folder: Path, select: str | None, monkeypatch, capsys, since: str | None = None
) -> set[tuple[str, int, str]]:
    """Path, line and code of what `miglint check` finds; every default rule takes part unless one is selected."""
    monkeypatch.chdir(folder)
    # A suppression is unused only where the rules that it names take part.
    selectors = ["MIG003", "MIG5"] if select == "MIG003" else [select]
    only = [part for selector in selectors if selector for part in ("--select", selector)]
    only += ["--since", since] if since else []
    code = main(["check", ".", "--no-cache", "--jobs", "1", "--fail-on", "info", "--output-format", "json", *only])
    printed = capsys.readouterr()
    assert code in (0, 1), printed.err
    return {(found["path"], found["line"], found["code"]) for found in json.loads(printed.out)["findings"]}
